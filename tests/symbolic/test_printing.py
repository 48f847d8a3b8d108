"""Text and LaTeX of every kind of node and every bracket, letter by letter."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Identity, Integer, MatrixSymbol, OneMatrix, Rational, Symbol, ZeroMatrix, sqrt

from ovlearn.symbolic import (
    At,
    CausalMask,
    Diagonal,
    Kronecker,
    Layer,
    OneHot,
    Rank,
    Rotation,
    RowSoftmax,
    SumBelow,
    TokenSum,
    Vec,
    d,
    d_h,
    s,
    symbol,
    to_latex,
    to_text,
    v,
)
from ovlearn.symbolic.printing import Printer, joined
from ovlearn.symbolic.translation import column_symbol
from rendering.equations.formulas import Formula
from rendering.equations.katex import typeset

from .oracle import free_index, mul, plus, t

A, X, Y = symbol("A", 1, 0), symbol("X", 1), symbol("Delta", 0)
W, V = symbol("W_OV", 1, 0), symbol("W_V", 1, 0)
E, M = symbol("E"), symbol("M")
ROW, J, N = free_index("i"), free_index("j"), free_index("n")
ROOT = 1 / sqrt(d_h)
L, R = r"\left(", r"\right)"

CASES: list[tuple[Any, str, str]] = [
    # products
    (mul(A, X, W), "A_1_0 X_1 W_OV_1_0", "A_{1,0} X_1 W_{OV}^{1,0}"),
    (mul(A, mul(X, W)), "A_1_0 (X_1 W_OV_1_0)", rf"A_{{1,0}} {L}X_1 W_{{OV}}^{{1,0}}{R}"),
    (mul(mul(A, X), W), "(A_1_0 X_1) W_OV_1_0", rf"{L}A_{{1,0}} X_1{R} W_{{OV}}^{{1,0}}"),
    (mul(A, plus(X, Y)), "A_1_0 (X_1 + Delta_0)", rf"A_{{1,0}} {L}X_1 + \Delta_0{R}"),
    # numbers
    (mul(2, A, X), "2 A_1_0 X_1", "2 A_{1,0} X_1"),
    (mul(A, 2, X), "2 A_1_0 X_1", "2 A_{1,0} X_1"),
    (mul(2, A, 3, X), "6 A_1_0 X_1", "6 A_{1,0} X_1"),
    (mul(1, X), "X_1", "X_1"),
    (mul(-1, X), "-X_1", "-X_1"),
    (mul(-1, A, -1, X), "A_1_0 X_1", "A_{1,0} X_1"),
    (mul(-2, X), "-2 X_1", "-2 X_1"),
    (mul(Rational(1, 2), X), "1/2 X_1", r"\frac{1}{2} X_1"),
    (mul(-1, plus(X, Y)), "-(X_1 + Delta_0)", rf"-{L}X_1 + \Delta_0{R}"),
    (mul(-1, mul(A, X)), "-(A_1_0 X_1)", rf"-{L}A_{{1,0}} X_1{R}"),
    (mul(A, mul(-1, X)), "A_1_0 (-X_1)", rf"A_{{1,0}} {L}-X_1{R}"),
    (mul(Symbol("c"), X), "c X_1", "c X_1"),
    (mul(1 + sqrt(2), X), None, rf"{L}1 + \sqrt{{2}}{R} X_1"),
    # fractions
    (mul(ROOT, A, X), "A_1_0 X_1 / √d_h", r"\frac{A_{1,0} X_1}{\sqrt{d_h}}"),
    (mul(-ROOT, A, X), "-A_1_0 X_1 / √d_h", r"-\frac{A_{1,0} X_1}{\sqrt{d_h}}"),
    (mul(3 * ROOT, X), "3 X_1 / √d_h", r"3 \frac{X_1}{\sqrt{d_h}}"),
    (mul(2, ROOT, X), "2 X_1 / √d_h", r"2 \frac{X_1}{\sqrt{d_h}}"),
    (mul(ROOT, plus(X, Y)), "(X_1 + Delta_0) / √d_h", rf"\frac{{{L}X_1 + \Delta_0{R}}}{{\sqrt{{d_h}}}}"),
    (mul(A, mul(ROOT, X)), "A_1_0 (X_1 / √d_h)", rf"A_{{1,0}} {L}\frac{{X_1}}{{\sqrt{{d_h}}}}{R}"),
    (mul(1 / d_h, X), "1/sqrt(d_h) X_1 / √d_h", r"\frac{1}{\sqrt{d_{h}}} \frac{X_1}{\sqrt{d_h}}"),
    # sums
    (plus(X, Y), "X_1 + Delta_0", r"X_1 + \Delta_0"),
    (plus(Y, X), "Delta_0 + X_1", r"\Delta_0 + X_1"),
    (plus(X, mul(-1, Y)), "X_1 - Delta_0", r"X_1 - \Delta_0"),
    (plus(mul(-1, X), Y), "-X_1 + Delta_0", r"-X_1 + \Delta_0"),
    (plus(mul(-1, X), mul(-3, Y), X), "-X_1 - 3 Delta_0 + X_1", r"-X_1 - 3 \Delta_0 + X_1"),
    (plus(plus(X, Y), X), "(X_1 + Delta_0) + X_1", rf"{L}X_1 + \Delta_0{R} + X_1"),
    (plus(X, mul(A, Y)), "X_1 + A_1_0 Delta_0", r"X_1 + A_{1,0} \Delta_0"),
    (plus(X, mul(-ROOT, Y)), "X_1 - Delta_0 / √d_h", r"X_1 - \frac{\Delta_0}{\sqrt{d_h}}"),
    (plus(X, mul(-1, plus(X, Y))), "X_1 - (X_1 + Delta_0)", rf"X_1 - {L}X_1 + \Delta_0{R}"),
    # transposes
    (t(X), "X_1ᵀ", r"X_1^{\top}"),
    (t(mul(A, X)), "(A_1_0 X_1)ᵀ", rf"{L}A_{{1,0}} X_1{R}^{{\top}}"),
    (t(plus(X, Y)), "(X_1 + Delta_0)ᵀ", rf"{L}X_1 + \Delta_0{R}^{{\top}}"),
    (mul(X, t(mul(A, X))), "X_1 (A_1_0 X_1)ᵀ", rf"X_1 {L}A_{{1,0}} X_1{R}^{{\top}}"),
    (t(OneHot(J, s)), "e_jᵀ", r"e_{j}^{\top}"),
    (t(OneMatrix(s, 1)), "1ᵀ", r"\mathbf{1}^{\top}"),
    (t(Identity(s)), "Iᵀ", r"I^{\top}"),
    (t(RowSoftmax(A)), "(softmax(A_1_0))ᵀ", rf"{L}\operatorname{{softmax}}{L}A_{{1,0}}{R}{R}^{{\top}}"),
    (t(At("X", N, s, d)), "(X_n)ᵀ", rf"{L}X_{{n}}{R}^{{\top}}"),
    # functions
    (RowSoftmax(A), "softmax(A_1_0)", rf"\operatorname{{softmax}}{L}A_{{1,0}}{R}"),
    (CausalMask(plus(A, A)), "mask(A_1_0 + A_1_0)", rf"\operatorname{{mask}}{L}A_{{1,0}} + A_{{1,0}}{R}"),
    (Layer(mul(A, X), 2), "layer_2(A_1_0 X_1)", rf"\mathrm{{layer}}_{{2}}{L}A_{{1,0}} X_1{R}"),
    (Vec(mul(A, E)), "vec(A_1_0 E)", rf"\operatorname{{vec}}{L}A_{{1,0}} E{R}"),
    (Rank(W), "rank(W_OV_1_0)", rf"\operatorname{{rank}}{L}W_{{OV}}^{{1,0}}{R}"),
    (mul(RowSoftmax(A), X), "softmax(A_1_0) X_1", rf"\operatorname{{softmax}}{L}A_{{1,0}}{R} X_1"),
    # one-hot rows, indices, sums over them
    (OneHot(ROW, s), "e_i", "e_{i}"),
    (OneHot(3, s), "e_3", "e_{3}"),
    (Rotation(ROW), "R_i", "R_{i}"),
    (t(Rotation(ROW - J)), "R_(i-j)ᵀ", r"R_{i-j}^{\top}"),
    (t(Diagonal(symbol("r_norm", 1))), "(diag(r_norm_1))ᵀ",
     rf"{L}\operatorname{{diag}}{L}r_1{R}{R}^{{\top}}"),
    (At("X", N, s, d), "X_n", "X_{n}"),
    (At("X", N + 1, s, d), "X_(n+1)", "X_{n+1}"),
    (At("Delta", N, s, d), "Delta_n", r"\Delta_{n}"),
    (At("T", N, s, d), "T_n", "T_{n}"),
    (SumBelow("Delta", N, s, d), "Σ_j=0..n-1 Delta_j", r"\sum_{j=0}^{n-1} \Delta_{j}"),
    (SumBelow("Delta", N + 1, s, d), "Σ_j=0..n Delta_j", r"\sum_{j=0}^{n} \Delta_{j}"),
    (mul(A, SumBelow("Delta", N, s, d)), "A_1_0 (Σ_j=0..n-1 Delta_j)",
     rf"A_{{1,0}} {L}\sum_{{j=0}}^{{n-1}} \Delta_{{j}}{R}"),
    (plus(X, SumBelow("Delta", N, s, d)), "X_1 + Σ_j=0..n-1 Delta_j", r"X_1 + \sum_{j=0}^{n-1} \Delta_{j}"),
    (TokenSum(mul(A, t(OneHot(J, s))), J), "Σ_j A_1_0 e_jᵀ", r"\sum_{j} A_{1,0} e_{j}^{\top}"),
    (TokenSum(plus(X, Y), J), "Σ_j (X_1 + Delta_0)", rf"\sum_{{j}} {L}X_1 + \Delta_0{R}"),
    (mul(A, TokenSum(X, J)), "A_1_0 (Σ_j X_1)", rf"A_{{1,0}} {L}\sum_{{j}} X_1{R}"),
    # ⊗
    (Kronecker(t(M), A), "Mᵀ ⊗ A_1_0", r"M^{\top} \otimes A_{1,0}"),
    (mul(Kronecker(t(M), A), Vec(E)), "(Mᵀ ⊗ A_1_0) vec(E)",
     rf"{L}M^{{\top}} \otimes A_{{1,0}}{R} \operatorname{{vec}}{L}E{R}"),
    (Kronecker(A, mul(X, W)), "A_1_0 ⊗ (X_1 W_OV_1_0)", rf"A_{{1,0}} \otimes {L}X_1 W_{{OV}}^{{1,0}}{R}"),
    (Kronecker(plus(A, A), M), "(A_1_0 + A_1_0) ⊗ M", rf"{L}A_{{1,0}} + A_{{1,0}}{R} \otimes M"),
    (plus(Kronecker(A, A), Kronecker(A, A)), "A_1_0 ⊗ A_1_0 + A_1_0 ⊗ A_1_0",
     r"A_{1,0} \otimes A_{1,0} + A_{1,0} \otimes A_{1,0}"),
    # neighbouring bars stay apart
    (mul(column_symbol(W), column_symbol(E), A), "W_OV_col_1_0 E_col A_1_0",
     r"\overline{W_{OV}^{1,0}} \, \overline{E} A_{1,0}"),
    (mul(A, column_symbol(X)), "A_1_0 X_col_1", r"A_{1,0} \, \overline{X_1}"),
    (mul(X, column_symbol(X)), "X_1 X_col_1", r"X_1 \overline{X_1}"),
    # constants and bare numbers
    (ZeroMatrix(s, d), "0", "0"),
    (Identity(s), "I", "I"),
    (OneMatrix(s, 1), "1", r"\mathbf{1}"),
    (mul(A, OneMatrix(s, 1)), "A_1_0 1", r"A_{1,0} \mathbf{1}"),
    (Integer(3), "3", "3"),
    (d_h, "d_h", "d_{h}"),
]  # fmt: skip


@pytest.mark.parametrize(("expr", "text", "latex"), CASES)
def test_text_and_latex(expr: Any, text: str | None, latex: str) -> None:
    assert text is None or to_text(expr) == text
    assert to_latex(expr) == latex


NAMES: list[tuple[Any, str, str, str]] = [
    # many heads, one head
    (symbol("E"), "E", "E", "E"),
    (symbol("W_E"), "W_E", "W_E", "W_E"),
    (symbol("X", 2), "X_2", "X_2", "X_2"),
    (symbol("X", 9), "X_9", "X_9", "X_9"),
    (symbol("X", 10), "X_10", "X_{10}", "X_{10}"),
    (symbol("X_A"), "X_A", "X_A", "X_A"),
    (symbol("Delta", 0), "Delta_0", r"\Delta_0", r"\Delta_0"),
    (symbol("A", 1, 0), "A_1_0", "A_{1,0}", "A_1"),
    (symbol("A", 12, 0), "A_12_0", "A_{12,0}", "A_{12}"),
    (symbol("W_V", 1, 3), "W_V_1_3", "W_V^{1,3}", "W_V^{1,3}"),
    (symbol("W_V", 10, 3), "W_V_10_3", "W_V^{10,3}", "W_V^{10,3}"),
    (symbol("W_OV", 1, 0), "W_OV_1_0", "W_{OV}^{1,0}", "W_{OV_1}"),
    (symbol("Y"), "Y", "Y", "Y"),
    (symbol("Y", 1, 0), "Y_1_0", "Y'_{1,0}", "Y'_1"),
    (symbol("Delta", 1, 0), "Delta_1_0", r"\Delta'_{1,0}", r"\Delta'_1"),
    (symbol("S_direct", 1, 0), "S_direct_1_0", "S'_{1,0}", "S'_1"),
    (symbol("C", 0, 2), "C_0_2", "C_{0,2}", "C_{0,2}"),
    (symbol("C", 2, 0), "C_2_0", "C_{2,0}", "C_2"),
    (symbol("W_V", 10, 0), "W_V_10_0", "W_V^{10,0}", "W_{V_{10}}"),
    # through two heads
    (symbol("A", 0, 1, 2, 3), "A_0_1_2_3", r"A_{(0,1) \to (2,3)}", r"A_{(0,1) \to (2,3)}"),
    (symbol("H", 0, 0, 2, 0), "H_0_0_2_0", r"H_{(0,0) \to (2,0)}", r"H_{0 \to 2}"),
    (symbol("W_OV", 0, 0, 2, 0), "W_OV_0_0_2_0", r"W_{OV}^{(0,0) \to (2,0)}", r"W_{OV_{0 \to 2}}"),
    (symbol("Y", 0, 0, 2, 0), "Y_0_0_2_0", r"Y'_{(0,0) \to (2,0)}", r"Y'_{0 \to 2}"),
    # rows
    (symbol("q_i"), "q_i", "q_i", "q_i"),
    (symbol("a_ij"), "a_ij", "a_{ij}", "a_{ij}"),
    # columns
    (column_symbol(symbol("W_E")), "W_E_col", r"\overline{W_E}", r"\overline{W_E}"),
    (column_symbol(symbol("W_OV", 1, 0)), "W_OV_col_1_0", r"\overline{W_{OV}^{1,0}}", r"\overline{W_{OV_1}}"),
    (column_symbol(symbol("A", 1, 0)), "A_col_1_0", r"\overline{A_{1,0}}", r"\overline{A_1}"),
    (column_symbol(symbol("Y", 1, 0)), "Y_col_1_0", r"\overline{Y'_{1,0}}", r"\overline{Y'_1}"),
    # names of one's own
    (MatrixSymbol("T", s, s), "T", "T", "T"),
    (MatrixSymbol("B_2", s, s), "B_2", "B_2", "B_2"),
    (MatrixSymbol("beta_1_2", s, s), "beta_1_2", r"\beta_{1,2}", r"\beta_{1,2}"),
    (MatrixSymbol("W_mix_1_2", s, s), "W_mix_1_2", r"W_{\mathrm{mix},1,2}", r"W_{\mathrm{mix},1,2}"),
    (MatrixSymbol("X_mid_0", s, s), "X_mid_0", r"X_{\mathrm{mid},0}", r"X_{\mathrm{mid},0}"),
    (MatrixSymbol("T_1_2_3", s, s), "T_1_2_3", "T_{1,2,3}", "T_{1,2,3}"),
    # names of the course with other indices than it uses: no reader may take one for the course's
    (MatrixSymbol("A_1", s, s), "A_1", r"\texttt{A\_1}", r"\texttt{A\_1}"),
    (MatrixSymbol("X_A_0", s, d), "X_A_0", r"\texttt{X\_A\_0}", r"\texttt{X\_A\_0}"),
    (MatrixSymbol("a b", s, s), "a b", r"\texttt{a b}", r"\texttt{a b}"),
]


@pytest.mark.parametrize(("name", "text", "many", "one"), NAMES, ids=lambda each: str(each)[:20])
def test_names(name: Any, text: str, many: str, one: str) -> None:
    assert to_text(name) == text
    assert to_latex(name) == to_latex(name, one_head=False) == many
    assert to_latex(name, one_head=True) == one


def test_one_head_goes_all_the_way_down() -> None:
    expr = mul(RowSoftmax(mul(ROOT, X, W, t(X))), plus(X, mul(A, Y)), W)
    assert to_latex(expr, one_head=True) == (
        rf"\operatorname{{softmax}}{L}\frac{{X_1 W_{{OV_1}} X_1^{{\top}}}}{{\sqrt{{d_h}}}}{R} "
        rf"{L}X_1 + A_1 \Delta_0{R} W_{{OV_1}}"
    )


def test_joined() -> None:
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "-c", "-d", "e"]) == "a + b - c - d + e"
    assert joined(["-a", "b"]) == "-a + b"


def test_a_printer_without_words_says_nothing() -> None:
    bare = Printer()
    for ask in (
        lambda: bare.write(X),
        lambda: bare.write(mul(ROOT, X)),
        lambda: bare._quotient(""),
        lambda: bare._number(1),
        lambda: bare.sum_over("", "", ""),
        lambda: bare._with_index("", ""),
        lambda: bare._called("", ""),
    ):
        with pytest.raises(NotImplementedError):
            ask()


def test_a_long_sum_keeps_its_order() -> None:
    long = [symbol("X", number) for number in (3, 1, 2, 0, 11, 7)]
    assert to_text(plus(*long)) == "X_3 + X_1 + X_2 + X_0 + X_11 + X_7"
    assert to_latex(plus(*long)) == "X_3 + X_1 + X_2 + X_0 + X_{11} + X_7"
    assert to_text(mul(MatrixSymbol("W_E", v, d), V)) == "W_E W_V_1_0"


WORDS = ("A", "X", "Y", "W", "OV", "Delta", "S", "direct", "q", "i", "ij", "T", "mid", "col", "alpha")
PARTS_OF_NAMES = st.sampled_from((*WORDS, "0", "1", "12", "01", "T1", "x'", "{", "^", "\\", "é", "a b", ""))
ANY_NAME = st.lists(PARTS_OF_NAMES, min_size=1, max_size=6).map("_".join).filter(bool)


@given(ANY_NAME, ANY_NAME, st.booleans())
@settings(max_examples=1000)
def test_no_two_names_look_alike(first: str, second: str, one_head: bool) -> None:
    written = [to_latex(MatrixSymbol(name, s, s), one_head=one_head) for name in (first, second)]
    assert (first == second) == (written[0] == written[1])


@given(ANY_NAME, st.booleans())
def test_any_name_compiles(name: str, one_head: bool) -> None:
    for expr in (
        MatrixSymbol(name, s, s),
        t(MatrixSymbol(name, s, s)),
        At(name.replace("_0", "_x"), N, s, s),
    ):
        assert "<math" in typeset(Formula.typed(to_latex(expr, one_head=one_head)), display=True)
