"""Which year's list answers on which day, by every operation that takes a day. Years from 2031 on are INVENTED."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from smart_app.routes.fhir_terminology_here import opened
from terminology.concept import Edition
from terminology.release import Release, of_year
from terminology.sqlite_store import write_release
from tests.worklist_desk import a_desk

KVA = "urn:oid:1.2.752.116.1.3.2.1.4"
EVERYTHING = "https://sickleave-on-fhir.example/fhir/ValueSet/kva"
LISTS = {  # that of 2033 is not here
    2031: [Edition("XX001", "Samtal"), Edition("XX002", "Plan"), Edition("XX002A", "Plan A", parent="XX002")],
    2032: [Edition("XX001", "Stödsamtal"), Edition("XX003", "Plan", until=date(2032, 6, 30))],
    2034: [Edition("XX001", "Stödsamtal")],
}
LOOKUP = (  # day or version, code -> the list that answered and its text, or the status
    ("2031-01-01", "XX001", "2031 Samtal"),
    ("2031-12-31", "XX001", "2031 Samtal"),
    ("2032-01-01", "XX001", "2032 Stödsamtal"),
    ("2032", "XX001", "2032 Stödsamtal"),  # a year alone is its first day
    ("2031-12", "XX001", "2031 Samtal"),
    ("2031-12-31T22:30:00Z", "XX001", "2031 Samtal"),
    ("2031-12-31T23:30:00Z", "XX001", "2032 Stödsamtal"),  # half past midnight in Sweden
    ("2033-07-01", "XX001", "2032 Stödsamtal, beyond"),
    ("2034-01-01", "XX001", "2034 Stödsamtal"),
    ("2050-01-01", "XX001", "2034 Stödsamtal, beyond"),
    ("1990-01-01", "XX001", "404"),
    ("2031-01-01", "XX003", "404"),
    ("2032-01-01", "XX002", "404"),
    ("|2031", "XX001", "2031 Samtal"),
    ("2032-01-01|2031", "XX001", "2031 Samtal"),  # the version wins
    ("|2033", "XX001", "404"),
)
VALIDATE = (  # day, code, display -> whether it is right
    ("2031-06-01", "XX001", None, True),
    ("2031-06-01", "XX001", "Samtal", True),
    ("2031-06-01", "XX001", "SAMTAL", True),
    ("2031-06-01", "XX001", "Stödsamtal", False),
    ("2032-06-01", "XX001", "Stödsamtal", True),
    ("2032-06-01", "XX001", "Samtal", False),
    ("2031-06-01", "XX003", None, False),
    ("2032-06-30", "XX003", None, True),
    ("2032-07-01", "XX003", None, False),  # the list says that it ended the day before
    ("2033-01-01", "XX003", None, False),
    ("2034-01-01", "XX003", None, False),
)
EXPAND = (  # day, filter -> codes
    ("2031-06-01", None, "XX001 XX002 XX002A"),
    ("2032-06-01", None, "XX001 XX003"),
    ("2033-06-01", None, "XX001 XX003"),
    ("2034-06-01", None, "XX001"),
    ("2031-06-01", "samtal", "XX001"),
    ("2031-06-01", "stod", ""),
    ("2032-06-01", "stod", "XX001"),
    ("2031-06-01", "plan", "XX002 XX002A"),
    ("2032-06-01", "plan", "XX003"),
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("codes")
    for year, editions in LISTS.items():
        release = Release("kva", str(year), *of_year(year), title="INVENTED")
        write_release(folder / f"kva-{year}.sqlite", release, editions)
    desk = a_desk(f"sqlite:///{tmp_path_factory.mktemp('desk') / 'worklist.sqlite'}")
    yield desk.api(terminology=opened(replace(desk.services().settings, terminology=folder)))
    desk.store.close()


def asked(api: TestClient, operation: str, **sent: str | None) -> Any:
    """The answer; its status as text when it was refused."""
    answer = api.get(f"/fhir/{operation}", params={name: value for name, value in sent.items() if value})
    return answer.json() if answer.status_code == 200 else str(answer.status_code)


def parts(answer: Any) -> dict[str, Any]:
    """Values by name, properties by code."""
    found = {}
    for each in answer["parameter"]:
        held = each["part"] if each["name"] == "property" else [{"valueCode": each["name"]}, each]
        found[held[0]["valueCode"]] = next((held[1][key] for key in held[1] if key.startswith("value")), None)
    return found


@pytest.mark.parametrize(("when", "code", "answered"), LOOKUP)
def test_the_list_of_the_day_is_looked_into(api: TestClient, when: str, code: str, answered: str) -> None:
    day, _, version = when.partition("|")
    answer = asked(api, "CodeSystem/$lookup", system=KVA, code=code, date=day, version=version)
    if isinstance(answer, dict):
        said = parts(answer)
        answer = f"{said['version']} {said['display']}{', beyond' if said['beyond-release'] else ''}"
    assert answer == answered


@pytest.mark.parametrize(("day", "code", "display", "right"), VALIDATE)
def test_code_and_text_are_held_against_the_list_of_the_day(
    api: TestClient, day: str, code: str, display: str | None, right: bool
) -> None:
    by_system = asked(api, "CodeSystem/$validate-code", url=KVA, code=code, date=day, display=display)
    by_set = asked(api, "ValueSet/$validate-code", url=EVERYTHING, system=KVA, code=code, date=day, display=display)
    assert (parts(by_system)["result"], parts(by_set)["result"]) == (right, right)


def test_a_text_of_another_year_is_told_with_its_year(api: TestClient) -> None:
    answer = asked(api, "CodeSystem/$validate-code", url=KVA, code="XX001", date="2034-06-01", display="samtal")
    assert parts(answer)["message"] == "XX001 heter 'Stödsamtal', inte det som visas; så hette den i utgåva 2031"


@pytest.mark.parametrize(("day", "words", "codes"), EXPAND)
def test_the_codes_of_the_day_are_listed_and_searched(api: TestClient, day: str, words: str | None, codes: str) -> None:
    found = asked(api, "ValueSet/$expand", url=EVERYTHING, date=day, filter=words)["expansion"]
    assert [each["code"] for each in found.get("contains", [])] == codes.split()


@pytest.mark.parametrize(("day", "outcome"), [("2031-06-01", "subsumes"), ("2032-06-01", "404")])
def test_one_code_stands_above_another_in_the_list_of_the_day(api: TestClient, day: str, outcome: str) -> None:
    answer = asked(api, "CodeSystem/$subsumes", system=KVA, codeA="XX002", codeB="XX002A", date=day)
    assert (parts(answer)["outcome"] if isinstance(answer, dict) else answer) == outcome
