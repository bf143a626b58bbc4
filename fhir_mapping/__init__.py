"""Translation between FHIR JSON and the product's own values; no I/O, no clock, no medical rule."""
