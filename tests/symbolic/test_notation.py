"""The glossary against a table typed by hand, names and networks, and the paths that names spell."""

from typing import Any

import pytest
from sympy import Integer, MatrixSymbol

from ovlearn.symbolic import GLOSSARY, Entry, Network, d, d_h, path_of, s, symbol, to_latex, v
from ovlearn.symbolic.notation import parse
from ovlearn.symbolic.pathlabels import by_order

from .oracle import mul, plus, t

BY_HAND: dict[str, tuple[Any, Any, str, str]] = {
    "E": (s, v, "", "E"),
    "W_E": (v, d, "", "W_E"),
    "W_U": (d, v, "", "W_U"),
    "X": (s, d, "layer", "X"),
    "X_A": (s, d, "", "X_A"),
    "X_B": (s, d, "", "X_B"),
    "X_norm": (s, d, "layer", "N"),
    "D_norm": (s, s, "layer", "D"),
    "r_norm": (s, 1, "layer", "r"),
    "G_norm": (d, d, "layer", "G"),
    "Delta": (s, d, "layer", r"\Delta"),
    "Y": (s, v, "", "Y"),
    "W_Q": (d, d_h, "layer, head", "W_Q"),
    "W_K": (d, d_h, "layer, head", "W_K"),
    "W_V": (d, d_h, "layer, head", "W_V"),
    "W_O": (d_h, d, "layer, head", "W_O"),
    "Q": (s, d_h, "layer, head", "Q"),
    "K": (s, d_h, "layer, head", "K"),
    "V": (s, d_h, "layer, head", "V"),
    "S": (s, s, "layer, head", "S"),
    "A": (s, s, "layer, head", "A"),
    "Z": (s, d_h, "layer, head", "Z"),
    "H": (s, d, "layer, head", "H"),
    "W_OV": (d, d, "layer, head", "W_{OV}"),
    "W_QK": (d, d, "layer, head", "W_{QK}"),
    "C": (v, v, "layer, head", "C"),
    "S_direct": (s, s, "layer, head", "S'"),
    "x_i": (1, d, "", "x_i"),
    "x_j": (1, d, "", "x_j"),
    "q_i": (1, d_h, "", "q_i"),
    "k_j": (1, d_h, "", "k_j"),
    "v_j": (1, d_h, "", "v_j"),
    "a_i": (1, s, "", "a_i"),
    "a_ij": (1, 1, "", "a_{ij}"),
    "r_i": (1, 1, "", "r_i"),
    "r_j": (1, 1, "", "r_j"),
    "A_G": (s, s, "", "A_G"),
    "M": (v, v, "", "M"),
}
RECORDED = {
    "E": "one-hot rows of run.tokens",
    "X": "run.resid_pre[layer]",
    "X_norm": "run.resid_pre[layer] after the norm",
    "D_norm": "one over what the norm divides run.resid_pre[layer] by",
    "r_norm": "one over what the norm divides run.resid_pre[layer] by",
    "G_norm": "model.ln1_w[layer] on the diagonal, at the end model.ln_final_w",
    "Delta": "run.head_out[layer].sum(axis=0)",
    "Y": "run.logits",
    "Q": "run.q[layer, head]",
    "K": "run.k[layer, head]",
    "V": "run.v[layer, head]",
    "S": "run.scores[layer, head]",
    "A": "run.pattern[layer, head]",
    "Z": "run.z[layer, head]",
    "H": "run.head_out[layer, head]",
} | {name: f"model.{name}[layer, head]" for name in ("W_Q", "W_K", "W_V", "W_O")}  # fmt: skip
RECORDED |= {"W_E": "model.W_E", "W_U": "model.W_U"}


def test_the_glossary() -> None:
    assert {base: (*e.shape, e.indices, e.latex) for base, e in GLOSSARY.items()} == BY_HAND
    assert {base: e.recorded for base, e in GLOSSARY.items() if e.recorded} == RECORDED
    assert all(base == entry.base for base, entry in GLOSSARY.items())
    assert all(entry.meaning for entry in GLOSSARY.values())
    assert {base for base, entry in GLOSSARY.items() if entry.free} == {"X_A", "X_B", "A_G", "M"}
    assert {base for base, entry in GLOSSARY.items() if entry.diagonal} == {"D_norm", "G_norm"}
    assert Entry("T", "T", (s, s), "", "a test").recorded == ""


@pytest.mark.parametrize("base", BY_HAND)
def test_symbols_are_shaped_as_the_glossary_says(base: str) -> None:
    rows, columns, _, latex = BY_HAND[base]
    assert symbol(base) == MatrixSymbol(base, rows, columns)
    assert symbol(base, 2, 0) == MatrixSymbol(f"{base}_2_0", rows, columns)
    assert symbol(base).shape == (rows, columns)
    assert to_latex(symbol(base)) == latex


def test_a_base_that_is_not_there() -> None:
    with pytest.raises(KeyError, match="W_X"):
        symbol("W_X", 0, 0)


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        ("E", ("E", ())),
        ("W_OV", ("W_OV", ())),
        ("W_OV_1_0", ("W_OV", (1, 0))),
        ("X_12", ("X", (12,))),
        ("A_0_1_10_2", ("A", (0, 1, 10, 2))),
        ("X_A", ("X_A", ())),
        ("W_OV_col_1_0", ("W_OV_col", (1, 0))),
        ("a_ij", ("a_ij", ())),
        ("S_direct_3_1", ("S_direct", (3, 1))),
        ("X_1_A", ("X_1_A", ())),
        ("X2_1", ("X2", (1,))),
        ("_1", ("", (1,))),
    ],
)
def test_parse(name: str, parsed: Any) -> None:
    assert parse(name) == parsed


def test_a_networks_symbols() -> None:
    net = Network(layers=2, heads=3)
    assert net.head("W_O", 1, 2) == MatrixSymbol("W_O_1_2", d_h, d)
    assert [net.stream(layer) for layer in range(3)] == [MatrixSymbol(f"X_{n}", s, d) for n in range(3)]
    assert net.layer("Delta", 1) == MatrixSymbol("Delta_1", s, d)
    assert net.layer("X", 2, last=1) == net.stream(2)
    assert list(net.heads_of(1)) == [(1, 0), (1, 1), (1, 2)]
    assert (Network().layers, Network().heads) == (3, 1)
    assert Network(0).stream(0) == symbol("X", 0)
    assert Network(True + 1) == Network(2, 1)


def test_a_network_with_more_than_plain_heads() -> None:
    net = Network(2, 4, norm="rms", sharing=3)
    assert net.of_stream("D_norm", 2) == MatrixSymbol("D_norm_2", s, s)
    assert (net.read(2), Network(2).read(2)) == (symbol("X_norm", 2), symbol("X", 2))
    assert [net.first_of_group(head) for head in range(4)] == [0, 0, 0, 3]
    assert [Network(2, 4).first_of_group(head) for head in range(4)] == [0, 1, 2, 3]
    assert net.may_have(symbol("G_norm", 2))
    assert not net.may_have(symbol("G_norm", 3))
    assert net != Network(2, 4)


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda net: net.head("A", 2, 0), ValueError, "layer: expected a whole number from 0 to 1, got 2"),
        (lambda net: net.head("A", -1, 0), ValueError, "layer: .* got -1"),
        (lambda net: net.head("A", 1, 3), ValueError, "head: expected a whole number from 0 to 2, got 3"),
        (lambda net: net.head("A", 1, -1), ValueError, "head: .* got -1"),
        (lambda net: net.head("A", 1, 0.0), TypeError, "head: "),
        (lambda net: net.stream(3), ValueError, "layer: expected a whole number from 0 to 2, got 3"),
        (lambda net: net.stream(-1), ValueError, "layer: "),
        (lambda net: net.layer("Delta", 2), ValueError, "layer: expected a whole number from 0 to 1, got 2"),
        (lambda _: Network(-1), ValueError, "layers: expected a whole number of at least 0, got -1"),
        (lambda _: Network(1, 0), ValueError, "heads: expected a whole number of at least 1, got 0"),
        (lambda _: Network(1.5), TypeError, "layers: "),
        (lambda _: Network("2"), TypeError, "layers: "),
        (lambda _: Network(2, None), TypeError, "heads: "),
        (lambda _: Network(True), TypeError, "layers: "),
        (lambda _: Network(norm="batch"), ValueError, 'norm: expected "rms", "layer" or "", got \'batch\''),
        (lambda _: Network(rotary=1), TypeError, "rotary: expected True or False, got 1"),
        (lambda _: Network(sharing=0), ValueError, "sharing: expected a whole number of at least 1, got 0"),
        (lambda net: net.of_stream("D_norm", 3), ValueError, "layer: expected a whole number from 0 to 2"),
    ],
)
def test_what_a_network_does_not_have(ask: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        ask(Network(layers=2, heads=3))


def test_sizes_become_plain_integers() -> None:
    net = Network(Integer(2), Integer(3))
    assert type(net.layers) is type(net.heads) is int


# Paths

A, B, C = symbol("A", 0, 1), symbol("A", 1, 0), symbol("A", 2, 3)
X = symbol("X", 0)


@pytest.mark.parametrize(
    ("term", "path"),
    [
        (X, ()),
        (mul(A, X), ((0, 1),)),
        (A, ((0, 1),)),
        (mul(C, B, A, X), ((0, 1), (1, 0), (2, 3))),
        (mul(A, C, X), ((0, 1), (2, 3))),
        (mul(2, B, X), ((1, 0),)),
        (mul(symbol("A", 0, 1, 2, 3), X), ((0, 1), (2, 3))),
        (mul(symbol("W_OV", 0, 0), symbol("H", 1, 1)), ()),
        (mul(t(A), X), ()),
        (symbol("A"), ()),
        (plus(A, B), ()),
    ],
    ids=str,
)
def test_paths(term: Any, path: Any) -> None:
    assert path_of(term) == path


def test_the_order_of_paths() -> None:
    paths = [((1, 0), (2, 0)), ((2, 0),), (), ((0, 1), (2, 1)), ((0, 2),), ((0, 1), (2, 0))]
    assert sorted(paths, key=by_order) == [
        (), ((0, 2),), ((2, 0),), ((0, 1), (2, 0)), ((0, 1), (2, 1)), ((1, 0), (2, 0)),
    ]  # fmt: skip
