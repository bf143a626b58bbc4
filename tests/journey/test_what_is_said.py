"""What the pages and the command say at once: written or not, the record silent, counts, and what is missing."""

from __future__ import annotations

import json
import re
import socket

from tests.running_line import BJORKEN, COORDINATOR, Line, text_of

SILENT = 503


def test_saving_answers_with_what_is_already_written(line: Line) -> None:
    tab = line.tab(patient="p-maria-ekdahl")
    answer = tab.save()
    assert "done=written" in tab.url
    assert "Sparat och skrivet till journalen." in text_of(answer.text)
    assert line.backlog() == (0, 0)


def test_while_the_record_is_silent_the_page_shows_what_was_read_and_says_so(line: Line) -> None:
    tab = line.tab(patient="p-lars-wikander")
    line.ehr.answer_reads_with = line.ehr.answer_writes_with = SILENT
    try:
        saved = tab.save()
        again = tab.open(tab.url.split("?")[0])
        never_read = line.tab(patient="p-birgitta-norlund").page
    finally:
        line.ehr.answer_reads_with = line.ehr.answer_writes_with = None
    assert "skrivs till journalen nu" in text_of(saved.text)
    assert "shown=1#states" in saved.text  # reading the state anew must not need the record
    assert again.status_code == 200
    assert "Du ser det som lästes senast" in text_of(again.text)
    assert "Lars Wikander" in text_of(again.text)
    assert never_read is not None
    assert never_read.status_code >= 500
    line.sickleave("outbox", "run", "--once")
    line.delivered()


def test_a_unit_run_counts_what_became_of_its_own_entries_whoever_delivers(line: Line) -> None:
    done = line.sickleave("assess", "--ehr", line.ehr.fhir, "--unit", BJORKEN, "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert document["written"] > 20
    assert (document["delivered"], document["waiting"], document["refused"]) == (document["written"], 0, 0)
    for one in document["cases"]:
        spread = [high - low for low, high in one["range_over_day1"].values()]
        assert min(spread, default=0) >= 0
        assert one["range_over_day1"].keys() == {name for name, share in one["risk"].items() if share}
        assert not (one["day1_known"] and any(spread))
    assert any(high > low for one in document["cases"] for low, high in one["range_over_day1"].values())
    kept = json.loads(line.sickleave("models", "follow-up", "--unit", BJORKEN, "--json").stdout)["models"]
    figured = [one for one in document["cases"] if one["risk"]["p365"] is not None]
    assert sum(one["predictions"] for one in kept) == len(figured)  # whoever looked, and nobody had to click
    said = line.sickleave("assess", "--ehr", line.ehr.fhir, "--patient", "p-eva-sandstrom", "--dry-run").stdout
    assert "Patient/p-eva-sandstrom: M54.5, day 37" in said
    assert re.search(r"still on sick leave day 90 \d\d%, day 180", said)
    absent = line.sickleave("assess", "--ehr", line.ehr.fhir, "--patient", "p-nobody")
    assert (absent.returncode, absent.stderr.strip().splitlines()[-1]) == (
        1,
        f"There is no Patient/p-nobody at {line.ehr.fhir}.",
    )


def test_a_page_past_the_end_of_the_list_is_its_last_one(line: Line) -> None:
    tab = line.tab(COORDINATOR)
    answer = tab.open(f"{tab.url.split('?')[0]}?start=900")
    assert "Inga pågående sjukfall" not in text_of(answer.text)
    assert "Föregående" in text_of(answer.text)


def test_a_token_needs_no_provider_for_a_unit_that_was_read_and_names_what_is_wrong(line: Line) -> None:
    ask = ("token", "create", "--client", "bi", "--days", "9", "--json")
    made = line.sickleave(*ask, "--unit", BJORKEN, "--scope", "system/Task.rs")
    assert made.returncode == 0, made.stderr
    bearer = {"Authorization": f"Bearer {json.loads(made.stdout)['token']}"}
    assert line.http.get(f"{line.service}/fhir/Task?_count=0", headers=bearer).json()["total"] > 20
    unread = line.sickleave(*ask, "--unit", "SE2321000016-9999", "--scope", "system/Task.rs")
    assert (unread.returncode, "--provider is missing" in unread.stderr) == (2, True)
    unserved = line.sickleave(*ask, "--unit", BJORKEN, "--scope", "system/Observation.rs")
    assert (unserved.returncode, "--scope: Observation is not served" in unserved.stderr) == (2, True)


def test_what_stops_the_service_from_starting_is_said_in_a_line(line: Line) -> None:
    taken = line.sickleave("serve", "--port", str(line.places.port))
    assert (taken.returncode, f"Port {line.places.port} is already taken" in taken.stderr) == (2, True)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"postgresql://me:hidden@127.0.0.1:{nobody.getsockname()[1]}/x"
        line.environment["SICKLEAVE_DATABASE_URL"], before = address, line.environment["SICKLEAVE_DATABASE_URL"]
        stopped = line.sickleave("outbox", "list")
        line.environment["SICKLEAVE_DATABASE_URL"] = before
    assert stopped.returncode == 1
    assert "SICKLEAVE_DATABASE_URL" in stopped.stderr
    assert "hidden" not in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert line.sickleave("demo", "--port", "99999").returncode == 2
