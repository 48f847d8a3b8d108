"""What a step changes is marked, and nothing else: as the LaTeX has it, and as the rules themselves say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import MatrixSymbol, Transpose

import ovlearn as ov
from ovlearn.symbolic import Derivation, Network, add, product, rules, s
from ovlearn.symbolic.changes import changed, marked
from ovlearn.symbolic.expressions import nodes, rewrite
from ovlearn.symbolic.functions import Layer
from ovlearn.symbolic.layout import laid, latex_style
from ovlearn.symbolic.steps import Selection

CHAINS = [
    chain
    for slug in ov.derivations()
    for heads in (1, 2)
    for whole in [ov.derive(slug, layers=2, heads=heads)]
    for chain in (whole, *whole.lemmas)
]
each_chain = pytest.mark.parametrize("chain", CHAINS, ids=lambda one: one.title[:40])
NAMES = [MatrixSymbol(letter, s, s) for letter in "ABCD"]


@each_chain
def test_what_is_not_marked_is_the_same_before_and_after(chain: Derivation) -> None:
    for before, after, step in told(chain):
        if not isinstance(step, Selection):
            assert outside(before, "goes") == outside(after, "made")


@each_chain
def test_something_is_marked_in_every_step(chain: Derivation) -> None:
    for before, after, _ in told(chain):
        assert within(before, "goes") or within(after, "made")


@each_chain
def test_marks_are_not_seen_in_what_is_printed(chain: Derivation) -> None:
    plain = [one.lines for one in laid(chain, latex_style(chain))]
    assert [[line["latex"] for line in step["lines"]][: len(lines)]
            for step, lines in zip(chain.as_data()["steps"], plain, strict=True)] == plain  # fmt: skip


@each_chain
def test_a_name_that_is_unfolded_or_folded_is_marked_alone(chain: Derivation) -> None:
    for step in chain.steps:
        before, after = changed(step.before, step.after)
        names = {each.lhs for source in step.sources for each in source.equations}
        if step.rule is rules.unfold:
            found = {upright(at(step.before, place)) for place in before}
            assert {one for one in found if not isinstance(one, Layer)} <= names  # that is of any stream
        if step.rule is rules.fold:
            assert {upright(at(step.after, place)) for place in after} <= names


@each_chain
def test_selecting_marks_what_is_kept(chain: Derivation) -> None:
    for before, after, step in told(chain):
        if isinstance(step, Selection):
            assert within(before, "goes") == within(after, "made") != []


expressions = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: product(*parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: add(*parts)),
    ),
    max_leaves=8,
)


@given(expressions, st.data())
def test_putting_one_name_for_another_is_all_that_is_marked(expr: Any, data: st.DataObject) -> None:
    names = [node for node in nodes(expr) if node in NAMES]
    old = data.draw(st.sampled_from(names))
    new = MatrixSymbol("N", s, s)
    after = rewrite(expr, lambda node: new if node == old else node)
    places, there = changed(expr, after)
    assert places == there
    assert {at(expr, place) for place in places} == {old}
    assert {at(after, place) for place in there} == {new}


@given(expressions, expressions)
def test_what_stands_at_no_place_is_alike(before: Any, after: Any) -> None:
    old, new = changed(before, after)
    assert (old == new == []) == (before == after)
    hole = MatrixSymbol("hole", s, s)
    left, right = (leaves(expr, set(places)) for expr, places in ((before, old), (after, new)))
    assert [leaf for leaf in left if leaf != hole] == [leaf for leaf in right if leaf != hole]


def test_terms_that_only_moved_are_marked_whole() -> None:
    A, B, C, D = NAMES
    assert changed(add(A, product(B, C), D), add(A, D, product(B, C))) == ([(1,), (2,)], [(1,), (2,)])


def test_a_number_is_marked_with_its_product() -> None:
    A, B, *_ = NAMES
    assert changed(product(A, product(2, B)), product(2, A, B)) == ([()], [()])


def test_a_line_is_what_goes_and_what_was_made() -> None:
    net = Network(layers=2)
    chain = Derivation.start(product(product(net.head("A", 1, 0), net.stream(1)), net.head("W_V", 1, 0)))
    chain = chain.apply(rules.ungroup).apply(rules.group, net.stream(1), net.head("W_V", 1, 0))
    first, second, third = marked(chain.initial, chain.steps)
    assert [
        len([node for node in nodes(one) if type(node).__name__ == "Marked"])
        for one in (first, second, third)
    ] == [1, 4, 1]


# Reading the data


def told(chain: Derivation) -> Iterator[tuple[list[Any], list[Any], Any]]:
    """Each step with the lines before and after it, as data."""
    data = chain.as_data()["steps"]
    lines = [[data[0]["left"]], *(step["lines"][: count(step)] for step in data)] if data else []
    yield from zip(lines, lines[1:], chain.steps, strict=False)


def count(step: dict[str, Any]) -> int:
    """Of a step's lines, how many are the expression, and not an example."""
    return sum(not line["latex"].startswith(r"\text{") for line in step["lines"])


def within(lines: list[Any], kind: str) -> list[str]:
    return [
        line["latex"][start:end]
        for line in lines
        for start, end, mark in line.get("marks", [])
        if mark == kind
    ]


def outside(lines: list[Any], kind: str) -> str:
    """What stands at no mark, without the signs of sums: a term that comes or goes takes its sign along."""
    left = ""
    for line in lines:
        spans = sorted((start, end) for start, end, mark in line.get("marks", []) if mark == kind)
        at = 0
        for start, end in spans:
            left += line["latex"][at:start]
            at = end
        left += line["latex"][at:]
    return re.sub(r"[\s+-]|\\,", "", left)  # and the space between two bars


def upright(expr: Any) -> Any:
    return expr.arg if isinstance(expr, Transpose) else expr


def at(expr: Any, place: tuple[int, ...]) -> Any:
    for index in place:
        expr = expr.args[index]
    return expr


def leaves(expr: Any, places: set[tuple[int, ...]], here: tuple[int, ...] = ()) -> list[Any]:
    """The names in an expression, in order, less those at the places."""
    if here in places:
        return []
    if expr in NAMES:
        return [expr]
    return [leaf for index, part in enumerate(expr.args) for leaf in leaves(part, places, (*here, index))]
