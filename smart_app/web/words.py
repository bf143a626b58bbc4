"""The words of the pages: one TOML file per language, with placeholders, plural forms and a mark for strong text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from markupsafe import Markup, escape

Language = Literal["sv", "en"]
LANGUAGES: tuple[Language, ...] = ("sv", "en")
_STRONG = re.compile(r"\*\*(.+?)\*\*")


@dataclass
class NoSuchText(Exception):
    """A page asked for a text that the locale file does not have."""

    language: str
    key: str

    def __str__(self) -> str:
        return f"{self.language}: no text {self.key!r}"


@dataclass(frozen=True)
class Words:
    """Texts of one language by dotted key."""

    language: Language
    texts: Mapping[str, str]
    months: tuple[str, ...]
    months_short: tuple[str, ...]
    numbers: tuple[str, ...]

    def __call__(self, key: str, **values: object) -> Markup:
        """The text of `key` with its placeholders filled; values are escaped, `**text**` becomes strong.

        Raises:
            NoSuchText: the locale file has no such key.
        """
        text = self.texts.get(key)
        if text is None:
            raise NoSuchText(self.language, key)
        marked = Markup(_STRONG.sub(r"<strong>\1</strong>", str(escape(text))))  # noqa: S704 - escaped just now
        return marked.format(**values) if values else marked

    def count(self, key: str, number: int, **values: object) -> Markup:
        """The text of `key`.one or `key`.other, with `number` as {n} in digits and {word} in letters."""
        form = "one" if number == 1 else "other"
        return self(
            f"{key}.{form}", n=number, word=self.number(number), Word=self.number(number).capitalize(), **values
        )

    def number(self, number: int) -> str:
        """A small number in letters, larger ones in digits."""
        return self.numbers[number] if 0 <= number < len(self.numbers) else str(number)

    @property
    def decimal(self) -> str:
        """The decimal sign."""
        return "," if self.language == "sv" else "."

    def has(self, key: str) -> bool:
        """Whether the locale file has `key`."""
        return key in self.texts

    def pick(self, sv: str, en: str) -> str:
        """The one of two given wordings that is in this language."""
        return sv if self.language == "sv" else en

    def join(self, parts: list[str]) -> Markup:
        """Parts as a spoken list: "a, b och c"."""
        if len(parts) < 2:
            return Markup("").join(parts)
        return Markup("{} {} {}").format(Markup(", ").join(parts[:-1]), self("and"), parts[-1])


@cache
def words(language: Language) -> Words:
    """The words of one language."""
    data = tomllib.loads((files("smart_app.web") / "locales" / f"{language}.toml").read_text(encoding="utf-8"))
    lists = {key: tuple(data.pop(key)) for key in ("months", "months_short", "numbers")}
    return Words(language=language, texts=dict(_flat(data)), **lists)


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += _flat(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", value))
    return found
