# %% [markdown]
# # Freeze the attention
#
# Run a network once, and keep its attention patterns for good. What is left is linear, and it is exact about that
# run. This lesson says what that buys, and what it costs.

# %% tags=["remove-cell"]
from dataclasses import replace

import numpy as np

import ovlearn as ov
from ovlearn import plots, zoo

model = zoo.load("king-james-two-layers")
tokens = model.encode("<bos> gold and silver and")
changed = model.encode("<bos> honey and silver and")
before, after = model.run(tokens), model.run(changed)
shown = 1, 3

# %% [markdown]
# ## What if the pattern stayed as it was?
#
# A layer is not a linear function of the stream: what it makes of a sum is not the sum of what it makes of the parts
# ([lesson 02](02_layers_are_not_linear.py)). So the parts of the stream do not act alone, and we cannot ask what each one does.
#
# Yet most of a head *is* linear. [Lesson 04](04_values_and_outputs_fold.py) wrote it as $A X W_{OV}$, with a constant
# $W_{OV}$. Only the pattern $A$ depends on the stream. Change one word, and a head may look elsewhere:

# %% tags=["hide-input"]
plots.pattern(
    before.pattern[shown],
    tokens=model.words(tokens),
    title="The pattern of head 1.3",
    caption="From the last word it looks at “gold” and at “silver”. A frozen network keeps that.",
)

# %% tags=["hide-input"]
plots.pattern(
    after.pattern[shown],
    tokens=model.words(changed),
    title="The same head, one word changed",
    caption="Now “silver” gets nearly all. A frozen network would not know.",
)

# %% [markdown]
# What do we get if we hold $A$ constant, and what do we lose?
#
# ## What freezing is
#
# Run the network once on some text, and record the pattern of every head. Now take a second network with the same
# weights, whose patterns *are* those numbers, whatever is in its stream. It never computes a score. That is all.

# %%
run = model.run(model.encode("<bos> silver and"))
frozen = run.frozen()


def apart(a, b):
    """How far logits a are from b: less their means, over b's size."""
    a, b = (each - each.mean(axis=-1, keepdims=True) for each in (a, b))
    return np.linalg.norm(a - b) / np.linalg.norm(b)


rounding = 1e-5  # these weights have seven digits
assert apart(frozen.run().logits, run.logits) < rounding

# %% [markdown]
# `frozen.run()` sends the recorded embedding through it, and gives the logits of the run. `frozen.run(X)` sends any
# other stream through it.
#
# ## Two equations, derived
#
# With the patterns held, two equations describe the whole network. The first says what the logits are made of:

# %%
d = ov.derive("frozen-network", layers=2, heads=2, layer=1)
ov.show(d, label="eq:frozen-logits")

# %% [markdown]
# The second says what a layer adds. Here are two heads a layer; $A_{1,0}$ is the pattern of layer 1, head 0.

# %%
ov.show(d.lemma("What a layer adds"), label="eq:frozen-layer")

# %% [markdown]
# Look at the right side. Every term is a constant matrix, times the words $E$ or something that was added before,
# times constant matrices. No softmax is left. So each $\Delta$ is linear in what came before it, and the logits are
# linear in all of it.
#
# Beside the stream itself, four things are assumed: the patterns are frozen, the layers are attention alone, the
# unembedding is linear, and nothing but the words is in $X_0 = E W_E$. Our model breaks the last one, since it has positions too. Linearity mends that:
# words and positions go through separately, and their logits add up.

# %%
words, places = model.W_E[run.tokens], model.W_pos[:3]  # [pos, d_model]
of_words, of_places = frozen.run(words), frozen.run(places)
assert apart(of_words.logits + of_places.logits, run.logits) < rounding

# %% tags=["remove-cell"]
(gold,) = model.encode("gold")
part_of_words, part_of_places = (
    (each.logits[-1] - each.logits[-1].mean())[gold]
    for each in (of_words, of_places)
)

# %% [markdown]
# Of the logit of “gold”, {{ f"{part_of_words:.1f}" }} come from the words and {{ f"{part_of_places:.1f}" }} from the
# positions. From here on we follow the words, and all of it is exact.
#
# ## In code

# %%
A = run.pattern  # [layer, head, query, key]
W_OV = model.W_V @ model.W_O  # [layer, head, d_model, d_model]
X = words  # [pos, d_model]
for layer in range(2):
    X = X + (A[layer] @ X @ W_OV[layer]).sum(axis=0)
Y = X @ model.W_U  # [pos, d_vocab]

# %% [markdown]
# ## A check that could have failed
#
# The frozen network computes values and outputs head by head, and never forms $W_{OV}$. Does it agree? And does it
# still, if two heads exchange their patterns?

# %%
assert apart(Y, of_words.logits) < rounding

X = words + (A[0] @ words @ W_OV[0]).sum(axis=0)  # [pos, d_model]
swapped = A[1, [0, 1, 2, 6, 4, 5, 3, 7]]  # heads 3 and 6 exchanged
wrong = (X + (swapped @ X @ W_OV[1]).sum(axis=0)) @ model.W_U
assert apart(wrong, of_words.logits) > 0.01

# %% [markdown]
# Then the test of linearity itself. Cut the stream into two parts at random, send each through alone, and add the
# logits. Frozen, that must give the whole. Unfrozen, it must not. (To feed the network itself a stream, we put
# its rows where the embeddings are.)


# %%
def unfrozen(stream):
    """Run the network itself from a stream [pos, d_model]."""
    W_E = np.zeros_like(model.W_E)  # [d_vocab, d_model]
    W_E[: len(stream)] = stream
    moved = replace(model, W_E=W_E, W_pos=0 * model.W_pos)
    return moved.run(np.arange(len(stream))).logits


rng = np.random.default_rng(0)
part = rng.normal(size=words.shape).astype("float32")  # [pos, d_model]
rest = words - part  # [pos, d_model]
split = frozen.run(part).logits + frozen.run(rest).logits
assert apart(split, of_words.logits) < 1e-4
really = unfrozen(part) + unfrozen(rest)  # [pos, d_vocab]
off = apart(really, unfrozen(words))
assert off > 0.1
print(f"unfrozen, the parts miss the whole by {off:.0%}")

# %% [markdown]
# ## What freezing buys: heads, one at a time
#
# In the frozen network we may silence heads, and no pattern changes. So what the heads of one layer do to the logits
# adds up exactly:


# %%
def logits_with(*heads):
    """The frozen logits [pos, d_vocab] with these heads alone."""
    return frozen.run(words, heads=set(heads)).logits


nobody = logits_with()  # [pos, d_vocab]
each = logits_with((1, 6)) + logits_with((1, 3)) - 2 * nobody
both = logits_with((1, 6), (1, 3)) - nobody  # [pos, d_vocab]
assert apart(each, both) < rounding

# %% [markdown]
# For heads of different layers something is missing: the later head also reads what the earlier one wrote. That is a
# path of its own, and [lesson 06](06_every_path.py) finds every one of them.
#
# ## What freezing costs
#
# The patterns come from one run. Send other words through, and they are the wrong patterns:

# %%
stale = before.frozen().run(after.embedding).logits  # [pos, d_vocab]
miss = apart(stale[-1], after.logits[-1])
assert miss > 0.05
print(f"the last logits are off by {miss:.0%}")

# %% tags=["remove-cell"]
moved_rows = np.abs(before.pattern - after.pattern)[..., -1, :].sum(-1)
furthest = np.unravel_index(moved_rows.argmax(), moved_rows.shape)

# %% [markdown]
# So a frozen network explains the run that it was recorded from. It does not predict other runs.
#
# ## The usual mistakes
#
# **“Freezing is a first-order approximation.”** At the recorded stream it has the right value and the wrong slope.
# Change the words' stream a little (in the model without positions, so that words are all of it), and compare how much
# the logits change:

# %%
step = 1e-3 * part  # [pos, d_model]
true_change = unfrozen(words + step) - unfrozen(words)
own = replace(model, W_pos=0 * model.W_pos).run(run.tokens).frozen()
frozen_change = own.run(words + step).logits - own.run(words).logits
slope_error = apart(frozen_change, true_change)
assert slope_error > 0.1
print(f"the change is off by {slope_error:.0%}")

# %% [markdown]
# That does not shrink with the step: a true step moves the patterns, too. A first-order approximation would have the
# slope right.
#
# **“The embedding is assumed to be linear.”** Looking up a row is multiplying by a one-hot row, for any table. What
# is assumed is that nothing else is in $X_0$.
#
# **“Frozen, everything is linear.”** Most models have norms, before every layer and before $W_U$, which divide each row
# by its size. Attention alone may be frozen, and parts still do not add up. [Lesson 12](12_real_networks.py) deals with
# that.
#
# ## Recap
#
# - Freezing holds every pattern at what one run recorded. On that run nothing changes.
# - A frozen network is linear, at any depth. So parts of the stream, and heads, can be asked one at a time.
# - It is exact for one input: right value, wrong slope.
# - Where attention looks, and why, is left out. That is the QK circuit, in [lesson
#   10](10_many_heads_and_the_qk_circuit.py).
#
# ## What to practise
#
# 1. Give a frozen network three times its stream. What happens with the logits? And with those of the network
#    itself?
# 2. Cut the words by position: part 1 keeps the first two rows. Which rows of the frozen logits can part 2 reach?
# 3. Freeze the network on “gold and silver and”. With “honey” in the place of “gold”, which head's true pattern is
#    furthest from the frozen one, at the last position?
#
# ??? success "Answers"
#
#     1. Frozen, they are three times as large. In the network itself the scores of layer 0 grow ninefold, so the
#        patterns change, too.
#     2. The last one only: no position looks at a later one.
#     3. {{ f"{furthest[0]}.{furthest[1]}" }}. Subtract the two `run.pattern[..., -1, :]` and add up what differs.
#
# Next: [every path through the network](06_every_path.py), which is what the two equations become when one puts the
# second into the first.
