"""The parameters that every derivation of the course takes, checked in one place."""

from __future__ import annotations

from dataclasses import dataclass

from ovlearn.arguments import whole_number
from ovlearn.symbolic.notation import Network


@dataclass(frozen=True)
class Arguments:
    """The network's sizes, and the layer and head that a derivation looks at."""

    network: Network
    layer: int
    head: int


def checked(layers: int, heads: int, layer: int | None, head: int, *, least_layers: int) -> Arguments:
    """The parameters as a derivation takes them; where `layer` is None, 1, or 0 if there is no layer 1.

    Raises: TypeError or ValueError naming the parameter, what was expected and what came.
    """
    network = Network(whole_number("layers", layers, minimum=least_layers), heads)
    below = max(network.layers, 1)  # a network without layers ignores `layer`
    chosen = min(1, below - 1) if layer is None else whole_number("layer", layer, minimum=0, below=below)
    return Arguments(network, chosen, whole_number("head", head, minimum=0, below=network.heads))
