"""Small pieces of Markdown that every generated page is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ovlearn.symbolic import Relation, tags, to_latex
from ovlearn.symbolic.latex import LatexPrinter, latex_data
from ovlearn.symbolic.layout import LATEX_SIGNS
from ovlearn.symbolic.printing import TextPrinter
from rendering.equations.formulas import carried

_SYMBOL = re.compile(r"(?<![\w`$])([A-Za-zΔΣ])_(?:\{([^}]*)\}|(\w+))")
_GREEK = {"Δ": r"\Delta", "Σ": r"\sum"}
_CONFIG = ("model", "head", "vocab")  # d_model and its like are names in code


def relation_data(relation: Relation, *, around: str = "{}") -> dict[str, Any]:
    """A relation of one head a layer as an equation of a page. `around`: LaTeX with a place for it."""
    tagged, plain = LatexPrinter(one_head=True, tagged=True).write, TextPrinter(one_head=True).write
    latex = f"{tagged(relation.lhs)} {LATEX_SIGNS[relation.sign]} {tagged(relation.rhs)}"
    return {
        "text": f"{plain(relation.lhs)} {relation.sign} {plain(relation.rhs)}",
        **tags.read(around.format(latex)),
    }


def displayed(equation: Mapping[str, Any]) -> str:
    """An equation on lines of its own."""
    return f"$$\n{carried(equation)}\n$$"


def inline(expr: Any, *, one_head: bool = False) -> str:
    """An expression within a line."""
    text = TextPrinter(one_head=one_head).write(expr)
    return f"${carried({'text': text, **latex_data(expr, one_head=one_head)})}$"


def shape(sizes: Sequence[Any]) -> str:
    """A shape within a line, as d × d_h."""
    latex = r" \times ".join(to_latex(size) for size in sizes)
    return f"${carried({'text': ' × '.join(map(str, sizes)), 'latex': latex, 'symbols': []})}$"


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


def sentence(words: str) -> str:
    """Words that begin with a capital."""
    return words[:1].upper() + words[1:]


def page(*parts: str) -> str:
    """Parts with an empty line between them; empty parts are left out."""
    return "\n\n".join(part for part in parts if part) + "\n"
