"""A launch with its page, in one process: what is ours of it, held against the time in which the EHR was asked."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import httpx2

from bench.pair import Figure, half_range
from sandbox.practice_ehr import PracticeConfig, build_practice_ehr
from smart_app.app import build_app
from smart_app.issuers import IssuerProfile
from smart_app.logging import configure_logging
from smart_app.settings import Settings

EHR, SERVICE = "http://localhost:8001", "http://127.0.0.1:8000"
USER, PATIENT = "amir-haddad", "p-eva-sandstrom"


@dataclass
class Timed(httpx2.AsyncBaseTransport):
    """Passes requests on and keeps the time in which at least one was under way."""

    inner: httpx2.AsyncBaseTransport
    seconds: float = 0.0
    requests: int = 0
    _open: int = field(default=0, init=False)
    _since: float = field(default=0.0, init=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._open == 0:
            self._since = time.perf_counter()
        self._open += 1
        self.requests += 1
        try:
            return await self.inner.handle_async_request(request)
        finally:
            self._open -= 1
            if self._open == 0:
                self.seconds += time.perf_counter() - self._since


class Both:
    """Service and practice EHR in this process, and a browser for each."""

    def __init__(self, folder: Path) -> None:
        asked_by_ehr = httpx2.AsyncClient(transport=_Late(self))
        practice = build_practice_ehr(PracticeConfig(base_url=EHR, service_url=SERVICE, http=asked_by_ehr))
        self.ehr_time = Timed(httpx2.ASGITransport(app=practice))
        profile = IssuerProfile(id="practice", name="Practice EHR", fhir_base=f"{EHR}/fhir", client_id="sickleave")
        settings = Settings(
            base_url=SERVICE,
            database_url=f"sqlite:///{folder / 'bench.db'}",
            secret_keys=(b"0123456789abcdef0123456789abcdef",),
            issuers={profile.fhir_base: profile},
            demo=True,
            inline_outbox=False,
        )
        self.app = build_app(settings, transport=self.ehr_time)
        self.at_ehr = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=practice), base_url=EHR)

    async def launch(self) -> tuple[float, float]:
        """Seconds from the launch to the whole page: ours, and those in which the EHR was being asked."""
        prepared = await self.at_ehr.post("/launches", json={"user": USER, "patient": PATIENT})
        browser = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url=SERVICE)
        asked, ours = self.ehr_time.seconds, 0.0
        began = time.perf_counter()
        begun = await browser.get("/launch", params={"iss": f"{EHR}/fhir", "launch": prepared.json()["launch"]})
        ours += time.perf_counter() - began
        back = (await self.at_ehr.get(begun.headers["location"])).headers["location"]
        began = time.perf_counter()
        landed = await browser.get(back, headers={"Cookie": _cookies(begun)})
        page = await browser.get(landed.headers["location"], headers={"Cookie": _cookies(landed)})
        ours += time.perf_counter() - began
        page.raise_for_status()
        asked = self.ehr_time.seconds - asked
        return ours - asked, asked


@dataclass
class _Late(httpx2.AsyncBaseTransport):
    """The way to a service that is built after the EHR which asks it for keys."""

    both: Both

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await httpx2.ASGITransport(app=self.both.app).handle_async_request(request)


def _cookies(answer: httpx2.Response) -> str:
    """Cookies are Secure and this is http: carried by hand, as a browser on loopback would."""
    return "; ".join(line.split(";")[0] for line in answer.headers.get_list("set-cookie"))


async def _launches(folder: Path, rounds: int) -> list[tuple[float, float]]:
    both = Both(folder)
    await both.launch()  # warm: discovery, keys, templates
    return [await both.launch() for _ in range(rounds)]


def figures(rounds: int) -> list[Figure]:
    """One figure; the two sides come from the same launches."""
    configure_logging(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="sickleave-bench.") as folder:
        taken = asyncio.run(_launches(Path(folder), rounds))
    ours, asked = [one * 1000 for one, _ in taken], [other * 1000 for _, other in taken]
    return [
        Figure(
            name="a launch and its page: ours / asking the EHR",
            ours_ms=median(ours),
            against_ms=median(asked),
            ratio=median(one / other for one, other in taken),
            spread=max(half_range(ours), half_range(asked)),
            per_second=1000 / median(ours),
            unit="launches",
        )
    ]
