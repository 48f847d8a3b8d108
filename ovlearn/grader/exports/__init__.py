"""Write a run down for whoever reads it: learners, teachers, programs, and the platforms of classrooms.

To add a format: a file here with a function that writes a report to a folder, and a row in `FORMATS`.
"""

from collections.abc import Callable
from pathlib import Path

from ovlearn.grader.exports import (
    as_json,
    canvas,
    classroom,
    feedback,
    gradescope,
    junit,
    moodle,
    statistics,
    tables,
)
from ovlearn.grader.report import Report

Export = Callable[[Path, Report], None]

USUAL = ("csv", "json", "junit", "feedback", "statistics")  # what is written unless one chooses
OF_A_ROSTER = ("moodle", "canvas")  # what needs one

FORMATS: dict[str, Export] = {
    "csv": tables.export,
    "json": as_json.export,
    "junit": junit.export,
    "gradescope": gradescope.export,
    "classroom": classroom.export,
    "feedback": feedback.export,
    "statistics": statistics.export,
    "moodle": moodle.export,
    "canvas": canvas.export,
}

__all__ = ["FORMATS", "OF_A_ROSTER", "USUAL", "Export"]
