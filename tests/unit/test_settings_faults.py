"""Wrong settings are told at once, each by its variable."""

from __future__ import annotations

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
