"""The command: `python -m tests.mutants FLOOR … [--sample N] [--seed N]`."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: one thread a process

import numpy as np  # noqa: F401  (imported once, here, and not again in each process)
import sympy as sp  # noqa: F401

from tests.mutants.breaking import Mutant, mutants_of
from tests.mutants.running import QUICK, TIMEOUT, Copy, Reach, Running, trace

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"


def main() -> int:
    """Run the mutants of each floor; return 1 where too many survive."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Break the code.")
    parser.add_argument("floors", nargs="+", metavar="FLOOR", help="a folder of ovlearn/")
    parser.add_argument("--sample", type=int, default=600, help="mutants besides those of the algebra (600)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (one a core)")
    parser.add_argument("--least", type=float, default=90, help="per cent that must be killed (90)")
    parser.add_argument("--tests", nargs="+", default=["tests", "ovlearn"], help="what may kill (everything)")
    chosen = parser.parse_args()
    for floor in chosen.floors:
        if not (ROOT / "ovlearn" / floor).is_dir():
            parser.error(f"there is no floor {floor!r} in ovlearn/")
    return max(_run_floor(floor, chosen) for floor in chosen.floors)


def _run_floor(floor: str, chosen: argparse.Namespace) -> int:
    start = time.monotonic()
    copies = [Copy(ROOT, BUILD / "mutants" / str(job)) for job in range(chosen.jobs)]
    mutants = mutants_of(ROOT, f"ovlearn/{floor}", chosen.sample, chosen.seed)
    reach = trace(copies[0], chosen.tests)
    print(f"{floor}: {len(mutants)} mutants, {len(reach.seconds)} tests", flush=True)

    outcomes = _outcomes(copies, [(mutant, reach.of(mutant.path, mutant.lines)) for mutant in mutants], reach)
    own = [test for test in reach.seconds if test.startswith((f"tests/{floor}/", f"ovlearn/{floor}/"))]
    survivors = [mutant for mutant in mutants if outcomes[mutant] == "survived"]
    outcomes |= _outcomes(copies, [(mutant, own) for mutant in survivors], reach)

    listed = _write_survivors(floor, [mutant for mutant in mutants if outcomes[mutant] == "survived"])
    share = _print_table(mutants, outcomes)
    print(f"{time.monotonic() - start:.0f} s; survivors in {listed.relative_to(ROOT)}", flush=True)
    return int(share < chosen.least)


def _outcomes(
    copies: Sequence[Copy], work: Sequence[tuple[Mutant, Sequence[str]]], reach: Reach
) -> dict[Mutant, str]:
    """Run each mutant against its tests, one in each copy at a time."""
    outcomes = {mutant: "survived" for mutant, tests in work if not tests}
    waiting = [(mutant, tests) for mutant, tests in reversed(work) if tests]
    running: dict[Copy, tuple[Mutant, Running]] = {}
    while waiting or running:
        for copy in copies:
            if copy in running:
                mutant, process = running[copy]
                if process.ended():
                    outcomes[mutant] = {0: "survived", TIMEOUT: "timed out"}.get(process.code or 0, "killed")
                    copy.write(mutant.path, None)
                    del running[copy]
            if copy not in running and waiting:
                mutant, tests = waiting.pop()
                copy.write(mutant.path, mutant.text)
                patience = 20 + 5 * sum(reach.seconds[test] for test in tests)
                running[copy] = mutant, copy.start([*QUICK, *tests], seconds=patience)
                _progress(len(outcomes), len(work))
        time.sleep(0.005)
    return outcomes


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {of}", end="", file=sys.stderr, flush=True)


def _print_table(mutants: Sequence[Mutant], outcomes: dict[Mutant, str]) -> float:
    """Print one row a kind, and return the per cent killed in all; a time-out is a kill."""
    print(f"{'kind':8} {'mutants':>8} {'killed':>8} {'timed out':>10} {'survived':>9}")
    share = 100.0
    for kind in ("algebra", "general", "all"):
        of_kind = [outcomes[mutant] for mutant in mutants if kind in ("all", mutant.kind)]
        killed, late, alive = (of_kind.count(outcome) for outcome in ("killed", "timed out", "survived"))
        share = 100 * (killed + late) / max(len(of_kind), 1)
        print(f"{kind:8} {len(of_kind):8} {killed:8} {late:10} {alive:9}   {share:.1f} % noticed")
    return share


def _write_survivors(floor: str, survivors: Sequence[Mutant]) -> Path:
    listed = BUILD / f"mutants-{floor}.txt"
    listed.write_text("\n\n".join(f"{mutant.kind}\n{mutant.diff(ROOT)}" for mutant in survivors) + "\n")
    return listed


if __name__ == "__main__":
    sys.exit(main())
