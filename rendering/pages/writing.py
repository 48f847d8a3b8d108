"""Small pieces of Markdown that every generated page is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from ovlearn.symbolic import Relation, to_latex

_SIGNS = {"=": "=", "≠": r"\neq", "≤": r"\leq"}
_SYMBOL = re.compile(r"(?<![\w`$])([A-Za-zΔΣ])_(?:\{([^}]*)\}|(\w+))")
_GREEK = {"Δ": r"\Delta", "Σ": r"\sum"}
_CONFIG = ("model", "head", "vocab")  # d_model and its like are names in code


def relation_latex(relation: Relation, *, one_head: bool = True) -> str:
    """A relation as LaTeX, as the article prints it unless there are more heads."""
    left, right = (to_latex(side, one_head=one_head) for side in (relation.lhs, relation.rhs))
    return f"{left} {_SIGNS[relation.sign]} {right}"


def displayed(latex: str) -> str:
    """An equation on lines of its own."""
    return f"$$\n{latex}\n$$"


def shape_latex(shape: Sequence[Any]) -> str:
    """A shape as LaTeX.

    >>> from ovlearn.symbolic import symbol
    >>> print(shape_latex(symbol("W_V").shape))
    $d \\times d_{h}$
    """
    sizes = r" \times ".join(to_latex(size) for size in shape)
    return f"${sizes}$"


def with_symbols(words: str) -> str:
    """Words in which symbols written plainly become equations; symbols side by side are one product.

    >>> print(with_symbols("the sum ends at Δ_{n−1}, and W_OV has rank d_head"))
    the sum ends at $\\Delta_{n-1}$, and $W_{OV}$ has rank `d_head`
    >>> print(with_symbols("values and output in one matrix, W_V W_O"))
    values and output in one matrix, $W_{V} W_{O}$
    """

    def put(found: re.Match[str]) -> str:
        base, below = _GREEK.get(found[1], found[1]), found[2] or found[3]
        if below in _CONFIG:
            return f"`{found[0]}`"
        return f"${base}_{{{below.replace('−', '-').replace('_', ',')}}}$"

    return _SYMBOL.sub(put, words).replace("$ $", " ")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0) -> str:
    """A table; its last `numbers` columns are set to the right."""
    rules = ["---"] * (len(head) - numbers) + ["---:"] * numbers
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rules, *rows))


def compact(rows: str) -> str:
    """A table in small type, that fits a phone."""
    return f'<div class="ov-compact" markdown>\n\n{rows}\n\n</div>'


def folded(title: str, body: str) -> str:
    """A box that opens when asked."""
    return f'??? note "{title}"\n\n{indented(body)}'


def indented(text: str) -> str:
    """Text as the body of what stands above it."""
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def sentence(words: str) -> str:
    """Words that begin with a capital."""
    return words[:1].upper() + words[1:]


def page(*parts: str) -> str:
    """Parts with an empty line between them; empty parts are left out."""
    return "\n\n".join(part for part in parts if part) + "\n"
