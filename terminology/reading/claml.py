"""ClaML, the XML form of classifications: classes with rubrics, as rows like those of the text file."""

from __future__ import annotations

from terminology.reading.errors import UnreadableFile
from terminology.reading.sheets import Row, Sheet
from terminology.reading.xml_events import read_xml

HEADER = (
    "Kod",
    "Giltig från",
    "Giltig till",
    "Överordnad kod",
    "Titel",
    "Typ",
    "Innefattar",
    "Utesluter",
    "Anmärkning",
)
_RUBRICS = {
    "preferred": "Titel",
    "inclusion": "Innefattar",
    "exclusion": "Utesluter",
    "note": "Anmärkning",
    "text": "Anmärkning",
    "coding-hint": "Anmärkning",
}
_FOREIGN = " in another language"
"""Texts that count only where there is no Swedish one."""
_DATES = {
    "validfrom": "Giltig från",
    "giltigfran": "Giltig från",
    "validto": "Giltig till",
    "giltigtill": "Giltig till",
}


def read_claml(content: bytes) -> tuple[Sheet, ...]:
    """The classes of a ClaML file as one sheet; a row's number is that of the class.

    Raises:
        UnreadableFile: no ClaML.
    """
    classes = _Classes()
    read_xml(content, classes.start, classes.end, classes.text)
    if not classes.is_claml:
        raise UnreadableFile("XML, but not ClaML")
    return (Sheet("", (Row(0, HEADER), *classes.rows), unit="class"),)


class _Classes:
    def __init__(self) -> None:
        self.is_claml = False
        self.rows: list[Row] = []
        self._class: dict[str, list[str]] | None = None
        self._rubric: str | None = None
        self._text: list[str] = []
        self._foreign = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "ClaML":
            self.is_claml = True
        elif name == "Class":
            self._class = {"Kod": [attributes.get("code", "")], "Typ": [attributes.get("kind", "")]}
        elif self._class is None:
            return
        elif name == "SuperClass":
            self._class.setdefault("Överordnad kod", []).append(attributes.get("code", ""))
        elif name == "Meta":
            key = _DATES.get(_plain(attributes.get("name", "")))
            if key:
                self._class.setdefault(key, []).append(attributes.get("value", ""))
        elif name == "Rubric":
            self._rubric = _RUBRICS.get(attributes.get("kind", ""))
            self._text, self._foreign = [], ""
        elif name == "Label":
            self._foreign = "" if attributes.get("xml:lang", "sv").startswith("sv") else _FOREIGN

    def text(self, text: str) -> None:
        if self._rubric is not None:
            self._text.append(text)

    def end(self, name: str) -> None:
        if name in ("Label", "Rubric") and self._rubric is not None and self._class is not None:
            if text := " ".join("".join(self._text).split()):
                self._class.setdefault(self._rubric + self._foreign, []).append(text)
            self._text = []
            self._rubric = None if name == "Rubric" else self._rubric
        elif name == "Class" and self._class is not None:
            held = self._class
            cells = tuple("; ".join(held.get(column) or held.get(column + _FOREIGN) or ()) for column in HEADER)
            self.rows.append(Row(len(self.rows) + 1, cells))
            self._class = None


def _plain(name: str) -> str:
    return name.lower().replace("å", "a").replace(" ", "").replace("_", "").replace("-", "")
