"""Config: defaults, what it accepts, and what it says of the rest."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from ovlearn.arguments import described
from ovlearn.numeric import Config
from ovlearn.numeric.config import weight_shapes

from .cases import SIZES, assert_raises, make_config

UNEVEN = {"names": ["a"], "formats": []}  # numpy raises ValueError for it, where others give TypeError


def test_defaults() -> None:
    config = make_config()
    assert (config.causal, config.positional, config.dtype) == (True, False, np.dtype(np.float64))
    assert {name: getattr(config, name) for name in SIZES} == SIZES


def test_field_order() -> None:
    assert Config(2, 3, 8, 5, 7, 6, False, True, np.float32) == make_config(
        causal=False, positional=True, dtype="float32"
    )


def test_plain_types_are_kept() -> None:
    config = make_config(n_layers=np.int64(2), causal=np.True_, dtype=np.float32)
    assert type(config.n_layers) is int
    assert type(config.causal) is bool
    assert isinstance(config.dtype, np.dtype)
    assert hash(config) == hash(make_config(dtype=np.dtype("f4")))


@pytest.mark.parametrize("name", [*SIZES, "dtype"])
def test_frozen(name: str) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(make_config(), name, 3)


@pytest.mark.parametrize("name", SIZES)
def test_smallest_sizes(name: str) -> None:
    smallest = 0 if name == "n_layers" else 1
    assert getattr(make_config(**{name: smallest}), name) == smallest
    message = f"{name}: expected a whole number of at least {smallest}, got {smallest - 1}"
    assert_raises(ValueError, message, make_config, **{name: smallest - 1})
    message = f"{name}: expected a whole number of at least {smallest}, got 2.0 (float)"
    assert_raises(TypeError, message, make_config, **{name: 2.0})


@pytest.mark.parametrize("name", ["causal", "positional"])
@pytest.mark.parametrize("value", [0, 1, None, "yes"])
def test_flags_are_bools(name: str, value: Any) -> None:
    message = f"{name}: expected True or False, got {value!r} ({type(value).__name__})"
    assert_raises(TypeError, message, make_config, **{name: value})


@pytest.mark.parametrize("value", [float, "float64", np.float32, np.dtype("f4")])
def test_dtypes(value: Any) -> None:
    assert make_config(dtype=value).dtype == np.dtype(value)


@pytest.mark.parametrize("value", [np.float16, int, bool, np.complex128, object, ">f8"])
def test_other_dtypes(value: Any) -> None:
    message = f"dtype: expected float32 or float64, got {np.dtype(value)}"
    assert_raises(ValueError, message, make_config, dtype=value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("float", None),
        ("flota", "'flota' (str)"),
        (3, "3 (int)"),
        (None, "None (NoneType)"),
        (UNEVEN, described(UNEVEN)),
    ],
)
def test_no_dtype(value: Any, shown: str | None) -> None:
    if shown is None:
        assert make_config(dtype=value).dtype == np.float64
    else:
        assert_raises(TypeError, f"dtype: expected float32 or float64, got {shown}", make_config, dtype=value)


def test_weight_shapes() -> None:
    shapes = {
        "W_E": (7, 8),
        "W_Q": (2, 3, 8, 5),
        "W_K": (2, 3, 8, 5),
        "W_V": (2, 3, 8, 5),
        "W_O": (2, 3, 5, 8),
        "W_U": (8, 7),
    }
    assert weight_shapes(make_config()) == shapes
    assert weight_shapes(make_config(positional=True)) == shapes | {"W_pos": (6, 8)}
