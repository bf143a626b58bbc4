"""Was it right? Predictions against what came, with cases that still run never left out."""
