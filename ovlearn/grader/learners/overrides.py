"""A teacher's own points and comments: a CSV file that is only read, whatever is graded again."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ovlearn.exercises.decoding import decoded
from ovlearn.grader.batch.planning import Plan, Points
from ovlearn.grader.batch.results import Mark, Result, printable
from ovlearn.grader.learners.records import NOTHING, Learner
from ovlearn.grader.learners.roster import Roster
from ovlearn.grader.learners.whose import plain

FILE = "overrides.csv"
_COLUMNS = ("learner", "exercise", "points", "comment")


@dataclass(frozen=True)
class Override:
    """What a teacher says of one learner, in one exercise or, where `exercise` is empty, on the whole."""

    line: int
    learner: str
    exercise: str = ""
    points: int | None = None
    comment: str = ""


def overrides_in(file: Path, plan: Plan) -> tuple[Override, ...]:
    """Return the overrides in a file: a row each, with `learner`, `exercise`, `points` and `comment`.

    Raises: ValueError for what cannot be meant: another exercise, more points than there are.
    """
    try:
        text = decoded(file.read_bytes())
    except OSError as error:
        raise ValueError(f"overrides: {printable(str(file))}: {error.strerror}") from None
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, restkey="", restval="")
    header = [name.strip().casefold() for name in reader.fieldnames or ()]
    if "learner" not in header or not {*header} <= {*_COLUMNS}:
        raise ValueError(f"overrides: expected the columns {', '.join(_COLUMNS)}, got {', '.join(header)}")
    reader.fieldnames = header
    most = dict(plan.exercises)
    rows = (
        (reader.line_num, {name: str(row.get(name) or "").strip() for name in _COLUMNS}) for row in reader
    )
    return tuple(_override(line, row, most) for line, row in rows if any(row.values()))


def applied(
    overrides: Sequence[Override], learners: Sequence[Learner], plan: Plan, roster: Roster | None = None
) -> tuple[list[Learner], list[Override]]:
    """Return the learners with what a teacher says of them, and the overrides that are of nobody here."""
    places = {plain(learner.name): place for place, learner in enumerate(learners)}
    rows = {learner.row: place for place, learner in enumerate(learners) if learner.row is not None}
    changed, unused = list(learners), []
    for override in overrides:
        place = places.get(plain(override.learner))
        if place is None and roster and (entry := roster.called(override.learner)):
            place = rows.get(entry.row)
        if place is None:
            unused.append(override)
        else:
            changed[place] = _with(changed[place], override, plan.exercises)
    return changed, unused


def in_results(results: Sequence[Result], learners: Sequence[Learner]) -> list[Result]:
    """Return the results with their learners' names, and with what a teacher says of their marks."""
    owners = {place: one for one in learners for place in one.places}
    made = []
    for place, result in enumerate(results):
        owner = owners[place]
        by_hand = {mark.exercise: mark for mark in owner.marks if mark.by_hand or mark.comment}
        marks = tuple(_said(mark, by_hand.get(mark.exercise)) for mark in result.marks)
        made.append(replace(result, learner=owner.name, marks=marks))
    return made


def _said(mark: Mark, of_teacher: Mark | None) -> Mark:
    if of_teacher is None:
        return mark
    points = of_teacher.points if of_teacher.by_hand else mark.points
    return replace(mark, points=points, by_hand=of_teacher.by_hand, comment=of_teacher.comment)


def _override(line: int, row: dict[str, str], most: dict[str, int]) -> Override:
    where = f"overrides: line {line}"
    if not row["learner"]:
        raise ValueError(f"{where}: expected a learner's name, got none")
    if row["exercise"] and row["exercise"] not in most:
        raise ValueError(f"{where}: expected one of {', '.join(most)}, got {printable(row['exercise'])}")
    if not row["points"]:
        return Override(line, row["learner"], row["exercise"], comment=row["comment"])
    if not row["exercise"]:
        raise ValueError(f"{where}: expected points with an exercise, got them without one")
    highest = most[row["exercise"]]
    if not (row["points"].isdecimal() and int(row["points"]) <= highest):
        got = printable(row["points"])
        raise ValueError(
            f"{where}: expected whole points of {row['exercise']}, from 0 to {highest}, got {got}"
        )
    return Override(line, row["learner"], row["exercise"], int(row["points"]), row["comment"])


def _with(learner: Learner, override: Override, exercises: Points) -> Learner:
    if not override.exercise:
        return replace(learner, comment=override.comment)
    marks = {mark.exercise: mark for mark in learner.marks}
    most = dict(exercises)
    before = marks.get(override.exercise, Mark(override.exercise, NOTHING, out_of=most[override.exercise]))
    points = before.points if override.points is None else override.points
    by_hand = before.by_hand or override.points is not None
    marks[override.exercise] = replace(before, points=points, by_hand=by_hand, comment=override.comment)
    order = list(most)
    return replace(learner, marks=tuple(sorted(marks.values(), key=lambda mark: order.index(mark.exercise))))
