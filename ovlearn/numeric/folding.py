"""Folding: the same network with its norms' gains and shifts, value biases and means moved into weights."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ovlearn.numeric.arrays import Array
from ovlearn.numeric.norms import Normalization, centres, has_gains

Weights = dict[str, Any]


def folded_weights(weights: Weights) -> Weights:
    """Return the fields of a GPT, folded as `GPT.folded` says."""
    model = SimpleNamespace(**weights)
    for part in _steps(model.normalization):
        vars(model).update(part(model))
    return vars(model)


def _steps(kind: Normalization) -> tuple[Callable[[SimpleNamespace], Weights], ...]:
    if kind is None:
        return (_values_out,)
    means = (_reading_centred, _writing_centred) if centres(kind) else ()
    return (_gains_in, *means, _unembedding_centred, _values_out)


def _gains_in(model: SimpleNamespace) -> Weights:
    """A norm's gain multiplies, and its shift is read by, the weights that come after it."""
    if not has_gains(model.normalization):
        return {}
    gain = model.ln1_w[:, None, :, None]  # [layer, 1, d_model, 1]
    changed: Weights = {f"W_{name}": gain * getattr(model, f"W_{name}") for name in "QKV"}
    if model.W_in is not None:
        changed["W_in"] = model.ln2_w[:, :, None] * model.W_in  # [layer, d_model, d_mlp]
    if model.W_gate is not None:
        changed["W_gate"] = model.ln2_w[:, :, None] * model.W_gate  # [layer, d_model, d_mlp]
    changed["W_U"] = model.ln_final_w[:, None] * model.W_U  # [d_model, d_vocab]
    changed |= _shifts_in(model) if centres(model.normalization) else {}
    norms = [name for name in vars(model) if name.startswith("ln")]
    return changed | dict.fromkeys(norms) | {"normalization": f"{model.normalization}Pre"}


def _shifts_in(model: SimpleNamespace) -> Weights:
    """What the weights after layer norm read of its shift is a bias."""
    shift = model.ln1_b[:, None, None, :]  # [layer, 1, 1, d_model]
    changed: Weights = {
        f"b_{name}": getattr(model, f"b_{name}") + (shift @ getattr(model, f"W_{name}"))[..., 0, :]
        for name in "QKV"  # [layer, head, d_head] each
    }
    for name in ("in", "gate"):
        weight, bias = getattr(model, f"W_{name}"), getattr(model, f"b_{name}")
        if weight is not None:
            changed[f"b_{name}"] = bias + (model.ln2_b[:, None, :] @ weight)[:, 0]  # [layer, d_mlp]
    changed["b_U"] = model.b_U + model.ln_final_b @ model.W_U  # [d_vocab]
    return changed


def _reading_centred(model: SimpleNamespace) -> Weights:
    """What reads a stream without mean may lose its own mean over d_model."""
    names = ["W_Q", "W_K", "W_V", "W_U"]
    names += [name for name in ("W_in", "W_gate") if getattr(model, name) is not None]
    return {name: _centred(getattr(model, name), axis=-2) for name in names}


def _writing_centred(model: SimpleNamespace) -> Weights:
    """What writes to the stream may lose its mean over d_model: every reader subtracts it."""
    names = ["W_E", "W_O", "b_O"]
    names += ["W_pos"] if model.W_pos is not None else []
    names += ["W_out", "b_out"] if model.W_out is not None else []
    return {name: _centred(getattr(model, name), axis=-1) for name in names}


def _unembedding_centred(model: SimpleNamespace) -> Weights:
    """The same number added to all logits changes no softmax."""
    return {name: _centred(getattr(model, name), axis=-1) for name in ("W_U", "b_U")}


def _values_out(model: SimpleNamespace) -> Weights:
    """Each row of a pattern sums to 1, so a value bias reaches the stream whole, whatever the pattern."""
    carried = (model.b_V[..., None, :] @ model.W_O)[..., 0, :].sum(axis=1)  # [layer, d_model]
    return {"b_O": model.b_O + carried, "b_V": 0 * model.b_V}


def _centred(weight: Array, axis: int) -> Array:
    centred: Array = weight - weight.mean(axis=axis, keepdims=True)
    return centred
