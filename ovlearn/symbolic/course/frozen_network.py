"""The whole network with its patterns held constant. Source: the article, "The Circuit" (errata 1 and 2)."""

from __future__ import annotations

from ovlearn.symbolic import rules
from ovlearn.symbolic.course import assumptions, theorems
from ovlearn.symbolic.course.parameters import Arguments
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.notation import Network, symbol
from ovlearn.symbolic.statements import Assumption

TITLE = "The whole network in two equations, once the patterns are frozen"
LEAST_LAYERS = 0


def derive(arguments: Arguments) -> Derivation:
    """From the assumptions to Y = (E W_E + Δ_0 + … + Δ_{n−1}) W_U, multiplied out."""
    net = arguments.network
    main = logits_of_the_stream(net, [*theorems.behind_frozen_network(net), theorems.stream_sum(net)])
    main = main.apply(rules.distribute)
    return main.with_lemmas(what_a_layer_adds(net, arguments.layer)) if net.layers else main


def logits_of_the_stream(net: Network, assumed: list[Assumption]) -> Derivation:
    """Y = X_n W_U = (X_0 + Δ_0 + …) W_U = (E W_E + Δ_0 + …) W_U; behind norms, with D_n and G_n."""
    derivation = Derivation.start(symbol("Y"), assumed, network=net).apply(
        rules.unfold, assumptions.linear_unembedding(net)
    )
    if net.norm:
        derivation = derivation.apply(rules.unfold, assumptions.rms_norm(net))
    if net.layers:
        derivation = derivation.apply(rules.unfold, theorems.stream_sum(net))
    return derivation.apply(rules.unfold, assumptions.linear_embedding(net))


def what_a_layer_adds(net: Network, layer: int) -> Derivation:
    """Δ_l = Σ_h A_{l,h} (E W_E + Δ_0 + … + Δ_{l−1}) W_OV^{l,h}, then multiplied out; behind norms as well."""
    attention, folded, stream, embedding = (
        assumptions.attention_only(net),
        theorems.folded_head(net),
        theorems.stream_sum(net),
        assumptions.linear_embedding(net),
    )
    derivation = (
        Derivation.start(
            net.layer("Delta", layer),
            [*theorems.behind_frozen_layers(net), stream, folded],
            title="What a layer adds",
            network=net,
        )
        .apply(rules.unfold, attention)
        .apply(rules.unfold, folded)
    )
    if layer:
        derivation = derivation.apply(rules.unfold, stream)
    return derivation.apply(rules.unfold, embedding).apply(rules.distribute)
