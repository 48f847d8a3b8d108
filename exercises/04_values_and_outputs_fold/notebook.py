# %% [markdown]
# # Exercises: values and outputs fold into one matrix
#
# They go with [lesson 04](../lessons/04_values_and_outputs_fold.py). Run a cell with `check("…")` as often as
# you like. It draws new random matrices each time, and it tells you what it saw.

# %%
import numpy as np

import ovlearn as ov
from ovlearn.exercises import check
from ovlearn.symbolic import rules

# %% [markdown] exercise="ov_matrix" points=1
# ## One matrix from two
#
# A head reads the stream with $W_V$ and writes to it with $W_O$. Write the one matrix that does both.
#
# `W_V` is `[d_model, d_head]`, `W_O` is `[d_head, d_model]`. Return `W_OV`, an array `[d_model, d_model]`.

# %% [markdown] hint="ov_matrix"
# A row vector $x$ meets $W_V$ first: $x W_V$. What comes next stands to the right of it.

# %% [markdown] hint="ov_matrix"
# Write the shapes below each other. The two inner sizes must be `d_head`, so that `d_model` is left outside.


# %% starter="ov_matrix"
def ov_matrix(W_V, W_O):
    return ...


# %% solution="ov_matrix"
def ov_matrix(W_V, W_O):
    return W_V @ W_O  # [d_model, d_model]


# %% [markdown] exercise="head_output" points=2
# ## A head in two pieces
#
# The pattern says from where, $W_{OV}$ says what. Write what one head adds to the stream, from its pattern
# `A` `[query, key]`, the stream `X` `[pos, d_model]` and its `W_OV` `[d_model, d_model]`. The result is
# `[pos, d_model]`.

# %% [markdown] hint="head_output"
# Positions are mixed from one side of $X$, features from the other.

# %% [markdown] hint="head_output"
# Row $i$ of the result is a mixture of the rows of $X$, with the weights of row $i$ of $A$. A matrix that
# mixes rows stands on the left.


# %% starter="head_output"
def head_output(A, X, W_OV):
    return ...


# %% solution="head_output"
def head_output(A, X, W_OV):
    return A @ X @ W_OV  # [pos, d_model]


# %% [markdown] exercise="ov_rank" points=1
# ## How much gets through
#
# A head has `d_model = 768` and `d_head = 64`, and its weights are as good as random. Predict the rank of its
# $W_{OV}$.

# %% [markdown] hint="ov_rank"
# The matrix is `[768, 768]`. But everything that it does goes through $x W_V$ first. How many numbers is
# that?

# %% [markdown] hint="ov_rank"
# Make a small one, with `np.linalg.matrix_rank`, and see which of its two sizes the rank follows.

# %% starter="ov_rank"
ov_rank = ...

# %% solution="ov_rank"
ov_rank = 64

# %% [markdown] exercise="fold" points=3
# ## Derive it
#
# Begin with a head's output as the head computes it, and apply rules until $A X W_{OV}$ is left. You get
#
# - `start`, the expression $(A (X W_V)) W_O$ with its brackets;
# - `given`, the definitions that you may use: there is one, $W_{OV} = W_V W_O$;
# - `W_V` and `W_O`, the symbols.
#
# Return the `Derivation`. `rules.ungroup`, `rules.group` and `rules.fold` are enough; `help(rules.group)`
# shows what each does. The check calls your function for several heads.

# %% [markdown] hint="fold"
# The product that has a name must stand in brackets of its own before it can be given that name. What stands
# in the way are the brackets that are there now.

# %% [markdown] hint="fold"
# Three steps: take all brackets away, put brackets round two neighbours, name what is in them. A step is
# `.apply(rule, …)`, and each returns a longer derivation.


# %% starter="fold"
def fold(start, given, W_V, W_O):
    d = ov.Derivation.start(start, given)
    # d = d.apply(…)
    return ...


# %% solution="fold"
def fold(start, given, W_V, W_O):
    d = ov.Derivation.start(start, given)
    return d.apply(rules.ungroup).apply(rules.group, W_V, W_O).apply(rules.fold, given[0])
