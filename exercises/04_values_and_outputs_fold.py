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

# %% tools=true
from ovlearn.exercises.deriving import derived
from ovlearn.exercises.drawing import cases
from ovlearn.symbolic import Network, definition, product


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


# %% check="ov_matrix" blocked="circuits.ov"
axes = ("row", "column")


def inputs(student):
    for case in cases(student):
        yield call(case.model.W_V[0, 0], case.model.W_O[0, 0], words=case.words)


def answer(W_V, W_O):
    """Row by row: what becomes of a stream with a single 1 in it."""
    return np.array([(row @ W_V) @ W_O for row in np.eye(len(W_V))])  # [d_model, d_model]


# %% [markdown] mistakes="ov_matrix"
# - **swapped**: `W_V @ W_O` → `W_O @ W_V`
#   This is W_O W_V: it maps d_head to d_head, and no stream has that width. A row vector meets the matrix on its
#   right first: which of the two must a row of the stream meet first?
# - **transposed**: `W_V @ W_O` → `W_O.T @ W_V.T`
#   This is the transpose of W_OV. That is the paper's matrix, which acts on columns. In this course vectors are
#   rows.
# - **by entries**: `W_V @ W_O` → `W_V * W_O.T`
#   This multiplies entry by entry. To apply one map after the other, use the matrix product, `@`.
# - **input changed**:
#   ```python
#   product = W_V @ W_O
#   W_V *= 0
#   return product
#   ```


# %% right="ov_matrix" form="loops"
def ov_matrix(W_V, W_O):
    size, inner = W_V.shape
    return [[sum(W_V[i, k] * W_O[k, j] for k in range(inner)) for j in range(size)] for i in range(size)]


# %% right="ov_matrix" form="einsum in float32"
def ov_matrix(W_V, W_O):
    return np.einsum("ih,hj->ij", W_V.astype(np.float32), W_O.astype(np.float32))


# %% right="ov_matrix" form="a factored matrix"
def ov_matrix(W_V, W_O):
    return ov.FactoredMatrix(W_V, W_O)


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


# %% check="head_output" blocked="numeric.Transformer.run numeric.model.forward numeric.model.attention numeric.FrozenNetwork.run"
axes = ("pos", "d_model")


def inputs(student):
    for case in cases(student):
        A, X = case.run.pattern[0, 0], case.run.resid_pre[0]  # [query, key], [pos, d_model]
        W_OV = case.model.W_V[0, 0] @ case.model.W_O[0, 0]  # [d_model, d_model]
        yield call(A, X, W_OV, want=case.run.head_out[0, 0], words=case.words)


# %% [markdown] mistakes="head_output"
# - **pattern transposed**: `A @ X` → `A.T @ X`
#   The pattern is the wrong way round: here each key hands out its row to the queries that look at it. Row i of A
#   belongs to query i, and says what position i receives.
# - **no pattern**: `A @ X` → `X`
#   Every position gets its own vector back through W_OV. The pattern has not moved anything yet.
# - **W_OV transposed**: `X @ W_OV` → `X @ W_OV.T`
#   This reads where W_OV writes and writes where it reads: W_OV stands transposed. For row vectors it multiplies
#   from the right as it is.
# - **with the stream**: `A @ X` → `X + A @ X`
#   This is the stream after the head. Asked is what the head adds to it.


# %% right="head_output" form="the other association"
def head_output(A, X, W_OV):
    return A @ (X @ W_OV)


# %% right="head_output" form="a loop over queries"
def head_output(A, X, W_OV):
    rows = []
    for weights in A:
        rows.append(sum(weight * (x @ W_OV) for weight, x in zip(weights, X)))
    return np.array(rows)


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


# %% check="ov_rank"
says = "Multiply two random matrices of these shapes and ask numpy for the rank."


def inputs(student):
    (rng,) = student.draws(1)
    W_OV = rng.normal(size=(768, 64)) @ rng.normal(size=(64, 768))  # [d_model, d_model]
    some_columns = W_OV[:, : 64 + 9]  # enough to tell, and much faster than all
    yield call(want=int(np.linalg.matrix_rank(some_columns)))


# %% [markdown] mistakes="ov_rank"
# - **outer size**: `768`
#   That is the size of the matrix. It would be its rank if any vector could get through; but each has to pass
#   through a narrower place.
# - **difference**: `768 - 64`
#   That is the dimension of what W_OV maps to zero, its kernel. The rank is what is left.
# - **both sizes**: `768 * 64`
#   That is the number of entries of W_V. A rank counts independent directions, so it cannot exceed the size of the
#   matrix.


# %% right="ov_rank" form="computed"
ov_rank = np.linalg.matrix_rank(np.random.default_rng(0).normal(size=(768, 64)))


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


# %% check="fold" blocked="derive"
def inputs(student):
    for rng in student.draws(3):
        net, head = Network(layers=3, heads=2), (int(rng.integers(3)), int(rng.integers(2)))
        A, W_V, W_O, W_OV = (net.head(base, *head) for base in ("A", "W_V", "W_O", "W_OV"))
        X = net.stream(head[0])
        start = product(product(A, product(X, W_V)), W_O)
        known = (definition("W_OV", "values and output in one matrix", (W_OV, product(W_V, W_O))),)
        yield call(start, known, W_V, W_O, want=product(A, X, W_OV))


def judge(got, call):
    start, known, *_ = call.arguments
    derived(got, start=start, end=call.want, assumptions=known, suspects=lambda: suspects(call))


# %% [markdown] mistakes="fold"
# - **only ungrouped**: `.apply(rules.group, W_V, W_O).apply(rules.fold, given[0])` → ``
#   The brackets are gone, and that step is right. Now W_V and W_O stand side by side, but nothing says that the two
#   are one matrix.
# - **not named**: `.apply(rules.fold, given[0])` → ``
#   W_V W_O stands in brackets of its own. What is missing is its name: the definition is in `given`.
# - **left bracket**: `given[0])` → `given[0]).apply(rules.group, start.args[0].args[0], start.args[0].args[1].args[0])`
#   Equal, but a bracket is left round A X. Asked is A X W_OV without brackets.
# - **no steps**: `return ov.Derivation.start(start, given)`
# - **assumes more**: `(start, given)` → `(start, (*given, ov.Assumption("stronger", "whatever helps")))`


# %% right="fold" form="in another order"
def fold(start, given, W_V, W_O):
    d = ov.Derivation.start(start, given).apply(rules.ungroup)
    X = d.here.args[1]
    d = d.apply(rules.group, X, W_V).apply(rules.ungroup)
    return d.apply(rules.group, W_V, W_O).apply(rules.fold, given[0])
