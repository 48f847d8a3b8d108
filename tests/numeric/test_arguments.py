"""ovlearn.arguments: one form of message, and what counts as a whole number or a head."""

from typing import Any

import numpy as np
import pytest

from ovlearn.arguments import complaint, described, head_pair, instance_of, whole_number

from .cases import assert_raises


def test_one_form_of_message() -> None:
    assert complaint("here", "this", "that") == "here: expected this, got that"
    assert described([1, 2]) == "[1, 2] (list)"
    assert len(described("x" * 1000)) < 60


@pytest.mark.parametrize("value", [2, np.int8(2), np.uint64(2), np.array(2)])
def test_whole_number_accepts_what_is_an_index(value: Any) -> None:
    got = whole_number("n", value)
    assert got == 2
    assert type(got) is int


@pytest.mark.parametrize(
    ("value", "limits"),
    [(0, {}), (3, {"minimum": 3}), (4, {"minimum": 3, "below": 5}), (-2, {"minimum": -2})],
)
def test_whole_number_accepts_its_boundaries(value: int, limits: dict[str, int]) -> None:
    assert whole_number("n", value, **limits) == value


def test_whole_number_has_no_upper_limit_by_default() -> None:
    assert whole_number("n", 10**30) == 10**30


@pytest.mark.parametrize(
    ("value", "limits", "expected"),
    [
        (-1, {}, "a whole number of at least 0"),
        (2, {"minimum": 3}, "a whole number of at least 3"),
        (np.int64(7), {"below": 3}, "a whole number from 0 to 2"),
        (3, {"below": 3}, "a whole number from 0 to 2"),
        (1, {"minimum": 2, "below": 9}, "a whole number from 2 to 8"),
        (1, {"below": 1}, "a whole number from 0 to 0"),
        (0, {"below": 0}, "no number at all (there is nothing to choose from)"),
    ],
)
def test_whole_number_out_of_range(value: int, limits: dict[str, int], expected: str) -> None:
    assert_raises(
        ValueError, f"layer: expected {expected}, got {value}", whole_number, "layer", value, **limits
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "True (bool)"),
        (np.False_, "np.False_ (bool)"),
        (np.array(True), "array(True) (ndarray)"),
        (1.0, "1.0 (float)"),
        (np.float64(1), "np.float64(1.0) (float64)"),
        ("1", "'1' (str)"),
        (None, "None (NoneType)"),
        (np.array([1, 2]), "array([1, 2]) (ndarray)"),
    ],
)
def test_whole_number_of_another_type(value: Any, shown: str) -> None:
    message = f"head: expected a whole number from 0 to 3, got {shown}"
    assert_raises(TypeError, message, whole_number, "head", value, below=4)


class OldBool:
    """What numpy 2.0 calls a bool: newer versions refuse theirs as an index by themselves."""

    dtype = np.dtype(bool)

    def __index__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return "old"


def test_a_bool_of_numpy_is_no_whole_number() -> None:
    message = "head: expected a whole number of at least 0, got old (OldBool)"
    assert_raises(TypeError, message, whole_number, "head", OldBool())


@pytest.mark.parametrize("value", [(1, 2), [1, 2], (np.int64(1), np.int32(2))])
def test_head_pair_is_a_tuple_of_ints(value: Any) -> None:
    pair = head_pair("heads", value, n_layers=2, n_heads=3)
    assert pair == (1, 2)
    assert [type(pair), type(pair[0]), type(pair[1])] == [tuple, int, int]


def test_head_pair_accepts_the_first_head() -> None:
    assert head_pair("heads", (0, 0), 1, 1) == (0, 0)


@pytest.mark.parametrize("value", [(2, 0), (0, 3), (-1, 0), (0, -1)])
def test_head_that_does_not_exist(value: Any) -> None:
    message = f"path: expected (layer, head) with layer below 2 and head below 3, got {value}"
    assert_raises(ValueError, message, head_pair, "path", value, 2, 3)


@pytest.mark.parametrize("value", [0, "01", (0,), (0, 1, 2), (0, 1.0), (True, 0), (0, None), {0, 1}])
def test_what_is_no_pair(value: Any) -> None:
    message = f"path: expected (layer, head) with layer below 2 and head below 3, got {described(value)}"
    assert_raises(TypeError, message, head_pair, "path", value, 2, 3)


def test_instance_of() -> None:
    assert instance_of("n", 3, int) == 3
    assert_raises(TypeError, "n: expected int, got 'x' (str)", instance_of, "n", "x", int)
