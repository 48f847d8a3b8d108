"""Checks for lesson 02. Each runs in a notebook, in the page, under pytest and in a batch."""

import math
from dataclasses import replace

import numpy as np
from sympy import Integer, MatAdd, sqrt

from ovlearn.exercises import compare, wrong
from ovlearn.exercises.comparing import as_numbers, letters
from ovlearn.exercises.deriving import as_expression, equate
from ovlearn.exercises.drawing import cases
from ovlearn.symbolic import add, d_h, product, subtract, symbol, transpose
from ovlearn.symbolic.expressions import nodes

BLOCKED = {
    "softmax": ("numeric.transformer._softmax", "numeric.Transformer.run"),
    "cross_terms": ("derive",),
}

ENOUGH = 0.01  # of the larger side: by so much a witness must show a difference
ROUNDING = 1e-12


def test_softmax(student):
    for case in cases(student):
        S = case.run.scores[0, 0]  # [query, key]
        weights = np.exp(S)  # [query, key]
        largest = S.max(axis=1, keepdims=True)  # [query, 1]
        compare(
            student.softmax(S),
            _row_by_row(S),
            axes=("query", "key"),
            case=case.words,
            suspects={
                "over columns": (
                    weights / weights.sum(axis=0, keepdims=True),
                    "In your result each column sums to 1. Which weights belong to one query: a row, or a "
                    "column?",
                ),
                "over the whole table": (
                    weights / weights.sum(),
                    "All your entries together sum to 1. Each query has a whole 1 to share out.",
                ),
                "sums along the wrong axis": (
                    weights / weights.sum(axis=1),
                    "The sums are those of the rows, but column j was divided by the sum of row j. Look at "
                    "the shape of the sums, and at how numpy lines it up with the table.",
                ),
                "maximum of the column": (
                    _shared(S - S.max(axis=0, keepdims=True)),
                    "Your rows sum to 1, but different numbers were taken off the scores of one row before "
                    "`exp`. What may be taken off without changing the weights?",
                ),
                "not divided": (
                    weights,
                    "These are the exponentials. Their rows do not sum to 1 yet.",
                ),
                "not divided after the maximum": (
                    np.exp(S - largest),
                    "The largest weight of each row is 1 here. It is the sum of each row that should be 1.",
                ),
                "no exponential": (
                    S / S.sum(axis=1, keepdims=True),
                    "Your rows sum to 1, but the scores themselves were divided. With scores of both signs "
                    "some weights are negative.",
                ),
            },
        )


def test_softmax__wide(student):
    rng = next(student.draws(1))
    S = 1000.0 * np.array([[-1, 0, 1], [0, -1, 1], [-1, 1, 0]])[rng.permutation(3)]  # [query, key]
    with np.errstate(all="ignore"):
        numbers = as_numbers(student.softmax(S))
    where = "−1000, 0 and 1000 in each row"
    if numbers.shape == S.shape and not np.isfinite(numbers).all():
        wrong(
            "overflow",
            "With scores near 1000 your weights are no numbers. What is `np.exp(1000)`? And what could you "
            "do to a row beforehand that leaves its weights as they are?",
            ("input", where),
        )
    compare(numbers, (S == 1000).astype(float), axes=("query", "key"), case=where)


def test_softmax__large(student):
    for rng in student.draws(2):
        small = rng.integers(-8, 9, size=(3, 3)) / 4  # [query, key]   float32 holds such numbers exactly
        S = small + np.array([[1000.0], [0.0], [-1000.0]])  # a shift of a row changes no weight
        with np.errstate(all="ignore"):
            numbers = as_numbers(student.softmax(S))
        where = "scores near 1000 in row 0, near 0 in row 1, near −1000 in row 2"
        if numbers.shape == S.shape and not np.isfinite(numbers).all():
            spoilt = [row for row in range(3) if not np.isfinite(numbers[row]).all()]
            rows = (("input", where), ("rows with NaN or infinity", ", ".join(map(str, spoilt))))
            if 0 in spoilt:
                wrong(
                    "overflow",
                    "With scores near 1000 your weights are no numbers. What is `np.exp(1000)`? And what "
                    "could you do to a row beforehand that leaves its weights as they are?",
                    *rows,
                )
            wrong(
                "one maximum for all",
                "The row with the largest scores is right; the others are 0 divided by 0. What was taken "
                "off before `exp` is far too much for them.",
                *rows,
            )
        compare(
            numbers,
            _row_by_row(small),
            axes=("query", "key"),
            case=where,
            suspects={
                "vanished rows": (
                    _row_by_row(small) * [[1], [0], [0]],
                    "The rows with smaller scores are all zero. What was taken off before `exp` is far too "
                    "much for them.",
                ),
            },
        )


def _row_by_row(S):
    """Softmax over rows, with one number at a time; for scores that are not too large."""
    rows = [[math.exp(score) for score in row] for row in S]
    return np.array([[weight / sum(row) for weight in row] for row in rows])


def _shared(S):
    """The exponentials of S [query, key], each row divided by its sum."""
    weights = np.exp(S)
    return weights / weights.sum(axis=1, keepdims=True)


def test_witness(student):
    for case in cases(student, n_layers=1, n_heads=1, edge=False):
        model = case.model
        X_A, X_B = _two_streams(student.witness(model), case.config.d_model)
        left, right = _layer(model, X_A + X_B), _layer(model, X_A) + _layer(model, X_B)  # [pos, d_model]
        size = max(np.linalg.norm(left), np.linalg.norm(right))
        gap = np.linalg.norm(left - right) / size if size > 0 else 0.0
        if not gap >= ENOUGH:
            rows = (
                ("input", case.words),
                ("your streams", f"{list(X_A.shape)} each"),
                (
                    "the two sides differ by",
                    f"{gap:.2g} of the larger one" if gap > 1e-12 else "rounding alone",
                ),
            )
            wrong(*_why_equal(model, X_A, X_B), *rows)


def _two_streams(got, d_model):
    """The two streams of a witness, [pos, d_model] each.

    Raises: Wrong where there are not two streams of one shape and of this width.
    """
    if not isinstance(got, tuple | list | np.ndarray) or len(got) != 2:
        wrong("not a pair", "Two streams are asked for: return them as a pair, `X_A, X_B`.")
    X_A, X_B = (as_numbers(each) for each in got)
    seen = ("your shapes", f"{list(X_A.shape)} and {list(X_B.shape)}")
    if X_A.ndim != 2 or X_A.shape != X_B.shape or X_A.shape[1] != d_model:
        wrong("shape", f"Both streams must be [pos, d_model], with d_model = {d_model} in this model.", seen)
    if not 1 <= len(X_A) <= 100:
        wrong("shape", "From 2 to 100 positions are enough for a witness.", seen)
    if X_A.dtype.kind == "c" or X_B.dtype.kind == "c":
        wrong("type", "A stream holds real numbers, and these are complex.")
    if not (np.isfinite(X_A).all() and np.isfinite(X_B).all()):
        wrong("not finite", "There are entries that are no finite numbers (NaN or infinity).", seen)
    if max(np.abs(X_A).max(), np.abs(X_B).max()) > 1e6:
        wrong("too large", "These numbers are so large that rounding alone could make the difference.", seen)
    return X_A.astype(float), X_B.astype(float)


def _why_equal(model, X_A, X_B):
    """Why two streams are no witness: the mistake's name, and what to say."""
    norms = [np.linalg.norm(X_A), np.linalg.norm(X_B)]
    scores = (X_A + X_B) @ model.W_Q[0, 0] @ model.W_K[0, 0].T @ (X_A + X_B).T  # [pos, pos]
    if len(X_A) == 1:
        return (
            "one position",
            "There is one position, and it can look at nothing but itself. What is its weight, whatever the "
            "stream?",
        )
    if min(norms) == 0:
        return "a zero part", "One of your streams is zero. What is layer(0)? Then what do both sides say?"
    if np.abs(X_A + X_B).max() <= ROUNDING * max(norms):
        return (
            "opposite streams",
            "Your streams cancel, so the left side is layer(0). On the right, the scores of X and of −X are "
            "the same: why? So what do the two outputs add up to?",
        )
    if np.ptp(X_A, axis=0).max() == 0 and np.ptp(X_B, axis=0).max() == 0:
        return (
            "all positions alike",
            "All positions of a stream hold the same row here. Then all values are the same, and a mixture "
            "of them is the same whatever the weights are.",
        )
    if not X_A[1:].any() and not X_B[1:].any():
        return (
            "only the first position",
            "Only the first position holds anything. The later ones ask with zero queries: what are their "
            "scores, and their weights?",
        )
    if min(norms) < ENOUGH * max(norms):
        return (
            "one part too small",
            "One of your streams is so small beside the other that both sides nearly agree. There is a gap, "
            "but it is as easily overlooked as in the lesson's test with a part that is too small.",
        )
    if np.abs(np.tril(scores)).max() < 0.1:
        return (
            "scores near zero",
            "Your streams are so small that all scores are near zero, and every pattern is nearly even. "
            "What happens to the scores when you make the streams larger?",
        )
    if np.abs(np.tril(scores)).max() > 100:
        return (
            "scores too large",
            "Your streams are so large that each position already looks at a single one, and goes on doing "
            "so when they are added. What happens to the patterns when you make the streams smaller?",
        )
    return "too close", "The two sides differ by less than 1 %. Try other numbers, and different rows."


def _layer(model, X):
    """What the only head of a model writes when it reads the stream X [pos, d_model]."""
    return _run(model, X).head_out[0, 0]  # [pos, d_model]


def _run(model, X):
    """The forward pass of a model from a stream X [pos, d_model], whose rows stand in for the embeddings."""
    size = len(X)
    config = replace(model.config, d_vocab=size, n_ctx=size)
    W_U = np.zeros((X.shape[1], size))  # [d_model, d_vocab]
    return replace(model, config=config, W_E=X, W_U=W_U).run(np.arange(size))


def test_equal_cases(student):
    chosen = letters(student.equal_cases, "abcdefg")
    gaps = _gaps(next(cases(student, n_layers=1, n_heads=1)))
    truth = {letter for letter, gap in gaps.items() if gap < ROUNDING}
    if chosen == truth:
        return
    rows = (("your answer", ", ".join(sorted(chosen)) or "none"),)
    if not chosen:
        wrong(
            "none",
            "Two sides that are not equal in general can be equal at times. The lesson shows a case.",
            *rows,
        )
    for letter in sorted(chosen - truth):
        wrong(*_INCLUDED[letter], *rows)
    if chosen == {"a"}:
        wrong(
            "only zero",
            "That one is right. But there are other ways to keep the layer from changing its pattern, and "
            "one in which the pattern does not matter.",
            *rows,
        )
    for letter in sorted(truth - chosen):
        wrong(*_LEFT_OUT[letter], *rows)


_INCLUDED = {
    "b": (
        "doubled",
        "One of your cases doubles the stream. Then queries are doubled and keys are doubled: by how much "
        "do the scores grow, and what does softmax make of that?",
    ),
    "d": (
        "tiny part",
        "One of your cases has a very small part. `allclose` would call the two sides equal; but how large "
        "is the difference beside what the small part writes by itself?",
    ),
}

_LEFT_OUT = {
    "a": ("zero left out", "What is layer(0)? Put it into both sides."),
    "c": (
        "opposite left out",
        "Look at the case with the minus again. What are the scores of −X, if those of X are known? And its "
        "values?",
    ),
    "e": (
        "one token left out",
        "Look at the shortest text again. How many keys can its query choose from?",
    ),
    "f": (
        "no queries left out",
        "Look at the case without queries again. What are the scores then, and does the pattern depend on "
        "the stream?",
    ),
    "g": (
        "frozen left out",
        "Look at the case with the recorded pattern again. What is left in the layer that could fail to be "
        "linear?",
    ),
}


def _gaps(case):
    """How far the two sides are apart in each case, beside the size of what the layer writes."""
    model, rng = case.model, case.rng
    X_A, X_B = rng.normal(size=(2, 6, case.config.d_model))  # [pos, d_model] each
    no_queries = replace(model, W_Q=np.zeros_like(model.W_Q))
    A = _run(model, X_A + X_B).pattern[0, 0]  # [query, key]

    def gap(first, second, layer):
        both = layer(first + second) - layer(first) - layer(second)  # [pos, d_model]
        return np.linalg.norm(both) / np.linalg.norm(layer(first))

    def live(X):
        return _layer(model, X)

    return {
        "a": gap(X_A, 0 * X_A, live),
        "b": gap(X_A, X_A, live),
        "c": gap(X_A, -X_A, live),
        "d": gap(X_A, 1e-9 * X_B, live),
        "e": gap(X_A[:1], X_B[:1], live),
        "f": gap(X_A, X_B, lambda X: _layer(no_queries, X)),
        "g": gap(X_A, X_B, lambda X: A @ X @ model.W_V[0, 0] @ model.W_O[0, 0]),
    }


def test_lost_by_splitting(student):
    for case, layer in zip(cases(student, n_layers=3, n_heads=1, edge=False), (1, 2, 2), strict=True):
        parts = np.array([case.run.embedding, *case.run.head_out[:layer, 0]])  # [part, pos, d_model]
        whole = case.run.head_out[layer, 0]  # [pos, d_model]   what the layer wrote of the whole stream
        alone = [_by_hand(case.model, layer, part) for part in parts]  # [pos, d_model] each
        got = as_numbers(student.lost_by_splitting(case.model, layer, parts.copy()))
        where = f"{case.words}, layer {layer}"
        if got.shape == whole.shape and np.abs(got).max() < ROUNDING:
            wrong(
                "nothing lost",
                "You say that nothing is lost. That would be so with one pattern for all. Each stream that a "
                "layer reads has a pattern of its own.",
                ("input", where),
            )
        compare(
            got,
            whole - sum(alone),
            axes=("pos", "d_model"),
            case=where,
            suspects=_wrong_losses(case.model, layer, parts, whole, alone),
        )


def _wrong_losses(model, layer, parts, whole, alone):
    """What usual mistakes make of it. `alone`: what the layer writes of each part."""
    own = [alone[0], *(_by_hand(model, index, part) for index, part in enumerate(parts[1:]))]
    return {
        "right minus left": (
            sum(alone) - whole,
            "Both sides are right, and the sign is not: from the left side the right one is taken away.",
        ),
        "left side alone": (
            whole,
            "This is what the layer writes of the whole stream. What would it write of each part by itself?",
        ),
        "right side alone": (
            sum(alone),
            "This is the right side, a sum over the parts. What does the layer write of the whole stream?",
        ),
        "first part alone": (
            whole - alone[0],
            "You took away what the layer writes of the embedding. The parts that the layers below wrote are "
            "read too.",
        ),
        "without the embedding": (
            whole - sum(alone[1:]),
            "You took away what the layer writes of each Δ. The embedding is a part of the stream as well.",
        ),
        "each by its own layer": (
            whole - sum(own),
            "Each Δ went through the layer that wrote it. It is another layer that reads it: always the same "
            "one.",
        ),
    }


def _by_hand(model, layer, X):
    """What the only head of a layer writes [pos, d_model] when it reads X, one position at a time."""
    W_Q, W_K, W_V, W_O = (getattr(model, name)[layer, 0] for name in ("W_Q", "W_K", "W_V", "W_O"))
    rows = []
    for query in range(len(X)):
        scores = [X[query] @ W_Q @ W_K.T @ X[key] / math.sqrt(W_Q.shape[1]) for key in range(query + 1)]
        (weights,) = _row_by_row([scores])  # [key]
        rows.append(sum(a * X[key] for key, a in enumerate(weights)) @ W_V @ W_O)
    return np.array(rows)


def _keeps_apart(node, X_A, X_B):
    """Whether a sum has a term of each part alone."""
    if not isinstance(node, MatAdd):
        return False
    held = [term.free_symbols & {X_A, X_B} for term in node.args]
    return {X_A} in held and {X_B} in held


def test_cross_terms(student):
    X_A, X_B = symbol("X_A"), symbol("X_B")
    for rng in student.draws(2):
        head = int(rng.integers(3)), int(rng.integers(2))
        W_Q, W_K = symbol("W_Q", *head), symbol("W_K", *head)

        def meet(query, key, W_Q=W_Q, W_K=W_K):
            return product(1 / sqrt(d_h), product(query, W_Q), transpose(product(key, W_K)))

        both = add(X_A, X_B)
        got = as_expression(student.cross_terms(X_A, X_B, W_Q, W_K))
        equate(
            got,
            subtract(meet(both, both), meet(X_A, X_A), meet(X_B, X_B)),
            suspects=_wrong_terms(meet, X_A, X_B),
        )
        if any(_keeps_apart(node, X_A, X_B) for node in nodes(got)):
            wrong(
                "not multiplied out",
                "That is equal, but X_A + X_B still stands in it as a sum. Multiply out, and see what is "
                "left.",
            )


def _wrong_terms(meet, X_A, X_B):
    """What usual mistakes make of the cross terms. `meet`: scores of one's queries with the other's keys."""
    cross = add(meet(X_A, X_B), meet(X_B, X_A))
    return {
        "not scaled": (
            product(sqrt(d_h), cross),
            "The right pairs meet. But these are products of queries and keys, and scores are smaller than "
            "that.",
        ),
        "scaled twice": (
            product(1 / sqrt(d_h), cross),
            "The right pairs meet, but they are divided by d_h. What are scores divided by?",
        ),
        "one meeting": (
            meet(X_A, X_B),
            "The queries of X_A meet the keys of X_B here. There is a second meeting of this kind.",
        ),
        "the other meeting": (
            meet(X_B, X_A),
            "The queries of X_B meet the keys of X_A here. There is a second meeting of this kind.",
        ),
        "one meeting doubled": (
            product(Integer(2), meet(X_A, X_B)),
            "This counts one meeting twice, as one does with numbers. Is the query of A with the key of B "
            "the same as the query of B with the key of A?",
        ),
        "transposed for the other": (
            add(meet(X_A, X_B), transpose(meet(X_A, X_B))),
            "One term is the transpose of the other here. That would be so if W_Q and W_K were the same.",
        ),
        "own terms": (
            add(meet(X_A, X_A), meet(X_B, X_B)),
            "These are the scores of each part by itself. They stand in the equation already.",
        ),
        "all four": (
            meet(add(X_A, X_B), add(X_A, X_B)),
            "This is the whole left side. Which of its terms are in S(X_A) and S(X_B) already?",
        ),
        "with a minus": (
            product(Integer(-1), cross),
            "The right terms, with the wrong sign. Multiply the left side out, and see with which sign they "
            "come.",
        ),
    }
