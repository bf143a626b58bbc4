"""Our own copies of what was written to an EHR, for our FHIR API."""
