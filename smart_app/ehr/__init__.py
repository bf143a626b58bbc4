"""One EHR at a time over FHIR R4: its manners, its refusals, and the reads that a case needs."""
