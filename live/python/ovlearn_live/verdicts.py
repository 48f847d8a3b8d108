"""What the checks of an exercise say of a session's names, as data for the page."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from ovlearn.exercises.answers import Namespace, _place
from ovlearn.exercises.cells.defining import defined_in
from ovlearn.exercises.judging import verdict_on
from ovlearn.exercises.notebook import fresh_seed


def verdict(
    exercise: str, names: Mapping[str, Any], reasons: Mapping[str, str], seed: int | None
) -> dict[str, Any]:
    """Return the verdict on an exercise.

    `reasons`: why names are missing; `seed`: decides what the checks draw, anew each time where it is None.

    Raises: ValueError where there is no such exercise.
    """
    found = verdict_on(exercise, Namespace(names, reasons), fresh_seed() if seed is None else int(seed))
    return {
        "status": found.total.status,
        "mistake": found.total.mistake,
        "says": found.total.says,
        "headline": found.headline,
        "evidence": [list(row) for row in found.rows],
        "html": found._repr_html_(),
    }


def reasons_of(code: str, error: BaseException) -> dict[str, str]:
    """Return why the names that an answer should have defined are missing: its cell broke."""
    place = _place(error) or (f"line {error.lineno}" if isinstance(error, SyntaxError) else "")
    why = f"Its cell raised {type(error).__name__}{f' at {place}' if place else ''}: {error}"
    return dict.fromkeys(defined_in(code), why[:600])


def unjudged(exercise: str, says: str) -> dict[str, Any]:
    """Return what is said of an answer that ended its own check."""
    headline = f"✗ {exercise}: it could not be checked."
    html = f"<div class='ov-verdict ov-wrong'><p>{escape(headline)}</p></div>"
    return {
        **{"status": "wrong", "mistake": "raised", "says": says},
        **{"headline": headline, "evidence": [], "html": html},
    }
