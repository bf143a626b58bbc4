"""Two care providers in one database: nobody sees the other's patients, by page or by API."""

from __future__ import annotations

from tests.running_line import BJORKEN, COORDINATOR, LINDEN, LINDEN_COORDINATOR, Line, text_of


def test_each_coordinator_sees_their_own_unit_and_nothing_else(line: Line) -> None:
    for unit in (BJORKEN, LINDEN):
        done = line.sickleave("assess", "--ehr", line.ehr.fhir, "--unit", unit, "--json")
        assert done.returncode == 0, done.stderr
    line.delivered(60)
    lists = {}
    for user in (COORDINATOR, LINDEN_COORDINATOR):
        tab = line.tab(user)
        lists[user] = {entry["resource"]["id"] for entry in tab.fhir("Task?_count=200")["entry"]}
    assert lists[COORDINATOR]
    assert lists[LINDEN_COORDINATOR]
    assert not lists[COORDINATOR] & lists[LINDEN_COORDINATOR]
    stranger = line.tab(LINDEN_COORDINATOR)
    theirs = next(iter(lists[COORDINATOR]))
    assert stranger.open(f"{line.service}/fhir/Task/{theirs}").status_code == 404
    assert stranger.open(f"{line.service}/fhir/CarePlan?patient=p-eva-sandstrom").json().get("entry", []) == []
    assert "Eva Sandström" not in text_of(stranger.open(f"{line.service}/worklist/{stranger.launch}").text)


def test_a_token_of_one_unit_reads_that_unit_only(line: Line) -> None:
    made = line.sickleave(
        "token", "create", "--client", "bi", "--unit", LINDEN, "--provider", "SE5555555555-2000",
        "--scope", "system/Task.rs", "--days", "2", "--json",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    import orjson

    bearer = {"Authorization": f"Bearer {orjson.loads(made.stdout)['token']}"}
    tasks = line.http.get(f"{line.service}/fhir/Task?_count=200", headers=bearer).json()
    assert {str(each["resource"]["owner"]) for each in tasks["entry"]}
    assert all("SE2321000016" not in str(each["resource"]) for each in tasks["entry"])
    assert line.http.get(f"{line.service}/fhir/CarePlan?_count=1", headers=bearer).status_code == 403
    forged = {"Authorization": "Bearer slf_" + "A" * 43}
    assert line.http.get(f"{line.service}/fhir/Task", headers=forged).status_code == 401
