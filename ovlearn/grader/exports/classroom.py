"""Classroom 50's `result.json`, a file a submission: `classroom/NAME.json`.

On its runner, environment variables say which classroom, assignment and commit it is; they are copied. See
https://github.com/foundation50/classroom50/wiki/Advanced-Autograding.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ovlearn.grader.batch.results import Mark, Result
from ovlearn.grader.exports.filenames import named
from ovlearn.grader.report import Report
from ovlearn.writing import write_whole

_FROM_THE_RUNNER = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
}


def export(folder: Path, report: Report) -> None:
    """Write the files."""
    (folder / "classroom").mkdir(exist_ok=True)
    for name, result in named(report.results):
        data = as_data(result, os.environ, datetime.now(UTC))
        write_whole(folder / "classroom" / name, json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def as_data(result: Result, environment: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Return what Classroom 50 reads. `environment`: that of its runner; `now`: the time of grading."""
    told = {name: environment.get(variable) or "local" for name, variable in _FROM_THE_RUNNER.items()}
    return {
        "schema": "classroom50/result/v1",
        **told,
        "review": environment.get("REVIEW_URL") or told["commit"],
        "datetime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": result.points,
        "max-score": result.out_of,
        "tests": [_test(mark) for mark in result.marks],
    }


def _test(mark: Mark) -> dict[str, Any]:
    return {
        "test-name": mark.exercise,
        "passed": mark.passed,
        "score": mark.points,
        "max-score": mark.out_of,
    }
