"""Tiny random models of transformers and TransformerLens, every size another."""

from __future__ import annotations

import re
from typing import Any

import torch
from transformer_lens import HookedTransformer, HookedTransformerConfig
from transformers import AutoConfig, AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel

TOKENS = [[3, 14, 1, 5, 9, 2], [6, 5, 3, 5, 8, 9]]
LENSES = {  # what TransformerLens is asked for
    "lens-gpt": {"attn_only": False, "normalization_type": "LN"},
    "lens-heads-norm": {"attn_only": True, "normalization_type": "LN"},
    "lens-heads": {"attn_only": True, "normalization_type": None},
}
GAIN = re.compile(r"(ln_[12f]|norm|layernorm)\.weight$")
_LLAMA = {
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "hidden_size": 24,
    "intermediate_size": 20,
    "vocab_size": 17,
    "max_position_embeddings": 16,
}
_NEOX = {name: value for name, value in _LLAMA.items() if name != "num_key_value_heads"}
_SLOWED = {
    "rope_type": "llama3",
    "rope_theta": 100.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 12,
}
# Every family, and in each what can be asked for: the type of the config, and its options.
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("llama", _LLAMA),
    "llama-biased": ("llama", _LLAMA | {"attention_bias": True, "mlp_bias": True, "head_dim": 6}),
    "llama-slowed": ("llama", _LLAMA | {"rope_parameters": _SLOWED, "tie_word_embeddings": True}),
    "mistral": ("mistral", _LLAMA | {"sliding_window": 3}),
    "mistral-whole": ("mistral", _LLAMA | {"sliding_window": None}),
    "qwen2": ("qwen2", _LLAMA),
    "qwen2-windows": (
        "qwen2",
        _LLAMA | {"use_sliding_window": True, "max_window_layers": 1, "sliding_window": 3},
    ),
    "qwen3": ("qwen3", _LLAMA | {"head_dim": 8}),
    "gpt_neox": ("gpt_neox", _NEOX | {"rope_parameters": {"rope_theta": 50.0, "partial_rotary_factor": 0.5}}),
    "gpt_neox-sequential": (
        "gpt_neox",
        _NEOX
        | {
            "use_parallel_residual": False,
            "rope_parameters": {"rope_theta": 9.0, "partial_rotary_factor": 1.0},
        },
    ),
    "gpt_neo": (
        "gpt_neo",
        {
            "num_layers": 2,
            "num_heads": 3,
            "hidden_size": 24,
            "vocab_size": 17,
            "max_position_embeddings": 16,
            "attention_types": [[["global", "local"], 1]],
            "window_size": 3,
        },
    ),
}


def family(name: str, seed: int = 1) -> Any:
    """A tiny model of a family, every weight, gain and bias alive."""
    kind, options = FAMILIES[name]
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **options)).eval()
    spread(model, seed)
    return model


def spread(model: torch.nn.Module, seed: int) -> None:
    """Give every weight, gain and bias a random value that matters."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            gain = name.endswith(("ln1.w", "ln2.w", "ln_final.w")) or GAIN.search(name)
            weight.copy_(torch.randn_like(weight) * 0.3 + (1 if gain else 0))


def gpt2(tied: bool = True) -> GPT2LMHeadModel:
    """A GPT-2 of two layers with three heads."""
    config = GPT2Config(
        n_layer=2, n_head=3, n_embd=12, n_inner=20, vocab_size=17, n_positions=9, tie_word_embeddings=tied
    )
    model = GPT2LMHeadModel(config).eval()
    spread(model, 1)
    return model


def lens(name: str, **changes: Any) -> HookedTransformer:
    """A TransformerLens model of two layers with three heads."""
    asked: dict[str, Any] = LENSES[name] | changes
    config = HookedTransformerConfig(
        n_layers=2, n_heads=3, d_model=14, d_head=4, d_mlp=20, d_vocab=17, n_ctx=9, act_fn="gelu_new", **asked
    )
    model = HookedTransformer(config).eval()
    spread(model, 2)
    if name == "lens-heads":
        with torch.no_grad():
            for part, weight in model.named_parameters():
                if ".b_" in part:
                    weight.zero_()
    return model
