"""Run the checks of an exercise on a learner's answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ovlearn.exercises.answers import Student
from ovlearn.exercises.catalogue import declared
from ovlearn.exercises.cells.defining import remark
from ovlearn.exercises.outcomes import NotAttempted, Outcome, Wrong
from ovlearn.exercises.replies import Answers, Unavailable
from ovlearn.exercises.verdicts import Verdict

Check = Callable[[Any], None]


def verdict_on(exercise: str, answers: Answers, seed: int) -> Verdict:
    """Run every check of an exercise on answers, wherever they are."""
    asked = declared(exercise)
    student = Student(answers, seed, asked.blocked)
    verdict = Verdict(exercise, tuple(run_check(exercise, test, student) for test in asked.tests), seed)
    return verdict if verdict.passed else verdict.remarked(remark(getattr(answers, "cells", ()), exercise))


def run_check(exercise: str, check: Check, student: Student) -> Outcome:
    """Return what one `test_*(student)` found.

    A check that itself stumbles over an answer counts as wrong, and says so: no answer earns anything by
    confusing its check.

    Raises: Unavailable where there is no place to run the answer in, which is nobody's mistake.
    """
    name = check.__name__.removeprefix("test_")
    begun = time.perf_counter()

    def outcome(status: Any, mistake: str = "", says: str = "", evidence: Any = ()) -> Outcome:
        return Outcome(exercise, name, status, mistake, says, evidence, time.perf_counter() - begun)

    try:
        check(student)
    except Unavailable:
        raise
    except NotAttempted:
        return outcome("not attempted", says="Not attempted yet.")
    except Wrong as error:
        return outcome("wrong", error.mistake, error.says, error.evidence)
    except Exception as error:
        if isinstance(error, TypeError) and str(error).endswith("is not callable"):
            return outcome("wrong", "type", f"`{exercise}` should be a function, and it is a value.")
        says = f"The check could not judge this answer ({type(error).__name__}: {str(error)[:200]})."
        return outcome("wrong", "not judged", says)
    return outcome("passed")
