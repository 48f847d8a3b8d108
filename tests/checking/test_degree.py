"""The degree that the bound rests on, against polynomials multiplied out entry by entry."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import (
    Identity,
    Integer,
    Matrix,
    MatrixSymbol,
    OneMatrix,
    Poly,
    Symbol,
    ZeroMatrix,
    flatten,
    kronecker_product,
)

from ovlearn.checking.exact import degree
from ovlearn.symbolic import (
    CausalMask,
    Kronecker,
    Network,
    OneHot,
    Rank,
    RowSoftmax,
    TokenSum,
    Vec,
    add,
    product,
    transpose,
)

A, B, C = (MatrixSymbol(name, 2, 2) for name in "ABC")
DEFINED = MatrixSymbol("D", 2, 2)
TABLE = {DEFINED: product(A, add(B, product(C, C)))}
II = Symbol("i", integer=True)


def entries(name: str) -> Matrix:
    return Matrix(2, 2, lambda i, j: Symbol(f"{name}{i}{j}"))


a, b, c = (entries(name) for name in "abc")
ROW = OneHot(II, Integer(2))

CASES = [
    (A, a),
    (product(A, B, A), a * b * a),
    (product(Integer(3), A, transpose(product(A, B))), 3 * a * (a * b).T),
    (add(A, product(B, C)), a + b * c),
    (product(add(A, product(A, A)), add(B, Identity(2))), (a + a * a) * (b + Matrix.eye(2))),
    (add(A, ZeroMatrix(2, 2), OneMatrix(2, 2)), a + Matrix.ones(2, 2)),
    (DEFINED, a * (b + c * c)),
    (product(DEFINED, transpose(DEFINED)), a * (b + c * c) * (a * (b + c * c)).T),
    (Vec(product(A, B)), (a * b).vec()),
    (Kronecker(A, product(B, C)), kronecker_product(a, b * c)),
    (product(ROW, A, B), (a * b)[0, :]),
    (TokenSum(product(product(A, transpose(ROW)), product(ROW, B)), II), a * b),
]


@pytest.mark.parametrize(("expr", "written_out"), CASES, ids=map(str, range(len(CASES))))
def test_against_polynomials(expr: Any, written_out: Any) -> None:
    variables = [*flatten(a), *flatten(b), *flatten(c)]
    expected = max(Poly(entry, *variables).total_degree() for entry in written_out)
    assert degree(expr, TABLE) == expected


def test_functions_and_numbers() -> None:
    assert degree(Rank(product(A, B)), TABLE) == 2
    assert degree(RowSoftmax(product(A, B)), TABLE) == 3
    assert degree(RowSoftmax(CausalMask(DEFINED)), TABLE) == 4
    assert degree(product(RowSoftmax(A), B), TABLE) == 3
    assert degree(Integer(7), TABLE) == 0
    assert degree(ZeroMatrix(2, 2), TABLE) == 0


def test_it_is_an_upper_bound_where_terms_cancel() -> None:
    assert degree(add(product(A, A), product(Integer(-1), A, A)), TABLE) == 2


def test_a_deep_network_is_measured_in_no_time() -> None:
    """Shared parts are visited once: 2 ** 40 paths, 40 layers."""
    net = Network(layers=40)
    table = {
        net.stream(layer + 1): add(net.stream(layer), product(net.head("A", layer, 0), net.stream(layer)))
        for layer in range(40)
    }
    assert degree(net.stream(40), table) == 41
