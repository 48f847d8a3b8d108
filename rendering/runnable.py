"""What the browser needs to run the cells of a page, as data beside the page: `lessons/01_x.cells.json`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ovlearn.exercises.sets import files
from ovlearn.exercises.sources import source_of
from ovlearn.numeric.zoo.trained import FOLDER
from rendering.equations.labels import Numbered, split_label
from rendering.lesson import Lesson

# A card measures what a model makes of its text.
_READS_TEXT = re.compile(r"\bzoo\.(text|card)\(")
_LABELS = re.compile(r"""\blabel=["']([\w:-]+)["']""")


def place(page: str) -> str:
    """Return where the data of a page stands.

    >>> place("lessons/03_one_attention_head.md")
    'lessons/03_one_attention_head.cells.json'
    """
    return f"{page.removesuffix('.md')}.cells.json"


def of_lesson(lesson: Lesson, numbered: Mapping[str, Numbered]) -> str:
    """Return a lesson's cells, shown or not, what they load of the zoo, and their equations' numbers."""
    every = "\n".join(cell.source for cell in lesson.code.values())
    return _written(
        kind="lesson",
        page=lesson.uri.removesuffix(".md"),
        cells=[
            {"name": name, "code": cell.source, "shown": "remove-cell" not in cell.tags}
            for name, cell in lesson.code.items()
        ],
        models=models_in(every),
        labels={
            label: numbered[label].number
            for label in (*_LABELS.findall(every), *split_label(every)[1])
            if label in numbered
        },
    )


def of_exercises(set_name: str) -> str:
    """Return the cells of an exercise set: what all begin with, and the starters. No solution, no check."""
    source = source_of(set_name)
    return _written(
        kind="exercises",
        page=f"exercises/{set_name}",
        set=set_name,
        setup=source.setup,
        exercises=[
            {"name": one.name, "points": one.points, "starter": one.starter, "hints": len(one.hints)}
            for one in source.exercises
        ],
        models=models_in("\n".join([source.setup, *(one.solution for one in source.exercises)])),
    )


def sets_json() -> str:
    """Return the names of the exercises of each set, by which the page tells how far one is."""
    return _written(**{name: [one.name for one in source_of(name).exercises] for name in files()})


def models_in(code: str) -> list[str]:
    """Return the files of the zoo that some code loads, by their names without ending.

    >>> models_in('zoo.card("king-james")')
    ['king-james', 'king-james-text']
    """
    return sorted(_named(code, (file.stem for file in FOLDER.glob("*.npz"))))


def _named(code: str, stored: Iterable[str]) -> Iterator[str]:
    for name in stored:
        text = name.endswith("-text")
        if _READS_TEXT.search(code) if text else f'"{name}"' in code:
            yield name


def _written(**content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n"
