"""What must not be derivable: each of these once was, or printed as what it is not."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from sympy import ImmutableMatrix, Integer, MatrixSymbol, OneMatrix, Rational, ZeroMatrix, sqrt

from ovlearn.symbolic import (
    Assumption,
    At,
    Derivation,
    DerivationError,
    Network,
    NormalForm,
    OneHot,
    Rank,
    Relation,
    RowSoftmax,
    RuleError,
    ShapeError,
    TokenSum,
    Vec,
    d,
    d_h,
    definition,
    derivations,
    derive,
    path_of,
    rule,
    rules,
    s,
    symbol,
    terms,
    to_columns,
    to_latex,
    to_rows,
    to_text,
    v,
)
from ovlearn.symbolic.witness import exact

from .oracle import Scene, free_index, mul, plus, t

A, B = MatrixSymbol("A_0_0", s, s), MatrixSymbol("A_1_0", s, s)
X, Y, Z = (MatrixSymbol(name, s, d) for name in ("X_0", "Delta_0", "Delta_1"))
W, W_V, W_O = symbol("W_OV", 0, 0), symbol("W_V", 0, 0), symbol("W_O", 0, 0)
J = free_index("j")
ONE, TWO, FIVE = (ImmutableMatrix([[number]]) for number in (1, 2, 5))
AT = ((X, ONE), (Y, TWO))
PRODUCT = definition("OV", "", (W, mul(W_V, W_O)))


def e(index: Any) -> Any:
    return OneHot(index, s)


# Signs


@pytest.mark.parametrize("sign", ["≠", "≤"])
def test_only_equalities_may_be_unfolded(sign: Any) -> None:
    with pytest.raises(ValueError, match=f"^equations: expected equalities, got X_0 {sign} Delta_0$"):
        Assumption("a lie", "", (Relation(Y, Z), Relation(X, Y, sign)))


def test_two_inequalities_say_nothing_of_the_ends() -> None:
    refuted = Derivation.start(X).apply(rules.counterexample, Y, AT)
    with pytest.raises(DerivationError, match=r"^step 2: expected an equality after ≠, got ≠$"):
        refuted.apply(rules.counterexample, X, AT)
    ranks = Derivation.start(Rank(mul(W_V, W_O))).apply(rules.inner_size)
    assert ranks.result.sign == "≤"


def test_a_selection_begins_anew() -> None:
    chain = Derivation.start(plus(X, Y)).apply(rules.counterexample, plus(Y, Z), (*AT, (Z, FIVE)))
    chain = chain.apply(rules.select, Y, symbol("Delta", 0, 0))
    assert chain.apply(rules.counterexample, X, AT).result == Relation(symbol("Delta", 0, 0), X, "≠")


def test_a_long_inequality_keeps_its_sign() -> None:
    long = plus(Y, Y, Y, Y, Y)
    assert (
        r"\boxed{\begin{aligned} X_0 &\neq "
        in Derivation.start(X).apply(rules.counterexample, long, AT).latex()
    )


# Counterexamples


def test_a_counterexample_obeys_the_definitions() -> None:
    start = Derivation.start(W, [PRODUCT])
    values = ((W, FIVE), (W_V, ONE), (W_O, ONE))
    with pytest.raises(RuleError, match="is not"):
        start.apply(rules.counterexample, mul(W_V, W_O), values, PRODUCT)
    found = start.apply(rules.counterexample, plus(W, W), values[1:], PRODUCT)
    assert found.result == Relation(W, plus(W, W), "≠")
    assert "then [[1]] ≠ [[2]]" in found.text()


def test_definitions_of_definitions_are_obeyed_too() -> None:
    deeper = definition("deeper", "", (X, plus(Y, Y)), (Y, mul(A, Z)))
    values = ((Z, ONE), (A, TWO))
    with pytest.raises(RuleError, match="is not"):
        Derivation.start(X, [deeper]).apply(rules.counterexample, mul(2, A, Z), values, deeper)
    assert Derivation.start(X, [deeper]).apply(rules.counterexample, Y, values, deeper).result.sign == "≠"


def test_a_scale_needs_its_size() -> None:
    with pytest.raises(ValueError, match=r"^witness: expected a matrix that has d_h as a size, got none$"):
        exact(mul(1 / sqrt(d_h), X), {X: ONE})


# Rules


def test_rows_of_a_wide_softmax_sum_to_one() -> None:
    wide = RowSoftmax(MatrixSymbol("M_0", s, v))
    after = rules.rows_sum_to_one.apply(mul(wide, OneMatrix(v, 1)))["after"]
    assert after == OneMatrix(s, 1)
    assert rules.rows_sum_to_one.apply(mul(wide, OneMatrix(v, d)))["after"] == OneMatrix(s, d)


def test_a_sum_does_not_catch_an_index_that_is_in_use() -> None:
    with pytest.raises(RuleError, match=r"^sum over positions: expected an index that"):
        rules.sum_over_positions.apply(mul(e(J), A), J)
    assert rules.sum_over_positions.apply(mul(e(J), A), free_index("i"))


@pytest.mark.parametrize(
    ("name", "expr", "arguments"),
    [
        ("sum_over_positions", mul(X, 2), (J,)),
        ("sum_over_positions", mul(2, X), (J,)),
        ("vectorise", Vec(mul(2, X, W)), ()),
        ("inner_size", Rank(mul(2, X)), ()),
        ("inner_size", X, ()),
        ("reorder", ZeroMatrix(s, d), ()),
        ("select", X, (X, Y)),
    ],
)
def test_numbers_are_no_factors(name: str, expr: Any, arguments: Any) -> None:
    with pytest.raises(RuleError, match=r"expected a|expected the rank|expected vec"):
        getattr(rules, name).apply(expr, *arguments)


def test_a_selected_name_has_the_shape_of_what_it_names() -> None:
    with pytest.raises(RuleError, match="of shape"):
        Derivation.start(plus(X, Y)).apply(rules.select, X, symbol("C", 0, 0))


# The normal form


def test_a_contraction_that_cancels_leaves_nothing() -> None:
    body = plus(mul(A, t(e(J)), e(J), B), mul(-1, A, B, t(e(J)), e(J)))
    assert NormalForm().of(TokenSum(body, J)) == {}


@pytest.mark.parametrize(
    "body",
    [mul(At("X", J + 1, s, s), t(e(J)), e(J), B), mul(J, t(e(J)), e(J), B), mul(J + 1, t(e(J)), e(J), B)],
)
def test_what_depends_on_the_index_is_not_contracted(body: Any) -> None:
    (word,) = NormalForm().of(TokenSum(body, J))
    assert word[0][0][0] == "TokenSum"
    rest = mul(*(factor for factor in body.args if not isinstance(factor, OneHot) and factor != t(e(J))))
    scene = Scene()
    assert not np.allclose(scene(TokenSum(body, J)), scene(rest))


# What is no matrix


@pytest.mark.parametrize("expr", ["X", None, 3, [X]])
def test_what_is_no_expression_is_refused(expr: Any) -> None:
    with pytest.raises(TypeError, match=r"^expression: expected "):
        Derivation.start(expr)


def test_a_matrix_is_no_number() -> None:
    with pytest.raises(ShapeError, match=r"relation: expected \[s, d\] on both sides, got a number"):
        Relation(X, Integer(3))
    with pytest.raises(ShapeError, match=r"relation: expected a number on both sides, got \[s, d\]"):
        Relation(Integer(3), X)


# Names of one's own, and paths


@pytest.mark.parametrize("name", ["A_1", "A_1_2_3"])
def test_a_pattern_with_other_indices_is_on_no_path(name: str) -> None:
    own = MatrixSymbol(name, s, s)
    assert path_of(mul(own, A, X)) == ((0, 0),)
    chain = Derivation.start(mul(own, plus(*(symbol("X", number) for number in range(5))))).apply(
        rules.distribute
    )
    assert chain.latex()


def test_brackets_do_not_hide_a_head() -> None:
    assert path_of(mul(B, mul(A, X))) == ((0, 0), (1, 0))
    assert path_of(mul(mul(B, A), X)) == ((0, 0), (1, 0))


# Columns


def test_a_transpose_has_columns_too() -> None:
    there = to_columns(t(X))
    assert there.result == Relation(X, t(MatrixSymbol("X_col_0", d, s)))
    assert to_rows(there.here) == t(X)


# Printing


@pytest.mark.parametrize(
    ("expr", "latex"),
    [
        (t(symbol("W_K", 1, 0)), r"{W_K^{1,0}}^{\top}"),
        (t(symbol("Y", 1, 0)), r"{Y'_{1,0}}^{\top}"),
        (t(symbol("S_direct", 1, 0)), r"{S'_{1,0}}^{\top}"),
        (t(symbol("A", 1, 0)), r"A_{1,0}^{\top}"),
    ],
)
def test_a_name_has_one_superscript(expr: Any, latex: str) -> None:
    assert to_latex(expr) == latex


def test_sums_of_numbers_are_bracketed() -> None:
    assert to_text(mul(1 + sqrt(2), X)) == "(1 + sqrt(2)) X_0"


def test_one_space_after_a_minus() -> None:
    assert to_latex(plus(X, mul(Rational(-1, 2), Y))) == r"X_0 - \frac{1}{2} \Delta_0"


def test_terms_of_long_sums_are_bracketed_as_elsewhere() -> None:
    long = definition("long", "", (X, plus(X, plus(X, Y), ZeroMatrix(s, d), Z, Z)))
    chain = Derivation.start(X, [long]).apply(rules.unfold, long)
    assert r"= X_0 + \left(X_0 + \Delta_0\right) + 0 + \Delta_1 &&" in chain.latex().replace(" \\\\", "")
    assert "    = X_0 + (X_0 + Delta_0) + 0 + Delta_1\n" in chain.text()


@pytest.mark.parametrize("slug", derivations())
def test_lemmas_print_like_their_derivation(slug: str) -> None:
    derivation = derive(slug, layers=2)
    many = derivation.network.heads > 1  # of a group, even where each layer has one
    assert many == (slug == "shared-keys-and-values")
    assert all((r"^{1,0}" in lemma.latex()) == many for lemma in derivation.lemmas)


R_OF_NO_NAME = MatrixSymbol("R", 1, d_h)


def test_what_stands_for_a_row_without_saying_so_is_not_summed_over() -> None:
    """R = e_j K does not name j: inside Σ_j, unfolding it would let the sum catch its index."""
    j, net = free_index("j"), Network(layers=2)
    pattern, keys, values = (net.head(base, 1, 0) for base in ("A", "K", "V"))
    row = definition("row", "", (R_OF_NO_NAME, mul(OneHot(j, s), keys)))
    again = definition("again", "", (MatrixSymbol("R_again", 1, d_h), mul(2, R_OF_NO_NAME)))
    caught = Derivation.start(mul(mul(R_OF_NO_NAME, t(keys)), values), [row], network=net)
    folded = Derivation.start(mul(pattern, keys), [row], network=net).apply(rules.sum_over_positions, j)
    twice = Derivation.start(mul(mul(again.equations[0].lhs, t(keys)), values), [row, again], network=net)
    for derivation, arguments in [
        (caught, (rules.sum_over_positions, j)),
        (folded, (rules.fold, row)),
        (twice, (rules.sum_over_positions, j)),
    ]:
        with pytest.raises(DerivationError, match="expected what is summed over j to name it, as x_j does"):
            derivation.apply(*arguments)
    named = definition("row", "", (symbol("k_j"), mul(OneHot(j, s), keys)))
    fine = Derivation.start(mul(pattern, keys), [named], network=net).apply(rules.sum_over_positions, j)
    assert fine.apply(rules.fold, named).result


@pytest.mark.parametrize("hides", [True, False])
def test_a_symbol_of_ones_own_hides_no_path(hides: bool) -> None:
    net, own = Network(layers=2), MatrixSymbol("D", s, d)
    embedded = mul(symbol("E"), symbol("W_E"))
    stands_for = plus(embedded, net.layer("Delta", 0)) if hides else embedded
    two = plus(
        mul(embedded, symbol("W_U")), mul(net.head("A", 1, 0), own, net.head("W_OV", 1, 0), symbol("W_U"))
    )
    derivation = Derivation.start(two, [definition("own", "", (own, stands_for))], network=net)
    if hides:
        with pytest.raises(DerivationError, match="expected terms of one path each, got D, which stands for"):
            derivation.apply(rules.select_path, ((1, 0),), symbol("Y", 1, 0))
    else:
        assert derivation.apply(rules.select_path, ((1, 0),), symbol("Y", 1, 0)).result


@pytest.mark.parametrize("slug", derivations())
def test_a_derivation_is_pickled_and_copied(slug: str) -> None:
    made = derive(slug)
    for other in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert other == made
        assert other.text() == made.text()
        assert all(one.rule is two.rule for one, two in zip(other.steps, made.steps, strict=True))


def test_a_rule_of_ones_own_is_pickled_where_it_can_be_found() -> None:
    made = pickle.loads(pickle.dumps(own_rule))
    assert made is own_rule

    @rule("local", "X + Y = Y + X")
    def local(expr: Any) -> Any:
        return plus(*reversed(terms(expr)))

    with pytest.raises(Exception, match="local"):
        pickle.dumps(local)


@rule("own", "X + Y = Y + X")
def own_rule(expr: Any) -> Any:
    """Turn a sum round. E.g. X + Y becomes Y + X."""
    return plus(*reversed(terms(expr)))
