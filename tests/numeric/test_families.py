"""Every family of language models: what its config may ask for, what is refused, and what stays true."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ovlearn.numeric import GPT, checkpoints, circuits, detect

from .answers import FIXTURES, FOLDERS, close, recorded

Config = dict[str, Any]


def changed(name: str, to: Path, change: Callable[[Config], Config]) -> Path:
    """A fixture's folder with another config."""
    folder = to / name
    shutil.copytree(FIXTURES / name, folder)
    file = folder / "config.json"
    file.write_text(json.dumps(change(json.loads(file.read_text()))))
    return folder


def without(config: Config, *names: str, **more: Any) -> Config:
    return {name: value for name, value in config.items() if name not in names} | more


def softmax(logits: Any) -> Any:
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# What older versions of transformers wrote for the same.
OLDER: dict[str, Callable[[Config], Config]] = {
    "llama": lambda config: without(config, "rope_parameters", rope_theta=10_000.0, rope_scaling=None),
    "llama-slowed": lambda config: without(
        config,
        "rope_parameters",
        rope_theta=config["rope_parameters"]["rope_theta"],
        rope_scaling=without(config["rope_parameters"], "rope_theta"),
    ),
    "mistral": lambda config: without(config, "rope_parameters", torch_dtype="bfloat16", rope_theta=10_000.0),
    "qwen2-windows": lambda config: without(config, "rope_parameters", "layer_types"),
    "gpt_neox": lambda config: without(config, "rope_parameters", rotary_pct=0.5, rotary_emb_base=50),
    "gpt_neo": lambda config: without(config, "attention_types", attention_layers=["global", "local"]),
}
# What says no more than its family takes for granted.
BY_DEFAULT = {
    "gpt2": ("layer_norm_epsilon", "activation_function", "tie_word_embeddings", "scale_attn_weights"),
    "llama": ("rope_parameters", "rms_norm_eps", "hidden_act", "head_dim", "tie_word_embeddings"),
    "mistral-whole": ("rope_parameters", "rms_norm_eps", "hidden_act", "head_dim"),
    "qwen2": ("rope_parameters", "use_sliding_window", "layer_types", "max_window_layers", "sliding_window"),
    "qwen3": ("rope_parameters", "attention_bias", "layer_types", "rms_norm_eps"),
    "gpt_neox": ("use_parallel_residual", "layer_norm_eps", "hidden_act", "attention_bias"),
    "gpt_neo": ("attention_layers", "intermediate_size", "layer_norm_epsilon", "activation_function"),
}


@pytest.mark.parametrize("name", OLDER)
def test_an_older_config_says_the_same(name: str, tmp_path: Path) -> None:
    answers = recorded(name)
    run = checkpoints.load(changed(name, tmp_path, OLDER[name])).run(answers["tokens"])
    assert close(run.logits, answers["logits"])


@pytest.mark.parametrize("name", BY_DEFAULT)
def test_what_is_left_out_is_what_the_family_takes_for_granted(name: str, tmp_path: Path) -> None:
    answers = recorded(name)
    for number, gone in enumerate([*([one] for one in BY_DEFAULT[name]), BY_DEFAULT[name]]):
        folder = changed(name, tmp_path / str(number), lambda config, gone=gone: without(config, *gone))
        assert close(checkpoints.load(folder).run(answers["tokens"]).logits, answers["logits"]), gone


# An option, in a family, that is unknown or asks for what is not built; and what is said of it.
REFUSED: list[tuple[str, Callable[[Config], Config], str]] = [
    ("llama", lambda c: c | {"use_lasers": True}, "config.json, use_lasers: expected no such option"),
    (
        "llama",
        lambda c: c | {"pretraining_tp": 2},
        "config.json, pretraining_tp: expected 1: no other is built",
    ),
    ("llama", lambda c: c | {"hidden_act": "mish"}, "config.json, hidden_act: expected 'gelu_new' or"),
    (
        "llama",
        lambda c: c | {"rope_parameters": {"rope_type": "yarn", "factor": 2.0}},
        "config.json, rope_param",
    ),
    (
        "llama",
        lambda c: c | {"rope_parameters": {"rope_theta": 9.0, "mscale": 1.0}},
        "config.json, rope_parameters, ms",
    ),
    ("llama", lambda c: c | {"rope_parameters": [1]}, "config.json, rope_parameters: expected an object"),
    (
        "llama",
        lambda c: without(c, "intermediate_size"),
        "config.json, intermediate_size: expected a whole number",
    ),
    (
        "llama",
        lambda c: c | {"num_key_value_heads": 4},
        "llama, model.layers.0.self_attn.k_proj.weight: expected shape (16, 24), got (8, 24)",
    ),
    ("llama", lambda c: c | {"model_type": "mamba"}, "config.json, model_type: expected 'gpt2' or 'llama'"),
    (
        "llama",
        lambda c: c | {"attention_bias": True},
        "llama: expected a tensor model.layers.0.self_attn.q_proj.bias",
    ),
    (
        "llama-biased",
        lambda c: c | {"attention_bias": False},
        "llama-biased: expected no other tensor, got model",
    ),
    (
        "llama-slowed",
        lambda c: c | {"rope_parameters": c["rope_parameters"] | {"factor": None}},
        "config.json, rope_p",
    ),
    ("qwen2", lambda c: c | {"layer_types": ["chunked_attention"] * 3}, "config.json, layer_types: expected"),
    (
        "gpt_neox",
        lambda c: c | {"rope_parameters": {"partial_rotary_factor": 0.3}},
        "config.json, rotary_pct: exp",
    ),
    (
        "gpt_neo",
        lambda c: without(c, "attention_layers", attention_types=[[["local"], 1]]),
        "config.json, attention_types: expected",
    ),
]


@pytest.mark.parametrize(("name", "change", "says"), REFUSED, ids=[says for *_, says in REFUSED])
def test_what_is_not_understood_is_refused(
    name: str, change: Callable[[Config], Config], says: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        checkpoints.load(changed(name, tmp_path, change))
    assert str(caught.value).startswith(says)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_tensor_too_many_and_one_too_few(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(FIXTURES / name, folder)
    file = folder / "model.safetensors"
    weights = load_file(file)
    save_file(weights | {"adapter.weight": np.ones((2, 2), np.float32)}, file)
    with pytest.raises(
        ValueError, match=rf"^{name}: expected no other tensor, got adapter.weight \(1 in all\)$"
    ):
        checkpoints.load(folder)
    for gone in weights:
        save_file({key: value for key, value in weights.items() if key != gone}, file)
        with pytest.raises(ValueError, match=rf"^{name}: expected a tensor .* of shape .*, got none$"):
            checkpoints.load(folder)


@pytest.mark.parametrize("name", FOLDERS)
def test_folding_keeps_the_softmax_and_the_patterns(name: str) -> None:
    model, tokens = checkpoints.load(FIXTURES / name), recorded(name)["tokens"]
    run, folded = model.run(tokens), model.folded().run(tokens)
    assert np.abs(softmax(run.logits) - softmax(folded.logits)).max() < 1e-5
    assert np.abs(run.pattern - folded.pattern).max() < 1e-5
    assert folded.model.folded().normalization in ("LNPre", "RMSPre")


@pytest.mark.parametrize("name", FOLDERS)
def test_activations_have_an_axis_of_query_heads(name: str) -> None:
    model, tokens = checkpoints.load(FIXTURES / name), recorded(name)["tokens"]
    run, heads = model.run(tokens), model.config.n_heads
    for part in ("q", "k", "v", "z", "head_out", "pattern", "scores"):
        assert getattr(run, part).shape[2] == heads, part
    assert np.abs(run.pattern.sum(axis=-1) - 1).max() < 1e-5
    assert (
        detect.previous_token(run).shape
        == circuits.copying_score(model).shape
        == (run.pattern.shape[0], heads)
    )


@pytest.mark.parametrize("name", ["mistral", "qwen2-windows", "gpt_neo"])
def test_a_window_hides_what_lies_before_it(name: str) -> None:
    model = checkpoints.load(FIXTURES / name)
    run = model.run(recorded(name)["tokens"])
    assert isinstance(model, GPT)
    assert model.windows is not None
    for layer, width in enumerate(model.windows):
        hidden = np.tri(6, k=-(width or 6), dtype=bool)
        assert not run.pattern[layer][..., hidden].any()
        assert (run.pattern[layer][..., np.tri(6, dtype=bool) & ~hidden] > 0).all()


@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize("name", FOLDERS)
def test_the_shares_of_parts_are_all_of_the_logits(name: str, folded: bool) -> None:
    model = checkpoints.load(FIXTURES / name)
    card = checkpoints.logit_attribution(model.folded() if folded else model, recorded(name)["tokens"])
    assert sum(card.shares.values()) == pytest.approx(1, abs=1e-4)
