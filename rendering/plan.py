"""A plan of hours for who teaches the course: each lesson and its exercises, in minutes."""

from __future__ import annotations

from collections.abc import Iterable

from rendering.lesson import Lesson
from rendering.timing import difficulty, practising


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
