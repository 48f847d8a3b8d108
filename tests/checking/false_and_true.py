"""What once fooled the checks: false derivations that passed (B), true ones that failed (F), rules (R).

`python -m tests.checking.false_and_true` prints the verdict of today on each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import sympy
from sympy import ImmutableMatrix, Integer, MatrixSymbol, Min, OneMatrix, Rational, Symbol, sqrt

import ovlearn as ov
from ovlearn.symbolic import (
    Assumption,
    Bound,
    CausalMask,
    Kronecker,
    Layer,
    Network,
    OneHot,
    Rank,
    Relation,
    RowSoftmax,
    Step,
    add,
    d,
    d_h,
    product,
    rules,
    s,
    subtract,
    symbol,
    transpose,
    v,
)
from ovlearn.symbolic.course import assumptions
from ovlearn.symbolic.course.assumptions import layer_function

from .cases import saying

NET = Network(layers=2, heads=1)
A, S, V, W_V, W_O, W_OV = (NET.head(base, 1, 0) for base in ("A", "S", "V", "W_V", "W_O", "W_OV"))
X, X_A, X_B, Y = NET.stream(1), symbol("X_A"), symbol("X_B"), symbol("Y")
E, W_E, W_U = symbol("E"), symbol("W_E"), symbol("W_U")
T, P = MatrixSymbol("T", s, s), MatrixSymbol("P", s, s)
G = MatrixSymbol("G", v, v)
I_, J, K, L = (Symbol(name, integer=True) for name in "ijkl")
PATTERN = RowSoftmax(CausalMask(S))
MASK = CausalMask(S)
BOX = product(A, E, W_E, W_OV, W_U)


def start(before: Any, *assumptions: Any) -> ov.Derivation:
    return ov.Derivation.start(before, assumptions, network=NET)


def claimed(before: Any, after: Any, *assumptions: Any, makes: type[Step] = Step) -> ov.Derivation:
    return start(before, *assumptions).apply(saying(after, makes=makes))


def assumed(name: str, lhs: Any, rhs: Any, **fields: Any) -> Assumption:
    return Assumption(name, "as it says", (Relation(lhs, rhs),), **fields)


def number(*rows: list[Any]) -> ImmutableMatrix:
    return ImmutableMatrix(rows)


def row(index: Any) -> Any:
    return OneHot(index, s)


COMMUTE = assumed("T and P commute", product(T, P), product(P, T))
LINEAR = assumed("a layer is linear", Layer(X_A, 1), product(X_A, W_OV))
NOBODYS = assumed("skipping", Y, product(E, W_E, W_U), kind="theorem", derived_in="path-expansion")


class Unequal(Step):
    """A step that prints ≠ and is judged as an equality."""

    sign: ClassVar[Any] = "≠"


@dataclass(frozen=True)
class Case:
    """A derivation, whether it is true, what it says, and how it is verified."""

    says: str
    true: bool
    build: Callable[[], ov.Derivation]
    options: dict[str, Any] = field(default_factory=dict)

    def verdict(self, seeds: int = 20) -> str:
        """What became of it: passed, FAILED, or refused and by which words."""
        try:
            report = ov.verify(self.build(), seeds=seeds, **{"faults": True, **self.options})
        except (ValueError, TypeError) as error:
            return f"refused: {type(error).__name__}: {error}"
        why = "" if report.passed else "; ".join(line.strip() for line in str(report).splitlines()[1:3])
        return f"passed ({report.summary()})" if report.passed else f"FAILED: {why}"


def _wrong_box() -> ov.Derivation:
    factors = [(each, number([0])) for each in (A, E, W_E, W_OV, W_U)]
    return start(symbol("Y", 1, 0)).apply(
        rules.counterexample, BOX, ((symbol("Y", 1, 0), number([1])), *factors)
    )


def _linear_layer() -> ov.Derivation:
    both = subtract(Layer(add(X_A, X_B), 1), Layer(X_A, 1), Layer(X_B, 1))
    return start(both, LINEAR).apply(rules.unfold, LINEAR).apply(rules.distribute).apply(rules.cancel)


def _grouped(*pairs: tuple[Any, Any]) -> Any:
    """The product of entries δ_ab and s_ab, each a matrix of one row and column."""
    parts = [
        product(row(a), transpose(row(b))) if m is None else product(row(a), m, transpose(row(b)))
        for a, b, m in pairs
    ]
    return product(*parts)


def _hidden() -> ov.Derivation:
    large = product(sqrt(2) * 10**5, product(Integer(10**6), product(Integer(10**6), V)))

    def beside(term: Any) -> Any:
        return add(term, large, product(Integer(-1), large))

    return claimed(beside(product(PATTERN, V)), beside(product(Integer(2), PATTERN, V)))


def _commuting_refuted() -> ov.Derivation:
    witness = ((T, number([0, 1], [0, 0])), (P, number([0, 0], [1, 0])))
    return start(product(T, P), COMMUTE).apply(rules.counterexample, product(P, T), witness)


def _diagonal(run: Any) -> Any:
    return np.diag(np.arange(1.0, 1 + len(run.tokens)))


def _nobodys_theorem() -> ov.Derivation:
    return start(product(Y, G), NOBODYS).apply(rules.unfold, NOBODYS)


def _near() -> ov.Derivation:
    stream, one = number([0], [Rational(1, 2000)]), number([1])
    function = layer_function(NET, 1)
    weights = [(NET.head(base, 1, 0), one) for base in ("W_Q", "W_K", "W_V", "W_O")]
    return start(Layer(add(X_A, X_B), 1), function).apply(
        rules.counterexample,
        add(Layer(X_A, 1), Layer(X_B, 1)),
        ((X_A, stream), (X_B, stream), *weights),
        function,
    )


def _outer() -> ov.Derivation:
    first, second, one = MatrixSymbol("S_a", s, s), MatrixSymbol("S_b", s, s), OneMatrix(s, s)
    return claimed(
        RowSoftmax(add(Kronecker(first, one), Kronecker(one, second))),
        Kronecker(RowSoftmax(first), RowSoftmax(second)),
    )


def _own_size() -> ov.Derivation:
    own = MatrixSymbol("D", d, Symbol("m", integer=True, positive=True))
    return start(product(add(X_A, X_B), own)).apply(rules.distribute)


LARGE = Integer(10**6)


def _e_as_a_factor() -> ov.Derivation:
    up, down = MatrixSymbol("u", s, 1), MatrixSymbol("w", s, 1)
    witness = ((S, number([1, 0], [1, 0])), (up, number([1], [0])), (down, number([0], [1])))
    left, right = product(RowSoftmax(S), up), product(sympy.E, RowSoftmax(S), down)
    return start(left).apply(rules.counterexample, right, witness)


CASES: dict[str, Case] = {
    "B0": Case("Y' ≠ the box, by a witness that sets Y'", False, _wrong_box),
    "B1": Case("a layer is linear, as is assumed", False, _linear_layer),
    "B2": Case(
        "d_h ≤ rank(W_OV)", False, lambda: claimed(d_h, Rank(W_OV), assumptions.ov_product(NET), makes=Bound)
    ),
    "B3": Case(
        "δ_ij s_kl = δ_kl s_ij",
        False,
        lambda: claimed(_grouped((I_, J, None), (K, L, T)), _grouped((K, L, None), (I_, J, T))),
    ),
    "B4": Case(
        "softmax = min(d_h, s)/d_h softmax",
        False,
        lambda: claimed(PATTERN, product(Min(d_h, s) / d_h, PATTERN)),
    ),
    "B5": Case("softmax V = 2 softmax V, beside a large term", False, _hidden, {"faults": False}),
    "B6": Case(
        "(AV)W_O ≠ A V W_O, by a kind of one's own",
        False,
        lambda: claimed(product(product(A, V), W_O), product(A, V, W_O), makes=Unequal),
    ),
    "B7": Case("T P ≠ P T where T P = P T", False, _commuting_refuted),
    "B8": Case(
        "T is symmetric, since it commutes with P",
        False,
        lambda: claimed(T, transpose(T), COMMUTE),
        {"bindings": {"T": _diagonal, "P": _diagonal}},
    ),
    "B9": Case("Y G = E W_E W_U G, from a theorem that nobody derived", False, _nobodys_theorem),
    "B10": Case(
        "rank(X) ≤ d_h + 6", False, lambda: claimed(Rank(X), d_h + 6, makes=Bound), {"faults": False}
    ),
    "F1": Case(
        "(T P) T = T P T, where T P = P T",
        True,
        lambda: start(product(product(T, P), T), COMMUTE).apply(rules.ungroup),
    ),
    "F2": Case(
        "the first row of a causal pattern is e_0",
        True,
        lambda: claimed(product(row(Integer(0)), PATTERN), row(Integer(0))),
    ),
    "F3": Case(
        "(10⁶X + Y − 10⁶X) W = Y W",
        True,
        lambda: claimed(product(add(product(LARGE, X), X_A, product(-LARGE, X)), W_V), product(X_A, W_V)),
    ),
    "F4": Case("a layer is not linear, by a small stream", True, _near),
    "F5": Case("softmax(S_a ⊗ 1 + 1 ⊗ S_b) = softmax(S_a) ⊗ softmax(S_b)", True, _outer),
    "F6": Case(
        "X/(1 + √2) = (√2 − 1) X",
        True,
        lambda: claimed(product(1 / (1 + sqrt(2)), X), product(sqrt(2) - 1, X)),
    ),
    "F7": Case(
        "a size of one's own, with a binding",
        True,
        _own_size,
        {"bindings": {"D": lambda run: np.ones((run.model.config.d_model, 3))}},
    ),
    "F8": Case("a bound between matrices", False, lambda: claimed(X_A, X_B, makes=Bound)),
    "R1": Case(
        "Σ_j (k_j Kᵀ e_jᵀ)(e_j V): a sum that catches the j of k_j",
        False,
        lambda: start(product(product(symbol("k_j"), transpose(NET.head("K", 1, 0))), V)).apply(
            rules.sum_over_positions, J
        ),
    ),
    "R2": Case(
        "A_1 (E W_E + Δ_0) W_OV W_U as one path",
        False,
        lambda: start(
            add(product(E, W_E, W_U), product(A, add(product(E, W_E), NET.layer("Delta", 0)), W_OV, W_U))
        ).apply(rules.select_path, ((1, 0),), symbol("Y", 1, 0)),
    ),
    "R3": Case("softmax(S) u ≠ e softmax(S) w, where both are e/(1 + e)", False, _e_as_a_factor),
    "R4": Case("mask(S) − mask(S) = 0", False, lambda: start(subtract(MASK, MASK)).apply(rules.cancel)),
}


def main() -> None:
    """Print today's verdict on each."""
    for name, case in CASES.items():
        print(f"{name:4} {'true ' if case.true else 'false'} {case.says:58} {case.verdict()}")


if __name__ == "__main__":
    main()
