"""What an autograder bundle runs: grade one learner's files, write one `results.json`.

`python -m ovlearn.grader.batch.autograder PLAN SUBMISSION RESULTS`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

from ovlearn.grader.batch.choosing import Choice, choose
from ovlearn.grader.batch.onesheet import grade_sheet
from ovlearn.grader.batch.planning import Plan
from ovlearn.grader.batch.pool import local
from ovlearn.grader.batch.results import Mark, Result
from ovlearn.grader.batch.selftest import SelfTestFailed, self_test
from ovlearn.grader.batch.submissions import submissions
from ovlearn.grader.exports.gradescope import as_data
from ovlearn.writing import write_whole


def main(arguments: Sequence[str] | None = None) -> None:
    """Grade the submission; the arguments are those of the process unless given."""
    file, submission, results = map(Path, sys.argv[1:] if arguments is None else arguments)
    asked = json.loads(file.read_text(encoding="utf-8-sig"))
    exercises = tuple((name, int(points)) for name, points in asked["exercises"].items())
    with local(1) as place:
        for lack in place.lacks:  # on standard output, which the platform shows to teachers alone
            print(f"isolation that this system does not give: {lack}")
        plan = Plan(exercises, chosen=True, seed=asked["seed"], **asked.get("limits", {}))
        graded = _graded(plan, submission, place.executor)
    write_whole(results, json.dumps(as_data(graded), indent=1, ensure_ascii=False) + "\n")


def _graded(plan: Plan, submission: Path, executor: Executor) -> Result:
    try:
        self_test(plan, executor)
    except SelfTestFailed as error:
        print(f"the course's own solutions are not passed here: {error}")
        note = "the autograder does not work: tell your teacher. No answer of yours was looked at."
        return Result("submission", "not graded", note, _without_points(plan))
    chosen = choose(submissions([submission]), plan)
    if not chosen.files:
        return Result("submission", "not graded", chosen.note, _without_points(plan))
    return one_result(plan, chosen)


def one_result(plan: Plan, chosen: Choice) -> Result:
    """Return the result for the files that one learner handed in: each exercise is graded in one of them."""
    marks: dict[str, Mark] = {}
    for name, data, exercises in chosen.files:
        part = replace(plan, exercises=tuple(pair for pair in plan.exercises if pair[0] in exercises))
        marks |= {mark.exercise: mark for mark in grade_sheet(name, data, part).marks}
    ordered = tuple(marks[name] for name, _ in plan.exercises)
    status = "graded" if any(mark.status != "not graded" for mark in ordered) else "not graded"
    return Result("submission", status, chosen.note, ordered, sum(mark.seconds for mark in ordered))


def _without_points(plan: Plan) -> tuple[Mark, ...]:
    return tuple(Mark(name, "not graded", out_of=points) for name, points in plan.exercises)


if __name__ == "__main__":
    main()
