"""Answers and notebooks for tests."""

from __future__ import annotations

import json
from pathlib import Path

from ovlearn.exercises.sources import exercise, source_of
from ovlearn.exercises.starters import starter

SET = "04_values_and_outputs_fold"
RIGHT = {one.name: one.solution for one in source_of(SET).exercises}
POINTS = sum(one.points for one in source_of(SET).exercises)
SWAPPED = "def ov_matrix(W_V, W_O):\n    return W_O @ W_V\n"


def notebook(folder: Path, answers: dict[str, str], *, name: str = SET) -> Path:
    """Write the set's notebook with these answers in the places of its starters."""
    data = json.loads(starter(SET))
    for cell in data["cells"]:
        source = "".join(cell["source"])
        for exercise_name, answer in answers.items():
            if cell["cell_type"] == "code" and source == exercise(exercise_name).starter:
                cell["source"] = answer
    file = folder / f"{name}.ipynb"
    file.write_text(json.dumps(data), encoding="utf-8")
    return file
