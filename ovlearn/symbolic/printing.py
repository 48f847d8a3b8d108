"""Walk an expression and write it down, brackets and order as they stand; as plain text, here.

sympy's own printer reorders sums and takes milliseconds a term; this one walks the tree once.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sympy import Add, Identity, MatAdd, MatMul, MatrixSymbol, Mul, OneMatrix, Transpose, ZeroMatrix, sqrt

from ovlearn.symbolic.functions import Function, is_matrix
from ovlearn.symbolic.notation import GLOSSARY, d_h, parse

SUM, TERM, FACTOR = range(3)  # where an expression stands: alone, in a sum, in a product


class Printer:
    """Walks an expression; a subclass says how each piece looks."""

    times: ClassVar[str] = "⊗"
    open, close, space = "(", ")", " "

    def __init__(self, *, one_head: bool = False) -> None:
        self.one_head = one_head
        self._names: dict[str, str] = {}

    def write(self, node: Any, place: int = SUM) -> str:
        """An expression as text; `place` says whether it stands alone, in a sum or in a product."""
        if isinstance(node, MatrixSymbol):
            return self.symbol(node.name)
        if isinstance(node, MatMul):
            return self.in_product(self._product(node), place)
        if isinstance(node, MatAdd):
            return self._bracket(joined([self.term(part) for part in node.args]), place >= TERM)
        if isinstance(node, Transpose):
            return self._transpose(node.arg)
        if isinstance(node, Function):
            return node.printed(self, place)
        if isinstance(node, ZeroMatrix):
            return "0"
        return "I" if isinstance(node, Identity) else self._number(node)

    def term(self, node: Any) -> str:
        """An expression as it stands in a sum."""
        return self.write(node, TERM)

    def factor(self, node: Any) -> str:
        """An expression as it stands in a product."""
        return self.write(node, FACTOR)

    def in_product(self, text: str, place: int) -> str:
        """Text with brackets, where it is a factor."""
        return self._bracket(text, place >= FACTOR)

    def symbol(self, name: str) -> str:
        """A symbol as text, by its name."""
        if name not in self._names:
            self._names[name] = self._named(*parse(name))
        return self._names[name]

    def _named(self, base: str, indices: tuple[int, ...]) -> str:
        raise NotImplementedError

    def _quotient(self, above: str) -> str:
        raise NotImplementedError

    def _number(self, value: Any) -> str:
        raise NotImplementedError

    def sum_over(self, below: str, above: str, body: str) -> str:
        """A sum sign with these ends, and a summand."""
        raise NotImplementedError

    def call(self, word: str, argument: Any, index: str = "") -> str:
        """A function of this name, with an index if it has one, of an argument in brackets."""
        return f"{self._called(word, index)}{self.open}{self.write(argument)}{self.close}"

    def _called(self, word: str, index: str) -> str:
        raise NotImplementedError

    def marked(self, text: str, mark: str) -> str:
        """A part that is marked, as what a step changes is."""
        return text

    def indexed(self, base: str, index: str) -> str:
        """A letter of this base with an index that is not a number yet."""
        return self._with_index(base, index)

    def _with_index(self, written: str, index: str) -> str:
        raise NotImplementedError

    def _bracket(self, text: str, needed: bool) -> str:
        return f"{self.open}{text}{self.close}" if needed else text

    def _product(self, node: Any) -> str:
        matrices = [factor for factor in node.args if is_matrix(factor)]
        body = self._factors([self.factor(part) for part in matrices])
        if len(matrices) == len(node.args):
            return body
        number = Mul(*(factor for factor in node.args if not is_matrix(factor)))
        if number.has(d_h):
            number, body = number * sqrt(d_h), self._quotient(body)
        if number == 1:
            return body
        return f"-{body}" if number == -1 else f"{self._number(number)}{self.space}{body}"

    def _transpose(self, inner: Any) -> str:
        simple = isinstance(inner, (MatrixSymbol, OneMatrix, Identity)) or getattr(inner, "letter", False)
        return self._turned(self._bracket(self.write(inner), not simple))

    def _turned(self, matrix: str) -> str:
        return f"{matrix}ᵀ"

    def _factors(self, written: list[str]) -> str:
        return " ".join(written)


def joined(written: list[str]) -> str:
    """Terms with signs between them: a leading minus becomes the sign."""
    first, *rest = written
    signed = (f"- {term[1:].lstrip()}" if term.startswith("-") else f"+ {term}" for term in rest)
    return " ".join([first, *signed])


class TextPrinter(Printer):
    """Plain text in the symbols' own names, as `A_1_0 W_OV_1_0`; with one head a layer, `A_1 W_OV_1`."""

    def _named(self, base: str, indices: tuple[int, ...]) -> str:
        if self.one_head and len(indices) > 1 and base in GLOSSARY and not any(indices[1::2]):
            indices = indices[::2]
        return "_".join([base, *map(str, indices)])

    def _quotient(self, above: str) -> str:
        return f"{above} / √d_h"

    def _number(self, value: Any) -> str:
        if isinstance(value, OneMatrix):
            return "1"
        return f"({value})" if isinstance(value, Add) else str(value)

    def sum_over(self, below: str, above: str, body: str) -> str:
        """Σ with its ends, as Σ_j=0..n."""
        return f"Σ_{below}{f'..{above}' if above else ''} {body}"

    def _called(self, word: str, index: str) -> str:
        return self._with_index(word, index) if index else word

    def _with_index(self, written: str, index: str) -> str:
        return f"{written}_{index}" if index.isalnum() else f"{written}_({index})"


def to_text(expr: Any) -> str:
    """An expression as plain text, order and brackets as they stand.

    >>> from ovlearn.symbolic import Network, product
    >>> net = Network(layers=2)
    >>> to_text(product(net.head("A", 1, 0), product(net.stream(1), net.head("W_V", 1, 0))))
    'A_1_0 (X_1 W_V_1_0)'
    """
    return TextPrinter().write(expr)
