"""Decide exactly whether two expressions differ at given rational matrices.

Softmax brings in exponentials, so floats could only suggest an answer. With rational entries every
exponent is rational, and each value is a ratio of polynomials in e^(1/q) for a whole number q. Since e is
transcendental, so is e^(1/q), and such a ratio is zero only if its numerator is the zero polynomial. So
e may stand as a symbol.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import (
    ImmutableMatrix,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    Pow,
    Rational,
    Symbol,
    Transpose,
    ZeroMatrix,
    ilcm,
    sympify,
    together,
)

from ovlearn.symbolic.functions import RowSoftmax, is_matrix
from ovlearn.symbolic.notation import MEANINGS

Values = Mapping[Any, ImmutableMatrix]

EULER = Symbol("e", positive=True)


def differ_at(left: Any, right: Any, values: Values) -> bool:
    """Whether two expressions take different values at these matrices: decided, not estimated.

    Raises: ValueError where an entry is not rational or a matrix has no value.

    >>> from sympy import Matrix, MatrixSymbol
    >>> from ovlearn.symbolic import RowSoftmax
    >>> S = MatrixSymbol("S", 2, 2)
    >>> differ_at(RowSoftmax(S), S, {S: ImmutableMatrix([[0, 0], [0, 0]])})
    True
    """
    check_witness(values)
    return differ(exact(left, values), exact(right, values))


def differ(left: ImmutableMatrix, right: ImmutableMatrix) -> bool:
    """Whether two exact values, with e as a symbol, are different."""
    return left.shape != right.shape or any(not _is_zero(entry) for entry in left - right)


def check_witness(values: Values) -> None:
    """See that matrices can be a witness: rational, and at one about every size.

    Raises: ValueError where an entry is not rational, or two matrices do not agree on a size.
    """
    sizes: dict[Any, Any] = {}
    for symbol, matrix in values.items():
        if not all(entry.is_Rational for entry in matrix):
            raise ValueError(f"witness: expected rational entries, got {list(matrix)}")
        for size, number in zip(symbol.shape, matrix.shape, strict=True):
            expected = size if size.is_Integer else sizes.setdefault(size, number)
            if number != expected:
                raise ValueError(f"witness: expected {size} = {expected} in {symbol}, got {number}")


def exact(expr: Any, values: Values) -> ImmutableMatrix:
    """The value of an expression at exact matrices, with e as a symbol.

    Raises: ValueError where a symbol has no value or a function has no exact one.
    """
    return _Evaluation(values).of(expr)


class _Evaluation:
    """Values at these matrices. Equal parts are worked out once: what a layer writes stands in all above."""

    def __init__(self, values: Values) -> None:
        self.known: dict[Any, ImmutableMatrix] = dict(values)
        self.sizes = _named_sizes(values)

    def of(self, expr: Any) -> ImmutableMatrix:
        if expr not in self.known:
            self.known[expr] = self._worked_out(expr)
        return self.known[expr]

    def _worked_out(self, expr: Any) -> ImmutableMatrix:
        if isinstance(expr, MatrixSymbol):
            raise ValueError(f"witness: expected a value for {expr}, got none")
        if isinstance(expr, MatAdd):
            first, *rest = (self.of(term) for term in expr.args)
            return sum(rest, start=first)
        if isinstance(expr, MatMul):
            return self._product(expr)
        if isinstance(expr, Transpose):
            return self.of(expr.arg).T
        if isinstance(expr, (ZeroMatrix, OneMatrix)):
            filled = ImmutableMatrix.ones if isinstance(expr, OneMatrix) else ImmutableMatrix.zeros
            return filled(*(self.sizes.get(size, size) for size in expr.shape))
        if isinstance(expr, RowSoftmax):
            return self._softmax(*expr.scores())
        raise ValueError(f"witness: expected an expression with an exact value, got {type(expr).__name__}")

    def _product(self, expr: MatMul) -> ImmutableMatrix:
        number, total = Rational(1), None
        for factor in expr.args:
            if not is_matrix(factor):
                number = number * factor
                continue
            value = self.of(factor)
            total = value if total is None else total * value
        return total if number == 1 else total * self._number(number)

    def _number(self, number: Any) -> Any:
        """A factor such as 1/√d_h, with the sizes read off the matrices that have them.

        Raises: ValueError where it is not a fraction or the root of one. Sums of such roots are zero only
        where their terms cancel one by one; of other numbers, as of e beside the e of a softmax, one could
        not decide.
        """
        value = sympify(number).subs(self.sizes)
        for size in sorted(value.free_symbols & set(MEANINGS), key=str):
            raise ValueError(f"witness: expected a matrix that has {size} as a size, got none")
        if not (value.is_real and (value**2).is_Rational):
            raise ValueError(f"witness: expected factors that are fractions or roots of them, got {value}")
        return value

    def _softmax(self, scores: Any, causal: bool) -> ImmutableMatrix:
        table = self.of(scores)
        rows, columns = table.shape
        if not all(entry.is_Rational for entry in table):
            raise ValueError(f"witness: expected rational scores, got {list(table)}")

        def row(i: int) -> list[Any]:
            seen = [EULER ** table[i, j] if j <= i or not causal else Rational(0) for j in range(columns)]
            return [weight / sum(seen) for weight in seen]

        return ImmutableMatrix([row(i) for i in range(rows)])


def _is_zero(entry: Any) -> bool:
    """Whether a ratio of sums of powers of e is zero, through its numerator as a polynomial in e^(1/q)."""
    exponents = [power.exp for power in entry.atoms(Pow) if power.base == EULER]
    root = ilcm(1, 1, *(exponent.q for exponent in exponents))
    whole = entry.subs(EULER, EULER**root)
    return bool(together(whole).as_numer_denom()[0].expand() == 0)


def _named_sizes(values: Values) -> dict[Symbol, Any]:
    return {
        size: number
        for symbol, matrix in values.items()
        for size, number in zip(symbol.shape, matrix.shape, strict=True)
    }
