"""Run lessons, several at a time, and remember what came out.

What came out is kept under a key of the lesson, this folder and the versions of the libraries, with what the
lesson read of the package: as long as that is as it was, the lesson need not run. Nothing outside this
folder decides what a kernel does.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rendering.execution.executed import ExecutedCell, Source, cell_from
from rendering.execution.reads import state
from rendering.messages import RenderError
from rendering.store import Store, digest, of_files, of_versions

__all__ = ["ExecutedCell", "Source", "execute"]

JOBS = 2
_HERE = Path(__file__).parent
_LIBRARIES = ("numpy", "sympy", "nbclient", "ipykernel", "ipython")


def execute(
    sources: Sequence[Source], *, package: Path, store: Store, jobs: int = JOBS
) -> list[list[ExecutedCell]]:
    """Return the executed cells of each lesson: from the store where nothing changed, else from a kernel.

    `package`: the folder of the package that lessons import; `store`: the results of earlier builds; `jobs`:
    how many kernels at once.

    Raises: RenderError with every lesson that failed.
    """
    results = _Results(store, sources, package)
    done = {source: cells for source in sources if (cells := results.load(source)) is not None}
    missing = [source for source in sources if source not in done]
    if missing:
        import asyncio  # with what it loads, not where nothing runs

        done |= asyncio.run(_run_all(missing, package, results, jobs))
    return [done[source] for source in sources]


class _Results:
    """What lessons put out, each with the state, before it ran, of what it read of the package."""

    def __init__(self, store: Store, sources: Sequence[Source], package: Path) -> None:
        shared = (sys.version, of_versions(*_LIBRARIES), of_files(_HERE))
        self.store, self.state = store, state(package)
        self.keys = {source: digest([*shared, source.uri, source.path.read_bytes()]) for source in sources}

    def load(self, source: Source) -> list[ExecutedCell] | None:
        """The cells of a lesson, if nothing that it read has changed."""
        kept = self.store.load(source.name, self.keys[source])
        if kept is None or any(self.state.get(place) != seal for place, seal in kept["reads"].items()):
            return None
        return [cell_from(fields) for fields in kept["cells"]]

    def save(self, source: Source, cells: Sequence[ExecutedCell], reads: Sequence[str]) -> None:
        """Keep the cells of a lesson, and what it read."""
        seals = {place: self.state.get(place) for place in reads}
        self.store.save(source.name, self.keys[source], {"reads": seals, "cells": [*map(asdict, cells)]})


async def _run_all(
    sources: Sequence[Source], package: Path, results: _Results, jobs: int
) -> dict[Source, list[ExecutedCell]]:
    """Run them, `jobs` at a time. Each result is kept at once, whatever becomes of the others."""
    import asyncio

    from rendering.execution.kernel import run  # Jupyter loads slowly: not where nothing runs
    from rendering.messages import tell

    free = asyncio.Semaphore(jobs)
    count = itertools.count(1)
    tell(f"running {len(sources)} notebooks, {jobs} at a time")

    async def one(source: Source) -> list[ExecutedCell] | RenderError:
        async with free:
            try:
                cells, reads = await run(source, package)
            except RenderError as error:
                return error
        results.save(source, cells, reads)
        tell(f"{next(count)} of {len(sources)} has run: {source.shown}")
        return cells

    ran = await asyncio.gather(*map(one, sources))
    if failures := [str(result) for result in ran if isinstance(result, RenderError)]:
        raise RenderError.of(failures)
    return {source: cells for source, cells in zip(sources, ran, strict=True) if isinstance(cells, list)}
