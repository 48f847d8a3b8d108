"""Layers are not linear, and what makes them so. Source: the article, "Motivation" (errata 3 and 9)."""

from __future__ import annotations

from typing import Any

from sympy import ImmutableMatrix, ZeroMatrix

from ovlearn.symbolic import rules
from ovlearn.symbolic.course.assumptions import (
    CAUSAL_MASK,
    FROZEN_PATTERNS,
    layer_function,
    layer_outputs,
    linear_embedding,
    scaled,
)
from ovlearn.symbolic.course.parameters import Arguments
from ovlearn.symbolic.course.theorems import reads
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import add, product, subtract, transpose
from ovlearn.symbolic.functions import Layer
from ovlearn.symbolic.notation import Network, d, s, symbol
from ovlearn.symbolic.statements import Assumption, Relation, unfolded
from ovlearn.symbolic.witness import exact

TITLE = "A layer is not a linear function of the stream; with its pattern frozen it is"
LEAST_LAYERS = 1

_PROJECTIONS = (("Queries", "W_Q"), ("Keys", "W_K"), ("Values", "W_V"))

ZERO = ZeroMatrix(s, d)
STREAM = ImmutableMatrix([[0], [1]])  # [s=2, d=1]

Witness = tuple[tuple[Any, ImmutableMatrix], ...]


def derive(arguments: Arguments) -> Derivation:
    """Show by one exact example that layer(X_A + X_B) is not always layer(X_A) + layer(X_B)."""
    net, layer, head = arguments.network, arguments.layer, arguments.head
    return any_two_streams(net, layer).with_lemmas(
        *([parts_of_the_stream(net, layer)] if layer else []),  # layer 0 reads X_0 alone: nothing to split
        equality_can_hold(net, layer),
        *(projection_is_linear(net, layer, head, *named) for named in _PROJECTIONS),
        scores_are_bilinear(net, layer, head),
        frozen_is_linear(net, layer, head),
    )


def any_two_streams(net: Network, layer: int) -> Derivation:
    """Two streams of our choice, at which a layer is not additive."""
    first, second, function = symbol("X_A"), symbol("X_B"), layer_function(net, layer)
    return (Derivation.start(Layer(add(first, second), layer), [function, CAUSAL_MASK], network=net)).apply(
        rules.counterexample,
        add(Layer(first, layer), Layer(second, layer)),
        ((first, STREAM), (second, STREAM), *all_ones(net, layer)),
        function,
        why="two tokens of one dimension, all weights 1, at which the two sides differ",
    )


def parts_of_the_stream(net: Network, layer: int) -> Derivation:
    """The parts of a stream are not ours to choose: earlier layers write them, in a whole network."""
    parts = [net.stream(0), *(net.layer("Delta", j) for j in range(layer))]
    given = [layer_function(net, *range(layer + 1)), layer_outputs(net, layer), linear_embedding(net)]
    return Derivation.start(
        Layer(add(*parts), layer), [*given, CAUSAL_MASK], title="The article's residual form", network=net
    ).apply(
        rules.counterexample,
        add(*(Layer(part, layer) for part in parts)),
        whole_network(net, layer, given),
        *given,
        why="a network of two tokens and one dimension whose layer 0 writes its input once more",
    )


def all_ones(net: Network, layer: int) -> Witness:
    """All weights 1: the second token attends more to itself when doubled. Other heads write nothing."""
    return _layer_weights(net, layer, W_Q=1, W_K=1, W_V=1, W_O=1)


def whole_network(net: Network, layer: int, given: list[Assumption]) -> Witness:
    """Tokens, weights and what each layer below writes: Δ_0 = X_0, and the layers between write nothing.

    With W_Q = 0 the second token looks at both alike, so W_O = 2 gives it its own value back.
    """
    tokens = ((symbol("E"), ImmutableMatrix.eye(2)), (symbol("W_E"), STREAM))
    weights = [*_layer_weights(net, 0, W_Q=0, W_K=1, W_V=1, W_O=2)]
    for between in range(1, layer):
        weights.extend(_layer_weights(net, between, W_Q=1, W_K=1, W_V=1, W_O=0))
    weights.extend(all_ones(net, layer))
    chosen = dict((*tokens, *weights))
    written = [net.stream(0), *(net.layer("Delta", j) for j in range(layer))]
    return (*((part, exact(unfolded(part, tuple(given)), chosen)) for part in written), *chosen.items())


def _layer_weights(net: Network, layer: int, **values: int) -> Witness:
    """One-by-one weights of a layer's first head; those of the others are 1, but for W_O = 0."""
    others = {**dict.fromkeys(values, 1), "W_O": 0}
    return tuple(
        (symbol(base, *pair), ImmutableMatrix([[(others if pair[1] else values)[base]]]))
        for pair in net.heads_of(layer)
        for base in values
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
