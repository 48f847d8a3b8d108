"""Expressions as LaTeX."""

from __future__ import annotations

import re
from typing import Any

from sympy import Add, OneMatrix, latex
from sympy.core.alphabets import greeks

from ovlearn.symbolic import tags
from ovlearn.symbolic.notation import GLOSSARY, PARTS, indices_fit, parse
from ovlearn.symbolic.printing import Printer

_CAPITALS = {"Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"}
_GREEK = {*greeks, "lambda", *_CAPITALS} - {"lamda", "omicron"}  # what KaTeX has a letter for
_BELOW = re.compile(
    r"(.*?)(?:_(\{(?:[^{}]|\{[^{}]*\})*\}|[A-Za-z0-9]))?", re.DOTALL
)  # a subscript at the end
_ESCAPES = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    letter: rf"\{letter}" for letter in "&%$#_{}"
}


def in_text(words: str) -> str:
    """Words as they may stand in LaTeX's text mode."""
    return "".join(_ESCAPES.get(letter, letter) for letter in words)


class LatexPrinter(Printer):
    r"""LaTeX: A_{1,0} and W_{OV}^{1,0}; with one head a layer, as in the article, A_1 and W_{OV_1}.

    `tagged`: whether to tag the symbols of the glossary, for `tags.read`.
    """

    times = r"\otimes"
    open, close = r"\left(", r"\right)"

    def __init__(self, *, one_head: bool = False, tagged: bool = False) -> None:
        super().__init__(one_head=one_head)
        self.tagged = tagged

    def _named(self, base: str, indices: tuple[int, ...]) -> str:
        column = base.endswith("_col")
        bare = base.removesuffix("_col")
        if bare not in GLOSSARY or not (indices_fit(bare, len(indices)) or not indices):
            return _own("_".join([base, *map(str, indices)]))
        part = len(indices) > 1 and bare in PARTS
        one_head = self.one_head and not any(indices[1::2])
        text = _with_indices(GLOSSARY[bare].latex + "'" * part, bare, indices, one_head=one_head)
        text = rf"\overline{{{text}}}" if column else text
        if not self.tagged:
            return text
        more = ["part"] * part + ["turned"] * column
        return tags.tag(text, bare, tags.index_of(indices, one_head=one_head), *more)

    def _turned(self, matrix: str) -> str:
        plain = matrix.endswith(self.close) or not ("^" in matrix or "'" in matrix)
        turned = rf"{matrix}^{{\top}}" if plain else rf"{{{matrix}}}^{{\top}}"  # one superscript a letter
        return tags.turned(matrix, turned)

    def _factors(self, written: list[str]) -> str:
        return tags.apart(" ".join(written))

    def _quotient(self, above: str) -> str:
        return rf"\frac{{{above}}}{{\sqrt{{d_h}}}}"

    def _number(self, value: Any) -> str:
        if isinstance(value, OneMatrix):
            return r"\mathbf{1}"
        text = str(latex(value))
        return rf"\left({text}\right)" if isinstance(value, Add) else text

    def sum_over(self, below: str, above: str, body: str) -> str:
        """A sum sign with its ends below and above it."""
        return rf"\sum_{{{below}}}{f'^{{{above}}}' if above else ''} {body}"

    def _called(self, word: str, index: str) -> str:
        return self._with_index(rf"\mathrm{{{word}}}", index) if index else rf"\operatorname{{{word}}}"

    def marked(self, text: str, mark: str) -> str:
        """A part that is marked, tagged as that."""
        return tags.mark(text, mark) if self.tagged else text

    def indexed(self, base: str, index: str) -> str:
        """A letter with an index that is not a number yet, tagged as the symbols with one are."""
        written = self._with_index(GLOSSARY[base].latex if base in GLOSSARY else _own(base), index)
        if not self.tagged or base not in GLOSSARY or not GLOSSARY[base].indices:
            return written
        return tags.tag(written, base, index)

    def _with_index(self, written: str, index: str) -> str:
        nucleus, below = _BELOW.fullmatch(written).groups()  # type: ignore[union-attr]
        inside = f"{below.removeprefix('{').removesuffix('}')},{index}" if below else index
        return f"{nucleus}_{{{inside}}}"


def _own(name: str) -> str:
    """A symbol that the course does not have, so written that no two names look alike.

    What follows the first underscore stands below it. A name that would look like one of the course's, as
    A_1 beside the A_1 of layer 1 with its one head, is written as it is typed.
    """
    first, *below = name.split("_")
    letters = first.isascii() and first.isalpha() and all(part.isascii() and part.isalnum() for part in below)
    if not letters or parse(name)[0] in GLOSSARY:
        return rf"\texttt{{{in_text(name)}}}"
    inside = ",".join(part if len(part) == 1 or part.isdigit() else rf"\mathrm{{{part}}}" for part in below)
    below_it = inside if len(inside) == 1 else f"{{{inside}}}"
    return f"{_letters(first)}_{below_it}" if below else _letters(first)


def _letters(word: str) -> str:
    if len(word) == 1:
        return word
    return rf"\{word}" if word in _GREEK else rf"\mathrm{{{word}}}"


def _with_indices(body: str, base: str, indices: tuple[int, ...], *, one_head: bool) -> str:
    if not indices:
        return body
    if len(indices) == 1:
        return f"{body}_{{{indices[0]}}}" if indices[0] > 9 else f"{body}_{indices[0]}"
    pairs = list(zip(indices[::2], indices[1::2], strict=True))
    label = _path_label(pairs, one_head=one_head)
    if not base.startswith("W_"):
        return f"{body}_{{{label}}}" if len(label) > 1 else f"{body}_{label}"
    if one_head:
        inside = body.removeprefix("W_").strip("{}")
        return f"W_{{{inside}_{{{label}}}}}" if len(label) > 1 else f"W_{{{inside}_{label}}}"
    return f"{body}^{{{label}}}"


def _path_label(pairs: list[tuple[int, int]], *, one_head: bool) -> str:
    if one_head:
        return r" \to ".join(str(layer) for layer, _ in pairs)
    if len(pairs) == 1:
        return f"{pairs[0][0]},{pairs[0][1]}"
    return r" \to ".join(f"({layer},{head})" for layer, head in pairs)


def to_latex(expr: Any, *, one_head: bool = False) -> str:
    r"""An expression as LaTeX, order and brackets as they stand; nothing is numbered.

    `one_head`: print as the article does, A_1 for A_{1,0}.

    >>> from ovlearn.symbolic import Network, product
    >>> net = Network(layers=2)
    >>> print(to_latex(product(net.head("A", 1, 0), net.stream(1), net.head("W_OV", 1, 0))))
    A_{1,0} X_1 W_{OV}^{1,0}
    >>> print(to_latex(net.head("W_OV", 1, 0), one_head=True))
    W_{OV_1}
    """
    return LatexPrinter(one_head=one_head).write(expr)


def latex_data(expr: Any, *, one_head: bool = False) -> dict[str, Any]:
    """An expression's LaTeX, and its symbols as `tags.read` tells them.

    >>> from ovlearn.symbolic import symbol
    >>> latex_data(symbol("A", 1, 0))
    {'latex': 'A_{1,0}', 'symbols': [[0, 7, 'A', '1.0']]}
    """
    return tags.read(LatexPrinter(one_head=one_head, tagged=True).write(expr))
