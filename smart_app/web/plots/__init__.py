"""Geometry of the drawings, in percent of their frame: shapes stretch with it while texts keep their size."""
