"""What is wrong with a file, as precisely as a person needs to correct it."""

from __future__ import annotations

from dataclasses import dataclass

from terminology.errors import TerminologyFault


@dataclass
class UnreadableFile(TerminologyFault):
    """The file as a whole cannot be read."""

    why: str

    def __str__(self) -> str:
        return self.why


@dataclass(frozen=True, slots=True)
class RowFault:
    """One wrong row. `place` e.g. "row 17" or "sheet KMÅ, row 17"; `column` the header as in the file."""

    place: str
    column: str
    why: str

    def __str__(self) -> str:
        return f"{self.place}, column {self.column}: {self.why}"


@dataclass
class WrongRows(TerminologyFault):
    """Rows that cannot be used; nothing of the file was taken. `more` were found beyond those listed."""

    faults: tuple[RowFault, ...]
    more: int = 0

    def __str__(self) -> str:
        listed = "\n".join(map(str, self.faults))
        return f"{listed}\nand {self.more} more" if self.more else listed
