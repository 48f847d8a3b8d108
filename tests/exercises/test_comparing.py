"""Comparisons refuse what is not the answer, whatever it pretends, and say what it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ovlearn.exercises.comparing import compare, equal, letters
from ovlearn.exercises.outcomes import Wrong
from ovlearn.exercises.values import Unknown, decode, encode

WANT = np.arange(1.0, 7.0).reshape(2, 3)


def mistake(got: Any, want: Any = WANT, **options: Any) -> str:
    with pytest.raises(Wrong) as caught:
        compare(got, want, **options)
    return caught.value.mistake


@pytest.mark.parametrize(
    "got",
    [WANT, WANT.tolist(), WANT.astype(np.float32), WANT.astype(int), WANT + 1e-7, WANT.astype(complex)],
    ids=["array", "list", "float32", "int", "rounded", "complex"],
)
def test_any_form_of_the_right_numbers_passes(got: Any) -> None:
    compare(got, WANT)


@pytest.mark.parametrize(
    ("got", "name"),
    [
        pytest.param(WANT.T, "shape", id="transposed"),
        pytest.param(np.array([]), "shape", id="empty"),
        pytest.param(np.float64(1.0), "shape", id="scalar: does not broadcast"),
        pytest.param(WANT[:1], "shape", id="a row: does not broadcast"),
        pytest.param(np.full((2, 3), np.nan), "not finite", id="NaN"),
        pytest.param(np.where(WANT > 5, np.inf, WANT), "not finite", id="infinity"),
        pytest.param(WANT * 1.001, "values", id="a thousandth off"),
        pytest.param("text", "type", id="text"),
        pytest.param([[1, 2], [3]], "type", id="ragged"),
        pytest.param(Unknown("Always"), "type", id="an object"),
        pytest.param(np.array([None]), "type", id="an array of objects"),
    ],
)
def test_anything_else_is_named(got: Any, name: str) -> None:
    assert mistake(got) == name


@given(arrays(np.float64, (2, 3), elements=st.floats(-1e6, 1e6)), st.floats(1e-3, 10), st.integers(0, 5))
def test_one_entry_off_is_seen(want: Any, by: float, place: int) -> None:
    got = want.copy()
    got.flat[place] += by * max(1.0, np.abs(want).max())
    assert mistake(got, want) == "values"


def test_the_first_suspect_that_fits_is_named() -> None:
    suspects = {"twice": (2 * WANT, "twice"), "also twice": (WANT + WANT, "again"), "right": (WANT, "never")}
    assert mistake(2 * WANT, suspects=suspects) == "twice"
    assert mistake(3 * WANT, suspects=suspects) == "values"


def test_a_suspect_that_is_right_here_is_passed_over() -> None:
    compare(WANT, WANT, suspects={"same": (WANT, "never said")})
    assert mistake(WANT + 1, suspects={"same": (WANT, "never said")}) == "values"


def test_evidence_names_the_place_and_not_the_answer() -> None:
    got = WANT.copy()
    got[1, 2] += 10
    with pytest.raises(Wrong) as caught:
        compare(got, WANT, axes=("query", "key"), case="two tokens")
    rows = dict(caught.value.evidence)
    assert rows["input"] == "two tokens"
    assert rows["entries that differ"] == "1 of 6"
    assert rows["first of them"] == "[1, 2]: query 1, key 2"
    assert "too much" in rows["yours there"]


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (3, 3),
        (np.int64(3), 3),
        (3.0, 3),
        ([2, 3], (2, 3)),
        (np.array([2, 3]), (2, 3)),
        (" Yes ", "yes"),
        (True, True),
    ],
)
def test_equal_takes_any_form(got: Any, want: Any) -> None:
    equal(decode(encode(got)), want)


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (4, 3),
        (True, 1),
        (1, True),
        ("3", 3),
        (None, 3),
        ((2, 3, 4), (2, 3)),
        (float("nan"), 3),
        (Unknown("E"), 3),
    ],
)
def test_equal_refuses(got: Any, want: Any) -> None:
    with pytest.raises(Wrong):
        equal(got, want)


@pytest.mark.parametrize(
    "got", [{"a", "c"}, ["c", "a"], "a, c", "a and c", "ac", "A C", {"a, c"}, np.array(["a", "c"])]
)
def test_letters_come_in_any_form(got: Any) -> None:
    assert letters(decode(encode(got)), "abc") == {"a", "c"}


def test_other_letters_are_said() -> None:
    with pytest.raises(Wrong, match="letters a to c"):
        letters("a, x", "abc")


def test_exact_numbers_of_any_kind_are_equal() -> None:
    for got in (sympy.Integer(54), sympy.binomial(6, 2) + 39, sympy.Rational(108, 2)):
        equal(decode(encode(got)), 54)
    with pytest.raises(Wrong, match="this is text"):
        equal("54", 54)


def test_of_a_single_number_the_difference_is_not_told() -> None:
    with pytest.raises(Wrong) as caught:
        compare(0.5, np.array(0.25))
    assert "yours there" not in dict(caught.value.evidence)
