"""A learner's progress: one small file in their folder, kept by the names of the exercises."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ovlearn.exercises.decoding import decoded
from ovlearn.exercises.locking import alone
from ovlearn.writing import write_whole

FILE = "ovlearn-progress.json"


@dataclass(frozen=True)
class Record:
    """What is known of one exercise: whether its answer passes now, the hints and solutions asked for."""

    passed: bool = False
    attempts: int = 0
    hints: int = 0
    asked: int = 0


@dataclass(frozen=True)
class Progress:
    """The entries by exercise. `others`: what a newer version wrote, kept as it is.

    `aside`: where a file is kept that could not be read, in whose place this is.

    >>> Progress().noted("ov_matrix", passed=True).entries["ov_matrix"].attempts
    1
    """

    entries: dict[str, Record] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)
    aside: Path | None = field(default=None, compare=False)

    @property
    def says(self) -> str:
        """What its owner should know: in a line, or nothing."""
        if self.aside is None:
            return ""
        return f"the progress file cannot be read: it is kept as {self.aside.name}, and a new one is begun"

    def of(self, exercise: str) -> Record:
        """Return what is known of an exercise."""
        return self.entries.get(exercise, Record())

    def changed(self, exercise: str, entry: Record) -> Progress:
        """Return the progress with this entry in the place of what was known."""
        return replace(self, entries={**self.entries, exercise: entry})

    def noted(self, exercise: str, *, passed: bool) -> Progress:
        """Return the progress after a check: what no longer passes is no longer passed."""
        before = self.of(exercise)
        return self.changed(exercise, replace(before, passed=passed, attempts=before.attempts + 1))


def load(folder: Path) -> Progress:
    """Return the progress kept in a folder; a file that is none is put aside, not lost.

    Raises: ValueError where it cannot be opened, or not put aside.
    """
    file = folder / FILE
    try:
        return _understood(file.read_bytes())
    except FileNotFoundError:
        return Progress()
    except OSError as error:
        raise ValueError(f"{file}: {error.strerror or error}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Progress(aside=_put_aside(file))


def update(folder: Path, change: Callable[[Progress], Progress]) -> Progress:
    """Read the progress, change it and write it, while no other process does so; return what was written.

    Raises: ValueError or OSError where that cannot be.
    """
    with alone(folder):
        changed = change(load(folder))
        save(folder, changed)
    return changed


def save(folder: Path, progress: Progress) -> None:
    """Write the progress, whole or not at all."""
    data = {**progress.others, "exercises": {name: asdict(one) for name, one in progress.entries.items()}}
    write_whole(folder / FILE, json.dumps(data, indent=1, sort_keys=True), private=True)


def note(exercise: str, *, passed: bool, folder: Path | None = None) -> str:
    """Keep what a check found, where the folder has a progress file; return what is to be said of that."""
    place = Path.cwd() if folder is None else folder
    if not (place / FILE).exists():
        return ""
    try:
        return update(place, lambda known: known.noted(exercise, passed=passed)).says
    except (OSError, ValueError) as error:
        return f"progress is not kept: {error}"


def _understood(data: bytes) -> Progress:
    """The progress that a file's bytes hold, with a byte order mark too, as some editors leave it."""
    read = json.loads(decoded(data))
    kept = {name: _record(each) for name, each in read["exercises"].items()}
    return Progress(kept, {key: value for key, value in read.items() if key != "exercises"})


def _record(data: dict[str, Any]) -> Record:
    entry = Record(**{name: data[name] for name in Record.__dataclass_fields__ if name in data})
    if not all(isinstance(value, int) for value in asdict(entry).values()):
        raise TypeError(f"entry: expected whole numbers, got {data!r}")
    return entry


def _put_aside(file: Path) -> Path:
    """Rename a file so that nothing is overwritten; return its new name."""
    for number in range(1, 1000):
        aside = file.with_suffix(f".damaged{f'-{number}' if number > 1 else ''}.json")
        if not aside.exists():
            try:
                return file.rename(aside)
            except OSError as error:
                raise ValueError(f"{file}: {error.strerror or error}") from None
    raise ValueError(f"{file}: it cannot be read, and there are too many that could not")
