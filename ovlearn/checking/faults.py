"""Plant faults in a claim: every way that a derivation is likely to be wrong, at every place where it can be.

A fault that type-checks must be rejected by each route that can see it; one that does not is rejected by
the shapes. This is how a report shows that its checks can fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sympy import ImmutableMatrix, Integer, MatAdd, MatMul, MatrixSymbol, Transpose, ZeroMatrix

from ovlearn.checking.claims import Claim
from ovlearn.symbolic.expressions import add, children, rebuild, symbols, terms, transpose
from ovlearn.symbolic.functions import Rotation, RowSoftmax, is_matrix
from ovlearn.symbolic.notation import GLOSSARY, STREAMS, Network, d_h, parse
from ovlearn.symbolic.statements import Relation
from ovlearn.symbolic.steps import Bound, Counterexample, Selection, Step


@dataclass(frozen=True)
class Fault:
    """A corrupted claim, what was done to it, and whether an equality of both sides can show it at all.

    Where `keeps_the_sum` is true, before = after + remainder still holds: only a route that knows what
    the selected part should be can see the fault.
    """

    name: str
    claim: Claim
    keeps_the_sum: bool = False


def planted(claim: Claim, network: Network) -> Iterator[Fault]:
    """Every fault that can be planted in a claim."""
    if claim.kind is Counterexample:
        yield from _spoiled_witness(claim)
        yield from _impossible_witness(claim, network)
        yield Fault("= for ≠", replace(claim, kind=Step, witness=()))
        return
    if claim.kind is Bound:
        yield Fault("a bound too low", replace(claim, after=claim.after - 1))
        yield Fault("a bound turned round", replace(claim, before=claim.after, after=claim.before))
        return
    for name, after in _corrupted(claim.after, network):
        yield Fault(name, replace(claim, after=after))
    if claim.kind is Selection:
        yield from _wrong_selections(claim, network)
        return
    if is_matrix(claim.after):
        yield Fault("≠ for =", replace(claim, kind=Counterexample, witness=_zeros(claim)))
    if isinstance(claim.after, ZeroMatrix):
        yield Fault("a term that should have cancelled", replace(claim, after=terms(claim.before)[0]))


def _spoiled_witness(claim: Claim) -> Iterator[Fault]:
    """With one input zero the two sides agree: then the witness shows nothing."""
    for place, (symbol, matrix) in enumerate(claim.witness[:2]):
        zero = ImmutableMatrix.zeros(*matrix.shape)
        if matrix == zero:
            continue
        spoiled = list(claim.witness)
        spoiled[place] = (symbol, zero)
        yield Fault("a witness that shows nothing", replace(claim, witness=tuple(spoiled)))


def _impossible_witness(claim: Claim, network: Network) -> Iterator[Fault]:
    """A witness may choose what goes into a network, but not what it computes: here, the last stream."""
    named = network.stream(network.layers)
    matrix = ImmutableMatrix.ones(
        *next((each.shape for name, each in claim.witness if name.shape == named.shape), (1, 1))
    )
    yield Fault("a witness that no network has", replace(claim, witness=(*claim.witness, (named, matrix))))


def _zeros(claim: Claim) -> Any:
    """A witness that sets every symbol of a claim to zero, at sizes of one."""
    names = set().union(*(symbols(part) for part in claim.expressions()))
    one = {
        name: ImmutableMatrix.zeros(*(int(size) if size.is_Integer else 1 for size in name.shape))
        for name in names
    }
    return tuple(sorted(one.items(), key=lambda pair: str(pair[0])))


def false_premises(claim: Claim) -> Iterator[Fault]:
    """The claim with each equation that its step may use made false: its right side doubled, or a term lost.

    Its `sources` are then the equation, alone in its assumption, and the false one, alone in its.
    """
    for source in claim.sources:
        for equation in source.equations:
            for rhs in _false(equation.rhs):
                right = replace(source, equations=(equation,))
                wrong = replace(source, equations=(Relation(equation.lhs, rhs),))
                yield Fault("a false assumption", replace(claim, sources=(right, wrong)))


def _false(expr: Any) -> Iterator[Any]:
    if is_matrix(expr) and not isinstance(expr, ZeroMatrix):
        yield MatMul(Integer(2), expr, evaluate=False)


def _wrong_selections(claim: Claim, network: Network) -> Iterator[Fault]:
    for name, remainder in _corrupted(claim.remainder, network):
        yield Fault(f"{name} in the remainder", replace(claim, remainder=remainder))
    left_out = terms(claim.remainder)
    for place, term in enumerate(left_out):
        rest = (*left_out[:place], claim.after, *left_out[place + 1 :])
        swapped = replace(claim, after=term, remainder=add(*rest))
        yield Fault("another term selected", swapped, keeps_the_sum=True)


def _corrupted(expr: Any, network: Network) -> Iterator[tuple[str, Any]]:
    """The expression with one fault, for each kind and place; and, at its top, doubled."""
    if is_matrix(expr) and not isinstance(expr, ZeroMatrix):
        yield "a factor of 2 too many", MatMul(Integer(2), expr, evaluate=False)
    yield from _anywhere(expr, network)


def _anywhere(expr: Any, network: Network) -> Iterator[tuple[str, Any]]:
    """The expression with one fault at its top or in one of its parts."""
    for name, plant in _KINDS.items():
        for spoiled in plant(expr, network):
            yield name, spoiled
    parts = children(expr)
    for place, part in enumerate(parts):
        if not is_matrix(part):
            continue
        for name, spoiled in _anywhere(part, network):
            yield name, rebuild(expr, (*parts[:place], spoiled, *parts[place + 1 :]))


def _dropped_term(expr: Any, network: Network) -> Iterator[Any]:
    if isinstance(expr, MatAdd):
        for place in range(len(expr.args)):
            yield add(*expr.args[:place], *expr.args[place + 1 :])


def _dropped_factor(expr: Any, network: Network) -> Iterator[Any]:
    if isinstance(expr, MatMul):
        for place, factor in enumerate(expr.args):
            rest = expr.args[:place] + expr.args[place + 1 :]
            if is_matrix(factor) and any(is_matrix(each) for each in rest):
                yield _product(rest)


def _swapped_factors(expr: Any, network: Network) -> Iterator[Any]:
    """Two neighbours in the other order; two of one row and one column are numbers, and commute."""
    if isinstance(expr, MatMul):
        for place in range(len(expr.args) - 1):
            left, right = expr.args[place : place + 2]
            numbers = is_matrix(left) and is_matrix(right) and left.shape == right.shape == (1, 1)
            if left != right and is_matrix(left) and is_matrix(right) and not numbers:
                yield _product((*expr.args[:place], right, left, *expr.args[place + 2 :]))


def _index_off_by_one(expr: Any, network: Network) -> Iterator[Any]:
    """The symbol of the next layer or head, or of the one before where there is none; the next rotation."""
    if isinstance(expr, Rotation):
        yield Rotation(expr.args[0] + 1)
    if not isinstance(expr, MatrixSymbol):
        return
    base, indices = parse(expr.name)
    entry = GLOSSARY.get(base)
    if entry is None or len(indices) not in (1, 2) or not entry.indices or (base == "Y" and not indices):
        return
    limits = (network.layers + (base in STREAMS), network.heads)
    for axis, index in enumerate(indices):
        other = index + 1 if index + 1 < limits[axis] else index - 1
        if other >= 0:
            moved = (*indices[:axis], other, *indices[axis + 1 :])
            yield MatrixSymbol("_".join([base, *map(str, moved)]), *expr.shape)


def _transposed(expr: Any, network: Network) -> Iterator[Any]:
    """A symbol or a rotation that lost or gained a transpose; to be its own transpose is no fault."""
    if isinstance(expr, Transpose):
        yield expr.arg
    elif isinstance(expr, Rotation) or (isinstance(expr, MatrixSymbol) and not _is_symmetric(expr)):
        yield transpose(expr)


def _is_symmetric(symbol: Any) -> bool:
    """Whether a symbol stands for a number, or for what the glossary says is a diagonal matrix."""
    entry = GLOSSARY.get(parse(symbol.name)[0])
    return symbol.shape == (1, 1) or (entry is not None and entry.diagonal and symbol.shape == entry.shape)


def _lost_scale(expr: Any, network: Network) -> Iterator[Any]:
    if isinstance(expr, MatMul) and any(not is_matrix(factor) and factor.has(d_h) for factor in expr.args):
        yield _product(tuple(factor for factor in expr.args if is_matrix(factor) or not factor.has(d_h)))


def _softmax_over_columns(expr: Any, network: Network) -> Iterator[Any]:
    if isinstance(expr, RowSoftmax):
        yield transpose(RowSoftmax(transpose(expr.args[0])))


def _lost_mask(expr: Any, network: Network) -> Iterator[Any]:
    scores, causal = expr.scores() if isinstance(expr, RowSoftmax) else (None, False)
    if causal:
        yield RowSoftmax(scores)


def _lost_sign(expr: Any, network: Network) -> Iterator[Any]:
    if isinstance(expr, MatMul) and expr.args[0] == -1:
        yield _product(expr.args[1:])


def _product(parts: tuple[Any, ...]) -> Any:
    return parts[0] if len(parts) == 1 else MatMul(*parts, evaluate=False)


_KINDS: dict[str, Callable[[Any, Network], Iterator[Any]]] = {
    "a dropped term": _dropped_term,
    "a dropped factor": _dropped_factor,
    "two swapped factors": _swapped_factors,
    "an index off by one": _index_off_by_one,
    "a transpose": _transposed,
    "a lost 1/√d_h": _lost_scale,
    "softmax over columns": _softmax_over_columns,
    "a lost mask": _lost_mask,
    "a lost minus": _lost_sign,
}

KINDS: tuple[str, ...] = (
    *_KINDS,
    "a factor of 2 too many",
    "another term selected",
    "a bound too low",
    "a term that should have cancelled",
    "a witness that shows nothing",
    "a witness that no network has",
    "a bound turned round",
    "= for ≠",
    "≠ for =",
    "a false assumption",
)
