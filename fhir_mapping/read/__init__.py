"""FHIR resources as they come from journal systems -> our values; plain dicts only."""
