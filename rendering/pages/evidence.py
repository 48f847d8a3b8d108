"""What the generated pages rest on: every derivation, checked once, and the lesson that teaches it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import ovlearn as ov
from ovlearn.checking import ROUTES, Row, at_most
from ovlearn.symbolic import rules

SEEDS = 20
LESSONS = Path(__file__).parents[2] / "lessons"
USUAL_LAYER = 1  # of which a derivation is, unless asked otherwise

ROUTE_NAMES = dict(zip(ROUTES, ("algebra", "exact arithmetic", "activations"), strict=True))
IN_AN_EXAMPLE = dict(zip(ROUTES, ("algebra", "exact arithmetic", "floating point"), strict=True))


@cache
def checked(slug: str, layer: int | None = None) -> ov.Report:
    """The report of a derivation (for its usual layer, or another), with faults planted in every step.

    Raises: ValueError where a step does not hold or a fault got through.
    """
    report = ov.verify(ov.derive(slug, layer=layer), seeds=SEEDS, faults=True)
    if not report.passed:
        raise ValueError(f"{slug}: expected every step to hold, got {report}")
    return report


@cache
def lessons() -> dict[str, str]:
    """The lesson that teaches each derivation: the first that shows it whole, under a label."""
    found: dict[str, str] = {}
    for lesson in sorted(LESSONS.glob("[0-9]*.py")):
        for slug in _shown(lesson.read_text(encoding="utf-8")):
            found.setdefault(slug, lesson.stem)
    return found


def _shown(source: str) -> Iterator[str]:
    """The derivations that a lesson shows: after `d = ov.derive(SLUG)` comes `ov.show(d, label=…)`."""
    made: dict[str, str] = {}
    for node in ast.parse(source).body:
        match node:
            case ast.Assign(
                targets=[ast.Name(name)],
                value=ast.Call(func=ast.Attribute(attr="derive"), args=[ast.Constant(str(slug)), *_]),
            ):
                made[name] = slug
            case ast.Expr(ast.Call(ast.Attribute(attr="show"), [ast.Name(name)], [_, *_])) if name in made:
                yield made[name]


def lesson_link(slug: str, words: str = "", *, up: str = "") -> str:
    """A link to the lesson that teaches a derivation, or nothing; `up` leads from the page to the top.

    >>> lesson_link("ov-fold")
    '[lesson 04, values and outputs fold](lessons/04_values_and_outputs_fold.md)'
    """
    lesson = lessons().get(slug, "")
    if not lesson:
        return ""
    number, *title = lesson.split("_")
    told = words or f"lesson {number}, {' '.join('OV' if word == 'ov' else word for word in title)}"
    return f"[{told}]({up}lessons/{lesson}.md)"


def lesson_number(slug: str) -> str:
    """The number of the lesson that teaches a derivation, as the lesson's file has it, or nothing."""
    return lessons().get(slug, "").partition("_")[0]


def derivation_link(slug: str) -> str:
    """A link to the page of a derivation."""
    return f"[`{slug}`](derivations/{slug}.md)"


def rows_of(slug: str, part: str, first: int, last: int, *, layer: int = 1) -> list[Row]:
    """The judgements of some steps of a derivation (its `part` is its slug) or of a lemma (its title).

    Raises: ValueError where the report has none.
    """
    report = checked(slug) if layer == USUAL_LAYER else checked(slug, layer)
    rows = [row for row in report.rows if row.part == part and first <= row.step <= last]
    if not rows:
        raise ValueError(f"{slug}: expected judgements of steps {first} to {last} of {part!r}, got none")
    return rows


def in_words(rows: Sequence[Row]) -> str:
    """How some steps were checked: the steps that each route passed, why one does not apply, the error.

    A counterexample is one example, calculated once: no seed is drawn and no network runs.

    Raises: ValueError where a route failed.
    """
    failed = [row for row in rows if row.outcome == "failed"]
    if failed:
        raise ValueError(f"{failed[0].part}, step {failed[0].step}: {failed[0].judgement.reason}")
    examples = [row for row in rows if row.rule == rules.counterexample.name]
    said = [f"The example was put in, once: {_routes(examples, IN_AN_EXAMPLE)}."] if examples else []
    others = [row for row in rows if row not in examples]
    if others:
        said.append(f"Checked over {SEEDS} seeds: {_routes(others, ROUTE_NAMES)}.")
        error = worst(others)
        if error is not None:
            said.append(f"The rounding error is at most {rounded(error)}." if error else "No rounding error.")
    return " ".join(said)


def worst(rows: Iterable[Row]) -> float | None:
    """The largest floating-point error of some judgements, if any was measured."""
    return max((row.judgement.error for row in rows if row.judgement.error is not None), default=None)


def rounded(error: float | None) -> str:
    """An error as a reader wants it: its size, rounded up; a dash where none was measured.

    >>> rounded(3.4e-16), rounded(0.0), rounded(None)
    ('4e-16', '0', '–')
    """
    if error is None:
        return "–"
    return at_most(error)


def _routes(rows: Sequence[Row], names: dict[str, str]) -> str:
    return ", ".join(_route(names[name], [row for row in rows if row.route == name]) for name in ROUTES)


def _route(name: str, rows: Sequence[Row]) -> str:
    passed = sum(row.outcome == "passed" for row in rows)
    said = f"{name} {passed} of {len(rows)}"
    reasons = dict.fromkeys(row.judgement.reason for row in rows if row.outcome == "not applicable")
    return f"{said} ({'; '.join(reasons)})" if reasons else said
