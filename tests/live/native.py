"""What the checks say of an answer in a notebook, to hold the page's Python against."""

from __future__ import annotations

from typing import Any

from ovlearn.exercises.answers import Namespace
from ovlearn.exercises.judging import verdict_on
from ovlearn.exercises.sources import source_of


def answers(set_name: str) -> list[tuple[str, str]]:
    """Every answer that a set has: starters, solutions, known mistakes and unusual right ones."""
    source = source_of(set_name)
    own = [(one.name, code) for one in source.exercises for code in (one.starter, one.solution)]
    return own + [(each.exercise, each.code) for each in source_of(set_name).known]


def natively(exercise: str, setup: str, code: str, seed: int) -> dict[str, Any]:
    """The verdict on an answer, as the session tells it."""
    names: dict[str, Any] = {}
    exec(compile(setup, "<cell setup>", "exec"), names)
    exec(compile(code, f"<cell {exercise}>", "exec"), names)
    verdict = verdict_on(exercise, Namespace(names), seed)
    return {
        "status": verdict.total.status,
        "mistake": verdict.total.mistake,
        "says": verdict.total.says,
        "html": verdict._repr_html_(),
        "headline": verdict.headline,
        "evidence": [list(row) for row in verdict.rows],
    }
