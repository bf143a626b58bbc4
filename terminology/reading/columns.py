"""Which column is which, by the words of the header; their order does not matter."""

from __future__ import annotations

from dataclasses import dataclass

from terminology.reading.errors import UnreadableFile
from terminology.reading.sheets import Row, Sheet
from terminology.words import folded

HEADER_WITHIN = 20
NAMES: dict[str, tuple[str, ...]] = {
    "code": ("kod", "code", "kva-kod", "kvakod", "atgardskod", "icd-kod", "icd-10-se-kod", "koder", "icd-10-se"),
    "text": ("titel", "text", "kodtext", "title", "benamning", "klartext", "display", "atgard", "svensk text"),
    "since": ("giltig fran", "giltig fran och med", "giltig fr o m", "giltig from", "giltigfran", "valid from"),
    "until": ("giltig till", "giltig till och med", "giltig t o m", "giltig tom", "giltigtill", "valid to"),
    "parent": ("overordnad kod", "overordnad", "parent", "foralder"),
    "level": ("kodniva", "niva", "typ", "level"),
}
NOTES: dict[str, str] = {
    "latin": "latin",
    "beskrivning": "description",
    "exempel": "example",
    "innefattar": "includes",
    "utesluter": "excludes",
    "anmarkning": "remark",
    "kodningsinformation": "coding-information",
    "innehall": "contents",
    "manifestation(*)/etiologi(†)": "manifestation-or-aetiology",
    "koppling manifestation/etiologi": "manifestation-aetiology-link",
    "ej huvuddiagnos": "not-main-diagnosis",
}
_FIELDS = {name: field for field, names in NAMES.items() for name in names}


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands. `header` are the file's own words, `unused` those that mean nothing to us."""

    at: dict[str, int]
    notes: dict[str, int]
    header: tuple[str, ...]
    first_row: int
    unused: tuple[str, ...]

    def cell(self, row: Row, field: str) -> str:
        """The cell of a field, without blanks around; "" when the file has no such column."""
        place = self.at.get(field)
        return row.cells[place].strip() if place is not None and place < len(row.cells) else ""

    def word(self, field: str) -> str:
        """The file's own word for a field."""
        return self.header[self.at[field]].strip() if field in self.at else field

    def note_cells(self, row: Row) -> tuple[tuple[str, str], ...]:
        """What else stands in the row, by our names."""
        found = ((name, row.cells[place].strip()) for name, place in self.notes.items() if place < len(row.cells))
        return tuple((name, text) for name, text in found if text)


def columns_of(sheet: Sheet) -> Columns | None:
    """The columns, from the first of the upper rows that names a code and a text; None when there is none.

    Raises:
        UnreadableFile: two columns with the same meaning.
    """
    for row in list(sheet.filled())[:HEADER_WITHIN]:
        at: dict[str, int] = {}
        notes: dict[str, int] = {}
        unused = []
        for place, cell in enumerate(row.cells):
            name = _plain(cell)
            if (field := _FIELDS.get(name)) is not None:
                if field in at and {"code", "text"} <= _fields_of(row):
                    raise UnreadableFile(
                        f"{sheet.place(row.number)}: the columns {row.cells[at[field]]!r} and {cell!r} mean the same"
                    )
                at.setdefault(field, place)
            elif name in NOTES:
                notes.setdefault(NOTES[name], place)
            elif name:
                unused.append(cell.strip())
        if {"code", "text"} <= at.keys():
            return Columns(at, notes, row.cells, row.number, tuple(unused))
    return None


def _fields_of(row: Row) -> set[str]:
    return {_FIELDS[name] for cell in row.cells if (name := _plain(cell)) in _FIELDS}


def _plain(cell: str) -> str:
    return " ".join(folded(cell).replace(".", " ").replace("_", " ").split()).strip(" :*")
