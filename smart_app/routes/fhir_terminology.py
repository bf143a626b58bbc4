"""The doors of the terminology operations; they hold no patient and need no token, like our published definitions."""

from __future__ import annotations

from smart_app.routes import (
    fhir_terminology_code_system,
    fhir_terminology_concept_map,
    fhir_terminology_value_set,
)

terminology_doors = (
    fhir_terminology_code_system.doors,
    fhir_terminology_value_set.doors,
    fhir_terminology_concept_map.doors,
)
