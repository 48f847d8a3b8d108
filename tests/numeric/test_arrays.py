"""Array arguments: what is accepted, copied, converted or refused."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ovlearn import plots
from ovlearn.numeric import FactoredMatrix
from ovlearn.numeric.arrays import read_only, real_array, shaped_array, token_ids

from .cases import assert_raises, make_config, make_model


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.float16, np.float64),
        (int, np.float64),
        (np.uint8, np.float64),
    ],
)
def test_real_array_keeps_float32_and_float64(given: Any, kept: Any) -> None:
    array = real_array("W", np.ones(2, given))
    assert array.dtype == kept
    assert array.tolist() == [1, 1]


def test_real_array_converts_on_demand_and_copies_only_then() -> None:
    given = np.ones(2)
    assert real_array("W", given) is given
    assert real_array("W", given, np.float32).dtype == np.float32
    assert real_array("W", [[1, 2]]).tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize(
    ("value", "dtype"),
    [([1j], "complex128"), ([True], "bool"), (["a"], "<U1"), (None, "object"), ([None], "object")],
)
def test_what_is_not_real(value: Any, dtype: str) -> None:
    assert_raises(TypeError, f"W: expected real numbers, got dtype {dtype}", real_array, "W", value)


def test_ragged() -> None:
    assert_raises(
        ValueError, "W: expected rows of equal length, got a ragged list", real_array, "W", [[1], [2, 3]]
    )


def test_the_first_number_that_is_not_finite_is_named() -> None:
    array = np.zeros((2, 3))
    array[1, 2], array[1, 1] = np.inf, np.nan
    assert_raises(
        ValueError, "W: expected finite numbers in float64, got nan at W[1, 1]", real_array, "W", array
    )
    array[0, 2] = -np.inf
    assert_raises(
        ValueError, "W: expected finite numbers in float64, got -inf at W[0, 2]", real_array, "W", array
    )


def test_a_number_too_large_for_float32() -> None:
    message = "W: expected finite numbers in float32, got 1e+39 at W[1]"
    assert_raises(ValueError, message, real_array, "W", np.array([1.0, 1e39]), np.float32)


def test_shaped_array_is_a_read_only_copy() -> None:
    given = np.ones((2, 3))
    got = shaped_array("W", given, (2, 3), np.float64)
    given[0, 0] = 5
    assert got[0, 0] == 1
    assert not got.flags.writeable
    assert given.flags.writeable
    assert shaped_array("W", given, (2, 3), np.float32).dtype == np.float32


def test_another_shape() -> None:
    message = "W: expected shape (3, 2), got shape (2, 3)"
    assert_raises(ValueError, message, shaped_array, "W", np.ones((2, 3)), (3, 2), np.float64)
    message = "W: expected real numbers, got dtype bool"
    assert_raises(TypeError, message, shaped_array, "W", np.ones((3, 2), bool), (3, 2), np.float64)


def test_read_only_is_the_same_array() -> None:
    array = np.ones(2)
    assert read_only(array) is array
    assert not array.flags.writeable


@pytest.mark.parametrize("dtype", [np.int8, np.uint64, int])
def test_token_ids(dtype: Any) -> None:
    given = np.array([[0, 6], [1, 2]], dtype)
    got = token_ids(given, make_config())
    given[0, 0] = 5
    assert got.tolist() == [[0, 6], [1, 2]]
    assert got.dtype == np.intp
    assert not got.flags.writeable


def test_token_ids_as_many_as_the_context() -> None:
    assert token_ids([0] * 6, make_config()).shape == (6,)
    assert token_ids([[0] * 6] * 9, make_config()).shape == (9, 6)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (3, "tokens: expected shape [pos] or [batch, pos], got shape ()"),
        ([[[3]]], "tokens: expected shape [pos] or [batch, pos], got shape (1, 1, 1)"),
        ([], "tokens: expected at least one token, got shape (0,)"),
        ([[], []], "tokens: expected at least one token, got shape (2, 0)"),
        (np.zeros((0, 3), int), "tokens: expected at least one token, got shape (0, 3)"),
        ([[1, 2], [3]], "tokens: expected rows of equal length, got a ragged list"),
        ([0] * 7, "tokens: expected at most n_ctx = 6 tokens, got 7"),
        ([[0] * 7] * 2, "tokens: expected at most n_ctx = 6 tokens, got 7"),
        ([0, 7], "tokens: expected ids from 0 to 6, got 7 at tokens[1]"),
        ([[0, 1, 2], [0, 1, -1]], "tokens: expected ids from 0 to 6, got -1 at tokens[1, 2]"),
        ([9, -9], "tokens: expected ids from 0 to 6, got 9 at tokens[0]"),
    ],
)
def test_token_ids_that_do_not_fit(tokens: Any, message: str) -> None:
    assert_raises(ValueError, message, token_ids, tokens, make_config())


@pytest.mark.parametrize(
    ("tokens", "dtype"),
    [
        ([1.0], "float64"),
        ([True, False], "bool"),
        (["a"], "<U1"),
        ([1 + 0j], "complex128"),
        ([None], "object"),
    ],
)
def test_token_ids_of_another_type(tokens: Any, dtype: str) -> None:
    assert_raises(
        TypeError, f"tokens: expected integers, got dtype {dtype}", token_ids, tokens, make_config()
    )


MASKED = np.ma.masked_array([1, 2, 3], [False, True, False])
MESSAGE = "numbers, none of them masked, got a masked array"


@pytest.mark.parametrize("value", [MASKED, MASKED.astype(float), [MASKED, MASKED], (np.arange(3), MASKED)])
def test_masks_are_not_lost(value: Any) -> None:
    assert_raises(ValueError, f"W: expected {MESSAGE}", real_array, "W", value)
    assert_raises(ValueError, f"tokens: expected {MESSAGE}", token_ids, value, make_config())


def test_a_mask_of_nothing_is_none() -> None:
    whole = np.ma.masked_array([1.0, 2.0], [False, False])
    assert type(real_array("W", whole)) is np.ndarray
    assert real_array("W", np.ma.masked_array([1.0, 2.0])).tolist() == [1, 2]


def test_masks_are_not_lost_elsewhere() -> None:
    model = make_model()
    W_E = np.ma.masked_array(model.W_E, model.W_E > 1)
    assert_raises(ValueError, f"W_E: expected {MESSAGE}", replace, model, W_E=W_E)
    square = np.ma.masked_array(np.ones((2, 2)), np.eye(2))
    assert_raises(ValueError, f"A: expected {MESSAGE}", FactoredMatrix, square, np.ones((2, 2)))
    F = FactoredMatrix(np.ones((2, 2)), np.ones((2, 2)))
    assert_raises(ValueError, f"other: expected {MESSAGE}", lambda: F @ square)
    for name, draw in {"M": plots.matrix, "eigenvalues": plots.spectrum}.items():
        with pytest.raises(ValueError, match=f"^{name}: expected {MESSAGE}$"):
            draw(square)
    scores = np.ma.masked_array(np.zeros((2, 2)), np.eye(2))
    with pytest.raises(ValueError, match="none of them masked"):
        plots.heads(scores, scores, "x", "y")
