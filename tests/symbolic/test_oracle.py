"""The oracle itself: a few values that can be said by heart."""

import numpy as np
import pytest
from sympy import Identity, MatrixSymbol, OneMatrix, ZeroMatrix, sqrt

from ovlearn.symbolic import (
    At,
    CausalMask,
    Diagonal,
    Kronecker,
    Layer,
    Network,
    OneHot,
    Rank,
    Rotation,
    RowSoftmax,
    SumBelow,
    TokenSum,
    Vec,
    d,
    d_h,
    definition,
    s,
)

from .oracle import RunScene, Scene, free_index, mul, plus, rotation, t

A, X = MatrixSymbol("A_0_0", s, s), MatrixSymbol("X_0", s, d)
ROW, J, N = free_index("i"), free_index("j"), free_index("n")


def test_matrices_and_numbers() -> None:
    scene = Scene()
    a, x = scene(A), scene(X)
    assert a.shape == (3, 3)
    assert x.shape == (3, 5)
    assert not np.allclose(a, a.T)
    assert np.allclose(scene(mul(1 / sqrt(d_h), A, X)), a @ x / 2**0.5)
    assert np.allclose(scene(plus(A, mul(-2, t(A)))), a - 2 * a.T)
    assert np.allclose(scene(mul(A, OneMatrix(s, 1))), a.sum(axis=1, keepdims=True))
    assert np.allclose(scene(plus(A, ZeroMatrix(s, s), Identity(s))), a + np.eye(3))


def test_functions() -> None:
    scene = Scene()
    a, x = scene(A), scene(X)
    assert np.allclose(scene(RowSoftmax(CausalMask(A)))[0], [1, 0, 0])
    assert np.allclose(scene(RowSoftmax(A))[1], np.exp(a[1]) / np.exp(a[1]).sum())
    assert np.allclose(scene(mul(OneHot(ROW, s), X)), x[2:])
    assert np.allclose(scene(TokenSum(mul(A, t(OneHot(J, s)), OneHot(J, s), X), J)), a @ x)
    quarter = np.pi / 2 / 0.7
    assert np.allclose(rotation(1, 4)[0], [np.cos(0.7), np.sin(0.7), 0, 0])
    assert np.allclose(rotation(quarter, 3), [[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    assert np.allclose(scene(Rotation(ROW - J)), rotation(1, 2))
    column = MatrixSymbol("r_norm_0", s, 1)
    assert np.allclose(scene(Diagonal(column)), np.diag(scene(column)[:, 0]))
    assert np.allclose(scene(Vec(X))[:, 0], x.ravel("F"))
    assert np.allclose(scene(Kronecker(A, X)), np.kron(a, x))
    assert np.allclose(scene(At("X", N - 2, s, d)), x)
    assert np.allclose(scene(SumBelow("X", N, s, d)), x + scene(MatrixSymbol("X_1", s, d)))
    assert scene(Rank(mul(X, t(X)))) == 3
    assert not np.allclose(scene(Layer(plus(X, X), 0)), 2 * scene(Layer(X, 0)))
    with pytest.raises(TypeError, match="no value"):
        scene(A.inverse())


def test_assumptions_and_columns() -> None:
    scene = Scene()
    scene.assume(definition("x", "", (X, mul(2, A, MatrixSymbol("X_1", s, d)))))
    assert np.allclose(scene(X), 2 * scene(A) @ scene(MatrixSymbol("X_1", s, d)))
    assert np.allclose(scene(MatrixSymbol("X_col_0", d, s)), scene(X).T)


def test_a_run_is_causal_and_its_rows_sum_to_one() -> None:
    scene = RunScene(Network(2, 3), (1, 2), i=1, j=0)
    pattern = scene.known["A_1_2"]
    assert np.allclose(pattern.sum(axis=1), 1)
    assert np.allclose(pattern, np.tril(pattern))
    assert np.allclose(scene(MatrixSymbol("a_ij", 1, 1)), pattern[1, 0])
    stream = scene.known["X_1"]
    assert np.allclose(scene.layers[1](stream), scene.known["X_2"] - stream)


def test_a_run_behind_norms() -> None:
    scene = RunScene(Network(2, 1, norm="rms"), (1, 0), i=1, j=0)
    read = scene.known["X_norm_1"] / np.diagonal(scene.known["G_norm_1"])
    assert np.allclose(np.square(read).mean(axis=1), 1, atol=1e-3)
    centred = RunScene(Network(2, 1, norm="layer")).known
    assert np.allclose((centred["X_norm_2"] / np.diagonal(centred["G_norm_2"])).mean(axis=1), 0)
    assert np.allclose(scene(MatrixSymbol("r_i", 1, 1)), scene.known["D_norm_2"][1, 1])
    assert np.allclose(scene(MatrixSymbol("r_j", 1, 1)), scene.known["D_norm_1"][0, 0])


def test_a_run_in_which_positions_are_rotations() -> None:
    """Where each position has the same stream, scores tell the distances apart, and nothing else."""
    scene = RunScene(Network(1, 1, rotary=True))
    stream = np.ones((4, 5))
    q, k = (scene.turn(stream @ scene.known[f"{weight}_0_0"]) for weight in ("W_Q", "W_K"))
    assert not np.allclose(q[0], q[1])
    scores = scene.scores(q, k)
    assert np.allclose(scores[1:, 1:], scores[:-1, :-1])
    assert not np.allclose(scores, scores[0, 0])


def test_a_run_in_which_heads_share_keys_and_values() -> None:
    known = RunScene(Network(1, 3, sharing=2)).known
    assert np.array_equal(known["K_0_0"], known["K_0_1"])
    assert np.array_equal(known["V_0_0"], known["V_0_1"])
    assert not np.allclose(known["Q_0_0"], known["Q_0_1"])
    assert not np.allclose(known["V_0_1"], known["V_0_2"])
