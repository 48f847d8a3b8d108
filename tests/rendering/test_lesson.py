"""A lesson's page: what is shown of each cell, and how."""

from __future__ import annotations

from pathlib import Path

import pytest

from rendering import Lesson, RenderError, Source, outputs, render
from rendering.execution import ExecutedCell, kernel
from rendering.execution.unrun import cells_of
from rendering.outputs import PRINTED
from rendering.store import Store
from tests.rendering.lessons import lesson, write


def made(*cells: ExecutedCell) -> Lesson:
    title = ExecutedCell(0, "markdown", "# A title")
    return Lesson(Source(Path("lessons/03_x.py"), "lessons/03_x.md"), (title, *cells))


def page(*cells: ExecutedCell) -> str:
    """What stands below the title and what tells how long it takes."""
    return made(*cells).markdown.partition("{ .ov-takes }")[2].lstrip()


@pytest.mark.parametrize(
    ("tags", "shown"),
    [
        ((), "```python\nx = 1\n\ny\n```"),
        (("hide-input",), '??? ov-code "Show the code"\n\n    ```python\n    x = 1\n\n    y\n    ```'),
        (("remove-input",), ""),
    ],
)
def test_tags_decide_what_is_seen_of_the_code(tags: tuple[str, ...], shown: str) -> None:
    result = '<div class="ov-out" markdown>\n\n```{ .text .ov-text .no-copy }\n1\n```\n\n</div>'
    inside = f"{shown}\n\n{result}" if shown else result
    name = "1" if shown else "unseen-1"
    wanted = f'<div class="ov-cell" data-cell="{name}" markdown>\n\n{inside}\n\n</div>\n'
    assert page(ExecutedCell(1, "code", "x = 1\n\ny", tags, ({"text/plain": "1"},))) == wanted


def test_a_removed_cell_and_a_raw_one_leave_nothing() -> None:
    assert (
        page(ExecutedCell(1, "code", "x", ("remove-cell",), ({PRINTED: "1"},)), ExecutedCell(2, "raw", "x"))
        == ""
    )


def test_cells_whose_code_one_sees_are_counted() -> None:
    kinds = [(), ("remove-cell",), ("hide-input",), ("remove-input",), ()]
    cells = [ExecutedCell(number, "code", "x", tags) for number, tags in enumerate(kinds, start=2)]
    lesson = made(ExecutedCell(1, "markdown", "word " * 450), *cells)
    assert [*lesson.code] == ["1", "unseen-3", "2", "unseen-5", "3"]
    assert "# A title\n\nAbout 10 minutes · 3 cells to run\n{ .ov-takes }" in lesson.markdown


def test_the_richest_form_is_shown() -> None:
    forms = {
        "text/plain": "plain",
        "text/latex": r"$\displaystyle x^{2}$",
        "image/svg+xml": '<?xml version="1.0"?>\n<svg><metadata>now</metadata><path/></svg>',
        "text/html": "<b>bold</b>\n\n<i>$x$</i>",
        "text/markdown": "**bold**",
    }
    seen = []
    while forms:
        seen.append(outputs.markdown(forms))
        forms.popitem()
    assert seen == [
        '<div class="ov-out" markdown>\n\n**bold**\n\n</div>',
        '<div class="ov-out ov-html" data-search-exclude>\n<b>bold</b>\n\n<i>$x$</i>\n</div>',
        '<div class="ov-out ov-html" data-search-exclude>\n<figure class="ov-figure">'
        '<svg role="img" aria-label="Figure"><path/></svg></figure>\n</div>',
        '<div class="ov-out" markdown>\n\n$$\nx^{2}\n$$\n\n</div>',
        '<div class="ov-out" markdown>\n\n```{ .text .ov-text .no-copy }\nplain\n```\n\n</div>',
    ]


def test_printed_text_cannot_end_its_own_fence() -> None:
    shown = outputs.markdown({PRINTED: "\x1b[31mred\x1b[0m\n````\n"})
    assert "\n`````{ .text" in shown
    assert "\x1b" not in shown


def test_nothing_put_out_shows_nothing() -> None:
    assert outputs.markdown({PRINTED: "\n"}) == outputs.markdown({"application/json": "{}"}) == ""


def test_links_to_lessons_lead_to_their_pages() -> None:
    text = lesson(("markdown", "# T\n\n[a](05_freeze.py) and [b](../errata.md#erratum-1)")).markdown
    assert "[a](05_freeze.md) and [b](../errata.md#erratum-1)" in text


@pytest.mark.parametrize("text", ["# %%\n1\n", "# %% [markdown]\n# Words\n", ""])
def test_a_lesson_begins_with_its_title(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(source: Source, package: Path) -> tuple[list[ExecutedCell], list[str]]:
        return cells_of(source), []

    monkeypatch.setattr(kernel, "run", run)
    source = write(tmp_path / "lessons", "03_x", text)
    with pytest.raises(RenderError, match=r"lessons/03_x.py: the first cell must be markdown that begins"):
        render([source], package=tmp_path, store=Store(tmp_path / "cache"))
