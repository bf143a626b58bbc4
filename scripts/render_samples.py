"""Render every page from invented values as static HTML, to be looked at: `python scripts/render_samples.py FOLDER`."""

from __future__ import annotations

import shutil
import sys
from importlib.resources import files
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from smart_app.web.assessment_view import assessment_view
from smart_app.web.render import render
from smart_app.web.views import Links
from smart_app.web.words import LANGUAGES, words
from smart_app.web.worklist_view import worklist_view

ROOT = Path(__file__).resolve().parent.parent


def invented(name: str) -> ModuleType:
    """The invented values that the tests use as well."""
    spec = spec_from_file_location(name, ROOT / f"tests/browser/{name}.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(name)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def main(folder: Path) -> None:
    """Write one file per page, state and language."""
    samples, lists = invented("invented"), invented("invented_list")
    shutil.copytree(str(files("smart_app.web") / "static"), folder / "static", dirs_exist_ok=True)
    for language in LANGUAGES:
        other = "en" if language == "sv" else "sv"
        links = Links("sample", "#", f"?lang={other}", other, "token")
        for name, look in samples.looks().items():
            view = assessment_view(words(language), look, samples.PHYSICIAN)
            (folder / f"assessment-{name}-{language}.html").write_text(
                render("assessment.html", language, view=view, links=links), encoding="utf-8"
            )
        for name, listing in lists.listings().items():
            view = worklist_view(words(language), listing)
            here = Links("sample", listing.path, f"?lang={other}", other, "token")
            (folder / f"worklist-{name}-{language}.html").write_text(
                render("worklist.html", language, view=view, links=here), encoding="utf-8"
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
