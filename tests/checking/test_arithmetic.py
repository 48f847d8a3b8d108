"""The two kinds of numbers, against Python's whole numbers and formulas written out."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import GF, Integer, Matrix, Rational, Symbol, isprime, sqrt
from sympy.polys.matrices import DomainMatrix

from ovlearn.checking.arithmetic import PRIME, CannotJudge, Floats, Modular, sizes_above
from ovlearn.symbolic import d, d_h, s, v

from .cases import quick

SIZES = {d_h: 9, d: 10, s: 11, v: 12}


def residues(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).integers(PRIME, size=shape)


def plain(array: Any) -> list[list[int]]:
    return [[int(entry) for entry in row] for row in array]


def times(left: Any, right: Any) -> list[list[int]]:
    """The product in Python's own whole numbers, which cannot overflow."""
    columns = list(zip(*plain(right), strict=True))
    return [
        [sum(a * b for a, b in zip(row, column, strict=True)) % PRIME for column in columns]
        for row in plain(left)
    ]


def test_the_prime() -> None:
    assert isprime(PRIME)
    assert PRIME < 2**28
    assert not any(isprime(number) for number in range(PRIME + 1, 2**28))


@pytest.mark.parametrize("inner", [1, 99, 100, 101, 127, 128, 200, 301])
def test_products_do_not_overflow(inner: int) -> None:
    left, right = residues(2, inner), residues(inner, 3, seed=1)
    assert plain(Modular().matmul(left, right)) == times(left, right)
    largest = np.full((2, inner), PRIME - 1)
    assert plain(Modular().matmul(largest, largest.T)) == times(largest, largest.T)


def test_sums_and_kronecker_products() -> None:
    left, right = residues(2, 3), residues(2, 3, seed=1)
    assert plain(Modular().add(left, right)) == [
        [(int(a) + int(b)) % PRIME for a, b in zip(*rows, strict=True)]
        for rows in zip(left, right, strict=True)
    ]
    got = Modular().kron(left, right)
    assert got.shape == (4, 9)
    for i, j, k, m in itertools.product(range(2), range(3), range(2), range(3)):
        assert got[2 * i + k, 3 * j + m] == int(left[i, j]) * int(right[k, m]) % PRIME


def test_numbers_in_front() -> None:
    """1/√d_h at d_h = 9 is the residue that gives 1 when it is multiplied by 3."""
    matrix = residues(2, 3)
    third = Modular().scale(1 / sqrt(d_h), matrix, SIZES)
    assert plain(3 * third % PRIME) == plain(matrix)
    assert Modular().residue(Integer(-1), SIZES) == PRIME - 1
    assert Modular().residue(Rational(2, 7), SIZES) * 7 % PRIME == 2
    assert Modular().residue(d * v, SIZES) == 120
    assert plain((Modular().scale(Integer(-1), matrix, SIZES) + matrix) % PRIME) == [[0] * 3] * 2
    np.testing.assert_allclose(Floats().scale(1 / sqrt(d_h), np.ones((1, 2)), SIZES), 1 / 3)


@pytest.mark.parametrize("number", [sqrt(d), sqrt(2), Symbol("alpha")])
def test_numbers_without_a_residue(number: Any) -> None:
    with pytest.raises(CannotJudge, match="has no residue"):
        Modular().scale(number, residues(2, 2), SIZES)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 5), (5, 3), (6, 6)])
def test_rank_of_a_product_through_a_narrow_joint(rows: int, columns: int) -> None:
    for inner in range(min(rows, columns) + 1):
        matrix = Modular().matmul(residues(rows, inner), residues(inner, columns, seed=1))
        assert Modular().rank(matrix) == inner
        floats = np.random.default_rng(0)
        assert (
            Floats().rank(floats.normal(size=(rows, inner)) @ floats.normal(size=(inner, columns))) == inner
        )


@quick
@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 10**6))
def test_rank_against_sympy(rows: int, columns: int, seed: int) -> None:
    small = np.random.default_rng(seed).integers(-1, 2, size=(rows, columns))
    field = DomainMatrix.from_Matrix(Matrix(small.tolist())).convert_to(GF(PRIME))
    before = small % PRIME
    kept = before.copy()
    assert Modular().rank(before) == field.rank()
    assert np.array_equal(before, kept)  # the elimination works on a copy


def test_constants() -> None:
    assert Modular().constant(np.eye(2)).dtype == np.int64
    assert Floats().constant(np.eye(2, dtype=int)).dtype == np.float64


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (4, 4), (3, 5)])
def test_a_modular_pattern(shape: tuple[int, int], causal: bool) -> None:
    scores = residues(*shape)
    pattern = Modular().row_softmax(scores, causal=causal)
    assert pattern.shape == shape
    assert ((pattern >= 0) & (pattern < PRIME)).all()
    assert (pattern.sum(axis=1) % PRIME == 1).all()
    assert np.array_equal(pattern, Modular().row_softmax(scores.copy(), causal=causal))
    assert np.triu(pattern, 1).any() == (not causal and shape != (1, 1))


def test_a_modular_pattern_depends_on_what_it_sees() -> None:
    scores = residues(4, 4)
    later, earlier = scores.copy(), scores.copy()
    later[1, 3] += 1
    earlier[3, 1] += 1
    pattern = {causal: Modular().row_softmax(scores, causal=causal) for causal in (False, True)}
    assert np.array_equal(pattern[True], Modular().row_softmax(later, causal=True))
    assert not np.array_equal(pattern[False], Modular().row_softmax(later, causal=False))
    for causal in (False, True):
        assert not np.array_equal(pattern[causal], Modular().row_softmax(earlier, causal=causal))
    assert not np.array_equal(pattern[True], np.tril(pattern[False]))
    assert not np.array_equal(pattern[False], Modular().row_softmax(scores.T, causal=False))


def test_a_modular_mask_has_no_value() -> None:
    with pytest.raises(CannotJudge, match="−∞"):
        Modular().mask(residues(2, 2))


@pytest.mark.parametrize("causal", [False, True])
def test_a_pattern_in_floats(causal: bool) -> None:
    scores = np.random.default_rng(0).normal(size=(4, 4))
    pattern = Floats().row_softmax(scores, causal=causal)
    for i, row in enumerate(scores):
        seen = [math.exp(score) if j <= i or not causal else 0.0 for j, score in enumerate(row)]
        np.testing.assert_allclose(pattern[i], np.array(seen) / sum(seen), rtol=1e-12)
    assert np.array_equal(np.isneginf(Floats().mask(scores)), np.triu(np.ones((4, 4)), 1) > 0)


def test_a_pattern_of_large_scores() -> None:
    pattern = Floats().row_softmax(np.array([[1e4, 1e4 + 1.0], [-1e4, 1e4]]), causal=False)
    np.testing.assert_allclose(pattern[0], [1 / (1 + math.e), math.e / (1 + math.e)], rtol=1e-12)
    assert pattern[1].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("degree", range(0, 40))
def test_sizes(degree: int) -> None:
    sizes = sizes_above(degree, (s, d, d_h, v))
    assert set(sizes) == {s, d, d_h, v}
    assert len(set(sizes.values())) == 4
    assert min(sizes.values()) == sizes[d_h] > degree
    assert math.isqrt(sizes[d_h]) ** 2 == sizes[d_h]


def test_no_relation_between_sizes_outlasts_the_seeds() -> None:
    """Else d = d_h + 1 would pass for a law."""
    drawn = [sizes_above(6, (s, d, d_h, v), seed) for seed in range(10)]
    for one, other in itertools.combinations((s, d, d_h, v), 2):
        assert len({sizes[one] - sizes[other] for sizes in drawn}) > 2
    assert drawn == [sizes_above(6, (s, d, d_h, v), seed) for seed in range(10)]
