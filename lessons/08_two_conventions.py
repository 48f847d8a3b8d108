# %% [markdown]
# # Two conventions, one circuit
#
# The paper writes $W_U W_{OV} W_E$. The article writes $W_E W_{OV} W_U$ and says that the other is just a
# label. Here you translate one into the other, and see that both are products.
#
# ## What you will be able to do
#
# - Translate an equation from row vectors to column vectors and back.
# - Read a circuit in either convention: which side is the token looked at?
# - Put the pattern back with $\otimes$, and say what the paper's $A \otimes (W_U W_{OV} W_E)$ means.
# - Choose the right order of the factors of $\otimes$ for the way in which numpy flattens a matrix.
# - Say what is right and what is not in the article's last note.
#
# ## The question
#
# Two texts about the same head. One has the embedding on the left, the other has it on the right. The
# article's last note says that the paper's form is a name, and not to be multiplied out.
#
# **Is $W_U W_{OV} W_E$ a product? Of what? And where did the pattern go?**
#
# ## The equation, as derived
#
# In this course a vector is a row, and weights multiply from the right: $x W_V W_O$. In the paper a vector
# is a column, and weights act from the left: $W_O W_V x$. A column is a row transposed, and a transpose
# turns a product round. So each weight of the paper is the transpose of ours. We write it with a bar.

# %%
from dataclasses import replace

import numpy as np

import ovlearn as ov
from ovlearn import plots
from ovlearn.symbolic import (
    Network,
    ShapeError,
    product,
    symbol,
    to_columns,
    to_rows,
    to_text,
)

d = ov.derive("conventions", layers=2, heads=1, layer=1)
ov.show(d, label="eq:columns")

# %% [markdown]
# Each letter has a bar of its own. So $\overline{W_U} \, \overline{W_{OV}} \, \overline{W_E}$ **is** a
# product: the transpose of ours. The same happens inside $W_{OV}$. What the paper writes as $W_O W_V$ is
# the transpose of our $W_V W_O$:

# %%
ov.show(d.lemma("W_OV in columns"), label="eq:ov-in-columns")

# %% [markdown]
# `to_columns` translates any expression, and `to_rows` goes back. The keys, for one head:

# %%
net = Network(layers=2)
keys = product(net.stream(1), net.head("W_K", 1, 0))  # X_1 W_K
in_columns = to_columns(keys, network=net)
assert to_rows(in_columns.result.rhs) == keys
print(to_text(keys), "  becomes  ", to_text(in_columns.result.rhs))

# %% [markdown]
# ## In code, in the equation's own symbols

# %%
config = ov.Config(
    n_layers=2, n_heads=1, d_model=8, d_head=3, d_vocab=7, n_ctx=5
)
model = ov.Transformer.random(config, seed=0)
run = model.run([3, 1, 4, 1, 5])

# [d_vocab, d_model], [d_model, d_vocab]
W_E, W_U = model.W_E, model.W_U
# [d_model, d_head], [d_head, d_model]
W_V, W_O = model.W_V[1, 0], model.W_O[1, 0]
W_OV = W_V @ W_O  # [d_model, d_model]
C = W_E @ W_OV @ W_U  # [d_vocab, d_vocab], in rows

# [d_model, d_vocab], [d_vocab, d_model]
W_E_col, W_U_col = W_E.T, W_U.T
W_V_col, W_O_col = W_V.T, W_O.T  # [d_head, d_model], [d_model, d_head]
W_OV_col = W_O_col @ W_V_col  # [d_model, d_model]
C_col = W_U_col @ W_OV_col @ W_E_col  # [d_vocab, d_vocab], in columns

# %% tags=["hide-input"]
from ovlearn.symbolic.translation import column_symbol


def in_rows(name):
    """Return the shape of a symbol in our convention."""
    return f"`[{', '.join(str(size) for size in symbol(name).shape)}]`"


def turned(name):
    """Return the shape of a symbol in the paper's convention."""
    return f"`[{', '.join(str(size) for size in column_symbol(symbol(name)).shape)}]`"


# %% [markdown]
# | | rows: this course, the article, TransformerLens | columns: the paper |
# | --- | --- | --- |
# | a token's vector | a row $x$, `[1, d]` | a column, `[d, 1]` |
# | $W_E$ | {{ in_rows("W_E") }} | {{ turned("W_E") }} |
# | $W_V$, and $W_Q$, $W_K$ | {{ in_rows("W_V") }} | {{ turned("W_V") }} |
# | $W_O$ | {{ in_rows("W_O") }} | {{ turned("W_O") }} |
# | $W_U$ | {{ in_rows("W_U") }} | {{ turned("W_U") }} |
# | $W_{OV}$ | $W_V W_O$ | $W_O W_V$, the transpose of ours |
# | the circuit | $W_E W_{OV} W_U$ | $W_U W_{OV} W_E$, the transpose of ours |
# | token looked at | row of the circuit | column of the circuit |
# | $W_{QK}$ | $W_Q W_K^\top$ | $W_Q^\top W_K$: the same matrix |
#
# The last line holds since $W_{QK}$ stands *between* two vectors, a query's and a key's, one on each side.

# %%
W_Q, W_K = model.W_Q[1, 0], model.W_K[1, 0]  # [d_model, d_head] each
W_Q_col, W_K_col = W_Q.T, W_K.T  # [d_head, d_model] each
# both [d_model, d_model]
assert np.allclose(W_Q_col.T @ W_K_col, W_Q @ W_K.T)
assert not np.allclose(W_OV_col, W_OV)  # but W_OV is turned round

# %% [markdown]
# ## A check that could have failed
#
# The independent route knows no circuit and no convention: an intervention. On a text of one token, a head
# can only look at that token, with all its attention. So take the text that is token 2 alone, let one head
# of the frozen network write, and see what that adds to the logits.


# %%
def apart(a, b):
    """Return how far a is from b, relative to the size of b (Frobenius norm)."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


# what may differ by rounding alone, relative to the whole
rounding = 1e-12
token = 2
short = model.run([token]).frozen()
silent = short.run(heads=set()).logits  # [1, d_vocab]
added = (short.run(heads={(1, 0)}).logits - silent)[0]  # [d_vocab]

row_error = apart(C[token], added)  # in rows: row 2
column_error = apart(C_col[:, token], added)  # in columns: column 2
assert max(row_error, column_error) < rounding

# %% [markdown]
# Row 2 of $C$ and column 2 of $\overline{C}$ say the same, and both are right to
# within {{ rounding }}. Now mix the conventions on purpose, and read a *row* of the
# paper's circuit:

# %%
mixed = apart(C_col[token], added)  # both [d_vocab]
assert mixed > 0.1

# %% [markdown]
# That is wrong by {{ f"{mixed:.0%}" }}, and no shape gave it away.
#
# ## Where is the pattern?
#
# The circuit maps a token to logits. It moves nothing between positions. The box of [lesson
# 07](07_the_ov_circuit.py), $\eqref{eq:ov-circuit}$, has the pattern on the left of the tokens. Translated
# to columns, all of it turns round:

# %%
ov.show(
    d.lemma("The contribution in columns"),
    label="eq:contribution-in-columns",
)

# %% [markdown]
# Now the tokens are columns of $\overline{E}$, and the pattern acts on them from the right. So $A$ and the
# weights act on **different sides** of the tokens, in any convention. No order of factors puts them
# together in one matrix that stands on the left of $E$.
#
# The sign $\otimes$ does. Flatten the matrix $E$ into one long vector. Then "multiply by $A$ on one side
# and by $M$ on the other" is a linear map of a vector, so it is a matrix. That matrix is the **Kronecker
# product**: a large matrix made of blocks, where each block is one entry of the first factor times all of
# the second.
#
# There are two ways to flatten a matrix. $\operatorname{vec}$ stacks its columns:

# %%
ov.show(d.lemma("⊗ with columns stacked"), label="eq:kron-columns")

# %% [markdown]
# Stacking the rows is the same as stacking the columns of the transpose. The two factors change places:

# %%
ov.show(d.lemma("⊗ with rows stacked"), label="eq:kron-rows")

# %% [markdown]
# numpy does both. `M.ravel()` stacks rows, and is the default. `M.ravel("F")` stacks columns.

# %%
small = np.array([[1, 2, 3], [4, 5, 6]])  # [2, 3]
print("rows stacked:   ", small.ravel())
print("columns stacked:", small.ravel("F"))

# %% [markdown]
# With $M = W_E W_{OV} W_U$, the second form is the term that the paper writes for a head:

# %%
ov.show(
    d.lemma("The paper's term, with attention"), label="eq:paper-term"
)

# %% [markdown]
# The paper keeps a row for each token, as we do, and writes $(A \otimes W) x = A x W^\top$. That is the
# form with rows stacked, $\eqref{eq:kron-rows}$. So its $A$ is our $A$, and its $W_U W_{OV} W_E$ is the
# transpose of our circuit.
#
# Again we check by an intervention: the frozen network with only this head writing, less the one with none.

# %%
frozen = run.frozen()
nobody = frozen.run(heads=set()).logits  # [pos, d_vocab]
alone = frozen.run(heads={(1, 0)}).logits - nobody  # [pos, d_vocab]
A = run.pattern[1, 0]  # [query, key]
E = np.eye(config.d_vocab)[run.tokens]  # [pos, d_vocab]

rows_stacked = np.kron(A, C_col) @ E.ravel()  # [pos * d_vocab]
columns_stacked = np.kron(C_col, A) @ E.ravel("F")  # [pos * d_vocab]
kron_errors = (
    apart(rows_stacked, alone.ravel()),
    apart(columns_stacked, alone.ravel("F")),
)
assert max(kron_errors) < rounding

# %% [markdown]
# Both are right to within {{ rounding }}. (In $\eqref{eq:kron-columns}$, $M^\top$ is
# $\overline{C}$.) Now break it on purpose, in three ways: the other order of stacking, the circuit in the
# wrong convention, and the pattern transposed.

# %%
wrong_stacking = np.kron(A, C_col) @ E.ravel("F")  # [pos * d_vocab]
wrong_convention = np.kron(A, C) @ E.ravel()  # [pos * d_vocab]
wrong_pattern = np.kron(A.T, C_col) @ E.ravel()  # [pos * d_vocab]
broken = [apart(wrong_stacking, alone.ravel("F"))]
broken += [
    apart(wrong, alone.ravel())
    for wrong in (wrong_convention, wrong_pattern)
]
assert min(broken) > 0.1

# %% [markdown]
# All three have the right shape. They are wrong by {{ ", ".join(f"{error:.0%}" for error in broken) }}.
#
# ## A picture: the blocks of $A \otimes \overline{C}$
#
# Three tokens of a vocabulary of four make a matrix of twelve by twelve. Block $(i, j)$ is $A_{ij}$ times
# $\overline{C}$: what the token at position $j$ does to the logits at position $i$. The blocks above the
# diagonal are zero, since a position does not see later ones.

# %% tags=["hide-input"]
tiny_config = replace(config, d_vocab=4, n_ctx=3)
tiny = ov.Transformer.random(tiny_config, seed=0)
tiny_A = tiny.run([2, 0, 3]).pattern[1, 0]  # [query, key]
# [d_vocab, d_vocab]
tiny_C = tiny.W_E @ tiny.W_V[1, 0] @ tiny.W_O[1, 0] @ tiny.W_U
names = [
    f"{position}{letter}" for position in range(3) for letter in "abcd"
]
blocks = np.kron(tiny_A, tiny_C.T)  # [pos * d_vocab, pos * d_vocab]
plots.matrix(
    blocks,
    rows=names,
    columns=names,
    title="The pattern and the circuit in one matrix",
    caption="A label is a position and a token. Each block is the same circuit, times one entry of the "
    "pattern.",
    axes=("next token", "token looked at"),
)

# %% [markdown]
# Every block has the same colours, stronger or weaker. That is what $\otimes$ says: the pattern decides how
# much, the circuit decides what.
#
# ## What $\otimes$ is good for
#
# Not for computing. For a vocabulary of 50,000 and 1,000 positions the matrix has
# {{ f"{(50_000 * 1_000) ** 2:,}" }} entries; $A E M$ does the same with three matrices, of which the largest,
# $M$, has {{ f"{50_000**2:,}" }}.
#
# It is good for thinking, for one law: $(A_2 \otimes M_2)(A_1 \otimes M_1) = (A_2 A_1) \otimes (M_2 M_1)$.
# Two heads one after the other are one head. Compare $\eqref{eq:virtual-head}$ in [lesson
# 06](06_every_path.py).

# %%
A_0, A_1 = run.pattern[0, 0], run.pattern[1, 0]  # [query, key] each
# [d_model, d_model], in columns
M_0 = (model.W_V[0, 0] @ model.W_O[0, 0]).T
# [d_model, d_model], in columns
M_1 = (model.W_V[1, 0] @ model.W_O[1, 0]).T
law = apart(
    np.kron(A_1, M_1) @ np.kron(A_0, M_0), np.kron(A_1 @ A_0, M_1 @ M_0)
)
assert law < rounding

# %% [markdown]
# In columns the later head stands on the left in both factors. In rows the order of the $W_{OV}$ is the
# other one.
#
# ## The usual mistakes
#
# **The paper's formula with row weights.** The shapes do not fit, and the package says so before any number
# is there:

# %%
try:
    product(symbol("W_U"), net.head("W_OV", 1, 0), symbol("W_E"))
except ShapeError as error:
    refusal = str(error)
refusal

# %% [markdown]
# This is what the article's last note is about. In *its* shapes the product does not exist. But then it is
# no label either. It is a product in *other* shapes.
#
# **The same mistake where it goes unnoticed.** If the vocabulary happens to be as large as the stream is
# wide, numpy multiplies without complaint. The symptom is a wrong value, and nothing else.

# %%
square = ov.Transformer.random(
    replace(config, d_vocab=config.d_model), seed=0
)
square_W_OV = square.W_V[1, 0] @ square.W_O[1, 0]  # [d_model, d_model]
right = square.W_E @ square_W_OV @ square.W_U  # [d_vocab, d_vocab]
wrong = square.W_U @ square_W_OV @ square.W_E  # d_vocab is d_model here
unnoticed = apart(wrong, right)
assert wrong.shape == right.shape
assert unnoticed > 0.1

# %% [markdown]
# It is off by {{ f"{unnoticed:.0%}" }}. And it is not even the transpose of the right one:

# %%
not_transposed = apart(wrong, right.T)  # both [d_vocab, d_vocab]
assert not_transposed > 0.1

# %% [markdown]
# From the transpose it differs by {{ f"{not_transposed:.0%}" }}. To change the convention, transpose *each*
# matrix and turn the order round.
#
# **Looking for the pattern in the circuit.** It is not there, in neither convention. $W_U W_{OV} W_E$ has
# no axis for positions.
#
# **Transposing the pattern along with the weights.** The paper's $\otimes$ leaves $A$ as it is, query
# first. Only in $\eqref{eq:contribution-in-columns}$, where the tokens themselves are columns, is it
# transposed.
#
# ## Where this stands in the article and the paper
#
# In the article: the note at its very end. It is right that the circuit's equation needs $A$ and $E$ around
# the product. It is not right that $W_U W_{OV} W_E$ is only a label: [erratum 4](../errata.md#erratum-4).
#
# In the paper: *Attention Heads as Information Movement* introduces $\otimes$; *The Path Expansion Trick*
# and *Splitting Attention Head terms into Query-Key and Output-Value Circuits* have the term
# $A \otimes (W_U W_{OV} W_E)$; the appendix *Notation* has $(A \otimes W) x = A x W^\top$. Where the paper
# itself mixes the conventions, see [the paper's slips](../errata.md#slips-of-the-paper).
#
# ## Recap
#
# - Columns are rows transposed: transpose each weight and turn the order round.
# - $W_U W_{OV} W_E$ in columns is a product, and the transpose of $W_E W_{OV} W_U$ in rows.
# - In rows the token looked at is a row of the circuit, in columns it is a column.
# - The pattern acts on the other side of the tokens. With rows stacked the two make
#   $A \otimes \overline{C}$, with columns stacked $\overline{C} \otimes A$.
# - `ravel()` stacks rows, `ravel("F")` stacks columns.
#
# ## What to practise
#
# 1. Translate the path through two heads, $A_1 A_0 E W_E W_{OV_0} W_{OV_1} W_U$, to columns by hand. Then
#    let `to_columns` do it.
# 2. What is $A \otimes \overline{C}$ for a head that always looks at its own position? And the direct path,
#    $E W_E W_U$, as a $\otimes$?
# 3. Which entries of `np.kron(A, C_col)` must be zero for a causal head? Count them for the network of this
#    lesson.
# 4. Take a formula from a paper that you like, and find out its convention from the shapes alone.
#
# You now have the whole derivation, in both conventions. What was corrected on the way stands on one page:
# the [errata](../errata.md).
