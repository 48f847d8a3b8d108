"""What an evaluating route sees too little of to pass it, though nothing that it drew spoke against it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sympy import Add, Integer, MatMul, MatrixSymbol, Poly, Rational, together

from ovlearn.checking.arithmetic import CannotJudge, Sizes, at_sizes
from ovlearn.checking.claims import Claim
from ovlearn.symbolic.expressions import children, nodes
from ovlearn.symbolic.functions import Rank, RowSoftmax, is_matrix
from ovlearn.symbolic.steps import Bound

ONLY_GENERIC = "random matrices show the rank that nearly all matrices have, not that of every one"

# The smallest factor beside the largest that rounding to 1e-16 still lets a tolerance of 1e-10 see.
NARROWEST = 1e-5
_IN_SOFTMAX = (1e-4, 100.0)  # factors beyond these make a softmax even, or keep one key


def check_ranks(claim: Claim, tested: bool) -> None:
    """Raise CannotJudge where the ranks of random matrices do not decide a claim that they obey.

    The rank of a random matrix is the largest that one of its form can have. So it decides what a rank is
    at most, and only if some sizes that were drawn, as `tested` says, left room for more.
    """
    if claim.kind is not Bound:
        if claim.compares_ranks:
            raise CannotJudge(ONLY_GENERIC)
        return
    before, after = claim.before, claim.after
    if not before.has(Rank) and not after.has(Rank):
        if not (after - before).is_nonnegative:
            raise CannotJudge("the sizes drawn are not all the sizes that there are")
    elif after.has(Rank) or not isinstance(before, Rank):
        raise CannotJudge(ONLY_GENERIC)
    elif not tested and not any((after - size).is_nonnegative for size in before.args[0].shape):
        raise CannotJudge(f"no sizes were drawn at which the rank could be more than {after}")


def could_fail(claim: Claim, sizes: Sizes) -> bool:
    """Whether a rank could be more than it is said to be, at these sizes."""
    if claim.kind is not Bound or not isinstance(claim.before, Rank) or claim.after.has(Rank):
        return False
    return bool(
        at_sizes(claim.after, sizes) < min(at_sizes(size, sizes) for size in claim.before.args[0].shape)
    )


def check_numbers(claim: Claim, tries: int) -> None:
    """Raise CannotJudge where so few sizes cannot tell a polynomial of the sizes from another."""
    sides = [_numbers(part) for part in claim.expressions()]
    if all(numbers == sides[0] for numbers in sides):
        return
    for number in set().union(*sides):
        if number.has(Add) and number.free_symbols and _degree(number) >= tries:
            raise CannotJudge(f"{number} takes more than {tries} sizes to be told from another polynomial")


def _numbers(expr: Any) -> set[Any]:
    products = (node for node in nodes(expr) if isinstance(node, MatMul))
    return {factor for product in products for factor in product.args if not is_matrix(factor)}


def _degree(number: Any) -> int:
    parts = together(number).as_numer_denom()
    return max((Poly(part).total_degree() for part in parts if part.free_symbols), default=0)


def spread(expressions: Iterable[Any], sizes: Sizes, defined: Mapping[Any, Any]) -> float:
    """The smallest factor by which a term is multiplied over the largest, at these sizes.

    Factors multiply through brackets: in 10⁶(10⁶X + Y), X stands beside Y at a millionth. So it is within
    a number, as √2 + 10⁻⁶.

    Raises: CannotJudge where a factor within a softmax is so large or so small that its scores do not matter.
    """
    reach = _Reach(sizes, defined)
    reaches = [reach.of(expr) for expr in expressions if is_matrix(expr)]
    low, top = min(low for low, _ in reaches), max(top for _, top in reaches)
    return min(low / top, reach.finest)


class _Reach:
    """The smallest and the largest factor of a term in an expression."""

    def __init__(self, sizes: Sizes, defined: Mapping[Any, Any]) -> None:
        self.sizes, self.defined = sizes, defined
        self.known: dict[Any, tuple[float, float]] = {}
        self.finest = 1.0  # the smallest part of a number over its largest

    def of(self, expr: Any) -> tuple[float, float]:
        if expr not in self.known:
            self.known[expr] = self._of(expr)
        return self.known[expr]

    def _of(self, expr: Any) -> tuple[float, float]:
        if not is_matrix(expr):
            return self._number(expr)
        if isinstance(expr, MatrixSymbol):
            return self.of(self.defined[expr]) if expr in self.defined else (1.0, 1.0)
        inner = expr.args if isinstance(expr, MatMul) else filter(is_matrix, children(expr))
        parts = [self.of(part) for part in inner]
        if isinstance(expr, MatMul) or getattr(expr, "multiplies", False):
            return _times(low for low, _ in parts), _times(top for _, top in parts)
        low, top = min((low for low, _ in parts), default=1.0), max((top for _, top in parts), default=1.0)
        if isinstance(expr, RowSoftmax):
            self._check_softmax(low, top)
            return 1.0, 1.0
        return low, top

    def _number(self, number: Any) -> tuple[float, float]:
        parts = [self._size(part) for part in _parts(number)]
        self.finest = min(self.finest, min(parts) / max(parts))
        size = self._size(number)
        return size, size

    def _size(self, number: Any) -> float:
        value = abs(at_sizes(number, self.sizes))
        small = not value.is_number or value == 0
        return 1.0 if small else float(min(max(value, Rational(1, 10**300)), 10**300))

    def _check_softmax(self, low: float, top: float) -> None:
        if low < _IN_SOFTMAX[0] or top > _IN_SOFTMAX[1]:
            factor = low if low < _IN_SOFTMAX[0] else top
            raise CannotJudge(
                f"a factor of {factor:.0e} within a softmax leaves too little of its scores to see"
            )


def _parts(number: Any) -> Iterator[Any]:
    """What a number is made of: of √2 + 1/10⁶ itself, √2, 2, 1/10⁶; of a fraction also above and below."""
    yield number
    if number.is_Rational:
        yield from (number.p * Integer(1), 1 / (number.q * Integer(1)))
    for part in number.args[:1] if number.is_Pow else number.args:
        yield from _parts(part)


def _times(factors: Iterable[float]) -> float:
    total = 1.0
    for factor in factors:
        total = min(max(total * factor, 1e-300), 1e300)
    return total
