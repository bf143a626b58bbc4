"""QuestionnaireResponse with the answers that an assessment used."""

from __future__ import annotations

from datetime import date

from fhir_mapping.fhir_json import Json
from fhir_mapping.write.entry import WriteEntry, local_time, urn, without_empty
from fhir_mapping.write.parts import coding, identifier, literal, meta
from fhir_mapping.write.request import Answer, AssessmentToWrite


def write(request: AssessmentToWrite) -> WriteEntry:
    """The answers, under the Questionnaire named in `versions`.

    Raises:
        ValueError: there are answers but no Questionnaire that they belong to.
    """
    if request.versions.questionnaire is None:
        raise ValueError("answers belong to a Questionnaire")
    id_, system = request.ids["answers"], request.urls.identifier_system("answers")
    resource = without_empty(
        {
            "resourceType": "QuestionnaireResponse",
            "meta": meta(request.patient_labels),
            "identifier": identifier(system, id_),
            "questionnaire": request.versions.questionnaire,
            "status": "completed",
            "subject": literal(request.patient),
            "encounter": literal(request.encounter) if request.encounter else None,
            "authored": local_time(request.now),
            "author": literal(request.author.reference) if request.author else None,
            "item": [_item(answer) for answer in request.answers],
        }
    )
    return WriteEntry("answers", resource, urn(id_), (system, id_), None, once=True)


def _item(answer: Answer) -> Json:
    return {"linkId": answer.link_id, "text": answer.text, "answer": [_value(answer.value)]}


def _value(value: bool | int | str | date | tuple[str, str, str]) -> Json:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, int):
        return {"valueInteger": value}
    if isinstance(value, date):
        return {"valueDate": value.isoformat()}
    if isinstance(value, tuple):
        return {"valueCoding": coding(*value)}
    return {"valueString": value}
