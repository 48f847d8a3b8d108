"""Weights of other libraries' models give those libraries' answers; what is wrong with a folder is said.

The answers were recorded by tests/oracles from transformers and TransformerLens.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ovlearn.numeric import GPT, Transformer, checkpoints, circuits

from .cases import make_model

FIXTURES = Path(__file__).parent / "fixtures"
FOLDERS = ("gpt2", "gpt2-untied")
LENSES = ("lens-gpt", "lens-heads-norm", "lens-heads")
LOOSE = 5e-6  # float32, a few dozen terms of size 1 to 10
Weights = dict[str, np.ndarray[Any, Any]]


def recorded(name: str) -> Weights:
    with np.load(FIXTURES / f"{name}.npz") as arrays:
        return dict(arrays)


def state(name: str, which: str = "state") -> Weights:
    return {
        key.removeprefix(f"{which}."): value for key, value in recorded(name).items() if key.startswith(which)
    }


def copied(name: str, to: Path) -> tuple[Path, Weights]:
    """A folder of one's own to damage, and its weights."""
    folder = to / "model"
    shutil.copytree(FIXTURES / name, folder)
    return folder, load_file(folder / "model.safetensors")


def close(got: Any, expected: Any) -> bool:
    return got.shape == expected.shape and bool(np.abs(got - expected).max() < LOOSE)


# The same answers.


@pytest.mark.parametrize("name", FOLDERS)
def test_gpt2_says_what_transformers_says(name: str) -> None:
    model, answers = checkpoints.load_gpt2(FIXTURES / name), recorded(name)
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
    assert close(checkpoints.load_gpt2(str(folder)).run(answers["tokens"]).logits, answers["logits"])


def test_gpt2_in_parts_and_in_half_precision(tmp_path: Path) -> None:
    folder, weights = copied("gpt2", tmp_path)
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    parts = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for part, held in parts.items():
        save_file({name: weights[name].astype(np.float16) for name in held}, folder / part)
    listed = {name: part for part, held in parts.items() for name in held}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": listed}))
    model, answers = checkpoints.load_gpt2(folder), recorded("gpt2")
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
    assert card._repr_html_().startswith("<p>of the logits")


def test_heads_that_write_nothing_have_no_share() -> None:
    given = state("lens-gpt")
    silent = {key: 0 * value if key.endswith(("W_O", "b_O")) else value for key, value in given.items()}
    card = checkpoints.logit_attribution(checkpoints.from_transformer_lens(silent), seed=3)
    assert card.shares["heads"] == 0
    assert card.tokens == "4 sequences of 9 random tokens, seed 3"


# Bad input: name, expectation, value.


def bad_folder(change: Callable[[Path, Weights], None], tmp_path: Path) -> str:
    folder, weights = copied("gpt2", tmp_path)
    change(folder, weights)
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        checkpoints.load_gpt2(folder)
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
            "folder: expected a file config.json in it, got none",
        ),
        (
            lambda folder, _: (folder / "model.safetensors").unlink(),
            "folder: expected a file model.safetensors in it, got none",
        ),
        (
            pickled,
            "folder: expected a file model.safetensors in it, got pytorch_model.bin alone, "
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
        (config_with(model_type="llama"), "config.json, model_type: expected 'gpt2', got 'llama'"),
        (config_with(n_head=...), "config.json, n_head: expected a whole number of at least 1, got none"),
        (
            config_with(n_head="3"),
            "config.json, n_head: expected a whole number of at least 1, got '3' (str)",
        ),
        (config_with(n_head=5), "config.json, n_embd: expected a multiple of n_head = 5, got 12"),
        (config_with(activation_function="silu"), "config.json, activation_function: expected gelu_new or"),
        (
            config_with(scale_attn_by_inverse_layer_idx=True),
            "config.json, scale_attn_by_inverse_layer_idx: expected False: no other is built, got True",
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


def test_a_part_that_is_missing(tmp_path: Path) -> None:
    folder, weights = copied("gpt2", tmp_path)
    (folder / "model.safetensors").rename(folder / "a.safetensors")
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": dict.fromkeys(weights, "b.safetensors")}))
    with pytest.raises(FileNotFoundError, match=r"^folder: expected the part b.safetensors in it, got none$"):
        checkpoints.load_gpt2(folder)
    index.write_text(json.dumps({"weight_map": dict.fromkeys([*weights, "x"], "a.safetensors")}))
    with pytest.raises(
        ValueError, match=r"^a.safetensors: expected a tensor x, as model.*json says, got none$"
    ):
        checkpoints.load_gpt2(folder)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"folder: expected a folder with config\.json and weights, got"
    ):
        checkpoints.load_gpt2(tmp_path / "nowhere")
    with pytest.raises(TypeError, match=r"folder: expected the path of a folder, got 3 \(int\)"):
        checkpoints.load_gpt2(3)  # type: ignore[arg-type]


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
