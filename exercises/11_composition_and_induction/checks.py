"""Checks for lesson 11. Each runs in a notebook, in the page, under pytest and in a batch."""

from dataclasses import replace

import numpy as np

from ovlearn import Config, Transformer, circuits
from ovlearn.exercises import compare, equal, wrong
from ovlearn.exercises.comparing import as_numbers, close
from ovlearn.exercises.drawing import cases
from ovlearn.exercises.values import Unknown

_BY_HAND = ("zoo.load", "zoo.handmade.two_back", "zoo.handmade.induction_by_keys")
BLOCKED = {
    "composition": ("circuits.composition_scores", "circuits.composition._norms_of_products"),
    "virtual_head": ("circuits.virtual_head",),
    "two_back_weights": _BY_HAND,
    "induction_score": ("detect.induction", "detect._mean_on_diagonal", "detect._mean_on_copies"),
    "induction_weights": (*_BY_HAND, "zoo.handmade.induction_by_pointers"),
}
SIZES = {"n_layers": 3, "n_heads": 2}
SURE = 0.9  # the probability that the right token must get
ROUNDING = 1e-5  # of the largest number: what float32 leaves where there should be nothing


def test_composition(student):
    for case in cases(student, **SIZES):
        first, second = _two_heads(case.rng)
        for kind in "QKV":
            scores = circuits.composition_scores(case.model, kind)  # [layer, head, layer, head]
            equal(
                _number(student.composition(case.model, kind, first, second)),
                float(scores[first + second]),
                says=f"That is not the {kind}-composition score of {first} and {second}.",
                suspects=_other_scores(case.model, kind, first, second),
            )


def _two_heads(rng):
    """Two heads (layer, head) of different layers out of three, the earlier one first."""
    layers = sorted(int(layer) for layer in rng.permutation(3)[:2])
    return tuple((layer, int(rng.integers(2))) for layer in layers)


def _number(got):
    """One number, of whatever type and shape it came. Raises: Wrong for what is none."""
    if isinstance(got, str):
        wrong("type", "A number was expected, and this is text.")
    numbers = as_numbers(got)
    if numbers.size != 1:
        wrong("shape", "One number was expected.", ("your shape", str(list(numbers.shape))))
    return numbers.ravel()[0].item()


def _other_scores(model, kind, first, second):
    """What usual mistakes make of a score."""

    def norm(*matrices, order="fro"):
        product = matrices[0] if len(matrices) == 1 else np.linalg.multi_dot(matrices)
        return float(np.linalg.norm(product, order))

    def score(left, right):
        return norm(left, right) / (norm(left) * norm(right))

    def all_reads(head):
        W_Q, W_K, W_V, W_O = (getattr(model, name)[head] for name in ("W_Q", "W_K", "W_V", "W_O"))
        return {"Q": W_Q @ W_K.T, "K": W_K @ W_Q.T, "V": W_V @ W_O}  # [d_model, d_model] each

    reads, W_OV = all_reads(second), all_reads(first)["V"]  # W_OV: [d_model, d_model]
    M = reads[kind]
    side = getattr(model, f"W_{kind}")[second]  # [d_model, d_head]
    suspects = {
        "not normalised": (
            norm(W_OV, M),
            "This is the norm of the product. It grows with the weights of both heads, so it cannot be "
            "compared between pairs of heads. By what is it to be divided?",
        ),
        "squared": (
            score(W_OV, M) ** 2,
            "This is the square of the score. Which of your norms has lost its root?",
        ),
        "spectral norm": (
            norm(W_OV, M, order=2) / (norm(W_OV, order=2) * norm(M, order=2)),
            "These norms are largest singular values. The score takes Frobenius norms, which see all "
            "directions.",
        ),
        "one norm missing": (
            norm(W_OV, M) / norm(W_OV),
            "Divided by the norm of the first head's matrix alone. With larger weights in the second head, "
            "this number would grow.",
        ),
        "other norm missing": (
            norm(W_OV, M) / norm(M),
            "Divided by the norm of the second head's matrix alone. With larger weights in the first head, "
            "this number would grow.",
        ),
        "over the baseline": (
            score(W_OV, M) * np.sqrt(len(W_OV)),
            "This is how many times as large as between random heads the score is. A good question, but it "
            "is the score itself that is asked for.",
        ),
        "one side only": (
            score(W_OV, side),
            "Here only one of the second head's two matrices is in it. It reads through both: one of them "
            "says what it reads, the other how much that counts.",
        ),
        "wrong order": (
            score(M, W_OV),
            "The second head's matrix stands on the left, as it does in the paper, where vectors are "
            "columns. With row vectors, whose matrix does a row of the stream meet first?",
        ),
        "heads exchanged": (
            score(reads["V"], all_reads(first)[kind]),
            "Here `second` writes and `first` reads. Which of the two is in the earlier layer?",
        ),
        "first head transposed": (
            score(W_OV.T, M),
            "The first head's W_OV stands transposed: with that, the second head meets what the first one "
            "reads, and not what it writes.",
        ),
    }
    if kind in "QK":
        other = reads["K" if kind == "Q" else "Q"]
        suspects |= {
            "V for all kinds": (
                score(W_OV, reads["V"]),
                f"This is the V-composition score. You were asked for {kind}: queries and keys are made by "
                "other matrices than values.",
            ),
            "K as Q" if kind == "K" else "Q and K exchanged": (
                score(W_OV, other),
                "For K, this is the Q-composition score. The matrix is the same one, but it is read from "
                "its other end: which of its two sides makes keys?"
                if kind == "K"
                else "This is the K-composition score; you were asked for Q. Whose row stands on the left of "
                "W_Q W_Kᵀ in a score?",
            ),
        }
    else:
        suspects["W_OV transposed"] = (
            score(W_OV, M.T),
            "The second head's W_OV stands transposed. Q and K differ by a transpose, as both ends of W_QK "
            "read. W_OV reads at one end and writes at the other.",
        )
    return suspects


def test_virtual_head(student):
    for case in cases(student, **SIZES):
        first, second = _two_heads(case.rng)
        got = student.virtual_head(case.run, first, second)
        if not isinstance(got, tuple | list) or len(got) != 2:
            wrong("no pair", "Two things were expected: `return pattern, W_OV`.")
        A, W_OV = (as_numbers(each) for each in got)
        pattern, matrix = _by_silencing(case.run.frozen(), first, second)
        words = f"heads {first} and {second}; {case.words}"
        if A.shape == matrix.shape and close(A, matrix) and close(W_OV, pattern):
            wrong("pair exchanged", "Both are right, but the pattern should come first, then W_OV.")
        both = close(A, _patterns(case.run, second, first)) and close(W_OV, _matrices(case, second, first))
        compare(
            A,
            pattern,
            axes=("query", "key"),
            case=f"the pattern of {words}",
            suspects=_other_patterns(case.run, first, second, both),
        )
        compare(
            W_OV,
            matrix,
            axes=("d_model", "d_model"),
            case=f"the W_OV of {words}",
            suspects=_other_matrices(case, first, second),
        )


def _by_silencing(frozen, first, second):
    """Pattern and matrix of the path through two heads, by interventions on the stream.

    A stream with the same row at every position passes any pattern as it is, so it shows the matrix alone.
    One with a row at a single position shows where that position is seen.
    """
    run = frozen.recorded

    def along(resid):  # what the path adds to the last stream [pos, d_model]
        opened = [((first, second), 1), ((first,), -1), ((second,), -1), ((), 1)]
        return sum(sign * frozen.run(resid, heads).resid_final for heads, sign in opened)

    size, d_model = run.embedding.shape
    matrix = np.array([along(np.tile(unit, (size, 1)))[0] for unit in np.eye(d_model)])
    row, column = np.unravel_index(np.argmax(np.abs(matrix)), matrix.shape)
    single = [along(np.outer(here, np.eye(d_model)[row]))[:, column] for here in np.eye(size)]
    return np.array(single).T / matrix[row, column], matrix


def _patterns(run, *heads):
    return (
        run.pattern[heads[1]] @ run.pattern[heads[0]]
    )  # [query, key]   that of the first stands on the right


def _matrices(case, *heads):
    W_V, W_O = case.model.W_V, case.model.W_O
    return W_V[heads[0]] @ W_O[heads[0]] @ W_V[heads[1]] @ W_O[heads[1]]  # [d_model, d_model]


def _other_patterns(run, first, second, both):
    A_1, A_2 = run.pattern[first], run.pattern[second]
    exchanged = (
        (
            "heads exchanged",
            "The heads have changed places, in the pattern and in W_OV: here `second` reads the tokens. "
            "Which of the two is in the earlier layer?",
        )
        if both
        else (
            "patterns in the wrong order",
            "The patterns stand in the wrong order. Position i looks with the pattern of `second`, finds a "
            "position, and gets what `first` brought there. Which pattern must stand next to the embedding?",
        )
    )
    return {
        exchanged[0]: (A_1 @ A_2, exchanged[1]),
        "patterns entry by entry": (
            A_2 * A_1,
            "The patterns are multiplied entry by entry. From i to j there are many ways, one over each "
            "position between. Which product sums over all of them?",
        ),
        "patterns added": (
            A_2 + A_1,
            "The patterns are added. Two heads side by side add up. These two come one after the other.",
        ),
        "patterns averaged": (
            (A_2 + A_1) / 2,
            "This is the mean of the two patterns. These two heads do not work side by side: the second "
            "looks at what the first has moved.",
        ),
        "pattern of the second alone": (
            A_2,
            "This is the pattern of `second` alone. What it finds at a position has been gathered from "
            "elsewhere by `first`.",
        ),
        "pattern of the first alone": (
            A_1,
            "This is the pattern of `first` alone. Then `second` looks, too, and moves it on.",
        ),
        "scores": (
            run.scores[second] @ run.scores[first],
            "These are products of scores. What a head mixes with are its weights, after mask and softmax.",
        ),
        "pattern transposed": (
            (A_2 @ A_1).T,
            "The pattern is the wrong way round: row i should say from where position i receives.",
        ),
    }


def _other_matrices(case, first, second):
    W_V, W_O = case.model.W_V, case.model.W_O
    one, two = W_V[first] @ W_O[first], W_V[second] @ W_O[second]
    right = one @ two
    return {
        "OV in the wrong order": (
            two @ one,
            "The two W_OV stand in the order of the patterns. But they stand on the other side of the "
            "embedding: which of them must a row of it meet first?",
        ),
        "OV added": (
            one + two,
            "The two W_OV are added. That is what two heads do side by side. Here `second` reads what "
            "`first` wrote.",
        ),
        "OV entry by entry": (
            one * two,
            "The two W_OV are multiplied entry by entry. A row passes through one matrix, and then through "
            "the other.",
        ),
        "OV of the second alone": (
            two,
            "This is the W_OV of `second` alone. What has `first` written there?",
        ),
        "OV of the first alone": (one, "This is the W_OV of `first` alone. `second` moves it on."),
        "OV transposed": (
            right.T,
            "W_OV stands transposed. Row vectors come from the left, and meet the weights of `first` first.",
        ),
        "with the ends": (
            case.model.W_E @ right @ case.model.W_U,
            "This is the full circuit, from token to logit, and it is right. Asked is the W_OV in the "
            "middle of it, from stream to stream.",
        ),
    }


@np.errstate(all="ignore")  # weights may be as large as a learner likes
def test_two_back_weights(student):
    for rng, (d_vocab, n_ctx) in zip(student.draws(4), ((7, 10), (12, 8), (5, 13), (3, 3)), strict=True):
        model = _built(student.two_back_weights, d_vocab, n_ctx)
        if model.config.n_heads != 1:
            wrong("more heads", "One head in each layer was asked for.", ("yours", str(model.config.n_heads)))
        run = _run(model, rng.integers(d_vocab, size=(12, n_ctx)))
        adds, wanted = _along_both(run)[1], run.tokens[:, :-2]  # [text, pos, d_vocab], [text, pos - 2]
        if not (_chance(adds, wanted) >= SURE).all():
            _blame_two_back(run, adds, _evidence(run.tokens, adds, wanted))


def _built(answer, d_vocab, n_ctx):
    """The causal network of two layers that an answer makes for these sizes. Raises: Wrong for another."""
    try:
        got = answer(d_vocab, n_ctx)
    except ValueError:  # more numbers than may pass between an answer and its check
        wrong("too large", "Your network is too large to be looked at. A few hundred dimensions are enough.")
    if not isinstance(got, Transformer):
        what = got.kind if isinstance(got, Unknown) else type(got).__name__
        wrong("type", f"An `ov.Transformer` was expected, and this is a {what}.")
    config = got.config
    if config.d_vocab != d_vocab or config.n_ctx < n_ctx:
        wrong(
            "other sizes",
            f"Asked was a network for {d_vocab} different tokens and texts of {n_ctx}. Do your sizes follow "
            "the arguments?",
            ("yours", f"d_vocab={config.d_vocab}, n_ctx={config.n_ctx}"),
        )
    if config.n_layers != 2:
        wrong("other layers", "The network should have two layers.", ("yours", str(config.n_layers)))
    if not config.causal:
        wrong(
            "not causal",
            "Your network may look at later positions. A language model may not: the next token is what it "
            "has to say. Leave `causal` as it is.",
        )
    return got


def _run(model, tokens):
    """A run of a network that was written by hand. Raises: Wrong where its numbers overflow."""
    run = model.run(tokens)
    if not np.isfinite(run.logits).all():
        wrong(
            "overflow",
            "The logits of your network are no finite numbers: on the way to them, a product has become too "
            "large. Dozens are sharp for a score, and loud for a logit.",
        )
    return run


def _along_both(run):
    """What the path through both heads adds to the last stream and to the logits, by silencing heads."""
    frozen, (one, two) = run.frozen(), ((0, 0), (1, 0))
    both, first, second, none = (frozen.run(heads=heads) for heads in ({one, two}, {one}, {two}, set()))
    return tuple(
        getattr(both, name) - getattr(first, name) - getattr(second, name) + getattr(none, name)
        for name in ("resid_final", "logits")
    )  # [text, pos, d_model], [text, pos, d_vocab]


def _softmax(logits):
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def _of_tokens(table, tokens):
    """From the last rows of a table [text, pos, d_vocab], the entries of some tokens [text, last]."""
    return np.take_along_axis(table[:, -tokens.shape[1] :], tokens[..., None], axis=-1)[..., 0]


def _chance(logits, tokens):
    """The probability of each token [text, last] at the last positions of a text."""
    return _of_tokens(_softmax(logits), tokens)


def _says(logits, tokens):
    """Where these tokens [text, last] have the largest logit, and share it with no other."""
    last, right = logits[:, -tokens.shape[1] :], _of_tokens(logits, tokens)
    other = np.where(np.arange(last.shape[-1]) == tokens[..., None], -np.inf, last).max(axis=-1)
    return right > other + np.maximum(ROUNDING * np.ptp(last, axis=-1), 1e-9)


def _evidence(tokens, logits, wanted):
    """The first place that fails: the text, the position, what comes out there."""
    chance = _chance(logits, wanted)
    text, place = (int(each) for each in np.argwhere(~(chance >= SURE))[0])
    here = place + tokens.shape[1] - wanted.shape[1]
    return (
        ("text", str([int(token) for token in tokens[text]])),
        ("position", str(here)),
        ("raised most there", f"token {int(np.argmax(logits[text, here]))}"),
        ("probability of the right token", f"{chance[text, place]:.2g}"),
    )


def _blame_two_back(run, adds, evidence):
    """Name what is wrong with a virtual head: where it looks, then what it moves. Raises: Wrong."""
    _see_positions(run.model, evidence)
    wanted, direct = run.tokens[:, :-2], run.frozen().run(heads=())
    for layer in (0, 1):
        alone = run.frozen().run(heads={(layer, 0)}).logits - direct.logits  # [text, pos, d_vocab]
        if (_chance(alone, wanted) >= SURE).all():
            wrong(
                "one head alone",
                f"The right token arrives, but the head of layer {layer} brings it alone. What is judged is "
                "the path through both heads.",
                *evidence,
            )
    for layer in (0, 1):
        _see_sight(run, layer, evidence)
    back = [_steps_back(pattern) for pattern in run.pattern[:, :, 0]]  # of each layer, None where unclear
    if None not in back:
        _see_steps(sum(back), evidence)
    _see_nothing(run, adds, evidence)
    share = (run.pattern[1, :, 0] @ run.pattern[0, :, 0]).diagonal(-2, axis1=1, axis2=2)  # [text, pos - 2]
    if (share >= SURE).all():
        _see_copying(adds, wanted, evidence)
    if None not in back:
        _too_soft(evidence)
    if np.ptp(run.pattern, axis=1).max() > 1 - SURE:
        wrong(
            "looks by tokens",
            "Where your heads look depends on the tokens. Two places back is two places back in any text: it "
            "should depend on the positions alone.",
            *evidence,
        )
    wrong(
        "values", "Along the path through both heads, the token two places back does not arrive.", *evidence
    )


def _see_positions(model, evidence):
    if not model.config.positional:
        wrong(
            "no positions",
            "Your network has no positions: it needs `positional=True` and a `W_pos`. A head that knows "
            "nothing but tokens cannot tell which of them came just before.",
            *evidence,
        )


def _see_sight(run, layer, evidence):
    """See whether a head of a layer looks ahead of itself, or all of them look nowhere. Raises: Wrong."""
    if _ahead(run, layer):
        wrong(
            "looks ahead",
            f"In layer {layer}, the query of position p fits the key of position p + 1. The mask takes that "
            "one away, and what is left is chance. The shift goes the wrong way.",
            *evidence,
        )
    size = run.tokens.shape[1]
    even = np.tri(size) / np.arange(1, size + 1)[:, None]  # [query, key]
    if np.allclose(run.pattern[layer], even, atol=1e-4):
        wrong(
            "looks everywhere",
            f"In layer {layer}, each position looks at all that it may see, with equal weights: the scores "
            "are all equal. What should its queries and keys read?",
            *evidence,
        )


def _ahead(run, layer):
    """Whether, without the mask, some head would look one position ahead from everywhere."""
    scores = run.scores[layer]  # [text, head, query, key]
    others = np.where(np.eye(scores.shape[-1], k=1, dtype=bool), -np.inf, scores)[..., :-1, :].max(axis=-1)
    return bool((scores.diagonal(1, axis1=-2, axis2=-1) > others + 1e-9).all(axis=(0, 2)).any())


def _steps_back(pattern):
    """How many places before itself each query looks most [text, query, key]; None if they do not agree."""
    queries, ranked = np.arange(2, pattern.shape[-1]), np.sort(pattern[:, 2:], axis=-1)
    steps = queries - pattern[:, 2:].argmax(axis=-1)  # [text, pos - 2]
    clear = (ranked[..., -1] > ranked[..., -2] + 1e-6).all()
    return int(steps[0, 0]) if clear and (steps == steps[0, 0]).all() else None


def _see_steps(total, evidence):
    """See how many places back two clear patterns look together. Raises: Wrong."""
    if total == 0:
        wrong("stays", "Both heads look at their own position, so nothing is moved.", *evidence)
    if total == 1:
        wrong(
            "one back only",
            "Together your heads look one place back only: one of them stays where it is. The steps of the "
            "two add up.",
            *evidence,
        )
    if total > 2:
        wrong(
            "too far",
            f"Together your heads look {total} places back. The steps of the two add up.",
            *evidence,
        )


def _see_nothing(run, adds, evidence):
    """See why nothing comes along the path through both heads, if so. Raises: Wrong."""
    if not _flat(run, adds):
        return
    if np.abs(_along_both(run)[0]).max() > ROUNDING * np.abs(run.resid_final).max():
        wrong(
            "not unembedded",
            "Something comes along the path through both heads, but only to the stream. Does W_U read where "
            "layer 1 writes?",
            *evidence,
        )
    if np.abs(run.head_out[0]).max() < ROUNDING:
        wrong("layer 0 writes nothing", "The head of layer 0 looks, but it writes nothing.", *evidence)
    if np.abs(run.head_out[1]).max() < ROUNDING:
        wrong(
            "layer 1 writes nothing",
            "The head of layer 1 looks, but it writes nothing: W_V and W_O do not lead from what layer 0 "
            "wrote to anywhere.",
            *evidence,
        )
    wrong(
        "reads the token",
        "Layer 1 reads what was in the stream from the beginning, and nothing of what layer 0 wrote. So "
        "nothing comes along the path through both. From where must it take its values?",
        *evidence,
    )


def _too_soft(evidence):
    wrong(
        "too soft",
        "Your heads look most at the right place, but too much of their attention goes elsewhere. How far "
        "must one score be above the others, after the division by √d_head?",
        *evidence,
    )


def _too_quiet(evidence):
    wrong(
        "too quiet",
        "The heads look at the right place, and the right token is raised most, but by too little: the "
        "softmax over all tokens hardly sees it. What makes logits larger?",
        *evidence,
    )


def _see_copying(logits, wanted, evidence):
    """See what becomes of the token at the right place, where the heads do look. Raises: Wrong."""
    right = _of_tokens(logits, wanted)  # [text, last]
    lowest = logits[:, -wanted.shape[1] :].min(axis=-1)
    if _says(logits, wanted).all():
        _too_quiet(evidence)
    if (right <= lowest).all():
        wrong(
            "lowers it",
            "The heads look at the right place, but the token found there is lowered, not raised. Follow the "
            "signs through W_V, W_O and W_U.",
            *evidence,
        )
    wrong(
        "does not copy",
        "The heads look at the right place, but another token than the one found there is raised. Follow one "
        "token through W_E, W_V, W_O and W_U: does it come out as itself?",
        *evidence,
    )


def test_induction_score(student):
    for rng, further in zip(student.draws(4), (2, 3, 0, 1), strict=True):
        period = int(rng.integers(4, 7))
        run = _telling_run(rng, period, 2 * period + further)
        A = run.pattern[0, 0]  # [query, key]
        equal(
            _number(student.induction_score(A, period)),
            _induction(A, period),
            says=f"That is not the score of a pattern of {len(A)} positions with period {period}.",
            suspects=_other_measures(A, period),
        )


def _telling_run(rng, period, size):
    """A random head's run on a repeated block; on a long text, one where no two mistakes give one number."""
    config = Config(1, 1, d_model=8, d_head=4, d_vocab=period, n_ctx=size, positional=True)
    tokens = np.tile(rng.permutation(period), 3)[:size]
    for _ in range(100):  # nearly every second draw will do
        run = Transformer.random(config, seed=int(rng.integers(2**31))).run(tokens)
        values = [value for value, _ in _other_measures(run.pattern[0, 0], period).values()]
        values.append(_induction(run.pattern[0, 0], period))
        if size < 2 * period + 2 or np.diff(sorted(values)).min() > 1e-3 * max(values):
            break
    return run


def _induction(A, period):
    """The mean weight of what followed the same token in the copy before."""
    return float(np.mean([A[query, query - period + 1] for query in range(period, len(A))]))


def _other_measures(A, period):
    """Other means that one can take of a pattern [query, key]."""
    size = len(A)
    weights = [float(A[query, query - period + 1]) for query in range(period, size)]
    earlier = sum(float(A[query, query - 2 * period + 1]) for query in range(2 * period - 1, size))

    def mean(back, first=period, end=size):
        return float(np.mean([A[query, query - back] for query in range(first, end)]))

    return {
        "same token": (
            mean(period),
            "This is the attention to the *same* token in the copy before. A head that does that is a "
            "duplicate-token head. An induction head looks at what came after that token.",
        ),
        "one too far": (
            mean(period - 2),
            "This looks two positions after the same token. What followed it is one position after it.",
        ),
        "one too early": (
            mean(period + 1),
            "This looks at what came *before* the same token, one period ago. Asked is what followed.",
        ),
        "previous token": (
            mean(1),
            "This is the attention to one position back, whatever the period is.",
        ),
        "previous token everywhere": (
            mean(1, first=1),
            "This is the previous-token score: one position back, whatever the period is.",
        ),
        "first copy too": (
            mean(period - 1, first=period - 1),
            "That is one query too many. Position `period - 1` is the last of the first copy, and its token "
            "has not been seen before.",
        ),
        "one query short": (
            mean(period - 1, first=period + 1),
            "One query is missing at the beginning: the token at position `period` has been seen before.",
        ),
        "last query missing": (
            mean(period - 1, end=size - 1),
            "The last query is missing. Its token has been seen before, too.",
        ),
        "second copy only": (
            mean(period - 1, end=2 * period),
            "These are the queries of the second copy alone. The text may go on, and later queries have a "
            "copy before them as well.",
        ),
        "all copies": (
            (sum(weights) + earlier) / len(weights),
            "Here the attention to every earlier copy counts. Asked is the copy just before.",
        ),
        "sum": (
            sum(weights),
            "This is the sum over the queries. It grows with the length of the text. Asked is the mean.",
        ),
        "over all queries": (
            sum(weights) / size,
            "The sum is divided by the number of all positions. Those of the first copy have nothing to "
            "find, so they do not count.",
        ),
        "over all entries": (
            float(A[period:].mean()),
            "This is the mean over all keys. It is the same for every pattern, as rows sum to 1. For each "
            "query, one key counts.",
        ),
        "transposed": (
            0.0,
            "This is zero for any causal head. Do your keys come after your queries? The first axis of the "
            "pattern is the query.",
        ),
        "the largest": (max(weights), "This is the largest of these weights. Asked is their mean."),
    }


def test_cut_keys(student):
    # first with a layer between: there the mistakes differ most
    for case, layers in zip(cases(student, **SIZES), ((0, 2), (0, 1), (1, 2), (0, 2)), strict=True):
        first, second = ((layer, int(case.rng.integers(2))) for layer in layers)
        with np.errstate(all="ignore"):
            got = as_numbers(student.cut_keys(case.run, first, second))
        compare(
            got,
            _keys_without(case.run, first, second),
            axes=("query", "key"),
            case=f"first {first}, second {second}; {case.words}",
            suspects=_other_cuts(case.run, first, second),
        )


def _keys_without(run, first, second):
    """The pattern [query, key], its scores summed piece by piece: one for each writer of the keys."""
    W_K, d_head = run.model.W_K[second], run.model.config.d_head
    heads = [(layer, head) for layer in range(second[0]) for head in range(run.model.config.n_heads)]
    pieces = [run.embedding, *(run.head_out[head] for head in heads if head != first)]  # [pos, d_model] each
    return _causal(sum(run.q[second] @ (piece @ W_K).T for piece in pieces) / np.sqrt(d_head))


def _causal(S):
    return _softmax(np.where(np.tri(len(S), dtype=bool), S, -np.inf))  # [query, key]


def _other_cuts(run, first, second):
    model, layer = run.model, second[0]
    W_Q, W_K, root = model.W_Q[second], model.W_K[second], np.sqrt(model.config.d_head)
    stream, wrote, Q, K = run.resid_pre[layer], run.head_out[first], run.q[second], run.k[second]
    left = stream - wrote  # [pos, d_model]
    S = Q @ (left @ W_K).T / root  # [query, key]
    heads = {(a, b) for a in range(model.config.n_layers) for b in range(model.config.n_heads)} - {first}
    without = run.frozen().run(heads=heads).resid_pre[layer]  # [pos, d_model]
    W_O = model.W_O.copy()
    W_O[first] = 0
    silenced = replace(model, W_O=W_O).run(run.tokens)
    return {
        "nothing cut": (
            run.pattern[second],
            "This is the pattern as it was recorded. If the cut was made in the values, or in the query of a "
            "position alone, it does not show. What is the score made of?",
        ),
        "queries too": (
            _causal((left @ W_Q) @ (left @ W_K).T / root),
            "The queries do not read `first` any more either. Two wires are cut, and so one cannot tell "
            "which of them mattered.",
        ),
        "queries instead": (
            _causal((left @ W_Q) @ K.T / root),
            "The queries were cut, and the keys still read all. That asks for Q-composition. Which of the "
            "two gives the rows of a score table, which the columns?",
        ),
        "silenced everywhere": (
            silenced.pattern[second],
            "The head `first` was silenced for the whole network. So the queries do not read it either, nor "
            "do the heads between. Cut only the wire that leads to these keys.",
        ),
        "heads between too": (
            _causal(Q @ (without @ W_K).T / root),
            "The keys also miss what the heads between made of `first`. Only what `first` itself wrote is to "
            "be taken away.",
        ),
        "only the wire": (
            _causal(Q @ (wrote @ W_K).T / root),
            "This is the other way round: the keys read what `first` wrote and nothing else.",
        ),
        "all wires": (
            _causal(Q @ (run.embedding @ W_K).T / root),
            "The keys read the embedding alone: here every wire is cut, from all heads before. Cut one.",
        ),
        "whole layer": (
            _causal(Q @ ((stream - run.head_out[first[0]].sum(axis=0)) @ W_K).T / root),
            "The keys miss all that the layer of `first` wrote. Only one of its heads is to be taken away.",
        ),
        "not scaled": (
            _causal(S * root),
            "The wire is cut, and the rest is nearly right: these products have not been made into scores.",
        ),
        "no mask": (
            _softmax(S),
            "The wire is cut, but your first position looks at later ones. The head is causal.",
        ),
        "scores": (
            S,
            "These are the scores, and they are right. The pattern is made from them by two more steps.",
        ),
        "keys ask": (
            _causal(S.T),
            "The wire is cut, but queries and keys have changed places in the scores.",
        ),
        "weights of the first": (
            _causal(Q @ (left @ model.W_K[first]).T / root),
            "These keys are made with the W_K of `first`. It is `second` that looks.",
        ),
        "over queries": (
            _softmax(np.where(np.tri(len(S), dtype=bool), S, -np.inf).T).T,
            "The softmax was taken over queries: the columns sum to 1, not the rows.",
        ),
    }


@np.errstate(all="ignore")  # weights may be as large as a learner likes
def test_induction_weights(student):
    for rng, (d_vocab, n_ctx) in zip(student.draws(3), ((9, 16), (14, 12), (6, 11)), strict=True):
        model = _built(student.induction_weights, d_vocab, n_ctx)
        runs = [_run(model, _twice(rng, d_vocab, period)) for period in _periods(d_vocab, n_ctx)]
        for run in reversed(runs):
            if not (_chance(run.logits, _followed(run)) >= SURE).all():
                rows = (("period", str(_period(run))), *_evidence(run.tokens, run.logits, _followed(run)))
                _blame_induction(runs, rows)


def _periods(d_vocab, n_ctx):
    return range(2, min(n_ctx // 2, d_vocab) + 1)


def _twice(rng, d_vocab, period):
    """Texts [text, 2 * period]: a block of different tokens, twice."""
    return np.tile([rng.permutation(d_vocab)[:period] for _ in range(8)], 2)


def _period(run):
    return run.tokens.shape[1] // 2


def _followed(run):
    """What followed each token of the second copy, in the first [text, period]."""
    return run.tokens[:, 1 : _period(run) + 1]


def _blame_induction(runs, evidence):
    """Name what is wrong with induction, from the runs with all periods. Raises: Wrong."""
    _see_positions(runs[-1].model, evidence)
    layer_1 = [run.head_out[1].sum(axis=1) @ run.model.W_U for run in runs]  # [text, pos, d_vocab] each
    heads = [run.head_out.sum(axis=(0, 2)) @ run.model.W_U for run in runs]  # [text, pos, d_vocab] each
    if all(_flat(run, each) for run, each in zip(runs, heads, strict=True)):
        wrong(
            "says nothing",
            "The heads add nothing to the logits. Does W_U read where they write, and do they write at all?",
            *evidence,
        )
    _see_first_position(runs, evidence)
    found = min(float(_found(run)[:, 1:].min()) for run in runs)
    if _rate(runs, [run.logits for run in runs], lambda period: period - 1) == 1:
        (_too_soft if found < SURE else _too_quiet)(evidence)
    if _rate(runs, layer_1, lambda period: period - 1) == 1:
        wrong(
            "drowned",
            "Layer 1 raises the right token, but something louder reaches the logits: W_U also reads the "
            "token itself, or what layer 0 wrote.",
            *evidence,
        )
    _see_one_period(runs, heads, evidence)
    _see_where(runs, evidence)
    _see_another(runs, layer_1, found, evidence)
    if found >= SURE:
        _see_copying(layer_1[-1], _followed(runs[-1])[:, 1:], evidence)
    if _deaf(runs[-1]):
        _no_composition(evidence)
    wrong("values", "On repeated blocks, it is not the token that followed that comes out.", *evidence)


def _see_first_position(runs, evidence):
    """See whether only the first place of the second copy fails, by a look at position 0. Raises: Wrong."""
    chances = [_chance(run.logits, _followed(run)) for run in runs]
    shared = [run.pattern[1].max(axis=1)[:, _period(run), 0] for run in runs]  # [text] each
    if min(float(each[:, 1:].min()) for each in chances) >= SURE and max(map(np.max, shared)) > 1 - SURE:
        wrong(
            "position 0",
            "Only the first position of the second copy is wrong: it also looks at position 0. Nothing came "
            "before that one, so the head of layer 0 looked at position 0 itself. What did it note there?",
            *evidence,
        )


def _see_one_period(runs, heads, evidence):
    """See whether what comes out stands a fixed number of positions back. Raises: Wrong."""
    for fixed in range(3, _period(runs[-1]) + 1):
        if _rate(runs[1:], heads[1:], lambda _, steps=fixed - 1: steps) > SURE:
            wrong(
                "one period only",
                f"Your network looks {fixed - 1} positions back, whatever the tokens are. That is right for "
                f"blocks of {fixed}, and for no others. The tokens must say where to look.",
                *evidence,
            )


def _see_where(runs, evidence):
    """See whether the heads look ahead, nowhere, or at the right place but too softly. Raises: Wrong."""
    run = runs[-1]
    _see_sight(run, 0, evidence)
    itself = [_steps_back(pattern) == 0 for pattern in np.moveaxis(run.pattern[0], 1, 0)]  # [head]
    if _ahead(run, 1) and any(itself):
        wrong(
            "finds itself",
            "In layer 0, each position looks at itself. Its own token is the same token, too, but it is the "
            "earlier one that must be found. How can the score tell the two apart?",
            *evidence,
        )
    if _ahead(run, 1) and _deaf(run):
        _no_composition(evidence)
    _see_sight(run, 1, evidence)
    useful = [
        _weakest(run, layer, back) for layer, back in ((0, 1), (0, _period(run)), (1, _period(run) - 1))
    ]
    if min(useful) < SURE:
        _too_soft(evidence)


def _weakest(run, layer, back):
    """The least weight that a head pays so many places back, if it always looks there most; else 1."""
    queries, weakest = np.arange(_period(run) + 1, 2 * _period(run)), 1.0
    for pattern in np.moveaxis(run.pattern[layer], 1, 0)[:, :, queries]:  # [text, query, key]
        weights = pattern[:, np.arange(len(queries)), queries - back]  # [text, query]
        others = np.where(np.arange(pattern.shape[-1]) == (queries - back)[:, None], 0, pattern).max(axis=-1)
        if (weights > others + 1e-6).all():
            weakest = min(weakest, float(weights.min()))
    return weakest


def _see_another(runs, layer_1, found, evidence):
    """See which other token comes out of layer 1, in place of the one that followed. Raises: Wrong."""
    telling = [number for number, run in enumerate(runs) if _period(run) >= 4]
    runs = [runs[number] for number in telling]
    layer_0 = [run.head_out[0].sum(axis=1) @ run.model.W_U for run in runs]
    layer_1 = [layer_1[number] for number in telling]
    if _rate(runs, layer_1, lambda period: period) > SURE:
        if found >= SURE:
            wrong(
                "moves the note",
                "Layer 1 looks at the right position, but it moves what layer 0 noted there: the token "
                "before, which is the one that it came with. What stands at that position itself?",
                *evidence,
            )
        if _deaf(runs[-1]):
            _no_composition(evidence)
        wrong(
            "same token",
            "Layer 1 finds the same token in the first copy, and says it again. That is a duplicate-token "
            "head. What is asked for stands one position later.",
            *evidence,
        )
    if _rate(runs, layer_1, lambda period: period - 2) > SURE:
        wrong("one too far", "Layer 1 looks one position too far: two after the same token.", *evidence)
    if _rate(runs, layer_1, lambda period: 1) > SURE:
        wrong(
            "token before",
            "What comes out is the token *before* the same one. Either a shift goes the wrong way, or "
            "queries and keys read each other's slots: which of the two must read the notes?",
            *evidence,
        )
    flat = all(_flat(run, each) for run, each in zip(runs, layer_1, strict=True))
    if flat and _rate(runs, layer_0, lambda period: 1) > SURE:
        wrong(
            "says the note",
            "The logits show what layer 0 noted, and nothing of layer 1. From where does W_U read?",
            *evidence,
        )


def _flat(run, logits):
    """Whether logits raise no token above another, but for rounding."""
    return np.ptp(logits, axis=-1).max() <= ROUNDING * np.abs(run.model.W_U).max()


def _found(run):
    """How much attention layer 1 pays, with its best head, to what followed the same token [text, period]."""
    period = _period(run)
    return run.pattern[1].max(axis=1)[:, period:].diagonal(1, axis1=1, axis2=2)[:, :period]


def _deaf(run):
    """Whether the patterns of layer 1 stay as they are when layer 0 writes nothing."""
    W_O = run.model.W_O.copy()
    W_O[0] = 0
    return np.allclose(replace(run.model, W_O=W_O).run(run.tokens).pattern[1], run.pattern[1], atol=1e-4)


def _no_composition(evidence):
    wrong(
        "no composition",
        "Layer 1 looks where it looks without any help: if layer 0 writes nothing, the patterns of layer 1 "
        "stay the same. Which must read what layer 0 wrote, its queries or its keys?",
        *evidence,
    )


def _rate(runs, logits, back):
    """How often the token back(period) positions before the query, and no other, comes out of the logits.

    Queries are those of the second copy after its first one.
    """
    hits = []
    for run, each in zip(runs, logits, strict=True):
        steps, end = back(_period(run)), 2 * _period(run)
        first = max(_period(run) + 1, steps)
        if first < end:
            hits.append(_says(each, run.tokens[:, first - steps : end - steps]).ravel())
    return float(np.mean(np.concatenate(hits)))
