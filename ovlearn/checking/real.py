"""The real softmax on random real matrices: for laws that the exact route's stand-in does not keep."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from ovlearn.checking.arithmetic import Array, CannotJudge, Floats, Sizes
from ovlearn.checking.claims import Claim, Context
from ovlearn.checking.evaluation import Evaluator
from ovlearn.checking.faint import faintest
from ovlearn.checking.limits import NARROWEST, spread
from ovlearn.checking.tries import Evaluated, Try
from ovlearn.symbolic.expressions import nodes, symbols
from ovlearn.symbolic.functions import RowSoftmax

SEEDS = (0, 1, 2, 3)
_TOLERANCE = 1e-10  # of the largest entry


class Real(Evaluated):
    """Evaluates both sides in floats, with nothing bound to a network, at the sizes of the exact route.

    The stand-in for a softmax keeps the laws of one softmax, but not exp(a + b) = exp(a) exp(b), which ties
    softmaxes of different scores to each other.
    """

    name = "real"
    layers = None

    def __init__(self, context: Context, sizes: Any) -> None:
        super().__init__(context)
        self._sizes = sizes

    def sizes(self, seed: int) -> Sizes:
        """The sizes that the exact route has at this seed."""
        sizes: Sizes = self._sizes(seed)
        return sizes

    def agrees(self, claim: Claim) -> bool:
        """Whether both sides are equal wherever a difference would have been seen."""
        try:
            return all(self._agrees(claim, attempt) for attempt in self.tries(SEEDS))
        except CannotJudge:
            return False

    def _agrees(self, claim: Claim, attempt: Try) -> bool:
        table = self.definitions(attempt.seed)
        if spread(claim.expressions(), self.sizes(attempt.seed), table) < NARROWEST:
            return False
        if faintest(claim.expressions(), self.evaluator(attempt)) < NARROWEST:
            return False
        before, after = self.value(claim.before, attempt), self.value(claim.after, attempt)
        if claim.remainder is not None:
            after = after + self.value(claim.remainder, attempt)
        return bool(np.abs(before - after).max() <= _TOLERANCE * np.abs(before).max())

    def _evaluator(self, attempt: Try) -> Evaluator:
        sizes, table = self.sizes(attempt.seed), self.definitions(attempt.seed)

        def lookup(symbol: Any) -> Array | None:
            if symbol in table:
                return None
            shape = tuple(evaluator.size(size) for size in symbol.shape)
            random = np.random.default_rng([attempt.seed, *shape, *symbol.name.encode()])
            return random.standard_normal(shape) / max(shape) ** 0.5  # products stay of order 1

        evaluator = Evaluator(Floats(), sizes, lookup, table, self.places(attempt, sizes))
        return evaluator


def softmaxes_are_tied(claim: Claim) -> bool:
    """Whether two different softmaxes in a claim speak of one symbol."""
    found = [node for part in claim.expressions() for node in nodes(part) if isinstance(node, RowSoftmax)]
    pairs = combinations(dict.fromkeys(found), 2)
    return any(symbols(one) & symbols(other) for one, other in pairs)
