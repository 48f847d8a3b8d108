"""The residual stream is a sum.

Source: the article, "Motivation"; Elhage et al., "Virtual Weights and the Residual Stream as a Communication
Channel".
"""

from __future__ import annotations

from sympy import Symbol

from ovlearn.symbolic import rules
from ovlearn.symbolic.course.assumptions import residual_stream
from ovlearn.symbolic.course.parameters import Arguments
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import add
from ovlearn.symbolic.functions import At, SumBelow
from ovlearn.symbolic.notation import d, s, symbol
from ovlearn.symbolic.statements import Assumption, Relation

TITLE = "The residual stream is the first stream plus everything that was added"
LEAST_LAYERS = 1


def derive(arguments: Arguments) -> Derivation:
    """Unroll X_{l+1} = X_l + Δ_l from the last layer to the first."""
    net = arguments.network
    given = residual_stream(net)
    derivation = Derivation.start(net.stream(net.layers), [given], network=net)
    for _ in range(net.layers):
        derivation = derivation.apply(rules.unfold, given)
    if net.layers > 1:
        derivation = derivation.apply(rules.flatten)
    return derivation.with_lemmas(induction_step())


def induction_step() -> Derivation:
    """If the sum holds up to any n, it holds up to n + 1."""
    n = Symbol("n", integer=True, nonnegative=True)

    def stream(index: object) -> object:
        return At("X", index, s, d)

    recurrence = Assumption(
        "residual stream",
        "layer n adds its output to the stream",
        (Relation(stream(n + 1), add(stream(n), At("Delta", n, s, d))),),
    )
    hypothesis = Assumption(
        "induction hypothesis",
        "the sum holds up to n",
        (Relation(stream(n), add(symbol("X", 0), SumBelow("Delta", n, s, d))),),
    )
    return (
        Derivation.start(stream(n + 1), [recurrence, hypothesis], title="From n to n + 1")
        .apply(rules.unfold, recurrence)
        .apply(rules.unfold, hypothesis)
        .apply(rules.flatten)
        .apply(rules.join_sum)
    )
