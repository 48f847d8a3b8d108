"""Before anybody is graded: the course's own solutions, in the same isolation, must get full marks.

Where they do not, the machine or the installation is at fault, and no learner's zero would mean anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace

from ovlearn.exercises.sets import set_of
from ovlearn.exercises.sheet_cells import Unreadable, cells_of
from ovlearn.exercises.sources import source_of
from ovlearn.grader.batch.onesheet import failed, grade_sheet
from ovlearn.grader.batch.planning import Plan
from ovlearn.grader.batch.results import Result
from ovlearn.grader.batch.submissions import NOTEBOOK, Submission, is_notebook


class SelfTestFailed(Exception):
    """The course's own solution of an exercise got no full marks here. The message says why."""


def self_test(plan: Plan, executor: Executor) -> None:
    """Grade the solutions of a plan's exercises.

    Raises: SelfTestFailed for the first that does not pass.
    """
    futures = [executor.submit(grade_sheet, *each) for each in solutions(plan)]
    for future in futures:
        error = future.exception()
        why = failed(error) if error is not None else _fault(future.result())
        if why:
            raise SelfTestFailed(why)


def needed(plan: Plan, found: Sequence[Submission]) -> Plan:
    """Return the plan for the exercises that these submissions are graded on."""
    if plan.chosen:
        return plan
    asked = {name for each in found for name in _asked(plan, each)}
    exercises = tuple((name, points) for name, points in plan.exercises if name in asked)
    return replace(plan, exercises=exercises, chosen=True)


def solutions(plan: Plan) -> Iterator[tuple[str, bytes, Plan]]:
    """Yield a sheet of solutions a set, as `grade_sheet` takes it: its name, its bytes, and what is asked."""
    for set_name in dict.fromkeys(set_of(name) for name, _ in plan.exercises):
        source = source_of(set_name)
        cells = [source.setup, *(one.solution for one in source.exercises)]
        exercises = tuple(pair for pair in plan.exercises if set_of(pair[0]) == set_name)
        text = "\n\n# %%\n".join(cells)
        yield f"{set_name}.py", text.encode(), replace(plan, exercises=exercises, chosen=True)


def _fault(result: Result) -> str:
    for mark in result.marks:
        if not mark.passed:
            return f"{mark.exercise}: {mark.status}. {mark.says}".strip()
    return result.note


def _asked(plan: Plan, submission: Submission) -> list[str]:
    try:
        data = submission.read()
        name = f"{submission.name}{NOTEBOOK}" if is_notebook(data) else submission.name
        return [exercise for exercise, _ in plan.asked(cells_of(name, data), submission.name)]
    except (Unreadable, OSError):
        return []
