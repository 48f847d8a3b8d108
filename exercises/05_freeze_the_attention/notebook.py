# %% [markdown]
# # Exercises: freeze the attention
#
# They go with [lesson 05](../lessons/05_freeze_the_attention.py). Run a cell with `check("…")` as often as
# you like. It draws new random models each time, and it tells you what it saw.

# %%
import numpy as np

import ovlearn as ov
from ovlearn.exercises import check
from ovlearn.symbolic import add, product, symbol

# %% [markdown] exercise="layer_adds" points=2
# ## What a layer adds, with its patterns frozen
#
# Write $\Delta_l$ of the frozen network in terms of the tokens $E$, the embedding $W_E$, what earlier layers
# added, and the patterns and folded weights of the layer's own heads.
#
# You get two whole numbers: `layer`, which is $l$, and `heads`, how many heads each layer has. Return an
# expression. Its symbols are `symbol("E")`, `symbol("W_E")`, `symbol("Delta", 0)` for $\Delta_0$,
# `symbol("A", 1, 0)` and `symbol("W_OV", 1, 0)` for layer 1, head 0. Brackets and order of sums are free.

# %% [markdown] hint="layer_adds"
# First write the stream that the layer reads. It is the embedded tokens and what the layers before this one
# added.

# %% [markdown] hint="layer_adds"
# All heads of a layer read the same stream. What one head adds was derived in lesson 04. Loop over heads, and
# add up.


# %% starter="layer_adds"
def layer_adds(layer, heads):
    # stream = …
    return ...


# %% solution="layer_adds"
def layer_adds(layer, heads):
    earlier = [symbol("Delta", before) for before in range(layer)]
    stream = add(product(symbol("E"), symbol("W_E")), *earlier)
    return add(*(product(symbol("A", layer, h), stream, symbol("W_OV", layer, h)) for h in range(heads)))


# %% [markdown] exercise="frozen_logits" points=3
# ## A frozen forward pass
#
# Run a network with constant patterns. You get
#
# - `model`, a transformer with the weights `model.W_V` `[layer, head, d_model, d_head]`, `model.W_O` `[layer,
#   head, d_head, d_model]`, `model.W_U` `[d_model, d_vocab]`, and `model.config`;
# - `pattern` `[layer, head, query, key]`, recorded on some text;
# - `resid` `[pos, d_model]`, the stream to begin with. It is *not* the one that the patterns were recorded
#   on.
#
# Return the logits, `[pos, d_vocab]`.

# %% [markdown] hint="frozen_logits"
# No score is computed, so `model.W_Q` and `model.W_K` are not needed. What is left of a head?

# %% [markdown] hint="frozen_logits"
# Two loops: over layers, and over the heads of each. All heads of one layer read the same stream. When may
# the stream change?

# %% [markdown] hint="frozen_logits"
# Test yourself: make a model and a `run` as in the lesson. With `run.pattern` and `run.embedding`, your
# function must give `run.logits`. (That alone is not enough: the check takes another stream.)


# %% starter="frozen_logits"
def frozen_logits(model, pattern, resid):
    return ...


# %% solution="frozen_logits"
def frozen_logits(model, pattern, resid):
    W_OV = model.W_V @ model.W_O  # [layer, head, d_model, d_model]
    for of_layer, weights in zip(pattern, W_OV, strict=True):
        resid = resid + (of_layer @ resid @ weights).sum(axis=0)  # [pos, d_model]   summed over heads
    return resid @ model.W_U  # [pos, d_vocab]


# %% [markdown] exercise="superposes" points=1
# ## What may be split
#
# A network of several layers with several heads each is frozen on one text. We write $Y(X)$ for its logits
# from the stream $X$. Which of these hold, whatever the weights and the streams $X_1$, $X_2$?
#
# - **a**: $Y(X_1 + X_2) = Y(X_1) + Y(X_2)$
# - **b**: $Y(3 X_1) = 3\, Y(X_1)$
# - **c**: what two heads *of one layer* add to the logits, each with all others silent, sums to what the two
#   add together
# - **d**: the same for two heads *of different layers*
# - **e**: as **a**, with a layer norm before $W_U$
# - **f**: on the embedding of the recorded text, $Y$ gives the logits of the network itself
# - **g**: for a very small step from the recorded embedding, the logits of the network itself change as $Y$
#   does, to first order
#
# Give the set of their letters, as in `{"a", "b"}`.

# %% [markdown] hint="superposes"
# With constant patterns, what a layer does is: multiply by constant matrices, and add. Which of the cases ask
# for nothing else?

# %% [markdown] hint="superposes"
# Two of the cases compare with the network itself. In one of them the patterns would be the same anyway. In
# the other, do they stay?

# %% [markdown] hint="superposes"
# For two heads, ask whether one of them can read what the other wrote.

# %% starter="superposes"
superposes = ...

# %% solution="superposes"
superposes = {"a", "b", "c", "f"}

# %% [markdown] exercise="freezing_cost" points=2
# ## What freezing costs
#
# Freeze `model` on the text `tokens`, then give it the text `changed`, which is as long. How wrong are its
# logits?
#
# Return one number: the size of the difference between the frozen network's logits for `changed` and those
# that the model itself computes for `changed`, relative to the size of the latter. Size is the Frobenius
# norm. You may use `model.run(…)` and `.frozen()`.

# %% [markdown] hint="freezing_cost"
# You need two runs of the model itself: one to record patterns from, one for the truth.

# %% [markdown] hint="freezing_cost"
# The frozen network gets the new text as a stream: `resid=` takes the embedding that the other run recorded.
# The lesson's `apart` says what relative means.


# %% starter="freezing_cost"
def freezing_cost(model, tokens, changed):
    return ...


# %% solution="freezing_cost"
def freezing_cost(model, tokens, changed):
    truth = model.run(changed)
    stale = model.run(tokens).frozen().run(resid=truth.embedding)
    return np.linalg.norm(stale.logits - truth.logits) / np.linalg.norm(truth.logits)
