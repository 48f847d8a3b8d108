"""What each learner earned: the sheets of one learner joined, and those of whom nothing came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ovlearn.grader.batch.choosing import choose
from ovlearn.grader.batch.planning import Plan
from ovlearn.grader.batch.results import Mark, Result
from ovlearn.grader.batch.submissions import Submission, natural
from ovlearn.grader.learners.roster import Entry, Roster
from ovlearn.grader.learners.whose import Whose, plain, whose

NOTHING = "not handed in"


@dataclass(frozen=True)
class Learner:
    """One learner: a name that no other has, the hand-ins, and a mark for each exercise.

    `status`: graded, not graded, or not handed in; `note`: what is to be said of the hand-ins; `look`: why a
    person should look at them, where no learner is at fault; `places`: of the results; `digests`: of their
    bytes; `answers_to`: what feedback must be called for each, where a platform gave them names;
    `row`: of the roster, or None; `listed`: False for who is not in the roster that there is.
    """

    name: str
    status: str
    note: str = ""
    marks: tuple[Mark, ...] = ()
    look: str = ""
    sheets: tuple[str, ...] = ()
    places: tuple[int, ...] = ()
    digests: tuple[str, ...] = ()
    answers_to: tuple[str, ...] = ()
    row: int | None = None
    listed: bool = True
    comment: str = ""

    @property
    def points(self) -> int:
        """The points earned, or given by a teacher."""
        return sum(mark.points for mark in self.marks)

    @property
    def out_of(self) -> int:
        """The points that there were to earn."""
        return sum(mark.out_of for mark in self.marks)

    @property
    def graded(self) -> bool:
        """Whether every exercise has been looked at, by the grader or by a teacher."""
        return bool(self.marks) and all(mark.graded for mark in self.marks)


@dataclass(frozen=True)
class _Group:
    """The hand-ins of one learner."""

    name: str
    number: str
    entry: Entry | None
    found: tuple[tuple[int, Submission, Result, Whose], ...]


def learners_of(
    found: Sequence[Submission], results: Sequence[Result], plan: Plan, roster: Roster | None = None
) -> list[Learner]:
    """Return the learners, in the natural order of their names. `results`: one a submission, in order."""
    groups = _groups(found, results, roster)
    names = _names(groups)
    learners = [
        _joined(name, group, plan, listed=roster is None or group.entry is not None)
        for name, group in zip(names, groups, strict=True)
    ]
    return sorted(learners, key=lambda one: natural(one.name))


def _groups(found: Sequence[Submission], results: Sequence[Result], roster: Roster | None) -> list[_Group]:
    grouped: dict[object, list[tuple[int, Submission, Result, Whose]]] = {}
    entries = {one.row: one for one in (roster.entries if roster else ())}
    for row in entries:
        grouped[row] = []
    for place, (submission, result) in enumerate(zip(found, results, strict=True)):
        who = whose(submission.place)
        entry = roster.find(who) if roster else None
        grouped.setdefault(entry.row if entry else who.key, []).append((place, submission, result, who))
    made = []
    for key, members in grouped.items():
        entry = entries.get(key) if isinstance(key, int) else None
        name, number = (entry.name, entry.number) if entry else (members[0][3].name, members[0][3].number)
        made.append(_Group(name, number, entry, tuple(members)))
    return made


def _names(groups: Sequence[_Group]) -> list[str]:
    """A name for each that no other has: with the platform's number, or a count, where two are alike."""
    counts = Counter(plain(group.name) for group in groups)
    taken: set[str] = set()
    names = []
    for group in groups:
        alike = counts[plain(group.name)] > 1 and group.number
        name = wanted = f"{group.name} ({group.number})" if alike else group.name
        number = 2
        while plain(name) in taken:
            name, number = f"{wanted} ({number})", number + 1
        taken.add(plain(name))
        names.append(name)
    return names


def _joined(name: str, group: _Group, plan: Plan, *, listed: bool) -> Learner:
    row = group.entry.row if group.entry else None
    if not group.found:
        asked = plan.exercises if plan.chosen else ()
        marks = tuple(Mark(exercise, NOTHING, out_of=points) for exercise, points in asked)
        return Learner(name, NOTHING, marks=marks, row=row, listed=listed)
    marks, note = _marks(group, plan)
    places, submissions, results, whoses = zip(*group.found, strict=True)
    graded = any(result.status == "graded" for result in results)
    return Learner(
        name,
        "graded" if graded else "not graded",
        note,
        marks,
        "" if graded else "; ".join(result.look for result in results if result.look),
        tuple(submission.name for submission in submissions),
        places,
        tuple(result.digest for result in results if result.digest),
        tuple(who.answer_to for who in whoses if who.answer_to),
        row,
        listed,
    )


def _marks(group: _Group, plan: Plan) -> tuple[tuple[Mark, ...], str]:
    """The marks that count, and a note. Of several sheets one counts for each exercise, and not the best."""
    if len(group.found) == 1:
        result = group.found[0][2]
        return result.marks, result.note
    by_sheet = {
        result.submission: {mark.exercise: mark for mark in result.marks} for _, _, result, _ in group.found
    }
    asked = {exercise for marks in by_sheet.values() for exercise in marks}
    exercises = tuple(pair for pair in plan.exercises if pair[0] in asked)
    chosen = choose([submission for _, submission, _, _ in group.found], replace(plan, exercises=exercises))
    counts = {exercise: name for name, _, each in chosen.files for exercise in each}
    marks = tuple(_mark(exercise, counts.get(exercise, ""), by_sheet) for exercise, _ in exercises)
    return marks, chosen.note


def _mark(exercise: str, sheet: str, by_sheet: Mapping[str, Mapping[str, Mark]]) -> Mark:
    marks: Iterator[Mark] = (each[exercise] for each in by_sheet.values() if exercise in each)
    return by_sheet.get(sheet, {}).get(exercise) or next(marks)
