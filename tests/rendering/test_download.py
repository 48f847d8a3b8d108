"""The notebook to download: clean, the same each time, and readable away from the site."""

from __future__ import annotations

import json
from typing import Any

import nbformat

from rendering import Lesson, Source, notebook
from rendering.execution import ExecutedCell
from rendering.installing import REQUIREMENT
from tests.rendering.lessons import lesson

SITE = "https://example.org/ov/"
WORDS = (
    "# T { #top }\n\nAs $\\eqref{eq:a}$ says, see [five](05_freeze.py#why) and [errata](../errata.md).\n\n"
    '!!! note "Mind"\n    One row\n\n    a position.\n\nAnd on.'
)


def made(subject: Lesson) -> dict[str, Any]:
    text = notebook(subject, site=SITE, in_words=lambda words: words.replace(r"$\eqref{eq:a}$", "(5.1)"))
    nbformat.validate(nbformat.reads(text, as_version=4))
    data: dict[str, Any] = json.loads(text)
    return data


def texts(data: dict[str, Any]) -> list[str]:
    return ["".join(cell["source"]) for cell in data["cells"]]


def test_it_holds_the_cells_without_outputs_counts_or_tags() -> None:
    cells = (
        ExecutedCell(1, "markdown", "# T"),
        ExecutedCell(2, "code", "1", ("hide-input", "remove-cell"), ({"text/plain": "1"},)),
    )
    data = made(Lesson(Source(lesson().source.path, "lessons/03_x.md"), cells))
    code = data["cells"][-1]
    assert code == {
        "cell_type": "code",
        "execution_count": None,
        "id": code["id"],
        "metadata": {},
        "outputs": [],
        "source": ["1"],
    }
    assert data["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
    }


def test_words_read_sensibly_away_from_the_site() -> None:
    title, needs = texts(made(lesson(("markdown", WORDS))))
    assert title == (
        "# T\n\nAs (5.1) says, see [five](https://example.org/ov/lessons/05_freeze/#why) and "
        "[errata](https://example.org/ov/errata/).\n\n"
        "> **Mind**\n>\n> One row\n>\n> a position.\n\nAnd on."
    )
    assert f"pip install '{REQUIREMENT}'" in needs
    assert "<https://example.org/ov/lessons/03_x/>" in needs


def test_ids_are_the_lessons_and_the_cells() -> None:
    first, second = (made(lesson(("markdown", "# T"), ("code", "1"), name=name)) for name in ("03_x", "04_x"))
    ids = [cell["id"] for data in (first, second) for cell in data["cells"]]
    assert len(set(ids)) == len(ids)
    assert first == made(lesson(("markdown", "# T"), ("code", "1")))
