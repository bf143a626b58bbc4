"""Which edition of the code lists this version ships; every stored result names it."""

from __future__ import annotations

RELEASE = "kva-2020-04+2021"
