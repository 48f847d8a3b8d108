"""Configs, tokens and comparisons shared by the tests of the numeric floor."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from ovlearn.numeric import Config, Run, Transformer

quick = settings(max_examples=25, deadline=None, derandomize=True, database=None)

SIZES = {"n_layers": 2, "n_heads": 3, "d_model": 8, "d_head": 5, "d_vocab": 7, "n_ctx": 6}  # all different
TOKENS = [6, 0, 3, 3]


def make_config(**changes: Any) -> Config:
    return Config(**(SIZES | changes))


def make_model(seed: int = 0, **changes: Any) -> Transformer:
    return Transformer.random(make_config(**changes), seed)


def make_run(seed: int = 0, **changes: Any) -> Run:
    return make_model(seed, **changes).run(TOKENS)


@st.composite
def configs(draw: st.DrawFn, max_layers: int = 4, max_heads: int = 4) -> Config:
    """Configs with pairwise different dimensions, so that no transpose can hide."""
    d_model, d_head, d_vocab, n_ctx = draw(st.permutations(range(2, 10)))[:4]
    return Config(
        n_layers=draw(st.integers(0, max_layers)),
        n_heads=draw(st.integers(1, max_heads)),
        d_model=d_model,
        d_head=d_head,
        d_vocab=d_vocab,
        n_ctx=n_ctx,
        causal=draw(st.booleans()),
        positional=draw(st.booleans()),
        dtype=draw(st.sampled_from([np.float32, np.float64])),
    )


@st.composite
def runs(draw: st.DrawFn, max_layers: int = 4, max_heads: int = 4) -> Run:
    """Runs of random models on one sequence or on a batch."""
    config = draw(configs(max_layers, max_heads))
    batch = draw(st.sampled_from([(), (1,), (3,)]))
    shape = (*batch, draw(st.integers(1, config.n_ctx)))
    seed = draw(st.integers(0, 10**6))
    tokens = np.random.default_rng(seed).integers(0, config.d_vocab, shape)
    return Transformer.random(config, seed).run(tokens)


def assert_close(got: Any, expected: Any) -> None:
    """Compare norms, at the precision of what came; shapes must agree too."""
    expected = np.asarray(expected)
    assert got.shape == expected.shape
    tolerance = 1e-4 if got.dtype in (np.float32, np.complex64) else 1e-11
    error, size = (float(np.linalg.norm(array.ravel())) for array in (got - expected, expected))
    assert error <= tolerance * max(size, 1), f"error {error} of {size}"


def assert_raises(
    kind: type[Exception], message: str, call: Callable[..., Any], *args: Any, **named: Any
) -> None:
    """The whole message: name, expectation and value."""
    with pytest.raises(kind) as caught:
        call(*args, **named)
    assert str(caught.value) == message
    assert type(caught.value) is kind
    assert caught.value.__cause__ is None  # nothing from inside numpy is shown
    assert caught.value.__context__ is None or caught.value.__suppress_context__
