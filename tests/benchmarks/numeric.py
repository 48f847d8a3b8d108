"""Paths by order against frozen passes, and the import against numpy's."""

from __future__ import annotations

from collections.abc import Iterator

import ovlearn as ov
from ovlearn.numeric import Config, Transformer
from tests.benchmarks.measuring import Promise, output, seconds, shown

IMPORT = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def promises() -> Iterator[Promise]:
    """Each figure as soon as it is measured."""
    config = Config(n_layers=48, n_heads=12, d_model=64, d_head=8, d_vocab=50, n_ctx=16)
    run = Transformer.random(config, seed=0).run(range(16))
    frozen = run.frozen()
    ours = seconds(lambda: ov.paths.by_order(run), repeats=5)
    peer = seconds(frozen.run, repeats=5)
    yield Promise(
        "paths by order, 48 layers × 12 heads", shown(ours), f"frozen pass {shown(peer)}", ours / peer, 30
    )
    ours, peer = (fastest_import(module) for module in ("ovlearn.numeric", "numpy"))
    yield Promise("import ovlearn.numeric", shown(ours), f"import numpy {shown(peer)}", ours / peer, 1.3)


def fastest_import(module: str) -> float:
    """The shortest of several fresh imports: what is left when the machine does nothing else."""
    return min(float(output(IMPORT.format(module))) for _ in range(9))
