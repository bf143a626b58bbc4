"""Excel workbooks (.xlsx): every visible or hidden sheet as rows of text. Formulas count by their stored value."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from io import BytesIO

from terminology.reading.errors import UnreadableFile
from terminology.reading.sheets import Row, Sheet
from terminology.reading.xml_events import read_xml

MOST_BYTES = 300_000_000
"""Unpacked size that we take, of all parts together: a small file must not become a large one."""
MOST_COLUMNS = 200
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_BROKEN = (zipfile.BadZipFile, zlib.error, KeyError, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)
_BOOK = "xl/workbook.xml"


def read_workbook(content: bytes) -> tuple[Sheet, ...]:
    """The sheets of a workbook. Raises UnreadableFile."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as book:
            if sum(part.file_size for part in book.infolist()) > MOST_BYTES:
                raise UnreadableFile("the workbook is larger than 300 MB when unpacked")
            names = set(book.namelist())
            if _BOOK not in names:
                raise UnreadableFile("a zip file, but no Excel workbook")
            strings = _Strings()
            if "xl/sharedStrings.xml" in names:
                strings.read(book.read("xl/sharedStrings.xml"))
            places = _sheets(book.read(_BOOK), book.read("xl/_rels/workbook.xml.rels"))
            return tuple(_sheet(name, book.read(place), strings.found) for name, place in places if place in names)
    except _BROKEN as fault:
        raise UnreadableFile(f"the workbook cannot be unpacked: {fault}") from None


class _Strings:
    """Texts that cells share; formatted ones are put together, pronunciation guides left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._parts: list[str] | None = None
        self._inside_text = False
        self._guide = False

    def read(self, content: bytes) -> None:
        read_xml(content, self._start, self._end, self._text)

    def _start(self, name: str, _: dict[str, str]) -> None:
        if name == "si":
            self._parts = []
        self._guide = self._guide or name == "rPh"
        self._inside_text = name == "t" and not self._guide

    def _end(self, name: str) -> None:
        if name == "si" and self._parts is not None:
            self.found.append("".join(self._parts))
            self._parts = None
        if name == "rPh":
            self._guide = False
        self._inside_text = False

    def _text(self, text: str) -> None:
        if self._inside_text and self._parts is not None:
            self._parts.append(text)


def _sheets(book: bytes, relations: bytes) -> list[tuple[str, str]]:
    """Names of the sheets and the parts that hold them."""
    targets: dict[str, str] = {}
    named: list[tuple[str, str]] = []

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            reference = next((value for key, value in attributes.items() if key.endswith(":id") or key == "id"), "")
            named.append((attributes.get("name", ""), reference))

    read_xml(relations, relation, lambda _: None, lambda _: None)
    read_xml(book, sheet, lambda _: None, lambda _: None)
    return [(name, _inside(targets[reference])) for name, reference in named if reference in targets]


def _inside(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))


def _sheet(name: str, content: bytes, strings: list[str]) -> Sheet:
    cells = _Cells(name, strings)
    read_xml(content, cells.start, cells.end, cells.text)
    return Sheet(name, tuple(cells.rows))


class _Cells:
    """The cells of one sheet, as they come."""

    def __init__(self, sheet: str, strings: list[str]) -> None:
        self.rows: list[Row] = []
        self._sheet, self._strings = sheet, strings
        self._row: dict[int, str] = {}
        self._number = 0
        self._column = -1
        self._type = ""
        self._value: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            number = attributes.get("r", "")
            self._number = int(number) if number.isdigit() else self._number + 1
            self._row, self._column = {}, -1
        elif name == "c":
            reference = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._column = _column(reference[1]) if reference else self._column + 1
            self._type = attributes.get("t", "n")
        elif name == "v" or (name == "t" and self._type == "inlineStr"):
            self._value = []

    def text(self, text: str) -> None:
        if self._value is not None:
            self._value.append(text)

    def end(self, name: str) -> None:
        if name == "row":
            width = max(self._row, default=-1) + 1
            self.rows.append(Row(self._number, tuple(self._row.get(column, "") for column in range(width))))
        elif name in ("v", "t") and self._value is not None:
            if self._column < MOST_COLUMNS:
                self._row[self._column] = self._row.get(self._column, "") + self._plain("".join(self._value))
            self._value = None

    def _plain(self, value: str) -> str:
        if self._type == "s":
            if not (value.isdigit() and int(value) < len(self._strings)):
                raise UnreadableFile(f"sheet {self._sheet}, row {self._number}: a text that is not in the workbook")
            return self._strings[int(value)]
        return value.removesuffix(".0") if self._type == "n" else value


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
