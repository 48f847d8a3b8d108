"""Rules that replace a symbol by what it stands for, and back."""

from __future__ import annotations

from typing import Any

from ovlearn.symbolic.expressions import rewrite
from ovlearn.symbolic.statements import Assumption, replace_left
from ovlearn.symbolic.steps import RuleError, rule, shortened

__all__ = [
    "fold",
    "unfold",
]


@rule("unfold", "a symbol = what it stands for")
def unfold(expr: Any, source: Assumption) -> Any:
    """Replace a symbol by what an assumption says it is, wherever it stands, once.

    E.g. with X_1 = X_0 + Δ_0: X_1 W becomes (X_0 + Δ_0) W.
    """
    changed = replace_left(expr, source)
    if changed == expr:
        raise RuleError(f"unfold: expected a symbol that {source.name!r} defines, got {shortened(expr)}")
    return changed


@rule("fold", "what a symbol stands for = the symbol")
def fold(expr: Any, source: Assumption) -> Any:
    """Replace what an assumption defines by its symbol: the converse of unfold.

    E.g. with W_OV = W_V W_O: A X (W_V W_O) becomes A X W_OV. The factors must stand as the definition has
    them; `group` brings them together.
    """
    names = {equation.rhs: equation.lhs for equation in source.equations}
    return rewrite(expr, lambda node: names.get(node, node))
