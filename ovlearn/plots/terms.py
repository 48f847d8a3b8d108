"""What a path is called in the expansion: A_1_0 E W_E W_OV_1_0 W_U, and the same as HTML and in SVG."""

from __future__ import annotations

from ovlearn.numeric.paths import Path
from ovlearn.plots.svg import tag, width_of

Symbol = tuple[str, tuple[int, int] | None]  # its base, and its head where it has one

_FULL, _SCRIPT = 14.0, 10.0  # sizes of the face in SVG


def factors(path: Path) -> list[Symbol]:
    """Return the factors of a path's term: later patterns first, later W_OV last.

    >>> factors(((1, 0),))
    [('A', (1, 0)), ('E', None), ('W_E', None), ('W_OV', (1, 0)), ('W_U', None)]
    """
    patterns: list[Symbol] = [("A", head) for head in reversed(path)]
    weights: list[Symbol] = [("W_OV", head) for head in path]
    return [*patterns, ("E", None), ("W_E", None), *weights, ("W_U", None)]


def text(path: Path) -> str:
    """Return a path's term in the symbols' own names.

    >>> text(((0, 1), (1, 0)))
    'A_1_0 A_0_1 E W_E W_OV_0_1 W_OV_1_0 W_U'
    """
    return " ".join(base if head is None else f"{base}_{head[0]}_{head[1]}" for base, head in factors(path))


def html(path: Path, *, one_head: bool) -> str:
    """Return a path's term as the course prints it, in plain HTML.

    `one_head`: A_1 for A_{1,0}, as where each layer has one head.

    >>> print(html((), one_head=True))
    <i>E</i> <i>W</i><sub><i>E</i></sub> <i>W</i><sub><i>U</i></sub>
    """
    return " ".join(_symbol(base, head, one_head) for base, head in factors(path))


def svg(path: Path, *, one_head: bool) -> str:
    """Return what stands in a `text` element for a path's term: letters and their scripts.

    `one_head`: as in `html`.

    >>> svg((), one_head=True)[:51]
    '<tspan font-size="14" font-style="italic">E</tspan>'
    """
    pieces, level = "", 0.0
    for word, (base, head) in enumerate(factors(path)):
        for text, size, height in _scripts(base, head, one_head):
            gap = "\xa0" if word and size == _FULL else ""
            pieces += gap + _raised(text, size, level - height)
            level = height
    return pieces


def width(path: Path, *, one_head: bool) -> float:
    """Return about how wide a path's term will be in SVG."""
    scripts = [piece for base, head in factors(path) for piece in _scripts(base, head, one_head)]
    spaces = 0.3 * _FULL * len(factors(path))
    return spaces + sum(width_of(text, size) for text, size, _ in scripts)


def index(head: tuple[int, int], *, one_head: bool) -> str:
    """Return the index of a head's symbols: layer and head, or the layer alone.

    >>> index((1, 0), one_head=False), index((1, 0), one_head=True)
    ('1,0', '1')
    """
    return str(head[0]) if one_head else f"{head[0]},{head[1]}"


def _symbol(base: str, head: tuple[int, int] | None, one_head: bool) -> str:
    letter, _, name = base.partition("_")
    below, above = f"<i>{name}</i>" if name else "", ""
    if head is not None:
        at = index(head, one_head=one_head)
        if not below:
            below = at
        elif one_head:
            below += f"<sub>{at}</sub>"
        else:
            above = f"<sup>{at}</sup>"
    return f"<i>{letter}</i>" + (f"<sub>{below}</sub>" if below else "") + above


def _scripts(base: str, head: tuple[int, int] | None, one_head: bool) -> list[tuple[str, float, float]]:
    """The letter of a symbol, then its scripts: each with its size and how far it is raised."""
    letter, _, name = base.partition("_")
    at = "" if head is None else index(head, one_head=one_head)
    places = [(letter, _FULL, 0.0), (name or at, _SCRIPT, -3.5)]
    if name and at:
        places.append((at, 8.0, -6.0) if one_head else (at, _SCRIPT, 6.0))
    return [piece for piece in places if piece[0]]


def _raised(text: str, size: float, down: float) -> str:
    """One piece, so far below the one before it."""
    return tag(
        "tspan",
        text,
        dy=down or None,
        font_size=size,
        font_style="italic" if text.isalpha() else None,
    )
