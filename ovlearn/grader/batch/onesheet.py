"""Grade one answer sheet: from bytes to a result, in whatever process, with a grader of its own."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Sequence
from dataclasses import replace

from ovlearn.exercises.sheet_cells import Unreadable, cells_of
from ovlearn.grader.batch.grader import Grader
from ovlearn.grader.batch.planning import Plan, Points
from ovlearn.grader.batch.results import Mark, Result, printable
from ovlearn.grader.batch.submissions import NOTEBOOK, is_notebook

NOTHING_ASKED = "no exercise of the course is in it"
_idle: list[Grader] = []
_busy: set[Grader] = set()
_lock = threading.Lock()


def grade_sheet(name: str, data: bytes, plan: Plan, known: Sequence[Mark] = ()) -> Result:
    """Return the result of one submission: always one, whatever the submission is.

    `known`: marks that still hold, which are not made again. This is the function that every executor runs.

    >>> plan = Plan((("ov_rank", 2),), chosen=True, seed=0)
    >>> grade_sheet("a.py", b"ov_rank = 64", plan).points
    2
    >>> grade_sheet("b.ipynb", b"no notebook", plan).note
    'not a notebook: it is no JSON'
    """
    try:
        cells = cells_of(f"{name}{NOTEBOOK}" if is_notebook(data) else name, data)
        asked = plan.asked(cells, name)
        if not asked:
            return Result(name, "not graded", NOTHING_ASKED)
        marks = _marks(cells, asked, plan, known)
    except Unreadable as error:
        return ungraded(name, str(error), plan)
    except Exception as error:  # one submission must never cost the others
        return ungraded(name, failed(error), plan, look=failed(error))
    seconds = round(sum(mark.seconds for mark in marks), 3)
    if all(mark.status == "not graded" for mark in marks):
        return Result(name, "not graded", marks[0].says, marks, seconds, look=marks[0].look)
    return Result(name, "graded", "", marks, seconds)


def failed(error: BaseException) -> str:
    """Return what to say where our own code failed on a submission."""
    return f"the grader failed: {type(error).__name__}: {printable(str(error))[:200]}".rstrip(": ")


def ungraded(name: str, note: str, plan: Plan, *, look: str = "") -> Result:
    """Return the result of a submission that could not be graded: no points, of those that were asked.

    `look`: the reason, where it is not the hand-in that is at fault.
    """
    asked = plan.exercises if plan.chosen else ()
    marks = tuple(Mark(exercise, "not graded", out_of=points, look=look) for exercise, points in asked)
    return Result(name, "not graded", note, marks, look=look)


def close_graders() -> None:
    """End the graders of this process, those at work too."""
    with _lock:
        graders = [*_idle, *_busy]
        _idle.clear()
    for grader in graders:
        grader.end()


def _marks(cells: Sequence[str], asked: Points, plan: Plan, known: Sequence[Mark]) -> tuple[Mark, ...]:
    marks = {mark.exercise: mark for mark in known}
    missing = [name for name, _ in asked if name not in marks]
    if missing:
        for mark in _graded(cells, missing, plan):
            holds = mark.status != "not graded"
            marks[mark.exercise] = replace(mark, stamp=plan.stamp(mark) if holds else "")
    return tuple(
        replace(marks[name], points=points if marks[name].passed else 0, out_of=points)
        for name, points in asked
    )


def _graded(cells: Sequence[str], names: Sequence[str], plan: Plan) -> list[Mark]:
    with _lock:
        grader = _idle.pop() if _idle else Grader()
        _busy.add(grader)
    try:
        return list(grader.marks(cells, names, plan))
    finally:
        with _lock:
            _busy.discard(grader)
            if not grader.ended:
                _idle.append(grader)


atexit.register(close_graders)
