"""Walk an expression and write it down, brackets and order as they stand.

sympy's own printer reorders sums and takes milliseconds a term; this one walks the tree once.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sympy import (
    Identity,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Mul,
    OneMatrix,
    Transpose,
    ZeroMatrix,
    sqrt,
)

from ovlearn.symbolic.dimensions import d_h
from ovlearn.symbolic.functions import (
    At,
    Kronecker,
    Layer,
    OneHot,
    SumBelow,
    TokenSum,
    is_matrix,
)
from ovlearn.symbolic.notation import parse

SUM, TERM, FACTOR = range(3)  # where an expression stands: alone, in a sum, in a product


class Printer:
    """Walks an expression; a subclass says how each piece looks."""

    functions: ClassVar[dict[type, str]]
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
            return self._bracket(self._product(node), place >= FACTOR)
        if isinstance(node, MatAdd):
            return self._bracket(joined([self.write(term, TERM) for term in node.args]), place >= TERM)
        if isinstance(node, Transpose):
            return self._transpose(node.arg)
        return self._other(node, place)

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

    def _sum_over(self, below: str, above: str, body: str) -> str:
        raise NotImplementedError

    def _indexed(self, base: str, index: str) -> str:
        """A letter of this base with an index that is not a number yet."""
        return self._with_index(base, index)

    def _with_index(self, written: str, index: str) -> str:
        raise NotImplementedError

    def _bracket(self, text: str, needed: bool) -> str:
        return f"{self.open}{text}{self.close}" if needed else text

    def _product(self, node: Any) -> str:
        matrices = [factor for factor in node.args if is_matrix(factor)]
        body = self._factors([self.write(factor, FACTOR) for factor in matrices])
        if len(matrices) == len(node.args):
            return body
        number = Mul(*(factor for factor in node.args if not is_matrix(factor)))
        if number.has(d_h):
            number, body = number * sqrt(d_h), self._quotient(body)
        if number == 1:
            return body
        return f"-{body}" if number == -1 else f"{self._number(number)}{self.space}{body}"

    def _transpose(self, inner: Any) -> str:
        simple = isinstance(inner, (MatrixSymbol, OneHot, OneMatrix, Identity))
        return self._turned(self._bracket(self.write(inner), not simple))

    def _turned(self, matrix: str) -> str:
        return f"{matrix}ᵀ"

    def _factors(self, written: list[str]) -> str:
        return " ".join(written)

    def _other(self, node: Any, place: int) -> str:
        if isinstance(node, tuple(self.functions)):
            return self._function(node)
        if isinstance(node, TokenSum):
            body = self._sum_over(str(node.args[1]), "", self.write(node.args[0], TERM))
            return self._bracket(body, place >= FACTOR)
        if isinstance(node, SumBelow):
            return self._bracket(self._sum_below(node), place >= FACTOR)
        if isinstance(node, At):
            return self._indexed(str(node.args[0]), str(node.args[1]).replace(" ", ""))
        if isinstance(node, OneHot):
            return self._indexed("e", str(node.args[0]))
        if isinstance(node, Kronecker):
            return self._bracket(self._kronecker(node), place >= FACTOR)
        if isinstance(node, ZeroMatrix):
            return "0"
        if isinstance(node, Identity):
            return "I"
        return self._number(node)

    def _function(self, node: Any) -> str:
        name = self.functions[type(node)]
        if isinstance(node, Layer):
            name = self._with_index(name, str(node.args[1]))
        return f"{name}{self.open}{self.write(node.args[0])}{self.close}"

    def _kronecker(self, node: Any) -> str:
        left, right = (self.write(part, FACTOR) for part in node.args)
        return f"{left} {self.times} {right}"

    def _sum_below(self, node: Any) -> str:
        base, stop, *_ = node.args
        return self._sum_over("j=0", str(stop - 1).replace(" ", ""), self._indexed(str(base), "j"))


def joined(written: list[str]) -> str:
    """Terms with signs between them: a leading minus becomes the sign."""
    first, *rest = written
    signed = (f"- {term[1:].lstrip()}" if term.startswith("-") else f"+ {term}" for term in rest)
    return " ".join([first, *signed])
