"""How a picture speaks: its numbers and labels, and which of its values is named."""

from __future__ import annotations

import numpy as np

from ovlearn.arguments import Head
from ovlearn.numeric.arrays import Array

SHOWN = {" ": "␣", "\n": "↵", "\t": "⇥"}  # what else would be invisible at the edge of a token
LONGEST = 12  # characters of a label beside a picture
_ROUNDING = 1e-9  # of the largest magnitude


def figure(value: float) -> str:
    """Return a number as a reader should see it: three significant digits, a true minus sign; NaN as "none".

    >>> figure(0.12345), figure(-2.0), figure(1234567.0), figure(-0.0), figure(float("nan"))
    ('0.123', '−2', '1.23e+06', '0', 'none')
    """
    text = f"{value:.3g}"
    return {"-0": "0", "nan": "none"}.get(text, text.replace("-", "−"))


def plural(word: str, count: int) -> str:
    """Return a word for so many of what it names.

    >>> plural("head", 1), plural("head", 2)
    ('head', 'heads')
    """
    return word if count == 1 else f"{word}s"


def name_of(head: Head) -> str:
    """Return a head's short name: layer, head.

    >>> name_of((11, 3))
    '11.3'
    """
    return f"{head[0]}.{head[1]}"


def through(order: int, count: int) -> str:
    """Return the name of so many paths by how many heads they pass.

    >>> through(0, 1), through(2, 12)
    ('through no head: 1 path', 'through 2 heads: 12 paths')
    """
    heads = f"{order} {plural('head', order)}" if order else "no head"
    return f"through {heads}: {count:,} {plural('path', count)}"


def first_largest(values: Array) -> int:
    """Return where the largest value stands, row by row: the first of those that only rounding parts.

    Rounding depends on the machine, and a picture should say the same on all.

    >>> first_largest(np.array([0.5, 1.0, 1.0 + 1e-15]))
    1
    """
    near = values >= values.max() - _ROUNDING * np.abs(values).max()
    return int(near.argmax())


def label(text: str, longest: int = LONGEST) -> str:
    """Return a label for the edge of a picture: short, and spaces at its ends made visible; not escaped.

    >>> label(" cat"), label("internationalisation")
    ('␣cat', 'internation…')
    """
    core = text.strip()
    start = text[: len(text) - len(text.lstrip())]
    end = text[len(start) + len(core) :]
    whole = "".join(SHOWN.get(c, c) for c in start) + core + "".join(SHOWN.get(c, c) for c in end)
    return whole if len(whole) <= longest else whole[: longest - 1] + "…"
