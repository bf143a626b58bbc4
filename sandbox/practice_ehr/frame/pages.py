"""The pages themselves: what stands on them, and the security headers they carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader

from sandbox.practice_ehr.auth.authorize import PICK_PATIENT, PICK_USER
from sandbox.practice_ehr.config import PracticeConfig
from sandbox.practice_ehr.fhir.messages import Backend, FhirRequest
from sandbox.practice_ehr.samples.people import people
from sandbox.practice_ehr.samples.staff import StaffMember, staff

from .written import written

_MOST = 500


class Pages:
    """Renders pages; the record is read without a token, as the EHR itself does."""

    def __init__(self, config: PracticeConfig, backend: Backend) -> None:
        self._config = config
        self._backend = backend
        self._templates = Environment(loader=PackageLoader(__package__), autoescape=True)
        self._templates.globals.update(service=config.service_url, fhir=config.fhir_url)

    def render(self, template: str, *, status: int = 200, form_anywhere: bool = False, **values: Any) -> Response:
        values["coordinator"] = _coordinator(values.get("user"))
        text = self._templates.get_template(template).render(staff=staff().values(), **values)
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(self._config.service_url))
        policy = f"default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self' {origin}; base-uri 'none'"
        if not form_anywhere:  # a form's redirect counts too, and a client's callback may lie anywhere
            policy += "; form-action 'self'"
        headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
        return HTMLResponse(text, status, headers)

    async def patients(self) -> list[dict[str, Any]]:
        """Every patient of the record with what the table says of them, the demo patient first."""
        answer = await self._backend.handle(FhirRequest("GET", "Patient", (("_count", str(_MOST)),)))
        entries = (answer.body or {}).get("entry", [])
        rows = {row.id: row for row in people()}
        order = {row.id: place for place, row in enumerate(people())}
        found = [_line(entry["resource"], rows.get(entry["resource"]["id"])) for entry in entries]
        return sorted(found, key=lambda line: order.get(line["id"], len(order)))

    async def pick(self, asked: Mapping[str, str], needs_patient: bool) -> Response:
        """Standalone launch: who works, and with which patient."""
        hidden = {key: value for key, value in asked.items() if key not in (PICK_USER, PICK_PATIENT)}
        return self.render(
            "pick.html",
            form_anywhere=True,
            hidden=hidden,
            patients=await self.patients() if needs_patient else [],
            pick_user=PICK_USER,
            pick_patient=PICK_PATIENT,
        )

    def refused(self, text: str) -> Response:
        return self.render("refused.html", status=400, text=text)

    async def start(self, user: StaffMember, search: str) -> Response:
        wanted = search.casefold().strip()
        lines = [one for one in await self.patients() if wanted in f"{one['name']} {one['number']}".casefold()]
        mine = [one for one in lines if one["provider"] == user.provider.name]
        others = [one for one in lines if one["provider"] != user.provider.name]
        return self.render("start.html", user=user, mine=mine, others=others, search=search)

    async def chart(self, user: StaffMember, patient: dict[str, Any], url: str) -> Response:
        return self.render("chart.html", user=user, patient=patient, url=url)

    async def worklist(self, user: StaffMember, url: str) -> Response:
        return self.render("worklist.html", user=user, url=url)

    async def written(self, user: StaffMember) -> Response:
        return self.render("written.html", user=user, groups=await written(self._backend))


def _coordinator(user: StaffMember | None) -> StaffMember | None:
    """Who opens the worklist: a physician leaves it to the coordinator of the same care provider."""
    if user is None or user.role != "physician":
        return user
    return next((one for one in staff().values() if one.role == "coordinator" and one.provider == user.provider), user)


def _line(patient: dict[str, Any], row: Any) -> dict[str, Any]:
    name: dict[str, Any] = next(iter(patient.get("name", ())), {})
    return {
        "id": patient["id"],
        "name": name.get("text") or " ".join([*name.get("given", ()), name.get("family", "")]),
        "number": next((one.get("value", "") for one in patient.get("identifier", ())), ""),
        "birth_date": patient.get("birthDate"),
        "gender": patient.get("gender"),
        "protected": bool(row and row.protected),
        "story": row.story if row else "",
        "unit": patient.get("managingOrganization", {}).get("display"),
        "provider": staff()[row.by].provider.name if row else None,
        "encounter": f"besok-{row.id.removeprefix('p-')}-0" if row and row.certificates else None,
    }
