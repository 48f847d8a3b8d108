"""What the course's network computes, symbol by symbol, from its tokens and its weights.

A witness may choose the inputs of a network. What it computes of them follows.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sympy import MatrixSymbol

from ovlearn.symbolic.course import given
from ovlearn.symbolic.course.given import pairs, scaled
from ovlearn.symbolic.expressions import product, transpose
from ovlearn.symbolic.notation import GLOSSARY, Network, parse, symbol
from ovlearn.symbolic.statements import definitions


@lru_cache(maxsize=64)
def computed(net: Network) -> dict[Any, Any]:
    """What each symbol that the network computes is made of; its inputs are not in the table."""
    stated = (
        given.residual_stream, given.attention_only, given.linear_embedding, given.linear_unembedding,
        given.queries, given.keys, given.values, given.scores, given.pattern, given.mixed_values,
        given.head_output, given.ov_product,
    )  # fmt: skip
    return definitions(tuple(make(net) for make in stated)) | _on_paths(net)


def _on_paths(net: Network) -> dict[Any, Any]:
    """The primed symbols: what one head adds of the tokens, and what a head makes of another's output."""
    tokens = product(symbol("E"), symbol("W_E"))
    table: dict[Any, Any] = {}
    for head in pairs(net):
        weights = {base: net.head(base, *head) for base in ("A", "W_Q", "W_K", "W_V", "W_O")}
        folded = product(weights["W_V"], weights["W_O"])
        queries, keys = product(tokens, weights["W_Q"]), product(tokens, weights["W_K"])
        table[symbol("Delta", *head)] = product(weights["A"], tokens, folded)
        table[symbol("Y", *head)] = product(symbol("Delta", *head), symbol("W_U"))
        table[symbol("S_direct", *head)] = scaled(queries, transpose(keys))
        for earlier in pairs(net):
            if earlier[0] < head[0]:
                read = product(weights["A"], net.head("H", *earlier), folded)
                table[symbol("H", *earlier, *head)] = read
    return table


def meaning(name: Any, net: Network) -> Any:
    """What a symbol is computed from, or None for an input of the network and for any other symbol."""
    base, indices = parse(name.name)
    row = base.removesuffix("_col")
    if row == base or row not in GLOSSARY:
        return computed(net).get(name)
    return transpose(MatrixSymbol("_".join([row, *map(str, indices)]), *reversed(name.shape)))
