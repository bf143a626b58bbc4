"""On whose behalf rows are read and written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from smart_app.store.columns import Owned


@dataclass(frozen=True, slots=True)
class Owner:
    """Issuer (profile id), care provider and care unit (HSA-ids) of a launch, token or unit run.

    The provider is the border: no query crosses it. The unit narrows worklists.
    """

    issuer: str
    care_provider: str
    care_unit: str

    def within_provider(self, table: type[Owned]) -> tuple[Any, ...]:
        """WHERE terms for rows of this issuer and care provider."""
        return (table.issuer == self.issuer, table.care_provider == self.care_provider)

    def within_unit(self, table: type[Owned]) -> tuple[Any, ...]:
        """WHERE terms for rows of this unit."""
        return (*self.within_provider(table), table.care_unit == self.care_unit)

    def columns(self) -> dict[str, str]:
        """The three columns for a new row."""
        return {"issuer": self.issuer, "care_provider": self.care_provider, "care_unit": self.care_unit}
