# %% [markdown]
# # Two conventions, one circuit
#
# This course writes $W_E W_{OV} W_U$. Many papers write $W_U W_{OV} W_E$. Both mean the same head.
#
# ## Which side is the word on?
#
# You will read papers in the other convention. There a vector is a column, and a matrix acts on it from the
# left: $W_O W_V x$. Here a vector is a row, and matrices act from the right, in the order in which things
# happen: $x W_V W_O$. So does TransformerLens, a library for reading models.
#
# The paper of this course, *A Mathematical Framework for Transformer Circuits*, **mixes the two**. Its weights
# act on columns. But its texts are matrices with a row for each token, as ours are.

# %% tags=["hide-input"]
import numpy as np

import ovlearn as ov
from ovlearn import plots, zoo
from ovlearn.plots import kit

draw = np.random.default_rng(3)
x = draw.integers(-3, 4, (1, 6))  # [1, d_model]
by_V = draw.integers(-2, 3, (6, 2))  # [d_model, d_head]
by_O = draw.integers(-2, 3, (2, 6))  # [d_head, d_model]
rows = kit.product(
    kit.block("x", x, "stream", "1", "d"),
    kit.block("V", by_V, "ov", "d", "h"),
    kit.block("O", by_O, "ov", "h", "d"),
    "=",
    kit.block("xVO", x @ by_V @ by_O, "stream", "1", "d"),
)
columns = kit.product(
    kit.block("O\u0304", by_O.T, "ov", "d", "h"),
    kit.block("V\u0304", by_V.T, "ov", "h", "d"),
    kit.block("x", x.T, "stream", "d", "1"),
    "=",
    kit.block(
        "O\u0304V\u0304x", (x @ by_V @ by_O).T, "stream", "d", "1"
    ),
    at=(70, 190),
)
kit.draw(
    kit.text("rows, in this course", (110, -88), bold=True),
    *rows,
    kit.text("columns, in the paper", (110, 102), bold=True),
    *columns,
    title="The same product twice",
    says="Above, a row x times V, a tall matrix, times O, a wide one, gives a row. Below, O, now tall, "
    "times V, now wide, times a column x gives a column with the same numbers.",
    caption="Turn every matrix on its side, and the order of the factors with it. No number changes. A bar marks what was turned.",
)

# %% [markdown]
# ## Turn each matrix, and the order
#
# A column is a row transposed, and a transpose turns a product round: $(AB)^\top = B^\top A^\top$. So each
# weight of the paper is the transpose of ours. We write it with a bar. The whole circuit:

# %%
d = ov.derive("conventions", layers=2, heads=1, layer=1)
ov.show(d, label="eq:columns")

# %% [markdown]
# The same happens inside $W_{OV}$, which the paper writes as $W_O W_V$:

# %%
ov.show(d.lemma("W_OV in columns"), label="eq:ov-in-columns")

# %% tags=["remove-cell"]
from ovlearn.symbolic import symbol
from ovlearn.symbolic.translation import column_symbol


def in_rows(name):
    """Return the shape of a symbol in our convention."""
    return f"`[{', '.join(str(size) for size in symbol(name).shape)}]`"


def turned(name):
    """Return the shape of a symbol in the paper's convention."""
    return f"`[{', '.join(str(size) for size in column_symbol(symbol(name)).shape)}]`"


# %% [markdown]
# | | rows: this course | columns: the paper's weights |
# | --- | --- | --- |
# | $W_E$ | {{ in_rows("W_E") }} | {{ turned("W_E") }} |
# | $W_Q$, $W_K$, $W_V$ | {{ in_rows("W_V") }} | {{ turned("W_V") }} |
# | $W_O$ | {{ in_rows("W_O") }} | {{ turned("W_O") }} |
# | $W_U$ | {{ in_rows("W_U") }} | {{ turned("W_U") }} |
# | the circuit | $W_E W_{OV} W_U$ | $W_U W_{OV} W_E$ |
# | the word looked at | a row of the circuit | a column of the circuit |
# | $W_{QK}$ | $W_Q W_K^\top$ | $W_Q^\top W_K$: the same matrix |
#
# In the last line nothing turns: $W_{QK}$ has a vector on either side, a query's and a key's.
#
# ## In code: read “silver” in both
#
# Head 1.3 raises “gold” too, as we saw in [lesson 00](00_a_head_that_means_something.py):

# %%
model = zoo.load("king-james-two-layers")
layer, head = 1, 3
W_E, W_U = model.W_E, model.W_U  # [d_vocab, d_model] and turned
W_V = model.W_V[layer, head]  # [d_model, d_head]
W_O = model.W_O[layer, head]  # [d_head, d_model]
C = W_E @ W_V @ W_O @ W_U  # [d_vocab, d_vocab]   in rows
C_col = W_U.T @ W_O.T @ W_V.T @ W_E.T  # [d_vocab, d_vocab]

silver = model.tokens.index("silver")
for row in (C[silver], C_col[:, silver], C_col[silver]):
    print(*model.words((-row).argsort()[:4]))

# %% [markdown]
# Row “silver” of $C$ and column “silver” of $\overline{C}$, `C_col`, agree. The last line mixes the conventions: it takes
# a *row* of the paper's circuit, the words that raise “silver” when looked at. No shape gives the mistake away,
# and the words look good, too.
#
# ## Where is the pattern?
#
# The circuit moves nothing between positions: the pattern $A$ does. If the text turns as well, so does $A$:

# %%
ov.show(
    d.lemma("The contribution in columns"),
    label="eq:contribution-in-columns",
)

# %% [markdown]
# Either way $A$ acts on one side of the tokens, and the circuit on the other. The paper wants *one* matrix that
# acts on the whole text. So it flattens the text, of $s$ words, into one long column of $s v$ numbers, and writes
# $\otimes$.
#
# $A \otimes M$, the **Kronecker product**, is a matrix of blocks: block $(i, j)$ is all of $M$ times the one
# number $A_{ij}$. With rows stacked, as `E.ravel()` does it, and $M$ for any matrix:

# %%
ov.show(d.lemma("⊗ with rows stacked"), label="eq:kron-rows")

# %% [markdown]
# With columns stacked, as `E.ravel("F")` does it, the factors change places:

# %%
ov.show(d.lemma("⊗ with columns stacked"), label="eq:kron-columns")

# %% [markdown]
# The paper stacks rows. Put the circuit for $M$, and this is its term for one head:

# %%
ov.show(
    d.lemma("The paper's term, with attention"), label="eq:paper-term"
)

# %% [markdown]
# So the paper's $A$ is ours, not turned, and its $W_U W_{OV} W_E$ is the transpose of our circuit.
#
# ## The pattern and the circuit in one matrix
#
# Here it is for “silver and”, after the begin token. Four words are vocabulary enough: the text's, and “gold”.

# %%
tokens = model.encode("<bos> silver and")
asked = model.encode("<bos> silver and gold")
run = model.run(tokens)
A = run.pattern[layer, head]  # [query, key]
M = C_col[np.ix_(asked, asked)]  # [word, word]
blocks = np.kron(A, M)  # [pos * word, pos * word]

# %% tags=["hide-input"]
labels = [
    f"{position} {word}"
    for position in range(3)
    for word in ("begin", "silver", "and", "gold")
]
plots.matrix(
    blocks,
    rows=labels,
    columns=labels,
    title="The blocks of A ⊗ C, in columns",
    caption="Down: position and next word. Across: position and word looked at. Every block is the same circuit, "
    "times one number of the pattern. Above the diagonal they are empty: nobody looks ahead.",
    axes=("next word", "word looked at"),
)

# %% [markdown]
# The pattern decides how much, the circuit what. The text picks the columns of its own words: 0 begin, 1 silver,
# 2 and. Their darkest cell is in the last row: from position 2 the head looks at “silver”, and says “gold”.
#
# ## A check that could have failed
#
# The experiment of lesson 00 knows no convention: hold the patterns, and run once with this head alone and once
# with none.

# %%
frozen, words = run.frozen(), W_E[tokens]  # [pos, d_model]
nobody = frozen.run(words, heads=set()).logits  # [pos, d_vocab]
only = frozen.run(words, heads={(layer, head)}).logits
alone = (only - nobody)[:, asked]  # [pos, word]


def error(matrix, order):
    """How far matrix times the flat text is from the experiment."""
    E = np.eye(4)[:3]  # [pos, word]   the text in the four words
    return np.abs(matrix @ E.ravel(order) - alone.ravel(order)).max()


rounding = 1e-4  # the model's numbers have seven digits
right = error(blocks, "C"), error(np.kron(M, A), "F")
wrong_stacking = error(blocks, "F")
wrong_convention = error(np.kron(A, M.T), "C")
wrong_pattern = error(np.kron(A.T, M), "C")
assert max(right) < rounding
wrong = wrong_stacking, wrong_convention, wrong_pattern
assert min(wrong) > 0.5

# %% tags=["remove-cell"]
rng = np.random.default_rng(0)
square_E, square_OV, square_U = rng.standard_normal((3, 8, 8))
product = square_U @ square_OV @ square_E  # [8, 8]
ours = square_E @ square_OV @ square_U  # [8, 8]
assert not np.allclose(product, ours)
assert not np.allclose(product, ours.T)
law = np.kron(square_E, square_U) @ np.kron(square_OV, ours)
assert np.allclose(law, np.kron(square_E @ square_OV, square_U @ ours))

# %% [markdown]
# Both ways of stacking agree with the experiment to within {{ rounding }}. The three mistakes have the right
# shape, and each misses a logit by {{ f"{min(wrong):.1f}" }} or more.
#
# Nobody computes with $\otimes$: for 50,000 words and 1,000 positions the matrix has
# {{ f"{(50_000 * 1_000) ** 2:,}" }} entries. It is good for thinking, by one law:
# $(A_2 \otimes M_2)(A_1 \otimes M_1) = (A_2 A_1) \otimes (M_2 M_1)$. One head after another is the
# virtual head of [lesson 06](06_every_path.py).
#
# ## The usual mistakes
#
# **The paper's order with row weights.** `W_U @ W_OV @ W_E` has shapes that do not fit, and numpy refuses. But if
# the vocabulary is as large as the stream is wide, it multiplies, and gives not even the transpose of the
# circuit. Turn *each* matrix.
#
# **Taking $W_U W_{OV} W_E$ for a mere label.** In columns it is a product ([erratum 4](../errata.md#erratum-4)).
#
# **Turning the pattern along with the weights.** In the paper's $\otimes$ the query comes first, as here.
#
# ## Recap
#
# - Columns are rows transposed: turn each weight, and the order of the factors.
# - The word looked at is a row of the circuit here, and a column in the paper.
# - With rows stacked, pattern and circuit are $A \otimes \overline{C}$; with columns stacked,
#   $\overline{C} \otimes A$.
# - The paper mixes: weights for columns, texts in rows. So its $A$ is ours.
#
# ## What to practise
#
# 1. Translate the path through two heads, $A_1 A_0 E W_E W_{OV_0} W_{OV_1} W_U$, to columns.
# 2. What is $A \otimes \overline{C}$ for a head that always looks at its own position?
# 3. How many of the picture's {{ blocks.size }} cells must be zero, because no position sees a later one?
#
# ??? success "Answers"
#
#     1. $\overline{W_U}\,\overline{W_{OV_1}}\,\overline{W_{OV_0}}\,\overline{W_E}\,\overline{E}\,\overline{A_0}\,\overline{A_1}$.
#        `ovlearn.symbolic.to_columns` does it for any expression.
#     2. Then $A$ is the identity: copies of $\overline{C}$ along the diagonal, and nothing else.
#     3. Three blocks above the diagonal, of 16 cells each: {{ 3 * 16 }}.
#
# Next: [reading an OV circuit](09_reading_an_ov_circuit.py), where one number says whether a head copies.
