"""Addresses that a launch's pages share: forms, the other language, and between the two pages."""

from __future__ import annotations

from urllib.parse import urlencode

from smart_app.launch.context import LaunchContext
from smart_app.web.views import Links, NavItem
from smart_app.web.words import Language, Words

LIST_ROLES = frozenset({"physician", "coordinator", "head-of-unit"})


def chosen_language(launch: LaunchContext, lang: str) -> Language:
    """The language asked for in the address, else the launch's own."""
    wanted = lang or launch.language
    return "en" if wanted == "en" else "sv"


def page_links(words: Words, launch: LaunchContext, *, here: str, query: str = "") -> Links:
    """The addresses for one page; `query` is what to keep when the language changes, without `lang`."""
    other = "en" if words.language == "sv" else "sv"
    own = "" if words.language == launch.language else "?" + urlencode({"lang": words.language})
    switch = "&".join(part for part in (query, urlencode({"lang": other})) if part)
    items = []
    if launch.role in LIST_ROLES:
        path = f"/worklist/{launch.id}"
        items.append(NavItem(words("nav.list"), path + own, here == path))
    if launch.patient is not None:
        path = f"/assessment/{launch.id}"
        items.append(NavItem(words("nav.patient"), path + own, here == path))
    return Links(
        launch=launch.id,
        here=here,
        other_language=f"{here}?{switch}",
        other_code=other,
        form_token=launch.form_token,
        query=own,
        style=f"/style/{launch.id}.css" if launch.style else "",
        nav=tuple(items) if len(items) > 1 else (),
    )
