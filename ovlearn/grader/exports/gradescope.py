"""Gradescope's `results.json`, a file a submission: `gradescope/NAME.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ovlearn.grader.batch.results import Mark, Result
from ovlearn.grader.exports.filenames import named
from ovlearn.grader.report import Report
from ovlearn.writing import write_whole


def export(folder: Path, report: Report) -> None:
    """Write the files."""
    (folder / "gradescope").mkdir(exist_ok=True)
    for name, result in named(report.results):
        write_whole(
            folder / "gradescope" / name, json.dumps(as_data(result), indent=1, ensure_ascii=False) + "\n"
        )


def as_data(result: Result) -> dict[str, Any]:
    """Return what Gradescope reads.

    >>> as_data(Result("a.py", "graded", marks=(Mark("ov_rank", "passed", points=2, out_of=2),)))["score"]
    2
    """
    data: dict[str, Any] = {
        "score": result.points,
        "execution_time": round(result.seconds),
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(mark) for mark in result.marks],
    }
    said = result.note if result.status == "graded" else f"Not graded: {result.note}"
    return {"output": said, **data} if result.note else data


def _test(mark: Mark) -> dict[str, Any]:
    return {
        "name": mark.exercise,
        "score": mark.points,
        "max_score": mark.out_of,
        "status": "passed" if mark.passed else "failed",
        "output": _said(mark),
        "visibility": "visible",
    }


def _said(mark: Mark) -> str:
    """What was said, what shows it, and what the teacher says: as text, which Gradescope shows as it is."""
    lines = [mark.says or mark.status, *(f"{name}: {value}" for name, value in mark.evidence)]
    return "\n".join([*lines, *([f"Your teacher says: {mark.comment}"] if mark.comment else [])])
