"""Our own style sheets and marks: addressed with a digest of their content, so that they may be kept for a year."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

YEAR_S = 31_536_000


@cache
def digest(name: str) -> str:
    """Digest of one file's content."""
    return hashlib.sha256((files("smart_app.web") / "static" / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """Address of a static file in its present version."""
    return f"/static/{name}?v={digest(name)}"


class _KeptFiles(StaticFiles):
    """Static files that browsers may keep: for a year when the address names the version, else for five minutes."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        named = b"v=" in scope.get("query_string", b"")
        response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable" if named else "public, max-age=300"
        return response


def static_files() -> Any:
    """The application to mount under /static."""
    return _KeptFiles(packages=[("smart_app.web", "static")])
