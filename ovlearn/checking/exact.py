"""The second route: both sides evaluated on random matrices modulo a prime."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from typing import Any

import numpy as np
from sympy import MatMul, MatrixSymbol

from ovlearn.checking.arithmetic import PRIME, Array, CannotJudge, Modular, Sizes, sizes_above
from ovlearn.checking.claims import Claim, Context
from ovlearn.checking.evaluation import Evaluator
from ovlearn.checking.indices import at_numbers
from ovlearn.checking.judgement import Judgement, failed, not_applicable, passed
from ovlearn.checking.limits import check_numbers, check_ranks, could_fail
from ovlearn.checking.real import SEEDS, Real, softmaxes_are_tied
from ovlearn.checking.tries import Evaluated, Try
from ovlearn.checking.witnesses import Witnesses
from ovlearn.symbolic.expressions import children, nodes
from ovlearn.symbolic.functions import Function, Rank, Rotation, RowSoftmax
from ovlearn.symbolic.notation import MEANINGS, parse
from ovlearn.symbolic.steps import Bound, Counterexample, Selection

_LARGEST = 64  # no matrix is made larger than this to exceed a number in a bound


class Exact(Evaluated):
    """Random integer matrices modulo a prime (Schwartz–Zippel); witnesses with exact exponentials."""

    name = "exact"
    layers = None  # symbols are drawn as they are met, so there is no last layer

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.witnesses = Witnesses(context)
        self.sizes = cache(self._sizes)  # type: ignore[method-assign]

    def judge(self, claim: Claim, seeds: tuple[int, ...]) -> Judgement:
        """What this route says of a claim, evaluated at each seed."""
        if claim.kind is Counterexample:
            return self.witnesses.exactly(claim)
        claim = self.context.spelled(claim)
        try:
            return self._judged(claim, seeds)
        except CannotJudge as reason:
            return not_applicable(str(reason))

    def _judged(self, claim: Claim, seeds: tuple[int, ...]) -> Judgement:
        bound, made, tested = self._bound(claim, seeds), 0, False
        for made, attempt in enumerate(self.tries(seeds), start=1):
            wrong = self._wrong(claim, attempt)
            if wrong:
                return self._refuted(claim, attempt, f"{wrong} modulo {PRIME}", bound=bound, tries=made)
            tested = tested or could_fail(claim, self.sizes(attempt.seed))
        if claim.kind is Bound and not tested:  # at sizes where it can fail, whatever the seeds are
            attempt = Try(seeds[0], sizes=0)
            if self._wrong(claim, attempt):
                return failed(
                    "a rank is more than that", where=f"seed {attempt.seed}", bound=bound, tries=made
                )
            tested = could_fail(claim, self.sizes(0))
        check_ranks(claim, tested)
        check_numbers(claim, made)
        return passed(bound=bound, tries=made, stand_in=self._has_softmax(claim))

    def _refuted(self, claim: Claim, attempt: Try, reason: str, **fields: Any) -> Judgement:
        """Failed, unless what the random matrices do not obey could make the sides equal after all."""
        related = self.context.relation_in(claim)
        if related:
            return not_applicable(f"random matrices need not obey {related!r}")
        if softmaxes_are_tied(claim) and Real(self.context, self.sizes).agrees(claim):
            return passed(where="with the real softmax, in floats", tries=len(SEEDS))
        return failed(reason, where=f"seed {attempt.seed}", **fields)

    def _has_softmax(self, claim: Claim) -> bool:
        spoken = (
            self.context.definitions.get(name, name) for name in self.context.symbols(*claim.expressions())
        )
        return any(
            isinstance(node, RowSoftmax) for expr in (*claim.expressions(), *spoken) for node in nodes(expr)
        )

    def is_constant(self, expr: Any) -> bool:
        """Whether a matrix has the same value whatever its symbols are, as X − X or softmax(S) 1."""
        try:
            values = [self.value(expr, Try(seed, sizes=0)) for seed in (0, 1)]
        except CannotJudge:
            return False
        return isinstance(values[0], np.ndarray) and np.array_equal(*values)

    def _bound(self, claim: Claim, seeds: tuple[int, ...]) -> float:
        """How likely one try overlooks a difference; a rank is judged by minors, of as many rows as fit.

        A rotation counts twice for each position that it turns by, as a polynomial in what makes its angle.
        """
        largest = max(max(self.sizes(seed).values()) for seed in seeds)
        rows = largest if isinstance(claim.before, Rank) else 1
        turns = max(self._turns, *map(_turns, claim.expressions()))
        degree = max(self._degree, self._degree_of(claim.expressions()))
        return degree * max(rows, 2 * turns * largest) / PRIME

    @cached_property
    def _degree(self) -> int:
        return self._degree_of(self.context.expressions)

    @cached_property
    def _turns(self) -> int:
        return max(map(_turns, self.context.expressions), default=0)

    def _degree_of(self, expressions: Iterable[Any]) -> int:
        table, numbers = self.definitions(0), self.numbers(0)
        return max((degree(at_numbers(expr, numbers), table) for expr in expressions), default=1)

    @cached_property
    def _least(self) -> int:
        """What every size must exceed: the degree, a number that bounds a rank, the rows to be set apart."""
        if self._degree > _LARGEST:
            raise CannotJudge(f"a polynomial of degree {self._degree} would take matrices larger than that")
        bounds = [claim.after for claim in self.context.claims if claim.kind is Bound]
        numbers = [int(bound) for bound in bounds if bound.is_Integer]
        if max(numbers, default=0) > _LARGEST:
            raise CannotJudge(f"a bound of {max(numbers)} would take matrices larger than that")
        fixed = [int(row) for row in self.context.positions if row.is_Integer]
        if max(fixed, default=0) > _LARGEST:
            raise CannotJudge(f"a row {max(fixed)} would take matrices larger than that")
        return max(self._degree, *numbers, *fixed, len(self.context.positions))

    @property
    def first(self) -> int:
        """A number beyond those of all symbols that have one: what holds there holds of any index."""
        bases = {str(node.args[0]) for node in self.context.indexed}
        named = (parse(name.name) for name in self.context.names if isinstance(name, MatrixSymbol))
        return max((indices[0] + 1 for base, indices in named if base in bases and indices), default=0)

    def _sizes(self, seed: int) -> Sizes:
        """A number for s, d, d_h, v and for every other size that a symbol has."""
        return sizes_above(self._least, [*MEANINGS, *self._own_sizes], seed)

    @cached_property
    def _own_sizes(self) -> list[Any]:
        """The sizes that are none of the course's, by name."""
        named = {name for symbol in self.context.names for size in symbol.shape for name in size.free_symbols}
        return sorted(named - MEANINGS.keys(), key=str)

    def _evaluator(self, attempt: Try) -> Evaluator:
        sizes = self.sizes(attempt.seed if attempt.sizes is None else attempt.sizes)
        table = self.definitions(attempt.seed)

        def lookup(symbol: Any) -> Array | None:
            if symbol in table:
                return None
            shape = tuple(evaluator.size(size) for size in symbol.shape)
            random = np.random.default_rng([attempt.seed, *shape, *symbol.name.encode()])
            return random.integers(PRIME, size=shape)

        evaluator = Evaluator(Modular(attempt.seed), sizes, lookup, table, self.places(attempt, sizes))
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


def _turns(expr: Any) -> int:
    """How many positions a rotation in an expression is turned by at most, each of a row's position or 1."""
    turned = (node.args[0].as_coefficients_dict() for node in nodes(expr) if isinstance(node, Rotation))
    return max((int(sum(map(abs, counts.values()))) for counts in turned), default=0)


def degree(expr: Any, definitions: Mapping[Any, Any]) -> int:
    """An upper bound on the degree, definitions unfolded; a softmax adds one to its argument's.

    A softmax's stand-in is no polynomial: with one, the bound that follows from the degree takes it that the
    stand-in behaves like a random function.

    >>> from ovlearn.symbolic import Network, product
    >>> net = Network(layers=1)
    >>> folded = {net.head("W_OV", 0, 0): product(net.head("W_V", 0, 0), net.head("W_O", 0, 0))}
    >>> degree(product(net.head("A", 0, 0), net.stream(0), net.head("W_OV", 0, 0)), folded)
    4
    """
    known: dict[Any, int] = {}

    def of(node: Any) -> int:
        if node not in known:
            known[node] = measured(node)
        return known[node]

    def measured(node: Any) -> int:
        if node in definitions:
            return of(definitions[node])
        if isinstance(node, MatrixSymbol):
            return 1
        parts = [of(part) for part in children(node)]
        if isinstance(node, Function):
            return node.degree(parts)
        return sum(parts) if isinstance(node, MatMul) else max(parts, default=0)

    return of(expr)
