"""A GGUF file of the llama architecture: what it says of itself, and its tensors, dequantised once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ovlearn.arguments import complaint
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.checkpoints import cache
from ovlearn.numeric.checkpoints.families.common import reading, writing
from ovlearn.numeric.checkpoints.options import Options
from ovlearn.numeric.checkpoints.tensors import Tensors
from ovlearn.numeric.checkpoints.tokenizer import byte_level, from_text
from ovlearn.numeric.config import Config
from ovlearn.numeric.gpt import GPT
from ovlearn.numeric.rotary import Rotary

_NEEDED = "reading .gguf files needs gguf: pip install 'ovlearn[weights]'"
_LARGE = 1 << 27  # bytes of weights from which on they are kept
# Pre-tokenisers that we know: whether each splits digits off, one by one.
_SPLITS_DIGITS = {"smollm": True, "gpt-2": False}
_SPECIAL = (3, 4)  # types of tokens: control, and defined by a user
# What says nothing of how a text is read.
_SILENT = ("general.", "tokenizer.", "GGUF.", "quantize.")


def model_in(path: Path) -> GPT:
    """Return the model in a file, as `load` says."""
    key = cache.key_of(path)
    found = cache.kept(key)
    if found is None:
        found = _read(path)
        if sum(weight.nbytes for weight in found.weights.values()) >= _LARGE:
            found = cache.keep(key, found)
    return _made(found)


def _made(found: cache.Kept) -> GPT:
    """The network of a file's weights and what it says of itself."""
    about, weights = found.about, dict(found.weights)
    if "W_U" not in weights:
        weights["W_U"] = weights["W_E"].T
    beside = about["beside"] | {"rotary": Rotary(**about["rotary"])}
    tokenizer = found.tokenizer and from_text(found.tokenizer)
    fields: dict[str, Any] = {**weights, **beside, "tokenizer": tokenizer}
    return GPT(Config(**about["config"], dtype=np.float32), **fields)


def _read(path: Path) -> cache.Kept:
    fields, tensors = _opened(path)
    options = _options(path, fields)
    about = _about(options)
    options.nothing_else()
    return cache.Kept(about, _weights(path, tensors, about), _tokenizer(fields))


def _opened(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields and the tensors of a file, by name."""
    try:
        import gguf
    except ModuleNotFoundError:
        raise ImportError(_NEEDED) from None
    try:
        reader = gguf.GGUFReader(path)
    except Exception as error:  # ValueError, IndexError, KeyError …, as the file is damaged
        reason = str(error) or type(error).__name__
        raise ValueError(complaint(path.name, "a whole GGUF file", reason)) from None
    end = max((tensor.data_offset + tensor.n_bytes for tensor in reader.tensors), default=0)
    if path.stat().st_size < end:
        came = f"{path.stat().st_size} bytes: the end is missing"
        raise ValueError(complaint(path.name, f"a whole GGUF file, of {end} bytes", came))
    return dict(reader.fields), {tensor.name: tensor for tensor in reader.tensors}


def _options(path: Path, fields: dict[str, Any]) -> Options:
    """What a file says of its network, without the name of the architecture before each."""
    architecture = fields["general.architecture"].contents() if "general.architecture" in fields else None
    if architecture != "llama":
        raise ValueError(complaint(f"{path.name}, general.architecture", "'llama'", repr(architecture)))
    told = {name: each.contents() for name, each in fields.items() if not name.startswith(_SILENT)}
    return Options(path.name, {name.removeprefix("llama."): value for name, value in told.items()})


def _about(options: Options) -> dict[str, Any]:
    """What a file says of its network, as data that JSON can hold."""
    heads, d_model = options.size("attention.head_count"), options.size("embedding_length")
    if d_model % heads:
        expected = f"a multiple of attention.head_count = {heads}"
        raise ValueError(complaint(f"{options.where}, embedding_length", expected, str(d_model)))
    d_head = options.size("attention.key_length", d_model // heads)
    for name, value in (("attention.value_length", d_head), ("expert_count", 0), ("expert_used_count", 0)):
        options.must_be(name, value)
    options.must_be("rope.scaling.type", "none")
    return {
        "config": {
            "n_layers": options.size("block_count"),
            "n_heads": heads,
            "d_model": d_model,
            "d_head": d_head,
            "d_vocab": options.size("vocab_size"),
            "n_ctx": options.size("context_length"),
        },
        "d_mlp": options.size("feed_forward_length"),
        "rotary": {
            "width": options.size("rope.dimension_count", d_head),
            "base": options.number("rope.freq_base", 10_000.0),
        },
        "beside": {
            "normalization": "RMS",
            "eps": options.number("attention.layer_norm_rms_epsilon", 1e-5),
            "activation": "silu",
            "n_key_value_heads": options.size("attention.head_count_kv", heads),
        },
    }


def _weights(path: Path, held: dict[str, Any], about: dict[str, Any]) -> dict[str, Array]:
    """Our weights by our names. W_Q and W_K are stored so that neighbouring entries are turned together."""
    sizes, d_mlp, groups = about["config"], about["d_mlp"], about["beside"]["n_key_value_heads"]
    layers, heads, d, d_head = (sizes[name] for name in ("n_layers", "n_heads", "d_model", "d_head"))
    tensors = Tensors(path.name, set(held), lambda name: _dequantised(path, held[name]))

    def stack(name: str, *shape: int) -> Array:
        return tensors.stack(f"blk.{{}}.{name}.weight", layers, *shape)

    weights = {
        "W_E": tensors.take("token_embd.weight", sizes["d_vocab"], d),
        "W_Q": reading(_halves(stack("attn_q", heads * d_head, d), d_head), d_head),
        "W_K": reading(_halves(stack("attn_k", groups * d_head, d), d_head), d_head),
        "W_V": reading(stack("attn_v", groups * d_head, d), d_head),
        "W_O": writing(stack("attn_output", d, heads * d_head), d_head),
        "W_in": stack("ffn_up", d_mlp, d).swapaxes(-1, -2),
        "W_gate": stack("ffn_gate", d_mlp, d).swapaxes(-1, -2),
        "W_out": stack("ffn_down", d, d_mlp).swapaxes(-1, -2),
        "ln1_w": stack("attn_norm", d),
        "ln2_w": stack("ffn_norm", d),
        "ln_final_w": tensors.take("output_norm.weight", d),
    }
    if tensors.has("output.weight"):
        weights["W_U"] = tensors.take("output.weight", sizes["d_vocab"], d).T
    tensors.nothing_else()
    return weights


def _halves(weight: Array, d_head: int) -> Array:
    """Queries or keys [layer, heads · d_head, d_model], the two of a pair half a head apart, as ours are."""
    layers, rows, d_model = weight.shape
    pairs = weight.reshape(layers, rows // d_head, d_head // 2, 2, d_model)
    return pairs.swapaxes(2, 3).reshape(layers, rows, d_model)


def _dequantised(path: Path, tensor: Any) -> Any:
    import gguf

    try:
        numbers = gguf.dequantize(tensor.data, tensor.tensor_type)
    except (NotImplementedError, ValueError, KeyError) as error:
        expected = "a quantisation that gguf can read"
        raise ValueError(complaint(f"{path.name}, {tensor.name}", expected, str(error))) from None
    return numbers.reshape(tuple(int(size) for size in reversed(tensor.shape)))


def _tokenizer(fields: dict[str, Any]) -> str | None:
    """The tokenizer that a file holds, as a tokenizer.json; None where it is of a kind that is not known."""
    told = {name.removeprefix("tokenizer.ggml."): each for name, each in fields.items()}
    kind = {name: told[name].contents() if name in told else None for name in ("model", "pre")}
    if kind["model"] != "gpt2" or kind["pre"] not in _SPLITS_DIGITS:
        return None
    tokens, merges, types = (told[name].contents() for name in ("tokens", "merges", "token_type"))
    if len(types) != len(tokens):
        raise ValueError(complaint("tokenizer.ggml.token_type", f"{len(tokens)} types", str(len(types))))
    special = [token for token, one in zip(tokens, types, strict=True) if one in _SPECIAL]
    return byte_level(tokens, merges, special, digits=_SPLITS_DIGITS[kind["pre"]])
