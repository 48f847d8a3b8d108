"""The folder that a run keeps its marks in, so that a second run goes on where the first ended.

Marks are kept by what a submission holds, not by what it is called: no name of a learner is in them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path, PurePosixPath

from ovlearn.exercises.notebook import fresh_seed
from ovlearn.grader.batch.planning import Plan
from ovlearn.grader.batch.results import Mark, Result, mark_of, printable
from ovlearn.writing import write_whole

PLAN = "plan.json"
_ROWS = "rows"


class Kept:
    """A folder of ours. Anything else in the place where it should be is left alone.

    Raises: ValueError for a folder that is not empty and not ours.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan: dict[str, object] = {}
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            self.plan = _ours(folder)

    def seed(self, wanted: int | None) -> int:
        """Return the seed: the one given, else the one of the run before, else a new one."""
        before = self.plan.get("seed")
        return wanted if wanted is not None else before if isinstance(before, int) else fresh_seed()

    def begin(self, plan: Plan) -> None:
        """Make the folder, and write down what is asked."""
        (self.folder / _ROWS).mkdir(parents=True, exist_ok=True)
        text = json.dumps({"ovlearn": "grade", **plan.as_data()}, indent=1) + "\n"
        write_whole(self.folder / PLAN, text, private=True)  # it holds the seed

    def known(self, key: str, plan: Plan, only: str = "", *, retry: bool = False) -> tuple[Mark, ...]:
        """Return the marks of a submission that still hold.

        `only`: the one exercise to grade again; `retry`: grade again only what a person should look at.
        """
        marks = [mark for mark in self._marks(key) if mark.stamp]
        if only or retry:
            return tuple(mark for mark in marks if mark.exercise != only and not (retry and mark.look))
        return tuple(mark for mark in marks if mark.stamp == plan.stamp(mark))

    def keep(self, key: str, result: Result) -> None:
        """Keep the marks of a submission; those of exercises that were not asked now stay as they are."""
        if result.status == "graded":
            marks = {mark.exercise: mark for mark in (*self._marks(key), *result.marks)}
            data = {"marks": [asdict(mark) for mark in marks.values()]}
            write_whole(self._row(key), json.dumps(data, indent=1) + "\n")

    def _marks(self, key: str) -> list[Mark]:
        try:
            data = json.loads(self._row(key).read_text(encoding="utf-8"))
            return [mark_of(each) for each in data["marks"]]
        except (OSError, ValueError, TypeError, KeyError):
            return []

    def _row(self, key: str) -> Path:
        return self.folder / _ROWS / f"{key}.json"


def digest_of(data: bytes) -> str:
    """Return a digest of a submission's bytes alone: two that have the same are alike to the last byte.

    An empty file has none: it is like every other, and that says nothing.
    """
    return hashlib.sha256(data).hexdigest() if data else ""


def key_of(name: str, data: bytes) -> str:
    """Return what a submission is kept by: a digest of its kind and of its bytes."""
    kind = PurePosixPath(name).suffix.lower().encode()
    return hashlib.sha256(kind + b"\0" + data).hexdigest()


def _ours(folder: Path) -> dict[str, object]:
    try:
        plan = json.loads((folder / PLAN).read_text(encoding="utf-8"))
        if plan["ovlearn"] == "grade":
            return dict(plan)
    except (OSError, ValueError, TypeError, KeyError):
        pass
    raise ValueError(
        f"out: expected a new folder, or one that `ovlearn grade` made, got {printable(str(folder))}"
    )
