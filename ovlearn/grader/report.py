"""All that is known at the end of a run: what every format is written from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ovlearn.grader.batch.results import Result
from ovlearn.grader.learners.history import History
from ovlearn.grader.learners.overrides import Override
from ovlearn.grader.learners.records import Learner
from ovlearn.grader.learners.roster import Roster


@dataclass(frozen=True)
class Report:
    """A run. `results`: one a hand-in; `learners`: one a learner, those of whom nothing came included.

    `unused`: overrides of learners whom there are not here; `title`: what is graded; `column`: what Canvas
    calls it, if that is something else.
    """

    results: Sequence[Result]
    learners: Sequence[Learner] = ()
    history: History = field(default_factory=lambda: History(None, {}, {}))
    roster: Roster | None = None
    unused: Sequence[Override] = ()
    title: str = "ovlearn"
    column: str = ""

    @property
    def ungraded(self) -> list[Result]:
        """The results of hand-ins that were not graded, or not on every exercise, by grader or teacher."""
        return [
            one
            for one in self.results
            if not all(mark.graded for mark in one.marks) or (one.status == "not graded" and not one.marks)
        ]
