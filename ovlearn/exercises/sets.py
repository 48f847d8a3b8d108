"""Exercise sets: where they are, which exercises they hold, and the checks of each."""

from __future__ import annotations

import difflib
import importlib.util
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import ovlearn

Check = Callable[[Any], None]
_TEST = re.compile(r"^def test_(\w+)\(", re.MULTILINE)


@dataclass(frozen=True)
class Checks:
    """The checks of one exercise, and the functions of the package that are its answer."""

    exercise: str
    tests: tuple[Check, ...]
    blocked: tuple[str, ...] = ()


def home() -> Path:
    """Return the folder that holds all sets: beside the package in a checkout, inside it once installed."""
    package = Path(ovlearn.__file__).parent
    inside, beside = package / "exercise_sets", package.parent / "exercises"
    return inside if inside.is_dir() else beside


@cache
def folders() -> dict[str, Path]:
    """Return the folder of each set by its name, in order."""
    return {each.parent.name: each.parent for each in sorted(home().glob("[0-9]*/checks.py"))}


@cache
def names_in(set_name: str) -> tuple[str, ...]:
    """Return the names of the exercises of a set, in the order of their checks; nothing is run for it."""
    found = _TEST.findall((folders()[set_name] / "checks.py").read_text(encoding="utf-8"))
    return tuple(dict.fromkeys(name.partition("__")[0] for name in found))


def all_names() -> tuple[str, ...]:
    """Return the names of all exercises, in course order."""
    return tuple(name for set_name in folders() for name in names_in(set_name))


def set_of(exercise: str) -> str:
    """Return the name of the set that an exercise belongs to.

    Raises: ValueError naming the nearest exercises.
    """
    for set_name in folders():
        if exercise in names_in(set_name):
            return set_name
    near = difflib.get_close_matches(str(exercise), all_names(), n=1)
    meant = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(all_names())}"
    raise ValueError(f"exercise: expected the name of an exercise, got {exercise!r}{meant}")


def checks_of(exercise: str) -> Checks:
    """Return the checks of an exercise: `test_NAME` and every `test_NAME__…` of its set.

    Raises: ValueError where there is no such exercise.
    """
    module = _checks_module(set_of(exercise))
    tests = [value for name, value in vars(module).items() if _belongs(name, exercise)]
    blocked = getattr(module, "BLOCKED", {})
    return Checks(exercise, tuple(tests), tuple(blocked.get(exercise, ())))


def blocked_by(exercises: Iterable[str]) -> frozenset[str]:
    """Return all functions of the package that any of these exercises blocks."""
    return frozenset(name for exercise in exercises for name in checks_of(exercise).blocked)


def _belongs(name: str, exercise: str) -> bool:
    return name == f"test_{exercise}" or name.startswith(f"test_{exercise}__")


@cache
def _checks_module(set_name: str) -> ModuleType:
    """The module `checks.py` of a set, under a name of its own."""
    name = f"ovlearn_checks_{set_name}"
    spec = importlib.util.spec_from_file_location(name, folders()[set_name] / "checks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
