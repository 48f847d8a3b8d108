"""Refuse the functions of the package that *are* the answer to an exercise, while that answer runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any, NoReturn


class Blocked(Exception):
    """An answer called the very function of the package that it should have written."""


@contextmanager
def blocking(names: tuple[str, ...]) -> Iterator[None]:
    """Refuse calls of these functions of the package, by whatever name and in whatever thread.

    Each gets another body for the time being, so that nobody who holds the function can reach the first one.
    """
    bodies = [(function, function.__code__, _refusal(name)) for name, function in map(_function, names)]
    try:
        for function, _, refusal in bodies:
            function.__code__ = refusal
        yield
    finally:
        for function, body, _ in bodies:
            function.__code__ = body


def refuse(name: str) -> NoReturn:
    """Say that a function of the package is the answer itself."""
    raise Blocked(f"`{name}` is the answer itself: here you write it. Everywhere else, use it.")


def _refusal(name: str) -> CodeType:
    """A body that takes anything and refuses; it stands alone, whatever module it is put into."""
    made: dict[str, Any] = {}
    text = f"def body(*_, **__):\n    from ovlearn.grading.blocking import refuse\n    refuse({name!r})"
    exec(text, made)
    code: CodeType = made["body"].__code__
    return code


def _function(name: str) -> tuple[str, FunctionType]:
    """A function of the package, "numeric.FactoredMatrix.svd" or "paths.count", with its name."""
    import ovlearn

    found: Any = ovlearn
    for part in name.split("."):
        if isinstance(found, type):
            found = found.__dict__[part]
        else:
            if not hasattr(found, part):
                __import__(f"{found.__name__}.{part}")
            found = getattr(found, part)
    for inner in ("fget", "func", "__func__"):
        found = getattr(found, inner, None) or found
    return name, found
