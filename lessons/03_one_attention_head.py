# %% [markdown]
# # One attention head, step by step
#
# A head reads the stream and writes into it. In between are seven small equations. Here you write them down
# in numpy, one by one, and compare each with what a model recorded.
#
# ## What you will be able to do
#
# - compute queries, keys, values, scores, pattern, $z$ and the head's output, with their shapes;
# - say why the scores are divided by $\sqrt{d_h}$, and what goes wrong without it;
# - read one entry of the scores and one row of the output;
# - say what the causal mask removes, and why the rows of a pattern sum to 1;
# - recognise five wrong heads by their symptoms.
#
# ## The question
#
# Row $i$ of the stream belongs to position $i$. Most of what a network does, it does to each row by itself. A
# head is the one part that brings something from one position to another. How does it choose where from, and
# what does it bring?
#
# ## The equation, derived
#
# First a head at work, in a small model that was trained on the King James Bible. Then the head's output
# $H_1$ (layer 1, one head a layer): replace each name by what it stands for.

# %% tags=["hide-input"]
import math

import numpy as np

import ovlearn as ov
from ovlearn import plots, zoo
from ovlearn.plots import kit

reader = zoo.load("king-james-two-layers")
seen = reader.run(reader.encode("the vessels of silver and"))
looks = seen.pattern[1, 3, -1]  # [key]   where the last word looks
# [d_vocab]   what it adds to the logits there
said = seen.head_out[1, 3, -1] @ reader.W_U
said = said - said.mean()
most = np.argsort(-said)[:6]
assert {"jewels", "gold"} <= set(reader.words(most))
assert looks.argmax() == 3

sentence = kit.words(reader.words(seen.tokens))
silver = sentence[3].middle[0]
brings = kit.box("W_OV", (silver, 84), "ov")
kit.draw(
    *sentence,
    *kit.attention(sentence, looks),
    kit.arrow((silver, 42), brings.top, "ov", width=4),
    kit.arrow(brings.bottom, (silver, 126), "ov", width=4),
    brings,
    kit.bars(said[most], reader.words(most), (silver - 130, 132)),
    title="Head 1.3 looks at “silver”, and raises “jewels” and “gold”",
    caption="Above: where “and” looks. Below: the next words that this raises most.",
    says=f"From the last word, “and”, the thickest arc leads to “silver”, with {looks[3]:.0%} of the "
    "attention. From “silver” an arrow leads through W_OV to six bars, the words that the head "
    f"raises most: {', '.join(reader.words(most))}.",
)

# %%
derivation = ov.derive("attention-head", layer=1)
ov.show(derivation, label="eq:attention-head")

# %% [markdown]
# In the box, only the stream and the four weights are left: it is the whole recipe. Here are the names in it,
# from the inside out:
#
# | name | what it is | shape |
# | --- | --- | --- |
# | $Q = X W_Q$ | queries: what each position looks for | $s \times d_h$ |
# | $K = X W_K$ | keys: what each position offers to be found by | $s \times d_h$ |
# | $V = X W_V$ | values: what each position gives if it is looked at | $s \times d_h$ |
# | $S = Q K^{\top} / \sqrt{d_h}$ | scores: how well each query fits each key | $s \times s$ |
# | $A = \operatorname{softmax}(\operatorname{mask}(S))$ | pattern: scores as weights | $s \times s$ |
# | $Z = A V$ | for each position, the mixture of the values that it looked at | $s \times d_h$ |
# | $H = Z W_O$ | the head's output, as wide as the stream | $s \times d$ |
#
# A run records each of them: `run.q`, `run.k`, `run.v`, `run.scores`, `run.pattern`, `run.z` and
# `run.head_out`.
#
# ## In code, in the equation's own symbols
#
# Here are the seven lines, for one head of a model with three layers of two heads each. Every head has its
# own four weights, and the equation holds for each of them. We take layer 1, head 0.

# %% try=["another seed: seed=1 -> seed=4", "other tokens: [3, 1, 4, 1, 5, 9] -> [2, 7, 1, 8, 2, 8]", "the other head: here = 1, 0 -> here = 1, 1"]
config = ov.Config(
    n_layers=3, n_heads=2, d_model=12, d_head=4, d_vocab=10, n_ctx=8
)
model = ov.Transformer.random(config, seed=1)
run = model.run([3, 1, 4, 1, 5, 9])
here = 1, 0  # layer, head
s, d_h = len(run.tokens), config.d_head

X = run.resid_pre[1]  # [s, d]   what layer 1 reads
W_Q, W_K = model.W_Q[here], model.W_K[here]  # [d, d_h] each
W_V, W_O = model.W_V[here], model.W_O[here]  # [d, d_h], [d_h, d]

# %% [markdown]
# **Queries, keys, values.** Three linear maps of the same stream, from width $d$ down to $d_h$.

# %%
Q = X @ W_Q  # [s, d_h]
K = X @ W_K  # [s, d_h]
V = X @ W_V  # [s, d_h]

# %% [markdown]
# **Scores.** Every query meets every key.

# %%
S = Q @ K.T / math.sqrt(d_h)  # [s, s]   row: query, column: key

# %% [markdown]
# **Mask.** A position may look at itself and at earlier positions. Every other score becomes $-\infty$, and
# its weight will be $e^{-\infty} = 0$.

# %%
earlier = np.tri(s, dtype=bool)  # [s, s]   True where key ≤ query
masked = np.where(earlier, S, -np.inf)  # [s, s]

# %% [markdown]
# **Pattern.** Softmax over each row: exponentiate, and divide by the row's sum. The row's largest score is
# taken off first. That changes nothing in the result, and keeps `exp` from overflowing.

# %%
weights = np.exp(masked - masked.max(axis=1, keepdims=True))  # [s, s]
# [s, s]   each row sums to 1
A = weights / weights.sum(axis=1, keepdims=True)

# %% [markdown]
# **Mix, and write.**

# %%
Z = A @ V  # [s, d_h]
H = Z @ W_O  # [s, d]

# %% [markdown]
# ## A check that could have failed
#
# The model recorded each of these while it ran. Compare all seven.

# %%
recorded = {
    "Q": (Q, run.q), "K": (K, run.k), "V": (V, run.v), "S": (S, run.scores),
    "A": (A, run.pattern), "Z": (Z, run.z), "H": (H, run.head_out),
}  # fmt: skip
errors = [
    np.abs(ours - theirs[here]).max()
    for ours, theirs in recorded.values()
]
rounding = 1e-12
assert max(errors) < rounding
print(f"all seven agree, to within {rounding}")

# %% [markdown]
# Now break it: compare with the *other* head of the layer. The check must object.

# %%
other = np.abs(A - run.pattern[1, 1]).max()
assert other > 0.1
print(f"against the pattern of head 1: {other:.2f}")

# %% [markdown]
# Our seven lines look much like the model's own. So here is a second route, with loops and single numbers. It
# uses what the next section derives.
#
# ## Entry by entry
#
# Matrices hide what happens at one position. Let $e_i$ be the row that is 1 at place $i$ and 0 elsewhere.
# Then $e_i M$ is row $i$ of $M$, and $e_i M e_j^{\top}$ is its entry $ij$.
#
# **One score** is one query times one key:

# %%
ov.show(derivation.lemma("One score"), label="eq:one-score")

# %% [markdown]
# $q_i$ and $k_j$ are rows, so $q_i k_j^{\top}$ is their dot product: a single number.
#
# **One row of $Z$** is a sum of the values, each weighted by how much position $i$ looks at it:

# %%
ov.show(derivation.lemma("One row of A V"), label="eq:one-row")

# %% [markdown]
# **The rows of $A$ sum to 1.** Multiplying by the column $\mathbf{1}$, all ones, adds up each row:

# %%
ov.show(
    derivation.lemma("Rows of A sum to 1"), label="eq:rows-sum-to-one"
)

# %% [markdown]
# The weights are not negative and sum to 1. So row $i$ of $Z$ is an *average* of the values, and each of its
# entries lies between the smallest and the largest of the values that it averages.
#
# Now the second route, with loops:

# %%
for i in range(s):
    q_i = Q[i]  # [d_h]
    raised = []  # one number for each key j ≤ i
    for j in range(i + 1):
        product = sum(q_i[c] * K[j, c] for c in range(d_h))
        raised.append(math.exp(product / d_h**0.5))
    a_i = [number / sum(raised) for number in raised]
    # [d_h]   Σ_j a_ij v_j
    z_i = sum(a_i[j] * V[j] for j in range(i + 1))
    assert np.allclose(z_i, run.z[1, 0, i], rtol=1e-12, atol=1e-12)
    assert (V[: i + 1].min(axis=0) <= z_i + 1e-12).all()
    assert (z_i <= V[: i + 1].max(axis=0) + 1e-12).all()

# %% [markdown]
# ### The whole layer
#
# Read the other way round, the same steps lead from $\mathrm{layer}_1(X_1)$, as [lesson
# 02](02_layers_are_not_linear.py) defined it, to the $\Delta_1$ of [lesson 01](01_residual_stream.py):

# %%
whole_layer = derivation.lemma("The layer as a function of its stream")
ov.show(whole_layer, label="eq:layer-adds")

# %% [markdown]
# With more heads in a layer, $\Delta_l$ is the sum of their outputs:

# %%
Delta_1 = run.head_out[1].sum(axis=0)  # [s, d]
assert np.allclose(run.resid_pre[2], run.resid_pre[1] + Delta_1)

# %% [markdown]
# ## A picture
#
# First the scores, of either sign. Then the pattern that mask and softmax make of them.

# %% tags=["hide-input"]
labels = [str(token) for token in run.tokens]
plots.matrix(
    S,
    rows=labels,
    columns=labels,
    title="Scores of layer 1, head 0",
    caption="How well each query fits each key. No mask yet.",
    axes=("query", "key"),
)

# %% tags=["hide-input"]
plots.pattern(
    A,
    labels,
    title="Pattern of layer 1, head 0",
    caption="After mask and softmax: zero above the diagonal, rows sum to 1.",
)

# %% [markdown]
# The first position has no choice: its row is 1 and then zeros. So $z_0$ is $v_0$:

# %%
assert np.array_equal(A[0], [1, 0, 0, 0, 0, 0])
assert np.allclose(Z[0], V[0])

# %% [markdown]
# ## Why divide by the root of $d_h$?
#
# A score is a sum of $d_h$ products. Say that the entries of query and key are independent, with mean 0 and
# variance 1. Then each product has mean 0 and variance 1 as well. Variances of independent terms add, so the
# sum has variance $d_h$ and a typical size of $\sqrt{d_h}$. Dividing by $\sqrt{d_h}$ brings the variance back
# to 1, however wide the head is.
#
# Draw many queries, and keys to go with them, and see. The last two columns say how large the largest of ten
# weights is on average: as it should be, and undivided.

# %%
rng = np.random.default_rng(0)


def largest_weight(scores):
    """The largest softmax weight of a row of scores [rows, 10], on average."""
    # [rows, 10]
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return float((weights.max(axis=1) / weights.sum(axis=1)).mean())


table = {}
for width in (4, 16, 64, 256):
    queries = rng.normal(size=(2000, width))  # [rows, d_h]
    # [rows, 10, d_h]   ten each
    keys = rng.normal(size=(2000, 10, width))
    products = np.einsum("rc,rkc->rk", queries, keys)  # [rows, 10]
    scaled = products / math.sqrt(width)  # [rows, 10]
    sure = largest_weight(scaled), largest_weight(products)
    table[width] = products.var(), scaled.var(), *sure
    assert abs(scaled.var() - 1) < 0.1

print("d_h  variance  divided  largest weight  undivided")
for width, row in table.items():
    print("{:3} {:9.1f} {:8.2f} {:15.2f} {:10.2f}".format(width, *row))

# %% [markdown]
# Undivided, a head of width 256 puts {{ f"{table[256][3]:.0%}" }} of its weight on a single key before it has
# learned anything; divided, {{ f"{table[256][2]:.0%}" }}. A softmax that is so sure has hardly any gradient,
# so training would start badly. Weights that are trained need not keep a variance of 1. The division is part
# of the equation all the same.
#
# ## The usual mistakes
#
# The first five run without an error. Know them by their symptoms.


# %%
def softmax(S, axis):
    weights = np.exp(S - S.max(axis=axis, keepdims=True))  # [s, s]
    return weights / weights.sum(axis=axis, keepdims=True)  # [s, s]


def symptoms(name, wrong):
    print(name)
    print("  rows sum to   ", wrong.sum(axis=1).round(2))
    print("  columns sum to", wrong.sum(axis=0).round(2))
    print(f"  weight above the diagonal {np.triu(wrong, 1).sum():.2f}")
    off = np.abs(wrong - A).max()
    print(f"  off by up to {off:.2f}")
    return off


assert symptoms("the right one", A) == 0

# %% [markdown]
# **Softmax over the wrong axis.** In the article: "over the rows", that is, along each row, so that the
# weights of all *keys* for one query sum to 1. Columns that sum to 1 are the symptom. (The columns of a right
# pattern need not.)

# %%
assert (
    symptoms("softmax over the queries", softmax(masked, axis=0)) > 0.1
)

# %% [markdown]
# **A mask of zeros.** A score of 0 is no absence. It has the weight $e^0 = 1$ before the division. Later
# positions leak in.

# %%
leaky = softmax(np.where(earlier, S, 0.0), axis=1)  # [s, s]
assert symptoms("masked scores set to 0", leaky) > 0.1

# %% [markdown]
# **The mask after the softmax.** Then the weights of later positions are thrown away instead of shared out,
# and rows sum to less than 1: all but the last, which has no later position.

# %%
cut = np.where(earlier, softmax(S, axis=1), 0.0)  # [s, s]
assert symptoms("mask after the softmax", cut) > 0.1

# %% [markdown]
# **No mask at all.** The article's formula for $A$ leaves it out ([erratum 7](../errata.md#erratum-7)). Its
# picture of $Q K^{\top}$ marks the entry $q_1 k_2^{\top}$: the first query with the second key, counted
# from 1. That entry is there, with a mask or without. In a language model the pattern does not use it:

# %%
assert symptoms("no mask", softmax(S, axis=1)) > 0.1
assert A[0, 1] == 0
print(
    f"first query, second key: score {S[0, 1]:.2f}, weight {A[0, 1]:.0f}"
)

# %% [markdown]
# **No division by the root.** The rows still sum to 1. Only the size of the weights tells.

# %%
undivided = softmax(masked * math.sqrt(d_h), axis=1)  # [s, s]
assert symptoms("no division", undivided) > 0.1

# %% [markdown]
# **"A is the attention scores."** The article calls $A$ so, in *Motivation* and under its box. Scores are
# $S$: any real numbers, before mask and softmax. $A$ is the *pattern*: weights from 0 to 1 ([erratum
# 8](../errata.md#erratum-8)). Our `run.scores` are before the mask; other libraries record them after it.

# %%
for name, table in (("scores ", S), ("pattern", A)):
    sums = table.sum(axis=1).round(2)  # [s]
    print(
        f"{name} from {table.min():.2f} to {table.max():.2f}, rows sum to {sums}"
    )

# %% [markdown]
# **`K.T` on a batch.** In numpy `.T` turns *all* axes round. With a batch axis, transpose only the last two:
# `K.swapaxes(-1, -2)`.

# %%
batch = np.stack([K, K])  # [batch, s, d_h]
print(batch.T.shape, "is not", batch.swapaxes(-1, -2).shape)

# %% [markdown]
# ## Where it stands
#
# In the article: *Motivation*, from the shapes of $Q$, $K$ and $V$ to "Head Output". It writes $O$ for our
# $Z$, and $O_\text{layer}$ for our $H$. To correct: no mask ([erratum 7](../errata.md#erratum-7)), and $A$ is
# a pattern ([erratum 8](../errata.md#erratum-8)).
#
# In the paper: *Attention Heads as Information Movement*. Its formula for the pattern leaves the
# $1/\sqrt{d_h}$ out, and its vectors are columns, so its products run the other way ([lesson
# 08](08_two_conventions.py)).
#
# ## Recap
#
# - $Q$, $K$, $V$ are linear in the stream. Scores compare queries with keys. The pattern is the softmax of
#   the masked scores, along the keys.
# - Entry $ij$ of the scores is $q_i k_j^{\top} / \sqrt{d_h}$. Row $i$ of $Z$ is $\sum_j a_{ij} v_j$, an
#   average of values.
# - Queries and keys choose *where from*. Values and output weights say *what*.
# - The mask acts on scores, with $-\infty$, before the softmax.
#
# ## What to practise
#
# 1. Write the head as one function of `X` and four weights, and test it on all six heads of this model, in a
#    loop.
# 2. Change the last token of the text and run again. Which rows of `run.pattern[1, 0]` change, and which
#    cannot?
# 3. Add 5 to every score of one row. What happens to the pattern, and why?
# 4. Make a head that always looks at the position before it. What would its pattern be, and which row has to
#    differ?
# 5. Entry by entry: the exercises ask for [one entry of
#    $Q K^{\top}$](../exercises/03_one_attention_head.md#one_entry) and [one row of
#    $A V$](../exercises/03_one_attention_head.md#one_row).
#
# Next: [values and outputs fold into one matrix](04_values_and_outputs_fold.py).
