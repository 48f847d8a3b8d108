"""SmolLM2: a run and loading beside transformers on the same file, and what reading it takes, in runs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.benchmarks.heads import apart, side
from tests.benchmarks.measuring import Promise, shown

MODULE = "tests.oracles.smollm2"
# one each: else the two would be compared by how they share work out, too
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def promises() -> Iterator[Promise]:
    """Each figure as soon as both sides have it."""
    with tempfile.TemporaryDirectory() as name:
        measured = partial(side, place=Path(name), module=MODULE, **THREADS)
        ours, theirs = measured("ours"), measured("theirs")
        peer = f"transformers {shown(theirs['run'])}"
        yield Promise(
            "a run of 64 tokens, all recorded", shown(ours["run"]), peer, ours["run"] / theirs["run"], 1.5
        )
        for key in ("logits", "pattern"):
            yield Promise(f"its {key}: largest difference", "", "", apart(Path(name), key, "theirs"), 1e-4)
        peer = f"transformers {shown(theirs['load'])}"
        yield Promise("loading it again", shown(ours["load"]), peer, ours["load"] / theirs["load"], 1 / 3)
        yield Promise("peak memory over its float32 weights", "", "", ours["memory"], 2.2)
        peer = f"a run {shown(ours['run'])}"
        yield Promise(
            "copying scores, 270 heads", shown(ours["copying"]), peer, ours["copying"] / ours["run"], 4
        )
        rows = measured("rows")
        peer = f"bare products {shown(rows['bare'])}"
        yield Promise(
            "rows of 2,000 words, their top 10", shown(rows["rows"]), peer, rows["rows"] / rows["bare"], 2
        )
        atlas = measured("atlas")
        peer = f"a run {shown(atlas['run'])}"
        yield Promise(
            "the atlas of 270 heads", shown(atlas["atlas"]), peer, atlas["atlas"] / atlas["run"], 600
        )
        yield Promise("the atlas, peak GiB", "", "", atlas["peak"], 2.5)
