"""HTTP doors: parse, call, wrap; one file per door."""
