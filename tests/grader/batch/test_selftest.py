"""Nobody is graded where the course's own solutions are not passed; and what was not graded is not exit 0."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ovlearn.cli import main
from ovlearn.grader.batch import selftest
from ovlearn.grader.batch.onesheet import close_graders
from ovlearn.grader.batch.planning import Plan, plan_of
from ovlearn.grader.batch.selftest import SelfTestFailed, needed, self_test, solutions
from ovlearn.grader.batch.submissions import submissions
from ovlearn.grader.worker import starting
from tests.grader.batch.making import GOOD


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text(GOOD)
    return tmp_path / "a.py"


def test_the_solutions_are_what_is_tested_and_only_of_what_is_asked(sheet: Path) -> None:
    plan = needed(plan_of([], None, seed=3), submissions([sheet]))
    assert [name for name, _ in plan.exercises] == ["ov_matrix", "head_output", "ov_rank", "fold"]
    assert [(name, len(part.exercises)) for name, _, part in solutions(plan)] == [
        ("04_values_and_outputs_fold.py", 4)
    ]
    with ThreadPoolExecutor(1) as executor:
        self_test(plan, executor)


def test_a_solution_that_does_not_pass_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = [("a.py", b"ov_rank = 3", Plan((("ov_rank", 1),), chosen=True, seed=1))]
    monkeypatch.setattr(selftest, "solutions", lambda plan: wrong)
    with ThreadPoolExecutor(1) as executor, pytest.raises(SelfTestFailed, match=r"^ov_rank: wrong\. "):
        self_test(Plan((), chosen=True, seed=1), executor)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("numpy", "ImportError: no numpy for children"),
        ("mpmath", "ImportError: SymPy now depends on mpmath as an external library."),
    ],
)
def test_children_that_cannot_start_stop_the_run_with_their_own_words(
    missing: str,
    words: str,
    sheet: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As where a library is only found by a setting that a child does not have."""
    close_graders()
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / f"{missing}.py").write_text(f"raise ImportError('no {missing} for children')")
    monkeypatch.setattr(starting, "imported_from", lambda: [str(tmp_path / "first"), *sys.path])
    code = main(["grade", str(sheet), "--set", "4", "--out", str(tmp_path / "out")])
    told = capsys.readouterr()
    close_graders()
    assert code == 2
    assert told.err.startswith(
        "ovlearn: nothing was graded: the course's own solutions fail here: ov_matrix: "
    )
    assert words in told.err
    assert not (tmp_path / "out" / "results.csv").exists()
