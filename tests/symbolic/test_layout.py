r"""Chains laid out: aligned LaTeX, Markdown, text, data; letter by letter where the course shows them."""

import json
from typing import Any

import pytest
from sympy import ImmutableMatrix, Integer, MatrixSymbol, Rational

from ovlearn.symbolic import (
    Assumption,
    CausalMask,
    Derivation,
    Network,
    Rank,
    RowSoftmax,
    d,
    d_h,
    definition,
    derivations,
    derive,
    rule,
    rules,
    s,
    symbol,
)
from ovlearn.symbolic.layout import label_of

from .oracle import mul, plus, t

A, B = symbol("A", 0, 0), symbol("A", 1, 0)
X, Y, Z = (MatrixSymbol(name, s, d) for name in ("X_0", "Delta_0", "Delta_1"))
STREAM = definition("stream", "X is a sum", (X, plus(Y, Z)))
MEANING = Assumption("meaning", "holds no equation")
NAME = symbol("Delta", 1, 0)
ONE_HEAD, MANY = Network(2, 1), Network(2, 2)


def chain(network: Network | None = None) -> Derivation:
    return (
        Derivation.start(mul(B, X), [STREAM, MEANING], title="a chain", network=network)
        .apply(rules.unfold, STREAM)
        .apply(rules.distribute)
        .apply(rules.select, mul(B, Z), NAME)
    )


def lines(*parts: str) -> str:
    return "\\begin{align*}\n" + " \\\\\n".join(parts) + "\n\\end{align*}"


def sums(*numbers: int) -> Any:
    return plus(*(symbol("X", number) for number in numbers))


def test_latex() -> None:
    assert chain(ONE_HEAD).latex() == lines(
        r"A_1 X_0 &= A_1 \left(\Delta_0 + \Delta_1\right) && \text{unfold: stream}",
        r" &= A_1 \Delta_0 + A_1 \Delta_1 && \text{distribute}",
        r"\Delta'_1 &= A_1 \Delta_1 && \text{select (leaves out 1 term)}",
        r"&\boxed{\Delta'_1 = A_1 \Delta_1}",
    )
    assert chain().latex(rules=False) == chain(MANY).latex(rules=False) == lines(
        r"A_{1,0} X_0 &= A_{1,0} \left(\Delta_0 + \Delta_1\right)",
        r" &= A_{1,0} \Delta_0 + A_{1,0} \Delta_1",
        r"\Delta'_{1,0} &= A_{1,0} \Delta_1",
        r"&\boxed{\Delta'_{1,0} = A_{1,0} \Delta_1}",
    )  # fmt: skip


def test_latex_without_a_step() -> None:
    assert Derivation.start(X).latex() == lines(r"&\boxed{X_0 = X_0}")


def test_the_boxed_equation_of_the_article() -> None:
    written = derive("ov-circuit", layers=3, layer=1).latex().splitlines()
    assert written[0] == r"\begin{align*}"
    assert written[1] == r"Y &= X_3 W_U && \text{unfold: linear unembedding} \\"
    assert written[2] == (
        r" &= \left(X_0 + \Delta_0 + \Delta_1 + \Delta_2\right) W_U && \text{unfold: stream is a sum} \\"
    )
    assert written[3] == (
        r" &= \left(E W_E + \Delta_0 + \Delta_1 + \Delta_2\right) W_U && \text{unfold: token embedding} \\"
    )
    assert written[-3:] == [
        r"Y'_1 &= A_1 E W_E W_{OV_1} W_U && \text{select path (leaves out 7 terms)} \\",
        r"&\boxed{Y'_1 = A_1 E W_E W_{OV_1} W_U}",
        r"\end{align*}",
    ]


def test_signs() -> None:
    bound = Derivation.start(Rank(mul(symbol("W_V", 0, 0), symbol("W_O", 0, 0)))).apply(rules.inner_size)
    assert bound.latex() == lines(
        r"\operatorname{rank}\left(W_V^{0,0} W_O^{0,0}\right) &\leq d_{h} && \text{inner size}",
        r"&\boxed{\operatorname{rank}\left(W_V^{0,0} W_O^{0,0}\right) \leq d_{h}}",
    )
    assert (
        bound.text()
        == "  rank(W_V_0_0 W_O_0_0)\n    ≤ d_h    [inner size]\n  result: rank(W_V_0_0 W_O_0_0) ≤ d_h"
    )
    assert bound.as_data()["steps"][0]["sign"] == bound.as_data()["result"]["sign"] == "≤"


# Long sums


def test_a_sum_of_four_is_one_line_and_of_five_two() -> None:
    four = Derivation.start(mul(A, sums(0, 1, 2, 3))).apply(rules.distribute)
    assert four.text().count("\n") == 2
    five = Derivation.start(mul(MatrixSymbol("T", s, s), sums(0, 1, 2, 3, 4))).apply(rules.distribute)
    assert five.text() == (
        "  T (X_0 + X_1 + X_2 + X_3 + X_4)\n"
        "    = T X_0 + T X_1 + T X_2 + T X_3\n"
        "      + T X_4    [distribute]\n"
        "  result: T (X_0 + X_1 + X_2 + X_3 + X_4) = T X_0 + T X_1 + T X_2 + T X_3 + T X_4"
    )
    assert five.latex() == lines(
        r"T \left(X_0 + X_1 + X_2 + X_3 + X_4\right) &= T X_0 + T X_1 + T X_2 + T X_3 && \text{distribute}",
        r"&\quad + T X_4",
        r"&\boxed{\begin{aligned} T \left(X_0 + X_1 + X_2 + X_3 + X_4\right) "
        r"&= T X_0 + T X_1 + T X_2 + T X_3 \\ &\quad + T X_4 \end{aligned}}",
    )


def test_lines_break_where_more_heads_are_passed() -> None:
    terms = plus(X, mul(A, X), mul(B, X), mul(B, A, X), mul(-1, A, X))
    derivation = Derivation.start(plus(terms, X)).apply(rules.flatten)
    assert derivation.text().splitlines()[1:-1] == [
        "    = X_0",
        "      + A_0_0 X_0 + A_1_0 X_0",
        "      + A_1_0 A_0_0 X_0",
        "      - A_0_0 X_0",
        "      + X_0    [flatten]",
    ]


def test_minus_signs_and_brackets_in_long_sums() -> None:
    inner = plus(X, plus(X, Y), mul(-1, Y), mul(-2, Z), mul(-1, X), X)
    derivation = Derivation.start(
        mul(MatrixSymbol("T", s, s), X), [long := definition("long", "", (X, inner))]
    )
    alone = Derivation.start(X, [long]).apply(rules.unfold, long)
    assert alone.text().splitlines()[-4:] == [
        "  X_0",
        "    = X_0 + (X_0 + Delta_0) - Delta_0 - 2 Delta_1",
        "      - X_0 + X_0    [unfold: long]",
        "  result: X_0 = X_0 + (X_0 + Delta_0) - Delta_0 - 2 Delta_1 - X_0 + X_0",
    ]
    within = derivation.apply(rules.unfold, long).text().splitlines()[-2]
    assert within == "    = T (X_0 + (X_0 + Delta_0) - Delta_0 - 2 Delta_1 - X_0 + X_0)    [unfold: long]"


def test_nine_terms_make_three_lines() -> None:
    derivation = Derivation.start(plus(sums(*range(8)), symbol("X", 8))).apply(rules.flatten)
    assert derivation.text().splitlines()[1:-1] == [
        "    = X_0 + X_1 + X_2 + X_3",
        "      + X_4 + X_5 + X_6 + X_7",
        "      + X_8    [flatten]",
    ]
    assert derivation.latex(rules=False).splitlines()[1:4] == [
        r"\left(X_0 + X_1 + X_2 + X_3 + X_4 + X_5 + X_6 + X_7\right) + X_8 &= X_0 + X_1 + X_2 + X_3 \\",
        r"&\quad + X_4 + X_5 + X_6 + X_7 \\",
        r"&\quad + X_8 \\",
    ]


# Labels


def test_labels() -> None:
    first, second, third = chain().steps
    assert label_of(first) == "unfold: stream"
    assert label_of(second) == "distribute"
    assert label_of(third) == "select (leaves out 1 term)"
    longer = Derivation.start(plus(X, Y, Z)).apply(rules.select, Y, NAME)
    assert label_of(longer.steps[0]) == "select (leaves out 2 terms)"


@rule("50% & more_#", "a law")
def odd(expr: Any, *sources: Any) -> Any:
    r"""Add a term. Its name holds \ and other letters that LaTeX reads."""
    return plus(expr, X)


def test_labels_are_words_in_latex() -> None:
    sign = Assumption("a_b^c~{d}$\\", "")
    other = Assumption("second", "")
    derivation = Derivation.start(Y, [sign, other]).apply(odd, sign, other)
    assert label_of(derivation.steps[0]) == "50% & more_#: a_b^c~{d}$\\, second"
    assert (
        r"\text{50\% \& more\_\#: a\_b\textasciicircum{}c\textasciitilde{}\{d\}\$\textbackslash{}, second}"
        in derivation.latex()
    )


# Counterexamples

COLUMN, SCALE = ImmutableMatrix([[0], [1]]), ImmutableMatrix([[Rational(1, 2)]])
W, V = symbol("W_V", 0, 0), symbol("W_K", 0, 0)


def refuted() -> Derivation:
    stream, pattern = symbol("X_A"), RowSoftmax(CausalMask(mul(symbol("X_A"), t(symbol("X_A")))))
    return Derivation.start(mul(pattern, stream, W), network=ONE_HEAD).apply(
        rules.counterexample, mul(stream, V), ((stream, COLUMN), (W, SCALE), (V, SCALE))
    )


def test_a_witness_is_shown_with_both_values() -> None:
    assert refuted().text() == (
        "  softmax(mask(X_A X_Aᵀ)) X_A W_V_0_0\n"
        "    ≠ X_A W_K_0_0    [counterexample]\n"
        "      at X_A = [[0], [1]]\n"
        "      at W_V_0_0 = W_K_0_0 = [[1/2]]\n"
        "      then [[0], [e/(2*(e + 1))]] ≠ [[0], [1/2]]\n"
        "  result: softmax(mask(X_A X_Aᵀ)) X_A W_V_0_0 ≠ X_A W_K_0_0"
    )
    left = r"\operatorname{softmax}\left(\operatorname{mask}\left(X_A X_A^{\top}\right)\right) X_A W_{V_0}"
    assert refuted().latex() == lines(
        rf"{left} &\neq X_A W_{{K_0}} && \text{{counterexample}}",
        r"&\quad \text{at } X_A = \left(\begin{matrix}0\\1\end{matrix}\right)",
        r"&\quad \text{at } W_{V_0} = W_{K_0} = \left(\begin{matrix}\frac{1}{2}\end{matrix}\right)",
        r"&\quad \text{then } \left(\begin{matrix}0\\\frac{e}{2 \left(e + 1\right)}\end{matrix}\right) "
        r"\neq \left(\begin{matrix}0\\\frac{1}{2}\end{matrix}\right)",
        rf"&\boxed{{{left} \neq X_A W_{{K_0}}}}",
    )
    (step,) = refuted().as_data()["steps"]
    assert step["witness"] == {"X_A": "[[0], [1]]", "W_V_0_0": "[[1/2]]", "W_K_0_0": "[[1/2]]"}


# Text, Markdown, data


def test_text() -> None:
    lemma = Derivation.start(Y, title="a lemma")
    assert chain().with_lemmas(lemma, lemma).text() == (
        "a chain\n"
        "  given  stream: X is a sum\n"
        "  given  meaning: holds no equation\n"
        "  A_1_0 X_0\n"
        "    = A_1_0 (Delta_0 + Delta_1)    [unfold: stream]\n"
        "    = A_1_0 Delta_0 + A_1_0 Delta_1    [distribute]\n"
        "  Delta_1_0\n"
        "    = A_1_0 Delta_1    [select (leaves out 1 term)]\n"
        "  result: Delta_1_0 = A_1_0 Delta_1"
        "\n\na lemma\n  result: Delta_0 = Delta_0"
        "\n\na lemma\n  result: Delta_0 = Delta_0"
    )


def test_markdown() -> None:
    lemma = Derivation.start(Y)
    several = definition("two", "names", (X, Y), (Z, mul(A, Y)))
    derivation = Derivation.start(X, [several, MEANING], title="a title", network=ONE_HEAD).with_lemmas(lemma)
    assert derivation.markdown() == (
        "**a title**\n\n"
        r"- *two* (definition): names: $X_0 = \Delta_0$, $\Delta_1 = A_0 \Delta_0$"
        "\n- *meaning* (assumption): holds no equation\n\n"
        f"$$\n{derivation.latex()}\n$$\n\n$$\n{lemma.latex()}\n$$"
    )
    assert Derivation.start(Y).markdown() == f"$$\n{lemma.latex()}\n$$"


def test_data() -> None:
    data = chain(ONE_HEAD).with_lemmas(Derivation.start(plus(mul(B, A, X), Y), slug="lemma")).as_data()
    assert list(data) == [
        "slug", "title", "network", "assumptions", "initial", "steps", "result", "paths", "latex", "lemmas",
    ]  # fmt: skip
    assert (data["slug"], data["title"], data["network"]) == ("", "a chain", {"layers": 2, "heads": 1})
    sum_of = {"text": "Delta_0 + Delta_1", "latex": r"\Delta_0 + \Delta_1"}
    stream = {"lhs": {"text": "X_0", "latex": "X_0"}, "sign": "=", "rhs": sum_of}
    shown = {"text": "X_0 = Delta_0 + Delta_1", "latex": r"X_0 = \Delta_0 + \Delta_1"}
    symbols = [[0, 3, "X", "0"], [6, 14, "Delta", "0"], [17, 25, "Delta", "1"]]
    assert data["assumptions"] == [
        {
            "name": "stream", "kind": "definition", "says": "X is a sum", "derived_in": "",
            "equations": [{**stream, **shown, "symbols": symbols}],
        },
        {
            "name": "meaning", "kind": "assumption", "says": "holds no equation", "derived_in": "",
            "equations": [],
        },
    ]  # fmt: skip
    kept = {"text": "A_1_0 Delta_1", "latex": r"A_1 \Delta_1"}
    name = {"text": "Delta_1_0", "latex": r"\Delta'_1"}
    assert data["initial"] == {"text": "A_1_0 X_0", "latex": "A_1 X_0"}
    assert data["steps"][2] == {
        "rule": "select", "law": "X + Y keeps X and leaves out Y", "why": rules.select.law,
        "uses": [], "sign": "=",
        "before": data["steps"][1]["after"], "after": kept, "name": name,
        "remainder": {"text": "A_1_0 Delta_0", "latex": r"A_1 \Delta_0"},
        "label": "select (leaves out 1 term)",
        "left": {"text": "Delta_1", "latex": r"\Delta'_1", "symbols": [[0, 9, "Delta", "1", "part"]]},
        "lines": [
            {
                "sign": "=", "text": "A_1 Delta_1", "latex": r"A_1 \Delta_1",
                "symbols": [[0, 3, "A", "1"], [4, 12, "Delta", "1"]],
                "marks": [[0, 12, "made"]],
            }
        ],
    }  # fmt: skip
    assert [step["left"] and step["left"]["text"] for step in data["steps"]] == ["A_1 X_0", None, "Delta_1"]
    assert (data["result"]["lhs"], data["result"]["sign"], data["result"]["rhs"]) == (name, "=", kept)
    assert data["result"]["latex"] == r"\Delta'_1 = A_1 \Delta_1"
    assert data["paths"] == [[[1, 0]]]
    assert data["latex"] == chain(ONE_HEAD).latex()
    (lemma,) = data["lemmas"]
    assert (lemma["slug"], lemma["network"], lemma["paths"]) == ("lemma", None, [[[0, 0], [1, 0]], []])
    assert lemma["initial"]["latex"] == r"A_{1,0} A_{0,0} X_0 + \Delta_0"


@pytest.mark.parametrize("slug", derivations())
def test_every_derivation_is_data_that_json_holds(slug: str) -> None:
    derivation = derive(slug, layers=2, heads=2)
    data = derivation.as_data()
    assert json.loads(json.dumps(data, ensure_ascii=False)) == data
    assert len(data["steps"]) == len(derivation.steps)
    assert [lemma["title"] for lemma in data["lemmas"]] == [lemma.title for lemma in derivation.lemmas]
    assert data["slug"] == slug
    for step, told in zip(derivation.steps, data["steps"], strict=True):
        assert told["uses"] == [source.name for source in step.sources]
        assert told["sign"] == step.sign


def test_numbers_in_a_chain() -> None:
    derivation = Derivation.start(mul(Integer(2), mul(Integer(3), X))).apply(rules.scalars_first)
    assert derivation.latex(rules=False) == lines(
        r"2 \left(3 X_0\right) &= 6 X_0", r"&\boxed{2 \left(3 X_0\right) = 6 X_0}"
    )
    assert derivation.as_data()["result"]["sign"] == "="
    assert d_h.is_positive
