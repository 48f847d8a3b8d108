"""Checks for lesson 01. Each runs in a notebook, in the page, under pytest and in a batch."""

import numpy as np
from sympy import ZeroMatrix

from ovlearn.exercises import compare, equal
from ovlearn.exercises.deriving import equate
from ovlearn.exercises.drawing import cases
from ovlearn.numeric import Config, Transformer
from ovlearn.symbolic import Assumption, Derivation, Relation, add, d, rules, s, symbol

BLOCKED = {
    "stream_between": ("derive",),
    "stream_before": ("numeric.Transformer.run", "numeric.FrozenNetwork.run"),
    "logit_parts": ("numeric.Transformer.run", "numeric.FrozenNetwork.run", "paths.contribution"),
}


def test_count_writers(student):
    for n_layers, n_heads in ((5, 3), (3, 2), (1, 1), (4, 1), (0, 2)):
        sizes = {"n_layers": n_layers, "n_heads": n_heads}
        config = Config(**sizes, d_model=7, d_head=2, d_vocab=6, n_ctx=1)
        run = Transformer.random(config).run([0])
        outputs = [run.head_out[layer, head] for layer in range(n_layers) for head in range(n_heads)]
        written = [run.embedding, *outputs]
        assert np.allclose(sum(written), run.resid_final)
        equal(
            student.count_writers(n_layers, n_heads),
            len(written),
            says=f"That is not how many there are with {n_layers} layers of {n_heads} heads each.",
            suspects={
                "no embedding": (
                    n_layers * n_heads,
                    "These are the heads. Something stood in the stream before the first of them wrote.",
                ),
                "layers only": (
                    1 + n_layers,
                    "That is one term a layer. What a layer adds is itself a sum: of what?",
                ),
                "one layer too many": (
                    1 + (n_layers + 1) * n_heads,
                    "That is one layer too many. The layers are counted from 0: which is the last one?",
                ),
                "an embedding a layer": (
                    n_layers * (1 + n_heads),
                    "This counts one term more in every layer. A layer adds what its heads write, and "
                    "nothing else; what it passes on has been counted already.",
                ),
                "added": (
                    1 + n_layers + n_heads,
                    "This adds layers and heads. How many heads are there in the whole model?",
                ),
                "paths": (
                    (1 + n_heads) ** n_layers,
                    "That is the number of paths through the model, which is the subject of lesson 06. A "
                    "path runs through several heads; here each term has one writer.",
                ),
            },
        )


def test_stream_between(student):
    rng = next(student.draws(1))
    start = int(rng.integers(1, 4))
    for a, b in ((start, start + 3), (0, 3), (0, start + 3), (start, start + 1), (start, start), (0, 0)):
        first, last = symbol("X", a), symbol("X", b)
        equate(
            student.stream_between(a, b),
            _unrolled(a, b),
            suspects={
                "only the name": (
                    last,
                    f"This is the name of the stream that is asked for. What is X_{b} made of, if X_{a} is "
                    "given?",
                ),
                "one step": (
                    add(symbol("X", b - 1), _deltas(b - 1, b)) if b else first,
                    f"That is one step back, and right so far. Unroll until X_{a} is reached.",
                ),
                "shifted by one": (
                    add(first, _deltas(a + 1, b + 1)),
                    f"Your layers are all one too high. Layer {a} reads X_{a}: when does it write? And what "
                    f"does layer {b} read?",
                ),
                "one term too many": (
                    add(first, _deltas(a, b + 1)),
                    f"There is one term too many. X_{b} is what layer {b} reads: can what that layer writes "
                    "stand in it already?",
                ),
                "begins too late": (
                    add(first, _deltas(a + 1, b)),
                    f"The first layer of the sum is missing. Layer {a} reads X_{a}, so is its output part "
                    f"of X_{a}?",
                ),
                "ends too early": (
                    add(first, _deltas(a, b - 1)),
                    f"The last layer of the sum is missing. Which layer wrote last before layer {b} reads?",
                ),
                "no first stream": (
                    _deltas(a, b),
                    "This is what was added between the two. What was it added to?",
                ),
                "down to the embedding": (
                    add(symbol("X", 0), _deltas(0, b)),
                    f"That is X_{b} in terms of X_0. Here the unrolling stops at X_{a}.",
                ),
                "all outputs": (
                    add(first, _deltas(0, b)),
                    f"What the layers below {a} added is in your sum twice: as terms, and within X_{a}.",
                ),
            },
        )


def _deltas(first, stop):
    """Δ_first + … up to, not including, Δ_stop; of shape [s, d] even when there is none."""
    outputs = [symbol("Delta", layer) for layer in range(first, stop)]
    return add(*outputs) if outputs else ZeroMatrix(s, d)


def _unrolled(a, b):
    """X_b, with the recurrence put in as often as it takes to reach X_a."""
    steps = [
        Relation(symbol("X", layer + 1), add(symbol("X", layer), symbol("Delta", layer)))
        for layer in range(a, b)
    ]
    given = Assumption("residual stream", "each layer adds its output to the stream", tuple(steps))
    derivation = Derivation.start(symbol("X", b), [given])
    for _ in steps:
        derivation = derivation.apply(rules.unfold, given)
    return derivation.here


def test_stream_before(student):
    tall = cases(student, n_layers=4, n_heads=3, edge=False)
    for case in (*tall, *cases(student, count=0)):
        X_0, head_out = case.run.embedding, case.run.head_out  # [pos, d_model], [layer, head, pos, d_model]
        streams = [*case.run.resid_pre, case.run.resid_final]  # [pos, d_model] each
        for layer in (2, 1, 3, 0, 4):
            if layer >= len(streams):
                continue
            compare(
                student.stream_before(X_0, head_out, layer),
                streams[layer],
                axes=("pos", "d_model"),
                case=f"layer={layer}, {case.words}",
                suspects=_wrong_streams(X_0, head_out.sum(axis=1), head_out, layer),
            )


def _wrong_streams(X_0, Delta, head_out, layer):
    """What usual mistakes give for the stream before a layer. Delta: [layer, pos, d_model]."""
    return {
        "one layer too many": (
            X_0 + Delta[: layer + 1].sum(axis=0),
            f"What layer {layer} writes is in your sum. This is the stream that it reads: has it written "
            "yet?",
        ),
        "one layer too few": (
            X_0 + Delta[: max(layer - 1, 0)].sum(axis=0),
            f"The last output is missing. Which layer wrote just before layer {layer} reads?",
        ),
        "all layers": (
            X_0 + Delta.sum(axis=0),
            f"All layers are in your sum, also those that write after layer {layer} has read.",
        ),
        "no embedding": (
            Delta[:layer].sum(axis=0),
            "This is what the heads have added. Something stood in the stream before them.",
        ),
        "only the layer below": (
            X_0 + Delta[layer - 1],
            "Only one layer's output is in your sum. What did the layers before it do, and is it still "
            "there?",
        ),
        "one head": (
            X_0 + head_out[:layer, 0].sum(axis=0),
            "Only the first head of each layer is in your sum. The other heads write too.",
        ),
        "mean of the heads": (
            X_0 + head_out[:layer].mean(axis=1).sum(axis=0),
            "This takes the mean over heads. Does a head write less because there are others beside it?",
        ),
    }


def test_logit_parts(student):
    wide = cases(student, n_layers=2, n_heads=3, edge=False)
    for case in (*wide, *cases(student, count=0)):
        run, W_U = case.run, case.model.W_U  # W_U: [d_model, d_vocab]
        position = int(case.rng.integers(max(len(run.tokens) - 1, 1)))  # not the last, where there are more
        favourite = int(run.logits[position].argmax())
        token = (favourite + 1 + int(case.rng.integers(case.config.d_vocab - 1))) % case.config.d_vocab
        compare(
            student.logit_parts(run.embedding, run.head_out, W_U, position, token),
            _without_each(run, position, token),
            axes=("writer",),
            case=f"position={position}, token={token}, {case.words}",
            suspects=_wrong_parts(run, W_U, position, token, favourite),
        )


def _without_each(run, position, token):
    """How much this logit falls when one writer after the other is taken out of the last stream."""
    writers = [run.embedding, *(matrix for layer in run.head_out for matrix in layer)]  # [pos, d_model] each
    fallen = [run.logits - (run.resid_final - matrix) @ run.model.W_U for matrix in writers]  # [pos, d_vocab]
    return np.array([difference[position, token] for difference in fallen])


def _wrong_parts(run, W_U, position, token, favourite):
    """What usual mistakes give for the parts of a logit."""
    writers = np.array([run.embedding, *(matrix for layer in run.head_out for matrix in layer)])
    logits = writers @ W_U  # [writer, pos, d_vocab]
    parts = logits[:, position, token]  # [writer]
    n_layers, n_heads = run.head_out.shape[:2]
    table = parts[1:].reshape(n_layers, n_heads)  # [layer, head]
    return {
        "no embedding": (
            parts[1:],
            "These are the heads' parts. They do not add up to the logit: who else wrote into this row?",
        ),
        "embedding last": (
            np.roll(parts, -1),
            "All parts are there, but the embedding's comes last. It was first in the stream, and is asked "
            "for first.",
        ),
        "heads before layers": (
            np.concatenate([parts[:1], table.T.ravel()]),
            "All parts are there, in another order: these run through the layers for each head. The order "
            "asked for is layer by layer.",
        ),
        "one part a layer": (
            np.concatenate([parts[:1], table.sum(axis=1)]),
            "Each of your numbers belongs to a whole layer. Every head is a writer of its own.",
        ),
        "not split": (
            parts.sum(),
            "This is the logit itself. The question is which parts it is the sum of.",
        ),
        "all tokens": (
            logits[:, position],
            "Each writer has a number for every token of the vocabulary here. Which column of W_U is asked "
            "about?",
        ),
        "the favourite token": (
            logits[:, position, favourite],
            "These are the parts of the largest logit at this position. The token asked about is given.",
        ),
        "last position": (
            logits[:, -1, token],
            "These are the parts of that token's logit at the last position. The position asked about is "
            "given.",
        ),
        "all positions": (
            logits[:, :, token].sum(axis=1),
            "These numbers add up all positions. A logit is computed from one row of the stream alone.",
        ),
        "shares": (
            parts / parts.sum(),
            "These are shares, which add up to 1. The parts should add up to the logit.",
        ),
        "sizes": (
            np.abs(parts),
            "None of your numbers is negative. A writer can also lower a logit: what do your numbers add "
            "up to?",
        ),
    }
