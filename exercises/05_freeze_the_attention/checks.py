"""Checks for lesson 05. Each runs in a notebook, in the page, under pytest and in a batch."""

from dataclasses import replace

import numpy as np
from sympy import ZeroMatrix

from ovlearn.exercises import compare, wrong
from ovlearn.exercises.comparing import as_numbers, judge_letters, letters
from ovlearn.exercises.deriving import equate
from ovlearn.exercises.drawing import cases
from ovlearn.symbolic import add, d, definition, derive, product, s, symbol

BLOCKED = {
    "layer_adds": ("derive",),
    "frozen_logits": ("numeric.FrozenNetwork.run", "paths.by_order", "paths.contribution"),
}

ROUNDING = 1e-9


def test_layer_adds(student):
    for layer, heads in ((2, 2), (3, 1), (1, 3), (0, 2), (0, 1)):
        network = derive("frozen-network", layers=4, heads=heads, layer=layer)
        named = [(symbol("W_OV", layer, h), _folded(layer, h)) for h in range(heads)]
        equate(
            student.layer_adds(layer, heads),
            network.lemma("What a layer adds").result.rhs,
            using=[definition("OV product", "values and output in one matrix", *named)],
            suspects=_wrong_layers(layer, heads),
        )


def _folded(layer, head):
    return product(symbol("W_V", layer, head), symbol("W_O", layer, head))


def _wrong_layers(layer, heads):
    """What usual mistakes make of what a layer adds."""
    tokens = product(symbol("E"), symbol("W_E"))
    outputs = [symbol("Delta", each) for each in range(layer)]
    stream = add(tokens, *outputs)

    def through(stream, count=heads):
        pairs = [(symbol("A", layer, h), symbol("W_OV", layer, h)) for h in range(count)]
        return add(*(product(A, stream, W_OV) for A, W_OV in pairs))

    nothing = ZeroMatrix(s, d)
    return {
        "its own output": (
            through(add(stream, symbol("Delta", layer))),
            f"Delta_{layer} stands on both sides. Layer {layer} reads before it writes: which outputs can "
            "it read?",
        ),
        "the last output left out": (
            through(add(tokens, *outputs[:-1])),
            "The heads read all but the last of the outputs before them. Which layers have written by then?",
        ),
        "only the tokens": (
            through(tokens),
            "The heads read the tokens alone. What else stands in the stream by then?",
        ),
        "only the layer before": (
            through(add(tokens, *outputs[-1:])),
            "Only one earlier output is read. What the layers before that wrote is still in the stream.",
        ),
        "without the tokens": (
            through(add(*outputs) if outputs else nothing),
            "The heads read what earlier layers wrote, but not what stood there first.",
        ),
        "the stream by name": (
            through(symbol("X", layer)),
            f"That is right, with X_{layer} as a name. What is X_{layer} made of?",
        ),
        "one head": (
            through(stream, 1),
            "One head is right. The layer has more of them.",
        ),
        "one head's weights": (
            add(*(product(symbol("A", layer, h), stream, symbol("W_OV", layer, 0)) for h in range(heads))),
            "All heads have a pattern of their own here, and the weights of head 0.",
        ),
        "not moved": (
            add(*(product(stream, symbol("W_OV", layer, h)) for h in range(heads))),
            "Each position keeps to itself: no pattern has moved anything.",
        ),
        "with the stream": (
            add(stream, through(stream)),
            "This is the stream after the layer. What the layer adds to it is asked for.",
        ),
        "to the logits": (
            product(through(stream), symbol("W_U")),
            "This is what the layer adds to the logits directly. What it adds to the stream is asked for.",
        ),
    }


def test_frozen_logits(student):
    for case in cases(student):
        resid = case.rng.normal(size=case.run.embedding.shape)  # [pos, d_model]
        compare(
            student.frozen_logits(case.model, case.run.pattern, resid),
            case.run.frozen().run(resid=resid).logits,
            axes=("pos", "token"),
            case=case.words,
            suspects=_wrong_passes(case.model, case.run.pattern, resid),
        )


def _passed(model, pattern, resid, *, layers=None, heads=None):
    """The last stream [pos, d_model] of a frozen network; where given, of its first layers or heads only."""
    W_OV = model.W_V @ model.W_O  # [layer, head, d_model, d_model]
    for A, weights in zip(pattern[:layers, :heads], W_OV[:layers, :heads], strict=True):
        resid = resid + np.einsum("hqk,kc,hcd->qd", A, resid, weights)  # [pos, d_model]
    return resid


def _wrong_passes(model, pattern, resid):
    """What usual mistakes make of a frozen forward pass: logits [pos, d_vocab]."""
    W_OV, W_U = model.W_V @ model.W_O, model.W_U  # [layer, head, d_model, d_model], [d_model, d_vocab]
    layers = list(zip(pattern, W_OV, strict=True))
    in_a_row = summed_apart = overwritten = resid  # [pos, d_model] each
    for A, weights in layers:
        for of_head, W in zip(A, weights, strict=True):
            in_a_row = in_a_row + of_head @ in_a_row @ W
        summed_apart = summed_apart + A.sum(axis=0) @ summed_apart @ weights.sum(axis=0)
        overwritten = (A @ overwritten @ weights).sum(axis=0)
    final = _passed(model, pattern, resid)
    direct = resid + sum((A @ resid @ weights).sum(axis=0) for A, weights in layers)
    return {
        "live patterns": (
            _live(model, resid).logits,
            "These are the logits of the network itself: the patterns were computed anew from this stream. "
            "The ones to use are given.",
        ),
        "all layers read the first stream": (
            direct @ W_U,
            "Every layer seems to read the stream that you began with. What has the layer before it added "
            "by then?",
        ),
        "heads in a row": (
            in_a_row @ W_U,
            "The second head of a layer reads what the first head of that layer wrote. What do heads of one "
            "layer read?",
        ),
        "overwritten": (
            overwritten @ W_U,
            "Each layer puts its output in the place of the stream. What does a layer do with what was "
            "there?",
        ),
        "pattern transposed": (
            _passed(model, np.swapaxes(pattern, -1, -2), resid) @ W_U,
            "The patterns are the wrong way round: later positions send to earlier ones. Row i says what "
            "position i receives.",
        ),
        "summed apart": (
            summed_apart @ W_U,
            "Patterns and weights were summed over heads separately, so that each head's pattern also meets "
            "the weights of the others. What belongs together?",
        ),
        "one head": (
            _passed(model, pattern, resid, heads=1) @ W_U,
            "Only the first head of each layer has written.",
        ),
        "last layer left out": (
            _passed(model, pattern, resid, layers=-1) @ W_U,
            "The last layer has written nothing. Where does your loop end?",
        ),
        "no head": (
            resid @ W_U,
            "These are the logits of the stream that you began with: no head has written.",
        ),
        "without the direct path": (
            (final - resid) @ W_U,
            "This is what the heads have added. What did they add it to?",
        ),
        "not unembedded": (
            final,
            "This is the last stream, and it is right. What makes logits of it?",
        ),
    }


def _live(model, stream):
    """The run of the network itself from a stream [pos, d_model], whose rows stand in for the embeddings."""
    W_E = np.zeros_like(model.W_E)  # [d_vocab, d_model]
    W_E[: len(stream)] = stream
    return replace(model, W_E=W_E).run(np.arange(len(stream)))


def test_superposes(student):
    chosen = letters(student.superposes, "abcdefg")
    truth = {letter for letter, gap in _gaps(next(cases(student))).items() if gap < ROUNDING}
    judge_letters(
        chosen,
        truth,
        none=("With constant patterns a layer only multiplies by constant matrices, and adds. Begin with a."),
        included=_INCLUDED,
        left_out=_LEFT_OUT,
    )


_INCLUDED = {
    "d": (
        "different layers",
        "One of your cases is about heads of different layers. When both write, what does the later one "
        "read that it does not read when it is alone?",
    ),
    "e": (
        "layer norm",
        "One of your cases has a layer norm in it. What does a layer norm make of a stream that is twice as "
        "long? And what would a linear map make of it?",
    ),
    "g": (
        "first order",
        "One of your cases takes freezing for a first-order approximation. When the stream moves a little, "
        "do the patterns of the network stay as they are?",
    ),
}

_LEFT_OUT = {
    "a": (
        "the sum left out",
        "Look at the sum of two streams again. Which operation of a frozen layer would treat a sum "
        "otherwise than its parts?",
    ),
    "b": (
        "the multiple left out",
        "Look at the threefold stream again. In the network itself its scores would be nine times as large. "
        "And here?",
    ),
    "c": (
        "one layer left out",
        "Look at the two heads of one layer again. Does one of them read what the other writes?",
    ),
    "f": (
        "the recorded text left out",
        "Look at the recorded text again. Which patterns would the network itself compute there?",
    ),
}


def _gaps(case):
    """How far the two sides of each case are apart, relative to one of them."""
    run, rng, W_U = case.run, case.rng, case.model.W_U
    frozen = run.frozen()
    X_1, X_2, step = rng.normal(size=(3, *run.embedding.shape))  # [pos, d_model] each

    def Y(stream):
        return frozen.run(resid=stream).logits  # [pos, d_vocab]

    def with_norm(stream):
        return _normed(frozen.run(resid=stream).resid_final) @ W_U  # [pos, d_vocab]

    def adds(*heads):
        return frozen.run(heads=heads).logits - frozen.run(heads=()).logits  # [pos, d_vocab]

    epsilon = 1e-6
    moved = (_live(case.model, run.embedding + epsilon * step).logits - run.logits) / epsilon
    return {
        "a": _apart(Y(X_1) + Y(X_2), Y(X_1 + X_2)),
        "b": _apart(3 * Y(X_1), Y(3 * X_1)),
        "c": _apart(adds((0, 0)) + adds((0, 1)), adds((0, 0), (0, 1))),
        "d": _apart(adds((0, 0)) + adds((1, 0)), adds((0, 0), (1, 0))),
        "e": _apart(with_norm(X_1) + with_norm(X_2), with_norm(X_1 + X_2)),
        "f": _apart(Y(run.embedding), run.logits),
        "g": _apart(Y(step), moved),
    }


def _normed(X):
    """Each row of X [pos, d_model] with mean 0 and standard deviation 1."""
    centred = X - X.mean(axis=-1, keepdims=True)
    return centred / centred.std(axis=-1, keepdims=True)


def _apart(a, b):
    """How far a is from b, relative to the size of b (Frobenius norm)."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def test_freezing_cost(student):
    for case in cases(student, edge=False):
        tokens = case.run.tokens  # [pos]
        changed = tokens.copy()
        places = case.rng.permutation(len(tokens))[:2]
        changed[places] = (
            changed[places] + case.rng.integers(1, case.config.d_vocab, size=2)
        ) % case.config.d_vocab
        truth = case.model.run(changed)
        got = as_numbers(student.freezing_cost(case.model, tokens, changed))
        if got.shape == () and abs(got) < ROUNDING:
            wrong(
                "frozen on the changed text",
                "Your cost is zero up to rounding. On which text were the patterns recorded, and which text "
                "did the frozen network get?",
                ("input", case.words),
            )
        stale = _passed(case.model, case.run.pattern, truth.embedding) @ case.model.W_U  # [pos, d_vocab]
        compare(
            got,
            _apart(stale, truth.logits),
            case=case.words,
            suspects=_wrong_costs(case.model, case.run, truth, stale),
        )


def _wrong_costs(model, run, truth, stale):
    """What usual mistakes make of the cost. `stale`: the frozen logits [pos, d_vocab] for the new text."""
    gap = stale - truth.logits  # [pos, d_vocab]
    norm = np.linalg.norm(gap)
    back = _passed(model, truth.pattern, run.embedding) @ model.W_U  # [pos, d_vocab]
    by_position = np.linalg.norm(gap, axis=1) / np.linalg.norm(truth.logits, axis=1)  # [pos]
    return {
        "not relative": (
            norm,
            "This is the size of the difference itself. Is it much or little? Compare it with the size of "
            "the right logits.",
        ),
        "relative to the frozen logits": (
            norm / np.linalg.norm(stale),
            "The difference is right, but it is measured against the frozen network's logits. Which of the "
            "two is the truth?",
        ),
        "relative to the old logits": (
            norm / np.linalg.norm(run.logits),
            "The difference is right, but it is measured against the logits of the recorded text.",
        ),
        "the old logits": (
            _apart(run.logits, truth.logits),
            "This compares the logits of the two texts. The frozen network was not given the changed one: "
            "it keeps the old patterns, not the old stream.",
        ),
        "the texts exchanged": (
            _apart(back, run.logits),
            "This is the cost the other way round: frozen on the changed text, and given the first one.",
        ),
        "the frozen network on two texts": (
            _apart(stale, run.logits),
            "This says how far the frozen logits move from one text to the other. What would the network "
            "itself compute for the changed text?",
        ),
        "squared": (
            _apart(stale, truth.logits) ** 2,
            "This is the square of the cost. A norm has a root in it.",
        ),
        "the largest difference": (
            np.abs(gap).max(),
            "This is the largest single difference. Size means the Frobenius norm here, and the cost is "
            "relative.",
        ),
        "mean over positions": (
            by_position.mean(),
            "This takes a cost for each position, and then their mean. One norm over the whole table is "
            "asked for.",
        ),
        "last position": (
            by_position[-1],
            "This is the cost at the last position alone.",
        ),
        "by entries": (
            np.abs(gap / truth.logits).mean(),
            "Each entry is divided by its own logit here, and a logit near zero counts without measure. "
            "Take the sizes first.",
        ),
    }
