"""What a derivation may rely on: relations, and the named assumptions that state them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from sympy import MatrixSymbol

from ovlearn.symbolic.expressions import ShapeError, check_shapes, indices, nodes, rewrite
from ovlearn.symbolic.functions import At, Layer, OneHot, SumBelow, is_matrix
from ovlearn.symbolic.notation import d, s

_HOLE = MatrixSymbol("any stream", s, d)
NAMES = (MatrixSymbol, At, SumBelow)  # what an equation can define

Sign = Literal["=", "≠", "≤"]


@dataclass(frozen=True)
class Relation:
    """Two expressions of one shape and the sign between them: `=`, `≠` (in general) or `≤`.

    Raises: ShapeError where a side does not type-check or the two sides differ in shape.

    >>> from ovlearn.symbolic import Network, product
    >>> net = Network(layers=1)
    >>> print(Relation(net.head("W_OV", 0, 0), product(net.head("W_V", 0, 0), net.head("W_O", 0, 0))))
    W_OV_0_0 = W_V_0_0 W_O_0_0
    """

    lhs: Any
    rhs: Any
    sign: Sign = "="

    def __post_init__(self) -> None:
        check_shapes(self.lhs)
        check_shapes(self.rhs)
        left, right = ([*side.shape] if is_matrix(side) else "a number" for side in (self.lhs, self.rhs))
        if left != right:
            raise ShapeError(f"relation: expected {left} on both sides, got {right}")

    def __str__(self) -> str:
        from ovlearn.symbolic.printing import to_text

        return f"{to_text(self.lhs)} {self.sign} {to_text(self.rhs)}"


@dataclass(frozen=True)
class Assumption:
    """Something that a derivation takes as given, by name.

    `kind` says why it may: an "assumption" about the network, a "definition" of a symbol, or a "theorem"
    that another derivation (`derived_in`, a slug) ends with. `equations` are what it lets a step replace;
    an assumption about meaning (patterns are held constant) has none. Where an equation holds for any
    residual stream, its left side is `Layer(X, l)` and X stands for that stream.
    """

    name: str
    says: str
    equations: tuple[Relation, ...] = ()
    kind: Literal["assumption", "definition", "theorem"] = "assumption"
    derived_in: str = ""

    def __post_init__(self) -> None:
        for equation in self.equations:
            if equation.sign != "=":
                raise ValueError(f"equations: expected equalities, got {equation}")
            if isinstance(equation.lhs, Layer) and not isinstance(equation.lhs.args[0], MatrixSymbol):
                raise ValueError(f"equations: expected a layer of a symbol for any stream, got {equation}")

    def check(self) -> None:
        """See that the equations are what may be built, also where they were forged.

        Raises: ShapeError or ValueError as building them does.
        """
        self.__post_init__()
        for equation in self.equations:
            equation.__post_init__()

    def __str__(self) -> str:
        return self.name


def definition(name: str, says: str, *equations: tuple[Any, Any]) -> Assumption:
    """An assumption that only gives names: each equation is (symbol, what it stands for)."""
    return Assumption(name, says, tuple(Relation(*pair) for pair in equations), kind="definition")


def replace_left(expr: Any, assumption: Assumption) -> Any:
    """`expr` with the left side of each of the assumption's equations replaced by its right side, once."""
    table = {equation.lhs: equation.rhs for equation in assumption.equations}
    general = {lhs.args[1]: (lhs.args[0], rhs) for lhs, rhs in table.items() if isinstance(lhs, Layer)}

    def change(node: Any) -> Any:
        if isinstance(node, Layer) and node.args[1] in general:
            placeholder, template = general[node.args[1]]
            return put(template, {placeholder: node.args[0]})
        return table.get(node, node)

    return rewrite(expr, change)


def put(expr: Any, values: dict[Any, Any]) -> Any:
    """`expr` with symbols replaced by expressions, at once and unevaluated."""
    return rewrite(expr, lambda node: values.get(node, node))


def definitions(assumptions: tuple[Assumption, ...]) -> dict[Any, Any]:
    """What each defined symbol stands for. Theorems come last: a check must not believe what it checks.

    An equation whose left side is no symbol, as T P = P T, defines nothing: it is one of the `relations`.

    Raises: ValueError where symbols are defined by each other in a circle.
    """
    table: dict[Any, Any] = {}
    for assumption in sorted(assumptions, key=lambda one: one.kind == "theorem"):
        for equation in assumption.equations:
            if isinstance(equation.lhs, NAMES):
                table.setdefault(equation.lhs, equation.rhs)
    _refuse_circles(table)
    return table


@lru_cache(maxsize=64)
def hidden_indices(assumptions: tuple[Assumption, ...]) -> Mapping[Any, set[str]]:
    """The symbols that stand for a row and do not say of which position: R where R = e_j K, but not k_j.

    Cached, since a derivation asks at each of its steps.
    """
    equations = [equation for one in assumptions for equation in one.equations]
    if not any(isinstance(node, OneHot) for equation in equations for node in nodes(equation.rhs)):
        return {}
    named = (equation.lhs for equation in equations if isinstance(equation.lhs, MatrixSymbol))
    depends = {lhs: indices(unfolded(lhs, assumptions)) - indices(lhs) for lhs in named}
    return {lhs: hidden for lhs, hidden in depends.items() if hidden}


def relations(assumptions: tuple[Assumption, ...]) -> tuple[tuple[str, Relation], ...]:
    """The equations that define no symbol and no layer, as T P = P T, each with its assumption's name."""
    return tuple(
        (assumption.name, equation)
        for assumption in assumptions
        for equation in assumption.equations
        if not isinstance(equation.lhs, (*NAMES, Layer))
    )


def _refuse_circles(table: dict[Any, Any]) -> None:
    """Raise where following definitions leads back to a symbol on the way."""
    done: set[Any] = set()

    def follow(symbol: Any, way: tuple[Any, ...]) -> None:
        if symbol in way:
            circle = ", ".join(map(str, (*way, symbol)))
            raise ValueError(f"assumptions: expected definitions that end, got a circle: {circle}")
        if symbol not in done:
            for part in nodes(table[symbol]) & table.keys():
                follow(part, (*way, symbol))
            done.add(symbol)

    for symbol in table:
        follow(symbol, ())


def unfolded(expr: Any, assumptions: tuple[Assumption, ...]) -> Any:
    """`expr` with every symbol and every layer replaced by what it stands for, to the end.

    Raises: ValueError where symbols or layers are defined by each other in a circle.
    """
    return _Unfolding(assumptions).of(expr)


class _Unfolding:
    """What symbols and layers stand for, each unfolded once.

    In a network of many layers a stream stands three times in what the next layer adds: so equal parts must
    be one object, or their number would grow threefold with each layer.
    """

    def __init__(self, assumptions: tuple[Assumption, ...]) -> None:
        self.table = definitions(assumptions)
        equations = [equation for one in assumptions for equation in one.equations]
        self.layers: dict[Any, Relation] = {}
        for equation in equations:
            if isinstance(equation.lhs, Layer):
                self.layers.setdefault(equation.lhs.args[1], equation)
        self.known: dict[Any, Any] = {}

    def of(self, expr: Any) -> Any:
        return rewrite(expr, self._meant)

    def _meant(self, node: Any) -> Any:
        if isinstance(node, Layer) and node.args[1] in self.layers:
            return put(self._once(node.args[1], self._template), {_HOLE: node.args[0]})
        return self._once(node, self.table.__getitem__) if node in self.table else node

    def _template(self, layer: Any) -> Any:
        """What a layer adds to the stream that goes into the hole."""
        equation = self.layers[layer]
        return put(equation.rhs, {equation.lhs.args[0]: _HOLE})

    def _once(self, key: Any, meaning: Callable[[Any], Any]) -> Any:
        if key not in self.known:
            self.known[key] = None
            self.known[key] = self.of(meaning(key))
        if self.known[key] is None:
            raise ValueError(f"assumptions: expected definitions that end, got a circle through {key}")
        return self.known[key]


def unfold_layers(expr: Any, assumptions: tuple[Assumption, ...]) -> Any:
    """`expr` with every `Layer(X)` replaced by what an assumption says it is."""
    for assumption in assumptions:
        if any(isinstance(equation.lhs, Layer) for equation in assumption.equations):
            expr = replace_left(expr, assumption)
    return expr
