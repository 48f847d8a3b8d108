# %% [markdown]
# # Every path through the network
#
# A frozen network is a sum with one term for each path through its heads. Here you expand it, and check
# single terms by silencing heads.
#
# ## What you will be able to do
#
# - Expand a frozen network into a sum over all its paths, and say how many there are.
# - Read one term: which heads it passes, and in which order.
# - Compute what one path adds to the logits, and check it by silencing heads.
# - Say how much of the logits the short paths hold, and why the answer depends on the weights.
# - Compose two heads into one virtual head, with its own pattern and its own $W_{OV}$.
#
# ## The question
#
# [Lesson 05](05_freeze_the_attention.py) left two equations. The logits are made of the tokens and of what
# each layer adds, $\eqref{eq:frozen-logits}$. What a layer adds is made of the tokens and of what *earlier
# layers* added, $\eqref{eq:frozen-layer}$.
#
# The earlier layers are in there still. **What are the logits made of when only tokens and weights are
# left?**
#
# ## The equation, derived
#
# Put the second equation into the first. Put it in again, until no $\Delta$ is left. Then multiply out. For
# two layers of two heads each:

# %%
from dataclasses import replace

import numpy as np

import ovlearn as ov
from ovlearn import paths, plots

d = ov.derive("path-expansion", layers=2, heads=2)
ov.show(d, label="eq:path-expansion")

# %% [markdown]
# Look at the box. Each term is a chain: on the left of the tokens $E$ some patterns, on the right $W_E$,
# then the $W_{OV}$ of the same heads, then $W_U$.
#
# A chain is a **path**: the way that information takes from the tokens to the logits. At each layer it has
# a choice. It stays in the residual stream, or it passes through one of the heads. With $H$ heads a layer
# and $L$ layers there are $(1 + H)^L$ ways to choose.
#
# The derivation knows the path of each term. A head is a pair (layer, head); `()` is the direct path,
# through no head.

# %%
listed = dict(enumerate(d.paths))  # the place of a term -> its path
# how many heads a path passes -> the places of those terms
groups = d.groups
assert len(listed) == (1 + 2) ** 2
listed

# %% [markdown]
# The terms come in groups, by the number of heads that they pass. That number is the **order** of a path.
#
# | order | paths | how many |
# | --- | --- | --- |
# | 0 | the direct path: no head | {{ len(groups[0]) }} |
# | 1 | through one head | {{ len(groups[1]) }} |
# | 2 | through two heads, one in each layer | {{ len(groups[2]) }} |
#
# !!! note "The order of the factors"
#     Take $A_{1,0} A_{0,0} \, E \, W_E W_{OV}^{0,0} W_{OV}^{1,0} W_U$. The first head passed is $(0, 0)$.
#     Its two matrices stand nearest to $E W_E$, one on each side. Later heads stand further out.
#
# ## In code, in the equation's own symbols

# %%
config = ov.Config(
    n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5
)
model = ov.Transformer.random(config, seed=0)
run = model.run([3, 1, 4, 1, 5])
frozen = run.frozen()

E = np.eye(config.d_vocab)[run.tokens]  # [pos, d_vocab]
# [d_vocab, d_model], [d_model, d_vocab]
W_E, W_U = model.W_E, model.W_U
W_OV = model.W_V @ model.W_O  # [layer, head, d_model, d_model]
A = run.pattern  # [layer, head, query, key]


def term(path):
    """Return what one path adds to the logits [pos, d_vocab]."""
    stream = E @ W_E  # [pos, d_model]
    for layer, head in path:
        # [pos, d_model]
        stream = A[layer, head] @ stream @ W_OV[layer, head]
    return stream @ W_U


terms = {path: term(path) for path in d.paths}  # path -> [pos, d_vocab]

# %% [markdown]
# `paths.contribution(run, path)` computes the same for any network, and `paths.enumerate(config)` lists the
# paths.
#
# ## A check that could have failed
#
# **The terms sum to the logits.** The forward pass knows nothing of paths.


# %%
def apart(a, b):
    """Return how far a is from b, relative to the size of b (Frobenius norm)."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


# what may differ by rounding alone, relative to the whole
rounding = 1e-12
# both [pos, d_vocab]
sum_error = apart(sum(terms.values()), run.logits)
assert sum_error < rounding

# %% [markdown]
# The {{ len(terms) }} terms sum to the logits, to within {{ rounding }}. Drop any one of
# them, and the check fails:

# %%
total = sum(terms.values())  # [pos, d_vocab]
dropped = {
    path: apart(total - terms[path], run.logits) for path in terms
}
assert min(dropped.values()) > 0.01

# %% [markdown]
# The smallest of these errors is {{ f"{min(dropped.values()):.0%}" }}.
#
# **Each term is what an intervention says.** A sum can be right with wrong terms in it. So we check a
# single term another way, with no $W_{OV}$ in it: silence heads in the frozen network. With only the heads
# $(0, 0)$ and $(1, 0)$ writing, four paths are open: none of the two, the one, the other, both. Take away
# the other three, and the path through both is left. (The path through none is in both of the runs with one
# head, so one of the two is given back.)


# %%
def logits_with(*heads):
    """Return the frozen logits [pos, d_vocab] with only these heads writing."""
    return frozen.run(heads=set(heads)).logits


first, second = (0, 0), (1, 0)
# [pos, d_vocab]
only_one = logits_with(first) + logits_with(second) - logits_with()
through_both = logits_with(first, second) - only_one  # [pos, d_vocab]
both_error = apart(terms[first, second], through_both)
assert both_error < rounding

# %% [markdown]
# The term and the intervention agree to within {{ rounding }}. Now break the term on purpose: write the
# patterns in the order of the $W_{OV}$, which is the wrong way round.

# %%
# [pos, d_vocab]
right_side = E @ W_E @ W_OV[first] @ W_OV[second] @ W_U
assert apart(A[second] @ A[first] @ right_side, through_both) < rounding
reversed_error = apart(A[first] @ A[second] @ right_side, through_both)
assert reversed_error > 0.1

# %% [markdown]
# That is wrong by {{ f"{reversed_error:.0%}" }}.
#
# ## A picture: the paths of a network
#
# Choose the layers and the heads. Each way from the left to the right is a path: press a head to lead the
# path through it, or the stream to lead it past. Below stand the path's term of the expansion, and what it
# adds to the logits of a random network. The table lists all paths; point at one, or use the arrow keys.

# %% tags=["hide-input"]
plots.path_explorer(
    title="Every path through a small network",
    caption="Each path is one term of the expansion. Sizes are Frobenius norms.",
)

# %% [markdown]
# And these are the {{ len(terms) }} paths of the network of this lesson, with the size of what each adds.


# %% tags=["hide-input"]
def name(path):
    """Return a path in words."""
    return (
        " → ".join(f"{layer},{head}" for layer, head in path)
        or "direct"
    )


plots.bars(
    [float(np.linalg.norm(term)) for term in terms.values()],
    [name(path) for path in terms],
    title="How much each path adds to the logits",
    caption="The Frobenius norm of each term, [pos, d_vocab]. A head is written layer,head.",
)

# %% [markdown]
# The bars do not add up to the size of the logits. The terms are matrices. They point in different
# directions and partly cancel.

# %%
norms = sum(float(np.linalg.norm(term)) for term in terms.values())
whole = float(np.linalg.norm(run.logits))
assert norms > whole

# %% [markdown]
# The norms sum to {{ f"{norms:.1f}" }}; the logits have norm {{ f"{whole:.1f}" }}.
#
# ## Too many paths to list
#
# $(1 + H)^L$ grows fast.


# %%
def count(n_layers, n_heads):
    """Return the number of paths of a network of these sizes."""
    return paths.count(
        replace(config, n_layers=n_layers, n_heads=n_heads)
    )


# %% [markdown]
# Three layers of two heads have {{ count(3, 2) }} paths. Twelve layers of twelve heads have
# {{ f"{count(12, 12):,}" }}. Nobody lists those. But all paths of one order can be summed without listing
# them. A path of order $k$ that has come to some layer either skips this layer, or had order $k - 1$ before
# it and passes through one of its heads. `paths.by_order` does that.

# %%
by_order = paths.by_order(run)  # [order, pos, d_vocab]
listed_orders = np.array(
    [
        sum(terms[path] for path in terms if len(path) == order)
        for order in range(3)
    ]
)  # [order, pos, d_vocab]
order_error = apart(by_order, listed_orders)
assert order_error < rounding

# %% [markdown]
# It agrees with our list to within {{ rounding }}.
#
# ## How much do the short paths hold?
#
# It would be pleasant if the paths of order 0 and 1 were all that matters. Then each head could be read
# alone. Is it so? We measure what they miss: $\lVert Y - Y_0 - Y_1 \rVert_F \,/\, \lVert Y \rVert_F$, where
# $Y_k$ is the sum of all paths of order $k$. And we do it with all $W_O$ multiplied by a scale. A path of
# order $k$ holds $k$ of the $W_O$, so it grows about as the $k$-th power of the scale. (About, since each
# network is run anew, and its later patterns change with the scale too.)


# %%
def missed(scale, seed=0, n_layers=3):
    """Return what the paths of order 0 and 1 miss, relative to the logits."""
    deep = ov.Transformer.random(
        replace(config, n_layers=n_layers), seed=seed
    )
    scaled = replace(deep, W_O=scale * deep.W_O).run(run.tokens)
    orders = paths.by_order(scaled)  # [order, pos, d_vocab]
    return apart(orders[0] + orders[1], scaled.logits)


scales = (0.1, 0.3, 1, 3, 10)
misses = [missed(scale) for scale in scales]
assert misses[0] < 0.01
assert misses[-1] > 0.9

# %% tags=["hide-input"]
plots.bars(
    misses,
    [f"{scale:g}" for scale in scales],
    title="What the paths of order 0 and 1 miss",
    caption="Relative to the norm of the logits, by the scale of W_O: three layers of two heads, seed 0.",
)

# %% [markdown]
# The answer depends on the scale of the weights: {{ f"{misses[0]:.1%}" }} at a scale of 0.1,
# {{ f"{misses[2]:.0%}" }} at 1, {{ f"{misses[4]:.0%}" }} at 10. At scale 1 it depends on the seed as well:

# %%
of_seeds = [missed(scale=1, seed=seed) for seed in range(10)]
low, high = min(of_seeds), max(of_seeds)

# %% [markdown]
# It lies between {{ f"{low:.0%}" }} and {{ f"{high:.0%}" }} over ten seeds. So "the long paths do not
# matter" is nothing that can be said in general. It has to be measured, in the network at hand, and the
# norm has to be named.
#
# ## Virtual heads
#
# A path through two heads looks like a path through one. Let a later head read only what an earlier one
# wrote:

# %%
virtual = ov.derive("virtual-heads", layers=2, heads=1)
ov.show(virtual, label="eq:virtual-head")

# %% [markdown]
# The head of layer 0 and then that of layer 1 act as one **virtual head**. Its pattern is $A_1 A_0$. Its OV
# matrix is $W_{OV_0} W_{OV_1}$. Its pattern is a pattern, with rows that sum to 1; that is derived as well:

# %%
ov.show(virtual.lemma("Its pattern's rows sum to 1"))

# %% [markdown]
# What does the product of two patterns say? Entry $ij$ of $A_1 A_0$ sums over every stop on the way: how
# much $i$ attends to some $m$ in the later head, times how much $m$ attends to $j$ in the earlier one.

# %%
A_virtual = A[second] @ A[first]  # [query, key]
W_OV_virtual = W_OV[first] @ W_OV[second]  # [d_model, d_model]

as_one_head = A_virtual @ E @ W_E @ W_OV_virtual @ W_U  # [pos, d_vocab]
virtual_error = apart(as_one_head, through_both)
assert virtual_error < rounding
assert np.allclose(A_virtual.sum(axis=-1), 1)

# %% [markdown]
# It agrees with the intervention from above, to within {{ rounding }}.

# %% tags=["hide-input"]
letters = [chr(ord("a") + token) for token in run.tokens]
plots.pattern(
    A[first],
    tokens=letters,
    title="The earlier head, (0, 0)",
    caption="It gathers first. Look at which earlier positions it reads.",
)

# %% tags=["hide-input"]
plots.pattern(
    A[second],
    tokens=letters,
    title="The later head, (1, 0)",
    caption="It reads from positions that have already gathered what the earlier head brought.",
)

# %% tags=["hide-input"]
plots.pattern(
    A_virtual,
    tokens=letters,
    title="The virtual head, (0, 0) then (1, 0)",
    caption="The product of the two patterns: where the information came from before the first of them.",
)

# %% [markdown]
# ## The usual mistakes
#
# **The patterns in the wrong order.** $A_0 A_1$ has rows that sum to 1 too, and it is causal. So neither
# test sees the mistake. Only the value does.

# %%
wrong_pattern = A[first] @ A[second]  # [query, key]
# looks like a pattern
assert np.allclose(wrong_pattern.sum(axis=-1), 1)
# looks causal
assert np.allclose(wrong_pattern, np.tril(wrong_pattern))
wrong_pattern_error = apart(wrong_pattern, A_virtual)
assert wrong_pattern_error > 0.1

# %% [markdown]
# The symptom: sums and masks are right, and the values differ by {{ f"{wrong_pattern_error:.0%}" }}.
#
# **The OV matrices in the wrong order.** In row vectors the first head's matrix comes first. The paper
# writes columns, and so the other way round; [lesson 08](08_two_conventions.py) translates.

# %%
wrong_ov = W_OV[second] @ W_OV[first]  # [d_model, d_model]
wrong_ov_error = apart(wrong_ov, W_OV_virtual)
assert wrong_ov_error > 0.1

# %% [markdown]
# The shapes fit all the same: both are `[d_model, d_model]`. The symptom is a wrong value, off by
# {{ f"{wrong_ov_error:.0%}" }}.
#
# **Paths through two heads of one layer.** There are none. Both heads of a layer read the same stream, and
# neither reads what the other writes. The package refuses such a path, and says why:

# %%
try:
    paths.contribution(run, ((0, 0), (0, 1)))
except ValueError as error:
    refusal = str(error)
refusal

# %% [markdown]
# **Counting $2^{LH}$.** That counts every set of heads. A path holds at most one head of each layer: here
# {{ count(2, 2) }} paths, and {{ 2 ** (2 * 2) }} sets.
#
# **"The virtual head looks where its pattern is large."** Its pattern is a product of two recorded
# patterns. No head computes it, and no query and key stand behind it.
#
# ## Where this stands in the article and the paper
#
# In the article: *The Circuit*, the sentence on expanding the brackets. It expands once and leaves the
# $\Delta$ of earlier layers standing; here they are expanded to the end. It has one head a layer, so its
# sum has $2^n$ paths; for more heads see [erratum 2](../errata.md#erratum-2). That depth is no obstacle is
# [erratum 3](../errata.md#erratum-3). What one layer's terms hold, and what they do not, is [erratum
# 6](../errata.md#erratum-6).
#
# In the paper: *The Path Expansion Trick* for one layer, *Path Expansion of Logits* for two, *Virtual
# Attention Heads*, and *Term Importance Analysis*, which measures on a trained two-layer model what the
# orders are worth. There the paths of order 2 matter little for the loss. That is a finding about that
# model, not a law.
#
# ## Recap
#
# - A frozen network is a sum over $(1 + H)^L$ paths. Each path passes at most one head of each layer.
# - On the left of the tokens stand the patterns, the last head outermost. On the right stand the $W_{OV}$,
#   the first head first.
# - The terms sum to the logits exactly. Each can be checked by silencing heads.
# - How much the short paths hold depends on the weights. It must be measured.
# - Two heads composed are one virtual head: pattern $A_1 A_0$, OV matrix $W_{OV_0} W_{OV_1}$.
#
# ## What to practise
#
# 1. List the paths of a network with three layers of one head each, by hand. Compare with
#    `ov.derive("path-expansion", layers=3).paths`.
# 2. Find the path of order 1 that adds most to the logits at the last position, and the token it raises
#    most.
# 3. In a network of three layers, isolate the path through three heads by interventions alone. You need
#    eight runs.
# 4. For which scale of $W_O$ do the paths of order 2 and more hold half of the logits' norm? Does $W_U$
#    matter?
#
# Next: [the OV circuit, boxed](07_the_ov_circuit.py).
