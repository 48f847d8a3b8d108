# %% [markdown]
# # The residual stream
#
# Every part of a transformer reads from one matrix and adds to it. Nothing is overwritten in place. So whatever is
# in that matrix, at any depth, is a sum, and each part of it has a writer.

# %% tags=["remove-cell"]
from dataclasses import replace

import numpy as np

import ovlearn as ov
from ovlearn import plots, zoo
from ovlearn.plots import kit

model = zoo.load("king-james-two-layers")
heads = [
    (layer, head)
    for layer in range(model.config.n_layers)
    for head in range(model.config.n_heads)
]


def without(*silent):
    """The model, in which these heads write nothing."""
    W_O = model.W_O.copy()  # [layer, head, d_head, d_model]
    for each in silent:
        W_O[each] = 0
    return replace(model, W_O=W_O)


def chances(network):
    """The probability of each next word [d_vocab] after the text."""
    logits = network.run(model.encode("<bos> silver and")).logits[-1]
    p = np.exp(logits - logits.max())  # [d_vocab]
    return p / p.sum()


(gold,) = model.encode("gold")
chance = {
    silent: chances(without(*silent))[gold]
    for silent in [(), *((head,) for head in heads)]
}
assert chance[(1, 4),] > chance[()]

# %% [markdown]
# ## Who made it say “gold”?
#
# The model of [lesson 00](00_a_head_that_means_something.py) goes on “silver and” with “gold”. It has
# {{ len(heads) }} heads in two layers. Silence one of them, and see what becomes of “gold”.


# %% tags=["hide-input"]
def silencing(state):
    """The stream, with one head silent, and what the model says then."""
    choice = [None, (1, 6), (1, 3), (0, 3), (1, 4)][state["silent"]]
    p = chances(without(*[choice] if choice else []))  # [d_vocab]
    top = p.argsort()[:-5:-1]
    name = f"{choice[0]}.{choice[1]}" if choice else ""
    drawn = kit.stream(
        [["0.0", "0.3", "6 more"], ["1.3", "1.4", "1.6", "5 more"]],
        silent=[name],
    )
    below = kit.bars(
        100 * p[top],
        [model.tokens[token] for token in top],
        (100, 70),
        "unembedding",
        length=3 * 100 * p[top[0]],
        pointed=False,
    )
    heading = kit.text(
        "the next word, in %", (190, 54), "unembedding", bold=True
    )
    says = f"With head {name} silent" if choice else "With all heads"
    return kit.draw(
        *drawn,
        heading,
        below,
        title=says,
        says="The residual stream runs from the embedding E W_E to the unembedding W_U. Heads read it, and "
        f"what they write is added to it. {says}, “gold” has {100 * p[gold]:.0f} %.",
        caption=f"{says}, “gold” has a probability of {100 * p[gold]:.0f} %.",
    )


plots.switches(
    [
        plots.Control(
            "silent", "Silence", ("nobody", "1.6", "1.3", "0.3", "1.4")
        )
    ],
    silencing,
    title="The stream and its writers",
    caption="Follow the thick line: whatever is added to it stays in it, up to the logits Y.",
)

# %% [markdown]
# Without head 1.6 the model says “gold” with {{ f"{100 * chance[(1, 6),]:.0f} %" }} instead of
# {{ f"{100 * chance[()]:.0f} %" }}. Without 1.4 it says it more often: that head helps the rivals of “gold” more. How
# can we give each head its share?
#
# ## One matrix that all share
#
# A text of $s$ tokens is a matrix with $s$ rows, one for each position, and $d$ columns. This is the
# **residual stream**. At the start it holds the embedded words, $X_0 = E W_E$. (This model also adds a row
# $W_{pos}$ for each position, so that it can tell first from second.) Layer $i$ reads $X_i$ and adds its output
# $\Delta_i$:
#
# $$
# X_{i+1} = X_i + \Delta_i
# \label{eq:recurrence}
# $$
#
# This is how nearly all language models of today are built. Their other parts, which you meet in [lesson
# 12](12_real_networks.py), add to the stream in the same way. After the last layer, $W_U$ reads the stream and gives
# the logits. (Here it reads the stream as it is. Most models divide it by its size first.)
#
# ## The sum, derived
#
# Replace the last stream by what it is, again and again, and remove the brackets.

# %%
unrolled = ov.derive("residual-stream", layers=3)
ov.show(unrolled, label="eq:stream-sum")

# %% [markdown]
# The words beside the lines are the rules. The line below says how each step was checked; press it to see
# more. Three layers have three outputs, $\Delta_0$ to $\Delta_2$, and end with $X_3$. The stream with index
# $i$ holds the outputs *below* $i$.
#
# For any number of layers it follows by induction. If it holds for $n$, it holds for $n + 1$:

# %%
ov.show(unrolled.lemma("From n to n + 1"), label="eq:stream-induction")

# %% [markdown]
# ## In code
#
# A run records what every head wrote.

# %% try=["another text: silver and -> the sun and the", "a longer one: silver and -> thou shalt love the lord thy"]
tokens = model.encode("<bos> silver and")
run = model.run(tokens)
X = [*run.resid_pre, run.resid_final]  # X[i]: [pos, d_model]
Delta = run.head_out.sum(axis=1)  # [layer, pos, d_model]
print(len(X), "streams,", len(Delta), "outputs")

# %% [markdown]
# ## A check that could have failed
#
# Is each recorded stream the sum of what was written before it?

# %%
rounding = 1e-4  # these weights have seven digits
for i in range(len(X)):
    total = X[0] + Delta[:i].sum(axis=0)  # [pos, d_model]
    assert np.abs(X[i] - total).max() < rounding
placed = model.W_E[tokens] + model.W_pos[: len(tokens)]
assert np.abs(X[0] - placed).max() < rounding

# %% [markdown]
# It is. Now forget one head, and the sum must fail:

# %%
forgot = X[0] + Delta.sum(axis=0) - run.head_out[1, 6]  # [pos, d_model]
broken = np.abs(X[-1] - forgot).max()
assert broken > 0.1
print(f"without head 1.6: off by {broken:.2f}")

# %% [markdown]
# ## Every logit has its writers
#
# A sum passes through a linear map. The logits are $Y = X_2 W_U$, so every writer has its own part of every
# logit. For “gold”, take its column of $W_U$, less the mean column, and multiply:

# %%
column = model.W_U[:, gold] - model.W_U.mean(axis=1)  # [d_model]
last = len(tokens) - 1
parts = {
    "embedding": model.W_E[tokens[-1]] @ column,
    "position": model.W_pos[last] @ column,
    **{
        f"head {layer}.{head}": run.head_out[layer, head, last] @ column
        for layer, head in heads
    },
}
whole = X[-1][last] @ column
assert abs(sum(parts.values()) - whole) < rounding

# %% tags=["hide-input"]
order = sorted(parts, key=lambda name: -abs(parts[name]))
shown = {name: float(parts[name]) for name in order[:8]}
shown["all others"] = float(sum(parts[n] for n in order[8:]))
plots.bars(
    list(shown.values()),
    list(shown),
    title="Who wrote the logit of “gold”",
    caption="Two heads of layer 1 wrote more than half of it.",
)

# %% [markdown]
# The {{ len(parts) }} parts add up to {{ f"{whole:.1f}" }}, the logit of “gold” above the mean. This is called
# *direct logit attribution*. It says what each head wrote into that logit. It does not say why.
#
# ## The usual mistakes
#
# **One term too many.** $X_n$ ends with $\Delta_{n-1}$. Layer $n$ reads $X_n$ and has not written yet.
# ([Erratum 1](../errata.md#erratum-1).)
#
# **A check that cannot fail.** A run records the streams, so it is tempting to take $\Delta_i$ as
# `X[i + 1] - X[i]`. Then the sum holds for any matrices at all, because everything but the ends cancels. It holds even for noise:

# %%
noise = np.random.default_rng(0).normal(size=(4, 6, 12))
differences = noise[1:] - noise[:-1]  # [layer, pos, d_model]
assert np.allclose(noise[3], noise[0] + differences.sum(axis=0))

# %% [markdown]
# That is why we summed `run.head_out`, which each head computed by itself.
#
# **Taking a part for a cause.** Head 0.6 wrote {{ f"{parts['head 0.6']:.1f}" }} into the logit. Silence it, and
# the logit loses more than twice that, because the heads of layer 1 now read another stream and write something
# else:

# %%
lost = whole - without((0, 6)).run(tokens).resid_final[last] @ column
assert lost > 2 * parts["head 0.6"]
print(
    f"wrote {parts['head 0.6']:.2f}, and without it {lost:.2f} is lost"
)

# %% [markdown]
# So what a layer writes depends on what was written before. How it depends on it is the subject of the lessons
# that follow.
#
# ## Recap
#
# - The residual stream is a sum: $X_i = X_0 + \Delta_0 + \dots + \Delta_{i-1}$.
# - Here the logits are a linear map of it, so each logit is a sum with a part for each writer.
# - Check it with what the writers recorded, never with differences of the streams.
# - A part says what was written. It does not say what would happen without it.
#
# ## What to practise
#
# 1. Which head works hardest *against* “gold”?
# 2. Check the sum on a batch of two texts of the same length. Over which axis do you sum the heads?
# 3. Is the part of a head in the logit of “gold” at position 1, after “silver” alone, the same as here?
#
# ??? success "Answers"
#
#     1. {{ min(parts, key=parts.get) }}, with {{ f"{min(parts.values()):.2f}".replace("-", "−") }}: in this text
#        hardly any head writes against it directly.
#     2. `run.head_out` is [layer, batch, head, pos, d_model], so the heads are axis 2.
#     3. No. There the heads read the row of another position, and have less text to look at.
#
# Next: [layers are not linear](02_layers_are_not_linear.py), which is what makes the next question hard.
