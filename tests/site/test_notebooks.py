"""The notebook of every lesson, as a reader downloads it, runs anywhere."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from rendering.execution.kernels import LessonKernel
from tests.site.built import SITE, pages

NOTEBOOKS = [page.rstrip("/") for page in pages() if page == "errata/" or page.startswith("lessons/")]


def test_every_lesson_has_one() -> None:
    assert {f"{name}.ipynb" for name in NOTEBOOKS} == {
        file.relative_to(SITE).as_posix() for file in SITE.rglob("*.ipynb")
    }
    assert len(NOTEBOOKS) >= 10


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_as_downloaded(name: str, tmp_path: Path) -> None:
    notebook = nbformat.read(SITE / f"{name}.ipynb", as_version=4)
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs for cell in codes), "it must be the reader who runs it"
    kernel = LessonKernel()
    try:
        client = NotebookClient(
            notebook, km=kernel, timeout=60, resources={"metadata": {"path": str(tmp_path)}}
        )
        client.execute(env={**kernel.environment(), "PYTHONWARNINGS": "default"})
    finally:
        kernel.remove_folder()
    assert any(cell.outputs for cell in codes)
    assert list(tmp_path.iterdir()) == []
