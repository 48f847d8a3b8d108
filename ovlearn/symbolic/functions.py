"""The functions of matrices that sympy does not have, each a small expression of its own.

They do not evaluate: a derivation moves by rules, never because an expression simplified itself. What others
ask of a kind of node stands with it: how it is printed, what it is in a normal form, and its value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from sympy import Basic, Expr, Integer, MatAdd, MatMul, MatrixExpr, MatrixSymbol, Symbol, ZeroMatrix, sympify

from ovlearn.symbolic.notation import MEANINGS, d_h, s, symbol


def is_matrix(expr: Any) -> bool:
    """Whether an expression is a matrix, not a number."""
    return isinstance(expr, MatrixExpr)


class Function(Basic):
    """A node of our own. What it does not say for itself holds as here.

    `word`: its name, where it is printed as softmax(…) is; `letter`: whether it is printed as one letter,
    which needs no brackets under a transpose; `multiplies`: whether its entries are products of its parts'.
    """

    word: ClassVar[str] = ""
    letter: ClassVar[bool] = False
    multiplies: ClassVar[bool] = False

    def __new__(cls, *args: Any) -> Any:
        """Take the arguments as they are, numbers made sympy's."""
        return Basic.__new__(cls, *(sympify(argument) for argument in args))

    def printed(self, printer: Any, place: int) -> str:
        """As text, by a `Printer`; `place` says whether it stands alone, in a sum or in a product."""
        return str(printer.call(self.word, self.args[0]))

    def table(self, form: Any) -> Any:
        """In a `normal.NormalForm`: an atom, told apart by the forms of its arguments."""
        return form.atom(self)

    @classmethod
    def turned(cls, parts: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The arguments of its transpose, from its own, where that is one of its kind; else None."""
        return None

    @classmethod
    def joined(cls, left: tuple[Any, ...], right: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The arguments of a product of two of its kind, where that is one too; () for the identity."""
        return None

    def value(self, at: Any) -> Any:
        """Its value, by an evaluator of the checking floor; None where it has none of its own."""
        return None

    def degree(self, parts: Sequence[int]) -> int:
        """Its degree in the entries of its symbols, from its parts'."""
        return sum(parts) if self.multiplies else max(parts, default=0)


class MatrixFunction(Function, MatrixExpr):
    """A matrix made of other expressions: its shape is its first argument's, if it says no other."""

    @property
    def shape(self) -> Any:
        """Rows and columns."""
        return self.args[0].shape

    def doit(self, **hints: Any) -> Any:
        """The same function of its evaluated arguments."""
        return self.func(*(argument.doit(**hints) for argument in self.args))


class RowSoftmax(MatrixFunction):
    """Softmax over each row: entry ij is exp(x_ij) / Σ_k exp(x_ik). Shape: that of its argument.

    Source: the article, "Motivation" (`softmax(…, over the rows)`).

    >>> from sympy import MatrixSymbol
    >>> from ovlearn.symbolic import s
    >>> RowSoftmax(MatrixSymbol("S", s, s)).shape
    (s, s)
    """

    word = "softmax"

    def value(self, at: Any) -> Any:
        """The pattern [query, key] of these scores."""
        scores, causal = self.scores()
        return at.arithmetic.row_softmax(at.value(scores), causal=causal)

    def degree(self, parts: Sequence[int]) -> int:
        """One more than its argument's: its stand-in is taken for a random function."""
        return 1 + max(parts)

    def scores(self) -> tuple[Any, bool]:
        """The scores below the mask, if there is one, and whether there is."""
        inner = self.args[0]
        causal = isinstance(inner, CausalMask)
        return (inner.args[0] if causal else inner), causal


class CausalMask(MatrixFunction):
    """Scores with −∞ above the diagonal: a query sees no later key. Shape: [s, s].

    Source: Elhage et al. (2021), "Transformer Overview"; the article leaves it out (erratum 7).
    """

    word = "mask"

    def value(self, at: Any) -> Any:
        """The scores [query, key], −∞ above the diagonal."""
        return at.arithmetic.mask(at.value(self.args[0]))


class Layer(MatrixFunction):
    """What layer `l` adds to a residual stream X, as a function of X. Shape: [s, d].

    Source: the article, "Motivation" (`layer(X)`; which layer is meant is erratum 9).
    """

    word = "layer"

    def printed(self, printer: Any, place: int) -> str:
        """Its name has the layer for an index."""
        return str(printer.call(self.word, self.args[0], index=str(self.args[1])))

    def value(self, at: Any) -> Any:
        """What the layer adds to this stream [position, d_model]; None where no network is at hand."""
        return at.layer(*self.args)


class OneHot(MatrixFunction):
    """The row vector e_i: 1 at position i, 0 elsewhere, so that e_i M is row i of M. Shape: [1, size]."""

    letter = True

    @property
    def shape(self) -> Any:
        """Rows and columns."""
        return (Integer(1), self.args[1])

    def printed(self, printer: Any, place: int) -> str:
        """The letter e with its index."""
        return str(printer.indexed("e", str(self.args[0])))

    def value(self, at: Any) -> Any:
        """The row [1, size]."""
        return at.one_hot(*self.args)


class Rotation(MatrixFunction):
    """R_i, orthogonal, turns a query or a key by its position: R_i R_jᵀ = R_{i−j}. Shape: [d_h, d_h].

    Each pair of coordinates turns by an angle of its own, times i. A position may be a distance, as i − j.

    Raises: ValueError where i is no sum of indices and whole numbers.

    Source: Su et al. (2021), "RoFormer: Enhanced Transformer with Rotary Position Embedding".

    >>> i, j = Symbol("i", integer=True), Symbol("j", integer=True)
    >>> Rotation(i - j).shape
    (d_h, d_h)
    """

    letter = True

    def __new__(cls, position: Any) -> Any:
        """The rotation of this position."""
        position = sympify(position)
        for part, count in position.as_coefficients_dict().items():
            if not count.is_Integer or not (part == 1 or (part.is_Symbol and part not in MEANINGS)):
                raise ValueError(f"position: expected indices and whole numbers, as i − j, got {position}")
        return super().__new__(cls, position)

    @property
    def shape(self) -> Any:
        """Rows and columns."""
        return (d_h, d_h)

    def printed(self, printer: Any, place: int) -> str:
        """The letter R with its index."""
        return str(printer.indexed("R", _compact(self.args[0])))

    @classmethod
    def turned(cls, parts: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The transpose turns back."""
        return (-parts[0],)

    @classmethod
    def joined(cls, left: tuple[Any, ...], right: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """One rotation after another is a rotation."""
        position = left[0] + right[0]
        return () if position == 0 else (position,)

    def value(self, at: Any) -> Any:
        """The orthogonal matrix [d_head, d_head]."""
        return at.rotation(self.args[0])


class Diagonal(MatrixFunction):
    """The diagonal matrix of a column: entry ii is the column's entry i. Shape: [rows, rows]."""

    word = "diag"

    @property
    def shape(self) -> Any:
        """Rows and columns."""
        rows, _ = self.args[0].shape
        return (rows, rows)

    @classmethod
    def turned(cls, parts: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """It is its own transpose."""
        return parts

    def value(self, at: Any) -> Any:
        """The matrix [rows, rows]."""
        return at.diagonal(at.value(self.args[0]))


class TokenSum(MatrixFunction):
    """Σ_j of an expression in e_j, over all positions j. Shape: that of the summand."""

    def printed(self, printer: Any, place: int) -> str:
        """A sum sign with its index, and the summand."""
        body, index = self.args
        return str(printer.in_product(printer.sum_over(str(index), "", printer.term(body)), place))

    def table(self, form: Any) -> Any:
        """A product where it sums pairs e_jᵀ e_j, which add up to the identity; else an atom."""
        contracted = form.summed(*self.args)
        return form.atom(self) if contracted is None else contracted

    def value(self, at: Any) -> Any:
        """The summands, added up."""
        return at.total(*self.args)


class Vec(MatrixFunction):
    """The columns of a matrix stacked into one column: numpy's `ravel("F")`. Shape: [m·n, 1]."""

    word = "vec"

    @property
    def shape(self) -> Any:
        """Rows and columns."""
        rows, columns = self.args[0].shape
        return (rows * columns, Integer(1))

    def value(self, at: Any) -> Any:
        """The column [rows * columns, 1]."""
        return at.value(self.args[0]).reshape(-1, 1, order="F")


class Kronecker(MatrixFunction):
    """A ⊗ B: block ij is a_ij B. Shape: [rows A · rows B, columns A · columns B]."""

    multiplies = True

    @property
    def shape(self) -> Any:
        """Rows and columns."""
        left, right = self.args
        return (left.shape[0] * right.shape[0], left.shape[1] * right.shape[1])

    def printed(self, printer: Any, place: int) -> str:
        """Its parts with the sign between them."""
        left, right = map(printer.factor, self.args)
        return str(printer.in_product(f"{left} {printer.times} {right}", place))

    def value(self, at: Any) -> Any:
        """The blocks, in one matrix."""
        return at.arithmetic.kron(*map(at.value, self.args))


class Rank(Function, Expr):
    """The rank of a matrix, a number."""

    word = "rank"

    def value(self, at: Any) -> Any:
        """A whole number."""
        return at.arithmetic.rank(at.value(self.args[0]))


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

    def printed(self, printer: Any, place: int) -> str:
        """Its letter with its index."""
        return str(printer.indexed(str(self.args[0]), _compact(self.args[1])))


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

    def printed(self, printer: Any, place: int) -> str:
        """A sum sign with both its ends, and the letter with the index j."""
        base, stop, *_ = self.args
        total = printer.sum_over("j=0", _compact(stop - 1), printer.indexed(str(base), "j"))
        return str(printer.in_product(total, place))

    def table(self, form: Any) -> Any:
        """Σ_{j<n+1} is Σ_{j<n} and the term of n, down to the bare name n."""
        base, stop, rows, columns = self.args
        if not stop.as_coeff_Add()[0] > 0:
            return form.atom(self)
        shorter, last = (kind(base, stop - 1, rows, columns) for kind in (SumBelow, At))
        return form.sum((shorter, last))


def _compact(index: Any) -> str:
    return str(index).replace(" ", "")


# Every kind of node of our own, with an example; a product or a sum of others does not look inside one.
KINDS: dict[type[Function], Any] = {
    type(example): example
    for example in (
        RowSoftmax(symbol("S", 1, 0)),
        CausalMask(symbol("S", 1, 0)),
        Layer(symbol("X", 1), 1),
        Rank(symbol("W_OV", 1, 0)),
        OneHot(Symbol("i"), s),
        Rotation(Symbol("i") - Symbol("j")),
        Diagonal(symbol("r_norm", 1)),
        TokenSum(MatMul(symbol("a_ij"), symbol("v_j"), evaluate=False), Symbol("j")),
        Vec(symbol("E")),
        Kronecker(symbol("A", 1, 0), symbol("M")),
        At("X", Symbol("n"), *symbol("X", 0).shape),
        SumBelow("Delta", Symbol("n"), *symbol("Delta", 0).shape),
    )
}

__all__ = [
    "At",
    "CausalMask",
    "Diagonal",
    "Kronecker",
    "Layer",
    "OneHot",
    "Rank",
    "Rotation",
    "RowSoftmax",
    "SumBelow",
    "TokenSum",
    "Vec",
]
