"""Answers of the terminology operations that are kept: for whom, and how long."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.worklist_desk import a_desk

KVA = "urn:oid:1.2.752.116.1.3.2.1.4"
BASE = "https://sickleave-on-fhir.example/fhir"


def test_a_kept_answer_is_not_given_on_another_day_or_in_another_language(tmp_path: Path) -> None:
    desk = a_desk(f"sqlite:///{tmp_path / 'worklist.sqlite'}")
    client = desk.api()
    sent = {"url": KVA, "code": "DV093"}

    def answered(**headers: str) -> Any:
        answer = client.get("/fhir/CodeSystem/$validate-code", params=sent, headers=headers)
        if answer.status_code != 200:
            return answer.status_code
        return {
            each["name"]: next(value for key, value in each.items() if key != "name")
            for each in answer.json()["parameter"]
        }

    desk.clock.instant = datetime(2020, 12, 31, 12, tzinfo=UTC)
    assert [answered()["result"], answered()["result"]] == [True, True]
    desk.clock.instant = datetime(2021, 1, 1, 12, tzinfo=UTC)
    assert [answered()["result"], answered()["result"]] == [False, False]
    said = [answered(**{"Accept-Language": language})["message"] for language in ("sv", "en", "sv", "en")]
    assert said[:2] == said[2:]
    assert said[0] != said[1]
    assert answered(Accept="application/fhir+xml") == 406
    desk.store.close()


def test_a_page_of_an_expansion_is_kept_for_its_day_and_a_large_one_is_not(tmp_path: Path) -> None:
    desk = a_desk(f"sqlite:///{tmp_path / 'worklist.sqlite'}")
    client = desk.api()

    def expanded(**more: str) -> tuple[str, int]:
        sent = {"url": f"{BASE}/ValueSet/kva", **more}
        found = client.get("/fhir/ValueSet/$expand", params=sent).json()["expansion"]
        return found["identifier"], found["total"]

    desk.clock.instant = datetime(2020, 12, 31, 12, tzinfo=UTC)
    page = {"filter": "plan", "count": "5"}
    last_year = expanded(**page)
    assert expanded(**page) == last_year
    assert expanded(**page, offset="1")[0] != last_year[0]
    assert expanded(date="2026-06-01")[0] != expanded(date="2026-06-01")[0]
    desk.clock.instant = datetime(2021, 1, 1, 12, tzinfo=UTC)
    assert expanded(**page)[0] != last_year[0]
    desk.store.close()
