"""Checks a folder of own catalogue files, and shows what it proposes: `python -m risk.try_catalogue FOLDER`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from risk.advice import choose
from risk.assess import assess
from risk.baseline import NATIONAL_2017
from risk.case import Certificate, DegreePeriod, Occupation, Person, Scope, ScopeKind, SickLeaveCase
from risk.catalogue_folder import load_folder
from risk.certificates_to_cases import current
from risk.chapters import CHAPTERS
from risk.days import plus
from risk.errors import CatalogueFault
from risk.model_set import shipped_set

_FIRST, _LEFT = date(2026, 1, 1), 20  # the days only count from each other


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the version and what is proposed for a made-up case; 1 and the fault when a file is wrong."""
    parser = argparse.ArgumentParser(prog="python -m risk.try_catalogue", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--diagnosis", help="ICD-10-SE without dot")
    parser.add_argument("--day", type=int, default=20, help="day of the case")
    parser.add_argument(
        "--occupation", choices=[one.value for one in Occupation], help="what the certificate is against"
    )
    parser.add_argument("--done", default="", help="KVÅ codes of what is done or ongoing, with commas")
    parser.add_argument("--specialty", help="name of a specialty-NAME.toml in the folder")
    said = parser.parse_args(arguments)
    try:
        catalogue = load_folder(said.folder, specialty=said.specialty)
    except (CatalogueFault, OSError) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 1
    case = _made_up(said.diagnosis, said.day, said.occupation)
    done = frozenset(code.strip() for code in said.done.split(",") if code.strip())
    sys.stdout.write(f"catalogue {catalogue.version}\n")
    for one in choose(
        case, assess(case, models=(shipped_set(), CHAPTERS, NATIONAL_2017)), catalogue=catalogue, done=done
    ):
        sys.stdout.write(f"{'*' if one.preselected else ' '} {one.id} [{one.rule}] {one.title_sv}. {one.why_sv}\n")
    return 0


def _made_up(diagnosis: str | None, day: int, occupation: str | None) -> SickLeaveCase:
    on = plus(_FIRST, max(day, 1) - 1)
    certificate = Certificate(
        "made-up",
        "made-up",
        (DegreePeriod(_FIRST, plus(on, _LEFT), 1.0),),
        diagnoses=(diagnosis,) if diagnosis else (),
        occupations=frozenset({Occupation(occupation)}) if occupation else frozenset(),
        first_absence=_FIRST,
    )
    case = current([certificate], person=Person(), on=on, scope=Scope(ScopeKind.PERMITTED))
    if case is None:
        raise AssertionError("a certificate that covers the day makes a case")
    return case


if __name__ == "__main__":
    sys.exit(main())
