"""Configs, transformers, runs and factored matrices as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from ovlearn.numeric import Config, FactoredMatrix, Run, Transformer

Decode = Callable[[Any], Any]
_WEIGHTS = ("W_E", "W_pos", "W_Q", "W_K", "W_V", "W_O", "W_U")


def encode(value: object, part: Callable[[object], Any]) -> Any:
    """Return a value of the numeric floor as data; None for any other. `part` encodes what it is made of."""
    if type(value) is Config:
        return ["config", [[one.name, _plain(getattr(value, one.name))] for one in fields(value)]]
    if type(value) is Transformer:
        weights = [getattr(value, name) for name in _WEIGHTS]
        return ["transformer", part(value.config), [part(each) for each in weights]]
    if type(value) is Run:
        return ["run", part(value.model), part(np.asarray(value.tokens))]
    if type(value) is FactoredMatrix:
        return ["factored", part(value.A), part(value.B)]
    return None


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int) else np.dtype(value).name


def _config(part: Decode, pairs: list[list[Any]]) -> Config:
    fields_of = dict(pairs)
    return Config(**{**fields_of, "dtype": np.dtype(fields_of["dtype"]).type})


def _transformer(part: Decode, config: Any, encoded: list[Any]) -> Transformer:
    weights = {name: part(each) for name, each in zip(_WEIGHTS, encoded, strict=True)}
    return Transformer(part(config), **{name: each for name, each in weights.items() if each is not None})


def _run(part: Decode, model: Any, tokens: Any) -> Run:
    made: Run = part(model).run(part(tokens))
    return made


def _factored(part: Decode, a: Any, b: Any) -> FactoredMatrix:
    return FactoredMatrix(part(a), part(b))


# What decodes each kind: handed the decoder of its parts, then the parts.
DECODERS: dict[str, Callable[..., Any]] = {
    "config": _config,
    "transformer": _transformer,
    "run": _run,
    "factored": _factored,
}
