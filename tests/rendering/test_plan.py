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
    assert [re.findall(r"lessons/(\w+)\.md", row) for row in rows] == [[name] for name in files()]
    read = sum(int(row.split("|")[2]) for row in rows)
    work = sum(int(minutes) for row in rows for minutes in re.findall(r"\[(\d+)\]\(", row.split("|")[3]))
    assert [round(minutes / 60) for minutes in (read, work)] == [
        *map(int, re.findall(r"\*\*(\d+)\*\*", total))
    ]
    assert read > 100 < work
