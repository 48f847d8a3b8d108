"""Two heads composed act as one. Source: Elhage et al., "Virtual Attention Heads"."""

from __future__ import annotations

from typing import Any

from sympy import OneMatrix

from ovlearn.symbolic import rules
from ovlearn.symbolic.course import assumptions, theorems
from ovlearn.symbolic.course.parameters import Arguments
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import product
from ovlearn.symbolic.notation import Network, s, symbol
from ovlearn.symbolic.statements import Assumption, definition

TITLE = "Two heads composed are one: pattern A₂A₁ and one OV product"
LEAST_LAYERS = 2


def derive(arguments: Arguments) -> Derivation:
    """What a head adds when it reads what a head of the layer before it wrote.

    The second head is the one asked for (in the first layer, which has none before it: its neighbour above).
    """
    net, later = arguments.network, (max(arguments.layer, 1), arguments.head)
    earlier = (later[0] - 1, arguments.head)
    composed, folded, virtual = (
        composition(net, earlier, later),
        theorems.folded_head(net),
        names(net, earlier, later),
    )
    behind = [
        assumptions.values(net),
        assumptions.mixed_values(net),
        assumptions.head_output(net),
        assumptions.ov_product(net),
    ]
    return (
        Derivation.start(
            symbol("H", *earlier, *later),
            [assumptions.FROZEN_PATTERNS, composed, *behind, folded, virtual],
            network=net,
        )
        .apply(rules.unfold, composed)
        .apply(rules.unfold, folded)
        .apply(rules.ungroup)
        .apply(rules.group, net.head("A", *later), net.head("A", *earlier))
        .apply(rules.group, net.head("W_OV", *earlier), net.head("W_OV", *later))
        .apply(rules.fold, virtual)
        .with_lemmas(rows_sum_to_one(net, earlier, later, virtual))
    )


def composition(net: Network, earlier: tuple[int, int], later: tuple[int, int]) -> Assumption:
    """H' = A H W_OV: what the later head makes of the earlier one's output."""
    return definition(
        "composition",
        "the later head reads what the earlier one wrote, and nothing else",
        (symbol("H", *earlier, *later), theorems.reads(net, net.head("H", *earlier), later)),
    )


def names(net: Network, earlier: tuple[int, int], later: tuple[int, int]) -> Assumption:
    """A' = A₂ A₁ and W_OV' = W_OV¹ W_OV²."""
    return definition(
        "virtual head",
        "one name for the two patterns, one for the two OV products",
        (symbol("A", *earlier, *later), product(net.head("A", *later), net.head("A", *earlier))),
        (symbol("W_OV", *earlier, *later), product(net.head("W_OV", *earlier), net.head("W_OV", *later))),
    )


def rows_sum_to_one(net: Network, earlier: Any, later: Any, virtual: Assumption) -> Derivation:
    """The composed pattern is a pattern: its rows sum to 1."""
    pattern = assumptions.pattern(net)
    return (
        Derivation.start(
            product(symbol("A", *earlier, *later), OneMatrix(s, 1)),
            [virtual, pattern, assumptions.CAUSAL_MASK],
            title="Its pattern's rows sum to 1",
            network=net,
        )
        .apply(rules.unfold, virtual)
        .apply(rules.ungroup)
        .apply(rules.unfold, pattern)
        .apply(rules.rows_sum_to_one)
        .apply(rules.rows_sum_to_one)
    )
