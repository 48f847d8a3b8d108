"""The first route: equal normal forms."""

from __future__ import annotations

from typing import Any

from sympy import MatAdd, MatMul

from ovlearn.checking.claims import Claim, Context
from ovlearn.checking.judgement import Judgement, failed, not_applicable, passed
from ovlearn.checking.relating import Relating
from ovlearn.symbolic.expressions import add, nodes
from ovlearn.symbolic.functions import CausalMask, Rank, is_matrix
from ovlearn.symbolic.normal import NormalForm, Table, holds_opaque
from ovlearn.symbolic.steps import Bound, Counterexample, Selection


class Algebra:
    """Equal normal forms. Decides polynomials; with opaque parts it can confirm but not refute."""

    name = "algebra"

    def __init__(self, context: Context) -> None:
        self.context = context
        self.form = NormalForm(context.definitions)
        self.relating = Relating(self.form, [relation for _, relation in context.relations])

    def judge(self, claim: Claim) -> Judgement:
        """What this route says of a claim."""
        if claim.kind in (Counterexample, Bound):
            return not_applicable(f"a {claim.kind.__name__.lower()} is not an equality of forms")
        claim = self.context.spelled(claim)
        if any(map(_mask_in_sum, claim.expressions())):
            return not_applicable("a mask in a sum or a product holds −∞, which obeys no law of them")
        if not (is_matrix(claim.before) and is_matrix(claim.after)):
            return self._numbers(claim)
        before, after = self.form.of(claim.before), self.form.of(claim.after)
        whole = after
        if claim.kind is Selection:
            whole = self.form.of(add(claim.after, claim.remainder))
        if claim.kind is Selection and claim.name in self.form.definitions:
            named = self.form.of(claim.name)
            if named != after and not holds_opaque(named) and not holds_opaque(after):
                return failed("what was selected is not what its name stands for")
        return self._compared(claim, before, whole)

    def _compared(self, claim: Claim, before: Table, whole: Table) -> Judgement:
        if same(before, whole) or same(self.relating.reduced(before), self.relating.reduced(whole)):
            return passed()
        if holds_opaque(before) or holds_opaque(whole):
            return not_applicable("the forms differ, but they hold functions whose laws they do not know")
        related = self.context.relation_in(claim)
        if related:
            return not_applicable(f"the forms differ, but {related!r} may make them equal")
        return failed("the normal forms differ")

    def _numbers(self, claim: Claim) -> Judgement:
        """Ranks are equal where their matrices are; sizes, where they are the same size."""
        before, after = claim.before, claim.after
        if not (before.has(Rank) or after.has(Rank)):
            return passed() if _is_zero(before - after) else failed("the two numbers differ")
        if isinstance(before, Rank) and isinstance(after, Rank):
            matrices = before.args[0], after.args[0]
            if self.form.of(matrices[0]) == self.form.of(matrices[1]):
                return passed()
        return not_applicable("different matrices may have the same rank")


def same(left: Table, right: Table) -> bool:
    """Whether two tables have the same words with equal coefficients, also where those look different."""
    return left == right or all(_is_zero(left.get(word, 0) - right.get(word, 0)) for word in left | right)


def _mask_in_sum(expr: Any) -> bool:
    """Whether a term or a factor is −∞ in places."""
    sums = (node for node in nodes(expr) if isinstance(node, (MatAdd, MatMul)))
    return any(isinstance(part, CausalMask) for node in sums for part in node.args)


def _is_zero(number: Any) -> bool:
    """Whether a coefficient is zero: as is known at once, or, for such as √2 √3 − √6, as sympy decides."""
    if number == 0 or not hasattr(number, "equals"):
        return bool(number == 0)
    return bool(number.equals(0) if number.is_zero is None else number.is_zero)
