"""What a path is called in the expansion: A_1_0 E W_E W_OV_1_0 W_U, and the same as HTML."""

from __future__ import annotations

from ovlearn.numeric.paths import Path

Symbol = tuple[str, tuple[int, int] | None]  # its base, and its head where it has one


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
