"""SmolLM2 in ovlearn and in transformers, timed: one side in a process of its own.

`python -m tests.oracles.smollm2 ours|theirs|rows|atlas FOLDER` writes times and results into the folder.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from tests.oracles.gpt2_small import Results, Times, peak, timed

WORDS, TOP = 2000, 10


def tokens() -> np.ndarray[Any, Any]:
    """Return 64 token ids [64], the begin token first."""
    return np.append(0, np.random.default_rng(1).integers(100, 49_000, 63))


def model() -> Any:
    """Return the model, from what was kept of it."""
    from ovlearn.numeric import checkpoints

    return checkpoints.load(checkpoints.fetch("smollm2"))


def ours() -> tuple[Times, Results]:
    """ovlearn's times and results; how much memory loading and a run took, over that of float32 weights."""
    from ovlearn.numeric import circuits

    model()  # kept from here on, if it was not before
    start = time.perf_counter()
    net = model()
    times = {"load": time.perf_counter() - start}
    net.run(tokens(), record=())
    times["memory"] = peak() / (134_515_008 * 4 / 2**30)
    times["run"], run = timed(lambda: net.run(tokens()), 7)
    folded = net.folded()
    times["copying"], _ = timed(lambda: circuits.copying_score(folded), 3)
    return times, {"logits": run.logits, "pattern": run.pattern}


def theirs() -> tuple[Times, Results]:
    """The same in transformers."""
    import torch
    from transformers import AutoModelForCausalLM

    from ovlearn.numeric import checkpoints

    path = checkpoints.fetch("smollm2")
    start = time.perf_counter()
    net = AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    times = {"load": time.perf_counter() - start}
    ids = torch.from_numpy(tokens())[None]
    with torch.no_grad():
        times["run"], run = timed(lambda: net(ids, output_attentions=True, output_hidden_states=True), 7)
    pattern = np.stack([layer[0].numpy() for layer in run.attentions])
    return times, {"logits": run.logits[0].numpy(), "pattern": pattern}


def rows() -> tuple[Times, Results]:
    """Rows of a head for 2,000 words with their top 10, and the bare products that they are made of."""
    from ovlearn.numeric import reading
    from ovlearn.numeric.reading.streams import embeddings_read, folded, unembedding

    net, ids = model(), np.arange(1000, 1000 + WORDS)
    reading.rows(net, 25, 2, ids[:1])  # folds
    whole = folded(net)
    x, W_U = embeddings_read(whole)[ids], unembedding(whole)
    times = {"rows": timed(lambda: reading.rows(net, 25, 2, ids, TOP), 5)[0]}

    W_V, W_O = whole.W_V[25, 2], whole.W_O[25, 2]
    times["bare"] = timed(lambda: (x @ W_V) @ (W_O @ W_U), 5)[0]
    return times, {}


def atlas() -> tuple[Times, Results]:
    """The whole atlas, and its peak of memory in GiB; beside it a run."""
    from ovlearn.atlas import write

    net = model()
    run, _ = timed(lambda: net.run(tokens()), 7)
    start = time.perf_counter()
    write(net, Path(sys.argv[2]) / "atlas", "SmolLM2")
    return {"atlas": time.perf_counter() - start, "run": run, "peak": peak()}, {}


if __name__ == "__main__":
    side, place = sys.argv[1], Path(sys.argv[2])
    found, answers = {"ours": ours, "theirs": theirs, "rows": rows, "atlas": atlas}[side]()
    (place / f"{side}.json").write_text(json.dumps(found))
    np.savez(place / f"{side}.npz", **answers)
