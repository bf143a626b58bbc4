"""From rows to editions: every row is checked, and one wrong row refuses the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from terminology.concept import Edition, Kind
from terminology.reading.columns import Columns, columns_of
from terminology.reading.days import NotADay, day_of
from terminology.reading.errors import RowFault, UnreadableFile, WrongRows
from terminology.reading.sheets import Row, Sheet

MOST_FAULTS = 20
MOST_TEXT = 2000
_CODE = {
    "kva": re.compile(r"[A-Z]{2}[0-9]{3}|[A-Z]{3}[0-9]{2}"),
    "icd10se": re.compile(r"[A-Z][0-9]{2}[0-9A-Z]{0,2}"),
}
_EXCEL_ERROR = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)")
_HEADING = {
    "kva": re.compile(r"[A-Z0-9]{1,4}|[A-Z0-9]{1,5}-[A-Z0-9]{1,5}"),
    "icd10se": re.compile(r"[0-9]{1,2}|[IVX]{1,6}|[A-Z][0-9]{2}-[A-Z]?[0-9]{2}"),
}


@dataclass(slots=True)
class Reading:
    """What a file holds. `warnings` are rows that were left out, and columns that mean nothing to us."""

    editions: dict[str, Edition] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def editions_of(sheets: Iterable[Sheet], system: str, *, source: str, only: Sequence[str] = ()) -> Reading:
    """The codes of a file.

    Args:
        sheets: those without a code and a text column are left out.
        system: "kva" or "icd10se".
        source: what each edition says of its origin.
        only: the sheets to read; none named = all that have the columns.

    Raises:
        UnreadableFile: no sheet has a code and a text column, or there are no codes.
        WrongRows: with the first twenty wrong rows.
    """
    given = tuple(sheets)
    chosen = [(each, columns) for each in given if (not only or each.name in only) and (columns := columns_of(each))]
    missing = set(only) - {each.name for each, _ in chosen}
    if missing or not chosen:
        raise UnreadableFile(_no_columns(given, sorted(missing)))
    reader = _Reader(system, source)
    for sheet, columns in chosen:
        reader.read(sheet, columns)
    skipped = [each.name for each in given if each.name and each.name not in {sheet.name for sheet, _ in chosen}]
    if len(chosen) > 1 and not only:
        listed = ", ".join(each.name for each, _ in chosen)
        reader.reading.warnings.append(f"sheets read: {listed} (name those that you want with --sheet)")
    if skipped:
        reader.reading.warnings.append(f"sheets left out: {', '.join(skipped)}")
    if reader.faults:
        raise WrongRows(tuple(reader.faults[:MOST_FAULTS]), max(0, len(reader.faults) - MOST_FAULTS))
    if not any(each.kind is Kind.CODE for each in reader.reading.editions.values()):
        raise UnreadableFile("the file has the right columns, but no codes")
    reader.place()
    ended = [code for code, each in reader.reading.editions.items() if not each.active]
    if ended:
        listed = f"{', '.join(ended[:5])}{', ...' * (len(ended) > 5)}"
        reader.reading.warnings.append(f"{len(ended)} codes without a first day are taken as no longer valid: {listed}")
    return reader.reading


def _no_columns(sheets: tuple[Sheet, ...], missing: list[str]) -> str:
    unknown = [name for name in missing if name not in {each.name for each in sheets}]
    if unknown:
        return f"no sheet {unknown[0]!r}; there are {', '.join(repr(each.name) for each in sheets)}"
    looked_at = [each for each in sheets if not missing or each.name in missing]
    seen = next((row.cells for each in looked_at for row in each.filled()), ())
    words = ", ".join(repr(cell.strip()[:40]) for cell in seen[:20])
    first = f"the first row has {words}" if seen else "all is empty"
    return f"no header with a code column (Kod) and a text column (Titel, Text) was found; {first}"


class _Reader:
    def __init__(self, system: str, source: str) -> None:
        self.reading = Reading()
        self.faults: list[RowFault] = []
        self._system, self._source = system, source
        self._places: dict[str, str] = {}
        self._dated = False
        """Whether the sheet says of any code from when it holds: only then does a missing day mean that it ended."""

    def read(self, sheet: Sheet, columns: Columns) -> None:
        if columns.unused:
            self.reading.warnings.append(f"columns not used: {', '.join(columns.unused)}")
        rows = [row for row in sheet.filled() if row.number > columns.first_row]
        self._dated = any(columns.cell(row, "since") for row in rows)
        for row in rows:
            self._take(sheet.place(row.number), row, columns)

    def _take(self, place: str, row: Row, columns: Columns) -> None:
        code = _bare(columns.cell(row, "code"))
        text = " ".join(columns.cell(row, "text").split())
        alone = sum(bool(cell.strip()) for cell in row.cells) == 1
        if alone and not text and not _CODE[self._system].fullmatch(code):
            self.reading.warnings.append(f"{place}: left out, only one cell is filled in")
            return
        before = len(self.faults)
        kind = self._kind(place, code, columns)
        if not text:
            self._fault(place, columns.word("text"), f"{code[:12]} has no text")
        elif len(text) > MOST_TEXT:
            self._fault(place, columns.word("text"), f"longer than {MOST_TEXT} characters")
        elif _EXCEL_ERROR.fullmatch(text):
            self._fault(place, columns.word("text"), f"{text} is an error of Excel, no text")
        since = self._day(place, row, columns, "since")
        until = self._day(place, row, columns, "until")
        if since and until and until < since:
            self._fault(place, columns.word("until"), f"{until} is before {since}")
        if kind is None or len(self.faults) > before:
            return
        inactive = self._system == "icd10se" and self._dated and since is None and kind is Kind.CODE
        parent = _bare(columns.cell(row, "parent").split(";")[0]) or None
        edition = Edition(
            code,
            text,
            source=self._source,
            since=since,
            until=until,
            parent=parent if parent != code else None,
            kind=kind,
            active=not inactive,
            notes=columns.note_cells(row),
        )
        self._keep(place, edition, columns)

    def _kind(self, place: str, code: str, columns: Columns) -> Kind | None:
        if not code:
            self._fault(place, columns.word("code"), "no code")
        elif _CODE[self._system].fullmatch(code):
            return Kind.CODE
        elif _HEADING[self._system].fullmatch(code):
            return Kind.HEADING
        else:
            self._fault(place, columns.word("code"), f"{code[:20]!r} has not the form of a code")
        return None

    def _keep(self, place: str, edition: Edition, columns: Columns) -> None:
        known = self.reading.editions.get(edition.code)
        if known is None:
            self.reading.editions[edition.code] = edition
            self._places[edition.code] = place
        elif known != edition:
            first = self._places[edition.code]
            self._fault(place, columns.word("code"), f"{edition.code} stands already in {first}, differently")

    def _day(self, place: str, row: Row, columns: Columns, which: str) -> date | None:
        try:
            return day_of(columns.cell(row, which), last=which == "until")
        except NotADay as fault:
            self._fault(place, columns.word(which), str(fault))
            return None

    def _fault(self, place: str, column: str, why: str) -> None:
        self.faults.append(RowFault(place, column, why))

    def place(self) -> None:
        """Every code below the one named above it; where none is named, below the longest beginning of its own."""
        editions = self.reading.editions
        for code, each in editions.items():
            if each.parent is None:
                above = next((code[:end] for end in range(len(code) - 1, 0, -1) if code[:end] in editions), None)
                if above is not None and "-" not in code:
                    editions[code] = replace(each, parent=above)
            elif each.parent not in editions:
                self.reading.warnings.append(f"{self._places[code]}: {each.parent}, above {code}, stands nowhere")


def _bare(code: str) -> str:
    return re.sub(r"[.\s*†+]", "", code).upper().replace("–", "-")
