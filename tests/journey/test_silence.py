"""What the service logs over a full run holds no patient's name, number or id, and no token.

Whatever else any test or its processes log is searched by tests/log_scan.py.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.practice_ehr.samples.people import people
from tests.running_line import BJORKEN, COORDINATOR, running_line


def test_nothing_logged_names_a_patient(tmp_path: Path) -> None:
    with running_line(tmp_path) as line:
        printed = [line.sickleave("assess", "--ehr", line.ehr.fhir, "--unit", BJORKEN).stdout]
        secrets: set[str] = set()
        for number, person in enumerate(people()):
            if number % 6 and not (person.protected or person.deceased):  # the unit run has read the others
                continue
            tab = line.tab(patient=person.id)
            secrets |= set(tab.cookies.values())
            if tab.page is not None and "/plan" in tab.page.text:
                tab.save()
        coordinator = line.tab(COORDINATOR)
        coordinator.fhir("Task?patient=p-eva-sandstrom")
        line.http.get(f"{line.service}/fhir/Task?patient=p-eva-sandstrom")  # refused: no token
        line.http.get(f"{line.service}/nowhere/p-eva-sandstrom/198004119288")
        line.delivered(60)
        printed.append(line.sickleave("outbox", "list", "--all").stdout)
        logged = line.log.read_text(errors="replace") + "".join(printed)
        metrics = line.http.get(f"{line.service}/metrics").text
    assert logged.count('"request"') > 30  # the log is there to be scanned
    for text in (logged, metrics):
        for person in people():
            for word in (person.id, person.number, person.number[2:], *person.name.split()):
                assert word not in text, "a patient's datum is in the log"
        assert not [secret for secret in secrets if secret in text]
        assert "eyJ" not in text  # no token in JWT form
