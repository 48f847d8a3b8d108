"""What the course's network computes, symbol by symbol, from its tokens and its weights.

A witness may choose the inputs of a network. What it computes of them follows.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

from sympy import MatrixSymbol

from ovlearn.symbolic.course import assumptions
from ovlearn.symbolic.course.assumptions import pairs, scaled
from ovlearn.symbolic.expressions import product, transpose
from ovlearn.symbolic.notation import GLOSSARY, Network, is_of_the_course, parse, symbol
from ovlearn.symbolic.statements import definitions


@lru_cache(maxsize=64)
def computed(net: Network) -> dict[Any, Any]:
    """What each symbol that the network computes is made of, but those of single paths; no inputs."""
    norms = {"rms": assumptions.rms_norm, "layer": assumptions.layer_norm}
    stated = (
        *([norms[net.norm]] if net.norm else []),
        assumptions.shared_projections,
        assumptions.residual_stream,
        assumptions.attention_only,
        assumptions.linear_embedding,
        assumptions.linear_unembedding,
        assumptions.queries,
        assumptions.keys,
        assumptions.values,
        assumptions.scores,
        assumptions.pattern,
        assumptions.mixed_values,
        assumptions.head_output,
        assumptions.ov_product,
        assumptions.qk_product,
    )  # fmt: skip
    return definitions(tuple(make(net) for make in stated)) | _of_tokens(net)


def _of_tokens(net: Network) -> dict[Any, Any]:
    """The full OV circuit, and the scores where both sides read the tokens."""
    table: dict[Any, Any] = {}
    for head in pairs(net):
        left, right = assumptions.left_of_stream(net, head[0]), assumptions.right_of_stream(net, head[0])
        tokens = product(*left, product(symbol("E"), symbol("W_E")), *right)
        projected = assumptions.turned_by_position if net.rotary else product
        queries, keys = (projected(tokens, net.head(weight, *head)) for weight in ("W_Q", "W_K"))
        table[symbol("S_direct", *head)] = scaled(queries, transpose(keys))
        table[symbol("C", *head)] = product(*assumptions.inside(net, head))
    return table


def _on_path(name: Any, net: Network) -> Any:
    """What a symbol of a path through heads is made of: of their patterns and their OV products."""
    base, indices = parse(name.name)
    path = tuple(zip(indices[::2], indices[1::2], strict=False))
    way = [layer for layer, _ in path]
    real = set(path) <= set(pairs(net)) and all(one < other for one, other in pairwise(way))
    if not (real and is_of_the_course(name)) or net.norm:  # behind norms no witness may speak of paths
        return None
    patterns = [net.head("A", *head) for head in reversed(path)]
    outputs = [net.head("W_OV", *head) for head in path]
    if base == "Delta" and len(indices) > 1:
        return product(*patterns, symbol("E"), symbol("W_E"), *outputs)
    if base == "Y" and len(indices) > 1:
        return product(symbol("Delta", *indices), symbol("W_U"))
    if len(path) > 1 and base in ("A", "W_OV"):
        return product(*(patterns if base == "A" else outputs))
    if len(path) > 1 and base == "H":
        return product(*patterns[:-1], net.head("H", *path[0]), *outputs[1:])
    return None


def meaning(name: Any, net: Network) -> Any:
    """What a symbol is computed from, or None for an input of the network and for any other symbol."""
    base, indices = parse(name.name)
    row = base.removesuffix("_col")
    if row == base or row not in GLOSSARY:
        return computed(net).get(name, _on_path(name, net))
    return transpose(MatrixSymbol("_".join([row, *map(str, indices)]), *reversed(name.shape)))


def is_input(name: Any, net: Network) -> bool:
    """Whether a symbol is one of the matrices that a network is made of: tokens and weights."""
    heads = [net.head(base, *pair) for pair in pairs(net) for base in ("W_Q", "W_K", "W_V", "W_O")]
    return name in [symbol("E"), symbol("W_E"), symbol("W_U"), *heads]
