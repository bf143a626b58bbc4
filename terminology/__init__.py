"""Codes and identifiers used in Swedish health records, as pure values."""
