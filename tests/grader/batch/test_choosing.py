"""Of several files of one learner one counts for each exercise, and it is not the best one."""

from __future__ import annotations

import json
import random
from pathlib import Path

from ovlearn.grader.batch.autograder import main
from ovlearn.grader.batch.choosing import choose
from ovlearn.grader.batch.planning import Plan
from ovlearn.grader.batch.submissions import submissions
from tests.grader.batch.making import GOOD, notebook

PLAN = Plan((("ov_matrix", 1), ("ov_rank", 2)), chosen=True, seed=3)


def chosen(folder: Path, plan: Plan = PLAN) -> tuple[dict[str, set[str]], str]:
    choice = choose(submissions([folder]), plan)
    return {name: set(exercises) for name, _, exercises in choice.files}, choice.note


def test_a_guess_a_file_earns_one_guess(tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text(json.dumps({"exercises": {"ov_rank": 2}, "seed": 3}))
    results = tmp_path / "out.txt"
    folder = tmp_path / "in"
    folder.mkdir()
    numbers = [16, 32, 64, 128]
    random.Random(0).shuffle(numbers)
    for place, number in enumerate(numbers):
        (folder / f"{place}.ipynb").write_text(notebook(f"ov_rank = {number}"))
    main([str(tmp_path / "plan.txt"), str(folder), str(results)])
    data = json.loads(results.read_text())
    assert data["score"] == (2 if numbers[0] == 64 else 0)
    assert data["output"] == "Counted: 0.ipynb. Not counted: 1.ipynb; 2.ipynb; 3.ipynb."


def test_what_a_file_is_decides(tmp_path: Path) -> None:
    rank, matrix = "ov_rank = 64", "def ov_matrix(W_V, W_O): return W_V @ W_O"
    (tmp_path / "a.ipynb").write_text(notebook(rank))
    (tmp_path / "z.py").write_text(f"{rank}\n{matrix}\n")
    assert chosen(tmp_path)[0] == {"z.py": {"ov_matrix", "ov_rank"}}  # more of the set
    (tmp_path / "b.ipynb").write_text(notebook(rank, matrix))
    assert chosen(tmp_path)[0] == {"b.ipynb": {"ov_matrix", "ov_rank"}}  # as much, and a notebook
    (tmp_path / "my 04_values_and_outputs_fold.ipynb").write_text(notebook(rank))
    files, note = chosen(tmp_path)
    assert files == {"b.ipynb": {"ov_matrix"}, "my 04_values_and_outputs_fold.ipynb": {"ov_rank"}}
    assert note == (
        "Counted: b.ipynb for ov_matrix; my 04_values_and_outputs_fold.ipynb for ov_rank. "
        "Not counted: a.ipynb; z.py."
    )


def test_a_helper_is_said_beside_what_counts(tmp_path: Path) -> None:
    (tmp_path / "learner").mkdir()
    (tmp_path / "learner" / "04.ipynb").write_text(notebook(GOOD))
    (tmp_path / "learner" / "helper.py").write_text("def times(a, b): return a @ b")
    files, note = chosen(tmp_path)
    assert files == {"learner/04.ipynb": {"ov_matrix", "ov_rank"}}
    assert note == "Counted: learner/04.ipynb. Not counted: helper.py."


def test_one_file_needs_no_word_and_none_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(GOOD)
    assert chosen(tmp_path)[1] == ""
    (tmp_path / "a.py").unlink()
    (tmp_path / "report.pdf").write_text("x")
    files, note = chosen(tmp_path)
    assert files == {}
    assert note.startswith("report.pdf (a PDF: expected a notebook")
