# %% [markdown]
# # Values and outputs fold into one matrix
#
# A head has four weight matrices. Two of them always act together. Multiply them once, and you have one matrix
# that says what the head moves: $W_{OV}$.

# %% tags=["remove-cell"]
import numpy as np
from sympy import MatrixSymbol, Symbol

import ovlearn as ov
from ovlearn import symbolic, zoo
from ovlearn.plots import kit
from ovlearn.symbolic import product, rules, transpose

model = zoo.load("king-james-two-layers")

# %% [markdown]
# ## What does a head do to a word, from end to end?
#
# By $\eqref{eq:attention-head}$, a head takes the stream down to $d_h$ columns with $W_V$, mixes positions with its
# pattern $A$, and comes back up to $d$ columns with $W_O$. That is three steps. Here is the same in two.

# %% tags=["hide-input"]
sentence = model.encode("<bos> silver and")
there = model.run(sentence).pattern[1, 6]  # [query, key]
some = np.random.default_rng(3)
stream = some.normal(size=(3, 6))  # [pos, d_model]
thin = some.normal(size=(6, 2)) @ some.normal(size=(2, 6))
kit.draw(
    *kit.product(
        kit.block("A", there, "pattern", "s", "s"),
        kit.block("X", stream, "stream", "s", "d"),
        kit.block("W_OV", thin, "ov", "d", "d"),
        "=",
        kit.block("H", there @ stream @ thin, "stream", "s", "d"),
    ),
    title="What each side does",
    says="Four matrices in a row: A, s by s, times X, s by d, times W_OV, d by d, is H, s by d. A, on the left, "
    "mixes the rows of X, which are positions. W_OV, on the right, mixes its columns, which are features.",
    caption="From the left, A mixes rows: positions. From the right, W_OV mixes columns: features. A is that of head 1.6 on “silver and”; the rest is random.",
)

# %% [markdown]
# ## Two sides that never meet
#
# In $A X W_{OV}$ the stream has a matrix on each side.
#
# - On the **left**, $A$ mixes rows. Rows are positions. $A$ says from where to where.
# - On the **right**, $W_{OV}$ mixes columns. Columns are features of the stream. $W_{OV}$ says what is moved.
#
# It makes no difference which goes first: $(A X) W_{OV} = A (X W_{OV})$. So one can ask what a head moves without
# knowing where it looks. This is why the bars of [lesson 00](00_a_head_that_means_something.py) came from the
# weights alone.
#
# ## The fold, derived
#
# Unfold the head's output, remove the brackets, and put them elsewhere.

# %%
fold = ov.derive("ov-fold", layer=1)
ov.show(fold, label="eq:ov-fold")

# %% [markdown]
# All of it is one law: multiplication of matrices is *associative*, $(AB)C = A(BC)$. The factors keep their
# order, and only brackets move. The last step gives $W_V W_O$ a name.
#
# ## In code

# %%
run = model.run(model.encode("<bos> silver and"))
head, other = (1, 6), (1, 3)  # layer and head
X = run.resid_pre[1]  # [s, d]
A = run.pattern[head]  # [s, s]
W_V, W_O = model.W_V[head], model.W_O[head]  # [d, d_h], [d_h, d]

W_OV = W_V @ W_O  # [d, d]
folded = A @ X @ W_OV  # [s, d]

# %% [markdown]
# ## A check that could have failed
#
# The model never forms $W_{OV}$. It computes values, mixes them, and multiplies by $W_O$. So what it recorded as
# this head's output can judge ours.


# %%
def apart(a, b):
    """How far a is from b, relative to the size of b."""
    return np.linalg.norm(a - b) / np.linalg.norm(b)


H = run.head_out[head]  # [s, d]
assert apart(folded, H) < 1e-5

# %% [markdown]
# Now break it, in two ways that have the right shape.

# %%
wrong = {
    "the output weights of another head": W_V @ model.W_O[other],
    "a transpose too many": W_OV.T,
}  # [d, d] each
for name, matrix in wrong.items():
    off = apart(A @ X @ matrix, H)
    assert off > 0.1
    print(f"{name}: off by {off:.0%}")

# %% [markdown]
# ## It is thin
#
# $W_{OV}$ has $d$ rows and $d$ columns. But everything that goes through it passes through $d_h$ dimensions.

# %%
ov.show(
    fold.lemma("The rank of W_OV is at most d_head"), label="eq:ov-rank"
)

# %% [markdown]
# The **singular value decomposition** shows these dimensions. It writes any matrix as a sum of simple ones: each
# measures how much of one direction, $u_k$, is in a row, and writes that much of another, $w_k$. (Here the lengths
# of the $w_k$ are the singular values.) For one row $x$ of the stream:

# %% tags=["hide-input"]
net, k = symbolic.Network(layers=2), Symbol("k", integer=True)
one_row, u_k, w_k = (
    MatrixSymbol(name, 1, symbolic.d) for name in ("x", "u_k", "w_k")
)
reads, writes = (
    MatrixSymbol(name, symbolic.d_h, symbolic.d) for name in "UW"
)
e_k = symbolic.OneHot(k, symbolic.d_h)
two_factors = symbolic.Assumption(
    "singular value decomposition",
    "W_OV is the product of a transpose and a matrix, of d_h rows each",
    (
        symbolic.Relation(
            net.head("W_OV", 1, 0), product(transpose(reads), writes)
        ),
    ),
)
their_rows = symbolic.definition(
    "rows",
    "u_k and w_k are rows of the two matrices",
    (u_k, product(e_k, reads)),
    (w_k, product(e_k, writes)),
)


def factors_of(run):
    """U and W of layer 1, head 0 [2, d_h, d]; rows that are left over are zero."""
    d_head, d_model = run.model.W_O[1, 0].shape
    left, sigma, right = ov.FactoredMatrix(
        run.model.W_V[1, 0], run.model.W_O[1, 0]
    ).svd()
    found = np.zeros((2, d_head, d_model))
    found[:, : len(sigma)] = left.T, sigma[:, None] * right
    return found


reads_and_writes = (
    ov.Derivation.start(
        product(one_row, net.head("W_OV", 1, 0)),
        [two_factors, their_rows],
        network=net,
    )
    .apply(rules.unfold, two_factors)
    .apply(rules.ungroup)
    .apply(rules.group, one_row, transpose(reads))
    .apply(rules.sum_over_positions, k)
    .apply(rules.ungroup)
    .apply(rules.gather_transposes, transpose(reads), transpose(e_k))
    .apply(rules.group, e_k, writes)
    .apply(rules.fold, their_rows)
)
ov.show(
    reads_and_writes,
    label="eq:reads-writes",
    bindings={
        "x": lambda run: run.resid_pre[1][:1],
        "U": lambda run: factors_of(run)[0],
        "W": lambda run: factors_of(run)[1],
    },
)

# %% [markdown]
# `ov.FactoredMatrix` takes the singular values from the two factors. The full matrix has the same ones, and no
# more:

# %%
d_h = model.config.d_head
U, sigma, Vh = ov.FactoredMatrix(W_V, W_O).svd()  # sigma [d_h]
dense = np.linalg.svd(W_OV, compute_uv=False)  # [d]
assert np.allclose(dense[:d_h], sigma, rtol=1e-4)
assert dense[d_h:].max() < 1e-5 * sigma[0]

# %% [markdown]
# Of {{ len(dense) }} singular values {{ d_h }} are not zero: what this head *moves* is an eighth of the stream. A head of
# GPT-2 small moves a twelfth, 64 of 768. To all else $W_{OV}$ is blind. (Queries and keys read directions of their
# own.) Some directions can be read: by the words whose embeddings lie most along $u_k$, and those whose logits $w_k$
# raises most. Each has two ends, as turning both vectors about changes nothing. The strongest two of head 1.6:

# %% tags=["hide-input"]
along = model.W_E @ U[:, :2]  # [d_vocab, direction]
said = Vh[:2] @ (model.W_U - model.W_U.mean(axis=1, keepdims=True))
for k in range(2):
    ends = np.argsort(along[:, k])  # [d_vocab]
    sign = 1 if ends[-1] < ends[0] else -1  # any rule: it has none
    for end in (sign, -sign):
        looks = np.argsort(-end * along[:, k])[:4]
        raises = np.argsort(-end * said[k])[:4]
        print(
            f"{', '.join(model.words(looks)):32} →  {', '.join(model.words(raises))}"
        )
    print()

# %% [markdown]
# ## Its factors mean little by themselves
#
# Take any invertible matrix $R$ of size $d_h$. Put $W_V R$ in the place of $W_V$, and $R^{-1} W_O$ in the place of
# $W_O$. The $R$ cancels, and no output changes. But every value does:

# %%
R = np.random.default_rng(0).normal(size=(d_h, d_h))  # [d_h, d_h]
new_V, new_O = W_V @ R, np.linalg.inv(R) @ W_O
assert apart(new_V @ new_O, W_OV) < 1e-4
assert apart(X @ new_V, X @ W_V) > 0.5

# %% [markdown]
# So a single column of $W_V$, or one number in a value, has no meaning of its own. $W_{OV}$ as a map has.
#
# ## The usual mistakes
#
# **The factors the other way round.** `W_O @ W_V` exists as well. But it is small, and no map of the stream. (Papers
# that write vectors as columns have $W_O W_V$: see [lesson 08](08_two_conventions.py).)

# %%
print("W_V @ W_O", (W_V @ W_O).shape, "  W_O @ W_V", (W_O @ W_V).shape)

# %% [markdown]
# **Folding too much.** Only neighbours fold. Two heads have a pattern each, so their matrices must not be added up
# under one pattern:

# %%
W_OV_2 = model.W_V[other] @ model.W_O[other]  # [d, d]
both = run.head_out[head] + run.head_out[other]  # [s, d]
assert apart(folded + run.pattern[other] @ X @ W_OV_2, both) < 1e-5
lumped = A @ X @ (W_OV + W_OV_2)  # [s, d]
assert apart(lumped, both) > 0.1

# %% tags=["remove-cell"]
lump = apart(lumped, both)
s, d, d_head = 1024, 768, 64
apart_cost = s * d * d_head + s * s * d_head + s * d_head * d
folded_cost = s * d * d + s * s * d
times, memory = folded_cost / apart_cost, d * d / (2 * d * d_head)

# %% [markdown]
# Lumped together, they are off by {{ f"{lump:.0%}" }}.
#
# **Folding in a program.** Fold to understand a head. To *compute*, keep the factors: for a head of GPT-2 small on
# 1,024 tokens the folded order takes {{ f"{times:.1f}" }} times the multiplications and {{ f"{memory:.0f}" }} times
# the memory.
#
# ## Recap
#
# - $H = A X W_{OV}$ with $W_{OV} = W_V W_O$, by associativity alone.
# - $A$ acts on positions, $W_{OV}$ on features. Neither knows of the other.
# - The rank of $W_{OV}$ is at most $d_h$: it reads at most $d_h$ directions and writes at most $d_h$.
# - $W_V$ and $W_O$ can change together without any effect. $W_{OV}$ is what counts.
#
# ## What to practise
#
# 1. Build a head that copies: $W_O = W_V^{\top}$, with orthonormal columns in $W_V$. What are its singular values,
#    and what are $u_k$ and $w_k$ to each other?
# 2. For which $s$, $d$ and $d_h$ does the folded order take fewer multiplications?
# 3. Is there an $R$ for queries and keys, too? What must happen to $W_K$ if $W_Q$ becomes $W_Q R$?
#
# ??? success "Answers"
#
#     1. The $d_h$ that are not zero are 1, and $u_k = w_k$: what is read is written back as it was.
#     2. Apart it takes $s d_h (2d + s)$, folded $s d (d + s)$. So $d_h$ must be more than half of $d$, and nearly all of
#        it where the text is long.
#     3. Yes: $W_K$ becomes $W_K R^{-\top}$. Scores are $Q K^{\top}$, so $R R^{-1}$ must meet in the middle.
#
# Next: [freeze the attention](05_freeze_the_attention.py), so that $A$ can be held while we ask what flows.
