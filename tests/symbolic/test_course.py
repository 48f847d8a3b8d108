"""Every derivation of the course, against what was typed and counted by hand, and a network's numbers."""

import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from itertools import product
from pkgutil import iter_modules
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import ImmutableMatrix

import ovlearn as ov
from ovlearn.symbolic import (
    Assumption,
    Bound,
    CausalMask,
    Counterexample,
    Derivation,
    Layer,
    Network,
    Selection,
    course,
    d,
    d_h,
    derivations,
    derive,
    s,
    terms,
    to_text,
    v,
)
from ovlearn.symbolic.course import COURSE, theorems
from ovlearn.symbolic.course import assumptions as assumptions_module
from ovlearn.symbolic.expressions import nodes
from ovlearn.symbolic.layout import label_of

from .oracle import RunScene, Scene
from .test_normal import quick

TITLES = derivations()
LEAST = {slug: module.LEAST_LAYERS for slug, module in COURSE.items()}


@dataclass(frozen=True)
class Case:
    """What to derive, for which network and head."""

    slug: str
    layers: int
    heads: int
    layer: int
    head: int

    def __str__(self) -> str:
        return f"{self.slug}-{self.layers}x{self.heads}-{self.layer}.{self.head}"

    def derive(self) -> Derivation:
        return derived(self.slug, self.layers, self.heads, self.layer, self.head)

    @property
    def network(self) -> Network:
        """The network that it should be derived for."""
        plain = Network(self.layers, self.heads)
        return {
            "rms-norm": replace(plain, norm="rms"),
            "rotary": replace(plain, rotary=True),
            "shared-keys-and-values": replace(plain, heads=2 * self.heads, sharing=2),
        }.get(self.slug, plain)


@cache
def derived(*arguments: Any) -> Derivation:
    return derive(*arguments)


SIZES = [
    (0, 1, 0, 0),
    (1, 1, 0, 0),
    (1, 3, 0, 2),
    (2, 1, 1, 0),
    (2, 2, 0, 1),
    (2, 2, 1, 1),
    (3, 1, 1, 0),
    (3, 2, 2, 0),
    (4, 1, 3, 0),
]
CASES = [Case(slug, *size) for slug in TITLES for size in SIZES if size[0] >= LEAST[slug]]
every = pytest.mark.parametrize("case", CASES, ids=str)


def chains(derivation: Derivation) -> Iterator[Derivation]:
    yield derivation
    for lemma in derivation.lemmas:
        yield from chains(lemma)


# What each chain is: title, result, rules in order, assumptions in order

Chain = tuple[str, str, list[str], list[str]]


def plus(*parts: str) -> str:
    return " + ".join(parts)


def all_paths(layers: int, heads: int) -> list[tuple[tuple[int, int], ...]]:
    """At each layer one passes by, or through one of its heads; fewer heads first, then layer by layer."""
    ways = product(*([None, *((layer, head) for head in range(heads))] for layer in range(layers)))
    return sorted((tuple(step for step in way if step) for way in ways), key=lambda path: (len(path), path))


def path_term(path: tuple[tuple[int, int], ...]) -> str:
    patterns = [f"A_{layer}_{head}" for layer, head in path]
    weights = [f"W_OV_{layer}_{head}" for layer, head in path]
    return " ".join([*reversed(patterns), "E", "W_E", *weights, "W_U"])


BEHIND_LAYERS = ["residual stream", "attention only", "token embedding", "frozen patterns"]
BEHIND_LAYERS += ["values", "z", "head output", "OV product"]


def residual_stream(case: Case) -> list[Chain]:
    whole = plus("X_0", *(f"Delta_{layer}" for layer in range(case.layers)))
    steps = ["unfold: residual stream"] * case.layers + ["flatten"] * (case.layers > 1)
    induction = ["unfold: residual stream", "unfold: induction hypothesis", "flatten", "join"]
    return [
        (TITLES["residual-stream"], f"X_{case.layers} = {whole}", steps, ["residual stream"]),
        (
            "From n to n + 1",
            "X_(n+1) = X_0 + Σ_j=0..n Delta_j",
            induction,
            ["residual stream", "induction hypothesis"],
        ),
    ]


def nonlinearity(case: Case) -> list[Chain]:
    layer, head = f"layer_{case.layer}", f"{case.layer}_{case.head}"
    counter, layers = ["counterexample: layer"], ["layer", "causal mask"]
    both = "(X_A + X_B)"

    def score(first: str, second: str) -> str:
        return f"X_{first} W_Q_{head} W_K_{head}ᵀ X_{second}ᵀ / √d_h"

    def linear(name: str, weight: str) -> Chain:
        weight = f"{weight}_{head}"
        return (f"{name} are linear", f"{both} {weight} = X_A {weight} + X_B {weight}", ["distribute"], [])

    through = [f"A_{head} {stream} W_OV_{head}" for stream in (both, "X_A", "X_B")]
    parts = ["X_0", *(f"Delta_{j}" for j in range(case.layer))]
    network = ["layer", "layer output", "token embedding"]
    split = (
        "The article's residual form",
        f"{layer}({plus(*parts)}) ≠ {plus(*(f'{layer}({part})' for part in parts))}",
        [f"counterexample: {', '.join(network)}"],
        [*network, "causal mask"],
    )
    return [
        (TITLES["nonlinearity"], f"{layer}(X_A + X_B) ≠ {layer}(X_A) + {layer}(X_B)", counter, layers),
        *([split] if case.layer else []),  # layer 0 reads X_0 alone
        (
            "A case of equality",
            f"{layer}(X_A + X_B) - {layer}(X_A) - {layer}(X_B) = 0",
            ["unfold: zero input", "unfold: layer", "zero", "cancel"],
            ["zero input", *layers],
        ),
        linear("Queries", "W_Q"),
        linear("Keys", "W_K"),
        linear("Values", "W_V"),
        (
            "Scores are not linear: cross terms appear",
            f"({both} W_Q_{head}) ({both} W_K_{head})ᵀ / √d_h = "
            + plus(score("A", "A"), score("A", "B"), score("B", "A"), score("B", "B")),
            ["transpose", "distribute"],
            [],
        ),
        (
            "With the pattern frozen",
            f"{' - '.join(through)} = 0",
            ["distribute", "cancel"],
            ["frozen patterns"],
        ),
    ]


def attention_head(case: Case) -> list[Chain]:
    head, stream = f"{case.layer}_{case.head}", f"X_{case.layer}"
    order = ["head output", "z", "values", "pattern", "scores", "queries", "keys"]
    scores = f"({stream} W_Q_{head}) ({stream} W_K_{head})ᵀ / √d_h"
    gather = ["group", "gather transposes", "fold: rows"]
    return [
        (
            TITLES["attention-head"],
            f"H_{head} = (softmax(mask({scores})) ({stream} W_V_{head})) W_O_{head}",
            [f"unfold: {name}" for name in order],
            [*order, "causal mask"],
        ),
        ("One entry of Q Kᵀ", f"e_i (Q_{head} K_{head}ᵀ) e_jᵀ = q_i k_jᵀ", ["ungroup", *gather], ["rows"]),
        (
            "One score",
            f"e_i S_{head} e_jᵀ = q_i k_jᵀ / √d_h",
            ["unfold: scores", "scalars first", *gather],
            ["scores", "rows"],
        ),
        (
            "One row of A V",
            f"e_i Z_{head} = Σ_j a_ij v_j",
            ["unfold: z", "ungroup", "group", "fold: rows", "sum over positions", "fold: rows"],
            ["z", "rows"],
        ),
        (
            "Rows of A sum to 1",
            f"A_{head} 1 = 1",
            ["unfold: pattern", "rows sum to one"],
            ["pattern", "causal mask"],
        ),
        (
            "The layer as a function of its stream",
            f"layer_{case.layer}({stream}) = Delta_{case.layer}",
            ["unfold: layer", *(f"fold: {name}" for name in reversed(order)), "fold: attention only"],
            ["layer", *order, "attention only", "causal mask"],
        ),
    ]


def ov_fold(case: Case) -> list[Chain]:
    head = f"{case.layer}_{case.head}"
    return [
        (
            TITLES["ov-fold"],
            f"H_{head} = A_{head} X_{case.layer} W_OV_{head}",
            ["unfold: head output", "unfold: z", "unfold: values", "ungroup", "group", "fold: OV product"],
            ["head output", "z", "values", "OV product"],
        ),
        (
            "The rank of W_OV is at most d_head",
            f"rank(W_OV_{head}) ≤ d_h",
            ["unfold: OV product", "inner size"],
            ["OV product"],
        ),
    ]


def logits_steps(layers: int) -> list[str]:
    middle = ["unfold: stream is a sum"] * (layers > 0)
    return ["unfold: linear unembedding", *middle, "unfold: token embedding"]


def frozen_network(case: Case) -> list[Chain]:
    whole = plus("E W_E W_U", *(f"Delta_{layer} W_U" for layer in range(case.layers)))
    main = (
        TITLES["frozen-network"],
        f"Y = {whole}",
        [*logits_steps(case.layers), "distribute"],
        [*BEHIND_LAYERS, "linear unembedding", "stream is a sum"],
    )
    reads = ["E W_E", *(f"Delta_{layer}" for layer in range(case.layer))]
    added = [
        f"A_{case.layer}_{head} {read} W_OV_{case.layer}_{head}"
        for head in range(case.heads)
        for read in reads
    ]
    stream = ["unfold: stream is a sum"] * (case.layer > 0)
    lemma = (
        "What a layer adds",
        f"Delta_{case.layer} = {plus(*added)}",
        ["unfold: attention only", "unfold: folded head", *stream, "unfold: token embedding", "distribute"],
        [*BEHIND_LAYERS, "stream is a sum", "folded head"],
    )
    return [main, lemma] if case.layers else [main]


EXPANSION = [*BEHIND_LAYERS, "linear unembedding", "stream is a sum", "frozen layers"]


def expansion_steps(case: Case) -> list[str]:
    out_of_order = case.layers > 2 or (case.layers == 2 and case.heads > 1)
    expand = ["unfold: frozen layers"] * case.layers + ["distribute"] + ["reorder"] * out_of_order
    return [*logits_steps(case.layers), *expand]


def path_expansion(case: Case) -> list[Chain]:
    whole = plus(*map(path_term, all_paths(case.layers, case.heads)))
    return [(TITLES["path-expansion"], f"Y = {whole}", expansion_steps(case), EXPANSION)]


def left_out(count: int) -> str:
    return f"(leaves out {count} term{'s' * (count != 1)})"


def ov_circuit(case: Case) -> list[Chain]:
    head = f"{case.layer}_{case.head}"
    boxed = path_term(((case.layer, case.head),))
    others = (1 + case.heads) ** case.layers - 1
    in_layer = case.heads * (1 + case.layer) - 1
    added = f"A_{head} E W_E W_OV_{head}"
    return [
        (
            TITLES["ov-circuit"],
            f"Y_{head} = {boxed}",
            [*expansion_steps(case), f"select path {left_out(others)}"],
            EXPANSION,
        ),
        (
            "What the head adds of the tokens",
            f"Delta_{head} = {added}",
            [
                *([] if in_layer else ["unfold: only head"]),
                "unfold: frozen layers",
                "distribute",
                *([f"select {left_out(in_layer)}"] if in_layer else []),
            ],
            [*BEHIND_LAYERS, "frozen layers", *([] if in_layer else ["only head"])],
        ),
        (
            "Its contribution to the logits",
            f"Y_{head} = {boxed}",
            ["unfold: contribution", "unfold: direct part", "ungroup"],
            ["contribution", "direct part"],
        ),
        (
            "What is circuit, and what is contribution",
            f"{boxed} = A_{head} E C_{head}",
            ["group", "fold: full OV circuit"],
            ["full OV circuit"],
        ),
    ]


def qk_circuit(case: Case) -> list[Chain]:
    head = f"{case.layer}_{case.head}"
    direct = f"E W_E W_QK_{head} W_Eᵀ Eᵀ / √d_h"
    first = [
        "unfold: scores",
        "unfold: queries",
        "unfold: keys",
        "transpose",
        "ungroup",
        "group",
        "fold: QK product",
    ]
    named = ["scores", "queries", "keys", "QK product"]
    if not case.layer:
        steps = [*first, "unfold: token embedding", "transpose", "distribute"]
        return [(TITLES["qk-circuit"], f"S_{head} = {direct}", steps, ["token embedding", *named])]
    steps = [
        *first,
        "unfold: stream is a sum",
        "unfold: token embedding",
        *["unfold: frozen layers"] * case.layer,
    ]
    others = (1 + case.heads) ** (2 * case.layer) - 1
    steps += ["transpose", "distribute", f"select {left_out(others)}"]
    known = [*BEHIND_LAYERS, "stream is a sum", "frozen layers", *named]
    return [(TITLES["qk-circuit"], f"S_direct_{head} = {direct}", steps, known)]


def virtual_heads(case: Case) -> list[Chain]:
    later = max(case.layer, 1)
    both = f"{later - 1}_{case.head}_{later}_{case.head}"
    return [
        (
            TITLES["virtual-heads"],
            f"H_{both} = A_{both} X_{later - 1} W_OV_{both}",
            ["unfold: composition", "unfold: folded head", "ungroup", "group", "group", "fold: virtual head"],
            ["frozen patterns", "composition", *BEHIND_LAYERS[4:], "folded head", "virtual head"],
        ),
        (
            "Its pattern's rows sum to 1",
            f"A_{both} 1 = 1",
            ["unfold: virtual head", "ungroup", "unfold: pattern", "rows sum to one", "rows sum to one"],
            ["virtual head", "pattern", "causal mask"],
        ),
    ]


def conventions(case: Case) -> list[Chain]:
    head = f"{case.layer}_{case.head}"
    in_columns = ["transpose", "unfold: column convention"]
    bar, column = f"W_U_col W_OV_col_{head} W_E_col", ["column convention"]
    return [
        (TITLES["conventions"], f"(W_E W_OV_{head} W_U)ᵀ = {bar}", in_columns, column),
        ("W_OV in columns", f"(W_V_{head} W_O_{head})ᵀ = W_O_col_{head} W_V_col_{head}", in_columns, column),
        (
            "The contribution in columns",
            f"(A_{head} E W_E W_OV_{head} W_U)ᵀ = {bar} E_col A_col_{head}",
            in_columns,
            column,
        ),
        ("⊗ with columns stacked", f"vec(A_{head} E M) = (Mᵀ ⊗ A_{head}) vec(E)", ["vectorise"], []),
        (
            "⊗ with rows stacked",
            f"vec((A_{head} E M)ᵀ) = (A_{head} ⊗ Mᵀ) vec(Eᵀ)",
            ["transpose", "vectorise"],
            [],
        ),
        (
            "The paper's term, with attention",
            f"vec((A_{head} E (W_E W_OV_{head} W_U))ᵀ) = (A_{head} ⊗ ({bar})) vec(Eᵀ)",
            ["transpose", "vectorise", "unfold: column convention"],
            column,
        ),
    ]


BEHIND_NORMS = [*BEHIND_LAYERS[:4], "rms norm", "held norms", *BEHIND_LAYERS[4:]]


def normed_term(path: tuple[tuple[int, int], ...], layers: int) -> str:
    """A path behind norms: every head and W_U read through one, with factors and gains of that place."""
    left = [f"A_{layer}_{head} D_norm_{layer}" for layer, head in path]
    right = [f"G_norm_{layer} W_OV_{layer}_{head}" for layer, head in path]
    return " ".join([f"D_norm_{layers}", *reversed(left), "E", "W_E", *right, f"G_norm_{layers}", "W_U"])


def rms_norm(case: Case) -> list[Chain]:
    layer, last, head = case.layer, case.layers, f"{case.layer}_{case.head}"
    out_of_order = last > 2 or (last == 2 and case.heads > 1)
    added = f"A_{head} D_norm_{layer} X_{layer} G_norm_{layer} W_OV_{head}"
    boxed = normed_term(((layer, case.head),), last)
    reads = ["E W_E", *(f"Delta_{before}" for before in range(layer))]
    whole = [
        f"A_{layer}_{number} D_norm_{layer} {read} G_norm_{layer} W_OV_{layer}_{number}"
        for number in range(case.heads)
        for read in reads
    ]
    weights = f"e_i D_norm_{last} A_{head} D_norm_{layer}"
    gathered = ["unfold: norm factors", "diagonal", "group", "group", "fold: rows"]
    return [
        (
            TITLES["rms-norm"],
            f"Y_{head} = {boxed}",
            [
                "unfold: linear unembedding",
                "unfold: rms norm",
                "unfold: stream is a sum",
                "unfold: token embedding",
                *["unfold: frozen layers behind norms"] * last,
                "distribute",
                *["reorder"] * out_of_order,
                f"select path {left_out((1 + case.heads) ** last - 1)}",
            ],
            [*BEHIND_NORMS, "linear unembedding", "stream is a sum", "frozen layers behind norms"],
        ),
        (
            "What a head adds",
            f"H_{head} = {added}",
            [
                *("unfold: head output", "unfold: z", "unfold: values", "ungroup", "group"),
                *("fold: OV product", "unfold: rms norm", "ungroup"),
            ],
            ["head output", "z", "values", "OV product", "rms norm"],
        ),
        (
            "What a layer adds",
            f"Delta_{layer} = {plus(*whole)}",
            [
                *("unfold: attention only", "unfold: folded head behind a norm"),
                *["unfold: stream is a sum"] * (layer > 0),
                *("unfold: token embedding", "distribute"),
            ],
            [*BEHIND_NORMS, "stream is a sum", "folded head behind a norm"],
        ),
        (
            "What is circuit, and what is contribution",
            f"{boxed} = D_norm_{last} A_{head} D_norm_{layer} E C_{head}",
            ["group", "fold: full OV circuit"],
            ["full OV circuit"],
        ),
        (
            "What one position gives to another",
            f"({weights}) (E C_{head}) = Σ_j r_i a_ij r_j e_j E C_{head}",
            ["sum over positions", "ungroup", *gathered],
            ["norm factors", "rows"],
        ),
        (
            "Layer norm, with its centring matrix",
            f"X_norm_{layer} = D_norm_{layer} X_{layer} (I - 1/d 1 1ᵀ) G_norm_{layer}",
            ["unfold: layer norm", "ungroup", "factor out", "ungroup"],
            ["layer norm"],
        ),
    ]


def rotary(case: Case) -> list[Chain]:
    head = f"{case.layer}_{case.head}"
    end = ["transpose", "ungroup", "rotations", "group"]
    table = f"W_E W_Q_{head} R_(i-j) W_K_{head}ᵀ W_Eᵀ"
    return [
        (
            TITLES["rotary"],
            f"e_i S_{head} e_jᵀ = x_i (W_Q_{head} R_(i-j) W_K_{head}ᵀ) x_jᵀ / √d_h",
            [
                *("unfold: scores", "scalars first", "gather transposes", "unfold: queries", "unfold: keys"),
                *("row of a sum", "fold: rows", *end),
            ],
            ["scores", "queries", "keys", "rows"],
        ),
        (
            "Where query and key read the tokens alone",
            f"e_i S_direct_{head} e_jᵀ = e_i E ({table}) Eᵀ e_jᵀ / √d_h",
            ["unfold: direct scores", "scalars first", "gather transposes", "row of a sum", *end],
            ["direct scores"],
        ),
        (
            "The OV circuit is as it was",
            f"H_{head} = A_{head} X_{case.layer} W_OV_{head}",
            ["unfold: head output", "unfold: z", "unfold: values", "ungroup", "group", "fold: OV product"],
            ["head output", "z", "values", "OV product"],
        ),
    ]


def shared_keys_and_values(case: Case) -> list[Chain]:
    layer, one, two = case.layer, f"{case.layer}_{2 * case.head}", f"{case.layer}_{2 * case.head + 1}"
    shared, folded = "shared keys and values", ["unfold: OV product", "unfold: shared keys and values"]
    written = f"(W_O_{one} + W_O_{two})"
    return [
        (
            TITLES["shared-keys-and-values"],
            f"H_{one} + H_{two} = A_{one} V_{one} W_O_{one} + A_{two} V_{one} W_O_{two}",
            ["unfold: folded head", *folded, "ungroup", "group", "fold: values"],
            [shared, "values", "z", "head output", "OV product", "folded head"],
        ),
        (
            "Their W_OV share the left factor",
            f"W_OV_{two} = W_V_{one} W_O_{two}",
            folded,
            [shared, "OV product"],
        ),
        (
            "Their W_QK share the right factor",
            f"W_QK_{two} = W_Q_{two} W_K_{one}ᵀ",
            ["unfold: QK product", "unfold: shared keys and values"],
            [shared, "QK product"],
        ),
        (
            "With one pattern, a group is one head",
            f"A_G X_{layer} W_OV_{one} + A_G X_{layer} W_OV_{two} = A_G X_{layer} W_V_{one} {written}",
            [*folded, "ungroup", "factor out"],
            [shared, "OV product"],
        ),
        (
            "The rank of the sum of a group's W_OV is at most d_head",
            f"rank(W_OV_{one} + W_OV_{two}) ≤ d_h",
            [*folded, "factor out", "inner size"],
            [shared, "OV product"],
        ),
    ]


# The chains that are written out above, each under its slug. A derivation need not have one.
BY_HAND: dict[str, Callable[[Case], list[Chain]]] = {
    "residual-stream": residual_stream,
    "nonlinearity": nonlinearity,
    "attention-head": attention_head,
    "ov-fold": ov_fold,
    "frozen-network": frozen_network,
    "path-expansion": path_expansion,
    "ov-circuit": ov_circuit,
    "qk-circuit": qk_circuit,
    "virtual-heads": virtual_heads,
    "rms-norm": rms_norm,
    "rotary": rotary,
    "shared-keys-and-values": shared_keys_and_values,
    "conventions": conventions,
}


@pytest.mark.parametrize("case", [case for case in CASES if case.slug in BY_HAND], ids=str)
def test_titles_results_rules_and_assumptions(case: Case) -> None:
    found = [
        (
            chain.title,
            str(chain.result),
            [label_of(step) for step in chain.steps],
            [assumption.name for assumption in chain.assumptions],
        )
        for chain in chains(case.derive())
    ]
    assert found == BY_HAND[case.slug](case)


OF_ANY_NETWORK = {"From n to n + 1"}


def network_of(case: Case, lemma: Derivation) -> Network | None:
    if lemma.title == "Layer norm, with its centring matrix":
        return replace(case.network, norm="layer")
    return None if lemma.title in OF_ANY_NETWORK else case.network


@every
def test_slugs_and_networks(case: Case) -> None:
    derivation = case.derive()
    assert derivation.slug == case.slug
    assert derivation.network == case.network
    for lemma in derivation.lemmas:
        assert lemma.network == network_of(case, lemma), lemma.title


# What the numbers of a network say


@cache
def scene_of(case: Case, net: Network) -> RunScene:
    head = (min(case.layer, max(case.layers - 1, 0)), case.head)
    return RunScene(net, head, seed=case.layers, n=max(case.layers - 1, 0))


def scene_for(case: Case, chain: Derivation) -> Scene:
    scene = scene_of(case, chain.network or case.network)
    scene.known.pop("X_B", None)
    for assumption in chain.assumptions:
        if assumption.name == "zero input":
            scene.assume(assumption)
    return scene


def close(left: Any, right: Any) -> bool:
    return bool(np.allclose(left, right, rtol=1e-9, atol=1e-9))


@every
def test_every_step_holds_in_a_network(case: Case) -> None:
    for chain in chains(case.derive()):
        scene = scene_for(case, chain)
        for step in chain.steps:
            before, after = scene(step.before), scene(step.after)
            if isinstance(step, Selection):
                assert close(before, after + scene(step.remainder))
                assert close(scene(step.name), after)
            elif isinstance(step, Bound):
                assert before <= after
            elif isinstance(step, Counterexample):
                assert not close(before, after)
            else:
                assert close(before, after), (chain.title, label_of(step))


@every
def test_every_assumption_holds_in_a_network(case: Case) -> None:
    for chain in chains(case.derive()):
        scene = scene_for(case, chain)
        for assumption in chain.assumptions:
            for equation in assumption.equations:
                assert equation.sign == "="
                assert close(scene(equation.lhs), scene(equation.rhs)), (
                    assumption.name,
                    to_text(equation.lhs),
                )


@every
def test_results_hold_in_a_network(case: Case) -> None:
    for chain in chains(case.derive()):
        scene, result = scene_for(case, chain), chain.result
        left, right = scene(result.lhs), scene(result.rhs)
        assert {"=": close(left, right), "≤": np.all(left <= right), "≠": not close(left, right)}[result.sign]


@quick
@given(st.integers(0, 3), st.integers(1, 3), st.data())
def test_any_network_has_all_its_paths(layers: int, heads: int, data: st.DataObject) -> None:
    derivation = derived("path-expansion", layers, heads)
    paths = all_paths(layers, heads)
    assert list(derivation.paths) == paths
    assert len(terms(derivation.here)) == (1 + heads) ** layers
    orders = {order: math.comb(layers, order) * heads**order for order in range(layers + 1)}
    assert {order: len(places) for order, places in derivation.groups.items()} == orders
    assert [place for places in derivation.groups.values() for place in places] == list(range(len(paths)))
    place = data.draw(st.integers(0, len(paths) - 1))
    assert to_text(terms(derivation.here)[place]) == path_term(paths[place])


def test_the_widest_expansion() -> None:
    derivation = derived("path-expansion", 4, 4)
    assert list(derivation.paths) == all_paths(4, 4)
    assert len(derivation.paths) == 625


@pytest.mark.parametrize(("layer", "head"), [(0, 0), (1, 1), (2, 0)])
def test_a_box_and_what_it_leaves_out_are_all_paths(layer: int, head: int) -> None:
    step = derived("ov-circuit", 3, 2, layer, head).steps[-1]
    paths = all_paths(3, 2)
    box = path_term(((layer, head),))
    rest = [path_term(path) for path in paths if path_term(path) != box]
    assert isinstance(step, Selection)
    assert to_text(step.after) == box
    assert [to_text(term) for term in terms(step.remainder)] == rest
    assert step.arguments[0] == ((layer, head),)


def test_scores_expand_over_pairs_of_paths() -> None:
    step = derived("qk-circuit", 3, 2, 2, 1).steps[-1]
    expanded = [to_text(term) for term in terms(step.before)]

    def read(path: Any) -> list[str]:
        return path_term(path).split(" ")[:-1]

    def turned(letters: list[str]) -> list[str]:
        return [f"{letter}ᵀ" for letter in reversed(letters)]

    paths = all_paths(2, 2)
    pairs = [" ".join([*read(q), "W_QK_2_1", *turned(read(k))]) + " / √d_h" for q in paths for k in paths]
    assert sorted(expanded) == sorted(pairs)
    assert len(expanded) == 81


# Counterexamples


NOT_LINEAR = [case for case in CASES if case.slug == "nonlinearity"]


@pytest.mark.parametrize("case", NOT_LINEAR, ids=str)
def test_the_witnesses_by_hand(case: Case) -> None:
    for chain in list(chains(case.derive()))[: 2 if case.layer else 1]:
        (step,) = chain.steps
        scene = Scene()
        scene.sizes = {s: 2, d: 1, d_h: 1, v: 2}
        scene.known = {symbol.name: np.array(matrix.tolist(), dtype=float) for symbol, matrix in step.witness}
        scene.assume(chain.assumptions[0])
        e = math.e
        assert close(scene(step.before), [[0], [2 * e**4 / (1 + e**4)]])
        assert close(scene(step.after), [[0], [2 * e / (1 + e)]])
        assert step.witness[0][1] == step.witness[1][1] == ImmutableMatrix([[0], [1]])
    (step,) = case.derive().steps
    names = [symbol.name for symbol, _ in step.witness]
    weights = [f"{w}_{case.layer}_{h}" for h in range(case.heads) for w in ("W_Q", "W_K", "W_V", "W_O")]
    assert sorted(names[2:]) == sorted(weights)


@pytest.mark.parametrize("case", [case for case in NOT_LINEAR if case.layer], ids=str)
def test_the_parts_of_a_stream_are_written_by_the_witness(case: Case) -> None:
    """A transformer with the weights of the witness reads X_0 and writes each Δ that the witness gives."""
    (step,) = case.derive().lemma("The article's residual form").steps
    values = {symbol.name: np.array(matrix.tolist(), dtype=float) for symbol, matrix in step.witness}

    def stacked(name: str) -> Any:
        layers, heads = range(case.layer + 1), range(case.heads)
        return np.array([[values[f"{name}_{layer}_{head}"] for head in heads] for layer in layers])

    config = ov.Config(case.layer + 1, case.heads, d_model=1, d_head=1, d_vocab=2, n_ctx=2)
    weights = {name: stacked(name) for name in ("W_Q", "W_K", "W_V", "W_O")}
    run = ov.Transformer(config, W_E=values["W_E"], W_U=np.ones((1, 2)), **weights).run([0, 1])
    assert np.array_equal(values["E"], np.eye(2))
    assert np.array_equal(values["X_0"], run.embedding)
    assert np.abs(values["Delta_0"]).max() > 0
    for layer in range(case.layer):
        assert close(values[f"Delta_{layer}"], run.head_out[layer].sum(axis=0))
    parts = {name: value for name, value in values.items() if name.startswith(("X", "Delta"))}
    assert list(parts) == ["X_0", *(f"Delta_{layer}" for layer in range(case.layer))]
    assert close(sum(parts.values()), run.resid_pre[case.layer])


# Assumptions are used, and theorems are what was derived

# What a theorem of this name rests on
RESTS_ON = {
    "stream is a sum": {"residual stream"},
    "folded head": {"head output", "z", "values", "OV product"},
    "folded head behind a norm": {"head output", "z", "values", "OV product", "rms norm", "held norms"},
    "frozen layers": set(BEHIND_LAYERS),
    "frozen layers behind norms": set(BEHIND_NORMS),
    "direct part": set(),
}


def used(chain: Derivation) -> set[str]:
    """The assumptions that a chain and its lemmas use, and those behind the theorems that they cite."""
    names = {source.name for each in chains(chain) for step in each.steps for source in step.sources}
    for name in list(names):
        names |= RESTS_ON.get(name, set())
    if names & {"folded head", "folded head behind a norm"}:  # with patterns held constant
        names.add("frozen patterns")
    expressions = [
        part for each in chains(chain) for step in each.steps for part in (step.before, step.after)
    ]
    expressions += [
        equation.rhs for each in chains(chain) for one in each.assumptions for equation in one.equations
    ]
    if any(isinstance(node, CausalMask) for expr in expressions for node in nodes(expr)):
        names.add("causal mask")
    if chain.title == "With the pattern frozen":
        names.add("frozen patterns")
    return names


@every
def test_every_assumption_is_used(case: Case) -> None:
    derivation = case.derive()
    if case.layers:
        assert {assumption.name for assumption in derivation.assumptions} <= used(derivation)
    for lemma in derivation.lemmas:
        if case.layer or lemma.title != "What a layer adds":
            assert {assumption.name for assumption in lemma.assumptions} <= used(lemma)


KINDS = {
    "theorem": {
        *("stream is a sum", "folded head", "frozen layers", "direct part"),
        *("folded head behind a norm", "frozen layers behind norms"),
    },
    "assumption": {
        *BEHIND_LAYERS[:4],
        *("rms norm", "held norms", "layer norm", "shared keys and values"),
        "linear unembedding",
        "causal mask",
        "induction hypothesis",
        "zero input",
    },
}


@every
def test_kinds(case: Case) -> None:
    for chain in chains(case.derive()):
        for assumption in chain.assumptions:
            kind = next((kind for kind, names in KINDS.items() if assumption.name in names), "definition")
            assert assumption.kind == kind, assumption.name
            assert bool(assumption.derived_in) == (kind == "theorem")
            assert isinstance(assumption.says, str)
            assert len(assumption.says.split()) > 2


DERIVED_IN = {
    "stream is a sum": "residual-stream",
    "folded head": "ov-fold",
    "frozen layers": "frozen-network",
    "direct part": "ov-circuit",
    "folded head behind a norm": "rms-norm",
    "frozen layers behind norms": "rms-norm",
}


def endings(slug: str, layers: int, heads: int) -> list[Any]:
    """What the derivation of this slug ends with, over all smaller networks, layers and heads."""
    found = []
    for depth in range(LEAST[slug], layers + 1) if slug == "residual-stream" else [layers]:
        for layer in range(max(depth, 1)):
            for head in range(heads):
                found += [chain.result for chain in chains(derived(slug, depth, heads, layer, head))]
    return found


@pytest.mark.parametrize("size", [(1, 1), (1, 3), (2, 1), (2, 2), (3, 1)])
def test_theorems_are_what_was_derived(size: tuple[int, int]) -> None:
    net = Network(*size)
    cited = [theorems.stream_sum(net), theorems.folded_head(net), theorems.frozen_layers(net)]
    for case in CASES:
        if (case.layers, case.heads) == size:
            for chain in chains(case.derive()):
                cited += [assumption for assumption in chain.assumptions if assumption.kind == "theorem"]
    scene = Scene(7)  # every symbol has random values: nothing but algebra can make two sides equal
    values: dict[str, list[Any]] = {}
    for slug in set(DERIVED_IN.values()):
        found = endings(slug, *size)
        if slug == "ov-fold":  # the heads of a group have theirs folded too
            found += endings(slug, size[0], 2 * size[1])
        values[slug] = [(result.lhs, scene(result.rhs)) for result in found if result.sign == "="]
    assert len(cited) > 3
    for theorem in cited:
        assert theorem.derived_in == DERIVED_IN[theorem.name]
        for equation in theorem.equations:
            value = scene(equation.rhs)
            same = [
                lhs
                for lhs, other in values[theorem.derived_in]
                if np.shape(other) == value.shape and close(value, other)
            ]
            whole = (
                theorem.name == "direct part" and size[1] == 1
            )  # one head of the first layer *is* the layer
            assert equation.lhs in same or (whole and same), (theorem.name, equation.lhs)


def test_theorems_speak_of_every_layer_and_head() -> None:
    net = Network(3, 2)
    assert [str(one.lhs) for one in theorems.stream_sum(net).equations] == ["X_1", "X_2", "X_3"]
    heads = [f"H_{layer}_{head}" for layer in range(3) for head in range(2)]
    assert [str(one.lhs) for one in theorems.folded_head(net).equations] == heads
    assert [str(one.lhs) for one in theorems.frozen_layers(net).equations] == [
        "Delta_0",
        "Delta_1",
        "Delta_2",
    ]


MAKERS = [
    ("residual_stream", ["X_1", "X_2"]),
    ("attention_only", ["Delta_0", "Delta_1"]),
    ("linear_embedding", ["X_0"]),
    ("linear_unembedding", ["Y"]),
    *(
        (maker, [f"{base}_{layer}_{head}" for layer in range(2) for head in range(2)])
        for maker, base in [
            ("queries", "Q"), ("keys", "K"), ("values", "V"), ("scores", "S"), ("pattern", "A"),
            ("mixed_values", "Z"), ("head_output", "H"), ("ov_product", "W_OV"), ("qk_product", "W_QK"),
        ]
    ),
]  # fmt: skip


@pytest.mark.parametrize(("maker", "names"), MAKERS)
def test_what_is_given_holds_for_every_layer_and_head(maker: str, names: list[str]) -> None:
    net = Network(2, 2)
    made = getattr(assumptions_module, maker)(net)
    assert isinstance(made, Assumption)
    assert [str(equation.lhs) for equation in made.equations] == names
    scene = RunScene(net)
    for equation in made.equations:
        assert close(scene(equation.lhs), scene(equation.rhs))


@pytest.mark.parametrize(
    ("maker", "net", "names"),
    [
        ("rms_norm", Network(1, 2, norm="rms"), ["X_norm_0", "X_norm_1"]),
        ("layer_norm", Network(1, 2, norm="layer"), ["X_norm_0", "X_norm_1"]),
        ("linear_unembedding", Network(1, 2, norm="rms"), ["Y"]),
        ("values", Network(1, 2, norm="layer"), ["V_0_0", "V_0_1"]),
        ("queries", Network(1, 2, rotary=True), ["Q_0_0", "Q_0_1"]),
        ("keys", Network(1, 2, rotary=True, norm="rms"), ["K_0_0", "K_0_1"]),
        ("shared_projections", Network(2, 3, sharing=2), ["W_K_0_1", "W_V_0_1", "W_K_1_1", "W_V_1_1"]),
        ("shared_projections", Network(1, 3, sharing=3), ["W_K_0_1", "W_V_0_1", "W_K_0_2", "W_V_0_2"]),
        ("shared_projections", Network(2, 2), []),
    ],
    ids=str,
)
def test_what_is_given_of_a_network_with_more_than_plain_heads(
    maker: str, net: Network, names: list[str]
) -> None:
    made = getattr(assumptions_module, maker)(net)
    assert [str(equation.lhs) for equation in made.equations] == names
    scene = RunScene(net)
    for equation in made.equations:
        assert close(scene(equation.lhs), scene(equation.rhs))
    for equation in made.equations:  # and it says something: not of plain heads
        assert not close(RunScene(Network(net.layers, net.heads))(equation.lhs), scene(equation.rhs))


@pytest.mark.parametrize("norm", ["rms", "layer"])
def test_the_full_circuit_behind_norms(norm: Any) -> None:
    net = Network(2, 2, norm=norm)
    (equation,) = assumptions_module.full_circuit(net, (1, 0)).equations
    assert close(RunScene(net)(equation.lhs), RunScene(net)(equation.rhs))


@pytest.mark.parametrize("layer", [0, 1])
def test_a_layer_is_all_its_heads(layer: int) -> None:
    net = Network(2, 3)
    (equation,) = assumptions_module.layer_function(net, layer).equations
    assert isinstance(equation.lhs, Layer)
    assert str(equation.lhs.args[0]) == "X"
    scene = RunScene(net)
    scene.known["X"] = scene.known["X_1"]
    assert close(scene(equation.lhs), scene(equation.rhs))
    assert len(terms(equation.rhs)) == 3


def test_words_about_one_head_and_many() -> None:
    assert "its one head" in assumptions_module.attention_only(Network(1, 1)).says
    assert "the sum of its heads" in assumptions_module.attention_only(Network(1, 2)).says
    assert "no layer norm" in assumptions_module.attention_only(Network(1, 1)).says
    assert "norm" not in assumptions_module.attention_only(Network(1, 1, norm="rms")).says


# What derive takes


def test_every_derivation_of_the_folder_is_in_the_course() -> None:
    files = {info.name for info in iter_modules(course.__path__)}
    made = {name for name in files if hasattr(import_module(f"{course.__name__}.{name}"), "derive")}
    assert {name.replace("_", "-") for name in made} == set(COURSE), (
        "a derivation that _IN_ORDER does not name"
    )


@pytest.mark.parametrize("slug", TITLES)
def test_defaults(slug: str) -> None:
    assert derive(slug) == derived(slug, 3, 1, 1, 0) == derive(slug, layer=None)
    assert derive(slug, 3, 1) == derive(slug, layers=3, heads=1, layer=1, head=0)
    least = max(LEAST[slug], 1)
    assert derive(slug, layers=least) == derived(slug, least, 1, least - 1, 0)
    assert list(inspect.signature(derive).parameters) == ["slug", "layers", "heads", "layer", "head"]


@pytest.mark.parametrize("slug", ["frozen-network", "path-expansion"])
def test_a_network_without_layers_ignores_the_layer(slug: str) -> None:
    assert derive(slug, layers=0) == derive(slug, layers=0, layer=0)
    with pytest.raises(ValueError, match=r"^layer: expected a whole number from 0 to 0, got 1$"):
        derive(slug, layers=0, layer=1)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"layers": -1}, ValueError, "layers: expected a whole number of at least 1, got -1"),
        ({"layers": 0}, ValueError, "layers: expected a whole number of at least 1, got 0"),
        ({"layers": 2.0}, TypeError, "layers: "),
        ({"layers": True}, TypeError, "layers: "),
        ({"heads": 0}, ValueError, "heads: expected a whole number of at least 1, got 0"),
        ({"heads": "2"}, TypeError, "heads: "),
        ({"layers": 3, "layer": 3}, ValueError, "layer: expected a whole number from 0 to 2, got 3"),
        ({"layers": 3, "layer": 7}, ValueError, "layer: expected a whole number from 0 to 2, got 7"),
        ({"layer": -1}, ValueError, "layer: expected a whole number from 0 to 2, got -1"),
        ({"layer": 1.5}, TypeError, "layer: "),
        ({"layers": 1, "layer": 1}, ValueError, "layer: expected a whole number from 0 to 0, got 1"),
        ({"head": 1}, ValueError, "head: expected a whole number from 0 to 0, got 1"),
        ({"heads": 4, "head": 4}, ValueError, "head: expected a whole number from 0 to 3, got 4"),
        ({"head": None}, TypeError, "head: "),
    ],
)
def test_bad_sizes(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        derive("ov-fold", **arguments)


@pytest.mark.parametrize("slug", TITLES)
def test_the_least_number_of_layers(slug: str) -> None:
    assert derive(slug, layers=LEAST[slug]).steps
    with pytest.raises(ValueError, match=f"^layers: expected a whole number of at least {LEAST[slug]}, got "):
        derive(slug, layers=LEAST[slug] - 1)


@pytest.mark.parametrize(
    ("slug", "near"),
    [
        ("ov-circus", "ov-circuit"),
        ("residual", "residual-stream"),
        ("qkcircuit", "qk-circuit"),
        ("virtual_heads", "virtual-heads"),
        ("convention", "conventions"),
        ("paths", "path-expansion"),
    ],
)
def test_an_unknown_slug_is_told_the_nearest(slug: str, near: str) -> None:
    with pytest.raises(
        ValueError, match=f"^slug: expected one of residual-stream, .*, got '{slug}'; did you mean {near}\\?$"
    ):
        derive(slug)


@pytest.mark.parametrize("slug", ["", "zzz", "🙂"])
def test_any_unknown_slug_is_told_one(slug: str) -> None:
    with pytest.raises(ValueError, match=r"did you mean [a-z-]+\?$"):
        derive(slug)


@pytest.mark.parametrize("slug", [None, 3, ["ov-fold"]])
def test_a_slug_is_a_string(slug: Any) -> None:
    with pytest.raises(TypeError, match=r"^slug: expected a string, got "):
        derive(slug)
