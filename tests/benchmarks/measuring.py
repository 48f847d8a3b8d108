"""How a benchmark measures, and what it promises."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Promise:
    """One line of the table: what was measured, the figure, and the limit that it must keep, or None."""

    what: str
    ours: str
    peer: str
    figure: float
    limit: float | None
    at_least: bool = False

    @property
    def kept(self) -> bool:
        if self.limit is None:
            return True
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit


def seconds(work: Callable[[], object], *, repeats: int, before: Callable[[], object] = gc.collect) -> float:
    """The median time of some work; `before` runs ahead of each repeat, outside the clock."""
    return median(_once(work, before) for _ in range(repeats))


def fastest(work: Callable[[], object], *, repeats: int, before: Callable[[], object] = gc.collect) -> float:
    """The shortest time of some work: what is left when the machine does nothing else."""
    return min(_once(work, before) for _ in range(repeats))


def _once(work: Callable[[], object], before: Callable[[], object]) -> float:
    before()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def output(code: str) -> str:
    """What a fresh interpreter prints when it runs this code."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.strip()


def shown(time_taken: float) -> str:
    """A time in the unit that reads best."""
    return f"{time_taken:.2f} s" if time_taken >= 1 else f"{time_taken * 1e3:.1f} ms"
