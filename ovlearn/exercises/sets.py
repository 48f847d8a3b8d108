"""Exercise sets: where they are, and which exercises they hold."""

from __future__ import annotations

import difflib
import re
from functools import cache
from pathlib import Path

import ovlearn

COMPILED = ".exercises"  # what the name of a set's file ends with in a page
_EXERCISE = re.compile(r'^# %% \[markdown\].* exercise="(\w+)"', re.MULTILINE)


def home() -> Path:
    """Return the folder that holds all sets: beside the package in a checkout, inside it once installed."""
    package = Path(ovlearn.__file__).parent
    inside, beside = package / "exercise_sets", package.parent / "exercises"
    return inside if inside.is_dir() else beside


@cache
def files() -> dict[str, Path]:
    """Return the file of each set by its name, in order: its source, or in a page what was packed of it."""
    found = (each for each in sorted(home().glob("[0-9]*_*")) if each.suffix in (".py", COMPILED))
    return {each.stem: each for each in found}


@cache
def names_in(set_name: str) -> tuple[str, ...]:
    """Return the names of the exercises of a set, in order; nothing is run for it."""
    file = files()[set_name]
    if file.suffix == COMPILED:
        from ovlearn.exercises.compiled import unpacked  # loads numpy: not where one only asks where sets are

        return tuple(one.name for one in unpacked(file))
    return tuple(_EXERCISE.findall(file.read_text(encoding="utf-8")))


def all_names() -> tuple[str, ...]:
    """Return the names of all exercises, in course order."""
    return tuple(name for set_name in files() for name in names_in(set_name))


def set_of(exercise: str) -> str:
    """Return the name of the set that an exercise belongs to.

    Raises: ValueError naming the nearest exercises.
    """
    for set_name in files():
        if exercise in names_in(set_name):
            return set_name
    near = difflib.get_close_matches(str(exercise), all_names(), n=1)
    meant = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(all_names())}"
    raise ValueError(f"exercise: expected the name of an exercise, got {exercise!r}{meant}")


def set_named(text: str) -> str:
    """Return the name of a set, told by its name or by its number.

    Raises: ValueError naming the sets.

    >>> set_named("4") == set_named("04") == set_named("04_values_and_outputs_fold")
    True
    """
    for name in files():
        number = name.partition("_")[0]
        if text in (name, number) or (text.isdecimal() and int(text) == int(number)):
            return name
    raise ValueError(f"set: expected one of {', '.join(files())}, got {text!r}")
