"""Wrong settings are told at once, each by its variable."""

from __future__ import annotations

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
    with pytest.raises(WrongSettings) as told:
        read_settings({f"SICKLEAVE_{name}": value for name, value in wrong.items()})
    assert len(told.value.faults) == len(wrong)
    for name in wrong:
        assert sum(fault.startswith(f"SICKLEAVE_{name}") for fault in told.value.faults) == 1
    assert "SICKLEAVE_DEMO=1" in str(told.value)
