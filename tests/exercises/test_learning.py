"""The learner's commands: nothing is overwritten, and whatever is wrong is said in a line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ovlearn.cli import main
from ovlearn.exercises import folder, sets
from ovlearn.exercises.progress import FILE, load
from ovlearn.exercises.sources import source_of
from ovlearn.exercises.starters import SITE, starter
from ovlearn.grader import isolated
from ovlearn.grader.worker.remote import Patience
from tests.exercises.cases import RIGHT, SET, SWAPPED, notebook

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: Any) -> Path:
    """A learner's folder, and this process in it."""
    assert main(["start", str(tmp_path)]) == 0
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys: Any) -> str:
    return str(capsys.readouterr().out)


def test_start_lays_out_every_set(tmp_path: Path, capsys: Any) -> None:
    assert main(["start", str(tmp_path / "mine")]) == 0
    assert sorted(file.stem for file in tmp_path.glob("mine/*.ipynb")) == list(sets.files())
    assert (tmp_path / "mine" / FILE).exists()
    assert f"new   {tmp_path / 'mine' / SET}.ipynb" in said(capsys)


def test_start_overwrites_nothing_and_says_what_is_new(place: Path, capsys: Any) -> None:
    mine = place / f"{SET}.ipynb"
    data = json.loads(mine.read_text())
    data["cells"] = [cell for cell in data["cells"] if "fold" not in "".join(cell["source"])]
    mine.write_text(json.dumps(data))
    before = {file.name: file.read_bytes() for file in place.iterdir()}
    (place / "08_two_conventions.ipynb").unlink()
    said(capsys)
    assert main(["start", "."]) == 0
    out = said(capsys)
    assert out.splitlines()[0] == "new   08_two_conventions.ipynb"
    assert f"kept  {SET}.ipynb; new in this set: fold" in out
    assert {file.name: file.read_bytes() for file in place.iterdir()} == before


def test_start_says_why_it_cannot(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "file").write_text("")
    assert main(["start", str(tmp_path / "file")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_starter_holds_no_solution_and_no_hint() -> None:
    text = starter(SET)
    assert "W_V @ W_O" not in text
    assert "Write the shapes below each other" not in text
    assert starter.__wrapped__(SET) == text  # the same each time
    assert len({cell["id"] for cell in json.loads(text)["cells"]}) == len(json.loads(text)["cells"])


def test_links_lead_to_the_site_that_is_published() -> None:
    assert SITE in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert f"{SITE}lessons/{SET}/" in starter(SET)


def test_check_tells_each_verdict_and_keeps_the_progress(place: Path, capsys: Any) -> None:
    notebook(place, {**RIGHT, "ov_matrix": SWAPPED})
    said(capsys)
    assert main(["check", f"{SET}.ipynb"]) == 1
    out = said(capsys)
    assert "✗ ov_matrix: This is W_O W_V" in out
    assert "your shape" in out
    assert all(f"✓ {name}" in out for name in ("head_output", "ov_rank", "fold"))
    known = load(place)
    assert (known.of("fold").passed, known.of("ov_matrix").passed) == (True, False)

    notebook(place, RIGHT)
    assert main(["check", f"{SET}.ipynb"]) == 0
    assert load(place).of("ov_matrix").passed
    assert main(["progress"]) == 0
    assert f"{len(RIGHT)}/{len(RIGHT)}" in said(capsys)


def test_check_says_the_same_again_with_a_seed(place: Path, capsys: Any) -> None:
    notebook(place, {"ov_matrix": SWAPPED})
    said(capsys)
    outs = []
    for seed in ("7", "7", "8"):
        main(["check", f"{SET}.ipynb", "--seed", seed])
        outs.append(said(capsys))
    assert outs[0] == outs[1] != outs[2]


def test_a_broken_cell_costs_only_what_needs_it(place: Path, capsys: Any) -> None:
    notebook(place, {**RIGHT, "ov_matrix": "def ov_matrix(:", "ov_rank": "1 / 0"})
    said(capsys)
    main(["check", f"{SET}.ipynb"])
    out = said(capsys)
    assert "raised SyntaxError" in out
    assert "✓ head_output" in out
    assert "✓ fold" in out


def test_a_loop_without_end_is_stopped(place: Path) -> None:
    loop = "def ov_matrix(W_V, W_O):\n    while True:\n        pass\n"
    file = notebook(place, {**RIGHT, "ov_matrix": loop})
    found = {one.exercise: one for one in isolated.verdicts(file, patience=Patience(call=1))}
    assert "did not finish within 1 s" in found["ov_matrix"].total.says
    assert found["fold"].passed


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("none.ipynb", None, "No such file"),
        ("empty.ipynb", "", "empty"),
        ("words.ipynb", "hello", "no JSON"),
        ("folder", ..., "directory"),
    ],
)
def test_what_is_no_notebook_is_said_in_one_line(
    place: Path, capsys: Any, name: str, text: Any, why: str
) -> None:
    if text is ...:
        (place / name).mkdir()
    elif text is not None:
        (place / name).write_text(text)
    assert main(["check", name]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"ovlearn: {name}: ")
    assert why in err
    assert len(err.splitlines()) == 1


def test_check_where_there_is_nothing_says_what_to_do(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check"]) == 2
    assert "ovlearn start" in capsys.readouterr().err


def test_hints_come_in_stages(place: Path, capsys: Any) -> None:
    said(capsys)
    seen = []
    for _ in range(3):
        assert main(["hint", "ov_matrix"]) == 0
        seen.append(said(capsys))
    assert "Hint 2" not in seen[0]
    assert "Hint 2 of 2" in seen[1]
    assert "ovlearn solution" in seen[1]
    assert seen[2] == seen[1]
    assert main(["hint", "ov_matrx"]) == 2
    assert "did you mean ov_matrix?" in capsys.readouterr().err


def test_a_solution_is_shown_when_asked_twice_or_passed(place: Path, capsys: Any) -> None:
    said(capsys)
    assert main(["solution", "ov_matrix"]) == 1
    assert "W_V @ W_O" not in said(capsys)
    assert main(["solution", "ov_matrix"]) == 0
    assert "W_V @ W_O" in said(capsys)
    notebook(place, RIGHT)
    main(["check", f"{SET}.ipynb"])
    said(capsys)
    assert main(["solution", "fold"]) == 0
    assert "rules.fold" in said(capsys)


def test_reset_asks_and_keeps_a_dated_copy(place: Path, capsys: Any, monkeypatch: Any) -> None:
    mine = notebook(place, {"ov_matrix": SWAPPED})
    text = mine.read_text()
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    assert main(["reset", mine.name]) == 1
    assert mine.read_text() == text
    assert main(["reset", mine.name, "--yes"]) == 0
    assert mine.read_text() == starter(SET)
    (backup,) = place.glob(f"{SET}.20*.ipynb")
    assert backup.read_text() == text
    assert main(["reset", "other.ipynb", "--yes"]) == 2


def test_two_resets_in_one_second_keep_both(place: Path) -> None:
    mine = place / f"{SET}.ipynb"
    from datetime import datetime

    now = datetime(2026, 1, 2, 3, 4, 5)
    first, second = folder.reset(mine, now=now), folder.reset(mine, now=now)
    assert first != second
    assert len(list(place.glob(f"{SET}.2026-01-02*.ipynb"))) == 2


def test_watch_checks_again_when_a_notebook_is_saved(place: Path, capsys: Any, monkeypatch: Any) -> None:
    mine = notebook(place, {"ov_matrix": SWAPPED})

    def save(seconds: float) -> None:
        notebook(place, RIGHT)
        os.utime(mine, ns=(0, mine.stat().st_mtime_ns + 10**9))

    monkeypatch.setattr("ovlearn.commands.learning.time.sleep", save)
    said(capsys)
    assert main(["watch", mine.name, "--times", "2"]) == 0
    out = said(capsys)
    assert out.index("✗ ov_matrix") < out.index("✓ ov_matrix")


def test_watch_goes_on_over_half_a_save(place: Path, capsys: Any, monkeypatch: Any) -> None:
    mine = notebook(place, {"ov_matrix": SWAPPED})
    text, saves = mine.read_text(), []

    def save(seconds: float) -> None:
        saves.append(seconds)
        if len(saves) == 2:
            mine.unlink()
        elif len(saves) == 4:
            notebook(place, RIGHT)
        elif len(saves) != 3:
            mine.write_text(text[: len(text) // 2])

    monkeypatch.setattr("ovlearn.commands.learning.time", SimpleNamespace(sleep=save))
    said(capsys)
    assert main(["watch", mine.name, "--times", "3"]) == 0
    told = capsys.readouterr()
    assert f"{mine.name}: not a notebook: it is no JSON; waiting for the next save" in told.err
    assert told.out.index("✗ ov_matrix") < told.out.index("✓ ov_matrix")


def test_a_damaged_progress_file_is_said(place: Path, capsys: Any) -> None:
    (place / FILE).write_text("{")
    said(capsys)
    assert main(["progress"]) == 0
    assert "it is kept as ovlearn-progress.damaged.json" in capsys.readouterr().err
    (place / FILE).mkdir()
    for words in (["progress"], ["hint", "fold"], ["solution", "fold"]):
        assert main(words) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_check_in_a_notebook_says_what_became_of_the_progress(place: Path, capsys: Any) -> None:
    (place / FILE).write_text("{")
    exec("from ovlearn.exercises import check\nov_rank = 64\ncheck('ov_rank')", {})
    assert "it is kept as ovlearn-progress.damaged.json" in capsys.readouterr().err
    assert load(place).of("ov_rank").passed


def test_plain_pytest_runs_one_test_a_check(place: Path) -> None:
    notebook(place, {**RIGHT, "ov_matrix": SWAPPED})
    command = [sys.executable, "-m", "pytest", "-q", f"{SET}.ipynb", "-p", "no:cacheprovider"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=place)
    assert run.returncode == 1, run.stdout + run.stderr
    assert f"1 failed, {len(RIGHT) - 1} passed" in run.stdout
    assert "✗ ov_matrix: This is W_O W_V" in run.stdout
    assert "Traceback" not in run.stdout


def test_pytest_leaves_other_notebooks_alone(tmp_path: Path) -> None:
    notebook(tmp_path, RIGHT)  # no progress file: not a learner's folder
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert "no tests ran" in run.stdout


def test_the_gate_prints_its_table(capsys: Any) -> None:
    assert main(["author", "check", "04"]) == 0
    out = said(capsys)
    assert SET in out
    kinds = [one.kind for one in source_of(SET).known]
    counts = len(RIGHT), kinds.count("mistake"), kinds.count("right")
    assert "{} exercises, {} known mistakes, {} unusual right answers".format(*counts) in out


def test_the_gate_of_a_set_that_there_is_not_is_bad_usage(capsys: Any) -> None:
    assert main(["author", "check", "44"]) == 2
    assert "set: expected one of 01_residual_stream" in capsys.readouterr().err
