"""Invented staff and patients, with dates that count from today."""
