"""`results.json`: everything, for programs."""

from __future__ import annotations

import json
from pathlib import Path

from ovlearn.grader.report import Report
from ovlearn.writing import write_whole


def export(folder: Path, report: Report) -> None:
    """Write `results.json`."""
    data = {"results": [one.as_data() for one in report.results]}
    write_whole(folder / "results.json", json.dumps(data, indent=1, ensure_ascii=False) + "\n")
