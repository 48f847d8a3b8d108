"""Write results for whoever reads them: tables (`csv`), programs (`json`, `junit`) and two classrooms.

To add a format: a file here with a function that writes results to a folder, and a row in `FORMATS`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from ovlearn.grader.batch.results import Result
from ovlearn.grader.exports import as_json, classroom, gradescope, junit, tables

Export = Callable[[Path, Sequence[Result]], None]

FORMATS: dict[str, Export] = {
    "csv": tables.export,
    "json": as_json.export,
    "junit": junit.export,
    "gradescope": gradescope.export,
    "classroom": classroom.export,
}

__all__ = ["FORMATS", "Export"]
