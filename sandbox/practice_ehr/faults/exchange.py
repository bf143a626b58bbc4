"""One HTTP exchange as a fault sees it: what was asked, what the EHR would answer, what is said instead."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from sandbox.practice_ehr.auth.grants import Grants
from sandbox.practice_ehr.auth.keys import ServerKeys
from sandbox.practice_ehr.config import PracticeConfig
from sandbox.practice_ehr.fhir.messages import Backend

Json = dict[str, Any]
Where = Literal["discovery", "authorize", "token", "identity", "context", "read", "capability", "write", "lifetime"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A whole request; header names are lower-case, `path` is as sent without its query."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def is_search(self) -> bool:
        return self.path.endswith("/_search")


@dataclass(slots=True)
class Reply:
    """What goes back. `cut`: the connection ends before anything, or in the middle of the body."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: Literal["no", "before", "half"] = "no"

    def json(self) -> Json | None:
        """The body as a JSON object; None when it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def with_json(self, said: Json) -> Reply:
        return Reply(self.status, json.dumps(said, ensure_ascii=False).encode(), self.headers, self.cut)


@dataclass(frozen=True, slots=True)
class Behind:
    """What a fault may use of the EHR it stands in."""

    config: PracticeConfig
    keys: ServerKeys
    grants: Grants
    backend: Backend

    @property
    def elsewhere(self) -> str:
        """Another origin, which reaches this very process, so that a request that strays is seen."""
        parts = urlsplit(self.config.base_url)
        host = "localhost" if parts.hostname != "localhost" else "127.0.0.1"
        return f"{parts.scheme}://{host}:{parts.port or 80}"


@dataclass(frozen=True, slots=True)
class Turn:
    """One request at a fault: `answer` lets the EHR act and gives its true reply; `wait` passes the slow time."""

    asked: Asked
    behind: Behind
    answer: Callable[[], Awaitable[Reply]]
    wait: Callable[[], Awaitable[None]]


Does = Callable[[Turn], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One bad manner.

    Attributes:
        name: what `--fault` takes.
        imitates: one sentence on what happens, and in which kind of system it was or may be seen.
        at: which requests it meets.
        does: what it makes of them.
    """

    name: str
    where: Where
    imitates: str
    at: Callable[[Asked], bool] = field(repr=False)
    does: Does = field(repr=False)
