"""Positions as rotations: a QK circuit for each distance, and the same OV circuit.

Source: Su et al. (2021), "RoFormer: Enhanced Transformer with Rotary Position Embedding".
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Symbol

from ovlearn.symbolic import rules
from ovlearn.symbolic.course import assumptions, ov_fold
from ovlearn.symbolic.course.assumptions import scaled, turned_by_position
from ovlearn.symbolic.course.parameters import Arguments
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import factors, product, transpose
from ovlearn.symbolic.functions import OneHot, Rotation
from ovlearn.symbolic.notation import Network, s, symbol
from ovlearn.symbolic.statements import Assumption, definition

TITLE = "Rotary positions: a QK circuit for each distance, and the OV circuit as it was"
LEAST_LAYERS = 1

I, J = Symbol("i", integer=True), Symbol("j", integer=True)  # noqa: E741
ROW_I, ROW_J = OneHot(I, s), OneHot(J, s)


def derive(arguments: Arguments) -> Derivation:
    """The score of query i and key j: between what both read stands W_Q R_{i−j} W_Kᵀ."""
    net, head = replace(arguments.network, rotary=True), (arguments.layer, arguments.head)
    scores, queries, keys = (
        make(net) for make in (assumptions.scores, assumptions.queries, assumptions.keys)
    )
    rows = _rows(net, head[0])
    derivation = (
        Derivation.start(
            product(ROW_I, net.head("S", *head), transpose(ROW_J)), [scores, queries, keys, rows], network=net
        )
        .apply(rules.unfold, scores)
        .apply(rules.scalars_first)
        .apply(rules.gather_transposes, transpose(net.head("K", *head)), transpose(ROW_J))
        .apply(rules.unfold, queries)
        .apply(rules.unfold, keys)
        .apply(rules.row_of_a_sum)
        .apply(rules.fold, rows)
    )
    return _rotations_joined(derivation, *_circuit(net, head)).with_lemmas(
        tokens_alone(net, head),
        ov_fold.folded(net, head, title="The OV circuit is as it was"),
    )


def tokens_alone(net: Network, head: tuple[int, int]) -> Derivation:
    """Where both read the tokens: a table of tokens by tokens for each distance."""
    direct, w_e = _direct_scores(net, head), symbol("W_E")
    derivation = (
        Derivation.start(
            product(ROW_I, symbol("S_direct", *head), transpose(ROW_J)),
            [direct],
            title="Where query and key read the tokens alone",
            network=net,
        )
        .apply(rules.unfold, direct)
        .apply(rules.scalars_first)
    )
    derivation = derivation.apply(rules.gather_transposes, *factors(derivation.here)[-2:])
    return _rotations_joined(derivation.apply(rules.row_of_a_sum), w_e, *_circuit(net, head), transpose(w_e))


def _rotations_joined(derivation: Derivation, *circuit: object) -> Derivation:
    """From (x_i W_Q R_i)(x_j W_K R_j)ᵀ to x_i (W_Q R_{i−j} W_Kᵀ) x_jᵀ; `circuit`: what is put in brackets."""
    return (
        derivation.apply(rules.transposes)
        .apply(rules.ungroup)
        .apply(rules.rotations)
        .apply(rules.group, *circuit)
    )


def _circuit(net: Network, head: tuple[int, int]) -> tuple[object, ...]:
    return net.head("W_Q", *head), Rotation(I - J), transpose(net.head("W_K", *head))


def _rows(net: Network, layer: int) -> Assumption:
    return definition(
        "rows",
        "a one-hot row picks a row out of a matrix",
        (symbol("x_i"), product(ROW_I, net.read(layer))),
        (symbol("x_j"), product(ROW_J, net.read(layer))),
    )


def _direct_scores(net: Network, head: tuple[int, int]) -> Assumption:
    tokens = product(symbol("E"), symbol("W_E"))
    queries, keys = (turned_by_position(tokens, net.head(weight, *head)) for weight in ("W_Q", "W_K"))
    return definition(
        "direct scores",
        "the scores of what both sides read of the tokens, each row turned by its position",
        (symbol("S_direct", *head), scaled(queries, transpose(keys))),
    )
