"""A file as sheets of plain rows, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """Cells as text, with the row's number as a person sees it (the first is 1)."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. `name` is "" when the file has only one; `unit` is what a person counts in it."""

    name: str
    rows: tuple[Row, ...]
    unit: str = "row"

    def place(self, row: int) -> str:
        """Where a row stands, in words."""
        return f"sheet {self.name}, {self.unit} {row}" if self.name else f"{self.unit} {row}"

    def filled(self) -> Iterator[Row]:
        """Rows with at least one cell that is not blank."""
        return (row for row in self.rows if any(cell.strip() for cell in row.cells))
