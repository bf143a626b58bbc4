"""From a search to the coordinator's page, in words; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from fhir_mapping.write.reko import TABLE
from risk import versions
from risk.bands import capacity
from smart_app.web.days import moment
from smart_app.web.list_choice import DAYS, GROUPS, PLANS, ROWS, VIEWS, ListChoice
from smart_app.web.naming import in_sentence
from smart_app.web.views import Notice, Text
from smart_app.web.words import Words
from smart_app.web.worklist_row import Opened, Reader, list_row
from smart_app.web.worklist_values import Chip, Column, ListRow, Option, RowGroup, SelectField, WorklistView
from smart_app.worklist.query import Page, SortKey, WorklistEntry
from smart_app.worklist.unit_reading import UnitReading

COLUMNS: tuple[tuple[str, SortKey | None], ...] = (
    ("patient", "patient"),
    ("why", "rank"),
    ("person", None),
    ("diagnosis", "diagnosis"),
    ("day", "day"),
    ("degree", None),
    ("until", "until"),
    ("risk", "risk"),
    ("next", "due"),
    ("plan", None),
    ("reko", "status"),
    ("owner", "owner"),
)
DOWN_FIRST = frozenset({"risk", "day"})


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything that one page of the list shows.

    Attributes:
        path: address of the list without query.
        view_counts, group_counts: how many cases each view and each heading holds in all.
        searched: the text that was searched for; None = the list itself.
    """

    path: str
    page: Page
    choice: ListChoice
    view_counts: Mapping[str, int]
    group_counts: Mapping[str, int]
    reading: UnitReading | None
    opened: Opened | None
    reader: Reader
    user_name: str | None
    role: str | None
    unit: str
    on: date
    searched: str | None = None


def worklist_view(words: Words, listing: Listing, *, news: Sequence[Notice] = ()) -> WorklistView:
    """The page; `news` is what has just happened."""
    choice, page = listing.choice, listing.page
    shown = len(page.rows)
    total = page.total
    failed = listing.reading.patients_failed if listing.reading is not None else 0
    which = (listing.reading.failed if listing.reading is not None else None) or ()
    columns, groups = _columns(words, listing), _groups(words, listing)
    chosen = tuple(_chosen(words, listing))
    narrowed = bool(chosen or choice.only or listing.searched is not None)
    return WorklistView(
        title=words("list.title", unit=listing.unit),
        user=_user(words, listing),
        fresh=_fresh(words, listing),
        failed=words.count("list.failed", failed) if failed else None,
        failed_detail=(words("list.failed_detail"), *which),
        notices=tuple(news),
        chips=tuple(_views(words, listing)),
        selects=tuple(_selects(words, choice)),
        code=choice.code,
        keep=tuple(choice.pairs(without=("group", "code", "status", "plan", "days", "start", "open", "only"))),
        chosen=chosen,
        searched=listing.searched,
        showing=words("list.showing", shown=shown, total=total),
        columns=columns,
        groups=groups,
        empty=None if shown else _empty(words, listing),
        range_text=words("list.range", first=choice.start + 1, last=choice.start + shown, total=total) if shown else "",
        previous=(words("list.previous", n=ROWS), _href(listing, start=max(0, choice.start - ROWS), open=""))
        if choice.start
        else None,
        next=(
            words("list.next", n=min(ROWS, total - page.next_offset)),
            _href(listing, start=page.next_offset, open=""),
        )
        if page.next_offset is not None
        else None,
        all_href=f"{listing.path}?{ListChoice(lang=choice.lang).query()}".rstrip("?") if narrowed else None,
        foot=_foot(words, choice),
        back=choice.query(),
    )


def _foot(words: Words, choice: ListChoice) -> Markup:
    rule = capacity()
    if choice.view == "highest":
        return words("list.foot_highest", n=rule.cases, rule=rule.id, version=rule.version)
    return words("list.foot", version=versions.RULES)


def _href(listing: Listing, **changes: object) -> str:
    return f"{listing.path}?{listing.choice.query(**changes)}".rstrip("?")


def _user(words: Words, listing: Listing) -> Markup:
    name = listing.user_name or words("unknown")
    if listing.role is None:
        return words("list.user_plain", name=name, unit=listing.unit)
    return words("list.user", name=name, role=words(f"list.role_{listing.role}"), unit=listing.unit)


def _fresh(words: Words, listing: Listing) -> Markup:
    if listing.reading is None:
        return words("list.fresh_never")
    return words("list.fresh", ehr=listing.reader.ehr, at=moment(words, listing.reading.at, listing.on))


def _views(words: Words, listing: Listing) -> list[Chip]:
    lang = listing.choice.lang
    return [
        Chip(
            text=words(f"list.view_{view.replace('-', '_')}"),
            href=f"{listing.path}?{ListChoice(view=view, lang=lang).query()}".rstrip("?"),
            current=listing.searched is None and not listing.choice.only and listing.choice.view == view,
            count=listing.view_counts.get(view),
        )
        for view in VIEWS
    ]


def _selects(words: Words, choice: ListChoice) -> list[SelectField]:
    def field(name: str, chosen: str, options: Sequence[tuple[str, Text]]) -> SelectField:
        every = Option("", words("list.all"), not chosen)
        return SelectField(
            name,
            words(f"list.filter_{'day' if name == 'days' else name}"),
            (every, *(Option(value, text, value == chosen) for value, text in options)),
        )

    reko = [(one.code, words.pick(one.sv, one.en)) for one in TABLE]
    return [
        field("group", choice.group, [(group, words(f"list.{group}")) for group in GROUPS]),
        field("days", choice.days, [(days, days.replace("-", "–")) for days in DAYS]),
        field("plan", choice.plan, [(plan, words(f"list.plan_{plan}")) for plan in PLANS]),
        field("status", choice.status, reko),
    ]


def _chosen(words: Words, listing: Listing) -> list[Chip]:
    choice = listing.choice
    texts: dict[str, Text] = {}
    if choice.code:
        texts["code"] = Markup("{} {}").format(words("list.filter_code"), choice.code)
    for select in _selects(words, choice):
        for option in select.options:
            if option.selected and option.value:
                texts[select.name] = Markup("{}: {}").format(select.label, option.text)
    return [
        Chip(text, _href(listing, **{name: "", "start": 0, "open": ""}), current=True, removes=True)
        for name, text in texts.items()
    ]


def _columns(words: Words, listing: Listing) -> tuple[Column, ...]:
    choice = listing.choice

    def column(name: str, key: SortKey | None) -> Column:
        text = words(f"list.col_{name}")
        if key is None or listing.searched is not None:
            return Column(text)
        if key == choice.sort:
            now = "descending" if choice.down else "ascending"
            return Column(text, _href(listing, down=key != "rank" and not choice.down, start=0, open=""), now)
        return Column(text, _href(listing, sort=key, down=key in DOWN_FIRST, start=0, open=""))

    return tuple(column(name, key) for name, key in COLUMNS)


def _groups(words: Words, listing: Listing) -> tuple[RowGroup, ...]:
    rows: dict[str, list[ListRow]] = {}
    by_group = listing.choice.sort == "rank"
    for entry in listing.page.rows:
        group = entry.task.rank_group if by_group else "all"
        rows.setdefault(group, []).append(_row(words, listing, entry))
    if not by_group:
        name = next(name for name, key in COLUMNS if key == listing.choice.sort)
        heading = words("list.other_order", column=in_sentence(words(f"list.col_{name}")))
        return (RowGroup(heading, "", tuple(rows["all"])),) if rows else ()
    return tuple(
        RowGroup(words(f"list.{group}"), str(listing.group_counts.get(group, len(rows[group]))), tuple(rows[group]))
        for group in GROUPS
        if group in rows
    )


def _row(words: Words, listing: Listing, entry: WorklistEntry) -> ListRow:
    opened = listing.opened if listing.opened and listing.opened.task_id == entry.task.id else None
    changes: dict[str, object] = {"open": "" if opened else entry.task.id}
    if listing.searched is not None:
        changes = {"open": entry.task.id, "only": entry.task.id, "start": 0}
    toggle = f"{_href(listing, **changes)}#row-{entry.task.id}"
    return list_row(words, entry, listing.on, reader=listing.reader, toggle=toggle, opened=opened)


def _empty(words: Words, listing: Listing) -> Notice:
    if listing.searched is not None:
        return Notice(words("list.empty_search"), (words("list.empty_search_next"),))
    if listing.choice.filtered:
        return Notice(words("list.empty_filter"), (words("list.empty_filter_next"),))
    return Notice(words("list.empty"), (words("list.empty_next"),))
