"""Which of several files of one learner counts for an exercise: exactly one, and not the best of them.

It is chosen by what the files are, before anything is graded: to hand in more files earns no second guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovlearn.exercises.sets import names_in, set_of
from ovlearn.exercises.sheet_cells import Unreadable, cells_of
from ovlearn.grader.batch.answered import defines
from ovlearn.grader.batch.planning import Plan
from ovlearn.grader.batch.submissions import NOTEBOOK, Submission, is_notebook


@dataclass(frozen=True)
class Choice:
    """Each file that counts, with its bytes and the exercises that it counts for; and what to say of all."""

    files: tuple[tuple[str, bytes, frozenset[str]], ...]
    note: str


@dataclass(frozen=True)
class _Sheet:
    name: str
    data: bytes
    text: str

    def rank(self, exercise: str) -> tuple[bool, bool, int, bool]:
        """What decides: it defines the exercise; it is called as its set; how much of the set; a notebook."""
        set_name = set_of(exercise)
        much = sum(defines(each, self.text) for each in names_in(set_name))
        return defines(exercise, self.text), set_name in self.name, much, is_notebook(self.data)


def choose(found: Sequence[Submission], plan: Plan) -> Choice:
    """Return what counts. Where two files are alike in all that decides, the first in order does."""
    sheets, unread = _read(found)
    if not sheets:
        return Choice((), "; ".join(unread) or "there is no notebook in it")
    exercises: dict[str, set[str]] = {}
    for exercise, _ in plan.exercises:
        best = max(sheets, key=lambda sheet: sheet.rank(exercise))
        exercises.setdefault(best.name, set()).add(exercise)
    files = tuple((s.name, s.data, frozenset(exercises[s.name])) for s in sheets if s.name in exercises)
    return Choice(files, _said(sheets, exercises, found, unread))


def _said(
    sheets: Sequence[_Sheet],
    exercises: dict[str, set[str]],
    found: Sequence[Submission],
    unread: Sequence[str],
) -> str:
    """What counts, where more than one file was handed in."""
    beside = [name for one in found for name in one.beside]
    left = [sheet.name for sheet in sheets if sheet.name not in exercises]
    if not (len(sheets) > 1 or beside or unread):
        return ""
    if len(exercises) == 1:
        counted = f"Counted: {next(iter(exercises))}."
    else:
        counted = (
            "Counted: " + "; ".join(f"{n} for {', '.join(sorted(e))}" for n, e in exercises.items()) + "."
        )
    others = [*left, *beside, *unread]
    return f"{counted} Not counted: {'; '.join(others)}." if others else counted


def _read(found: Sequence[Submission]) -> tuple[list[_Sheet], list[str]]:
    sheets, unread = [], []
    for one in found:
        try:
            data = one.read()
            cells = cells_of(f"{one.name}{NOTEBOOK}" if is_notebook(data) else one.name, data)
            sheets.append(_Sheet(one.name, data, "\n".join(cells)))
        except Unreadable as error:
            unread.append(f"{one.name} ({error})")
    return sheets, unread
