# %% [markdown]
# # Values and outputs fold into one matrix
#
# A head has four weight matrices. Two of them always act together: what one reads, the other writes, and
# the pattern between them acts on the other side. They are one matrix, $W_{OV}$, and that matrix says what
# the head moves.
#
# ## What you will be able to do
#
# - derive $H = A X W_{OV}$, and check it against a model that never forms $W_{OV}$;
# - say what $A$ does and what $W_{OV}$ does, and why the two never interfere;
# - bound the rank of $W_{OV}$, and see the bound in its singular values;
# - read $W_{OV}$ as a list of directions: read this one, write that one;
# - say why $W_V$ and $W_O$ by themselves mean little.
#
# ## The question
#
# By $\eqref{eq:attention-head}$, a head takes the stream down to $d_h$ columns with $W_V$, mixes positions
# with $A$, and comes back up to $d$ columns with $W_O$. What does it do to a token from end to end?
#
# ## The equation, derived
#
# Unfold the output, remove the brackets, and put them elsewhere.

# %% tags=["hide-input"]

import numpy as np
from sympy import MatrixSymbol, Symbol

import ovlearn as ov
from ovlearn import plots, symbolic
from ovlearn.symbolic import product, rules, transpose

# %%
fold = ov.derive("ov-fold", layer=1)
ov.show(fold, label="eq:ov-fold")

# %% [markdown]
# All of it is one law: matrix multiplication is *associative*, $(AB)C = A(BC)$. The order of the factors
# stays. Only the brackets move. The last step gives $W_V W_O$ a name, so it is a definition, not a discovery.
#
# ## In code, in the equation's own symbols

# %%
config = ov.Config(
    n_layers=3, n_heads=2, d_model=12, d_head=4, d_vocab=10, n_ctx=8
)
model = ov.Transformer.random(config, seed=1)
tokens = [3, 1, 4, 1, 5, 9]
run = model.run(tokens)
here, neighbour, below = (1, 0), (1, 1), (0, 0)  # layer and head

X = run.resid_pre[1]  # [s, d]
s, d, d_h = *X.shape, config.d_head
A = run.pattern[here]  # [s, s]
W_V, W_O = model.W_V[here], model.W_O[here]  # [d, d_h], [d_h, d]

step_by_step = (A @ (X @ W_V)) @ W_O  # [s, d]   as the head does it
W_OV = W_V @ W_O  # [d, d]
folded = A @ X @ W_OV  # [s, d]

# %% [markdown]
# ## A check that could have failed
#
# The model never forms $W_{OV}$. What it recorded as this head's output is a judge from outside.

# %%
H = run.head_out[here]  # [s, d]
fold_error = np.abs(folded - H).max()
rounding = 1e-12
assert fold_error < rounding
assert np.abs(step_by_step - H).max() < rounding
print(f"the largest difference is below {rounding}")

# %% [markdown]
# Now break it, in three ways that all have the right shape.

# %%
wrong = {
    "the output weights of the other head": W_V @ model.W_O[neighbour],
    "the value weights of the layer before": model.W_V[below] @ W_O,
    "a transpose too many": W_OV.T,
}  # [d, d] each
for name, matrix in wrong.items():
    off = np.linalg.norm(A @ X @ matrix - H) / np.linalg.norm(H)
    assert off > 0.1
    print(f"{name}: off by {off:.0%}")

# %% [markdown]
# ## What each side does
#
# Attention moves information between positions. In $A X W_{OV}$ the stream has a matrix on each side, and
# each does one half of it.
#
# - On the **left**, $A$ mixes rows. Rows are positions. $A$ says from where to where.
# - On the **right**, $W_{OV}$ mixes columns. Columns are the coordinates of the stream. $W_{OV}$ says what is
#   moved.
#
# It makes no difference which goes first: $(A X) W_{OV} = A (X W_{OV})$. So one can study what a head moves
# without knowing where it looks. Put a pattern of our own on the left, which always looks at the position
# before:

# %%
before = np.eye(s, k=-1)  # [s, s]   row i is 1 at i − 1
# the first position has none before it, so it looks at itself
before[0, 0] = 1
moved = before @ X @ W_OV  # [s, d]
assert np.allclose(moved[1:], (X @ W_OV)[:-1])

# %% [markdown]
# Each position but the first now receives the row of $X W_{OV}$ from one place before. (The first keeps its
# own, and nobody looks at the last.) $A$ chose among the rows, and changed none of them.
#
# ## What one matrix means
#
# ### It is thin
#
# $W_{OV}$ is $d \times d$, but everything that goes through it has to pass through $d_h$ dimensions.

# %%
ov.show(
    fold.lemma("The rank of W_OV is at most d_head"), label="eq:ov-rank"
)

# %% [markdown]
# The singular values show it. `ov.FactoredMatrix` keeps the two factors and takes their singular values
# without ever forming the product. It returns no more than $d_h$ of them, so it could not find more. To see
# whether there are more, ask numpy about the full matrix.

# %%
F = ov.FactoredMatrix(W_V, W_O)
left, sigma, right = F.svd()  # [d, d_h], [d_h], [d_h, d]
dense = np.linalg.svd(W_OV, compute_uv=False)  # [d]
assert np.allclose(dense[:d_h], sigma)
assert dense[d_h:].max() < rounding

# %% tags=["hide-input"]
plots.bars(
    np.where(dense < rounding, 0, dense).tolist(),
    [str(k) for k in range(len(dense))],
    title="Singular values of W_OV, layer 1, head 0",
    caption=f"Of the full matrix. As many are not zero as the head is wide. Below {rounding} stands 0.",
)

# %% [markdown]
# Of {{ len(dense) }} singular values, {{ int((dense > rounding).sum()) }} are not zero. The rest is rounding,
# smaller than {{ rounding }}. *At most* is meant: a head can be thinner still. Set one
# column of $W_V$ to zero, and a dimension is lost:

# %%
thinner = W_V.copy()  # [d, d_h]
thinner[:, 0] = 0
ranks = [int(np.linalg.matrix_rank(M)) for M in (W_OV, thinner @ W_O)]
print("rank", ranks[0], "becomes", ranks[1])

# %% [markdown]
# ### It reads directions and writes directions
#
# The singular value decomposition is a theorem of linear algebra, which we take as given. It writes
# $W_{OV}$ as $U^{\top} W$, with two matrices of $d_h$ rows. The rows $u_k$ of $U$ have length 1 and stand
# at right angles to each other. So do the rows $w_k$ of $W$, but their lengths are the singular values. Now
# let $x$ be one row of the stream, and let $e_k$ pick row $k$ of what follows it:

# %%
U, W = left.T, sigma[:, None] * right  # [d_h, d] each
assert np.allclose(U.T @ W, W_OV)
assert np.allclose(U @ U.T, np.eye(d_h))
assert np.allclose(W @ W.T, np.diag(sigma**2))

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
# Here $k$ counts directions, not positions: it runs over $d_h$ of them. For each $k$, measure how much of
# $u_k$ is in $x$, and write that much of $w_k$. What the head moves, it *reads* in the direction $u_k$ and
# *writes* in the direction $w_k$, $\sigma_k$ times as strongly.

# %%
x = X[2]  # [d]   the stream at one position
total = sum((x @ U[k]) * W[k] for k in range(d_h))  # [d]
assert np.allclose(x @ W_OV, total)

# %% [markdown]
# So $W_{OV}$ is blind to most of the stream. Take from a random row all that it reads, and nothing gets
# through. And whatever the head writes is a mixture of its $d_h$ directions $w_k$. (This is about what is
# moved. *Where* the head looks is up to $W_Q$ and $W_K$, and they read directions of their own.)

# %%
unseen = np.random.default_rng(0).normal(size=d)  # [d]
unseen -= (unseen @ U.T) @ U  # [d]   now at right angles to every u_k
assert np.linalg.norm(unseen) > 1
assert np.abs(unseen @ W_OV).max() < 1e-12
# but the queries see it
assert np.abs(unseen @ model.W_Q[here]).max() > 0.1

# [s, d]   what the w_k do not make up
outside = H - (H @ right.T) @ right
assert np.abs(outside).max() < 1e-12

# %% [markdown]
# ### It is not symmetric
#
# In general, a head reads other directions than it writes. Turning $W_{OV}$ round would exchange them.

# %%
alike = np.abs(U[0] @ right[0])  # 1: one direction; 0: at right angles
asymmetry = np.linalg.norm(W_OV - W_OV.T) / np.linalg.norm(W_OV)
assert asymmetry > 0.1
print(f"cosine of u_0 and w_0: {alike:.2f}")
print(f"norm of W_OV − W_OVᵀ, over that of W_OV: {asymmetry:.2f}")

# %% [markdown]
# ### Its factors mean little by themselves
#
# Take any invertible $d_h \times d_h$ matrix $R$. Replace $W_V$ by $W_V R$, and $W_O$ by $R^{-1} W_O$. The
# $R$ cancels: $W_V R R^{-1} W_O = W_V W_O$. No token comes out differently.


# %%
def with_factors(new_V, new_O):
    """The model with other values and outputs in this one head."""
    names = ("W_E", "W_Q", "W_K", "W_V", "W_O", "W_U")
    weights = {name: getattr(model, name).copy() for name in names}
    weights["W_V"][here] = new_V  # [d, d_h]
    weights["W_O"][here] = new_O  # [d_h, d]
    return ov.Transformer(config, **weights).run(tokens)


R = np.random.default_rng(0).normal(size=(d_h, d_h))  # [d_h, d_h]
twin = with_factors(W_V @ R, np.linalg.inv(R) @ W_O)
logits_gap = np.abs(twin.logits - run.logits).max()
values_gap = np.abs(twin.v[here] - run.v[here]).max()
assert logits_gap < rounding
assert values_gap > 1
print(
    f"largest difference: logits below {rounding}, values {values_gap:.1f}"
)

# %% [markdown]
# Two networks, the same outputs, different values. So a single column of $W_V$, or a single entry of a
# value, has no meaning of its own. $W_{OV}$ has, once the basis of the stream is chosen. (Turn that basis,
# in every weight that reads or writes the stream, and each $W_{OV}$ changes too, while the logits stay.
# $W_E W_{OV} W_U$ does not change even then.)

# %%
# [d, d], orthogonal
turn = np.linalg.qr(np.random.default_rng(1).normal(size=(d, d)))[0]
read = {
    name: turn.T @ getattr(model, name)
    for name in ("W_Q", "W_K", "W_V", "W_U")
}
write = {name: getattr(model, name) @ turn for name in ("W_E", "W_O")}
turned = ov.Transformer(config, **read, **write)
new_W_OV = turned.W_V[here] @ turned.W_O[here]  # [d, d]
assert np.abs(turned.run(tokens).logits - run.logits).max() < rounding
assert np.abs(new_W_OV - W_OV).max() > 0.1
circuits = [
    M.W_E @ M.W_V[here] @ M.W_O[here] @ M.W_U for M in (model, turned)
]
assert np.abs(circuits[0] - circuits[1]).max() < rounding
#
# ## Should a program fold, too?
#
# No. The two orders give the same numbers at different prices. Count multiplications, for a text of $s$
# tokens.


# %%
def costs(s, d, d_h):
    """Multiplications of one head, from stream to output, pattern given."""
    # X W_V, then A, then W_O
    apart = s * d * d_h + s * s * d_h + s * d_h * d
    together = s * d * d + s * s * d  # X W_OV, then A
    return apart, together


def numbers(d, d_h):
    """How many numbers one has to store."""
    return 2 * d * d_h, d * d


apart, together = costs(s=1024, d=768, d_h=64)
small, large = numbers(d=768, d_h=64)

# %% [markdown]
# A head as in GPT-2 small ($d = 768$, $d_h = 64$) on 1,024 tokens: folded, it takes
# {{ f"{together / apart:.1f}" }} times the multiplications and {{ f"{large / small:.0f}" }} times the memory.
# Fold to *understand* a head, and keep the factors to *compute*. This is what `ov.FactoredMatrix` is for.
#
# ## The usual mistakes
#
# **The factors the other way round.** With row vectors the stream meets $W_V$ first. `W_O @ W_V` is a matrix
# as well, but a small one, and no map of the stream. (The paper writes its vectors as columns. There
# $W_O W_V$ is right: see [lesson 08](08_two_conventions.py).)

# %%
print("W_V @ W_O", (W_V @ W_O).shape, "  W_O @ W_V", (W_O @ W_V).shape)

# %% [markdown]
# **A transpose in the place of the inverse.** $W_V R$ goes with $R^{-1} W_O$. With $R^{\top}$ it works where
# $R$ is orthogonal, as rotations and reflections are. So a test with a rotation does not notice.

# %%
# [d_h, d_h]   its transpose is its inverse
orthogonal = np.linalg.qr(R)[0]
for name, other in (("an orthogonal R", orthogonal), ("any R", R)):
    gap = np.abs((W_V @ other) @ (other.T @ W_O) - W_OV).max()
    size = f"{gap:.1f}" if gap > rounding else f"less than {rounding}"
    print(f"with the transpose, {name}: W_OV is off by {size}")

# %% [markdown]
# **Brackets and order confused.** Associativity moves brackets, never factors. $A$ stays on the left, and it
# is no elementwise product.

# %%
try:
    X @ A
    raise AssertionError("it was accepted")
except ValueError:
    print(f"X @ A: {X.shape} does not fit {A.shape}")

# %% [markdown]
# **Folding too much.** Only neighbours fold. Two heads have a pattern each, so their matrices must not be
# added up under one pattern:

# %%
W_OV_1 = model.W_V[neighbour] @ model.W_O[neighbour]  # [d, d]
# [s, d]   right
layer = A @ X @ W_OV + run.pattern[neighbour] @ X @ W_OV_1
lumped = A @ X @ (W_OV + W_OV_1)  # [s, d]   wrong: one pattern for both
Delta = run.head_out[1].sum(axis=0)  # [s, d]   what the heads wrote
assert np.allclose(layer, Delta)
assert not np.allclose(lumped, Delta)
off = np.linalg.norm(lumped - Delta) / np.linalg.norm(Delta)
print(f"lumped together: off by {off:.0%}")

# %% [markdown]
# **Taking concatenation for mixing.** Most code puts the $Z$ of all heads side by side and multiplies by one
# tall $W_O$. It looks as if the heads were mixed there. They are not: it is the same sum, head by head.

# %%
side_by_side = np.hstack([run.z[here], run.z[neighbour]])  # [s, 2 d_h]
tall = np.vstack([model.W_O[here], model.W_O[neighbour]])  # [2 d_h, d]
assert np.allclose(side_by_side @ tall, Delta)

# %% [markdown]
# ## Where it stands
#
# In the article: the end of *Motivation*, from the three lines $V \gets X W_V$, $O \gets A V$,
# $O_\text{layer} \gets O W_O$ to $A X W_V W_O = A X W_{OV}$. The rank is not mentioned there ([erratum
# 11](../errata.md#erratum-11)).
#
# In the paper: *Attention Heads as Information Movement* and *Observations about attention heads*: attention
# moves information, and which tokens to move from is separate from what is moved. *Attention Heads are
# Independent and Additive* has the concatenation.
#
# ## Recap
#
# - $H = A X W_{OV}$ with $W_{OV} = W_V W_O$, by associativity alone.
# - $A$ acts on positions, $W_{OV}$ on coordinates. Neither knows of the other.
# - The rank of $W_{OV}$ is at most $d_h$. What a head moves, it reads in at most $d_h$ directions and
#   writes in at most $d_h$. To the rest, $W_{OV}$ is blind.
# - $W_V$ and $W_O$ can be changed together without any effect, as long as $W_{OV}$ stays the same.
#
# ## What to practise
#
# 1. Build a head whose $W_{OV}$ copies: $W_O = W_V^{\top}$ with orthonormal columns in $W_V$. What are its
#    singular values, and what are $u_k$ and $w_k$ to each other?
# 2. Check $\eqref{eq:ov-fold}$ for every head of a model in one line, with broadcasting:
#    `model.W_V @ model.W_O`.
# 3. For which $s$, $d$ and $d_h$ does the folded order need fewer multiplications? Solve it on paper first,
#    then try `costs`.
# 4. Is there an $R$ for queries and keys as well? What has to happen to $W_K$ if $W_Q$ becomes $W_Q R$?
#
# Next: [freeze the attention](05_freeze_the_attention.py).
