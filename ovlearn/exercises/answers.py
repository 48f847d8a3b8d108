"""The answers of one learner, as a check meets them: `student.ov_matrix(W_V, W_O)`, `student.rank`.

Behind it is either a namespace of this process (a notebook, the page) or a worker. Both give encoded values,
so that a check cannot tell them apart.
"""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ovlearn.exercises.blocking import Blocked, blocking
from ovlearn.exercises.outcomes import NotAttempted, Wrong
from ovlearn.exercises.replies import FUNCTION, AnswerError, Answers, Data, Missing, Reply
from ovlearn.exercises.values import decode, encode, is_unknown


class Student:
    """One learner's answers. `seed` decides all that the checks draw at random."""

    def __init__(self, answers: Answers, seed: int, blocked: tuple[str, ...] = ()) -> None:
        self._answers = answers
        self._seed = seed
        self._blocked = blocked

    def draws(self, count: int = 3) -> Iterator[np.random.Generator]:
        """Yield generators of random numbers, the same ones for the same seed."""
        for number in range(count):
            yield np.random.default_rng([self._seed, number])

    def __getattr__(self, name: str) -> Any:
        """Return an answer: a function to call, or a value.

        Raises: NotAttempted where the starter is as it was; Wrong where there is no such name.
        """
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            seen = self._answers.look(name, self._blocked)
        except AnswerError as error:
            raise _raised(name, error) from None
        except Missing as missing:
            raise Wrong("missing", f"There is no `{name}` here. {missing}".rstrip()) from None
        if seen == FUNCTION:
            return _Function(self, name)
        return _attempted(name, decode(seen))

    def _call(self, name: str, arguments: tuple[Any, ...]) -> Any:
        sent = encode(arguments)
        try:
            reply = self._answers.call(name, sent, self._blocked)
        except AnswerError as error:
            raise _raised(name, error) from None
        except Missing as missing:
            raise Wrong("missing", f"There is no `{name}` here. {missing}".rstrip()) from None
        value = _attempted(f"{name}(…)", decode(reply.value))
        if reply.arguments is not None and reply.arguments != sent:
            raise _changed(name, sent, reply.arguments)
        return value


class _Function:
    def __init__(self, student: Student, name: str) -> None:
        self.student, self.name = student, name

    def __call__(self, *arguments: Any) -> Any:
        return self.student._call(self.name, arguments)


class Namespace:
    """Answers that are names of this process.

    >>> student = Student(Namespace({"double": lambda x: 2 * x, "rank": 3}), seed=0)
    >>> student.double(4), student.rank
    (8, 3)
    """

    def __init__(self, names: Mapping[str, Any], reasons: Mapping[str, str] | None = None) -> None:
        self.names = names
        self.reasons = reasons or {}

    def look(self, name: str, blocked: tuple[str, ...] = ()) -> Data:
        """Return FUNCTION or the encoded value of a name."""
        if name not in self.names:
            raise Missing(self.reasons.get(name, "Was it renamed, or its cell not run?"))
        value = self.names[name]
        data = encode(value)
        return FUNCTION if callable(value) and is_unknown(data) else data

    def call(self, name: str, arguments: Data, blocked: tuple[str, ...]) -> Reply:
        """Call a function with copies of its arguments."""
        if self.look(name) != FUNCTION:
            raise AnswerError("TypeError", f"`{name}` is no function")
        copies = decode(arguments)
        try:
            with blocking(blocked), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a warning is no mistake
                value = encode(self.names[name](*copies))
        except Blocked as refusal:
            raise AnswerError("Blocked", str(refusal)) from None
        except (Exception, SystemExit) as error:
            raise AnswerError(type(error).__name__, str(error)[:500], _place(error)) from None
        return Reply(value, encode(copies))


def _attempted(what: str, value: Any) -> Any:
    if value is ...:
        raise NotAttempted
    if value is None:
        raise Wrong("nothing", f"`{what}` is None. Is there a `return` missing?")
    return value


def _raised(name: str, error: AnswerError) -> Exception:
    """What to say of an answer that raised."""
    if error.kind == "Blocked":
        return Wrong("blocked", error.says)
    if error.kind == "NotImplementedError":
        return NotAttempted()
    rows = (("where", error.place),) if error.place else ()
    return Wrong("raised", f"`{name}` raised {error.kind}: {error.says}".rstrip(": "), rows)


def _changed(name: str, before: Data, after: Data) -> Wrong:
    """What to say of an answer that changed its arguments in place."""
    try:
        pairs = list(zip(before[1], after[1], strict=True))
        number = next(place for place, (one, other) in enumerate(pairs, 1) if one != other)
    except (TypeError, ValueError, IndexError, StopIteration):
        return Wrong("input changed", f"`{name}` changed what it was given.")
    evidence: tuple[tuple[str, str], ...] = (("argument", f"number {number}"),)
    was, is_ = (decode(side[1][number - 1]) for side in (before, after))
    if isinstance(was, np.ndarray) and isinstance(is_, np.ndarray) and was.shape == is_.shape:
        place = tuple(int(i) for i in np.argwhere(was != is_)[0]) if (was != is_).any() else ()
        evidence += (("first entry that changed", str(list(place))),)
    return Wrong(
        "input changed",
        f"`{name}` changes the array that it is given. Whoever calls it still needs that array: "
        "work on a copy, or make a new one.",
        evidence,
    )


def _place(error: BaseException) -> str:
    """Where in the learner's own code an error arose: the last line that is neither ours nor a library's."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(("<cell", "<ipython", "<answer")) or "ipykernel" in frame.filename
    ]
    if not frames:
        return ""
    last = frames[-1]
    where = f"line {last.lineno} of {last.name}" if last.name != "<module>" else f"line {last.lineno}"
    return f"{where}: {last.line}" if last.line else where
