"""The OV circuit, in a box. Source: the article, "The Circuit" (errata 5 and 6)."""

from __future__ import annotations

from ovlearn.symbolic import rules
from ovlearn.symbolic.course import assumptions, theorems
from ovlearn.symbolic.course.parameters import Arguments
from ovlearn.symbolic.course.path_expansion import expanded
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import product
from ovlearn.symbolic.notation import Network, symbol
from ovlearn.symbolic.statements import Assumption, Relation, definition

TITLE = "The OV circuit: the one path through a head and no other"
LEAST_LAYERS = 1


def derive(arguments: Arguments) -> Derivation:
    """Expand the logits over all paths, then keep the one that passes this head alone."""
    net, head = arguments.network, (arguments.layer, arguments.head)
    boxed = expanded(net).apply(
        rules.select_path,
        (head,),
        symbol("Y", *head),
        why="the one path that passes this head and no other",
    )
    return boxed.with_lemmas(direct_part(net, head), direct_logits(net, head), circuit(net, head))


def direct_part(net: Network, head: tuple[int, int]) -> Derivation:
    """Of what the layer adds, the part in which this head reads the tokens; the rest is left out.

    One head in the first layer has nothing else to read: there is nothing to select.
    """
    part, layer = symbol("Delta", *head), net.layer("Delta", head[0])
    alone = net.heads == 1 and head[0] == 0
    whole = definition(
        "only head", "the one head of the first layer adds all that the layer adds", (part, layer)
    )
    layers = theorems.frozen_layers(net)
    added = Derivation.start(
        part if alone else layer,
        [*theorems.behind_frozen_layers(net), layers, *([whole] if alone else [])],
        title="What the head adds of the tokens",
        network=net,
    )
    added = added.apply(rules.unfold, whole) if alone else added
    added = added.apply(rules.unfold, layers).apply(rules.distribute)
    return added if alone else added.apply(rules.select, _added(net, head), part)


def direct_logits(net: Network, head: tuple[int, int]) -> Derivation:
    """The unembedding of that part is the boxed equation."""
    part = _direct_part(net, head)
    contribution = definition(
        "contribution",
        "the unembedding of what the head adds of the tokens",
        (symbol("Y", *head), product(symbol("Delta", *head), symbol("W_U"))),
    )
    return (
        Derivation.start(
            symbol("Y", *head), [contribution, part], title="Its contribution to the logits", network=net
        )
        .apply(rules.unfold, contribution)
        .apply(rules.unfold, part)
        .apply(rules.ungroup)
    )


def circuit(net: Network, head: tuple[int, int]) -> Derivation:
    """The circuit is what stands to the right of the tokens; the pattern is not in it.

    Where norms are, their factors are not in it either, but their gains are.
    """
    full, inside = assumptions.full_circuit(net, head), assumptions.inside(net, head)
    left = assumptions.left_of_stream(net, net.layers), assumptions.left_of_stream(net, head[0])
    return (
        Derivation.start(
            product(*left[0], net.head("A", *head), *left[1], symbol("E"), *inside),
            [full],
            title="What is circuit, and what is contribution",
            network=net,
        )
        .apply(rules.group, *inside)
        .apply(rules.fold, full)
    )


def _added(net: Network, head: tuple[int, int]) -> object:
    return product(net.head("A", *head), symbol("E"), symbol("W_E"), net.head("W_OV", *head))


def _direct_part(net: Network, head: tuple[int, int]) -> Assumption:
    return Assumption(
        "direct part",
        "what the head adds of the tokens",
        (Relation(symbol("Delta", *head), _added(net, head)),),
        kind="theorem",
        derived_in="ov-circuit",
    )
