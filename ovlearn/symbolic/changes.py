"""What a step changes: the parts that its rule replaces, and those that it puts in their place.

Found in the two expressions alone, whatever the rule says of itself: what stands outside is the same before
and after.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from sympy import MatAdd, MatMul, Symbol, Transpose

from ovlearn.symbolic.expressions import children, rebuild, terms
from ovlearn.symbolic.functions import MatrixFunction, is_matrix
from ovlearn.symbolic.steps import Selection, Step

GOES, MADE = "goes", "made"  # what the next rule replaces, what the last one made

Place = tuple[int, ...]  # which argument of which argument of …


class Marked(MatrixFunction):
    """An expression with a mark, to be printed: nothing else looks at it."""

    def printed(self, printer: Any, place: int) -> str:
        """What it holds, marked; a minus in front stays outside, where a sum looks for it."""
        inner, mark = self.args
        written = str(printer.write(inner, place))
        sign = "-" if written.startswith("-") else ""
        return sign + str(printer.marked(written.removeprefix("-"), str(mark)))


def marked(initial: Any, steps: Sequence[Step]) -> list[Any]:
    """Return the expressions of a chain, from its beginning on, with what goes and what was made marked.

    >>> from ovlearn.symbolic import derive
    >>> chain = derive("ov-fold")
    >>> len(marked(chain.initial, chain.steps)) == len(chain.steps) + 1
    True
    """
    chain = [initial, *(step.after for step in steps)]
    both = [
        _kept(step) if isinstance(step, Selection) else changed(step.before, step.after) for step in steps
    ]
    goes = [*(before for before, _ in both), []]
    made = [[], *(after for _, after in both)]
    return [
        _with(expr, [*((place, MADE) for place in new), *((place, GOES) for place in old)])
        for expr, new, old in zip(chain, made, goes, strict=True)
    ]


def bare(expr: Any) -> Any:
    """What stands in an expression without marks around it; marks within may stay."""
    return bare(expr.args[0]) if isinstance(expr, Marked) else expr


def changed(before: Any, after: Any) -> tuple[list[Place], list[Place]]:
    """Return the places of the first expression that differ from the second, and of the second likewise.

    The terms of a sum are places of their own, as is a factor of a product.

    >>> from ovlearn.symbolic import Network, product
    >>> net = Network(layers=2)
    >>> A, X, W_V = net.head("A", 1, 0), net.stream(1), net.head("W_V", 1, 0)
    >>> changed(product(A, product(X, W_V)), product(A, X, W_V))  # the brackets, and what stood in them
    ([(1,)], [(1,), (2,)])
    """
    old, new = _places(before, after)
    return _by_term(before, old), _by_term(after, new)


def _places(before: Any, after: Any) -> tuple[list[Place], list[Place]]:
    if before == after:
        return [], []
    whole: tuple[list[Place], list[Place]] = [()], [()]
    old, new = _parts(before), _parts(after)
    if type(before) is not type(after) or not old or not new:
        return whole
    begin = _alike(old, new)
    end = _alike(old[begin:][::-1], new[begin:][::-1])
    ways = [range(begin, len(side) - end) for side in (old, new)]
    if not all(is_matrix(side[place]) for side, way in zip((old, new), ways, strict=True) for place in way):
        return whole  # a number is printed with its product, as a fraction or a sign
    if len(old) != len(new):
        return [(place,) for place in ways[0]], [(place,) for place in ways[1]]
    pairs = [(place, old[place], new[place]) for place in ways[0] if old[place] != new[place]]
    if Counter(old) == Counter(new):  # only moved
        return [(place,) for place, *_ in pairs], [(place,) for place, *_ in pairs]
    found: tuple[list[Place], list[Place]] = [], []
    for place, one, other in pairs:
        for side, inner in zip(found, _places(one, other), strict=True):
            side += [(place, *rest) for rest in inner]
    return found


def _parts(node: Any) -> list[Any]:
    """What may be marked in a node; nothing in what is printed as one letter, its transpose included."""
    if isinstance(node, Transpose) and not isinstance(node.arg, (MatMul, MatAdd)):
        return []
    found = children(node)
    return list(found) if any(map(is_matrix, found)) else []


def _alike(old: list[Any], new: list[Any]) -> int:
    """How many parts both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _kept(step: Selection) -> tuple[list[Place], list[Place]]:
    """Of what is selected: its terms where they stood, and as they stand alone."""
    kept = terms(step.after)
    stood: list[Place] = [(place,) for place, term in enumerate(terms(step.before)) if term in kept]
    return stood, _by_term(step.after, [()])


def _by_term(expr: Any, places: list[Place]) -> list[Place]:
    """Of a whole sum: its terms, since it is written in several lines where it is long."""
    if places != [()] or not isinstance(expr, MatAdd):
        return places
    return [(place,) for place in range(len(terms(expr)))]


def _with(node: Any, places: Sequence[tuple[Place, str]]) -> Any:
    """An expression with a mark at each place."""
    below: dict[int, list[tuple[Place, str]]] = {}
    for place, mark in places:
        if place:
            below.setdefault(place[0], []).append((place[1:], mark))
    if below:
        node = rebuild(node, tuple(_with(part, below.get(i, ())) for i, part in enumerate(node.args)))
    for mark in (mark for place, mark in places if not place):
        node = Marked(node, Symbol(mark))
    return node
