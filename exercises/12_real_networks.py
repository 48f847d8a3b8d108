# %% [markdown]
# # Exercises: a real language model
#
# They go with [lesson 12](../lessons/12_real_networks.py). Run a cell with `check("…")` as often as you like.
# It draws new random networks each time, and it tells you what it saw.

# %%
import numpy as np

import ovlearn as ov
from ovlearn.exercises import check

# %% tools=true
from dataclasses import fields, replace
from itertools import permutations

from ovlearn import GPT, Config
from ovlearn.exercises import wrong
from ovlearn.exercises.comparing import as_numbers, close


def network(rng, *, d_mlp=0, **sizes):
    """A random network as GPT-2 is one: layer norm with gains and shifts, and biases."""
    config = Config(**{"d_vocab": 11, "n_ctx": sizes.get("d_vocab", 11), **sizes})
    return GPT.random(config, seed=int(rng.integers(2**31)), d_mlp=d_mlp)


def bare(model):
    """The same network with a layer norm that has neither gains nor shifts."""
    norms = [field.name for field in fields(GPT) if field.name.startswith("ln")]
    return replace(model, normalization="LNPre", **dict.fromkeys(norms))


def written(student):
    """What each part wrote to the last stream [part, pos, d_model], the network, and the sizes in words."""
    for n_layers, n_heads, d_head, rng in zip((1, 1, 0), (2, 3, 1), (4, 2, 1), student.draws(3), strict=True):
        sizes = {
            "n_layers": n_layers,
            "n_heads": n_heads,
            "d_head": d_head,
            "d_model": int(rng.integers(8, 11)),
        }
        positions = 5 if n_layers else 1
        drawn = network(rng, **sizes, d_vocab=12, positional=n_layers > 0, d_mlp=14)
        model = replace(bare(drawn), b_U=0 * drawn.b_U, eps=float(rng.uniform(0.1, 0.3)))
        run = model.run(np.arange(positions))
        parts = [run.embedding]
        if n_layers:
            b_O = np.tile(model.b_O[0], (positions, 1))  # [pos, d_model]
            tokens = model.W_E[:positions]  # [pos, d_model]
            parts = [tokens, run.embedding - tokens, *run.head_out[0], b_O, run.mlp_out[0]]
        words = f"{len(parts)} parts, {positions} positions, d_model={sizes['d_model']}, d_vocab=12"
        yield np.array(parts), model, f"{words}, eps={model.eps:.3g}"


# %% [markdown] exercise="split_heads" points=2
# ## Three weights in one
#
# GPT-2 keeps the three reading weights of a layer in one array, `c_attn`, `[d_model, 3 · d_model]`. A row of
# the stream, times `c_attn`, gives the queries of all heads, then the keys of all heads, then the values of
# all heads, side by side. In each of the three, head 0 stands first, then head 1, and so on. All heads have
# the same width, `d_head = d_model / n_heads`.
#
# Return the three weights of the layer, `(W_Q, W_K, W_V)`, each `[head, d_model, d_head]`.

# %% [markdown] hint="split_heads"
# A column of `c_attn` makes one number: an entry of a query, a key or a value, of some head. So only the
# columns are shared out. Each of the weights keeps whole columns, all `d_model` rows of them.

# %% [markdown] hint="split_heads"
# A reshape may split the axis of columns into several axes. The one that changes slowest comes first: which
# of these is it, the three kinds, the heads, or the entries of a head?

# %% [markdown] hint="split_heads"
# After that the axis `d_model` is still in front, and it should stand behind the heads. A second reshape
# would shuffle the numbers; `transpose` and `swapaxes` move axes.


# %% starter="split_heads"
def split_heads(c_attn, n_heads):
    # W_Q, W_K, W_V = …   [head, d_model, d_head] each
    return ...


# %% solution="split_heads"
def split_heads(c_attn, n_heads):
    d_model = len(c_attn)
    columns = c_attn.reshape(d_model, 3, n_heads, d_model // n_heads)  # [d_model, 3, head, d_head]
    return tuple(columns.transpose(1, 2, 0, 3))  # [head, d_model, d_head] each


# %% check="split_heads"
axes = ("Q, K or V", "head", "d_model", "d_head")


def inputs(student):
    widths = ((2, 5), (4, 3), (5, 4), (1, 3))  # n_heads, d_head
    for (n_heads, d_head), rng in zip(widths, student.draws(4), strict=True):
        model = network(rng, n_layers=1, n_heads=n_heads, d_head=d_head, d_model=n_heads * d_head)
        three = np.stack([model.W_Q[0], model.W_K[0], model.W_V[0]])  # [3, head, d_model, d_head]
        columns = [column for weight in three for head in weight for column in head.T]  # side by side
        words = f"{n_heads} heads, d_model={n_heads * d_head}"
        yield call(np.array(columns).T, n_heads, want=three, words=words)


def read(got, call):
    got = as_numbers(got)
    orders = (call.want[list(order)] for order in list(permutations(range(3)))[1:])
    if any(close(got, other) for other in orders):
        mistake("another order", ("input", call.words))
    return got


# %% [markdown] mistakes="split_heads"
# - **another order**: `columns = c_attn.reshape(d_model, 3, n_heads, d_model // n_heads` → `W_K, W_Q, W_V = c_attn.reshape(d_model, 3, n_heads, -1).transpose(1, 2, 0, 3`, `tuple(columns.transpose(1, 2, 0, 3))` → `W_Q, W_K, W_V`
#   Each weight is cut out well, but they come in another order. Which of the three makes the first columns of
#   `c_attn`, and which of them is asked for first?
# - **another order**:
#   ```python
#   d_model = len(c_attn)
#   return c_attn.reshape(d_model, 3, n_heads, -1).transpose(1, 2, 0, 3)[::-1]
#   ```
# - **head by head**: `columns = c_attn.reshape(d_model, 3, n_heads` → `heads = c_attn.reshape(d_model, n_heads, 3`, `(columns.transpose(1, 2, 0, 3` → `(heads[:, :, i].swapaxes(0, 1) for i in range(3`
#   You take query, key and value of head 0 to stand together, then those of head 1. Some networks keep them
#   so. Here the queries of all heads come first.
# - **heads take turns**:
#   ```python
#   three = np.split(c_attn, 3, axis=1)
#   return tuple(np.stack([W[:, head::n_heads] for head in range(n_heads)]) for W in three)
#   ```
#   The three kinds are right. But your head takes every so manyth of the columns, as if the heads took turns.
#   The columns of a head stand next to each other.
# - **a reshape for a swap**:
#   ```python
#   d_model = len(c_attn)
#   return tuple(W.reshape(n_heads, d_model, -1) for W in np.split(c_attn, 3, axis=1))
#   ```
#   The three kinds are right, and so is the shape. But a reshape keeps the numbers in the order in which they
#   lie, row after row: your head 0 has the first rows, not its own columns. Split the last axis first, then
#   move the axis of the heads.
# - **one reshape for all**: `columns = c_attn.reshape(d_model, 3, n_heads` → `W_Q, W_K, W_V = c_attn.reshape(3, n_heads, d_model`, `tuple(columns.transpose(1, 2, 0, 3))` → `W_Q, W_K, W_V`
#   The shape is right, but the numbers are shuffled: a reshape takes them in the order in which they lie, row
#   after row of `c_attn`. Split the last axis first, then move axes.
# - **rows for outputs**: `columns = c_attn.reshape(d_model, 3, n_heads, d_model // n_heads` → `three = np.split(c_attn, 3, axis=1`, `columns.transpose(1, 2, 0, 3)` → `W.reshape(n_heads, d_model // n_heads, d_model).swapaxes(1, 2) for W in three`
#   The three kinds are right, but you share out the rows of each among the heads. That is how one reads a
#   weight that is stored [out, in]. This one is stored [in, out].
# - **rows for heads**: `columns = c_attn.reshape(d_model, 3, n_heads, d_model // n_heads)` → `W_Q, W_K, W_V = c_attn[:, :d_model], c_attn[:, d_model : 2 * d_model], c_attn[:, 2 * d_model :]`, `columns.transpose(1, 2, 0, 3` → `np.split(W_Q, n_heads)), tuple(np.split(W_K, n_heads)), tuple(np.split(W_V, n_heads`
#   The three kinds are right, but you share out the rows of each among the heads. A row of `c_attn` belongs
#   to an entry of the stream, and each head reads all of these.
# - **transposed**:
#   ```python
#   d_model = len(c_attn)
#   return tuple(W.T.reshape(n_heads, -1, d_model) for W in np.split(c_attn, 3, axis=1))
#   ```
#   The right numbers, but each head's weight stands transposed. A row of the stream should meet it from the
#   left: `x @ W_Q[head]`.
# - **head axis behind**:
#   ```python
#   d_model = len(c_attn)
#   return tuple(W.reshape(d_model, n_heads, -1) for W in np.split(c_attn, 3, axis=1))
#   ```
#   The columns are cut well, but the axis of the heads is still behind d_model. `W_Q[0]` should be the whole
#   weight of head 0.
# - **not cut into heads**: `return tuple(np.split(c_attn, 3, axis=1))`
#   These are the three kinds, and they are right. In each of them the heads still stand side by side.


# %% right="split_heads" form="column by column"
def split_heads(c_attn, n_heads):
    d_model = len(c_attn)
    d_head = d_model // n_heads
    found = np.empty((3, n_heads, d_model, d_head))
    for place, column in enumerate(c_attn.T):
        kind, rest = divmod(place, d_model)
        head, entry = divmod(rest, d_head)
        found[kind, head, :, entry] = column
    return found


# %% right="split_heads" form="nested splits, in lists"
def split_heads(c_attn, n_heads):
    return [[W.tolist() for W in np.split(three, n_heads, axis=1)] for three in np.split(c_attn, 3, axis=1)]


# %% right="split_heads" form="transposed, cut into rows, and back, in float32"
def split_heads(c_attn, n_heads):
    d_model = len(c_attn)
    rows = c_attn.T.astype(np.float32).reshape(3, n_heads, -1, d_model)
    return tuple(np.swapaxes(rows, 2, 3))


# %% right="split_heads" form="by what it makes of one-hot rows"
def split_heads(c_attn, n_heads):
    made = np.eye(len(c_attn)) @ c_attn
    return tuple(np.stack(np.hsplit(each, n_heads)) for each in np.hsplit(made, 3))


# %% [markdown] exercise="value_biases" points=2
# ## Value biases, out of the way
#
# In GPT-2 a head adds a bias to each of its values, and a layer adds a bias to what its heads write:
#
# $$
# \Delta = \sum_h A_h (X W_V^h + b_V^h) W_O^h + b_O
# $$
#
# Here $X$ is what the heads read, and a bias is added to every row. Now all the $b_V^h$ of the layer are set
# to zero. Return the $b_O$, `[d_model]`, with which the layer still adds the same $\Delta$, whatever it reads
# and wherever its heads look. You get, of one layer,
#
# - `b_V` `[head, d_head]`,
# - `W_O` `[head, d_head, d_model]`,
# - `b_O` `[d_model]`, as it was.

# %% [markdown] hint="value_biases"
# Multiply out. One of the terms has no $X$ in it, but a pattern. What does a pattern make of a matrix whose
# rows are all the same?

# %% [markdown] hint="value_biases"
# Each head's bias has its own way to the stream, through that head's own output weight. All of the heads
# write to the same row.

# %% [markdown] hint="value_biases"
# `b_V @ W_O` does not do it: numpy takes the first axis of `W_O` as a batch, and sends the biases of all
# heads through each of them. A loop over heads is fine.


# %% starter="value_biases"
def value_biases(b_V, W_O, b_O):
    return ...


# %% solution="value_biases"
def value_biases(b_V, W_O, b_O):
    return b_O + np.einsum("hi,hij->j", b_V, W_O)  # [d_model]


# %% check="value_biases" blocked="numeric.GPT.folded numeric.folding.folded_weights numeric.folding._values_out"
axes = ("d_model",)


def inputs(student):
    sizes = ({"n_heads": 3, "d_head": 4}, {"n_heads": 2, "d_head": 5}, {"n_heads": 1, "d_head": 2})
    for size, rng in zip(sizes, student.draws(3), strict=True):
        model = network(rng, n_layers=1, d_model=int(rng.integers(8, 11)), **size)
        b_O = model.b_O[0]
        words = f"{size['n_heads']} heads of width {size['d_head']}, d_model={len(b_O)}"
        yield call(model.b_V[0], model.W_O[0], b_O, want=b_O + missed(model), words=words)


def missed(model):
    """What a layer's stream lacks once its value biases are zero [d_model]: the same at each position."""
    tokens = np.arange(5)
    without = replace(model, b_V=0 * model.b_V)
    return (model.run(tokens).resid_mid - without.run(tokens).resid_mid)[0].mean(axis=0)


# %% [markdown] mistakes="value_biases"
# - **old bias lost**: `b_O + np.einsum("hi,hij->j` → `np.einsum("hi,him->m`
#   This is what the value biases add, and it is right. The layer had a bias of its own already: where is it
#   now?
# - **taken away**: `+ np.einsum("hi,hij->j", b_V, W_O` → `- b_V.ravel() @ W_O.reshape(-1, len(b_O)`
#   The right amount, with the wrong sign. The value biases are gone: must the new bias take away what they
#   added, or add it in their place?
# - **old bias once a head**: `return (np.einsum("hi,him->hm", b_V, W_O) + b_O).sum(axis=0)`
#   The old bias is in here once for each head. The layer adds it once.
# - **mean over heads**: `einsum("hi,hij->j", b_V, W_O` → `mean([b @ W for b, W in zip(b_V, W_O)], axis=0`
#   You take the mean over the heads. What the heads write is added up in the stream.
# - **first head only**: `np.einsum("hi,hij->j", b_V, W_O)` → `b_V[0] @ W_O[0]`
#   Only head 0 is in this. Every head of the layer had a value bias.
# - **last head only**:
#   ```python
#   for head in range(len(b_V)):
#       out = b_O + b_V[head] @ W_O[head]
#   return out
#   ```
#   Only the last head is in this. In a loop over heads: does each turn add to what the earlier ones found, or
#   replace it?
# - **through every head**: `b_O + np.einsum("hi,hij->j", b_V, W_O)` → `(b_V @ W_O).sum(axis=(0, 1)) + b_O`
#   The bias of each head goes through the output weights of all heads here. Each has a way of its own to the
#   stream.
# - **all in one batch**: `b_O + np.einsum("hi,hij->j", b_V, W_O)` → `b_V @ W_O + b_O`
#   There are too many axes: numpy took the first axis of W_O as a batch, and sent the biases of all heads
#   through each of its matrices. Each head's bias belongs to one of them.
# - **all in one batch, summed once**: `np.einsum("hi,hij->j", b_V, W_O` → `(b_V @ W_O).sum(axis=0`
#   There is an axis too many, and summing it away will not help: in `b_V @ W_O` numpy sends the biases of all
#   heads through the output weight of each. Each head's bias belongs to one of them.
# - **columns mixed**:
#   ```python
#   rows = W_O.transpose(1, 0, 2).reshape(-1, len(b_O))
#   return b_V.reshape(-1) @ rows + b_O
#   ```
#   The biases are laid out head after head, the rows of the output weights are not. Both need the same order
#   before they are multiplied.
# - **a row a head**: `np.einsum("hi,hij->j", b_V, W_O)` → `(b_V[:, None, :] @ W_O)[:, 0]`
#   This has a row for each head. All heads of a layer write to one stream: what becomes of them?
# - **a row a head, without the old bias**: `return np.array([b_V[h] @ W_O[h] for h in range(len(b_V))])`
#   These are the rows that the heads' biases write, one for each head. The layer needs one row, and it had a
#   bias already.
# - **left as it was**: `b_O + np.einsum("hi,hij->j", b_V, W_O)` → `b_O`
#   This is the old bias. What the value biases wrote is missing now: where did it go?
# - **blocked**:
#   ```python
#   heads, d_head, d_model = W_O.shape
#   config = ov.Config(1, heads, d_model, d_head, d_vocab=2, n_ctx=1)
#   read = dict.fromkeys(("W_Q", "W_K", "W_V"), np.zeros((1, heads, d_model, d_head)))
#   ends = {"W_E": np.zeros((2, d_model)), "W_U": np.zeros((d_model, 2))}
#   model = ov.GPT(config, **read, **ends, W_O=W_O[None], b_V=b_V[None], b_O=b_O[None], normalization=None)
#   return model.folded().b_O[0]
#   ```
#   `numeric.GPT.folded` is the answer itself: here you write it. Everywhere else, use it.
# - **input changed**:
#   ```python
#   for b, W in zip(b_V, W_O):
#       b_O += b @ W
#   return b_O
#   ```
#   `value_biases` changes the array that it is given. Whoever calls it still needs that array: work on a
#   copy, or make a new one.


# %% right="value_biases" form="all heads as one wide head"
def value_biases(b_V, W_O, b_O):
    return b_V.ravel() @ W_O.reshape(-1, W_O.shape[-1]) + b_O


# %% right="value_biases" form="number by number, in a list"
def value_biases(b_V, W_O, b_O):
    heads, width = b_V.shape
    return [
        float(b_O[j])
        + sum(float(b_V[h, i]) * float(W_O[h, i, j]) for h in range(heads) for i in range(width))
        for j in range(len(b_O))
    ]


# %% right="value_biases" form="what a layer writes of nothing, in float32"
def value_biases(b_V, W_O, b_O):
    pattern = np.tri(4, dtype=np.float32)
    pattern /= pattern.sum(axis=1, keepdims=True)
    values = np.repeat(b_V.astype(np.float32)[:, None], 4, axis=1)
    return ((pattern @ values) @ W_O.astype(np.float32)).sum(axis=0)[2] + b_O.astype(np.float32)


# %% [markdown] exercise="fold_norm" points=3
# ## Layer norm into the weights
#
# A head reads the stream through layer norm. Let $n$ be a row of the stream after its mean is taken away and
# after the division by its scale. Then layer norm has a gain $g$ and a shift $s$ left to do, entry by entry,
# before the head makes a query of the row:
#
# $$
# q = (n \odot g + s)\, W + b
# $$
#
# Return a pair of a weight and a bias, `[d_model, d_head]` and `[d_head]`, with which the head makes the same
# query of the bare $n$: it reads $n$ with the weight, and adds the bias. You get `gain` and `shift`
# `[d_model]`, `W` `[d_model, d_head]` and `b` `[d_head]`.

# %% [markdown] hint="fold_norm"
# Multiply out. There are three terms. Which of them depend on $n$, and which are the same for every row?

# %% [markdown] hint="fold_norm"
# Entry $i$ of $n$ is multiplied by $g_i$, and then it meets $W$. Does it meet row $i$ of $W$, or column $i$?
# Scale that instead.

# %% [markdown] hint="fold_norm"
# The shift has not been through the gain. So which weight does it meet: the one that was given, or the one
# that you return?


# %% starter="fold_norm"
def fold_norm(gain, shift, W, b):
    return ...


# %% solution="fold_norm"
def fold_norm(gain, shift, W, b):
    return gain[:, None] * W, b + shift @ W  # [d_model, d_head], [d_head]


# %% check="fold_norm" blocked="numeric.GPT.folded numeric.folding.folded_weights numeric.folding._gains_in numeric.folding._shifts_in"
axes = ("pos", "d_head")


def inputs(student):
    # The first weight is square: there a gain on the wrong axis raises no error, and its effect tells it.
    sizes = ((6, 6), (9, 4), (7, 1))  # d_model, d_head
    for (d_model, d_head), rng in zip(sizes, student.draws(3), strict=True):
        model = network(rng, n_layers=1, n_heads=1, d_model=d_model, d_head=d_head, d_vocab=d_model + 3)
        weights = model.ln1_w[0], model.ln1_b[0], model.W_Q[0, 0], model.b_Q[0, 0]
        want = model.run(np.arange(d_model + 3)).q[0, 0]
        words = f"d_model={d_model}, d_head={d_head}; shown are the queries that your pair makes"
        yield call(*weights, want=want, case=model, words=words)


def read(got, call):
    """The queries that a pair makes: many weights are right, as n has no mean, so a column may have any."""
    weight, bias = weight_and_bias(got, call.arguments[2].shape)
    changed = replace(bare(call.case), W_Q=weight[None, None], b_Q=bias[None, None])
    with np.errstate(all="ignore"):  # a weight may be as large as a learner likes
        return changed.run(np.arange(call.case.config.d_vocab)).q[0, 0]  # [pos, d_head]


def weight_and_bias(got, shape):
    """The weight [d_model, d_head] and the bias [d_head] of an answer."""
    if not isinstance(got, tuple | list) or len(got) != 2:
        mistake("not a pair")
    weight, bias = (as_numbers(each) for each in got)
    seen = ("your shapes", f"{list(weight.shape)} and {list(bias.shape)}")
    if (bias.shape, weight.shape) == (shape, shape[1:]):
        mistake("bias first", seen)
    if weight.shape == shape[::-1] != shape:
        wrong("transposed", "The weight stands transposed: a row should meet it from the left.", seen)
    if (weight.shape, bias.shape) != (shape, shape[1:]):
        wrong("shape", f"The weight should be {list(shape)}, the bias {list(shape[1:])}.", seen)
    for each in (weight, bias):
        if each.dtype.kind == "c":
            wrong("type", "Weights are real numbers, and these are complex.")
        if not np.isfinite(each).all():
            wrong("not finite", "There are entries that are no finite numbers (NaN or infinity).", seen)
    return weight, bias


# %% [markdown] mistakes="fold_norm"
# - **shift forgotten**: `gain[:, None] * W, b + shift @ W` → `np.diag(gain) @ W, b`
#   The weight is right, but the shift is gone. It is the same for every row: what does W make of it, and
#   which of the two that you return is the same for every row?
# - **shift through the gain**:
#   ```python
#   W = gain[:, None] * W
#   return W, shift @ W + b
#   ```
#   The weight is right. But your bias takes the shift through the scaled weight, so through the gain. In
#   layer norm, which comes first?
# - **gain divided**: `gain[:, None] * W` → `W / gain[:, None]`
#   The bias is right, but your weight is divided by the gain. Layer norm multiplies by it, and the weight has
#   to do so in its place.
# - **gain forgotten**: `return gain[:, None] * W,` → `return W,`
#   The bias is right. But the gain is gone: layer norm will not multiply by it any more.
# - **old bias lost**: `W, b + shift @` → `W, shift @`
#   The weight is right, and this is what the shift adds. The head had a bias already: where is it?
# - **shift taken away**: `+ shift @ W` → `- W.T @ shift`
#   The weight is right, and the shift has met the right weight. But it comes with the wrong sign.
# - **shift in the weight**: `W, b + shift @ W` → `W + shift[:, None], b`
#   You added the shift to the weight. There it is multiplied by n, and it should be the same for every row.
# - **left as it was**: `gain[:, None] * W, b + shift @ W` → `W, b`
#   This is the weight and the bias as they were. Gain and shift are gone, and nobody makes up for them.
# - **gain on the columns**: `gain[:, None] * W` → `W * gain`
#   You scaled the columns of W. The gain belongs to the entries of the row that W reads: which axis of W do
#   they meet? (Here both have one size. Mostly they have not, and numpy would complain.)
# - **gain on the columns, shift too**: `gain[:, None] * W, b + shift @ W` → `W @ np.diag(gain), b + shift @ W @ np.diag(gain)`
#   You scaled the columns of W. The gain belongs to the entries of the row that W reads: which axis of W do
#   they meet? (Here both have one size. Mostly they have not, and numpy would complain.)
# - **gain on the columns, no shift**: `gain[:, None] * W, b + shift @ W` → `gain * W, b`
#   You scaled the columns of W. The gain belongs to the entries of the row that W reads: which axis of W do
#   they meet? (Here both have one size. Mostly they have not, and numpy would complain.)
# - **shift as it is**: `shift @ W` → `shift`
#   The weight is right. But the shift was added to the bias as it is: it belongs to the stream, and the bias
#   to the queries. What lies between?
# - **transposed**: `gain[:, None] * W,` → `gain * W.T,`
#   The bias is right, but the weight stands transposed: a row should meet it from the left.
# - **shift from the other side**: `shift @ W` → `W @ shift`
#   The weight is right. But the shift is multiplied from the wrong side: it is a row, as those of the stream
#   are, so it stands to the left of W.
# - **bias first**: `gain[:, None] * W, b + shift @` → `b + shift @ W, gain[:, None] *`
#   The pair is the other way round: first the weight, then the bias.
# - **not a pair**: `W, b + shift @ W` → `W + shift @ W + b`
#   A weight and a bias are asked for: return them as a pair, `weight, bias`.


# %% right="fold_norm" form="what the head makes of one-hot rows and of zero"
def fold_norm(gain, shift, W, b):
    def query(n):
        return (n * gain + shift) @ W + b

    nothing = query(np.zeros(len(gain)))
    return query(np.eye(len(gain))) - nothing, nothing


# %% right="fold_norm" form="its means taken away"
def fold_norm(gain, shift, W, b):
    weight = np.diag(gain) @ W
    return weight - weight.mean(axis=0), W.T @ shift + b


# %% right="fold_norm" form="row by row, in lists"
def fold_norm(gain, shift, W, b):
    weight = [[g * each for each in row] for g, row in zip(gain.tolist(), W.tolist())]
    bias = [sum(s * each for s, each in zip(shift, column)) + own for column, own in zip(W.T, b)]
    return [weight, bias]


# %% right="fold_norm" form="one augmented matrix, in float32"
def fold_norm(gain, shift, W, b):
    norm = np.block([[np.diag(gain), np.zeros((len(gain), 1))], [shift, 1]]).astype(np.float32)
    whole = norm @ np.vstack([W, b]).astype(np.float32)
    return whole[:-1], whole[-1]


# %% [markdown] exercise="unnoticed" points=2
# ## What a network does not notice
#
# Take a network like GPT-2: layer norm with gains and shifts, biases, positions, MLPs, and random weights.
# But $W_U$ is a matrix of its own here, where GPT-2 has $W_E^\top$. Now change one thing. After which of
# these changes are its probabilities, the softmax of its logits, the same as before, for every text and at
# every position, in exact arithmetic?
#
# - **a**: one number is added to all entries of one row of $W_E$
# - **b**: one random row `[d_model]` is added to all rows of $W_E$
# - **c**: all of $W_E$ and of $W_{pos}$ is doubled
# - **d**: all key biases $b_K$ are set to zero
# - **e**: all query biases $b_Q$ are set to zero
# - **f**: one random column `[d_model]` is added to all columns of $W_U$
# - **g**: in one layer, the gain and the shift before the heads are doubled, and $W_Q$, $W_K$ and $W_V$ are
#   halved
#
# Give the set of their letters, as in `{"a", "b"}`.

# %% [markdown] hint="unnoticed"
# Three things in such a network forget something. Layer norm forgets the mean of a row. The softmax over keys
# forgets a number that is added to all scores of one query. Which one is the third?

# %% [markdown] hint="unnoticed"
# A score is $(q + b_Q) \cdot (k + b_K)$, over $\sqrt{d_h}$. Multiply it out, hold the query, and let the key
# change: which terms stay as they are?

# %% [markdown] hint="unnoticed"
# Where you are not sure, try it. `ov.GPT.random(config)` is such a network, and `dataclasses.replace(model,
# b_K=…)` is the same with another weight.

# %% starter="unnoticed"
unnoticed = ...

# %% solution="unnoticed"
unnoticed = {"a", "d", "f", "g"}


# %% check="unnoticed"
letters = "abcdefg"


def inputs(student):
    apart = gaps(next(student.draws(1)))
    yield call(want={letter for letter, gap in apart.items() if gap < 1e-9})


def gaps(rng):
    """By how much a probability differs at most, after each change of a random network."""
    model = network(rng, n_layers=2, n_heads=2, d_head=4, d_model=8, d_vocab=9, positional=True, d_mlp=16)
    token, layer = int(rng.integers(9)), int(rng.integers(2))
    row, column = rng.normal(size=8), rng.normal(size=(8, 1))  # [d_model], [d_model, 1]
    raised = 1.0 * (np.arange(9) == token)[:, None]  # [d_vocab, 1]
    twice = 1.0 + (np.arange(2) == layer)  # [layer]
    halved = {name: getattr(model, name) / twice[:, None, None, None] for name in ("W_Q", "W_K", "W_V")}
    changes = {
        "a": {"W_E": model.W_E + raised},
        "b": {"W_E": model.W_E + row},
        "c": {"W_E": 2 * model.W_E, "W_pos": 2 * model.W_pos},
        "d": {"b_K": 0 * model.b_K},
        "e": {"b_Q": 0 * model.b_Q},
        "f": {"W_U": model.W_U + column},
        "g": {"ln1_w": twice[:, None] * model.ln1_w, "ln1_b": twice[:, None] * model.ln1_b, **halved},
    }
    tokens = rng.permutation(9)
    before = probabilities(model, tokens)  # [pos, d_vocab]
    return {
        letter: np.abs(probabilities(replace(model, **change), tokens) - before).max()
        for letter, change in changes.items()
    }


def probabilities(model, tokens):
    logits = model.run(tokens).logits  # [pos, d_vocab]
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))  # [pos, d_vocab]
    return weights / weights.sum(axis=1, keepdims=True)


# %% [markdown] mistakes="unnoticed"
# - **none**: `{"a", "d", "f", "g"}` → `set()`
#   Such a network has more numbers than it needs. What does layer norm take away from each row?
# - **one row for all**: `"d` → `"b", "d`
#   One of your cases adds the same row to all embeddings. It is the same for all tokens, but is it the same
#   for all entries of a row? It is a mean over entries that layer norm takes away.
# - **one row for all**: `{"a", "d", "f", "g"}` → `"b"`
# - **doubled embeddings**: `"d` → `"c", "d`
#   One of your cases doubles the embeddings. The first layer hardly notices, as layer norm divides. But what
#   do its heads write, and to what is it added?
# - **no query biases**: `{"a", "d", "f", "g"}` → `["a", "d", "e", "f", "g"]`
#   One of your cases takes the query biases away. Multiply a score out: the bias of the query meets the key,
#   and the keys differ.
# - **raised row left out**: `a", "` → ``
#   Look again at the case with one number in one row of the embedding. What does it do to the mean of the
#   stream there, and who reads the stream with its mean?
# - **key biases left out**: `d", "` → ``
#   Look again at the case without key biases. What does such a bias add to the scores of one query: does it
#   depend on the key?
# - **raised logits left out**: `{"a", "d", "f", "g"}` → `"a, d, g"`
#   Look again at the case with the same column in all of W_U. By how much does each logit of a position rise,
#   and what does the last softmax make of that?
# - **doubled and halved left out**: `, "g"` → ``
#   Look again at the case that doubles and halves. Gain and shift are both doubled, so all that layer norm
#   hands on is. What do queries, keys and values come to?


# %% right="unnoticed" form="a list in another order"
unnoticed = ["g", "F", "d", "a"]


# %% right="unnoticed" form="a text"
unnoticed = "a, d, f and g"


# %% [markdown] exercise="held_scale" points=3
# ## Who raised this logit, layer norm and all?
#
# The last layer norm stands between the stream and the logits. In a network without gains, shifts and $b_U$,
# a row $x$ of the last stream, with mean $\bar x$ and variance $\mathrm{var}(x)$ over its entries, gives the
# logits
#
# $$
# \frac{x - \bar x}{\sqrt{\mathrm{var}(x) + \epsilon}}\, W_U
# $$
#
# This is not additive in $x$. But the denominator is one number a position. Hold it at what it is for the
# whole stream, and the rest is linear. So split the logits into the contributions of those that wrote to the
# stream. You get
#
# - `parts` `[part, pos, d_model]`: tokens, positions, heads, output biases and MLP. They sum to the stream;
# - `W_U` `[d_model, d_vocab]`;
# - `eps`, the $\epsilon$ above.
#
# Return `[part, pos, d_vocab]`: numbers that sum to the logits over the parts. Nothing was centred
# beforehand: parts and $W_U$ may have a mean.

# %% [markdown] hint="held_scale"
# Make the stream first, and from it the one number a position. Which axis must go, and which must stay with
# size 1, so that each number divides its own position in every part?

# %% [markdown] hint="held_scale"
# The mean of a sum is the sum of the means. So each part can lose its own mean, and nothing is lost or taken
# away twice.

# %% [markdown] hint="held_scale"
# Test yourself: the sum of your result over the parts must be what the formula gives for the stream.


# %% starter="held_scale"
def held_scale(parts, W_U, eps):
    stream = parts.sum(axis=0)  # [pos, d_model]
    return ...


# %% solution="held_scale"
def held_scale(parts, W_U, eps):
    stream = parts.sum(axis=0)  # [pos, d_model]
    scale = np.sqrt(stream.var(axis=-1, keepdims=True) + eps)  # [pos, 1]
    centred = parts - parts.mean(axis=-1, keepdims=True)  # [part, pos, d_model]
    return centred / scale @ W_U  # [part, pos, d_vocab]


# %% check="held_scale"
axes = ("part", "pos", "d_vocab")


def inputs(student):
    for parts, model, words in written(student):
        yield call(parts, model.W_U, model.eps, want=contributions(parts, model), words=words)


def contributions(parts, model):
    """What each part is worth to the logits [part, pos, d_vocab], from networks that read it alone.

    Such a network divides by the part's own scale. Its logits are then put on the scale of the stream.
    """
    own = np.array([read_alone(part, model) for part in parts])  # [part, pos, d_vocab]
    return own * model.norm_scale(parts) / model.norm_scale(parts.sum(axis=0))


def read_alone(rows, model):
    """The logits of a network without layers that has these rows [pos, d_model] for embeddings."""
    config = replace(model.config, n_layers=0, positional=False)
    spare = np.zeros((config.d_vocab - len(rows), config.d_model))  # embeddings of tokens that are not there
    weights = {name: getattr(model, name)[:0] for name in ("W_Q", "W_K", "W_V", "W_O")}
    weights |= {"W_E": np.concatenate([rows, spare]), "W_U": model.W_U}
    return GPT(config, normalization="LNPre", eps=model.eps, **weights).run(np.arange(len(rows))).logits


# %% check="held_scale" part="sum"
axes = ("pos", "d_vocab")


def inputs(student):
    for parts, model, words in written(student):
        want = model.run(np.arange(parts.shape[1])).logits
        yield call(parts, model.W_U, model.eps, want=want, words=f"{words}; shown is the sum of your parts")


def read(got, call):
    got = as_numbers(got)
    return got.sum(axis=0) if got.ndim == 3 else got


# %% [markdown] mistakes="held_scale"
# - **own scale**:
#   ```python
#   def normed(x):
#       return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + eps)
#   return np.array([normed(part) @ W_U for part in parts])
#   ```
#   Each part is divided by its own scale, so that a small one counts as much as a large one, and the sum is
#   not the logits. What does the network divide by?
# - **not centred**:
#   ```python
#   stream = parts.sum(axis=0)
#   return parts / np.sqrt(stream.var(axis=-1, keepdims=True) + eps) @ W_U
#   ```
#   The scale is right. But the parts go in with their means, and layer norm takes the mean away before it
#   divides.
# - **own scale, not centred**: `return parts / np.sqrt(parts.var(axis=-1, keepdims=True) + eps) @ W_U`
#   Each part is divided by its own scale, and its mean is still in it. What does the network divide by, and
#   what does it take away before?
# - **not scaled**: `return (parts - parts.mean(axis=-1, keepdims=True)) @ W_U`
#   The means are gone, as they should be. But nothing was divided: these numbers do not sum to the logits.
# - **no layer norm**: `return parts @ W_U`
#   The parts are read as they are. Between the stream and W_U stands layer norm.
# - **mean of the stream**:
#   ```python
#   stream = parts.sum(axis=0)
#   mean, scale = stream.mean(axis=-1, keepdims=True), np.sqrt(stream.var(axis=-1, keepdims=True) + eps)
#   return (parts - mean) / scale @ W_U
#   ```
#   You take the mean of the whole stream away from each part: so it is taken away as often as there are
#   parts. What has a part to lose?
# - **mean over positions**:
#   ```python
#   stream = parts.sum(axis=0)
#   scale = np.sqrt(stream.var(axis=-1, keepdims=True) + eps)
#   return np.stack([(part - part.mean(axis=0)) / scale @ W_U for part in parts])
#   ```
#   The scale is right. But the mean was taken over positions. Layer norm looks at one position at a time:
#   over which axis does its mean go?
# - **mean over parts**:
#   ```python
#   scale = np.sqrt(parts.sum(axis=0).var(axis=-1, keepdims=True) + eps)
#   return (parts - parts.mean(axis=0, keepdims=True)) / scale @ W_U
#   ```
#   The scale is right. But the mean was taken over the parts. Layer norm takes it over the entries of a row.
# - **root mean square**:
#   ```python
#   stream = parts.sum(axis=0)
#   scale = np.sqrt((stream * stream).mean(axis=-1, keepdims=True) + eps)
#   return (parts - parts.mean(axis=-1, keepdims=True)) / scale @ W_U
#   ```
#   You divide by the root of the mean square, with the stream's mean still in it. The variance is that of
#   what is left without the mean.
# - **root mean square, not centred**:
#   ```python
#   stream = parts.sum(axis=0)
#   return parts / np.sqrt(np.mean(stream**2, axis=-1, keepdims=True) + eps) @ W_U
#   ```
#   No mean is taken away, neither from the parts nor in the scale. Some networks do so; layer norm takes the
#   mean away first.
# - **scale not held**:
#   ```python
#   def logits(x):
#       return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + eps) @ W_U
#   stream = parts.sum(axis=0)
#   return [logits(stream) - logits(stream - part) for part in parts]
#   ```
#   This is what the logits lose if a part is taken out of the stream. But then the scale changes, too, and so
#   these numbers do not sum to the logits. Which of the two scales is to be held?
# - **variance without its root**:
#   ```python
#   stream = parts.sum(axis=0)
#   scale = stream.var(axis=-1, keepdims=True) + eps
#   return (parts - parts.mean(axis=-1, keepdims=True)) / scale @ W_U
#   ```
#   You divide by the variance. What belongs between it and the division?
# - **one less**:
#   ```python
#   centred = parts - parts.mean(axis=-1, keepdims=True)
#   whole = centred.sum(axis=0)
#   variance = (whole**2).sum(axis=-1, keepdims=True) / (whole.shape[-1] - 1)
#   return centred / np.sqrt(variance + eps) @ W_U
#   ```
#   Your variance divides by one less than there are entries, as one does for a sample. Layer norm divides by
#   d_model.
# - **no epsilon**:
#   ```python
#   stream = parts.sum(axis=0)
#   return (parts - parts.mean(axis=-1, keepdims=True)) / stream.std(axis=-1, keepdims=True) @ W_U
#   ```
#   That is nearly right. Look at the denominator once more: is all of it there?
# - **epsilon outside**:
#   ```python
#   stream = parts.sum(axis=0)
#   return (parts - parts.mean(axis=-1, keepdims=True)) / (stream.std(axis=-1, keepdims=True) + eps) @ W_U
#   ```
#   That is nearly right. Where does ε stand, under the root or behind it?
# - **one scale for all**:
#   ```python
#   scale = np.sqrt(parts.sum(axis=0).var() + eps)
#   return (parts - parts.mean(axis=-1, keepdims=True)) / scale @ W_U
#   ```
#   All positions are divided by the same number. Layer norm looks at one position at a time.
# - **variances added**:
#   ```python
#   variance = sum(part.var(axis=-1, keepdims=True) for part in parts)
#   return (parts - parts.mean(axis=-1, keepdims=True)) / np.sqrt(variance + eps) @ W_U
#   ```
#   You add up the variances of the parts. The variance of a sum is more than that, or less: parts may agree
#   with each other, or cancel.
# - **summed up**:
#   ```python
#   stream = parts.sum(axis=0)
#   centred = stream - stream.mean(axis=-1, keepdims=True)
#   return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + eps) @ W_U
#   ```
#   These are the logits, and they are right. Asked is the contribution of each part to them.
# - **no unembedding**:
#   ```python
#   stream = parts.sum(axis=0)
#   scale = np.sqrt(stream.var(axis=-1, keepdims=True) + eps)
#   return (parts - parts.mean(axis=-1, keepdims=True)) / scale
#   ```
#   This is what each part is in what W_U reads, and it is right so far. The logits are one matrix further on.


# %% right="held_scale" form="the means taken from the unembedding"
def held_scale(parts, W_U, eps):
    scale = np.sqrt(np.var(parts.sum(axis=0), axis=-1) + eps)
    return np.einsum("apd,dv,p->apv", parts, W_U - W_U.mean(axis=0), 1 / scale)


# %% right="held_scale" form="with and without each part"
def held_scale(parts, W_U, eps):
    stream = parts.sum(axis=0)
    scale = np.sqrt(stream.var(axis=1, keepdims=True) + eps)

    def logits(x):
        return (x - x.mean(axis=1, keepdims=True)) / scale @ W_U

    return [logits(stream) - logits(stream - part) for part in parts]


# %% right="held_scale" form="position by position, in float32"
def held_scale(parts, W_U, eps):
    n_parts, positions, d_model = parts.shape
    parts, W_U = parts.astype(np.float32), W_U.astype(np.float32)
    off_mean = np.eye(d_model, dtype=np.float32) - np.float32(1 / d_model)
    out = np.empty((n_parts, positions, W_U.shape[1]), dtype=np.float32)
    for place in range(positions):
        rows = parts[:, place] @ off_mean
        length = np.linalg.norm(rows.sum(axis=0))
        out[:, place] = rows @ W_U / np.sqrt(length**2 / d_model + np.float32(eps))
    return out
