"""Relations, assumptions, and what they let one replace."""

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from sympy import Integer, MatrixSymbol

from ovlearn.symbolic import Assumption, Layer, Rank, Relation, RowSoftmax, ShapeError, d, d_h, definition, s
from ovlearn.symbolic.statements import definitions, put, replace_left, unfold_layers

from .oracle import Scene, mul, plus, t

A, B = MatrixSymbol("A_0_0", s, s), MatrixSymbol("A_1_0", s, s)
X, Y, Z = (MatrixSymbol(name, s, d) for name in ("X_0", "Delta_0", "Delta_1"))
ANY = MatrixSymbol("X", s, d)
W = MatrixSymbol("W_OV_0_0", d, d)
W_V, W_O = MatrixSymbol("W_V_0_0", d, d_h), MatrixSymbol("W_O_0_0", d_h, d)


def test_relations() -> None:
    relation = Relation(W, mul(W_V, W_O))
    assert (relation.lhs, relation.rhs, relation.sign) == (W, mul(W_V, W_O), "=")
    assert str(relation) == "W_OV_0_0 = W_V_0_0 W_O_0_0"
    assert str(Relation(X, Y, "≠")) == "X_0 ≠ Delta_0"
    assert str(Relation(Rank(W), d_h, "≤")) == "rank(W_OV_0_0) ≤ d_h"
    assert Relation(X, Y) != Relation(Y, X)
    assert hash(Relation(X, Y)) == hash(Relation(X, Y))
    with pytest.raises(FrozenInstanceError):
        relation.sign = "≤"


@pytest.mark.parametrize(
    ("lhs", "rhs", "message"),
    [
        (X, A, r"relation: expected \[s, d\] on both sides, got \[s, s\]"),
        (mul(X, X), Y, "product"),
        (Y, mul(X, X), "product"),
        (Y, plus(X, A), "sum"),
    ],
)
def test_relations_must_fit(lhs: Any, rhs: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        Relation(lhs, rhs)


def test_assumptions() -> None:
    assumption = Assumption("name", "what it says")
    assert (assumption.equations, assumption.kind, assumption.derived_in) == ((), "assumption", "")
    assert str(assumption) == "name"
    named = definition("OV", "one name", (W, mul(W_V, W_O)), (X, Y))
    assert named == Assumption(
        "OV", "one name", (Relation(W, mul(W_V, W_O)), Relation(X, Y)), kind="definition"
    )
    assert definition("none", "nothing").equations == ()


def test_put_replaces_at_once() -> None:
    assert put(plus(X, mul(A, Y)), {X: Y, Y: X}) == plus(Y, mul(A, X))
    assert put(mul(A, X), {mul(A, X): Y}) == Y
    assert put(plus(X, Y), {X: plus(Y, Z)}) == plus(plus(Y, Z), Y)
    assert put(X, {}) is X


def test_replace_left_goes_from_left_to_right_once() -> None:
    grow = definition("grow", "", (X, plus(X, Y)), (Y, Z))
    assert replace_left(plus(X, Y), grow) == plus(plus(X, Y), Z)
    assert replace_left(mul(A, Z), grow) == mul(A, Z)
    assert replace_left(RowSoftmax(mul(X, t(Y))), grow) == RowSoftmax(mul(plus(X, Y), t(Z)))
    assert replace_left(X, Assumption("meaning", "")) == X


LAYERS = definition("layers", "", (Layer(ANY, 0), mul(A, ANY, W)), (Layer(ANY, 1), mul(B, ANY)))


def test_a_layer_is_put_for_any_stream() -> None:
    assert replace_left(Layer(X, 0), LAYERS) == mul(A, X, W)
    assert replace_left(Layer(X, 1), LAYERS) == mul(B, X)
    assert replace_left(Layer(plus(X, Y), 1), LAYERS) == mul(B, plus(X, Y))
    assert replace_left(Layer(X, 2), LAYERS) == Layer(X, 2)
    assert replace_left(Layer(Layer(X, 1), 0), LAYERS) == mul(A, mul(B, X), W)
    assert replace_left(plus(Layer(X, 0), ANY), LAYERS) == plus(mul(A, X, W), ANY)
    assert replace_left(Layer(ANY, 0), LAYERS) == mul(A, ANY, W)


def test_unfolding_layers_leaves_other_definitions_alone() -> None:
    other = definition("other", "", (X, plus(Y, Z)))
    mixed = definition("mixed", "", (Layer(ANY, 3), mul(B, ANY)), (Z, X))
    expr = plus(Layer(X, 0), Layer(Y, 3))
    assert unfold_layers(expr, (other, LAYERS)) == plus(mul(A, X, W), Layer(Y, 3))
    assert unfold_layers(expr, (LAYERS, mixed)) == plus(mul(A, X, W), mul(B, Y))
    assert unfold_layers(expr, (other,)) == unfold_layers(expr, ()) == expr


def test_definitions_leave_out_layers() -> None:
    named = definition("OV", "", (W, mul(W_V, W_O)))
    assert definitions((named, LAYERS, Assumption("meaning", ""))) == {W: mul(W_V, W_O)}
    assert definitions(()) == {}


def test_theorems_come_last() -> None:
    theorem = Assumption("theorem", "", (Relation(X, Z), Relation(Z, mul(A, Y))), kind="theorem")
    given = Assumption("given", "", (Relation(X, Y),))
    named = definition("named", "", (X, mul(A, Y)))
    assert definitions((theorem, given)) == {X: Y, Z: mul(A, Y)}
    assert definitions((given, theorem)) == {X: Y, Z: mul(A, Y)}
    assert list(definitions((theorem, given))) == [X, Z]
    assert definitions((named, given)) == {X: mul(A, Y)}
    assert definitions((given, named)) == {X: Y}
    assert definitions((theorem,)) == {X: Z, Z: mul(A, Y)}


@pytest.mark.parametrize(
    ("pairs", "circle"),
    [
        ([(X, plus(X, Y))], "X_0, X_0"),
        ([(X, Y), (Y, mul(A, X))], "X_0, Delta_0, X_0"),
        ([(X, Y), (Y, mul(A, Z)), (Z, plus(Y, Y))], "X_0, Delta_0, Delta_1, Delta_0"),
        ([(Z, mul(A, Y)), (A, mul(X, t(Z)))], "Delta_1, A_0_0, Delta_1"),
    ],
)
def test_circles_are_refused(pairs: Any, circle: str) -> None:
    with pytest.raises(
        ValueError, match=f"^assumptions: expected definitions that end, got a circle: {circle}$"
    ):
        definitions((definition("circle", "", *pairs),))
    with pytest.raises(ValueError, match="got a circle"):
        definitions(tuple(definition(str(n), "", pair) for n, pair in enumerate(pairs)))


def test_two_ways_to_one_symbol_are_no_circle() -> None:
    table = [(X, plus(Y, Z)), (Y, mul(A, Z)), (Z, mul(B, MatrixSymbol("E", s, d))), (A, mul(B, B))]
    assert definitions((definition("fine", "", *table),)) == dict(table)
    assert definitions((definition("fine", "", *reversed(table)),)) == dict(table)


def test_what_assumptions_say_is_true_where_they_are_assumed() -> None:
    scene = Scene()
    scene.assume(LAYERS)
    assert np.allclose(scene(Layer(plus(X, Y), 1)), scene(replace_left(Layer(plus(X, Y), 1), LAYERS)))
    assert Integer(1) not in definitions((LAYERS,))
