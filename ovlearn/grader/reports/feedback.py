"""What one learner is told: what passed, which mistake it was, what shows it, the next hint, where to read.

No solution is in it, no seed, and no other learner; nor what a machine said of itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ovlearn.exercises.sets import set_of
from ovlearn.exercises.sources import source_of
from ovlearn.exercises.starters import SITE
from ovlearn.grader.batch.results import Mark, Row
from ovlearn.grader.learners.history import History
from ovlearn.grader.learners.records import NOTHING, Learner

_WORDS = {
    "passed": "passed",
    "wrong": "not yet",
    "not attempted": "not attempted",
    "not graded": "not graded",
    NOTHING: "not handed in",
}
_UNGRADED = "It could not be graded. That is no fault of your answer: your teacher sees why."


@dataclass(frozen=True)
class Hint:
    """A hint in the author's Markdown: which one, of how many."""

    number: int
    of: int
    markdown: str


@dataclass(frozen=True)
class Told:
    """What is said of one exercise. `status`: a word of the grader's; `says`: what a tutor would say."""

    name: str
    title: str
    link: str
    status: str
    points: int
    out_of: int
    mistake: str
    says: str
    evidence: tuple[Row, ...]
    hint: Hint | None
    by_hand: bool
    comment: str

    @property
    def word(self) -> str:
        """What came of it, in words for a learner."""
        return "points given by your teacher" if self.by_hand else _WORDS[self.status]

    @property
    def score(self) -> str:
        """The points, in words."""
        return f"{self.points} of {self.out_of} point{'s' if self.out_of != 1 else ''}"


@dataclass(frozen=True)
class ToldSet:
    """The exercises of one set, and where its lesson is."""

    title: str
    lesson: str
    exercises: tuple[Told, ...]


@dataclass(frozen=True)
class Feedback:
    """All that one learner is told."""

    learner: str
    points: int
    out_of: int
    note: str
    comment: str
    sets: tuple[ToldSet, ...]

    @property
    def total(self) -> str:
        """The points, and how many exercises were passed, in words."""
        told = [one for each in self.sets for one in each.exercises]
        passed = sum(one.status == "passed" for one in told)
        return f"{self.points} of {self.out_of} points; {passed} of {len(told)} exercises passed."


def feedback_for(learner: Learner, history: History) -> Feedback:
    """Return what a learner is told."""
    sets = tuple(
        _told_set(name, tuple(marks), learner, history)
        for name, marks in groupby(learner.marks, key=lambda mark: set_of(mark.exercise))
    )
    note = _UNGRADED if learner.look else learner.note
    return Feedback(learner.name, learner.points, learner.out_of, note, learner.comment, sets)


def all_feedback(learners: Sequence[Learner], history: History) -> Iterator[Feedback]:
    """Yield what each learner is told, but those of whom nothing came and to whom nothing is said."""
    for learner in learners:
        if learner.status != NOTHING or learner.comment or any(mark.graded for mark in learner.marks):
            yield feedback_for(learner, history)


def _told_set(name: str, marks: Sequence[Mark], learner: Learner, history: History) -> ToldSet:
    told = tuple(_told(name, mark, history.hint(learner.name, mark.exercise)) for mark in marks)
    return ToldSet(set_title(name), f"{SITE}lessons/{name}/", told)


def set_title(name: str) -> str:
    """Return what a set is about, by its name.

    >>> set_title("04_values_and_outputs_fold")
    'Values and outputs fold into one matrix'
    """
    title = source_of(name).title.removeprefix("Exercises: ")
    return f"{title[:1].upper()}{title[1:]}"


def _told(set_name: str, mark: Mark, number: int) -> Told:
    source = source_of(set_name).exercise(mark.exercise)
    wrong = mark.status == "wrong"
    hint = None
    if wrong and source.hints:
        number = min(number, len(source.hints))
        hint = Hint(number, len(source.hints), source.hints[number - 1])
    return Told(
        mark.exercise,
        source.title,
        f"{SITE}exercises/{set_name}/#{mark.exercise}",
        mark.status,
        mark.points,
        mark.out_of,
        mark.mistake if wrong else "",
        mark.says if wrong else _UNGRADED if mark.status == "not graded" and mark.look else "",
        mark.evidence if wrong else (),
        hint,
        mark.by_hand,
        mark.comment,
    )
