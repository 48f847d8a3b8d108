"""The third route: the weights and recorded activations of random tiny transformers."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from sympy import MatrixSymbol

from ovlearn.checking.arithmetic import Array, CannotJudge, Floats, Saturated, Sizes, at_sizes
from ovlearn.checking.binding import FREE, Recorded, recorded, value_of
from ovlearn.checking.claims import Claim, Context
from ovlearn.checking.evaluation import Evaluator
from ovlearn.checking.faint import faintest
from ovlearn.checking.indices import at_numbers, sums_nothing
from ovlearn.checking.judgement import Judgement, failed, not_applicable, passed
from ovlearn.checking.limits import NARROWEST, check_numbers, check_ranks, could_fail, spread
from ovlearn.checking.tries import Evaluated, Try
from ovlearn.checking.witnesses import Witnesses
from ovlearn.symbolic.expressions import terms
from ovlearn.symbolic.functions import is_matrix
from ovlearn.symbolic.notation import MEANINGS
from ovlearn.symbolic.steps import Bound, Counterexample, Selection

FORWARD = "the forward pass"
HIDDEN = "a term so much larger than another stands beside it that rounding could hide a difference"
_ROUNDED = 1e-13  # what rounding leaves of the largest term, relative
_CLEAR = 1e-6  # relative; two sides further apart than this are different
TOLERANCE = 1e-10  # relative; rounding alone stays far below, a wrong index far above


class Numeric(Evaluated):
    """A random tiny transformer's weights and recorded activations, in double precision."""

    name = "numeric"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.witnesses = Witnesses(context)
        self.sizes = cache(self._sizes)  # type: ignore[method-assign]

    @property
    def layers(self) -> int:
        """How many layers the transformers have."""
        return self.context.network.layers

    def judge(self, claim: Claim, seeds: tuple[int, ...]) -> Judgement:
        """What this route says of a claim, evaluated at each seed."""
        try:
            if claim.kind is Counterexample:
                return self._counterexample(claim, seeds)
            with np.errstate(invalid="ignore"):  # −∞ − (−∞) is NaN, which is equal to nothing
                return self._judged(claim, seeds)
        except CannotJudge as reason:
            return not_applicable(str(reason))

    def sums_nothing(self, claim: Claim, seeds: tuple[int, ...]) -> bool:
        """Whether a sum below an index has no term at any of these seeds, as where there is one layer."""
        try:
            return all(sums_nothing(claim.expressions(), self.numbers(seed)) for seed in seeds)
        except CannotJudge:
            return False

    def _judged(self, claim: Claim, seeds: tuple[int, ...]) -> Judgement:
        worst, where, made, tested, compared = 0.0, "", 0, False, False
        for attempt in self.tries(seeds):
            try:
                differences = self._differences(claim, attempt)
            except Saturated as reason:
                silent = reason
                continue
            made += 1
            tested = tested or could_fail(claim, self.sizes(attempt.seed))
            for against, (error, entry) in differences:
                compared = compared or against == FORWARD
                if not error <= worst:  # so that NaN counts as worse than anything
                    worst, where = error, f"seed {attempt.seed}, {entry}, against {against}"
            if not worst <= TOLERANCE:
                self._check_rounding(claim, attempt, worst)
                return failed(f"relative error {worst:.1e}", error=worst, where=where, tries=made)
        if not made:
            raise silent
        check_ranks(claim, tested)
        check_numbers(claim, made)
        if self._spread(claim, attempt) < NARROWEST:
            raise CannotJudge(HIDDEN)
        return passed(error=worst, where=where, tries=made, compared=compared)

    def _spread(self, claim: Claim, attempt: Try) -> float:
        """How small the smallest factor of a term is beside the largest."""
        recorded, table = self.evaluator(attempt).lookup, self.definitions(attempt.seed)
        defined = {name: rhs for name, rhs in table.items() if isinstance(name, MatrixSymbol)}
        numbers = self.numbers(attempt.seed)
        sides = [at_numbers(part, numbers) for part in claim.expressions()]
        if not any(map(is_matrix, sides)):
            return 1.0
        unknown = {name: rhs for name, rhs in defined.items() if recorded(name) is None}
        apart = spread(sides, self.sizes(attempt.seed), unknown)
        return min(apart, faintest(sides, self.evaluator(attempt)))

    def _check_rounding(self, claim: Claim, attempt: Try, error: float) -> None:
        """Raise CannotJudge where rounding the largest term alone could make the difference."""
        apart = self._spread(claim, attempt)
        if apart < 1 and error <= _ROUNDED / apart:
            raise CannotJudge(HIDDEN)

    def _counterexample(self, claim: Claim, seeds: tuple[int, ...]) -> Judgement:
        """Both sides at the witness; and where runs record all of it, that they differ there too."""
        judged = self.witnesses.in_floats(claim)
        if judged.outcome == "failed":
            return judged
        try:
            for made, attempt in enumerate(self.tries(seeds), start=1):
                before, after = self.value(claim.before, attempt), self.value(claim.after, attempt)
                scale = np.abs(before).max() + np.abs(after).max()
                if np.abs(before - after).max() > _CLEAR * scale:
                    return replace(judged, tries=judged.tries + made, compared=True)
        except CannotJudge:
            return judged
        return failed("the two sides agree on every run that was recorded", tries=judged.tries + made)

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
            differences.append((FORWARD, difference(forward, after, scale)))
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

        sizes = self.sizes(attempt.seed)
        return Evaluator(Floats(), sizes, lookup, table, self.places(attempt, sizes), at.layer)

    def _sizes(self, seed: int) -> Sizes:
        """The sizes of the transformer; a size of the reader's own is that of the matrix bound to it."""
        at = recorded(self.context.network, seed)
        sizes: Sizes = dict(at.sizes)
        for symbol in sorted(self.context.names, key=str):
            own = [size for size in symbol.shape if size.is_Symbol and size not in MEANINGS]
            value = value_of(symbol.name, at, self.context.extra) if own else None
            if value is not None and value.ndim == 2:
                for size, length in zip(symbol.shape, value.shape, strict=True):
                    if size in own:
                        sizes.setdefault(size, length)
        return sizes

    def _bound_value(self, symbol: Any, at: Recorded) -> Array | None:
        """The value that is bound to a symbol, of its shape.

        Raises: ValueError where a binding of the reader's own is no matrix of that shape; CannotJudge where
        the course uses the name for a matrix of another shape.
        """
        value = value_of(symbol.name, at, self.context.extra)
        self._check_binding(symbol.name, value, at)
        shape = tuple(at_sizes(size, self.sizes(at.seed)) for size in symbol.shape)
        if value is None or (value.shape == shape and np.isfinite(value).all()):
            return value
        if symbol.name in self.context.extra:
            got = f"shape {value.shape}" if value.shape != shape else "NaN or infinity"
            raise ValueError(f"bindings: expected {symbol.name} to be finite, of shape {shape}, got {got}")
        raise CannotJudge(f"what is recorded as {symbol} has another shape")

    def _check_binding(self, name: str, value: Array | None, at: Recorded) -> None:
        """Raise ValueError where a binding of the reader's own gives another matrix each time."""
        if name in self.context.extra and value is not None:
            again = np.asarray(value_of(name, at, self.context.extra))
            if not np.array_equal(again, value, equal_nan=again.dtype.kind in "fc"):
                raise ValueError(f"bindings: expected {name} to be one matrix of a run, got two that differ")


def difference(expected: Array, got: Array, scale: float) -> tuple[float, str]:
    """The largest difference between two arrays, relative to `scale`, and the entry where it stands."""
    if expected.shape != got.shape:
        return float("inf"), f"shape {list(got.shape)} for {list(expected.shape)}"
    unequal = expected != got  # same shape as both; two that are −∞ are equal, NaN is equal to nothing
    gaps = np.zeros(expected.shape)  # same shape as both
    gaps[unequal] = np.abs(expected[unequal] - got[unequal]) / (scale or 1.0)
    place = np.unravel_index(int(np.argmax(gaps)), gaps.shape)  # argmax finds a NaN first
    return float(gaps[place]), f"entry {[int(index) for index in place]}"
