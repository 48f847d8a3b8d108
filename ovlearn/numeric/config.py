"""The sizes of a transformer, and the shapes of the weights that follow from them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ovlearn.arguments import complaint, described, whole_number

_SMALLEST = {"n_layers": 0, "n_heads": 1, "d_model": 1, "d_head": 1, "d_vocab": 1, "n_ctx": 1}


@dataclass(frozen=True)
class Config:
    """The sizes of a transformer made of attention heads alone.

    n_layers: layers, 0 or more.  n_heads: heads in each layer.
    d_model: width of the residual stream.  d_head: width of a query, key or value.
    d_vocab: number of different tokens.  n_ctx: most tokens in one sequence.
    causal: a token attends to itself and earlier tokens only.
    positional: W_pos is added to the embedding.  dtype: float32 or float64.

    Raises TypeError for a size that is not a whole number, a flag that is not a bool or something that is
    no dtype; ValueError for a size that is too small or another dtype.

    >>> Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5).causal
    True

    Source: Elhage et al. (2021), 'Transformer Overview', whose model has no MLP, layer norm or biases.
    """

    n_layers: int
    n_heads: int
    d_model: int
    d_head: int
    d_vocab: int
    n_ctx: int
    causal: bool = True
    positional: bool = False
    dtype: DTypeLike = np.float64

    def __post_init__(self) -> None:
        """Check every field, and keep plain ints, bools and a numpy dtype."""
        for name, minimum in _SMALLEST.items():
            object.__setattr__(self, name, whole_number(name, getattr(self, name), minimum))
        for name in ("causal", "positional"):
            object.__setattr__(self, name, _flag(name, getattr(self, name)))
        object.__setattr__(self, "dtype", _float_dtype(self.dtype))


def weight_shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """Return the shape of each weight, by name; W_pos only where the config is positional.

    >>> weight_shapes(Config(n_layers=2, n_heads=4, d_model=8, d_head=3, d_vocab=7, n_ctx=5))["W_V"]
    (2, 4, 8, 3)
    """
    heads = (config.n_layers, config.n_heads)
    reads, writes = (*heads, config.d_model, config.d_head), (*heads, config.d_head, config.d_model)
    shapes: dict[str, tuple[int, ...]] = {
        "W_E": (config.d_vocab, config.d_model),
        "W_Q": reads,
        "W_K": reads,
        "W_V": reads,
        "W_O": writes,
        "W_U": (config.d_model, config.d_vocab),
    }
    return shapes | ({"W_pos": (config.n_ctx, config.d_model)} if config.positional else {})


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool | np.bool):
        raise TypeError(complaint(name, "True or False", described(value)))
    return bool(value)


def _float_dtype(value: DTypeLike) -> np.dtype[Any]:
    expected = "float32 or float64"
    try:
        dtype: np.dtype[Any] = np.dtype(value)
    except (TypeError, ValueError):
        raise TypeError(complaint("dtype", expected, described(value))) from None
    if value is None:  # numpy reads None as float64; a forgotten value is not a choice
        raise TypeError(complaint("dtype", expected, described(value)))
    if dtype not in (np.float32, np.float64):
        raise ValueError(complaint("dtype", expected, str(dtype)))
    return dtype
