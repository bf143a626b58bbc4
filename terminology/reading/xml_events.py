"""XML read as a stream, without entities: what a file declares itself is refused, nothing outside it is fetched."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn
from xml.parsers import expat

from terminology.reading.errors import UnreadableFile

Start = Callable[[str, dict[str, str]], None]
DEEPEST = 100


def read_xml(content: bytes, start: Start, end: Callable[[str], None], text: Callable[[str], None]) -> None:
    """Call `start`, `end` and `text` for what stands in the document; names come without namespace prefix.

    Raises:
        UnreadableFile: not well-formed, nested too deeply, or it declares entities.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0

    def started(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise UnreadableFile(f"line {parser.CurrentLineNumber}: nested too deeply")
        start(name.rpartition(":")[2], attributes)

    def ended(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name.rpartition(":")[2])

    def refused(*_: object) -> NoReturn:
        raise UnreadableFile(f"line {parser.CurrentLineNumber}: the file declares XML entities, which is refused")

    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = refused
    parser.UnparsedEntityDeclHandler = refused
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(content, True)
    except expat.ExpatError as fault:
        where, why = f"line {fault.lineno}, column {fault.offset + 1}", expat.ErrorString(fault.code)
        raise UnreadableFile(f"{where}: no well-formed XML ({why})") from None
    except (LookupError, ValueError) as fault:
        raise UnreadableFile(f"XML in an encoding that we cannot read: {fault}") from None
