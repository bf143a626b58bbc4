"""The terminology operations as a client sees them: GET and POST, by version and by day, and what refuses them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from smart_app.routes.fhir_terminology_call import pairs_of
from smart_app.routes.fhir_terminology_here import opened
from smart_app.settings import WrongSettings, read_settings
from terminology.concept import Edition
from terminology.release import Release, of_year
from terminology.sqlite_store import write_release
from tests.worklist_desk import Desk, a_desk

KVA = "urn:oid:1.2.752.116.1.3.2.1.4"
ICD = "urn:oid:1.2.752.116.1.1.1"
BASE = "https://sickleave-on-fhir.example/fhir"
RESULT = dict[str, Any]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = a_desk(f"sqlite:///{tmp_path_factory.mktemp('desk') / 'worklist.sqlite'}")
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def api(desk: Desk) -> TestClient:
    return desk.api()


def values(answer: Any) -> RESULT:
    """The plain parameters of an answer, and the properties by code."""
    found: RESULT = {}
    for each in answer.json()["parameter"]:
        if each["name"] == "property":
            code, value = (next(part[key] for key in part if key.startswith("value")) for part in each["part"])
            found.setdefault(code, value)
        elif "part" not in each:
            found[each["name"]] = next(value for key, value in each.items() if key.startswith("value"))
    return found


def asked(api: TestClient, operation: str, **parameters: Any) -> RESULT:
    """The answer, which must be the same by GET and by POST."""
    by_get = api.get(f"/fhir/{operation}", params=parameters)
    body = {"resourceType": "Parameters", "parameter": [{"name": k, "valueString": v} for k, v in parameters.items()]}
    by_post = api.post(f"/fhir/{operation}", json=body)
    assert (by_get.status_code, by_get.headers["content-type"]) == (200, "application/fhir+json; charset=utf-8")
    assert by_post.json() == by_get.json()
    return values(by_get)


def test_lookup_by_day_and_by_version(api: TestClient) -> None:
    at = {
        day: asked(api, "CodeSystem/$lookup", system=KVA, code="gc001", date=day)
        for day in ("2020-06-01", "2026-01-01")
    }
    assert (at["2020-06-01"]["version"], at["2020-06-01"]["text-certainty"]) == ("2020", "verified")
    assert (at["2026-01-01"]["version"], at["2026-01-01"]["text-certainty"]) == ("2022", "inferred")
    assert at["2026-01-01"]["beyond-release"] is True
    assert asked(api, "CodeSystem/$lookup", system=KVA, code="GC001", version="2021")["version"] == "2021"
    stored = asked(api, "CodeSystem/$lookup", system=KVA, code="GC001", version="kva-2020-04+2021")
    assert (stored["version"], stored["family"]) == ("2022", "coordination")


def test_a_code_without_a_verified_text_says_so(api: TestClient) -> None:
    found = asked(api, "CodeSystem/$lookup", system=KVA, code="AW024")
    assert (found["display"], found["text-certainty"], found["validity-certainty"]) == ("AW024", "unknown", "inferred")


@pytest.mark.parametrize(
    "system", [ICD, "1.2.752.116.1.1.1.1.3", "http://hl7.org/fhir/sid/icd-10-se", "https://www.icd10.se/"]
)
@pytest.mark.parametrize("code", ["M54.5", "m545", " M54.5 ", "M545P", "M54.5-"])
def test_every_address_and_spelling_of_a_diagnosis(api: TestClient, system: str, code: str) -> None:
    found = asked(api, "CodeSystem/$lookup", system=system, code=code)
    assert (found["display"], found["code-as-kept"], found["system"], found["parent"]) == (
        "Lumbago",
        "M545",
        ICD,
        "M54",
    )
    assert (
        asked(api, "CodeSystem/$lookup", system=system, code=code, displayLanguage="en")["display"] == "Low back pain"
    )


def test_the_address_that_is_written_is_a_setting(desk: Desk) -> None:
    other = "http://electronichealth.se/id/kva"
    client = desk.api(terminology=opened(replace(desk.services().settings, code_systems={"kva": other})))
    assert asked(client, "CodeSystem/$lookup", system=KVA, code="GC001")["system"] == other
    expanded = client.get("/fhir/ValueSet/$expand", params={"url": f"{BASE}/ValueSet/kva", "count": 1}).json()
    assert expanded["expansion"]["contains"][0]["system"] == other


VALID = (
    ({"code": "AW020"}, True, None),
    ({"code": "aw020", "display": "upprättande av  rehabiliteringsplan"}, True, None),
    ({"code": "AW020", "display": "Upprättande av habiliteringsplan (i)"}, False, "heter"),
    ({"code": "AW020", "date": "2020-06-01"}, False, "den finns i 2021, 2022"),
    ({"code": "AW020", "version": "2021"}, True, None),
    ({"code": "DV093", "date": "2020-06-01"}, True, None),
    ({"code": "DV093", "date": "2021-06-01"}, False, "gällde inte 2021-06-01 (troligen giltig"),
    ({"code": "ZZ999"}, False, "bara ett urval finns här"),
    ({"code": "AW024", "display": "Uppföljning av rehabiliteringsplan"}, False, "ingen text för AW024 är bekräftad"),
)


@pytest.mark.parametrize(("sent", "result", "message"), VALID, ids=str)
def test_validate_code(api: TestClient, sent: dict[str, str], result: bool, message: str | None) -> None:
    found = asked(api, "CodeSystem/$validate-code", url=KVA, **sent)
    assert found["result"] is result
    assert message is None or message in found["message"]
    in_set = asked(
        api,
        "ValueSet/$validate-code",
        url=f"{BASE}/ValueSet/kva",
        system=KVA,
        **{{"version": "systemVersion"}.get(key, key): value for key, value in sent.items()},
    )
    assert in_set["result"] is result


def test_an_unknown_system_is_no_valid_code(api: TestClient) -> None:
    assert asked(api, "CodeSystem/$validate-code", url="http://snomed.info/sct", code="1")["result"] is False


def test_a_concept_is_valid_when_one_of_its_codings_is(api: TestClient) -> None:
    codings = [{"system": KVA, "code": "ZZ999"}, {"system": "http://electronichealth.se/id/kva", "code": "GC001"}]
    for path, extra in (("CodeSystem", []), ("ValueSet", [{"name": "url", "valueUri": f"{BASE}/ValueSet/kva"}])):
        for listed, result in ((codings, True), (codings[:1], False)):
            sent = [{"name": "codeableConcept", "valueCodeableConcept": {"coding": listed}}, *extra]
            answer = api.post(f"/fhir/{path}/$validate-code", json={"resourceType": "Parameters", "parameter": sent})
            assert values(answer)["result"] is result


SUBSUMED = (
    ("F43", "F43.8A", "subsumes"),
    ("F438A", "F43", "subsumed-by"),
    ("F43", "f43", "equivalent"),
    ("F43", "M54", "not-subsumed"),
)


@pytest.mark.parametrize(("one", "other", "outcome"), SUBSUMED)
def test_subsumes(api: TestClient, one: str, other: str, outcome: str) -> None:
    assert asked(api, "CodeSystem/$subsumes", system=ICD, codeA=one, codeB=other)["outcome"] == outcome


def expanded(api: TestClient, **parameters: Any) -> Any:
    answer = api.get("/fhir/ValueSet/$expand", params={"url": f"{BASE}/ValueSet/kva"} | parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()["expansion"]


def codes(expansion: Any) -> list[str]:
    return [each["code"] for each in expansion["contains"]]


def test_expand_by_day_filter_and_page(api: TestClient) -> None:
    assert (expanded(api, date="2020-06-01")["total"], expanded(api)["total"]) == (63, 68)
    assert codes(expanded(api, filter="smarta")) == ["PB009", "QV007", "AA230"]
    paged = [each for start in range(0, 70, 20) for each in codes(expanded(api, offset=start, count=20))]
    assert paged == codes(expanded(api)) == sorted(paged)
    assert codes(expanded(api, filter="plan", count=2, offset=1)) == codes(expanded(api, filter="plan"))[1:3]
    assert (expanded(api, count=0)["contains"], expanded(api, count=0)["total"]) == ([], 68)
    assert "DV093" not in codes(expanded(api, activeOnly="true"))
    assert expanded(api, **{"system-version": f"{KVA}|2020"})["total"] == 63
    assert expanded(api)["parameter"] == [{"name": "version", "valueUri": f"{KVA}|2022"}]


def test_expand_in_another_language_and_with_designations(api: TestClient) -> None:
    url = f"{BASE}/ValueSet/icd-10-se"
    (found,) = expanded(api, url=url, filter="lumbago", count=1, displayLanguage="en-GB")["contains"]
    assert found["display"] == "Low back pain"
    (found,) = expanded(api, url=url, filter="lumbago", count=1, includeDesignations="true")["contains"]
    assert found["designation"] == [{"language": "en", "value": "Low back pain"}]


def test_a_family_is_a_value_set(api: TestClient) -> None:
    url = f"{BASE}/ValueSet/kva-plan-made"
    assert codes(expanded(api, url=url, date="2020-06-01")) == ["DV093"]
    assert codes(expanded(api, url=url, date="2021-06-01", activeOnly="true")) == ["AW020"]


def sent_along(*include: RESULT, exclude: tuple[RESULT, ...] = ()) -> RESULT:
    resource = {"resourceType": "ValueSet", "status": "draft", "compose": {"include": include, "exclude": exclude}}
    return {"resourceType": "Parameters", "parameter": [{"name": "valueSet", "resource": resource}]}


def is_a(operator: str, value: str) -> RESULT:
    return {"system": ICD, "filter": [{"property": "concept", "op": operator, "value": value}]}


GROUP = {"system": KVA, "filter": [{"property": "group", "op": "in", "value": "coordination, plan-follow-up"}]}
COMPOSED = (
    (sent_along(is_a("is-a", "F43.8")), ["F438", "F438A"]),
    (sent_along(is_a("descendent-of", "F43.8")), ["F438A"]),
    (sent_along(is_a("is-a", "F43"), exclude=(is_a("is-a", "F43.8"),)), ["F43", "F430", "F431", "F432"]),
    (sent_along({"system": ICD, "concept": [{"code": "M545"}, {"code": "ZZ"}]}), ["M545"]),
    (sent_along(GROUP), ["AW010", "AW011", "AW024", "AW026", "GC001"]),
    (sent_along({"valueSet": [f"{BASE}/ValueSet/kva-coordination", f"{BASE}/ValueSet/kva"]}), ["GC001"]),
    (sent_along({"system": KVA, "valueSet": [f"{BASE}/ValueSet/kva-coordination"]}), ["GC001"]),
    (sent_along({"system": KVA, "version": "2020", "concept": [{"code": "AW020"}, {"code": "DV093"}]}), ["DV093"]),
)


@pytest.mark.parametrize(("body", "expected"), COMPOSED)
def test_expand_a_value_set_sent_along(api: TestClient, body: RESULT, expected: list[str]) -> None:
    assert codes(api.post("/fhir/ValueSet/$expand", json=body).json()["expansion"]) == expected


def matches(api: TestClient, name: str, **parameters: str) -> list[tuple[str, str]]:
    answer = api.get("/fhir/ConceptMap/$translate", params={"url": f"{BASE}/ConceptMap/{name}"} | parameters).json()
    found = []
    for each in answer["parameter"]:
        if each["name"] == "match":
            parts = {part["name"]: part for part in each["part"]}
            found.append((parts["equivalence"]["valueCode"], parts["concept"]["valueCoding"]["code"]))
    assert answer["parameter"][0]["valueBoolean"] is bool(found)
    return found


def test_translate(api: TestClient) -> None:
    assert matches(api, "kva-over-time", system=KVA, code="DV093") == [("relatedto", "AW020")]
    assert matches(api, "kva-over-time", system=KVA, code="DV093", date="2020-06-01") == []
    assert matches(api, "kva-over-time", system=KVA, code="AW020", reverse="true") == [("relatedto", "DV093")]
    assert matches(api, "kva-over-time", system=KVA, code="GC001") == []
    groups = "icd-10-se-to-diagnosis-group"
    found = [matches(api, groups, system=ICD, code=code)[0] for code in ("F43", "F43.8A", "S52.50", "K50.9")]
    assert found == [("equal", "F43"), ("wider", "F43"), ("wider", "S52"), ("wider", "ALL")]
    assert matches(api, "code-system-addresses", system="https://www.icd10.se/", code="m54.5") == [("equal", "M545")]


LOOKUP, EXPAND, TRANSLATE = "CodeSystem/$lookup", "ValueSet/$expand", "ConceptMap/$translate"
REFUSED = (
    (LOOKUP, {"system": KVA}, 400, "code"),
    (LOOKUP, {"code": "GC001"}, 400, "system"),
    (LOOKUP, {"system": "urn:x", "code": "GC001"}, 404, "system (urn:x)"),
    (LOOKUP, {"system": KVA, "code": "ZZ999"}, 404, "code (ZZ999)"),
    (LOOKUP, {"system": KVA, "code": "GC001", "version": "1999"}, 404, "version (1999)"),
    (LOOKUP, {"system": KVA, "code": "GC001", "date": "1999-01-01"}, 404, "date (1999-01-01)"),
    (LOOKUP, {"system": KVA, "code": "GC001", "date": "igår"}, 400, "date (igår)"),
    (LOOKUP, {"system": KVA, "code": "GC001", "date": "2021-02-30"}, 400, "date (2021-02-30)"),
    (LOOKUP, {"system": KVA, "code": "GC001", "nonsense": "1"}, 400, "nonsense (1)"),
    (LOOKUP, {"system": KVA, "code": "19121212-1212"}, 404, "code (…)"),
    ("CodeSystem/$subsumes", {"system": ICD, "codeA": "F43", "codeB": "ZZ"}, 404, "codeB (ZZ)"),
    ("CodeSystem/$subsumes", {"system": ICD, "codeA": "F43"}, 400, "codeB"),
    (EXPAND, {}, 400, "url"),
    (EXPAND, {"url": "urn:x"}, 404, "url (urn:x)"),
    (EXPAND, {"url": f"{BASE}/ValueSet/kva|7"}, 404, "url"),
    (EXPAND, {"url": f"{BASE}/ValueSet/kva", "count": "-1"}, 400, "count (-1)"),
    (EXPAND, {"url": f"{BASE}/ValueSet/kva", "offset": "x"}, 400, "offset (x)"),
    (EXPAND, {"url": f"{BASE}/ValueSet/kva", "activeOnly": "ja"}, 400, "activeOnly (ja)"),
    (EXPAND, {"url": f"{BASE}/ValueSet/kva", "system-version": "x"}, 400, "system-version (x)"),
    ("ValueSet/$validate-code", {"url": f"{BASE}/ValueSet/kva", "code": "GC001"}, 400, "system"),
    (TRANSLATE, {"url": "urn:x", "system": KVA, "code": "GC001"}, 404, "url (urn:x)"),
    (TRANSLATE, {"system": KVA, "code": "GC001"}, 400, "url"),
)


@pytest.mark.parametrize(("operation", "sent", "status", "named"), REFUSED, ids=lambda each: str(each)[:50])
def test_a_refusal_names_parameter_and_value(
    api: TestClient, operation: str, sent: dict[str, str], status: int, named: str
) -> None:
    for language, word in (("sv", "Parametern"), ("en", "The parameter")):
        answer = api.get(f"/fhir/{operation}", params=sent, headers={"Accept-Language": language})
        text = answer.json()["issue"][0]["details"]["text"]
        assert (answer.status_code, text.startswith(f"{word} {named}")) == (status, True), text


FILTERS = (
    {"property": "concept", "op": "regex", "value": "A.*"},
    {"property": "parent", "op": "is-a", "value": "F43"},
)


@pytest.mark.parametrize("rule", FILTERS, ids=str)
def test_filters_that_cannot_be_followed_are_refused(api: TestClient, rule: RESULT) -> None:
    answer = api.post("/fhir/ValueSet/$expand", json=sent_along({"system": ICD, "filter": [rule]}))
    assert answer.status_code == 422
    assert rule["op"] in answer.json()["issue"][0]["details"]["text"]


LARGE = (
    sent_along(*([{"system": KVA}] * 21)),
    sent_along({"system": KVA, "filter": [{"property": "group", "op": "=", "value": "plan"}] * 21}),
    sent_along({"system": KVA, "concept": [{"code": "GC001"}] * 5001}),
)


@pytest.mark.parametrize("body", LARGE, ids=["parts", "filters", "codes"])
def test_a_value_set_that_would_take_long_is_refused(api: TestClient, body: RESULT) -> None:
    answer = api.post("/fhir/ValueSet/$expand", json=body)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (422, "too-costly")


def test_a_large_body_and_a_long_concept_are_refused(api: TestClient) -> None:
    long = {"coding": [{"system": KVA, "code": "GC001"}] * 51}
    for sent in ([{"name": "filter", "valueString": "x" * 1_000_001}], [{"name": "codeableConcept", "valueX": long}]):
        body = {"resourceType": "Parameters", "parameter": sent}
        assert api.post("/fhir/CodeSystem/$validate-code", json=body).status_code == 400


def test_the_settings_name_folder_and_addresses(tmp_path: Path) -> None:
    environment = {"SICKLEAVE_BASE_URL": "https://app.example", "SICKLEAVE_SECRET_KEY": "", "SICKLEAVE_ISSUERS": ""}
    with pytest.raises(WrongSettings, match="SICKLEAVE_KVA_SYSTEM: urn:x is no known address"):
        read_settings(environment | {"SICKLEAVE_KVA_SYSTEM": "urn:x"})
    with pytest.raises(WrongSettings) as fault:
        read_settings(environment | {"SICKLEAVE_ICD10SE_SYSTEM": "https://www.icd10.se/"})
    assert "ICD10SE" not in str(fault.value)


def test_value_sets_that_name_each_other_end(desk: Desk) -> None:
    url = "urn:test:circle"
    circle = {"resourceType": "ValueSet", "url": url, "compose": {"include": [{"valueSet": [url]}]}}
    client = desk.api(terminology=opened(desk.services().settings, [circle]))
    assert client.get("/fhir/ValueSet/$expand", params={"url": url}).status_code == 422


def test_a_damaged_folder_is_503_and_not_another_years_answer(desk: Desk, tmp_path: Path) -> None:
    from terminology.sqlite_store import NotARelease

    (tmp_path / "kva-2024.sqlite").write_bytes(b"broken")
    with pytest.raises(NotARelease):
        opened(replace(desk.services().settings, terminology=tmp_path))


def test_a_new_import_is_seen_without_a_restart_and_a_damaged_one_stops_the_answers(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "not-there-yet"
    client = desk.api()
    app = client.app
    assert isinstance(app, FastAPI)
    services = desk.services()
    app.state.services = replace(services, settings=replace(services.settings, terminology=folder))

    def release() -> Any:
        answer = client.get("/fhir/CodeSystem/$lookup", params={"system": KVA, "code": "GC001", "date": "2026-06-01"})
        return values(answer)["version"] if answer.status_code == 200 else answer.status_code

    def at_once() -> Any:
        app.state.terminology.watch._next = 0.0
        return release()

    assert (release(), release()) == ("2022", "2022")
    folder.mkdir()
    editions = [Edition("GC001", "INVENTED")]
    write_release(folder / "kva-2026.sqlite", Release("kva", "2026", *of_year(2026)), editions)
    assert (at_once(), release()) == ("2026", "2026")
    (folder / "kva-2025.sqlite").write_bytes(b"broken")
    assert (at_once(), release()) == (503, 503)
    (folder / "kva-2025.sqlite").unlink()
    assert release() == "2026"


def test_with_and_without_the_framework_the_answers_are_the_same(api: TestClient, desk: Desk) -> None:
    framework = desk.api(terminology_first=False)
    url = f"{BASE}/ValueSet/kva"
    for path, sent in (
        ("CodeSystem/$lookup", {"system": KVA, "code": "gc 001+x"}),
        ("CodeSystem/$lookup", {"system": KVA, "code": "gc001", "date": "2021-06-01", "_format": "json"}),
        ("CodeSystem/$lookup", {"system": KVA, "code": "GC001", "_format": "xml"}),
        ("CodeSystem/$validate-code", {"url": KVA, "code": "AW020", "display": "Upprättande & 100 % åäö"}),
        ("ConceptMap/$translate", {"url": f"{BASE}/ConceptMap/kva-over-time", "system": KVA, "code": "DV093"}),
        ("ValueSet/$validate-code", {"url": url, "system": KVA, "code": "GC001", "x": ""}),
    ):
        one, other = (client.get(f"/fhir/{path}", params=sent) for client in (api, framework))
        assert (one.status_code, one.content, one.headers) == (other.status_code, other.content, other.headers)
    for method in ("PUT", "DELETE", "HEAD", "OPTIONS"):
        one, other = (client.request(method, "/fhir/CodeSystem/$lookup") for client in (api, framework))
        assert (one.status_code, one.headers) == (other.status_code, other.headers)


def test_published_maps_say_what_translate_says(api: TestClient) -> None:
    for name, least in (("kva-over-time", 2), ("icd-10-se-to-diagnosis-group", 34)):
        published = api.get(f"/fhir/ConceptMap/{name}").json()
        assert published["url"] == f"{BASE}/ConceptMap/{name}"
        (group,) = published["group"]
        assert len(group["element"]) >= least
        for each in group["element"]:
            said = [(one["equivalence"], one["code"]) for one in each["target"]]
            assert said == matches(api, name, system=group["source"], code=each["code"])


@given(query=st.lists(st.sampled_from([*"ab=&+%;#", "%C3%A4", "%ff", "%0", "å", "=", "&&"]), max_size=12).map("".join))
def test_an_address_is_read_as_the_library_reads_it(query: str) -> None:
    sent = query.encode("latin-1")
    assert list(pairs_of(sent)) == parse_qsl(sent.decode("latin-1"), keep_blank_values=True)


def test_metadata_lists_the_operations(api: TestClient) -> None:
    statement = api.get("/fhir/metadata").json()
    listed = {
        each["type"]: [one["name"] for one in each.get("operation", [])] for each in statement["rest"][0]["resource"]
    }
    assert listed["CodeSystem"] == ["lookup", "subsumes", "validate-code"]
    assert (listed["ValueSet"], listed["ConceptMap"]) == (["expand", "validate-code"], ["translate"])
