"""Every cheat, accident and odd right answer gets its row, and costs its neighbours nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ovlearn.exercises.answers import Namespace
from ovlearn.exercises.judging import verdict_on
from ovlearn.grader.batch.onesheet import close_graders, grade_sheet
from ovlearn.grader.batch.planning import Plan
from ovlearn.grader.batch.results import Mark
from tests.grader.isolation.accidents import ACCIDENTS
from tests.grader.isolation.blocked import BACK_DOORS
from tests.grader.isolation.cheats import CHEATS
from tests.grader.isolation.forgers import FORGERS
from tests.grader.isolation.readers import READERS, READING, USE, WHERE
from tests.grader.isolation.rights import RIGHTS
from tests.grader.isolation.sheets import Case

GROUPS = {
    "cheats": CHEATS,
    "accidents": ACCIDENTS,
    "readers": READERS,
    "forgers": FORGERS,
    "back doors": BACK_DOORS,
    "right answers": RIGHTS,
}


@pytest.fixture(autouse=True, scope="module")
def _graders() -> Iterator[None]:
    yield
    close_graders()


def graded(case: Case) -> dict[str, Mark]:
    asked = dict.fromkeys([case.exercise, "ov_rank"], 1)
    limits = {"call": 1.5 if case.endless else 20.0, "exercise": 60.0, "judging": 20.0, "memory": 2**30}
    plan = Plan(tuple(asked.items()), chosen=True, seed=7, **limits)
    result = grade_sheet("sheet.py", case.script, plan)
    assert result.status == "graded", result.note
    return {mark.exercise: mark for mark in result.marks}


def told(marks: dict[str, Mark], case: Case) -> tuple[tuple[str, str], bool]:
    """The row of the exercise, and whether the right answer beside it was seen."""
    mark, other = marks[case.exercise], marks["ov_rank"]
    return (mark.status, mark.mistake), other.passed or not case.spares


@pytest.mark.parametrize("group", GROUPS)
def test_the_table(group: str) -> None:
    differ = []
    for case in GROUPS[group]:
        begun = time.perf_counter()
        marks = graded(case)
        seconds = time.perf_counter() - begun
        row, spared = told(marks, case)
        as_expected = row == case.row and spared
        says = " ".join(marks[case.exercise].says.split())[:70]
        shown = f"{group}: {case.name:<44} {' '.join(row):<24} {seconds:4.1f} s  {says}"
        print("ok " if as_expected else "NO ", shown)
        if not as_expected:
            differ.append((case.name, row, case.row, marks))
    assert not differ


def test_no_two_cases_share_a_name() -> None:
    names = [(group, case.name) for group, cases in GROUPS.items() for case in cases]
    assert len(set(names)) == len(names)


def test_nothing_that_is_not_right_passes_by_its_own_claim() -> None:
    """Only right answers, and accidents beside a right answer, may expect full marks."""
    for group in ("cheats", "readers", "forgers", "back doors"):
        assert not [case.name for case in GROUPS[group] if case.row[0] == "passed"]


@pytest.mark.parametrize(
    "how", ["open", "os.open below a folder", "a symlink to its folder", "np.memmap", "runpy"]
)
def test_readers_would_succeed_without_isolation(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(WHERE + READING[how], names)
    if names["text"] is not None:
        exec(USE, names)
    assert verdict_on("ov_matrix", Namespace(names), 7).passed
