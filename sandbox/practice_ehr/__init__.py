"""Övnings-EHR: a strict SMART authorization server, a FHIR R4 record and a frame that launches the app.

It lets anyone in and holds invented patients only; it refuses to listen beyond this machine.
"""

from .app import build_practice_ehr
from .config import PracticeConfig, Quirks, Registration

__all__ = ["PracticeConfig", "Quirks", "Registration", "build_practice_ehr"]
