"""Changes that a lesson offers to try: each is one, and what it makes of the cell runs."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

from ovlearn.exercises.cells.interpreter import Cells
from rendering import Lesson, RenderError, Source
from rendering.execution.unrun import cells_of
from tests.rendering.lessons import write

TITLE = "# %% [markdown]\n# # A lesson\n\n"
ROOT = Path(__file__).resolve().parents[2]
OFFERED = [
    (path, cell, change)
    for path in sorted((ROOT / "lessons").glob("[0-9]*.py"))
    for cell in cells_of(Source(path, f"lessons/{path.stem}.md"))
    for change in cell.tries
]


@pytest.mark.parametrize(("path", "cell", "change"), OFFERED, ids=lambda one: getattr(one, "stem", ""))
def test_every_change_runs_after_the_cells_above_it(
    path: Path, cell: object, change: tuple[str, ...]
) -> None:
    names: dict[str, object] = {}
    running = Cells(names)
    cells = [each for each in cells_of(Source(path, f"lessons/{path.stem}.md")) if each.kind == "code"]
    with contextlib.redirect_stdout(io.StringIO()):
        for each in cells:
            if each == cell:
                running.run(each.source.replace(change[1], change[2]), "<changed>")
                return
            running.run(each.source, f"<{each.number}>")
    pytest.fail("the cell is not among the lesson's")


@pytest.mark.parametrize(
    "words",
    [
        "seed=3 -> seed=4",
        "another: seed=3",
        "another: seed=5 -> seed=4",
        "another: x -> y",
        "a: seed=3 -> seed=3",
    ],
)
def test_what_is_no_change_is_refused(tmp_path: Path, words: str) -> None:
    source = write(tmp_path, "03_x", f'{TITLE}# %% try=["{words}"]\nx, xx = dict(seed=3), 1\n')
    with pytest.raises(RenderError, match='cell 2: expected "name: what stands once'):
        cells_of(source)


def test_a_page_carries_them_for_its_script(tmp_path: Path) -> None:
    source = write(tmp_path, "03_x", TITLE + '# %% try=["more: n = 1 -> n = \\"2\\""]\nn = 1\n')
    shown = Lesson(source, tuple(cells_of(source))).markdown
    assert '<div class="ov-tries" hidden data-tries="[[&quot;more&quot;, &quot;n = 1&quot;' in shown
