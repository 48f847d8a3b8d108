"""Comparisons that say what is wrong: the tools that checks are written with.

A check compares what an answer gave with what is right. If they differ, it compares further with what the
usual mistakes would have given *for the same input*, and names the mistake whose value it is. So a mistake
is known by its effect, whatever the code looks like, and an answer is never told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from ovlearn.exercises.outcomes import Row, Wrong
from ovlearn.exercises.values import Unknown

Named = tuple[str, str]  # a mistake's name, and what to say
Suspects = Mapping[str, tuple[Any, str]]  # a mistake's name → its value for this input, and what to say
TOLERANCE = 1e-5  # of the largest entry: what float32 gives


def wrong(mistake: str, says: str, *evidence: Row) -> NoReturn:
    """Say that an answer is wrong: the mistake's short name, what a tutor would say, and what shows it."""
    raise Wrong(mistake, says, evidence)


def compare(
    got: Any, want: Any, *, suspects: Suspects | None = None, axes: Sequence[str] = (), case: str = ""
) -> None:
    """See that `got` holds the numbers of `want`, in the same shape.

    `axes`: the name of each axis, as ("query", "key"); `case`: the input in words; `suspects`: what usual
    mistakes would give here. A suspect that equals `want` here shows nothing and is passed over.

    Raises: Wrong, naming the mistake.

    >>> compare([[1.0, 2.0]], np.array([[1.0, 2.0]]))
    >>> compare([[2.0], [1.0]], np.array([[1.0, 2.0]]), axes=("query", "key"))
    Traceback (most recent call last):
    ovlearn.exercises.outcomes.Wrong: The shape is not right: [2, 1] came, [query, key] = [1, 2] was expected.
    """
    numbers, exact = as_numbers(got), np.asarray(want)
    rows = ((("input", case),) if case else ()) + (("your shape", _shape(numbers)),)
    if close(numbers, exact):
        return
    for mistake, (value, says) in (suspects or {}).items():
        other = np.asarray(value)
        if close(numbers, other) and not close(other, exact):
            raise Wrong(mistake, says, rows + _difference(numbers, exact, axes))
    if numbers.shape != exact.shape:
        named = f"[{', '.join(axes)}] = " if axes else ""
        says = f"The shape is not right: {_shape(numbers)} came, {named}{_shape(exact)} was expected."
        raise Wrong("shape", says, rows)
    if not np.isfinite(numbers).all():
        bad = tuple(int(i) for i in np.argwhere(~np.isfinite(numbers))[0])
        says = "There are entries that are no finite numbers (NaN or infinity)."
        raise Wrong("not finite", says, (*rows, ("first such entry", _place(bad, axes))))
    raise Wrong(
        "values", "The shape is right, but the numbers are not.", rows + _difference(numbers, exact, axes)
    )


def equal(got: Any, want: Any, *, suspects: Suspects | None = None, says: str = "That is not it.") -> None:
    """See that `got` is the number, text or tuple `want`; `says` is said where no suspect fits.

    Raises: Wrong, naming the mistake.

    >>> equal(3, 3)
    >>> equal(8, 3, suspects={"outer": (8, "That is d_model. The rank is bounded by the inner size.")})
    Traceback (most recent call last):
    ovlearn.exercises.outcomes.Wrong: That is d_model. The rank is bounded by the inner size.
    """
    if callable(got):
        raise Wrong("type", "A value was expected, and this is a function.")
    if isinstance(got, str) and not isinstance(want, str):
        raise Wrong("type", "A number was expected, and this is text.", (("your answer", repr(got)[:80]),))
    plain = _plain(got)
    rows = (("your answer", shown(plain)),)
    if _alike(plain, _plain(want)):
        return
    for mistake, (value, message) in (suspects or {}).items():
        if _alike(plain, _plain(value)) and not _alike(_plain(value), _plain(want)):
            raise Wrong(mistake, message, rows)
    raise Wrong("values", says, rows)


def letters(got: Any, among: str) -> set[str]:
    """Return the letters of an answer that chooses some cases: from a set, a list or a text.

    Raises: Wrong where it holds something else.

    >>> sorted(letters("b, A", "abc"))
    ['a', 'b']
    """
    parts = [got] if isinstance(got, str) else got
    if not isinstance(parts, set | frozenset | list | tuple) or not all(
        isinstance(one, str) for one in parts
    ):
        raise Wrong("type", 'A set of letters was expected, as in {"a", "b"}.')
    text = " ".join(parts).lower()
    chosen = set(re.findall(r"\b[a-z]\b", text) or re.findall("[a-z]", text))  # "a, b and c", or "abc"
    if not chosen <= set(among):
        says = f"The cases have the letters {among[0]} to {among[-1]}."
        raise Wrong("other letters", says, (("your answer", ", ".join(sorted(chosen))),))
    return chosen


def choose(got: Any, want: set[str], *, among: str, suspects: Suspects) -> None:
    """See that the right cases were chosen, by their letters. `suspects`: usual choices, most one letter off.

    Raises: Wrong, for a usual choice by its name; else for the first letter that is too many, or missing.

    >>> choose("a", {"a"}, among="ab", suspects={})
    >>> choose("ab", {"a"}, among="ab", suspects={"both": ("a, b", "Look at b again.")})
    Traceback (most recent call last):
    ovlearn.exercises.outcomes.Wrong: Look at b again.
    """
    chosen = letters(got, among)
    if chosen == want:
        return
    rows = (("your answer", ", ".join(sorted(chosen)) or "none"),)
    usual = [(letters(value, among), name, says) for name, (value, says) in suspects.items()]
    for value, name, says in usual:
        if value == chosen:
            wrong(name, says, *rows)
    for letter in (*sorted(chosen - want), *sorted(want - chosen)):
        for value, name, says in usual:
            if value ^ want == {letter}:
                wrong(name, says, *rows)
    wrong("values", "These are not the right cases.", *rows)


def resemble(
    got: Any, want: Any, alike: Callable[[Any, Any], bool], *, suspects: Suspects, says: str, case: str = ""
) -> None:
    """See that `got` is the same answer as `want` in the sense of `alike`.

    `says` is said where no suspect is the same either.

    Raises: Wrong, naming the mistake.

    >>> resemble(-2, 2, lambda one, other: abs(one) == abs(other), suspects={}, says="No.")
    """
    if alike(got, want):
        return
    rows = (("input", case),) if case else ()
    for mistake, (value, message) in suspects.items():
        if alike(got, value) and not alike(value, want):
            wrong(mistake, message, *rows)
    wrong("values", says, *rows)


def as_numbers(got: Any) -> Any:
    """Return what an answer gave as an array of numbers.

    Raises: Wrong for what is none: text, None, a ragged list.
    """
    got = getattr(got, "AB", got)
    if isinstance(got, Unknown):
        what = f"{got.kind} {got.why}".rstrip()
        raise Wrong("type", f"An array of numbers was expected, and this is a {what}.")
    try:
        numbers = np.asarray(got)
    except ValueError:
        raise Wrong("type", "An array of numbers was expected, and this list is ragged.") from None
    except TypeError:  # a symbol: sympy refuses to become numbers
        raise Wrong(
            "type", f"An array of numbers was expected, and this is a {type(got).__name__}."
        ) from None
    if numbers.dtype.kind not in "biufc":
        raise Wrong("type", f"An array of numbers was expected, and this is a {type(got).__name__}.")
    return numbers


def close(got: Any, want: Any) -> bool:
    """Tell whether two arrays have one shape and the same numbers, to a hundred-thousandth.

    NaN and infinity are the same where they stand in the same places.

    >>> close(np.array([1.0, np.nan]), np.array([1.0, np.nan]))
    True
    >>> close(np.array([1.0, 2.0]), np.array([1.0, np.nan]))
    False
    """
    finite = np.isfinite(want)
    if got.shape != want.shape or not (np.isfinite(got) == finite).all():
        return False
    largest = float(np.abs(want[finite]).max(initial=0.0))
    near = np.abs(got[finite] - want[finite]) <= TOLERANCE * max(largest, 1e-12)
    return bool(near.all() and np.array_equal(got[~finite], want[~finite], equal_nan=True))


def shown(value: Any) -> str:
    """Return a value in short, for a table of evidence: numbers to six digits, the same on all machines.

    >>> shown((0.1 + 0.2, 3, "a"))
    "(0.3, 3, 'a')"
    """
    text = " ".join((value.kind if isinstance(value, Unknown) else str(_rounded(value))).split())
    return text if len(text) <= 80 else f"{text[:77]}…"


def _rounded(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_rounded, value))
    if isinstance(value, complex):
        return complex(_rounded(value.real), _rounded(value.imag))
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _difference(got: Any, want: Any, axes: Sequence[str]) -> tuple[Row, ...]:
    """Where two arrays of one shape differ: how many entries, and the first. What is right stays unsaid."""
    if got.shape != want.shape or got.size < 2:  # of a single number, the difference would be the answer
        return ()
    far = np.abs(got - want) > TOLERANCE * max(float(np.abs(want).max(initial=0.0)), 1e-12)
    far |= ~np.isfinite(got)
    if not far.any():
        return ()
    first = tuple(int(i) for i in np.argwhere(far)[0])
    gap = got[first] - want[first]
    return (
        ("entries that differ", f"{int(far.sum())} of {far.size}"),
        ("first of them", _place(first, axes)),
        ("yours there", f"{got[first]:.4g}, which is too {'much' if gap.real > 0 else 'little'}"),
    )


def _place(index: tuple[int, ...], axes: Sequence[str]) -> str:
    named = ", ".join(f"{axis} {place}" for axis, place in zip(axes, index, strict=False))
    return f"{list(index)}: {named}" if named else str(list(index))


def _shape(array: Any) -> str:
    return str(list(array.shape)) if array.ndim else "a single number"


def _plain(value: Any) -> Any:
    """A value in the form in which it is compared: tuples for sequences, Python's numbers for numpy's."""
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return tuple(_plain(each) for each in value)
    if isinstance(value, str):
        return value.strip().lower()
    if isinstance(value, complex) and value.imag == 0:
        return value.real
    if getattr(value, "is_Rational", False):  # sympy's
        return int(value) if value.q == 1 else float(value)
    return value


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float | complex) and isinstance(other, int | float | complex):
        return abs(one - other) <= TOLERANCE * max(abs(other), 1e-12)
    return type(one) is type(other) and bool(one == other)
