"""One assessment -> everything that is written to the EHR for it."""

from __future__ import annotations

from fhir_mapping.write import answers, care_plan, procedure, provenance, risk_assessment, task
from fhir_mapping.write.checks import check_entries
from fhir_mapping.write.entry import WriteEntry
from fhir_mapping.write.request import AssessmentToWrite


def write(request: AssessmentToWrite) -> tuple[WriteEntry, ...]:
    """The resources of one assessment, checked, in an order in which each may refer to those before it.

    Returns:
        answers (when there are any), assessment, plan, task, procedure ("plan made", for an active plan when an id
        was given), and provenance of all of them.

    Raises:
        InvalidResource: something we built breaks R4 or our tables; nothing must be sent.
        KeyError: an id or the REKO status is missing.
        ValueError: a share outside 0-1, or an id that is no UUID.
    """
    entries = [
        *([answers.write(request)] if request.answers else []),
        risk_assessment.write(request),
        care_plan.write(request),
        task.write(task.of_assessment(request)),
    ]
    if request.plan_status == "active" and "procedure" in request.ids:
        entries.append(procedure.write(procedure.plan_made(request)))
    entries.append(provenance.write(provenance.of_assessment(request, entries)))
    check_entries(entries)
    return tuple(entries)
