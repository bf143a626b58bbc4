"""Rules: dates and numbers in, numbers and reasons out. Knows no FHIR, HTTP, SQL or clock."""
