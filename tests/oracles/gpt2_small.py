"""A random model of GPT-2-small's size, and one of the two sides that are timed on it.

`python -m tests.oracles.gpt2_small ours|lens|memory FOLDER` writes times and results into the folder.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

LAYERS, HEADS, D, D_HEAD, D_MLP, VOCAB, CONTEXT = 12, 12, 768, 64, 3072, 50257, 1024
Times = dict[str, float]
Results = dict[str, Any]


def state() -> dict[str, np.ndarray[Any, Any]]:
    """Return the weights by TransformerLens's names, float32, the same ones each time."""
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> np.ndarray[Any, Any]:
        return 0.02 * rng.standard_normal(shape, np.float32)

    found = {"embed.W_E": normal(VOCAB, D), "pos_embed.W_pos": normal(CONTEXT, D)}
    for layer in range(LAYERS):
        block = f"blocks.{layer}."
        for name in "QKV":
            found[f"{block}attn.W_{name}"] = normal(HEADS, D, D_HEAD)
            found[f"{block}attn.b_{name}"] = normal(HEADS, D_HEAD)
        found |= {f"{block}attn.W_O": normal(HEADS, D_HEAD, D), f"{block}attn.b_O": normal(D)}
        found |= {f"{block}mlp.W_in": normal(D, D_MLP), f"{block}mlp.b_in": normal(D_MLP)}
        found |= {f"{block}mlp.W_out": normal(D_MLP, D), f"{block}mlp.b_out": normal(D)}
        for norm in ("ln1", "ln2"):
            found |= {f"{block}{norm}.w": 1 + normal(D), f"{block}{norm}.b": normal(D)}
    found |= {"ln_final.w": 1 + normal(D), "ln_final.b": normal(D)}
    W_U = normal(D, VOCAB)
    W_U -= W_U.mean(axis=-1, keepdims=True)  # as ovlearn's scores have it, TransformerLens's only if folded
    return found | {"unembed.W_U": W_U, "unembed.b_U": normal(VOCAB)}


def tokens() -> np.ndarray[Any, Any]:
    """Return 64 token ids [1, 64]."""
    return np.random.default_rng(1).integers(0, VOCAB, (1, 64))


def timed(work: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Return the median time of some work after a first time that does not count, and its result."""
    result = work() if repeats > 1 else None
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return median(times), result


def ours() -> tuple[Times, Results]:
    """ovlearn's times and results."""
    from ovlearn.numeric import checkpoints, circuits

    model, ids = checkpoints.from_transformer_lens(state()), tokens()
    times, results = {}, {}
    times["copying"], results["copying"] = timed(lambda: circuits.copying_score(model), 3)
    times["composition"], results["composition"] = timed(lambda: circuits.composition_scores(model, "V"), 3)
    times["forward"], results["forward"] = timed(lambda: model.run(ids, record=()).logits, 9)
    return times, results


def lens() -> tuple[Times, Results]:
    """TransformerLens's, in the way that its own demonstrations go."""
    import torch
    from transformer_lens import FactoredMatrix, HookedTransformer, HookedTransformerConfig

    config = HookedTransformerConfig(
        n_layers=LAYERS,
        n_heads=HEADS,
        d_model=D,
        d_head=D_HEAD,
        d_mlp=D_MLP,
        d_vocab=VOCAB,
        n_ctx=CONTEXT,
        act_fn="gelu_new",
        normalization_type="LN",
        device="cpu",
    )
    model = HookedTransformer(config).eval()
    model.load_state_dict({name: torch.from_numpy(value) for name, value in state().items()}, strict=False)
    ids = torch.from_numpy(tokens())

    def copying() -> Any:
        full = model.W_E @ FactoredMatrix(model.W_V, model.W_O) @ model.W_U
        values = full.eigenvalues
        return values.sum(dim=-1).real / values.abs().sum(dim=-1)

    times, results = {}, {}
    with torch.no_grad():
        times["copying"], results["copying"] = timed(copying, 1)
        times["composition"], results["composition"] = timed(lambda: model.all_composition_scores("V"), 3)
        times["forward"], results["forward"] = timed(lambda: model(ids), 9)
    return times, {name: value.numpy() for name, value in results.items()}


def memory() -> tuple[Times, Results]:
    """The most memory, in GiB, that ovlearn took: from folder to scores, and for copying_accuracy."""
    from ovlearn.numeric import checkpoints, circuits

    model = checkpoints.load(Path(sys.argv[2]) / "gpt2")
    model.run(tokens(), record=("pattern",))
    folded = model.folded()
    circuits.copying_score(folded)
    peaks = {"everything": peak()}
    del model
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    circuits.copying_accuracy(folded, 5, 3)
    return peaks | {"copying_accuracy": peak()}, {}


def write_gpt2(folder: Path) -> None:
    """Write a Hugging Face folder of this size."""
    from safetensors.numpy import save_file

    rng = np.random.default_rng(2)
    shapes = {"wte.weight": (VOCAB, D), "wpe.weight": (CONTEXT, D), "ln_f.weight": (D,), "ln_f.bias": (D,)}
    of_layer = {
        **{f"ln_{n}.{part}": (D,) for n in (1, 2) for part in ("weight", "bias")},
        **{"attn.c_attn.weight": (D, 3 * D), "attn.c_attn.bias": (3 * D,)},
        **{"attn.c_proj.weight": (D, D), "attn.c_proj.bias": (D,)},
        **{"mlp.c_fc.weight": (D, D_MLP), "mlp.c_fc.bias": (D_MLP,)},
        **{"mlp.c_proj.weight": (D_MLP, D), "mlp.c_proj.bias": (D,)},
    }
    for layer in range(LAYERS):
        shapes |= {f"h.{layer}.{name}": shape for name, shape in of_layer.items()}
    folder.mkdir()
    save_file(
        {name: 0.02 * rng.standard_normal(shape, np.float32) for name, shape in shapes.items()},
        folder / "model.safetensors",
    )
    sizes = {"n_layer": LAYERS, "n_head": HEADS, "n_embd": D, "vocab_size": VOCAB, "n_positions": CONTEXT}
    (folder / "config.json").write_text(json.dumps({"model_type": "gpt2", **sizes}))


def peak() -> float:
    """Return the most memory that this process has taken, in GiB."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 2**20


if __name__ == "__main__":
    side, place = sys.argv[1], Path(sys.argv[2])
    found, answers = {"ours": ours, "lens": lens, "memory": memory}[side]()
    (place / f"{side}.json").write_text(json.dumps(found))
    np.savez(place / f"{side}.npz", **answers)
