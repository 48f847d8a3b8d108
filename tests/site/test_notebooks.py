"""The notebook of every lesson, as a reader downloads it, runs anywhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from ovlearn.exercises.sets import files
from ovlearn.exercises.starters import starter
from tests.site.built import SITE, pages

NOTEBOOKS = [
    page.rstrip("/")
    for page in pages()
    if not page.startswith("exercises/") and (SITE / f"{page.rstrip('/')}.ipynb").is_file()
]
EXERCISES = [f"exercises/{name}" for name in files()]

# In a process of its own: what its sockets leave behind is no concern of other tests.
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
print(sum(bool(cell.get("outputs")) for cell in notebook.cells))
"""


def test_every_lesson_has_one() -> None:
    assert {f"{name}.ipynb" for name in (*NOTEBOOKS, *EXERCISES)} == {
        file.relative_to(SITE).as_posix() for file in SITE.rglob("*.ipynb")
    }
    assert len(NOTEBOOKS) >= 10


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_notebook_is_the_starter(name: str) -> None:
    assert (SITE / f"{name}.ipynb").read_text(encoding="utf-8") == starter(name.rpartition("/")[2])


@pytest.mark.parametrize("name", [*NOTEBOOKS, EXERCISES[0]])
def test_a_notebook_runs_as_downloaded(name: str, tmp_path: Path) -> None:
    file = SITE / f"{name}.ipynb"
    cells = nbformat.read(file, as_version=4).cells
    assert not any(cell.get("outputs") for cell in cells), "it must be the reader who runs it"
    command = [sys.executable, "-c", RUN, str(file)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 0
    assert list(tmp_path.iterdir()) == []
