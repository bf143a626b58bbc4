"""Our values -> FHIR resources and transactions that EHRs accept."""
