"""Text files: tab, semicolon or comma, UTF-8, UTF-16 or Windows-1252."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Iterator

from terminology.reading.columns import HEADER_WITHIN, columns_of
from terminology.reading.errors import UnreadableFile
from terminology.reading.sheets import Row, Sheet

_DELIMITERS = ("\t", ";", ",", "|")
_LONGEST_CELL = 200_000


def decoded(content: bytes) -> str:
    """The text: by its byte order mark, else UTF-8, else Windows-1252.

    Raises:
        UnreadableFile: none of them fits.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return _strict(content, encoding)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _strict(content, "cp1252")


def _strict(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise UnreadableFile(f"line {line}: a byte that is no {encoding} text") from None


def read_delimited(content: bytes) -> tuple[Sheet, ...]:
    """The rows of a text file; the delimiter is the one with which a header is found. Raises UnreadableFile."""
    text = decoded(content)
    if "\x00" in text:
        raise UnreadableFile("the file holds binary data and is no text file")
    csv.field_size_limit(_LONGEST_CELL)
    delimiter = _delimiter(text)
    try:
        return (Sheet("", tuple(_rows(text, delimiter))),)
    except UnreadableFile:
        if delimiter != "\t":
            raise
        return (Sheet("", tuple(_unquoted_rows(text))),)


def _delimiter(text: str) -> str:
    """Texts hold more commas than a row has tabs, so marks are only counted where no header is found."""
    for delimiter in _DELIMITERS:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            rows = [
                Row(number, tuple(cells)) for number, cells in enumerate(itertools.islice(lines, 5 * HEADER_WITHIN))
            ]
            if columns_of(Sheet("", tuple(rows))) is not None:
                return delimiter
        except csv.Error:
            continue
        except UnreadableFile:  # a header all the same; whoever reads it says what is wrong
            return delimiter
    return max(_DELIMITERS, key=text[:4000].count)


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            raise UnreadableFile(
                f"row {number}: a quotation mark that is not doubled or not closed ({fault})"
            ) from None
        yield Row(number, tuple(cells))
        number = reader.line_num + 1


def _unquoted_rows(text: str) -> Iterator[Row]:
    """Rows of a tab file whose texts have quotation marks of their own: "Cri du chat"-syndrom."""
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        cells = line.rstrip("\n").split("\t")
        if any(cell.startswith('"') and cell.count('"') % 2 for cell in cells):
            raise UnreadableFile(f"row {number}: a quotation mark that is not closed")
        yield Row(number, tuple(_without_quotes(cell) for cell in cells))


def _without_quotes(cell: str) -> str:
    inner = cell[1:-1].replace('""', "")
    quoted = len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in inner
    return cell[1:-1].replace('""', '"') if quoted else cell
