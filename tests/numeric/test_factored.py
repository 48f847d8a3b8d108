"""FactoredMatrix against numpy on the dense product."""

import dataclasses
import tracemalloc
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlearn.numeric import FactoredMatrix

from .cases import assert_close, assert_raises, quick

LEADING = [((), ()), ((2,), ()), ((), (3,)), ((2, 1), (3,)), ((0, 2), (0, 2))]
SHAPES = [(6, 2, 5), (2, 6, 5), (5, 6, 2), (3, 4, 3), (4, 3, 4), (4, 4, 4), (1, 1, 1), (5, 1, 3)]
F32, F64 = np.float32, np.float64


def factored(
    left: int, inner: int, right: int, leading: Any = ((), ()), seed: int = 0, dtype: Any = F64
) -> FactoredMatrix:
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(*leading[0], left, inner)).astype(dtype)
    return FactoredMatrix(A, rng.normal(size=(*leading[1], inner, right)).astype(dtype))


def dense(F: FactoredMatrix) -> Any:
    return np.einsum("...ij,...jk->...ik", F.A.astype(float), F.B.astype(float))


factoreds = st.builds(
    factored,
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(1, 6),
    st.sampled_from(LEADING),
    st.integers(0, 99),
    st.sampled_from([F32, F64]),
)
squares = st.builds(
    lambda n, *rest: factored(n, rest[0], n, *rest[1:]),
    st.integers(1, 6),
    st.integers(1, 6),
    st.sampled_from(LEADING),
    st.integers(0, 99),
    st.sampled_from([F32, F64]),
)


@quick
@given(factoreds)
def test_dense_shape_and_transpose(F: FactoredMatrix) -> None:
    assert_close(F.AB, dense(F))
    assert F.shape == dense(F).shape
    assert F.ndim == dense(F).ndim
    assert_close(F.T.AB, np.moveaxis(dense(F), -1, -2))
    assert F.T.shape == np.moveaxis(dense(F), -1, -2).shape
    assert F.T.A.shape[-1] == F.A.shape[-1]
    assert repr(F) == f"FactoredMatrix(shape={F.shape}, inner={F.A.shape[-1]})"


@quick
@given(factoreds)
def test_norm(F: FactoredMatrix) -> None:
    assert_close(np.asarray(F.norm()), np.sqrt((dense(F) ** 2).sum(axis=(-1, -2))))
    assert F.norm().dtype == F.A.dtype


@quick
@given(factoreds)
def test_svd(F: FactoredMatrix) -> None:
    U, S, Vh = F.svd()
    size = min(F.A.shape[-1], *F.shape[-2:])
    assert (U.shape, S.shape, Vh.shape) == (
        (*F.shape[:-1], size),
        (*F.shape[:-2], size),
        (*F.shape[:-2], size, F.shape[-1]),
    )
    assert_close(np.einsum("...ik,...k,...kj->...ij", U, S, Vh), dense(F))
    assert_close(S, np.linalg.svd(dense(F), compute_uv=False)[..., :size])
    identity = np.broadcast_to(np.eye(size), (*F.shape[:-2], size, size))
    assert_close(np.einsum("...ki,...kj->...ij", U, U), identity)
    assert_close(np.einsum("...ik,...jk->...ij", Vh, Vh), identity)


@quick
@given(squares)
def test_trace(F: FactoredMatrix) -> None:
    assert_close(np.asarray(F.trace()), np.einsum("...ii->...", dense(F)))
    assert F.trace().dtype == F.A.dtype


@quick
@given(squares)
def test_eigenvalues(F: FactoredMatrix) -> None:
    """By power sums, which no order or rounding of near-zero values disturbs."""
    values = F.eigenvalues
    assert values.shape == (*F.shape[:-2], min(F.A.shape[-1], F.shape[-1]))
    assert values.dtype == (np.complex64 if F.A.dtype == F32 else np.complex128)
    for power in (1, 2, 3):
        expected = np.einsum("...ii->...", np.linalg.matrix_power(dense(F), power))
        scale = 1 + np.linalg.norm(dense(F), axis=(-2, -1)) ** power
        got = (values.astype(complex) ** power).sum(axis=-1) / scale
        assert_close(got.astype(values.dtype), expected / scale)


def test_eigenvalues_of_known_matrices() -> None:
    turn = FactoredMatrix(np.eye(3, 2), np.array([[0.0, -2.0, 0.0], [2.0, 0.0, 0.0]]))
    assert_close(np.sort_complex(turn.eigenvalues), np.array([-2j, 2j]))
    real = FactoredMatrix(np.diag([1.0, 2.0]), np.diag([3.0, 4.0]))
    assert sorted(real.eigenvalues.tolist(), key=abs) == [3, 8]
    assert real.eigenvalues.dtype == np.complex128


@pytest.mark.parametrize(("left", "inner"), [(3, 5), (5, 3), (4, 4)])
def test_eigenvalues_come_from_the_smaller_product(
    left: int, inner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(np.linalg, "eigvals", np.asarray)
    assert factored(left, inner, left).eigenvalues.shape == (min(left, inner),) * 2


def test_norm_and_svd_keep_small_numbers() -> None:
    """Gram matrices would lose a singular value of 1e-9 beside one of 1; cancellation, a norm of 1e-9."""
    F = FactoredMatrix(np.diag([1.0, 1e-9]), np.eye(2, 3))
    assert_close(F.svd()[1] / [1, 1e-9], [1, 1])
    A = np.array([[1.0, 1.0], [2.0, 2.0]])
    almost = FactoredMatrix(A, np.array([[1.0, 2.0], [-1.0, -2.0 + 2.0**-30]]))
    assert almost.norm() * 2.0**30 == pytest.approx(np.sqrt(5), rel=1e-6)
    zero = FactoredMatrix(A, np.array([[1.0, 2.0], [-1.0, -2.0]]))
    assert 0 <= zero.norm() < 1e-14


# Products


@quick
@given(
    st.sampled_from(SHAPES),
    st.sampled_from(SHAPES),
    st.integers(1, 6),
    st.sampled_from(LEADING[:4]),
    st.booleans(),
)
def test_products(one: Any, two: Any, size: int, leading: Any, swap: bool) -> None:
    F = factored(one[0], one[1], one[2], leading)
    G = factored(one[2], two[1], two[2], leading[::-1] if swap else leading, seed=1)
    rng = np.random.default_rng(2)
    right, left = rng.normal(size=(one[2], size)), rng.normal(size=(size, one[0]))
    assert_product(F @ G, dense(F) @ dense(G), [F.A, F.B, G.A, G.B])
    assert_product(F @ right, dense(F) @ right, [F.A, F.B, right])
    assert_product(left @ F, left @ dense(F), [left, F.A, F.B])
    assert_close(F @ right[:, 0], dense(F) @ right[:, 0])
    assert_close(left[0] @ F, left[0] @ dense(F))
    assert type(F @ right[:, 0]) is type(left[0] @ F) is np.ndarray


def assert_product(got: FactoredMatrix, expected: Any, factors: list[Any]) -> None:
    assert isinstance(got, FactoredMatrix)
    assert_close(got.AB, expected)
    assert got.A.shape[-1] == min(factor.shape[-1] for factor in factors[:-1])


@pytest.mark.parametrize("leading", [((2,), ()), ((), (2,)), ((2, 1), (3,))])
def test_products_with_stacks_of_matrices(leading: Any) -> None:
    F, M = factored(4, 2, 5, leading), np.random.default_rng(3).normal(size=(2, 1, 5, 4))
    stack = M if F.ndim == 4 else M[:, 0]
    assert_close((F @ stack).AB, dense(F) @ stack)
    assert_close((stack @ F).AB, stack @ dense(F))


def test_the_first_of_equal_joints_splits() -> None:
    F, G = factored(7, 3, 8), factored(8, 3, 9)
    assert (F @ G).A is F.A
    assert (F @ G).B.shape == (3, 9)
    assert (factored(7, 4, 8) @ G).B is G.B


def test_no_intermediate_is_wider_than_the_split() -> None:
    """200 by 200 needs 320 kB; the factors of the product, and what leads to them, far less."""
    F, G = factored(200, 3, 200), factored(200, 2, 200, seed=1)
    tracemalloc.start()
    for one, two in ((F, G), (G, F)):
        _ = (one @ two).norm(), (one @ two).trace(), (one @ two).eigenvalues, (one @ two).svd()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000


def test_products_of_another_precision() -> None:
    F = factored(4, 2, 5, dtype=F32)
    assert (F @ np.ones((5, 3), F32)).AB.dtype == F32
    assert (F @ np.ones((5, 3))).AB.dtype == F64
    assert (F @ np.ones((5, 3), int)).AB.dtype == F64


# Bad input


@pytest.mark.parametrize("other", [3, None, "F", [[1.0]]])
def test_operands_that_are_no_arrays(other: Any) -> None:
    F = factored(1, 1, 1)
    with pytest.raises(TypeError, match="unsupported operand"):
        F @ other
    with pytest.raises(TypeError, match="unsupported operand"):
        other @ F


def test_other_operators_are_refused() -> None:
    F: Any = factored(2, 2, 2)
    with pytest.raises(TypeError):
        F + np.ones((2, 2))
    with pytest.raises(TypeError):
        np.ones((2, 2)) * F


@pytest.mark.parametrize(
    ("other", "axis"),
    [(np.ones((4, 5)), -2), (np.ones(4), -1), (np.ones((3, 7, 6)), -2), (factored(7, 1, 5), -2)],
)
def test_right_operands_that_do_not_fit(other: Any, axis: int) -> None:
    message = f"other: expected size 5 along axis {axis}, got shape {other.shape}"
    assert_raises(ValueError, message, lambda: factored(4, 2, 5) @ other)


@pytest.mark.parametrize("other", [np.ones((4, 5)), np.ones(5), np.ones((3, 4, 7))])
def test_left_operands_that_do_not_fit(other: Any) -> None:
    message = f"other: expected size 4 along axis -1, got shape {other.shape}"
    assert_raises(ValueError, message, lambda: other @ factored(4, 2, 5))


def test_leading_axes_that_do_not_fit() -> None:
    F = factored(4, 2, 5, ((2,), ()))
    message = "other: expected leading axes that broadcast with (2,), got shape (3, 5, 4)"
    assert_raises(ValueError, message, lambda: F @ np.ones((3, 5, 4)))
    assert_raises(ValueError, message, lambda: np.ones((3, 5, 4)) @ F)
    message = "B: expected leading axes that broadcast with (2,), got shape (3, 4, 5)"
    assert_raises(ValueError, message, FactoredMatrix, np.ones((2, 5, 4)), np.ones((3, 4, 5)))


@pytest.mark.parametrize("side", ["left", "right"])
def test_operands_that_are_not_matrices_of_real_numbers(side: str) -> None:
    def multiply(other: Any) -> Any:
        return factored(4, 2, 4) @ other if side == "right" else other @ factored(4, 2, 4)

    assert_raises(ValueError, "other: expected a vector or a matrix, got shape ()", multiply, np.array(2.0))
    assert_raises(
        TypeError, "other: expected real numbers, got dtype complex128", multiply, np.ones((4, 4), complex)
    )
    message = "other: expected finite numbers in float64, got inf at other[0]"
    assert_raises(ValueError, message, multiply, np.full(4, np.inf))


def test_factors_that_do_not_fit() -> None:
    A, B = np.ones((4, 2)), np.ones((2, 5))
    assert_raises(ValueError, "B: expected size 2 along axis -2, got shape (5, 2)", FactoredMatrix, A, B.T)
    assert_raises(ValueError, "A: expected at least two axes, got shape (2,)", FactoredMatrix, A[0], B)
    assert_raises(ValueError, "B: expected at least two axes, got shape (2,)", FactoredMatrix, A, B[:, 0])
    assert_raises(TypeError, "B: expected real numbers, got dtype complex128", FactoredMatrix, A, B * 1j)
    message = "A: expected finite numbers in float64, got nan at A[0, 0]"
    assert_raises(ValueError, message, FactoredMatrix, A * np.nan, B)


def test_factors_are_not_copied_and_lists_are_read() -> None:
    A, B = np.ones((4, 2)), np.ones((2, 5), F32)
    F = FactoredMatrix(A, B)
    assert F.A is A
    assert F.B is B
    lists: Any = [[1]], [[2]]
    assert FactoredMatrix(*lists).AB.tolist() == [[2.0]]


def test_frozen_and_identity() -> None:
    F = factored(4, 2, 5)
    for name in ("A", "B"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(F, name, None)
    assert len({F, factored(4, 2, 5)}) == 2  # compared and hashed as objects


@pytest.mark.parametrize("leading", [(), (2,)])
def test_square_is_asked_for(leading: Any) -> None:
    F = factored(4, 2, 5, (leading, ()))
    message = f"A @ B: expected a square matrix, got shape {F.shape}"
    assert_raises(ValueError, message, F.trace)
    assert_raises(ValueError, message, lambda: F.eigenvalues)


def test_no_rows() -> None:
    """A network without layers has empty stacks of circuits."""
    F = factored(4, 2, 4, ((0, 3), (0, 3)))
    assert [a.shape for a in F.svd()] == [(0, 3, 4, 2), (0, 3, 2), (0, 3, 2, 4)]
    assert (F.norm().shape, F.trace().shape, F.eigenvalues.shape) == ((0, 3), (0, 3), (0, 3, 2))


# As an array: indexed, scaled, dense.

KEYS: list[Any] = [
    1,
    -1,
    (1, 2),
    (0, 1, 3),
    (0, 1, 3, 2),
    ...,
    (..., 0),
    (..., 2, slice(None)),
    (..., -1, 4),
    (1, ..., 2),
    (slice(1, None), 2),
    (slice(None), slice(None, None, -1), slice(0, 2), slice(1, 5, 2)),
    [1, 0, 1],
    ([0, 1], [2, 1]),
    (0, [2, 0], slice(1, 3)),
    (..., [3, 0], slice(None)),
    (..., slice(None), [1, 1, 4]),
    (..., [3, 0], 2),
    np.array([True, False]),
    (np.int64(1), np.int8(0)),
    (slice(0, 0), 1),
    (),
]


@pytest.mark.parametrize("leading", [((2, 3), (2, 3)), ((2, 1), (3,)), ((), (2, 3))])
@pytest.mark.parametrize("key", KEYS, ids=str)
def test_indexing_is_that_of_the_dense_matrix(key: Any, leading: Any) -> None:
    F = factored(4, 2, 5, leading)
    part, expected = F[key], dense(F)[key]
    assert_close(np.asarray(part), expected)
    if isinstance(part, FactoredMatrix):
        assert part.A.shape[-1] == 2
        assert part.shape == expected.shape
        assert len(part) == len(expected)


def test_a_head_and_its_rows_stay_factored() -> None:
    F = factored(40, 2, 50, ((3, 2), (3, 2)))
    for part in (F[1], F[1, 0], F[1, 0][:3], F[..., :3, :], F[1, 0, [4, 2]], F[:, 1, :, 3:]):
        assert isinstance(part, FactoredMatrix)
    assert [type(row) for row in F[0, 0]][:1] == [np.ndarray]
    assert len(list(F[0, 0])) == len(F[0, 0]) == 40


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ((0, 0, 0), "index: expected at most 2 and one ..., got 3"),
        ((..., ...), "index: expected at most 2 and one ..., got 2"),
        (1.5, "index: expected whole numbers, slices, or lists of .*, got 1.5 .float."),
        ("a", "index: expected whole numbers, slices, or lists of .*, got 'a' .str."),
        (None, "index: expected whole numbers, slices, or lists of .*, got None .NoneType."),
        (np.ones((4, 5), bool), "index: expected whole numbers, slices, or lists of"),
        (([0, 1], [0, 1]), "index: expected lists along leading axes, or along rows, or along columns, got"),
        (4, "index: expected numbers from -4 to 3 along axis 0, got 4 .int."),
        ((0, 5), "index: expected numbers from -5 to 4 along axis 1, got 5 .int."),
        ((..., [0, -6]), "index: expected numbers from -5 to 4 along axis 1, got .0, -6. .list."),
        ([True, False], "index: expected 4 bools along axis 0, got 2"),
        ([[0], [1, 2]], "index: expected rows of equal length, got a ragged list"),
        (np.ma.array([0, 1], mask=[1, 0]), "index: expected numbers, none of them masked, got"),
        (slice("a"), "index: expected a slice of whole numbers, its step not 0, got slice"),
        (slice(None, None, 0), "index: expected a slice of whole numbers, its step not 0, got slice"),
    ],
)
def test_what_is_no_index(key: Any, message: str) -> None:
    with pytest.raises(IndexError, match=message):
        factored(4, 2, 5)[key]


@quick
@given(factoreds)
def test_scaling(F: FactoredMatrix) -> None:
    for number in (2, -0.5, np.float32(3), np.float64(2), np.int64(4), np.array(1.5)):
        for scaled in (number * F, F * number):
            assert isinstance(scaled, FactoredMatrix)
            assert scaled.A.dtype == F.A.dtype
            assert_close(scaled.AB, (float(number) * dense(F)).astype(F.AB.dtype))
        assert_close((F / number).AB, (dense(F) / float(number)).astype(F.AB.dtype))
    assert_close((-F).AB, -F.AB)
    assert (-F).B is F.B


def test_what_does_not_scale() -> None:
    F = factored(4, 2, 5)
    for other in ("a", [1, 2], None, True, 1j, np.True_, np.ones(3), np.ones((4, 5)), np.complex64(1), F):
        for scaled in (lambda x: F * x, lambda x: x * F, lambda x: F / x):
            with pytest.raises(TypeError, match=r"^other: expected a real number, got "):
                scaled(other)
    for large in (np.nan, np.inf, np.float32("inf"), 10**400):
        with pytest.raises(ValueError, match=r"^other: expected a finite number, got "):
            F * large
    with pytest.raises(ValueError, match=r"^other: expected numbers, none of them masked, got "):
        F * np.ma.masked
    for nothing in (0, np.array(0.0), Fraction(0)):
        with pytest.raises(ZeroDivisionError, match=r"^other: expected a number that is not 0, got "):
            F / nothing
    assert_close(dense(F * Fraction(1, 3)), dense(F) / 3)
    with pytest.raises(ValueError, match=r"^A: expected finite numbers in float32, got -?inf at"):
        factored(4, 2, 5, dtype=F32) * 1e39


def test_as_an_array() -> None:
    F = factored(4, 2, 5, ((3,), ()))
    for dtype in (None, F32, F64):
        made = np.asarray(F, dtype)
        assert isinstance(made, np.ndarray)
        assert made.dtype == (dtype or F64)
        assert_close(made.astype(F64), dense(F).astype(made.dtype).astype(F64))
    assert np.array(F).shape == np.array(F, copy=True).shape == (3, 4, 5)
    with pytest.raises(ValueError, match=r"^copy: expected None or True, as A @ B is computed, got False$"):
        np.array(F, copy=False)
    assert np.linalg.norm(np.asarray(F)) == pytest.approx(np.linalg.norm(dense(F)))
    assert_close(FactoredMatrix(F, np.ones((5, 2))).AB, dense(F) @ np.ones((5, 2)))  # type: ignore[arg-type]


def test_an_array_at_either_side_still_makes_a_factored_matrix() -> None:
    F = factored(4, 2, 5)
    for product in (np.ones((3, 4)) @ F, F @ np.ones((5, 3)), np.ones((2, 3, 4)) @ F, F @ F.T):
        assert isinstance(product, FactoredMatrix)
    for vector in (np.ones(4) @ F, F @ np.ones(5)):
        assert isinstance(vector, np.ndarray)


def test_an_array_of_it_has_the_precision_that_is_asked_for() -> None:
    matrix = FactoredMatrix(np.ones((3, 2)), np.ones((2, 4)))
    assert np.asarray(matrix).dtype == np.float64
    assert matrix.__array__(np.dtype(np.float32)).dtype == np.float32
    assert matrix.__array__().dtype == np.float64
