"""What the demo says to a person."""

from __future__ import annotations

from smart_app.cli.demo_launch import Shown
from smart_app.cli.output import in_one_line


def in_words(shown: Shown) -> str:
    """Read, scored, written and listed, in a few lines."""
    lines = [
        f"EHR      {in_one_line(shown.software)}, {shown.ehr}",
        f"Read     {_counted(shown.read)} for {shown.patient}: {shown.diagnosis}, day {shown.day}",
        *(
            f"Scored   of 100 similar cases about {round(100 * share)} are still on sick leave on day {name[1:]}"
            for name, share in shown.risk.items()
            if name.startswith("p") and isinstance(share, float)
        ),
        *(f"Written  {one['type']:<15} {one['url']}" for one in shown.written),
        *(f"Missing  {kind}" for kind in shown.missing),
        f"Worklist {len(shown.worklist)} ongoing cases of the unit, in order of urgency",
    ]
    return "\n".join(lines)


def _counted(read: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in read.items())
