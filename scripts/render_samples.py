"""Every page as static HTML from invented values, to be looked at: `python -m scripts.render_samples FOLDER`."""

from __future__ import annotations

import shutil
import sys
from importlib.resources import files
from pathlib import Path

from smart_app.web.assessment_view import assessment_view
from smart_app.web.render import render
from smart_app.web.views import Links
from smart_app.web.words import LANGUAGES, words
from smart_app.web.worklist_view import worklist_view
from tests.browser import invented, invented_list


def main(folder: Path) -> None:
    """Write one file per page, state and language."""
    shutil.copytree(str(files("smart_app.web") / "static"), folder / "static", dirs_exist_ok=True)
    for language in LANGUAGES:
        other = "en" if language == "sv" else "sv"
        links = Links("sample", "#", f"?lang={other}", other, "token")
        for name, look in invented.looks().items():
            view = assessment_view(words(language), look, invented.PHYSICIAN)
            (folder / f"assessment-{name}-{language}.html").write_text(
                render("assessment.html", language, view=view, links=links), encoding="utf-8"
            )
        for name, listing in invented_list.listings().items():
            view = worklist_view(words(language), listing)
            here = Links("sample", listing.path, f"?lang={other}", other, "token")
            (folder / f"worklist-{name}-{language}.html").write_text(
                render("worklist.html", language, view=view, links=here), encoding="utf-8"
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
