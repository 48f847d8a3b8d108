"""Values and outputs fold into one matrix. Source: the article, "Motivation"; rank: erratum 11."""

from __future__ import annotations

from ovlearn.symbolic import rules
from ovlearn.symbolic.course import assumptions
from ovlearn.symbolic.course.parameters import Arguments
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.functions import Rank
from ovlearn.symbolic.notation import Network
from ovlearn.symbolic.statements import Assumption

TITLE = "Values and outputs fold into one matrix, W_OV, of rank at most d_head"
LEAST_LAYERS = 1


def derive(arguments: Arguments) -> Derivation:
    """(A (X W_V)) W_O = A X (W_V W_O) = A X W_OV."""
    net, head = arguments.network, (arguments.layer, arguments.head)
    return folded(net, head).with_lemmas(rank_bound(net, head))


def folded(net: Network, head: tuple[int, int], *more: Assumption, title: str = "") -> Derivation:
    """What a head adds, its values and its output folded; `more`: what is declared beside it."""
    output, mixed, values, product_ = (
        make(net)
        for make in (
            assumptions.head_output,
            assumptions.mixed_values,
            assumptions.values,
            assumptions.ov_product,
        )
    )
    start = Derivation.start(
        net.head("H", *head), [output, mixed, values, product_, *more], network=net, title=title
    )
    return (
        start.apply(rules.unfold, output)
        .apply(rules.unfold, mixed)
        .apply(rules.unfold, values)
        .apply(rules.ungroup)
        .apply(rules.group, net.head("W_V", *head), net.head("W_O", *head))
        .apply(rules.fold, product_)
    )


def rank_bound(net: Network, head: tuple[int, int]) -> Derivation:
    """W_OV is d by d, but it passes through d_head dimensions."""
    folded = assumptions.ov_product(net)
    return (
        Derivation.start(
            Rank(net.head("W_OV", *head)), [folded], title="The rank of W_OV is at most d_head", network=net
        )
        .apply(rules.unfold, folded)
        .apply(rules.inner_size)
    )
