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
OF_ROWS = ("q_i", "k_j", "v_j", "a_i", "a_ij", "x_i", "x_j", "r_i", "r_j")


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


def rotation(position: int, size: int) -> Any:
    """Each pair of coordinates is a complex number, and turns by an angle of its own."""
    matrix = np.eye(size)
    for pair in range(size // 2):
        for row, start in enumerate((1, 1j)):
            turned = start * np.exp(0.7j * position / (1 + pair))
            matrix[2 * pair + row, 2 * pair : 2 * pair + 2] = turned.real, turned.imag
    return matrix


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
            case f.Rotation():
                return rotation(round(self.number(expr.args[0])), self.sizes[d_h])
            case f.Diagonal():
                column = self(expr.args[0])
                return np.array([[x * (i == j) for j in range(len(column))] for i, (x,) in enumerate(column)])
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
    """Everything that a network computes, head by head, from random weights and tokens.

    Where it has norms, their factors are held at what they are in this run.
    """

    def __init__(self, net: Network, head: tuple[int, int] = (0, 0), seed: int = 0, **indices: int) -> None:
        super().__init__(seed, **indices)
        self.net, self.head = net, head
        known, sizes = self.known, SIZES
        rng = np.random.default_rng(seed)

        def random(rows: Any, columns: Any) -> Any:
            return rng.normal(size=(sizes[rows], sizes[columns])) / math.sqrt(sizes[columns])

        tokens = [5, 0, 6]
        known["E"] = np.array([[float(token == column) for column in range(sizes[v])] for token in tokens])
        known["W_E"], known["W_U"] = random(v, d), random(d, v)
        known["X_0"] = stream = known["W_E"][tokens]
        gains = np.random.default_rng(seed + 1).uniform(0.5, 2, (net.layers + 1, sizes[d]))
        for layer in range(net.layers):
            self.norm(stream, layer, gains[layer])
            before, added = stream, np.zeros_like(stream)
            for number in range(net.heads):
                name = f"{layer}_{number}"
                for weight in ("W_Q", "W_K", "W_V"):
                    known[f"{weight}_{name}"] = random(d, d_h)
                    if number % net.sharing and weight != "W_Q":
                        known[f"{weight}_{name}"] = known[f"{weight}_{layer}_{number - number % net.sharing}"]
                known[f"W_O_{name}"] = random(d_h, d)
                added = added + self.attend(before, name, keep=True)
            self.layers[layer] = self.layer_of(layer, net.heads)
            known[f"Delta_{layer}"], stream = added, before + added
            known[f"X_{layer + 1}"] = stream
        self.norm(stream, net.layers, gains[-1])
        known["Y"] = self.read(stream, net.layers) @ known["W_U"]
        for layer in range(net.layers):
            for number in range(net.heads):
                self.fold(layer, f"{layer}_{number}")
        self.compose(net)

    def symbol(self, name: str, shape: Any) -> Any:
        return self.row(name) if name in OF_ROWS else super().symbol(name, shape)

    def norm(self, stream: Any, layer: int, gains: Any) -> None:
        """What the norm of a stream is made of."""
        if self.net.norm:
            rows = [self.centre(row) for row in stream]
            factors = [1 / math.sqrt(sum(x * x for x in row) / len(row) + 1e-5) for row in rows]
            self.known[f"r_norm_{layer}"] = np.array([[factor] for factor in factors])
            self.known[f"D_norm_{layer}"], self.known[f"G_norm_{layer}"] = np.diag(factors), np.diag(gains)
            self.known[f"X_norm_{layer}"] = self.read(stream, layer)

    def centre(self, row: Any) -> Any:
        return row - sum(row) / len(row) if self.net.norm == "layer" else row

    def read(self, stream: Any, layer: int) -> Any:
        """What the heads of a layer read, or W_U: the stream, or with factors held its norm."""
        if not self.net.norm:
            return stream
        factors, gains = self.known[f"r_norm_{layer}"][:, 0], np.diagonal(self.known[f"G_norm_{layer}"])
        return np.array([x * self.centre(row) * gains for x, row in zip(factors, stream, strict=True)])

    def turn(self, rows: Any) -> Any:
        """Queries or keys, each turned by its position where positions are rotations."""
        places = range(len(rows))
        return np.array([rows[i] @ rotation(i, len(rows[i])) for i in places]) if self.net.rotary else rows

    def attend(self, stream: Any, name: str, *, keep: bool = False) -> Any:
        w_q, w_k, w_v, w_o = (self.known[f"{weight}_{name}"] for weight in ("W_Q", "W_K", "W_V", "W_O"))
        read = self.read(stream, int(name.split("_")[0]))
        q, k, values = self.turn(read @ w_q), self.turn(read @ w_k), read @ w_v
        scores = self.scores(q, k)
        pattern = np.zeros_like(scores)
        for i in range(len(q)):
            pattern[i, : i + 1] = softmax(scores[i, : i + 1])
        z = pattern @ values
        if keep:
            found = {"Q": q, "K": k, "V": values, "S": scores, "A": pattern, "Z": z, "H": z @ w_o}
            self.known |= {f"{base}_{name}": value for base, value in found.items()}
        return z @ w_o

    def scores(self, q: Any, k: Any) -> Any:
        return np.array([[sum(q[i] * k[j]) / math.sqrt(2) for j in range(len(k))] for i in range(len(q))])

    def layer_of(self, layer: int, heads: int) -> Any:
        return lambda stream: sum(self.attend(stream, f"{layer}_{number}") for number in range(heads))

    def fold(self, layer: int, name: str) -> None:
        known, last = self.known, self.net.layers
        w_q, w_k, w_v, w_o = (known[f"{weight}_{name}"] for weight in ("W_Q", "W_K", "W_V", "W_O"))
        known[f"W_OV_{name}"], known[f"W_QK_{name}"] = w_v @ w_o, w_q @ w_k.T
        embedded = self.read(known["X_0"], layer)
        known[f"S_direct_{name}"] = self.scores(self.turn(embedded @ w_q), self.turn(embedded @ w_k))
        known[f"Delta_{name}"] = known[f"A_{name}"] @ (embedded @ w_v) @ w_o
        known[f"Y_{name}"] = self.read(known[f"Delta_{name}"], last) @ known["W_U"]
        circuit = self.undivided(known["W_E"], layer) @ w_v @ w_o
        known[f"C_{name}"] = self.undivided(circuit, last) @ known["W_U"]

    def undivided(self, rows: Any, layer: int) -> Any:
        if not self.net.norm:
            return rows
        return np.array([self.centre(row) for row in rows]) @ self.known[f"G_norm_{layer}"]

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
        of_stream = {"x_i": f"X_{layer}", "x_j": f"X_{layer}", "r_i": f"r_norm_{self.net.layers}"}
        of_stream["r_j"] = f"r_norm_{layer}"
        whole = of_stream.get(name, f"{name[0].upper()}_{layer}_{number}")
        return self.known[whole][place : place + 1]


def free_index(name: str) -> Any:
    """An index such as i, j or n."""
    return Symbol(name, integer=True)
