"""The second route: both sides evaluated on random matrices modulo a prime."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np

from ovlearn.checking.arithmetic import PRIME, Array, CannotJudge, Modular, Sizes, sizes_above
from ovlearn.checking.claims import Claim
from ovlearn.checking.degree import degree
from ovlearn.checking.evaluated import Evaluated, Try
from ovlearn.checking.evaluation import Evaluator
from ovlearn.checking.indices import at_numbers
from ovlearn.checking.judgement import Judgement, failed, not_applicable, passed
from ovlearn.symbolic.dimensions import MEANINGS
from ovlearn.symbolic.expressions import symbols
from ovlearn.symbolic.functions import Rank
from ovlearn.symbolic.steps import Bound, Counterexample, Selection
from ovlearn.symbolic.witness import differ_at

_LARGEST = 64  # no matrix is made larger than this to exceed a number in a bound

ONLY_GENERIC = "random matrices show the rank that nearly all matrices have, not that of every one"


class Exact(Evaluated):
    """Random integer matrices modulo a prime (Schwartz–Zippel); witnesses with exact exponentials."""

    name = "exact"
    layers = None  # symbols are drawn as they are met, so there is no last layer

    def judge(self, claim: Claim, seeds: tuple[int, ...]) -> Judgement:
        """What this route says of a claim, evaluated at each seed."""
        if claim.kind is Counterexample:
            return self._witness(claim)
        made = 0
        try:
            bound = self._bound(claim)
            for made, attempt in enumerate(self.tries(seeds), start=1):
                wrong = self._wrong(claim, attempt)
                if wrong and self.context.constrained:
                    return not_applicable(f"random matrices need not obey {self.context.constrained!r}")
                if wrong:
                    where = f"seed {attempt.seed}"
                    return failed(f"{wrong} modulo {PRIME}", where=where, bound=bound, tries=made)
        except CannotJudge as reason:
            return not_applicable(str(reason))
        if claim.compares_ranks:
            return not_applicable(ONLY_GENERIC)
        return passed(bound=bound, tries=made)

    def is_constant(self, expr: Any) -> bool:
        """Whether a matrix has the same value whatever its symbols are, as X − X or softmax(S) 1."""
        try:
            values = [self.value(expr, Try(seed, sizes=0)) for seed in (0, 1)]
        except CannotJudge:
            return False
        return isinstance(values[0], np.ndarray) and np.array_equal(*values)

    def _bound(self, claim: Claim) -> float:
        """How likely one try overlooks a difference; a rank is judged by minors, of as many rows as fit."""
        rows = max(self.sizes(0).values()) if isinstance(claim.before, Rank) else 1
        return max(self._degree, self._degree_of(claim.expressions())) * rows / PRIME

    @cached_property
    def _degree(self) -> int:
        return self._degree_of(self.context.expressions)

    def _degree_of(self, expressions: Iterable[Any]) -> int:
        table, numbers = self.definitions(0), self.numbers(0)
        return max((degree(at_numbers(expr, numbers), table) for expr in expressions), default=1)

    @cached_property
    def _least(self) -> int:
        """What every size must exceed: the degree, and a number that a rank is said not to exceed."""
        bounds = [claim.after for claim in self.context.claims if claim.kind is Bound]
        numbers = [int(bound) for bound in bounds if bound.is_Integer]
        if max(numbers, default=0) > _LARGEST:
            raise CannotJudge(f"a bound of {max(numbers)} would take matrices larger than that")
        return max(self._degree, *numbers, 0)

    def sizes(self, seed: int) -> Sizes:
        """A number for s, d, d_h, v and for every other size that a symbol has."""
        shapes = (symbol.shape for expr in self.context.expressions for symbol in symbols(expr))
        named = {name for shape in shapes for size in shape for name in size.free_symbols}
        others = sorted(named - MEANINGS.keys(), key=str)
        return sizes_above(self._least, [*MEANINGS, *others], seed)

    def _evaluator(self, attempt: Try) -> Evaluator:
        sizes = self.sizes(attempt.seed if attempt.sizes is None else attempt.sizes)
        table = self.definitions(attempt.seed)

        def lookup(symbol: Any) -> Array | None:
            if symbol in table:
                return None
            shape = tuple(evaluator.size(size) for size in symbol.shape)
            random = np.random.default_rng([attempt.seed, *shape, *symbol.name.encode()])
            return random.integers(PRIME, size=shape)

        evaluator = Evaluator(Modular(), sizes, lookup, table, self.places(attempt, sizes))
        return evaluator

    def _wrong(self, claim: Claim, attempt: Try) -> str:
        before, after = self.value(claim.before, attempt), self.value(claim.after, attempt)
        if claim.kind is Bound:
            return f"{before} is more than {after}" if before > after else ""
        whole = after
        if claim.kind is Selection:
            whole = Modular().add(after, self.value(claim.remainder, attempt))
            if claim.name in self.context.definitions and not np.array_equal(
                self.value(claim.name, attempt), after
            ):
                return "what was selected is not what its name stands for"
        return "" if np.array_equal(before, whole) else "the two sides differ"

    def _witness(self, claim: Claim) -> Judgement:
        """A witness is exact by itself: no tries at random, and no bound."""
        values = dict(claim.witness)
        for symbol, meaning in self.context.definitions.items():
            if symbol in values and not symbols(meaning) <= values.keys():
                return failed(f"the witness gives {symbol}, but not all that it is defined by", tries=1)
            if symbol in values and differ_at(symbol, meaning, values):
                return failed(f"the witness gives {symbol} a value that its definition does not", tries=1)
        if differ_at(claim.before, claim.after, values):
            return passed(tries=1, bound=0.0)
        return failed("the two sides agree at the witness", bound=0.0, tries=1)
