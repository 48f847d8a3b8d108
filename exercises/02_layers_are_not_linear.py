# %% [markdown]
# # Exercises: layers are not linear
#
# They go with [lesson 02](../lessons/02_layers_are_not_linear.py). Run a cell with `check("…")` as often as
# you like. It draws new random numbers each time, and it tells you what it saw.

# %%
from dataclasses import replace

import numpy as np
from sympy import sqrt

import ovlearn as ov
from ovlearn.exercises import check
from ovlearn.symbolic import add, d_h, product, transpose


def writes(model, layer, X):
    """What a layer's heads write when they read X [pos, d_model]."""
    names = ("W_Q", "W_K", "W_V", "W_O")
    size = len(X)
    config = replace(model.config, n_layers=1, d_vocab=size, n_ctx=size)
    of_layer = {name: getattr(model, name)[[layer]] for name in names}
    unread = np.zeros((X.shape[1], size))
    alone = ov.Transformer(config, W_E=X, W_U=unread, **of_layer)
    return alone.run(np.arange(size)).head_out[0].sum(axis=0)


# %% tools=true
import math

from ovlearn.exercises import wrong
from ovlearn.exercises.comparing import as_numbers
from ovlearn.exercises.drawing import cases

ROUNDING = 1e-12


def row_by_row(S):
    """Softmax over rows, with one number at a time; for scores that are not too large."""
    rows = [[math.exp(score) for score in row] for row in S]
    return np.array([[weight / sum(row) for weight in row] for row in rows])


def all_finite(got, call, mistake):
    """The numbers of an answer [query, key]; rows with NaN or infinity are a mistake, whatever made them."""
    numbers = as_numbers(got)
    spoilt = [i for i, row in enumerate(numbers) if not np.isfinite(row).all()] if numbers.ndim else []
    if spoilt and numbers.shape == call.want.shape:
        rows = (("input", call.words), ("rows with NaN or infinity", ", ".join(map(str, spoilt))))
        mistake("overflow" if 0 in spoilt else "one maximum for all", *rows)
    return numbers


# %% [markdown] exercise="softmax" points=2
# ## Softmax over rows
#
# Turn scores into weights. In each row, exponentiate every score, and divide by the sum of that row.
#
# `S` is `[query, key]`. The result has the same shape, and each of its rows sums to 1. Scores of 1000 or of
# −1000 must not spoil it: no entry may be NaN.

# %% [markdown] hint="softmax"
# Which axis has to be summed away, so that one number is left for each row? And what shape must these numbers
# have, so that each divides its own row?

# %% [markdown] hint="softmax"
# $e^{1000}$ is too large for a float. Add any number to all scores of one row: what happens to the weights?
# Work it out, then choose the number.

# %% [markdown] hint="softmax"
# In numpy, `keepdims=True` leaves a summed axis in place, with size 1. The same argument works for `max`.


# %% starter="softmax"
def softmax(S):
    return ...


# %% solution="softmax"
def softmax(S):
    weights = np.exp(S - S.max(axis=1, keepdims=True))  # [query, key]
    return weights / weights.sum(axis=1, keepdims=True)  # [query, key]


# %% check="softmax" blocked="numeric.model.softmax numeric.Transformer.run numeric.model.forward numeric.model.attention"
axes, answer = ("query", "key"), row_by_row


def inputs(student):
    for case in cases(student):
        yield call(case.run.scores[0, 0], words=case.words)


# %% check="softmax" part="wide"
axes = ("query", "key")


def read(got, call):
    return all_finite(got, call, mistake)


def inputs(student):
    (rng,) = student.draws(1)
    S = 1000.0 * np.array([[-1, 0, 1], [0, -1, 1], [-1, 1, 0]])[rng.permutation(3)]  # [query, key]
    yield call(S, want=(S == 1000).astype(float), words="−1000, 0 and 1000 in each row")


# %% check="softmax" part="large"
axes = ("query", "key")


def read(got, call):
    return all_finite(got, call, mistake)


def inputs(student):
    words = "scores near 1000 in row 0, near 0 in row 1, near −1000 in row 2"
    for rng in student.draws(2):
        small = rng.integers(-8, 9, size=(3, 3)) / 4  # [query, key]   float32 holds such numbers exactly
        shift = np.array([[1000.0], [0.0], [-1000.0]])  # of a row: it changes no weight
        yield call(small + shift, want=row_by_row(small), words=words)


# %% [markdown] mistakes="softmax"
# - **overflow**: ` - S.max(axis=1, keepdims=True)` → ``
#   With scores near 1000 your weights are no numbers. What is `np.exp(1000)`? And what could you do to a row
#   beforehand that leaves its weights as they are?
# - **one maximum for all**: `S.max(axis=1, keepdims=True)` → `S.max()`
#   The row with the largest scores is right; the others are 0 divided by 0. What was taken off before `exp`
#   is far too much for them.
# - **vanished rows**: `S.max(axis=1, keepdims=True)` → `S.max()`,
#   `return weights / weights.sum(axis=1, keepdims=True)` →
#   `return np.nan_to_num(weights / weights.sum(axis=1, keepdims=True))`
#   The rows with smaller scores are all zero. What was taken off before `exp` is far too much for them.
# - **over columns**: `S.max(axis=1, keepdims=True)` → `S.max()`,
#   `sum(axis=1, keepdims=True)` → `sum(axis=0)`
#   In your result each column sums to 1. Which weights belong to one query: a row, or a column?
# - **over the whole table**: `S.max(axis=1, keepdims=True)` → `S.max()`,
#   `sum(axis=1, keepdims=True)` → `sum()`
#   All your entries together sum to 1. Each query has a whole 1 to share out.
# - **sums along the wrong axis**: `S.max(axis=1, keepdims=True)` → `S.max()`,
#   `sum(axis=1, keepdims=True)` → `sum(axis=1)`
#   The sums are those of the rows, but column j was divided by the sum of row j. Look at the shape of the
#   sums, and at how numpy lines it up with the table.
# - **maximum of the column**: `S.max(axis=1, keepdims=True)` → `S.max(axis=0)`
#   Your rows sum to 1, but different numbers were taken off the scores of one row before `exp`. What may be
#   taken off without changing the weights?
# - **not divided**: ` - S.max(axis=1, keepdims=True)` → ``, ` / weights.sum(axis=1, keepdims=True)` → ``
#   These are the exponentials. Their rows do not sum to 1 yet.
# - **not divided after the maximum**: ` / weights.sum(axis=1, keepdims=True)` → ``
#   The largest weight of each row is 1 here. It is the sum of each row that should be 1.
# - **no exponential**: `weights / weights.sum` → `S / S.sum`
#   Your rows sum to 1, but the scores themselves were divided. With scores of both signs some weights are
#   negative.


# %% right="softmax" form="through logarithms"
def softmax(S):
    largest = S.max(axis=-1, keepdims=True)
    log_total = np.log(np.exp(S - largest).sum(axis=-1, keepdims=True)) + largest
    return np.exp(S - log_total)


# %% right="softmax" form="lists in float32"
def softmax(S):
    rows = []
    for row in np.asarray(S, dtype=np.float32):
        weights = np.exp(row - max(row))
        rows.append(list(weights / weights.sum()))
    return rows


# %% right="softmax" form="transposed there and back"
def softmax(S):
    T = S.T
    weights = np.exp(T - T.max(axis=0))
    return (weights / weights.sum(axis=0)).T


# %% right="softmax" form="one over a sum of differences"
def softmax(S):
    with np.errstate(over="ignore"):
        return 1 / np.exp(S[:, None, :] - S[:, :, None]).sum(axis=2)


# %% [markdown] exercise="witness" points=3
# ## A witness of your own
#
# Show that a layer is not additive. You get a `model` with one layer of one head and random weights, another
# one each time. Return two streams $X_A$ and $X_B$ with
#
# $$
# \mathrm{layer}(X_A + X_B) \neq \mathrm{layer}(X_A) + \mathrm{layer}(X_B)
# $$
#
# Return them as a pair `(X_A, X_B)`. Both are `[pos, d_model]` with the `d_model` of `model.config`; the
# number of positions is yours, up to 100.
#
# The check runs the model on your two streams and on their sum. The two sides must differ by at least 1 % of
# the size of the larger one (Frobenius norm), so that nobody can take it for rounding.

# %% [markdown] hint="witness"
# Recall when the two sides agree after all, and keep away from these cases. How many positions does it take?

# %% [markdown] hint="witness"
# The pattern has to change, and the change has to matter. So the scores must not be near zero, and the
# positions must have different things to say.

# %% [markdown] hint="witness"
# You need no luck. The lesson's witness takes the same stream twice. And random rows are all different:
# `np.random.default_rng(0).normal(size=…)`.


# %% starter="witness"
def witness(model):
    # d_model = model.config.d_model
    return ...


# %% solution="witness"
def witness(model):
    X = np.random.default_rng(0).normal(size=(4, model.config.d_model))  # [pos, d_model]
    return X, X


# %% check="witness"
ENOUGH = 0.01  # of the larger side: by so much a witness must show a difference


def inputs(student):
    for case in cases(student, n_layers=1, n_heads=1, edge=False):
        yield call(case.model, words=case.words)


def judge(got, call):
    (model,) = call.arguments
    X_A, X_B = two_streams(got, model.config.d_model)
    left = writes(model, 0, X_A + X_B)  # [pos, d_model]
    right = writes(model, 0, X_A) + writes(model, 0, X_B)  # [pos, d_model]
    size = max(np.linalg.norm(left), np.linalg.norm(right))
    gap = np.linalg.norm(left - right) / size if size > 0 else 0.0
    if gap >= ENOUGH:
        return
    apart = f"{gap:.2g} of the larger one" if gap > ROUNDING else "rounding alone"
    shapes = f"{list(X_A.shape)} each"
    rows = (("input", call.words), ("your streams", shapes), ("the two sides differ by", apart))
    for name in (name for name, is_so in why_equal(model, X_A, X_B) if is_so):
        mistake(name, *rows)
    wrong("too close", "The two sides differ by less than 1 %. Try other numbers, and different rows.", *rows)


def two_streams(got, d_model):
    """The two streams of a witness, [pos, d_model] each.

    Raises: Wrong where there are not two streams of one shape and of this width.
    """
    if not isinstance(got, tuple | list | np.ndarray) or len(got) != 2:
        mistake("not a pair")
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


def why_equal(model, X_A, X_B):
    """Each reason why two streams may be no witness, and whether it is the one."""
    both, (small, large) = X_A + X_B, sorted((np.linalg.norm(X_A), np.linalg.norm(X_B)))
    score = np.abs(np.tril(both @ model.W_Q[0, 0] @ model.W_K[0, 0].T @ both.T)).max()  # the largest
    yield "one position", len(X_A) == 1
    yield "a zero part", small == 0
    yield "opposite streams", np.abs(both).max() <= ROUNDING * large
    yield "all positions alike", np.ptp(X_A, axis=0).max() == 0 and np.ptp(X_B, axis=0).max() == 0
    yield "only the first position", not X_A[1:].any() and not X_B[1:].any()
    yield "one part too small", small < ENOUGH * large
    yield "scores near zero", score < 0.1
    yield "scores too large", score > 100


# %% [markdown] mistakes="witness"
# - **one position**: `(4, ` → `(1, `
#   There is one position, and it can look at nothing but itself. What is its weight, whatever the stream?
# - **a zero part**: `X, X` → `X, 0 * X`
#   One of your streams is zero. What is layer(0)? Then what do both sides say?
# - **opposite streams**: `X, X` → `X, -X`
#   Your streams cancel, so the left side is layer(0). On the right, the scores of X and of −X are the same:
#   why? So what do the two outputs add up to?
# - **all positions alike**: `np.random.default_rng(0).normal(size=(4, model.config.d_model))` →
#   `np.ones((4, model.config.d_model))`
#   All positions of a stream hold the same row here. Then all values are the same, and a mixture of them is
#   the same whatever the weights are.
# - **only the first position**: `return` → `X[1:] = 0; return`
#   Only the first position holds anything. The later ones ask with zero queries: what are their scores, and
#   their weights?
# - **one part too small**: `X, X` → `X, 1e-6 * X`
#   One of your streams is so small beside the other that both sides nearly agree. There is a gap, but it is
#   as easily overlooked as in the lesson's test with a part that is too small.
# - **scores near zero**: `X, X` → `1e-3 * X, 1e-3 * X`
#   Your streams are so small that all scores are near zero, and every pattern is nearly even. What happens to
#   the scores when you make the streams larger?
# - **not a pair**: `X, X` → `X`
#   Two streams are asked for: return them as a pair, `X_A, X_B`.
# - **scores too large**: `X, X` → `1e4 * X, 1e4 * X`
#   Your streams are so large that each position already looks at a single one, and goes on doing so when they
#   are added. What happens to the patterns when you make the streams smaller?


# %% right="witness" form="two different streams, as an array"
def witness(model):
    return 3 * np.random.default_rng(5).normal(size=(2, 20, model.config.d_model))


# %% right="witness" form="chosen from the model, lists of whole numbers"
def witness(model):
    width = model.config.d_model
    X = [[(i * j + j) % 7 - 3 for j in range(width)] for i in range(9)]
    return [X, X]


# %% right="witness" form="a search"
def witness(model):
    W_Q, W_K = model.W_Q[0, 0], model.W_K[0, 0]

    def pattern(X):
        S = X @ W_Q @ (X @ W_K).T / np.sqrt(W_Q.shape[1])
        weights = np.exp(np.where(np.tri(len(X)) > 0, S, -1e9))
        return weights / weights.sum(axis=1, keepdims=True)

    def moved(pair):
        return np.abs(pattern(pair[0] + pair[1]) - pattern(pair[0])).max()

    return max(np.random.default_rng(2).normal(size=(10, 2, 3, model.config.d_model)), key=moved)


# %% [markdown] exercise="equal_cases" points=2
# ## When the two sides agree
#
# "Not equal" means: not in general. Take one layer with one head, random weights, and random streams $X_A$
# and $X_B$ of several positions. Now change one thing. In which of these cases are
#
# $$
# \mathrm{layer}(X_A + X_B) \quad\text{and}\quad \mathrm{layer}(X_A) + \mathrm{layer}(X_B)
# $$
#
# equal, at every position, in exact arithmetic?
#
# - **a**: $X_B = 0$
# - **b**: $X_B = X_A$
# - **c**: $X_B = -X_A$
# - **d**: $X_B$ is multiplied by $10^{-9}$
# - **e**: the text has one token
# - **f**: $W_Q = 0$
# - **g**: the pattern is recorded on $X_A + X_B$, and held at that on all three streams
#
# Give the set of their letters, as in `{"a", "b"}`.

# %% [markdown] hint="equal_cases"
# Ask in each case: has the layer the same pattern on all three streams? If so, it is one linear map. (If not,
# both sides can still be equal.)

# %% [markdown] hint="equal_cases"
# Where you are not sure, try it: the lesson has `layer` in numpy. Look at the largest difference, and at how
# large the thing is that it is a difference of.

# %% starter="equal_cases"
equal_cases = ...

# %% solution="equal_cases"
equal_cases = {"a", "c", "e", "f", "g"}

# %% check="equal_cases"
from ovlearn.exercises import comparing

letters = "abcdefg"


def inputs(student):
    gaps = gaps_of(next(cases(student, n_layers=1, n_heads=1)))
    yield call(want={letter for letter, gap in gaps.items() if gap < ROUNDING})


def read(got, call):
    """An answer that stops at the first case has learnt something: it is told so."""
    if comparing.letters(got, letters) == {"a"}:
        mistake("only zero", ("your answer", "a"))
    return got


def gaps_of(case):
    """How far the two sides are apart in each case, beside the size of what the layer writes."""
    model, A = case.model, case.run.pattern[0, 0]  # A: [query, key], of the stream that is the sum
    X_A = case.rng.normal(size=case.run.resid_pre[0].shape)  # [pos, d_model]
    X_B = case.run.resid_pre[0] - X_A  # [pos, d_model]
    no_queries = replace(model, W_Q=np.zeros_like(model.W_Q))

    def gap(first, second, layer=lambda X: writes(model, 0, X)):
        both = layer(first + second) - layer(first) - layer(second)  # [pos, d_model]
        return np.linalg.norm(both) / np.linalg.norm(layer(first))

    return {
        "a": gap(X_A, 0 * X_A),
        "b": gap(X_A, X_A),
        "c": gap(X_A, -X_A),
        "d": gap(X_A, 1e-9 * X_B),
        "e": gap(X_A[:1], X_B[:1]),
        "f": gap(X_A, X_B, lambda X: writes(no_queries, 0, X)),
        "g": gap(X_A, X_B, lambda X: A @ X @ model.W_V[0, 0] @ model.W_O[0, 0]),
    }


# %% [markdown] mistakes="equal_cases"
# - **none**: `set()`
#   Two sides that are not equal in general can be equal at times. The lesson shows a case.
# - **only zero**: `{"a"}`
#   That one is right. But there are other ways to keep the layer from changing its pattern, and one in which
#   the pattern does not matter.
# - **doubled**: `"c"` → `"b", "c"`
#   One of your cases doubles the stream. Then queries are doubled and keys are doubled: by how much do the
#   scores grow, and what does softmax make of that?
# - **tiny part**: `"c"` → `"c", "d"`
#   One of your cases has a very small part. `allclose` would call the two sides equal; but how large is the
#   difference beside what the small part writes by itself?
# - **zero left out**: `"a", ` → ``
#   What is layer(0)? Put it into both sides.
# - **opposite left out**: `"c", ` → ``
#   Look at the case with the minus again. What are the scores of −X, if those of X are known? And its values?
# - **one token left out**: `"e", ` → ``
#   Look at the shortest text again. How many keys can its query choose from?
# - **no queries left out**: `"f", ` → ``
#   Look at the case without queries again. What are the scores then, and does the pattern depend on the
#   stream?
# - **frozen left out**: `, "g"` → ``
#   Look at the case with the recorded pattern again. What is left in the layer that could fail to be linear?

# %% right="equal_cases" form="a list in another order"
equal_cases = ["g", "F", "e", "c", "a"]

# %% right="equal_cases" form="a text"
equal_cases = "a, c, e, f, g"

# %% [markdown] exercise="lost_by_splitting" points=2
# ## What splitting a stream loses
#
# A layer reads a stream that others wrote: $X_l = X_0 + \Delta_0 + \dots + \Delta_{l-1}$. Its parts are not
# yours to choose. Of them the article's second inequality speaks, which [lesson
# 02](../lessons/02_layers_are_not_linear.py) derives:
#
# $$
# \mathrm{layer}_l(X_0 + \Delta_0 + \dots) \neq
# \mathrm{layer}_l(X_0) + \mathrm{layer}_l(\Delta_0) + \dots
# $$
#
# Compute how far the two sides are apart: the left side minus the right side, `[pos, d_model]`. You get a
# `model`, the whole number `layer`, and `parts` `[part, pos, d_model]`: first $X_0$, then what each layer
# below wrote. The first cell has a function `writes(model, layer, X)`: what a layer writes when it reads
# `X`.

# %% [markdown] hint="lost_by_splitting"
# How many streams does the layer read on the left side, and how many on the right?

# %% [markdown] hint="lost_by_splitting"
# It is one layer, with its own weights, that reads all of them: the whole stream, and each part by itself.
# Whoever wrote the part plays no role.

# %% [markdown] hint="lost_by_splitting"
# Look at row 0 of your result. The first position has only itself to look at: what must stand there?


# %% starter="lost_by_splitting"
def lost_by_splitting(model, layer, parts):
    # whole = …   [pos, d_model]
    return ...


# %% solution="lost_by_splitting"
def lost_by_splitting(model, layer, parts):
    whole = parts.sum(axis=0)  # [pos, d_model]
    return writes(model, layer, whole) - sum(writes(model, layer, part) for part in parts)


# %% check="lost_by_splitting"
axes = ("pos", "d_model")


def inputs(student):
    for case, layer in zip(cases(student, n_layers=3, n_heads=1, edge=False), (1, 2, 2), strict=True):
        parts = np.array([case.run.embedding, *case.run.head_out[:layer, 0]])  # [part, pos, d_model]
        whole = case.run.head_out[layer, 0]  # [pos, d_model]   what the layer wrote of the whole stream
        want = whole - sum(by_hand(case.model, layer, part) for part in parts)  # [pos, d_model]
        yield call(case.model, layer, parts, want=want, words=f"{case.words}, layer {layer}")


def by_hand(model, layer, X):
    """What the only head of a layer writes [pos, d_model] when it reads X, one position at a time."""
    W_Q, W_K, W_V, W_O = (getattr(model, name)[layer, 0] for name in ("W_Q", "W_K", "W_V", "W_O"))
    S = X @ W_Q @ W_K.T @ X.T / math.sqrt(W_Q.shape[1])  # [query, key]
    mixed = [row_by_row(S[[i], : i + 1])[0] @ X[: i + 1] for i in range(len(X))]  # [d_model] each
    return np.array(mixed) @ W_V @ W_O


def read(got, call):
    """Nothing lost: what rounding leaves of zero is told by no comparison of values."""
    got = as_numbers(got)
    if got.shape == call.want.shape and np.abs(got).max() < ROUNDING:
        mistake("nothing lost", ("input", call.words))
    return got


# %% [markdown] mistakes="lost_by_splitting"
# - **nothing lost**: `sum(writes(model, layer, part) for part in parts)` → `writes(model, layer, sum(parts))`
#   You say that nothing is lost. That would be so with one pattern for all. Each stream that a layer reads
#   has a pattern of its own.
# - **right minus left**: `return writes` → `return -writes`, ` - sum` → ` + sum`
#   Both sides are right, and the sign is not: from the left side the right one is taken away.
# - **left side alone**: ` - sum(writes(model, layer, part) for part in parts)` → ``
#   This is what the layer writes of the whole stream. What would it write of each part by itself?
# - **right side alone**: `writes(model, layer, whole) - sum` → `sum`
#   This is the right side, a sum over the parts. What does the layer write of the whole stream?
# - **first part alone**: `in parts)` → `in parts[:1])`
#   You took away what the layer writes of the embedding. The parts that the layers below wrote are read too.
# - **without the embedding**: `in parts)` → `in parts[1:])`
#   You took away what the layer writes of each Δ. The embedding is a part of the stream as well.
# - **each by its own layer**: `layer, part) for part in parts` →
#   `own, part) for own, part in zip([layer, *range(layer)], parts)`
#   Each Δ went through the layer that wrote it. It is another layer that reads it: always the same one.


# %% right="lost_by_splitting" form="part by part from the left side, as lists"
def lost_by_splitting(model, layer, parts):
    rest = writes(model, layer, np.add.reduce(parts))
    for part in parts:
        rest = rest - writes(model, layer, part)
    return rest.tolist()


# %% right="lost_by_splitting" form="a layer of one's own, all streams at once"
def lost_by_splitting(model, layer, parts):
    W_Q, W_K, W_V, W_O = (getattr(model, name)[layer, 0] for name in ("W_Q", "W_K", "W_V", "W_O"))
    X = np.concatenate([parts.sum(axis=0)[None], -parts])  # [stream, pos, d_model]
    S = X @ W_Q @ W_K.T @ X.swapaxes(-1, -2) / np.sqrt(W_Q.shape[1])
    weights = np.exp(S) * np.tri(X.shape[1])
    return (weights / weights.sum(axis=-1, keepdims=True) @ X @ W_V @ W_O).sum(axis=0)


# %% [markdown] exercise="cross_terms" points=2
# ## What the scores of a sum hold
#
# The scores of a stream are $S(X) = (X W_Q)(X W_K)^{\top} / \sqrt{d_h}$. The scores of a sum are the scores
# of each part, and something besides:
#
# $$
# S(X_A + X_B) = S(X_A) + S(X_B) + \dots
# $$
#
# Write what the dots stand for, multiplied out. You get the four symbols. Build the expression with
# `product(…)`, `add(…)` and `transpose(…)`; the number $\sqrt{d_h}$ is `sqrt(d_h)`, and it may stand in a
# product. Any order and any brackets will do.

# %% [markdown] hint="cross_terms"
# A score is a query times a key. The sum has two queries at each position, and two keys. Who can meet whom?

# %% [markdown] hint="cross_terms"
# There are four meetings. Two of them are in $S(X_A)$ and $S(X_B)$ already.

# %% [markdown] hint="cross_terms"
# Shapes help: queries are $s \times d_h$, keys are $s \times d_h$, scores are $s \times s$. A wrong order
# raises an error in `product`.


# %% starter="cross_terms"
def cross_terms(X_A, X_B, W_Q, W_K):
    return ...


# %% solution="cross_terms"
def cross_terms(X_A, X_B, W_Q, W_K):
    first = product(1 / sqrt(d_h), X_A, W_Q, transpose(product(X_B, W_K)))
    second = product(1 / sqrt(d_h), X_B, W_Q, transpose(product(X_A, W_K)))
    return add(first, second)


# %% check="cross_terms" blocked="derive"
from sympy import MatAdd

from ovlearn.exercises.deriving import as_expression
from ovlearn.symbolic import NormalForm, subtract, symbol
from ovlearn.symbolic.expressions import nodes


def inputs(student):
    for rng in student.draws(2):
        head = int(rng.integers(3)), int(rng.integers(2))
        yield call(*map(symbol, ("X_A", "X_B")), symbol("W_Q", *head), symbol("W_K", *head))


def answer(X_A, X_B, W_Q, W_K):
    """What the scores of the sum hold beside those of each part."""

    def scores(X):
        return product(1 / sqrt(d_h), product(X, W_Q), transpose(product(X, W_K)))

    return subtract(scores(add(X_A, X_B)), scores(X_A), scores(X_B))


def read(got, call):
    got, form = as_expression(got), NormalForm()
    parts = call.arguments[:2]
    if any(keeps_apart(node, *parts) for node in nodes(got)) and form.of(got) == form.of(call.want):
        mistake("not multiplied out")
    return got


def keeps_apart(node, X_A, X_B):
    """Whether a sum has a term of each part alone."""
    held = [term.free_symbols & {X_A, X_B} for term in node.args] if isinstance(node, MatAdd) else []
    return {X_A} in held and {X_B} in held


# %% [markdown] mistakes="cross_terms"
# - **not scaled**: `add(first, second)` → `product(sqrt(d_h), add(first, second))`
#   The right pairs meet. But these are products of queries and keys, and scores are smaller than that.
# - **scaled twice**: `add(first, second)` → `product(1 / sqrt(d_h), add(first, second))`
#   The right pairs meet, but they are divided by d_h. What are scores divided by?
# - **one meeting**: `add(first, second)` → `first`
#   The queries of X_A meet the keys of X_B here. There is a second meeting of this kind.
# - **the other meeting**: `add(first, second)` → `second`
#   The queries of X_B meet the keys of X_A here. There is a second meeting of this kind.
# - **one meeting doubled**: `add(first, second)` → `add(first, first)`
#   This counts one meeting twice, as one does with numbers. Is the query of A with the key of B the same as
#   the query of B with the key of A?
# - **transposed for the other**: `add(first, second)` → `add(first, transpose(first))`
#   One term is the transpose of the other here. That would be so if W_Q and W_K were the same.
# - **own terms**: `product(X_B` → `product(X_A`,
#   `X_B, W_Q, transpose(product(X_A` → `X_B, W_Q, transpose(product(X_B`
#   These are the scores of each part by itself. They stand in the equation already.
# - **all four**: `X_A, W_Q, transpose(product(X_B` → `add(X_A, X_B), W_Q, transpose(product(add(X_A, X_B)`,
#   `add(first, second)` → `first`
#   This is the whole left side. Which of its terms are in S(X_A) and S(X_B) already?
# - **with a minus**: `add(first, second)` → `-add(first, second)`
#   The right terms, with the wrong sign. Multiply the left side out, and see with which sign they come.
# - **not multiplied out**:
#   ```python
#   def S(X):
#       return product(1 / sqrt(d_h), X, W_Q, transpose(product(X, W_K)))
#   return S(add(X_A, X_B)) - S(X_A) - S(X_B)
#   ```
#   That is equal, but X_A + X_B still stands in it as a sum. Multiply out, and see what is left.


# %% right="cross_terms" form="with sympy's operators"
def cross_terms(X_A, X_B, W_Q, W_K):
    return (X_B * W_Q * W_K.T * X_A.T + X_A * W_Q * W_K.T * X_B.T) / sqrt(d_h)


# %% right="cross_terms" form="the transpose of the transpose"
def cross_terms(X_A, X_B, W_Q, W_K):
    turned = [transpose(product(X, W_K, transpose(product(Y, W_Q)))) for X, Y in ((X_A, X_B), (X_B, X_A))]
    return product(sqrt(d_h), add(*turned), 1 / d_h)


# %% right="cross_terms" form="multiplied out by rules"
def cross_terms(X_A, X_B, W_Q, W_K):
    X = add(X_A, X_B)
    d = ov.Derivation.start(product(1 / sqrt(d_h), product(X, W_Q), transpose(product(X, W_K))))
    d = d.apply(ov.rules.transposes).apply(ov.rules.distribute)
    return add(*[term for term in d.here.args if {X_A, X_B} <= term.free_symbols])
