"""nbgrader and otter-grader, in an environment of their own, on the same answers and as many tests."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[2] / "build" / "graders"
PINNED = ("nbgrader==0.9.6", "otter-grader==7.0.0", "ipykernel==7.4.0", "numpy==2.4.6")

SETUP = """import numpy as np
rng = np.random.default_rng(0)
V, O = rng.normal(size=(8, 3)), rng.normal(size=(3, 8))"""
ANSWERS = {
    "ov_matrix": "def ov_matrix(W_V, W_O):\n    return W_V @ W_O",
    "head_output": "def head_output(A, X, W_OV):\n    return A @ X @ W_OV",
    "ov_rank": "ov_rank = 64",
}
TESTS = {
    "ov_matrix": "assert np.allclose(ov_matrix(V, O), V @ O)",
    "head_output": "A, X = rng.normal(size=(5, 5)), rng.normal(size=(5, 8))\n"
    "assert np.allclose(head_output(A, X, V @ O), A @ X @ V @ O)",
    "ov_rank": "assert ov_rank == 64",
}


def measured(folder: Path, count: int) -> Iterator[tuple[str, float]]:
    """Yield each grader's name, and how many submissions a second its own command grades."""
    installed()
    for name, prepare in {"nbgrader": nbgrader, "otter-grader": otter}.items():
        grade, check = prepare(folder / name, count)
        begun = time.perf_counter()
        grade()
        taken = time.perf_counter() - begun
        check()
        yield name, count / taken


def installed() -> None:
    stamp = HOME / ".installed"
    if stamp.exists() and stamp.read_text() == str(PINNED):
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", HOME], check=True)
    subprocess.run([HOME / "bin" / "python", "-m", "pip", "install", "-q", *PINNED], check=True)
    stamp.write_text(str(PINNED))


Pair = tuple[Callable[[], None], Callable[[], None]]  # grade, and see that all got full marks


def nbgrader(folder: Path, count: int) -> Pair:
    cells = [cell(SETUP)]
    for name, answer in ANSWERS.items():
        text = f"### BEGIN SOLUTION\n{answer}\n### END SOLUTION"
        cells += [cell(text, name, solution=True), cell(TESTS[name], f"test_{name}", grade=True, points=1)]
    write(folder / "source" / "ps" / "ps.ipynb", cells)
    run(folder, "nbgrader", "generate_assignment", "ps", "--create", "--force")
    made = json.loads((folder / "release" / "ps" / "ps.ipynb").read_text())
    for one in made["cells"]:
        name = one["metadata"].get("nbgrader", {}).get("grade_id")
        if name in ANSWERS:
            one["source"] = ANSWERS[name]
    for number in range(count):
        place = folder / "submitted" / f"s{number}" / "ps"
        place.mkdir(parents=True)
        (place / "ps.ipynb").write_text(json.dumps(made))

    def check() -> None:
        run(folder, "nbgrader", "export")
        lines = (folder / "grades.csv").read_text().splitlines()
        column = lines[0].split(",").index("score")
        assert [float(line.split(",")[column]) for line in lines[1:]] == [3.0] * count

    return lambda: run(folder, "nbgrader", "autograde", "ps", "--create"), check


def otter(folder: Path, count: int) -> Pair:
    cells = [raw("# ASSIGNMENT CONFIG\ngenerate: true\ninit_cell: false\nexport_cell: false"), cell(SETUP)]
    for name, answer in ANSWERS.items():
        cells += [raw(f"# BEGIN QUESTION\nname: {name}\npoints: 1"), raw("# BEGIN SOLUTION")]
        cells += [cell(answer), raw("# END SOLUTION"), raw("# BEGIN TESTS"), cell(TESTS[name])]
        cells += [raw("# END TESTS"), raw("# END QUESTION")]
    write(folder / "ps.ipynb", cells)
    run(folder, "otter", "assign", "ps.ipynb", "dist", "--no-run-tests")
    (archive,) = (folder / "dist" / "autograder").glob("*.zip")
    for number in range(count):
        write(folder / "in" / f"s{number}.ipynb", [cell(SETUP), *map(cell, ANSWERS.values())])

    def grade() -> None:
        for path in sorted((folder / "in").iterdir()):  # its `grade` wants Docker; this is what runs inside
            out = folder / f"out-{path.stem}"
            out.mkdir()
            run(folder, "otter", "run", "-a", str(archive), "-o", str(out), str(path))

    def check() -> None:
        for number in range(count):
            results = json.loads((folder / f"out-s{number}" / "results.json").read_text())
            assert sum(test.get("score", 0) for test in results["tests"]) == 3, results

    return grade, check


def run(folder: Path, *words: str) -> None:
    environment = {"PATH": f"{HOME / 'bin'}:/usr/bin:/bin", "HOME": str(folder), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def write(path: Path, cells: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook(cells)))


def notebook(cells: list[Any]) -> dict[str, Any]:
    made = [cell(one) if isinstance(one, str) else one for one in cells]
    for number, one in enumerate(made):
        one["id"] = f"cell{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": made}


def cell(
    source: str, name: str = "", *, grade: bool = False, solution: bool = False, points: int = 0
) -> dict[str, Any]:
    marks = {"grade": grade, "solution": solution, "locked": grade, "schema_version": 3, "task": False}
    told = {"nbgrader": {**marks, "grade_id": name, **({"points": points} if grade else {})}} if name else {}
    return {"cell_type": "code", "metadata": told, "outputs": [], "execution_count": None, "source": source}


def raw(source: str) -> dict[str, Any]:
    return {"cell_type": "raw", "metadata": {}, "source": source}
