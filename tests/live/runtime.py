"""Python for the page, as the site has it."""

from __future__ import annotations

from functools import cache

import pytest

from live.parts import Parts, parts
from tests.live.building import ROOT


@cache
def made() -> Parts:
    """What the build makes; in CI it is an error if that is nothing."""
    return parts(ROOT)


def built() -> Parts:
    """The parts; where numpy's wheel cannot be had there are none, and what needs them does not apply."""
    if made().absent:
        pytest.skip(made().absent)
    return made()
