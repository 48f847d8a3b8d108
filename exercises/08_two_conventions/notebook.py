# %% [markdown]
# # Exercises: two conventions, one circuit
#
# They go with [lesson 08](../lessons/08_two_conventions.py). Run a cell with `check("…")` as often as you
# like. It draws new random networks each time, and it tells you what it saw.

# %%
import numpy as np

import ovlearn as ov
from ovlearn.exercises import check
from ovlearn.symbolic import product, transpose

# %% [markdown] exercise="logit_changes" points=1
# ## On which side is the token?
#
# Somebody hands you the full OV circuit of a head, `[d_vocab, d_vocab]`, and says in which convention it is
# written: `convention` is `"rows"` (this course) or `"columns"` (the paper). The shape does not tell them
# apart.
#
# Return what the head adds to the logits if it looks at `token` with all its attention, `[d_vocab]`.

# %% [markdown] hint="logit_changes"
# In rows, a one-hot row stands in front of the circuit. What does it pick out?

# %% [markdown] hint="logit_changes"
# In columns, a one-hot column stands behind the circuit. In numpy, `M[i]` is a row of a matrix, and `M[:, j]`
# is a column.


# %% starter="logit_changes"
def logit_changes(circuit, convention, token):
    return ...


# %% solution="logit_changes"
def logit_changes(circuit, convention, token):
    return circuit[token] if convention == "rows" else circuit[:, token]


# %% [markdown] exercise="paper_circuit" points=2
# ## The paper's circuit from our weights
#
# You get the weights of one head as this course keeps them: `W_E` `[d_vocab, d_model]`, `W_V`
# `[d_model, d_head]`, `W_O` `[d_head, d_model]` and `W_U` `[d_model, d_vocab]`. Return what the paper calls
# $W_U W_{OV} W_E$, with the paper's $W_{OV} = W_O W_V$: the circuit in columns, `[d_vocab, d_vocab]`.
#
# The check also uses weights that are all square. There every product exists, the wrong ones too.

# %% [markdown] hint="paper_circuit"
# The paper's letters are not our matrices. In what do its $W_E$ and our `W_E` differ? Ask so for each of the
# four.

# %% [markdown] hint="paper_circuit"
# Two ways lead there: turn each weight and multiply in the paper's order, or find our circuit first. Try
# both; they must agree. In the result, the token looked at is a column.


# %% starter="paper_circuit"
def paper_circuit(W_E, W_V, W_O, W_U):
    return ...


# %% solution="paper_circuit"
def paper_circuit(W_E, W_V, W_O, W_U):
    W_OV_col = W_O.T @ W_V.T  # [d_model, d_model]
    return W_U.T @ W_OV_col @ W_E.T  # [d_vocab, d_vocab]


# %% [markdown] exercise="two_heads_in_columns" points=2
# ## Translate by hand
#
# In rows, the path through two heads adds $A_1 A_0 E W_E W_{OV_0} W_{OV_1} W_U$ to the logits, $[s, v]$.
# Write the same in columns, $[v, s]$.
#
# The arguments are the symbols of the *column* form, with a bar: `W_E` is $\overline{W_E}$, of shape
# $[d, v]$, and so on for all seven. Also the tokens and the patterns have a bar: $\overline{E}$ holds one-hot
# columns, and a pattern has the query second. Return a `product(…)`. `to_columns` is what you do here by
# hand.

# %% [markdown] hint="two_heads_in_columns"
# A transpose turns a product round, all of it. What stood at the far left stands at the far right.

# %% [markdown] hint="two_heads_in_columns"
# Shapes help with most of the factors: write them below each other. They do not help with the order of the
# two patterns, nor with that of the two OV matrices. For these, ask which head comes first: its two matrices
# stand nearest to the tokens.


# %% starter="two_heads_in_columns"
def two_heads_in_columns(A_0, A_1, E, W_E, W_OV_0, W_OV_1, W_U):
    return ...


# %% solution="two_heads_in_columns"
def two_heads_in_columns(A_0, A_1, E, W_E, W_OV_0, W_OV_1, W_U):
    return product(W_U, W_OV_1, W_OV_0, W_E, E, A_0, A_1)


# %% [markdown] exercise="long_matrix" points=3
# ## Pattern and circuit in one matrix
#
# `A` `[query, key]` is a pattern, and `C` `[d_vocab, d_vocab]` is a circuit **in rows**, so that $A E C$ is
# the head's contribution. Return the one long matrix $L$, `[pos * d_vocab, pos * d_vocab]`, that does the
# same to the flattened tokens: $L$ times the flattened $E$ is the flattened $A E C$.
#
# `stacked` says how both are flattened: `"rows"` is `M.ravel()`, `"columns"` is `M.ravel("F")`. It must hold
# for any matrix in the place of $E$, not only for one-hot rows.

# %% [markdown] hint="long_matrix"
# `np.kron(P, Q)` is made of blocks: each entry of `P`, times all of `Q`. With rows stacked, what makes up one
# block of the long vector: a position, or a token of the vocabulary? Which matrix mixes blocks, and which
# works inside of them?

# %% [markdown] hint="long_matrix"
# Inside a block with rows stacked stands a row of $E$. But the long matrix acts from the left, on a column.
# Which form of the circuit acts on columns? To test it, compare `long_matrix(…) @ E.ravel()` with
# `(A @ E @ C).ravel()` for a random `E`.


# %% starter="long_matrix"
def long_matrix(A, C, stacked):
    return ...


# %% solution="long_matrix"
def long_matrix(A, C, stacked):
    return np.kron(A, C.T) if stacked == "rows" else np.kron(C.T, A)
