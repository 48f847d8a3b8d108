# %% [markdown]
# # One attention head, step by step
#
# A head reads the stream and adds to it. In between are seven small equations. Here you write them in numpy,
# compare each with what a model recorded, and then break them on purpose.

# %% tags=["remove-cell"]
import math

import numpy as np

import ovlearn as ov
from ovlearn import plots, zoo
from ovlearn.plots import kit
from ovlearn.plots.svg import number, tag

model = zoo.load("king-james-two-layers")


def words_of(tokens):
    return ["begin", *model.words(tokens)[1:]]


# %% [markdown]
# ## Where from, and what?
#
# Most parts of a network treat each position by itself. A head is the one part that brings something from one
# position to another. After “the vessels of silver and” comes “gold”. The last word is “and”, and nothing in
# “and” speaks of metals. So something must have come from “silver”. How does a head find where to look, and
# what does it bring?

# %% tags=["hide-input"]
seen = model.run(model.encode("<bos> the vessels of silver and"))
at = (1, 6)  # layer, head

x = kit.box("X", (0, 70), "stream")
w_q, w_k = kit.box("W_Q", (76, 0), "qk"), kit.box("W_K", (76, 70), "qk")
q, k = kit.box("Q", (142, 0), "qk"), kit.box("K", (142, 70), "qk")
w_v, v = kit.box("W_V", (76, 200), "ov"), kit.box("V", (142, 200), "ov")
z, w_o = (
    kit.box("Z", (384, 200), "ov"),
    kit.box("W_O", (448, 200), "ov"),
)
h = kit.box("H", (512, 200), "stream")


def placed(name, values, middle, thing):
    matrix = kit.block(name, values, thing, "s", "s", cell=15)
    x, y = matrix.middle
    return matrix.moved(middle[0] - x, middle[1] - y)


score = placed("S", seen.scores[at], (230, 35), "qk")
weight = placed("A", seen.pattern[at], (384, 35), "pattern")
kit.draw(
    kit.arrow(x.top, w_q.left, "stream", turn="along"),
    kit.arrow(x.right, w_k.left, "stream"),
    kit.arrow(x.bottom, w_v.left, "stream", turn="along"),
    *(
        kit.arrow(one.right, other.left, "qk")
        for one, other in ((w_q, q), (w_k, k))
    ),
    kit.arrow(q.right, (score.left[0] - 3, 15), "qk"),
    kit.arrow(k.right, (score.left[0] - 3, 55), "qk"),
    kit.arrow(
        (score.right[0] + 3, 35), (weight.left[0] - 3, 35), "pattern"
    ),
    kit.text("mask,", (306, 4), "pattern"),
    kit.text("softmax", (306, 20), "pattern"),
    kit.arrow(w_v.right, v.left, "ov"),
    kit.arrow(v.right, z.left, "ov"),
    kit.arrow(weight.bottom, z.top, "pattern"),
    kit.arrow(z.right, w_o.left, "ov"),
    kit.arrow(w_o.right, h.left, "ov"),
    *(x, w_q, w_k, w_v, q, k, v, score, weight, z, w_o, h),
    kit.text("where from", (109, -34), "qk", bold=True),
    kit.text("what", (109, 236), "ov", bold=True),
    kit.text("is added", (506, 231), "stream"),
    title="The inside of a head",
    caption="Above, queries meet keys: they say where to look. Below go the values: they say what to bring. S and A are those of head 1.6 on “begin the vessels of silver and”, a row for each word that looks. A stroke is a number below 0.",
    says="The stream X goes into three boxes: W_Q, which makes queries Q, W_K, which makes keys K, and W_V, which "
    "makes values V. Q and K make the scores S, a square matrix. Mask and softmax make of them the pattern A, "
    "which is zero above the diagonal. A and V make Z, and Z goes through W_O and becomes H, which is added to "
    "the stream.",
)

# %% [markdown]
# ## The parts of a head
#
# Each position asks a question, its **query**. Each offers something to be found by, its **key**. Where they fit,
# the **score** is high. A **mask** shuts out all later positions, and a softmax makes weights of what is left. With
# these weights a position averages the **values** of the others. What comes out is written to the stream.
#
# The stream $X$ has $s$ rows, one for each position, and $d$ columns. The head is $d_h$ wide inside.
#
# | name | what it is | shape |
# | --- | --- | --- |
# | $Q = X W_Q$ | queries: what each position looks for | $s \times d_h$ |
# | $K = X W_K$ | keys: what each position is found by | $s \times d_h$ |
# | $V = X W_V$ | values: what each position gives if looked at | $s \times d_h$ |
# | $S = Q K^{\top} / \sqrt{d_h}$ | scores: how well query and key fit | $s \times s$ |
# | $A = \operatorname{softmax}(\operatorname{mask}(S))$ | pattern: scores as weights | $s \times s$ |
# | $Z = A V$ | for each position, the average of what it looks at | $s \times d_h$ |
# | $H = Z W_O$ | the head's output | $s \times d$ |
#
# ## The equation, derived
#
# Begin with the output, and replace each name by what it is:

# %%
derivation = ov.derive("attention-head", layer=1)
ov.show(derivation, label="eq:attention-head")

# %% [markdown]
# Only the stream and four weight matrices are left. This is the $\mathrm{layer}$ of $\eqref{eq:layer}$, if the
# layer has one head. If it has more, $\Delta_l$ is the sum of their outputs.
#
# ## In code

# %% try=["another text: the vessels of silver and -> the heaven and the", "one of the other heads: here = 1, 6 -> here = 1, 1", "a head of layer 0: here = 1, 6 -> here = 0, 2"]
tokens = model.encode("<bos> the vessels of silver and")
run = model.run(tokens)
here = 1, 6  # layer, head
s, d_h = len(tokens), model.config.d_head

X = run.resid_pre[here[0]]  # [s, d]   what this layer reads
W_Q, W_K = model.W_Q[here], model.W_K[here]  # [d, d_h] each
W_V, W_O = model.W_V[here], model.W_O[here]  # [d, d_h], [d_h, d]

# %% [markdown]
# **Queries, keys, values** are three linear maps of the same stream. In the **scores** every query meets every key.

# %%
Q, K, V = X @ W_Q, X @ W_K, X @ W_V  # [s, d_h] each
S = Q @ K.T / math.sqrt(d_h)  # [s, s]   row: query, column: key

# %% [markdown]
# **Mask.** The score of a later position becomes $-\infty$, and its weight will be $e^{-\infty} = 0$. **Softmax**:
# exponentiate, and divide each row by its sum. To take off the largest score first changes nothing, and keeps
# `exp` from overflowing.


# %%
def softmax(S, axis=1):
    weights = np.exp(S - S.max(axis=axis, keepdims=True))  # [s, s]
    return weights / weights.sum(axis=axis, keepdims=True)  # [s, s]


earlier = np.tri(s, dtype=bool)  # [s, s]   True where key ≤ query
masked = np.where(earlier, S, -np.inf)  # [s, s]
A = softmax(masked)  # [s, s]
Z = A @ V  # [s, d_h]
H = Z @ W_O  # [s, d]

# %% [markdown]
# ## A check that could have failed
#
# The model recorded each of the seven. Compare them, and then compare the pattern with another head's.

# %%
recorded = {
    "q": Q, "k": K, "v": V, "scores": S,
    "pattern": A, "z": Z, "head_out": H,
}  # fmt: skip
rounding = 1e-4  # these weights have seven digits
for name, ours in recorded.items():
    theirs = getattr(run, name)  # [layer, head, …]
    assert np.abs(ours - theirs[here]).max() < rounding
another = here[0], (here[1] + 1) % model.config.n_heads
assert np.abs(A - run.pattern[another]).max() > 0.1
print("all seven agree; another head's pattern does not")

# %% [markdown]
# ## Entry by entry
#
# Matrices hide what happens at one position. Entry $ij$ of $Q K^{\top}$ is the product of two rows, $q_i k_j^{\top}$:
# one query with one key. And a row of $Z$ is a sum of values. ($e_i$ is the row with a 1 at place $i$, so
# $e_i Z$ is row $i$ of $Z$.)

# %%
ov.show(derivation.lemma("One row of A V"), label="eq:one-row")

# %% [markdown]
# The weights in it sum to 1. To see it, multiply $A$ by $\mathbf{1}$, the column of ones, which adds up each row:

# %%
ov.show(
    derivation.lemma("Rows of A sum to 1"), label="eq:rows-sum-to-one"
)

# %% [markdown]
# So a row of $Z$ is an *average* of values. That gives a second route to what the model recorded, with loops and
# single numbers:

# %%
for i in range(s):
    fits = [float(Q[i] @ K[j]) for j in range(i + 1)]
    raised = [math.exp(fit / d_h**0.5) for fit in fits]
    a_i = [one / sum(raised) for one in raised]
    z_i = sum(a_i[j] * V[j] for j in range(i + 1))  # [d_h]
    assert np.abs(z_i - run.z[here][i]).max() < rounding

# %% [markdown]
# ## Why the root of $d_h$?
#
# A score is a sum of $d_h$ products. Say that the entries of query and key are independent, with mean 0 and
# variance 1. Then each product has mean 0 and variance 1 as well, and the variance of their sum is $d_h$. So its
# typical size is $\sqrt{d_h}$. Dividing by that makes scores the same size, however wide the head is.

# %% tags=["hide-input"]
rng = np.random.default_rng(0)
table = {}
for width in (4, 16, 64, 256):
    queries = rng.normal(size=(2000, width))  # [rows, d_h]
    keys = rng.normal(size=(2000, 10, width))  # [rows, 10, d_h]
    products = np.einsum("rc,rkc->rk", queries, keys)  # [rows, 10]
    scaled = products / math.sqrt(width)  # [rows, 10]
    assert abs(scaled.var() - 1) < 0.1
    table[width] = [
        softmax(scores).max(axis=1).mean()
        for scores in (scaled, products)
    ]
print(
    "The largest of ten weights, on average, of random queries and keys"
)
print("d_h   divided   undivided")
for width, (divided, undivided) in table.items():
    print(f"{width:3}   {divided:7.2f}   {undivided:9.2f}")

# %% [markdown]
# Undivided, a head of width 256 puts {{ f"{100 * table[256][1]:.0f} %" }} of its weight on one key before it has
# learned anything; divided, {{ f"{100 * table[256][0]:.0f} %" }}. A softmax that is so sure hardly changes when the
# scores do, so training starts badly.
#
# ## The usual mistakes
#
# Here are six wrong patterns. Each has the right shape, and none raises an error.

# %%
broken = {
    "no mask": softmax(S),
    "zeros for a mask": softmax(np.where(earlier, S, 0)),
    "mask last": np.where(earlier, softmax(S), 0),
    "other axis": softmax(masked, axis=0),
    "no root": softmax(masked * math.sqrt(d_h)),
    "Q and K swapped": softmax(np.where(earlier, S.T, -np.inf)),
}  # [s, s] each
for wrong in broken.values():
    assert np.abs(wrong - A).max() > 0.05

# %% tags=["hide-input"]
names, cell = words_of(tokens), 40
last, most = names[-1], int(A[-1].argmax())
SYMPTOMS = {
    "nothing": "Rows sum to 1. The first word can look at itself alone.",
    "no mask": "Rows sum to 1 all the same. The symptom is weight above the stairs: words look at what has not come yet.",
    "zeros for a mask": "A score of 0 is not nothing: before the division it has the weight 1. Rows sum to 1, and later words leak in.",
    "mask last": "What the softmax gave to later words is thrown away and not shared out. Rows sum to less than 1, all but the last.",
    "other axis": "Columns sum to 1, and rows do not: the softmax went over the queries.",
    "no root": "Rows sum to 1, and nothing leaks. The weights are only too sure.",
    "Q and K swapped": "Rows sum to 1, and nothing leaks. But the head looks elsewhere.",
}


def broken_head(state):
    """A pattern with its words and the sums of its rows."""
    name = list(SYMPTOMS)[state["broken"]]
    pattern = broken.get(name, A)  # [query, key]
    end = cell * s
    stairs = "".join(f"h{cell}v{cell}" for _ in range(s))
    outline = tag(
        "path",
        d=f"M0 0{stairs}H0z",
        fill="none",
        stroke="currentColor",
        stroke_width=2,
    )
    slanted = "".join(
        tag(
            "text",
            word,
            transform=f"translate({number(cell * (place + 0.4))} -8) rotate(-40)",
        )
        for place, word in enumerate(names)
    )
    down = [cell * (place + 0.5) for place in range(s)]
    looks = [
        kit.text(word, (0, y))
        for word, y in zip(names, down, strict=True)
    ]
    sums = [
        kit.text(
            f"{total:.2f} {'✓' if abs(total - 1) < 0.005 else '✗'}",
            (end + 34, y),
            bold=abs(total - 1) >= 0.005,
        )
        for total, y in zip(pattern.sum(axis=1), down, strict=True)
    ]
    says = (
        f"{SYMPTOMS[name]} “{last}” gives “{names[most]}” {100 * pattern[-1, most]:.0f} %, "
        f"and above the stairs there is {np.triu(pattern, 1).sum():.1f} in all."
    )
    return kit.draw(
        kit.block("", pattern, "pattern", cell=cell),
        kit.Part(outline + slanted, (0, -50, end + 50, end)),
        *(part.moved(-10 - part.box[2], 0) for part in looks),
        kit.text("row sum", (end + 38, -14), bold=True),
        *sums,
        title=f"Broken: {name}",
        says=f"A pattern, a row for each word that looks, a column for each that is looked at. {says}",
        caption=says,
    )


plots.switches(
    [plots.Control("broken", "Broken", tuple(SYMPTOMS))],
    broken_head,
    title="A head to break",
    caption="Break it, and look at the row sums and at what is above the stairs.",
)

# %% [markdown]
# Row sums give away two of the six. Two more show above the diagonal. The last two show nowhere but in the
# numbers, so compare with a recorded pattern. (The article's formula has no mask:
# [erratum 7](../errata.md#erratum-7).)
#
# **Calling the pattern “scores”.** Scores are any real numbers, from before mask and softmax. The pattern holds
# weights from 0 to 1 ([erratum 8](../errata.md#erratum-8)).
#
# **`K.T` on a batch.** In numpy `.T` turns *all* axes round. With a batch axis, write `K.swapaxes(-1, -2)`.
#
# ## Recap
#
# - Queries and keys say *where from*. Values and output weights say *what*.
# - Entry $ij$ of the scores is $q_i k_j^{\top} / \sqrt{d_h}$. Row $i$ of $Z$ is $\sum_j a_{ij} v_j$, an average.
# - The mask puts $-\infty$ into the scores, before the softmax. The softmax goes along the keys.
# - A wrong head has the right shape. Know it by its symptoms.
#
# ## What to practise
#
# 1. Change the last word of the text. Which rows of `A` change, and which cannot?
# 2. Add 5 to every score of one row. What happens to the pattern?
# 3. What is the pattern of a head that always looks at the word before? Which row has to differ?
#
# The exercises ask for [one entry of $Q K^{\top}$](../exercises/03_one_attention_head.md#one_entry) and
# [one row of $A V$](../exercises/03_one_attention_head.md#one_row).
#
# ??? success "Answers"
#
#     1. The last row changes. No earlier position sees that word, in layer 0 or here.
#     2. Nothing. Above and below the fraction, $e^5$ cancels.
#     3. It has ones just below the diagonal. The first word has none before it, so it looks at itself.
#
# Next: [values and outputs fold into one matrix](04_values_and_outputs_fold.py), because two of the four weights always
# act together.
