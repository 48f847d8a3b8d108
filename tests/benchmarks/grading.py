"""Grading: submissions a second against nbgrader's and otter-grader's own commands, and memory over many."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.benchmarks import graders
from tests.benchmarks.measuring import Promise

SUBMISSIONS, MANY = 20, 1000
ANSWERS = (
    "def ov_matrix(W_V, W_O):\n    return W_V @ W_O",
    "def head_output(A, X, W_OV):\n    return A @ X @ W_OV",
    "ov_rank = 64",
)
POINTS = {"exercises": {"ov_matrix": 1, "head_output": 2, "ov_rank": 1}}


def promises() -> Iterator[Promise]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        ours = ours_a_second(folder / "ours")
        for name, theirs in graders.measured(folder, SUBMISSIONS):
            yield Promise(
                f"{SUBMISSIONS} submissions, equal tests, against {name}",
                f"{ours:.1f} a second",
                f"{theirs:.2f} a second",
                ours / theirs,
                10,
                at_least=True,
            )
        early, late = memory_over_many(folder / "many")
        what = f"memory after {MANY} submissions with 2 jobs, against that after {MANY // 4}"
        yield Promise(what, f"{late:.0f} MB", f"{early:.0f} MB", late / early, 1.1)


def ours_a_second(folder: Path) -> float:
    class_of(folder / "in", SUBMISSIONS)
    begun = time.perf_counter()
    subprocess.run(command(folder), check=True, capture_output=True)
    taken = time.perf_counter() - begun
    results = json.loads((folder / "out" / "results.json").read_text())["results"]
    assert [one["points"] for one in results] == [4] * SUBMISSIONS
    return SUBMISSIONS / taken


def memory_over_many(folder: Path) -> tuple[float, float]:
    """Megabytes that all processes of a run hold after a quarter, and the most after it."""
    class_of(folder / "in", MANY)
    process = subprocess.Popen(command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    rows, early, late = folder / "out" / "rows", [0.0], [0.0]
    while process.poll() is None:
        done = len(os.listdir(rows)) if rows.is_dir() else 0
        if done >= MANY // 8:
            (early if done < MANY // 4 else late).append(held(process.pid))
        time.sleep(0.2)
    assert process.returncode == 0
    return max(early), max(late)


def held(pid: int) -> float:
    """Megabytes of a process and what it started; what is shared counts once. Workers come and go."""
    total = 0
    parent = psutil.Process(pid)
    for one in (parent, *parent.children()):
        try:
            total += one.memory_full_info().uss
        except psutil.Error:
            continue
    return total / 2**20


def class_of(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        cells = ["import numpy as np", *ANSWERS, f"number = {number}"]
        (folder / f"{number}.ipynb").write_text(json.dumps(graders.notebook(cells)))
    (folder.parent / "points.json").write_text(json.dumps(POINTS))


def command(folder: Path) -> list[str]:
    shutil.rmtree(folder / "out", ignore_errors=True)
    words = ["--manifest", str(folder / "points.json"), "-j", "2", "--out", str(folder / "out")]
    return [sys.executable, "-m", "ovlearn.cli", "grade", str(folder / "in"), *words]
