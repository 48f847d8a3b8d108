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

# %% tools=true
from ovlearn.exercises.drawing import cases
from ovlearn.symbolic import Network, product, symbol, to_columns
from ovlearn.symbolic.translation import column_symbol


def some_head(case):
    return int(case.rng.integers(case.config.n_layers)), int(case.rng.integers(case.config.n_heads))


def circuit(model, head):
    """The full OV circuit in rows [d_vocab, d_vocab]."""
    return model.W_E @ model.W_V[head] @ model.W_O[head] @ model.W_U


def looked_at(model, head):
    """What a head adds to the logits, by the token that it looks at [d_vocab, d_vocab]: by an intervention.

    On a text of one token it can look only at that.
    """
    frozen = model.run(np.arange(model.config.d_vocab)[:, None]).frozen()
    added = frozen.run(heads={head}).logits - frozen.run(heads=set()).logits  # [text, 1, d_vocab]
    return added[:, 0]


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


# %% check="logit_changes"
axes = ("d_vocab",)


def inputs(student):
    for case in cases(student):
        head, token = some_head(case), int(case.rng.integers(case.config.d_vocab))
        C, want = (
            circuit(case.model, head),
            looked_at(case.model, head)[token],
        )  # [d_vocab, d_vocab], [d_vocab]
        for circuit_given, convention in ((C.T, "columns"), (C, "rows")):
            words = f"a circuit in {convention}, token {token}; {case.words}"
            yield call(circuit_given, convention, token, want=want, words=words)


# %% [markdown] mistakes="logit_changes"
# - **always a row**: `] if convention == "rows" else circuit[:, token]` → `]`
#   This is a row of a circuit in columns. It belongs to one token whose logit changes, for all tokens that
#   may be looked at. In the paper's convention, on which side is the token looked at?
# - **always a column**: `token] if convention == "rows" else circuit[` → ``
#   This is a column of a circuit in rows. It belongs to one token whose logit changes, for all tokens that
#   may be looked at. In this course, on which side is the token looked at?
# - **the other way round**: `"rows" else circuit[:, token` → `"columns" else circuit.T[token`
#   The two conventions have changed places: a row is read in columns, and a column in rows. On which side of
#   the circuit does the one-hot vector stand?
# - **one number**: `return circuit[token][token] if convention == "rows" else circuit[:, token][token]`
#   This is one number: what looking at the token does to its own logit. Asked are the changes of all logits.


# %% right="logit_changes" form="with one-hot vectors"
def logit_changes(circuit, convention, token):
    one_hot = np.eye(len(circuit), dtype=np.float32)[token]
    return one_hot @ circuit if convention == "rows" else circuit @ one_hot


# %% right="logit_changes" form="a list, the convention turned first"
def logit_changes(circuit, convention, token):
    in_rows = {"rows": circuit, "columns": np.transpose(circuit)}[convention]
    return list(in_rows[token])


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


# %% check="paper_circuit"
axes = ("token raised", "token looked at")


def inputs(student):
    square = cases(student, count=1, edge=False, d_model=6, d_head=6, d_vocab=6, n_ctx=6)
    for case in (*square, *cases(student)):
        model, head = case.model, some_head(case)
        weights = model.W_E, model.W_V[head], model.W_O[head], model.W_U
        yield call(*weights, want=looked_at(model, head).T, words=case.words)


# %% [markdown] mistakes="paper_circuit"
# - **in rows**: `return (W_E @ W_V) @ (W_O @ W_U)`
#   This is the circuit in rows: the token looked at is a row. In the paper it is a column.
# - **W_OV in rows**: `W_OV_col = W_O.T @ W_V.T` → `W_OV = W_V @ W_O`, `W_U.T @ W_OV_col @ W_E` → `(W_E @ W_OV.T @ W_U)`
#   The outer two weights act on columns, the inner two still on rows. What is W_OV in the paper's convention?
# - **nothing transposed**: `W_OV_col = W_O.T @ W_V.T` → `W_OV = W_O @ W_V`, `W_U.T @ W_OV_col @ W_E.T` → `W_U @ W_OV @ W_E`
#   This is the paper's formula with our weights. Here all are square, so numpy does not complain; with other
#   sizes they would not fit. What does the paper's W_E have as its columns?
# - **only the ends exchanged**: `W_OV_col = W_O.T @ W_V.T` → `W_OV = W_V @ W_O`, `W_U.T @ W_OV_col @ W_E.T` → `W_U @ W_OV @ W_E`
#   This is our W_OV with the ends exchanged. Here all are square, so numpy does not complain; with other
#   sizes they would not fit. It takes more than another order to act on columns.
# - **order kept**: `return W_E.T @ W_V.T @ W_O.T @ W_U.T`
#   Each weight is transposed, and that is right. But a transpose turns a product round, too. Which matrix
#   does a one-hot column meet first?
# - **W_V after W_O**: `return W_U.T @ (W_O @ W_V).T @ W_E.T`
#   Each weight is transposed, and the outer two are in place. A column comes from the right: which of W_V and
#   W_O must it meet first?


# %% right="paper_circuit" form="our circuit, transposed"
def paper_circuit(W_E, W_V, W_O, W_U):
    return ov.FactoredMatrix(W_E @ W_V, W_O @ W_U).T


# %% right="paper_circuit" form="einsum in float32"
def paper_circuit(W_E, W_V, W_O, W_U):
    single = [weight.astype(np.float32) for weight in (W_E, W_V, W_O, W_U)]
    return np.einsum("ad,dh,he,eb->ba", *single)


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


# %% check="two_heads_in_columns" blocked="symbolic.to_columns"
def inputs(student):
    net = Network(layers=3, heads=2)
    for rng in student.draws(3):
        layers = sorted(int(layer) for layer in rng.permutation(3)[:2])
        first, second = ((layer, int(rng.integers(2))) for layer in layers)
        rows = [net.head("A", *second), net.head("A", *first), symbol("E"), symbol("W_E")]
        rows += [net.head("W_OV", *first), net.head("W_OV", *second), symbol("W_U")]
        A_1, A_0, E, W_E, W_OV_0, W_OV_1, W_U = (column_symbol(each) for each in rows)
        want = to_columns(product(*rows)).result.rhs
        yield call(A_0, A_1, E, W_E, W_OV_0, W_OV_1, W_U, want=want)


# %% [markdown] mistakes="two_heads_in_columns"
# - **still in rows**: `return transpose(product(W_U, W_OV_1, W_OV_0, W_E, E, A_0, A_1))`
#   This is the row form, written with transposes: its shape is [s, v]. In columns, a position is a column of
#   the result.
# - **OV in the row order**: `W_OV_1, W_OV_0, W_E, E, A_0, A_1` → `product(W_OV_0, W_OV_1), W_E, E, product(A_0, A_1)`
#   The two OV matrices stand in the order of the row form. A column comes from the right: which head's matrix
#   must it meet first?
# - **patterns in the row order**: `return W_U * W_OV_1 * W_OV_0 * W_E * E * A_1 * A_0`
#   The two patterns stand in the order of the row form. Which head looks at the tokens themselves? Its
#   pattern must stand next to them.
# - **heads in the row order**: `W_OV_1, W_OV_0, W_E, E, A_0, A_1` → `product(W_OV_0, product(W_OV_1, W_E, E, A_1), A_0)`
#   The heads have changed places, on both sides of the tokens: here the later one comes first. Which of the
#   two stands nearer to the tokens in the row form?
# - **patterns transposed again**: `, A_0, A_1)` → `, transpose(product(A_1, A_0)))`
#   The order is right. But the symbols that you get are transposed already, the patterns as well: a second
#   transpose undoes it.
# - **shapes do not fit**: `return A_1 * A_0 * E * W_E * W_OV_0 * W_OV_1 * W_U`
#   The shapes in it do not fit: product: expected s rows after A_col_0_0 [s, s], got E_col [v, s]


# %% right="two_heads_in_columns" form="head by head"
def two_heads_in_columns(A_0, A_1, E, W_E, W_OV_0, W_OV_1, W_U):
    stream = product(W_E, E)
    stream = product(W_OV_0, stream, A_0)
    stream = product(W_OV_1, stream, A_1)
    return product(W_U, stream)


# %% right="two_heads_in_columns" form="as a transpose"
def two_heads_in_columns(A_0, A_1, E, W_E, W_OV_0, W_OV_1, W_U):
    rows = [transpose(each) for each in (A_1, A_0, E, W_E, W_OV_0, W_OV_1, W_U)]
    return transpose(product(*rows))


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


# %% check="long_matrix"
axes = ("of A E C", "of E")


def inputs(student):
    for case in cases(student):
        head = some_head(case)
        for stacked in ("rows", "columns"):
            A, C = case.run.pattern[head], circuit(case.model, head)
            yield call(A, C, stacked, words=f"{stacked} stacked; {case.words}", stacked=stacked)


def answer(A, C, stacked):
    """The matrix of E → A E C, column by column: what becomes of an E with a single 1."""
    order = "C" if stacked == "rows" else "F"
    ones = (flat.reshape(len(A), len(C), order=order) for flat in np.eye(len(A) * len(C)))
    return np.array([(A @ E @ C).ravel(order) for E in ones]).T


# %% [markdown] mistakes="long_matrix"
# - **the other stacking**: `return np.kron(C.T, A) if stacked == "rows" else np.kron(A, C.T)`
#   This is the matrix for the other way of stacking. With {stacked} stacked, what is one block of the long
#   vector, and which of the two matrices mixes blocks?
# - **circuit in rows**: `.T) if stacked == "rows" else np.kron(C.T` → `) if stacked == "rows" else np.kron(C`
#   The circuit stands as it is in rows. The long matrix acts from the left, on a column: which form of the
#   circuit does that?
# - **pattern transposed**: `return np.kron(A.T, C.T) if stacked == "rows" else np.kron(C.T, A.T)`
#   The pattern is the wrong way round: here the position that is looked at gets something from the one that
#   looks. On which side of E does A stand?
# - **from the right**:
#   ```python
#   order = "C" if stacked == "rows" else "F"
#   size = len(A) * len(C)
#   return np.array([(A @ unit.reshape(len(A), -1, order=order) @ C).ravel(order) for unit in np.eye(size)])
#   ```
#   This does the right thing to a long row, from the right. Asked is a matrix that acts on a long column,
#   from the left.
# - **the other stacking, circuit in rows**:
#   ```python
#   blocks = [[entry * A for entry in row] for row in C]
#   return np.block(blocks) if stacked == "rows" else np.kron(A, C)
#   ```
#   Two things are amiss. The blocks are those of the other way of stacking, and the circuit is in rows,
#   though the long matrix acts on a column. Begin with the blocks.


# %% right="long_matrix" form="block by block"
def long_matrix(A, C, stacked):
    outer, inner = (A, C.T) if stacked == "rows" else (C.T, A)
    return np.block([[entry * inner for entry in row] for row in outer])


# %% right="long_matrix" form="einsum over four axes, in float32"
def long_matrix(A, C, stacked):
    letters = "qk,ij->qjki" if stacked == "rows" else "qk,ij->jqik"
    size = len(A) * len(C)
    return np.einsum(letters, A.astype(np.float32), C.astype(np.float32)).reshape(size, size)
