"""What answers reply with, wherever they are. It loads nothing heavy: a worker is started with this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

Data = Any  # what `json` can write
FUNCTION = "function"


@dataclass(frozen=True)
class Reply:
    """What an answer gave: its value as data, and its arguments after the call, likewise."""

    value: Data
    arguments: Data = None


class AnswerError(Exception):
    """What an answer's own code raised. `kind`: the exception's type; `place`: line and code, in words."""

    def __init__(self, kind: str, says: str, place: str = "") -> None:
        super().__init__(says)
        self.kind = kind
        self.says = says
        self.place = place


class Missing(Exception):
    """There is no answer of this name. `why`: what became of the cell that should define it."""


class Unavailable(Exception):
    """There is no place to run answers in. No answer is at fault; the message holds the child's own words."""


class Answers(Protocol):
    """Where answers are. `blocked`: the functions of the package that the answer should have written."""

    def look(self, name: str, blocked: tuple[str, ...]) -> Data:
        """Return FUNCTION or the encoded value of a name; raise Missing."""

    def call(self, name: str, arguments: Data, blocked: tuple[str, ...]) -> Reply:
        """Call a function; raise AnswerError or Missing."""
