"""Where the symbols stand in LaTeX that a printer wrote, so that whoever shows it need not look for them.

While it prints, a `LatexPrinter(tagged=True)` puts signs that no LaTeX holds around each symbol of the
glossary, and around what is marked; `read` takes them out again, and says what stood between them.
"""

from __future__ import annotations

import re
from typing import Any

_BEGIN, _MEANS, _END = "\ue000", "\ue001", "\ue002"
_MARK = "!"  # with which no symbol's name begins
_PIECE = re.compile(f"{_BEGIN}(?P<says>[^{_MEANS}]*){_MEANS}|{_END}|[^{_BEGIN}{_END}]+")
_BARS = re.compile(rf"\}}({_END}*) ((?:{_BEGIN}[^{_MEANS}]*{_MEANS})*)\\overline")


def tag(latex: str, symbol: str, index: str = "", *more: str) -> str:
    """One symbol, tagged. `more`: what else holds of it, "turned" (a transpose) or "part" (with a prime)."""
    return f"{_BEGIN}{' '.join([symbol, index, *more])}{_MEANS}{latex}{_END}"


def turned(tagged: str, latex: str) -> str:
    """The transpose of a tagged symbol, tagged as a whole. `latex`: its LaTeX, with the tag within."""
    if not tagged.startswith(_BEGIN) or tagged.count(_BEGIN) > 1:
        return latex
    says, _, bare = tagged[1:-1].partition(_MEANS)
    return f"{_BEGIN}{says} turned{_MEANS}{latex.replace(tagged, bare)}{_END}"


def apart(product: str) -> str:
    """A product in which the bars of neighbours do not run into one."""
    return _BARS.sub(r"}\1 \\, \2\\overline", product)


def index_of(indices: tuple[int, ...], *, one_head: bool) -> str:
    """How a tag gives indices: a layer 1, a head 1.0, a path 0.0→1.0; 0→1 where layers have one head.

    >>> index_of((2,), one_head=False), index_of((0, 0, 1, 0), one_head=False)
    ('2', '0.0→1.0')
    """
    layers, heads = indices[::2], indices[1::2]
    if one_head or not heads:
        return "→".join(map(str, layers))
    return "→".join(f"{layer}.{head}" for layer, head in zip(layers, heads, strict=True))


def mark(latex: str, kind: str) -> str:
    """A part, marked as of some kind; there may be tags and other marks within."""
    return f"{_BEGIN}{_MARK}{kind}{_MEANS}{latex}{_END}"


def read(tagged: str) -> dict[str, Any]:
    """LaTeX without its tags, and its symbols: where each begins and ends, its name, its index, and more.

    And its marks, if it has any: where each begins and ends, and of what kind it is.

    >>> read(f"{tag('A_1', 'A', '1')} x")
    {'latex': 'A_1 x', 'symbols': [[0, 3, 'A', '1']]}
    >>> read(mark(f"{tag('A_1', 'A', '1')} x", "made"))
    {'latex': 'A_1 x', 'symbols': [[0, 3, 'A', '1']], 'marks': [[0, 5, 'made']]}
    """
    latex, found, begun = "", [], []
    for piece in _PIECE.finditer(tagged):
        if piece["says"] is not None:
            begun.append([len(latex), 0, *piece["says"].split(" ")])
            found.append(begun[-1])
        elif piece[0] == _END:
            begun.pop()[1] = len(latex)
        else:
            latex += piece[0]
    symbols = [one for one in found if not one[2].startswith(_MARK)]
    marks = [[*ends, kind.removeprefix(_MARK)] for *ends, kind in found if kind.startswith(_MARK)]
    return {"latex": latex, "symbols": symbols, **({"marks": marks} if marks else {})}
