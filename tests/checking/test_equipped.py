"""Tiny networks with norms, rotations, and shared keys and values: what is bound, held against loops."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from sympy import ImmutableMatrix, Integer, Symbol, sqrt

import ovlearn as ov
from ovlearn.checking import rotations
from ovlearn.checking.arithmetic import PRIME
from ovlearn.checking.binding import Recorded, recorded, value_of
from ovlearn.checking.equipped import equipped, gains, with_norms_held
from ovlearn.numeric import GPT, Config, Transformer
from ovlearn.symbolic import (
    Counterexample,
    Network,
    OneHot,
    Rotation,
    d_h,
    product,
    s,
    symbol,
    symbols,
    transpose,
)
from ovlearn.symbolic.course import assumptions
from ovlearn.symbolic.notation import GLOSSARY, NORMS

from .cases import assert_close, claimed, saying, start

RMS, LAYER = Network(3, 2, norm="rms"), Network(3, 2, norm="layer")
ROTARY, SHARED = Network(3, 2, rotary=True), Network(2, 4, sharing=2)
ALL = Network(2, 4, norm="rms", rotary=True, sharing=2)
SEEDS = pytest.mark.parametrize("seed", [0, 3])


def value(at: Recorded, name: str) -> Any:
    return value_of(name, at, {})


def normed(rows: Any, gain: Any, *, centred: bool) -> tuple[Any, list[float]]:
    """Rows behind a norm, and the factor of each, number by number."""
    out, factors = [], []
    for row in rows:
        mean = sum(row) / len(row) if centred else 0.0
        factor = 1 / math.sqrt(sum((x - mean) ** 2 for x in row) / len(row) + 1e-5)
        out.append([(x - mean) * factor * gain for x, gain in zip(row, gain, strict=True)])
        factors.append(factor)
    return np.array(out), factors


# Norms


@SEEDS
@pytest.mark.parametrize("net", [RMS, LAYER, ALL], ids=str)
def test_what_a_norm_is_made_of(net: Network, seed: int) -> None:
    at = recorded(net, seed)
    model = at.run.model
    assert isinstance(model, GPT)
    for layer in range(net.layers + 1):
        read, factors = normed(value(at, f"X_{layer}"), gains(model, layer), centred=net.norm == "layer")
        assert min(factors) > 0
        assert_close(value(at, f"X_norm_{layer}"), read)
        assert_close(value(at, f"D_norm_{layer}"), np.diag(factors))
        assert_close(value(at, f"r_norm_{layer}"), np.array(factors)[:, None])
        assert_close(value(at, f"G_norm_{layer}"), np.diag(gains(model, layer)))
    assert_close(value(at, "Y"), value(at, f"X_norm_{net.layers}") @ model.W_U)
    assert_close(value(at, "V_1_1"), value(at, "X_norm_1") @ model.W_V[1, 1])


@SEEDS
@pytest.mark.parametrize("net", [RMS, LAYER, ALL], ids=str)
def test_with_its_norms_held_a_network_computes_the_same_and_is_linear(net: Network, seed: int) -> None:
    at = recorded(net, seed)
    held = with_norms_held(at.run)
    for name in ("logits", "resid_final", "pattern", "head_out", "q"):
        assert np.array_equal(getattr(held, name), getattr(at.run, name))
    first, second = (at.random(name, at.run.resid_final.shape) for name in "ab")
    apart = at.frozen.run(resid=first).logits + at.frozen.run(resid=second).logits
    assert_close(at.frozen.run(resid=first + second).logits, apart)
    with pytest.raises(ValueError, match="one with a norm"):
        at.run.frozen()


@pytest.mark.parametrize("net", [RMS, LAYER], ids=str)
def test_layers_that_the_network_has_not(net: Network) -> None:
    at = recorded(net, 0)
    assert [value(at, f"{base}_4") for base in NORMS] == [None] * len(NORMS)
    assert [value(at, f"{base}_1_0") for base in NORMS] == [None] * len(NORMS)


@pytest.mark.parametrize("net", [Network(2, 2), ROTARY, SHARED], ids=str)
def test_where_there_are_no_norms_there_is_nothing_to_hold(net: Network) -> None:
    at = recorded(net, 0)
    assert with_norms_held(at.run) is at.run
    assert [value(at, f"{base}_0") for base in NORMS] == [None] * len(NORMS)


@SEEDS
@pytest.mark.parametrize("net", [RMS, LAYER], ids=str)
def test_what_a_head_adds_of_the_tokens_behind_norms(net: Network, seed: int) -> None:
    """By hand: each position's row of the embedding through the head and W_U, times the factors it meets."""
    at = recorded(net, seed)
    model = at.run.model
    assert isinstance(model, GPT)
    for layer, head in ((0, 1), (2, 0)):
        _, first = normed(value(at, f"X_{layer}"), gains(model, layer), centred=net.norm == "layer")
        _, last = normed(value(at, "X_3"), gains(model, 3), centred=net.norm == "layer")
        pattern, circuit = at.run.pattern[layer, head], value(at, f"C_{layer}_{head}")
        expected = np.zeros_like(at.run.logits)
        for i, row in enumerate(pattern):
            for j, weight in enumerate(row):
                expected[i] += last[i] * weight * first[j] * circuit[at.tokens[j]]
        assert_close(value(at, f"Y_{layer}_{head}"), expected)


@SEEDS
def test_a_full_circuit_is_that_of_the_folded_weights(seed: int) -> None:
    at = recorded(RMS, seed)
    model = at.run.model
    assert isinstance(model, GPT)
    W_V = np.diag(gains(model, 1)) @ model.W_V[1, 0]
    W_U = np.diag(gains(model, 3)) @ model.W_U
    assert_close(value(at, "C_1_0"), model.W_E @ W_V @ model.W_O[1, 0] @ W_U)


@SEEDS
def test_what_one_position_gives_to_another_keeps_the_order_of_the_circuit(seed: int) -> None:
    """r_i a_ij r_j is above 0 for every key that a query sees."""
    at = recorded(RMS, seed)
    weights = value(at, "D_norm_3") @ at.run.pattern[1, 0] @ value(at, "D_norm_1")  # [query, key]
    circuit = value(at, "C_1_0")  # [d_vocab, d_vocab]
    seen = np.tril(np.ones_like(weights)) > 0
    assert weights[seen].min() > 0
    assert not weights[~seen].any()
    for i, j in zip(*np.nonzero(seen), strict=True):
        row = circuit[at.tokens[j]]
        assert np.array_equal(np.argsort(weights[i, j] * row), np.argsort(row))


# Rotations


@SEEDS
def test_queries_and_keys_are_turned_and_values_are_not(seed: int) -> None:
    at = recorded(ROTARY, seed)
    model, stream = at.run.model, value(at, "X_1")
    size = model.config.d_head
    for name, weight in (("Q_1_0", model.W_Q[1, 0]), ("K_1_0", model.W_K[1, 0])):
        expected = stream @ weight
        for place, row in enumerate(expected):
            half = size // 2
            for pair in range(half):
                turned = complex(row[pair], row[half + pair])
                turned *= np.exp(1j * place * 10.0 ** (-pair / half))
                row[pair], row[half + pair] = turned.real, turned.imag
        assert_close(value(at, name), expected)
    assert_close(value(at, "V_1_0"), stream @ model.W_V[1, 0])


@SEEDS
def test_scores_of_the_tokens_depend_on_tokens_and_distance_alone(seed: int) -> None:
    at = recorded(ROTARY, seed)
    model = at.run.model
    scores, count = value(at, "S_direct_2_1"), len(at.tokens)
    embedded = model.W_E[at.tokens]
    for i in range(count):
        for j in range(count):
            turned = rotations.in_floats(i - j, model.config.d_head)
            score = embedded[i] @ model.W_Q[2, 1] @ turned @ model.W_K[2, 1].T @ embedded[j]
            assert math.isclose(scores[i, j], score / math.sqrt(model.config.d_head), abs_tol=1e-9)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 9])
@pytest.mark.parametrize(("i", "j"), [(0, 0), (3, 1), (1, 4), (-2, 5), (6, 6)])
def test_rotations_are_orthogonal_and_add_up(size: int, i: int, j: int) -> None:
    floats = rotations.in_floats
    assert_close(floats(i, size) @ floats(j, size).T, floats(i - j, size))
    assert_close(floats(i, size) @ floats(i, size).T, np.eye(size))

    def residues(position: int) -> Any:
        return rotations.in_residues(position, size, PRIME, seed=7).astype(object)

    assert np.array_equal(residues(i) @ residues(j).T % PRIME, residues(i - j))
    assert np.array_equal(residues(i) @ residues(i).T % PRIME, np.eye(size, dtype=int))
    if size > 1:
        assert not np.array_equal(residues(1), residues(2))
        assert not np.array_equal(residues(1), residues(-1))
        assert not np.array_equal(residues(1), rotations.in_residues(1, size, PRIME, seed=8))


def test_the_prime_has_no_root_of_minus_one() -> None:
    assert PRIME % 4 == 3
    assert pow(-1, (PRIME - 1) // 2, PRIME) == PRIME - 1  # Euler's criterion


# Shared keys and values


@pytest.mark.parametrize("net", [SHARED, ALL], ids=str)
def test_the_heads_of_a_group_have_the_same_keys_and_values(net: Network) -> None:
    at = recorded(net, 1)
    model = at.run.model
    for weights in (model.W_K, model.W_V):
        assert np.array_equal(weights[:, 0], weights[:, 1])
        assert np.array_equal(weights[:, 2], weights[:, 3])
        assert not np.allclose(weights[:, 1], weights[:, 2])
    for weights in (model.W_Q, model.W_O):
        assert not np.allclose(weights[:, 0], weights[:, 1])
    assert np.array_equal(value(at, "K_1_2"), value(at, "K_1_3"))
    assert not np.allclose(value(at, "A_1_2"), value(at, "A_1_3"))


# All of them


@pytest.mark.parametrize("net", [RMS, LAYER, ROTARY, SHARED, ALL], ids=str)
def test_every_value_is_shaped_as_the_glossary_says(net: Network) -> None:
    at = recorded(net, 2)
    for base, entry in GLOSSARY.items():
        got = value(at, base + {"": "", "layer": "_1", "layer, head": "_1_0"}[entry.indices])
        if got is not None:
            assert got.shape == tuple(int(size.subs(at.sizes)) for size in entry.shape)
            assert np.isfinite(got).all()
        else:
            assert entry.shape[0] == 1 or (base in NORMS and not net.norm)


@pytest.mark.parametrize("net", [RMS, LAYER, ROTARY, SHARED, ALL], ids=str)
def test_a_layer_is_run_alone(net: Network) -> None:
    at = recorded(net, 2)
    for layer in range(net.layers):
        assert_close(at.layer(at.run.resid_pre[layer], layer), value(at, f"Delta_{layer}"))


def test_plain_heads_are_a_plain_transformer() -> None:
    config = Config(n_layers=2, n_heads=2, d_model=6, d_head=3, d_vocab=5, n_ctx=4)
    assert type(equipped(Network(2, 2), config, seed=0)) is Transformer
    plain, turned = (equipped(net, config, seed=0) for net in (Network(2, 2), Network(2, 2, rotary=True)))
    assert np.array_equal(plain.W_Q, turned.W_Q)
    assert not np.allclose(plain.run([0, 1, 2]).logits, turned.run([0, 1, 2]).logits)


# What is false of these networks does not pass, and what is true does.


def claim(net: Network, before: Any, after: Any, *given: Any) -> ov.Derivation:
    return claimed(before, after, *given, network=net)


I, J = Symbol("i", integer=True), Symbol("j", integer=True)  # noqa: E741
E_I, E_J = OneHot(I, s), OneHot(J, s)
X, D, G = RMS.stream(1), RMS.of_stream("D_norm", 1), RMS.of_stream("G_norm", 1)
A, Q, K, W_Q, W_K = (RMS.head(base, 1, 0) for base in ("A", "Q", "K", "W_Q", "W_K"))
QUERIES, KEYS, SCORES = assumptions.queries(ROTARY), assumptions.keys(ROTARY), assumptions.scores(ROTARY)
FALSE = {
    "a norm without its factors": claim(RMS, RMS.read(1), product(X, G)),
    "a norm without its gains": claim(RMS, RMS.read(1), product(D, X)),
    "the factors of another layer": claim(
        RMS, product(D, X), product(RMS.of_stream("D_norm", 2), X), assumptions.norm_factors(RMS, 1, 2)
    ),
    "factors and pattern in the other order": claim(
        RMS, product(A, D), product(D, A), assumptions.norm_factors(RMS, 1)
    ),
    "queries of a stream that no norm was applied to": claim(RMS, Q, product(X, W_Q)),
    "layer norm as rms norm": claim(
        LAYER, LAYER.read(1), product(D, X, G), assumptions.rms_norm(LAYER)
    ),
    "rms norm as layer norm": claim(RMS, RMS.read(1), product(D, X, G), assumptions.layer_norm(RMS)),
    "factors outside the pattern": claim(
        RMS, product(A, D, X), product(D, A, X), assumptions.norm_factors(RMS, 1)
    ),
    "gains behind W_OV": claim(
        RMS, product(X, G, RMS.head("W_OV", 1, 0)), product(X, RMS.head("W_OV", 1, 0), G)
    ),
    "logits of the last stream": claim(RMS, symbol("Y"), product(RMS.stream(3), symbol("W_U"))),
    "queries that are not turned": claim(ROTARY, Q, product(X, W_Q), assumptions.queries(RMS)),
    "a rotation the wrong way round": claim(
        ROTARY, product(Q, Rotation(I), transpose(Rotation(J))), product(Q, Rotation(J - I))
    ),
    "a rotation of one more": claim(
        ROTARY, product(Q, Rotation(I), transpose(Rotation(J))), product(Q, Rotation(I - J + 1))
    ),
    "a rotation of twice the distance": claim(
        ROTARY, product(Q, Rotation(I - J)), product(Q, Rotation(2 * I - 2 * J))
    ),
    "no rotation": claim(ROTARY, product(Q, Rotation(I)), Q),
    "a rotation of the sum": claim(
        ROTARY, product(Rotation(I), transpose(Rotation(J))), Rotation(I + J)
    ),
    "values turned as queries are": claim(
        ROTARY,
        product(E_I, ROTARY.head("V", 1, 0)),
        product(E_I, X, ROTARY.head("W_V", 1, 0), Rotation(I)),
        assumptions.values(ROTARY),
    ),
    "groups that share with each other": claim(SHARED, SHARED.head("W_V", 1, 1), SHARED.head("W_V", 1, 2)),
    "heads of a group with one W_O": claim(SHARED, SHARED.head("W_O", 1, 0), SHARED.head("W_O", 1, 1)),
    "plain heads that share": claim(
        Network(2, 4), SHARED.head("W_V", 1, 1), SHARED.head("W_V", 1, 0),
        assumptions.shared_projections(SHARED),
    ),
}  # fmt: skip
TRUE = {
    "a norm": claim(RMS, RMS.read(1), product(D, X, G), assumptions.rms_norm(RMS)),
    "factors of two norms commute": claim(
        RMS,
        product(D, RMS.of_stream("D_norm", 2), X),
        product(RMS.of_stream("D_norm", 2), D, X),
        assumptions.norm_factors(RMS, 1, 2),
    ),
    "factors are their own transposes": claim(RMS, transpose(D), D, assumptions.norm_factors(RMS, 1)),
    "rotations commute": claim(
        ROTARY, product(Rotation(I), Rotation(J)), product(Rotation(J), Rotation(I))
    ),
    "a turned row": claim(ROTARY, product(E_I, Q), product(E_I, X, W_Q, Rotation(I)), QUERIES),
    "a score": claim(
        ROTARY,
        product(E_I, ROTARY.head("S", 1, 0), transpose(E_J)),
        product(1 / sqrt(d_h), E_I, X, W_Q, Rotation(I - J), transpose(W_K), transpose(X), transpose(E_J)),
        SCORES,
        QUERIES,
        KEYS,
    ),
    "a head of the same group": claim(
        SHARED, SHARED.head("V", 1, 2), SHARED.head("V", 1, 3),
        assumptions.values(SHARED), assumptions.shared_projections(SHARED),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_does_not_pass(name: str) -> None:
    assert not ov.verify(FALSE[name], seeds=4).passed


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_passes(name: str) -> None:
    report = ov.verify(TRUE[name], seeds=20)
    assert report.passed, str(report)


def unequal(net: Network, before: Any, after: Any, *given: Any) -> ov.Derivation:
    """Before ≠ after, at a witness that gives every symbol of it numbers of its own."""
    names = sorted(symbols(before) | symbols(after), key=str)
    numbers = enumerate(names, start=2)  # matrices of one row and one column
    witness = tuple((name, ImmutableMatrix([[number]])) for number, name in numbers)
    step = saying(after, Counterexample, witness=witness)
    return start(before, *given, network=net).apply(step)


EQUAL = {
    "queries behind a norm": (RMS, Q, product(D, X, G, W_Q)),
    "a norm": (RMS, RMS.read(1), product(D, X, G)),
    "the logits": (RMS, symbol("Y"), product(RMS.read(3), symbol("W_U"))),
    "the circuit": (RMS, symbol("C", 1, 0), product(*assumptions.inside(RMS, (1, 0)))),
    "a path": (RMS, symbol("Y", 1, 0), product(RMS.of_stream("D_norm", 3), A, symbol("E"))),
    "values of a group": (SHARED, SHARED.head("W_V", 1, 1), SHARED.head("W_V", 1, 0)),
    "keys of a group, written out": (
        SHARED,
        product(SHARED.head("W_K", 1, 3), transpose(SHARED.head("W_Q", 1, 3))),
        product(SHARED.head("W_K", 1, 2), transpose(SHARED.head("W_Q", 1, 3))),
    ),
    "queries that are turned": (ROTARY, Q, assumptions.turned_by_position(X, W_Q)),
}


@pytest.mark.parametrize("name", EQUAL)
def test_no_witness_shows_a_difference_where_there_is_none(name: str) -> None:
    assert not ov.verify(unequal(*EQUAL[name]), seeds=2).passed


def test_a_witness_may_choose_the_weights_of_a_group_once() -> None:
    first, second, w_o = (SHARED.head(*name) for name in (("W_V", 1, 0), ("W_V", 1, 1), ("W_O", 1, 1)))
    before, after = product(second, w_o), product(Integer(2), first, w_o)
    three, four = ImmutableMatrix([[3]]), ImmutableMatrix([[4]])
    for of_second, passes in ((three, True), (four, False)):
        witness = ((first, three), (second, of_second), (w_o, three))
        differs = saying(after, Counterexample, witness=witness)
        assert ov.verify(start(before, network=SHARED).apply(differs), seeds=2).passed == passes
