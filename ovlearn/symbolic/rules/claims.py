"""Rules whose steps are not equalities: selections, bounds, counterexamples."""

from __future__ import annotations

from typing import Any

from sympy import MatrixSymbol

from ovlearn.symbolic.expressions import add, factors, terms
from ovlearn.symbolic.functions import Rank, is_matrix
from ovlearn.symbolic.pathlabels import Path, hidden_in, path_of
from ovlearn.symbolic.statements import Assumption, unfolded
from ovlearn.symbolic.steps import Bound, Counterexample, RuleError, Selection, rule, shortened
from ovlearn.symbolic.witness import differ_at

__all__ = [
    "counterexample",
    "inner_size",
    "select",
    "select_path",
]


@rule("select", "X + Y keeps X and leaves out Y", makes=Selection)
def select(expr: Any, term: Any, name: Any) -> dict[str, Any]:
    """Keep one term of a sum under a new name; the rest is the remainder.

    E.g. of E W_E W_U + A_0 E W_E W_OV W_U, keep the second as Y'.
    """
    return _selected("select", expr, [found == term for found in terms(expr)], name)


@rule("select path", "the path through these heads and no other", makes=Selection)
def select_path(expr: Any, path: Path, name: Any) -> dict[str, Any]:
    """Keep the term of an expansion that passes exactly these heads; the rest is the remainder.

    E.g. ((1, 0),) keeps the term in which A_1_0 stands and no other pattern. Every term must be a product of
    patterns, weights and tokens: in A_1 (E W_E + Δ_0) W_OV W_U two paths or more are still together.
    """
    for term in terms(expr):
        if (hidden := hidden_in(term)) is not None:
            raise RuleError(
                f"select path: expected terms of one path each, got {shortened(hidden)} in {shortened(term)}"
            )
    chosen = _selected("select path", expr, [path_of(found) == path for found in terms(expr)], name)
    return {**chosen, "path": path}


@rule("inner size", "rank(AB) ≤ columns of A", makes=Bound)
def inner_size(expr: Any) -> Any:
    """The rank of a product is at most the size that its two factors share.

    E.g. rank(W_V W_O) is at most d_h.
    """
    found = factors(expr.args[0]) if isinstance(expr, Rank) else ()
    if len(found) != 2 or not all(map(is_matrix, found)):
        raise RuleError(f"inner size: expected the rank of a product of two factors, got {shortened(expr)}")
    return found[0].shape[1]


@rule("counterexample", "X ≠ Y where one pair of values differs", makes=Counterexample)
def counterexample(
    expr: Any, claimed: Any, witness: tuple[tuple[Any, Any], ...], *sources: Assumption
) -> dict[str, Any]:
    """Show that an expression is not always `claimed`: give exact matrices at which the two differ.

    E.g. layer(X_A + X_B) is not layer(X_A) + layer(X_B) at X_A = X_B = (0, 1). `sources` say what the
    layers in it are, and what its symbols stand for: `witness` gives the values of the rest.
    """
    left, right = (unfolded(side, sources) for side in (expr, claimed))
    if not differ_at(left, right, dict(witness)):
        raise RuleError(
            f"counterexample: expected values at which {shortened(expr)} is not {shortened(claimed)}"
        )
    return {"after": claimed, "witness": witness}


def _selected(name: str, expr: Any, keep: list[bool], named: Any) -> dict[str, Any]:
    if sum(keep) != 1 or len(keep) == 1:
        raise RuleError(
            f"{name}: expected a sum with exactly one such term, got {sum(keep)} in {shortened(expr)}"
        )
    if not isinstance(named, MatrixSymbol) or named.shape != expr.shape:
        raise RuleError(f"{name}: expected a symbol of shape {expr.shape} as its name, got {named}")
    found = terms(expr)
    kept = [term for term, kept in zip(found, keep, strict=True) if kept]
    rest = [term for term, kept in zip(found, keep, strict=True) if not kept]
    return {"after": kept[0], "remainder": add(*rest), "name": named}
