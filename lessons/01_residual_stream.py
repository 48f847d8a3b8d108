# %% [markdown]
# # The residual stream is a sum
#
# Every layer of a transformer reads one matrix and adds to it. Nothing is ever overwritten. So what stands in
# that matrix, at any depth, is a plain sum of what was written.
#
# ## What you will be able to do
#
# - unroll $X_{i+1} = X_i + \Delta_i$ into a sum, and prove it for any number of layers;
# - say which $\Delta$ the last layer adds, without being off by one;
# - split the logits of a running model into a part for each head;
# - tell a check of this sum that can fail from one that cannot.
#
# ## The question
#
# A text of $s$ tokens becomes a matrix with $s$ rows, one for each position, and $d$ columns. This matrix is
# the **residual stream**. $X_0$ holds the embedded tokens. $X_i$ is what layer $i$ reads. Then layer $i$ adds
# its output $\Delta_i$, a matrix of the same shape:
#
# $$
# X_{i+1} = X_i + \Delta_i
# \label{eq:recurrence}
# $$
#
# This is an assumption about how the network is built. Most language models of today meet it. (Ours has
# attention layers only. An MLP layer adds to the stream in the same way.)
#
# Layer 5 reads $X_5$. Who wrote what stands there?
#
# ## The equation, derived
#
# First a drawing of a stream and its writers. Then the sum: replace the last stream by what it is, again and
# again, and remove the brackets.

# %% tags=["hide-input"]
import numpy as np

import ovlearn as ov
from ovlearn import plots
from ovlearn.plots import kit
from ovlearn.symbolic import Network, NormalForm

heads = [
    [f"head {layer}.{head}" for head in range(2)] for layer in range(3)
]
kit.draw(
    *kit.stream(heads),
    title="The stream and its writers",
    caption="Follow the thick line: whatever is written stays in it, up to the logits Y.",
    says="The residual stream runs from the embedding E W_E to the unembedding W_U. Three layers of two "
    "heads read it. What the heads of layer i write is Delta_i: a plus sign adds it to X_i, and X_(i+1) "
    "goes on.",
)

# %%
unrolled = ov.derive("residual-stream", layers=3)
ov.show(unrolled, label="eq:stream-sum")

# %% [markdown]
# A network of {{ unrolled.network.layers }} layers has {{ unrolled.network.layers }} outputs, $\Delta_0$,
# $\Delta_1$ and $\Delta_2$, and ends with $X_3$. The stream with index 3 holds the outputs *below* index 3.
# In general, $X_n = X_0 + \Delta_0 + \dots + \Delta_{n-1}$.
#
# ### For any number of layers
#
# Unrolling proves it for three layers. To prove it for all, use induction. It begins at $n = 0$, where the
# sum is empty and $X_0 = X_0$. Now assume that the sum holds for $X_n$, and take one step:

# %%
step_up = unrolled.lemma("From n to n + 1")
ov.show(step_up, label="eq:stream-induction")

# %% [markdown]
# The last rule, *join*, takes $\Delta_n$ into the sum. What holds for $n$ holds for $n + 1$, so it holds for
# every $n$.
#
# The two derivations are independent of each other: one unrolls, the other climbs. So each can check the
# other. Put numbers in the place of $n$, and compare.

# %%
letters = {
    letter.name: letter for letter in step_up.result.lhs.free_symbols
}
for layers in range(1, 7):
    climbed = step_up.result.rhs.subs(letters["n"], layers - 1)
    unrolled_anew = ov.derive(
        "residual-stream", layers=layers
    ).result.rhs
    assert NormalForm().of(climbed) == NormalForm().of(unrolled_anew)

# %% [markdown]
# ## In code, in the equation's own symbols
#
# Now the same in a model that runs. It has three layers with two heads each, and random weights. All its
# sizes differ, so that an axis in the wrong place cannot go unseen.

# %% try=["another seed: seed=1 -> seed=4", "four layers: n_layers=3 -> n_layers=4"]
config = ov.Config(
    n_layers=3, n_heads=2, d_model=12, d_head=4, d_vocab=10, n_ctx=8
)
model = ov.Transformer.random(config, seed=1)
tokens = [3, 1, 4, 1, 5, 9]
run = model.run(tokens)

X = [*run.resid_pre, run.resid_final]  # X[i]: [pos, d_model]
# [layer, pos, d_model]   summed over heads
Delta = run.head_out.sum(axis=1)
print(len(X), "streams,", len(Delta), "outputs")

# %% [markdown]
# `run.head_out` was recorded head by head, as the product of what the head gathered, its $z$, and its output
# weights. No difference of two streams was taken. That matters now.
#
# ## A check that could have failed
#
# Is each recorded stream the sum of the recorded outputs before it?

# %%
rounding = 1e-12
for i in range(len(X)):
    # [pos, d_model]   up to Δ_{i−1}
    total = X[0] + Delta[:i].sum(axis=0)
    worst = np.abs(X[i] - total).max()
    assert worst < rounding
    print(f"X_{i}: the largest difference is below {rounding}")

# %% [markdown]
# It is, up to rounding. And $X_0$ is the embedding, which is the one thing that no layer wrote:

# %%
assert np.array_equal(X[0], model.W_E[tokens])

# %% [markdown]
# Now break it. Leave out one head of one layer, and the sum must no longer hold.

# %%
without = Delta.copy()  # [layer, pos, d_model]
without[1] -= run.head_out[1, 0]
broken = np.abs(X[3] - X[0] - without.sum(axis=0)).max()
assert broken > 0.1
print(f"without head (1, 0): largest difference {broken:.2f}")

# %% [markdown]
# ### Why the sum is worth having
#
# A sum passes through any linear map. The logits are $Y = X_3 W_U$, so each writer adds a part of its own to
# each logit. Let us take the last position and the token that the model prefers there.

# %%
writers = {"embedding": X[0]}  # each [pos, d_model]
for layer in range(3):
    for head in range(2):
        writers[heads[layer][head]] = run.head_out[layer, head]

best = int(run.logits[-1].argmax())
column = model.W_U[:, best]  # [d_model]   from a row to this logit
parts = {
    name: written[-1] @ column for name, written in writers.items()
}
assert np.isclose(sum(parts.values()), run.logits[-1, best], rtol=1e-12)

# %% tags=["hide-input"]
plots.bars(
    list(parts.values()),
    list(parts),
    title=f"Who wrote the logit of token {best}",
    caption=f"Together: {run.logits[-1, best]:.2f}. A part can be negative.",
)

# %% [markdown]
# The {{ len(parts) }} parts add up to the logit, {{ f"{run.logits[-1, best]:.2f}" }}. The field calls this
# *direct logit attribution*. It says what each head wrote into this logit. It does not say why the head wrote
# that.
#
# ## The usual mistakes
#
# **One term too many.** The article defines $X_i$ as the input of layer $i$ and takes the logits from
# $X_n$, but ends their sum with $\Delta_n$. What stands in $X_n$ was added by layers $0 \dots n-1$, and
# ends with $\Delta_{n-1}$ ([erratum 1](../errata.md#erratum-1)). In a network of three layers there is no
# $\Delta_3$, and the symbols say so:

# %%
try:
    Network(layers=3).layer("Delta", 3)
    raise AssertionError("it was accepted")
except ValueError as refusal:
    print(refusal)

# %% [markdown]
# Arrays forgive more. A slice that ends too late is silently cut at the end of the array, so the mistake
# passes at $X_3$ and shows only before:

# %%
for i in (1, 2, 3):
    too_many = X[0] + Delta[: i + 1].sum(axis=0)  # [pos, d_model]
    print(
        f"X_{i}: largest difference {np.abs(X[i] - too_many).max():.2f}"
    )

# %% [markdown]
# **A check that cannot fail.** It is tempting to take $\Delta_i$ as the difference `X[i + 1] - X[i]`. Then
# the sum holds for *any* list of matrices, because all but the ends cancel. Even for noise:

# %%
rng = np.random.default_rng(0)
# [layer, pos, d_model]   no network at all
noise = rng.normal(size=(4, 6, 12))
differences = noise[1:] - noise[:-1]  # [layer, pos, d_model]
assert np.allclose(noise[3], noise[0] + differences.sum(axis=0))

# %% [markdown]
# This is why we summed `run.head_out`.
#
# **Adding up lengths.** The matrices add. Their lengths do not, since the parts may point in different
# directions and cancel.

# %%
lengths = sum(
    np.linalg.norm(written[-1]) for written in writers.values()
)
length = np.linalg.norm(X[3][-1])
print(f"lengths added {lengths:.1f}, length of the sum {length:.1f}")

# %% [markdown]
# **Taking the sum for a cause.** The sum says what stands in the stream. It does not say what would stand
# there otherwise. Silence layer 0, and layer 1 does not write the same $\Delta_1$ as before: it reads another
# stream.

# %%
W_O = model.W_O.copy()  # [layer, head, d_head, d_model]
W_O[0] = 0
names = ("W_E", "W_Q", "W_K", "W_V", "W_U")
weights = {name: getattr(model, name) for name in names}
silenced = ov.Transformer(config, **weights, W_O=W_O).run(tokens)

# [pos, d_model] each
now, before = silenced.head_out[1].sum(axis=0), Delta[1]
changed = np.linalg.norm(now - before) / np.linalg.norm(before)
print(f"Δ_1 changes by {changed:.0%} of its length")

# %% [markdown]
# So $\Delta_1$ depends on $\Delta_0$, by {{ f"{changed:.0%}" }} of its own length here. How it depends on it
# is the subject of the lessons that follow.
#
# ## Where it stands
#
# - Article, *Motivation*: its first two displayed equations are $\eqref{eq:recurrence}$ and
#   $\eqref{eq:stream-sum}$. It writes the output as `layer(X_i)`, where the function needs an index too, as
#   each layer has weights of its own ([erratum 9](../errata.md#erratum-9)).
# - Article, *The Circuit*: the sums that end with $\Delta_n$ ([erratum 1](../errata.md#erratum-1)).
# - Paper, *Virtual Weights and the Residual Stream as a Communication Channel*: layers talk to each other
#   only through the stream. *Attention Heads are Independent and Additive*: a layer is the sum of its heads.
#
# ## Recap
#
# - $X_i = X_0 + \Delta_0 + \dots + \Delta_{i-1}$: the stream before layer $i$ holds what the layers before it
#   wrote.
# - It holds for every depth, by induction.
# - A linear map of the stream is a sum with a term for each writer. The logits are such a map.
# - Check it with what was recorded on another way, never with differences of the streams themselves.
#
# ## What to practise
#
# 1. Check the sum for the last stream of a model with `n_heads=5` and a batch of texts. Over which axis do
#    you sum?
# 2. Which head wrote most into the logit of token {{ best }} at position 3? Do the parts still add up there?
# 3. Give the model positions (`positional=True` in the config). What is $X_0$ now, and does the sum still
#    hold?
#
# Next: [layers are not linear](02_layers_are_not_linear.py).
