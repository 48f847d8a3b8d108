"""Heads that share keys and values: their circuits share a factor.

Source: Shazeer (2019), "Fast Transformer Decoding: One Write-Head is All You Need"; Ainslie et al. (2023),
"GQA: Training Generalized Multi-Query Transformer Models from Multi-Head Checkpoints".
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ovlearn.symbolic import rules
from ovlearn.symbolic.course import assumptions, theorems
from ovlearn.symbolic.course.parameters import Arguments
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import add, product
from ovlearn.symbolic.functions import Rank
from ovlearn.symbolic.notation import Network, symbol

TITLE = "Heads that share keys and values: one W_V in all their W_OV, one W_K in all their W_QK"
LEAST_LAYERS = 1

_SHARING = 2  # heads in a group

Pair = tuple[int, int]


def derive(arguments: Arguments) -> Derivation:
    """What a group adds: the same values, mixed by each head's pattern and written by its W_O.

    `heads` counts the groups of a layer here, of two heads each, and `head` is the group that is looked at.
    """
    net = replace(arguments.network, heads=_SHARING * arguments.network.heads, sharing=_SHARING)
    group = [(arguments.layer, _SHARING * arguments.head + place) for place in range(_SHARING)]
    head, folded, shared = theorems.folded_head(net), assumptions.ov_product(net), _shared(net)
    values, mixed, output = (
        make(net) for make in (assumptions.values, assumptions.mixed_values, assumptions.head_output)
    )
    return (
        Derivation.start(
            add(*(net.head("H", *pair) for pair in group)),
            [shared, values, mixed, output, folded, head],
            network=net,
        )
        .apply(rules.unfold, head)
        .apply(rules.unfold, folded)
        .apply(rules.unfold, shared)
        .apply(rules.ungroup)
        .apply(rules.group, net.stream(arguments.layer), net.head("W_V", *group[0]))
        .apply(rules.fold, values)
        .with_lemmas(
            one_factor(net, group[-1], "W_OV", "Their W_OV share the left factor"),
            one_factor(net, group[-1], "W_QK", "Their W_QK share the right factor"),
            one_pattern(net, group),
            rank_of_the_sum(net, group),
        )
    )


def _shared(net: Network) -> Any:
    return assumptions.shared_projections(net)


def one_factor(net: Network, head: Pair, base: str, title: str) -> Derivation:
    """W_OV = W_V W_O and W_QK = W_Q W_Kᵀ, with W_V and W_K of the group's first head."""
    folded, shared = (assumptions.ov_product if base == "W_OV" else assumptions.qk_product)(net), _shared(net)
    return (
        Derivation.start(net.head(base, *head), [shared, folded], title=title, network=net)
        .apply(rules.unfold, folded)
        .apply(rules.unfold, shared)
    )


def one_pattern(net: Network, group: list[Pair]) -> Derivation:
    """Were their patterns one, the whole group would be one head whose W_O is the sum of theirs."""
    stream, pattern = net.stream(group[0][0]), symbol("A_G")
    return _with_one_factor(
        net,
        add(*(product(pattern, stream, net.head("W_OV", *pair)) for pair in group)),
        "With one pattern, a group is one head",
    )


def rank_of_the_sum(net: Network, group: list[Pair]) -> Derivation:
    """Together a group reads no more than d_head directions of the stream."""
    total = add(*(net.head("W_OV", *pair) for pair in group))
    title = "The rank of the sum of a group's W_OV is at most d_head"
    return _with_one_factor(net, Rank(total), title).apply(rules.inner_size)


def _with_one_factor(net: Network, start: Any, title: str) -> Derivation:
    """Write each W_OV as W_V W_O, and take what they share out of the sum."""
    folded, shared = assumptions.ov_product(net), _shared(net)
    derivation = (
        Derivation.start(start, [shared, folded], title=title, network=net)
        .apply(rules.unfold, folded)
        .apply(rules.unfold, shared)
    )
    if rules.ungroup.function(derivation.here) != derivation.here:
        derivation = derivation.apply(rules.ungroup)
    return derivation.apply(rules.factor_out)
