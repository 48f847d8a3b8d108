"""Symbols are found in every equation of the course, and marking them changes nothing that one sees."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ovlearn as ov
from ovlearn.symbolic import GLOSSARY, symbols
from ovlearn.symbolic.notation import parse
from rendering.equations import katex
from rendering.equations.formulas import Chain, Formula, carried, read
from rendering.equations.katex import TexError
from rendering.equations.typed import symbols_in
from rendering.glossary import glossary_json

quick = settings(max_examples=200, derandomize=True, database=None)


def typeset(formula: Formula) -> str:
    """What KaTeX makes of a formula, or "refused"."""
    try:
        return katex.typeset(formula, display=True)
    except TexError:
        return "refused"


class _Unmarked(HTMLParser):
    """Writes HTML again, without the spans that carry a symbol."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.written: list[str] = []
        self.marked: list[bool] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.marked.append("data-symbol" in dict(attrs))
        if not self.marked[-1]:
            self.written.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.written.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if not self.marked.pop():
            self.written.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.written.append(data)

    def handle_entityref(self, name: str) -> None:
        self.written.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.written.append(f"&#{name};")


def unmarked(html: str) -> str:
    parser = _Unmarked()
    parser.feed(html)
    return "".join(parser.written)


def merged(html: str) -> str:
    """KaTeX puts neighbouring letters into one span; a mark between them keeps two."""
    neighbours = re.compile(r'<span class="(mord[^"]*)">([^<]*)</span><span class="\1">')
    while (shorter := neighbours.sub(r'<span class="\1">\2', html)) != html:
        html = shorter
    return html


def found(tex: str) -> Formula:
    return Formula(tex, tex, symbols_in(tex))


def bases(html: str) -> list[str]:
    return re.findall(r'data-symbol="([^"]*)"', html)


# The course


def course() -> list[Any]:
    found = []
    for slug in ov.derivations():
        for heads in (1, 2):
            derivation = ov.derive(slug, heads=heads)
            for part in (derivation, *derivation.lemmas):
                found.append(pytest.param(part, id=f"{slug}, {heads}: {part.title}"))
    return found


def parts(derivation: Any) -> Iterator[Formula]:
    """Each formula of a derivation as a page shows it."""
    chain = read(carried(derivation.as_data()))
    assert isinstance(chain, Chain)
    yield from (each for line in chain.lines for each in (line.left, *line.right) if each)
    yield chain.result


@pytest.mark.parametrize("derivation", course())
def test_every_equation_looks_as_before_and_has_its_symbols(derivation: Any) -> None:
    told = set()
    for formula in parts(derivation):
        after = typeset(formula)
        assert unmarked(after) == typeset(replace(formula, symbols=()))  # HTML and MathML, to the letter
        assert formula.symbols == symbols_in(formula.latex)  # the marker of prose finds what the printer knew
        told.update(bases(after))
    steps = [each for step in derivation.steps for each in symbols(step.after)]
    assert {parse(each.name)[0].removesuffix("_col") for each in steps} <= told <= set(GLOSSARY)


# One symbol at a time


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        ("E", ["symbol=E"]),
        ("A_1", ["symbol=A,index=1"]),
        ("A_{12}", ["symbol=A,index=12"]),
        ("A_{1,0}", ["symbol=A,index=1.0"]),
        ("A_{l, h}", ["symbol=A,index=l.h"]),
        ("A _ i", ["symbol=A,index=i"]),
        ("X_{n+1}", ["symbol=X,index=n+1"]),
        ("X_A + X_{B}", ["symbol=X_A", "symbol=X_B"]),
        (r"\Delta_j", ["symbol=Delta,index=j"]),
        (r"\Delta'_{1,0}", ["symbol=Delta,index=1.0,part=1"]),
        ("Y", ["symbol=Y"]),
        ("Y'_i", ["symbol=Y,index=i,part=1"]),
        ("Y_i'", ["symbol=Y,index=i,part=1"]),
        ("S'_{1,0}", ["symbol=S_direct,index=1.0"]),
        ("W_E", ["symbol=W_E"]),
        ("W_{OV}", ["symbol=W_OV"]),
        (r"W_{\text{OV}}", ["symbol=W_OV"]),
        (r"W_\mathrm{OV}", ["symbol=W_OV"]),
        ("W_{OV_1}", ["symbol=W_OV,index=1"]),
        ("W_{OV_{10}}", ["symbol=W_OV,index=10"]),
        ("W_{OV_i}", ["symbol=W_OV,index=i"]),
        ("W_{OV}^{1,0}", ["symbol=W_OV,index=1.0"]),
        ("W^{1,0}_{OV}", ["symbol=W_OV,index=1.0"]),
        (r"W_{OV_{0 \to 1}}", ["symbol=W_OV,index=0→1"]),
        (r"W_{OV}^{(0,0) \to (1,0)}", ["symbol=W_OV,index=0.0→1.0"]),
        (r"H_{0 \to 1}", ["symbol=H,index=0→1"]),
        (r"K_1^{\top}", ["symbol=K,index=1,turned=1"]),
        (r"M^\top", ["symbol=M,turned=1"]),
        ("E^T", ["symbol=E,turned=1"]),
        (r"{W_K^{1,0}}^{\top}", ["symbol=W_K,index=1.0,turned=1"]),
        (r"\overline{W_{OV}^{1,0}}", ["symbol=W_OV,index=1.0,turned=1"]),
        (r"\overline{A E}", ["symbol=A", "symbol=E"]),
        (r"q_i k_j^{\top} v_j", ["symbol=q_i", "symbol=k_j,turned=1", "symbol=v_j"]),
        ("a_i a_{ij}", ["symbol=a_i", "symbol=a_ij"]),
        (r"\frac{A}{\sqrt{E}}", ["symbol=A", "symbol=E"]),
        (r"\left(A\right)", ["symbol=A"]),
        (r"\boxed{\begin{aligned} A &= E \\ &= C \end{aligned}}", ["symbol=A", "symbol=E", "symbol=C"]),
    ],
)  # fmt: skip
def test_a_symbol(tex: str, expected: list[str]) -> None:
    formula = found(tex)
    assert re.findall(r"\\htmlData\{([^}]*)\}", formula.tagged) == expected
    assert unmarked(typeset(formula)) == typeset(replace(formula, symbols=()))


@pytest.mark.parametrize(
    "tex",
    [
        "x + y = 1",
        "e_i s d_h v",
        r"\text{the pattern } ",
        r"\text{E and $A$}",
        r"\operatorname{E}",
        r"\mathbb{E} \mathcal{A}",
        r"\hat{A}",
        r"x_A^E",
        r"x_{A E}",
        r"\sum_{A}",
        r"\|x\|_F",
        "W",
        "W_F",
        "W_{OVX}",
        "E_1",
        "W_E^{1,0}",
        "A''",
        "A'",
        "X_C",
        "A^2",
        r"\begin{array}{E} 1 \end{array}",
        r"\begin{matrix}0\\1\end{matrix}",
        r"\label{eq:A}",
        r"\textcolor{A}{x}",
        r"\htmlData{symbol=A}{x}",
        "1 % A comment about E",
        r"\%",
        "K^{1,0}^{\\top}",
    ],
)
def test_what_is_no_symbol(tex: str) -> None:
    assert symbols_in(tex) == ()


def test_an_argument_without_braces_is_typeset_without_marks() -> None:
    for tex in (r"\frac A E", r"\frac AE", r"\sqrt[3] A"):
        assert unmarked(typeset(found(tex))) == typeset(Formula(tex, tex, ()))


PIECES = [
    "A", "E", "X", "W", "Y", "S", "W_{OV}", "A_{1,0}", "'", "_", "^", "{", "}", "[", "]", "(", "1", ",", " ",
    "\n", "+", "=", "&", "%", "i", "q", r"\\", r"\top", r"\Delta", r"\left", r"\text", r"\label", r"\to",
    r"\hat", r"\begin", "{array}", r"\overline",
]  # fmt: skip


@quick
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_marks_change_nothing_that_one_sees(tex: str) -> None:
    """Nor do they save broken TeX: KaTeX is there to refuse it, and must get to see it."""
    before = typeset(Formula(tex, tex, ()))
    after = typeset(found(tex))
    assert merged(unmarked(after)) == merged(before)


# After KaTeX


def test_the_source_in_the_mathml_is_the_plain_one() -> None:
    html = typeset(found("A_1 < Y'"))
    (annotation,) = re.findall(r'<annotation encoding="application/x-tex">(.*?)</annotation>', html)
    assert "htmlData" not in html
    assert annotation == "A_1 &lt; Y&#x27;"


def test_titles_tell_meaning_and_shape() -> None:
    html = typeset(found("A_1 W_{OV}"))
    assert 'title="the attention pattern, whose rows sum to 1; s × s"' in html
    assert 'title="values and output in one matrix, W_V W_O; d × d"' in html


def test_the_glossary_for_the_page() -> None:
    assert "</" not in glossary_json()
    data = json.loads(glossary_json())
    assert list(data) == list(GLOSSARY)
    assert data["A"] == {
        "name": "<i>A</i>",
        "meaning": "the attention pattern, whose rows sum to 1",
        "shape": ["<i>s</i>", "<i>s</i>"],
        "indices": "layer, head",
        "recorded": "run.pattern[layer, head]",
    }
    assert data["W_O"]["shape"] == ["<i>d</i><sub>h</sub>", "<i>d</i>"]
    assert data["S_direct"]["name"] == "<i>S</i>′"
    assert data["Delta"]["name"] == "<i>Δ</i>"
    assert data["a_ij"]["name"] == "<i>a</i><sub>ij</sub>"
