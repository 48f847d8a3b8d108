"""A normal form for matrix polynomials, which decides whether two expressions are equal.

A polynomial in noncommuting matrices is a sum of words. Multiply out, push transposes to the symbols,
replace defined symbols by what they stand for, and collect: what is left is a table from words to
coefficients. Two expressions without opaque parts are equal for matrices of every size exactly when
their tables are equal. Softmax, masks, ⊗ and one-hot rows obey laws that the table does not know: there
equal tables still prove equality, but unequal ones prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sympy import (
    Float,
    Identity,
    Integer,
    MatAdd,
    MatMul,
    OneMatrix,
    Rational,
    Transpose,
    ZeroMatrix,
    cancel,
    fraction,
    radsimp,
)

from ovlearn.symbolic.functions import KINDS, Function, OneHot, is_matrix

# A letter is a symbol (or an opaque atom) and whether it is transposed; a word is a product of letters.
Letter = tuple[Any, bool]
Word = tuple[Letter, ...]
Table = dict[Word, Any]

_BY_NAME: dict[str, type[Function]] = {kind.__name__: kind for kind in KINDS}


class NormalForm:
    """Multiplies expressions out, given what the defined symbols stand for.

    >>> from ovlearn.symbolic import Network, add, product
    >>> net = Network(layers=1)
    >>> A, X, D, W = net.head("A", 0, 0), net.stream(0), net.layer("Delta", 0), net.head("W_OV", 0, 0)
    >>> form = NormalForm()
    >>> form.of(product(A, add(X, D), W)) == form.of(add(product(A, D, W), product(A, X, W)))
    True
    """

    def __init__(self, definitions: Mapping[Any, Any] | None = None) -> None:
        self.definitions = definitions or {}
        self._known: dict[Any, Table] = {}

    def of(self, expr: Any) -> Table:
        """The table of an expression: words to coefficients, none of them zero."""
        if expr not in self._known:
            self._known[expr] = self._table(expr)
        return self._known[expr]

    def _table(self, expr: Any) -> Table:
        if expr in self.definitions:
            return self.of(self.definitions[expr])
        if isinstance(expr, MatAdd):
            return self.sum(expr.args)
        if isinstance(expr, MatMul):
            return self._product(expr.args)
        if isinstance(expr, Transpose):
            return {turn(word): value for word, value in self.of(expr.arg).items()}
        if isinstance(expr, ZeroMatrix):
            return {}
        if isinstance(expr, Identity):
            return {(): 1}
        if isinstance(expr, Function):
            return dict(expr.table(self))
        if isinstance(expr, OneMatrix):
            return self.atom(expr)
        return {((expr, False),): 1}

    def sum(self, parts: tuple[Any, ...]) -> Table:
        """The table of a sum of these parts."""
        total: Table = {}
        for part in parts:
            for word, value in self.of(part).items():
                total[word] = total.get(word, 0) + value
        return _without_zeros(total)

    def _product(self, parts: tuple[Any, ...]) -> Table:
        total: Table = {(): 1}
        for part in parts:
            factor: Table = self.of(part) if is_matrix(part) else {(): _plain(part)}
            total = _times(total, factor)
        return total

    def summed(self, body: Any, index: Any) -> Table | None:
        """The table of Σ_j … e_jᵀ e_j …: they add up to the identity. None for a body of another form."""
        contracted: Table = {}
        for word, value in self.of(body).items():
            shorter = _without_pair(word, index)
            if shorter is None or _mentions(value, index):
                return None
            contracted[shorter] = contracted.get(shorter, 0) + value
        return _without_zeros(contracted)

    def atom(self, expr: Any) -> Table:
        """An opaque part, told apart by its kind and the normal forms of its arguments."""
        frozen = tuple(
            frozenset(self.of(argument).items()) if is_matrix(argument) else argument
            for argument in expr.args
        )
        return {(((type(expr).__name__, frozen), False),): 1}


def holds_opaque(table: Table) -> bool:
    """Whether a table has letters whose laws it does not know, so that it need not be the only one.

    Those are the functions, and matrices with a size that is a number: of one row and one column, they
    commute and are their own transposes.
    """
    letters = {letter for word in table for letter, _ in word}
    return any(
        isinstance(letter, tuple) or any(size.is_Integer for size in letter.shape) for letter in letters
    )


def turn(word: Word) -> Word:
    """The transpose of a word: its letters in reverse, each transposed."""
    return tuple(map(_turned, reversed(word)))


def _turned(letter: Letter) -> Letter:
    """The transpose of a letter: where its kind says so, itself or another of its kind."""
    inner, turned = letter
    kind = _kind(inner)
    parts = None if kind is None else kind.turned(inner[1])
    return (inner, not turned) if parts is None else ((inner[0], parts), turned)


def _kind(letter: Any) -> type[Function] | None:
    """What kind of function a letter stands for; None for a symbol or a constant."""
    return _BY_NAME.get(letter[0]) if isinstance(letter, tuple) else None


def _times(left: Table, right: Table) -> Table:
    total: Table = {}
    for first, a in left.items():
        for second, b in right.items():
            word = _joined(first, second)
            total[word] = total.get(word, 0) + a * b
    return _without_zeros(total)


def _joined(first: Word, second: Word) -> Word:
    """One word after another; two letters that meet become one where their kind says so."""
    if not first or not second or not isinstance(first[-1][0], tuple) or not isinstance(second[0][0], tuple):
        return first + second
    (left, left_turned), (right, right_turned) = first[-1], second[0]
    kind = _kind(left)
    if kind is None or left[0] != right[0] or left_turned or right_turned:
        return first + second
    parts = kind.joined(left[1], right[1])
    if parts is None:
        return first + second
    return first[:-1] + ((((left[0], parts), False),) if parts else ()) + second[1:]


def _without_zeros(table: Table) -> Table:
    """The table with its coefficients in one form, and without those that are zero."""
    plain = {word: value if isinstance(value, int) else _plain(value) for word, value in table.items()}
    return {word: value for word, value in plain.items() if value != 0}


@lru_cache(maxsize=4096)
def _plain(number: Any) -> Any:
    """A coefficient in one form: a whole number as Python's, which is fast, else a reduced fraction.

    A float is the fraction that it is printed as: added up as floats, 10¹⁶ + 1 would be 10¹⁶.
    """
    floats = number.atoms(Float) if hasattr(number, "atoms") else ()
    number = number.xreplace({each: Rational(str(each)) for each in floats}) if floats else number
    if getattr(number, "is_Add", False) or any(part.is_Add for part in _denominators(number)):
        number = radsimp(number)  # 1/(1 + √2) and √2 − 1 are one number
    reduced = cancel(number)
    return int(reduced) if isinstance(reduced, Integer) else reduced


def _denominators(number: Any) -> tuple[Any, ...]:
    """What a number divides by, if it divides by anything."""
    below = fraction(number)[1]
    return () if below == 1 else (below,)


def _without_pair(word: Word, index: Any) -> Word | None:
    """The word without its one neighbouring pair e_jᵀ e_j; None where it has another form."""
    places = [place for place, (letter, _) in enumerate(word) if _mentions(letter, index)]
    if len(places) != 2 or places[1] != places[0] + 1:
        return None
    (first, turned), (second, straight) = word[places[0]], word[places[1]]
    if not turned or straight or not _is_one_hot(first) or not _is_one_hot(second):
        return None
    return word[: places[0]] + word[places[1] + 1 :]


def _is_one_hot(letter: Any) -> bool:
    return bool(letter[0] == OneHot.__name__)


def _mentions(part: Any, index: Any) -> bool:
    if isinstance(part, (tuple, frozenset)):
        return any(_mentions(inner, index) for inner in part)
    return index in getattr(part, "free_symbols", ())
