"""The second route: both sides evaluated on random matrices modulo a prime."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ovlearn.checking.arithmetic import PRIME, Array, CannotJudge, Modular, sizes_above
from ovlearn.checking.claims import Claim, Context, at_number, numbered_definitions
from ovlearn.checking.degree import degree
from ovlearn.checking.evaluated import Evaluated
from ovlearn.checking.evaluation import Evaluator
from ovlearn.checking.judgement import Judgement, failed, not_applicable, passed
from ovlearn.symbolic.dimensions import d, d_h, s, v
from ovlearn.symbolic.functions import Rank
from ovlearn.symbolic.steps import Bound, Counterexample, Selection
from ovlearn.symbolic.witness import differ_at


class Exact(Evaluated):
    """Random integer matrices modulo a prime (Schwartz–Zippel); witnesses with exact exponentials."""

    name = "exact"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        table = numbered_definitions(context.definitions, 2)
        expressions = [at_number(part, 2) for claim in context.claims for part in claim.expressions()]
        self._degree = max((degree(expr, table) for expr in expressions), default=1)

    def bound(self, claim: Claim) -> float:
        """How likely one try overlooks a difference; a rank is judged by minors of up to d rows."""
        rows = sizes_above(self._degree, (s, d, d_h, v))[d] if isinstance(claim.before, Rank) else 1
        return self._degree * rows / PRIME

    def _evaluator(self, seed: int) -> Evaluator:
        sizes = sizes_above(self._degree, (s, d, d_h, v))

        def lookup(symbol: Any) -> Array | None:
            if symbol in table:
                return None
            random = np.random.default_rng([seed, *symbol.name.encode()])
            shape = tuple(int(size.subs(sizes)) for size in symbol.shape)
            return random.integers(PRIME, size=shape)

        table = self.definitions(seed)
        random = np.random.default_rng(seed)
        places = cache(lambda index: int(random.integers(sizes[s])))
        return Evaluator(Modular(), sizes, lookup, table, places)

    def is_constant(self, expr: Any) -> bool:
        """Whether an expression has the same value whatever its symbols are, as X − X or softmax(S) 1."""
        try:
            return np.array_equal(self.value(expr, 0), self.value(expr, 1))
        except CannotJudge:
            return False

    def judge(self, claim: Claim, seeds: tuple[int, ...]) -> Judgement:
        """What this route says of a claim, evaluated at each seed."""
        if claim.kind is Counterexample:
            return _judge_witness(claim)
        try:
            for seed in seeds:
                wrong = self._wrong(claim, seed)
                if wrong:
                    return failed(
                        f"{wrong} modulo {PRIME}",
                        where=f"seed {seed}",
                        bound=self.bound(claim),
                        tries=len(seeds),
                    )
        except CannotJudge as reason:
            return not_applicable(str(reason))
        return passed(bound=self.bound(claim), tries=len(seeds))

    def _wrong(self, claim: Claim, seed: int) -> str:
        before, after = self.value(claim.before, seed), self.value(claim.after, seed)
        if claim.kind is Bound:
            return f"{before} is more than {after}" if before > after else ""
        if claim.kind is Selection:
            after = Modular().add(after, self.value(claim.remainder, seed))
        return "" if np.array_equal(before, after) else "the two sides differ"


def _judge_witness(claim: Claim) -> Judgement:
    """A witness is exact by itself: no tries, and no bound."""
    if differ_at(claim.before, claim.after, dict(claim.witness)):
        return passed(tries=1, bound=0.0)
    return failed("the two sides agree at the witness", bound=0.0, tries=1)
