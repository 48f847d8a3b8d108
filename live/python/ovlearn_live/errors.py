"""An error as its reader needs it: the lines of their own cells, and then what is wrong."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from ovlearn_live.advice import advice
from ovlearn_live.page import text_block
from ovlearn_live.surroundings import is_cell, where

_MOST = 8  # of a function that calls itself without end, the first calls and the last tell enough


@dataclass(frozen=True)
class Told:
    """An error in a line, and in full."""

    says: str
    html: str


@dataclass(frozen=True)
class _Place:
    """A line of a cell, in words, and its code, with marks below it."""

    where: str
    code: str = ""


def told(error: BaseException) -> Told:
    """Return what to tell of an error."""
    places, message = list(_places(error)), _message(error)
    says = ": ".join([*(place.where for place in places[-1:]), message.splitlines()[0]])
    marked = [
        part for place in places for part in (_marked(place.where, "place"), escape(place.code, quote=False))
    ]
    text = "\n".join(filter(None, [*marked, _marked(message, "says")]))
    return Told(says, f'<div class="ov-out ov-error">\n{text_block(text, "ov-text")}\n</div>')


def kind_of(error: BaseException) -> str:
    """Return the name of an error's type, or of the public one behind a type that a library keeps to itself.

    >>> kind_of(type("_ArrayMemoryError", (MemoryError,), {})())
    'MemoryError'
    """
    return next(each.__name__ for each in type(error).__mro__ if not each.__name__.startswith("_"))


def _places(error: BaseException) -> Iterator[_Place]:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_cell(frame.filename)]
    if len(frames) <= _MOST:
        yield from map(_place, frames)
    else:
        yield from map(_place, frames[: _MOST // 2])
        yield _Place(f"… and {len(frames) - _MOST} calls more …")
        yield from map(_place, frames[-(_MOST // 2) :])
    if isinstance(error, SyntaxError) and is_cell(str(error.filename)):  # no code of it has run
        lines = traceback.format_exception_only(error)
        yield _Place(where(str(error.filename), error.lineno), "".join(lines[1:-1]).rstrip())


def _place(frame: traceback.FrameSummary) -> _Place:
    inside = "" if frame.name == "<module>" else f", in {frame.name}"
    _, _, code = traceback.StackSummary.from_list([frame]).format()[0].partition("\n")
    return _Place(where(frame.filename, frame.lineno) + inside, code.rstrip())


def _message(error: BaseException) -> str:
    """What Python says of an error, in the names that its reader knows, and what one can do about it."""
    lines = "".join(traceback.format_exception_only(error)).splitlines()
    if isinstance(error, SyntaxError):  # its place comes first
        lines = [line for line in lines if not line.startswith(" ")]
    kind = type(error)
    qualified = f"{kind.__module__}.{kind.__qualname__}"
    text = "\n".join(lines).replace(qualified, kind_of(error), 1)
    if isinstance(error, SystemExit) and error.code is None:  # exit() says nothing more
        text = kind_of(error)
    return "\n".join(filter(None, [text, advice(error, text)]))


def _marked(text: str, what: str) -> str:
    return f'<span class="ov-error-{what}">{escape(text, quote=False)}</span>'
