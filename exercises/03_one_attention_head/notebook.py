# %% [markdown]
# # Exercises: one attention head, step by step
#
# They go with [lesson 03](../lessons/03_one_attention_head.py). Run a cell with `check("…")` as often as you
# like. It draws new random models each time, and it tells you what it saw.

# %%
import numpy as np
from sympy import sqrt

import ovlearn as ov
from ovlearn.exercises import check
from ovlearn.symbolic import CausalMask, RowSoftmax, d_h, product, transpose

# %% [markdown] exercise="scores" points=1
# ## Every query meets every key
#
# Compute the scores of one head from its queries `Q` and its keys `K`, both `[pos, d_head]`. The result is
# `[query, key]`. There is no mask yet: every score is a finite number.

# %% [markdown] hint="scores"
# One score is the dot product of a row of $Q$ and a row of $K$. Which of the two matrices must be turned
# round, so that rows meet rows?

# %% [markdown] hint="scores"
# A dot product is a sum of so many terms as a query has entries. Its typical size grows with the root of that
# number, and the scores should not. Which axis of `Q` tells the number?


# %% starter="scores"
def scores(Q, K):
    return ...


# %% solution="scores"
def scores(Q, K):
    return Q @ K.T / np.sqrt(Q.shape[1])  # [query, key]


# %% [markdown] exercise="one_entry" points=1
# ## One entry of $Q K^{\top}$
#
# The article draws $Q K^{\top}$ with a single entry filled in, $q_1 k_2^{\top}$: one query with one key
# ([lesson 03](../lessons/03_one_attention_head.py), entry by entry). Compute such an entry from those two
# rows.
#
# `Q` and `K` are `[pos, d_head]`; `query` and `key` are positions, counted from 0. Return one number. It is
# not divided by anything yet, and there is no mask yet, so a key may come after the query.

# %% [markdown] hint="one_entry"
# Which row of `Q` belongs to the query, and which row of `K` to the key? Nothing else of the two arrays is
# needed.

# %% [markdown] hint="one_entry"
# Two rows of length `d_head` make one number: multiply them place by place, and add up.


# %% starter="one_entry"
def one_entry(Q, K, query, key):
    return ...


# %% solution="one_entry"
def one_entry(Q, K, query, key):
    return Q[query] @ K[key]


# %% [markdown] exercise="causal_pattern" points=2
# ## From scores to a pattern
#
# Make the pattern of a head from its scores `S` `[query, key]`: no position looks at a later one, and the
# weights of each query sum to 1. The result is `[query, key]`.

# %% [markdown] hint="causal_pattern"
# Row 2 belongs to the query of position 2. Which entries of that row must be zero in the end, and what must
# the score be, so that `exp` makes it zero?

# %% [markdown] hint="causal_pattern"
# `np.tri(n)` has ones where the column is not larger than the row. `np.where(condition, these, those)`
# chooses entry by entry.

# %% [markdown] hint="causal_pattern"
# The order matters: whatever is taken away after the division is missing from the sum. Look at the first row
# of your result: it is known without any computation.


# %% starter="causal_pattern"
def causal_pattern(S):
    return ...


# %% solution="causal_pattern"
def causal_pattern(S):
    earlier = np.tri(len(S), dtype=bool)  # [query, key]   True where key ≤ query
    masked = np.where(earlier, S, -np.inf)  # [query, key]
    weights = np.exp(masked - masked.max(axis=1, keepdims=True))  # [query, key]
    return weights / weights.sum(axis=1, keepdims=True)  # [query, key]


# %% [markdown] exercise="one_row" points=2
# ## One row of $A V$
#
# What does one position receive? The article draws one row of $A V$: the weights $a_i$, times the values,
# give the row $o_i$ (our $z_i$). Write that row as [lesson 03](../lessons/03_one_attention_head.py) derives
# it: a sum of the values, each weighted by how much position $i$ looks at it.
#
# `A` is `[query, key]`, `V` is `[pos, d_head]`, and `position` is $i$, counted from 0. Return `[d_head]`
# numbers.

# %% [markdown] hint="one_row"
# Where in `A` stands how much position $i$ looks at each of the others: in a row, or in a column?

# %% [markdown] hint="one_row"
# There are as many weights as there are values. Each value is a row of `V`. What is left when all weighted
# rows are added is one row.


# %% starter="one_row"
def one_row(A, V, position):
    return ...


# %% solution="one_row"
def one_row(A, V, position):
    return sum(A[position, other] * V[other] for other in range(len(V)))  # [d_head]


# %% [markdown] exercise="one_head" points=3
# ## One whole head
#
# Write the head from the stream that it reads to what it adds. The result is `[pos, d_model]`. You get
#
# - `X` `[pos, d_model]`, the stream;
# - `W_Q`, `W_K`, `W_V` `[d_model, d_head]`;
# - `W_O` `[d_head, d_model]`.
#
# The head is causal. The check compares with what a model recorded.

# %% [markdown] hint="one_head"
# The lesson's table has it line by line: queries, keys, values, scores, pattern, mixture, output. Write a
# line for each, with the shape behind it.

# %% [markdown] hint="one_head"
# Your `scores` and `causal_pattern` do the middle part, once they pass. You may call them here.

# %% [markdown] hint="one_head"
# The pattern mixes rows: row $i$ of the mixture is a weighted sum of the values, with the weights of row $i$.
# After the mixture, it is still `d_head` wide.


# %% starter="one_head"
def one_head(X, W_Q, W_K, W_V, W_O):
    # Q = …   [pos, d_head]
    return ...


# %% solution="one_head"
def one_head(X, W_Q, W_K, W_V, W_O):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V  # [pos, d_head] each
    S = Q @ K.T / np.sqrt(W_Q.shape[1])  # [query, key]
    masked = np.where(np.tri(len(X), dtype=bool), S, -np.inf)  # [query, key]
    weights = np.exp(masked - masked.max(axis=1, keepdims=True))  # [query, key]
    A = weights / weights.sum(axis=1, keepdims=True)  # [query, key]
    return A @ V @ W_O  # [pos, d_model]


# %% [markdown] exercise="pattern_expression" points=2
# ## The pattern in symbols
#
# Write the pattern $A$ of a head in terms of the stream and the weights alone. You get the symbols `X`, `W_Q`
# and `W_K`, of some layer and head. Return an expression of shape $s \times s$.
#
# `product(…)` and `transpose(…)` make products and transposes, `sqrt(d_h)` is the number $\sqrt{d_h}$ and may
# stand in a product, `RowSoftmax(M)` and `CausalMask(M)` are functions of a matrix. Brackets are free.

# %% [markdown] hint="pattern_expression"
# Begin inside: which two symbols make the queries, which two the keys? Print `product(…).shape` as you
# go.

# %% [markdown] hint="pattern_expression"
# From the inside out: scores, then what removes the later keys, then what makes weights of the rest. Which of
# the two functions is the outer one?


# %% starter="pattern_expression"
def pattern_expression(X, W_Q, W_K):
    # scores = …
    return ...


# %% solution="pattern_expression"
def pattern_expression(X, W_Q, W_K):
    scores = product(1 / sqrt(d_h), product(X, W_Q), transpose(product(X, W_K)))
    return RowSoftmax(CausalMask(scores))
