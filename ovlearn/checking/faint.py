"""How faint the faintest term is beside those that it stands with: what is too faint, floats do not see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from sympy import MatAdd

from ovlearn.checking.arithmetic import Array
from ovlearn.checking.evaluation import Evaluator
from ovlearn.symbolic.expressions import children
from ovlearn.symbolic.functions import RowSoftmax, TokenSum, is_matrix


def faintest(expressions: Iterable[Any], at: Evaluator) -> float:
    """The smallest term of a sum over the largest, and the smallest scores of a softmax: the least of all.

    A term that is zero is not faint: what it is multiplied by does not matter.
    """
    return min((ratio for expr in expressions for ratio in _ratios(expr, at)), default=1.0)


def _ratios(expr: Any, at: Evaluator) -> Iterator[float]:
    if not is_matrix(expr):
        return
    if isinstance(expr, TokenSum):
        body, index = expr.args
        yield from _ratios(body, at.at(index, 0))
        return
    if isinstance(expr, MatAdd):
        sizes = [size for size in (_largest(at.value(term)) for term in expr.args) if size > 0]
        yield min(sizes, default=1.0) / max(sizes, default=1.0)
    if isinstance(expr, RowSoftmax):
        scores = at.value(expr.scores()[0])  # [query, key]
        yield _largest(scores - scores.mean(axis=1, keepdims=True)) or 1.0
    for part in (at.meaning(expr), *children(expr)):
        yield from _ratios(part, at)


def _largest(value: Array) -> float:
    return float(np.abs(value[np.isfinite(value)]).max(initial=0.0))
