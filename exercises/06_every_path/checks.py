"""Checks for lesson 06. Each runs in a notebook, in the page, under pytest and in a batch."""

from dataclasses import replace
from itertools import combinations
from itertools import product as choices
from math import comb, perm

import numpy as np

from ovlearn.exercises import compare, equal
from ovlearn.exercises.deriving import equate
from ovlearn.exercises.drawing import cases
from ovlearn.symbolic import Network, add, derive, product, rules, symbol

BLOCKED = {
    "path_logits": ("paths.contribution",),
    "logits_of_order": ("paths.by_order",),
    "left_out": ("derive",),
}
SIZES = {"n_layers": 3, "n_heads": 2}


def test_order_count(student):
    sizes = [(6, 3, 2), (4, 3, 2), (3, 2, 3), (5, 2, 0)]
    sizes += [
        (int(rng.integers(3, 6)), int(rng.integers(2, 5)), int(rng.integers(1, 4)))
        for rng in student.draws(3)
    ]
    for layers, heads, order in sizes:
        # by listing: in each layer a path skips (0) or passes one of the heads
        ways = choices(range(heads + 1), repeat=layers)
        passed = [sum(choice > 0 for choice in way) for way in ways]
        words = f"{layers} layers of {heads} heads, order {order}"
        equal(
            student.order_count(layers, heads, order),
            passed.count(order),
            says=f"That is not the number for {words}. List the paths of two layers of two heads by hand, "
            "and count.",
            suspects={
                "all paths": (
                    len(passed),
                    f"For {words} this is the number of all paths, of every order. How many of them pass as "
                    "many heads as asked?",
                ),
                "up to this order": (
                    sum(number <= order for number in passed),
                    f"For {words} this counts the shorter paths, too. Asked is one order alone.",
                ),
                "any set of heads": (
                    comb(layers * heads, order),
                    f"For {words} this counts every set of so many heads. In some of these sets are two "
                    "heads of one layer. Can one of the two read what the other wrote?",
                ),
                "heads not chosen": (
                    comb(layers, order),
                    f"For {words} this counts the choices of layers. In each of these layers there is one "
                    "more thing to choose.",
                ),
                "layers not chosen": (
                    heads**order,
                    f"For {words} this counts the choices of a head in each layer that is passed. But which "
                    "layers are these? A path may skip some.",
                ),
                "layers in any order": (
                    perm(layers, order) * heads**order,
                    f"For {words} this counts the same layers once more for each order of them. A path can "
                    "pass its layers in one order only.",
                ),
            },
        )


def test_path_logits(student):
    for case in cases(student, **SIZES):
        for path in _some_paths(case.rng):
            compare(
                student.path_logits(case.run, path),
                _by_silencing(case.run.frozen(), path),
                axes=("pos", "d_vocab"),
                case=f"path {path}; {case.words}",
                suspects=_other_than_path(case.run, path) if path else _other_than_direct(case.run),
            )


def _some_paths(rng):
    """One path of each order, the longer ones first."""
    heads = [(layer, int(rng.integers(2))) for layer in range(3)]
    first = int(rng.integers(2))
    return (heads[first], heads[2]), tuple(heads), (heads[1],), ()


def _by_silencing(frozen, path):
    """What one path adds [pos, d_vocab], by interventions: the open paths, less those that skip a head."""
    total = 0
    for size in range(len(path) + 1):
        for heads in combinations(path, size):
            total = total + (-1) ** (len(path) - size) * frozen.run(heads=heads).logits
    return total


def _stream(run, patterns, matrices):
    """The embedding with these heads' patterns on its left and their W_OV on its right [pos, d_model]."""
    stream = run.embedding
    for head in patterns:
        stream = run.pattern[head] @ stream
    for head in matrices:
        stream = stream @ run.model.W_V[head] @ run.model.W_O[head]
    return stream


def _other_than_path(run, path):
    W_U, back, last = run.model.W_U, path[::-1], path[-1:]
    opened, direct = run.frozen().run(heads=path).logits, run.embedding @ W_U
    return {
        "path backwards": (
            _stream(run, back, back) @ W_U,
            "The heads stand in the reverse order: the last one reads the tokens here. A path goes from the "
            "first layer to the last.",
        ),
        "patterns in the wrong order": (
            _stream(run, back, path) @ W_U,
            "The weights are in order, the patterns are not. Which head looks at the tokens themselves? Its "
            "pattern must stand next to them. Both orders have rows that sum to 1, so only the value shows "
            "it.",
        ),
        "OV in the wrong order": (
            _stream(run, path, back) @ W_U,
            "The patterns are in order, the OV matrices are not. A row of the stream meets the matrix next "
            "to it first: whose must that be?",
        ),
        "heads side by side": (
            sum(_stream(run, (head,), (head,)) for head in path) @ W_U,
            "This adds up what each head does with the tokens, side by side. On one path, a later head "
            "reads what the earlier one wrote.",
        ),
        "only the last head": (
            _stream(run, last, last) @ W_U,
            "Only the last head of the path has any effect here. Does each head start from the embedding "
            "again?",
        ),
        "reads the whole stream": (
            run.head_out[last[0]] @ W_U,
            "This is all that the last head writes. It reads the whole stream then, and so many paths end "
            "in it. Asked is one of them.",
        ),
        "every open path": (
            opened,
            "This sums every path that is open when only these heads write: also those that skip some of "
            "them, and the direct path. Is what a head writes added to your stream, or does it take the "
            "stream's place?",
        ),
        "open paths less the direct": (
            opened - direct,
            "The direct path is taken away. But with these heads writing, the paths through some of them "
            "are open, too.",
        ),
        "with the direct path": (
            _stream(run, path, path) @ W_U + direct,
            "The path is in here, and the direct path as well. Asked is one path alone.",
        ),
        "no unembedding": (
            _stream(run, path, path),
            "This is what the path adds to the stream, and it is right so far. The logits are one matrix "
            "further on.",
        ),
    }


def _other_than_direct(run):
    return {
        "empty path": (
            np.zeros_like(run.logits),
            "For the path () this is zero. It passes no head; but the tokens still reach the logits.",
        ),
        "no unembedding": (
            run.embedding,
            "For the path () this is the embedding. The logits are one matrix further on.",
        ),
    }


def test_logits_of_order(student):
    for case in cases(student, **SIZES):
        run, by_order = case.run, _by_scale(case.run)
        for order in (2, 1, 3, 0):
            compare(
                student.logits_of_order(run, order),
                by_order[order],
                axes=("pos", "d_vocab"),
                case=f"order {order}; {case.words}",
                suspects=_other_orders(run, by_order, order),
            )


def _by_scale(run):
    """The sums by order [order, pos, d_vocab], without a path.

    Multiply all W_O by t, and what a path of order k adds is multiplied by t to the power k. So the frozen
    logits are a polynomial in t, and its coefficients are the sums.
    """
    scales = np.arange(run.model.config.n_layers + 1)
    models = [replace(run.model, W_O=scale * run.model.W_O) for scale in scales]
    logits = np.stack([replace(run, model=model).frozen().run().logits for model in models])
    powers = np.vander(scales, increasing=True)  # [scale, power]
    return np.einsum("ks,spv->kpv", np.linalg.inv(powers), logits)


def _other_orders(run, by_order, order):
    W_U, layers = run.model.W_U, [[(layer, head) for head in range(2)] for layer in range(3)]
    suspects = {
        "this order and below": (
            by_order[: order + 1].sum(axis=0),
            "The shorter paths are in here, too. Asked is one order alone.",
        ),
        "a head a layer": (
            _sums(run, [[head] for layer in layers for head in layer])[order] @ W_U,
            "There are paths in here through two heads of one layer. All heads of a layer read the stream "
            "as it was before the layer; none reads what its neighbour wrote.",
        ),
        "a layer passed twice": (
            _sums(run, layers, again=True)[order] @ W_U,
            "There are paths in here that pass one layer more than once. When you come to an order, is the "
            "order below it still what it was before this layer?",
        ),
        "layers backwards": (
            _sums(run, layers[::-1])[order] @ W_U,
            "The layers are passed from the last to the first. Which layer reads the tokens before any "
            "other has written?",
        ),
    }
    if order > 0:
        suspects["one too few"] = (
            by_order[order - 1],
            "These are the paths with one head fewer. Order 0 is the direct path, which passes none.",
        )
        suspects["no layer skipped"] = (
            _none_skipped(run, layers[:order]) @ W_U,
            "These are only the paths that pass the first layers one after the other. A path may skip a "
            "layer, and come to its order later.",
        )
        suspects["order is no layer"] = (
            run.head_out[order - 1].sum(axis=0) @ W_U,
            "This is what the heads of one layer add, whatever they read. The order counts how many heads a "
            "path passes, not in which layer it does.",
        )
        suspects["all that heads write"] = (
            run.logits - by_order[0],
            "This is all that heads add to the logits, the paths through several heads included. Asked is "
            "one order.",
        )
    if order < 3:
        suspects["one too many"] = (
            by_order[order + 1],
            "These are the paths with one head more. Order 0 is the direct path, which passes none.",
        )
    return suspects


def _sums(run, stages, again=False):
    """The streams by order [order, pos, d_model] if the heads of a stage read the same streams.

    `again`: whether a stage reads what it has just written.
    """
    orders = np.zeros((4, *run.embedding.shape))
    orders[0] = run.embedding
    for heads in stages:
        before = orders if again else orders.copy()
        for order in range(1, 4):
            orders[order] += sum(_writes(run, before[order - 1], head) for head in heads)
    return orders


def _none_skipped(run, layers):
    stream = run.embedding
    for heads in layers:
        stream = sum(_writes(run, stream, head) for head in heads)
    return stream


def _writes(run, stream, head):
    return run.pattern[head] @ stream @ run.model.W_V[head] @ run.model.W_O[head]


def test_left_out(student):
    net = Network(layers=2)
    E, W_E, W_U = symbol("E"), symbol("W_E"), symbol("W_U")
    A, W_OV = ([net.head(base, layer, 0) for layer in range(2)] for base in ("A", "W_OV"))
    direct, longest = product(E, W_E, W_U), product(A[1], A[0], E, W_E, W_OV[0], W_OV[1], W_U)
    for layer in (1, 0):
        other = 1 - layer
        kept, beside = (product(A[at], E, W_E, W_OV[at], W_U) for at in (layer, other))
        chain = derive("path-expansion", layers=2).apply(
            rules.select_path, ((layer, 0),), symbol("Y", layer, 0)
        )
        equate(
            student.left_out(layer, E, W_E, W_U, A, W_OV),
            chain.steps[-1].remainder,
            suspects={
                "no virtual head": (
                    add(direct, beside),
                    "A path is missing: the one on which the second head reads what the first one wrote. "
                    "This network has four paths.",
                ),
                "no direct path": (
                    add(beside, longest),
                    "A path is missing: the tokens reach the logits through no head at all, too.",
                ),
                "only longer paths": (
                    longest,
                    "This is the other path through the head that was kept. Left out is everything else, "
                    "also what does not pass that head.",
                ),
                "nothing taken away": (
                    add(direct, beside, kept, longest),
                    "This is all of Y. What was kept is still in it.",
                ),
                "other path kept": (
                    add(direct, kept, longest),
                    "This is what is left when the other head's path is kept. Which layer's head has been "
                    "selected?",
                ),
                "patterns in the wrong order": (
                    add(direct, beside, product(A[0], A[1], E, W_E, W_OV[0], W_OV[1], W_U)),
                    "In the path through both heads, the patterns are in the wrong order. Which head looks "
                    "at the tokens themselves?",
                ),
                "OV in the wrong order": (
                    add(direct, beside, product(A[1], A[0], E, W_E, W_OV[1], W_OV[0], W_U)),
                    "In the path through both heads, the OV matrices are in the wrong order. Which of the "
                    "two meets the embedded tokens?",
                ),
                "path backwards": (
                    add(direct, beside, product(A[0], A[1], E, W_E, W_OV[1], W_OV[0], W_U)),
                    "In the path through both heads, layer 1 comes before layer 0.",
                ),
            },
        )
