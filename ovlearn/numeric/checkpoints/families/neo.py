"""GPT-Neo, which TinyStories is too: scores that nothing divides, and windows in every other layer."""

from __future__ import annotations

from typing import Any

from ovlearn.arguments import complaint
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.checkpoints.families.common import ACTIVATIONS, reading, sizes, unembedding, writing
from ovlearn.numeric.checkpoints.options import Options
from ovlearn.numeric.checkpoints.tensors import Tensors

_BUFFERS = r"(transformer\.)?h\.\d+\.attn\.attention\.(bias|masked_bias)"


def gpt_neo(options: Options, tensors: Tensors) -> dict[str, Any]:
    """Return what makes a GPT of GPT-Neo's options and tensors.

    Source: Black et al. (2021); the names are those of transformers.
    """
    config = sizes(options, layers="num_layers", heads="num_heads", width="hidden_size", positional=True)
    d, d_head = config.d_model, config.d_head
    d_mlp = options.size("intermediate_size", 4 * d)
    prefix = "transformer." if tensors.has("transformer.wte.weight") else ""

    def stack(name: str, *shape: int) -> Array:
        return tensors.stack(f"{prefix}h.{{}}.{name}", config.n_layers, *shape)

    found: dict[str, Any] = {
        "config": config,
        "W_E": tensors.take(f"{prefix}wte.weight", config.d_vocab, d),
        "W_pos": tensors.take(f"{prefix}wpe.weight", config.n_ctx, d),
        "W_O": writing(stack("attn.attention.out_proj.weight", d, d), d_head),
        "b_O": stack("attn.attention.out_proj.bias", d),
        "W_in": stack("mlp.c_fc.weight", d_mlp, d).swapaxes(-1, -2),
        "b_in": stack("mlp.c_fc.bias", d_mlp),
        "W_out": stack("mlp.c_proj.weight", d, d_mlp).swapaxes(-1, -2),
        "b_out": stack("mlp.c_proj.bias", d),
        "ln_final_w": tensors.take(f"{prefix}ln_f.weight", d),
        "ln_final_b": tensors.take(f"{prefix}ln_f.bias", d),
        "activation": options.choice("activation_function", "gelu_new", ACTIVATIONS),
        "eps": options.number("layer_norm_epsilon", 1e-5),
        "attn_scale": 1.0,
        "windows": _windows(options, config.n_layers),
    }
    for name in "QKV":
        weight = stack(f"attn.attention.{name.lower()}_proj.weight", d, d)
        found[f"W_{name}"] = reading(weight, d_head)  # [layer, head, d_model, d_head]
    for ours, theirs in (("ln1", "ln_1"), ("ln2", "ln_2")):
        found[f"{ours}_w"], found[f"{ours}_b"] = stack(f"{theirs}.weight", d), stack(f"{theirs}.bias", d)
    found["W_U"] = unembedding(options, tensors, found["W_E"], "lm_head.weight", tied=True)
    tensors.ignore(_BUFFERS)
    return found


def _windows(options: Options, layers: int) -> tuple[int | None, ...]:
    """How many keys each layer sees: `attention_types` are [[kinds, how often], …]."""
    width = options.size("window_size", 256)
    types = options.any("attention_types", [[["global", "local"], 12]])
    try:
        kinds = [str(kind) for some, times in types for _ in range(times) for kind in some]
    except (TypeError, ValueError):
        kinds = []
    kinds = options.any("attention_layers", kinds)
    if not isinstance(kinds, list) or len(kinds) != layers or set(kinds) - {"global", "local"}:
        expected = f"'global' or 'local' for each of {layers} layers"
        raise ValueError(complaint(f"{options.where}, attention_types", expected, repr(types)))
    return tuple(width if kind == "local" else None for kind in kinds)
