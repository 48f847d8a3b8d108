"""GGUF files: the same network as the folder that they were made of, and what is refused of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from safetensors.numpy import load_file

from ovlearn.numeric import checkpoints
from ovlearn.numeric.checkpoints import cache

from .answers import FIXTURES, close, recorded

NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.up_proj": "ffn_up",
    "mlp.gate_proj": "ffn_gate",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
SINGLE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
TOKENS = ["<|endoftext|>", *"abcdefghij", "ab", "Ġ", "Ġa", "1", "2", "Ċ"]
Weights = dict[str, Any]
Fields = dict[str, Any]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))


def neighbours(weight: Any, heads: int) -> Any:
    """Queries or keys as llama.cpp stores them: the two entries that are turned together side by side."""
    halves = weight.reshape(heads, 2, len(weight) // heads // 2, weight.shape[1])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(weight.shape))


def parts() -> tuple[Weights, Fields]:
    """The tensors and the fields of a file that holds the fixture "llama"."""
    told = json.loads((FIXTURES / "llama" / "config.json").read_text())
    weights = {}
    for name, weight in load_file(FIXTURES / "llama" / "model.safetensors").items():
        bare = name.removesuffix(".weight")
        if bare in SINGLE:
            weights[f"{SINGLE[bare]}.weight"] = weight
            continue
        _, _, layer, *rest = bare.split(".")
        theirs = NAMES[".".join(rest)]
        heads = {"attn_q": told["num_attention_heads"], "attn_k": told["num_key_value_heads"]}.get(theirs)
        weights[f"blk.{layer}.{theirs}.weight"] = neighbours(weight, heads) if heads else weight
    fields = {
        "block_count": told["num_hidden_layers"],
        "context_length": told["max_position_embeddings"],
        "embedding_length": told["hidden_size"],
        "feed_forward_length": told["intermediate_size"],
        "attention.head_count": told["num_attention_heads"],
        "attention.head_count_kv": told["num_key_value_heads"],
        "attention.layer_norm_rms_epsilon": told["rms_norm_eps"],
        "rope.freq_base": told["rope_parameters"]["rope_theta"],
        "vocab_size": told["vocab_size"],
    }
    return weights, fields


def written(
    path: Path, weights: Weights, fields: Fields, architecture: str = "llama", words: bool = True
) -> Path:
    writer = gguf.GGUFWriter(path, architecture)
    for name, value in fields.items():
        add = {int: writer.add_uint32, float: writer.add_float32, str: writer.add_string}[type(value)]
        add(f"{architecture}.{name}", value)
    if words:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("smollm")
        writer.add_token_list(TOKENS)
        writer.add_token_types([3, *[1] * (len(TOKENS) - 1)])
        writer.add_token_merges(["a b", "Ġ a"])
    for name, weight in weights.items():
        data, number = weight if isinstance(weight, tuple) else (weight, None)
        writer.add_tensor(name, data, raw_dtype=number)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_a_file_gives_the_network_of_the_folder(tmp_path: Path) -> None:
    model, answers = checkpoints.load(written(tmp_path / "m.gguf", *parts())), recorded("llama")
    run = model.run(answers["tokens"])
    assert close(run.logits, answers["logits"])
    assert close(run.pattern, answers["pattern"])
    assert model.tokenizer.words(model.tokenizer.encode("ab a12\n", begin=True)) == [
        "<|endoftext|>", "ab", " a", "1", "2", "\n",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["F16", "BF16"])
def test_other_numbers_are_read(kind: str, tmp_path: Path) -> None:
    weights, fields = parts()
    number = gguf.GGMLQuantizationType[kind]
    halves = {name: (gguf.quantize(weight, number), number) for name, weight in weights.items()}
    answers = recorded("llama")
    run = checkpoints.load(written(tmp_path / "m.gguf", halves, fields)).run(answers["tokens"])
    assert 0 < np.abs(run.logits - answers["logits"]).max() < 0.05 * np.abs(answers["logits"]).max()


def test_what_is_kept_is_the_same_and_changes_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ovlearn.numeric.checkpoints.gguf_files._LARGE", 0)
    path = written(tmp_path / "m.gguf", *parts())
    first = checkpoints.load(path)
    monkeypatch.setattr(
        "ovlearn.numeric.checkpoints.gguf_files._read", lambda path: pytest.fail("read again")
    )
    again = checkpoints.load(path)
    tokens = recorded("llama")["tokens"]
    assert np.array_equal(first.run(tokens).logits, again.run(tokens).logits)
    assert again.tokenizer.id_of(" a") == first.tokenizer.id_of(" a")
    assert not again.W_E.flags.writeable
    assert not first.W_E.flags.owndata  # mapped from disk, at the first time too
    path.write_bytes(path.read_bytes())
    with pytest.raises(pytest.fail.Exception, match="read again"):
        checkpoints.load(path)


def test_what_was_kept_in_part_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ovlearn.numeric.checkpoints.gguf_files._LARGE", 0)
    path = written(tmp_path / "m.gguf", *parts())
    checkpoints.load(path)
    (place,) = (tmp_path / "cache" / "weights").iterdir()
    for damage in (lambda: (place / "W_V.npy").write_bytes(b"x"), lambda: (place / "W_V.npy").unlink()):
        damage()
        answers = recorded("llama")
        assert close(checkpoints.load(path).run(answers["tokens"]).logits, answers["logits"])


def test_where_nothing_can_be_kept_a_file_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ovlearn.numeric.checkpoints.gguf_files._LARGE", 0)
    (tmp_path / "cache").write_text("no folder")
    answers = recorded("llama")
    model = checkpoints.load(written(tmp_path / "m.gguf", *parts()))
    assert close(model.run(answers["tokens"]).logits, answers["logits"])


def test_words_of_a_file(tmp_path: Path) -> None:
    words = checkpoints.load(written(tmp_path / "m.gguf", *parts())).tokenizer
    assert words.encode("a<|endoftext|>b").tolist() == [1, 0, 2]  # a special token is never split
    assert words.decode([1, 0, 2]) == "a<|endoftext|>b"
    assert words.begin == 0
    assert len(words) == len(TOKENS)
    for call, says in (
        (lambda: words.id_of(""), "word: expected one token, got '', which is 0: nothing"),
        (lambda: words.id_of("abc"), "word: expected one token, got 'abc', which is 2: 'ab', 'c'"),
        (lambda: words.decode([17]), "ids: expected ids from 0 to 16, got 17"),
        (lambda: words.words([[1]]), "ids: expected token ids [pos], got shape (1, 1), dtype int64"),
    ):
        with pytest.raises(ValueError, match="expected") as caught:
            call()
        assert str(caught.value) == says


def test_without_a_tokenizer_ids_are_still_read(tmp_path: Path) -> None:
    assert checkpoints.load(written(tmp_path / "m.gguf", *parts(), words=False)).tokenizer is None


def test_tied_embeddings_are_held_once(tmp_path: Path) -> None:
    weights, fields = parts()
    model = checkpoints.load(
        written(tmp_path / "m.gguf", {n: w for n, w in weights.items() if n != "output.weight"}, fields)
    )
    assert np.array_equal(model.W_U, model.W_E.T)


Change = Callable[[Weights, Fields], tuple[Weights, Fields]]
REFUSED: list[tuple[Change, str]] = [
    (
        lambda w, f: (w, {n: v for n, v in f.items() if n != "attention.head_count_kv"}),
        "m.gguf, blk.0.attn_k.weight: expected shape (24, 24), got (8, 24)",
    ),
    (lambda w, f: (w, f | {"expert_count": 8}), "m.gguf, expert_count: expected 0: no other is built, got 8"),
    (lambda w, f: (w, f | {"rope.scaling.type": "yarn"}), "m.gguf, rope.scaling.type: expected 'none'"),
    (
        lambda w, f: (w, f | {"attention.sliding_window": 4}),
        "m.gguf, attention.sliding_window: expected no such",
    ),
    (lambda w, f: (w, f | {"attention.head_count": 5}), "m.gguf, embedding_length: expected a multiple of"),
    (
        lambda w, f: (w, {n: v for n, v in f.items() if n != "block_count"}),
        "m.gguf, block_count: expected a whole",
    ),
    (
        lambda w, f: (w | {"rope_freqs.weight": np.ones(2, np.float32)}, f),
        "m.gguf: expected no other tensor, got rope",
    ),
    (
        lambda w, f: ({n: v for n, v in w.items() if n != "blk.1.attn_v.weight"}, f),
        "m.gguf: expected a tensor blk.1.attn_v",
    ),
    (
        lambda w, f: (w | {"output_norm.weight": np.ones(3, np.float32)}, f),
        "m.gguf, output_norm.weight: expected shape",
    ),
    (
        lambda w, f: (w | {"output_norm.weight": np.full(24, np.nan, np.float32)}, f),
        "m.gguf, output_norm.weight: expected fin",
    ),
]


@pytest.mark.parametrize(("change", "says"), REFUSED, ids=[says for _, says in REFUSED])
def test_what_is_not_understood_is_refused(change: Change, says: str, tmp_path: Path) -> None:
    path = written(tmp_path / "m.gguf", *change(*parts()))
    with pytest.raises(ValueError, match="expected") as caught:
        checkpoints.load(path)
    assert str(caught.value).startswith(says)
    assert "\n" not in str(caught.value)


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "m.gguf", *parts(), architecture="mamba")
    with pytest.raises(ValueError, match=r"^m.gguf, general.architecture: expected 'llama', got 'mamba'$"):
        checkpoints.load(path)


@pytest.mark.parametrize("share", [0, 0.05, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_is_refused(share: float, tmp_path: Path) -> None:
    path = written(tmp_path / "m.gguf", *parts())
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ValueError, match=r"^m.gguf: expected a whole GGUF file, .*got"):
        checkpoints.load(path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"PK\x03\x04" + bytes(4000))
    with pytest.raises(ValueError, match=r"^m.gguf: expected a whole GGUF file"):
        checkpoints.load(path)
