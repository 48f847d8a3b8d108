"""A network with layer norm, biases and MLPs: against sums written out, and what folding keeps."""

from __future__ import annotations

from dataclasses import fields, replace
from math import sqrt, tanh
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlearn.numeric import GPT, Config, Rotary, Transformer, circuits, detect, paths

from .cases import TOKENS, assert_raises, make_config, make_model, quick

NORMS = ("LN", "LNPre", None)


def make_gpt(seed: int = 0, d_mlp: int = 11, normalization: Any = "LN", **changes: Any) -> GPT:
    model = GPT.random(make_config(**changes), seed, d_mlp)
    if normalization == "LN":
        return model
    norms = [field.name for field in fields(GPT) if field.name.startswith("ln")]
    return replace(model, normalization=normalization, **dict.fromkeys(norms))


def softmax(logits: Any) -> Any:
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


@st.composite
def gpts(draw: st.DrawFn) -> GPT:
    sizes = {"n_layers": draw(st.integers(0, 3)), "n_heads": draw(st.integers(1, 3))}
    flags = {"positional": draw(st.booleans()), "causal": draw(st.booleans())}
    d_mlp, norm = draw(st.sampled_from([0, 1, 11])), draw(st.sampled_from(NORMS))
    return make_gpt(draw(st.integers(0, 99)), d_mlp, norm, **sizes, **flags)


def test_the_forward_pass_written_out() -> None:
    """Number by number, from the equations of GPT-2."""
    model = make_gpt(n_layers=1, n_heads=2, positional=True)
    config = model.config

    def norm(x: Any, gain: Any, shift: Any) -> Any:
        mean = sum(x) / len(x)
        scale = sqrt(sum((value - mean) ** 2 for value in x) / len(x) + model.eps)
        return np.array([(value - mean) / scale * g + s for value, g, s in zip(x, gain, shift, strict=True)])

    stream = [model.W_E[token] + model.W_pos[pos] for pos, token in enumerate(TOKENS)]  # type: ignore[index]
    read = [norm(x, model.ln1_w[0], model.ln1_b[0]) for x in stream]
    after = []
    for i in range(len(TOKENS)):
        total = stream[i] + model.b_O[0]
        for h in range(2):
            query = read[i] @ model.W_Q[0, h] + model.b_Q[0, h]
            keys = [read[j] @ model.W_K[0, h] + model.b_K[0, h] for j in range(i + 1)]
            weights = softmax(np.array([query @ key / sqrt(config.d_head) for key in keys]))
            values = [read[j] @ model.W_V[0, h] + model.b_V[0, h] for j in range(i + 1)]
            total = total + sum(w * v for w, v in zip(weights, values, strict=True)) @ model.W_O[0, h]
        hidden = norm(total, model.ln2_w[0], model.ln2_b[0]) @ model.W_in[0] + model.b_in[0]  # type: ignore[index]
        ramp = [0.5 * x * (1 + tanh(sqrt(2 / np.pi) * (x + 0.044715 * x**3))) for x in hidden]
        after.append(total + np.array(ramp) @ model.W_out[0] + model.b_out[0])  # type: ignore[index]
    logits = [norm(x, model.ln_final_w, model.ln_final_b) @ model.W_U + model.b_U for x in after]
    assert np.allclose(model.run(TOKENS).logits, logits, rtol=1e-12, atol=1e-12)


@quick
@given(gpts())
def test_folding_keeps_the_softmax_and_the_patterns(model: GPT) -> None:
    folded = model.folded()
    before, after = model.run(TOKENS), folded.run(TOKENS)
    assert np.allclose(softmax(before.logits), softmax(after.logits), atol=1e-12)
    assert np.allclose(before.pattern, after.pattern, atol=1e-12)
    assert not folded.b_V.any()
    if model.normalization is not None:
        assert folded.normalization == "LNPre"
        assert folded.ln1_w is None
        for name in ("W_E", "W_O", "b_O", "W_U", "b_U"):
            assert np.abs(getattr(folded, name).mean(axis=-1)).max(initial=0) < 1e-12, name
        for name in ("W_Q", "W_K", "W_V", "W_U"):
            assert np.abs(getattr(folded, name).mean(axis=-2)).max(initial=0) < 1e-12, name
    assert np.allclose(softmax(folded.folded().run(TOKENS).logits), softmax(after.logits), atol=1e-12)


@quick
@given(gpts())
def test_the_stream_is_the_sum_of_what_is_written(model: GPT) -> None:
    run = model.run(TOKENS)
    assert run.resid_mid is not None
    assert np.allclose(run.resid_mid, run.resid_pre + run.head_out.sum(axis=-3) + model.b_O[:, None])
    written = 0 if run.mlp_out is None else run.mlp_out
    assert np.allclose(run.resid_post, run.resid_mid + written)
    assert (run.mlp_out is None) == (model.W_in is None)


@quick
@given(
    gpts(),
    st.sets(st.sampled_from(["resid_pre", "q", "pattern", "z", "head_out", "resid_mid", "resid_post"])),
)
def test_a_run_keeps_what_it_is_told_to(model: GPT, names: set[str]) -> None:
    whole, part = model.run(TOKENS), model.run(TOKENS, record=names)
    for field in fields(part):
        value = getattr(part, field.name)
        if field.name in names or field.name in ("tokens", "embedding", "resid_final", "logits"):
            assert np.array_equal(value, getattr(whole, field.name))
        elif field.name != "model":
            assert value is None


def test_a_gpt_without_anything_more_is_a_transformer() -> None:
    plain = make_model()
    names = ("W_E", "W_Q", "W_K", "W_V", "W_O", "W_U")
    bare = GPT(plain.config, **{name: getattr(plain, name) for name in names}, normalization=None)
    assert bare.heads_alone
    run = bare.run(TOKENS)
    assert np.allclose(run.logits, plain.run(TOKENS).logits)
    assert np.allclose(paths.by_order(run).sum(axis=0), run.logits)
    assert np.allclose(run.frozen().run().logits, run.logits)
    assert plain.folded() is plain


@pytest.mark.parametrize("change", [{"normalization": "LNPre"}, {"d_mlp": 0}, {}])
def test_what_is_not_linear_has_no_paths(change: dict[str, Any]) -> None:
    run = make_gpt(**change).run(TOKENS)
    message = (
        "run: expected one of a network of attention heads alone, got one with a norm, MLPs or biases: "
        "even with its patterns held constant it is not linear, so its paths do not sum to its logits"
    )
    for call in (run.frozen, lambda: paths.by_order(run), lambda: paths.by_passes(run)):
        assert_raises(ValueError, message, call)
    assert_raises(ValueError, message, paths.contribution, run, ((0, 0),))


def test_patterns_and_circuits_are_those_of_any_model() -> None:
    model = make_gpt()
    assert detect.previous_token(model.run(TOKENS)).shape == (2, 3)
    assert circuits.copying_score(model).shape == (2, 3)
    assert np.allclose(
        circuits.full_ov(model, 1, 2).AB, model.W_E @ model.W_V[1, 2] @ model.W_O[1, 2] @ model.W_U
    )


def test_random_is_the_same_again() -> None:
    one, two, other = make_gpt(1), make_gpt(1), make_gpt(2)
    assert np.array_equal(one.W_in, two.W_in)  # type: ignore[arg-type]
    assert not np.array_equal(one.W_in, other.W_in)  # type: ignore[arg-type]
    assert one.W_in is not None
    assert GPT.random(Config(1, 1, 4, 2, 5, 3)).W_in.shape == (1, 4, 16)  # type: ignore[union-attr]
    assert repr(one).startswith("GPT(Config(")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"activation": "swish"}, "activation: expected gelu_new or gelu or relu or silu, got 'swish'"),
        (
            {"normalization": "L2"},
            'normalization: expected "LN", "LNPre", "RMS", "RMSPre" or None, got \'L2\'',
        ),
        ({"normalization": None}, 'normalization: expected "LN" or "RMS", as gains are given, got None'),
        ({"eps": 0.0}, "eps: expected a number above 0, got 0.0"),
        ({"eps": np.inf}, "eps: expected a number above 0, got inf"),
        ({"eps": np.nan}, "eps: expected a number above 0, got nan"),
        ({"activation": ["relu"]}, "activation: expected gelu_new or gelu or relu or silu, got ['relu']"),
        ({"activation": None}, "activation: expected gelu_new or gelu or relu or silu, got None"),
        (
            {"normalization": ["LN"]},
            'normalization: expected "LN", "LNPre", "RMS", "RMSPre" or None, got [\'LN\']',
        ),
        ({"W_out": None}, "W_in, W_out: expected both or neither, got one of them"),
        ({"W_in": 1.0}, "W_in: expected shape [layer, d_model, d_mlp], got shape ()"),
        ({"W_in": np.ones((2, 8))}, "W_in: expected shape [layer, d_model, d_mlp], got shape (2, 8)"),
        ({"W_in": np.ones((2, 8, 0))}, "W_in: expected shape [layer, d_model, d_mlp], got shape (2, 8, 0)"),
        (
            {"W_in": None, "W_out": None},
            "b_in: expected None, as there is no MLP: no W_in and W_out, got an array",
        ),
        ({"b_in": np.zeros(3)}, "b_in: expected shape (2, 11), got shape (3,)"),
        (
            {"ln1_w": np.full((2, 8), np.nan)},
            "ln1_w: expected finite numbers in float64, got nan at ln1_w[0, 0]",
        ),
    ],
)
def test_what_does_not_fit(change: dict[str, Any], message: str) -> None:
    assert_raises(ValueError, message, replace, make_gpt(), **change)


def test_relu_is_another_ramp() -> None:
    model = make_gpt()
    run, cut = model.run(TOKENS), replace(model, activation="relu").run(TOKENS)
    assert not np.allclose(run.logits, cut.logits)
    mid = cut.resid_mid[0]  # type: ignore[index]
    read = (mid - mid.mean(axis=-1, keepdims=True)) / model.norm_scale(mid) * model.ln2_w[0] + model.ln2_b[0]
    hidden = np.maximum(read @ model.W_in[0] + model.b_in[0], 0)  # type: ignore[index]
    assert np.allclose(cut.mlp_out[0], hidden @ model.W_out[0] + model.b_out[0])  # type: ignore[index]


@pytest.mark.parametrize("name", ["b_in", "b_out", "ln2_w", "ln2_b"])
def test_what_belongs_to_an_mlp_is_refused_without_one(name: str) -> None:
    model = make_gpt(d_mlp=0)
    message = f"{name}: expected None, as there is no MLP: no W_in and W_out, got an array"
    assert_raises(ValueError, message, replace, model, **{name: np.ones((2, 8))})
    assert getattr(model, name) is None
    assert getattr(make_gpt(), name) is not None


@pytest.mark.parametrize("eps", [1, np.float32(1e-5), np.float64(1e-3), np.int64(2)])
def test_an_eps_is_any_number_above_0(eps: Any) -> None:
    model = replace(make_gpt(), eps=eps)
    assert type(model.eps) is float
    assert model.eps == eps


@pytest.mark.parametrize("eps", [True, "1e-5", None, 1j])
def test_an_eps_that_is_no_number(eps: Any) -> None:
    with pytest.raises(TypeError, match=r"^eps: expected a number above 0, got "):
        replace(make_gpt(), eps=eps)


def test_random_mlps_keep_the_stream_of_order_one() -> None:
    config = Config(3, 2, 50, 7, 9, 6)
    model = GPT.random(config, seed=1, d_mlp=80)
    assert model.W_in is not None
    assert model.W_out is not None
    assert model.W_in.std() * sqrt(50) == pytest.approx(1, rel=0.05)
    assert model.W_out.std() * sqrt(80 * 3) == pytest.approx(1, rel=0.05)


def test_biases_and_mlps_are_more_than_heads() -> None:
    config = Config(2, 2, 8, 3, 7, 5)
    plain = {
        name: getattr(Transformer.random(config), name) for name in ("W_E", "W_Q", "W_K", "W_V", "W_O", "W_U")
    }
    alone = GPT(config, **plain, normalization=None)
    assert alone.heads_alone
    biased = replace(alone, b_Q=np.ones((2, 2, 3)))
    with_mlps = replace(alone, W_in=np.zeros((2, 8, 4)), W_out=np.zeros((2, 4, 8)))
    assert not biased.heads_alone
    assert not with_mlps.heads_alone


def test_rotary_positions_by_default() -> None:
    assert Rotary(width=4) == Rotary(width=4, base=10_000.0, slowed=())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_key_value_heads": 2}, "n_key_value_heads: expected a divisor of n_heads = 3, got 2"),
        ({"n_key_value_heads": 1}, "W_K: expected heads that are alike in each of 1 groups, got others"),
        ({"windows": (3,)}, "windows: expected one for each of 2 layers, got 1"),
        ({"windows": (3, 0)}, "windows: expected a whole number of at least 1, got 0"),
        ({"rotary": Rotary(8)}, "rotary: expected a width of at most d_head = 5, got 8"),
        ({"attn_scale": 0}, "attn_scale: expected a number above 0, got 0"),
        ({"b_gate": 1}, "b_gate: expected None, as there is no W_gate, got an array"),
        ({"W_gate": np.ones((2, 9, 5))}, "W_gate: expected shape"),
        ({"q_norm_w": np.ones((2, 5))}, "q_norm_w, k_norm_w: expected both or neither, got one of them"),
        ({"normalization": "RMS"}, "normalization: expected \"LN\", as shifts are given, got 'RMS'"),
    ],
)
def test_what_does_not_fit_a_language_model(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        replace(make_gpt(), **change)
    assert str(caught.value).startswith(message)


def test_heads_of_a_group_are_kept_once_each() -> None:
    model = make_gpt()
    shared = replace(
        model, W_K=model.W_K[:, :1], W_V=model.W_V[:, :1], b_K=None, b_V=None, n_key_value_heads=1
    )
    assert np.array_equal(shared.W_V[:, 1], model.W_V[:, 0])
    assert np.array_equal(replace(shared, eps=1e-6).W_V, shared.W_V)  # already with a head for each
