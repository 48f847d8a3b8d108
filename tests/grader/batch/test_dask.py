"""A cluster of separate processes gives the same rows and marks as this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ovlearn.grader.batch.pool import dask
from ovlearn.grader.worker import confinement
from tests.grader.batch.making import GOOD, WRONG, notebook

CLUSTER = """
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        input()
"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The scheduler of a cluster, which is gone after the test."""
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=pipe, stdout=pipe, text=True, cwd=tmp_path
    ) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        yield run.stdout.readline().strip()
        run.stdin.write("\n")
        run.stdin.flush()


def graded(folder: Path, out: Path, *words: str) -> object:
    command = [sys.executable, "-m", "ovlearn.cli", "grade", str(folder), "--seed", "5", "--out", str(out)]
    done = subprocess.run([*command, "--set", "4", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr  # one is no notebook
    results = json.loads((out / "results.json").read_text())["results"]
    for one in results:
        for part in (one, *one["marks"]):
            assert part.pop("seconds") >= 0
    return results


def test_a_cluster_gives_the_same_rows(tmp_path: Path, address: str) -> None:
    folder = tmp_path / "class"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.ipynb").write_text(notebook(GOOD if number % 2 else WRONG, f"x = {number}"))
    (folder / "4.ipynb").write_text("hello")
    (folder / "5.py").write_text("import os\nos._exit(0)\n# %%\nov_rank = 64")
    there = graded(folder, tmp_path / "there", "--dask", address)
    assert there == graded(folder, tmp_path / "here", "-j", "1")
    assert len(there) == 6


class Cluster:
    """Two workers, one of which lacks a fence."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None: ...

    def nthreads(self) -> dict[str, int]:
        return {"one": 2, "other": 3}

    def run(self, function: Callable[[], list[str]]) -> dict[str, list[str]]:
        assert function is confinement.missing
        return {"one": [], "other": ["no Landlock"]}

    def get_executor(self, *, pure: bool) -> str:
        return f"pure: {pure}"


def test_what_a_worker_of_the_cluster_lacks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distributed.Client", Cluster)
    with dask("tcp://somewhere:1") as place:
        assert (place.executor, place.width) == ("pure: False", 5)
        assert place.lacks == ("no Landlock, on a worker",)
