"""What a learner waits for: `check()` in a warm notebook, and `ovlearn check` in the terminal."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from ovlearn.exercises.gate import in_process
from ovlearn.exercises.judging import verdict_on
from ovlearn.exercises.sets import files
from ovlearn.exercises.sources import source_of
from ovlearn.exercises.starters import starter
from tests.benchmarks.measuring import Promise, seconds, shown

SET = "04_values_and_outputs_fold"


def promises() -> Iterator[Promise]:
    """Both figures."""
    taken = sorted(one_check())
    yield Promise(
        "check() of one exercise, all sets, median, seconds",
        shown(median(taken)),
        f"slowest {shown(taken[-1])}",
        median(taken),
        0.3,
    )
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, f"{SET}.ipynb")
        file.write_text(answered(), encoding="utf-8")
        ours = seconds(lambda: run("-m", "ovlearn.cli", "check", str(file)), repeats=5)
        theirs = seconds(lambda: run("-c", f"import numpy, sympy\n{answers()}"), repeats=5)
    yield Promise(
        "ovlearn check, against importing numpy and sympy and running the answers",
        shown(ours),
        shown(theirs),
        ours / theirs,
        2,
    )


def one_check() -> Iterator[float]:
    """Seconds that each exercise's checks take on its solution, once everything is loaded."""
    for set_name in files():
        source = source_of(set_name)
        for one in source.exercises:
            made = in_process(source.setup, one.solution)
            assert verdict_on(one.name, made, 0).passed
            yield seconds(lambda name=one.name, made=made: verdict_on(name, made, 1), repeats=3)  # type: ignore[misc]


def answers() -> str:
    """The code of a notebook that has all answers."""
    source = source_of(SET)
    return "\n".join([source.setup, *(one.solution for one in source.exercises)])


def answered() -> str:
    """That notebook."""
    data = json.loads(starter(SET))
    solutions = {one.starter: one.solution for one in source_of(SET).exercises}
    for cell in data["cells"]:
        cell["source"] = solutions.get(cell["source"], cell["source"])
    return json.dumps(data)


def run(*words: str) -> None:
    """Run a fresh interpreter to its end."""
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
