"""Check one answer sheet in a worker: a broken cell or a loop without end costs only itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ovlearn.exercises.replies import Unavailable
from ovlearn.exercises.sheet_cells import Unreadable
from ovlearn.exercises.verdicts import Verdict
from ovlearn.grader.worker.fresh import FreshWorkers
from ovlearn.grader.worker.remote import Patience, Sheet, Zygote, workers


def verdicts(file: Path, *, seed: int | None = None, patience: Patience | None = None) -> Iterator[Verdict]:
    """Return the verdict on each exercise of a notebook or script, one after the other.

    Its worker is started at once: while it loads numpy and sympy, so can this process.

    Raises: Unreadable where the file holds no answers, and where there is no place to run them in.
    """
    starter = workers()
    starter.start()
    return _verdicts(starter, file, seed, patience or Patience())


def _verdicts(
    starter: Zygote | FreshWorkers, file: Path, seed: int | None, patience: Patience
) -> Iterator[Verdict]:
    try:
        from ovlearn.exercises.catalogue import blocked_by, declared
        from ovlearn.exercises.folder import exercises_in, sheet_cells
        from ovlearn.exercises.judging import verdict_on
        from ovlearn.exercises.notebook import fresh_seed

        drawn = fresh_seed() if seed is None else seed
        cells, exercises = sheet_cells(file), exercises_in(file)
        for exercise in exercises:
            declared(exercise)  # loaded now, not when the worker is waiting for them
        with Sheet(cells, starter, patience=patience, blocked=blocked_by(exercises)) as sheet:
            for exercise in exercises:
                yield verdict_on(exercise, sheet, drawn)
    except Unavailable as error:
        raise Unreadable(f"{file}: its answers cannot be run here: {error}") from None
    finally:
        starter.close()
