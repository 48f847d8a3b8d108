# %% [markdown]
# # Freeze the attention
#
# A frozen network keeps the attention patterns of one run for good. Here you make one, see that it is
# linear, and measure what that costs.
#
# ## What you will be able to do
#
# - Say what it means to freeze an attention pattern, and do it with `run.frozen()`.
# - Show that the frozen network is linear, and that the network itself is not.
# - Write the frozen network in two equations, and compute each side of them.
# - Say what freezing costs: what a frozen network gets wrong, and by how much.
# - Say what a linear unembedding assumes, and what $X_0 = E W_E$ does.
#
# ## The question
#
# A layer is not a linear function of the stream: [lesson 02](02_layers_are_not_linear.py) shows two streams
# whose sum it does not split. So we cannot ask what each part of the stream does to the logits. The parts
# do not act alone.
#
# Yet most of a head *is* linear. [Lesson 04](04_values_and_outputs_fold.py) wrote it as $A X W_{OV}$. Here
# $W_{OV}$ is a constant. Only the pattern $A$ depends on the stream, through the softmax.
#
# **What do we get if we hold $A$ constant, and what do we lose?**
#
# ## What freezing is
#
# Run the network once, on some tokens. Record the pattern of every head. Now make a second network, with
# the same weights, in which the patterns are those numbers, whatever the stream holds. The second network
# never computes a score. That is all.

# %% try=["another seed: seed=0 -> seed=4", "one layer: n_layers=2 -> n_layers=1"]
from dataclasses import replace

import numpy as np

import ovlearn as ov
from ovlearn import plots

config = ov.Config(
    n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5
)
model = ov.Transformer.random(config, seed=0)
tokens = [3, 1, 4, 1, 5]  # [pos]

run = model.run(tokens)  # records run.pattern [layer, head, query, key]
# the same weights; the patterns are now constants
frozen = run.frozen()

# %% [markdown]
# `frozen.run()` sends the recorded embedding through the frozen network. `frozen.run(resid=X)` sends any
# other stream through it. On the recorded input the two networks agree, so freezing is exact there.


# %%
def apart(a, b):
    """Return how far a is from b, relative to the size of b (Frobenius norm)."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


# what may differ by rounding alone, relative to the whole
rounding = 1e-12
# logits [pos, d_vocab]
on_its_own_input = apart(frozen.run().logits, run.logits)
assert on_its_own_input < rounding

# %% [markdown]
# The difference is below {{ rounding }} of the logits' norm.
#
# ## The equations, derived
#
# With the patterns held constant, the whole network is two equations. The first says what the logits are
# made of.

# %%
d = ov.derive("frozen-network", layers=2, heads=2, layer=1)
ov.show(d, label="eq:frozen-logits")

# %% [markdown]
# The derivation has a lemma, which says what each layer adds. There are two heads a layer here, so
# $A_{1,0}$ is the pattern of layer 1, head 0.

# %%
lemma = d.lemma("What a layer adds")
ov.show(lemma, label="eq:frozen-layer")

# %% [markdown]
# Look at what stands on the right of $\eqref{eq:frozen-layer}$. Every term is a constant matrix, times the
# tokens $E$ or something that was added earlier, times constant matrices. No softmax is left. So each
# $\Delta$ is a linear function of what came before it, and by $\eqref{eq:frozen-logits}$ the logits are a
# linear function of all of them.
#
# Each derivation lists what it takes as given. These are its assumptions, without the definitions and the
# earlier results:

# %%
for given in d.assumptions:
    if given.kind == "assumption":
        print(f"{given.name}:\n    {given.says}")

# %% [markdown]
# The one called *frozen patterns* is what this lesson is about.
#
# ## In code, in the equation's own symbols
#
# We compute the right side of $\eqref{eq:frozen-layer}$ from weights and recorded patterns.

# %%
E = np.eye(config.d_vocab)[run.tokens]  # [pos, d_vocab], one-hot rows
# [d_vocab, d_model], [d_model, d_vocab]
W_E, W_U = model.W_E, model.W_U
W_OV = model.W_V @ model.W_O  # [layer, head, d_model, d_model]
A = run.pattern  # [layer, head, query, key]

# Everything below is [pos, d_model], but the last line: [pos, d_vocab].
Delta_0 = (
    A[0, 0] @ E @ W_E @ W_OV[0, 0] + A[0, 1] @ E @ W_E @ W_OV[0, 1]
)
of_head_0 = (
    A[1, 0] @ E @ W_E @ W_OV[1, 0] + A[1, 0] @ Delta_0 @ W_OV[1, 0]
)
of_head_1 = (
    A[1, 1] @ E @ W_E @ W_OV[1, 1] + A[1, 1] @ Delta_0 @ W_OV[1, 1]
)
Delta_1 = of_head_0 + of_head_1
Y = E @ W_E @ W_U + Delta_0 @ W_U + Delta_1 @ W_U

# %% [markdown]
# ## A check that could have failed
#
# **Against the forward pass.** The network computes its logits head by head from $Q$, $K$, $V$ and $O$. It
# never forms $W_{OV}$. So it can judge our $\Delta_1$ and $Y$.

# %%
# [pos, d_model], what the heads wrote
true_Delta_1 = run.head_out[1].sum(axis=0)
delta_error = apart(Delta_1, true_Delta_1)
logits_error = apart(Y, run.logits)  # both [pos, d_vocab]
assert delta_error < rounding
assert logits_error < rounding

# %% [markdown]
# Both errors are below {{ rounding }}. Now we break the equation on
# purpose: the two heads of layer 1 exchange their patterns.

# %%
X_1 = E @ W_E + Delta_0  # [pos, d_model]
# [pos, d_model]
swapped = A[1, 1] @ X_1 @ W_OV[1, 0] + A[1, 0] @ X_1 @ W_OV[1, 1]
swapped_error = apart(swapped, true_Delta_1)
assert swapped_error > 0.1

# %% [markdown]
# That is wrong by {{ f"{swapped_error:.0%}" }}, so the check can fail.
#
# **Superposition.** A linear map does not care how its input is cut into parts. Cut the embedding into two
# parts at random, send each part through alone, and add the logits.

# %%
rng = np.random.default_rng(1)
part_1 = rng.normal(size=run.embedding.shape)  # [pos, d_model]
part_2 = run.embedding - part_1  # [pos, d_model]

logits_1, logits_2 = (
    frozen.run(resid=part).logits for part in (part_1, part_2)
)
# both [pos, d_vocab]
frozen_error = apart(logits_1 + logits_2, run.logits)
assert frozen_error < rounding

# %% [markdown]
# Frozen, superposition holds to within {{ rounding }}. The same cut must fail in the network itself.
# There the patterns are computed anew from each part. To feed it a stream of our choice, we put the rows of
# that stream in the place of the embedding.


# %%
def unfrozen(stream, model=model):
    """Run the network itself from a residual stream [pos, d_model]."""
    W_E = np.zeros_like(model.W_E)  # [d_vocab, d_model]
    # token i now embeds as row i of the stream
    W_E[: len(stream)] = stream
    return replace(model, W_E=W_E).run(np.arange(len(stream)))


# it works
assert apart(unfrozen(run.embedding).logits, run.logits) < rounding
unfrozen_error = apart(
    unfrozen(part_1).logits + unfrozen(part_2).logits, run.logits
)
assert unfrozen_error > 0.1

# %% [markdown]
# Unfrozen, the same sum is wrong by {{ f"{unfrozen_error:.0%}" }}.
#
# **At any depth.** Nothing above used the number of layers. Here are both errors for networks of one to
# eight layers.


# %%
def superposition_error(n_layers):
    """Return the error of the same cut at this depth: frozen, and unfrozen."""
    deep = ov.Transformer.random(
        replace(config, n_layers=n_layers), seed=0
    )
    whole = deep.run(tokens)
    parts = (part_1, whole.embedding - part_1)  # two of [pos, d_model]
    # both sums are [pos, d_vocab]
    frozen_sum = sum(
        whole.frozen().run(resid=part).logits for part in parts
    )
    unfrozen_sum = sum(unfrozen(part, deep).logits for part in parts)
    return apart(frozen_sum, whole.logits), apart(
        unfrozen_sum, whole.logits
    )


by_depth = {
    n_layers: superposition_error(n_layers) for n_layers in (1, 2, 4, 8)
}
assert all(
    held < rounding and failed > 0.1
    for held, failed in by_depth.values()
)

# %% [markdown]
# | layers | frozen | unfrozen |
# | --- | --- | --- |
# | 1 | below {{ rounding }} | {{ f"{by_depth[1][1]:.0%}" }} |
# | 2 | below {{ rounding }} | {{ f"{by_depth[2][1]:.0%}" }} |
# | 4 | below {{ rounding }} | {{ f"{by_depth[4][1]:.0%}" }} |
# | 8 | below {{ rounding }} | {{ f"{by_depth[8][1]:.0%}" }} |
#
# One layer or eight: frozen, the expansion is exact.
#
# ## What freezing buys: heads that can be asked one at a time
#
# In the frozen network we may silence heads. `heads=` names those that write; all others write zero.
# Silence changes no pattern, since the patterns are constants. So what the two heads of one layer do to the
# logits simply adds up.


# %%
def logits_with(*heads):
    """Return the frozen logits [pos, d_vocab] with only these heads writing."""
    return frozen.run(heads=set(heads)).logits


nobody = logits_with()  # [pos, d_vocab], the direct path alone
one_by_one = logits_with((0, 0)) - nobody + logits_with((0, 1)) - nobody
both = logits_with((0, 0), (0, 1)) - nobody  # all [pos, d_vocab]
same_layer = apart(one_by_one, both)
assert same_layer < rounding

# %% [markdown]
# For heads of different layers a remainder appears. It is no error: the later head also reads what the
# earlier one wrote.

# %%
one_by_one = logits_with((0, 0)) - nobody + logits_with((1, 0)) - nobody
both = logits_with((0, 0), (1, 0)) - nobody  # all [pos, d_vocab]
across_layers = apart(one_by_one, both)
assert across_layers > 0.01

# %% [markdown]
# Here the two heads one by one miss {{ f"{across_layers:.0%}" }} of what they do together. The missing part
# is a path of its own. [Lesson 06](06_every_path.py) finds every one of them.
#
# ## What freezing costs
#
# The pattern comes from **one recorded input**. Change a token, and the network would compute another
# pattern. The frozen network does not.

# %%
# the last token is now 0 in place of 5
other = model.run([3, 1, 4, 1, 0])
# the new tokens, with the old patterns
stale = frozen.run(resid=other.embedding)
same_rows = other.pattern[..., :-1, :] == run.pattern[..., :-1, :]
assert np.all(same_rows)  # only the last row of each pattern differs
last_token = apart(stale.logits, other.logits)
assert last_token > 0.01

# %% [markdown]
# The frozen logits are off by {{ f"{last_token:.0%}" }}. The two pictures show why. First the frozen
# pattern of layer 1, head 1; then what that head computes for the new tokens. Row: the position that looks.
# Column: the position looked at.


# %% tags=["hide-input"]
def letters(tokens):
    """Return a letter for each token: a is token 0."""
    return [chr(ord("a") + token) for token in tokens]


plots.pattern(
    run.pattern[1, 1],
    tokens=letters(run.tokens),
    title="The pattern as it was recorded",
    caption=f"Layer 1, head 1, on {' '.join(letters(run.tokens))}. The frozen network keeps this.",
)

# %% tags=["hide-input"]
plots.pattern(
    other.pattern[1, 1],
    tokens=letters(other.tokens),
    title="The pattern on the changed tokens",
    caption=f"The same head, on {' '.join(letters(other.tokens))}. Only the last row differs: no earlier "
    "position sees the last token.",
)

# %% [markdown]
# How much does one changed token cost in general? We change each position to each other token, and measure.

# %%
errors = np.zeros((len(tokens), config.d_vocab))  # [pos, d_vocab]
for position in range(len(tokens)):
    for token in range(config.d_vocab):
        changed = run.tokens.copy()  # [pos]
        changed[position] = token
        truth = model.run(changed)
        old_patterns = frozen.run(resid=truth.embedding)
        errors[position, token] = apart(
            old_patterns.logits, truth.logits
        )

# [pos, d_vocab]
is_change = np.arange(config.d_vocab) != run.tokens[:, None]
typical, worst = np.median(errors[is_change]), errors[is_change].max()
assert np.all(errors[~is_change] < rounding)  # no change, no error
assert typical > 0.01

# %% [markdown]
# Over {{ is_change.sum() }} one-token changes, the median error is {{ f"{typical:.0%}" }} and the largest
# {{ f"{worst:.0%}" }}. (This model is random: seed 0, and weights of the usual size. A trained model has
# its own numbers.) So a frozen network **explains the run it was recorded from**. It does not predict other
# runs.
#
# ## The usual mistakes
#
# **"Freezing is a first-order approximation."** It is not. At the recorded input it is right in value, and
# wrong in slope. Change the stream by $\varepsilon$ times some direction, and compare with the frozen
# network: first the logits, then how much they changed.

# %%
direction = rng.normal(size=run.embedding.shape)  # [pos, d_model]
frozen_change = frozen.run(resid=direction).logits  # [pos, d_vocab]


def slope_error(epsilon):
    """Return how far the frozen change is from the true one, for this step."""
    # [pos, d_vocab]
    moved = unfrozen(run.embedding + epsilon * direction).logits
    return apart(frozen_change, (moved - run.logits) / epsilon)


def value_error(epsilon):
    """Return how far the frozen logits are from the true ones, for this step."""
    moved = run.embedding + epsilon * direction  # [pos, d_model]
    return apart(frozen.run(resid=moved).logits, unfrozen(moved).logits)


steps = (1e-2, 1e-4, 1e-6)
values = [value_error(epsilon) for epsilon in steps]
slopes = [slope_error(epsilon) for epsilon in steps]
assert all(
    value < epsilon
    for value, epsilon in zip(values, steps, strict=True)
)
assert min(slopes) > 0.1

# %% [markdown]
# For steps of {{ steps[0] }}, {{ steps[1] }} and {{ f"{steps[2]:.6f}" }} the logits are off by
# {{ ", ".join(f"{value:.1e}" for value in values) }}: a smaller step, an error smaller by as much. The
# *change* of the logits is off by {{ ", ".join(f"{slope:.0%}" for slope in slopes) }}, and that does not
# shrink. A true step also moves the patterns, and the frozen network leaves that out, however small the
# step. A first-order approximation would have the slope right, and its error in value would shrink with the
# square of the step.
#
# **"The frozen pattern may be applied to any text."** The last section measured what that costs.
#
# **"The embedding is assumed to be linear."** Looking up a row is the same as multiplying by a one-hot row,
# for any table whatsoever. What $X_0 = E W_E$ does assume is that nothing else stands in $X_0$. With a
# positional term something does:

# %%
lookup_error = apart(E @ W_E, W_E[run.tokens])  # both [pos, d_model]
assert lookup_error == 0

placed = ov.Transformer.random(replace(config, positional=True), seed=0)
assert apart(E @ placed.W_E, placed.run(tokens).embedding) > 0.1

# %% [markdown]
# The other assumption is the linear unembedding. Put a layer norm before $W_U$, as most real models do.
# Then superposition fails even with frozen patterns.


# %%
def normed(X):
    """Return each row of X [pos, d_model] with mean 0 and standard deviation 1."""
    centred = X - X.mean(axis=-1, keepdims=True)  # [pos, d_model]
    return centred / centred.std(axis=-1, keepdims=True)


def normed_logits(stream):
    """Return the frozen logits [pos, d_vocab] with a layer norm before W_U."""
    return normed(frozen.run(resid=stream).resid_final) @ W_U


# [pos, d_vocab]
normed_sum = normed_logits(part_1) + normed_logits(part_2)
norm_error = apart(normed_sum, normed_logits(run.embedding))
assert norm_error > 0.1

# %% [markdown]
# With the norm, the sum of the two parts is wrong by {{ f"{norm_error:.0%}" }}.
#
# ## Where this stands in the article and the paper
#
# In the article: section *The Circuit*, the two assumptions and the two pairs of equations after them.
#
# - *Motivation* says that deeper transformers are out of reach and only a single layer can be analysed. *The
#   Circuit* freezes $A$, and any depth expands exactly: [erratum 3](../errata.md#erratum-3).
# - It assumes that embedding and unembedding are linear. Of the embedding that says only that there is no
#   positional term: [erratum 10](../errata.md#erratum-10).
# - Its sums run one term too far: [erratum 1](../errata.md#erratum-1). It leaves out what else must hold:
#   [erratum 2](../errata.md#erratum-2).
# - It does not say that $A$ comes from one recorded input: [erratum 11](../errata.md#erratum-11).
#
# In the paper: *OV and QK Independence (The Freezing Attention Patterns Trick)*, in the part on one-layer
# models.
#
# ## Recap
#
# - Freezing means: record every pattern in one run, then treat these patterns as constants.
# - The frozen network agrees with the network on the recorded input, and it is linear.
# - So the logits split over any parts of the input, and heads can be silenced one at a time, at any depth.
# - The price: it is exact for that one input. Near it the values are nearly right, but the slope is wrong.
# - Where the attention looks, and why, is left out. That is the QK circuit's business.
#
# ## What to practise
#
# 1. Cut the embedding by position: part 1 keeps the first two rows, part 2 the others; both have zeros
#    elsewhere. Predict which rows of the frozen logits part 2 reaches on its own. Then look.
# 2. Show `frozen.run(resid=3 * X).logits == 3 * frozen.run(resid=X).logits` for an `X` of yours, and that
#    it fails for `unfrozen`.
# 3. Make a model with `positional=True`. Is `run.embedding` still $E W_E$? Is the frozen network still
#    linear in its stream?
# 4. Find the one-token change for which the frozen logits are worst, and look at all four patterns before
#    and after.
#
# Next: [every path through the network](06_every_path.py).
