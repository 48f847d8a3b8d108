"""The lessons tell one story on one template, and are no longer than a reader has patience for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ovlearn.exercises.sets import files
from tests.rendering.counting import LESSONS, LINES, WORDS, cells, lines, prose, words

LAST = ("A check that could have failed", "The usual mistakes", "Recap", "What to practise")

each_lesson = pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in LESSONS])


def test_words_are_counted_as_they_are_read() -> None:
    assert words("It's $A X$, {{ f'{x:.0f}' }} % of [the well-known sum](../a_b.md#c).\n\n$$\ny = 2\n$$") == 7


def test_the_lessons_are_no_longer_than_promised() -> None:
    counted = {path.stem: (words(prose(path)), lines(path)) for path in LESSONS}
    assert sum(of for of, _ in counted.values()) <= WORDS, counted
    assert sum(of for _, of in counted.values()) <= LINES, counted


@each_lesson
def test_a_lesson_keeps_to_the_template(path: Path) -> None:
    """The question first; the same four sections last, in their order; and a way on."""
    text = prose(path)
    titles = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert [title for title in titles if title in LAST] == list(LAST)
    recap, practise = text.index("\n## Recap"), text.index("\n## What to practise")
    assert 2 <= text[recap:practise].count("\n- ") <= 6
    tasks = len(re.findall(r"^\d\. ", text[practise:], re.MULTILINE))
    answers = len(re.findall(r"^    \d\. ", text[practise:], re.MULTILINE))
    assert '??? success "Answers"' in text[practise:]
    assert 2 <= tasks == answers
    assert re.search(r"^Next: \[", text[practise:], re.MULTILINE)


@each_lesson
def test_a_lesson_leads_to_the_next(path: Path) -> None:
    after = LESSONS[LESSONS.index(path) + 1 :][:1]
    onward = re.findall(r"^Next: \[[^\]]*\]\(([^)]*)\)", prose(path), re.MULTILINE)
    assert onward == [after[0].name if after else "../after.md"]


@each_lesson
def test_a_picture_comes_before_the_first_derivation(path: Path) -> None:
    code = [cell.source for cell in cells(path, "code")]
    drawn = [n for n, source in enumerate(code) if re.search(r"^(plots|kit)\.\w+\(", source, re.MULTILINE)]
    derived = [n for n, source in enumerate(code) if "ov.show(" in source]
    assert drawn
    assert not derived or drawn[0] < derived[0]


def test_each_set_of_exercises_has_its_lesson() -> None:
    assert set(files()) <= {path.stem for path in LESSONS}
