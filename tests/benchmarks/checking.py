"""Verification of the whole course."""

from __future__ import annotations

from collections.abc import Iterator

import ovlearn as ov
from tests.benchmarks.measuring import Promise, seconds, shown


def promises() -> Iterator[Promise]:
    """How long every derivation takes over 100 seeds, in seconds."""

    def whole_course() -> None:
        for slug in ov.derivations():
            assert ov.verify(ov.derive(slug), seeds=100).passed

    taken = seconds(whole_course, repeats=1)
    yield Promise("verify everything, 100 seeds, seconds", shown(taken), "–", taken, 60)
