"""What a norm leaves of the OV circuit: one factor for each position.

Source: Zhang and Sennrich (2019), "Root Mean Square Layer Normalization"; Elhage et al. (2021), "Transformer
Overview", on layer norm, which it leaves out.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Symbol

from ovlearn.symbolic import rules
from ovlearn.symbolic.course import assumptions, ov_circuit, ov_fold
from ovlearn.symbolic.course.frozen_network import what_a_layer_adds
from ovlearn.symbolic.course.parameters import Arguments
from ovlearn.symbolic.course.path_expansion import expanded
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import product, transpose
from ovlearn.symbolic.functions import OneHot
from ovlearn.symbolic.notation import Network, s, symbol
from ovlearn.symbolic.statements import Assumption, definition

TITLE = "The OV circuit behind norms: its rows, each times a positive number, once the norms are held"
LEAST_LAYERS = 1

ROW_I, ROW_J = OneHot(Symbol("i", integer=True), s), OneHot(Symbol("j", integer=True), s)


def derive(arguments: Arguments) -> Derivation:
    """Expand the logits over all paths, patterns and norms held; keep the one through this head alone."""
    net, head = replace(arguments.network, norm="rms"), (arguments.layer, arguments.head)
    boxed = expanded(net).apply(
        rules.select_path,
        (head,),
        symbol("Y", *head),
        why="the one path that passes this head and no other",
    )
    return boxed.with_lemmas(
        what_a_head_adds(net, head),
        what_a_layer_adds(net, head[0]),
        ov_circuit.circuit(net, head),
        one_row(net, head),
        layer_norm(replace(net, norm="layer"), head[0]),
    )


def what_a_head_adds(net: Network, head: tuple[int, int]) -> Derivation:
    """A head reads D X G: its pattern and the factors act from the left, gains and weights from the right."""
    norm = assumptions.rms_norm(net)
    return (
        ov_fold.folded(net, head, norm, title="What a head adds")
        .apply(rules.unfold, norm)
        .apply(rules.ungroup)
    )


def one_row(net: Network, head: tuple[int, int]) -> Derivation:
    """Position j gives to position i its row of the circuit, e_j E C, times r_i a_ij r_j: the order stays."""
    factors, rows = assumptions.norm_factors(net, head[0], net.layers), _rows(net, head)
    pattern = net.head("A", *head)
    weights = product(ROW_I, net.of_stream("D_norm", net.layers), pattern, net.of_stream("D_norm", head[0]))
    return (
        Derivation.start(
            product(weights, product(symbol("E"), symbol("C", *head))),
            [factors, rows],
            title="What one position gives to another",
            network=net,
        )
        .apply(rules.sum_over_positions, ROW_J.args[0])
        .apply(rules.ungroup)
        .apply(rules.unfold, factors)
        .apply(rules.diagonal)
        .apply(rules.group, ROW_I, pattern)
        .apply(rules.group, product(ROW_I, pattern), transpose(ROW_J))
        .apply(rules.fold, rows)
    )


def _rows(net: Network, head: tuple[int, int]) -> Assumption:
    return definition(
        "rows",
        "a one-hot row picks a row out of a matrix, or an entry out of a column",
        (symbol("a_i"), product(ROW_I, net.head("A", *head))),
        (symbol("a_ij"), product(symbol("a_i"), transpose(ROW_J))),
        (symbol("r_i"), product(ROW_I, net.of_stream("r_norm", net.layers))),
        (symbol("r_j"), product(ROW_J, net.of_stream("r_norm", head[0]))),
    )


def layer_norm(net: Network, layer: int) -> Derivation:
    """Layer norm takes the mean away as well: one more constant matrix on the right of the stream."""
    norm = assumptions.layer_norm(net)
    return (
        Derivation.start(net.read(layer), [norm], title="Layer norm, with its centring matrix", network=net)
        .apply(rules.unfold, norm)
        .apply(rules.ungroup)
        .apply(rules.factor_out)
        .apply(rules.ungroup)
    )
