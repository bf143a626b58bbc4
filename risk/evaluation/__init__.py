"""How well a model does on rows with known outcome."""
