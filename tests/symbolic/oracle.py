"""The value of an expression, number by number: an oracle that shares no line with the package's checks.

Sizes differ pairwise, so that a transpose cannot hide. Whatever has no value yet gets random ones, the same
for the same name.
"""

import math
import zlib
from typing import Any

import numpy as np
from sympy import Basic, Identity, MatAdd, MatMul, MatrixSymbol, OneMatrix, Symbol, Transpose, ZeroMatrix

from ovlearn.symbolic import Assumption, Network, d, d_h, s, v
from ovlearn.symbolic import functions as f

SIZES = {s: 3, d: 5, d_h: 2, v: 7}


def mul(*factors: Any) -> Any:
    """A product by sympy's own means, brackets as written."""
    return MatMul(*factors, evaluate=False)


def plus(*terms: Any) -> Any:
    """A sum by sympy's own means, order as written."""
    return MatAdd(*terms, evaluate=False)


def t(matrix: Any) -> Any:
    """A transpose that stays where it is."""
    return Basic.__new__(Transpose, matrix)


def softmax(row: Any) -> Any:
    top = max(row)
    weights = [math.exp(x - top) for x in row]
    return [weight / math.fsum(weights) for weight in weights]


class Scene:
    """Values for symbols, for indices and for layers."""

    def __init__(self, seed: int = 0, **indices: int) -> None:
        self.seed = seed
        self.sizes: dict[Any, int] = dict(SIZES)
        self.indices = {"i": 2, "j": 1, "n": 2} | indices
        self.known: dict[Any, Any] = {}
        self.layers: dict[int, Any] = {}
        self.numbers: dict[Any, float] = {}

    def number(self, value: Any) -> float:
        """A size, an index or a coefficient."""
        if value.is_Integer:
            return float(value)
        free = value.free_symbols - SIZES.keys()
        key = (value, *(self.indices.get(str(symbol), 0) for symbol in free))
        if key not in self.numbers:
            named = {symbol: self.indices.get(str(symbol), 0) for symbol in free}
            self.numbers[key] = float(value.subs(self.sizes).subs(named))
        return self.numbers[key]

    def symbol(self, name: str, shape: Any) -> Any:
        if name not in self.known:
            if "_col" in name:
                return self.symbol(name.replace("_col", ""), shape[::-1]).T
            rng = np.random.default_rng(zlib.crc32(name.encode()) + self.seed)
            self.known[name] = rng.normal(size=[round(self.number(size)) for size in shape])
        return self.known[name]

    def layer(self, stream: Any, layer: int) -> Any:
        """Any function will do where none is given, if it is not linear."""
        return self.layers[layer](stream) if layer in self.layers else np.tanh(stream) ** 2 + layer

    def assume(self, assumption: Assumption) -> None:
        """Make an assumption true."""
        for equation in assumption.equations:
            if isinstance(equation.lhs, f.Layer):
                placeholder, layer = equation.lhs.args
                self.layers[int(layer)] = self.as_function(placeholder.name, equation.rhs)
            else:
                self.known[getattr(equation.lhs, "name", equation.lhs)] = self(equation.rhs)

    def as_function(self, name: str, body: Any) -> Any:
        def function(stream: Any) -> Any:
            before, self.known = self.known, self.known | {name: stream}
            value = self(body)
            self.known = before
            return value

        return function

    def __call__(self, expr: Any) -> Any:
        if not getattr(expr, "is_Matrix", False):
            if isinstance(expr, f.Rank):
                return np.linalg.matrix_rank(self(expr.args[0]))
            return self.number(expr)
        if not isinstance(expr, MatrixSymbol) and expr in self.known:
            return self.known[expr]
        value = self.matrix(expr)
        assert value.shape == tuple(round(self.number(size)) for size in expr.shape), expr
        return value

    def matrix(self, expr: Any) -> Any:
        match expr:
            case MatrixSymbol():
                return self.symbol(expr.name, expr.shape)
            case MatMul():
                total: Any = 1.0
                for factor in map(self, expr.args):
                    both = isinstance(total, np.ndarray) and isinstance(factor, np.ndarray)
                    total = np.einsum("ij,jk->ik", total, factor) if both else total * factor
                return total
            case MatAdd():
                return sum((self(term) for term in expr.args[1:]), self(expr.args[0]))
            case Transpose():
                return self(expr.args[0]).T
            case ZeroMatrix() | OneMatrix() | Identity():
                shape = [round(self.number(size)) for size in expr.shape]
                if isinstance(expr, Identity):
                    return np.eye(*shape)
                return np.full(shape, float(isinstance(expr, OneMatrix)))
            case _:
                return self.function(expr)

    def where(self, expr: Any, indices: dict[str, int]) -> Any:
        """The value with other values for some indices."""
        before, self.indices = self.indices, self.indices | indices
        value = self(expr)
        self.indices = before
        return value

    def function(self, expr: Any) -> Any:
        match expr:
            case f.RowSoftmax():
                return np.array([softmax(row) for row in self(expr.args[0])])
            case f.CausalMask():
                table = self(expr.args[0])
                masked = [
                    [-math.inf if j > i else x for j, x in enumerate(row)] for i, row in enumerate(table)
                ]
                return np.array(masked)
            case f.Layer():
                return self.layer(self(expr.args[0]), int(expr.args[1]))
            case f.OneHot():
                place, size = round(self.number(expr.args[0])), round(self.number(expr.args[1]))
                return np.array([[float(column == place) for column in range(size)]])
            case f.TokenSum():
                body, index = expr.args
                return sum(self.where(body, {str(index): place}) for place in range(self.sizes[s]))
            case f.Vec():
                table = self(expr.args[0])
                return np.array([[x] for column in table.T for x in column])
            case f.Kronecker():
                left, right = map(self, expr.args)
                return np.vstack([np.hstack([x * right for x in row]) for row in left])
            case f.At():
                return self.symbol(f"{expr.args[0]}_{round(self.number(expr.args[1]))}", expr.shape)
            case f.SumBelow():
                places = range(round(self.number(expr.args[1])))
                zero = np.zeros([round(self.number(size)) for size in expr.shape])
                return sum((self.symbol(f"{expr.args[0]}_{j}", expr.shape) for j in places), zero)
            case _:
                raise TypeError(f"no value for {expr}")


class RunScene(Scene):
    """Everything that a network computes, head by head, from random weights and tokens."""

    def __init__(self, net: Network, head: tuple[int, int] = (0, 0), seed: int = 0, **indices: int) -> None:
        super().__init__(seed, **indices)
        self.head = head
        known, sizes = self.known, SIZES
        rng = np.random.default_rng(seed)

        def random(rows: Any, columns: Any) -> Any:
            return rng.normal(size=(sizes[rows], sizes[columns])) / math.sqrt(sizes[columns])

        tokens = [5, 0, 6]
        known["E"] = np.array([[float(token == column) for column in range(sizes[v])] for token in tokens])
        known["W_E"], known["W_U"] = random(v, d), random(d, v)
        known["X_0"] = stream = known["W_E"][tokens]
        for layer in range(net.layers):
            before, added = stream, np.zeros_like(stream)
            for number in range(net.heads):
                name = f"{layer}_{number}"
                for weight in ("W_Q", "W_K", "W_V"):
                    known[f"{weight}_{name}"] = random(d, d_h)
                known[f"W_O_{name}"] = random(d_h, d)
                added = added + self.attend(before, name, keep=True)
                self.fold(layer, name)
            self.layers[layer] = self.layer_of(layer, net.heads)
            known[f"Delta_{layer}"], stream = added, before + added
            known[f"X_{layer + 1}"] = stream
        known["Y"] = stream @ known["W_U"]
        self.compose(net)

    def symbol(self, name: str, shape: Any) -> Any:
        return self.row(name) if name in ("q_i", "k_j", "v_j", "a_i", "a_ij") else super().symbol(name, shape)

    def attend(self, stream: Any, name: str, *, keep: bool = False) -> Any:
        w_q, w_k, w_v, w_o = (self.known[f"{weight}_{name}"] for weight in ("W_Q", "W_K", "W_V", "W_O"))
        q, k, values = stream @ w_q, stream @ w_k, stream @ w_v
        scores = np.array([[sum(q[i] * k[j]) / math.sqrt(2) for j in range(len(k))] for i in range(len(q))])
        pattern = np.zeros_like(scores)
        for i in range(len(q)):
            pattern[i, : i + 1] = softmax(scores[i, : i + 1])
        z = pattern @ values
        if keep:
            found = {"Q": q, "K": k, "V": values, "S": scores, "A": pattern, "Z": z, "H": z @ w_o}
            self.known |= {f"{base}_{name}": value for base, value in found.items()}
        return z @ w_o

    def layer_of(self, layer: int, heads: int) -> Any:
        return lambda stream: sum(self.attend(stream, f"{layer}_{number}") for number in range(heads))

    def fold(self, layer: int, name: str) -> None:
        known = self.known
        w_q, w_k, w_v, w_o = (known[f"{weight}_{name}"] for weight in ("W_Q", "W_K", "W_V", "W_O"))
        known[f"W_OV_{name}"], known[f"W_QK_{name}"] = w_v @ w_o, w_q @ w_k.T
        known[f"C_{name}"] = known["W_E"] @ w_v @ w_o @ known["W_U"]
        embedded = known["X_0"]
        known[f"S_direct_{name}"] = (embedded @ w_q) @ (embedded @ w_k).T / math.sqrt(2)
        known[f"Delta_{name}"] = known[f"A_{name}"] @ (embedded @ w_v) @ w_o
        known[f"Y_{name}"] = known[f"Delta_{name}"] @ known["W_U"]

    def compose(self, net: Network) -> None:
        known = self.known
        every = [(layer, head) for layer in range(net.layers) for head in range(net.heads)]
        for first in every:
            for second in every:
                if first[0] < second[0]:
                    one, two = "_".join(map(str, first)), "_".join(map(str, second))
                    known[f"A_{one}_{two}"] = known[f"A_{two}"] @ known[f"A_{one}"]
                    known[f"W_OV_{one}_{two}"] = known[f"W_OV_{one}"] @ known[f"W_OV_{two}"]
                    known[f"H_{one}_{two}"] = known[f"A_{two}"] @ known[f"H_{one}"] @ known[f"W_OV_{two}"]

    def row(self, name: str) -> Any:
        layer, number = self.head
        i, j = self.indices["i"], self.indices["j"]
        if name == "a_ij":
            return self.known[f"A_{layer}_{number}"][i : i + 1, j : j + 1]
        place = i if name.endswith("_i") else j
        return self.known[f"{name[0].upper()}_{layer}_{number}"][place : place + 1]


def free_index(name: str) -> Any:
    """An index such as i, j or n."""
    return Symbol(name, integer=True)
