"""What a resource must have before the record takes it."""

from __future__ import annotations

from sandbox.practice_ehr.config import Quirks

from .messages import FhirFault, Resource
from .types import RESOURCE_TYPES, STATUSES


def check_resource(resource: Resource | None, type_: str, quirks: Quirks) -> Resource:
    """The resource itself when it may be kept as a `type_`.

    Raises:
        FhirFault: 400 for a missing or wrong resource or a status code that does not exist,
            422 for a type this record does not accept.
    """
    if not isinstance(resource, dict):
        raise FhirFault(400, "required", "A resource is needed in the body")
    if resource.get("resourceType") not in RESOURCE_TYPES:
        raise FhirFault(400, "invalid", "The body is no FHIR R4 resource")
    if resource["resourceType"] != type_:
        raise FhirFault(400, "invalid", f"A {resource['resourceType']} cannot be written to {type_}")
    if type_ in quirks.refuse_writes:
        raise FhirFault(422, "business-rule", f"This record does not accept {type_}")
    allowed = STATUSES.get(type_)
    if allowed is not None and resource.get("status") not in allowed:
        raise FhirFault(400, "code-invalid", f"{type_}.status is missing or not one of the codes of FHIR R4")
    return resource
