"""Layers are not linear, and what makes them so. Source: the article, "Motivation" (errata 3 and 9)."""

from __future__ import annotations

from typing import Any

from sympy import ImmutableMatrix, ZeroMatrix

from ovlearn.symbolic import rules
from ovlearn.symbolic.course.arguments import Arguments
from ovlearn.symbolic.course.given import CAUSAL_MASK, FROZEN_PATTERNS, layer_function, scaled
from ovlearn.symbolic.course.theorems import reads
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.dimensions import d, s
from ovlearn.symbolic.expressions import add, product, subtract, transpose
from ovlearn.symbolic.functions import Layer
from ovlearn.symbolic.notation import Network, symbol
from ovlearn.symbolic.statements import Assumption, Relation, definition, unfold_layers

TITLE = "A layer is not a linear function of the stream; with its pattern frozen it is"
LEAST_LAYERS = 1

_PROJECTIONS = (("Queries", "W_Q"), ("Keys", "W_K"), ("Values", "W_V"))

ZERO = ZeroMatrix(s, d)


def derive(arguments: Arguments) -> Derivation:
    """Show by one exact example that layer(X_A + X_B) is not always layer(X_A) + layer(X_B)."""
    net, layer, head = arguments.network, arguments.layer, arguments.head
    return _any_streams(net, layer).with_lemmas(
        _residual_form(net, layer),
        equality_can_hold(net, layer),
        *(projection_is_linear(net, layer, head, *named) for named in _PROJECTIONS),
        scores_are_bilinear(net, layer, head),
        frozen_is_linear(net, layer, head),
    )


Witness = tuple[tuple[Any, ImmutableMatrix], ...]


def _any_streams(net: Network, layer: int) -> Derivation:
    first, second = symbol("X_A"), symbol("X_B")
    stream = ImmutableMatrix([[0], [1]])  # [s=2, d=1]: doubled, the second token attends more to itself
    witness = ((first, stream), (second, stream), *_ones(net, layer))
    return _refuted(net, layer, first, second, witness, [])


def _residual_form(net: Network, layer: int) -> Derivation:
    """X_0 and Δ_0 are computed, so the witness gives what they are computed from.

    X_0 = (1, 0): all scores of layer 0 are equal, and it adds Δ_0 = (1, 1/2).
    """
    stream, added = net.stream(0), net.layer("Delta", 0)
    tokens = ((symbol("E"), ImmutableMatrix([[1, 0], [0, 1]])), (symbol("W_E"), ImmutableMatrix([[1], [0]])))
    weights = [pair for each in sorted({0, layer}) for pair in _ones(net, each)]
    first = definition(
        "first layer",
        "the first layer adds what its heads make of the embedded tokens",
        (stream, product(symbol("E"), symbol("W_E"))),
        (added, unfold_layers(Layer(stream, 0), (layer_function(net, 0),))),
    )
    title = "The article's residual form"
    return _refuted(net, layer, stream, added, (*tokens, *weights), [first], title=title)


def _refuted(
    net: Network,
    layer: int,
    first: Any,
    second: Any,
    witness: Witness,
    behind: list[Assumption],
    title: str = "",
) -> Derivation:
    function = layer_function(net, layer)
    return Derivation.start(
        Layer(add(first, second), layer), [function, *behind, CAUSAL_MASK], title=title, network=net
    ).apply(
        rules.counterexample,
        add(Layer(first, layer), Layer(second, layer)),
        witness,
        function,
        *behind,
        why="two tokens of one dimension, all weights 1, at which the two sides differ",
    )


def _ones(net: Network, layer: int) -> Witness:
    """All weights 1 in the first head of a layer; its other heads write nothing (W_O = 0)."""
    one, zero = ImmutableMatrix([[1]]), ImmutableMatrix([[0]])
    return tuple(
        (symbol(base, *pair), zero if base == "W_O" and pair[1] > 0 else one)
        for pair in net.heads_of(layer)
        for base in ("W_Q", "W_K", "W_V", "W_O")
    )


def equality_can_hold(net: Network, layer: int) -> Derivation:
    """≠ means "in general": with X_B = 0 both sides agree, since layer(0) = 0."""
    first, second = symbol("X_A"), symbol("X_B")
    function = layer_function(net, layer)
    second_is_zero = Assumption("zero input", "the second input is zero", (Relation(second, ZERO),))
    return (
        Derivation.start(
            subtract(Layer(add(first, second), layer), Layer(first, layer), Layer(second, layer)),
            [second_is_zero, function, CAUSAL_MASK],
            title="A case of equality",
            network=net,
        )
        .apply(rules.unfold, second_is_zero)
        .apply(rules.unfold, function)
        .apply(rules.zero)
        .apply(rules.cancel)
    )


def projection_is_linear(net: Network, layer: int, head: int, name: str, weight: str) -> Derivation:
    """The queries of a sum are the sum of the queries; so with keys and values."""
    both = add(symbol("X_A"), symbol("X_B"))
    return Derivation.start(
        product(both, symbol(weight, layer, head)), title=f"{name} are linear", network=net
    ).apply(rules.distribute)


def scores_are_bilinear(net: Network, layer: int, head: int) -> Derivation:
    """The scores of a sum hold cross terms: both sides of the product read the stream."""
    both = add(symbol("X_A"), symbol("X_B"))
    queries, keys = product(both, symbol("W_Q", layer, head)), product(both, symbol("W_K", layer, head))
    return (
        Derivation.start(
            scaled(queries, transpose(keys)), title="Scores are not linear: cross terms appear", network=net
        )
        .apply(rules.transposes)
        .apply(rules.distribute)
    )


def frozen_is_linear(net: Network, layer: int, head: int) -> Derivation:
    """With the pattern held constant, the difference vanishes for all inputs."""
    first, second = symbol("X_A"), symbol("X_B")
    together, one, two = (reads(net, stream, (layer, head)) for stream in (add(first, second), first, second))
    return (
        Derivation.start(
            subtract(together, one, two), [FROZEN_PATTERNS], title="With the pattern frozen", network=net
        )
        .apply(rules.distribute)
        .apply(rules.cancel)
    )
