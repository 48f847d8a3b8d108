"""Evaluate a matrix expression in either kind of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sympy import Identity, MatAdd, MatMul, MatrixSymbol, OneMatrix, Transpose, ZeroMatrix

from ovlearn.checking.arithmetic import Arithmetic, Array, CannotJudge, Sizes, at_sizes
from ovlearn.symbolic.expressions import indices, nodes, rewrite
from ovlearn.symbolic.functions import Function, OneHot, is_matrix
from ovlearn.symbolic.notation import d_h

# Where a symbol's value comes from; None where there is none.
Lookup = Callable[[Any], Array | None]
# What layer l adds to a stream [s, d].
RunLayer = Callable[[Array, int], Array]


class Evaluator:
    """Gives every expression its value, each distinct part computed once.

    `lookup` answers for symbols; one that it does not know is evaluated through its definition. `places`
    says at which position each index of a one-hot row stands; `run_layer` runs a layer of the network on a
    stream.
    Raises: CannotJudge for a symbol without value or definition, or a function without a value.
    """

    def __init__(
        self,
        arithmetic: Arithmetic,
        sizes: Sizes,
        lookup: Lookup,
        definitions: Mapping[Any, Any],
        places: Callable[[Any], int],
        run_layer: RunLayer | None = None,
        summed: frozenset[str] = frozenset(),
    ) -> None:
        self.arithmetic, self.sizes, self.lookup = arithmetic, sizes, lookup
        self.definitions, self.places, self.run_layer = definitions, places, run_layer
        self.summed = summed  # the indices of the sums around what is evaluated
        self._values: dict[Any, Any] = {}

    def value(self, expr: Any) -> Any:
        """The value of an expression: a 2-D array, or a number for a rank or a size."""
        if expr not in self._values:
            self._values[expr] = self._value(expr)
        return self._values[expr]

    def _value(self, expr: Any) -> Any:
        if isinstance(expr, MatrixSymbol):
            return self._symbol(expr)
        if isinstance(expr, MatAdd):
            return self._sum(expr)
        if isinstance(expr, MatMul):
            return self._product(expr)
        if isinstance(expr, Transpose):
            return np.asarray(self.value(expr.arg).T)
        if isinstance(expr, (ZeroMatrix, OneMatrix, Identity)):
            return self._constant(expr)
        value = expr.value(self) if isinstance(expr, Function) else None
        if value is not None:
            return value
        if is_matrix(expr):
            raise CannotJudge(f"{type(expr).__name__} has no value of its own")
        return self.size(expr)

    def size(self, size: Any) -> int:
        """The number that a size stands for."""
        number = at_sizes(size, self.sizes)
        if not number.is_Integer or number < 0:
            raise CannotJudge(f"{size} is not a whole number at these sizes")
        return int(number)

    def meaning(self, symbol: Any) -> Any:
        """What a symbol is evaluated through; None where it has a value of its own, or is no symbol."""
        defined = isinstance(symbol, MatrixSymbol) and symbol in self.definitions
        return self.definitions[symbol] if defined and self.lookup(symbol) is None else None

    def _symbol(self, symbol: Any) -> Array:
        known = self.lookup(symbol)
        if known is not None:
            if self.summed & indices(symbol):
                raise CannotJudge(f"{symbol} has one value, and a sum runs over its index")
            return known
        if symbol in self.definitions:
            return np.asarray(self.value(self.definitions[symbol]))
        raise CannotJudge(f"nothing recorded is called {symbol}")

    def _sum(self, expr: Any) -> Array:
        first, *rest = (self.value(term) for term in expr.args)
        for part in rest:
            first = self.arithmetic.add(first, part)
        return np.asarray(first)

    def _product(self, expr: Any) -> Array:
        matrices = [self.value(factor) for factor in expr.args if is_matrix(factor)]
        total = matrices[0]
        for matrix in matrices[1:]:
            total = self.arithmetic.matmul(total, matrix)
        for number in expr.args:
            if not is_matrix(number):
                total = self.arithmetic.scale(number, total, self.sizes)
        return np.asarray(total)

    def _constant(self, expr: Any) -> Array:
        rows, columns = (self.size(size) for size in expr.shape)
        if isinstance(expr, Identity):
            return self.arithmetic.constant(np.eye(rows))
        return self.arithmetic.constant(np.full((rows, columns), 1 if isinstance(expr, OneMatrix) else 0))

    def one_hot(self, index: Any, size: Any) -> Array:
        """The row [1, size] of an index: 1 at the position where it stands."""
        row = np.zeros((1, self.size(size)))  # [1, size]
        row[0, self.places(index)] = 1
        return self.arithmetic.constant(row)

    def rotation(self, position: Any) -> Array:
        """The rotation of a position [d_head, d_head], its indices put where their rows stand."""
        places = {index: self.places(index) for index in position.free_symbols}
        return self.arithmetic.rotation(int(position.subs(places)), self.size(d_h))

    def diagonal(self, column: Array) -> Array:
        """The diagonal matrix [rows, rows] of a column [rows, 1]."""
        return np.diagflat(column)

    def layer(self, stream: Any, layer: Any) -> Array | None:
        """What a layer adds to a stream [position, d_model]; None where there is no network."""
        return None if self.run_layer is None else self.run_layer(self.value(stream), self.size(layer))

    def total(self, body: Any, index: Any) -> Array:
        """The sum of a body over the positions of its rows e_index.

        Raises: CannotJudge where it has none.
        """
        body = self._spelled_out(body, index)
        rows = [node for node in nodes(body) if isinstance(node, OneHot) and node.args[0] == index]
        if not rows:
            raise CannotJudge(f"nothing in the sum depends on its position {index}")
        count = self.size(rows[0].args[1])
        parts = [self.at(index, place).value(body) for place in range(count)]
        total = parts[0]
        for part in parts[1:]:
            total = self.arithmetic.add(total, part)
        return np.asarray(total)

    def at(self, index: Any, place: int) -> Evaluator:
        """The same evaluator with the summation index at one position."""

        def places(asked: Any) -> int:
            return place if asked == index else self.places(asked)

        return Evaluator(
            self.arithmetic, self.sizes, self.lookup, self.definitions, places, self.run_layer,
            self.summed | {str(index)},
        )  # fmt: skip

    def _spelled_out(self, body: Any, index: Any) -> Any:
        """The body with every symbol replaced whose definition depends on the summation index."""
        changing = {
            symbol: meaning
            for symbol, meaning in self.definitions.items()
            if any(isinstance(node, OneHot) and node.args[0] == index for node in nodes(meaning))
        }
        return rewrite(body, lambda node: changing.get(node, node))
