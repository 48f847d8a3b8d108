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
    """What the heads of one layer write [pos, d_model] when they read the stream X [pos, d_model]."""
    names = ("W_Q", "W_K", "W_V", "W_O")
    config = replace(model.config, n_layers=1, d_vocab=len(X), n_ctx=len(X))
    of_layer = {name: getattr(model, name)[[layer]] for name in names}
    alone = ov.Transformer(config, W_E=X, W_U=np.zeros((X.shape[1], len(X))), **of_layer)
    return alone.run(np.arange(len(X))).head_out[0].sum(axis=0)  # [pos, d_model]


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
