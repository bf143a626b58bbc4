"""Bearer tokens for our own FHIR API, given out by an operator; kept as digests."""
