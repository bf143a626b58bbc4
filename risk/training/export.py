"""A fitted set as files: set.json with a sum of every model file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from risk.hazard_files import model_text
from risk.hazard_model import HazardModel
from risk.model_set import SET_FORM


def write_set(
    folder: Path, models: Mapping[str, HazardModel], *, about: Mapping[str, str | bool], made: Mapping[str, object]
) -> None:
    """Write the models and set.json.

    Args:
        folder: made when missing; files of the same names are replaced.
        models: by key.
        about: id, version, name_sv, name_en, basis_sv, basis_en, simulated.
        made: how it was made (seed, commit, cases); for the record only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keys = {}
    for key, model in sorted(models.items()):
        raw = model_text(model).encode()
        (folder / f"{key}.json").write_bytes(raw)
        keys[key] = {"file": f"{key}.json", "sha256": hashlib.sha256(raw).hexdigest(), "cases": model.cases}
    document = {"form": SET_FORM, **about, "made": dict(made), "keys": keys}
    (folder / "set.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
