"""What stands in the place of what a network computes: silence, a mean, another run's value, or an array."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ovlearn.arguments import complaint, described, head_pair, whole_number
from ovlearn.numeric.arrays import Array, shaped_array
from ovlearn.numeric.model import Change

if TYPE_CHECKING:
    pass

# ("head_out", layer, head), ("mlp_out", layer) or ("resid_pre", layer).
Place = tuple[str, int, int] | tuple[str, int]
Stand = Any  # "silence", "mean", a Run or an array
_PLACES = '("head_out", layer, head), ("mlp_out", layer) or ("resid_pre", layer)'
_STANDS = '"silence", "mean", a Run or an array'


def standing_in(net: Any, replace: Mapping[Any, Any], shape: tuple[int, ...]) -> Change:
    """Return what a forward pass asks for each value: what stands in its place, or itself.

    `shape`: of a stream, [(batch), pos, d_model].

    Raises TypeError for what is no table, place or stand-in; ValueError for a place that this network does
    not have, for a run that did not record it, and for one of another shape.
    """
    if not isinstance(replace, Mapping):
        raise TypeError(complaint("replace", f"a table by place: {_PLACES}", described(replace)))
    stands = {_place(net, place): _stand(place, stand, net, shape) for place, stand in replace.items()}

    def change(name: str, layer: int, head: int | None, value: Array) -> Array:
        stand = stands.get((name, layer, head))
        if stand is None:
            return value
        if isinstance(stand, str):
            mean = value.mean(axis=tuple(range(value.ndim - 1)))  # [d_model]
            return np.broadcast_to(mean, value.shape)
        return np.asarray(stand)

    return change


def _place(net: Any, place: Any) -> tuple[str, int, int | None]:
    if not isinstance(place, tuple) or len(place) not in (2, 3) or not isinstance(place[0], str):
        raise TypeError(complaint("replace", _PLACES, described(place)))
    name, *at = place
    if name == "head_out" and len(at) == 2:
        layer, head = head_pair("replace, head_out", tuple(at), net.config.n_layers, net.config.n_heads)
        return name, layer, head
    has_mlps = name == "mlp_out" and getattr(net, "W_in", None) is not None
    if len(at) != 1 or not (name == "resid_pre" or has_mlps):
        raise ValueError(complaint("replace", f"{_PLACES}, as this network has them", repr(place)))
    return name, whole_number(f"replace, {name}", at[0], below=net.config.n_layers), None


def _stand(place: Any, stand: Any, net: Any, shape: tuple[int, ...]) -> Any:
    """An array of the stream's shape, or "mean"."""
    called = f"replace, {place}"
    if isinstance(stand, str):
        if stand not in ("silence", "mean"):
            raise ValueError(complaint(called, _STANDS, repr(stand)))
        return stand if stand == "mean" else np.zeros(shape, net.config.dtype)
    if hasattr(stand, "resid_final") and hasattr(stand, place[0]):
        recorded = getattr(stand, place[0])
        if recorded is None:
            raise ValueError(complaint(called, f"a run that recorded {place[0]}", "one that did not"))
        stand = recorded[place[1]] if len(place) == 2 else recorded[place[1], ..., place[2], :, :]
    if not isinstance(stand, np.ndarray | list | tuple):
        raise TypeError(complaint(called, _STANDS, described(stand)))
    return shaped_array(called, stand, shape, net.config.dtype)
