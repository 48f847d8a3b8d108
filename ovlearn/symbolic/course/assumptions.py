"""What the course takes as given: assumptions about the network, definitions, and earlier results."""

from __future__ import annotations

from typing import Any

from sympy import Identity, MatrixSymbol, OneMatrix, Symbol, sqrt

from ovlearn.symbolic.expressions import add, product, subtract, transpose
from ovlearn.symbolic.functions import CausalMask, Diagonal, Layer, OneHot, Rotation, RowSoftmax, TokenSum
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
        f"no MLP, {'' if net.norm else 'no layer norm, '}no biases",
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
    """Y = X_n W_U; where norms are, Y = N_n W_U."""
    says = (
        "the logits are a linear map of what the last norm leaves"
        if net.norm
        else "the logits are a linear map of the last residual stream, with no layer norm before it"
    )
    read = net.read(net.layers)
    return Assumption("linear unembedding", says, (Relation(symbol("Y"), product(read, symbol("W_U"))),))


def rms_norm(net: Network) -> Assumption:
    """N = D X G, for each stream."""
    return Assumption(
        "rms norm",
        "each position's stream is divided by its root mean square, then multiplied by the gains",
        tuple(_normed(net, layer, net.stream(layer)) for layer in range(net.layers + 1)),
    )


def layer_norm(net: Network) -> Assumption:
    """N = D (X − (X 1) 1ᵀ/d) G, for each stream."""
    ones = OneMatrix(d, 1)
    return Assumption(
        "layer norm",
        "each position's stream less its mean is divided by its standard deviation, then multiplied by the "
        "gains; the shift is left out: it adds one row to every position, whatever the stream",
        tuple(
            _normed(net, layer, subtract(x, product(1 / d, product(x, ones), transpose(ones))))
            for layer, x in enumerate(map(net.stream, range(net.layers + 1)))
        ),
    )


def _normed(net: Network, layer: int, stream: Any) -> Relation:
    factors, gains = net.of_stream("D_norm", layer), net.of_stream("G_norm", layer)
    return Relation(net.of_stream("X_norm", layer), product(factors, stream, gains))


def shared_projections(net: Network) -> Assumption:
    """W_K and W_V of every head are those of the first head of its group."""
    return Assumption(
        "shared keys and values",
        f"{net.sharing} neighbouring heads have one W_K and one W_V, those of the first of them",
        tuple(
            Relation(net.head(weight, layer, head), net.head(weight, layer, net.first_of_group(head)))
            for layer, head in pairs(net)
            for weight in ("W_K", "W_V")
            if head != net.first_of_group(head)
        ),
    )


FROZEN_PATTERNS = Assumption(
    "frozen patterns",
    "each pattern A is held constant at what one input gave, no longer a function of the stream",
)

HELD_NORMS = Assumption(
    "held norms",
    "the factors D of each norm are held constant at what one input gave, no longer functions of the stream",
)

CAUSAL_MASK = Assumption("causal mask", "a position attends to itself and to earlier positions only")


# Definitions.


def queries(net: Network) -> Assumption:
    """Q = X W_Q, for every head; row m turned by R_m where positions are rotations."""
    return _projection(net, "queries", "Q", "W_Q", turns=net.rotary)


def keys(net: Network) -> Assumption:
    """K = X W_K, for every head; row m turned by R_m where positions are rotations."""
    return _projection(net, "keys", "K", "W_K", turns=net.rotary)


def values(net: Network) -> Assumption:
    """V = X W_V, for every head."""
    return _projection(net, "values", "V", "W_V")


def _projection(net: Network, name: str, base: str, weight: str, *, turns: bool = False) -> Assumption:
    read = "stream behind its norm" if net.norm else "stream"
    turned = ", each row turned by the rotation of its position" if turns else ""

    def made(layer: int, head: int) -> Any:
        parts = net.read(layer), net.head(weight, layer, head)
        return turned_by_position(*parts) if turns else product(*parts)

    return definition(
        name,
        f"the {name} are the {read} times {weight}{turned}",
        *((net.head(base, *pair), made(*pair)) for pair in pairs(net)),
    )


def turned_by_position(stream: Any, weight: Any) -> Any:
    """Σ_m e_mᵀ (e_m X) W R_m: each row of X W, turned by the rotation of its position."""
    index = Symbol("m", integer=True)
    row = OneHot(index, s)
    return TokenSum(product(transpose(row), product(product(row, stream), weight, Rotation(index))), index)


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


def norm_factors(net: Network, *layers: int) -> Assumption:
    """D = diag(r), for each of these streams."""
    return definition(
        "norm factors",
        "a norm has one factor for each position, above 0",
        *((net.of_stream("D_norm", layer), Diagonal(net.of_stream("r_norm", layer))) for layer in layers),
    )


def full_circuit(net: Network, head: tuple[int, int]) -> Assumption:
    """C = W_E W_OV W_U; where norms are, with what they multiply by on the right."""
    return definition(
        "full OV circuit", "from token to logits, [v, v]", (symbol("C", *head), product(*inside(net, head)))
    )


def inside(net: Network, head: tuple[int, int]) -> list[Any]:
    """The factors of the full OV circuit of a head."""
    through = [symbol("W_E"), *right_of_stream(net, head[0]), net.head("W_OV", *head)]
    return [*through, *right_of_stream(net, net.layers), symbol("W_U")]


def left_of_stream(net: Network, layer: int) -> list[Any]:
    """What the norm of a stream multiplies it by on its left: its factors."""
    return [net.of_stream("D_norm", layer)] if net.norm else []


def right_of_stream(net: Network, layer: int) -> list[Any]:
    """What the norm of a stream multiplies it by on its right: its gains, and what takes the mean away."""
    ones = OneMatrix(d, 1)
    centring = [add(Identity(d), product(-1 / d, ones, transpose(ones)))] if net.norm == "layer" else []
    return [*centring, net.of_stream("G_norm", layer)] if net.norm else []


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
