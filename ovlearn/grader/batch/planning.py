"""What is asked of the submissions: which exercises, for how many points, and with which seed."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from ovlearn import __version__
from ovlearn.arguments import whole_number
from ovlearn.exercises.sets import files, names_in, set_named, set_of
from ovlearn.grader.batch.answered import answered
from ovlearn.grader.batch.results import Mark

Points = tuple[tuple[str, int], ...]  # exercise and points, in order

_FORM = 2  # of a mark that is kept: one of another form is made again
_CELLS = 12  # cells and calls that may take all the patience there is, for each exercise


@dataclass(frozen=True)
class Plan:
    """What is graded, and how.

    `exercises`: each with its points; `chosen`: whether a teacher chose them. Else a submission is graded on
    the sets that it answers. `seed`: decides what the checks draw; `memory`: bytes of a worker. Seconds:
    `call` for one call or cell, `exercise` for all that an exercise runs (twelve calls unless given),
    `judging` for what its checks do with what came out. `circumstances`: these limits, and what is installed;
    a mark that is not full is made again where they changed.
    """

    exercises: Points
    chosen: bool
    seed: int
    call: float = 10.0
    exercise: float = 0.0
    judging: float = 20.0
    memory: int = 3 * 2**30
    stamps: tuple[tuple[str, str], ...] = field(init=False)
    circumstances: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "exercise", self.exercise or _CELLS * self.call)
        stamps = tuple((name, _stamp(self.seed, name)) for name, _ in self.exercises)
        object.__setattr__(self, "stamps", stamps)
        object.__setattr__(self, "circumstances", _digest_of([*self.limits.values(), installed()]))

    @property
    def limits(self) -> dict[str, Any]:
        """What an answer and its checks may use, by the names that a plan has for it."""
        return {name: getattr(self, name) for name in ("call", "exercise", "judging", "memory")}

    def asked(self, cells: Sequence[str], name: str = "") -> Points:
        """Return the exercises that a sheet is graded on. `name`: what its file is called.

        >>> plan = plan_of([], None, seed=0)
        >>> [name for name, _ in plan.asked(["ov_rank = 64"])][:2]
        ['ov_matrix', 'head_output']
        """
        if self.chosen:
            return self.exercises
        present = answered(cells, name)
        return tuple((name, points) for name, points in self.exercises if set_of(name) in present)

    def stamp(self, mark: Mark) -> str:
        """Return what a mark depends on: one that is not full, also on limits and on what is installed."""
        stamp = dict(self.stamps).get(mark.exercise, "")
        return stamp if mark.passed or not stamp else f"{stamp}-{self.circumstances}"

    def as_data(self) -> dict[str, Any]:
        """The plan as plain data that JSON can hold."""
        data = asdict(self)
        return {**data, "exercises": dict(self.exercises), "stamps": dict(self.stamps)}


def plan_of(sets: Sequence[str], manifest: Path | None, seed: int, **limits: Any) -> Plan:
    """Return the plan for these sets, or this manifest, or all sets.

    Raises: ValueError for a set or an exercise that there is not, and for a manifest that cannot be read.
    """
    if sets and manifest is not None:
        raise ValueError("expected sets or a manifest, got both")
    if manifest is not None:
        exercises = manifest_points(manifest)
    else:
        chosen = [set_named(each) for each in sets] or list(files())
        exercises = tuple((name, points(name)) for each in dict.fromkeys(chosen) for name in names_in(each))
    return Plan(exercises, bool(sets) or manifest is not None, seed, **limits)


def manifest_points(file: Path) -> Points:
    """Return the exercises and points of a manifest: `{"exercises": {"ov_matrix": 2}}`.

    Raises: ValueError for what is none.
    """
    try:
        data = json.loads(file.read_text(encoding="utf-8-sig"))
        listed: Mapping[str, Any] = data["exercises"]
        pairs = tuple(listed.items())
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        expected = 'a JSON file such as {"exercises": {"ov_matrix": 2}}'
        raise ValueError(f"manifest: expected {expected}, got {file} ({type(error).__name__})") from None
    for name, _ in pairs:
        set_of(name)
    return tuple((name, whole_number(f"points of {name}", value, minimum=0)) for name, value in pairs)


def points(exercise: str) -> int:
    """Return the points that an exercise's author gave it."""
    from ovlearn.exercises import sources

    return sources.exercise(exercise).points


def _stamp(seed: int, exercise: str) -> str:
    """What a mark depends on besides the answer."""
    return _digest_of([_FORM, seed, __version__, exercise, _digest(set_of(exercise))])


def _digest_of(data: list[Any]) -> str:
    return hashlib.sha256(json.dumps(data).encode()).hexdigest()[:16]


@cache
def installed() -> str:
    """Return a digest of the libraries that are installed, and of Python: what an answer may import."""
    found = sorted(f"{one.name}=={one.version}" for one in distributions() if one.metadata)
    return _digest_of([sys.version, *found])


@cache
def _digest(set_name: str) -> str:
    return hashlib.sha256(files()[set_name].read_bytes()).hexdigest()
