# %% [markdown]
# # Exercises: the residual stream is a sum
#
# They go with [lesson 01](../lessons/01_residual_stream.py). Run a cell with `check("…")` as often as you
# like. It draws new random models each time, and it tells you what it saw.

# %%
import numpy as np

import ovlearn as ov
from ovlearn.exercises import check
from ovlearn.symbolic import add, symbol

# %% tools=true
from ovlearn.exercises.drawing import cases

# %% [markdown] exercise="count_writers" points=1
# ## How many write?
#
# A model has `n_layers` layers with `n_heads` heads each, and no MLPs. Write its last stream, the one that
# $W_U$ reads, as a sum in which every writer has a term of its own, as in the lesson's picture. How many
# terms are there?
#
# Return a whole number. The arguments are whole numbers too; `n_layers` may be 0.

# %% [markdown] hint="count_writers"
# The lesson's model has three layers with two heads each. Count the bars in its picture.

# %% [markdown] hint="count_writers"
# Two kinds of writers: one that stands before all layers, and then so many a layer. Try it with no layers at
# all. The stream is not empty then.


# %% starter="count_writers"
def count_writers(n_layers, n_heads):
    return ...


# %% solution="count_writers"
def count_writers(n_layers, n_heads):
    return 1 + n_layers * n_heads  # the embedding, and every head


# %% check="count_writers"
from ovlearn import Config, Transformer

says = "That is not how many there are with {n_layers} layers of {n_heads} heads each."


def inputs(student):
    for n_layers, n_heads in ((5, 3), (3, 2), (1, 1), (4, 1), (0, 2)):
        yield call(n_layers, n_heads, n_layers=n_layers, n_heads=n_heads)


def answer(n_layers, n_heads):
    """How many matrices a run has recorded that sum to its last stream."""
    run = Transformer.random(Config(n_layers, n_heads, d_model=7, d_head=2, d_vocab=6, n_ctx=1)).run([0])
    written = [run.embedding, *(head for layer in run.head_out for head in layer)]  # [pos, d_model] each
    assert np.allclose(sum(written), run.resid_final)
    return len(written)


# %% [markdown] mistakes="count_writers"
# - **no embedding**: `1 + n_layers * n_heads` → `n_layers * n_heads`
#   These are the heads. Something stood in the stream before the first of them wrote.
# - **layers only**: `n_layers * n_heads` → `n_layers`
#   That is one term a layer. What a layer adds is itself a sum: of what?
# - **one layer too many**: `n_layers * n_heads` → `(n_layers + 1) * n_heads`
#   That is one layer too many. The layers are counted from 0: which is the last one?
# - **an embedding a layer**: `1 + n_layers * n_heads` → `n_layers * (1 + n_heads)`
#   This counts one term more in every layer. A layer adds what its heads write, and nothing else; what it
#   passes on has been counted already.
# - **added**: `n_layers * n_heads` → `n_layers + n_heads`
#   This adds layers and heads. How many heads are there in the whole model?
# - **paths**: `1 + n_layers * n_heads` → `(1 + n_heads) ** n_layers`
#   That is the number of paths through the model, which is the subject of lesson 06. A path runs through
#   several heads; here each term has one writer.


# %% right="count_writers" form="counted one by one, as a float"
def count_writers(n_layers, n_heads):
    count = 1.0
    for _layer in range(n_layers):
        for _head in range(n_heads):
            count += 1
    return count


# %% right="count_writers" form="counted in an array"
def count_writers(n_layers, n_heads):
    return np.ones((n_layers, n_heads)).sum() + np.int64(1)


# %% [markdown] exercise="stream_between" points=2
# ## From one stream to a later one
#
# Unroll $X_{l+1} = X_l + \Delta_l$ from $X_b$ down to $X_a$, and no further: write $X_b$ in terms of $X_a$
# and of what the layers between the two added.
#
# `a` and `b` are whole numbers with $a \le b$. Return an expression, built with `symbol("X", 2)` for $X_2$,
# `symbol("Delta", 2)` for $\Delta_2$, and `add(first, second, …)` for sums. Any order and any brackets will
# do.

# %% [markdown] hint="stream_between"
# Do it by hand from $X_2$ to $X_4$. Which layers does the stream pass on its way?

# %% [markdown] hint="stream_between"
# The layer $a$ reads $X_a$, so it has not written yet. The layer $b$ reads $X_b$. Which of the two belongs to
# the sum?

# %% [markdown] hint="stream_between"
# Make a list of the symbols with a loop over layers, and hand it to `add` with a star: `add(*parts)`.
# (Python's `sum` begins with the number 0, which is no matrix.)


# %% starter="stream_between"
def stream_between(a, b):
    return ...


# %% solution="stream_between"
def stream_between(a, b):
    return add(symbol("X", a), *(symbol("Delta", layer) for layer in range(a, b)))


# %% check="stream_between" blocked="derive"
from ovlearn import Assumption, Derivation, Relation, rules


def inputs(student):
    (rng,) = student.draws(1)
    start = int(rng.integers(1, 4))
    for a, b in ((start, start + 3), (0, 3), (0, start + 3), (start, start + 1), (start, start), (0, 0)):
        yield call(a, b, a=a, b=b)


def answer(a, b):
    """X_b, with the recurrence put in as often as it takes to reach X_a."""
    X, Delta = ([symbol(name, layer) for layer in range(b + 1)] for name in ("X", "Delta"))
    steps = tuple(Relation(X[layer + 1], add(X[layer], Delta[layer])) for layer in range(a, b))
    given = Assumption("residual stream", "each layer adds its output to the stream", steps)
    derivation = Derivation.start(X[b], [given])
    for _ in steps:
        derivation = derivation.apply(rules.unfold, given)
    return derivation.here


# %% [markdown] mistakes="stream_between"
# - **only the name**: `return symbol("X", b)`
#   This is the name of the stream that is asked for. What is X_{b} made of, if X_{a} is given?
# - **one step**: `symbol("X", a)` → `symbol("X", b - 1)`, `range(a, b)` → `range(b - 1, b)`
#   That is one step back, and right so far. Unroll until X_{a} is reached.
# - **shifted by one**: `range(a, b)` → `range(a + 1, b + 1)`
#   Your layers are all one too high. Layer {a} reads X_{a}: when does it write? And what does layer {b} read?
# - **one term too many**: `range(a, b)` → `range(a, b + 1)`
#   There is one term too many. X_{b} is what layer {b} reads: can what that layer writes stand in it already?
# - **begins too late**: `range(a, b)` → `range(a + 1, b)`
#   The first layer of the sum is missing. Layer {a} reads X_{a}, so is its output part of X_{a}?
# - **ends too early**: `range(a, b)` → `range(a, b - 1)`
#   The last layer of the sum is missing. Which layer wrote last before layer {b} reads?
# - **no first stream**: `symbol("X", a), ` → ``
#   This is what was added between the two. What was it added to?
# - **down to the embedding**: `symbol("X", a)` → `symbol("X", 0)`, `range(a, b)` → `range(b)`
#   That is X_{b} in terms of X_0. Here the unrolling stops at X_{a}.
# - **all outputs**: `range(a, b)` → `range(b)`
#   What the layers below {a} added is in your sum twice: as terms, and within X_{a}.


# %% right="stream_between" form="backwards, with plus"
def stream_between(a, b):
    total = symbol("X", a)
    for layer in reversed(range(a, b)):
        total = symbol("Delta", layer) + total
    return total


# %% right="stream_between" form="as a recursion, with brackets"
def stream_between(a, b):
    if a == b:
        return symbol("X", a)
    return add(stream_between(a, b - 1), symbol("Delta", b - 1))


# %% right="stream_between" form="by rules"
def stream_between(a, b):
    steps = tuple(
        ov.Relation(symbol("X", i + 1), add(symbol("X", i), symbol("Delta", i))) for i in range(a, b)
    )
    given = ov.Assumption("residual stream", "each layer adds its output", steps)
    d = ov.Derivation.start(symbol("X", b), [given])
    for _ in steps:
        d = d.apply(ov.rules.unfold, given)
    return d.result.rhs if steps else symbol("X", a)


# %% [markdown] exercise="stream_before" points=2
# ## The stream from its parts
#
# Compute what layer `layer` reads, from the embedding `X_0` `[pos, d_model]` and from everything that the
# heads wrote, `head_out` `[layer, head, pos, d_model]`. With `layer` equal to the number of layers, it is the
# stream that $W_U$ reads.
#
# The result is `[pos, d_model]`. The embedding must stay as it is.

# %% [markdown] hint="stream_before"
# Which layers have written before layer 2 reads? And how many have written before layer 0 reads?

# %% [markdown] hint="stream_before"
# A slice of the first axis picks the layers. Of what is left, two axes must go, since every head of every one
# of these layers adds its matrix to the stream.


# %% starter="stream_before"
def stream_before(X_0, head_out, layer):
    return ...


# %% solution="stream_before"
def stream_before(X_0, head_out, layer):
    return X_0 + head_out[:layer].sum(axis=(0, 1))  # [pos, d_model]


# %% check="stream_before" blocked="numeric.Transformer.run numeric.model.forward numeric.model.attention numeric.FrozenNetwork.run"
axes = ("pos", "d_model")


def inputs(student):
    tall = cases(student, n_layers=4, n_heads=3, edge=False)
    for case in (*tall, *cases(student, count=0)):
        X_0, head_out = case.run.embedding, case.run.head_out  # [pos, d_model], [layer, head, pos, d_model]
        streams = [*case.run.resid_pre, case.run.resid_final]  # [pos, d_model] each
        for layer in (one for one in (2, 1, 3, 0, 4) if one < len(streams)):
            words = f"layer={layer}, {case.words}"
            yield call(X_0, head_out, layer, want=streams[layer], words=words, layer=layer)


# %% [markdown] mistakes="stream_before"
# - **one layer too many**: `[:layer]` → `[: layer + 1]`
#   What layer {layer} writes is in your sum. This is the stream that it reads: has it written yet?
# - **one layer too few**: `[:layer]` → `[: max(layer - 1, 0)]`
#   The last output is missing. Which layer wrote just before layer {layer} reads?
# - **all layers**: `[:layer]` → ``
#   All layers are in your sum, also those that write after layer {layer} has read.
# - **no embedding**: `X_0 + ` → ``
#   This is what the heads have added. Something stood in the stream before them.
# - **only the layer below**: `[:layer]` → `[[layer - 1]]`
#   Only one layer's output is in your sum. What did the layers before it do, and is it still there?
# - **one head**: `[:layer]` → `[:layer, :1]`
#   Only the first head of each layer is in your sum. The other heads write too.
# - **mean of the heads**: `sum(axis=(0, 1))` → `mean(axis=1).sum(axis=0)`
#   This takes the mean over heads. Does a head write less because there are others beside it?


# %% right="stream_before" form="loops"
def stream_before(X_0, head_out, layer):
    total = X_0
    for i in range(layer):
        for output in head_out[i]:
            total = total + output
    return total.tolist()


# %% right="stream_before" form="a running sum in float32"
def stream_before(X_0, head_out, layer):
    streams = [X_0.astype(np.float32)]
    for outputs in head_out.astype(np.float32):
        streams.append(streams[-1] + np.add.reduce(outputs))
    return streams[layer]


# %% right="stream_before" form="einsum with a switch a layer"
def stream_before(X_0, head_out, layer):
    is_below = np.arange(len(head_out)) < layer
    return X_0 + np.einsum("l,lhpd->pd", is_below, head_out)


# %% [markdown] exercise="logit_parts" points=3
# ## Who wrote this logit?
#
# Split one logit of a model into a part for each writer. You get
#
# - `X_0` `[pos, d_model]`, the embedding;
# - `head_out` `[layer, head, pos, d_model]`, what each head wrote;
# - `W_U` `[d_model, d_vocab]`;
# - `position` and `token`, two whole numbers: the logit in question is `run.logits[position, token]`.
#
# Return `[1 + n_layers * n_heads]` numbers that add up to the logit: first the embedding's part, then those
# of layer 0's heads in order, then those of layer 1's heads, and so on.

# %% [markdown] hint="logit_parts"
# What stands at one position of the stream is a row. What turns a row into the logit of one token is a column
# of $W_U$.

# %% [markdown] hint="logit_parts"
# Each writer wrote a row at that position. A row times the column is one number. Do it for the embedding, and
# then in two loops, or for all heads at once with `@`, which works on the last axis.

# %% [markdown] hint="logit_parts"
# Test yourself: make a model as in the lesson, and compare the sum of your numbers with `run.logits[position,
# token]`.


# %% starter="logit_parts"
def logit_parts(X_0, head_out, W_U, position, token):
    # column = …   [d_model], from a row of the stream to this logit
    return ...


# %% solution="logit_parts"
def logit_parts(X_0, head_out, W_U, position, token):
    column = W_U[:, token]  # [d_model]
    of_heads = head_out[:, :, position] @ column  # [layer, head]
    return [X_0[position] @ column, *of_heads.ravel()]  # [1 + n_layers * n_heads]


# %% check="logit_parts" blocked="numeric.Transformer.run numeric.model.forward numeric.model.attention numeric.FrozenNetwork.run paths.contribution"
axes = ("writer",)


def inputs(student):
    wide = cases(student, n_layers=2, n_heads=3, edge=False)
    for case in (*wide, *cases(student, count=0)):
        run, d_vocab = case.run, case.config.d_vocab
        position = int(case.rng.integers(max(len(run.tokens) - 1, 1)))  # not the last, where there are more
        token = int(run.logits[position].argmax()) + 1 + int(case.rng.integers(d_vocab - 1))
        token %= d_vocab  # not the favourite
        words = f"position={position}, token={token}, {case.words}"
        want = without_each(run)[:, position, token]
        yield call(run.embedding, run.head_out, case.model.W_U, position, token, want=want, words=words)


def without_each(run):
    """How much the logits fall when one writer after the other is taken out of the last stream."""
    writers = [run.embedding, *(matrix for layer in run.head_out for matrix in layer)]  # [pos, d_model] each
    rests = [run.resid_final - matrix for matrix in writers]  # [pos, d_model] each
    return np.array([run.logits - rest @ run.model.W_U for rest in rests])  # [writer, pos, d_vocab]


# %% [markdown] mistakes="logit_parts"
# - **no embedding**: `X_0[position] @ column, ` → ``
#   These are the heads' parts. They do not add up to the logit: who else wrote into this row?
# - **embedding last**: `[X_0[position] @ column, ` → `[`, `ravel()]` → `ravel(), X_0[position] @ column]`
#   All parts are there, but the embedding's comes last. It was first in the stream, and is asked for first.
# - **heads before layers**: `of_heads.ravel()` → `of_heads.T.ravel()`
#   All parts are there, in another order: these run through the layers for each head. The order asked for is
#   layer by layer.
# - **one part a layer**: `of_heads.ravel()` → `of_heads.sum(axis=1)`
#   Each of your numbers belongs to a whole layer. Every head is a writer of its own.
# - **not split**: `[X_0[position] @ column, *of_heads.ravel()]` → `X_0[position] @ column + of_heads.sum()`
#   This is the logit itself. The question is which parts it is the sum of.
# - **all tokens**: `W_U[:, token]` → `W_U`, `ravel()` → `reshape(-1, W_U.shape[1])`
#   Each writer has a number for every token of the vocabulary here. Which column of W_U is asked about?
# - **the favourite token**: `[:, token]` →
#   `[:, ((X_0 + head_out.sum(axis=(0, 1)))[position] @ W_U).argmax()]`
#   These are the parts of the largest logit at this position. The token asked about is given.
# - **last position**: `[:, :, position]` → `[:, :, -1]`, `X_0[position]` → `X_0[-1]`
#   These are the parts of that token's logit at the last position. The position asked about is given.
# - **all positions**: `head_out[:, :, position]` → `head_out.sum(axis=2)`,
#   `X_0[position]` → `X_0.sum(axis=0)`
#   These numbers add up all positions. A logit is computed from one row of the stream alone.
# - **shares**: `W_U[:, token]` →
#   `W_U[:, token] / ((X_0 + head_out.sum(axis=(0, 1)))[position] @ W_U[:, token])`
#   These are shares, which add up to 1. The parts should add up to the logit.
# - **sizes**: `return [` → `return np.abs([`, `ravel()]` → `ravel()])`
#   None of your numbers is negative. A writer can also lower a logit: what do your numbers add up to?


# %% right="logit_parts" form="single numbers in loops"
def logit_parts(X_0, head_out, W_U, position, token):
    writers = [X_0]
    for outputs in head_out:
        writers.extend(outputs)
    return [sum(w[position][c] * W_U[c, token] for c in range(len(W_U))) for w in writers]


# %% right="logit_parts" form="einsum in float32"
def logit_parts(X_0, head_out, W_U, position, token):
    *_, pos, d_model = head_out.shape
    writers = np.concatenate([X_0[None], head_out.reshape(-1, pos, d_model)]).astype(np.float32)
    return np.einsum("wpd,dv->wpv", writers, W_U.astype(np.float32))[:, position, token]
