"""What comes of a check: passed, wrong in a way that has a name, or not attempted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["passed", "wrong", "not attempted"]
Row = tuple[str, str]  # what to look at, and what is there


class Wrong(Exception):
    """An answer is wrong.

    `mistake`: a short name of how, "swapped"; `says`: what a tutor would say; `evidence`: what shows it.
    """

    def __init__(self, mistake: str, says: str, evidence: tuple[Row, ...] = ()) -> None:
        super().__init__(says)
        self.mistake = mistake
        self.says = says
        self.evidence = evidence


class NotAttempted(Exception):
    """There is no answer yet: the starter is as it was."""


@dataclass(frozen=True)
class Outcome:
    """What one check of one exercise found. `check`: the name of the check, without `test_`."""

    exercise: str
    check: str
    status: Status
    mistake: str = ""
    says: str = ""
    evidence: tuple[Row, ...] = ()
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether the answer stood this check."""
        return self.status == "passed"


def in_total(outcomes: tuple[Outcome, ...]) -> Outcome:
    """Return the outcome that speaks for all checks of an exercise: the first that is not passed.

    >>> good, bad = Outcome("a", "a", "passed"), Outcome("a", "a__rank", "wrong", "swapped")
    >>> in_total((good, bad)).mistake
    'swapped'
    """
    return next((one for one in outcomes if not one.passed), outcomes[0])
