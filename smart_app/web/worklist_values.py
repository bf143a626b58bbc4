"""What the worklist's templates are given, beside what all pages have (views)."""

from __future__ import annotations

from dataclasses import dataclass

from smart_app.web.plots.sparkline import Sparkline
from smart_app.web.views import BandMark, Notice, StateRow, Text


@dataclass(frozen=True, slots=True)
class Chip:
    """A view or a chosen filter as a link; `removes` = following it takes the filter away."""

    text: Text
    href: str
    current: bool = False
    count: int | None = None
    removes: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column heading; `href` sorts, None = cannot be sorted; `sorted` is "ascending", "descending" or ""."""

    text: Text
    href: str | None = None
    sorted: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select."""

    value: str
    text: Text
    selected: bool = False


@dataclass(frozen=True, slots=True)
class SelectField:
    """One filter of the form."""

    name: str
    label: Text
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class OneClick:
    """A contact registered with one click, naming its KVÅ code."""

    mode: str
    title: Text
    sub: Text


@dataclass(frozen=True, slots=True)
class Panel:
    """What opens under a row: why it stands here, the figure, and what can be done.

    `event` is made with the form, so that sending it twice registers one contact. `may_act` is False for roles
    that only read; `holder` is "me", "other" or "nobody".
    """

    why: tuple[Text, ...]
    contacts: tuple[OneClick, ...]
    modes: tuple[Option, ...]
    counterparties: tuple[Option, ...]
    today: str
    earliest: str
    event: str
    moves: tuple[Option, ...]
    holder: str
    may_act: bool
    done: tuple[Text, ...]
    states: tuple[StateRow, ...]
    hint: Text


@dataclass(frozen=True, slots=True)
class ListRow:
    """One case in the worklist; `_sub` texts stand below the cell's text, "" = none. `panel` None = closed."""

    id: str
    version: int
    toggle: str
    toggle_text: Text
    name: Text
    name_sub: Text
    protected: bool
    reason: Text
    reason_sub: Text
    person: Text
    diagnosis: Text
    diagnosis_sub: Text
    day: Text
    day_sub: Text
    degree: Text
    until: Text
    until_iso: str
    until_sub: Text
    band: BandMark
    figure: Text
    spark: Sparkline | None
    next: Text
    next_sub: Text
    plan: Text
    reko: Text
    owner: Text
    panel: Panel | None


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows under one heading."""

    heading: Text
    count: Text
    rows: tuple[ListRow, ...]


@dataclass(frozen=True, slots=True)
class WorklistView:
    """The coordinator's page.

    `back` is the present selection as a query, sent along by forms so that they return to it; `keep` are the parts of
    it that the filter form does not hold itself.
    """

    title: Text
    user: Text
    fresh: Text
    failed: Text | None
    failed_detail: tuple[Text, ...]
    notices: tuple[Notice, ...]
    chips: tuple[Chip, ...]
    selects: tuple[SelectField, ...]
    code: str
    keep: tuple[tuple[str, str], ...]
    chosen: tuple[Chip, ...]
    searched: str | None
    showing: Text
    columns: tuple[Column, ...]
    groups: tuple[RowGroup, ...]
    empty: Notice | None
    range_text: Text
    previous: tuple[Text, str] | None
    next: tuple[Text, str] | None
    all_href: str | None
    foot: Text
    back: str
