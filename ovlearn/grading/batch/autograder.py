"""What an autograder bundle runs: grade one learner's files, write one `results.json`.

`python -m ovlearn.grading.batch.autograder PLAN SUBMISSION RESULTS`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ovlearn.grading.batch.keeping import write
from ovlearn.grading.batch.planning import Plan
from ovlearn.grading.batch.results import Mark, Result
from ovlearn.grading.batch.running import Run, local
from ovlearn.grading.batch.submissions import submissions
from ovlearn.grading.exports.gradescope import as_data


def main(arguments: Sequence[str] | None = None) -> None:
    """Grade the submission; the arguments are those of the process unless given."""
    plan, submission, results = map(Path, sys.argv[1:] if arguments is None else arguments)
    asked = json.loads(plan.read_text(encoding="utf-8"))
    exercises = tuple((name, int(points)) for name, points in asked["exercises"].items())
    run = Run(Plan(exercises, chosen=True, seed=asked["seed"]))
    with local(1) as (executor, _):
        graded = run.over(submissions([submission]), executor, window=2)
    write(results, json.dumps(as_data(together(graded)), indent=1, ensure_ascii=False) + "\n")


def together(results: Sequence[Result]) -> Result:
    """Return one result for several files of one learner: the best mark of each exercise.

    >>> one, other = Mark("a", "wrong", out_of=1), Mark("a", "passed", points=1, out_of=1)
    >>> together([Result("1.py", "graded", marks=(one,)), Result("2.py", "graded", marks=(other,))]).points
    1
    """
    best: dict[str, Mark] = {}
    for mark in (mark for one in results for mark in one.marks):
        known = best.get(mark.exercise)
        if known is None or (mark.passed and not known.passed):
            best[mark.exercise] = mark
    notes = "; ".join(f"{one.submission}: {one.note}" for one in results if one.note)
    note = notes or ("" if results else "there is no notebook in it")
    status = "graded" if any(one.status == "graded" for one in results) else "not graded"
    return Result("submission", status, note, tuple(best.values()), sum(one.seconds for one in results))


if __name__ == "__main__":
    main()
