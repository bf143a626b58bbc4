"""Reads back, straight from a FHIR server, what `sickleave demo --once --json` says it wrote. Standard library only.

Usage: readback.py DEMO.json [FHIR_BASE]    (without a base, only the shape of the document is checked)
"""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

KEYS = {"patient", "diagnosis", "day", "risk", "ehr", "written", "worklist"}
KINDS = {"RiskAssessment", "CarePlan", "Task", "Provenance"}
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url: str) -> dict[str, Any]:
    """The JSON at this address."""
    with DIRECT.open(url, timeout=30) as answer:
        return dict(json.load(answer))


def faults(said: dict[str, Any], base: str | None) -> list[str]:
    """What is wrong with the document, and what cannot be read back from `base`."""
    found = [f"the key {key} is missing" for key in sorted(KEYS - said.keys())]
    written = said.get("written", [])
    found += [f"no {kind} was written" for kind in sorted(KINDS - {one["type"] for one in written})]
    if not said.get("worklist"):
        found.append("the worklist is empty")
    if base is None:
        return found
    software = get(f"{base}/metadata")["software"]["name"]
    if "HAPI" not in software or "HAPI" not in said.get("ehr", {}).get("software", ""):
        found.append(f"the server calls itself {software}, the demo called it {said.get('ehr')}")
    for one in written:
        try:
            kept = get(f"{base}/{one['type']}/{one['id']}")
        except OSError as fault:
            found.append(f"{one['type']}/{one['id']}: {fault}")
        else:
            print(f"read back {kept['resourceType']}/{kept['id']} version {kept['meta']['versionId']} from {base}")
    return found


def main() -> int:
    said = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    found = faults(said, sys.argv[2] if len(sys.argv) > 2 else None)
    for fault in found:
        print(f"readback: {fault}", file=sys.stderr)
    print(f"readback: {len(said.get('written', []))} written, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
