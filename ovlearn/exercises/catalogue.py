"""The declared exercise of a name: from its set's source, or in a page from what was packed of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from ovlearn.exercises import compiled
from ovlearn.exercises.declared import Declared
from ovlearn.exercises.sets import COMPILED, files, set_of


@cache
def declared(exercise: str) -> Declared:
    """Return an exercise, ready to be checked.

    Raises: ValueError where there is no such exercise.

    >>> declared("ov_matrix").blocked
    ('circuits.ov',)
    """
    set_name = set_of(exercise)
    file = files()[set_name]
    if file.suffix == COMPILED:
        return next(one for one in compiled.unpacked(file) if one.name == exercise)
    from ovlearn.exercises.sources import source_of  # reads the source, which a page does not have

    return source_of(set_name).exercise(exercise).declared


def blocked_by(exercises: Iterable[str]) -> frozenset[str]:
    """Return all functions of the package that any of these exercises blocks."""
    return frozenset(name for exercise in exercises for name in declared(exercise).blocked)
