"""Configs, transformers, runs and factored matrices as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from ovlearn.numeric import Config, FactoredMatrix, Run, Transformer

_WEIGHTS = ("W_E", "W_pos", "W_Q", "W_K", "W_V", "W_O", "W_U")


def encode(value: object) -> Any:
    """Return a value of the numeric floor as data; None for any other."""
    from ovlearn.grading import values

    if type(value) is Config:
        return ["config", [[one.name, _plain(getattr(value, one.name))] for one in fields(value)]]
    if type(value) is Transformer:
        weights = [getattr(value, name) for name in _WEIGHTS]
        return ["transformer", encode(value.config), [values.encode(each) for each in weights]]
    if type(value) is Run:
        return ["run", encode(value.model), values.encode(np.asarray(value.tokens))]
    if type(value) is FactoredMatrix:
        return ["factored", values.encode(value.A), values.encode(value.B)]
    return None


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int) else np.dtype(value).name


def _config(pairs: list[list[Any]]) -> Config:
    given = dict(pairs)
    return Config(**{**given, "dtype": np.dtype(given["dtype"]).type})


def _transformer(config: Any, weights: list[Any]) -> Transformer:
    from ovlearn.grading import values

    given = {name: values.decode(each) for name, each in zip(_WEIGHTS, weights, strict=True)}
    return Transformer(
        values.decode(config), **{name: each for name, each in given.items() if each is not None}
    )


def _run(model: Any, tokens: Any) -> Run:
    from ovlearn.grading import values

    made: Run = values.decode(model).run(values.decode(tokens))
    return made


def _factored(a: Any, b: Any) -> FactoredMatrix:
    from ovlearn.grading import values

    return FactoredMatrix(values.decode(a), values.decode(b))


DECODERS: dict[str, Callable[..., Any]] = {
    "config": _config,
    "transformer": _transformer,
    "run": _run,
    "factored": _factored,
}
