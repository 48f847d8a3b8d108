"""The one source of a set: a percent notebook with prose, hints, starters and solutions marked.

Needs jupytext, which comes with the course extra.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import jupytext

from ovlearn.exercises.sets import folders, names_in, set_of


@dataclass(frozen=True)
class Exercise:
    """One exercise as its author wrote it. `hints`: in stages; `starter`, `solution`: code."""

    name: str
    points: int
    prompt: str
    hints: tuple[str, ...]
    starter: str
    solution: str

    @property
    def title(self) -> str:
        """The heading of the prompt."""
        return self.prompt.splitlines()[0].lstrip("# ")


@dataclass(frozen=True)
class SetSource:
    """A whole set: its introduction, the code that every notebook begins with, and its exercises."""

    name: str
    intro: str
    setup: str
    exercises: tuple[Exercise, ...]

    @property
    def title(self) -> str:
        """The heading of the introduction."""
        return self.intro.splitlines()[0].lstrip("# ")

    def exercise(self, name: str) -> Exercise:
        """Return an exercise by its name."""
        return next(one for one in self.exercises if one.name == name)


@dataclass(frozen=True)
class Known:
    """An answer whose verdict is known: a mistake with a name, or a right answer in an unusual form."""

    exercise: str
    kind: Literal["mistake", "right"]
    name: str
    code: str


@cache
def source_of(set_name: str) -> SetSource:
    """Return the source of a set.

    Raises: ValueError where an exercise lacks a starter or a solution, or is not that of a check.

    >>> source_of("04_values_and_outputs_fold").exercise("ov_matrix").title
    'One matrix from two'
    """
    cells = list(_cells(set_name, "notebook.py"))
    prose = [text for kind, text, marks in cells if kind == "markdown" and not marks]
    setup = [text for kind, text, marks in cells if kind == "code" and not marks]
    names = [marks["exercise"] for _, _, marks in cells if "exercise" in marks]
    if names != list(names_in(set_name)):
        raise ValueError(
            f"{set_name}: expected exercises {', '.join(names_in(set_name))}, got {', '.join(names)}"
        )
    exercises = tuple(_exercise(set_name, name, cells) for name in names)
    return SetSource(set_name, prose[0], "\n\n".join(setup), exercises)


def exercise(name: str) -> Exercise:
    """Return an exercise by its name; raise ValueError naming the nearest where there is none."""
    return source_of(set_of(name)).exercise(name)


@cache
def known_answers(set_name: str) -> tuple[Known, ...]:
    """Return the known mistakes and the unusual right answers of a set."""
    return tuple(
        Known(marks["exercise"], kind, str(marks[kind]), text)
        for cell, text, marks in _cells(set_name, "answers.py")
        if cell == "code"
        for kind in ("mistake", "right")
        if kind in marks
    )


def _cells(set_name: str, file: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Kind, text and marks of each cell."""
    path = folders()[set_name] / file
    for cell in jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent").cells:
        marks = {key: value for key, value in cell.metadata.items() if key in _MARKS}
        yield cell.cell_type, cell.source.strip(), marks


_MARKS = ("exercise", "points", "hint", "starter", "solution", "mistake", "right")


def _exercise(set_name: str, name: str, cells: list[tuple[str, str, dict[str, Any]]]) -> Exercise:
    def marked(mark: str) -> list[str]:
        return [text for _, text, marks in cells if marks.get(mark) == name]

    for mark in ("starter", "solution"):
        if len(marked(mark)) != 1:
            raise ValueError(f"{set_name}: expected one {mark} of {name}, got {len(marked(mark))}")
    points = next(marks.get("points", 1) for _, _, marks in cells if marks.get("exercise") == name)
    (prompt,), (starter,), (solution,) = marked("exercise"), marked("starter"), marked("solution")
    return Exercise(name, int(points), prompt, tuple(marked("hint")), starter, solution)
