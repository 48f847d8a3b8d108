# %% [markdown]
# # Exercises: every path through the network
#
# They go with [lesson 06](../lessons/06_every_path.py). Run a cell with `check("…")` as often as you like. It
# draws new random networks each time, and it tells you what it saw.

# %%
import numpy as np

import ovlearn as ov
from ovlearn import paths
from ovlearn.exercises import check
from ovlearn.symbolic import add, product, subtract

# %% [markdown] exercise="order_count" points=1
# ## How many paths of one order
#
# The order of a path is the number of heads that it passes. A network has `n_layers` layers of `n_heads`
# heads each. How many of its paths have the order `order`?
#
# Return a whole number. All three arguments are whole numbers, and `order` is at most `n_layers`.

# %% [markdown] hint="order_count"
# A path makes two choices. In which of the layers does it leave the stream? And through which head does it go
# in each of these?

# %% [markdown] hint="order_count"
# The first choice is counted by a binomial coefficient (`math.comb`). The second is made anew in each layer
# that the path passes. Added up over all orders, your numbers must give the number of all paths.


# %% starter="order_count"
def order_count(n_layers, n_heads, order):
    return ...


# %% solution="order_count"
def order_count(n_layers, n_heads, order):
    from math import comb

    return comb(n_layers, order) * n_heads**order


# %% [markdown] exercise="path_logits" points=2
# ## What one path adds
#
# `run` is a recorded run, and `path` is a tuple of heads, first layer first, such as `((0, 1), (2, 0))`. The
# direct path is `()`. Return what this path adds to the logits, `[pos, d_vocab]`, with the recorded patterns.
#
# You need `run.embedding` `[pos, d_model]`, `run.pattern` `[layer, head, query, key]`, and of `run.model` the
# weights `W_V` `[layer, head, d_model, d_head]`, `W_O` `[layer, head, d_head, d_model]` and `W_U`
# `[d_model, d_vocab]`. `paths.contribution` is what you write here.

# %% [markdown] hint="path_logits"
# Follow one stream along the path. It begins as the embedding. Each head of the path reads what the head
# before it wrote, and nothing else.

# %% [markdown] hint="path_logits"
# Each head puts its pattern on the left of what has come so far, and its two weights on the right of it. A
# loop over the path does it, and $W_U$ comes last, once.


# %% starter="path_logits"
def path_logits(run, path):
    stream = run.embedding  # [pos, d_model]
    # for layer, head in path: …
    return ...


# %% solution="path_logits"
def path_logits(run, path):
    model, stream = run.model, run.embedding  # stream: [pos, d_model]
    for layer, head in path:
        W_OV = model.W_V[layer, head] @ model.W_O[layer, head]  # [d_model, d_model]
        stream = run.pattern[layer, head] @ stream @ W_OV
    return stream @ model.W_U  # [pos, d_vocab]


# %% [markdown] exercise="logits_of_order" points=3
# ## All paths of one order
#
# Return the sum of what all paths of the order `order` add to the logits of `run`, `[pos, d_vocab]`. Order 0
# is the direct path alone.
#
# Listing the paths is right. It is also slow in a large network: try to do without. `paths.by_order` is what
# you write here.

# %% [markdown] hint="logits_of_order"
# Keep one stream for each order: `orders[k]` `[pos, d_model]` is the sum of all paths of order `k` that have
# come so far. At the beginning only `orders[0]` is not zero. What does one layer do to them?

# %% [markdown] hint="logits_of_order"
# A path of order `k` after a layer either had order `k` before it and skipped it, or had order `k - 1` before
# it and passed one of its heads. All heads of the layer read the streams as they were *before* the layer.


# %% starter="logits_of_order"
def logits_of_order(run, order):
    n_layers, n_heads = run.pattern.shape[:2]
    orders = np.zeros((n_layers + 1, *run.embedding.shape))  # [order, pos, d_model]
    orders[0] = run.embedding
    # for layer in range(n_layers): …
    return ...


# %% solution="logits_of_order"
def logits_of_order(run, order):
    model = run.model
    n_layers, n_heads = run.pattern.shape[:2]
    orders = np.zeros((n_layers + 1, *run.embedding.shape))  # [order, pos, d_model]
    orders[0] = run.embedding
    for layer in range(n_layers):
        before = orders.copy()
        for head in range(n_heads):
            W_OV = model.W_V[layer, head] @ model.W_O[layer, head]  # [d_model, d_model]
            orders[1:] += run.pattern[layer, head] @ before[:-1] @ W_OV
    return orders[order] @ model.W_U  # [pos, d_vocab]


# %% [markdown] exercise="left_out" points=2
# ## What a selection leaves out
#
# A frozen network has two layers of one head each. Somebody expands its logits $Y$ over all paths, keeps the
# one path that passes the head of layer `layer` and no other, and forgets to say what is left out. Say it:
# return the remainder, so that kept and remainder sum to $Y$. It is an expression of shape $[s, v]$.
#
# You get the symbols `E`, `W_E` and `W_U`, and two lists with one symbol a layer: `A[0]`, `A[1]` are the
# patterns, `W_OV[0]`, `W_OV[1]` the OV matrices. `layer` is 0 or 1. Build with `product(…)`, `add(…)` and
# `subtract(…, …)`. Brackets and the order of terms are up to you.

# %% [markdown] hint="left_out"
# How many paths has this network? Count first. The remainder has one term fewer.

# %% [markdown] hint="left_out"
# There are paths with no head, with one and with two. In the term with two, which head comes first? Its two
# matrices stand nearest to $E W_E$, one on each side.


# %% starter="left_out"
def left_out(layer, E, W_E, W_U, A, W_OV):
    # direct = product(…)
    return ...


# %% solution="left_out"
def left_out(layer, E, W_E, W_U, A, W_OV):
    other = 1 - layer
    direct = product(E, W_E, W_U)
    through_other = product(A[other], E, W_E, W_OV[other], W_U)
    through_both = product(A[1], A[0], E, W_E, W_OV[0], W_OV[1], W_U)
    return add(direct, through_other, through_both)
