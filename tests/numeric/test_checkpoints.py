"""Weights of other libraries' models give those libraries' answers; what is wrong with a folder is said.

The answers were recorded by tests/oracles from transformers and TransformerLens.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ovlearn.numeric import GPT, Transformer, checkpoints, circuits, zoo

from .answers import FIXTURES, FOLDERS, LENSES, Weights, close, recorded, state
from .cases import make_model


def copied(name: str, to: Path) -> tuple[Path, Weights]:
    """A folder of one's own to damage, and its weights."""
    folder = to / "model"
    shutil.copytree(FIXTURES / name, folder)
    return folder, load_file(folder / "model.safetensors")


# The same answers.


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_says_what_transformers_says(name: str) -> None:
    model, answers = checkpoints.load(FIXTURES / name), recorded(name)
    run = model.run(answers["tokens"])
    assert isinstance(model, GPT)
    assert model.config.dtype == np.float32
    assert close(run.logits, answers["logits"])
    assert close(run.pattern, answers["pattern"])


def without_prefix(weights: Weights) -> Weights:
    return {key.removeprefix("transformer."): value for key, value in weights.items()}


def with_buffers(weights: Weights) -> Weights:
    mask = np.tri(9, dtype=np.float32)[None, None]
    buffers = {f"transformer.h.{layer}.attn.bias": mask for layer in (0, 1)}
    return (
        weights
        | buffers
        | {f"transformer.h.{layer}.attn.masked_bias": np.float32([-1e4]) for layer in (0, 1)}
    )


def with_tied_head(weights: Weights) -> Weights:
    return weights | {"lm_head.weight": weights["transformer.wte.weight"]}


@pytest.mark.parametrize("change", [without_prefix, with_buffers, with_tied_head])
def test_gpt2_in_other_spellings(change: Callable[[Weights], Weights], tmp_path: Path) -> None:
    folder, weights = copied("gpt2", tmp_path)
    save_file(change(weights), folder / "model.safetensors")
    answers = recorded("gpt2")
    assert close(checkpoints.load(str(folder)).run(answers["tokens"]).logits, answers["logits"])


def test_gpt2_in_parts_and_in_half_precision(tmp_path: Path) -> None:
    folder, weights = copied("gpt2", tmp_path)
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    parts = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for part, held in parts.items():
        save_file({name: weights[name].astype(np.float16) for name in held}, folder / part)
    listed = {name: part for part, held in parts.items() for name in held}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": listed}))
    model, answers = checkpoints.load(folder), recorded("gpt2")
    error = np.abs(model.run(answers["tokens"]).logits - answers["logits"]).max()
    assert 0 < error < 0.05  # of half precision
    assert np.array_equal(model.b_U, np.zeros(17))


@pytest.mark.parametrize("name", LENSES)
def test_a_state_dict_says_what_transformer_lens_says(name: str) -> None:
    model, answers = checkpoints.from_transformer_lens(state(name)), recorded(name)
    run = model.run(answers["tokens"])
    assert type(model) is (Transformer if name == "lens-heads" else GPT)
    assert close(run.logits, answers["logits"])
    assert close(run.pattern, answers["pattern"])


@pytest.mark.parametrize("name", LENSES[:2])
def test_folding_gives_the_weights_that_transformer_lens_gives(name: str) -> None:
    folded = checkpoints.from_transformer_lens(state(name)).folded()
    theirs = checkpoints.from_transformer_lens(state(name, "folded"))
    assert isinstance(folded, GPT)
    assert isinstance(theirs, GPT)
    assert theirs.normalization == folded.normalization == "LNPre"
    names = ["W_E", "W_pos", "W_U", "b_U", *(f"{letter}_{part}" for letter in "Wb" for part in "QKVO")]
    names += ["W_in", "b_in", "W_out", "b_out"] if name == "lens-gpt" else []
    for weight in names:
        assert close(getattr(folded, weight), getattr(theirs, weight)), weight
    tokens = recorded(name)["tokens"]
    assert close(folded.run(tokens).logits, theirs.run(tokens).logits)


@pytest.mark.parametrize("name", LENSES)
def test_circuits_are_those_of_transformer_lens(name: str) -> None:
    """TransformerLens centres W_U when it folds, and not before; without layer norm nothing is folded."""
    model, answers = checkpoints.from_transformer_lens(state(name)).folded(), recorded(name)
    whole = np.sort_complex(circuits.full_ov(model).eigenvalues)
    assert np.abs(whole - np.sort_complex(answers["eigenvalues"])).max() < 1e-5 * np.abs(whole).max()
    if name == "lens-heads":
        centred = replace(model, W_U=model.W_U - model.W_U.mean(axis=-1, keepdims=True))
        values = np.sort_complex(circuits.full_ov(centred).eigenvalues)
        scores = values.sum(axis=-1).real / np.abs(values).sum(axis=-1)
        assert np.abs(scores - answers["copying"]).max() > 0.01
    else:
        values, scores = whole, answers["copying"]
    ours = np.sort_complex(circuits.eigenvalues(model))
    assert np.abs(ours - values).max() < 1e-5 * np.abs(values).max()
    assert close(circuits.copying_score(model), scores)
    for kind in ("Q", "K", "V"):
        assert close(circuits.composition_scores(model, kind), answers[f"composition.{kind}"])  # type: ignore[arg-type]


def test_what_a_state_dict_does_not_say() -> None:
    given = state("lens-gpt", "folded")
    assert checkpoints.from_transformer_lens(given).normalization == "LNPre"  # type: ignore[attr-defined]
    assert checkpoints.from_transformer_lens(given, normalization=None).normalization is None  # type: ignore[attr-defined]
    without = {key: value for key, value in state("lens-heads").items() if "mask" not in key}
    assert checkpoints.from_transformer_lens(without).config.n_ctx == 9


# Logit attribution.


@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize("name", LENSES)
def test_the_shares_are_all_of_the_logits(name: str, folded: bool) -> None:
    model = checkpoints.from_transformer_lens(state(name))
    card = checkpoints.logit_attribution(model.folded() if folded else model, recorded(name)["tokens"])
    assert sum(card.shares.values()) == pytest.approx(1, abs=1e-5)
    assert ("MLPs" in card.shares) == (name == "lens-gpt")
    assert card.scales[0] <= card.scales[1] <= card.scales[2]
    assert (card.scales == (1, 1, 1)) == (name == "lens-heads")
    assert card.tokens == "the tokens given"
    assert "heads" in str(card)
    assert f"to W_U, which is what OV circuits tell of: {card.circuits:.1%}" in str(card)
    assert card._repr_html_().startswith("<p>of the logits")


def test_heads_that_write_nothing_have_no_share() -> None:
    given = state("lens-gpt")
    silent = {key: 0 * value if key.endswith(("W_O", "b_O")) else value for key, value in given.items()}
    card = checkpoints.logit_attribution(checkpoints.from_transformer_lens(silent), seed=3)
    assert card.shares["heads"] == 0
    assert card.tokens == "4 sequences of 9 random tokens, seed 3"


@pytest.mark.parametrize("name", LENSES)
def test_the_share_of_circuits_is_what_goes_from_embeddings_through_one_head(name: str) -> None:
    """Written out: each head alone, read through the pattern and the scales of the run."""
    model = checkpoints.from_transformer_lens(state(name)).folded()
    tokens = recorded(name)["tokens"]
    run = model.run(tokens)
    whole = run.logits - run.logits.mean(axis=-1, keepdims=True)
    total = np.zeros_like(whole)
    for text, layer, head in np.ndindex(len(tokens), 2, 3):
        table = circuits.full_ov(model, layer, head).AB  # [d_vocab, d_vocab]
        for query, key in zip(*np.tril_indices(tokens.shape[1]), strict=True):
            scale = 1.0
            if isinstance(model, GPT):
                scale = model.norm_scale(run.resid_pre[layer, text, key])[0]
                scale *= model.norm_scale(run.resid_final[text, query])[0]
            weight = run.pattern[layer, text, head, query, key] / scale
            total[text, query] += weight * table[tokens[text, key]]
    total -= total.mean(axis=-1, keepdims=True)
    share = (total * whole).sum() / (whole * whole).sum()
    card = checkpoints.logit_attribution(model, tokens)
    assert card.circuits == pytest.approx(share, abs=1e-5)
    assert abs(card.circuits - card.shares["heads"]) > 0.01


def test_heads_that_read_no_embedding_have_no_share_of_circuits() -> None:
    card = checkpoints.logit_attribution(zoo.load("two-back"))
    assert card.shares["heads"] == pytest.approx(1)
    assert card.circuits == 0


def test_no_shares_of_nothing() -> None:
    model = make_model()
    for W_U in (0 * model.W_U, np.repeat(model.W_U[:, :1], 7, axis=1)):  # no logits, and all alike
        with pytest.raises(
            ValueError, match=r"^model: expected logits that differ between tokens, got the same"
        ):
            checkpoints.logit_attribution(replace(model, W_U=W_U))


# Bad input: name, expectation, value.


def bad_folder(change: Callable[[Path, Weights], None], tmp_path: Path) -> str:
    folder, weights = copied("gpt2", tmp_path)
    change(folder, weights)
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        checkpoints.load(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def config_with(**changes: Any) -> Callable[[Path, Weights], None]:
    def change(folder: Path, weights: Weights) -> None:
        path = folder / "config.json"
        sizes = json.loads(path.read_text()) | changes
        path.write_text(json.dumps({key: value for key, value in sizes.items() if value is not ...}))

    return change


def weights_with(change: Callable[[Weights], Weights]) -> Callable[[Path, Weights], None]:
    return lambda folder, weights: save_file(change(weights), folder / "model.safetensors")


def cut(folder: Path, weights: Weights) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def pickled(folder: Path, weights: Weights) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def pointer(folder: Path, weights: Weights) -> None:
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 548105171\n"
    (folder / "model.safetensors").write_text(text)


def nan(weights: Weights) -> Weights:
    weights["transformer.wpe.weight"][2, 5] = np.nan
    return weights


PROJECTION = "transformer.h.1.attn.c_proj.weight"
FC = "transformer.h.0.mlp.c_fc.weight"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda folder, _: (folder / "config.json").unlink(),
            "path: expected a file config.json in the folder, got none",
        ),
        (
            lambda folder, _: (folder / "model.safetensors").unlink(),
            "path: expected a file model.safetensors in the folder, got none",
        ),
        (
            pickled,
            "path: expected a file model.safetensors in the folder, got pytorch_model.bin alone, "
            "and to read a pickle",
        ),
        (
            lambda folder, _: (folder / "config.json").write_text("{"),
            "config.json: expected JSON, got something else",
        ),
        (
            lambda folder, _: (folder / "config.json").write_text("[1]"),
            "config.json: expected an object, got [1] (list)",
        ),
        (config_with(model_type="bert"), "config.json, model_type: expected 'gpt2' or 'llama' or"),
        (config_with(n_head=...), "config.json, n_head: expected a whole number of at least 1, got none"),
        (
            config_with(n_head="3"),
            "config.json, n_head: expected a whole number of at least 1, got '3' (str)",
        ),
        (config_with(n_head=5), "config.json, n_embd: expected a multiple of n_head = 5, got 12"),
        (
            config_with(n_inner="a"),
            "config.json, n_inner: expected a whole number of at least 1, got 'a' (str)",
        ),
        (
            config_with(layer_norm_epsilon=None),
            "config.json, layer_norm_epsilon: expected a number above 0, got None (NoneType)",
        ),
        (
            config_with(layer_norm_epsilon="a"),
            "config.json, layer_norm_epsilon: expected a number above 0, got 'a' (str)",
        ),
        (
            config_with(layer_norm_epsilon=float("inf")),
            "config.json, layer_norm_epsilon: expected a number above 0, got inf (float)",
        ),
        (
            config_with(layer_norm_epsilon=0),
            "config.json, layer_norm_epsilon: expected a number above 0, got 0 (int)",
        ),
        (
            config_with(tie_word_embeddings=None),
            "config.json, tie_word_embeddings: expected true or false, got None (NoneType)",
        ),
        (
            config_with(tie_word_embeddings=False),
            "model: expected a tensor lm_head.weight of shape (17, 12), got none",
        ),
        (
            weights_with(lambda weights: weights | {"lm_head.weight": 2 * weights["transformer.wte.weight"]}),
            "model, lm_head.weight: expected a copy of the embedding, as tie_word_embeddings is true, got",
        ),
        (
            config_with(activation_function=["relu"]),
            "config.json, activation_function: expected 'gelu_new' or 'gelu_pytorch_tanh' or",
        ),
        (
            pointer,
            "model.safetensors: expected a whole safetensors file, got a pointer of git-lfs: `git lfs pull`",
        ),
        (config_with(activation_function="mish"), "config.json, activation_function: expected 'gelu_new' or"),
        (
            config_with(scale_attn_by_inverse_layer_idx=True),
            "config.json, scale_attn_by_inverse_layer_idx: expected false: no other is built, got True",
        ),
        (config_with(vocab_size=18), "model, transformer.wte.weight: expected shape (18, 12), got (17, 12)"),
        (
            config_with(n_layer=3),
            "model: expected a tensor transformer.h.2.attn.c_proj.weight of shape (12, 12), got none",
        ),
        (
            config_with(n_layer=1),
            "model: expected no other tensor, got transformer.h.1.attn.c_attn.bias (12 in all)",
        ),
        (cut, "model.safetensors: expected a whole safetensors file, got"),
        (weights_with(nan), "model, transformer.wpe.weight: expected finite numbers, got nan at [2, 5]"),
        (
            weights_with(lambda weights: weights | {FC: weights[FC].T.copy()}),
            f"model, {FC}: expected shape (12, 20), got (20, 12): it looks transposed",
        ),
        (
            weights_with(lambda weights: weights | {FC: weights[FC].astype(np.int32)}),
            f"model, {FC}: expected floating-point numbers, got dtype int32",
        ),
        (
            weights_with(lambda weights: weights | {"score.weight": weights[FC]}),
            "model: expected no other tensor, got score.weight (1 in all)",
        ),
        (
            weights_with(lambda weights: {key: value for key, value in weights.items() if key != PROJECTION}),
            f"model: expected a tensor {PROJECTION} of shape (12, 12), got none",
        ),
    ],
)
def test_a_bad_folder(change: Callable[[Path, Weights], None], message: str, tmp_path: Path) -> None:
    assert bad_folder(change, tmp_path).startswith(message)


def test_a_config_that_begins_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    folder, _ = copied("gpt2", tmp_path)
    path = folder / "config.json"
    path.write_text(path.read_text(), encoding="utf-8-sig")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert checkpoints.load(folder).config == checkpoints.load(FIXTURES / "gpt2").config


def test_a_part_that_is_missing(tmp_path: Path) -> None:
    folder, weights = copied("gpt2", tmp_path)
    (folder / "model.safetensors").rename(folder / "a.safetensors")
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": dict.fromkeys(weights, "b.safetensors")}))
    with pytest.raises(
        FileNotFoundError, match=r"^path: expected the part b.safetensors in the folder, got none$"
    ):
        checkpoints.load(folder)
    index.write_text(json.dumps({"weight_map": dict.fromkeys([*weights, "x"], "a.safetensors")}))
    with pytest.raises(
        ValueError, match=r"^a.safetensors: expected a tensor x, as model.*json says, got none$"
    ):
        checkpoints.load(folder)


@pytest.mark.parametrize(
    ("part", "shown"),
    [(1, "1 (int)"), (None, "None (NoneType)"), ("../a.safetensors", "'../a.safetensors' (str)")],
)
def test_a_part_that_is_no_file_of_the_folder(part: Any, shown: str, tmp_path: Path) -> None:
    folder, weights = copied("gpt2", tmp_path)
    shutil.copy(folder / "model.safetensors", tmp_path / "a.safetensors")
    (folder / "model.safetensors").unlink()
    index = folder / "model.safetensors.index.json"
    message = f"model.safetensors.index.json, weight_map: expected files in the folder, got {shown}"
    index.write_text(json.dumps({"weight_map": dict.fromkeys(weights, part)}))
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        checkpoints.load(folder)
    index.write_text(json.dumps({"weight_map": dict.fromkeys(weights, str(tmp_path / "a.safetensors"))}))
    with pytest.raises(ValueError, match=r"^model.safetensors.index.json, weight_map: expected files in the"):
        checkpoints.load(folder)


def as_bfloat16(path: Path, weights: Weights) -> Weights:
    """Write weights by hand as BF16, whose bits are the upper half of float32's; return what they are."""
    header, parts, begin, kept = {}, [], 0, {}
    for name, value in weights.items():
        upper = np.ascontiguousarray(value, np.float32).view(np.uint32) >> 16
        kept[name] = (upper << 16).view(np.float32)
        parts.append(upper.astype("<u2").tobytes())
        offsets = [begin, begin + len(parts[-1])]
        header[name] = {"dtype": "BF16", "shape": list(value.shape), "data_offsets": offsets}
        begin = offsets[1]
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(parts))
    return kept


def test_bfloat16(tmp_path: Path) -> None:
    folder, weights = copied("gpt2-untied", tmp_path)
    kept = as_bfloat16(folder / "model.safetensors", weights)
    model = checkpoints.load(folder)
    assert model.config.dtype == np.float32
    assert np.array_equal(model.W_E, kept["transformer.wte.weight"])
    assert np.array_equal(model.W_U, kept["lm_head.weight"].T)
    save_file(kept, folder / "model.safetensors")
    answers = recorded("gpt2-untied")["tokens"]
    assert np.array_equal(model.run(answers).logits, checkpoints.load(folder).run(answers).logits)


def test_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied("gpt2", tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    answers = recorded("gpt2")
    assert close(checkpoints.load("~/model").run(answers["tokens"]).logits, answers["logits"])


@pytest.mark.parametrize("odd", ["~nobody-of-this-name/model", "a" * 5000, "a\0b"])
def test_what_can_be_no_folder(odd: str) -> None:
    with pytest.raises(FileNotFoundError, match=r"^path: expected a folder with config\.json"):
        checkpoints.load(odd)


def test_json_without_end_and_parts_with_endless_names(tmp_path: Path) -> None:
    folder, weights = copied("gpt2", tmp_path)
    index = folder / "model.safetensors.index.json"
    (folder / "model.safetensors").rename(folder / "a.safetensors")
    index.write_text(json.dumps({"weight_map": dict.fromkeys(weights, "a" * 5000)}))
    with pytest.raises(FileNotFoundError, match=r"^path: expected the part a+ in the folder, got none$"):
        checkpoints.load(folder)
    index.write_text("[" * 100_000)
    with pytest.raises(ValueError, match=r"^model\.safetensors\.index\.json: expected JSON, got "):
        checkpoints.load(folder)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"path: expected a folder with config\.json or a \.gguf file, got"
    ):
        checkpoints.load(tmp_path / "nowhere")
    with pytest.raises(
        TypeError, match=r"path: expected the path of a folder or of a \.gguf file, got 3 \(int\)"
    ):
        checkpoints.load(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda given: given | {"blocks.0.attn.strange": np.ones(3)},
            "state_dict: expected no other tensor, got blocks",
        ),
        (
            lambda given: given | {"blocks.1.mlp.ln.w": np.ones(3), "blocks.1.mlp.ln.b": np.ones(3)},
            "state_dict: expected no other tensor, got blocks.1.mlp",
        ),
        (
            lambda given: {key: value for key, value in given.items() if key != "blocks.1.attn.W_K"},
            r"state_dict: expected a tensor blocks.1.attn.W_K of shape \(3, 14, 4\), got none",
        ),
        (
            lambda given: given | {"blocks.1.attn.W_K": given["blocks.1.attn.W_K"].swapaxes(1, 2)},
            r"state_dict, blocks.1.attn.W_K: expected shape \(3, 14, 4\), got \(3, 4, 14\): "
            "it looks transposed",
        ),
        (lambda given: {}, "state_dict: expected a tensor embed.W_E, got none"),
        (
            lambda given: given | {"embed.W_E": given["embed.W_E"][0]},
            r"state_dict, embed.W_E: expected 2 axes, got shape \(14,\)",
        ),
        (
            lambda given: {k: v for k, v in given.items() if "W_pos" not in k and "mask" not in k},
            "n_ctx: expected a length, as the state dict has no W_pos and no mask, got none",
        ),
    ],
)
def test_a_bad_state_dict(change: Callable[[Weights], Weights], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        checkpoints.from_transformer_lens(change(state("lens-gpt")))


def test_what_is_no_state_dict() -> None:
    with pytest.raises(TypeError, match="state_dict: expected a mapping from names to tensors, got"):
        checkpoints.from_transformer_lens([1])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="model: expected Transformer, got"):
        checkpoints.logit_attribution(make_model().run([1]))  # type: ignore[arg-type]


def test_the_share_of_circuits_is_the_same_once_gains_are_folded() -> None:
    """Without shifts, so that folding moves nothing into biases that circuits would lose."""
    model = checkpoints.from_transformer_lens(state("lens-gpt"))
    assert isinstance(model, GPT)
    plain = replace(model, **{name: 0 * getattr(model, name) for name in ("ln1_b", "ln_final_b", "b_V")})
    tokens = recorded("lens-gpt")["tokens"]
    before, after = (checkpoints.logit_attribution(one, tokens).circuits for one in (plain, plain.folded()))
    assert before == pytest.approx(after, abs=1e-5)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_logits_that_differ_by_more_than_rounding_have_shares(size: float) -> None:
    model = make_model()
    alike = np.repeat(model.W_U[:, :1], 7, axis=1)
    rng = np.random.default_rng(0)
    near = replace(model, W_U=size * (alike + 1e-12 * rng.normal(size=alike.shape)))
    assert sum(checkpoints.logit_attribution(near).shares.values()) == pytest.approx(1, abs=1e-2)
    same = replace(model, W_U=size * (alike + 1e-17 * rng.normal(size=alike.shape)))
    with pytest.raises(ValueError, match="expected logits that differ"):
        checkpoints.logit_attribution(same)
