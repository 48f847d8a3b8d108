"""How far rounding is expected to move a product: as the weights grow, and no less than it does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import ovlearn as ov
from ovlearn.numeric import circuits
from ovlearn.numeric.circuits import copying, spectrum

from .cases import model, times

WEIGHTS = ("W_E", "W_V", "W_O", "W_U")


def expected(m: ov.Transformer, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """The products of a model's heads, and how far rounding is expected to have moved each."""
    asked: list[Any] = []

    def keep(matrices: Any, error: Any) -> Any:
        asked.extend((matrices, error))
        return np.zeros(matrices.shape[:-1], complex)

    with monkeypatch.context() as patch:
        patch.setattr(copying, "eigenvalues_beyond_rounding", keep)
        circuits.eigenvalues(m)
    return asked[0], asked[1]


@pytest.mark.parametrize("name", WEIGHTS)
def test_the_error_grows_as_each_weight_does(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    m = model(seed=1)
    before, after = (expected(one, monkeypatch)[1] for one in (m, times(m, **{name: 4.0})))
    assert np.allclose(after, 4 * before, rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", ["W_V", "W_O"])
def test_the_error_of_a_head_grows_with_it_and_little_with_another(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    m = model(seed=2)
    weight = getattr(m, name).copy()
    weight[1, 0] *= 4
    grown = expected(replace(m, **{name: weight}), monkeypatch)[1] / expected(m, monkeypatch)[1]
    assert grown[1, 0] == grown.max()
    assert 2 < grown[1, 0] <= 4
    assert (grown <= 4).all()


def test_the_error_is_what_single_precision_does(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"n_layers": 6, "n_heads": 5, "d_model": 40, "d_head": 7, "d_vocab": 300}
    double = model(seed=3, **sizes)
    single = ov.Transformer(
        replace(double.config, dtype=np.float32), **{n: getattr(double, n) for n in (*WEIGHTS, "W_Q", "W_K")}
    )
    exact = ov.Transformer(
        double.config, **{n: getattr(single, n).astype(float) for n in (*WEIGHTS, "W_Q", "W_K")}
    )
    (rounded, error), (right, _) = (expected(m, monkeypatch) for m in (single, exact))
    moved = np.linalg.norm(rounded - right, axis=(-2, -1)) / error  # [layer, head]
    assert 0.02 < np.median(moved) < 1
    assert moved.max() < 2


@pytest.mark.parametrize("exponent", [-60, 60])
def test_eigenvalues_of_tiny_and_huge_weights(exponent: int) -> None:
    m = model(seed=4)
    for name in WEIGHTS:
        found = circuits.eigenvalues(times(m, **{name: 2.0**exponent})) / 2.0**exponent
        assert np.allclose(np.sort(found), np.sort(circuits.eigenvalues(m)), rtol=1e-9, atol=0)


@pytest.mark.parametrize("power", [-30, 30])
def test_what_is_0_does_not_change_with_the_unit(power: int) -> None:
    rng = np.random.default_rng(5)
    turned = np.linalg.qr(rng.normal(size=(9, 5, 5)))[0]
    blocks = np.zeros((9, 5, 5))
    blocks[:, 0, 0] = rng.normal(size=9)
    blocks[:, 1, 2] = blocks[:, 2, 3] = 1  # a block of size 3 with eigenvalues 0
    matrices = turned @ blocks @ turned.swapaxes(-1, -2)
    error = np.full(9, 1e-15)
    found = spectrum.eigenvalues_beyond_rounding(matrices, error)
    assert ((abs(found) < 1e-12).sum(axis=-1) == 4).all()
    scaled = spectrum.eigenvalues_beyond_rounding(2.0**power * matrices, 2.0**power * error)
    assert np.allclose(scaled / 2.0**power, found)


def test_conditions_by_either_route_are_one() -> None:
    vectors = np.linalg.eig(np.random.default_rng(6).normal(size=(4, 6, 6)))[1]
    by_inverse, by_values = spectrum._conditions(vectors), spectrum._by_singular_values(vectors)
    assert np.allclose(by_inverse, by_values)


def test_what_a_block_makes_of_an_error_is_told_by_its_powers() -> None:
    """Of a nilpotent block of size 4 an error of 1e-12 makes eigenvalues of 1e-3: its fourth root."""
    rng = np.random.default_rng(7)
    blocks = np.diag(np.ones(3), 1) + 1e-12 * rng.normal(size=(40, 4, 4))
    found = spectrum.eigenvalues_beyond_rounding(blocks, np.full(40, 4e-12))
    assert not found.any()
    exact = spectrum.eigenvalues_beyond_rounding(
        blocks, np.full(40, 1e-17)
    )  # were it known so well, they stayed
    assert (abs(exact) > 1e-5).all()


@pytest.mark.parametrize("entry", [0.3, 3e-4])
def test_an_eigenvalue_that_a_power_tells_of_stays(entry: float) -> None:
    """The fourth power of this matrix is `entry` times one: no error made that."""
    ring = np.diag(np.ones(3), 1)
    ring[3, 0] = entry
    found = spectrum.eigenvalues_beyond_rounding(ring[None], np.array([1e-9]))[0]
    assert np.allclose(abs(found), entry**0.25)


@pytest.mark.parametrize(
    ("size", "entry", "zero"), [(2, 12, True), (2, 20, False), (3, 12, True), (3, 24, False)]
)
def test_how_large_a_power_may_be_that_an_error_made(size: int, entry: float, zero: bool) -> None:
    """A ring of ones and one entry e has eigenvalues of e^(1/size); its power of that order is e times 1."""
    error = 1e-9
    ring = np.diag(np.ones(size - 1), 1)
    ring[-1, 0] = entry * error
    found = spectrum.eigenvalues_beyond_rounding(ring[None], np.array([error]))[0]
    assert (not found.any()) == zero
