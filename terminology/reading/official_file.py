"""One official file, in whichever format it comes."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from terminology.reading.claml import read_claml
from terminology.reading.delimited import read_delimited
from terminology.reading.editions import Reading, editions_of
from terminology.reading.errors import UnreadableFile
from terminology.reading.sheets import Sheet
from terminology.reading.workbook import read_workbook

MOST_BYTES = 100_000_000
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def read_sheets(content: bytes) -> tuple[Sheet, ...]:
    """The tables of a file; the format is told by its content, not by its name. Raises UnreadableFile."""
    if len(content) > MOST_BYTES:
        raise UnreadableFile("the file is larger than 100 MB")
    if content.startswith(b"PK"):
        return read_workbook(content)
    if content.startswith(_OLD_EXCEL):
        raise UnreadableFile("an old Excel file (.xls); save it as .xlsx")
    beginning = content[:200].removeprefix(codecs.BOM_UTF8).lstrip()
    if beginning.startswith(b"<"):
        return read_claml(content)
    return read_delimited(content)


def read_official_file(content: bytes, system: str, *, source: str, sheets: Sequence[str] = ()) -> Reading:
    """The codes of a file.

    Raises:
        UnreadableFile: the file as a whole cannot be used.
        WrongRows: some of its rows cannot.
    """
    return editions_of(read_sheets(content), system, source=source, only=sheets)
