"""Equations: numbered, referred to, and refused where something is wrong with them."""

from __future__ import annotations

import re
from html import escape, unescape

import markdown
import pytest

import ovlearn as ov
from ovlearn.symbolic.layout import label_of
from rendering import RenderError
from rendering.equations import Equations
from rendering.equations.formulas import carried, chain_of, read
from tests.live.building import extensions


def display(tex: str) -> str:
    return f'<div class="arithmatex">\\[{tex}\\]</div>'


def inline(tex: str) -> str:
    return f'<span class="arithmatex">\\({tex}\\)</span>'


def site(**pages: str) -> dict[str, str]:
    """The pages after both passes; `a` stands at a/."""
    equations = Equations()
    waiting = {name: equations.collect(f"{name}.md", text) for name, text in pages.items()}
    return {
        name: equations.resolve(f"{name}.md", text, lambda page: f"../{page[:-3]}/")
        for name, text in waiting.items()
    }


def test_equations_carry_html_and_mathml() -> None:
    page = site(a=inline("W_{OV}") + display("X &lt; Y"))["a"]
    assert page.count("<math") == page.count('class="katex-html"') == 2
    assert "ov-math" not in page
    assert "arithmatex" not in page


def test_numbers_count_by_page_and_references_lead_there() -> None:
    pages = site(
        x07_box=display(r"A \label{eq:a}") + display("B") + display(r"C \label{eq:c-d}"),
        errata=display(r"D \label{eq:d}") + inline(r"\eqref{eq:c-d}") + inline(r"\eqref{eq:d}"),
    )
    assert 'id="eq-c-d"' in pages["x07_box"]
    assert '<a class="ov-eqref" href="../x07_box/#eq-c-d">(X.2)</a>' in pages["errata"]
    assert '<a class="ov-eqref" href="#eq-d">(E.1)</a>' in pages["errata"]
    assert "label" not in re.sub(r"aria-label", "", pages["x07_box"])


def test_a_lesson_numbers_its_equations_after_itself() -> None:
    equations = Equations()
    equations.collect("lessons/07_box.md", display(r"A \label{eq:a}"))
    assert equations.in_words(r"By $\eqref{eq:a}$, $$B \label{eq:b}$$") == "By (7.1), $$B $$"
    assert equations.in_words(r"$$B \text{ by } \eqref{eq:a}$$") == r"$$B \text{ by } \text{(7.1)}$$"
    assert equations.in_words(r"By $\eqref{eq:none}$") == r"By $\eqref{eq:none}$"


def test_a_reference_inside_an_equation_is_its_number() -> None:
    assert "(A.1)" in site(a=display(r"A \label{eq:a}") + display(r"B \quad \text{by } \eqref{eq:a}"))["a"]


@pytest.mark.parametrize(
    ("pages", "problem"),
    [
        ({"a": inline(r"\eqref{eq:none}")}, "a.md: no equation has the label eq:none"),
        ({"a": display(r"A \label{x}"), "b": display(r"B \label{x}")}, "b.md: the label x is taken by a.md"),
        ({"a": display(r"A \label{eq:a} \label{eq:b}")}, "a.md: more than one label in one equation"),
        ({"a": inline(r"W_{OV")}, "a.md: Expected '}'"),
        ({"a": inline(r"\nosuch")}, r"a.md: Undefined control sequence: \\nosuch"),
        ({"a": inline("x × é")}, "a.md: .*é"),
        ({"a": "<p>where $$x</p>"}, r"a.md: TeX that is no equation, near: where \$\$"),
        ({"a": r"<p>by \eqref{eq:a}</p>"}, r"a.md: TeX that is no equation, near: by \\eqref"),
        ({"a": "<p>it is {{ x }}</p>"}, "a.md: TeX that is no equation, near: it is {{"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_stops_the_build_and_names_the_page(pages: dict[str, str], problem: str) -> None:
    with pytest.raises(RenderError, match=problem):
        site(**pages)


def test_code_may_hold_tex() -> None:
    code = r'<pre><code>r"\boxed{x} $$"</code></pre><code>\eqref{eq:a}</code><p title="\frac"></p>'
    assert site(a=code)["a"] == code


def test_all_problems_of_a_page_are_told() -> None:
    with pytest.raises(RenderError) as stopped:
        site(a=inline(r"\no") + inline(r"\nono") + inline(r"\eqref{eq:no}"))
    assert len(str(stopped.value).splitlines()) == 3


def test_search_reads_words_between_the_passes() -> None:
    waiting = Equations().collect("a.md", inline(r"\operatorname{softmax}(Q K^{\top})"))
    assert ">softmax(Q Kᵀ)<" in waiting


def test_titles_have_words_and_html() -> None:
    words, markup = Equations().title(r"Why \(W_{OV}\) has low rank")
    assert words == "Why W_OV has low rank"
    assert "<math" in markup


def shown(derivation: ov.Derivation) -> str:
    """A derivation on a page, as a page's Markdown carries it."""
    carried = chain_of(derivation.as_data()).strip("$\n")
    return site(a=display(escape(carried)))["a"]


@pytest.mark.parametrize("slug", ov.derivations())
def test_every_derivation_is_shown_step_by_step(slug: str) -> None:
    derivation = ov.derive(slug)
    page = shown(derivation)
    rules = [unescape(rule) for rule in re.findall(r'<span class="ov-rule">(.*?)</span>', page)]
    assert rules == [label_of(step) for step in derivation.steps]
    assert page.count('<div class="ov-step">') == len(derivation.steps)
    assert page.index("ov-chain") < page.index("fbox")


def test_a_long_derivation_folds_and_a_short_one_does_not() -> None:
    assert "<summary>The derivation, step by step</summary>" in shown(ov.derive("ov-circuit"))
    assert "<details" not in shown(ov.derive("ov-fold").lemmas[0])


def test_a_label_of_data_numbers_its_result() -> None:
    data = ov.derive("ov-fold").as_data() | {"label": "eq:fold"}
    page = site(a=display(escape(chain_of(data).strip("$\n"))) + inline(r"\eqref{eq:fold}"))["a"]
    assert 'id="eq-fold"' in page
    assert '<a class="ov-eqref" href="#eq-fold">(A.1)</a>' in page


@pytest.mark.parametrize("place", ["{}", "- a\n- {}", "| a |\n| --- |\n| {} |", '!!! note "x"\n\n    {}'])
def test_markdown_carries_data_wherever_an_equation_may_stand(place: str) -> None:
    data = {"text": "|_*<", "latex": r"\left|W_{OV}\right| < \$ ` * \\{x\\}", "symbols": []}
    html = markdown.Markdown(**extensions()).convert(place.format(f"${carried(data)}$"))
    (found,) = re.findall(r'<span class="arithmatex">\\\((.*?)\\\)</span>', html, re.DOTALL)
    assert read(unescape(found)).latex == data["latex"]
