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
from ovlearn.symbolic import CausalMask, RowSoftmax, d_h
from ovlearn.symbolic import product, transpose

# %% tools=true
from sympy import MatMul

from ovlearn.exercises.comparing import as_numbers
from ovlearn.exercises.deriving import as_expression
from ovlearn.exercises.drawing import cases
from ovlearn.symbolic import CausalMask, RowSoftmax, derive, product, symbol
from ovlearn.symbolic.expressions import nodes, rewrite
from ovlearn.symbolic.functions import is_matrix


def some_head(case):
    """A random (layer, head) of a case's model."""
    return int(case.rng.integers(case.config.n_layers)), int(case.rng.integers(case.config.n_heads))


def numbers(got, call, mistake):
    """An answer as numbers, where the usual ways to NaN are told apart."""
    got = as_numbers(got)
    if got.shape != call.want.shape or np.isfinite(got).all():
        return got
    spoilt = [row for row in range(len(got)) if np.isnan(got[row]).any()]
    rows = (("input", call.words), ("rows with NaN", ", ".join(map(str, spoilt)) or "none"))
    if (got == -np.inf).any() and not spoilt:
        mistake("masked scores", *rows)
    if spoilt == [0] and len(got) > 1:
        mistake("own position masked", *rows)
    if len(spoilt) == len(got) and len(got) > 1:
        mistake("zero times infinity", *rows)
    return got


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


# %% check="scores" blocked="numeric.Transformer.run numeric.model.forward numeric.model.attention"
axes = ("query", "key")


def inputs(student):
    for case in (*cases(student, d_head=3), *cases(student, count=1, edge=False, d_head=6)):
        here = some_head(case)
        yield call(case.run.q[here], case.run.k[here], want=case.run.scores[here], words=case.words)


def read(got, call):
    got = as_numbers(got)
    if got.shape == call.want.shape and len(got) > 1 and (got[np.triu_indices(len(got), 1)] == -np.inf).all():
        mistake("masked already", ("input", call.words))
    return got


# %% [markdown] mistakes="scores"
# - **not scaled**: `T / np.sqrt(Q.shape[1])` → `T`
#   These are the products of queries and keys as they are. In a wide head they would be large, and its
#   softmax would be sure of itself before it has learned anything. What keeps them small?
# - **divided by d_head**: `np.sqrt(Q.shape[1])` → `Q.shape[-1]`
#   The products were divided by d_head itself. How does the typical size of a sum of d_head random terms grow
#   with d_head?
# - **multiplied by the root**: `Q @ K.T / np.sqrt(Q.shape[1]` → `np.sqrt(K.shape[1]) * (Q @ K.T`
#   The products have become larger by the root. It should make up for the length of the sum.
# - **root of the positions**: `np.sqrt(Q.shape[1])` → `len(Q) ** 0.5`
#   The products were divided by the root of the number of positions. A score is a sum over something else:
#   over what?
# - **keys ask**: `Q @ K` → `K @ Q`
#   This is the table with rows and columns exchanged. Row i should belong to the query of position i.
# - **keys ask, not scaled**: `Q @ K.T / np.sqrt(Q.shape[1])` → `K @ Q.T`
#   This is the table with rows and columns exchanged, and not scaled. Row i should belong to the query of
#   position i.
# - **positions summed away**: `Q @ K.T` → `np.einsum("pi,pj->ij", Q, K)`
#   Your table is d_head wide: it sums over positions. A score compares two positions, so what must be summed
#   over?
# - **softmax too**:
#   ```python
#   weights = np.exp(Q @ K.T / np.sqrt(Q.shape[1]))
#   return weights / weights.sum(axis=1, keepdims=True)
#   ```
#   Your rows sum to 1, so a softmax was taken already. Scores are the numbers before it, of either sign.
# - **masked with zeros**: `Q @ K.T` → `np.tri(len(Q)) * (Q @ K.T)`
#   Everything above the diagonal is zero here. Scores are before the mask: each query meets each key.
# - **masked already**:
#   ```python
#   S = Q @ K.T / np.sqrt(Q.shape[1])
#   S[np.triu_indices(len(Q), 1)] = -np.inf
#   return S
#   ```
#   Your scores above the diagonal are −∞. That is the mask, which comes next: these are the scores before it.


# %% right="scores" form="loops over single numbers"
def scores(Q, K):
    return [[sum(a * b for a, b in zip(q, k, strict=True)) / len(q) ** 0.5 for k in K] for q in Q]


# %% right="scores" form="both sides divided, in float32"
def scores(Q, K):
    root = np.float32(Q.shape[1]) ** 0.25
    return np.einsum("qc,kc->qk", Q.astype(np.float32) / root, K.astype(np.float32) / root)


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


# %% check="one_entry" blocked="numeric.Transformer.run numeric.model.forward numeric.model.attention"
def inputs(student):
    for case in cases(student, d_head=3):
        here = some_head(case)
        Q, K = case.run.q[here], case.run.k[here]  # [pos, d_head] each
        for query, key in ((1, 2), (3, 0), (2, 4)) if len(Q) > 1 else ((0, 0),):
            want = np.array(case.run.scores[here][query, key] * np.sqrt(Q.shape[1]))
            yield call(Q, K, query, key, want=want, words=f"{case.words}, query {query}, key {key}")


def read(got, call):
    got, (_, _, query, key) = as_numbers(got), call.arguments
    if got.size == 1 and key > query and abs(got.ravel()[0]) in (0, np.inf):
        mistake("masked", ("input", call.words))
    return got.reshape(()) if got.size == 1 else got


# %% [markdown] mistakes="one_entry"
# - **exchanged**: `return Q[query] @ K[key]` → `return (K @ Q.T)[query, key]`
#   Query and key have changed places. Row i of the table belongs to the query of position i.
# - **scaled**: `key]` → `key] / np.sqrt(Q.shape[1])`
#   This is a score: it is divided by the root already. Asked is the entry of Q Kᵀ itself.
# - **counted from 1**: `Q[query] @ K[key` → `(Q @ K.T)[query - 1, key - 1`
#   You took the rows before those. The article counts positions from 1; here they count from 0.
# - **two queries**: `Q[query] @ K[key]` → `np.dot(Q[query], Q[key])`
#   Two queries met here. What does position `key` offer to be found by?
# - **not added up**: `] @ K` → `] * K`
#   These are the products, place by place. One entry of a product of matrices is their sum.
# - **the whole row**: `Q[query] @ K[key` → `K @ Q[query`
#   Your query has met every key. One of these numbers is asked for.
# - **masked**: `key]` → `key] if key <= query else -np.inf`
#   Your query sees no later key. That is the mask, and it comes later: in Q Kᵀ each query meets each key.


# %% right="one_entry" form="one number at a time"
def one_entry(Q, K, query, key):
    total = 0.0
    for a, b in zip(Q[query].tolist(), K[key].tolist(), strict=True):
        total += a * b
    return total


# %% right="one_entry" form="rows as matrices of one row"
def one_entry(Q, K, query, key):
    return Q[[query]] @ K[[key]].T


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


# %% check="causal_pattern" blocked="numeric.Transformer.run numeric.model.forward numeric.model.attention numeric.model.masked numeric.model.softmax"
axes = ("query", "key")


def inputs(student):
    for case in cases(student):
        here = some_head(case)
        yield call(case.run.scores[here], want=case.run.pattern[here], words=case.words)


def read(got, call):
    return numbers(got, call, mistake)


# %% [markdown] mistakes="causal_pattern"
# - **no mask**: `return np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)`
#   Your rows sum to 1, but there is weight above the diagonal: position 0 looks at positions that come after
#   it.
# - **mask after the softmax**:
#   ```python
#   weights = np.exp(S)
#   return np.tril(weights / weights.sum(axis=-1, keepdims=True))
#   ```
#   Nobody looks at a later position, but your first row does not sum to 1. The weight of the later positions
#   was thrown away. When must they be taken out, so that it is shared among the others?
# - **zero in place of minus infinity**:
#   ```python
#   weights = np.exp(S * np.tri(len(S)))
#   return weights / weights.sum(axis=1, keepdims=True)
#   ```
#   Later positions still get weight. Their scores were set to 0, it seems: what is `np.exp(0)`?
# - **mask the wrong way round**:
#   ```python
#   weights = np.triu(np.exp(S))
#   return weights / weights.sum(axis=1, keepdims=True)
#   ```
#   Each position looks at itself and at what comes after it. The last row has a single weight: which row
#   should have only one?
# - **over queries**:
#   ```python
#   weights = np.tril(np.exp(S))
#   return weights / weights.sum(axis=0)
#   ```
#   The mask is right, but it is your columns that sum to 1. A query shares its weight out among the keys:
#   along which axis do you find them?
# - **over queries, no mask**: `return np.exp(S) / np.exp(S).sum(axis=0)`
#   It is your columns that sum to 1, and there is weight above the diagonal. A query shares its weight out
#   among the keys that it may see.
# - **sums along the wrong axis**:
#   ```python
#   weights = np.tril(np.exp(S))
#   return weights / weights.sum(axis=1)
#   ```
#   The sums are those of the rows, but column j was divided by the sum of row j. Look at the shape of the
#   sums, and at how numpy lines it up with the table.
# - **one position too many**:
#   ```python
#   weights = np.tril(np.exp(S), 1)
#   return weights / weights.sum(axis=1, keepdims=True)
#   ```
#   The mask is off by one: each position still sees the one right after it.
# - **own position masked**:
#   ```python
#   weights = np.where(np.arange(len(S)) < np.arange(len(S))[:, None], np.exp(S), 0)
#   return weights / weights.sum(axis=1, keepdims=True)
#   ```
#   Your first row is NaN: no key was left for it. Which keys may position 0 look at?
# - **zero times infinity**:
#   ```python
#   masked = S - (1 - np.tri(len(S))) * np.inf
#   weights = np.exp(masked)
#   return weights / weights.sum(axis=1, keepdims=True)
#   ```
#   There is NaN in every row. If you multiplied a mask of zeros and ones by infinity: what is 0 · ∞? Choose
#   between two numbers instead of multiplying.
# - **the pattern transposed**:
#   ```python
#   weights = np.exp(np.tril(S)) * np.tri(len(S))
#   return (weights / weights.sum(axis=1, keepdims=True)).T
#   ```
#   The right weights, with rows and columns exchanged. Row i belongs to the query of position i.
# - **not divided**: `return np.tri(len(S)) * np.exp(S)`
#   The mask is right, and these are the exponentials. Their rows do not sum to 1 yet.
# - **only masked**: `return np.tril(S)`
#   These are scores with the later ones set to zero. A pattern holds weights: none is negative, and each row
#   sums to 1.
# - **masked scores**: `return np.where(np.tri(len(S)), S, -np.inf)`
#   There is −∞ above the diagonal: these are masked scores. A pattern holds weights, from 0 to 1.
# - **input changed**:
#   ```python
#   S[np.triu_indices(len(S), 1)] = -np.inf
#   weights = np.exp(S)
#   return weights / weights.sum(axis=1, keepdims=True)
#   ```
#   `causal_pattern` changes the array that it is given. Whoever calls it still needs that array: work on a
#   copy, or make a new one.


# %% right="causal_pattern" form="row by row, in lists"
def causal_pattern(S):
    rows = []
    for i, row in enumerate(S.tolist()):
        raised = [2.718281828459045**score for score in row[: i + 1]]
        rows.append([each / sum(raised) for each in raised] + [0.0] * (len(row) - i - 1))
    return rows


# %% right="causal_pattern" form="a large number for infinity, float32"
def causal_pattern(S):
    masked = S.astype(np.float32) - 1e9 * (1 - np.tri(len(S), dtype=np.float32))
    weights = np.exp(masked - masked.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


# %% right="causal_pattern" form="the mask after exp, before the sum"
def causal_pattern(S):
    weights = np.tril(np.exp(S))
    return (weights.T / weights.sum(axis=1)).T


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


# %% check="one_row" blocked="numeric.Transformer.run numeric.model.forward numeric.model.attention"
axes = ("d_head",)


def inputs(student):
    for case in cases(student):
        here = some_head(case)
        A, V, Z = case.run.pattern[here], case.run.v[here], case.run.z[here]
        for position in (3, 1) if len(V) > 1 else (0,):
            yield call(A, V, position, want=Z[position], words=f"{case.words}, position {position}")


# %% [markdown] mistakes="one_row"
# - **column of the pattern**: `sum(A[position, other] * V[other] for other in range(len(V)))` → `(A.T @ V)[position]`
#   You took how much the others look at this position. Asked is what it receives: where in A stand its own
#   weights?
# - **most looked at**: `sum(A[position, other] * V[other] for other in range(len(V)))` → `V[A[position].argmax()]`
#   This is the value that the position looks at most. The others come in too, each with its weight.
# - **plain average**: `return V[: position + 1].sum(axis=0) / (position + 1)`
#   All values that it may see come in alike here. The pattern says how much of each.
# - **weights left out**: `A[position, other] * V[other] for other in range(len(V))` → `V`
#   The values are added up as they are. Each has a weight.
# - **its own value**: `sum(A[position, other] * V[other] for other in range(len(V)))` → `V[position]`
#   This is what the position itself offers. What does it take from the others?
# - **counted from 1**: `sum(A[position, other] * V[other] for other in range(len(V)))` → `(A @ V)[position - 1]`
#   This is the row before. Positions count from 0.
# - **not added up**: `return A[position].reshape(-1, 1) * V`
#   Each value has its weight, and they are not added up yet. One row is asked for.
# - **weights alone**: `sum(A[position, other] * V[other] for other in range(len(V)))` → `A[position]`
#   These are the weights, one for each position. What do they weigh?


# %% right="one_row" form="numpy's weighted average"
def one_row(A, V, position):
    return np.average(V, axis=0, weights=A[position])


# %% right="one_row" form="only the keys that it may see, feature by feature"
def one_row(A, V, position):
    seen = range(position + 1)
    return [sum(A[position, key] * V[key, feature] for key in seen) for feature in range(V.shape[1])]


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


# %% check="one_head" blocked="numeric.Transformer.run numeric.model.forward numeric.model.attention numeric.FrozenNetwork.run numeric.model.masked numeric.model.softmax"
axes = ("pos", "d_model")


def inputs(student):
    for case in cases(student):
        here = some_head(case)
        weights = [getattr(case.model, name)[here] for name in ("W_Q", "W_K", "W_V", "W_O")]
        X, want = case.run.resid_pre[here[0]], case.run.head_out[here]  # [pos, d_model] each
        yield call(X, *weights, want=want, words=case.words)


def read(got, call):
    return numbers(got, call, mistake)


# %% [markdown] mistakes="one_head"
# - **no mask**:
#   ```python
#   weights = np.exp((X @ W_Q) @ (X @ W_K).T / np.sqrt(W_Q.shape[1]))
#   return weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O
#   ```
#   Your first position takes something from later ones. No mask, it seems: what may position 0 look at?
# - **not scaled**:
#   ```python
#   weights = np.tril(np.exp(X @ W_Q @ W_K.T @ X.T))
#   return weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O
#   ```
#   The pattern is too sure of itself: the products of queries and keys went into the softmax as they are.
# - **root of d_model**:
#   ```python
#   weights = np.tril(np.exp(X @ W_Q @ W_K.T @ X.T / np.sqrt(X.shape[1])))
#   return weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O
#   ```
#   The scores are divided by the root of d_model. How many terms has the sum that makes one score?
# - **not scaled, no mask**:
#   ```python
#   weights = np.exp(X @ W_Q @ W_K.T @ X.T)
#   return weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O
#   ```
#   Two things are missing between the products of queries and keys and the softmax: one for the size of the
#   numbers, one for the later positions.
# - **over queries**:
#   ```python
#   weights = np.tril(np.exp(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1])))
#   return weights / weights.sum(axis=0) @ X @ W_V @ W_O
#   ```
#   The softmax was taken over queries: the columns of your pattern sum to 1, not its rows.
# - **mask after the softmax**:
#   ```python
#   weights = np.exp(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1]))
#   A = weights / weights.sum(axis=1, keepdims=True)
#   return np.tril(A) @ X @ W_V @ W_O
#   ```
#   Your first position writes less than its own value. The mask came after the softmax, it seems, and what it
#   took away is missing.
# - **zero in place of minus infinity**:
#   ```python
#   weights = np.exp(np.tril(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1])))
#   return weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O
#   ```
#   A little of the later positions leaks in. What weight does a score of 0 get from the softmax?
# - **mask the wrong way round**:
#   ```python
#   weights = np.triu(np.exp(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1])))
#   return weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O
#   ```
#   Your last position writes its own value alone, and the first one mixes all. The mask is the wrong way
#   round.
# - **queries and keys exchanged**:
#   ```python
#   weights = np.tril(np.exp(X @ W_K @ W_Q.T @ X.T / np.sqrt(W_Q.shape[1])))
#   return weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O
#   ```
#   Queries and keys have changed places: your rows ask with W_K. Whose row is row i of the scores?
# - **pattern transposed**:
#   ```python
#   weights = np.tril(np.exp(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1])))
#   A = weights / weights.sum(axis=1, keepdims=True)
#   return np.einsum("qk,qd->kd", A, X @ W_V @ W_O)
#   ```
#   The pattern is the wrong way round: your last position sends its value to earlier ones. Row i of A says
#   what position i receives.
# - **not mixed**: `return X @ (W_V @ W_O)`
#   Every position writes its own value. The pattern has not moved anything yet.
# - **not written**:
#   ```python
#   weights = np.tril(np.exp(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1])))
#   return weights / weights.sum(axis=1, keepdims=True) @ X @ W_V
#   ```
#   This is the mixture of values, and it is right. It is d_head wide: what takes it back to the stream?
# - **scores in place of a pattern**: `return np.tril(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1])) @ X @ W_V @ W_O`
#   The values are mixed with scores. A pattern holds weights, and its rows sum to 1.
# - **with the stream**:
#   ```python
#   weights = np.tril(np.exp(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1])))
#   return X + weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O
#   ```
#   This is the stream after the head. What the head adds to it is asked for.
# - **input changed**:
#   ```python
#   weights = np.tril(np.exp(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1])))
#   X[:] = weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O
#   return X
#   ```
#   `one_head` changes the array that it is given. Whoever calls it still needs that array: work on a copy, or
#   make a new one.


# %% right="one_head" form="position by position"
def one_head(X, W_Q, W_K, W_V, W_O):
    out = []
    for i, x in enumerate(X):
        seen = X[: i + 1]
        weights = np.exp(seen @ W_K @ W_Q.T @ x / len(W_O) ** 0.5)
        out.append(weights @ seen @ W_V @ W_O / weights.sum())
    return np.array(out)


# %% right="one_head" form="folded matrices, in float32"
def one_head(X, W_Q, W_K, W_V, W_O):
    X, W_Q, W_K, W_V, W_O = (each.astype(np.float32) for each in (X, W_Q, W_K, W_V, W_O))
    S = X @ (W_Q @ W_K.T) @ X.T / np.sqrt(np.float32(len(W_O)))
    S = np.where(np.tri(len(X)) == 1, S, np.float32(-1e30))
    weights = np.exp(S - S.max(axis=1, keepdims=True))
    return (weights @ (X @ (W_V @ W_O))) / weights.sum(axis=1, keepdims=True)


# %% right="one_head" form="einsum throughout"
def one_head(X, W_Q, W_K, W_V, W_O):
    S = np.einsum("qi,ih,jh,kj->qk", X, W_Q, W_K, X) / np.sqrt(W_O.shape[0])
    weights = np.exp(S) * (np.arange(len(X))[:, None] >= np.arange(len(X)))
    return np.einsum("qk,ki,ih,hj,q->qj", weights, X, W_V, W_O, 1 / weights.sum(axis=1))


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


# %% check="pattern_expression" blocked="derive"
def inputs(student):
    for rng in student.draws(2):
        layer, head = int(rng.integers(3)), int(rng.integers(2))
        X, W_Q, W_K = symbol("X", layer), symbol("W_Q", layer, head), symbol("W_K", layer, head)
        derived = derive("attention-head", layers=3, heads=2, layer=layer, head=head).result.rhs
        (pattern,) = (node for node in nodes(derived) if isinstance(node, RowSoftmax))
        yield call(X, W_Q, W_K, want=pattern)


def read(got, call):
    return rewrite(as_expression(got), number_inside)


def number_inside(node):
    """mask(S)/√d_h is mask(S/√d_h): a positive number may stand on either side of the mask."""
    if not isinstance(node, MatMul):
        return node
    numbers = [factor for factor in node.args if not is_matrix(factor)]
    matrices = [factor for factor in node.args if is_matrix(factor)]
    if len(matrices) != 1 or not isinstance(matrices[0], CausalMask):
        return node
    positive = all(number.is_positive for number in numbers)
    return CausalMask(product(*numbers, matrices[0].args[0])) if positive else node


# %% [markdown] mistakes="pattern_expression"
# - **no mask**: `return RowSoftmax(X * W_Q * (X * W_K).T / sqrt(d_h))`
#   The scores are right, and so is the softmax. In a language model a query does not see every key.
# - **mask outside**: `return CausalMask(RowSoftmax(X * W_Q * (X * W_K).T / sqrt(d_h)))`
#   The mask acts on weights that already sum to 1. Which of the two functions comes first?
# - **not scaled**: `return RowSoftmax(CausalMask(product(X, W_Q, transpose(W_K), transpose(X))))`
#   The order is right. But these are products of queries and keys: what makes scores of them?
# - **not scaled, no mask**: `return RowSoftmax(product(X, W_Q, transpose(W_K), transpose(X)))`
#   Two things are missing between these products and the softmax: one for the size of the numbers, one for
#   the later positions.
# - **divided by d_h**: `return RowSoftmax(CausalMask(X * W_Q * W_K.T * X.T) / d_h)`
#   The order is right, but the products are divided by d_h itself. How does the size of such a sum grow with
#   d_h?
# - **multiplied by the root**: `return RowSoftmax(CausalMask(sqrt(d_h) * X * W_Q * W_K.T * X.T))`
#   The order is right, but the products have become larger by the root.
# - **divided outside**: `return RowSoftmax(CausalMask(X * W_Q * W_K.T * X.T)) / sqrt(d_h)`
#   The weights are divided, so that their rows no longer sum to 1. What is it that is too large?
# - **keys ask**: `return RowSoftmax(CausalMask(X * W_K * (X * W_Q).T / sqrt(d_h)))`
#   Queries and keys have changed places: row i of your scores belongs to key i.
# - **only masked**: `return CausalMask(X * W_Q * (X * W_K).T / sqrt(d_h))`
#   These are masked scores. What makes weights of them?
# - **only scores**: `return (X * W_Q) * (X * W_K).T / sqrt(d_h)`
#   These are the scores, and they are right. The pattern is made from them by two functions.
# - **shapes do not fit**: `return RowSoftmax(CausalMask((X * W_Q) * (X * W_K) / sqrt(d_h)))`


# %% right="pattern_expression" form="the number outside the mask"
def pattern_expression(X, W_Q, W_K):
    return RowSoftmax(CausalMask(X * W_Q * (X * W_K).T) / sqrt(d_h))


# %% right="pattern_expression" form="the number at the keys, the transpose taken last"
def pattern_expression(X, W_Q, W_K):
    keys = product(X, W_K, 1 / sqrt(d_h))
    return RowSoftmax(CausalMask(transpose(product(keys, transpose(product(X, W_Q))))))


# %% right="pattern_expression" form="unfolded by rules"
def pattern_expression(X, W_Q, W_K):
    from ovlearn.symbolic import definition, symbol

    S, Q, K = symbol("S", 9, 9), symbol("Q", 9, 9), symbol("K", 9, 9)
    made = (
        definition("scores", "queries meet keys", (S, product(1 / sqrt(d_h), Q, transpose(K)))),
        definition("sides", "of the stream", (Q, product(X, W_Q)), (K, product(X, W_K))),
    )
    d = ov.Derivation.start(RowSoftmax(CausalMask(S)), made)
    return d.apply(ov.rules.unfold, made[0]).apply(ov.rules.unfold, made[1]).result.rhs
