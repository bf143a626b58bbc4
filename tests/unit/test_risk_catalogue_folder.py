"""Own catalogue files: the how-to is run as it stands; a wrong file is named."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from risk.catalogue_folder import load_folder
from risk.errors import CatalogueFault
from risk.intervention_catalogue import load
from risk.try_catalogue import main

HOW_TO = (Path(__file__).parents[2] / "docs/how-to/add-a-diagnosis.md").read_text(encoding="utf-8")
FILES = re.findall(r"`own/([\w.-]+)`\n```toml\n(.*?)```", HOW_TO, re.DOTALL)
RUNS = re.findall(r"```sh\npython -m risk.try_catalogue own (.*?)\n```\n```\n(.*?)```", HOW_TO, re.DOTALL)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    for name, text in FILES:
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_how_to_has_its_files_and_runs() -> None:
    assert [name for name, _ in FILES] == [
        "K50.toml",
        "interventions.toml",
        "choice.toml",
        "specialty-orthopaedics.toml",
    ]
    assert len(RUNS) == 2


@pytest.mark.parametrize(("arguments", "shown"), RUNS)
def test_the_how_to_says_what_comes(own: Path, arguments: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(own), *shlex.split(arguments)]) == 0
    lines = capsys.readouterr().out.splitlines()
    places = [lines.index(line) for line in shown.splitlines()]
    assert all(a < b for a, b in pairwise(places))


def test_diagnosis_35_is_added_and_the_34_stay(own: Path) -> None:
    mine, shipped = load_folder(own), load()
    assert mine.by_diagnosis.keys() == shipped.by_diagnosis.keys() | {"K50"}
    assert len(mine.by_diagnosis) == 35
    assert mine.by_diagnosis["M17"] == shipped.by_diagnosis["M17"]
    assert load_folder(own, specialty="orthopaedics").by_diagnosis["M17"] != shipped.by_diagnosis["M17"]


def test_the_version_follows_the_files(own: Path) -> None:
    before = load_folder(own).version
    assert before.startswith(f"{load().version}+")
    (own / "K50.toml").write_text((own / "K50.toml").read_text().replace("Reviewed", "Seen"))
    assert load_folder(own).version != before
    assert "orthopaedics." in load_folder(own, specialty="orthopaedics").version


def test_what_a_folder_holds_back_is_not_proposed(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(own), "--diagnosis", "R52"]) == 0
    assert "acupuncture" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("K51.toml", 'key = "K52"\ninterventions = ["cbt"]', "key"),
        ("K51.toml", 'key = "K51"\ninterventions = ["leeches"]', "interventions"),
        ("K51.toml", 'key = "K51"\ninterventions = ["cbt"]\nname = "x"', "name"),
        ("K51.toml", "key = ", "-"),
        ("choice.toml", "diagnosis_weight = 3", "diagnosis_weight"),
        ("choice.toml", '[[hold]]\nid = "x"\nhold = ["leeches"]\nwhen = {}\nsv = ""\nen = ""', "x"),
        ("choice.toml", '[[hold]]\nid = "x"\nhold = ["cbt"]\nwhen = { bands = ["tall"] }\nsv = ""\nen = ""', "x"),
        ("choice.toml", '[[hold]]\nid = "x"\nhold = ["cbt"]\nwhen = { done_any = ["ZZ999"] }\nsv = ""\nen = ""', "x"),
        ("choice.toml", '[[hold]]\nid = "x"\nhold = ["cbt"]\nwhen = {}\nsv = "{share}"\nen = ""', "x"),
        (
            "choice.toml",
            '[[hold]]\nid = "x"\nhold = ["cbt"]\nwhen = { bands = ["national"] }\nsv = "{share}"\nen = ""',
            "x",
        ),
        ("choice.toml", '[[hold]]\nid = "no-employer"\nhold = ["cbt"]\nwhen = {}\nsv = ""\nen = ""', "no-employer"),
    ],
)
def test_a_wrong_file_is_named(
    tmp_path: Path, name: str, text: str, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(CatalogueFault) as fault:
        load_folder(tmp_path)
    assert (fault.value.file, fault.value.key) == (name, key)
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(name)


def test_a_specialty_without_a_file_is_refused(own: Path) -> None:
    with pytest.raises(CatalogueFault):
        load_folder(own, specialty="dentistry")
