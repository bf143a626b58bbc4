"""Colours and corners from the style sheet that an EHR names in a launch, where the profile wants them.

Only from the EHR's own origin, at most 16 KB, known keys, plain colours and lengths; and only where every text stays
readable. Whatever is wrong with it, the launch goes on in our own colours.

Source: SMART App Launch 2.2, "Styling"; WCAG 2.2, "Contrast (Minimum)".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import structlog

from smart_app.issuers import IssuerProfile, origin_of
from smart_app.launch.discovery import get_json
from smart_app.launch.errors import WrongDiscovery
from smart_app.launch.ground import Ground

LIMIT_BYTES = 16_000
COLOURS = {
    "color_background": "bg",
    "color_text": "text",
    "color_highlight": "accent",
    "color_error": "refused",
    "color_success": "ok",
}
LENGTHS = {"dim_border_radius": "radius"}
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_LENGTH = re.compile(r"(?:[0-9]|1[0-9]|2[0-4])px")
OURS = {"bg": "#f3f5f6", "text": "#17212b", "accent": "#174f82", "refused": "#99291f", "ok": "#1d6b3f"}
PAIRS = (
    *((colour, ground) for colour in ("text", "accent") for ground in ("bg", "#ffffff", "#eaeef1")),
    ("#4a5865", "bg"),
    ("refused", "#f9e6e3"),
    ("ok", "#e3f1e8"),
)
"""Text and what it stands on in our pages; `tests/unit/launch/test_launch_style.py` holds them to tokens.css."""
READABLE = 4.5
_log = structlog.get_logger()


async def style_of(ground: Ground, profile: IssuerProfile, url: object) -> dict[str, str]:
    """Values of our own custom properties by name; {} where the profile wants none or the sheet cannot be used."""
    if url is None:
        return {}
    try:
        if profile.style != "on":
            raise WrongDiscovery("style-off", profile.id)
        if not isinstance(url, str) or origin_of(url) != origin_of(profile.fhir_base):
            raise WrongDiscovery("style-elsewhere", profile.id)
        said, _ = await get_json(ground, profile, url, limit_bytes=LIMIT_BYTES)
    except (WrongDiscovery, ValueError) as wrong:
        _log.info("style sheet of the EHR is not used", issuer=profile.id, reason=getattr(wrong, "reason", "address"))
        return {}
    found = _values(said)
    if not readable(found):
        _log.info("style sheet of the EHR is not used", issuer=profile.id, reason="not-readable")
        return {}
    return found


def readable(values: Mapping[str, str]) -> bool:
    """Whether every text of ours can be read in these colours."""
    used = {**OURS, **values}
    return all(contrast(used.get(one, one), used.get(other, other)) >= READABLE for one, other in PAIRS)


def as_css(values: Mapping[str, str]) -> str:
    """A style sheet with those values, for the light theme; a dark one stays ours."""
    lines = "".join(f"--{name}:{value};" for name, value in sorted(values.items()))
    return f"@media (prefers-color-scheme: light){{:root{{{lines}}}}}"


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21.

    >>> round(contrast("#000", "#ffffff"), 1)
    21.0
    """
    low, high = sorted((_light(one), _light(other)))
    return (high + 0.05) / (low + 0.05)


def _values(said: Mapping[str, object]) -> dict[str, str]:
    found = {}
    for names, pattern in ((COLOURS, _COLOUR), (LENGTHS, _LENGTH)):
        for key, name in names.items():
            value = said.get(key)
            if isinstance(value, str) and pattern.fullmatch(value):
                found[name] = value
    return found


def _light(colour: str) -> float:
    digits = colour.removeprefix("#")
    whole = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    parts = (int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
