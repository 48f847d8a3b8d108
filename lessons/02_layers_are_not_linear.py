# %% [markdown]
# # Layers are not linear
#
# The stream is a sum. It would be convenient if a layer treated each part of the sum on its own. It does not,
# and this lesson finds out why: the pattern depends on the stream.
#
# ## What you will be able to do
#
# - refute "a layer is linear" with one exact example, worked by hand;
# - say when the two sides are equal after all;
# - name the linear pieces of an attention layer, and those that are not;
# - say why holding the pattern constant mends it.
#
# ## The question
#
# By $\eqref{eq:recurrence}$, layer 1 reads the sum $X_1 = X_0 + \Delta_0$. What does it write because of
# $X_0$, and what because of $\Delta_0$? That question has a clear answer if
#
# $$
# \mathrm{layer}_1(X_0 + \Delta_0) \overset{?}{=} \mathrm{layer}_1(X_0) + \mathrm{layer}_1(\Delta_0)
# $$
#
# Then each part of the stream has an effect of its own. A function $f$ with $f(X_A + X_B) = f(X_A) + f(X_B)$
# is called *additive*. Every linear map is additive.
#
# Here is what a layer is. This is its definition, for one head a layer:
#
# $$
# \mathrm{layer}_l(X) = \operatorname{softmax}\left(\operatorname{mask}\left(
#   \frac{(X W_{Q_l}) (X W_{K_l})^{\top}}{\sqrt{d_h}}\right)\right) (X W_{V_l}) \, W_{O_l}
# \label{eq:layer}
# $$
#
# The [next lesson](03_one_attention_head.py) takes it apart. For now, three things are enough. $X$ stands in
# it three times. The mask keeps a position from looking at later ones. The softmax makes each row of the
# scores into weights that are positive (zero where masked) and sum to 1.
#
# ## The equation, derived
#
# One example where the two sides differ is enough. It is called a *witness*.

# %% tags=["hide-input"]
import math

import numpy as np
from sympy import ImmutableMatrix

import ovlearn as ov
from ovlearn import plots
from ovlearn.symbolic import RuleError, rules, symbol

# %%
refuted = ov.derive("nonlinearity", layer=1)
ov.show(refuted, label="eq:not-linear")

# %% [markdown]
# The $\neq$ means: not equal in general. The lines below it are the witness, with the exact value of both
# sides.
#
# You can work it by hand. Take two tokens and a stream that is one number wide: 0 for the first token, 1 for
# the second. All weights are 1, so queries, keys and values are the stream itself. Look at the second token.
#
# - It has query 1, and the keys are 0 and 1. So its scores are 0 and 1. Softmax gives it the weights
#   $1/(1 + e)$ and $e/(1 + e)$. The values are 0 and 1, so it writes $e/(1 + e)$.
# - Now double the stream. The query is 2, the keys are 0 and 2, the scores are 0 and **4**. The values are 0
#   and 2. So it writes $2 e^4/(1 + e^4)$, and that is not twice as much as before.
#
# The doubled stream has four times the score. The second token looks at itself more than it did.
#
# The form that we asked about has $X_0$ and $\Delta_0$ as the two parts. There $\Delta_0$ is not ours to
# choose: layer 0 writes it. So this witness is a whole network. In its layer 0, $W_Q = 0$ lets the second
# token look at both alike. That gives it half of its own value, and $W_O = 2$ makes the half whole:
# $\Delta_0 = X_0$.

# %%
residual_form = refuted.lemma("The article's residual form")
ov.show(residual_form, label="eq:residual-not-linear")

# %% [markdown]
# ### When the two sides are equal
#
# In general is not always. If one part is zero, the two sides agree. The box holds under the condition that
# is printed above it, and that the first step puts in:

# %%
equality = refuted.lemma("A case of equality")
print("given", *equality.assumptions[0].equations)
ov.show(equality, label="eq:equality-can-hold")

# %% [markdown]
# Two more cases follow from the definition. The first position sees only itself, so its weight is 1 whatever
# the scores are. There, a layer is linear. And if $W_Q = 0$, all scores are 0, the pattern does not depend on
# the stream, and again the layer is linear.
#
# ## In code, in the equation's own symbols
#
# Definition $\eqref{eq:layer}$ in numpy, line by line, for layer 1 of a random model with one head a layer.

# %%
config = ov.Config(
    n_layers=2, n_heads=1, d_model=12, d_head=4, d_vocab=10, n_ctx=8
)
model = ov.Transformer.random(config, seed=2)
run = model.run([3, 1, 4, 1, 5, 9])

# The weights of layer 1 and its one head
W_Q, W_K = model.W_Q[1, 0], model.W_K[1, 0]  # [d_model, d_head] each
W_V = model.W_V[1, 0]  # [d_model, d_head]
W_O = model.W_O[1, 0]  # [d_head, d_model]
d_h = config.d_head


def scores(X):
    return (X @ W_Q) @ (X @ W_K).T / math.sqrt(d_h)  # [pos, pos]


def softmax(S):
    weights = np.exp(S - S.max(axis=1, keepdims=True))  # [pos, pos]
    return weights / weights.sum(axis=1, keepdims=True)  # rows sum to 1


def pattern(X):
    # [pos, pos]   True: key ≤ query
    earlier = np.tri(len(X), dtype=bool)
    return softmax(np.where(earlier, scores(X), -np.inf))  # [pos, pos]


def layer(X):
    return pattern(X) @ (X @ W_V) @ W_O  # [pos, d_model]


X_0, X_1 = run.resid_pre  # [pos, d_model] each
Delta_0 = run.head_out[0, 0]  # [pos, d_model]

# %% [markdown]
# Before we use it, we check it: at the stream that layer 1 read, it must give what layer 1 wrote.

# %%
assert np.allclose(
    layer(X_1), run.head_out[1, 0], rtol=1e-12, atol=1e-12
)

# %% [markdown]
# ## A check that could have failed
#
# First the witness. Build a transformer of the witness's size, with all weights 1, and run it. Its forward
# pass knows nothing of the derivation.

# %%
tiny = ov.Config(
    n_layers=1, n_heads=1, d_model=1, d_head=1, d_vocab=2, n_ctx=2
)
one = np.ones((1, 1, 1, 1))  # [layer, head, 1, 1]


def written(X):
    """What the head writes when the stream is X [pos=2, d_model=1]."""
    weights = dict.fromkeys(("W_Q", "W_K", "W_V", "W_O"), one)
    small = ov.Transformer(tiny, W_E=X, **weights, W_U=np.ones((1, 2)))
    return small.run([0, 1]).head_out[0, 0]  # [pos, d_model]


stream = np.array([[0.0], [1.0]])  # [pos, d_model]
left = written(stream + stream)  # [pos, d_model]
right = written(stream) + written(stream)  # [pos, d_model]
e = math.e
assert np.allclose(left, [[0], [2 * e**4 / (e**4 + 1)]])
assert np.allclose(right, [[0], [2 * e / (e + 1)]])
print(f"second token: {left[1, 0]:.3f} against {right[1, 0]:.3f}")

# %% [markdown]
# Then the whole network of the second witness. Does its layer 0 write the $\Delta_0$ that the witness gives?

# %%
given = {
    str(name): np.array(value, dtype=float)
    for name, value in residual_form.steps[0].witness
}
names = ("W_Q", "W_K", "W_V", "W_O")
weights = {
    name: [[given[f"{name}_{layer}_0"]] for layer in range(2)]
    for name in names
}
two_layers = ov.Transformer(
    ov.Config(
        n_layers=2, n_heads=1, d_model=1, d_head=1, d_vocab=2, n_ctx=2
    ),
    W_E=given["W_E"],
    **{name: np.array(both) for name, both in weights.items()},
    W_U=np.ones((1, 2)),
)
whole_run = two_layers.run([0, 1])
assert np.allclose(whole_run.embedding, given["X_0"])
assert np.allclose(whole_run.head_out[0, 0], given["Delta_0"])
# what layer 1 writes of the sum
assert np.allclose(whole_run.head_out[1, 0], left)
assert not np.allclose(left, right)

# %% [markdown]
# Then the random model. How far are the two sides apart, with $X_0$ and $\Delta_0$ as the parts?

# %%
# [pos, d_model]
gap = layer(X_0 + Delta_0) - layer(X_0) - layer(Delta_0)
whole = np.linalg.norm(layer(X_1), axis=1)  # [pos]
sizes = np.linalg.norm(gap, axis=1) / whole  # [pos]
assert sizes[1:].min() > 1e-3
assert sizes[0] < 1e-12
sizes.round(2)

# %% [markdown]
# At the last position the two sides differ by {{ f"{sizes[-1]:.0%}" }} of what the layer writes there. At the
# first position they agree, as they must.
#
# Break it on purpose. A witness that shows nothing must be refused: put $X_B = 0$ in its place.

# %%
step = refuted.steps[0]
claimed, witness, definition = step.arguments
zero = ImmutableMatrix([[0], [0]])  # [s=2, d=1]
useless = tuple({**dict(witness), symbol("X_B"): zero}.items())
try:
    rules.counterexample.apply(
        step.before, claimed, useless, definition
    )
    raise AssertionError("it was accepted")
except RuleError as refusal:
    print(refusal)

# %% [markdown]
# ## A picture
#
# Why do the sides differ? Each input has a pattern of its own. Here is the pattern of layer 1 when it reads
# $X_0$ alone, and when it reads the sum.

# %% tags=["hide-input"]
plots.pattern(
    pattern(X_0),
    [str(token) for token in run.tokens],
    title="Layer 1 reads X₀ alone",
    caption="Each row is a query. It shows where that position looks.",
)

# %% tags=["hide-input"]
plots.pattern(
    pattern(X_1),
    [str(token) for token in run.tokens],
    title="Layer 1 reads X₀ + Δ₀",
    caption="Same weights, same tokens; another stream, so another pattern.",
)

# %%
moved = np.abs(pattern(X_1) - pattern(X_0)).max()

# %% [markdown]
# The largest change of a weight is {{ f"{moved:.2f}" }}. The first row is the same in both: there is nothing
# else to look at.
#
# ## Which piece is not linear
#
# Take definition $\eqref{eq:layer}$ apart, and ask of each piece whether it is additive.
#
# **Queries, keys and values are.** Each is the stream times a matrix.

# %%
lemma = refuted.lemma("Queries are linear")
ov.show(lemma, label="eq:queries-linear")

# %% [markdown]
# Keys and values go the same way.
#
# **Scores are not.** The stream stands in them twice, once as query and once as key. Multiply out, and cross
# terms appear: the query of one part meets the key of the other.

# %%
lemma = refuted.lemma("Scores are not linear: cross terms appear")
ov.show(lemma, label="eq:scores-bilinear")

# %% [markdown]
# Such a product is called *bilinear*: linear in each of its two factors while the other is held. This is
# still tame. All four terms are known, and one can look at each. In our model:

# %%
# [pos, pos]
cross = scores(X_0 + Delta_0) - scores(X_0) - scores(Delta_0)
queries = [part @ W_Q for part in (X_0, Delta_0)]  # [pos, d_head] each
keys = [part @ W_K for part in (X_0, Delta_0)]  # [pos, d_head] each
both = queries[0] @ keys[1].T + queries[1] @ keys[0].T  # [pos, pos]
assert np.allclose(cross, both / math.sqrt(d_h))
assert np.abs(both).max() > 0.1

# %% [markdown]
# **The softmax is not.** The reason needs no numbers. Each row of a softmax sums to 1. In
# $\operatorname{softmax}(S_A) + \operatorname{softmax}(S_B)$ each row sums to 2. So the two can never be
# equal.

# %%
S_A, S_B = scores(X_0), scores(Delta_0)  # [pos, pos] each
of_the_sum = softmax(S_A + S_B)  # [pos, pos]
summed = softmax(S_A) + softmax(S_B)  # [pos, pos]
print(
    "rows of the softmax of the sum ", of_the_sum.sum(axis=1).round(3)
)
print("rows of the sum of the softmaxes", summed.sum(axis=1).round(3))

# %% [markdown]
# | piece | additive? |
# | --- | --- |
# | $Q$, $K$, $V$ | yes: linear in the stream |
# | scores | no, but bilinear: a sum with cross terms |
# | softmax of the scores | no, never |
# | pattern times values | no: both depend on the stream |
# | times $W_O$ | yes: linear in what it multiplies |
#
# All of the trouble comes in through the pattern. So hold the pattern constant:

# %%
frozen = refuted.lemma("With the pattern frozen")
ov.show(frozen, label="eq:frozen-head-linear")

# %% [markdown]
# The difference is zero for all inputs. (Here $W_{OV}$ is short for $W_V W_O$; more on that in [lesson
# 04](04_values_and_outputs_fold.py).) And in the model, with the pattern that it had at $X_1$:

# %%
# [pos, pos]   numbers now, no function of the stream
A = run.pattern[1, 0]


def frozen_layer(X):
    return A @ (X @ W_V) @ W_O  # [pos, d_model]


separately = frozen_layer(X_0) + frozen_layer(Delta_0)  # [pos, d_model]
frozen_gap = np.abs(frozen_layer(X_0 + Delta_0) - separately).max()
rounding = 1e-12
assert frozen_gap < rounding
print(
    f"largest gap: {np.abs(gap).max():.2f} as it is, below {rounding} frozen"
)

# %% [markdown]
# [Lesson 05](05_freeze_the_attention.py) says what freezing buys, and what it costs.
#
# ## The usual mistakes
#
# **"Unequal for any inputs."** One witness shows that the two sides are not *always* equal. It does not show
# that they never are: zero is an exception, and so is the first position ([erratum
# 9](../errata.md#erratum-9)). A text of one token has no other position, so there every layer is linear:

# %%
x_a, x_b = X_0[:1], Delta_0[:1]  # [pos=1, d_model] each
assert np.allclose(
    layer(x_a + x_b), layer(x_a) + layer(x_b), atol=1e-12
)

# %% [markdown]
# **A test with a part that is too small.** Make one part a thousand million times smaller, and `allclose`
# finds no fault. The gap is there, but smaller than what `allclose` forgives.

# %%
little = 1e-9 * Delta_0  # [pos, d_model]
assert np.allclose(layer(X_0 + little), layer(X_0) + layer(little))
# [pos, d_model]
little_gap = layer(X_0 + little) - layer(X_0) - layer(little)
relative = np.linalg.norm(little_gap) / np.linalg.norm(layer(little))
print(
    f"but the gap is {relative:.0%} of what the small part writes by itself"
)

# %% [markdown]
# **`layer` without its index.** Each layer has weights of its own. Layer 0 and layer 1 make different things
# of the same stream ([erratum 9](../errata.md#erratum-9)).


# %%
def layer_0(X):
    # [pos, d_head] each
    Q, K = X @ model.W_Q[0, 0], X @ model.W_K[0, 0]
    S = Q @ K.T / math.sqrt(d_h)  # [pos, pos]
    S[np.tri(len(X)) == 0] = -np.inf
    V = X @ model.W_V[0, 0]  # [pos, d_head]
    return softmax(S) @ V @ model.W_O[0, 0]  # [pos, d_model]


apart = np.linalg.norm(layer_0(X_0) - layer(X_0)) / np.linalg.norm(
    layer(X_0)
)
assert np.allclose(layer_0(X_0), run.head_out[0, 0])
assert apart > 0.1
print(
    f"on the same stream they differ by {apart:.0%} of what layer 1 writes"
)

# %% [markdown]
# **"So only one layer can be analysed."** The article says this in *Motivation*, and lifts it itself in *The
# Circuit*, where it fixes $A$. A single layer is no more linear than many are: our witness has one layer. (If
# it is the only one, it reads $X_0$ alone, and there is nothing to split.) What mends one layer, freezing its
# pattern, mends a network of any depth ([erratum 3](../errata.md#erratum-3), and [lesson
# 06](06_every_path.py)).
#
# ## Where it stands
#
# In the article: *Motivation*, the two inequalities $\eqref{eq:not-linear}$ and
# $\eqref{eq:residual-not-linear}$. What to correct: $\neq$ for *any* vectors, and the missing index ([erratum
# 9](../errata.md#erratum-9)); "only a single layer" ([erratum 3](../errata.md#erratum-3)).
#
# In the paper: *Attention Heads as Information Movement* says that a head is linear once its pattern is
# fixed, and *OV and QK Independence (The Freezing Attention Patterns Trick)* makes use of it.
#
# ## Recap
#
# - $\mathrm{layer}(X_A + X_B) \neq \mathrm{layer}(X_A) + \mathrm{layer}(X_B)$ in general. A witness of two
#   tokens and one dimension shows it.
# - They can be equal: where a part is zero, and always at the first position.
# - Queries, keys and values are linear. Scores are bilinear. The softmax is neither, and pattern times values
#   is not linear either: both depend on the stream.
# - Hold the pattern constant, and the layer is linear.
#
# ## What to practise
#
# 1. Work the witness by hand with the stream $(0, 2)$ in the place of $(0, 1)$. Is the relative gap larger or
#    smaller?
# 2. Set `W_Q` to zero in `layer`. Which of the checks of this lesson fail now, and why is that right?
# 3. Leave the softmax out: `layer(X) = scores(X) @ X @ W_V @ W_O`. What is `layer(2 * X)` in terms of
#    `layer(X)`?
# 4. $\eqref{eq:residual-not-linear}$ in a random network: an exercise asks [what splitting a stream
#    loses](../exercises/02_layers_are_not_linear.md#lost_by_splitting).
#
# Next: [one attention head, step by step](03_one_attention_head.py).
