"""`check("ov_matrix")`, for notebooks and the page: the answer is a name of the caller's."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from typing import Any

from ovlearn.arguments import whole_number
from ovlearn.exercises import progress
from ovlearn.exercises.answers import Namespace
from ovlearn.exercises.judging import verdict_on
from ovlearn.exercises.verdicts import Verdict


def check(exercise: str, *, seed: int | None = None, names: Mapping[str, Any] | None = None) -> Verdict:
    """Check an answer, and tell which mistake it was.

    `exercise`: its name, as its heading says. `seed`: decides the random inputs; new ones each time unless
    given. `names`: where the answer is; the names of the notebook that calls unless given.

    Raises: ValueError where there is no such exercise.

    >>> import numpy as np
    >>> check("ov_matrix", names={"ov_matrix": lambda W_V, W_O: W_V @ W_O})
    ✓ ov_matrix
    >>> print(check("ov_matrix", names={"ov_matrix": lambda W_V, W_O: W_O @ W_V}).total.mistake)
    swapped
    """
    found = sys._getframe(1).f_globals if names is None else names
    verdict = verdict_on(
        exercise, Namespace(found), fresh_seed() if seed is None else whole_number("seed", seed)
    )
    if names is None and (says := progress.note(exercise, passed=verdict.passed)):
        print(says, file=sys.stderr)
    return verdict


def fresh_seed() -> int:
    """Return a seed that nobody can know before."""
    return secrets.randbelow(10**6)
