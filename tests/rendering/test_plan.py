"""The plan of hours: a row for each lesson with exercises, and their sum."""

from __future__ import annotations

import re
from pathlib import Path

from ovlearn.exercises.sets import files
from rendering import Lesson, Source
from rendering.execution.unrun import cells_of
from rendering.plan import plan

ROOT = Path(__file__).resolve().parents[2]


def test_every_lesson_with_exercises_has_a_row_and_the_sums_are_right() -> None:
    sources = [Source(path, f"lessons/{path.stem}.md") for path in sorted((ROOT / "lessons").glob("*.py"))]
    lessons = [Lesson(source, tuple(cells_of(source))) for source in sources]
    _, _, *rows, total = plan(lessons).splitlines()
    assert [re.search(r"lessons/(\w+)\.md", row)[1] for row in rows] == list(files())  # type: ignore[index]
    read = sum(int(row.split("|")[2]) for row in rows)
    work = sum(int(re.search(r"\[(\d+)\]", row.split("|")[3])[1]) for row in rows)  # type: ignore[index]
    assert [round(minutes / 60) for minutes in (read, work)] == [
        *map(int, re.findall(r"\*\*(\d+)\*\*", total))
    ]
    assert read > 100 < work
