"""A theorem is the end of the derivation that it names: look it up there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from ovlearn.checking.arithmetic import CannotJudge
from ovlearn.symbolic.course import derivations, derive
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.expressions import symbols
from ovlearn.symbolic.functions import is_matrix
from ovlearn.symbolic.normal import NormalForm
from ovlearn.symbolic.notation import Network, parse
from ovlearn.symbolic.statements import Assumption, Relation

if TYPE_CHECKING:
    from ovlearn.checking.premises import Premises


def ends(theorem: Assumption, equation: Relation, at: Premises, seeds: tuple[int, ...]) -> bool:
    """Whether a chain of the derivation that a theorem names ends with one of its equations.

    A derivation of the course is derived anew; one of the reader's own must stand beside the theorem, where
    it is checked too. What that chain assumes must be declared where the theorem is used, or hold by itself.
    """
    return any(
        _is(chain.result, equation) and all(_granted(one, equation, at, seeds) for one in chain.assumptions)
        for chain in _chains(theorem, equation, at)
    )


def _chains(theorem: Assumption, equation: Relation, at: Premises) -> Iterator[Derivation]:
    named = theorem.derived_in
    if named in derivations():
        for layers, layer, head in _wanted(equation, at.context.network):
            whole = _derived(named, layers, at.context.network.heads, layer, head)
            yield from (whole, *whole.lemmas) if whole else ()
    elif named:
        for part in at.parts:
            own = any(
                one.kind == "theorem" and one.derived_in not in derivations() for one in part.assumptions
            )
            if named in (part.slug, part.title) and not own:  # else two could rest on each other
                yield part


def _wanted(equation: Relation, net: Network) -> Iterator[tuple[int, int, int]]:
    """The sizes and the head for which a derivation can end with an equation, those of its symbols first."""
    found = {indices for name in symbols(equation.lhs) for indices in [parse(name.name)[1]] if indices}
    for indices in sorted(found):
        layer, head = indices[-2:] if len(indices) > 1 else (indices[0], 0)
        if layer < net.layers and head < net.heads:
            yield net.layers, layer, head
        if len(indices) == 1 and 0 < layer <= net.layers:
            yield layer, 0, 0  # X_l is the last stream of a network of l layers
    if not found:
        yield net.layers, max(net.layers - 1, 0), 0


@lru_cache(maxsize=256)
def _derived(slug: str, layers: int, heads: int, layer: int, head: int) -> Derivation | None:
    try:
        return derive(slug, layers=layers, heads=heads, layer=layer, head=head)
    except ValueError:
        return None


def _is(result: Relation, equation: Relation) -> bool:
    if result.sign != "=" or result.lhs != equation.lhs:
        return False
    if not (is_matrix(result.rhs) and is_matrix(equation.rhs)):
        return bool(result.rhs == equation.rhs)
    form = NormalForm()
    return form.of(result.rhs) == form.of(equation.rhs)


def _granted(one: Assumption, theorem: Relation, at: Premises, seeds: tuple[int, ...]) -> bool:
    """Whether an assumption behind a theorem is declared with it too, or needs no declaring."""
    if one in at.context.derivation.assumptions or one.kind == "theorem":
        return True
    return all(_needs_no_declaring(each, theorem, at, seeds) for each in one.equations)


def _needs_no_declaring(equation: Relation, theorem: Relation, at: Premises, seeds: tuple[int, ...]) -> bool:
    try:
        stand, _ = at.on_runs(equation, seeds)
    except CannotJudge:
        return False
    return stand == "holds" or (
        stand == "names" and not symbols(equation.lhs) & (symbols(theorem.lhs) | symbols(theorem.rhs))
    )
