"""What passes between an answer and its check comes out as it went in; what no one encoded does not pass."""

from __future__ import annotations

import enum
import json
import math
from collections import Counter, namedtuple
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import ovlearn as ov
from ovlearn.exercises.values import Unknown, decode, encode, same

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**1999), 2**1999)
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters(), max_size=20)
    | st.just(...),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3)
        | st.frozensets(st.integers() | st.text(max_size=5), max_size=3)
    ),
    max_leaves=12,
)
KINDS = [
    *(
        "int",
        "float",
        "complex",
        "str",
        "tuple",
        "list",
        "dict",
        "set",
        "ellipsis",
        "array",
        "unknown",
        "node",
    ),
    *("symbol", "rational", "name", "matrix", "relation", "assumption", "derivation", "config", "run"),
    *("transformer", "factored", "__class__"),
]
NODES = [
    "MatAdd",
    "MatMul",
    "Transpose",
    "Identity",
    "MatrixSymbol",
    "Pow",
    "SumBelow",
    "At",
    "Kronecker",
    "Rank",
]
DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=4)
    | st.sampled_from([*KINDS, *NODES, "<f8"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(st.sampled_from(KINDS), inner, inner).map(list)
        | st.tuples(st.just("node"), st.sampled_from(NODES), st.lists(inner, max_size=4)).map(list)
        | st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=15,
)


def through(value: Any) -> Any:
    return decode(json.loads(json.dumps(encode(value))))


@given(PLAIN)
def test_plain_values_come_out_as_they_went_in(value: Any) -> None:
    assert through(value) == value
    assert type(through(value)) is type(value)


@given(arrays.arrays(arrays.scalar_dtypes(), arrays.array_shapes(min_dims=0, min_side=0)))
def test_arrays_come_out_as_they_went_in(array: Any) -> None:
    got = through(array)
    if array.dtype.kind in "biufc" and array.dtype.itemsize <= 16 and array.dtype != np.longdouble:
        assert got.shape == array.shape
        assert got.dtype == array.dtype.newbyteorder("=")
        assert got.tobytes() == array.astype(got.dtype).tobytes()
    else:
        assert isinstance(got, Unknown) or np.array_equal(got, array.astype(got.dtype), equal_nan=True)


@given(DATA)
def test_arbitrary_data_decode_or_raise_a_value_error(data: Any) -> None:
    try:
        value = decode(data)
    except ValueError:
        return
    assert encode(value) is not ...


@pytest.mark.parametrize("value", [math.nan, np.float32(math.nan)])
def test_what_is_not_a_number_stays_so(value: Any) -> None:
    assert math.isnan(through(value))


@pytest.mark.parametrize(
    "value", [print, object(), type, lambda: 0, iter(()), np.array([{}]), 2**5000, "x" * 10**7]
)
def test_what_no_check_asks_for_arrives_as_its_kind(value: Any) -> None:
    got = through(value)
    assert isinstance(got, Unknown)
    assert got.kind == type(value).__name__
    assert got != got.__class__(got.kind, got.why)


def test_networks_and_derivations_come_out_as_they_went_in() -> None:
    config = ov.Config(n_layers=1, n_heads=2, d_model=4, d_head=2, d_vocab=5, n_ctx=3)
    run = ov.Transformer.random(config, seed=0).run([1, 2, 3])
    assert same(through(run).logits, run.logits)
    d = ov.derive("ov-fold")
    assert same(through(d).replayed().here, d.here)


class Whole(enum.IntEnum):
    RANK = 64


class Mine(list[float]):
    pass


Pair = namedtuple("Pair", "rows columns")


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Fraction(128, 2), 64),
        (Fraction(1, 4), 0.25),
        (Decimal("64.0"), 64),
        (Decimal("0.5"), 0.5),
        (Whole.RANK, 64),
        (Mine([1.0, 2.5]), [1.0, 2.5]),
        (Pair(2, 3), (2, 3)),
        (Counter("aab"), {"a": 2, "b": 1}),
        (MappingProxyType({"a": 1}), {"a": 1}),
    ],
)
def test_what_is_as_good_as_a_plain_value_arrives_as_one(value: Any, plain: Any) -> None:
    got = decode(encode(value))
    assert (type(got), got) == (type(plain), plain)


def test_what_fails_to_say_what_it_is_has_no_place() -> None:
    class Odd:
        def __array__(self, *_: Any, **__: Any) -> Any:
            raise SystemExit

    class Loop(str):
        def __str__(self) -> str:
            return Loop(self)

    for value in (Odd(), Loop("x"), iter([1]), object):
        assert isinstance(decode(encode(value)), Unknown)
