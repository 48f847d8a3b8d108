"""Rows and columns: two conventions, one circuit. Source: the article's last note (erratum 4)."""

from __future__ import annotations

from ovlearn.symbolic import rules
from ovlearn.symbolic.course.parameters import Arguments
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import product, transpose
from ovlearn.symbolic.functions import Vec
from ovlearn.symbolic.notation import Network, symbol
from ovlearn.symbolic.translation import columns, to_columns

TITLE = "W_U W_OV W_E is the transpose of W_E W_OV W_U, and ⊗ puts the pattern back"
LEAST_LAYERS = 1


def derive(arguments: Arguments) -> Derivation:
    """The circuit in the paper's convention, where vectors are columns and matrices act from the left."""
    net, head = arguments.network, (arguments.layer, arguments.head)
    weights = symbol("W_E"), net.head("W_OV", *head), symbol("W_U")
    pattern = net.head("A", *head)
    contribution = product(pattern, symbol("E"), *weights)
    folded = product(net.head("W_V", *head), net.head("W_O", *head))
    return to_columns(product(*weights), network=net).with_lemmas(
        to_columns(folded, network=net, title="W_OV in columns"),
        to_columns(contribution, network=net, title="The contribution in columns"),
        stacked_columns(net, head),
        stacked_rows(net, head),
        with_attention(net, head),
    )


def stacked_columns(net: Network, head: tuple[int, int]) -> Derivation:
    """vec(A E M) = (Mᵀ ⊗ A) vec(E), columns stacked."""
    return Derivation.start(
        Vec(product(net.head("A", *head), symbol("E"), symbol("M"))),
        title="⊗ with columns stacked",
        network=net,
    ).apply(rules.vectorise)


def stacked_rows(net: Network, head: tuple[int, int]) -> Derivation:
    """The rows of a matrix stacked are the columns of its transpose: the factors change places."""
    whole = product(net.head("A", *head), symbol("E"), symbol("M"))
    return (
        Derivation.start(Vec(transpose(whole)), title="⊗ with rows stacked", network=net)
        .apply(rules.transposes)
        .apply(rules.vectorise)
    )


def with_attention(net: Network, head: tuple[int, int]) -> Derivation:
    """The paper's term A ⊗ (W_U W_OV W_E), applied to the tokens."""
    inside = product(symbol("W_E"), net.head("W_OV", *head), symbol("W_U"))
    whole = product(net.head("A", *head), symbol("E"), inside)
    convention = columns(inside)
    return (
        Derivation.start(
            Vec(transpose(whole)), [convention], title="The paper's term, with attention", network=net
        )
        .apply(rules.transposes)
        .apply(rules.vectorise)
        .apply(rules.unfold, convention)
    )
