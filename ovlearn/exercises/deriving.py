"""Comparisons of expressions and derivations: equal in value, whatever the form."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sympy import Basic, MatAdd

from ovlearn.exercises.outcomes import Row, Wrong
from ovlearn.exercises.values import Unknown
from ovlearn.exercises.values.of_symbols import Claimed
from ovlearn.symbolic import (
    Assumption,
    Derivation,
    NormalForm,
    Relation,
    Selection,
    ShapeError,
    Step,
    check_shapes,
    to_text,
)
from ovlearn.symbolic.statements import definitions

Suspects = Mapping[str, tuple[Any, str]]
_MOST_TERMS = 20_000


def equate(
    got: Any, want: Any, *, using: Iterable[Assumption] = (), suspects: Suspects | None = None
) -> None:
    """See that an expression equals `want`, for matrices of every size; brackets and order of sums are free.

    `using`: definitions that both may use; `suspects`: what usual mistakes would be.

    Raises: Wrong, naming the mistake.

    >>> from ovlearn.symbolic import Network, add, product
    >>> net = Network(layers=1)
    >>> A, X, Delta = net.head("A", 0, 0), net.stream(0), net.layer("Delta", 0)
    >>> equate(add(product(A, Delta), product(A, X)), product(A, add(X, Delta)))
    """
    form = NormalForm(definitions(tuple(using)))
    expression = as_expression(got)
    table = form.of(expression)
    if table == form.of(want):
        return
    rows: tuple[Row, ...] = (("your expression", shortened(expression)),)
    for mistake, (value, says) in (suspects or {}).items():
        if table == form.of(value):
            raise Wrong(mistake, says, rows)
    ours, theirs = [*want.shape], [*expression.shape]
    if ours != theirs:
        raise Wrong("shape", f"Its shape is {theirs}, and {ours} was expected.", rows)
    unknown = sorted(map(str, expression.free_symbols - want.free_symbols - _defined(using)))
    if unknown:
        rows += (("symbols that do not belong here", ", ".join(unknown)),)
    raise Wrong("values", "The shape is right, but this is another matrix.", rows)


def derived(
    got: Any,
    *,
    start: Any,
    end: Any,
    assumptions: Iterable[Assumption],
    name: Any = None,
    suspects: Callable[[], Suspects] = dict,
) -> None:
    """See that a derivation leads from `start` to `end` by the course's rules and these assumptions alone.

    `end`: the expression itself, in its form, since the derivation is the answer. Any rules that make
    equalities, in any order. `name`: that of the term that it keeps, where it may leave out the rest;
    `suspects`: makes the derivations of usual mistakes, known by their ends, where they are asked for.

    Raises: Wrong, naming the mistake.
    """
    if not isinstance(got, Claimed):
        what = got.kind if isinstance(got, Unknown) else type(got).__name__
        raise Wrong("type", f"A Derivation was expected, and this is a {what}.")
    if got.initial != start:
        raise Wrong("other start", "It begins with another expression.", (("yours", shortened(got.initial)),))
    strangers = [one.name for one in got.assumptions if one not in tuple(assumptions)]
    if strangers:
        raise Wrong(
            "assumes more", "It takes more as given than it may.", (("not given", ", ".join(strangers)),)
        )
    if not got.steps:
        raise Wrong("no steps", "The derivation has no step yet. Apply a first rule: `d = d.apply(…)`.")
    made = _replayed(got)
    _only_equalities(made, name)
    if made.here == end:
        return
    rows = (("steps taken", str(len(made.steps))), ("it stands at", shortened(made.here)))
    for mistake, (value, says) in suspects().items():
        if isinstance(value, Claimed) and made.here == value.replayed().here:
            raise Wrong(mistake, says, rows)
    raise Wrong("not there yet", "Every step holds, but it does not end where it should.", rows)


def _only_equalities(made: Derivation, name: Any) -> None:
    """A counterexample ends anywhere, and what a selection keeps may be named anything."""
    for number, step in enumerate(made.steps, start=1):
        rows = (("step", f"{number}, {step.rule.name}"),)
        if type(step) is Selection and name is not None:
            if step.name != name:
                raise Wrong("other name", "What is kept has another name than the one asked for.", rows)
        elif type(step) is not Step:
            raise Wrong("no equality", "One of its steps is no equality. Asked is a chain of them.", rows)


def _replayed(got: Claimed) -> Derivation:
    """The derivation, each step taken again: what a worker says of its steps is not believed."""
    try:
        return got.replayed()
    except KeyError as error:
        raise Wrong("own rule", f"It uses a rule that is not the course's: {error.args[0]}.") from None
    except (ValueError, TypeError) as error:
        raise Wrong("a step fails", f"A step does not hold: {str(error)[:200]}") from None


def as_expression(got: Any) -> Any:
    """Return what an answer gave as a matrix expression whose shapes fit.

    Raises: Wrong for what is none.
    """
    got = got.rhs if isinstance(got, Relation) else got
    if not isinstance(got, Basic) or not getattr(got, "is_Matrix", False):
        what = got.kind if isinstance(got, Unknown) else type(got).__name__
        raise Wrong("type", f"A matrix expression was expected, and this is a {what}.")
    try:
        check_shapes(got)
    except (ShapeError, TypeError) as error:
        raise Wrong("shapes do not fit", f"The shapes in it do not fit: {error}") from None
    if _terms(got) > _MOST_TERMS:
        raise Wrong("too large", f"It has more than {_MOST_TERMS:,} terms.")
    return got


def _terms(expression: Any) -> int:
    """How many terms an expression has at most, once it is multiplied out."""
    counts = [min(_terms(part), _MOST_TERMS + 1) for part in expression.args if isinstance(part, Basic)]
    if isinstance(expression, MatAdd):
        return sum(counts)
    return min(math.prod(counts), _MOST_TERMS + 1)


def shortened(expression: Any) -> str:
    """Return an expression as text, cut where it is long."""
    text = to_text(expression)
    return text if len(text) <= 120 else f"{text[:117]}…"


def _defined(using: Iterable[Assumption]) -> set[Any]:
    return {symbol for one in using for equation in one.equations for symbol in equation.lhs.free_symbols}
