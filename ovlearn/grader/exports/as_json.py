"""`results.json`: everything, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ovlearn.grader.batch.results import Result
from ovlearn.writing import write_whole


def export(folder: Path, results: Sequence[Result]) -> None:
    """Write `results.json`."""
    data = {"results": [one.as_data() for one in results]}
    write_whole(folder / "results.json", json.dumps(data, indent=1, ensure_ascii=False) + "\n")
