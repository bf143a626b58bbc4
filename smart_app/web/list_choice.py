"""What a coordinator has chosen to see: the worklist page's address, read with care and written back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fhir_mapping.write.reko import BY_CODE
from risk.certificates_to_cases import MAX_GAP_DAYS
from smart_app.worklist.moves import OPEN
from smart_app.worklist.query import Sort, SortKey, WorklistQuery

ROWS = 25
VIEWS = ("all", "mine", "unowned", "today", "highest", "no-plan", "ended", "closed")
GROUPS = ("today", "week", "watch")
PLANS = ("none", "draft", "active")
DAYS: dict[str, tuple[int, int | None]] = {"1-30": (1, 30), "31-90": (31, 90), "91-180": (91, 180), "181-": (181, None)}
SORTS: tuple[SortKey, ...] = ("rank", "due", "day", "risk", "until", "patient", "diagnosis", "status", "owner")
NO_PLAN_FROM_DAY = 31
_CODE = re.compile(r"[A-Z]([0-9]{1,2}[0-9A-Z]{0,2})?")  # no name fits: this stands in an address
_ID = re.compile(r"[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class ListChoice:
    """A selection; every value is one of the known ones or empty, so it may stand in an address again."""

    view: str = "all"
    group: str = ""
    code: str = ""
    status: str = ""
    plan: str = ""
    days: str = ""
    sort: SortKey = "rank"
    down: bool = False
    start: int = 0
    open: str = ""
    only: str = ""
    lang: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> ListChoice:
        """The choice in a query; what is unknown is left out."""

        def one_of(name: str, allowed: Any, otherwise: str = "") -> str:
            value = given.get(name, otherwise)
            return value if value in allowed else otherwise

        code = given.get("code", "").strip().upper().replace(".", "")
        start = given.get("start", "")
        sort = given.get("sort")
        return cls(
            view=one_of("view", VIEWS, "all"),
            group=one_of("group", GROUPS),
            code=code if _CODE.fullmatch(code) else "",
            status=one_of("status", BY_CODE),
            plan=one_of("plan", PLANS),
            days=one_of("days", DAYS),
            sort=next((key for key in SORTS if key == sort), "rank"),
            down=given.get("down") == "1",
            start=int(start) if start.isascii() and start.isdigit() and len(start) < 7 else 0,
            open=_id(given.get("open", "")),
            only=_id(given.get("only", "")),
            lang=one_of("lang", ("sv", "en")),
        )

    @classmethod
    def back(cls, query: str) -> ListChoice:
        """The choice that a form sent along as a query."""
        return cls.read(dict(parse_qsl(query)))

    def pairs(self, *, without: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        """Names and values that differ from the plain list."""
        plain = ListChoice()
        values = ((one.name, getattr(self, one.name)) for one in fields(self) if one.name not in without)
        return [(name, "1" if value is True else str(value)) for name, value in values if value != getattr(plain, name)]

    def query(self, **changes: Any) -> str:
        """The choice, changed, as a query without its question mark."""
        return urlencode(replace(self, **changes).pairs())

    @property
    def filtered(self) -> bool:
        """Whether anything but order, place and language was chosen."""
        return bool(self.pairs(without=("sort", "down", "start", "open", "lang")))


def worklist_query(
    choice: ListChoice,
    *,
    me: str | None,
    today: date,
    text: str | None = None,
    urgent: frozenset[str] = frozenset(),
) -> WorklistQuery:
    """The choice as a search; `me` is the user's own reference, None finds nothing under "my patients".

    `urgent` are the task ids of the unit's most urgent cases by capacity.

    A case has ended when a certificate that begins today would make a new one. Ended cases stand in their own view;
    one's own patients and those that were closed, sought or pointed at are shown either way.
    """
    first, last = DAYS.get(choice.days, (None, None))
    plans = frozenset({choice.plan}) if choice.plan else None
    if choice.view == "no-plan":
        first = max(first or 0, NO_PLAN_FROM_DAY)
        plans = frozenset({"none", "draft"}) & (plans or frozenset(PLANS))
    groups = frozenset({choice.group}) if choice.group else None
    if choice.view == "today":
        groups = frozenset({"today"})
    status: frozenset[str] | None = OPEN
    if choice.only or text or choice.status:
        status = None
    elif choice.view == "closed":
        status = frozenset(one.task for one in BY_CODE.values()) - OPEN
    ids = frozenset({choice.only}) if choice.only else urgent if choice.view == "highest" else None
    apart = choice.view in ("mine", "closed") or choice.only or text or choice.status
    return WorklistQuery(
        ended=None if apart else choice.view == "ended",
        ended_before=today - timedelta(days=MAX_GAP_DAYS + 1),
        ids=ids,
        status=status,
        business_status=frozenset({choice.status}) if choice.status else None,
        owners=frozenset({me} if me else ()) if choice.view == "mine" else None,
        assigned=False if choice.view == "unowned" else None,
        diagnoses=frozenset({choice.code}) if choice.code else None,
        groups=groups,
        plan_states=plans,
        day_from=first,
        day_until=last,
        text=text,
        sort=(Sort(choice.sort, choice.down),) if choice.sort != "rank" else (Sort("rank"),),
        offset=choice.start,
        count=ROWS,
    )


def _id(text: str) -> str:
    return text if _ID.fullmatch(text) else ""
