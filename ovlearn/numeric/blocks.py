"""What a language model has beside attention heads, as parts of the forward pass in `model`."""

from __future__ import annotations

from typing import Any

from ovlearn.numeric.activations import ACTIVATIONS
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.model import Change, Parts, project, unembed
from ovlearn.numeric.norms import normed


def read_normed(net: Any, stream: Array, layer: int) -> Array:
    """Return what the heads of a layer read of its stream [(batch), pos, d_model]: its norm."""
    return normalized(net, stream, "ln1", layer)


def project_turned(net: Any, x: Array, layer: int, head: int) -> tuple[Array, Array, Array]:
    """Return a head's queries, keys and values [(batch), pos, d_head]: with biases, norms and rotation."""
    q, k, v = project(net, x, layer, head)
    q, k, v = q + net.b_Q[layer, head], k + net.b_K[layer, head], v + net.b_V[layer, head]
    if net.q_norm_w is not None:
        q = normed(q, "RMS", net.eps, net.q_norm_w[layer])
        k = normed(k, "RMS", net.eps, net.k_norm_w[layer])
    if net.rotary is not None:
        q, k = net.rotary.turned(q), net.rotary.turned(k)
    return q, k, v


def write_mlp(net: Any, stream: Array, written: Array, layer: int, change: Change) -> dict[str, Array]:
    """Return what a layer leaves once its heads have written; its MLP writes after or beside them."""
    mid = stream + written + net.b_O[layer]  # [(batch), pos, d_model]
    if net.W_in is None:
        return {"resid_mid": mid, "resid_post": mid}
    mlp_out = mlp(net, normalized(net, stream if net.parallel else mid, "ln2", layer), layer)
    mlp_out = change("mlp_out", layer, None, mlp_out)
    return {"resid_mid": mid, "mlp_out": mlp_out, "resid_post": mid + mlp_out}


def mlp(net: Any, x: Array, layer: int) -> Array:
    """Return what the MLP of a layer writes [(batch), pos, d_model] of what it reads."""
    hidden = x @ net.W_in[layer] + net.b_in[layer]  # [(batch), pos, d_mlp]
    ramp = ACTIVATIONS[net.activation]
    if net.W_gate is None:
        hidden = ramp(hidden)
    else:
        hidden *= ramp(x @ net.W_gate[layer] + net.b_gate[layer])
    written: Array = hidden @ net.W_out[layer] + net.b_out[layer]  # [(batch), pos, d_model]
    return written


def unembed_normed(net: Any, stream: Array) -> Array:
    """Return the logits [(batch), pos, d_vocab] of the norm of the last stream, with their bias."""
    logits = unembed(net, normalized(net, stream, "ln_final", ...))
    logits += net.b_U
    return logits


def normalized(net: Any, x: Array, name: str, at: Any) -> Array:
    """Return a norm of x [..., d_model], as far as this network has it; `name`: of gain and shift."""
    gain, shift = getattr(net, f"{name}_w"), getattr(net, f"{name}_b")
    parts = (None if part is None else part[at] for part in (gain, shift))
    return normed(x, net.normalization, net.eps, *parts)


def recorded(net: Any) -> tuple[str, ...]:
    """Return the names of what a pass records of each layer beside resid_pre and resid_post."""
    return ("resid_mid",) if net.W_in is None else ("resid_mid", "mlp_out")


def window(net: Any, layer: int) -> int | None:
    """Return how many keys a query of a layer sees, its own among them; None for all."""
    widths: tuple[int | None, ...] | None = net.windows
    return None if widths is None else widths[layer]


BLOCKS = Parts(read_normed, project_turned, write_mlp, unembed_normed, recorded, window)
