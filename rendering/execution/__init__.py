"""Run lessons, several at a time, and remember what came out.

What came out is kept under a key of everything that can change it: the lesson, the package, this folder, and
the versions of the libraries. Nothing outside this folder decides what a kernel does.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rendering.cache import Cache, digest, of_files, of_versions
from rendering.errors import RenderError
from rendering.execution.cells import PRINTED, Cell, Source, cell_from

__all__ = ["PRINTED", "Cell", "Source", "execute"]

JOBS = 2
_HERE = Path(__file__).parent
_LIBRARIES = ("numpy", "sympy", "jupytext", "nbclient", "ipykernel", "ipython")


def execute(sources: Sequence[Source], *, package: Path, cache: Cache, jobs: int = JOBS) -> list[list[Cell]]:
    """Return the executed cells of each lesson: from the cache where they are known, else from a kernel.

    `package`: the folder of the package that lessons import; `cache`: the results of earlier builds; `jobs`:
    how many kernels at once.

    Raises: RenderError with every lesson that failed.
    """
    keys = _keys(sources, package)
    done: dict[Source, list[Cell]] = {}
    for source in sources:
        if (known := cache.load(source.name, keys[source])) is not None:
            done[source] = [cell_from(fields) for fields in known]
    missing = [source for source in sources if source not in done]
    if missing:
        import asyncio  # with what it loads, not where all is known

        done |= asyncio.run(_run_all(missing, package, keys, cache, jobs))
    return [done[source] for source in sources]


def _keys(sources: Sequence[Source], package: Path) -> dict[Source, str]:
    """For each lesson, everything that can change what it puts out."""
    shared = (sys.version, of_versions(*_LIBRARIES), of_files(package, _HERE))
    return {source: digest([*shared, source.uri, source.path.read_bytes()]) for source in sources}


async def _run_all(
    sources: Sequence[Source], package: Path, keys: dict[Source, str], cache: Cache, jobs: int
) -> dict[Source, list[Cell]]:
    """Run them, `jobs` at a time. Each result is kept at once, whatever becomes of the others."""
    import asyncio

    from rendering.execution.running import run  # Jupyter loads slowly: not where all is known
    from rendering.progress import tell

    free = asyncio.Semaphore(jobs)
    done = itertools.count(1)
    tell(f"running {len(sources)} notebooks, {jobs} at a time")

    async def one(source: Source) -> list[Cell] | RenderError:
        async with free:
            try:
                cells = await run(source, package)
            except RenderError as error:
                return error
        cache.save(source.name, keys[source], [asdict(cell) for cell in cells])
        tell(f"{next(done)} of {len(sources)} has run: {source.shown}")
        return cells

    results = await asyncio.gather(*map(one, sources))
    if failures := [str(result) for result in results if isinstance(result, RenderError)]:
        raise RenderError.of(failures)
    return {
        source: result for source, result in zip(sources, results, strict=True) if isinstance(result, list)
    }
