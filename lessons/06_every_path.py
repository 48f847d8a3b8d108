# %% [markdown]
# # Every path through the network
#
# A frozen network is a sum with one term for each way through it, from the words to the logits. Here you see the
# ways, derive the sum, and check single terms by silencing heads.

# %% tags=["remove-cell"]
import numpy as np

import ovlearn as ov
from ovlearn import paths, plots, zoo
from ovlearn.plots import kit

# %% [markdown]
# ## Which ways lead from the words to the logits?
#
# Choose the layers and the heads of a small network. Each way from left to right is a path. Press a head to lead
# the path through it, or the stream to lead it past.

# %% tags=["hide-input"]
plots.path_explorer(
    title="Every path through a small network",
    caption="Below the drawing: the path's term, and what it adds to the logits. Then make all W_O larger, and see which paths win.",
)

# %% [markdown]
# The numbers are those of a random network. The *norm* is the size of what a path adds. The *share* is how much of
# the logits $Y$ it makes up, $\langle \text{part}, Y \rangle / \langle Y, Y \rangle$: all shares sum to 100 %, and
# one below 0 works against the rest. The slider multiplies all $W_O$ while the patterns are held: a path through
# $k$ heads grows by the $k$-th power.
#
# ## A choice at every layer
#
# At each layer a path has a choice. It stays in the stream, or it passes through one of the heads. With $L$ layers
# of $H$ heads there are $(1 + H)^L$ paths. How many heads a path passes is its **order**. There are
# $\binom{L}{k} H^k$ paths of order $k$; the one of order 0 is the **direct path**.
#
# ## The sum, derived
#
# [Lesson 05](05_freeze_the_attention.py) left two equations. The logits are made of the words and of what each layer
# adds, $\eqref{eq:frozen-logits}$. What a layer adds is made of the words and of what *earlier* layers added,
# $\eqref{eq:frozen-layer}$. Put the second into the first until no $\Delta$ is left, and multiply out. For two
# layers of two heads:

# %%
d = ov.derive("path-expansion", layers=2, heads=2)
ov.show(d, label="eq:path-expansion")

# %% [markdown]
# ## Why the orders are opposite
#
# Look at a path through two heads, the last terms in the box. On the left of $E$ the later pattern comes first,
# $A_1 A_0$. On the right the earlier matrix comes first, $W_{OV_0} W_{OV_1}$. The reason is that each head *wraps*
# what has come so far: its pattern on the left, its $W_{OV}$ on the right.


# %% tags=["hide-input"]
def wrapped(inside, layer, width, height):
    """Around a box: a larger one, with the head's two matrices."""
    frame = kit.box("", (0, 0), size=(width, height))
    left = kit.text(
        f"A_{layer}", (-width / 2 + 24, 0), "pattern", 17, bold=True
    )
    right = kit.text(
        f"W_OV{layer}", (width / 2 - 34, 0), "ov", 17, bold=True
    )
    return [frame, left, right, *inside]


inner = wrapped([kit.box("E W_E", (-6, 0), "embedding")], 0, 220, 70)
kit.draw(
    *wrapped(inner, 1, 400, 116),
    kit.text("head of layer 0", (0, -46)),
    kit.text("then head of layer 1", (0, -70)),
    title="Each head wraps what came so far",
    says="A box E W_E stands in a box with A_0 on its left and W_OV0 on its right, and that in a box with A_1 on its "
    "left and W_OV1 on its right.",
    caption="Read from the inside out: A_1 (A_0 (E W_E) W_OV0) W_OV1.",
)

# %% [markdown]
# ## In code
#
# So a term is one loop. Here it is for every path of the text model, from its words.

# %%
model = zoo.load("king-james-two-layers")
tokens = model.encode("<bos> silver and")
frozen = model.run(tokens).frozen()
run = frozen.run(model.W_E[tokens])  # the words alone
A = run.pattern  # [layer, head, query, key]
W_OV = model.W_V @ model.W_O  # [layer, head, d_model, d_model]


def term(path):
    """What one path adds to the logits [pos, d_vocab]."""
    X = model.W_E[tokens]  # [pos, d_model]
    for head in path:
        X = A[head] @ X @ W_OV[head]  # each head wraps
    return X @ model.W_U


ways = list(paths.enumerate(model.config))
terms = {path: term(path) for path in ways}

# %% tags=["remove-cell"]
(gold,) = model.encode("gold")


def toward_gold(logits):
    """The last position's logit of “gold”, above the mean."""
    return float(logits[-1, gold] - logits[-1].mean())


gains = {path: toward_gold(terms[path]) for path in ways}
by_length = [
    sum(gains[path] for path in ways if len(path) == order)
    for order in range(3)
]
assert gains[(1, 6),] + gains[(1, 3),] > sum(gains.values()) / 2
largest = sorted(ways, key=lambda path: -abs(gains[path]))[:8]

# %% tags=["hide-input"]
plots.bars(
    [gains[path] for path in largest],
    [
        " → ".join(f"{layer}.{head}" for layer, head in path)
        or "direct"
        for path in largest
    ],
    title="The paths that say “gold” after “silver and”",
    caption="The largest of 81. Two paths through a single head do most of it.",
)

# %% [markdown]
# The model has {{ paths.count(model.config) }} paths. To the logit of “gold”, the direct path adds {{ f"{by_length[0]:.1f}" }}, the {{ sum(len(path) == 1 for path in ways) }} paths through one head
# {{ f"{by_length[1]:.1f}" }}, and the {{ sum(len(path) == 2 for path in ways) }} through two heads {{ f"{by_length[2]:.1f}" }}.
#
# ## A check that could have failed
#
# **The terms sum to the logits.** The forward pass knows nothing of paths.


# %%
def apart(a, b):
    """How far logits a are from b: less their means, over b's size."""
    a, b = (each - each.mean(axis=-1, keepdims=True) for each in (a, b))
    return np.linalg.norm(a - b) / np.linalg.norm(b)


rounding = 1e-5  # these weights have seven digits
total = sum(terms.values())  # [pos, d_vocab]
assert apart(total, run.logits) < rounding
assert apart(total - terms[(1, 6),], run.logits) > 0.1

# %% [markdown]
# **Each term is what an intervention says.** A sum can be right with wrong terms in it. So silence heads. With only
# 0.4 and 1.6 writing, four paths are open: none, the one, the other, both. Take three away, and the path through
# both is left.


# %%
def logits_with(*heads):
    """The frozen logits [pos, d_vocab] with these heads alone."""
    return frozen.run(model.W_E[tokens], heads=set(heads)).logits


first, second = (0, 4), (1, 6)
single = logits_with(first) + logits_with(second) - logits_with()
through_both = logits_with(first, second) - single  # [pos, d_vocab]
assert np.abs(terms[first, second] - through_both).max() < 1e-4

# the patterns in the order of the W_OV
X = model.W_E[tokens] @ W_OV[first] @ W_OV[second]  # [pos, d_model]
wrong = A[first] @ A[second] @ X @ model.W_U  # [pos, d_vocab]
assert np.abs(wrong - through_both).max() > 0.01

# %% [markdown]
# ## Are the short paths enough?
#
# It would be pleasant if paths of order 0 and 1 were all that counts: then every head could be read alone. Listing
# paths is hopeless in a large network: {{ f"{13**12:,}" }} for twelve layers of twelve heads. But all paths of
# one order can be summed without listing them: after each layer, order $k$ holds the old order $k$, and the old order
# $k - 1$ sent through that layer's heads. `paths.by_order` does that.

# %%
orders = paths.by_order(run)  # [order, pos, d_vocab]
missed = apart(orders[0] + orders[1], run.logits)
print(f"orders 0 and 1 miss {missed:.0%} of the logits")

# %% [markdown]
# For “gold” next to nothing is missed. Over all words and positions it is that much, for this model and this text, in
# the Frobenius norm. It is no law. In a random network it depends on the scale of the weights, as the slider above
# shows. In SmolLM2 hardly anything of what the heads of [lesson
# 12](12_real_networks.py) give comes along their boxes. Measure it.
#
# ## Two heads act as one
#
# A path through two heads looks like a path through one:

# %%
virtual = ov.derive("virtual-heads", layers=2, heads=1)
ov.show(virtual, label="eq:virtual-head")

# %% [markdown]
# The two make one **virtual head**, with pattern $A_1 A_0$ and matrix $W_{OV_0} W_{OV_1}$. Entry $ij$ of the product
# goes over every stop on the way: how much $i$ looks at some $m$ in the later head, times how much $m$ looks at $j$
# in the earlier one.

# %% tags=["hide-input"]
longer = model.run(
    model.encode("<bos> thou shalt love the lord thy")
).pattern
kit.draw(
    *kit.product(
        kit.block("A_1", longer[second], "pattern"),
        kit.block("A_0", longer[first], "pattern"),
        "=",
        kit.block("A_1 A_0", longer[second] @ longer[first], "pattern"),
    ),
    title="The pattern of a virtual head",
    says="Three patterns of seven positions: that of head 1.6, times that of head 0.4, is the pattern of the "
    "virtual head. Its rows sum to 1, too.",
    caption="Heads 1.6 and 0.4 on “thou shalt love the lord thy”. Rows look, columns are looked at; the product's rows sum to 1, too.",
)

# %% [markdown]
# ## The usual mistakes
#
# **The patterns in the wrong order.** $A_0 A_1$ is causal, and its rows sum to 1, so neither test sees the mistake.
# Comparing numbers does, as above.
#
# **Adding up norms.** The terms are matrices that point in different directions and partly cancel. Norms do not add
# up; shares do.
#
# **Paths through two heads of one layer.** There are none: heads of a layer read the same stream, and neither reads
# what the other writes. So there are not $2^{LH}$ paths either. The package refuses:

# %%
try:
    paths.contribution(run, ((0, 0), (0, 1)))
    raise AssertionError("it was accepted")
except ValueError as refusal:
    print(refusal)

# %% [markdown]
# **“The virtual head attends.”** No head computes $A_1 A_0$. There is no query and no key behind it.
#
# ## Recap
#
# - A frozen network is a sum over $(1 + H)^L$ paths. Each passes at most one head of each layer.
# - Each head wraps what came so far. So patterns stand left of the words, the last one outermost, and the
#   $W_{OV}$ right, the first one first.
# - The terms sum to the logits exactly, and each can be checked by silencing heads.
# - How much the short paths hold is a question about the network. Measure it.
#
# ## What to practise
#
# 1. List the paths of three layers with one head each. How many are there of each order?
# 2. Which path through two heads works hardest *against* “gold”?
# 3. Why does $\binom{L}{k} H^k$, summed over $k$, give $(1 + H)^L$?
#
# ??? success "Answers"
#
#     1. {{ len(list(paths.enumerate(ov.Config(3, 1, 4, 2, 3, 3)))) }}: 1, 3, 3 and 1.
#     2. {{ " then ".join(f"{layer}.{head}" for layer, head in min(gains, key=gains.get)) }}, with
#        {{ f"{min(gains.values()):.2f}".replace("-", "−") }}.
#     3. It is the binomial theorem. Multiply out $(1 + H)(1 + H) \cdots$: from each factor take the 1 or the $H$.
#
# Next: [one head's contribution](07_the_ov_circuit.py), the term of this sum that the course is about.
