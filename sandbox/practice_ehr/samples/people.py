"""The invented patients as a table: read from people.toml, checked, dated from today."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """Days count from today."""

    icd: str
    since: int
    until: int | None = None
    status: str = "active"
    by: str | None = None
    plain: bool = False
    p: bool = False


@dataclass(frozen=True, slots=True)
class CareRow:
    """A visit to a unit, or a stay in hospital there when it has an end; days count from today."""

    at: str
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """Days count from today, ends included; `icd` None = only free text."""

    since: int
    until: int
    icd: str | None = None
    extra: str | None = None
    degrees: tuple[tuple[int, int, int], ...] = ()
    basis: str = "FYSISKUNDERSOKNING"
    version: int = 2
    renews: bool = False
    first_absence: int | None = None
    signed: int | None = None
    status: str = "completed"
    by: str | None = None
    work: tuple[str, ...] = ("NUVARANDE_ARBETE",)
    infection: bool = False
    hierarchy: bool = True
    vendor: bool = False


@dataclass(frozen=True, slots=True)
class PatientRow:
    id: str
    name: str
    number: str
    sex: str
    by: str
    story: str
    kind: str = "personnummer"
    birth_date: str | None = None
    profession: str = ""
    protected: bool = False
    deceased: bool = False
    vendor: bool = False
    conditions: tuple[ConditionRow, ...] = ()
    certificates: tuple[CertificateRow, ...] = ()
    care: tuple[CareRow, ...] = ()

    @property
    def born(self) -> str | None:
        """ISO date; None when the number does not tell and nothing else does."""
        if self.birth_date or self.kind != "personnummer":
            return self.birth_date
        return f"{self.number[:4]}-{self.number[4:6]}-{self.number[6:8]}"


@cache
def titles() -> dict[str, str]:
    """Swedish titles of the codes used, by code with dot."""
    found: dict[str, str] = _table()["titles"]
    return found


@cache
def people() -> tuple[PatientRow, ...]:
    return tuple(_row(table) for table in _table()["patient"])


def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("people.toml").read_text("utf-8"))


def _row(table: dict[str, Any]) -> PatientRow:
    rest = {key: value for key, value in table.items() if key not in ("conditions", "certificates", "care")}
    return PatientRow(
        **rest,
        conditions=tuple(ConditionRow(**one) for one in table.get("conditions", ())),
        certificates=tuple(_certificate(one) for one in table.get("certificates", ())),
        care=tuple(CareRow(**one) for one in table.get("care", ())),
    )


def _certificate(table: dict[str, Any]) -> CertificateRow:
    degrees = tuple((share, since, until) for share, since, until in table.get("degrees", ()))
    work = tuple(table.get("work", ("NUVARANDE_ARBETE",)))
    rest = {key: value for key, value in table.items() if key not in ("degrees", "work")}
    return CertificateRow(**rest, degrees=degrees, work=work)
