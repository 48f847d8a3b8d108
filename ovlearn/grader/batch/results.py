"""What came of a submission: a mark for each exercise, and the points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Mark:
    """What came of one exercise in one submission.

    `status`: passed, wrong, not attempted, or not graded; `stamp`: what the checks and the seed were, so that
    a later run knows whether the mark still holds.
    """

    exercise: str
    status: str
    mistake: str = ""
    says: str = ""
    seconds: float = 0.0
    stamp: str = ""
    points: int = 0
    out_of: int = 0

    @property
    def passed(self) -> bool:
        """Whether the answer passed every check."""
        return self.status == "passed"


@dataclass(frozen=True)
class Result:
    """What came of one submission: always one, whatever the submission is.

    `status`: graded, or not graded, and then `note` says why.

    >>> Result("a.ipynb", "graded", marks=(Mark("ov_rank", "passed", points=2, out_of=2),)).points
    2
    """

    submission: str
    status: str
    note: str = ""
    marks: tuple[Mark, ...] = ()
    seconds: float = 0.0

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
    mark = Mark(**data)
    texts = (mark.exercise, mark.status, mark.mistake, mark.says, mark.stamp)
    if not all(isinstance(text, str) for text in texts) or not isinstance(mark.seconds, int | float):
        raise TypeError(f"mark: expected text and seconds, got {data!r}")
    return mark


def printable(text: str) -> str:
    r"""Return text that is safe to show: control characters and half characters are written out.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in text)
