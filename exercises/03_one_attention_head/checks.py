"""Checks for lesson 03. Each runs in a notebook, in the page, under pytest and in a batch."""

import numpy as np
from sympy import MatMul, sqrt

from ovlearn.exercises import compare, wrong
from ovlearn.exercises.comparing import as_numbers
from ovlearn.exercises.deriving import as_expression, equate
from ovlearn.exercises.drawing import cases
from ovlearn.symbolic import CausalMask, RowSoftmax, d_h, derive, product, symbol, transpose
from ovlearn.symbolic.expressions import is_matrix, nodes, rewrite

BLOCKED = {
    "scores": ("numeric.Transformer.run",),
    "one_entry": ("numeric.Transformer.run",),
    "one_row": ("numeric.Transformer.run",),
    "causal_pattern": (
        "numeric.Transformer.run",
        "numeric.transformer._masked",
        "numeric.transformer._softmax",
    ),
    "one_head": (
        "numeric.Transformer.run",
        "numeric.Transformer._attend",
        "numeric.FrozenNetwork.run",
        "numeric.transformer._masked",
        "numeric.transformer._softmax",
    ),
    "pattern_expression": ("derive",),
}


def test_scores(student):
    for case in (*cases(student, d_head=3), *cases(student, count=1, edge=False, d_head=6)):
        here = _some_head(case)
        Q, K = case.run.q[here], case.run.k[here]  # [pos, d_head] each
        size, d_head = Q.shape
        products = Q @ K.T  # [query, key]
        got = as_numbers(student.scores(Q, K))
        later = np.triu(np.ones((size, size), dtype=bool), 1)  # [query, key]   True where key > query
        if got.shape == later.shape and size > 1 and (got[later] == -np.inf).all():
            wrong(
                "masked already",
                "Your scores above the diagonal are −∞. That is the mask, which comes next: these are the "
                "scores before it.",
                ("input", case.words),
            )
        compare(
            got,
            case.run.scores[here],
            axes=("query", "key"),
            case=case.words,
            suspects={
                "not scaled": (
                    products,
                    "These are the products of queries and keys as they are. In a wide head they would be "
                    "large, and its softmax would be sure of itself before it has learned anything. What "
                    "keeps them small?",
                ),
                "divided by d_head": (
                    products / d_head,
                    "The products were divided by d_head itself. How does the typical size of a sum of "
                    "d_head random terms grow with d_head?",
                ),
                "multiplied by the root": (
                    products * np.sqrt(d_head),
                    "The products have become larger by the root. It should make up for the length of the "
                    "sum.",
                ),
                "root of the positions": (
                    products / np.sqrt(size),
                    "The products were divided by the root of the number of positions. A score is a sum "
                    "over something else: over what?",
                ),
                "keys ask": (
                    products.T / np.sqrt(d_head),
                    "This is the table with rows and columns exchanged. Row i should belong to the query of "
                    "position i.",
                ),
                "keys ask, not scaled": (
                    products.T,
                    "This is the table with rows and columns exchanged, and not scaled. Row i should belong "
                    "to the query of position i.",
                ),
                "positions summed away": (
                    Q.T @ K / np.sqrt(d_head),
                    "Your table is d_head wide: it sums over positions. A score compares two positions, so "
                    "what must be summed over?",
                ),
                "softmax too": (
                    _softmax(products / np.sqrt(d_head)),
                    "Your rows sum to 1, so a softmax was taken already. Scores are the numbers before it, "
                    "of either sign.",
                ),
                "masked with zeros": (
                    np.tril(products) / np.sqrt(d_head),
                    "Everything above the diagonal is zero here. Scores are before the mask: each query "
                    "meets each key.",
                ),
            },
        )


def test_one_entry(student):
    for case in cases(student, d_head=3):
        here = _some_head(case)
        Q, K = case.run.q[here], case.run.k[here]  # [pos, d_head] each
        places = ((1, 2), (3, 0), (2, 4)) if len(Q) > 1 else ((0, 0),)
        for query, key in places:
            want = case.run.scores[here][query, key] * np.sqrt(Q.shape[1])
            got = as_numbers(student.one_entry(Q, K, query, key))
            where = f"{case.words}, query {query}, key {key}"
            if got.size == 1 and key > query and abs(got.ravel()[0]) in (0, np.inf):
                wrong(
                    "masked",
                    "Your query sees no later key. That is the mask, and it comes later: in Q Kᵀ each query "
                    "meets each key.",
                    ("input", where),
                )
            compare(
                got.reshape(()) if got.size == 1 else got,
                want,
                case=where,
                suspects=_wrong_entries(Q, K, query, key),
            )


def _wrong_entries(Q, K, query, key):
    """What usual mistakes make of one entry of Q Kᵀ."""
    return {
        "exchanged": (
            Q[key] @ K[query],
            "Query and key have changed places. Row i of the table belongs to the query of position i.",
        ),
        "scaled": (
            Q[query] @ K[key] / np.sqrt(Q.shape[1]),
            "This is a score: it is divided by the root already. Asked is the entry of Q Kᵀ itself.",
        ),
        "counted from 1": (
            Q[query - 1] @ K[key - 1],
            "You took the rows before those. The article counts positions from 1; here they count from 0.",
        ),
        "two queries": (
            Q[query] @ Q[key],
            "Two queries met here. What does position `key` offer to be found by?",
        ),
        "not added up": (
            Q[query] * K[key],
            "These are the products, place by place. One entry of a product of matrices is their sum.",
        ),
        "the whole row": (
            Q[query] @ K.T,
            "Your query has met every key. One of these numbers is asked for.",
        ),
    }


def test_causal_pattern(student):
    for case in cases(student):
        here = _some_head(case)
        S = case.run.scores[here]  # [query, key]
        with np.errstate(all="ignore"):
            got = as_numbers(student.causal_pattern(S))
        _see_numbers(got, S.shape, case.words)
        compare(
            got,
            case.run.pattern[here],
            axes=("query", "key"),
            case=case.words,
            suspects=_wrong_patterns(S),
        )


def _wrong_patterns(S):
    """What usual mistakes make of scores [query, key]."""
    earlier = np.tri(len(S), dtype=bool)  # [query, key]   True where key ≤ query
    masked = np.where(earlier, S, -np.inf)  # [query, key]
    weights = np.exp(masked)  # [query, key]
    return {
        "no mask": (
            _softmax(S),
            "Your rows sum to 1, but there is weight above the diagonal: position 0 looks at positions that "
            "come after it.",
        ),
        "mask after the softmax": (
            np.where(earlier, _softmax(S), 0),
            "Nobody looks at a later position, but your first row does not sum to 1. The weight of the "
            "later positions was thrown away. When must they be taken out, so that it is shared among the "
            "others?",
        ),
        "zero in place of minus infinity": (
            _softmax(np.where(earlier, S, 0)),
            "Later positions still get weight. Their scores were set to 0, it seems: what is `np.exp(0)`?",
        ),
        "mask the wrong way round": (
            _softmax(np.where(earlier.T, S, -np.inf)),
            "Each position looks at itself and at what comes after it. The last row has a single weight: "
            "which row should have only one?",
        ),
        "over queries": (
            _softmax(masked.T).T,
            "The mask is right, but it is your columns that sum to 1. A query shares its weight out among "
            "the keys: along which axis do you find them?",
        ),
        "over queries, no mask": (
            _softmax(S.T).T,
            "It is your columns that sum to 1, and there is weight above the diagonal. A query shares its "
            "weight out among the keys that it may see.",
        ),
        "sums along the wrong axis": (
            weights / weights.sum(axis=1),
            "The sums are those of the rows, but column j was divided by the sum of row j. Look at the "
            "shape of the sums, and at how numpy lines it up with the table.",
        ),
        "one position too many": (
            _softmax(np.where(np.tri(len(S), k=1, dtype=bool), S, -np.inf)),
            "The mask is off by one: each position still sees the one right after it.",
        ),
        "the pattern transposed": (
            _softmax(masked).T,
            "The right weights, with rows and columns exchanged. Row i belongs to the query of position i.",
        ),
        "not divided": (
            weights,
            "The mask is right, and these are the exponentials. Their rows do not sum to 1 yet.",
        ),
        "only masked": (
            np.where(earlier, S, 0),
            "These are scores with the later ones set to zero. A pattern holds weights: none is negative, "
            "and each row sums to 1.",
        ),
    }


def _see_numbers(got, shape, words):
    """Tell apart the usual ways to NaN. Raises: Wrong."""
    if got.shape != shape or np.isfinite(got).all():
        return
    spoilt = [row for row in range(len(got)) if np.isnan(got[row]).any()]
    rows = (("input", words), ("rows with NaN", ", ".join(map(str, spoilt)) or "none"))
    if (got == -np.inf).any() and not spoilt:
        wrong(
            "masked scores",
            "There is −∞ above the diagonal: these are masked scores. A pattern holds weights, from 0 to 1.",
            *rows,
        )
    if spoilt == [0] and len(got) > 1:
        wrong(
            "own position masked",
            "Your first row is NaN: no key was left for it. Which keys may position 0 look at?",
            *rows,
        )
    if len(spoilt) == len(got) and len(got) > 1:
        wrong(
            "zero times infinity",
            "There is NaN in every row. If you multiplied a mask of zeros and ones by infinity: what is 0 · "
            "∞? Choose between two numbers instead of multiplying.",
            *rows,
        )


def test_one_row(student):
    for case in cases(student):
        here = _some_head(case)
        A, V, Z = case.run.pattern[here], case.run.v[here], case.run.z[here]
        for position in (3, 1) if len(V) > 1 else (0,):
            compare(
                student.one_row(A, V, position),
                Z[position],
                axes=("d_head",),
                case=f"{case.words}, position {position}",
                suspects=_wrong_rows(A, V, position),
            )


def _wrong_rows(A, V, position):
    """What usual mistakes make of one row of A V."""
    weights = A[position]  # [key]
    return {
        "column of the pattern": (
            A[:, position] @ V,
            "You took how much the others look at this position. Asked is what it receives: where in A stand "
            "its own weights?",
        ),
        "most looked at": (
            V[np.argmax(weights)],
            "This is the value that the position looks at most. The others come in too, each with its "
            "weight.",
        ),
        "plain average": (
            V[: position + 1].mean(axis=0),
            "All values that it may see come in alike here. The pattern says how much of each.",
        ),
        "weights left out": (
            V.sum(axis=0),
            "The values are added up as they are. Each has a weight.",
        ),
        "its own value": (
            V[position],
            "This is what the position itself offers. What does it take from the others?",
        ),
        "counted from 1": (
            A[position - 1] @ V,
            "This is the row before. Positions count from 0.",
        ),
        "not added up": (
            weights[:, None] * V,
            "Each value has its weight, and they are not added up yet. One row is asked for.",
        ),
        "weights alone": (
            weights,
            "These are the weights, one for each position. What do they weigh?",
        ),
    }


def test_one_head(student):
    for case in cases(student):
        here = _some_head(case)
        X = case.run.resid_pre[here[0]]  # [pos, d_model]
        weights = [getattr(case.model, name)[here] for name in ("W_Q", "W_K", "W_V", "W_O")]
        with np.errstate(all="ignore"):
            got = as_numbers(student.one_head(X, *weights))
        _see_numbers(got, X.shape, case.words)
        compare(
            got,
            case.run.head_out[here],
            axes=("pos", "d_model"),
            case=case.words,
            suspects=_wrong_heads(X, *weights),
        )


def _wrong_heads(X, W_Q, W_K, W_V, W_O):
    """What usual mistakes make of a head; its output is [pos, d_model]."""
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V  # [pos, d_head] each
    products = Q @ K.T  # [query, key]
    S = products / np.sqrt(W_Q.shape[1])  # [query, key]
    earlier = np.tri(len(X), dtype=bool)  # [query, key]   True where key ≤ query

    def masked(scores):
        return np.where(earlier, scores, -np.inf)  # [query, key]

    A = _softmax(masked(S))  # [query, key]
    return {
        "no mask": (
            _softmax(S) @ V @ W_O,
            "Your first position takes something from later ones. No mask, it seems: what may position 0 "
            "look at?",
        ),
        "not scaled": (
            _softmax(masked(products)) @ V @ W_O,
            "The pattern is too sure of itself: the products of queries and keys went into the softmax as "
            "they are.",
        ),
        "root of d_model": (
            _softmax(masked(products / np.sqrt(len(W_Q)))) @ V @ W_O,
            "The scores are divided by the root of d_model. How many terms has the sum that makes one score?",
        ),
        "not scaled, no mask": (
            _softmax(products) @ V @ W_O,
            "Two things are missing between the products of queries and keys and the softmax: one for the "
            "size of the numbers, one for the later positions.",
        ),
        "over queries": (
            _softmax(masked(S).T).T @ V @ W_O,
            "The softmax was taken over queries: the columns of your pattern sum to 1, not its rows.",
        ),
        "mask after the softmax": (
            np.where(earlier, _softmax(S), 0) @ V @ W_O,
            "Your first position writes less than its own value. The mask came after the softmax, it seems, "
            "and what it took away is missing.",
        ),
        "zero in place of minus infinity": (
            _softmax(np.where(earlier, S, 0)) @ V @ W_O,
            "A little of the later positions leaks in. What weight does a score of 0 get from the softmax?",
        ),
        "mask the wrong way round": (
            _softmax(np.where(earlier.T, S, -np.inf)) @ V @ W_O,
            "Your last position writes its own value alone, and the first one mixes all. The mask is the "
            "wrong way round.",
        ),
        "queries and keys exchanged": (
            _softmax(masked(S.T)) @ V @ W_O,
            "Queries and keys have changed places: your rows ask with W_K. Whose row is row i of the scores?",
        ),
        "pattern transposed": (
            A.T @ V @ W_O,
            "The pattern is the wrong way round: your last position sends its value to earlier ones. Row i "
            "of A says what position i receives.",
        ),
        "not mixed": (
            V @ W_O,
            "Every position writes its own value. The pattern has not moved anything yet.",
        ),
        "not written": (
            A @ V,
            "This is the mixture of values, and it is right. It is d_head wide: what takes it back to the "
            "stream?",
        ),
        "scores in place of a pattern": (
            np.where(earlier, S, 0) @ V @ W_O,
            "The values are mixed with scores. A pattern holds weights, and its rows sum to 1.",
        ),
        "with the stream": (
            X + A @ V @ W_O,
            "This is the stream after the head. What the head adds to it is asked for.",
        ),
    }


def test_pattern_expression(student):
    for rng in student.draws(2):
        layer, head = int(rng.integers(3)), int(rng.integers(2))
        X, W_Q, W_K = symbol("X", layer), symbol("W_Q", layer, head), symbol("W_K", layer, head)
        derived = derive("attention-head", layers=3, heads=2, layer=layer, head=head).result.rhs
        (pattern,) = (node for node in nodes(derived) if isinstance(node, RowSoftmax))
        got = as_expression(student.pattern_expression(X, W_Q, W_K))
        equate(rewrite(got, _number_inside), pattern, suspects=_wrong_expressions(X, W_Q, W_K))


def _number_inside(node):
    """mask(S)/√d_h is mask(S/√d_h): a positive number may stand on either side of the mask."""
    if not isinstance(node, MatMul):
        return node
    numbers = [factor for factor in node.args if not is_matrix(factor)]
    matrices = [factor for factor in node.args if is_matrix(factor)]
    if len(matrices) != 1 or not isinstance(matrices[0], CausalMask):
        return node
    positive = all(number.is_positive for number in numbers)
    return CausalMask(product(*numbers, matrices[0].args[0])) if positive else node


def _wrong_expressions(X, W_Q, W_K):
    """What usual mistakes make of the pattern in symbols."""
    products = product(product(X, W_Q), transpose(product(X, W_K)))
    S = product(1 / sqrt(d_h), products)
    return {
        "no mask": (
            RowSoftmax(S),
            "The scores are right, and so is the softmax. In a language model a query does not see every "
            "key.",
        ),
        "mask outside": (
            CausalMask(RowSoftmax(S)),
            "The mask acts on weights that already sum to 1. Which of the two functions comes first?",
        ),
        "not scaled": (
            RowSoftmax(CausalMask(products)),
            "The order is right. But these are products of queries and keys: what makes scores of them?",
        ),
        "not scaled, no mask": (
            RowSoftmax(products),
            "Two things are missing between these products and the softmax: one for the size of the "
            "numbers, one for the later positions.",
        ),
        "divided by d_h": (
            RowSoftmax(CausalMask(product(1 / d_h, products))),
            "The order is right, but the products are divided by d_h itself. How does the size of such a "
            "sum grow with d_h?",
        ),
        "multiplied by the root": (
            RowSoftmax(CausalMask(product(sqrt(d_h), products))),
            "The order is right, but the products have become larger by the root.",
        ),
        "divided outside": (
            product(1 / sqrt(d_h), RowSoftmax(CausalMask(products))),
            "The weights are divided, so that their rows no longer sum to 1. What is it that is too large?",
        ),
        "keys ask": (
            RowSoftmax(CausalMask(transpose(S))),
            "Queries and keys have changed places: row i of your scores belongs to key i.",
        ),
        "only masked": (
            CausalMask(S),
            "These are masked scores. What makes weights of them?",
        ),
        "only scores": (
            S,
            "These are the scores, and they are right. The pattern is made from them by two functions.",
        ),
    }


def _some_head(case):
    """A random (layer, head) of a case's model."""
    return int(case.rng.integers(case.config.n_layers)), int(case.rng.integers(case.config.n_heads))


def _softmax(S):
    """Softmax over the rows of S [query, key]."""
    weights = np.exp(S - S.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)
