# %% [markdown]
# # Exercises: the residual stream is a sum
#
# They go with [lesson 01](../lessons/01_residual_stream.py). Run a cell with `check("…")` as often as you
# like. It draws new random models each time, and it tells you what it saw.

# %%
import numpy as np

import ovlearn as ov
from ovlearn.exercises import check
from ovlearn.symbolic import add, symbol

# %% [markdown] exercise="count_writers" points=1
# ## How many write?
#
# A model has `n_layers` layers with `n_heads` heads each, and no MLPs. Write its last stream, the one that
# $W_U$ reads, as a sum in which every writer has a term of its own, as in the lesson's picture. How many
# terms are there?
#
# Return a whole number. The arguments are whole numbers too; `n_layers` may be 0.

# %% [markdown] hint="count_writers"
# The lesson's model has three layers with two heads each. Count the bars in its picture.

# %% [markdown] hint="count_writers"
# Two kinds of writers: one that stands before all layers, and then so many a layer. Try it with no layers at
# all. The stream is not empty then.


# %% starter="count_writers"
def count_writers(n_layers, n_heads):
    return ...


# %% solution="count_writers"
def count_writers(n_layers, n_heads):
    return 1 + n_layers * n_heads  # the embedding, and every head


# %% [markdown] exercise="stream_between" points=2
# ## From one stream to a later one
#
# Unroll $X_{l+1} = X_l + \Delta_l$ from $X_b$ down to $X_a$, and no further: write $X_b$ in terms of $X_a$
# and of what the layers between the two added.
#
# `a` and `b` are whole numbers with $a \le b$. Return an expression, built with `symbol("X", 2)` for $X_2$,
# `symbol("Delta", 2)` for $\Delta_2$, and `add(first, second, …)` for sums. Any order and any brackets will
# do.

# %% [markdown] hint="stream_between"
# Do it by hand from $X_2$ to $X_4$. Which layers does the stream pass on its way?

# %% [markdown] hint="stream_between"
# The layer $a$ reads $X_a$, so it has not written yet. The layer $b$ reads $X_b$. Which of the two belongs to
# the sum?

# %% [markdown] hint="stream_between"
# Make a list of the symbols with a loop over layers, and hand it to `add` with a star: `add(*parts)`.
# (Python's `sum` begins with the number 0, which is no matrix.)


# %% starter="stream_between"
def stream_between(a, b):
    return ...


# %% solution="stream_between"
def stream_between(a, b):
    return add(symbol("X", a), *(symbol("Delta", layer) for layer in range(a, b)))


# %% [markdown] exercise="stream_before" points=2
# ## The stream from its parts
#
# Compute what layer `layer` reads, from the embedding `X_0` `[pos, d_model]` and from everything that the
# heads wrote, `head_out` `[layer, head, pos, d_model]`. With `layer` equal to the number of layers, it is the
# stream that $W_U$ reads.
#
# The result is `[pos, d_model]`. The embedding must stay as it is.

# %% [markdown] hint="stream_before"
# Which layers have written before layer 2 reads? And how many have written before layer 0 reads?

# %% [markdown] hint="stream_before"
# A slice of the first axis picks the layers. Of what is left, two axes must go, since every head of every one
# of these layers adds its matrix to the stream.


# %% starter="stream_before"
def stream_before(X_0, head_out, layer):
    return ...


# %% solution="stream_before"
def stream_before(X_0, head_out, layer):
    return X_0 + head_out[:layer].sum(axis=(0, 1))  # [pos, d_model]


# %% [markdown] exercise="logit_parts" points=3
# ## Who wrote this logit?
#
# Split one logit of a model into a part for each writer. You get
#
# - `X_0` `[pos, d_model]`, the embedding;
# - `head_out` `[layer, head, pos, d_model]`, what each head wrote;
# - `W_U` `[d_model, d_vocab]`;
# - `position` and `token`, two whole numbers: the logit in question is `run.logits[position, token]`.
#
# Return `[1 + n_layers * n_heads]` numbers that add up to the logit: first the embedding's part, then those
# of layer 0's heads in order, then those of layer 1's heads, and so on.

# %% [markdown] hint="logit_parts"
# What stands at one position of the stream is a row. What turns a row into the logit of one token is a column
# of $W_U$.

# %% [markdown] hint="logit_parts"
# Each writer wrote a row at that position. A row times the column is one number. Do it for the embedding, and
# then in two loops, or for all heads at once with `@`, which works on the last axis.

# %% [markdown] hint="logit_parts"
# Test yourself: make a model as in the lesson, and compare the sum of your numbers with `run.logits[position,
# token]`.


# %% starter="logit_parts"
def logit_parts(X_0, head_out, W_U, position, token):
    # column = …   [d_model], from a row of the stream to this logit
    return ...


# %% solution="logit_parts"
def logit_parts(X_0, head_out, W_U, position, token):
    column = W_U[:, token]  # [d_model]
    of_heads = head_out[:, :, position] @ column  # [layer, head]
    return [X_0[position] @ column, *of_heads.ravel()]  # [1 + n_layers * n_heads]
