"""Expressions as plain text."""

from __future__ import annotations

from typing import Any, ClassVar

from sympy import Add, OneMatrix

from ovlearn.symbolic.functions import CausalMask, Layer, Rank, RowSoftmax, Vec
from ovlearn.symbolic.notation import GLOSSARY
from ovlearn.symbolic.printing import Printer


class TextPrinter(Printer):
    """Plain text in the symbols' own names, as `A_1_0 W_OV_1_0`; with one head a layer, `A_1 W_OV_1`."""

    functions: ClassVar[dict[type, str]] = {
        RowSoftmax: "softmax",
        CausalMask: "mask",
        Layer: "layer",
        Vec: "vec",
        Rank: "rank",
    }

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

    def _sum_over(self, below: str, above: str, body: str) -> str:
        return f"Σ_{below}{f'..{above}' if above else ''} {body}"

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
