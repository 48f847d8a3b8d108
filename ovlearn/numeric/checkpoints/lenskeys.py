"""What the names and numbers of a TransformerLens state dict give away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ovlearn.arguments import complaint
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.checkpoints.tensors import as_array
from ovlearn.numeric.norms import Normalization

BUFFER = re.compile(r"blocks\.\d+\.attn\.(mask|IGNORE)")
_MASK = re.compile(r"blocks\.\d+\.attn\.mask")
_TOLD = {  # what a name tells of the model that it is in
    r".*\._original_component\..*|embed\.weight|blocks\.\d+\.attn\.[qkvo]\.(weight|bias)": (
        "that of a HookedTransformer, as HookedTransformer.from_pretrained makes it",
        "one of a TransformerBridge",
    ),
    r"blocks\.\d+\.attn\.rotary_(sin|cos)(_.*)?": ("positions that are added to the stream", "rotary ones"),
    r"blocks\.\d+\.attn\._W_[KV]": ("keys and values of each head", "grouped ones"),
    r"blocks\.\d+\.mlp\.W_gate": ("MLPs of two weights", "gated ones"),
}


def check_names(names: Iterable[str]) -> None:
    """Raise ValueError where a name tells of a model that is not built here, saying which, and TypeError for
    names that are no strings."""
    listed = list(names)
    for name in listed:
        if not isinstance(name, str):
            raise TypeError(complaint("state_dict", "names as strings", repr(name)))
        for form, (expected, got) in _TOLD.items():
            if re.fullmatch(form, name):
                raise ValueError(complaint("state_dict", expected, f"{got}: it has {name}"))
    for name in listed:
        gain = name.removesuffix(".w")
        if gain != name and f"{gain}.b" not in listed:
            got = f"{name} without {gain}.b, as RMS norm has it"
            raise ValueError(complaint("state_dict", "layer norms with gain and shift", got))


def check_masks(state: Mapping[str, Any]) -> None:
    """Raise ValueError for an attention mask that is not simply causal, as those of local attention."""
    for name, value in state.items():
        if _MASK.fullmatch(name):
            mask = as_array(name, value)
            if mask.ndim != 2 or not np.array_equal(mask.astype(bool), np.tri(*mask.shape, dtype=bool)):
                got = "another: is its attention local?"
                raise ValueError(complaint(f"state_dict, {name}", "a mask of all later positions", got))


def normalization_of(
    more: dict[str, Array], weights: dict[str, Array], said: Normalization | str
) -> Normalization:
    """Return what layer norm is, from what was said of it, the gains, and the means of what writes.

    Raises ValueError where a gain is missing, and where means are too small for chance and too large for
    float32.
    """
    gains = [name for name in more if name.startswith("ln")]
    if said == "LN" and not gains:
        raise ValueError(complaint("state_dict", "gains and shifts, as normalization is 'LN'", "none"))
    if said != "as the weights say":
        return said  # type: ignore[return-value]  # a GPT refuses any other
    if gains:
        return "LN"
    ratio = max(_mean_beside_size(weights["W_E"]), _mean_beside_size(weights["W_O"]))
    if 1e-5 < ratio < 1e-3:
        expected = "to be given, 'LNPre' or None"
        got = f"means over d_model of {ratio:.0e} of the largest weight: folded, and rounded since?"
        raise ValueError(complaint("normalization", expected, got))
    return "LNPre" if ratio <= 1e-5 and weights["W_E"].any() else None


def _mean_beside_size(rows: Array) -> float:
    """The largest mean of rows [..., d_model], over the largest entry."""
    largest = np.abs(rows).max(initial=0)
    return float(np.abs(rows.mean(axis=-1)).max(initial=0) / largest) if largest else 0.0
