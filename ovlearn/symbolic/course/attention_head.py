"""One attention head, step by step, and entry by entry. Source: the article, "Motivation"."""

from __future__ import annotations

from typing import Any

from sympy import OneMatrix, Symbol

from ovlearn.symbolic import rules
from ovlearn.symbolic.course import assumptions
from ovlearn.symbolic.course.parameters import Arguments
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import product, transpose
from ovlearn.symbolic.functions import Layer, OneHot
from ovlearn.symbolic.notation import Network, s, symbol
from ovlearn.symbolic.statements import Assumption, definition

TITLE = "One attention head, from the stream that it reads to what it adds"
LEAST_LAYERS = 1

ROW_I, ROW_J = OneHot(Symbol("i", integer=True), s), OneHot(Symbol("j", integer=True), s)


def derive(arguments: Arguments) -> Derivation:
    """Unfold the head's output until only the stream and the four weights are left."""
    net, head = arguments.network, (arguments.layer, arguments.head)
    order = (
        assumptions.head_output,
        assumptions.mixed_values,
        assumptions.values,
        assumptions.pattern,
        assumptions.scores,
        assumptions.queries,
        assumptions.keys,
    )
    assumed = [make(net) for make in order]
    derivation = Derivation.start(net.head("H", *head), [*assumed, assumptions.CAUSAL_MASK], network=net)
    for assumption in assumed:
        derivation = derivation.apply(rules.unfold, assumption)
    return derivation.with_lemmas(
        one_entry(net, head),
        one_score(net, head),
        one_row(net, head),
        rows_sum_to_one(net, head),
        layer_of_its_stream(net, arguments.layer, assumed),
    )


def layer_of_its_stream(net: Network, layer: int, head_steps: list[Assumption]) -> Derivation:
    """layer(X_l), written out and folded back, is what the layer adds: Δ_l."""
    function, attention = assumptions.layer_function(net, layer), assumptions.attention_only(net)
    derivation = Derivation.start(
        Layer(net.stream(layer), layer),
        [function, *head_steps, attention, assumptions.CAUSAL_MASK],
        title="The layer as a function of its stream",
        network=net,
    ).apply(rules.unfold, function)
    for assumption in reversed(head_steps):
        derivation = derivation.apply(rules.fold, assumption)
    return derivation.apply(rules.fold, attention)


def _rows(net: Network, head: tuple[int, int]) -> Any:
    return definition(
        "rows",
        "a one-hot row picks a row out of a matrix",
        (symbol("q_i"), product(ROW_I, net.head("Q", *head))),
        (symbol("k_j"), product(ROW_J, net.head("K", *head))),
        (symbol("v_j"), product(ROW_J, net.head("V", *head))),
        (symbol("a_i"), product(ROW_I, net.head("A", *head))),
        (symbol("a_ij"), product(symbol("a_i"), transpose(ROW_J))),
    )


def _fold_entry(derivation: Derivation, net: Network, head: tuple[int, int], rows: Any) -> Derivation:
    """From e_i Q Kᵀ e_jᵀ to q_i k_jᵀ."""
    return (
        derivation.apply(rules.group, ROW_I, net.head("Q", *head))
        .apply(rules.gather_transposes, transpose(net.head("K", *head)), transpose(ROW_J))
        .apply(rules.fold, rows)
    )


def one_entry(net: Network, head: tuple[int, int]) -> Derivation:
    """Entry ij of Q Kᵀ is a query times a key."""
    rows = _rows(net, head)
    table = product(net.head("Q", *head), transpose(net.head("K", *head)))
    derivation = Derivation.start(
        product(ROW_I, table, transpose(ROW_J)), [rows], title="One entry of Q Kᵀ", network=net
    ).apply(rules.ungroup)
    return _fold_entry(derivation, net, head, rows)


def one_score(net: Network, head: tuple[int, int]) -> Derivation:
    """Score ij is a query times a key over the square root of their length."""
    rows, scores = _rows(net, head), assumptions.scores(net)
    derivation = (
        Derivation.start(
            product(ROW_I, net.head("S", *head), transpose(ROW_J)),
            [scores, rows],
            title="One score",
            network=net,
        )
        .apply(rules.unfold, scores)
        .apply(rules.scalars_first)
    )
    return _fold_entry(derivation, net, head, rows)


def one_row(net: Network, head: tuple[int, int]) -> Derivation:
    """Row i of A V is the sum of the values, each weighted by how much i attends to it."""
    rows, mixed = _rows(net, head), assumptions.mixed_values(net)
    return (
        Derivation.start(
            product(ROW_I, net.head("Z", *head)), [mixed, rows], title="One row of A V", network=net
        )
        .apply(rules.unfold, mixed)
        .apply(rules.ungroup)
        .apply(rules.group, ROW_I, net.head("A", *head))
        .apply(rules.fold, rows)
        .apply(rules.sum_over_positions, ROW_J.args[0])
        .apply(rules.fold, rows)
    )


def rows_sum_to_one(net: Network, head: tuple[int, int]) -> Derivation:
    """A times the column of ones is the column of ones."""
    pattern = assumptions.pattern(net)
    return (
        Derivation.start(
            product(net.head("A", *head), OneMatrix(s, 1)),
            [pattern, assumptions.CAUSAL_MASK],
            title="Rows of A sum to 1",
            network=net,
        )
        .apply(rules.unfold, pattern)
        .apply(rules.rows_sum_to_one)
    )
