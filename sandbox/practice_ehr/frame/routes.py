"""HTTP doors of the frame: pages, the patient list for scripts, and launches without a browser."""

from __future__ import annotations

from importlib import resources
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict

from sandbox.practice_ehr.auth.grants import Grants, LaunchContext
from sandbox.practice_ehr.config import SOFTWARE, VERSION, PracticeConfig
from sandbox.practice_ehr.fhir.messages import Backend, FhirRequest
from sandbox.practice_ehr.samples.staff import StaffMember, staff

from .pages import Pages

DEFAULT_USER = "amir-haddad"


class LaunchOrder(BaseModel):
    """Body of POST /launches."""

    model_config = ConfigDict(extra="forbid")

    user: str = DEFAULT_USER
    patient: str | None = None
    encounter: str | None = None
    intent: str | None = None


def frame_routes(config: PracticeConfig, backend: Backend, grants: Grants, pages: Pages) -> APIRouter:
    """All addresses outside /fhir and /auth."""
    router = APIRouter()

    def launch(context: LaunchContext) -> dict[str, str]:
        text = grants.add_launch(context)
        query = urlencode({"iss": config.fhir_url, "launch": text})
        return {"launch": text, "url": f"{config.service_url}/launch?{query}"}

    @router.post("/launches", status_code=201)
    async def launches(order: LaunchOrder) -> dict[str, str]:
        _person(order.user)
        for type_, id_ in (("Patient", order.patient), ("Encounter", order.encounter)):
            if id_ and (await backend.handle(FhirRequest("GET", f"{type_}/{id_}"))).status != 200:
                raise HTTPException(404, f"{type_}/{id_[:64]} is not in the record")
        return launch(LaunchContext(order.user, order.patient, order.encounter, order.intent))

    @router.get("/")
    async def start(user: str = DEFAULT_USER, q: str = "") -> Response:
        return await pages.start(_person(user), q)

    @router.get("/chart/{patient}")
    async def chart(patient: str, user: str = DEFAULT_USER) -> Response:
        found = next((one for one in await pages.patients() if one["id"] == patient), None)
        if found is None:
            raise HTTPException(404, "No such patient")
        url = launch(LaunchContext(_person(user).user, patient, found["encounter"]))["url"]
        return await pages.chart(_person(user), found, url)

    @router.get("/worklist")
    async def worklist(user: str = "sofia-oberg") -> Response:
        return await pages.worklist(_person(user), launch(LaunchContext(_person(user).user, intent="worklist"))["url"])

    @router.get("/written")
    async def written(user: str = DEFAULT_USER) -> Response:
        return await pages.written(_person(user))

    @router.get("/practice/patients")
    async def patients() -> list[dict[str, Any]]:
        return await pages.patients()

    @router.get("/practice/style.css")
    async def style() -> Response:
        text = resources.files(__package__).joinpath("practice.css").read_text("utf-8")
        return Response(text, media_type="text/css")

    @router.get("/favicon.ico", status_code=204)
    async def no_icon() -> Response:
        return Response(status_code=204)

    @router.get("/health")
    async def health() -> JSONResponse:
        answer = await backend.handle(FhirRequest("GET", "metadata"))
        software = (answer.body or {}).get("software", {})
        status = 200 if answer.status == 200 else 503
        own = {"name": SOFTWARE, "version": VERSION}
        return JSONResponse({"ready": status == 200, "practice_ehr": own, "record": software}, status)

    return router


def _person(user: str) -> StaffMember:
    found = staff().get(user)
    if found is None:
        raise HTTPException(404, "Nobody by that name works here")
    return found
