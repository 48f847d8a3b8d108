# %% [markdown]
# # Exercises: composition and induction
#
# They go with [lesson 11](../lessons/11_composition_and_induction.py). Run a cell with `check("…")` as often
# as you like. It draws new random networks and texts each time, and it tells you what it saw.
#
# In two of the exercises you write the weights of a network by hand. The first cell has two helpers for
# that: `slots` cuts the stream into ranges of dimensions, and `blank` makes weights of the right shapes, all
# zero.

# %%
import numpy as np

import ovlearn as ov
from ovlearn.exercises import check
from ovlearn.numeric.config import weight_shapes


def slots(*widths):
    """Ranges of the stream's dimensions, one after the other."""
    ends = np.cumsum(widths).tolist()
    both = zip(widths, ends, strict=True)
    return [slice(end - width, end) for width, end in both]


def blank(config):
    """The weights of a network by name, all of them zero."""
    shapes = weight_shapes(config)
    return {name: np.zeros(shape) for name, shape in shapes.items()}


# %% tools=true
from dataclasses import replace

from ovlearn import Config, Transformer, circuits
from ovlearn.exercises import wrong
from ovlearn.exercises.comparing import as_numbers, close
from ovlearn.exercises.drawing import cases
from ovlearn.exercises.values import Unknown

SIZES = {"n_layers": 3, "n_heads": 2}
SURE = 0.9  # the probability that the right token must get
ROUNDING = 1e-5  # of the largest number: what float32 leaves where there should be nothing


def two_heads(rng):
    """Two heads (layer, head) of different layers out of three, the earlier one first."""
    layers = sorted(int(layer) for layer in rng.permutation(3)[:2])
    return tuple((layer, int(rng.integers(2))) for layer in layers)


def one_number(got):
    """One number, of whatever type and shape it came."""
    if isinstance(got, str):
        wrong("type", "A number was expected, and this is text.")
    numbers = as_numbers(got)
    if numbers.size != 1:
        wrong("shape", "One number was expected.", ("your shape", str(list(numbers.shape))))
    return numbers.ravel()[0].item()


def shared(logits):
    """Softmax over the last axis."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# What a virtual head is.


def pairs_of_heads(student):
    return ((case, *two_heads(case.rng)) for case in cases(student, **SIZES))


def pair(got, mistake):
    if not isinstance(got, tuple | list) or len(got) != 2:
        mistake("no pair")
    return [as_numbers(each) for each in got]


def by_silencing(frozen, first, second):
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


# Networks that were written by hand.


def built(got, d_vocab, n_ctx):
    """The causal network of two layers that was asked for, for these sizes."""
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


def run_of(model, tokens):
    """A run of a network that was written by hand, if its numbers do not overflow."""
    run = model.run(tokens)
    if not np.isfinite(run.logits).all():
        wrong(
            "overflow",
            "The logits of your network are no finite numbers: on the way to them, a product has become too "
            "large. Dozens are sharp for a score, and loud for a logit.",
        )
    return run


def of_tokens(table, tokens):
    """From the last rows of a table [text, pos, d_vocab], the entries of some tokens [text, last]."""
    return np.take_along_axis(table[:, -tokens.shape[1] :], tokens[..., None], axis=-1)[..., 0]


def chance(logits, tokens):
    """The probability of each token [text, last] at the last positions of a text."""
    return of_tokens(shared(logits), tokens)


def says_them(logits, tokens):
    """Where these tokens [text, last] have the largest logit, and share it with no other."""
    last, right = logits[:, -tokens.shape[1] :], of_tokens(logits, tokens)
    other = np.where(np.arange(last.shape[-1]) == tokens[..., None], -np.inf, last).max(axis=-1)
    return right > other + np.maximum(ROUNDING * np.ptp(last, axis=-1), 1e-9)


def evidence(tokens, logits, wanted):
    """The first place that fails: the text, the position, what comes out there."""
    chances = chance(logits, wanted)
    text, place = (int(each) for each in np.argwhere(~(chances >= SURE))[0])
    here = place + tokens.shape[1] - wanted.shape[1]
    return (
        ("text", str([int(token) for token in tokens[text]])),
        ("position", str(here)),
        ("raised most there", f"token {int(np.argmax(logits[text, here]))}"),
        ("probability of the right token", f"{chances[text, place]:.2g}"),
    )


def looks_nowhere(run, layer):
    """Whether a head of a layer looks ahead of itself, or all of them look everywhere alike."""
    if ahead(run, layer):
        yield "looks ahead", {"layer": layer}
    size = run.tokens.shape[1]
    even = np.tri(size) / np.arange(1, size + 1)[:, None]  # [query, key]
    if np.allclose(run.pattern[layer], even, atol=1e-4):
        yield "looks everywhere", {"layer": layer}


def ahead(run, layer):
    """Whether, without the mask, some head would look one position ahead from everywhere."""
    scores = run.scores[layer]  # [text, head, query, key]
    others = np.where(np.eye(scores.shape[-1], k=1, dtype=bool), -np.inf, scores)[..., :-1, :].max(axis=-1)
    return bool((scores.diagonal(1, axis1=-2, axis2=-1) > others + 1e-9).all(axis=(0, 2)).any())


def steps_back(pattern):
    """How many places before itself each query looks most [text, query, key]; None if they do not agree."""
    queries, ranked = np.arange(2, pattern.shape[-1]), np.sort(pattern[:, 2:], axis=-1)
    steps = queries - pattern[:, 2:].argmax(axis=-1)  # [text, pos - 2]
    clear = (ranked[..., -1] > ranked[..., -2] + 1e-6).all()
    return int(steps[0, 0]) if clear and (steps == steps[0, 0]).all() else None


def flat(run, logits):
    """Whether logits raise no token above another, but for rounding."""
    return np.ptp(logits, axis=-1).max() <= ROUNDING * np.abs(run.model.W_U).max()


def miscopies(logits, wanted):
    """What becomes of the token at the right place, where the heads do look."""
    lowest = logits[:, -wanted.shape[1] :].min(axis=-1)
    if says_them(logits, wanted).all():
        yield "too quiet", {}
    yield ("lowers it" if (of_tokens(logits, wanted) <= lowest).all() else "does not copy"), {}


# %% [markdown] exercise="composition" points=2
# ## How much of one head another reads
#
# `first` and `second` are heads of `model`, each a pair `(layer, head)`; `first` is in the earlier layer.
# Return their composition score, one number. With row vectors, $W_{OV} = W_V W_O$ and $W_{QK} = W_Q W_K^T$,
#
# $$ \frac{\lVert W_{OV}^1 \, M \rVert}{\lVert W_{OV}^1 \rVert \, \lVert M \rVert} $$
#
# with Frobenius norms. $M$ is the matrix with which `second` reads the stream. It depends on `kind`: `"Q"`
# asks how much its queries read of `first`, `"K"` how much its keys do, `"V"` how much its values do.
#
# The weights are `model.W_Q`, `model.W_K`, `model.W_V` `[layer, head, d_model, d_head]` and `model.W_O`
# `[layer, head, d_head, d_model]`. `circuits.composition_scores` is what you write here.

# %% [markdown] hint="composition"
# A row vector that `first` wrote comes from the left. So whatever reads it must stand to the right of
# $W_{OV}^1$, with the side that reads turned to it.

# %% [markdown] hint="composition"
# A score is $x_q \, W_Q W_K^T \, x_k^T$. From the left, the row of the query meets $W_Q$ first. Write the
# same number so that the row of the key comes from the left: what stands behind it?

# %% [markdown] hint="composition"
# `np.linalg.norm(M)` of a matrix is its Frobenius norm. With random weights, the root mean square of many of
# your numbers should be near $1 / \sqrt{d_{model}}$; a single one of such small heads may be far from it.


# %% starter="composition"
def composition(model, kind, first, second):
    return ...


# %% solution="composition"
def composition(model, kind, first, second):
    W_OV = model.W_V[first] @ model.W_O[first]  # [d_model, d_model]
    reads = {
        "Q": model.W_Q[second] @ model.W_K[second].T,
        "K": model.W_K[second] @ model.W_Q[second].T,
        "V": model.W_V[second] @ model.W_O[second],
    }
    norm, M = np.linalg.norm, reads[kind]  # M: [d_model, d_model]
    return norm(W_OV @ M) / (norm(W_OV) * norm(M))


# %% check="composition" blocked="circuits.composition_scores circuits.composition._norms_of_products"
says = "That is not the {kind}-composition score of {first} and {second}."


def inputs(student):
    for case in cases(student, **SIZES):
        first, second = two_heads(case.rng)
        for kind in "QKV":
            scores = circuits.composition_scores(case.model, kind)  # [layer, head, layer, head]
            names = {"kind": kind, "first": first, "second": second}
            yield call(case.model, kind, first, second, want=float(scores[first + second]), **names)


def read(got, call):
    return one_number(got)


# %% [markdown] mistakes="composition"
# - **not normalised**: ` / (norm(W_OV) * norm(M))` → ``
#   This is the norm of the product. It grows with the weights of both heads, so it cannot be compared between
#   pairs of heads. By what is it to be divided?
# - **squared**: `norm(W_OV @ M) / (norm(W_OV) * norm(M))` →
#   `(norm(W_OV @ M) / (norm(W_OV) * norm(M))) ** 2`
#   This is the square of the score. Which of your norms has lost its root?
# - **spectral norm**: `np.linalg.norm, reads` → `lambda A: np.linalg.norm(A, 2), reads`
#   These norms are largest singular values. The score takes Frobenius norms, which see all directions.
# - **one norm missing**: `(norm(W_OV) * norm(M))` → `norm(W_OV)`
#   Divided by the norm of the first head's matrix alone. With larger weights in the second head, this number
#   would grow.
# - **other norm missing**: `(norm(W_OV) * norm(M))` → `norm(M)`
#   Divided by the norm of the second head's matrix alone. With larger weights in the first head, this number
#   would grow.
# - **over the baseline**: `(norm(W_OV) * norm(M))` → `(norm(W_OV) * norm(M)) * np.sqrt(len(M))`
#   This is how many times as large as between random heads the score is. A good question, but it is the score
#   itself that is asked for.
# - **one side only**: `reads[kind]` → `getattr(model, f"W_{kind}")[second]`
#   Here only one of the second head's two matrices is in it. It reads through both: one of them says what it
#   reads, the other how much that counts.
# - **wrong order**: `norm(W_OV @ M)` → `norm(M @ W_OV)`
#   The second head's matrix stands on the left, as it does in the paper, where vectors are columns. With row
#   vectors, whose matrix does a row of the stream meet first?
# - **first head transposed**: `norm(W_OV @ M)` → `norm(W_OV.T @ M)`
#   The first head's W_OV stands transposed: with that, the second head meets what the first one reads, and
#   not what it writes.
# - **heads exchanged**: `W_OV = model` → `first, second = second, first; W_OV = model`
#   Here `second` writes and `first` reads. Which of the two is in the earlier layer?
# - **V for all kinds**: `reads[kind]` → `reads["V"]`
#   This is the V-composition score. You were asked for {kind}: queries and keys are made by other matrices
#   than values.
# - **K as Q**: `reads[kind]` → `reads["V" if kind == "V" else "Q"]`
#   For K, this is the Q-composition score. The matrix is the same one, but it is read from its other end:
#   which of its two sides makes keys?
# - **Q and K exchanged**: `"K": model.W_K` → `"Q": model.W_K`, `"Q": model.W_Q` → `"K": model.W_Q`
#   This is the K-composition score; you were asked for Q. Whose row stands on the left of W_Q W_Kᵀ in a
#   score?
# - **W_OV transposed**: `model.W_V[second] @ model.W_O[second]` →
#   `(model.W_V[second] @ model.W_O[second]).T`
#   The second head's W_OV stands transposed. Q and K differ by a transpose, as both ends of W_QK read. W_OV
#   reads at one end and writes at the other.


# %% right="composition" form="in columns, as the paper has it"
def composition(model, kind, first, second):
    one = (model.W_V[first] @ model.W_O[first]).T
    W_QK = (model.W_Q[second] @ model.W_K[second].T).T
    two = {"Q": W_QK, "K": W_QK.T, "V": (model.W_V[second] @ model.W_O[second]).T}[kind]
    return np.linalg.norm(two @ one) / (np.linalg.norm(two) * np.linalg.norm(one))


# %% right="composition" form="by traces, in the inner size"
def composition(model, kind, first, second):
    def square(*factors):
        # ‖A B C D‖² = tr(AᵀA · B C D · Dᵀ Cᵀ Bᵀ): the outer two only through their Gram matrices
        head, *middle, tail = factors
        inner = np.linalg.multi_dot(middle) if len(middle) > 1 else middle[0]
        return np.trace(head.T @ head @ inner @ (tail @ tail.T) @ inner.T)

    def of_two(A, B):
        return np.trace(A.T @ A @ B @ B.T)

    V, O = model.W_V[first], model.W_O[first]
    A, B = {
        "Q": (model.W_Q[second], model.W_K[second].T),
        "K": (model.W_K[second], model.W_Q[second].T),
        "V": (model.W_V[second], model.W_O[second]),
    }[kind]
    return [[(square(V, O @ A, B) / (of_two(V, O) * of_two(A, B))) ** 0.5]]


# %% right="composition" form="factored, in float32"
def composition(model, kind, first, second):
    def factored(A, B):
        return ov.FactoredMatrix(A.astype(np.float32), B.astype(np.float32))

    one = factored(model.W_V[first], model.W_O[first])
    two = factored(model.W_V[second], model.W_O[second])
    if kind != "V":
        two = factored(model.W_Q[second], model.W_K[second].T)
        two = two if kind == "Q" else two.T
    return (one @ two).norm() / (one.norm() * two.norm())


# %% [markdown] exercise="virtual_head" points=2
# ## Two heads as one
#
# On the path through two heads, `second` reads what `first` wrote, and nothing else. The path does what one
# head would do: it has a pattern and a $W_{OV}$ of its own. With them, it adds
#
# $$ \text{pattern} \; X_0 \; W_{OV} \; W_U $$
#
# to the logits of a run, where $X_0$ is the embedding. Return the pair `pattern, W_OV` of this virtual head,
# `[query, key]` and `[d_model, d_model]`.
#
# `run` is a recorded run. `first` and `second` are pairs `(layer, head)`, `first` in the earlier layer. You
# need `run.pattern` `[layer, head, query, key]`, and of `run.model` the weights `W_V` `[layer, head,
# d_model, d_head]` and `W_O` `[layer, head, d_head, d_model]`.

# %% [markdown] hint="virtual_head"
# Write down what `first` makes of $X_0$. Then put that in the place of the stream that `second` reads.

# %% [markdown] hint="virtual_head"
# What mixes positions gathers on the left of $X_0$, what mixes features on its right. Of the head that reads
# $X_0$ itself, both stand next to it.


# %% starter="virtual_head"
def virtual_head(run, first, second):
    model = run.model
    return ...


# %% solution="virtual_head"
def virtual_head(run, first, second):
    model = run.model
    W_OV_1 = model.W_V[first] @ model.W_O[first]  # [d_model, d_model]
    W_OV_2 = model.W_V[second] @ model.W_O[second]  # [d_model, d_model]
    return run.pattern[second] @ run.pattern[first], W_OV_1 @ W_OV_2


# %% check="virtual_head" blocked="circuits.virtual_head"
axes = ("query", "key")


def inputs(student):
    for case, first, second in pairs_of_heads(student):
        pattern, _ = by_silencing(case.run.frozen(), first, second)
        words = f"the pattern of heads {first} and {second}; {case.words}"
        yield call(case.run, first, second, want=pattern, words=words)


def read(got, call):
    A, W_OV = pair(got, mistake)
    run, first, second = call.arguments
    W_V, W_O = run.model.W_V, run.model.W_O
    one, two = W_V[first] @ W_O[first], W_V[second] @ W_O[second]  # [d_model, d_model] each
    if close(A, one @ two) and close(W_OV, call.want):
        mistake("pair exchanged")
    exchanged = close(A, run.pattern[first] @ run.pattern[second]) and close(W_OV, two @ one)
    if exchanged and not close(A, call.want):
        mistake("heads exchanged")
    return A


# %% check="virtual_head" part="matrix"
axes = ("d_model", "d_model")


def inputs(student):
    for case, first, second in pairs_of_heads(student):
        _, matrix = by_silencing(case.run.frozen(), first, second)
        words = f"the W_OV of heads {first} and {second}; {case.words}"
        yield call(case.run, first, second, want=matrix, words=words)


def read(got, call):
    return pair(got, mistake)[1]


# %% [markdown] mistakes="virtual_head"
# - **OV in the wrong order**: `W_OV_1 @ W_OV_2` → `W_OV_2 @ W_OV_1`
#   The two W_OV stand in the order of the patterns. But they stand on the other side of the embedding: which
#   of them must a row of it meet first?
# - **heads exchanged**: `run.pattern[second] @ run.pattern[first]` → `run.pattern[first] @ run.pattern[second]`,
#   `W_OV_1 @ W_OV_2` → `W_OV_2 @ W_OV_1`
#   The heads have changed places, in the pattern and in W_OV: here `second` reads the tokens. Which of the
#   two is in the earlier layer?
# - **patterns in the wrong order**: `run.pattern[second] @ run.pattern[first]` →
#   `run.pattern[first] @ run.pattern[second]`
#   The patterns stand in the wrong order. Position i looks with the pattern of `second`, finds a position,
#   and gets what `first` brought there. Which pattern must stand next to the embedding?
# - **patterns entry by entry**: `pattern[second] @` → `pattern[second] *`
#   The patterns are multiplied entry by entry. From i to j there are many ways, one over each position
#   between. Which product sums over all of them?
# - **patterns added**: `pattern[second] @` → `pattern[second] +`
#   The patterns are added. Two heads side by side add up. These two come one after the other.
# - **patterns averaged**: `run.pattern[second] @ run.pattern[first]` →
#   `(run.pattern[second] + run.pattern[first]) / 2`
#   This is the mean of the two patterns. These two heads do not work side by side: the second looks at what
#   the first has moved.
# - **pattern of the second alone**: ` @ run.pattern[first]` → ``
#   This is the pattern of `second` alone. What it finds at a position has been gathered from elsewhere by
#   `first`.
# - **pattern of the first alone**: `run.pattern[second] @ ` → ``
#   This is the pattern of `first` alone. Then `second` looks, too, and moves it on.
# - **pattern transposed**: `run.pattern[second] @ run.pattern[first]` →
#   `(run.pattern[second] @ run.pattern[first]).T`
#   The pattern is the wrong way round: row i should say from where position i receives.
# - **OV added**: `W_OV_1 @ W_OV_2` → `W_OV_1 + W_OV_2`
#   The two W_OV are added. That is what two heads do side by side. Here `second` reads what `first` wrote.
# - **OV entry by entry**: `W_OV_1 @ W_OV_2` → `W_OV_1 * W_OV_2`
#   The two W_OV are multiplied entry by entry. A row passes through one matrix, and then through the other.
# - **OV of the second alone**: `W_OV_1 @ W_OV_2` → `W_OV_2`
#   This is the W_OV of `second` alone. What has `first` written there?
# - **OV of the first alone**: `W_OV_1 @ W_OV_2` → `W_OV_1`
#   This is the W_OV of `first` alone. `second` moves it on.
# - **OV transposed**: `W_OV_1 @ W_OV_2` → `(W_OV_1 @ W_OV_2).T`
#   W_OV stands transposed. Row vectors come from the left, and meet the weights of `first` first.
# - **with the ends**: `W_OV_1 @ W_OV_2` → `model.W_E @ W_OV_1 @ W_OV_2 @ model.W_U`
#   This is the full circuit, from token to logit, and it is right. Asked is the W_OV in the middle of it,
#   from stream to stream.
# - **pair exchanged**: `return run.pattern[second] @ run.pattern[first], W_OV_1 @ W_OV_2` →
#   `return W_OV_1 @ W_OV_2, run.pattern[second] @ run.pattern[first]`
#   Both are right, but the pattern should come first, then W_OV.
# - **scores**: `run.pattern[second] @ run.pattern[first]` → `run.scores[second] @ run.scores[first]`
#   These are products of scores. What a head mixes with are its weights, after mask and softmax.
# - **no pair**: `, W_OV_1 @ W_OV_2` → ``
#   Two things were expected: `return pattern, W_OV`.


# %% right="virtual_head" form="sums over the positions between, factored, in a list"
def virtual_head(run, first, second):
    model, between = run.model, range(len(run.tokens))
    one, two = run.pattern[first], run.pattern[second]
    pattern = [[sum(two[q, m] * one[m, k] for m in between) for k in between] for q in between]
    reads = model.W_V[first] @ (model.W_O[first] @ model.W_V[second])
    return [pattern, ov.FactoredMatrix(reads, model.W_O[second])]


# %% right="virtual_head" form="in float32, row by row"
def virtual_head(run, first, second):
    weights = [getattr(run.model, name)[head] for head in (first, second) for name in ("W_V", "W_O")]
    rows = np.eye(run.model.config.d_model, dtype=np.float32)
    for weight in weights:
        rows = np.stack([row @ weight.astype(np.float32) for row in rows])
    A = (run.pattern[first].T @ run.pattern[second].T).T
    return A.astype(np.float32), rows


# %% [markdown] exercise="two_back_weights" points=3
# ## Write a virtual head
#
# A head that looks one place back is easy to write. Two of them, one after the other, look two places back.
# Write the weights of a network of two layers with one head each, so that *along the path through both heads*
# each position receives the token two places back.
#
# Return an `ov.Transformer` for texts of `n_ctx` tokens out of `d_vocab`. `d_model` and `d_head` are yours
# to choose, up to a few hundred.
#
# Only one thing is judged: what the path through both heads adds to the logits, on random texts. At each
# position from 2 on, these logits alone, through a softmax, must give the token two places back a
# probability of at least 0.9. What other paths add does not matter, nor how you do it.
#
# The starter shows one way to begin. Its stream has a slot for the token, one for the position, one for what
# layer 0 notes, and one for what is to be said. Fill in the rest, or do it your own way.

# %% [markdown] hint="two_back_weights"
# First the patterns. If positions are one-hot rows, a matrix can turn the row of position $p$ into the row
# of position $p - 1$: that is a query for the position before. What must the keys be? `np.eye` has an
# argument `k` for other diagonals.

# %% [markdown] hint="two_back_weights"
# Then the values. Layer 0 moves something from the slot of the token to the slot of the note. What must
# layer 1 move, and where to? What does $W_U$ read?

# %% [markdown] hint="two_back_weights"
# A softmax is sure of itself only if one score is far above the others: $e^{12}$ is large, $e^{1}$ is not.
# The product of query and key is divided by $\sqrt{d_{head}}$ before. And the last softmax, over the logits,
# needs large numbers as well.


# %% starter="two_back_weights"
def two_back_weights(d_vocab, n_ctx):
    widths = (d_vocab, n_ctx, d_vocab, d_vocab)
    token, position, note, said = slots(*widths)
    sizes = (2, 1, sum(widths), max(d_vocab, n_ctx), d_vocab)
    config = ov.Config(*sizes, n_ctx=n_ctx, positional=True)
    weights = blank(config)
    weights["W_E"][:, token] = np.eye(d_vocab)
    weights["W_pos"][:, position] = np.eye(n_ctx)
    # weights["W_Q"][0, 0, position, :n_ctx] = …
    # return ov.Transformer(config, **weights)
    return ...


# %% solution="two_back_weights"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    sizes = {"d_model": 3 * d_vocab + n_ctx, "d_head": max(d_vocab, n_ctx), "d_vocab": d_vocab}
    config = ov.Config(n_layers=2, n_heads=1, n_ctx=n_ctx, positional=True, **sizes)
    weights = blank(config)
    weights["W_E"][:, token] = np.eye(d_vocab)
    weights["W_pos"][:, position] = np.eye(n_ctx)
    for layer, source, target in ((0, token, note), (1, note, said)):
        weights["W_Q"][layer, 0, position, :n_ctx] = 12 * np.sqrt(config.d_head) * np.eye(n_ctx, k=-1)
        weights["W_K"][layer, 0, position, :n_ctx] = np.eye(n_ctx)
        weights["W_V"][layer, 0, source, :d_vocab] = np.eye(d_vocab)
        weights["W_O"][layer, 0, :d_vocab, target] = np.eye(d_vocab)
    weights["W_U"][said] = 10 * np.eye(d_vocab)
    return ov.Transformer(config, **weights)


# %% check="two_back_weights" blocked="zoo.load zoo.handmade.two_back zoo.handmade.induction_by_keys"
def inputs(student):
    for rng, sizes in zip(student.draws(4), ((7, 10), (12, 8), (5, 13), (3, 3)), strict=True):
        yield call(*sizes, case=rng)


@np.errstate(all="ignore")  # weights may be as large as a learner likes
def judge(got, call):
    d_vocab, n_ctx = call.arguments
    model = built(got, d_vocab, n_ctx)
    if model.config.n_heads != 1:
        mistake("more heads", ("yours", str(model.config.n_heads)))
    run = run_of(model, call.case.integers(d_vocab, size=(12, n_ctx)))
    adds, wanted = along_both(run)[1], run.tokens[:, :-2]  # [text, pos, d_vocab], [text, pos - 2]
    if (chance(adds, wanted) >= SURE).all():
        return
    rows = evidence(run.tokens, adds, wanted)
    for name, fields in why_not_two_back(run, adds, wanted):
        mistake(name, *rows, **fields)
    wrong("values", "Along the path through both heads, the token two places back does not arrive.", *rows)


def along_both(run):
    """What the path through both heads adds to the last stream and to the logits, by silencing heads."""
    frozen, (one, two) = run.frozen(), ((0, 0), (1, 0))
    both, first, second, none = (frozen.run(heads=heads) for heads in ({one, two}, {one}, {two}, set()))
    return tuple(
        getattr(both, name) - getattr(first, name) - getattr(second, name) + getattr(none, name)
        for name in ("resid_final", "logits")
    )  # [text, pos, d_model], [text, pos, d_vocab]


def why_not_two_back(run, adds, wanted):
    """What is wrong with a virtual head, the first thing first: where it looks, then what it moves."""
    if not run.model.config.positional:
        yield "no positions", {}
    direct = run.frozen().run(heads=())
    for layer in (0, 1):
        alone = run.frozen().run(heads={(layer, 0)}).logits - direct.logits  # [text, pos, d_vocab]
        if (chance(alone, wanted) >= SURE).all():
            yield "one head alone", {"layer": layer}
    yield from looks_nowhere(run, 0)
    yield from looks_nowhere(run, 1)
    back = [steps_back(pattern) for pattern in run.pattern[:, :, 0]]  # of each layer, None where unclear
    total = 2 if None in back else sum(back)
    if total != 2:
        yield {0: "stays", 1: "one back only"}.get(total, "too far"), {"total": total}
    if flat(run, adds):
        yield why_nothing_comes(run), {}
    share = (run.pattern[1, :, 0] @ run.pattern[0, :, 0]).diagonal(-2, axis1=1, axis2=2)  # [text, pos - 2]
    if (share >= SURE).all():
        yield from miscopies(adds, wanted)
    if None not in back:
        yield "too soft", {}
    if np.ptp(run.pattern, axis=1).max() > 1 - SURE:
        yield "looks by tokens", {}


def why_nothing_comes(run):
    """Why nothing comes to the logits along the path through both heads."""
    if np.abs(along_both(run)[0]).max() > ROUNDING * np.abs(run.resid_final).max():
        return "not unembedded"
    silent = [np.abs(run.head_out[layer]).max() < ROUNDING for layer in (0, 1)]
    return (
        "layer 0 writes nothing"
        if silent[0]
        else "layer 1 writes nothing"
        if silent[1]
        else "reads the token"
    )


# %% [markdown] mistakes="two_back_weights"
# - **one back only**: `k=-1` → `k=-layer`
#   Together your heads look one place back only: one of them stays where it is. The steps of the two add up.
# - **stays**: `, k=-1` → ``
#   Both heads look at their own position, so nothing is moved.
# - **too far**: `k=-1` → `k=-2`
#   Together your heads look {total} places back. The steps of the two add up.
# - **looks ahead**: `k=-1` → `k=1`
#   In layer {layer}, the query of position p fits the key of position p + 1. The mask takes that one away,
#   and what is left is chance. The shift goes the wrong way.
# - **reads the token**: `(1, note, said)` → `(1, token, said)`
#   Layer 1 reads what was in the stream from the beginning, and nothing of what layer 0 wrote. So nothing
#   comes along the path through both. From where must it take its values?
# - **too soft**: `12 *` → `2 *`
#   Your heads look most at the right place, but too much of their attention goes elsewhere. How far must one
#   score be above the others, after the division by √d_head?
# - **too quiet**: `10 * np` → `np`
#   The heads look at the right place, and the right token is raised most, but by too little: the softmax over
#   all tokens hardly sees it. What makes logits larger?
# - **does not copy**: `target] = np.eye(d_vocab)` → `target] = np.eye(d_vocab, k=1)`
#   The heads look at the right place, but another token than the one found there is raised. Follow one token
#   through W_E, W_V, W_O and W_U: does it come out as itself?
# - **lowers it**: `10 * np` → `-10 * np`
#   The heads look at the right place, but the token found there is lowered, not raised. Follow the signs
#   through W_V, W_O and W_U.
# - **not unembedded**: `["W_U"][said]` → `["W_U"][note]`
#   Something comes along the path through both heads, but only to the stream. Does W_U read where layer 1
#   writes?
# - **layer 0 writes nothing**: `(0, token, note)` → `(0, said, note)`
#   The head of layer 0 looks, but it writes nothing.
# - **layer 1 writes nothing**: `(1, note, said)` → `(1, said, said)`
#   The head of layer 1 looks, but it writes nothing: W_V and W_O do not lead from what layer 0 wrote to
#   anywhere.
# - **looks everywhere**: `12 *` → `0 *`
#   In layer {layer}, each position looks at all that it may see, with equal weights: the scores are all
#   equal. What should its queries and keys read?
# - **one head alone**: `k=-1` → `k=-2`, `(0, token, note), (1, note, said)` → `(0, token, said), (1, note, note)`
#   The right token arrives, but the head of layer {layer} brings it alone. What is judged is the path through
#   both heads.
# - **no positions**:
#   ```python
#   config = ov.Config(2, 1, 26, 8, d_vocab, n_ctx)
#   return ov.Transformer(config, **blank(config))
#   ```
#   Your network has no positions: it needs `positional=True` and a `W_pos`. A head that knows nothing but
#   tokens cannot tell which of them came just before.
# - **other sizes**:
#   ```python
#   config = ov.Config(2, 1, 26, 8, d_vocab=6, n_ctx=8, positional=True)
#   return ov.Transformer(config, **blank(config))
#   ```
# - **other layers**: `n_layers=2` → `n_layers=3`
# - **more heads**: `n_heads=1` → `n_heads=2`
#   One head in each layer was asked for.
# - **not causal**: `positional=True` → `positional=True, causal=False`
# - **too large**: `"d_head": max(d_vocab, n_ctx)` → `"d_head": 20_000`
#   Your network is too large to be looked at. A few hundred dimensions are enough.
# - **overflow**: `target] = np.eye` → `target] = 1e200 * np.eye`
# - **looks by tokens**: `position, :n_ctx] = 12` → `token, :d_vocab] = 12`,
#   `np.eye(n_ctx, k=-1)` → `np.eye(d_vocab, k=-1)`,
#   `position, :n_ctx] = np.eye(n_ctx)` → `token, :d_vocab] = np.eye(d_vocab)`
#   Where your heads look depends on the tokens. Two places back is two places back in any text: it should
#   depend on the positions alone.


# %% right="two_back_weights" form="all of the step in layer 1, and layer 0 stays"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, position, position] = 100 * np.eye(n_ctx)
    Q[1, 0, position, position] = 100 * np.eye(n_ctx, k=-2)
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% right="two_back_weights" form="everything is moved, on top of itself"
def two_back_weights(d_vocab, n_ctx):
    d_model = d_vocab + n_ctx
    config = ov.Config(2, 1, d_model, d_model, d_vocab, n_ctx, positional=True)
    weights = blank(config)
    weights["W_E"][:, :d_vocab], weights["W_pos"][:, d_vocab:] = np.eye(d_vocab), np.eye(n_ctx)
    weights["W_V"][:] = weights["W_O"][:] = np.eye(d_model)
    for layer, sharp in ((0, 300), (1, 3000)):  # in layer 1, the stream holds two positions
        weights["W_Q"][layer, 0, d_vocab:, :n_ctx] = sharp * np.eye(n_ctx, k=-1)
        weights["W_K"][layer, 0, d_vocab:, :n_ctx] = np.eye(n_ctx)
    # the note of layer 0 holds the position before, so a key fits two queries: the later position counts more
    weights["W_K"][1, 0, d_vocab:, :n_ctx] *= 1 + np.arange(n_ctx)
    weights["W_U"][:d_vocab] = 20 * np.eye(d_vocab)
    return ov.Transformer(config, **weights)


# %% right="two_back_weights" form="positions on a circle, in float32"
def two_back_weights(d_vocab, n_ctx):
    token, circle, note, said = slots(d_vocab, 2, d_vocab, d_vocab)
    config = ov.Config(2, 1, 3 * d_vocab + 2, d_vocab, d_vocab, n_ctx, positional=True, dtype=np.float32)
    weights = blank(config)
    step = 2 * np.pi / (n_ctx + 1)
    angles = step * np.arange(n_ctx)
    weights["W_E"][:, token] = np.eye(d_vocab)
    weights["W_pos"][:, circle] = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    turn = np.array([[np.cos(step), -np.sin(step)], [np.sin(step), np.cos(step)]])  # rows turn backwards
    for layer, source, target in ((0, token, note), (1, note, said)):
        weights["W_Q"][layer, 0, circle, :2] = 500 * turn
        weights["W_K"][layer, 0, circle, :2] = np.eye(2)
        weights["W_V"][layer, 0, source] = np.eye(d_vocab)
        weights["W_O"][layer, 0, :, target] = np.eye(d_vocab)
    weights["W_U"][said] = 12 * np.eye(d_vocab)
    return ov.Transformer(config, **weights)


# %% right="two_back_weights" form="soft heads, loud logits, a turned basis, noise on other paths"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[:, 0, position, position] = 4 * np.sqrt(config.d_head) * np.eye(n_ctx, k=-1)
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    random = np.random.default_rng(0)
    U = 60 * unit[:, said]
    U[token] = random.normal(size=(d_vocab, d_vocab))
    basis = np.linalg.qr(random.normal(size=unit.shape)).Q
    ends = {"W_E": unit[token] @ basis, "W_pos": unit[position] @ basis, "W_U": basis.T @ U}
    reads = {"W_Q": basis.T @ Q, "W_K": basis.T @ whole, "W_V": basis.T @ whole}
    return ov.Transformer(config, **ends, **reads, W_O=O @ basis)


# %% [markdown] exercise="induction_score" points=1
# ## Find an induction head
#
# A text is a block of `period` different tokens, again and again; the last copy may be cut short. You get
# the `pattern` of one head on it, `[query, key]`. Return the head's induction score: its mean attention to
# the token that *followed* the same token in the copy before.
#
# Take the mean over all queries that have a copy before them: from position `period` to the end. The result
# is one number. With two copies `detect.induction` is what you write here; of more copies it counts them all.

# %% [markdown] hint="induction_score"
# Write down a text of period 3, with its positions below it. Position 4 holds the same token as position 1.
# Which position followed that one? How many places back is it, seen from position 4?

# %% [markdown] hint="induction_score"
# It is the same number of places back for each query. `pattern[queries, keys]` with two arrays of whole
# numbers takes one entry a pair.


# %% starter="induction_score"
def induction_score(pattern, period):
    return ...


# %% solution="induction_score"
def induction_score(pattern, period):
    queries = np.arange(period, len(pattern))
    return pattern[queries, queries - period + 1].mean()


# %% check="induction_score" blocked="detect.induction detect._mean_on_diagonal detect._mean_on_copies"
says = "That is not the score of a pattern of {size} positions with period {period}."


def inputs(student):
    for rng, further in zip(student.draws(4), (2, 3, 0, 1), strict=True):
        period = int(rng.integers(4, 7))
        # on a short text some mistakes give one number
        yield (lambda: repeated(rng, period, further)) if further > 1 else repeated(rng, period, further)


def repeated(rng, period, further):
    """The pattern of a random head on a repeated block."""
    size = 2 * period + further
    config = Config(1, 1, d_model=8, d_head=4, d_vocab=period, n_ctx=size, positional=True)
    tokens = np.tile(rng.permutation(period), 3)[:size]
    run = Transformer.random(config, seed=int(rng.integers(2**31))).run(tokens)
    return call(run.pattern[0, 0], period, period=period, size=size)


def answer(A, period):
    """The mean weight of what followed the same token in the copy before."""
    return float(np.mean([A[query, query - period + 1] for query in range(period, len(A))]))


def near(one, other, call):
    return abs(one - other) <= 1e-3


def read(got, call):
    return one_number(got)


# %% [markdown] mistakes="induction_score"
# - **same token**: `period + 1]` → `period]`
#   This is the attention to the *same* token in the copy before. A head that does that is a duplicate-token
#   head. An induction head looks at what came after that token.
# - **one too far**: `+ 1].` → `+ 2].`
#   This looks two positions after the same token. What followed it is one position after it.
# - **one too early**: `period + 1` → `period - 1`
#   This looks at what came *before* the same token, one period ago. Asked is what followed.
# - **previous token**: `- period + 1]` → `- 1]`
#   This is the attention to one position back, whatever the period is.
# - **previous token everywhere**: `return np.diagonal(pattern, -1).mean()`
#   This is the previous-token score: one position back, whatever the period is.
# - **first copy too**: `return np.diagonal(pattern, 1 - period).mean()`
#   That is one query too many. Position `period - 1` is the last of the first copy, and its token has not
#   been seen before.
# - **one query short**: `return np.diagonal(pattern, 1 - period)[2:].mean()`
#   One query is missing at the beginning: the token at position `period` has been seen before.
# - **last query missing**: `return np.mean([pattern[q, q - period + 1] for q in range(period, len(pattern) - 1)])`
#   The last query is missing. Its token has been seen before, too.
# - **second copy only**: `return np.mean([pattern[q, q - period + 1] for q in range(period, 2 * period)])`
#   These are the queries of the second copy alone. The text may go on, and later queries have a copy before
#   them as well.
# - **all copies**:
#   ```python
#   total, queries = 0, range(period, len(pattern))
#   for q in queries:
#       total += sum(pattern[q, k] for k in range(q - period + 1, -1, -period))
#   return total / len(queries)
#   ```
#   Here the attention to every earlier copy counts. Asked is the copy just before.
# - **sum**: `mean` → `sum`
#   This is the sum over the queries. It grows with the length of the text. Asked is the mean.
# - **over all queries**: `mean(` → `sum() / len(pattern`
#   The sum is divided by the number of all positions. Those of the first copy have nothing to find, so they
#   do not count.
# - **over all entries**: `return pattern[period:].mean()`
#   This is the mean over all keys. It is the same for every pattern, as rows sum to 1. For each query, one
#   key counts.
# - **transposed**: `queries, queries - period + 1]` → `queries - period + 1, queries]`
#   This is zero for any causal head. Do your keys come after your queries? The first axis of the pattern is
#   the query.
# - **the largest**: `return np.diagonal(pattern, 1 - period)[1:].max()`
#   This is the largest of these weights. Asked is their mean.


# %% right="induction_score" form="a diagonal"
def induction_score(pattern, period):
    return np.diagonal(pattern, 1 - period)[1:].mean()


# %% right="induction_score" form="by a table of places, in float32"
def induction_score(pattern, period):
    places = np.arange(len(pattern))
    here = (places[:, None] - places == period - 1) & (places[:, None] >= period)
    return [(pattern.astype(np.float32) * here).sum() / here.sum()]


# %% right="induction_score" form="a trace"
def induction_score(pattern, period):
    later = pattern[period:, 1:]
    return float(np.trace(later) / len(later))


# %% [markdown] exercise="cut_keys" points=3
# ## Cut one wire
#
# Is it by its keys that one head reads another? Cut that wire and look. Return the pattern that the head
# `second` would have, `[query, key]`, if its *keys* did not read what the head `first` wrote. All else stays
# as it was recorded: its queries, and what the heads between wrote after they had read `first`.
#
# `run` is a recorded run; `first` and `second` are pairs `(layer, head)`, `first` in the earlier layer. You
# need `run.resid_pre` `[layer, pos, d_model]`, the stream that a layer reads, `run.head_out` `[layer, head,
# pos, d_model]`, `run.q` `[layer, head, pos, d_head]`, and `run.model.W_K` `[layer, head, d_model, d_head]`.
# The heads are causal.

# %% [markdown] hint="cut_keys"
# The stream that `second` reads is a sum. One of its terms is what `first` wrote. What is left without it?

# %% [markdown] hint="cut_keys"
# The keys are made of what is left; the queries are recorded already. Then all is as in any head: products,
# scores, mask, softmax. Your `scores` and `causal_pattern` of lesson 03 do that part.


# %% starter="cut_keys"
def cut_keys(run, first, second):
    return ...


# %% solution="cut_keys"
def cut_keys(run, first, second):
    stream = run.resid_pre[second[0]] - run.head_out[first]  # [pos, d_model]
    Q, K = run.q[second], stream @ run.model.W_K[second]  # [pos, d_head] each
    S = Q @ K.T / np.sqrt(K.shape[1])  # [query, key]
    masked = np.where(np.tri(len(S), dtype=bool), S, -np.inf)  # [query, key]
    weights = np.exp(masked - masked.max(axis=1, keepdims=True))  # [query, key]
    return weights / weights.sum(axis=1, keepdims=True)


# %% check="cut_keys"
axes = ("query", "key")


def inputs(student):
    # first with a layer between: there the mistakes differ most
    for case, layers in zip(cases(student, **SIZES), ((0, 2), (0, 1), (1, 2), (0, 2)), strict=True):
        first, second = ((layer, int(case.rng.integers(2))) for layer in layers)
        yield call(case.run, first, second, words=f"first {first}, second {second}; {case.words}")


def answer(run, first, second):
    """The pattern [query, key], its scores summed piece by piece: one for each writer of the keys."""
    W_K, d_head = run.model.W_K[second], run.model.config.d_head
    heads = [(layer, head) for layer in range(second[0]) for head in range(run.model.config.n_heads)]
    pieces = [run.embedding, *(run.head_out[head] for head in heads if head != first)]  # [pos, d_model] each
    S = sum(run.q[second] @ (piece @ W_K).T for piece in pieces) / np.sqrt(d_head)  # [query, key]
    return shared(np.where(np.tri(len(S), dtype=bool), S, -np.inf))


# %% [markdown] mistakes="cut_keys"
# - **nothing cut**: `return run.pattern[second]`
#   This is the pattern as it was recorded. If the cut was made in the values, or in the query of a position
#   alone, it does not show. What is the score made of?
# - **queries too**: `run.q[second], stream` → `stream @ run.model.W_Q[second], stream`
#   The queries do not read `first` any more either. Two wires are cut, and so one cannot tell which of them
#   mattered.
# - **queries instead**: `run.q[second], stream @ run.model.W_K[second]` →
#   `stream @ run.model.W_Q[second], run.k[second]`
#   The queries were cut, and the keys still read all. That asks for Q-composition. Which of the two gives the
#   rows of a score table, which the columns?
# - **silenced everywhere**:
#   ```python
#   from dataclasses import replace
#   W_O = run.model.W_O.copy()
#   W_O[first] = 0
#   return replace(run.model, W_O=W_O).run(run.tokens).pattern[second]
#   ```
#   The head `first` was silenced for the whole network. So the queries do not read it either, nor do the
#   heads between. Cut only the wire that leads to these keys.
# - **heads between too**:
#   ```python
#   layers, heads = run.pattern.shape[:2]
#   others = {(layer, head) for layer in range(layers) for head in range(heads)} - {first}
#   stream = run.frozen().run(heads=others).resid_pre[second[0]]
#   S = run.q[second] @ (stream @ run.model.W_K[second]).T / np.sqrt(run.q.shape[-1])
#   weights = np.tril(np.exp(S))
#   return weights / weights.sum(axis=1, keepdims=True)
#   ```
#   The keys also miss what the heads between made of `first`. Only what `first` itself wrote is to be taken
#   away.
# - **only the wire**: `run.resid_pre[second[0]] - run` → `run`
#   This is the other way round: the keys read what `first` wrote and nothing else.
# - **all wires**: `run.resid_pre[second[0]] - run.head_out[first]` → `run.embedding`
#   The keys read the embedding alone: here every wire is cut, from all heads before. Cut one.
# - **whole layer**: `- run.head_out[first]` → `- run.head_out[first[0]].sum(axis=0)`
#   The keys miss all that the layer of `first` wrote. Only one of its heads is to be taken away.
# - **not scaled**: ` / np.sqrt(K.shape[1])` → ``
#   The wire is cut, and the rest is nearly right: these products have not been made into scores.
# - **no mask**: `np.where(np.tri(len(S), dtype=bool), S, -np.inf)` → `S`
#   The wire is cut, but your first position looks at later ones. The head is causal.
# - **scores**: `return weights / weights.sum(axis=1, keepdims=True)` → `return S`
#   These are the scores, and they are right. The pattern is made from them by two more steps.
# - **keys ask**: `Q @ K.T` → `K @ Q.T`
#   The wire is cut, but queries and keys have changed places in the scores.
# - **weights of the first**: `W_K[second]` → `W_K[first]`
#   These keys are made with the W_K of `first`. It is `second` that looks.
# - **over queries**: `max(axis=1` → `max(axis=0`, `weights.sum(axis=1` → `weights.sum(axis=0`
#   The softmax was taken over queries: the columns sum to 1, not the rows.


# %% right="cut_keys" form="taken from the scores"
def cut_keys(run, first, second):
    gone = run.q[second] @ (run.head_out[first] @ run.model.W_K[second]).T
    S = run.scores[second] - gone / np.sqrt(run.q.shape[-1])
    weights = np.tril(np.exp(S))
    return weights / weights.sum(axis=1, keepdims=True)


# %% right="cut_keys" form="taken from the keys, row by row, in float32"
def cut_keys(run, first, second):
    gone = (run.head_out[first] @ run.model.W_K[second]).astype(np.float32)
    keys, rows = run.k[second].astype(np.float32) - gone, []
    for place, query in enumerate(run.q[second].astype(np.float32)):
        weights = np.exp(keys[: place + 1] @ query / len(query) ** 0.5)
        rows.append([*(weights / weights.sum()), *np.zeros(len(keys) - place - 1)])
    return rows


# %% right="cut_keys" form="weights taken from the recorded pattern"
def cut_keys(run, first, second):
    gone = np.einsum("qh,kd,dh->qk", run.q[second], run.head_out[first], run.model.W_K[second])
    weights = run.pattern[second] / np.exp(gone / np.sqrt(run.q.shape[-1]))
    return weights / weights.sum(axis=1, keepdims=True)


# %% [markdown] exercise="induction_weights" points=4
# ## Write induction
#
# … *a b* … *a*: what comes next? Write the weights of a network of two layers that says *b*.
#
# The texts are random blocks of different tokens, each block twice in a row. At each position of the second
# copy, the network must give the token that followed in the first copy a probability of at least 0.9. At the
# last position of the text, that is the token with which the copies begin. The check tries every length of
# block from 2 to `n_ctx // 2`.
#
# Return an `ov.Transformer` for texts of up to `n_ctx` tokens out of `d_vocab`. It is causal and has two
# layers. The number of heads, `d_model` and `d_head` are yours to choose, up to a few hundred. Only the
# logits on these texts are judged, not how you get them.
#
# There are at least two ways. Layer 0 may note at each position *which token came before*, and layer 1 look
# for its own token among the notes. Or layer 0 may note *where its token was before*, and layer 1 look one
# position further.

# %% [markdown] hint="induction_weights"
# Begin with your `two_back_weights`. For the first way, layer 0 can stay as it is. In layer 1, ask what the
# query must be made of, what the key, and what is to be moved from the position that is found.

# %% [markdown] hint="induction_weights"
# Look at the patterns: `ov.plots.pattern(model.run(tokens).pattern[1, 0])`. Which position should the first
# token of the second copy look at? If its attention is shared between two positions, ask what position 0
# noted: nothing came before it.

# %% [markdown] hint="induction_weights"
# A score is a sum, so a head can ask for two things at once. A further dimension of the queries and keys can
# lower the score of one position, for every query. For the second way: a position that looks for its own
# token also finds itself. How can the score tell it from the earlier one?


# %% starter="induction_weights"
def induction_weights(d_vocab, n_ctx):
    # The second way needs other slots.
    widths = (d_vocab, n_ctx, d_vocab, d_vocab)
    token, position, note, said = slots(*widths)
    sizes = (2, 1, sum(widths), d_vocab + n_ctx, d_vocab)
    config = ov.Config(*sizes, n_ctx=n_ctx, positional=True)
    weights = blank(config)
    weights["W_E"][:, token] = np.eye(d_vocab)
    weights["W_pos"][:, position] = np.eye(n_ctx)
    # return ov.Transformer(config, **weights)
    return ...


# %% solution="induction_weights"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    sizes = {"d_model": 3 * d_vocab + n_ctx, "d_head": d_vocab + n_ctx, "d_vocab": d_vocab}
    config = ov.Config(n_layers=2, n_heads=1, n_ctx=n_ctx, positional=True, **sizes)
    weights = blank(config)
    weights["W_E"][:, token] = np.eye(d_vocab)
    weights["W_pos"][:, position] = np.eye(n_ctx)
    sharp = 12 * np.sqrt(config.d_head)  # a score of 12
    weights["W_Q"][0, 0, position, :n_ctx] = sharp * np.eye(n_ctx, k=-1)
    weights["W_K"][0, 0, position, :n_ctx] = np.eye(n_ctx)
    weights["W_Q"][1, 0, token, :d_vocab] = sharp * np.eye(d_vocab)
    weights["W_K"][1, 0, note, :d_vocab] = np.eye(d_vocab)
    weights["W_Q"][1, 0, token, d_vocab] = sharp  # whatever the token is …
    weights["W_K"][1, 0, position, d_vocab] = -np.eye(n_ctx)[0]  # … nobody looks for what position 0 noted
    for layer, target in ((0, note), (1, said)):
        weights["W_V"][layer, 0, token, :d_vocab] = np.eye(d_vocab)
        weights["W_O"][layer, 0, :d_vocab, target] = np.eye(d_vocab)
    weights["W_U"][said] = 10 * np.eye(d_vocab)
    return ov.Transformer(config, **weights)


# %% check="induction_weights" blocked="zoo.load zoo.handmade.two_back zoo.handmade.induction_by_keys zoo.handmade.induction_by_pointers"
def inputs(student):
    for rng, sizes in zip(student.draws(3), ((9, 16), (14, 12), (6, 11)), strict=True):
        yield call(*sizes, case=rng)


@np.errstate(all="ignore")  # weights may be as large as a learner likes
def judge(got, call):
    d_vocab, n_ctx = call.arguments
    model = built(got, d_vocab, n_ctx)
    runs = [run_of(model, twice(call.case, d_vocab, each)) for each in range(2, min(n_ctx // 2, d_vocab) + 1)]
    for run in reversed(runs):
        if not (chance(run.logits, followed(run)) >= SURE).all():
            rows = (("period", str(period(run))), *evidence(run.tokens, run.logits, followed(run)))
            for name, fields in why_no_induction(runs):
                mistake(name, *rows, **fields)
            wrong("values", "On repeated blocks, it is not the token that followed that comes out.", *rows)


def twice(rng, d_vocab, period):
    """Texts [text, 2 * period]: a block of different tokens, twice."""
    return np.tile([rng.permutation(d_vocab)[:period] for _ in range(8)], 2)


def period(run):
    return run.tokens.shape[1] // 2


def followed(run):
    """What followed each token of the second copy, in the first [text, period]."""
    return run.tokens[:, 1 : period(run) + 1]


def why_no_induction(runs):
    """What is wrong with induction, from the runs with all periods, the first thing first."""
    if not runs[-1].model.config.positional:
        yield "no positions", {}
    layer_1 = [run.head_out[1].sum(axis=1) @ run.model.W_U for run in runs]  # [text, pos, d_vocab] each
    heads = [run.head_out.sum(axis=(0, 2)) @ run.model.W_U for run in runs]  # [text, pos, d_vocab] each
    if all(flat(run, each) for run, each in zip(runs, heads, strict=True)):
        yield "says nothing", {}
    if fails_at_position_0(runs):
        yield "position 0", {}
    found = min(float(attention_to_followed(run)[:, 1:].min()) for run in runs)
    if rate(runs, [run.logits for run in runs], lambda period: period - 1) == 1:
        yield ("too soft" if found < SURE else "too quiet"), {}
    if rate(runs, layer_1, lambda period: period - 1) == 1:
        yield "drowned", {}
    for fixed in range(3, period(runs[-1]) + 1):
        if rate(runs[1:], heads[1:], lambda _, steps=fixed - 1: steps) > SURE:
            yield "one period only", {"steps": fixed - 1, "fixed": fixed}
    yield from where_it_looks(runs[-1])
    yield from what_comes_out(runs, layer_1, found)
    if found >= SURE:
        yield from miscopies(layer_1[-1], followed(runs[-1])[:, 1:])
    if deaf(runs[-1]):
        yield "no composition", {}


def fails_at_position_0(runs):
    """Whether only the first place of the second copy fails, by a look at position 0."""
    chances = [chance(run.logits, followed(run)) for run in runs]
    looks = [run.pattern[1].max(axis=1)[:, period(run), 0] for run in runs]  # [text] each
    return min(float(each[:, 1:].min()) for each in chances) >= SURE and max(map(np.max, looks)) > 1 - SURE


def where_it_looks(run):
    """Whether the heads look ahead, nowhere, or at the right place but too softly."""
    yield from looks_nowhere(run, 0)
    itself = [steps_back(pattern) == 0 for pattern in np.moveaxis(run.pattern[0], 1, 0)]  # [head]
    if ahead(run, 1) and any(itself):
        yield "finds itself", {}
    if ahead(run, 1) and deaf(run):
        yield "no composition", {}
    yield from looks_nowhere(run, 1)
    if min(weakest(run, *place) for place in ((0, 1), (0, period(run)), (1, period(run) - 1))) < SURE:
        yield "too soft", {}


def weakest(run, layer, back):
    """The least weight that a head pays so many places back, if it always looks there most; else 1."""
    queries, least = np.arange(period(run) + 1, 2 * period(run)), 1.0
    for pattern in np.moveaxis(run.pattern[layer], 1, 0)[:, :, queries]:  # [text, query, key]
        weights = pattern[:, np.arange(len(queries)), queries - back]  # [text, query]
        others = np.where(np.arange(pattern.shape[-1]) == (queries - back)[:, None], 0, pattern).max(axis=-1)
        if (weights > others + 1e-6).all():
            least = min(least, float(weights.min()))
    return least


def what_comes_out(runs, layer_1, found):
    """Which other token comes out of layer 1, in place of the one that followed."""
    telling = [number for number, run in enumerate(runs) if period(run) >= 4]
    runs, layer_1 = [runs[number] for number in telling], [layer_1[number] for number in telling]
    layer_0 = [run.head_out[0].sum(axis=1) @ run.model.W_U for run in runs]
    if rate(runs, layer_1, lambda period: period) > SURE:
        yield (
            ("moves the note" if found >= SURE else "no composition" if deaf(runs[-1]) else "same token"),
            {},
        )
    if rate(runs, layer_1, lambda period: period - 2) > SURE:
        yield "one too far", {}
    if rate(runs, layer_1, lambda period: 1) > SURE:
        yield "token before", {}
    silent = all(flat(run, each) for run, each in zip(runs, layer_1, strict=True))
    if silent and rate(runs, layer_0, lambda period: 1) > SURE:
        yield "says the note", {}


def attention_to_followed(run):
    """How much attention layer 1 pays, with its best head, to what followed the same token [text, period]."""
    return run.pattern[1].max(axis=1)[:, period(run) :].diagonal(1, axis1=1, axis2=2)[:, : period(run)]


def deaf(run):
    """Whether the patterns of layer 1 stay as they are when layer 0 writes nothing."""
    W_O = run.model.W_O.copy()
    W_O[0] = 0
    return np.allclose(replace(run.model, W_O=W_O).run(run.tokens).pattern[1], run.pattern[1], atol=1e-4)


def rate(runs, logits, back):
    """How often the token back(period) positions before the query, and no other, comes out of the logits.

    Queries are those of the second copy after its first one.
    """
    hits = []
    for run, each in zip(runs, logits, strict=True):
        steps, end = back(period(run)), 2 * period(run)
        first = max(period(run) + 1, steps)
        if first < end:
            hits.append(says_them(each, run.tokens[:, first - steps : end - steps]).ravel())
    return float(np.mean(np.concatenate(hits)))


# %% [markdown] mistakes="induction_weights"
# - **position 0**: `= -np.eye(n_ctx)[0]` → `= 0`
#   Only the first position of the second copy is wrong: it also looks at position 0. Nothing came before that
#   one, so the head of layer 0 looked at position 0 itself. What did it note there?
# - **no composition**: `["W_K"][1, 0, note` → `["W_K"][1, 0, token`
#   Layer 1 looks where it looks without any help: if layer 0 writes nothing, the patterns of layer 1 stay the
#   same. Which must read what layer 0 wrote, its queries or its keys?
# - **same token**: `, k=-1` → ``
#   Layer 1 finds the same token in the first copy, and says it again. That is a duplicate-token head. What is
#   asked for stands one position later.
# - **one too far**: `k=-1` → `k=-2`
#   Layer 1 looks one position too far: two after the same token.
# - **token before**: `["W_Q"][1, 0, token, :` → `["W_Q"][1, 0, note, :`, `["W_K"][1, 0, note` → `["W_K"][1, 0, token`
#   What comes out is the token *before* the same one. Either a shift goes the wrong way, or queries and keys
#   read each other's slots: which of the two must read the notes?
# - **looks ahead**: `k=-1` → `k=1`
#   In layer {layer}, the query of position p fits the key of position p + 1. The mask takes that one away,
#   and what is left is chance. The shift goes the wrong way.
# - **moves the note**: `[layer, 0, token,` → `[layer, 0, (token, note)[layer],`
#   Layer 1 looks at the right position, but it moves what layer 0 noted there: the token before, which is the
#   one that it came with. What stands at that position itself?
# - **says the note**: `["W_U"][said]` → `["W_U"][note]`
#   The logits show what layer 0 noted, and nothing of layer 1. From where does W_U read?
# - **does not copy**: `10 * np.eye(d_vocab)` → `10 * np.roll(np.eye(d_vocab), 1, axis=1)`
#   The heads look at the right place, but another token than the one found there is raised. Follow one token
#   through W_E, W_V, W_O and W_U: does it come out as itself?
# - **lowers it**: `10 * np` → `-10 * np`
#   The heads look at the right place, but the token found there is lowered, not raised. Follow the signs
#   through W_V, W_O and W_U.
# - **drowned**: `weights["W_U"][said] = 10` → `weights["W_U"][token] = 15 * np.eye(d_vocab); weights["W_U"][said] = 10`
#   Layer 1 raises the right token, but something louder reaches the logits: W_U also reads the token itself,
#   or what layer 0 wrote.
# - **too soft**: `12 * np.sqrt` → `2 * np.sqrt`
#   Your heads look most at the right place, but too much of their attention goes elsewhere. How far must one
#   score be above the others, after the division by √d_head?
# - **too quiet**: `10 * np` → `np`
#   The heads look at the right place, and the right token is raised most, but by too little: the softmax over
#   all tokens hardly sees it. What makes logits larger?
# - **looks everywhere**: `:d_vocab] = sharp` → `:d_vocab] = 0`, `token, d_vocab] = sharp` → `token, d_vocab] = 0`
#   In layer {layer}, each position looks at all that it may see, with equal weights: the scores are all
#   equal. What should its queries and keys read?
# - **says nothing**: `10 * np` → `0 * np`
#   The heads add nothing to the logits. Does W_U read where they write, and do they write at all?
# - **one period only**: `[1, 0, token, :d_vocab] = sharp * np.eye(d_vocab)` →
#   `[1, 0, position, :n_ctx] = sharp * np.eye(n_ctx, k=1 - n_ctx // 3)`,
#   `[1, 0, note, :d_vocab] = np.eye(d_vocab)` → `[1, 0, position, :n_ctx] = np.eye(n_ctx)`,
#   `token, d_vocab] = sharp` → `token, d_vocab] = 0`
#   Your network looks {steps} positions back, whatever the tokens are. That is right for blocks of {fixed},
#   and for no others. The tokens must say where to look.
# - **no positions**:
#   ```python
#   config = ov.Config(2, 1, 26, 8, d_vocab, n_ctx)
#   return ov.Transformer(config, **blank(config))
#   ```
#   Your network has no positions: it needs `positional=True` and a `W_pos`. A head that knows nothing but
#   tokens cannot tell which of them came just before.
# - **other layers**: `n_layers=2` → `n_layers=4`
# - **other sizes**:
#   ```python
#   config = ov.Config(2, 1, 26, 8, d_vocab=10, n_ctx=10, positional=True)
#   return ov.Transformer(config, **blank(config))
#   ```
# - **not causal**: `positional=True` → `positional=True, causal=False`
# - **too large**: `"d_head": d_vocab + n_ctx` → `"d_head": 20_000`
#   Your network is too large to be looked at. A few hundred dimensions are enough.
# - **overflow**: `target] = np.eye` → `target] = 1e200 * np.eye`, `10 * np` → `1e200 * np`
# - **finds itself**:
#   ```python
#   token, position, pointer, said = slots(d_vocab, n_ctx, n_ctx, d_vocab)
#   config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
#   (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
#   Q[0, 0, token, token], Q[0, 0, position, position] = 100 * np.eye(d_vocab), 200 * np.eye(n_ctx)
#   Q[1, 0, pointer, position] = 100 * np.eye(n_ctx, k=1)
#   O[0, 0, position, pointer], O[1, 0, token, said] = np.eye(n_ctx), np.eye(d_vocab)
#   ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
#   return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)
#   ```
#   In layer 0, each position looks at itself. Its own token is the same token, too, but it is the earlier one
#   that must be found. How can the score tell the two apart?


# %% right="induction_weights" form="pointer arithmetic"
def induction_weights(d_vocab, n_ctx):
    token, position, pointer, said = slots(d_vocab, n_ctx, n_ctx, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, token, token], Q[0, 0, position, position] = 100 * np.eye(d_vocab), -200 * np.eye(n_ctx)
    Q[1, 0, pointer, position] = 100 * np.eye(n_ctx, k=1)
    O[0, 0, position, pointer], O[1, 0, token, said] = np.eye(n_ctx), np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% right="induction_weights" form="four heads, two of them idle, in a turned basis, float32"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    sizes = {"d_model": 3 * d_vocab + n_ctx, "d_head": max(d_vocab + 1, n_ctx), "d_vocab": d_vocab}
    config = ov.Config(n_layers=2, n_heads=2, n_ctx=n_ctx + 3, positional=True, dtype=np.float32, **sizes)
    weights, sharp = blank(config), 20 * np.sqrt(config.d_head)
    weights["W_E"][:, token], weights["W_pos"][:n_ctx, position] = np.eye(d_vocab), np.eye(n_ctx)
    weights["W_Q"][0, 1, position, :n_ctx], weights["W_K"][0, 1, position, :n_ctx] = (
        sharp * np.eye(n_ctx, k=-1),
        np.eye(n_ctx),
    )
    weights["W_V"][0, 1, token, :d_vocab] = weights["W_O"][0, 1, :d_vocab, note] = np.eye(d_vocab)
    weights["W_Q"][1, 0, token, :d_vocab], weights["W_K"][1, 0, note, :d_vocab] = (
        sharp * np.eye(d_vocab),
        np.eye(d_vocab),
    )
    weights["W_Q"][1, 0, token, d_vocab], weights["W_K"][1, 0, position, d_vocab] = (
        sharp,
        np.arange(n_ctx) > 0,
    )
    weights["W_V"][1, 0, token, :d_vocab] = weights["W_O"][1, 0, :d_vocab, said] = np.eye(d_vocab)
    weights["W_U"][said] = 15 * np.eye(d_vocab)
    basis = np.linalg.qr(np.random.default_rng(1).normal(size=(config.d_model, config.d_model))).Q
    reads = {name: basis.T @ weights[name] for name in ("W_Q", "W_K", "W_V", "W_U")}
    writes = {name: weights[name] @ basis for name in ("W_E", "W_pos", "W_O")}
    return ov.Transformer(config, **reads, **writes)


# %% right="induction_weights" form="other things reach the logits, but less loud"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    Q[1, 0, token, note], Q[1, 0, token, position.start] = 100 * np.eye(d_vocab), -100
    O[0, 0, token, note] = O[1, 0, token, said] = np.eye(d_vocab)
    ends = {
        "W_E": unit[token],
        "W_pos": unit[position],
        "W_U": 30 * unit[:, said] + 9 * unit[:, token] + 8 * unit[:, note],
    }
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% right="induction_weights" form="directions of tokens overlap, in float32"
def induction_weights(d_vocab, n_ctx):
    width = 64
    tokens = np.random.default_rng(5).normal(0, width**-0.5, size=(d_vocab, width))
    token, position, note, said = slots(width, n_ctx, width, width)
    config = ov.Config(2, 1, 3 * width + n_ctx, width + 1, d_vocab, n_ctx, positional=True, dtype=np.float32)
    weights = blank(config)
    weights["W_E"][:, token], weights["W_pos"][:, position] = tokens, np.eye(n_ctx)
    weights["W_Q"][0, 0, position, :n_ctx] = 200 * np.eye(n_ctx, k=-1)
    weights["W_K"][0, 0, position, :n_ctx] = np.eye(n_ctx)
    weights["W_Q"][1, 0, token, :width], weights["W_Q"][1, 0, position, width] = 400 * np.eye(width), 800
    weights["W_K"][1, 0, note, :width], weights["W_K"][1, 0, position, width][0] = np.eye(width), -1
    for layer, source, target in ((0, token, note), (1, token, said)):
        weights["W_V"][layer, 0, source, :width] = np.eye(width)
        weights["W_O"][layer, 0, :width, target] = np.eye(width)
    weights["W_U"][said] = 40 * tokens.T
    return ov.Transformer(config, **weights)
