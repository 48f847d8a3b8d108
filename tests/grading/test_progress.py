"""Progress: whole or not at all, tolerant of what it does not know, and honest when an answer breaks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ovlearn.grading import progress
from ovlearn.grading.progress import FILE, Entry, Progress, load, note, save


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    known = Progress().noted("ov_matrix", passed=True).changed("fold", Entry(hints=2, asked=1))
    save(tmp_path, known)
    assert load(tmp_path) == known
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_it_regresses_when_an_answer_breaks(tmp_path: Path) -> None:
    save(tmp_path, Progress().noted("ov_matrix", passed=True))
    note("ov_matrix", passed=False, folder=tmp_path)
    assert load(tmp_path).of("ov_matrix") == Entry(passed=False, attempts=2)


def test_what_it_does_not_know_is_kept(tmp_path: Path) -> None:
    data = {"exercises": {"of_another_version": {"passed": True, "stars": 3}}, "theme": "dark"}
    (tmp_path / FILE).write_text(json.dumps(data))
    save(tmp_path, load(tmp_path).noted("ov_matrix", passed=True))
    kept = json.loads((tmp_path / FILE).read_text())
    assert kept["theme"] == "dark"
    assert kept["exercises"]["of_another_version"]["passed"] is True


@pytest.mark.parametrize("text", ["", "{", "[]", '{"exercises": 3}', '{"exercises": {"a": 3}}', "\x00"])
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

    monkeypatch.setattr(progress.json, "dump", fail)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path, Progress())
    assert load(tmp_path).of("ov_matrix").passed
    assert [file.name for file in tmp_path.iterdir()] == [FILE]
