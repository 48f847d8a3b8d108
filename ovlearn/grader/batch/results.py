"""What came of a submission: a mark for each exercise, and the points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

Row = tuple[str, str]  # what to look at, and what is there


@dataclass(frozen=True)
class Mark:
    """What came of one exercise in one submission.

    `status`: passed, wrong, not attempted, not graded, or not handed in; `evidence`: what the check shows;
    `stamp`: what the checks and the seed were, so that a later run knows whether the mark still holds;
    `look`: why a person should look at it, where a machine's limit may be the reason;
    `by_hand`: whether a teacher gave the points; `comment`: what the teacher says.
    """

    exercise: str
    status: str
    mistake: str = ""
    says: str = ""
    seconds: float = 0.0
    stamp: str = ""
    points: int = 0
    out_of: int = 0
    evidence: tuple[Row, ...] = ()
    look: str = ""
    by_hand: bool = False
    comment: str = ""

    @property
    def graded(self) -> bool:
        """Whether the answer was looked at, by the grader or by a teacher."""
        return self.by_hand or self.status not in ("not graded", "not handed in")

    @property
    def passed(self) -> bool:
        """Whether the answer passed every check."""
        return self.status == "passed"


@dataclass(frozen=True)
class Result:
    """What came of one submission: always one, whatever the submission is.

    `status`: graded, or not graded, and then `note` says why. `learner`: whose it is, as reports call them;
    `digest`: of its bytes, where they could be read; `look`: why a person should look at it, where it is not
    the hand-in that is at fault.

    >>> Result("a.ipynb", "graded", marks=(Mark("ov_rank", "passed", points=2, out_of=2),)).points
    2
    """

    submission: str
    status: str
    note: str = ""
    marks: tuple[Mark, ...] = ()
    seconds: float = 0.0
    learner: str = ""
    digest: str = ""
    look: str = ""

    @property
    def points(self) -> int:
        """The points earned."""
        return sum(mark.points for mark in self.marks)

    @property
    def out_of(self) -> int:
        """The points that there were to earn."""
        return sum(mark.out_of for mark in self.marks)

    def as_data(self) -> dict[str, Any]:
        """The result as plain data that JSON can hold."""
        data = asdict(self)
        marks = [{key: value for key, value in mark.items() if key != "stamp"} for mark in data.pop("marks")]
        return {**data, "points": self.points, "out_of": self.out_of, "marks": marks}


def mark_of(data: Mapping[str, Any]) -> Mark:
    """Return a mark that was kept as data.

    Raises: TypeError for what is none.
    """
    mark = Mark(**{**data, "evidence": tuple((str(name), str(value)) for name, value in data["evidence"])})
    texts = (mark.exercise, mark.status, mark.mistake, mark.says, mark.stamp, mark.look)
    if not all(isinstance(text, str) for text in texts) or not isinstance(mark.seconds, int | float):
        raise TypeError(f"mark: expected text and seconds, got {data!r}")
    return mark


def printable(text: str) -> str:
    r"""Return text that is safe to show: control characters and half characters are written out.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in text)
