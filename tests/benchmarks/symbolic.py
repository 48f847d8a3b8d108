"""Expansion and LaTeX, against sympy's own."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import sympy
from sympy.core.cache import clear_cache

import ovlearn as ov
from ovlearn.symbolic import steps, to_latex
from tests.benchmarks.measuring import Promise, output, seconds, shown

MEMORY = """
import resource, ovlearn as ov
derivation = ov.derive("path-expansion", layers=14)
assert len(derivation.paths) == 2**14
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


def cold() -> None:
    """Empty every cache: a second expansion must not live off the first."""
    clear_cache()
    steps._applied.cache_clear()
    gc.collect()


def promises() -> Iterator[Promise]:
    """Each figure as soon as it is measured."""
    short = seconds(lambda: ov.derive("path-expansion", layers=8), repeats=7, before=cold)
    nested = next(
        step.before
        for step in ov.derive("path-expansion", layers=8).steps
        if step.rule is ov.rules.distribute
    )
    assert len(sympy.expand(nested).args) == 2**8  # the peer does the same work
    peer = seconds(lambda: sympy.expand(nested), repeats=3, before=cold)
    yield Promise(
        "path expansion, 8 layers",
        shown(short),
        f"sympy.expand {shown(peer)}",
        peer / short,
        30,
        at_least=True,
    )
    long = seconds(lambda: ov.derive("path-expansion", layers=12), repeats=5, before=cold)
    yield Promise("path expansion, 12 layers", shown(long), f"8 layers {shown(short)}", long / short, 40)
    yield Promise("path expansion, 14 layers, GiB", "16384 paths", "–", float(output(MEMORY)), 1)
    expansion = ov.derive("path-expansion", layers=12).here
    ours = seconds(lambda: to_latex(expansion, one_head=True), repeats=3, before=cold)
    theirs = seconds(lambda: sympy.latex(expansion), repeats=1, before=cold)
    yield Promise(
        "LaTeX of 4,096 terms", shown(ours), f"sympy.latex {shown(theirs)}", theirs / ours, 20, at_least=True
    )
