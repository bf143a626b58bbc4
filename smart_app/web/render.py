"""Templates to HTML; everything is escaped unless it was made by `Words`."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from smart_app.web.static_files import asset
from smart_app.web.words import Language, words


@cache
def environment() -> Environment:
    """The template environment: autoescape on, an unknown name is an error."""
    made = Environment(
        loader=PackageLoader("smart_app.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"asset": asset, "kept": (), "kept_plan": ""}
    return made


def render(template: str, language: Language, **values: Any) -> str:
    """One page as text; `t` gives the template its words."""
    return environment().get_template(template).render(t=words(language), **values)


def page(template: str, language: Language, *, status: int = 200, **values: Any) -> HTMLResponse:
    """One page as an answer."""
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    return HTMLResponse(render(template, language, **values), status_code=status, headers=headers)
