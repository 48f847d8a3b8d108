"""The third route: the weights and recorded activations of random tiny transformers."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from sympy import MatrixSymbol

from ovlearn.checking.arithmetic import Array, CannotJudge, Floats
from ovlearn.checking.binding import FREE, Recorded, recorded, value_of
from ovlearn.checking.claims import Claim
from ovlearn.checking.evaluated import Evaluated, Try
from ovlearn.checking.evaluation import Evaluator
from ovlearn.checking.exact import ONLY_GENERIC
from ovlearn.checking.indices import at_numbers
from ovlearn.checking.judgement import Judgement, failed, not_applicable, passed
from ovlearn.symbolic.expressions import terms
from ovlearn.symbolic.steps import Bound, Counterexample, Selection

TOLERANCE = 1e-10  # relative; rounding alone stays far below, a wrong index far above


class Numeric(Evaluated):
    """A random tiny transformer's weights and recorded activations, in double precision."""

    name = "numeric"

    @property
    def layers(self) -> int:
        """How many layers the transformers have."""
        return self.context.network.layers

    def judge(self, claim: Claim, seeds: tuple[int, ...]) -> Judgement:
        """What this route says of a claim, evaluated at each seed."""
        if claim.kind is Counterexample:
            return _judge_witness_in_floats(claim)
        worst, where, made = 0.0, "", 0
        try:
            for attempt in self.tries(seeds):
                made += 1
                for against, (error, entry) in self._differences(claim, attempt):
                    if not error <= worst:  # so that NaN counts as worse than anything
                        worst, where = error, f"seed {attempt.seed}, {entry}, against {against}"
                if not worst <= TOLERANCE:
                    break
        except CannotJudge as reason:
            return not_applicable(str(reason))
        if not worst <= TOLERANCE:
            return failed(f"relative error {worst:.1e}", error=worst, where=where, tries=made)
        if claim.compares_ranks:
            return not_applicable(ONLY_GENERIC)
        return passed(error=worst, where=where, tries=made)

    def _differences(self, claim: Claim, attempt: Try) -> list[tuple[str, tuple[float, str]]]:
        """The sides against each other, and the end of the step against the forward pass."""
        before, after = self.value(claim.before, attempt), self.value(claim.after, attempt)
        if claim.kind is Bound:
            return [("the bound", (float(max(before - after, 0)), "rank"))]
        if not isinstance(before, np.ndarray):
            return [("the step before", (float(abs(before - after)), "rank"))]
        whole = after + self.value(claim.remainder, attempt) if claim.kind is Selection else after
        scale = self._scale(claim, attempt)
        differences = [("the step before", difference(before, whole, scale))]
        forward = self._forward(claim, attempt)
        if forward is not None:
            differences.append(("the forward pass", difference(forward, after, scale)))
        return differences

    def _scale(self, claim: Claim, attempt: Try) -> float:
        """The largest entry of any term on either side: what rounding errors are relative to."""
        parts = [*terms(claim.before), *terms(claim.after)]
        values = np.concatenate(
            [np.abs(self.value(part, attempt)).ravel() for part in parts] or [np.zeros(1)]
        )
        return float(values[np.isfinite(values)].max(initial=0.0))

    def _forward(self, claim: Claim, attempt: Try) -> Array | None:
        """What the model recorded under the name that the chain stands for; else what it is defined as."""
        symbol = at_numbers(claim.name, self.numbers(attempt.seed)) if claim.name is not None else None
        if not isinstance(symbol, MatrixSymbol):
            return None
        known = self.evaluator(attempt).lookup(symbol)
        if known is None and claim.kind is Selection and symbol in self.definitions(attempt.seed):
            known = self.value(symbol, attempt)
        return known

    def _evaluator(self, attempt: Try) -> Evaluator:
        at = recorded(self.context.network, attempt.seed)
        table = self.definitions(attempt.seed)

        @cache
        def lookup(symbol: Any) -> Array | None:
            if symbol.name in FREE and symbol in table:
                return None  # an assumption says what this matrix is
            return self._bound_value(symbol, at)

        return Evaluator(Floats(), at.sizes, lookup, table, self.places(attempt, at.sizes))

    def _bound_value(self, symbol: Any, at: Recorded) -> Array | None:
        """The value that is bound to a symbol, of its shape.

        Raises: ValueError where a binding of the reader's own is no matrix of that shape; CannotJudge where
        the course uses the name for a matrix of another shape.
        """
        value = value_of(symbol.name, at, self.context.extra)
        shape = tuple(size.subs(at.sizes) for size in symbol.shape)
        if value is None or (value.shape == shape and np.isfinite(value).all()):
            return value
        if symbol.name in self.context.extra:
            got = f"shape {value.shape}" if value.shape != shape else "NaN or infinity"
            raise ValueError(f"bindings: expected {symbol.name} to be finite, of shape {shape}, got {got}")
        raise CannotJudge(f"what is recorded as {symbol} has another shape")


def difference(expected: Array, got: Array, scale: float) -> tuple[float, str]:
    """The largest difference between two arrays, relative to `scale`, and the entry where it stands."""
    if expected.shape != got.shape:
        return float("inf"), f"shape {list(got.shape)} for {list(expected.shape)}"
    unequal = expected != got  # same shape as both; two that are −∞ are equal, NaN is equal to nothing
    gaps = np.zeros(expected.shape)  # same shape as both
    gaps[unequal] = np.abs(expected[unequal] - got[unequal]) / (scale or 1.0)
    place = np.unravel_index(int(np.argmax(gaps)), gaps.shape)  # argmax finds a NaN first
    return float(gaps[place]), f"entry {[int(index) for index in place]}"


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
