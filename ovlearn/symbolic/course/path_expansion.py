"""Every path through the network.

Source: Elhage et al., "The Path Expansion Trick"; the article, "The Circuit".
"""

from __future__ import annotations

from ovlearn.symbolic import rules
from ovlearn.symbolic.course import theorems
from ovlearn.symbolic.course.frozen_network import logits_of_the_stream
from ovlearn.symbolic.course.parameters import Arguments
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.notation import Network
from ovlearn.symbolic.pathlabels import by_order

TITLE = "The logits are a sum over every path through the network"
LEAST_LAYERS = 0


def derive(arguments: Arguments) -> Derivation:
    """Y as a sum of (1 + heads)^layers terms, ordered by how many heads they pass."""
    return expanded(arguments.network)


def expanded(net: Network) -> Derivation:
    """Replace what each layer adds until only tokens and weights are left, then multiply out."""
    layers = theorems.frozen_layers(net)
    assumed = [*theorems.behind_frozen_network(net), theorems.stream_sum(net), layers]
    derivation = logits_of_the_stream(net, assumed)
    for _ in range(net.layers):
        derivation = derivation.apply(rules.unfold, layers)
    derivation = derivation.apply(rules.distribute)
    in_order = sorted(derivation.paths, key=by_order)
    return derivation if list(derivation.paths) == in_order else derivation.apply(rules.reorder)
