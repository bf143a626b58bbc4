"""The record's FHIR R4 side: a small store of its own or a server behind, both under the same scope rules."""
