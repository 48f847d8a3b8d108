"""Results of earlier derivations, for later ones to use.

Each says which derivation ends with it. A check unfolds the definitions behind it, never the result itself.
"""

from __future__ import annotations

from typing import Any

from ovlearn.symbolic.course import assumptions
from ovlearn.symbolic.course.assumptions import pairs
from ovlearn.symbolic.expressions import add, product
from ovlearn.symbolic.notation import Network, symbol
from ovlearn.symbolic.statements import Assumption, Relation


def stream_sum(net: Network) -> Assumption:
    """X_l = X_0 + Δ_0 + … + Δ_{l−1}, for each layer."""
    return Assumption(
        "stream is a sum",
        "the residual stream is the first stream plus everything added since",
        tuple(
            Relation(net.stream(layer), add(net.stream(0), *(net.layer("Delta", j) for j in range(layer))))
            for layer in range(1, net.layers + 1)
        ),
        kind="theorem",
        derived_in="residual-stream",
    )


def folded_head(net: Network) -> Assumption:
    """H = A X W_OV, for every head; behind a norm, H = A D X G W_OV."""
    return Assumption(
        "folded head behind a norm" if net.norm else "folded head",
        f"a head adds its pattern times the stream{' behind its norm' if net.norm else ''} times W_OV",
        tuple(Relation(net.head("H", *pair), reads(net, net.stream(pair[0]), pair)) for pair in pairs(net)),
        kind="theorem",
        derived_in="rms-norm" if net.norm else "ov-fold",
    )


def frozen_layers(net: Network) -> Assumption:
    """Δ_l = Σ_h A (E W_E + Δ_0 + … + Δ_{l−1}) W_OV, for each layer; behind norms, with D and G."""
    embedded = product(symbol("E"), symbol("W_E"))
    frozen = "patterns frozen and its norm held" if net.norm else "patterns frozen"
    return Assumption(
        "frozen layers behind norms" if net.norm else "frozen layers",
        f"with its {frozen}, a layer is a linear map of the tokens and of what was added before it",
        tuple(
            Relation(net.layer("Delta", layer), _frozen_layer(net, layer, embedded))
            for layer in range(net.layers)
        ),
        kind="theorem",
        derived_in="rms-norm" if net.norm else "frozen-network",
    )


def _frozen_layer(net: Network, layer: int, embedded: Any) -> Any:
    before = add(embedded, *(net.layer("Delta", j) for j in range(layer)))
    return add(*(reads(net, before, pair) for pair in net.heads_of(layer)))


def reads(net: Network, stream: Any, pair: tuple[int, int]) -> Any:
    """What a head adds when it reads `stream`: A · stream · W_OV; behind a norm, A D · stream · G W_OV."""
    left = [net.head("A", *pair), *assumptions.left_of_stream(net, pair[0])]
    return product(*left, stream, *assumptions.right_of_stream(net, pair[0]), net.head("W_OV", *pair))


def behind_frozen_layers(net: Network) -> tuple[Assumption, ...]:
    """What a frozen layer rests on, first the assumptions, then the definitions."""
    return (
        assumptions.residual_stream(net),
        assumptions.attention_only(net),
        assumptions.linear_embedding(net),
        assumptions.FROZEN_PATTERNS,
        *((assumptions.rms_norm(net), assumptions.HELD_NORMS) if net.norm else ()),
        assumptions.values(net),
        assumptions.mixed_values(net),
        assumptions.head_output(net),
        assumptions.ov_product(net),
    )


def behind_frozen_network(net: Network) -> tuple[Assumption, ...]:
    """What the logits of a frozen network rest on."""
    return (*behind_frozen_layers(net), assumptions.linear_unembedding(net))
