"""What a class understands: for each exercise how it went, and which mistake was made how often."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ovlearn.exercises.sets import set_of
from ovlearn.exercises.sources import exercise
from ovlearn.grader.learners.history import Found
from ovlearn.grader.learners.records import NOTHING, Learner
from ovlearn.grader.report import Report

STATUSES = ("passed", "wrong", "not attempted", "not graded", NOTHING)


@dataclass(frozen=True)
class Mistake:
    """One named mistake in one exercise: how many learners made it, now and in the run before."""

    exercise: str
    name: str
    says: str
    learners: int
    before: int | None


@dataclass(frozen=True)
class Counts:
    """How one exercise went: how many learners have each status, now and in the run before."""

    exercise: str
    set_name: str
    title: str
    now: dict[str, int]
    before: dict[str, int] | None
    points: int
    out_of: int
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True)
class Alike:
    """Learners whose sheets are the same to the last byte. `empty`: nothing is attempted in it."""

    learners: tuple[str, ...]
    empty: bool


def counted(report: Report) -> list[Counts]:
    """Return how each exercise went, in the order of the exercises."""
    names = dict.fromkeys(mark.exercise for one in report.learners for mark in one.marks)
    return [_counts(name, report.learners, report.history.before) for name in names]


def by_nobody(counts: Sequence[Counts]) -> list[Counts]:
    """Return the exercises that somebody handed in and nobody passed."""
    return [one for one in counts if not one.now["passed"] and sum(one.now.values()) > one.now[NOTHING]]


def alike(learners: Sequence[Learner]) -> list[Alike]:
    """Return the groups of learners who handed in the same bytes, the largest first."""
    groups: dict[str, dict[str, bool]] = defaultdict(dict)
    for learner in learners:
        for digest in learner.digests:
            groups[digest][learner.name] = not any(
                mark.status in ("passed", "wrong") for mark in learner.marks
            )
    found = [Alike(tuple(group), all(group.values())) for group in groups.values() if len(group) > 1]
    return sorted(found, key=lambda one: (one.empty, -len(one.learners), one.learners))


def _counts(name: str, learners: Sequence[Learner], before: Found | None) -> Counts:
    marks = [mark for one in learners for mark in one.marks if mark.exercise == name]
    was = None if before is None else [one[name] for one in before.values() if name in one]
    now = Counter(mark.status for mark in marks)
    mistakes = Counter(mark.mistake for mark in marks if mark.mistake)
    earlier = None if was is None else Counter(mistake for _, mistake, _ in was if mistake)
    every = dict.fromkeys([*mistakes, *(earlier or ())])
    says = {mark.mistake: mark.says for mark in reversed(marks)}
    found = [
        Mistake(
            name, each, _says(name, each, says), mistakes[each], None if earlier is None else earlier[each]
        )
        for each in every
    ]
    return Counts(
        name,
        set_of(name),
        exercise(name).title,
        {status: now[status] for status in STATUSES},
        None if was is None else {each: sum(one[0] == each for one in was) for each in STATUSES},
        sum(mark.points for mark in marks),
        sum(mark.out_of for mark in marks),
        tuple(sorted(found, key=lambda one: (-one.learners, one.name))),
    )


def _says(name: str, mistake: str, said: dict[str, str]) -> str:
    """The author's words for a mistake; of one that no author named, what one learner was told."""
    return exercise(name).declared.says(mistake) or said.get(mistake, "")
