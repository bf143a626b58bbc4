"""Whatever is sent to a terminology operation is answered, and a refusal names parameter and value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from smart_app.routes.fhir_terminology_faults import repeatable
from tests.worklist_desk import a_desk

KVA = "urn:oid:1.2.752.116.1.3.2.1.4"
ICD = "urn:oid:1.2.752.116.1.1.1"
BASE = "https://sickleave-on-fhir.example/fhir"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    desk = a_desk(f"sqlite:///{tmp_path_factory.mktemp('desk') / 'worklist.sqlite'}")
    yield desk.api()
    desk.store.close()


OPERATIONS = st.sampled_from(
    [
        "CodeSystem/$lookup",
        "CodeSystem/$validate-code",
        "CodeSystem/$subsumes",
        "ConceptMap/$translate",
        "ValueSet/$expand",
        "ValueSet/$validate-code",
    ]
)
NAMES = st.sampled_from(
    [
        "url",
        "system",
        "code",
        "version",
        "coding",
        "codeableConcept",
        "date",
        "display",
        "filter",
        "count",
        "offset",
        "codeA",
        "codeB",
        "codingA",
        "valueSet",
        "system-version",
        "property",
        "displayLanguage",
        "targetsystem",
        "activeOnly",
        "reverse",
        "systemVersion",
        "includeDesignations",
        "x",
    ]
)
PLAIN = st.sampled_from(
    f"{KVA} {ICD} {BASE}/ValueSet/kva {BASE}/ConceptMap/kva-over-time GC001 M54.5 2020 2021-06-01 true 0 5 99999999999 "
    "1e9 | 0001-01-01 9999-12-31 9999-12-31T23:59:59-12:00".split()
) | st.text(max_size=8)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | PLAIN,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["system", "code", "coding", "resourceType", "compose", "include", "filter", "op", "value"])
            | st.sampled_from(["property", "concept", "valueSet", "exclude", "url", "version", "display"]),
            inner | st.just("ValueSet") | st.just("is-a") | st.just("concept"),
            max_size=4,
        )
    ),
    max_leaves=8,
)


NAMED = re.compile(r"Parametern (?P<name>[^ ]+)(?: \((?P<value>.*?)\))?: ", re.DOTALL)


def names_what_is_wrong(answer: Any, sent: Any) -> None:
    """An answer, or an OperationOutcome with the parameter that is wrong, and its value as far as it was sent."""
    assert answer.status_code < 500, answer.text
    if answer.status_code == 200:
        return
    issue = answer.json()["issue"][0]
    assert answer.json()["resourceType"] == "OperationOutcome"
    if issue["code"] == "structure":
        return
    found = NAMED.match(issue["details"]["text"])
    assert found, issue
    if found["value"]:
        said = found["value"].casefold()
        assert any(said in one or (said[:4] == one.strip()[:4]) for one in texts(sent)), (issue, sent)
    else:
        held = [value for one, value in sent if one == found["name"]]
        assert not held or not all(isinstance(each, str) and each.strip() for each in held), (issue, sent)


def texts(sent: Any) -> Iterator[str]:
    """Every text and number in what was sent, as it may be repeated in an answer."""
    if isinstance(sent, dict):
        yield from texts([*sent, *sent.values()])
    elif isinstance(sent, list | tuple):
        for each in sent:
            yield from texts(each)
    else:
        yield repeatable(sent).casefold()


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(operation=OPERATIONS, sent=st.lists(st.tuples(NAMES, PLAIN), max_size=5))
@example(operation="CodeSystem/$lookup", sent=[("code", "GC001"), ("coding", "AW020")])
def test_any_address_is_answered(api: TestClient, operation: str, sent: list[tuple[str, str]]) -> None:
    clean: list[tuple[str, Any]] = [(name, value.encode("utf-8", "replace").decode()) for name, value in sent]
    names_what_is_wrong(api.get(f"/fhir/{operation}", params=clean), clean)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    operation=OPERATIONS,
    sent=st.lists(st.tuples(NAMES, ANY, st.sampled_from(["valueString", "valueCoding", "resource", "x"])), max_size=5),
)
def test_any_body_is_answered(api: TestClient, operation: str, sent: list[tuple[str, Any, str]]) -> None:
    listed = [{"name": name, key: value} for name, value, key in sent]
    answer = api.post(f"/fhir/{operation}", json={"resourceType": "Parameters", "parameter": listed})
    names_what_is_wrong(answer, [(name, None if key == "x" else value) for name, value, key in sent])
