"""Progress: whole or not at all, tolerant of what it does not know, and honest when an answer breaks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ovlearn.exercises import locking
from ovlearn.exercises.locking import alone
from ovlearn.exercises.progress import FILE, Progress, Record, load, note, save, update


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    known = Progress().noted("ov_matrix", passed=True).changed("fold", Record(hints=2, asked=1))
    save(tmp_path, known)
    assert load(tmp_path) == known
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_it_regresses_when_an_answer_breaks(tmp_path: Path) -> None:
    save(tmp_path, Progress().noted("ov_matrix", passed=True))
    note("ov_matrix", passed=False, folder=tmp_path)
    assert load(tmp_path).of("ov_matrix") == Record(passed=False, attempts=2)


def test_what_it_does_not_know_is_kept(tmp_path: Path) -> None:
    data = {"exercises": {"of_another_version": {"passed": True, "stars": 3}}, "theme": "dark"}
    (tmp_path / FILE).write_text(json.dumps(data))
    save(tmp_path, load(tmp_path).noted("ov_matrix", passed=True))
    kept = json.loads((tmp_path / FILE).read_text())
    assert kept["theme"] == "dark"
    assert kept["exercises"]["of_another_version"]["passed"] is True


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"exercises": 3}',
        '{"exercises": {"a": 3}}',
        '{"exercises": {"a": {"attempts": "3"}}}',
        "\x00",
    ],
)
def test_a_damaged_file_is_put_aside(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert load(tmp_path) == Progress()
    assert (tmp_path / "ovlearn-progress.damaged.json").read_text() == text


def test_nothing_is_written_where_there_is_no_file(tmp_path: Path) -> None:
    note("ov_matrix", passed=True, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_save_leaves_what_was(tmp_path: Path, monkeypatch: Any) -> None:
    save(tmp_path, Progress().noted("ov_matrix", passed=True))

    def fail(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path, Progress())
    assert load(tmp_path).of("ov_matrix").passed
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_a_damaged_file_is_said_and_none_is_overwritten(tmp_path: Path) -> None:
    for number, text in enumerate(("one", "two", "three"), start=1):
        (tmp_path / FILE).write_text(text)
        says = note("ov_matrix", passed=True, folder=tmp_path)
        kept = f"ovlearn-progress.damaged{'' if number == 1 else f'-{number}'}.json"
        assert says == f"the progress file cannot be read: it is kept as {kept}, and a new one is begun"
        assert (tmp_path / kept).read_text() == text
        assert load(tmp_path).of("ov_matrix").passed
    assert note("fold", passed=True, folder=tmp_path) == ""


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_what_an_editor_saved_anew_is_read(tmp_path: Path, encoding: str) -> None:
    passes = Progress().noted("ov_matrix", passed=True).noted("fold", passed=True)
    save(tmp_path, passes)
    file = tmp_path / FILE
    file.write_bytes(file.read_text(encoding="utf-8").encode(encoding))
    assert note("ov_rank", passed=True, folder=tmp_path) == ""
    assert load(tmp_path) == passes.noted("ov_rank", passed=True)
    assert [each.name for each in tmp_path.iterdir()] == [FILE]


def test_what_cannot_be_opened_is_left_alone_and_said(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    assert note("ov_matrix", passed=True, folder=tmp_path).startswith("progress is not kept: ")
    with pytest.raises(ValueError, match=FILE):
        load(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == [FILE]


COUNTS = """
import sys
from pathlib import Path
from ovlearn.exercises.progress import note
while not Path("go").exists(): pass
for number in range(100):
    note(f"{sys.argv[1]}_{number}", passed=True, folder=Path("."))
"""


def test_checks_at_once_lose_nothing(tmp_path: Path) -> None:
    save(tmp_path, Progress())
    command = [sys.executable, "-c", COUNTS]
    running = [subprocess.Popen([*command, name], cwd=tmp_path) for name in "ab"]
    time.sleep(0.5)
    (tmp_path / "go").touch()
    assert [one.wait(120) for one in running] == [0, 0]
    entries = load(tmp_path).entries
    assert sum(entry.passed for entry in entries.values()) == 200
    assert sorted(each.name for each in tmp_path.iterdir()) == ["go", FILE]


def test_nobody_waits_for_who_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "PATIENCE", 0.1)
    save(tmp_path, Progress())
    with alone(tmp_path):
        update(tmp_path, lambda known: known.noted("ov_matrix", passed=True))
    assert load(tmp_path).of("ov_matrix").passed


def test_without_locks_it_is_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_: Any) -> None:
        raise OSError("no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)
    save(tmp_path, Progress())
    assert note("ov_matrix", passed=True, folder=tmp_path) == ""
    assert load(tmp_path).of("ov_matrix").passed


def test_a_file_that_is_read_just_now_is_replaced_a_moment_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where that raises."""
    tries, real = [], os.replace

    def busy(*places: Any) -> None:
        tries.append(places)
        if len(tries) < 3:
            raise PermissionError("in use")
        real(*places)

    monkeypatch.setattr(os, "replace", busy)
    save(tmp_path, Progress().noted("ov_matrix", passed=True))
    assert (len(tries), load(tmp_path).of("ov_matrix").passed) == (3, True)
