"""Making cases and fitting models; the serving process never imports it."""
