"""What each symbol is bound to, computed by hand from the weights, the tokens and the patterns."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ovlearn.checking.arithmetic import CannotJudge
from ovlearn.checking.binding import Recorded, recorded, value_of
from ovlearn.symbolic import Network, d, d_h, s, v
from ovlearn.symbolic.notation import GLOSSARY, NORMS

from .cases import NET, assert_close, fresh_models

HEADS = [(layer, head) for layer in range(3) for head in range(2)]


@pytest.fixture(params=[0, 3], ids=lambda seed: f"seed {seed}")
def at(request: pytest.FixtureRequest) -> Recorded:
    return recorded(NET, request.param)


def value(at: Recorded, name: str) -> Any:
    return value_of(name, at, {})


class ByHand:
    """The same network written out in the plainest way, from its weights and tokens alone."""

    def __init__(self, at: Recorded) -> None:
        model = at.run.model
        self.model, self.tokens, config = model, at.tokens, model.config
        rows = np.arange(len(self.tokens))
        self.E = (self.tokens[:, None] == np.arange(config.d_vocab)[None, :]).astype(float)
        self.X = [self.E @ model.W_E]
        self.A: dict[Any, Any] = {}
        self.made: dict[str, dict[Any, Any]] = {name: {} for name in "QKVSZH"}
        for layer in range(config.n_layers):
            total = self.X[-1].copy()
            for head in range(config.n_heads):
                q, k, values = (self.X[-1] @ getattr(model, w)[layer, head] for w in ("W_Q", "W_K", "W_V"))
                scores = np.einsum("ih,jh->ij", q, k) / math.sqrt(config.d_head)
                weights = np.exp(scores) * (rows[:, None] >= rows[None, :])
                pattern = weights / weights.sum(axis=1)[:, None]
                z = pattern @ values
                out = z @ model.W_O[layer, head]
                total += out
                self.A[layer, head] = pattern
                for name, array in zip("QKVSZH", (q, k, values, scores, z, out), strict=True):
                    self.made[name][layer, head] = array
            self.X.append(total)

    def through(self, *heads: tuple[int, int]) -> Any:
        """What the path through these heads adds to the stream."""
        stream = self.E @ self.model.W_E
        for head in heads:
            stream = self.A[head] @ stream @ self.model.W_V[head] @ self.model.W_O[head]
        return stream


def test_sizes_are_pairwise_different_in_every_order_and_spread() -> None:
    with fresh_models():
        drawn = [recorded(Network(1, 1), seed).sizes for seed in range(200)]
    for sizes in drawn:
        assert set(sizes) == {s, d, d_h, v}
        assert len(set(sizes.values())) == 4
        assert min(sizes.values()) >= 2
    assert all(min(sizes.values()) == sizes[d_h] for sizes in drawn[::4])  # there a rank bound says something
    orders = {tuple(sorted((s, d, d_h, v), key=sizes.__getitem__)) for sizes in drawn}
    assert len(orders) == 24
    spreads = [max(sizes.values()) - min(sizes.values()) for sizes in drawn]
    assert min(spreads) < 6 < 15 < max(spreads)


def test_any_order_of_the_other_sizes_occurs() -> None:
    orders = {
        tuple(sorted(("s", "d", "v"), key=lambda name: {str(k): n for k, n in at.sizes.items()}[name]))
        for at in (recorded(Network(1, 1), seed) for seed in range(40))
    }
    assert len(orders) == 6


def test_a_seed_makes_one_model() -> None:
    first = recorded(NET, 5)
    with fresh_models():
        again = recorded(NET, 5)
    assert again is not first
    assert np.array_equal(again.run.logits, first.run.logits)
    assert np.array_equal(again.random("M", (3, 3)), first.random("M", (3, 3)))
    assert not np.array_equal(recorded(NET, 6).tokens[:2], first.tokens[:2]) or (
        recorded(NET, 6).run.logits.shape != first.run.logits.shape
    )


def test_weights_and_tokens(at: Recorded) -> None:
    hand = ByHand(at)
    assert_close(value(at, "E"), hand.E)
    assert_close(value(at, "W_E"), hand.model.W_E)
    assert_close(value(at, "W_U"), hand.model.W_U)
    for layer, head in HEADS:
        for name in ("W_Q", "W_K", "W_V", "W_O"):
            assert_close(value(at, f"{name}_{layer}_{head}"), getattr(hand.model, name)[layer, head])
        W_OV = hand.model.W_V[layer, head] @ hand.model.W_O[layer, head]
        assert_close(value(at, f"W_OV_{layer}_{head}"), W_OV)


def test_activations(at: Recorded) -> None:
    hand = ByHand(at)
    for layer in range(4):
        assert_close(value(at, f"X_{layer}"), hand.X[layer])
    for layer in range(3):
        assert_close(value(at, f"Delta_{layer}"), sum(hand.made["H"][layer, head] for head in range(2)))
    assert_close(value(at, "Y"), hand.X[3] @ hand.model.W_U)
    for layer, head in HEADS:
        assert_close(value(at, f"A_{layer}_{head}"), hand.A[layer, head])
        for name, made in hand.made.items():
            assert_close(value(at, f"{name}_{layer}_{head}"), made[layer, head])


def test_what_a_layer_adds_is_what_its_heads_wrote(at: Recorded) -> None:
    """Not the difference of two streams, which any stream would pass."""
    spoiled = replace(at, run=replace(at.run, resid_post=3 * at.run.resid_post))
    assert_close(value(spoiled, "Delta_1"), at.run.head_out[1].sum(axis=0))


@pytest.mark.parametrize("layer", range(3))
def test_a_layer_is_run_on_any_stream(at: Recorded, layer: int) -> None:
    model, stream = at.run.model, at.random("any", (6, at.sizes[d]))
    total = np.zeros_like(stream)
    for head in range(2):
        q, k, values = (stream @ getattr(model, w)[layer, head] for w in ("W_Q", "W_K", "W_V"))
        weights = np.exp(q @ k.T / math.sqrt(at.sizes[d_h])) * np.tri(6)
        total += weights / weights.sum(axis=1, keepdims=True) @ values @ model.W_O[layer, head]
    assert_close(at.layer(stream, layer), total)
    assert_close(at.layer(at.run.resid_pre[layer], layer), value(at, f"Delta_{layer}"))
    for stranger in ((stream, 3), (stream.T, layer), (np.ones((99, at.sizes[d])), layer)):
        with pytest.raises(CannotJudge, match="the network has no layer"):
            at.layer(*stranger)


@pytest.mark.parametrize("head", HEADS)
def test_interventions(at: Recorded, head: tuple[int, int]) -> None:
    hand = ByHand(at)
    model, (layer, index) = hand.model, head
    alone = at.run.pattern[head] @ hand.X[0] @ model.W_V[head] @ model.W_O[head]
    assert_close(value(at, f"Y_{layer}_{index}"), alone @ model.W_U)
    assert_close(value(at, f"Delta_{layer}_{index}"), alone)
    q, k = hand.X[0] @ model.W_Q[head], hand.X[0] @ model.W_K[head]
    scores = q @ k.T / math.sqrt(model.config.d_head)
    assert_close(value(at, f"S_direct_{layer}_{index}"), scores)


@pytest.mark.parametrize(
    ("earlier", "later"), [((0, 1), (1, 0)), ((0, 0), (1, 0)), ((1, 1), (2, 1)), ((0, 0), (2, 1))]
)
def test_a_composed_head_reads_what_the_earlier_one_wrote(at: Recorded, earlier: Any, later: Any) -> None:
    """Whatever lies between the two: what heads in between make of it belongs to other paths."""
    hand = ByHand(at)
    name = "_".join(map(str, ("H", *earlier, *later)))
    written = hand.made["H"][earlier]
    assert_close(value(at, name), hand.A[later] @ written @ hand.model.W_V[later] @ hand.model.W_O[later])


def test_column_forms_are_transposes(at: Recorded) -> None:
    for name in ("W_E", "E", "M", "Y"):
        assert_close(value(at, f"{name}_col"), value(at, name).T)
    for name in ("W_OV", "A", "W_Q", "H"):
        assert_close(value(at, f"{name}_col_1_0"), value(at, f"{name}_1_0").T)


def test_free_matrices(at: Recorded) -> None:
    first, second, other = (value(at, name) for name in ("X_A", "X_B", "M"))
    assert value(at, "A_G").shape == (at.sizes[s], at.sizes[s])
    assert first.shape == second.shape == at.run.resid_final.shape
    assert not np.allclose(first, second)
    assert other.shape == (at.sizes[v], at.sizes[v])
    assert np.array_equal(first, value(at, "X_A"))


def test_every_value_is_shaped_as_the_glossary_says(at: Recorded) -> None:
    bound = set()
    for base, entry in GLOSSARY.items():
        indices = {"": "", "layer": "_1", "layer, head": "_1_0"}[entry.indices]
        got = value(at, base + indices)
        if got is not None:
            bound.add(base)
            assert got.shape == tuple(int(size.subs(at.sizes)) for size in entry.shape)
            assert np.isfinite(got).all()
    through_definitions = {"q_i", "k_j", "v_j", "a_i", "a_ij", "x_i", "x_j", "r_i", "r_j"}
    assert GLOSSARY.keys() - bound == through_definitions | {*NORMS}


@pytest.mark.parametrize(
    "name", ["T", "X", "A_1", "W_V", "Y_1_0_0_0", "E_0", "Delta", "X_A_1", "M_col_1", "D_norm"]
)
def test_names_that_nothing_has(at: Recorded, name: str) -> None:
    assert value(at, name) is None


@pytest.mark.parametrize(
    "name",
    [
        "X_4",
        "X_9",
        "D_norm_0",
        "X_norm_3",
        "Delta_3",
        "A_3_0",
        "W_V_0_2",
        "Y_3_0",
        "H_0_0_3_0",
        "W_OV_col_7_7",
    ],
)
def test_layers_and_heads_that_the_network_has_not(at: Recorded, name: str) -> None:
    assert value(at, name) is None


def test_a_binding_of_the_readers_own_comes_first(at: Recorded) -> None:
    got = value_of("T", at, {"T": lambda run: 2 * run.logits})
    assert_close(got, 2 * at.run.logits)


def test_a_network_without_layers() -> None:
    at = recorded(Network(0, 1), 0)
    assert_close(value(at, "X_0") @ value(at, "W_U"), value(at, "Y"))
    assert_close(value(at, "X_0"), value(at, "E") @ value(at, "W_E"))
    assert value(at, "X_1") is None
