"""How long the course takes: where it begins, and a plan of hours for who teaches it."""

from __future__ import annotations

from collections.abc import Iterable

from rendering.lesson import Lesson
from rendering.timing import difficulty, practising

EXERCISES = "04_values_and_outputs_fold"  # they need nothing but a product of matrices


def start(lessons: Iterable[Lesson]) -> str:
    """Return the two buttons of the home page: the first lesson with its minutes, and an exercise."""
    first = next(iter(lessons))
    link = f"[Start: {first.minutes} minutes](lessons/{first.source.name}.md)"
    other = f"[Try an exercise now](exercises/{EXERCISES}.md)"
    return f"{link}{{ .md-button .md-button--primary }}\n{other}{{ .md-button }}"


def plan(lessons: Iterable[Lesson]) -> str:
    """Return a table of the lessons, to stand in a page at the top of `docs/`."""
    taught = [one for one in lessons if one.points]
    rows = [_row(one) for one in taught]
    read = sum(one.minutes for one in taught)
    work = sum(practising(one.points) for one in taught)
    head = "| Lesson | read and run, minutes | exercises, minutes | difficulty |\n| --- | ---: | ---: | --- |"
    return "\n".join([head, *rows, f"| **All, in hours** | **{read / 60:.0f}** | **{work / 60:.0f}** | |"])


def _row(one: Lesson) -> str:
    name = one.source.name
    lesson = f"[{int(name[:2])}. {one.title}](lessons/{name}.md)"
    exercises = f"[{practising(one.points)}](exercises/{name}.md)"
    return f"| {lesson} | {one.minutes} | {exercises} | {difficulty(one.points)} |"
