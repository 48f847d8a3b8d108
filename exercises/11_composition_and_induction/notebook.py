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
    """Ranges of the stream's dimensions, one after the other: slots(3, 2) is [slice(0, 3), slice(3, 5)]."""
    ends = np.cumsum(widths).tolist()
    return [slice(end - width, end) for width, end in zip(widths, ends, strict=True)]


def blank(config):
    """The weights of a network by name, all of them zero; W_Q is weights["W_Q"][layer, head], and so on."""
    return {name: np.zeros(shape) for name, shape in weight_shapes(config).items()}


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
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    sizes = {"d_model": 3 * d_vocab + n_ctx, "d_head": max(d_vocab, n_ctx), "d_vocab": d_vocab}
    config = ov.Config(n_layers=2, n_heads=1, n_ctx=n_ctx, positional=True, **sizes)
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
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)  # the second way needs other slots
    sizes = {"d_model": 3 * d_vocab + n_ctx, "d_head": d_vocab + n_ctx, "d_vocab": d_vocab}
    config = ov.Config(n_layers=2, n_heads=1, n_ctx=n_ctx, positional=True, **sizes)
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
