"""The QK circuit: what the scores compare.

Source: Elhage et al., "Splitting Attention Head terms into Query-Key and Output-Value Circuits".
"""

from __future__ import annotations

from ovlearn.symbolic import rules
from ovlearn.symbolic.course import assumptions, theorems
from ovlearn.symbolic.course.parameters import Arguments
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import transpose
from ovlearn.symbolic.notation import symbol

TITLE = "The QK circuit: what the scores of a head compare"
LEAST_LAYERS = 1


def derive(arguments: Arguments) -> Derivation:
    """The scores over all pairs of paths, one for the query and one for the key; then the direct pair."""
    net, head = arguments.network, (arguments.layer, arguments.head)
    scores, queries, keys, folded = (
        make(net)
        for make in (assumptions.scores, assumptions.queries, assumptions.keys, assumptions.qk_product)
    )
    stream, layers, embedding = (
        theorems.stream_sum(net),
        theorems.frozen_layers(net),
        assumptions.linear_embedding(net),
    )
    assumed = [*theorems.behind_frozen_layers(net), stream, layers] if head[0] else [embedding]
    weights = net.head("W_Q", *head), transpose(net.head("W_K", *head))
    derivation = (
        Derivation.start(
            net.head("S", *head),
            [*assumed, scores, queries, keys, folded],
            network=net,
        )
        .apply(rules.unfold, scores)
        .apply(rules.unfold, queries)
        .apply(rules.unfold, keys)
        .apply(rules.transposes)
        .apply(rules.ungroup)
        .apply(rules.group, *weights)
        .apply(rules.fold, folded)
    )
    if head[0]:
        derivation = derivation.apply(rules.unfold, stream)
    derivation = derivation.apply(rules.unfold, embedding)
    for _ in range(head[0]):
        derivation = derivation.apply(rules.unfold, layers)
    derivation = derivation.apply(rules.transposes).apply(rules.distribute)
    if not head[0]:
        return derivation  # the first layer reads the tokens and nothing else
    e, w_e = symbol("E"), symbol("W_E")
    direct = assumptions.scaled(e, w_e, net.head("W_QK", *head), transpose(w_e), transpose(e))
    return derivation.apply(
        rules.select, direct, symbol("S_direct", *head), why="both the query and the key read the tokens"
    )
