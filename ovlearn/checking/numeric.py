"""The third route: the weights and recorded activations of random tiny transformers."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ovlearn.checking.arithmetic import Array, CannotJudge, Floats
from ovlearn.checking.binding import FREE, Recorded, recorded, value_of
from ovlearn.checking.claims import Claim, at_number
from ovlearn.checking.evaluated import Evaluated
from ovlearn.checking.evaluation import Evaluator
from ovlearn.checking.judgement import Judgement, failed, not_applicable, passed
from ovlearn.symbolic.dimensions import s
from ovlearn.symbolic.expressions import terms
from ovlearn.symbolic.steps import Bound, Counterexample, Selection

TOLERANCE = 1e-10  # relative; rounding alone stays far below, a wrong index far above


class Numeric(Evaluated):
    """A random tiny transformer's weights and recorded activations, in double precision."""

    name = "numeric"

    def at(self, seed: int) -> Recorded:
        """The recorded run of this seed."""
        return recorded(self.context.network, seed)

    def _evaluator(self, seed: int) -> Evaluator:
        at = self.at(seed)
        random = np.random.default_rng(seed)
        places = cache(lambda index: int(random.integers(at.sizes[s])))
        table = self.definitions(seed)

        @cache
        def lookup(symbol: Any) -> Array | None:
            if symbol.name in FREE and symbol in table:
                return None  # an assumption says what this matrix is
            return value_of(symbol.name, at, self.context.extra)

        return Evaluator(Floats(), at.sizes, lookup, table, places)

    def judge(self, claim: Claim, seeds: tuple[int, ...]) -> Judgement:
        """What this route says of a claim, evaluated at each seed."""
        if claim.kind is Counterexample:
            return _judge_witness_in_floats(claim)
        worst, where = 0.0, ""
        try:
            for seed in seeds:
                for against, difference in self._differences(claim, seed):
                    error, entry = difference
                    if not error <= worst:  # so that NaN counts as worse than anything
                        worst, where = error, f"seed {seed}, {entry}, against {against}"
                if not worst <= TOLERANCE:
                    break
        except CannotJudge as reason:
            return not_applicable(str(reason))
        if not worst <= TOLERANCE:
            return failed(f"relative error {worst:.1e}", error=worst, where=where, tries=len(seeds))
        return passed(error=worst, where=where, tries=len(seeds))

    def _differences(self, claim: Claim, seed: int) -> list[tuple[str, tuple[float, str]]]:
        """The sides against each other, and the end of the step against the forward pass."""
        before, after = self.value(claim.before, seed), self.value(claim.after, seed)
        if claim.kind is Bound:
            return [("the bound", (float(max(before - after, 0)), "rank"))]
        if not isinstance(before, np.ndarray):
            return [("the step before", (float(abs(before - after)), "rank"))]
        whole = after + self.value(claim.remainder, seed) if claim.kind is Selection else after
        scale = self._scale(claim, seed)
        differences = [("the step before", difference(before, whole, scale))]
        forward = self._forward(claim.name, seed)
        if forward is not None:
            differences.append(("the forward pass", difference(forward, after, scale)))
        return differences

    def _scale(self, claim: Claim, seed: int) -> float:
        """The largest entry of any term on either side: what rounding errors are relative to."""
        parts = [*terms(claim.before), *terms(claim.after)]
        return max(float(np.abs(self.value(part, seed)).max(initial=0.0)) for part in parts)

    def _forward(self, name: Any, seed: int) -> Array | None:
        """What the model recorded under the name that the chain stands for."""
        symbol = at_number(name, self.numbered(seed)) if name is not None else None
        return self.evaluator(seed).lookup(symbol) if hasattr(symbol, "name") else None


def _judge_witness_in_floats(claim: Claim) -> Judgement:
    values = {symbol: np.array(matrix.tolist(), dtype=np.float64) for symbol, matrix in claim.witness}
    sizes = {
        size: number
        for symbol, matrix in claim.witness
        for size, number in zip(symbol.shape, matrix.shape, strict=True)
    }
    evaluator = Evaluator(Floats(), sizes, values.get, {}, lambda index: 0)
    before, after = evaluator.value(claim.before), evaluator.value(claim.after)
    gap, where = difference(before, after, float(np.abs(before).max()))
    if gap > 1e-6:
        return passed(where=f"{where} differs by {gap:.2g}", tries=1)
    return failed("the two sides agree at the witness", error=gap, tries=1)


def difference(expected: Array, got: Array, scale: float) -> tuple[float, str]:
    """The largest difference between two arrays, relative to `scale`, and the entry where it stands."""
    if expected.shape != got.shape:
        return float("inf"), f"shape {list(got.shape)} for {list(expected.shape)}"
    gaps = np.abs(expected - got) / (scale or 1.0)  # same shape as both
    place = np.unravel_index(int(np.argmax(gaps)), gaps.shape)  # argmax finds a NaN first
    return float(gaps[place]), f"entry {[int(index) for index in place]}"
