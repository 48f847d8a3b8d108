"""A Hugging Face GPT-2 folder as a model: config.json, and weights in safetensors files."""

from __future__ import annotations

import json
import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from ovlearn.arguments import complaint, described
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.checkpoints.safetensors_files import names_in, tensor_in
from ovlearn.numeric.checkpoints.tensors import Tensors
from ovlearn.numeric.config import Config
from ovlearn.numeric.gpt import GPT

_ONE, _MANY = "model.safetensors", "model.safetensors.index.json"
_BUFFER = re.compile(r"h\.\d+\.attn\.(bias|masked_bias)")
_ACTIVATIONS = {"gelu_new": "gelu_new", "gelu_pytorch_tanh": "gelu_new", "relu": "relu"}
# What GPT-2's config may also ask for, and we have not; each with what it is where it asks for nothing.
_OTHERWISE = {
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "reorder_and_upcast_attn": False,
    "add_cross_attention": False,
}


def load_gpt2(folder: str | Path) -> GPT:
    """Return the GPT-2 in a local folder, as it is: unfolded, in float32. Nothing is downloaded.

    The folder holds config.json and model.safetensors, or model.safetensors.index.json and its parts, as
    Hugging Face's tools write them; names with and without the prefix "transformer.", tied or with a head of
    its own, in F32, F16, BF16 or F64. "~" is the home folder. Needs the package safetensors (the extra
    `weights`).

    Raises FileNotFoundError for a folder or file that is missing; ImportError without safetensors; ValueError
    for a config or a network that we do not know, a damaged file, and a tensor that is missing, unknown, of
    another shape, or not finite. Each message names the file, what was expected and what came.

    Source: Radford et al. (2019), whose model GPT-2 is; the folder's form is that of transformers.
    """
    place = _folder(folder)
    sizes = _config(place / "config.json")
    config, activation, eps = _read(sizes, place / "config.json")
    tensors = _tensors(place)
    d_mlp = 4 * config.d_model
    if sizes.get("n_inner") is not None:
        d_mlp = _size(sizes, "n_inner", place / "config.json")
    weights = _weights(tensors, config, d_mlp, _tied(sizes, place / "config.json"))
    tensors.nothing_else(name for name in tensors.names if _BUFFER.fullmatch(_bare(name)))
    return GPT(config, **weights, activation=activation, eps=eps)


def _folder(folder: object) -> Path:
    if not isinstance(folder, str | Path):
        raise TypeError(complaint("folder", "the path of a folder", described(folder)))
    place = Path(os.path.expanduser(folder))  # as a Path's own, but for a user that there is not
    if not os.path.isdir(place):  # as a Path's own, but for names that are too long
        raise FileNotFoundError(
            complaint("folder", "a folder with config.json and weights", repr(str(folder)))
        )
    return place


def _config(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(complaint("folder", f"a file {path.name} in it", "none"))
    try:
        sizes = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        raise ValueError(complaint(path.name, "JSON", "something else")) from None
    if not isinstance(sizes, dict):
        raise ValueError(complaint(path.name, "an object", described(sizes)))
    return sizes


def _read(sizes: dict[str, Any], path: Path) -> tuple[Config, str, float]:
    """The config, the activation and layer norm's eps."""
    if sizes.get("model_type") != "gpt2":
        raise ValueError(complaint(f"{path.name}, model_type", "'gpt2'", repr(sizes.get("model_type"))))
    for name, value in _OTHERWISE.items():
        if sizes.get(name, value) != value:
            raise ValueError(
                complaint(f"{path.name}, {name}", f"{value}: no other is built", repr(sizes[name]))
            )
    activation = sizes.get("activation_function", "gelu_new")
    if not isinstance(activation, str) or activation not in _ACTIVATIONS:
        known = " or ".join(_ACTIVATIONS)
        raise ValueError(complaint(f"{path.name}, activation_function", known, repr(activation)))
    n_layer, n_head, n_embd, vocab_size, n_positions = (
        _size(sizes, name, path) for name in ("n_layer", "n_head", "n_embd", "vocab_size", "n_positions")
    )
    if n_embd % n_head:
        raise ValueError(complaint(f"{path.name}, n_embd", f"a multiple of n_head = {n_head}", str(n_embd)))
    config = Config(
        n_layer, n_head, n_embd, n_embd // n_head, vocab_size, n_positions, positional=True, dtype=np.float32
    )
    return config, _ACTIVATIONS[activation], _epsilon(sizes, path)


def _epsilon(sizes: dict[str, Any], path: Path) -> float:
    eps = sizes.get("layer_norm_epsilon", 1e-5)
    if isinstance(eps, bool) or not isinstance(eps, int | float) or not 0 < eps < math.inf:
        raise ValueError(complaint(f"{path.name}, layer_norm_epsilon", "a number above 0", described(eps)))
    return float(eps)


def _tied(sizes: dict[str, Any], path: Path) -> bool:
    """Whether W_U is W_E transposed: so it is unless the config says that it is not."""
    tied = sizes.get("tie_word_embeddings", True)
    if not isinstance(tied, bool):
        raise ValueError(complaint(f"{path.name}, tie_word_embeddings", "true or false", described(tied)))
    return tied


def _size(sizes: dict[str, Any], name: str, path: Path) -> int:
    value = sizes.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        came = "none" if name not in sizes else described(value)
        raise ValueError(complaint(f"{path.name}, {name}", "a whole number of at least 1", came))
    return value


def _tensors(place: Path) -> Tensors:
    """The tensors of all weight files, by the names that they have there."""
    one = place / _ONE
    files = dict.fromkeys(names_in(one), one) if one.is_file() else _parts(place)

    def read(name: str) -> Any:
        return tensor_in(files[name], name)

    return Tensors(place.name, set(files), read)


def _parts(place: Path) -> dict[str, Path]:
    """Where each tensor is, by the index of a folder whose weights are in several files."""
    index = place / _MANY
    if not index.is_file():
        pickled = (place / "pytorch_model.bin").is_file()
        got = "pytorch_model.bin alone, and to read a pickle is to run it" if pickled else "none"
        raise FileNotFoundError(complaint("folder", f"a file {_ONE} in it", got))
    listed = _config(index).get("weight_map")
    if not isinstance(listed, dict):
        raise ValueError(complaint(f"{index.name}, weight_map", "an object", described(listed)))
    for part in listed.values():
        if not isinstance(part, str) or Path(part).is_absolute() or ".." in Path(part).parts:
            raise ValueError(complaint(f"{index.name}, weight_map", "files in the folder", described(part)))
    for part in sorted(set(listed.values())):
        if not os.path.isfile(place / part):
            raise FileNotFoundError(complaint("folder", f"the part {part} in it", "none"))
    held = {name: place / part for part in set(listed.values()) for name in names_in(place / part)}
    for name, part in listed.items():
        if name not in held:
            raise ValueError(complaint(part, f"a tensor {name}, as {index.name} says", "none"))
    return held


def _bare(name: str) -> str:
    return name.removeprefix("transformer.")


def _weights(tensors: Tensors, config: Config, d_mlp: int, tied: bool) -> dict[str, Any]:
    """Our weights by our names. GPT-2's linear layers are stored [in, out], as ours are."""
    prefix = "transformer." if tensors.has("transformer.wte.weight") else ""
    layers, heads, d, d_head = config.n_layers, config.n_heads, config.d_model, config.d_head

    def stack(name: str, *shape: int) -> Array:
        return tensors.stack(f"{prefix}h.{{}}.{name}", layers, *shape)

    found: dict[str, Any] = {
        "W_E": tensors.take(f"{prefix}wte.weight", config.d_vocab, d),
        "W_pos": tensors.take(f"{prefix}wpe.weight", config.n_ctx, d),
        "W_O": stack("attn.c_proj.weight", d, d).reshape(layers, heads, d_head, d),
        "b_O": stack("attn.c_proj.bias", d),
        "W_in": stack("mlp.c_fc.weight", d, d_mlp),
        "b_in": stack("mlp.c_fc.bias", d_mlp),
        "W_out": stack("mlp.c_proj.weight", d_mlp, d),
        "b_out": stack("mlp.c_proj.bias", d),
        "ln_final_w": tensors.take(f"{prefix}ln_f.weight", d),
        "ln_final_b": tensors.take(f"{prefix}ln_f.bias", d),
    }
    read = stack("attn.c_attn.weight", d, 3 * d).reshape(layers, d, 3, heads, d_head)
    bias = stack("attn.c_attn.bias", 3 * d).reshape(layers, 3, heads, d_head)
    for at, name in enumerate("QKV"):
        found[f"W_{name}"] = read[:, :, at].swapaxes(1, 2)  # [layer, head, d_model, d_head]
        found[f"b_{name}"] = bias[:, at]  # [layer, head, d_head]
    for ours, theirs in (("ln1", "ln_1"), ("ln2", "ln_2")):
        found[f"{ours}_w"], found[f"{ours}_b"] = stack(f"{theirs}.weight", d), stack(f"{theirs}.bias", d)
    found["W_U"] = _head(tensors, found["W_E"], tied).T
    return found


def _head(tensors: Tensors, W_E: Array, tied: bool) -> Array:
    """W_U transposed, [d_vocab, d_model]."""
    if tied and not tensors.has("lm_head.weight"):
        return W_E
    head = tensors.take("lm_head.weight", *W_E.shape)
    if tied and not np.array_equal(head, W_E):
        expected = "a copy of wte.weight, as tie_word_embeddings is true"
        raise ValueError(complaint(f"{tensors.where}, lm_head.weight", expected, "other numbers"))
    return head
