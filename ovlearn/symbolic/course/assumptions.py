"""What the course takes as given: assumptions about the network, definitions, and earlier results."""

from __future__ import annotations

from typing import Any

from sympy import MatrixSymbol, sqrt

from ovlearn.symbolic.expressions import add, product, transpose
from ovlearn.symbolic.functions import CausalMask, Layer, RowSoftmax
from ovlearn.symbolic.notation import Network, d, d_h, s, symbol
from ovlearn.symbolic.statements import Assumption, Relation, definition


def pairs(net: Network) -> list[tuple[int, int]]:
    """Every (layer, head) of a network."""
    return [pair for layer in range(net.layers) for pair in net.heads_of(layer)]


# Assumptions about the network.


def residual_stream(net: Network) -> Assumption:
    """X_{l+1} = X_l + Δ_l, for each layer."""
    return Assumption(
        "residual stream",
        "each layer adds its output to the stream and changes nothing else",
        tuple(
            Relation(net.stream(layer + 1), add(net.stream(layer), net.layer("Delta", layer)))
            for layer in range(net.layers)
        ),
    )


def attention_only(net: Network) -> Assumption:
    """Δ_l is the sum of the heads' outputs."""
    return Assumption(
        "attention only",
        f"a layer is {'its one head' if net.heads == 1 else 'the sum of its heads'}: "
        "no MLP, no layer norm, no biases",
        tuple(
            Relation(net.layer("Delta", layer), add(*(net.head("H", *pair) for pair in net.heads_of(layer))))
            for layer in range(net.layers)
        ),
    )


def linear_embedding(net: Network) -> Assumption:
    """X_0 = E W_E."""
    return Assumption(
        "token embedding",
        "the stream begins as the embedded tokens, with no positional term",
        (Relation(net.stream(0), product(symbol("E"), symbol("W_E"))),),
    )


def linear_unembedding(net: Network) -> Assumption:
    """Y = X_n W_U."""
    return Assumption(
        "linear unembedding",
        "the logits are a linear map of the last residual stream, with no layer norm before it",
        (Relation(symbol("Y"), product(net.stream(net.layers), symbol("W_U"))),),
    )


FROZEN_PATTERNS = Assumption(
    "frozen patterns",
    "each pattern A is held constant at what one input gave, no longer a function of the stream",
)

CAUSAL_MASK = Assumption("causal mask", "a position attends to itself and to earlier positions only")


# Definitions.


def queries(net: Network) -> Assumption:
    """Q = X W_Q, for every head."""
    return _projection(net, "queries", "Q", "W_Q")


def keys(net: Network) -> Assumption:
    """K = X W_K, for every head."""
    return _projection(net, "keys", "K", "W_K")


def values(net: Network) -> Assumption:
    """V = X W_V, for every head."""
    return _projection(net, "values", "V", "W_V")


def _projection(net: Network, name: str, base: str, weight: str) -> Assumption:
    return definition(
        name,
        f"the {name} are the stream times {weight}",
        *(
            (net.head(base, *pair), product(net.stream(pair[0]), net.head(weight, *pair)))
            for pair in pairs(net)
        ),
    )


def scores(net: Network) -> Assumption:
    """S = Q Kᵀ / √d_h, for every head."""
    return definition(
        "scores",
        "a score is a query times a key, divided by the square root of their length",
        *(
            (net.head("S", *pair), scaled(net.head("Q", *pair), transpose(net.head("K", *pair))))
            for pair in pairs(net)
        ),
    )


def pattern(net: Network) -> Assumption:
    """A = softmax(mask(S)), for every head."""
    return definition(
        "pattern",
        "softmax over each row of the masked scores",
        *((net.head("A", *pair), RowSoftmax(CausalMask(net.head("S", *pair)))) for pair in pairs(net)),
    )


def mixed_values(net: Network) -> Assumption:
    """Z = A V, for every head."""
    return definition(
        "z",
        "each position mixes the values by its row of the pattern",
        *((net.head("Z", *pair), product(net.head("A", *pair), net.head("V", *pair))) for pair in pairs(net)),
    )


def head_output(net: Network) -> Assumption:
    """H = Z W_O, for every head."""
    return definition(
        "head output",
        "the output projection brings z back to the width of the stream",
        *(
            (net.head("H", *pair), product(net.head("Z", *pair), net.head("W_O", *pair)))
            for pair in pairs(net)
        ),
    )


def ov_product(net: Network) -> Assumption:
    """W_OV = W_V W_O, for every head."""
    return definition(
        "OV product",
        "W_OV is one name for the product of W_V and W_O",
        *(
            (net.head("W_OV", *pair), product(net.head("W_V", *pair), net.head("W_O", *pair)))
            for pair in pairs(net)
        ),
    )


def qk_product(net: Network) -> Assumption:
    """W_QK = W_Q W_Kᵀ, for every head."""
    return definition(
        "QK product",
        "W_QK is one name for the product of W_Q and the transpose of W_K",
        *(
            (net.head("W_QK", *pair), product(net.head("W_Q", *pair), transpose(net.head("W_K", *pair))))
            for pair in pairs(net)
        ),
    )


def layer_function(net: Network, *layers: int) -> Assumption:
    """What each of these layers adds, as a function of whatever stream it reads."""
    stream = MatrixSymbol("X", s, d)
    return definition(
        "layer",
        "a layer is its heads, each a function of the stream that it reads",
        *(
            (Layer(stream, layer), add(*(_head_of(stream, pair) for pair in net.heads_of(layer))))
            for layer in layers
        ),
    )


def layer_outputs(net: Network, below: int) -> Assumption:
    """Δ_j = layer_j(X_0 + Δ_0 + … + Δ_{j−1}), for each layer below one."""
    return definition(
        "layer output",
        "Δ is what a layer makes of the stream that it reads",
        *(
            (
                net.layer("Delta", layer),
                Layer(add(net.stream(0), *(net.layer("Delta", j) for j in range(layer))), layer),
            )
            for layer in range(below)
        ),
    )


def _head_of(stream: Any, pair: tuple[int, int]) -> Any:
    q, k, v = (product(stream, symbol(weight, *pair)) for weight in ("W_Q", "W_K", "W_V"))
    mixed = product(RowSoftmax(CausalMask(scaled(q, transpose(k)))), v)
    return product(mixed, symbol("W_O", *pair))


def scaled(*parts: Any) -> Any:
    """A product divided by √d_h."""
    return product(1 / sqrt(d_h), *parts)
