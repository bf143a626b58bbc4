"""What the product is tried out against: a practice EHR and a real HAPI server. Never part of the service itself."""
