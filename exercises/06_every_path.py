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

# %% tools=true
from dataclasses import replace
from itertools import combinations
from itertools import product as choices

from ovlearn.exercises.drawing import cases
from ovlearn.symbolic import Network, derive, rules, symbol

SIZES = {"n_layers": 3, "n_heads": 2}


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


# %% check="order_count"
says = "That is not the number for {words}. List the paths of two layers of two heads by hand, and count."


def inputs(student):
    sizes = [(6, 3, 2), (4, 3, 2), (3, 2, 3), (5, 2, 0)]
    sizes += [tuple(map(int, rng.integers((3, 2, 1), (6, 5, 4)))) for rng in student.draws(3)]
    for layers, heads, order in sizes:
        yield call(layers, heads, order, words=f"{layers} layers of {heads} heads, order {order}")


def answer(layers, heads, order):
    """By listing: in each layer a path skips (0) or passes one of the heads."""
    ways = choices(range(heads + 1), repeat=layers)
    return sum(sum(choice > 0 for choice in way) == order for way in ways)


# %% [markdown] mistakes="order_count"
# - **all paths**: `return (1 + n_heads) ** n_layers`
#   For {words} this is the number of all paths, of every order. How many of them pass as many heads as asked?
# - **up to this order**: `from math import comb` → `config = ov.Config(n_layers=n_layers, n_heads=n_heads, d_model=1, d_head=1, d_vocab=1, n_ctx=1)`, `comb(n_layers, order) * n_heads**order` → `len([path for path in paths.enumerate(config) if len(path) <= order])`
#   For {words} this counts the shorter paths, too. Asked is one order alone.
# - **any set of heads**:
#   ```python
#   from itertools import combinations
#   heads = [(layer, head) for layer in range(n_layers) for head in range(n_heads)]
#   return len(list(combinations(heads, order)))
#   ```
#   For {words} this counts every set of so many heads. In some of these sets are two heads of one layer. Can
#   one of the two read what the other wrote?
# - **heads not chosen**: `math import comb` → `itertools import combinations`, `comb(n_layers, order) * n_heads**order` → `sum(1 for layers in combinations(range(n_layers), order))`
#   For {words} this counts the choices of layers. In each of these layers there is one more thing to choose.
# - **layers not chosen**: `return n_heads**order`
#   For {words} this counts the choices of a head in each layer that is passed. But which layers are these? A
#   path may skip some.
# - **layers in any order**:
#   ```python
#   number = 1
#   for passed in range(order):
#       number *= (n_layers - passed) * n_heads
#   return number
#   ```
#   For {words} this counts the same layers once more for each order of them. A path can pass its layers in
#   one order only.


# %% right="order_count" form="by listing"
def order_count(n_layers, n_heads, order):
    config = ov.Config(n_layers=n_layers, n_heads=n_heads, d_model=1, d_head=1, d_vocab=1, n_ctx=1)
    return sum(len(path) == order for path in paths.enumerate(config))


# %% right="order_count" form="layer by layer, in numpy"
def order_count(n_layers, n_heads, order):
    numbers = np.array([1])
    for _ in range(n_layers):
        numbers = np.convolve(numbers, [1, n_heads])
    return numbers[order]


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


# %% check="path_logits" blocked="paths.contribution"
axes = ("pos", "d_vocab")


def inputs(student):
    for case in cases(student, **SIZES):
        heads = [(layer, int(case.rng.integers(2))) for layer in range(3)]
        first = int(case.rng.integers(2))
        for path in ((heads[first], heads[2]), tuple(heads), (heads[1],), ()):  # the longer ones first
            yield call(case.run, path, words=f"path {path}; {case.words}")


def answer(run, path):
    """What one path adds [pos, d_vocab], by interventions: the open paths, less those that skip a head."""
    frozen, total = run.frozen(), 0
    for size in range(len(path) + 1):
        for heads in combinations(path, size):
            total = total + (-1) ** (len(path) - size) * frozen.run(heads=heads).logits
    return total


# %% [markdown] mistakes="path_logits"
# - **path backwards**: `in path:` → `in reversed(path):`
#   The heads stand in the reverse order: the last one reads the tokens here. A path goes from the first layer
#   to the last.
# - **patterns in the wrong order**:
#   ```python
#   A, W_OV = np.eye(len(run.tokens)), np.eye(run.model.config.d_model)
#   for layer, head in path:
#       A = A @ run.pattern[layer, head]
#       W_OV = W_OV @ run.model.W_V[layer, head] @ run.model.W_O[layer, head]
#   return A @ run.embedding @ W_OV @ run.model.W_U
#   ```
#   The weights are in order, the patterns are not. Which head looks at the tokens themselves? Its pattern
#   must stand next to them. Both orders have rows that sum to 1, so only the value shows it.
# - **OV in the wrong order**:
#   ```python
#   A, W_OV = np.eye(len(run.tokens)), np.eye(run.model.config.d_model)
#   for layer, head in path:
#       A = run.pattern[layer, head] @ A
#       W_OV = run.model.W_V[layer, head] @ run.model.W_O[layer, head] @ W_OV
#   return A @ run.embedding @ W_OV @ run.model.W_U
#   ```
#   The patterns are in order, the OV matrices are not. A row of the stream meets the matrix next to it first:
#   whose must that be?
# - **heads side by side**:
#   ```python
#   frozen = run.frozen()
#   nobody = frozen.run(heads=set()).logits
#   return sum((frozen.run(heads={head}).logits - nobody for head in path), np.zeros_like(nobody))
#   ```
#   This adds up what each head does with the tokens, side by side. On one path, a later head reads what the
#   earlier one wrote.
# - **only the last head**: `@ stream @ W_OV` → `@ run.embedding @ W_OV`
#   Only the last head of the path has any effect here. Does each head start from the embedding again?
# - **reads the whole stream**: `run.pattern[layer, head] @ stream @ W_OV` → `run.head_out[layer, head]`
#   This is all that the last head writes. It reads the whole stream then, and so many paths end in it. Asked
#   is one of them.
# - **every open path**: `stream = run.pattern` → `stream = stream + run.pattern`
#   This sums every path that is open when only these heads write: also those that skip some of them, and the
#   direct path. Is what a head writes added to your stream, or does it take the stream's place?
# - **open paths less the direct**:
#   ```python
#   frozen = run.frozen()
#   return frozen.run(heads=set(path)).logits - frozen.run(heads=set()).logits
#   ```
#   The direct path is taken away. But with these heads writing, the paths through some of them are open, too.
# - **with the direct path**: `return stream @ model.W_U` → `return (run.embedding + stream) @ model.W_U`
#   The path is in here, and the direct path as well. Asked is one path alone.
# - **no unembedding**: `return stream @ model.W_U` → `return stream`
#   This is what the path adds to the stream, and it is right so far. The logits are one matrix further on.
# - **empty path**: `return stream @ model.W_U` → `return stream @ model.W_U * (len(path) > 0)`
#   For the path () this is zero. It passes no head; but the tokens still reach the logits.


# %% right="path_logits" form="from the logits back"
def path_logits(run, path):
    A, back = np.eye(len(run.tokens)), run.model.W_U
    for layer, head in reversed(path):
        A = A @ run.pattern[layer, head]
        back = run.model.W_V[layer, head] @ (run.model.W_O[layer, head] @ back)
    return A @ (run.embedding @ back)


# %% right="path_logits" form="by silencing heads"
def path_logits(run, path):
    frozen, total = run.frozen(), 0
    for number in range(2 ** len(path)):
        heads = [head for place, head in enumerate(path) if number >> place & 1]
        total = total + (-1) ** (len(path) - len(heads)) * frozen.run(heads=heads).logits
    return total


# %% right="path_logits" form="einsum in float32"
def path_logits(run, path):
    stream = run.embedding.astype(np.float32)
    for pair in path:
        weights = (run.model.W_V[pair].astype(np.float32), run.model.W_O[pair].astype(np.float32))
        stream = np.einsum("qk,kd,dh,he->qe", run.pattern[pair].astype(np.float32), stream, *weights)
    return stream @ run.model.W_U.astype(np.float32)


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
    sizes = (n_layers + 1, *run.embedding.shape)
    orders = np.zeros(sizes)  # [order, pos, d_model]
    orders[0] = run.embedding
    # for layer in range(n_layers): …
    return ...


# %% solution="logits_of_order"
def logits_of_order(run, order):
    model = run.model
    n_layers, n_heads = run.pattern.shape[:2]
    sizes = (n_layers + 1, *run.embedding.shape)
    orders = np.zeros(sizes)  # [order, pos, d_model]
    orders[0] = run.embedding
    for layer in range(n_layers):
        before = orders.copy()
        for head in range(n_heads):
            W_OV = model.W_V[layer, head] @ model.W_O[layer, head]  # [d_model, d_model]
            orders[1:] += run.pattern[layer, head] @ before[:-1] @ W_OV
    return orders[order] @ model.W_U  # [pos, d_vocab]


# %% check="logits_of_order" blocked="paths.by_order"
axes = ("pos", "d_vocab")


def inputs(student):
    for case in cases(student, **SIZES):
        by_order = by_scale(case.run)
        for order in (2, 1, 3, 0):
            yield call(case.run, order, want=by_order[order], words=f"order {order}; {case.words}")


def by_scale(run):
    """The sums by order [order, pos, d_vocab], without a path.

    Multiply all W_O by t, and what a path of order k adds is multiplied by t to the power k. So the frozen
    logits are a polynomial in t, and its coefficients are the sums.
    """
    scales = np.arange(run.model.config.n_layers + 1)
    models = [replace(run.model, W_O=scale * run.model.W_O) for scale in scales]
    logits = np.stack([replace(run, model=model).frozen().run().logits for model in models])
    powers = np.vander(scales, increasing=True)  # [scale, power]
    return np.einsum("ks,spv->kpv", np.linalg.inv(powers), logits)


# %% [markdown] mistakes="logits_of_order"
# - **this order and below**: `orders[order]` → `orders[: order + 1].sum(axis=0)`
#   The shorter paths are in here, too. Asked is one order alone.
# - **a head a layer**: `before[:-1]` → `orders[:-1]`
#   There are paths in here through two heads of one layer. All heads of a layer read the stream as it was
#   before the layer; none reads what its neighbour wrote.
# - **a layer passed twice**:
#   ```python
#   model = run.model
#   n_layers, n_heads = run.pattern.shape[:2]
#   orders = [run.embedding] + [np.zeros_like(run.embedding)] * n_layers
#   for layer in range(n_layers):
#       for k in range(1, n_layers + 1):
#           read = orders[k - 1]
#           for head in range(n_heads):
#               written = run.pattern[layer, head] @ read @ model.W_V[layer, head] @ model.W_O[layer, head]
#               orders[k] = orders[k] + written
#   return orders[order] @ model.W_U
#   ```
#   There are paths in here that pass one layer more than once. When you come to an order, is the order below
#   it still what it was before this layer?
# - **layers backwards**: `in range(n_layers)` → `in reversed(range(n_layers))`
#   The layers are passed from the last to the first. Which layer reads the tokens before any other has
#   written?
# - **one too few**: `orders[order]` → `(orders[order - 1] if order else 0 * orders[0])`
#   These are the paths with one head fewer. Order 0 is the direct path, which passes none.
# - **one too many**: `n_layers + 1` → `n_layers + 2`, `orders[order]` → `orders[order + 1]`
#   These are the paths with one head more. Order 0 is the direct path, which passes none.
# - **no layer skipped**:
#   ```python
#   stream = run.embedding
#   for layer in range(order):
#       W_OV = run.model.W_V[layer] @ run.model.W_O[layer]
#       stream = (run.pattern[layer] @ stream @ W_OV).sum(axis=0)
#   return stream @ run.model.W_U
#   ```
#   These are only the paths that pass the first layers one after the other. A path may skip a layer, and come
#   to its order later.
# - **order is no layer**:
#   ```python
#   if order == 0:
#       return run.embedding @ run.model.W_U
#   return (run.resid_post[order - 1] - run.resid_pre[order - 1]) @ run.model.W_U
#   ```
#   This is what the heads of one layer add, whatever they read. The order counts how many heads a path
#   passes, not in which layer it does.
# - **all that heads write**:
#   ```python
#   direct = run.embedding @ run.model.W_U
#   return direct if order == 0 else run.logits - direct
#   ```
#   This is all that heads add to the logits, the paths through several heads included. Asked is one order.


# %% right="logits_of_order" form="by listing"
def logits_of_order(run, order):
    chosen = [path for path in paths.enumerate(run.model.config) if len(path) == order]
    return sum(paths.contribution(run, path) for path in chosen)


# %% right="logits_of_order" form="one place, from the highest order down"
def logits_of_order(run, order):
    model = run.model
    n_layers = len(run.pattern)
    orders = [run.embedding] + [np.zeros_like(run.embedding)] * n_layers
    for layer in range(n_layers):
        for k in range(n_layers, 0, -1):
            values = orders[k - 1] @ model.W_V[layer]  # [head, pos, d_head]
            orders[k] = orders[k] + (run.pattern[layer] @ values @ model.W_O[layer]).sum(axis=0)
    return (orders[order] @ model.W_U).tolist()


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


# %% check="left_out" blocked="derive"
def inputs(student):
    net = Network(layers=2)
    A, W_OV = ([net.head(base, layer, 0) for layer in range(2)] for base in ("A", "W_OV"))
    expanded = derive("path-expansion", layers=2)
    for layer in (1, 0):
        chain = expanded.apply(rules.select_path, ((layer, 0),), symbol("Y", layer, 0))
        tokens = (symbol("E"), symbol("W_E"), symbol("W_U"))
        yield call(layer, *tokens, A, W_OV, want=chain.steps[-1].remainder)


# %% [markdown] mistakes="left_out"
# - **no virtual head**: `, through_both` → ``
#   A path is missing: the one on which the second head reads what the first one wrote. This network has four
#   paths.
# - **no direct path**: `add(direct, ` → `add(`
#   A path is missing: the tokens reach the logits through no head at all, too.
# - **only longer paths**: `add(direct, through_other, through_both)` → `through_both`
#   This is the other path through the head that was kept. Left out is everything else, also what does not
#   pass that head.
# - **nothing taken away**: `add(direct` → `add(product(A[layer], E, W_E, W_OV[layer], W_U), direct`
#   This is all of Y. What was kept is still in it.
# - **other path kept**: `1 - layer` → `layer`
#   This is what is left when the other head's path is kept. Which layer's head has been selected?
# - **patterns in the wrong order**: `A[1], A[0]` → `A[0], A[1]`
#   In the path through both heads, the patterns are in the wrong order. Which head looks at the tokens
#   themselves?
# - **OV in the wrong order**: `W_OV[0], W_OV[1]` → `W_OV[1], W_OV[0]`
#   In the path through both heads, the OV matrices are in the wrong order. Which of the two meets the
#   embedded tokens?
# - **path backwards**: `A[1], A[0]` → `A[0], A[1]`, `W_OV[0], W_OV[1]` → `W_OV[1], W_OV[0]`
#   In the path through both heads, layer 1 comes before layer 0.


# %% right="left_out" form="the whole less what was kept"
def left_out(layer, E, W_E, W_U, A, W_OV):
    X_0 = product(E, W_E)
    X_1 = add(X_0, product(A[0], X_0, W_OV[0]))
    X_2 = add(X_1, product(A[1], X_1, W_OV[1]))
    return subtract(product(X_2, W_U), product(A[layer], X_0, W_OV[layer], W_U))


# %% right="left_out" form="with sympy's own signs, in brackets"
def left_out(layer, E, W_E, W_U, A, W_OV):
    one = A[1 - layer] * E * W_E * W_OV[1 - layer]
    return (one + A[1] * (A[0] * E * W_E * W_OV[0]) * W_OV[1] + E * W_E) * W_U
