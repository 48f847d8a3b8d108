"""A learner's progress: one small file in their folder, kept by the names of the exercises."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

FILE = "ovlearn-progress.json"


@dataclass(frozen=True)
class Entry:
    """What is known of one exercise: whether its answer passes now, the hints and solutions asked for."""

    passed: bool = False
    attempts: int = 0
    hints: int = 0
    asked: int = 0


@dataclass(frozen=True)
class Progress:
    """The entries by exercise. `others`: what a newer version wrote, kept as it is.

    >>> Progress().noted("ov_matrix", passed=True).entries["ov_matrix"].attempts
    1
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)

    def of(self, exercise: str) -> Entry:
        """Return what is known of an exercise."""
        return self.entries.get(exercise, Entry())

    def changed(self, exercise: str, entry: Entry) -> Progress:
        """Return the progress with this entry in the place of what was known."""
        return replace(self, entries={**self.entries, exercise: entry})

    def noted(self, exercise: str, *, passed: bool) -> Progress:
        """Return the progress after a check: what no longer passes is no longer passed."""
        before = self.of(exercise)
        return self.changed(exercise, replace(before, passed=passed, attempts=before.attempts + 1))


def load(folder: Path) -> Progress:
    """Return the progress kept in a folder; a file that cannot be read is put aside, not lost."""
    file = folder / FILE
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        kept = {name: _entry(each) for name, each in data["exercises"].items()}
    except FileNotFoundError:
        return Progress()
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        with suppress(OSError):
            file.replace(file.with_suffix(".damaged.json"))
        return Progress()
    others = {key: value for key, value in data.items() if key != "exercises"}
    return Progress({name: each for name, each in kept.items() if each}, others)


def save(folder: Path, progress: Progress) -> None:
    """Write the progress, whole or not at all."""
    data = {**progress.others, "exercises": {name: asdict(one) for name, one in progress.entries.items()}}
    handle, part = tempfile.mkstemp(dir=folder, prefix=".ovlearn-", suffix=".part")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(data, file, indent=1, sort_keys=True)
        os.replace(part, folder / FILE)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(part)


def note(exercise: str, *, passed: bool, folder: Path | None = None) -> None:
    """Keep what a check found, where the folder has a progress file that can be written."""
    place = Path.cwd() if folder is None else folder
    if (place / FILE).exists():
        with suppress(OSError):
            save(place, load(place).noted(exercise, passed=passed))


def _entry(data: dict[str, Any]) -> Entry:
    known = {name: data[name] for name in Entry.__dataclass_fields__ if name in data}
    return Entry(**known)
