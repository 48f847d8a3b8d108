"""Checks for lesson 09. Each runs in a notebook, in the page, under pytest and in a batch."""

import numpy as np

from ovlearn import Config, Transformer
from ovlearn.exercises import compare, equal, wrong
from ovlearn.exercises.comparing import as_numbers, judge_letters, letters
from ovlearn.exercises.drawing import cases

BLOCKED = {
    "small_circuit": (
        "circuits.copying._of_heads",
        "circuits.eigenvalues",
        "numeric.FactoredMatrix.eigenvalues",
    ),
    "copying_score": ("circuits.copying_score", "circuits.eigenvalues"),
    "copied_share": ("circuits.copying_accuracy", "circuits.top_outputs"),
    "copying_head": ("numeric.zoo.load",),
}

ROUNDING = 1e-5  # what float32 leaves, beside the size of the thing
NEAR = 1e-4  # of a score, which lies between −1 and 1
APART = 0.02  # so far must scores lie apart that are to tell mistakes apart
MARGIN = 1e-6  # of a token's own gain: by so much every other must stay below it


def test_small_circuit(student):
    for case in cases(student, n_layers=1, n_heads=1):
        weights = _of_one_head(case.model)
        W_E, W_V, W_O, W_U = weights
        C = W_E @ W_V @ W_O @ W_U  # [d_vocab, d_vocab]
        got = as_numbers(student.small_circuit(*weights))
        rows = (("input", case.words), ("your shape", str(list(got.shape))))
        if not np.isfinite(got).all():
            wrong("not finite", "There are entries that are no finite numbers (NaN or infinity).", *rows)
        small = (case.config.d_head,) * 2
        if got.shape == small and _share_eigenvalues(got, C, C):
            continue
        for mistake, (value, says) in _other_small(*weights).items():
            if got.shape == value.shape and _share_eigenvalues(got, value, C):
                wrong(mistake, says, *rows)
        if got.shape != small:
            _see_shape(got, C, case, rows)
        wrong("values", "The shape is right, but its eigenvalues are not those of the circuit.", *rows)


def _of_one_head(model):
    return model.W_E, model.W_V[0, 0], model.W_O[0, 0], model.W_U


def _share_eigenvalues(one, other, C):
    """Whether two square matrices have the same eigenvalues but for zeros, to the rounding of C's size.

    They have if the sums of the powers of their eigenvalues agree: these are traces.
    """
    size, power, theirs = np.linalg.norm(C), one, other
    for exponent in range(1, min(len(one), len(other)) + 1):
        if not abs(np.trace(power) - np.trace(theirs)) <= ROUNDING * size**exponent:
            return False
        power, theirs = power @ one, theirs @ other
    return True


def _other_small(W_E, W_V, W_O, W_U):
    """What usual mistakes give, in the right shape; each has other eigenvalues."""
    P, Q, h = W_E @ W_V, W_O @ W_U, W_V.shape[1]
    return {
        "a corner": (
            P[:h] @ Q[:, :h],
            "This is a corner of the large table: what the first few tokens do to each other. The "
            "eigenvalues belong to the whole table.",
        ),
        "without the embeddings": (
            W_O @ W_V,
            "These are the eigenvalues of W_OV alone. The circuit goes from token to token: what stands in "
            "front of W_V, and what behind W_O?",
        ),
        "embeddings turned round": (
            W_O @ W_E.T @ W_U.T @ W_V,
            "W_E and W_U have changed places, and stand transposed so that the shapes fit. Go round the "
            "circuit from W_O on: which matrix follows it in the product?",
        ),
        "squares of one factor": (
            P.T @ P,
            "This is W_E W_V, multiplied by its own transpose. It knows nothing of what the head writes.",
        ),
        "squares of the other factor": (
            Q @ Q.T,
            "This is W_O W_U, multiplied by its own transpose. It knows nothing of what the head reads.",
        ),
        "singular values": (
            np.diag(np.linalg.svd(P @ Q)[1][:h]),
            "These are the singular values of the circuit. They say how much it stretches, and are never "
            "negative. Eigenvalues say what is turned into itself.",
        ),
        "squared singular values": (
            P.T @ P @ Q @ Q.T,
            "This has the squares of the singular values. They belong to C Cᵀ. Eigenvalues belong to C.",
        ),
    }


def _see_shape(got, C, case, rows):
    """Tell apart the usual wrong shapes, and name any other. Raises: Wrong."""
    d_model, d_head, d_vocab = case.config.d_model, case.config.d_head, case.config.d_vocab
    if got.shape in ((d_model, d_model), (d_vocab, d_vocab)) and _share_eigenvalues(got, C, C):
        name, width = ("the whole table", "d_vocab") if len(got) == d_vocab else ("the stream's", "d_model")
        wrong(
            name,
            f"It has the right eigenvalues, and zeros besides, as it is [{width}, {width}]. Go on round the "
            "circuit: where is it narrowest?",
            *rows,
        )
    if got.shape == (d_head,) and _share_eigenvalues(np.diag(got), C, C):
        wrong(
            "a list of them",
            "These are the eigenvalues, and they are right. Asked is a matrix that has them: you had one in "
            "your hand.",
            *rows,
        )
    wrong("shape", f"The shape is not right: [d_head, d_head] = [{d_head}, {d_head}] was expected.", *rows)


def test_copying_score(student):
    for number, rng in enumerate(student.draws(4)):
        weights, words = _telling_head(rng, negative=number % 2 == 1)
        got, want = as_numbers(student.copying_score(*weights)), _score(_table(*weights))
        if got.shape == () and abs(got - want) <= NEAR:
            continue
        compare(got, np.array(want), case=words, suspects=_other_scores(*weights))


def _table(W_E, W_V, W_O, W_U):
    return W_E @ W_V @ W_O @ W_U  # [d_vocab, d_vocab]


def _score(C):
    """The copying score, from all eigenvalues of the table: the zeros do no harm."""
    values = np.linalg.eigvals(C)  # [d_vocab]
    return values.sum().real / np.abs(values).sum()


def _telling_head(rng, *, negative):
    """A random head with a score of this sign, for which the usual mistakes give numbers of their own."""
    for _ in range(1000):  # about every thirtieth draw will do
        d_head, d_model, d_vocab = int(rng.integers(3, 6)), int(rng.integers(7, 9)), int(rng.integers(10, 14))
        config = Config(1, 1, d_model, d_head, d_vocab, n_ctx=1)
        weights = _of_one_head(Transformer.random(config, seed=int(rng.integers(2**31))))
        want = _score(_table(*weights))
        values = {name: value for name, (value, _) in _other_scores(*weights).items()}
        if not negative:
            del values["a size above the line"]  # which is the score itself here
        apart = np.diff(np.sort([want, 0, *values.values()])).min()
        if apart > APART and (want < -0.1 if negative else want > 0.1):
            break
    return weights, f"d_model={d_model}, d_head={d_head}, d_vocab={d_vocab}"


def _other_scores(W_E, W_V, W_O, W_U):
    C, d_head = _table(W_E, W_V, W_O, W_U), W_V.shape[1]
    values = np.linalg.eigvals(W_O @ W_U @ W_E @ W_V)  # [d_head]
    total, sizes = values.sum().real, np.abs(values).sum()
    return {
        "a size above the line": (
            abs(total) / sizes,
            "The score cannot become negative here: the sum above the line has lost its sign. A head may "
            "lower what it looks at.",
        ),
        "sizes of real parts": (
            total / np.abs(values.real).sum(),
            "Below the line stand the sizes of the real parts. A complex number is larger than its real "
            "part: a pair that only turns should count against the score.",
        ),
        "not divided": (
            total,
            "This is the sum of the eigenvalues. It grows with the weights. What is it divided by?",
        ),
        "the mean over the head": (
            total / d_head,
            "This is the mean of the eigenvalues: it grows with the weights. The sum is to be divided by a "
            "sum of sizes, not by a count.",
        ),
        "the mean over tokens": (
            total / len(C),
            "This is the mean of all eigenvalues of the table, zeros included. The sum is to be divided by a "
            "sum of sizes, not by a count.",
        ),
        "directions alone": (
            float((values.real / np.abs(values)).mean()),
            "Each eigenvalue is divided by its own size, so that all count alike. In the score large ones "
            "count more: add first, then divide.",
        ),
        "the share of positive ones": (
            float((values.real > 0).mean()),
            "This is the share of eigenvalues with a positive real part. How large they are has no say "
            "in it.",
        ),
        "without the embeddings": (
            _score(W_V @ W_O),
            "This is the score of W_OV. It is about the directions of the stream. The circuit goes from "
            "token to token: what stands around W_OV?",
        ),
        "embeddings turned round": (
            _score(W_U.T @ W_V @ W_O @ W_E.T),
            "W_E and W_U have changed places, and stand transposed so that the shapes fit. Which of them "
            "does a token meet first?",
        ),
        "the diagonal": (
            float(np.trace(C) / np.abs(np.diag(C)).sum()),
            "Your sums run over the diagonal of the table. Its sum is that of the eigenvalues, but the sum "
            "of its sizes is another one.",
        ),
        "singular values": (
            float(total / np.linalg.svd(C)[1].sum()),
            "Below the line stand the singular values. They say how much the circuit stretches, and are at "
            "least as large in sum as the sizes of its eigenvalues.",
        ),
    }


def test_copying_score__undefined(student):
    for rng in student.draws(2):
        weights, words = _one_way(rng)
        got = as_numbers(student.copying_score(*weights))
        rows = (("input", f"some tokens raise others, and these raise nothing; {words}"),)
        if got.shape != ():
            wrong("shape", "The score is a single number.", *rows)
        if np.isnan(got):
            continue
        rows += (("your score", f"{got:.4g}"),)
        if got == 0:
            wrong(
                "zero where there is none",
                "Here all eigenvalues are 0. A score of 0 would say that what raises itself and what lowers "
                "itself are in balance. There is nothing to balance: 0/0 is NaN.",
                *rows,
            )
        if abs(got) == 1:
            wrong(
                "one where there is none",
                "Here all eigenvalues are 0, so no mixture of tokens raises itself. 0/0 is NaN.",
                *rows,
            )
        wrong("defined", "Here all eigenvalues are 0: there is no score, and 0/0 is NaN.", *rows)


def _one_way(rng):
    """A head that maps some tokens to others and these to nothing: its eigenvalues are 0 exactly."""
    d_head, d_vocab = int(rng.integers(2, 4)), int(rng.integers(8, 11))
    looked_at, raised = np.split(rng.permutation(d_vocab)[: 2 * d_head], 2)
    W_E = np.eye(d_vocab, 2 * d_vocab)  # [d_vocab, d_model]   one half of the stream holds the token
    W_U = np.eye(2 * d_vocab, d_vocab, k=-d_vocab)  # [d_model, d_vocab]   the other half is read
    W_V, W_O = np.zeros((2 * d_vocab, d_head)), np.zeros((d_head, 2 * d_vocab))
    W_V[looked_at, np.arange(d_head)] = rng.integers(1, 4, size=d_head)
    W_O[np.arange(d_head), d_vocab + raised] = rng.integers(1, 4, size=d_head)
    return (W_E, W_V, W_O, W_U), f"d_model={2 * d_vocab}, d_head={d_head}, d_vocab={d_vocab}"


def test_copied_share(student):
    for rng, k in zip(student.draws(4), (3, 4, 5, 1), strict=True):
        A, B = _telling_factors(rng, k)
        words = f"d_vocab={len(A)}, d_head={len(B)}, k={k}"
        equal(
            student.copied_share(A, B, k),
            _share_by_counting(A, B, k),
            says=f"That is not the share for {words}.",
            suspects=_other_shares(A, B, k),
        )


def _share_by_counting(A, B, k):
    """The share, token by token: each looks for itself among its own k most raised ones."""
    hits = 0
    for token, reads in enumerate(A):
        changes = [float(reads @ writes) for writes in B.T]
        most_raised = sorted(range(len(A)), key=lambda other: -changes[other])[:k]
        hits += token in most_raised
    return hits / len(A)


def _telling_factors(rng, k):
    """Factors A, B of a head that copies by halves; usual mistakes give numbers of their own if k is above 2.

    Below that some always give the same: a check with such a k comes last.
    """
    for _ in range(100):  # about every second draw will do
        d_vocab, d_head = int(rng.choice([41, 43, 47])), int(rng.integers(6, 10))
        A = rng.normal(size=(d_vocab, d_head))  # [d_vocab, d_head]
        B = 0.7 * A.T + rng.normal(size=(d_head, d_vocab))  # [d_head, d_vocab]
        want = _share_by_counting(A, B, k)
        values = [want, *(value for value, _ in _other_shares(A, B, k).values())]
        tells = k < 3 or len(set(np.round(values, 9))) == len(values)
        if want > 0 and tells and _own_gap(A @ B) > 10 * ROUNDING:
            break
    return A, B


def _own_gap(C):
    """How near another gain comes to a token's own one, in any row: float32 must not decide an order."""
    gaps = np.abs(C - np.diag(C)[:, None])  # [token looked at, token raised]
    return gaps[~np.eye(len(C), dtype=bool)].min()


def _other_shares(A, B, k):
    C = A @ B  # [token looked at, token raised]
    own, v = np.diag(C), len(C)

    def share(larger):
        return int((larger < k).sum()) / v

    larger = (own[:, None] < C).sum(axis=1)  # [token looked at]
    return {
        "columns": (
            share((own < C).sum(axis=0)),
            "Here each token is compared with the others of its column: with all tokens that raise *it*. "
            "Which axis holds what one token raises?",
        ),
        "one too many": (
            share(larger - 1),
            "This lets a token through if there are `k` others that it raises more. How many others may "
            "there be if it is to be among the `k`?",
        ),
        "one too few": (
            share(larger + 1),
            "This is the share for one place less: with `k` at 1, no token could ever be counted. How many "
            "others may be raised more than the token itself?",
        ),
        "k left out": (
            share(larger + k - 1),
            "This counts the tokens that raise themselves most of all. A token may be raised less than some "
            "others and still be among the `k`.",
        ),
        "most lowered": (
            share((own[:, None] > C).sum(axis=1)),
            "This looks for each token among those that it lowers most. From which end does your sorting "
            "begin?",
        ),
        "by size alone": (
            share((np.abs(C) > np.abs(own)[:, None]).sum(axis=1)),
            "This goes by the size of the change, whatever its sign. Some of these logits fall.",
        ),
        "raised at all": (
            float((own > 0).mean()),
            "This is the share of tokens whose own logit rises. Others may rise more.",
        ),
        "a count": (
            int((larger < k).sum()),
            "This is how many tokens there are. Asked is their share of the vocabulary.",
        ),
        "divided by k": (
            share(larger) / k,
            "The right tokens are counted, but then divided by `k` as well. Each token can be found at most "
            "once in its row.",
        ),
    }


def test_lowers_itself(student):
    for rng in student.draws(4):
        first, second = (int(one) / 2 for one in rng.choice(np.arange(3, 12), size=2, replace=False))
        amount = int(rng.integers(2, 9)) + 0.25  # so that no usual entry equals another by chance
        M = _two_by_two(student.lowers_itself(first, second, amount))
        rows = (
            ("asked for", f"eigenvalues {first:g} and {second:g}; token 0 lowered by {amount:g}"),
            ("your eigenvalues", " and ".join(f"{one:.4g}" for one in np.linalg.eigvals(M))),
            ("token 0 does to itself", f"{M[0, 0]:+.4g}"),
        )
        _judge_table(M, first, second, amount, rows)


def _two_by_two(got):
    numbers = as_numbers(got)
    if numbers.shape != (2, 2):
        wrong("shape", f"A table of [2, 2] was expected, and this is {list(numbers.shape)}.")
    if numbers.dtype.kind == "c":
        wrong("complex", "A circuit holds real numbers, and these are complex. Real ones can do it.")
    if not np.isfinite(numbers).all():
        wrong("not finite", "There are entries that are no finite numbers (NaN or infinity).")
    return numbers.astype(float)


def _judge_table(M, first, second, amount, rows):
    """See that a table has these eigenvalues, by their sum and product, and lowers token 0. Raises: Wrong."""
    (a, b), (c, d) = M.tolist()  # Python's numbers, which overflow in silence
    sum_right = _agree(a + d, first + second, abs(a) + abs(d))
    # not beside the size of b c: large entries would make any product right
    product_right = _agree(a * d - b * c, first * second, abs(a * d) + first * second)
    lowered = _agree(a, -amount, amount)
    if sum_right and product_right and lowered:
        return
    if np.array_equal(M, [[-1, 3], [-2, 4]]):
        wrong(
            "the lesson's table",
            "This is the lesson's table, whatever was asked for. What makes it work there? Do the same for "
            "other numbers.",
            *rows,
        )
    if sum_right and product_right:
        _see_diagonal(a, d, amount, rows)
    if _agree(a, first, first) and _agree(d, second, second):
        wrong(
            "eigenvalues on the diagonal",
            "The eigenvalues stand on the diagonal. There token 0 raises itself. Only the *sum* of the "
            "diagonal is that of the eigenvalues.",
            *rows,
        )
    if lowered and b * c == 0:
        wrong(
            "triangular",
            "One of the two entries beside the diagonal is 0. Then the eigenvalues are the entries of the "
            "diagonal, and one of those is negative.",
            *rows,
        )
    if lowered and b == c:
        wrong(
            "symmetric",
            "Your table is symmetric. Its eigenvectors are at right angles, and then no entry of the "
            "diagonal can be below the smallest eigenvalue.",
            *rows,
        )
    if _agree(a + d, -first - second, abs(a) + abs(d)) and product_right:
        wrong("both negative", "Both eigenvalues are negative here. Their product alone cannot tell.", *rows)
    if lowered and sum_right and _agree(b * c, first * second - a * d, abs(a * d) + first * second):
        wrong(
            "the product's sign",
            "The sum is right. The product of the eigenvalues is the determinant: check the sign with which "
            "the two entries beside the diagonal enter it.",
            *rows,
        )
    if sum_right:
        wrong(
            "the sum alone",
            "The eigenvalues have the right sum, but not the right product. Which entries are still free?",
            *rows,
        )
    if product_right:
        wrong(
            "the product alone",
            "The eigenvalues have the right product, but not the right sum. Which entries does the sum fix?",
            *rows,
        )
    wrong("values", "These are not the eigenvalues asked for.", *rows)


def _agree(got, want, size):
    return abs(got - want) <= ROUNDING / 10 * size


def _see_diagonal(a, d, amount, rows):
    """Why a table with the right eigenvalues is not right. Raises: Wrong."""
    if _agree(d, -amount, amount):
        wrong(
            "the other token",
            "It is token 1 that lowers itself here. Where does the own entry of token 0 stand?",
            *rows,
        )
    if _agree(a, amount, amount):
        wrong(
            "raised by the amount",
            "The eigenvalues are right, but token 0 is raised by that amount. What is the sign of an entry "
            "that lowers?",
            *rows,
        )
    if a >= 0:
        wrong(
            "not lowered",
            "The eigenvalues are right, but looking at token 0 does not lower it.",
            *rows,
        )
    wrong(
        "another amount", "The eigenvalues are right, and token 0 is lowered, but by another amount.", *rows
    )


def test_eigenvalues_decide(student):
    chosen = letters(student.eigenvalues_decide, "abcdefgh")
    truth = _decided(*student.draws(1))
    judge_letters(
        chosen,
        truth,
        none=("Some of these can be computed from the eigenvalues. Begin with the definition of the score."),
        included=_NOT_DECIDED,
        left_out=_DECIDED,
    )


_NOT_DECIDED = {
    "c": (
        "rank",
        "You count the rank among them. The table [[0, 1], [0, 0]] has no eigenvalue but 0. What is its "
        "rank?",
    ),
    "d": (
        "raising oneself most",
        "You count the share of tokens that raise themselves most. The lesson has a head whose score is "
        "above 0.9. Look at that share there.",
    ),
    "e": (
        "singular values",
        "You count the singular values. The lesson's table of two tokens and diag(1, 2) have the same "
        "eigenvalues. How large are the entries of the one, and of the other?",
    ),
    "g": (
        "lowering oneself",
        "You count the tokens that lower themselves. How many are there in the lesson's table of two tokens, "
        "and how many in diag(1, 2)?",
    ),
}

_DECIDED = {
    "a": ("the score left out", "Look at the definition of the copying score. What stands in it?"),
    "b": (
        "the trace left out",
        "Look at the sum over all tokens again. No single term of it is known, but it is a trace.",
    ),
    "f": (
        "columns left out",
        "Look at the paper's circuit again. It is the transpose of this one. What does det(C − λ) become?",
    ),
    "h": (
        "the sign left out",
        "Look at the head with −W_O again. What happens to each eigenvalue if the whole table changes its "
        "sign?",
    ),
}


def _decided(rng):
    """The letters of what came out alike in many pairs of tables with the same eigenvalues."""
    alike = set("abcdefgh")
    for _ in range(20):
        first, second = (_quantities(C) for C in _same_eigenvalues(rng))
        alike -= {letter for letter in alike if not np.allclose(first[letter], second[letter], atol=1e-4)}
    return alike


def _same_eigenvalues(rng):
    """Two tables [5, 5] with the same eigenvalues: a pair, one more, and 0 twice."""
    angle, size = rng.uniform(0.3, 2.8), rng.uniform(1, 2)
    tables = []
    for step in (0, 1):  # beside the two zeros, 0 or 1: this changes the rank, and no eigenvalue
        D = np.zeros((5, 5))
        D[:2, :2] = size * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        D[2, 2], D[3, 4] = -size * np.cos(angle) / 3 + 1, step
        basis = np.linalg.qr(rng.normal(size=(5, 5))).Q * rng.uniform(0.5, 2, size=5)  # [5, 5]
        tables.append(basis @ D @ np.linalg.inv(basis))
    return tables


def _quantities(C):
    own = np.diag(C)  # [token]
    return {
        "a": _score(C),
        "b": own.sum(),
        "c": np.linalg.matrix_rank(C, tol=1e-9),
        "d": np.mean(C.argmax(axis=1) == np.arange(len(C))),
        "e": np.linalg.svd(C)[1],
        "f": np.poly(C.T).real,  # the coefficients of det(λ − Cᵀ), which know the eigenvalues and no order
        "g": (own < 0).sum(),
        "h": _score(-C),
    }


def test_copying_head(student):
    for number, rng in enumerate(student.draws(3)):
        d_head = int(rng.integers(3, 5))
        d_model = d_head + int(rng.integers(2, 5))
        d_vocab = d_model + int(rng.integers(5, 9))
        d_vocab += (d_vocab + number) % 2  # now even, now odd: opposite tokens around a circle may coincide
        sizes = {"d_vocab": d_vocab, "d_model": d_model, "d_head": d_head}
        weights = _four(student.copying_head(*sizes.values()), sizes)
        C = _gains(*weights)  # [token looked at, token raised]
        if _copies(C):
            continue
        right = _own_is_largest(C)  # [token]
        token = int(np.argmin(right))
        rows = (
            ("sizes", ", ".join(f"{name}={size}" for name, size in sizes.items())),
            ("tokens that raise themselves most", f"{int(right.sum())} of {d_vocab}"),
            ("first that does not", f"token {token} gains {C[token, token]:.4g} where it is looked at"),
            ("largest other gain there", f"{np.delete(C[token], token).max():.4g}"),
        )
        _why_not_copied(C, weights, rows)


def _four(got, sizes):
    """The matrices of an answer: a tuple, a dict of names, or a Transformer of one head. Raises: Wrong."""
    names = ("W_E", "W_V", "W_O", "W_U")
    if isinstance(got, Transformer):
        got = {name: getattr(got, name) for name in names}
    if isinstance(got, dict):
        got = tuple(got[name] for name in names if name in got)
    if not isinstance(got, tuple | list) or len(got) != 4:
        wrong("not four", "Four matrices are asked for: return them as a tuple, `W_E, W_V, W_O, W_U`.")
    axes = (("d_vocab", "d_model"), ("d_model", "d_head"), ("d_head", "d_model"), ("d_model", "d_vocab"))
    return [
        _one_of_four(name, as_numbers(one), axis, tuple(sizes[each] for each in axis))
        for name, one, axis in zip(names, got, axes, strict=True)
    ]


def _one_of_four(name, matrix, axes, shape):
    """A matrix of real finite numbers in this shape; axes of one layer and one head may stand before it."""
    if matrix.shape == (1, 1, *shape):
        matrix = matrix[0, 0]
    rows = ((f"your {name}", str(list(matrix.shape))), ("expected", f"[{', '.join(axes)}] = {list(shape)}"))
    if matrix.shape == shape[::-1]:
        wrong(
            f"{name} transposed",
            f"`{name}` is the wrong way round. Rows are what comes in, columns are what goes out.",
            *rows,
        )
    if matrix.shape != shape:
        wrong("shape", f"`{name}` has not the right shape.", *rows)
    if matrix.dtype.kind == "c":
        wrong("complex", f"`{name}` holds complex numbers. Weights are real.", *rows)
    if not np.isfinite(matrix).all():
        wrong("not finite", f"There are entries in `{name}` that are no finite numbers.", *rows)
    return matrix.astype(float)


def _gains(W_E, W_V, W_O, W_U):
    """What the head adds to the logits where it looks at each token: from a run on each token alone.

    A positive factor of a matrix changes no comparison, so each is brought to 1 first: nothing overflows.
    """
    W_E, W_V, W_O, W_U = (M / (np.abs(M).max() or 1.0) for M in (W_E, W_V, W_O, W_U))
    config = Config(1, 1, d_model=W_E.shape[1], d_head=len(W_O), d_vocab=len(W_E), n_ctx=1)
    nothing = np.zeros((1, 1, *W_V.shape))  # one token: whatever a head asks for, it looks there
    model = Transformer(
        config, W_E=W_E, W_Q=nothing, W_K=nothing, W_V=W_V[None, None], W_O=W_O[None, None], W_U=W_U
    )
    run = model.run(np.arange(config.d_vocab)[:, None])  # each token as a text of its own
    return run.head_out[0, :, 0, 0] @ W_U  # [token looked at, token raised]


def _own_is_largest(C):
    """For each token: whether it is raised, and more than any other, where it is looked at."""
    own = np.diag(C)  # [token]
    others = np.where(np.eye(len(C), dtype=bool), -np.inf, C).max(axis=1)  # [token]
    return (own > 0) & (own - others >= MARGIN * own)


def _copies(C):
    return bool(_own_is_largest(C).all())


def _why_not_copied(C, weights, rows):
    """Name the mistake by what would repair it. Raises: Wrong."""
    own, largest = np.diag(C), C.max(axis=1)  # [token] each
    silent = np.abs(C).max(axis=1) <= 1e-12 * max(np.abs(C).max(), 1e-300)  # [token]
    if silent.any():
        wrong(
            "silent tokens",
            "For some tokens the head writes nothing at all. It seems that they were given no place in the "
            "few dimensions that the head reads. There are more tokens than dimensions: how can they share?",
            *rows,
            ("tokens without any effect", f"{int(silent.sum())} of {len(C)}"),
        )
    if _copies(-C):
        wrong(
            "lowers",
            "This head does the opposite: each token that it looks at, it lowers more than any other. Which "
            "one change turns all signs round?",
            *rows,
        )
    if sorted(C.argmax(axis=1)) == list(range(len(C))):
        wrong(
            "another token",
            "Each token raises one token most, and each time another one, but not itself. Compare the order "
            "of the rows of W_E with that of the columns of W_U.",
            *rows,
        )
    if (own > 0).all() and (largest - own <= MARGIN * own).all():
        wrong(
            "two tokens alike",
            "Some tokens are raised just as much as the one that is looked at: the head cannot tell them "
            "apart. Do their arrows have the same direction?",
            *rows,
        )
    if _copies_by_direction(*weights):
        wrong(
            "lengths",
            "The directions are right, the lengths are not: some tokens raise a neighbour more than "
            "themselves because its arrow is longer. What counts is the length that is left in the few "
            "dimensions of the head.",
            *rows,
        )
    values = np.linalg.eigvals(C)
    values = values[np.argsort(-np.abs(values))][: len(weights[2])]  # [d_head]
    if np.abs(values - values[0]).max() <= ROUNDING * np.abs(values[0]) and values[0].real > 0:
        wrong(
            "mixtures alone",
            "All eigenvalues of your circuit are positive and equal: every mixture of tokens that the head "
            "can tell apart raises itself. But the tokens do not. What does the score not see?",
            *rows,
        )
    _see_partners(*weights, rows)
    wrong("values", "Where the head looks at some tokens, it raises others more.", *rows)


def _copies_by_direction(W_E, W_V, W_O, W_U):
    """Whether each token's column has, of all, the direction nearest to its row."""
    writes = W_O @ W_U  # [d_head, d_vocab]
    lengths = np.linalg.norm(writes, axis=0)  # [d_vocab]
    return lengths.all() and _copies(_gains(W_E, W_V, W_O, W_U / lengths))


def _see_partners(W_E, W_V, W_O, W_U, rows):
    """Whether a matrix does not go back the way that its partner came. Raises: Wrong."""
    if _copies_by_direction(W_E, W_V, W_O, W_E.T):
        wrong(
            "W_U apart",
            "What the head writes for a token is the direction of that token, but W_U does not read it as "
            "such. Which column of W_U would answer most to what token 0 has in the stream?",
            *rows,
        )
    if _copies_by_direction(W_E, W_V, W_V.T, W_U):
        wrong(
            "W_O apart",
            "W_V takes each token's direction out of the stream, but W_O does not put it back to where W_U "
            "reads it. Which way leads back from the head's dimensions to those of the stream?",
            *rows,
        )
    if _copies_by_direction(W_E, W_V, W_V.T, W_E.T):
        wrong(
            "nothing goes back",
            "What the head writes has nothing to do with what it read, it seems: neither W_O nor W_U leads "
            "back to the directions of W_E and W_V. How is the way out related to the way in?",
            *rows,
        )
