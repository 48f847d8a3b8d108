"""KaTeX takes what we print, and it reads as the article does."""

import html

import pytest

from ovlearn.symbolic import GLOSSARY, Derivation, derivations, derive, symbol, terms, to_latex
from ovlearn.symbolic.course import COURSE
from ovlearn.symbolic.expressions import nodes
from ovlearn.symbolic.notation import indices_fit
from ovlearn.symbolic.translation import column_symbol
from rendering.equations.formulas import Formula
from rendering.equations.katex import typeset

SIZES = [(1, 1, 0, 0), (2, 1, 1, 0), (3, 1, 1, 0), (12, 1, 10, 0), (2, 3, 1, 2)]  # layers, heads, layer, head


def expands(slug: str) -> bool:
    """Whether a derivation writes a sum over all paths out, which is too wide at twelve layers."""
    lines = [step.after for step in derive(slug, layers=5, layer=4).steps]
    return any(len(terms(node)) >= 2**4 for line in lines for node in nodes(line))


CASES = [
    (slug, size)
    for slug in derivations()
    for size in SIZES
    if size[0] >= COURSE[slug].LEAST_LAYERS and not (size[0] == 12 and expands(slug))
]


def chains(derivation: Derivation) -> list[Derivation]:
    return [derivation, *(deeper for lemma in derivation.lemmas for deeper in chains(lemma))]


@pytest.mark.parametrize(("slug", "size"), CASES, ids=str)
def test_every_chain_compiles(slug: str, size: tuple[int, int, int, int]) -> None:
    sources = [chain.latex(rules=rules) for chain in chains(derive(slug, *size)) for rules in (True, False)]
    for source in sources:
        assert source.splitlines()[1] in html.unescape(typeset(Formula.typed(source), display=True))


@pytest.mark.parametrize("one_head", [True, False])
def test_every_symbol_of_the_glossary_compiles(one_head: bool) -> None:
    symbols = [
        symbol(base, *indices)
        for base in GLOSSARY
        for indices in ((), (1, 0), (10, 11), (0, 1, 2, 3))
        if not indices or indices_fit(base, len(indices))
    ]
    both = [*symbols, *map(column_symbol, symbols)]
    for each in both:
        assert "<math" in typeset(Formula.typed(to_latex(each, one_head=one_head)), display=True)


def test_the_box_reads_as_in_the_article() -> None:
    found = typeset(Formula.typed(derive("ov-circuit", layers=3, layer=1).latex()), display=True)
    assert r"\boxed{Y'_1 = A_1 E W_E W_{OV_1} W_U}" in html.unescape(found)
