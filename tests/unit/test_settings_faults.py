"""Wrong settings are told at once, each by its variable."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from smart_app.settings import WrongSettings, read_settings


def test_every_wrong_setting_is_named() -> None:
    wrong = {
        "BASE_URL": "http://x.example",
        "SECRET_KEY": "short",
        "ISSUERS": "/no/such/file",
        "DATABASE_URL": "mysql://x",
    }
    wrong |= {"INLINE_OUTBOX": "yes", "CANONICAL": "fhir", "LIMITS": "-1", "PROXIES": "proxy.example"}
    wrong |= {"CATALOGUE": "/no/such/folder", "ASK_SENSITIVE": "perhaps"}
    with pytest.raises(WrongSettings) as told:
        read_settings({f"SICKLEAVE_{name}": value for name, value in wrong.items()})
    assert len(told.value.faults) == len(wrong)
    for name in wrong:
        assert sum(fault.startswith(f"SICKLEAVE_{name}") for fault in told.value.faults) == 1
    assert "SICKLEAVE_DEMO=1" in str(told.value)


GOOD_KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.mark.parametrize(
    ("name", "value", "demo", "wrong"),
    [
        ("BASE_URL", "http://127.0.0.1:8000", "1", False),
        ("BASE_URL", "http://127.0.0.1:8000", "0", True),
        ("BASE_URL", "http://sickleave.region.example", "1", True),
        ("BASE_URL", "https://sickleave.region.example", "0", False),
        ("SECRET_KEY", GOOD_KEY, "0", False),
        ("SECRET_KEY", f"{GOOD_KEY},{GOOD_KEY[::-1].strip('=')}====", "0", True),
        ("SECRET_KEY", base64.b64encode(bytes(range(31))).decode(), "0", True),
        ("SECRET_KEY", base64.b64encode(b"a" * 32).decode(), "0", True),
        ("SECRET_KEY", f"{GOOD_KEY},{base64.b64encode(b'b' * 32).decode()}", "0", True),
    ],
)
def test_weak_keys_and_open_lines_are_refused(name: str, value: str, demo: str, wrong: bool) -> None:
    with pytest.raises(WrongSettings) as told:  # ISSUERS is missing in any case
        read_settings({f"SICKLEAVE_{name}": value, "SICKLEAVE_DEMO": demo})
    assert any(fault.startswith(f"SICKLEAVE_{name}") for fault in told.value.faults) == wrong


@pytest.mark.parametrize("specialty", ["orthopaedics", "Orthopaedics", "a-name-that-is-too-long"])
def test_a_specialty_is_a_file_of_the_catalogue(tmp_path: Path, specialty: str) -> None:
    given = {"SICKLEAVE_CATALOGUE": str(tmp_path), "SICKLEAVE_SPECIALTY": specialty}
    with pytest.raises(WrongSettings) as told:
        read_settings(given)
    assert any("CATALOGUE" in fault for fault in told.value.faults)
    (tmp_path / f"specialty-{specialty}.toml").write_text('source = "x"\n', encoding="utf-8")
    with pytest.raises(WrongSettings) as told:
        read_settings(given)
    assert any("CATALOGUE" in fault for fault in told.value.faults) == (specialty != "orthopaedics")
