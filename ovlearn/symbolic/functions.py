"""The matrix functions that sympy does not have, each a small expression of its own.

They do not evaluate: a derivation moves by rules, never because an expression simplified itself.
"""

from __future__ import annotations

from typing import Any

from sympy import Basic, Expr, Integer, MatAdd, MatrixExpr, MatrixSymbol, Symbol, ZeroMatrix, sympify


def is_matrix(expr: Any) -> bool:
    """Whether an expression is a matrix, not a number."""
    return isinstance(expr, MatrixExpr)


class MatrixFunction(MatrixExpr):
    """A matrix expression made of other expressions; subclasses say its shape."""

    def __new__(cls, *args: Any) -> Any:
        """Take the arguments as they are, numbers made sympy's."""
        return Basic.__new__(cls, *(sympify(argument) for argument in args))

    def doit(self, **hints: Any) -> Any:
        """The same function of its evaluated arguments."""
        return self.func(*(argument.doit(**hints) for argument in self.args))


class SameShape(MatrixFunction):
    """A function of one matrix that keeps its shape."""

    @property
    def shape(self) -> Any:
        """Rows and columns."""
        return self.args[0].shape


class RowSoftmax(SameShape):
    """Softmax over each row: entry ij is exp(x_ij) / Σ_k exp(x_ik). Shape: that of its argument.

    Source: the article, "Motivation" (`softmax(…, over the rows)`).

    >>> from sympy import MatrixSymbol
    >>> from ovlearn.symbolic import s
    >>> RowSoftmax(MatrixSymbol("S", s, s)).shape
    (s, s)
    """


class CausalMask(SameShape):
    """Scores with −∞ above the diagonal: a query sees no later key. Shape: [s, s].

    Source: Elhage et al. (2021), "Transformer Overview"; the article leaves it out (erratum 7).
    """


class Layer(MatrixFunction):
    """What layer `l` adds to a residual stream X, as a function of X. Shape: [s, d].

    Source: the article, "Motivation" (`layer(X)`; which layer is meant is erratum 9).
    """

    @property
    def shape(self) -> Any:
        """Rows and columns."""
        return self.args[0].shape


class OneHot(MatrixFunction):
    """The row vector e_i: 1 at position i, 0 elsewhere, so that e_i M is row i of M. Shape: [1, size]."""

    @property
    def shape(self) -> Any:
        """Rows and columns."""
        return (Integer(1), self.args[1])


class TokenSum(MatrixFunction):
    """Σ_j of an expression in e_j, over all positions j. Shape: that of the summand."""

    @property
    def shape(self) -> Any:
        """Rows and columns."""
        return self.args[0].shape


class Vec(MatrixFunction):
    """The columns of a matrix stacked into one column: numpy's `ravel("F")`. Shape: [m·n, 1]."""

    @property
    def shape(self) -> Any:
        """Rows and columns."""
        rows, columns = self.args[0].shape
        return (rows * columns, Integer(1))


class Kronecker(MatrixFunction):
    """A ⊗ B: block ij is a_ij B. Shape: [rows A · rows B, columns A · columns B]."""

    @property
    def shape(self) -> Any:
        """Rows and columns."""
        left, right = self.args
        return (left.shape[0] * right.shape[0], left.shape[1] * right.shape[1])


class Rank(Expr):
    """The rank of a matrix, a number."""

    def __new__(cls, matrix: Any) -> Any:
        """The rank of `matrix`, unevaluated."""
        return Basic.__new__(cls, sympify(matrix))


class At(MatrixFunction):
    """A symbol whose index is not a number yet, as X_n; with a number it *is* the plain symbol.

    >>> from sympy import Symbol
    >>> from ovlearn.symbolic import d, s
    >>> n = Symbol("n", integer=True)
    >>> At("X", n, s, d).subs(n, 2) == MatrixSymbol("X_2", s, d)
    True
    """

    def __new__(cls, base: str | Symbol, index: Any, rows: Any, columns: Any) -> Any:
        """The symbol of this index: plain where the index is a number."""
        index = sympify(index)
        if index.is_Integer:
            return MatrixSymbol(f"{base}_{index}", rows, columns)
        return super().__new__(cls, Symbol(str(base)), index, rows, columns)

    @property
    def shape(self) -> Any:
        """Rows and columns."""
        return (self.args[2], self.args[3])


class SumBelow(MatrixFunction):
    """Σ_{j<n} of an indexed symbol, for an n that is not a number yet; with a number it is the sum.

    >>> from sympy import Symbol
    >>> from ovlearn.symbolic import d, s
    >>> n = Symbol("n", integer=True)
    >>> SumBelow("Delta", n, s, d).subs(n, 2)
    Delta_0 + Delta_1
    """

    def __new__(cls, base: str | Symbol, stop: Any, rows: Any, columns: Any) -> Any:
        """The sum up to this index: spelled out where the index is a number."""
        stop = sympify(stop)
        if not stop.is_Integer:
            return super().__new__(cls, Symbol(str(base)), stop, rows, columns)
        terms = [MatrixSymbol(f"{base}_{j}", rows, columns) for j in range(int(stop))]
        return MatAdd(*terms, evaluate=False) if terms else ZeroMatrix(rows, columns)

    @property
    def shape(self) -> Any:
        """Rows and columns."""
        return (self.args[2], self.args[3])


# Every kind of matrix that is not sympy's own. A product or a sum of others does not look inside them.
OPAQUE = (RowSoftmax, CausalMask, Layer, OneHot, TokenSum, Vec, Kronecker, At, SumBelow)

__all__ = [
    "OPAQUE",
    "At",
    "CausalMask",
    "Kronecker",
    "Layer",
    "OneHot",
    "Rank",
    "RowSoftmax",
    "SumBelow",
    "TokenSum",
    "Vec",
    "is_matrix",
]
