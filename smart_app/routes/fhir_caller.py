"""Who calls our FHIR API: a bearer token of ours, or the browser of an open launch. Nothing else is accepted."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from sqlmodel import Session

from smart_app.api_tokens import tokens
from smart_app.api_tokens.errors import NoAccess
from smart_app.api_tokens.scopes import ApiScopes
from smart_app.audit import log as audit
from smart_app.launch import cookies
from smart_app.launch.context import LaunchContext
from smart_app.launch.errors import CrossSiteRequest, LaunchClosed
from smart_app.launch.sessions import alive, find_open, form_token_matches
from smart_app.limits.address import caller_address
from smart_app.routes.fhir_faults import OutsideScope
from smart_app.store.owner import Owner
from smart_app.wiring import Services
from smart_app.worklist.actor import Actor

LAUNCH_HEADER = "x-launch"
FORM_HEADER = "x-form-token"
_BY_ROLE = {
    "coordinator": ApiScopes({"*": frozenset("rs"), "Task": frozenset("rsu")}),
    "physician": ApiScopes({"*": frozenset("rs")}),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf the API works.

    Attributes:
        patient: the only patient that may be seen; None = all of the unit.
        token_id: None for a launch.
        purpose: for the audit log: "care" in a launch, "system" for a client.
    """

    owner: Owner
    actor: Actor
    scopes: ApiScopes
    patient: str | None
    token_id: str | None
    purpose: str

    def sees(self, patient_reference: str) -> bool:
        """Whether rows of that patient may be shown."""
        return self.patient is None or self.patient == patient_reference

    def narrowed(self, patients: frozenset[str] | None) -> frozenset[str] | None:
        """The patients asked for, cut down to those that may be seen; None = all of the unit."""
        if self.patient is None:
            return patients
        own = frozenset({self.patient})
        return own if patients is None else patients & own

    def note(
        self,
        session: Session,
        services: Services,
        action: audit.Action,
        *,
        patient: str | None = None,
        detail: str,
    ) -> None:
        """Write what was done into the audit log, and that the token was used."""
        now = services.clock.now()
        if self.token_id is not None:
            tokens.used(session, self.owner, self.token_id, now=now)
        audit.write(
            session,
            owner=self.owner,
            actor=self.actor.reference,
            role=self.actor.role,
            action=action,
            patient_reference=patient,
            purpose=self.purpose,
            detail=detail,
            now=now,
        )


def permitted(request: Request, services: Services, resource_type: str, interaction: str) -> Caller:
    """The caller, when the letter (r, s, u) is granted for the type.

    Raises:
        NoAccess: neither a valid token nor an open launch.
        OutsideScope: known, but may not do this.
        CrossSiteRequest: a change in a launch that does not come from our own page.
        TooManyRequests: this token, this launch, or wrong tokens from this address, came too often.
    """
    authorization = request.headers.getlist("authorization")
    if authorization:  # a cookie that came along adds nothing to it
        caller = _by_token(request, services, authorization)
    else:
        context = _launch(request, services)
        caller = _by_launch(context)
    request.state.caller = caller
    if not caller.scopes.allows(resource_type, interaction):
        raise OutsideScope(f"{resource_type}.{interaction}")
    if not authorization and interaction in "cud":
        _refuse_other_sites(request, services, context)
    return caller


def _by_token(request: Request, services: Services, authorization: list[str]) -> Caller:
    try:
        token = _checked(services, authorization)
    except NoAccess:
        services.limits.count("wrong-token", caller_address(request, services.settings.proxies))
        raise
    services.limits.count("token", token.id)
    try:
        services.profile(token.owner.issuer)
    except KeyError:  # its EHR was taken out of the issuers file: what it wrote has no address any more
        raise NoAccess("unknown-issuer") from None
    actor = Actor(f"Device/{token.client}", name=token.client, role="client")
    return Caller(token.owner, actor, token.scopes, None, token.id, "system")


def _checked(services: Services, authorization: list[str]) -> tokens.CheckedToken:
    if len(authorization) > 1:
        raise NoAccess("ambiguous")
    scheme, _, text = authorization[0].partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise NoAccess("missing")
    with services.store.reading() as session:
        return tokens.check(session, text.strip(), now=services.clock.now())


def _launch(request: Request, services: Services) -> LaunchContext:
    """The launch that the header names, else the only one whose cookie came along, or the only open one of them."""
    present = cookies.brought(request)
    came = cookies.launches_in(present)
    named = request.headers.get(LAUNCH_HEADER)
    if named is None and len(came) > 1:
        came = alive(services, present)
    if named is None and len(came) != 1:
        raise NoAccess("ambiguous" if came else "missing")
    try:
        found = find_open(services, named or came[0], present)
    except LaunchClosed as closed:
        raise NoAccess(closed.reason) from None
    services.limits.count("launch", found.id)
    return found


def _by_launch(context: LaunchContext) -> Caller:
    """Coordinators see their unit; others the patient of the launch, physicians without one their unit."""
    actor = Actor(
        context.user_reference or f"Practitioner/{context.user_hsa_id or context.id}",
        name=context.user_name,
        role=context.role,
        hsa_id=context.user_hsa_id,
        launch_id=context.id,
    )
    scopes = _BY_ROLE.get(context.role or "", ApiScopes({}))
    patient = None if context.role == "coordinator" else context.patient
    return Caller(context.owner, actor, scopes, patient, None, "care")


def _refuse_other_sites(request: Request, services: Services, context: LaunchContext) -> None:
    if request.headers.get("origin") != services.settings.origin:
        raise CrossSiteRequest("origin")
    if not form_token_matches(services, context.id, cookies.brought(request), request.headers.get(FORM_HEADER, "")):
        raise CrossSiteRequest("form-token")
