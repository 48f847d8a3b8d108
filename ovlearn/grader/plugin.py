"""The pytest plugin: plain `pytest` in a learner's folder runs the checks, one test each.

It does nothing anywhere else: only notebooks of a set, beside a progress file, are collected.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ovlearn.exercises.progress import FILE

if TYPE_CHECKING:
    from ovlearn.grader.worker.remote import Sheet


class CheckFailed(Exception):
    """What a check found, as the learner reads it."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the exercise notebooks of a learner's folder."""
    if file_path.suffix != ".ipynb" or not (file_path.parent / FILE).exists():
        return None
    from ovlearn.exercises.sets import files

    return SheetFile.from_parent(parent, path=file_path) if file_path.stem in files() else None


class SheetFile(pytest.File):
    """One notebook: its cells run once, in a worker, for all of its checks."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item a check."""
        from ovlearn.exercises.catalogue import declared
        from ovlearn.exercises.sets import names_in

        for exercise in names_in(self.path.stem):
            for test in declared(exercise).tests:
                yield CheckItem.from_parent(self, name=test.__name__, exercise=exercise, check=test)

    def setup(self) -> None:
        """Start a worker on the notebook's cells."""
        from ovlearn.exercises.catalogue import blocked_by
        from ovlearn.exercises.folder import sheet_cells
        from ovlearn.exercises.notebook import fresh_seed
        from ovlearn.exercises.sets import names_in
        from ovlearn.grader.worker.remote import Sheet, workers

        self.seed = fresh_seed()
        self.workers = workers()
        self.addfinalizer(self.workers.close)
        lacking = blocked_by(names_in(self.path.stem))
        self.sheet: Sheet = Sheet(sheet_cells(self.path), self.workers, blocked=lacking).__enter__()
        self.addfinalizer(lambda: self.sheet.__exit__(None, None, None))


class CheckItem(pytest.Item):
    """One check of one exercise."""

    def __init__(self, *, exercise: str, check: Any, **rest: Any) -> None:
        super().__init__(**rest)
        self.exercise = exercise
        self.check = check

    def runtest(self) -> None:
        """Run the check on the answer."""
        from ovlearn.exercises.answers import Student
        from ovlearn.exercises.catalogue import declared
        from ovlearn.exercises.judging import run_check
        from ovlearn.exercises.verdicts import Verdict

        answers = self.getparent(SheetFile)
        assert answers is not None
        student = Student(answers.sheet, answers.seed, declared(self.exercise).blocked)
        outcome = run_check(self.exercise, self.check, student)
        if not outcome.passed:
            raise CheckFailed(str(Verdict(self.exercise, (outcome,), answers.seed)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what the check says, and no traceback of ours."""
        if isinstance(excinfo.value, CheckFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Say which notebook and which check."""
        return self.path, None, f"{self.path.stem}: {self.name}"
