"""Predictions kept so that one can see later whether they were right."""
