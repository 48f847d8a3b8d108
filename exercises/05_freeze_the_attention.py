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

# %% tools=true
from dataclasses import replace

from ovlearn.exercises.comparing import as_numbers
from ovlearn.exercises.drawing import cases
from ovlearn.symbolic import definition, derive, product, symbol

ROUNDING = 1e-9


def apart(a, b):
    """How far a is from b, relative to the size of b (Frobenius norm)."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


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


# %% check="layer_adds" blocked="derive"
def inputs(student):
    for layer, heads in ((2, 2), (3, 1), (1, 3), (0, 2), (0, 1)):
        network = derive("frozen-network", layers=4, heads=heads, layer=layer)
        named = [(symbol("W_OV", layer, h), folded(layer, h)) for h in range(heads)]
        using = (definition("OV product", "values and output in one matrix", *named),)
        want = network.lemma("What a layer adds").result.rhs
        yield call(layer, heads, want=want, using=using, layer=layer)


def folded(layer, head):
    return product(symbol("W_V", layer, head), symbol("W_O", layer, head))


# %% [markdown] mistakes="layer_adds"
# - **its own output**:
#   ```python
#   stream = symbol("E") * symbol("W_E")
#   for before in range(layer + 1):
#       stream = stream + symbol("Delta", before)
#   return add(*[product(symbol("A", layer, h), stream, symbol("W_OV", layer, h)) for h in range(heads)])
#   ```
#   Delta_{layer} stands on both sides. Layer {layer} reads before it writes: which outputs can it read?
# - **the last output left out**:
#   ```python
#   stream = add(symbol("E") * symbol("W_E"), *[symbol("Delta", i) for i in range(layer - 1)])
#   return add(*[product(symbol("A", layer, h), stream, symbol("W_OV", layer, h)) for h in range(heads)])
#   ```
#   The heads read all but the last of the outputs before them. Which layers have written by then?
# - **only the tokens**:
#   ```python
#   stream = product(symbol("E"), symbol("W_E"))
#   return add(*[product(symbol("A", layer, h), stream, symbol("W_OV", layer, h)) for h in range(heads)])
#   ```
#   The heads read the tokens alone. What else stands in the stream by then?
# - **only the layer before**:
#   ```python
#   stream = product(symbol("E"), symbol("W_E"))
#   if layer:
#       stream = add(stream, symbol("Delta", layer - 1))
#   return add(*[product(symbol("A", layer, h), stream, symbol("W_OV", layer, h)) for h in range(heads)])
#   ```
#   Only one earlier output is read. What the layers before that wrote is still in the stream.
# - **without the tokens**:
#   ```python
#   stream = add(*[symbol("Delta", i) for i in range(layer)])
#   return add(*[product(symbol("A", layer, h), stream, symbol("W_OV", layer, h)) for h in range(heads)])
#   ```
#   The heads read what earlier layers wrote, but not what stood there first.
# - **the stream by name**:
#   ```python
#   X = symbol("X", layer)
#   return add(*[symbol("A", layer, h) * X * symbol("W_OV", layer, h) for h in range(heads)])
#   ```
#   That is right, with X_{layer} as a name. What is X_{layer} made of?
# - **one head**:
#   ```python
#   stream = add(symbol("E") * symbol("W_E"), *[symbol("Delta", i) for i in range(layer)])
#   return symbol("A", layer, 0) * stream * symbol("W_OV", layer, 0)
#   ```
#   One head is right. The layer has more of them.
# - **one head's weights**:
#   ```python
#   stream = add(symbol("E") * symbol("W_E"), *[symbol("Delta", i) for i in range(layer)])
#   return add(*[symbol("A", layer, h) for h in range(heads)]) * stream * symbol("W_OV", layer, 0)
#   ```
#   All heads have a pattern of their own here, and the weights of head 0.
# - **not moved**:
#   ```python
#   stream = add(symbol("E") * symbol("W_E"), *[symbol("Delta", i) for i in range(layer)])
#   return product(stream, add(*[symbol("W_OV", layer, h) for h in range(heads)]))
#   ```
#   Each position keeps to itself: no pattern has moved anything.
# - **with the stream**:
#   ```python
#   stream = add(symbol("E") * symbol("W_E"), *[symbol("Delta", i) for i in range(layer)])
#   return add(stream, *[symbol("A", layer, h) * stream * symbol("W_OV", layer, h) for h in range(heads)])
#   ```
#   This is the stream after the layer. What the layer adds to it is asked for.
# - **to the logits**:
#   ```python
#   stream = add(symbol("E") * symbol("W_E"), *[symbol("Delta", i) for i in range(layer)])
#   parts = [symbol("A", layer, h) * stream * symbol("W_OV", layer, h) for h in range(heads)]
#   return add(*[part * symbol("W_U") for part in parts])
#   ```
#   This is what the layer adds to the logits directly. What it adds to the stream is asked for.
# - **shapes do not fit**:
#   ```python
#   stream = add(symbol("E") * symbol("W_E"), *[symbol("Delta", i) for i in range(layer)])
#   return add(*[stream * symbol("W_OV", layer, h) * symbol("A", layer, h) for h in range(heads)])
#   ```
#   The shapes in it do not fit: product: expected d rows after W_OV_2_0 [d, d], got A_2_0 [s, s]


# %% right="layer_adds" form="multiplied out, backwards"
def layer_adds(layer, heads):
    terms = []
    for head in reversed(range(heads)):
        A, W_OV = symbol("A", layer, head), symbol("W_OV", layer, head)
        terms += [A * symbol("Delta", i) * W_OV for i in reversed(range(layer))]
        terms.append(product(product(A, symbol("E")), product(symbol("W_E"), W_OV)))
    return add(*terms)


# %% right="layer_adds" form="values and outputs unfolded"
def layer_adds(layer, heads):
    stream = add(symbol("E") * symbol("W_E"), *[symbol("Delta", i) for i in range(layer)])
    parts = []
    for head in range(heads):
        V = product(stream, symbol("W_V", layer, head))
        parts.append(product(product(symbol("A", layer, head), V), symbol("W_O", layer, head)))
    return add(*parts)


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


# %% check="frozen_logits" blocked="numeric.FrozenNetwork.run paths.by_order paths.contribution"
axes = ("pos", "token")


def inputs(student):
    for case in cases(student):
        resid = case.rng.normal(size=case.run.embedding.shape)  # [pos, d_model]
        want = case.run.frozen().run(resid=resid).logits
        yield call(case.model, case.run.pattern, resid, want=want, words=case.words)


# %% [markdown] mistakes="frozen_logits"
# - **live patterns**:
#   ```python
#   n_layers, n_heads = pattern.shape[:2]
#   for layer in range(n_layers):
#       added = 0
#       for head in range(n_heads):
#           Q, K = resid @ model.W_Q[layer, head], resid @ model.W_K[layer, head]
#           weights = np.tril(np.exp(Q @ K.T / np.sqrt(Q.shape[1])))
#           A = weights / weights.sum(axis=1, keepdims=True)
#           added = added + A @ resid @ model.W_V[layer, head] @ model.W_O[layer, head]
#       resid = resid + added
#   return resid @ model.W_U
#   ```
#   These are the logits of the network itself: the patterns were computed anew from this stream. The ones to
#   use are given.
# - **all layers read the first stream**:
#   ```python
#   out = pattern @ resid @ model.W_V @ model.W_O
#   return (resid + out.sum(axis=(0, 1))) @ model.W_U
#   ```
#   Every layer seems to read the stream that you began with. What has the layer before it added by then?
# - **heads in a row**:
#   ```python
#   for layer in range(model.config.n_layers):
#       for head in range(model.config.n_heads):
#           V = resid @ model.W_V[layer, head]
#           resid = resid + pattern[layer, head] @ V @ model.W_O[layer, head]
#   return resid @ model.W_U
#   ```
#   The second head of a layer reads what the first head of that layer wrote. What do heads of one layer read?
# - **overwritten**:
#   ```python
#   for layer in range(model.config.n_layers):
#       resid = sum(
#           pattern[layer, head] @ resid @ model.W_V[layer, head] @ model.W_O[layer, head]
#           for head in range(model.config.n_heads)
#       )
#   return resid @ model.W_U
#   ```
#   Each layer puts its output in the place of the stream. What does a layer do with what was there?
# - **pattern transposed**:
#   ```python
#   for layer in range(model.config.n_layers):
#       V = resid @ model.W_V[layer]
#       Z = np.einsum("hqk,hqc->hkc", pattern[layer], V)
#       resid = resid + (Z @ model.W_O[layer]).sum(axis=0)
#   return resid @ model.W_U
#   ```
#   The patterns are the wrong way round: later positions send to earlier ones. Row i says what position i
#   receives.
# - **summed apart**:
#   ```python
#   W_OV = (model.W_V @ model.W_O).sum(axis=1)
#   A = pattern.sum(axis=1)
#   for layer in range(len(A)):
#       resid = resid + A[layer] @ resid @ W_OV[layer]
#   return resid @ model.W_U
#   ```
#   Patterns and weights were summed over heads separately, so that each head's pattern also meets the weights
#   of the others. What belongs together?
# - **one head**:
#   ```python
#   for layer in range(model.config.n_layers):
#       resid = resid + pattern[layer, 0] @ resid @ model.W_V[layer, 0] @ model.W_O[layer, 0]
#   return resid @ model.W_U
#   ```
#   Only the first head of each layer has written.
# - **last layer left out**:
#   ```python
#   for layer in range(model.config.n_layers - 1):
#       resid = resid + (pattern[layer] @ resid @ model.W_V[layer] @ model.W_O[layer]).sum(axis=0)
#   return resid @ model.W_U
#   ```
#   The last layer has written nothing. Where does your loop end?
# - **no head**: `return resid @ model.W_U`
#   These are the logits of the stream that you began with: no head has written.
# - **without the direct path**:
#   ```python
#   added = np.zeros_like(resid)
#   for layer in range(model.config.n_layers):
#       read = resid + added
#       added = added + (pattern[layer] @ read @ model.W_V[layer] @ model.W_O[layer]).sum(axis=0)
#   return added @ model.W_U
#   ```
#   This is what the heads have added. What did they add it to?
# - **not unembedded**:
#   ```python
#   for layer in range(model.config.n_layers):
#       resid = resid + (pattern[layer] @ resid @ model.W_V[layer] @ model.W_O[layer]).sum(axis=0)
#   return resid
#   ```
#   This is the last stream, and it is right. What makes logits of it?
# - **input changed**:
#   ```python
#   for layer in range(model.config.n_layers):
#       resid += (pattern[layer] @ resid @ model.W_V[layer] @ model.W_O[layer]).sum(axis=0)
#   return resid @ model.W_U
#   ```
#   `frozen_logits` changes the array that it is given. Whoever calls it still needs that array: work on a
#   copy, or make a new one.


# %% right="frozen_logits" form="loops, with the stream copied"
def frozen_logits(model, pattern, resid):
    stream = resid.copy()
    for layer in range(model.config.n_layers):
        read = stream.copy()
        for head in range(model.config.n_heads):
            V = read @ model.W_V[layer, head]
            for i in range(len(read)):
                mixed = sum(pattern[layer, head, i, j] * V[j] for j in range(len(read)))
                stream[i] += mixed @ model.W_O[layer, head]
    return (stream @ model.W_U).tolist()


# %% right="frozen_logits" form="one big matrix a layer"
def frozen_logits(model, pattern, resid):
    flat = resid.ravel()
    for A, W_V, W_O in zip(pattern, model.W_V, model.W_O, strict=True):
        whole = np.eye(flat.size)
        for of_head, read, write in zip(A, W_V, W_O, strict=True):
            whole = whole + np.kron(of_head, (read @ write).T)
        flat = whole @ flat
    return flat.reshape(resid.shape) @ model.W_U


# %% right="frozen_logits" form="every path, in float32"
def frozen_logits(model, pattern, resid):
    W_OV = (model.W_V @ model.W_O).astype(np.float32)

    def after(layer, stream):
        if layer == len(pattern):
            return stream @ model.W_U
        total = after(layer + 1, stream)
        for A, W in zip(pattern[layer].astype(np.float32), W_OV[layer], strict=True):
            total = total + after(layer + 1, A @ stream @ W)
        return total

    return after(0, resid.astype(np.float32))


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


# %% check="superposes"
letters = "abcdefg"


def inputs(student):
    yield call(want={letter for letter, gap in gaps(next(cases(student))).items() if gap < ROUNDING})


def gaps(case):
    """How far the two sides of each case are apart, relative to one of them."""
    run, rng, W_U = case.run, case.rng, case.model.W_U
    frozen = run.frozen()
    X_1, X_2, step = rng.normal(size=(3, *run.embedding.shape))  # [pos, d_model] each

    def Y(stream):
        return frozen.run(resid=stream).logits  # [pos, d_vocab]

    def with_norm(stream):
        return normed(frozen.run(resid=stream).resid_final) @ W_U  # [pos, d_vocab]

    def adds(*heads):
        return frozen.run(heads=heads).logits - frozen.run(heads=()).logits  # [pos, d_vocab]

    epsilon = 1e-6
    moved = (live(case.model, run.embedding + epsilon * step).logits - run.logits) / epsilon
    return {
        "a": apart(Y(X_1) + Y(X_2), Y(X_1 + X_2)),
        "b": apart(3 * Y(X_1), Y(3 * X_1)),
        "c": apart(adds((0, 0)) + adds((0, 1)), adds((0, 0), (0, 1))),
        "d": apart(adds((0, 0)) + adds((1, 0)), adds((0, 0), (1, 0))),
        "e": apart(with_norm(X_1) + with_norm(X_2), with_norm(X_1 + X_2)),
        "f": apart(Y(run.embedding), run.logits),
        "g": apart(Y(step), moved),
    }


def live(model, stream):
    """The run of the network itself from a stream [pos, d_model], whose rows stand in for the embeddings."""
    W_E = np.zeros_like(model.W_E)  # [d_vocab, d_model]
    W_E[: len(stream)] = stream
    return replace(model, W_E=W_E).run(np.arange(len(stream)))


def normed(X):
    """Each row of X [pos, d_model] with mean 0 and standard deviation 1."""
    centred = X - X.mean(axis=-1, keepdims=True)
    return centred / centred.std(axis=-1, keepdims=True)


# %% [markdown] mistakes="superposes"
# - **none**: `{"a", "b", "c", "f"}` → `[]`
#   With constant patterns a layer only multiplies by constant matrices, and adds. Begin with a.
# - **different layers**: `"f` → `"d", "f`
#   One of your cases is about heads of different layers. When both write, what does the later one read that
#   it does not read when it is alone?
# - **layer norm**: `"f` → `"e", "f`
#   One of your cases has a layer norm in it. What does a layer norm make of a stream that is twice as long?
#   And what would a linear map make of it?
# - **first order**: `"}` → `", "g"}`
#   One of your cases takes freezing for a first-order approximation. When the stream moves a little, do the
#   patterns of the network stay as they are?
# - **the sum left out**: `a", "` → ``
#   Look at the sum of two streams again. Which operation of a frozen layer would treat a sum otherwise than
#   its parts?
# - **the multiple left out**: `b", "` → ``
#   Look at the threefold stream again. In the network itself its scores would be nine times as large. And
#   here?
# - **one layer left out**: `{"a", "b", "c", "f"}` → `"abf"`
#   Look at the two heads of one layer again. Does one of them read what the other writes?
# - **the recorded text left out**: `{"a", "b", "c", "f"}` → `("a", "b", "c")`
#   Look at the recorded text again. Which patterns would the network itself compute there?


# %% right="superposes" form="a list in another order"
superposes = ["F", "c", "b", "a"]


# %% right="superposes" form="a text"
superposes = "a, b, c, f"


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


# %% check="freezing_cost"
def inputs(student):
    for case in cases(student, edge=False):
        tokens, d_vocab = case.run.tokens, case.config.d_vocab  # [pos]
        changed = tokens.copy()
        places = case.rng.permutation(len(tokens))[:2]
        changed[places] = (changed[places] + case.rng.integers(1, d_vocab, size=2)) % d_vocab
        yield call(case.model, tokens, changed, want=cost(case, case.model.run(changed)), words=case.words)


def cost(case, truth):
    """Layer by layer: the old patterns on the new stream, against what the network itself computes."""
    W_OV, stream = (
        case.model.W_V @ case.model.W_O,
        truth.embedding,
    )  # [layer, head, d_model, d_model], [pos, d_model]
    for A, weights in zip(case.run.pattern, W_OV, strict=True):
        stream = stream + np.einsum("hqk,kc,hcd->qd", A, stream, weights)  # [pos, d_model]
    return np.array(apart(stream @ case.model.W_U, truth.logits))


def read(got, call):
    got = as_numbers(got)
    if got.shape == () and abs(got) < ROUNDING:
        mistake("frozen on the changed text", ("input", call.words))
    return got


# %% [markdown] mistakes="freezing_cost"
# - **frozen on the changed text**: `stale = model.run(tokens).frozen().run(resid=truth.embedding)` → `logits = truth.frozen().run().logits`, `stale.` → ``
#   Your cost is zero up to rounding. On which text were the patterns recorded, and which text did the frozen
#   network get?
# - **not relative**: `linalg.norm(stale.logits - truth.logits) / np.linalg.norm(truth.logits` → `sqrt(((stale.logits - truth.logits) ** 2).sum()`
#   This is the size of the difference itself. Is it much or little? Compare it with the size of the right
#   logits.
# - **relative to the frozen logits**: `truth.embedding` → `model.W_E[changed]`, `stale.logits - truth.logits) / np.linalg.norm(truth` → `truth.logits - stale.logits) / np.linalg.norm(stale`
#   The difference is right, but it is measured against the frozen network's logits. Which of the two is the
#   truth?
# - **relative to the old logits**:
#   ```python
#   run, truth = model.run(tokens), model.run(changed)
#   stale = run.frozen().run(resid=truth.embedding)
#   return np.linalg.norm(truth.logits - stale.logits) / np.linalg.norm(run.logits)
#   ```
#   The difference is right, but it is measured against the logits of the recorded text.
# - **the old logits**: `resid=truth.embedding` → ``
#   This compares the logits of the two texts. The frozen network was not given the changed one: it keeps the
#   old patterns, not the old stream.
# - **the texts exchanged**:
#   ```python
#   truth = model.run(tokens)
#   stale = model.run(changed).frozen().run(resid=truth.embedding)
#   return np.linalg.norm(stale.logits - truth.logits) / np.linalg.norm(truth.logits)
#   ```
#   This is the cost the other way round: frozen on the changed text, and given the first one.
# - **the frozen network on two texts**:
#   ```python
#   frozen = model.run(tokens).frozen()
#   new, old = frozen.run(resid=model.W_E[changed]).logits, frozen.run().logits
#   return np.linalg.norm(new - old) / np.linalg.norm(old)
#   ```
#   This says how far the frozen logits move from one text to the other. What would the network itself compute
#   for the changed text?
# - **squared**:
#   ```python
#   truth = model.run(changed).logits
#   stale = model.run(tokens).frozen().run(resid=model.W_E[changed]).logits
#   return ((stale - truth) ** 2).sum() / (truth**2).sum()
#   ```
#   This is the square of the cost. A norm has a root in it.
# - **the largest difference**: `np.linalg.norm(stale.logits - truth.logits) / np.linalg.norm(truth.logits` → `abs(stale.logits - truth.logits).max(`
#   This is the largest single difference. Size means the Frobenius norm here, and the cost is relative.
# - **mean over positions**:
#   ```python
#   truth = model.run(changed).logits
#   stale = model.run(tokens).frozen().run(resid=model.W_E[changed]).logits
#   costs = [np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in zip(stale, truth, strict=True)]
#   return sum(costs) / len(costs)
#   ```
#   This takes a cost for each position, and then their mean. One norm over the whole table is asked for.
# - **last position**:
#   ```python
#   truth = model.run(changed).logits[-1]
#   stale = model.run(tokens).frozen().run(resid=model.W_E[changed]).logits[-1]
#   return np.linalg.norm(stale - truth) / np.linalg.norm(truth)
#   ```
#   This is the cost at the last position alone.
# - **by entries**:
#   ```python
#   truth = model.run(changed).logits
#   stale = model.run(tokens).frozen().run(resid=model.W_E[changed]).logits
#   return np.mean(np.abs((stale - truth) / truth))
#   ```
#   Each entry is divided by its own logit here, and a logit near zero counts without measure. Take the sizes
#   first.


# %% right="freezing_cost" form="by hand, with the patterns"
def freezing_cost(model, tokens, changed):
    pattern, X = model.run(tokens).pattern, model.W_E[changed]
    for layer in range(len(pattern)):
        X = X + (pattern[layer] @ X @ model.W_V[layer] @ model.W_O[layer]).sum(axis=0)
    truth = model.run(changed).logits
    return float(np.sqrt(((X @ model.W_U - truth) ** 2).sum() / (truth**2).sum()))


# %% right="freezing_cost" form="in float32, as an array"
def freezing_cost(model, tokens, changed):
    truth = model.run(changed)
    stale = model.run(tokens).frozen().run(resid=truth.embedding)
    gap, size = (x.astype(np.float32).ravel() for x in (stale.logits - truth.logits, truth.logits))
    return np.sqrt(gap @ gap) / np.sqrt(size @ size)
