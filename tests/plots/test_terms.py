"""A path's term, held against the symbolic floor for every path."""

import re
from itertools import accumulate
from typing import Any

import pytest

import ovlearn as ov
from ovlearn.plots import terms
from ovlearn.symbolic import path_of, to_latex, to_text
from ovlearn.symbolic import terms as terms_of

SIZES = [(layers, heads) for layers in (1, 2, 3) for heads in (1, 2, 3)]


def expansion(layers: int, heads: int) -> dict[Any, Any]:
    """Every path of a network, with its term as the derivation has it."""
    derivation = ov.derive("path-expansion", layers=layers, heads=heads)
    return {path_of(term): term for term in terms_of(derivation.result.rhs)}


def as_latex(html: str) -> str:
    """The HTML of a term in LaTeX: scripts in braces, letters bare."""
    html = re.sub(r"</?i>", "", html)
    for _ in range(2):  # the one-head form has a script within a script
        html = re.sub(r"<sub>([^<]*)</sub>", r"_{\1}", html)
        html = re.sub(r"<sup>([^<]*)</sup>", r"^{\1}", html)
    assert "<" not in html
    return html


def braced(latex: str) -> str:
    """LaTeX with every single-letter script in braces too."""
    return re.sub(r"([_^])([A-Za-z0-9])", r"\1{\2}", latex)


@pytest.mark.parametrize(("layers", "heads"), SIZES)
def test_every_term_is_that_of_the_expansion(layers: int, heads: int) -> None:
    expanded = expansion(layers, heads)
    assert len(expanded) == (1 + heads) ** layers
    for path, term in expanded.items():
        assert terms.text(path) == to_text(term)
        one_head = heads == 1
        assert as_latex(terms.html(path, one_head=one_head)) == braced(to_latex(term, one_head=one_head))


@pytest.mark.parametrize(("layers", "heads"), SIZES)
def test_the_drawn_term_reads_as_the_printed_one(layers: int, heads: int) -> None:
    for path in expansion(layers, heads):
        html = terms.html(path, one_head=heads == 1)
        drawn = terms.svg(path, one_head=heads == 1)
        assert re.sub(r"<[^>]*>", "", drawn).replace("\xa0", " ") == re.sub(r"<[^>]*>", "", html)
        pieces = re.findall(r'<tspan(?: dy="(\S+)")? font-size="(\S+)"', drawn)
        heights = accumulate(float(down or 0) for down, _ in pieces)
        for (_, size), height in zip(pieces, heights, strict=True):
            assert (height == 0) == (size == "14"), "a letter off the line, or a script on it"


@pytest.mark.parametrize(
    ("path", "one_head", "measured"),
    [
        ((), False, 58.5),
        (((0, 1), (1, 0)), False, 215),
        (((0, 11), (1, 10), (11, 3)), False, 331),
        (((0, 0), (1, 0), (2, 0), (3, 0)), True, 290),
    ],
)
def test_there_is_room_for_a_term(path: Any, one_head: bool, measured: float) -> None:
    """As wide as Chromium sets it in DejaVu Sans, a wide face, or a little wider."""
    assert 0.98 * measured <= terms.width(path, one_head=one_head) <= 1.12 * measured


def test_a_script_that_follows_another_is_raised() -> None:
    (up,) = re.findall(r'dy="(\S+)" font-size="10">1,0<', terms.svg(((1, 0),), one_head=False)[-300:])
    assert float(up) == -9.5
    (down,) = re.findall(r'dy="(\S+)" font-size="8">1<', terms.svg(((1, 0),), one_head=True))
    assert float(down) == 2.5


def test_the_comparison_can_fail() -> None:
    term = expansion(2, 2)[(0, 0), (1, 1)]
    for wrong in [((0, 1), (1, 1)), ((0, 0),), ((1, 1), (0, 0))]:
        assert terms.text(wrong) != to_text(term)
        assert as_latex(terms.html(wrong, one_head=False)) != braced(to_latex(term))
