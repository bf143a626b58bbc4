"""The software as a contained Device: who calculated."""

from __future__ import annotations

from fhir_mapping.fhir_json import Json
from fhir_mapping.write.entry import without_empty
from fhir_mapping.write.request import Versions
from risk.result import ModelInfo

DEVICE_ID = "software"
NAME = "sickleave-on-fhir"


def device(model: ModelInfo, versions: Versions) -> Json:
    """A Device that names the software, the model and every version the result was made with."""
    said = {
        "model": model.version,
        "model-set": versions.model_set,
        "catalogue": versions.catalogue,
        "rules": versions.rules,
        "terminology": versions.terminology,
        "questionnaire": versions.questionnaire,
    }
    return without_empty(
        {
            "resourceType": "Device",
            "id": DEVICE_ID,
            "status": "active",
            "deviceName": [
                {"name": NAME, "type": "user-friendly-name"},
                {"name": model.name_sv, "type": "model-name"},
            ],
            "modelNumber": model.id,
            "version": [{"type": {"text": name}, "value": value} for name, value in said.items() if value],
        }
    )
