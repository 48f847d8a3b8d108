"""Code that one sees on a page is no wider than the page: 72 columns beside its margins."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlearn.exercises.sets import files
from ovlearn.exercises.sources import source_of
from rendering.execution import Source
from rendering.execution.unrun import cells_of

ROOT = Path(__file__).resolve().parents[2]
MOST = 72
UNSEEN = {"remove-cell", "remove-input", "hide-input"}
PAGES = [
    path.relative_to(ROOT).as_posix()
    for path in sorted([*(ROOT / "lessons").glob("*.py"), *(ROOT / "docs").glob("*.py")])
    if path.read_text(encoding="utf-8").startswith("# %%")
]


def too_wide(code: str) -> list[str]:
    return [line for line in code.splitlines() if len(line) > MOST]


@pytest.mark.parametrize("page", PAGES)
def test_no_line_of_a_page_is_too_wide(page: str) -> None:
    cells = [cell for cell in cells_of(Source(ROOT / page, page)) if cell.kind == "code"]
    seen = [cell.source for cell in cells if not UNSEEN & {*cell.tags}]
    assert seen
    assert [line for code in seen for line in too_wide(code)] == []


@pytest.mark.parametrize("name", files())
def test_no_line_of_an_exercise_is_too_wide(name: str) -> None:
    source = source_of(name)
    for code in (source.setup, *(one.starter for one in source.exercises)):
        assert too_wide(code) == []
