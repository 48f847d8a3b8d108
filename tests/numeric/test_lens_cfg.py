"""TransformerLens's cfg says what weights do not: what of it is read, refused or harmless; and without it."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ovlearn.numeric import GPT, Transformer, checkpoints

from .answers import LENSES, Weights, close, recorded, state


def cfg(name: str = "lens-gpt", **changes: Any) -> dict[str, Any]:
    """As HookedTransformerConfig.to_dict() of TransformerLens 3.9 writes it."""
    sizes = {"n_layers": 2, "n_heads": 3, "d_model": 14, "d_head": 4, "d_mlp": 20, "d_vocab": 17, "n_ctx": 9}
    forms = {
        "lens-gpt": {"attn_only": False, "normalization_type": "LN"},
        "lens-heads-norm": {"attn_only": True, "normalization_type": "LN"},
        "lens-heads": {"attn_only": True, "normalization_type": None},
    }[name]
    off = {
        **{
            "act_fn": "gelu_new",
            "eps": 1e-5,
            "attention_dir": "causal",
            "positional_embedding_type": "standard",
        },
        **{"use_attn_scale": True, "attn_scale": 2.0, "scale_attn_by_inverse_layer_idx": False},
        **{"use_local_attn": False, "window_size": None, "attn_types": None, "parallel_attn_mlp": False},
        **{"final_rms": False, "uses_rms_norm": False, "gated_mlp": False, "use_qk_norm": False},
        **{"post_embedding_ln": False, "use_normalization_before_and_after": False, "d_vocab_out": 17},
        **{"attn_scores_soft_cap": -1.0, "output_logits_soft_cap": -1.0, "n_key_value_heads": None},
        **{"num_experts": None, "experts_per_token": None, "relative_attention_max_distance": None},
        **{
            "relative_attention_num_buckets": None,
            "load_in_4bit": False,
            "rotary_dim": None,
            "rotary_base": 10000,
        },
        **{
            "rotary_adjacent_pairs": False,
            "model_name": "custom",
            "device": "cpu",
            "n_devices": 1,
            "seed": 7,
        },
        **{"initializer_range": 0.2, "init_weights": True, "init_mode": "gpt2", "dtype": "torch.float32"},
        **{"use_attn_result": False, "use_hook_tokens": False, "default_prepend_bos": True, "n_params": 3456},
        **{"tokenizer_name": None, "from_checkpoint": False, "tie_word_embeddings": False},
    }
    return {**sizes, **forms, **off, **changes}


@pytest.mark.parametrize("name", LENSES)
@pytest.mark.parametrize("form", [dict, lambda said: SimpleNamespace(**said)])
def test_a_cfg_says_the_same_of_the_recorded_models(name: str, form: Any) -> None:
    model, answers = checkpoints.from_transformer_lens(state(name), form(cfg(name))), recorded(name)
    assert type(model) is (Transformer if name == "lens-heads" else GPT)
    assert close(model.run(answers["tokens"]).logits, answers["logits"])


def test_what_a_cfg_says_and_weights_do_not() -> None:
    given = state("lens-gpt")
    model = checkpoints.from_transformer_lens(
        given, cfg(act_fn="relu", eps=0.25, attention_dir="bidirectional")
    )
    assert isinstance(model, GPT)
    assert (model.activation, model.eps, model.config.causal) == ("relu", 0.25, False)
    assert checkpoints.from_transformer_lens(given, cfg(act_fn="gelu_pytorch_tanh")).activation == "gelu_new"  # type: ignore[attr-defined]
    folded = state("lens-gpt", "folded")
    half = {name: value.astype(np.float16) for name, value in folded.items()}
    for weights in (folded, half):
        read = checkpoints.from_transformer_lens(weights, cfg(normalization_type="LNPre"))
        assert read.normalization == "LNPre"  # type: ignore[attr-defined]
    without = {name: value for name, value in state("lens-heads").items() if "mask" not in name}
    assert checkpoints.from_transformer_lens(without, cfg("lens-heads")).config.n_ctx == 9


def test_a_cfg_and_weights_that_contradict_each_other_are_refused() -> None:
    unplaced = {name: value for name, value in state("lens-heads").items() if "pos" not in name}
    with pytest.raises(ValueError, match=r"^state_dict: expected pos_embed\.W_pos, as .*, got none$"):
        checkpoints.from_transformer_lens(unplaced, cfg("lens-heads"))
    unsaid = {name: value for name, value in cfg().items() if name != "act_fn"}
    with pytest.raises(ValueError, match=r"^cfg, act_fn: expected 'gelu_new' or .*, got none$"):
        checkpoints.from_transformer_lens(state("lens-gpt"), unsaid)


@pytest.mark.parametrize("odd", [1, 0, "yes", 1.0, np.True_, np.ones(2), []])
def test_what_is_no_bool_does_not_say_that_there_are_heads_alone(odd: object) -> None:
    with pytest.raises(ValueError, match=r"^cfg, attn_only: expected True or False or None, got "):
        checkpoints.from_transformer_lens(state("lens-gpt"), cfg(attn_only=odd))


@pytest.mark.parametrize("name", ["n_layers", "n_heads", "d_model", "d_head", "d_vocab", "n_ctx", "d_mlp"])
@pytest.mark.parametrize("odd", [True, 0, -2, 10**30, 2.5, "2", np.ones(2), [3], np.array(3), {}])
def test_sizes_that_are_none_are_refused_in_words(name: str, odd: object) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^[\w, ]+(\.\w+)?: expected .+, got "):
        checkpoints.from_transformer_lens(state("lens-gpt"), cfg(**{name: odd}))


def test_sizes_and_scales_of_numpy_are_as_good_as_any() -> None:
    names = ("n_layers", "n_heads", "d_model", "d_head", "d_vocab", "n_ctx", "d_mlp", "d_vocab_out")
    numpys = {name: np.int64(cfg()[name]) for name in names}
    model = checkpoints.from_transformer_lens(state("lens-gpt"), cfg(**numpys, attn_scale=np.float32(2)))
    assert model.config.d_vocab == 17


@pytest.mark.parametrize("nothing", [{}, SimpleNamespace(), type("Said", (), {"act_fn": "relu"})()])
def test_a_cfg_that_says_nothing_is_none(nothing: object) -> None:
    with pytest.raises(TypeError, match=r"^cfg: expected TransformerLens's cfg, or its to_dict\(\), got "):
        checkpoints.from_transformer_lens(state("lens-heads"), nothing)


def test_a_ragged_tensor_is_refused_in_words() -> None:
    for name in ("embed.W_E", "blocks.0.mlp.W_in", "pos_embed.W_pos"):
        with pytest.raises(ValueError, match=rf"^state_dict, {name}: expected rows of equal length, got "):
            checkpoints.from_transformer_lens({**state("lens-gpt"), name: [[1.0], [1.0, 2.0]]})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"positional_embedding_type": "shortformer"}, "positional_embedding_type: expected 'standard'"),
        ({"positional_embedding_type": "rotary"}, "positional_embedding_type: expected 'standard'"),
        ({"positional_embedding_type": "alibi"}, "positional_embedding_type: expected 'standard'"),
        ({"positional_embedding_type": None}, "positional_embedding_type: expected 'standard'"),
        ({"normalization_type": "RMS"}, "normalization_type: expected 'LN' or 'LNPre' or None, got 'RMS'"),
        ({"normalization_type": "RMSPre"}, "normalization_type: expected 'LN' or 'LNPre' or None"),
        ({"normalization_type": ["LN"]}, "normalization_type: expected 'LN' or 'LNPre' or None"),
        ({"uses_rms_norm": True}, "uses_rms_norm: expected False: no other is built, got True"),
        ({"final_rms": True}, "final_rms: expected False: no other is built, got True"),
        ({"use_attn_scale": False}, "use_attn_scale: expected True: no other is built, got False"),
        ({"attn_scale": 1.0}, "attn_scale: expected the root of d_head = 4: no other is built, got 1.0"),
        ({"attn_scale": "2"}, "attn_scale: expected the root of d_head = 4: no other is built, got '2'"),
        ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx: expected False"),
        ({"use_local_attn": True, "window_size": 4}, "use_local_attn: expected False"),
        (
            {"attention_dir": "sideways"},
            "attention_dir: expected 'causal' or 'bidirectional', got 'sideways'",
        ),
        ({"parallel_attn_mlp": True}, "parallel_attn_mlp: expected False"),
        ({"attn_scores_soft_cap": 50.0}, "attn_scores_soft_cap: expected None: no other is built, got 50.0"),
        ({"output_logits_soft_cap": 30}, "output_logits_soft_cap: expected None: no other is built, got 30"),
        ({"gated_mlp": True}, "gated_mlp: expected False"),
        ({"gated_mlp": 1}, "gated_mlp: expected False: no other is built, got 1"),
        ({"use_qk_norm": True}, "use_qk_norm: expected False"),
        ({"post_embedding_ln": True}, "post_embedding_ln: expected False"),
        ({"use_normalization_before_and_after": True}, "use_normalization_before_and_after: expected False"),
        ({"n_key_value_heads": 1}, "n_key_value_heads: expected n_heads = 3: no other is built, got 1"),
        ({"num_experts": 8}, "num_experts: expected None: no other is built, got 8"),
        ({"load_in_4bit": True}, "load_in_4bit: expected False"),
        ({"act_fn": "silu"}, "act_fn: expected 'gelu_new' or 'gelu_pytorch_tanh' or 'relu', got 'silu'"),
        ({"act_fn": "gelu"}, "act_fn: expected 'gelu_new' or 'gelu_pytorch_tanh' or 'relu', got 'gelu'"),
        ({"act_fn": "solu_ln"}, "act_fn: expected 'gelu_new' or"),
        ({"act_fn": None}, "act_fn: expected 'gelu_new' or"),
        ({"d_vocab_out": 5}, "d_vocab_out: expected d_vocab = 17: no other is built, got 5"),
        ({"sliding": 7}, "sliding: expected nothing by a name that is not known here, got 7"),
        ({"sliding": "yes"}, "sliding: expected nothing by a name that is not known here, got 'yes'"),
        ({"d_model": 15}, "d_model: expected 14, as the weights have it, got 15"),
        ({"n_layers": 3}, "n_layers: expected 2, as the weights have it, got 3"),
        ({"d_mlp": 56}, "d_mlp: expected 20, as the weights have it, got 56"),
        ({"attn_only": True}, "d_mlp: expected 20, as the weights have it, got 0"),
    ],
)
def test_a_cfg_that_is_not_understood(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^cfg, {re.escape(message)}"):
        checkpoints.from_transformer_lens(state("lens-gpt"), cfg(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        *({"n_key_value_heads": 3}, {"sliding": None}, {"sliding": False}, {"attn_scale": -1.0}),
        *({"seed": None}, {"window_size": 4}, {"rotary_base": 5000}, {"d_vocab_out": -1}),
        {"attn_scores_soft_cap": None},
    ],
)
def test_a_cfg_that_asks_for_nothing(changes: dict[str, Any]) -> None:
    model = checkpoints.from_transformer_lens(state("lens-gpt"), cfg(**changes))
    assert close(model.run(recorded("lens-gpt")["tokens"]).logits, recorded("lens-gpt")["logits"])


def test_a_cfg_and_the_weights_must_agree_on_norms() -> None:
    with pytest.raises(
        ValueError, match=r"^state_dict: expected gains and shifts, as normalization is 'LN', got none"
    ):
        checkpoints.from_transformer_lens(state("lens-gpt", "folded"), cfg())
    with pytest.raises(
        ValueError, match=r'^normalization: expected "LN" or "RMS", as gains are given, got None'
    ):
        checkpoints.from_transformer_lens(state("lens-gpt"), cfg(normalization_type=None))


@pytest.mark.parametrize("value", [3, "cfg", [("d_model", 3)], SimpleNamespace])
def test_what_is_no_cfg(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^cfg: expected TransformerLens's cfg, or its to_dict\(\), got"):
        checkpoints.from_transformer_lens(state("lens-gpt"), value)


@pytest.mark.parametrize(
    "other", [{"eps": 1e-5}, {"n_ctx": 9}, {"normalization": None}, {"activation": "relu"}]
)
def test_a_cfg_stands_alone(other: dict[str, Any]) -> None:
    with pytest.raises(
        ValueError, match=r"^cfg: expected alone, as it says the others, got others beside it$"
    ):
        checkpoints.from_transformer_lens(state("lens-gpt"), cfg(), **other)


def renamed(given: Weights) -> Weights:
    return {name.replace("attn.W_Q", "attn.q.weight"): value for name, value in given.items()}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda given: {name: value for name, value in given.items() if name != "blocks.1.ln1.b"},
            "state_dict: expected layer norms with gain and shift, got blocks.1.ln1.w without blocks.1.ln1.b",
        ),
        (
            lambda given: {name: value for name, value in given.items() if name != "ln_final.b"},
            "state_dict: expected layer norms with gain and shift, got ln_final.w without ln_final.b, as RMS",
        ),
        (
            lambda given: given | {"blocks.0.attn.rotary_sin": np.ones((9, 4))},
            "state_dict: expected positions that are added to the stream, got rotary ones",
        ),
        (
            lambda given: given | {"blocks.1.attn._W_K": np.ones((1, 14, 4))},
            "state_dict: expected keys and values of each head, got grouped ones: it has blocks.1.attn._W_K",
        ),
        (
            lambda given: given | {"blocks.1.mlp.W_gate": np.ones((14, 20))},
            "state_dict: expected MLPs of two weights, got gated ones: it has blocks.1.mlp.W_gate",
        ),
        (
            renamed,
            "state_dict: expected that of a HookedTransformer, as .*, got one of a TransformerBridge: it has",
        ),
        (
            lambda given: given | {"blocks.0.attn._original_component.bias": np.ones(3)},
            "state_dict: expected that of a HookedTransformer, as .*, got one of a TransformerBridge: it has",
        ),
        (
            lambda given: given | {"blocks.1.attn.mask": np.tri(9) * np.tri(9, k=3).T},
            "state_dict, blocks.1.attn.mask: expected a mask of all later positions, got another",
        ),
        (
            lambda given: given | {"blocks.1.attn.mask": np.ones((9, 9))},
            "state_dict, blocks.1.attn.mask: expected a mask of all later positions",
        ),
    ],
)
def test_what_a_state_dict_gives_away(change: Callable[[Weights], Weights], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        checkpoints.from_transformer_lens(change(state("lens-gpt")))


@pytest.mark.parametrize("name", LENSES[:2])
def test_folded_weights_in_half_precision_are_not_taken_for_others(name: str) -> None:
    """Rounding leaves what writes a small mean: not LNPre for sure, and not without layer norm either."""
    folded, answers = state(name, "folded"), recorded(name)
    half = {key: value.astype(np.float16) if "mask" not in key else value for key, value in folded.items()}
    again = {key: value.astype(np.float32) for key, value in half.items()}
    bare = checkpoints.from_transformer_lens(folded).run(answers["tokens"]).logits
    for given in (half, again):
        with pytest.raises(
            ValueError, match=r"^normalization: expected to be given, 'LNPre' or None, got means over"
        ):
            checkpoints.from_transformer_lens(given)
        told = checkpoints.from_transformer_lens(given, normalization="LNPre").run(answers["tokens"]).logits
        assert np.abs(told - bare).max() < 0.1


def test_what_a_state_dict_cannot_say_is_listed() -> None:
    listed = " ".join(checkpoints.NOT_IN_A_STATE_DICT)
    for word in (
        "activation",
        "eps",
        "folded",
        "√d_head",
        "positions",
        "causal",
        "local",
        "side by side",
        "capped",
    ):
        assert word in listed
