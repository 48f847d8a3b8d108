"""What we read of a percent notebook is what jupytext reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jupytext
import pytest

from ovlearn.exercises.percent import cells

ROOT = Path(__file__).parents[2]
FILES = [file for folder in ("exercises", "lessons", "docs") for file in sorted((ROOT / folder).glob("*.py"))]


@pytest.mark.parametrize(
    "file", [file for file in FILES if "# %%" in file.read_text(encoding="utf-8")], ids=lambda file: file.stem
)
def test_it_is_what_jupytext_reads(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    read = jupytext.reads(text, fmt="py:percent").cells
    theirs = [
        (cell.cell_type, cell.source.strip("\n"), marks(cell.metadata))
        for cell in read
        if cell.source.strip()
    ]
    assert [(cell.kind, cell.text, cell.marks) for cell in cells(text)] == theirs
    assert len(theirs) > 5


def marks(metadata: dict[str, Any]) -> dict[str, Any]:
    """The pairs in the mark: jupytext notes blank lines as well."""
    return {key: value for key, value in metadata.items() if not key.startswith("lines_to_")}


def test_a_mark_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="cell: expected key=value, got 'a title'"):
        [*cells("# %% a title\nx = 1")]
