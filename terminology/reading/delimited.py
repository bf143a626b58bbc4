"""Text files: tab, semicolon or comma, UTF-8, UTF-16 or Windows-1252."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator

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
    """The rows of a text file; the delimiter is the one that the first lines have most of. Raises UnreadableFile."""
    text = decoded(content)
    if "\x00" in text:
        raise UnreadableFile("the file holds binary data and is no text file")
    beginning = text[:4000]
    delimiter = max(_DELIMITERS, key=beginning.count)
    csv.field_size_limit(_LONGEST_CELL)
    return (Sheet("", tuple(_rows(text, delimiter))),)


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    number = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            raise UnreadableFile(f"row {number}: {fault}") from None
        yield Row(number, tuple(cells))
        number = reader.line_num + 1
