"""Python for the page, as the site has it."""

from __future__ import annotations

from functools import cache

from live.parts import PageParts, parts
from tests.live.building import ROOT


@cache
def built() -> PageParts:
    """What the build makes. Where numpy's wheel cannot be had that is nothing; in CI it is an error."""
    return parts(ROOT)
