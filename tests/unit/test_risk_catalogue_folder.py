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


RULE = {
    "id": '"own-rule"',
    "add": '"cbt"',
    "weight": "57",
    "when": "{ day_from = 60 }",
    "sv": '"Dag {day}."',
    "en": '"Day {day}."',
}
INTERVENTION = {
    "sv": '"Gympa"',
    "en": '"Gym"',
    "actor": '"employer"',
    "kind": '"workplace"',
    "timing": "{ due_in = 30 }",
    "source": '"Reviewed"',
}
DIAGNOSIS = {"sv": '"Crohn"', "en": '"Crohn"', "interventions": '["cbt"]', "source": '"Reviewed"'}


def rows(*heads: str, **fields: str) -> str:
    return "\n".join((*heads, *(f"{name} = {value}" for name, value in fields.items() if value)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight": '"57"'},
        {"id": '["a"]'},
        {"add": '["cbt"]'},
        {"sv": '"{day"'},
        {"sv": '"{day:>9}"'},
        {"sv": "3"},
        {"when": "3"},
        {"when": '{ day_from = "60" }'},
        {"when": "{ day_from = true }"},
        {"when": '{ ongoing = "yes" }'},
        {"when": "{ still_on_leave = 3 }"},
        {"when": "{ still_on_leave = { day = 90, share_from = 10 } }"},
        {"when": "{ next_share_from = 40 }"},
        {"when": '{ occupations = "studies" }'},
    ],
)
def test_a_rule_with_a_value_of_another_kind_is_named_at_the_start(tmp_path: Path, wrong: dict[str, str]) -> None:
    (tmp_path / "choice.toml").write_text(rows("[[rule]]", **RULE))
    assert load_folder(tmp_path).rules[-1].weight == 57
    (tmp_path / "choice.toml").write_text(rows("[[rule]]", **RULE | wrong))
    with pytest.raises(CatalogueFault) as fault:
        load_folder(tmp_path)
    assert (fault.value.file, fault.value.key) == ("choice.toml", "['a']" if "id" in wrong else "own-rule")


@pytest.mark.parametrize(
    "wrong",
    [
        {"timing": '"soon"'},
        {"timing": '{ due_in = "30" }'},
        {"timing": "{ due_in = -1 }"},
        {"timing": "{ before_chain_days = 30 }"},
        {"timing": "{ start_in = 31, due_in = 30 }"},
        {"actor": '["employer"]'},
        {"kind": '["plan"]'},
        {"sv": '" "'},
        {"from_day": '"3"'},
        {"kva": "3"},
    ],
)
def test_an_intervention_with_a_value_of_another_kind_is_named(tmp_path: Path, wrong: dict[str, str]) -> None:
    (tmp_path / "interventions.toml").write_text(rows("[intervention.gym]", **INTERVENTION))
    assert load_folder(tmp_path).entries["gym"].timing.due_in == 30
    (tmp_path / "interventions.toml").write_text(rows("[intervention.gym]", **INTERVENTION | wrong))
    with pytest.raises(CatalogueFault) as fault:
        load_folder(tmp_path)
    assert (fault.value.file, fault.value.key) == ("interventions.toml", "gym")


@pytest.mark.parametrize("part", ["intervention = 3", "[intervention]\ngym = 3", '[intervention."gym/"]', "actors = 3"])
def test_interventions_are_tables_under_plain_names(tmp_path: Path, part: str) -> None:
    (tmp_path / "interventions.toml").write_text(part)
    with pytest.raises(CatalogueFault, match=r"^interventions\.toml"):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("name", "wrong", "key"),
    [
        ("K50.9", {}, "key"),
        ("k50", {}, "key"),
        ("Crohn", {}, "key"),
        ("K50", {"interventions": '"cbt"'}, "interventions"),
        ("K50", {"interventions": '["cbt", "cbt"]'}, "interventions"),
        ("K50", {"interventions": '[["cbt"]]'}, "interventions"),
        ("K50", {"en": ""}, "en"),
        ("K50", {"sv": ""}, "sv"),
        ("K50", {"sv": "3"}, "sv"),
        ("K50", {"source": ""}, "source"),
    ],
)
def test_a_diagnosis_that_could_never_come_or_says_too_little_is_named(
    tmp_path: Path, name: str, wrong: dict[str, str], key: str
) -> None:
    """A code with a dot or in small letters would never be found, and nobody would be told."""
    (tmp_path / f"{name}.toml").write_text(rows(f'key = "{name}"', **DIAGNOSIS | wrong))
    with pytest.raises(CatalogueFault) as fault:
        load_folder(tmp_path)
    assert (fault.value.file, fault.value.key) == (f"{name}.toml", key)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('source = "x"\n[lists]\nM17 = ["leeches"]', "interventions"),
        ('source = "x"\n[lists]\n"M17.1" = ["cbt"]', "key"),
        ('source = "x"\nlists = 3', "lists"),
        ('source = "x"\nrule = 3', "rule"),
        ("[lists]\nM17 = ['cbt']", "source"),
        ('source = "x"\n' + rows("[[rule]]", **RULE | {"weight": "'5'"}), "own-rule"),
    ],
)
def test_what_is_wrong_in_a_specialtys_set_is_said_with_its_own_file(tmp_path: Path, text: str, key: str) -> None:
    (tmp_path / "specialty-x.toml").write_text(text)
    with pytest.raises(CatalogueFault) as fault:
        load_folder(tmp_path, specialty="x")
    assert (fault.value.file, fault.value.key) == ("specialty-x.toml", key)


@pytest.mark.parametrize("name", ["K50.TOML", "K50.tml", "README.md"])
def test_a_folder_in_which_nothing_is_read_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(rows('key = "K50"', **DIAGNOSIS))
    with pytest.raises(CatalogueFault):
        load_folder(tmp_path)


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "K50.toml").write_text(rows('key = "K50"', **DIAGNOSIS), encoding="utf-8-sig")
    assert load_folder(tmp_path).by_diagnosis["K50"] == ("cbt",)


def test_a_specialty_without_a_file_is_refused(own: Path) -> None:
    with pytest.raises(CatalogueFault):
        load_folder(own, specialty="dentistry")
