"""What must not be derivable: each of these once was, or printed as what it is not."""

from typing import Any

import pytest
from sympy import ImmutableMatrix, MatrixSymbol

from ovlearn.symbolic import (
    Derivation,
    DerivationError,
    OneHot,
    Rank,
    Relation,
    RuleError,
    d,
    definition,
    derivations,
    derive,
    rules,
    s,
    symbol,
    to_latex,
)

from .oracle import free_index, mul, plus, t

A, B = MatrixSymbol("A_0_0", s, s), MatrixSymbol("A_1_0", s, s)
X, Y, Z = (MatrixSymbol(name, s, d) for name in ("X_0", "Delta_0", "Delta_1"))
W, W_V, W_O = symbol("W_OV", 0, 0), symbol("W_V", 0, 0), symbol("W_O", 0, 0)
J = free_index("j")
ONE, TWO, FIVE = (ImmutableMatrix([[number]]) for number in (1, 2, 5))
AT = ((X, ONE), (Y, TWO))
PRODUCT = definition("OV", "", (W, mul(W_V, W_O)))


def e(index: Any) -> Any:
    return OneHot(index, s)


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


def test_a_selected_name_has_the_shape_of_what_it_names() -> None:
    with pytest.raises(RuleError, match="a name of shape"):
        Derivation.start(plus(X, Y)).apply(rules.select, X, symbol("C", 0, 0))


@pytest.mark.parametrize(
    ("expr", "latex"),
    [
        (t(symbol("W_K", 1, 0)), r"{W_K^{1,0}}^{\top}"),
        (t(symbol("A", 1, 0)), r"A_{1,0}^{\top}"),
    ],
)
def test_a_name_has_one_superscript(expr: Any, latex: str) -> None:
    assert to_latex(expr) == latex


@pytest.mark.parametrize("slug", derivations())
def test_lemmas_print_like_their_derivation(slug: str) -> None:
    derivation = derive(slug, layers=2)
    assert all(r"^{1,0}" not in lemma.latex() for lemma in derivation.lemmas)
