"""`sickleave terminology ...` from the outside: import, lookup on a day, history, search. Files are INVENTED."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from smart_app.cli.verbs import app

FILE = "Kod\tTitel\nDV077\tUpprättande av sjukskrivnings- och rehabiliteringsplan för återgång i arbetslivet (i)\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SICKLEAVE_TERMINOLOGY", str(tmp_path / "terminology"))
    return tmp_path / "terminology"


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["terminology", *words])


def test_lookup_tells_the_text_of_a_day() -> None:
    done = run("lookup", "--system", "kva", "gc001", "--on", "2020-06-01", "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert (found["text"], found["release"], found["certainty"]) == (
        "Rehabiliteringskoordinering (i)",
        "2020",
        "verified",
    )
    later = json.loads(run("lookup", "--system", "kva", "GC001", "--on", "2026-06-01", "--json").stdout)
    assert (later["release"], later["certainty"], later["beyond_release"]) == ("2022", "inferred", True)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--system", "kva", "AW020", "--on", "2020-06-01"), "does not stand in kva 2020; it stands in 2021, 2022"),
        (("--system", "kva", "DV093", "--on", "2021-06-01"), "was not valid on 2021-06-01 (probably valid"),
        (("--system", "kva", "GC001", "--on", "2019-06-01"), "no release of kva is here for 2019-06-01"),
        (("--system", "kva", "ZZ999"), "of which only a selection is here"),
        (("--system", "icd-10-se", "ont i ryggen"), "does not stand in icd10se 2020"),
    ],
)
def test_lookup_says_why_there_is_no_text(words: tuple[str, ...], reason: str) -> None:
    done = run("lookup", *words)
    assert (done.exit_code, done.stdout) == (1, "")
    assert reason in done.stderr


def test_a_code_without_a_verified_text_exists() -> None:
    said = run("lookup", "--system", "kva", "AW024")
    assert (said.exit_code, said.stderr) == (0, "")
    assert "AW024  text not verified" in said.stdout
    found = json.loads(run("lookup", "--system", "kva", "AW024", "--json").stdout)
    assert (found["code"], found["text"], found["certainty"]) == ("AW024", None, "unverified")


def test_wrong_use_is_2() -> None:
    assert run("lookup", "--system", "snomed", "1").exit_code == 2
    assert run("lookup", "--system", "kva", "GC001", "--on", "igår").exit_code == 2
    assert run("history", "GC001", "--since", "2021-01-01", "--until", "2020-01-01").exit_code == 2


def test_import_then_lookup_and_history(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "kva.txt"
    file.write_text(FILE, encoding="cp1252")
    refused = run("import", "--system", "kva", "--release", "2023", str(file))
    assert refused.exit_code == 1
    assert "changes that nobody has judged" in refused.stderr
    assert not folder.exists()

    dry = run("import", "--system", "kva", "--release", "2023", "--unjudged", "mark", "--dry-run", str(file))
    assert (dry.exit_code, folder.exists()) == (0, False)
    done = run("import", "--system", "kva", "--release", "2023", "--unjudged", "mark", "--json", str(file))
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert (document["codes"], len(document["unjudged"])) == (1, 65)
    assert [each.name for each in folder.iterdir()] == ["kva-2023.sqlite"]

    assert "(release 2023," in run("lookup", "--system", "kva", "DV077").stdout
    gone = run("lookup", "--system", "kva", "GC001")
    assert (gone.exit_code, "does not stand in kva 2023; it stands in 2020, 2021, 2022" in gone.stderr) == (1, True)
    told = run("history", "GC001", "--since", "2020-01-01", "--until", "2023-12-31", "--json")
    assert {each["kind"] for each in json.loads(told.stdout)["breaks"]} == {"ended", "renamed", "text-not-seen"}


def test_what_changed_since_the_release_before_is_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / "kva.txt"
    file.write_text("Kod\tTitel\nDV077\tEn annan text\n", encoding="utf-8")
    said = run("import", "--system", "kva", "--release", "2023", "--unjudged", "mark", "--dry-run", str(file)).stdout
    assert "2022 -> 2023: 0 new, 65 gone, 1 with another text" in said
    assert "- GC001  Rehabiliteringskoordinering (i)  (not judged)" in said.splitlines()
    old = "~ DV077  Upprättande av sjukskrivnings- och rehabiliteringsplan för återgång i arbetslivet (i)"
    assert f"{old}\n       -> En annan text  (not judged)" in said


def test_the_same_file_twice_is_nothing_new_and_another_needs_to_say_so(tmp_path: Path) -> None:
    file, other = tmp_path / "a.txt", tmp_path / "b.txt"
    file.write_text(FILE, encoding="utf-8")
    other.write_text(FILE + "AA001\tNy\n", encoding="utf-8")
    arguments = ("import", "--system", "kva", "--release", "2023", "--unjudged", "mark")
    assert run(*arguments, str(file)).exit_code == 0
    assert run(*arguments, str(file)).exit_code == 0
    refused = run(*arguments, str(other))
    assert (refused.exit_code, "--replace" in refused.stderr) == (1, True)
    assert run("lookup", "--system", "kva", "AA001").exit_code == 1
    assert run(*arguments, "--replace", str(other)).exit_code == 0
    assert run("lookup", "--system", "kva", "AA001").exit_code == 0


def test_a_broken_file_changes_nothing_and_names_its_rows(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "kva.txt"
    file.write_text(FILE + "AA1?\tFel kod\nAA002\t\t\n", encoding="utf-8")
    refused = run("import", "--system", "kva", "--release", "2023", "--unjudged", "mark", str(file))
    assert refused.exit_code == 1
    assert "row 3, column Kod: 'AA1?' has not the form of a code" in refused.stderr
    assert not folder.exists()


def test_a_site_judges_its_own_imports(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "kva.txt"
    file.write_text(FILE, encoding="utf-8")
    again = ("import", "--system", "kva", "--release", "2023", str(file))
    assert run(*again, "--unjudged", "mark").exit_code == 0
    codes = [line.split(",")[0] for line in Path("terminology/releases/kva.csv").read_text("utf-8").splitlines()[1:]]
    left = [code for code in codes if code not in ("DV077", "DV093", "AW011")]
    (folder / "known_changes.toml").write_text(
        f'[[change]]\nsystem = "kva"\nkind = "withdrawn"\nfrom = {left}\non = 2023-01-01\ncomparable = false\n'
        'certainty = "verified"\nsource = "INVENTED"\nwhy_sv = "påhittat"\n',
        encoding="utf-8",
    )
    refused = run(*again)
    assert (refused.exit_code, "already here, judged otherwise; --replace" in refused.stderr) == (1, True)
    assert run(*again, "--replace").exit_code == 0
    (folder / "known_changes.toml").write_text("[[change]]\nkind = 1", encoding="utf-8")
    refused = run("lookup", "--system", "kva", "DV077")
    assert (refused.exit_code, "known_changes.toml: entry 1" in refused.stderr) == (1, True)


def test_a_damaged_release_is_named(folder: Path) -> None:
    folder.mkdir()
    (folder / "kva-2023.sqlite").write_bytes(b"x" * 4096)
    refused = run("lookup", "--system", "kva", "DV077")
    assert (refused.exit_code, "kva-2023.sqlite" in refused.stderr) == (1, True)


def test_history_of_a_family_never_joins_silently() -> None:
    span = ("--since", "2020-01-01", "--until", "2021-12-31", "--json")
    told = json.loads(run("history", "plan-made", *span).stdout)
    assert [each["codes"] for each in told["segments"]] == [["DV093"], ["AW020"]]
    joined = json.loads(run("history", "plan-made", *span, "--accept-inferred").stdout)
    assert [(each["codes"], len(each["inferred"])) for each in joined["segments"]] == [(["AW020", "DV093"], 1)]
    refused = run("history", "nonsense", *span)
    assert (refused.exit_code, "Families: " in refused.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "first"), [(("smarta",), "PB009"), (("Uppföljning", "plan"), "AW010"), (("DV0",), "DV063")]
)
def test_search(words: tuple[str, ...], first: str) -> None:
    assert run("search", "--system", "kva", *words).stdout.startswith(first)


def test_search_that_finds_nothing() -> None:
    assert run("search", "--system", "kva", "rymdfart").exit_code == 1
