# %% [markdown]
# # Layers are not linear
#
# The stream is a sum, and each part of it has a writer. But a layer does not treat each part on its own. Here
# is why, and what would make it do so.

# %% tags=["remove-cell"]
import math

import numpy as np

import ovlearn as ov
from ovlearn import plots, zoo
from ovlearn.plots import kit
from ovlearn.plots.kit.things import ink
from ovlearn.plots.svg import number, tag

model = zoo.load("king-james-two-layers")
run = model.run(model.encode("<bos> the vessels of silver and"))
(gold,) = model.encode("gold")
column = model.W_U[:, gold] - model.W_U.mean(axis=1)  # [d_model]


def alone(stream):
    """A network of head 1.6 alone, run on this stream [pos, d_model]."""
    here = (slice(1, 2), slice(6, 7))  # [layer, head, …]
    names = ("W_Q", "W_K", "W_V", "W_O")
    config = ov.Config(
        n_layers=1,
        n_heads=1,
        d_model=model.config.d_model,
        d_head=model.config.d_head,
        d_vocab=len(stream),
        n_ctx=len(stream),
    )
    one_head = ov.Transformer(
        config,
        W_E=stream,
        **{
            name: getattr(model, name)[here].astype(float)
            for name in names
        },
        W_U=np.zeros((config.d_model, len(stream))),
    )
    return one_head.run(np.arange(len(stream)))


words = run.resid_pre[0].astype(float)  # [pos, d_model]   X_0
added = (
    run.head_out[0].sum(axis=0).astype(float)
)  # [pos, d_model]   Δ_0
still = alone(words + added).frozen()


def gives(stream, frozen):
    """Where the last word looks [key], and what the head adds to “gold”."""
    there = still.run(stream) if frozen else alone(stream)
    return there.pattern[0, 0, -1], float(
        there.head_out[0, 0, -1] @ column
    )


# %% [markdown]
# ## Has each part an effect of its own?
#
# Layer 1 reads $X_1 = X_0 + \Delta_0$: the words, and what layer 0 wrote. What does it write because of each?
# That would have a clear answer if
#
# $$
# \mathrm{layer}_1(X_0 + \Delta_0) \overset{?}{=} \mathrm{layer}_1(X_0) + \mathrm{layer}_1(\Delta_0)
# $$
#
# A function with this property is called **additive**. Every linear map is additive.
#
# Try it. After “the vessels of silver and” the model says “gold”. Of layer 1 we take one head, 1.6, as if it
# were the whole layer. It reads $X_0 + t\,\Delta_0$. At $t = 0$ layer 0 has written nothing, at $t = 1$ all is
# as it was.

# %% tags=["hide-input"]
places = [place / 4 for place in range(9)]  # of t
fine = [place / 16 for place in range(33)]
low, high, wide, tall = 2.6, 3.6, 360, 170  # of the drawing


def curve(frozen):
    return {t: gives(words + t * added, frozen)[1] for t in fine}


def straight(frozen):
    one, two = gives(words, frozen)[1], gives(added, frozen)[1]
    return {t: one + t * two for t in fine}


curves = [curve(frozen) for frozen in (False, True)]
lines = [straight(frozen) for frozen in (False, True)]


def at(t, y):
    return wide * t / 2, tall * (high - y) / (high - low)


def drawn(points, **look):
    """A line through points, t to y."""
    through = (f"{x:.0f} {y:.1f}" for x, y in (at(*p) for p in points))
    return tag("path", d="M" + "L".join(through), fill="none", **look)


def beside(words, y, thing=""):
    """Words to the right of where a line ends."""
    label = kit.text(words, (0, at(2, y)[1]), thing, bold=True)
    return label.moved(wide + 10 - label.box[0], 0)


def axes():
    """The frame, with what is written on it."""
    ticks = [2.6, 2.8, 3.0, 3.2, 3.4, 3.6]
    rules = "".join(f"M0 {number(at(0, y)[1])}h{wide}" for y in ticks)
    grid = tag("path", d=rules, stroke="currentColor", opacity=0.18)
    y_name = kit.text(
        "to the logit of “gold”", (58, -20), "unembedding", bold=True
    )
    return [
        kit.Part(grid, (0, 0, wide, tall)),
        *(kit.text(f"{y:.1f}", (-20, at(0, y)[1])) for y in ticks),
        *(
            kit.text(f"{t:g}", (at(t, 0)[0], tall + 14))
            for t in (0, 0.5, 1, 1.5, 2)
        ),
        y_name,
        kit.text(
            "t, how much of Δ_0 is added",
            (wide / 2, tall + 36),
            "stream",
            bold=True,
        ),
    ]


def marks(t, frozen):
    """Curve and line, and the place of t on each."""
    green, plain = ink("unembedding"), "currentColor"
    (x, y), (_, on_line) = (
        at(t, curves[frozen][t]),
        at(t, lines[frozen][t]),
    )
    ends = [(end, lines[frozen][end]) for end in (0, 2)]
    svg = drawn([*curves[frozen].items()], stroke=green, stroke_width=3)
    svg += drawn(
        ends, stroke=plain, stroke_width=1.75, stroke_dasharray="6 5"
    )
    if frozen:
        svg += drawn(
            [*curves[0].items()],
            stroke=green,
            stroke_width=1.5,
            opacity=0.4,
        )
    svg += tag(
        "path",
        d=f"M{number(x)} {number(y)}V{number(on_line)}",
        stroke=plain,
    )
    svg += tag("circle", cx=x, cy=on_line, r=6, fill=plain)
    svg += tag("circle", cx=x, cy=y, r=4.5 if frozen else 6, fill=green)
    curved = beside(
        "both" if frozen else "together",
        curves[frozen][2],
        "unembedding",
    )
    apart = beside(
        "unfrozen" if frozen else "if linear",
        (curves if frozen else lines)[0][2],
    )
    return [kit.Part(svg, (0, 0, wide, tall)), curved, apart]


def looks(sentence, row):
    """Arcs from the last word, as thick as the weight, and the larger weights below."""
    arcs = [
        kit.arc(sentence[-1].top, part.top, weight)
        for part, weight in zip(sentence, row, strict=True)
        if weight >= 0.005
    ]
    shares = [
        kit.text(
            f"{100 * weight:.0f} %",
            (part.bottom[0], part.bottom[1] + 14),
            "pattern",
        )
        for part, weight in zip(sentence, row, strict=True)
        if weight >= 0.05
    ]
    return arcs + shares


def told(t, frozen, row):
    """What one sees, in words."""
    silver = (
        f"“and” gives “silver” {100 * row[-2]:.0f} % of its attention"
    )
    if frozen:
        return (
            f"The pattern is held as it is at t = 1: {silver} at every t. The head adds "
            f"{curves[1][t]:.2f} to the logit of “gold”, as on a straight line."
        )
    return (
        f"At t = {t:g}, {silver}. The head adds {curves[0][t]:.2f} to the logit of “gold”. "
        f"If it were linear, it would add {lines[0][t]:.2f}, on the straight line."
    )


def bend(state):
    """The sentence with its arcs, and below it curve and line."""
    t, frozen = places[state["t"]], state["pattern"]
    row, _ = gives(words + t * added, frozen)
    sentence = kit.words(["begin", *model.words(run.tokens)[1:]])
    below = [
        part.moved(20, 100) for part in (*axes(), *marks(t, frozen))
    ]
    says = told(t, frozen, row)
    return kit.draw(
        kit.Part("", (-40, -100, 500, 310)),  # as large at every t
        *sentence,
        *looks(sentence, row),
        *below,
        title=f"Head 1.6 at t = {t:g}, the pattern {'is frozen' if frozen else 'moves'}",
        says="Above, arcs from “and” to where it looks. Below, what the head adds to the logit of “gold”, for t "
        f"from 0 to 2: a curve, and the straight line of a linear layer. {says}",
        caption=says,
    )


plots.switches(
    [
        plots.Control(
            "t",
            "t",
            tuple(f"{t:g}" for t in places),
            slider=True,
            start=4,
        ),
        plots.Control("pattern", "The pattern", ("moves", "is frozen")),
    ],
    bend,
    title="A layer bends",
    caption="Move t and watch the arcs. Where they move, the curve leaves the line, which is layer(X_0) + t layer(Δ_0). Then freeze the pattern.",
)

# %% tags=["remove-cell"]
bent, flat = curves[0][1.0], lines[0][1.0]
before, after = (gives(words + t * added, False)[0][-2] for t in (0, 1))
assert bent - flat > 0.3
assert abs(curves[1][1.0] - lines[1][1.0]) < 1e-9

# %% [markdown]
# At $t = 1$ the head adds {{ f"{bent:.1f}" }} to the logit. The two parts apart give {{ f"{flat:.1f}" }}. What
# is missing? Without $\Delta_0$, “and” gives “silver” {{ f"{100 * before:.0f} %" }} of its attention, with it
# {{ f"{100 * after:.0f} %" }}. By itself $\Delta_0$ does little for “gold” here. It changes *where the head looks*.
#
# ## Why it bends
#
# This is what a layer is, if it has one head; with more, it is their sum:
#
# $$
# \mathrm{layer}_l(X) = \operatorname{softmax}\left(\operatorname{mask}\left(
#   \frac{(X W_{Q_l}) (X W_{K_l})^{\top}}{\sqrt{d_h}}\right)\right) (X W_{V_l}) \, W_{O_l}
# \label{eq:layer}
# $$
#
# The [next lesson](03_one_attention_head.py) takes it apart. For now: $X$ is in it three times, as **queries**
# $X W_Q$, as **keys** $X W_K$ and as **values** $X W_V$. Every query times every key, over $\sqrt{d_h}$: these
# are the **scores**. The mask keeps a position from looking at later ones. The softmax turns each row of them into
# weights that sum to 1. They are the **pattern**. It multiplies the values, and it depends on $X$ itself.
#
# ## One example settles it
#
# To show that a layer is not additive, one example is enough: a **witness**.

# %%
refuted = ov.derive("nonlinearity", layer=1)
ov.show(refuted, label="eq:not-linear")

# %% [markdown]
# Work it by hand. Take two tokens and a stream that is one number wide: 0 for the first token, 1 for the
# second. All weights are 1, so queries, keys and values are the stream itself. Look at the second token.
#
# - Its query is 1, and the keys are 0 and 1. So its scores are 0 and 1. Softmax gives it the weights
#   $1/(1 + e)$ and $e/(1 + e)$. The values are 0 and 1, so it writes $e/(1 + e)$.
# - Now double the stream. The query is 2, the keys are 0 and 2, the scores are 0 and **4**. The values are 0
#   and 2. So it writes $2 e^4/(1 + e^4)$, and that is not twice as much as before.
#
# The doubled stream has four times the score. So the second token looks at itself more than it did. It is the
# same with $X_0$ and $\Delta_0$ as the parts: a layer 0 with $W_Q = 0$ and $W_O = 2$ writes $\Delta_0 = X_0$.

# %% tags=["remove-cell"]
ov.show(refuted.lemma("The article's residual form"))

# %% [markdown]
# ## Three pieces are not additive
#
# **Scores.** The stream is in them twice, as query and as key. Multiply out, and the query of one part meets
# the key of the other:

# %%
lemma = refuted.lemma("Scores are not linear: cross terms appear")
ov.show(lemma, label="eq:scores-bilinear")

# %% [markdown]
# The two in the middle are **cross terms**. Such a product is *bilinear*: linear in each factor while the other
# is held.
#
# **Softmax.** Each of its rows sums to 1. In $\operatorname{softmax}(S_A) + \operatorname{softmax}(S_B)$ each row
# sums to 2. So the softmax of a sum is never the sum of the softmaxes.
#
# **Pattern times values.** Both depend on the stream, so there are cross terms again.
#
# All else is linear, for it is the stream times a matrix: queries, keys, values. And all three troubles go away
# at once if the pattern is held. Then $A_1$ is a matrix of numbers:

# %%
lemma = refuted.lemma("With the pattern frozen")
ov.show(lemma, label="eq:frozen-head-linear")

# %% [markdown]
# The difference is zero for all inputs. ($W_{OV}$ is short for $W_V W_O$:
# [lesson 04](04_values_and_outputs_fold.py).)
#
# ## In code
#
# Definition $\eqref{eq:layer}$ for head 1.6, line by line:

# %%
W_Q, W_K = model.W_Q[1, 6], model.W_K[1, 6]  # [d_model, d_head] each
W_V = model.W_V[1, 6]  # [d_model, d_head]
W_O = model.W_O[1, 6]  # [d_head, d_model]
d_h = model.config.d_head


def scores(X):
    return (X @ W_Q) @ (X @ W_K).T / math.sqrt(d_h)  # [pos, pos]


def softmax(S):
    weights = np.exp(S - S.max(axis=1, keepdims=True))  # [pos, pos]
    return weights / weights.sum(axis=1, keepdims=True)  # rows sum to 1


def pattern(X):
    earlier = np.tri(len(X), dtype=bool)  # [pos, pos]   key ≤ query
    return softmax(np.where(earlier, scores(X), -np.inf))  # [pos, pos]


def layer(X):
    return pattern(X) @ (X @ W_V) @ W_O  # [pos, d_model]


run = model.run(model.encode("<bos> the vessels of silver and"))
X_0, X_1 = run.resid_pre  # [pos, d_model] each
Delta_0 = run.head_out[0].sum(axis=0)  # [pos, d_model]

# %% [markdown]
# ## A check that could have failed
#
# Is this the head that the model has? And is there a gap?


# %%
def apart(a, b):
    """How far a is from b, relative to the size of b."""
    return np.linalg.norm(a - b) / np.linalg.norm(b)


rounding = 1e-4  # these weights have seven digits
assert apart(layer(X_1), run.head_out[1, 6]) < rounding

parts = layer(X_0) + layer(Delta_0)  # [pos, d_model]
gap = layer(X_0 + Delta_0) - parts  # [pos, d_model]
size = np.linalg.norm(gap, axis=1)  # [pos]
size /= np.linalg.norm(layer(X_1), axis=1)  # [pos]
assert size[0] < rounding
assert size[1:].min() > 0.05
size.round(2)

# %% [markdown]
# That is the gap at each position, as a share of what the head writes there. Hold the pattern, and it must go:

# %%
A = run.pattern[1, 6]  # [pos, pos]   numbers, whatever X is


def frozen_layer(X):
    return A @ (X @ W_V) @ W_O  # [pos, d_model]


held = frozen_layer(X_0) + frozen_layer(Delta_0)  # [pos, d_model]
assert apart(held, frozen_layer(X_1)) < rounding
assert apart(parts, layer(X_1)) > 0.05

# %% [markdown]
# The witness as a transformer. Its forward pass knows nothing of the derivation.

# %%
tiny = ov.Config(
    n_layers=1, n_heads=1, d_model=1, d_head=1, d_vocab=2, n_ctx=2
)
ones = dict.fromkeys(
    ("W_Q", "W_K", "W_V", "W_O"), np.ones((1, 1, 1, 1))
)


def written(X):
    small = ov.Transformer(tiny, W_E=X, **ones, W_U=np.ones((1, 2)))
    return small.run([0, 1]).head_out[0, 0]  # [pos, 1]


X = np.array([[0.0], [1.0]])  # [pos, 1]
double, twice = written(X + X)[1, 0], 2 * written(X)[1, 0]
assert math.isclose(double, 2 * math.e**4 / (1 + math.e**4))
print(f"second token: {double:.3f} against {twice:.3f}")

# %% tags=["remove-cell"]
assert not math.isclose(double, twice)
assert np.allclose(written(X + 0 * X), written(X) + written(0 * X))
large, small_part = X_0.astype(float), 1e-9 * Delta_0.astype(float)
missed = layer(large + small_part) - layer(large) - layer(small_part)
assert np.allclose(
    layer(large + small_part), layer(large) + layer(small_part)
)
relative = np.linalg.norm(missed) / np.linalg.norm(layer(small_part))
assert relative > 1

# %% [markdown]
# ## The usual mistakes
#
# **Reading “not equal” as “never equal”.** In $\eqref{eq:not-linear}$, $\neq$ means *not in general*. If one part
# is zero, both sides agree. At the first position they always do: it sees only itself, so its weight is 1
# ([erratum 9](../errata.md#erratum-9)).
#
# **A test with a small part.** Multiply $\Delta_0$ by $10^{-9}$, and `np.allclose` finds no fault. Yet the gap is
# larger than what that small part writes by itself.
#
# **Blaming depth.** The witness has one layer. And what mends one layer, freezing its pattern, mends any number
# ([lesson 06](06_every_path.py)).
#
# ## Recap
#
# - $\mathrm{layer}(X_A + X_B) \neq \mathrm{layer}(X_A) + \mathrm{layer}(X_B)$ in general. Two tokens show it.
# - Three pieces are not additive: scores, softmax, and pattern times values.
# - Hold the pattern constant, and what is left is linear.
#
# ## What to practise
#
# 1. Work the witness with the stream $(0, 2)$. Is the gap, as a share of what the doubled stream writes, larger
#    or smaller?
# 2. In `layer`, set `W_Q` to zero. What becomes of the gap?
# 3. Leave the softmax out: `layer(X) = scores(X) @ X @ W_V @ W_O`. What is `layer(2 * X)`?
#
# An exercise asks [what splitting a stream
# loses](../exercises/02_layers_are_not_linear.md#lost_by_splitting).
#
# ??? success "Answers"
#
#     1. Smaller. The scores are 0 and 4, then 0 and 16. At 4 the token already looks at little but itself.
#     2. It is zero. All scores are 0, so the pattern is the same for any stream.
#     3. It is `8 * layer(X)`: $X$ is in it three times.
#
# Next: [one attention head](03_one_attention_head.py), to see how a pattern is made.
