"""What the runs before had found, by learner: for what has changed, and for which hint is the next.

The file holds the marks of the last run, and those of the last run that had other marks. So the same command
again, after a kill or for another format, changes nothing of what is reported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ovlearn.grader.learners.records import Learner
from ovlearn.writing import write_whole

FILE = "history.json"
Found = Mapping[str, Mapping[str, Sequence[Any]]]  # learner → exercise → status, mistake, points


@dataclass(frozen=True)
class Change:
    """One mark that is another than before: in words, and the points."""

    learner: str
    exercise: str
    before: str
    after: str
    points: int
    points_before: int


@dataclass(frozen=True)
class History:
    """`before`: what the last run with other marks had found, or None; `now`: what this one found.

    `failed`: for each learner and exercise the digests of the different sheets that did not pass it.
    """

    before: Found | None
    now: Found
    failed: Mapping[str, Mapping[str, tuple[str, ...]]]

    def hint(self, learner: str, exercise: str) -> int:
        """Return which hint is the next: the first, and one more for each further sheet that did not pass."""
        return max(1, len(self.failed.get(learner, {}).get(exercise, ())))

    @property
    def changes(self) -> list[Change]:
        """What is another mark than before, of learners and exercises that both runs have."""
        return [
            Change(learner, exercise, _words(was), _words(mark), mark[2], was[2])
            for learner, marks in self.now.items()
            for exercise, mark in marks.items()
            if (was := (self.before or {}).get(learner, {}).get(exercise)) and list(was) != list(mark)
        ]

    @property
    def new(self) -> list[str]:
        """The learners whom the run before had not."""
        return [] if self.before is None else [one for one in self.now if one not in self.before]

    @property
    def gone(self) -> list[str]:
        """The learners whom only the run before had."""
        return [one for one in self.before or {} if one not in self.now]

    def as_data(self) -> dict[str, Any]:
        """The history as plain data that JSON can hold."""
        return {"before": self.before, "now": self.now, "failed": self.failed}


def after(folder: Path, learners: Sequence[Learner]) -> History:
    """Return the history of a folder with this run added. Nothing is written."""
    data = _read(folder)
    now: Found = {
        one.name: {mark.exercise: [mark.status, mark.mistake, mark.points] for mark in one.marks}
        for one in learners
    }
    last = data.get("now")
    before = data.get("before") if last == now else last
    return History(before, now, _failed(data.get("failed", {}), learners))


def keep(folder: Path, history: History) -> None:
    """Write the history."""
    write_whole(folder / FILE, json.dumps(history.as_data(), indent=1, ensure_ascii=False) + "\n")


def _failed(
    known: Mapping[str, Mapping[str, Sequence[str]]], learners: Sequence[Learner]
) -> dict[str, dict[str, tuple[str, ...]]]:
    failed = {name: {each: tuple(seen) for each, seen in marks.items()} for name, marks in known.items()}
    for learner in learners:
        sheets = "+".join(sorted(digest[:16] for digest in learner.digests))
        for mark in learner.marks:
            if mark.status == "wrong":
                seen = failed.setdefault(learner.name, {}).setdefault(mark.exercise, ())
                failed[learner.name][mark.exercise] = tuple(dict.fromkeys((*seen, sheets)))
    return failed


def _words(mark: Sequence[Any]) -> str:
    status, mistake, _ = mark
    return str(mistake or status)


def _read(folder: Path) -> dict[str, Any]:
    try:
        data = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return data if isinstance(data, dict) else {}
    except (OSError, ValueError):
        return {}
