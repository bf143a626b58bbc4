"""How often callers may ask: counted in the database, so that it holds for all processes together."""
