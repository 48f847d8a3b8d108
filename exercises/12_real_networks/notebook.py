# %% [markdown]
# # Exercises: real networks
#
# They go with [lesson 12](../lessons/12_real_networks.py). Run a cell with `check("…")` as often as you like.
# It draws new random networks each time, and it tells you what it saw.

# %%
import numpy as np

import ovlearn as ov
from ovlearn.exercises import check

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
