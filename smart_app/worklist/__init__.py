"""The coordinator's list: one row (Task) per ongoing case of the unit."""
