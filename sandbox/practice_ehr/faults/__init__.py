"""What other EHRs get wrong, by switch: one table of named faults, armed at start or while running."""
