"""A release in memory and the same release as an SQLite file answer alike, and the file is only ever whole."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terminology import sqlite_store
from terminology.concept import Certainty, Edition, Kind
from terminology.folder import open_codes
from terminology.memory_store import MemoryRelease
from terminology.release import Release
from terminology.search import search
from terminology.shipped import shipped
from terminology.sqlite_store import NotARelease, SqliteRelease, write_release
from terminology.store import ReleaseStore

INVENTED = Release("kva", "2031", date(2031, 1, 1), date(2031, 12, 31), title="invented", unjudged=("AA001",))
CODES = st.text("ABC012", min_size=1, max_size=4)
WORDS = st.lists(st.sampled_from(["Smärta", "smarta", "värk", "plan", "ÅTGÄRD", "½", "(i)", "x"]), max_size=4)
DAYS = st.none() | st.dates(date(2000, 1, 1), date(2040, 1, 1))
EDITIONS = st.builds(
    Edition,
    CODES,
    st.none() | WORDS.map(" ".join),
    st.sampled_from(Certainty),
    st.text(max_size=5).filter(lambda text: text.isprintable()),
    DAYS,
    DAYS,
    st.sampled_from(Certainty),
    st.none() | CODES,
    st.sampled_from(Kind),
    st.booleans(),
    st.lists(st.tuples(st.sampled_from(["Latin", "group"]), st.sampled_from(["a", "ö"])), max_size=2).map(tuple),
    st.lists(st.tuples(st.just("en"), st.sampled_from(["a", "b"])), max_size=1).map(tuple),
)


def as_file(store: ReleaseStore, folder: Path) -> SqliteRelease:
    path = folder / f"{store.release.system}-{store.release.id}.sqlite"
    write_release(path, store.release, store.every())
    return SqliteRelease(path)


def answers(store: ReleaseStore, asked: list[str]) -> Iterator[Any]:
    yield [(store.plain_texts(text), store.children(text)) for text in asked]  # before anything was indexed
    yield store.release, store.total, store.index().codes, list(store.every())
    yield store.page(1, 2), store.page(0, 10_000), store.page(5_000, 5)
    yield store.find_all(asked), store.find_all([])
    for text in asked:
        yield store.find(text), store.plain_texts(text), store.children(text), search(store, text).page()


@pytest.mark.parametrize("store", shipped(), ids=lambda store: f"{store.release.system}-{store.release.id}")
def test_shipped_releases_answer_alike_from_a_file(store: MemoryRelease, tmp_path: Path) -> None:
    asked = ["GC001", "M54", "F43", "plan", "smarta", "Smärta", "rehab plan", "ZZ", "", "'; drop table edition; --"]
    file = as_file(store, tmp_path)
    assert list(answers(file, asked)) == list(answers(store, asked))
    file.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(editions=st.lists(EDITIONS, max_size=12, unique_by=lambda each: each.code), more=CODES)
def test_any_release_answers_alike_from_a_file(tmp_path: Path, editions: list[Edition], more: str) -> None:
    store = MemoryRelease(INVENTED, editions)
    asked = [more, "smarta", "värk", "plan x", *(each.code for each in editions)]
    file = as_file(store, tmp_path)
    assert list(answers(file, asked)) == list(answers(store, asked))
    file.close()


def test_a_file_can_only_be_read(tmp_path: Path) -> None:
    file = as_file(shipped()[0], tmp_path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        file._file.execute("DELETE FROM edition")
    assert not (tmp_path / "kva-2020.sqlite").stat().st_mode & 0o222
    file.close()


def test_a_write_that_breaks_leaves_what_was_there(tmp_path: Path) -> None:
    before = as_file(shipped()[0], tmp_path)

    def breaks() -> Iterator[Edition]:
        yield Edition("AA001", "invented")
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        write_release(tmp_path / "kva-2020.sqlite", INVENTED, breaks())
    assert os.listdir(tmp_path) == ["kva-2020.sqlite"]
    assert list(SqliteRelease(tmp_path / "kva-2020.sqlite").every()) == list(before.every())


def test_a_kill_before_the_move_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_file(shipped()[0], tmp_path)
    whole = (tmp_path / "kva-2020.sqlite").read_bytes()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sqlite_store.os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write_release(tmp_path / "kva-2020.sqlite", INVENTED, [])
    assert (tmp_path / "kva-2020.sqlite").read_bytes() == whole


KILLED = """
import sys
from datetime import date
from pathlib import Path
from terminology.concept import Edition
from terminology.release import Release
from terminology.sqlite_store import write_release

def endless():
    for number in range(10**9):
        yield Edition(f"A{number}", "invented")
        if number == 20_000:
            print("writing", flush=True)

write_release(Path(sys.argv[1]), Release("kva", "2020", date(2020, 1, 1), date(2020, 12, 31)), endless())
"""


def test_a_process_killed_while_it_writes_leaves_the_release_and_the_next_write_cleans_up(tmp_path: Path) -> None:
    before = as_file(shipped()[0], tmp_path)
    path = tmp_path / "kva-2020.sqlite"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        process.kill()
    assert any(name.endswith(".partial") for name in os.listdir(tmp_path))
    (imported,) = (each for each in open_codes(tmp_path).catalogue.releases("kva") if each.release.id == "2020")
    assert list(imported.every()) == list(before.every())
    write_release(path, before.release, before.every())
    assert os.listdir(tmp_path) == ["kva-2020.sqlite"]


def test_two_who_write_the_same_release_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "kva-2031.sqlite"
    editions = [Edition(f"AA{number:03}", "påhittad") for number in range(900)]
    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(write_release, path, INVENTED, editions) for _ in range(4)]:
            one.result()
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert SqliteRelease(path).total == 900


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "kva.txt"
    file.write_text("Kod\tTitel\n" + "".join(f"AA{number:03}\tpåhittad\n" for number in range(900)), encoding="utf-8")
    words = ("import", "--system", "kva", "--release", "2031", "--unjudged", "mark", str(file))
    done = subprocess.run(
        [sys.executable, "-m", "smart_app.cli", "terminology", *words],
        env={**os.environ, "SICKLEAVE_TERMINOLOGY": str(tmp_path / "codes"), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, resource.RLIM_INFINITY)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "kva-2031.sqlite could not be written" in done.stderr
    assert list((tmp_path / "codes").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"not a database at all", b"SQLite format 3\x00" + b"\x00" * 200])
def test_what_is_no_release_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kva-2024.sqlite"
    path.write_bytes(content)
    with pytest.raises(NotARelease, match=r"kva-2024\.sqlite"):
        SqliteRelease(path)
