"""A region's or a clinic's own catalogue files, laid over the packaged ones."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

from risk import versions
from risk.catalogue_kinds import see_kinds
from risk.errors import CatalogueFault
from risk.intervention_catalogue import INTERVENTIONS, Catalogue, checked, packaged_files
from risk.intervention_rules import CHOICE

_SPECIALTY = "specialty-"
_RULES = {"rule": "tables", "hold": "tables"}
_SET = {"lists": "table", "source": "text", **_RULES}
_OWN = {INTERVENTIONS: {"actors", "intervention"}, CHOICE: {"rule", "hold"}}


def load_folder(folder: Path, *, specialty: str | None = None) -> Catalogue:
    """The packaged catalogue with the files of a folder over it; nothing is kept when one of them is wrong.

    Args:
        folder: may hold interventions.toml and choice.toml (added), a file per diagnosis key (added, or in place of the
            packaged one), and specialty-<name>.toml: [lists] by diagnosis key, and rules.
        specialty: whose set to use.

    Raises:
        CatalogueFault: a file is wrong, or the specialty has none.
        OSError: the folder cannot be read.
    """
    interventions, choice, keys = packaged_files()
    texts = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix.lower() == ".toml"}
    if not texts:
        raise CatalogueFault(file=folder.name, key="-", reason="there is no file NAME.toml in the folder")
    read = {name: _parsed(name, text) for name, text in texts.items()}
    own = read.pop(INTERVENTIONS, {})
    for part in see_kinds(INTERVENTIONS, None, own, dict.fromkeys(own, "table")):
        interventions[part] |= own[part]
    for part, rows in see_kinds(CHOICE, None, read.pop(CHOICE, {}), _RULES).items():
        choice[part] = [*choice[part], *rows]
    sets = {name.removeprefix(_SPECIALTY)[:-5]: read.pop(name) for name in list(read) if name.startswith(_SPECIALTY)}
    keys |= {name.removesuffix(".toml"): row for name, row in read.items()}
    stands_in = {} if specialty is None else _lay_over(choice, keys, sets, specialty)
    digest = hashlib.sha256(b"\0".join(name.encode() + b"\0" + text for name, text in texts.items())).hexdigest()[:8]
    version = f"{versions.CATALOGUE}+{specialty + '.' if specialty else ''}{digest}"
    return checked(interventions, choice, keys, version=version, stands_in=stands_in)


def _parsed(name: str, text: bytes) -> dict[str, Any]:
    try:
        read = tomllib.loads(text.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise CatalogueFault(file=name, key="-", reason=str(wrong)) from wrong
    extra = read.keys() - _OWN.get(name, read.keys())
    if extra:
        raise CatalogueFault(file=name, key=sorted(extra)[0], reason=f"may hold {sorted(_OWN[name])}")
    return read


def _lay_over(
    choice: dict[str, Any], keys: dict[str, dict[str, Any]], sets: dict[str, dict[str, Any]], specialty: str
) -> dict[str, str]:
    """Lay a specialty's set over the rest; which diagnosis keys and rule ids stand in its file."""
    own, file = sets.get(specialty), f"{_SPECIALTY}{specialty}.toml"
    if own is None:
        raise CatalogueFault(file=file, key="-", reason="there is no such file in the folder")
    extra = own.keys() - _SET.keys()
    if extra:
        raise CatalogueFault(file=file, key=sorted(extra)[0], reason="a specialty has lists, rules, holds and a source")
    see_kinds(file, None, own, _SET)
    if "source" not in own:
        raise CatalogueFault(file=file, key="source", reason="who says so, and when it was reviewed")
    lists, rows = own.get("lists", {}), [row for part in _RULES for row in own.get(part, ())]
    for part in _RULES:
        choice[part] = [*choice[part], *own.get(part, ())]
    for key, listed in lists.items():
        keys[key] = {"source": own["source"], **keys.get(key, {}), "key": key, "interventions": listed}
    return dict.fromkeys((*lists, *(str(row.get("id")) for row in rows)), file)
