# %% [markdown]
# # Errata, machine-checked
#
# The course follows the article *OV Circuits* and the paper *A Mathematical Framework for Transformer
# Circuits*. Here is what the two need corrected. Each erratum has a cell with two checks: what is right must
# pass, and what the text says, or what it leaves out, must fail. If either went the other way, this page
# would not be built.
#
# None of this touches the article's result: the boxed equation is right. What changes is what it is called,
# what it rests on, and where its sums end.

# %%
import re
from dataclasses import replace

import numpy as np

import ovlearn as ov
from ovlearn import paths
from ovlearn.symbolic import Network, ShapeError, product, symbol, terms
from ovlearn.symbolic.errata import ERRATA

config = ov.Config(
    n_layers=3, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5
)
model = ov.Transformer.random(config, seed=0)
run = model.run([3, 1, 4, 1, 5])
# the same weights, with the patterns of this run held constant
frozen = run.frozen()
# what may differ by rounding alone, relative to the whole
rounding = 1e-12
assert sorted(ERRATA) == list(range(1, 12))

E = np.eye(config.d_vocab)[run.tokens]  # [pos, d_vocab]
# [d_vocab, d_model], [d_model, d_vocab]
W_E, W_U = model.W_E, model.W_U
W_OV = model.W_V @ model.W_O  # [layer, head, d_model, d_model]
A = run.pattern  # [layer, head, query, key]
# [layer, pos, d_model], what the heads of each layer wrote
Delta = run.head_out.sum(axis=1)


def apart(a, b):
    """Return how far a is from b, relative to the norm of b."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


# %% tags=["remove-cell"]
def says(number):
    """Return what is right, in the words of the package, with its symbols as equations."""
    words = (
        ERRATA[number]
        .says.replace("(1 + H)^L", "$(1 + H)^L$")
        .replace("d_head", "$d_h$")
    )
    words = re.sub(
        r"\b([AWXΔ])_(?:\{(.+?)\}|(\w+))", r"$\1_{\2\3}$", words
    )
    return words.replace("Δ", r"\Delta").replace("−1", "-1")


# %% [markdown]
# ## Erratum 1: the sums end one term too late {#erratum-1}
#
# **Where.** *The Circuit*, the equations for $Y$, before and after the brackets are multiplied out. Both
# run to $\Delta_n$.
#
# **What is right.** {{ says(1) }} The article's own first section has it right: there $X_i$ ends with
# $\Delta_{i-1}$.

# %%
d = ov.derive("residual-stream", layers=3)
ov.show(d)

# %% [markdown]
# A network of three layers has no $\Delta_3$. In one of four layers there is a $\Delta_3$, and adding it
# goes past $X_3$. Here $\Delta_l$ is what the heads of layer $l$ wrote, recorded head by head. (Taken as the
# difference of two streams it would add up whatever the heads wrote, and the check could not fail.)

# %%
try:
    Network(layers=3).layer("Delta", 3)
    raise AssertionError("there is no layer 3")
except ValueError as error:
    print(error)

four = ov.Transformer.random(replace(config, n_layers=4), seed=0).run(
    run.tokens
)
written = four.head_out  # [layer, head, pos, d_model]
X_0, X_3 = four.embedding, four.resid_pre[3]  # [pos, d_model] each
up_to_n_minus_1 = apart(X_0 + written[:3].sum(axis=(0, 1)), X_3)
up_to_n = apart(X_0 + written[:4].sum(axis=(0, 1)), X_3)
without_a_head = apart(
    X_0 + written[:3].sum(axis=(0, 1)) - written[1, 0], X_3
)
assert up_to_n_minus_1 < rounding
assert up_to_n > 0.1
assert without_a_head > 0.1  # it matters what the heads wrote

# %% [markdown]
# The sum to $\Delta_{n-1}$ is $X_n$, to within {{ rounding }}; the sum to $\Delta_n$ is off by
# {{ f"{up_to_n:.0%}" }}, and without what one head wrote it is off by {{ f"{without_a_head:.0%}" }}. The
# other reading fails in the same place: with $n + 1$ layers $\Delta_n$ is there, but then the last stream
# is $X_{n+1}$. Lesson: [the residual stream is a sum](lessons/01_residual_stream.py).
#
# ## Erratum 2: what is assumed and not said {#erratum-2}
#
# **Where.** *The Circuit*, the list of two assumptions.
#
# **What is right.** {{ says(2) }}
#
# All that the derivation assumes:

# %%
d = ov.derive("frozen-network", layers=3, heads=2)
for given in d.assumptions:
    if given.kind == "assumption":
        print(f"{given.name}: {given.says}")

# %% [markdown]
# We break each silent assumption in turn, keep the patterns frozen, and compare the logits with the sum
# over all paths.


# %%
def normed(stream):
    """Return X [pos, d_model], each row with mean 0 and deviation 1."""
    # [pos, d_model]
    centred = stream - stream.mean(axis=-1, keepdims=True)
    return centred / centred.std(axis=-1, keepdims=True)


def forward(mlp=False, norm=False, bias=False, positions=False):
    """Return the frozen logits [pos, d_vocab], with more in it."""
    rng = np.random.default_rng(1)
    stream = E @ W_E  # [pos, d_model]
    if positions:
        stream = stream + rng.normal(size=stream.shape)
    for layer in range(config.n_layers):
        read = normed(stream) if norm else stream  # [pos, d_model]
        heads = range(config.n_heads)
        stream = stream + sum(
            A[layer, head] @ read @ W_OV[layer, head] for head in heads
        )
        stream = stream + (
            rng.normal(size=config.d_model) if bias else 0
        )
        stream = stream + (np.maximum(stream, 0) if mlp else 0)
    return stream @ W_U


every = list(paths.enumerate(config))
# [pos, d_vocab]
all_paths = sum(paths.contribution(run, path) for path in every)
as_assumed = apart(all_paths, forward())
additions = ("mlp", "norm", "bias", "positions")
broken = {
    name: apart(all_paths, forward(**{name: True}))
    for name in additions
}
of_first_heads = [
    path for path in every if all(head == 0 for _, head in path)
]
# [pos, d_vocab]
one_head = sum(paths.contribution(run, path) for path in of_first_heads)
broken["one head a layer"] = apart(one_head, forward())
assert as_assumed < rounding
assert min(broken.values()) > 0.01

# %% [markdown]
# As assumed, the paths sum to the logits, to within {{ rounding }}. Otherwise they do not:
#
# | what differs | error |
# | --- | --- |
# | an MLP (here: the positive part of the stream) | {{ f"{broken['mlp']:.0%}" }} |
# | layer norm before each layer | {{ f"{broken['norm']:.0%}" }} |
# | a bias | {{ f"{broken['bias']:.0%}" }} |
# | a positional term | {{ f"{broken['positions']:.0%}" }} |
# | two heads a layer, but the sum is over one | {{ f"{broken['one head a layer']:.0%}" }} |
#
# And three layers of two heads have $(1 + 2)^3$ = {{ paths.count(config) }} paths. Lessons: [freeze the
# attention](lessons/05_freeze_the_attention.py), [every path](lessons/06_every_path.py).
#
# ## Erratum 3: not only a single layer {#erratum-3}
#
# **Where.** *Motivation*: since layers are not linear, the paper's analysis is said to be out of reach for
# many layers, and open to one layer only. The article lifts this itself in *The Circuit*, where it fixes $A$
# and expands $n$ layers. So what follows is about the reason that *Motivation* gives.
#
# **What is right.** {{ says(3) }}
#
# The softmax alone is not it. Leave it out, and put the masked scores in the place of the pattern. The layer
# is still not linear, because the stream stands in the scores twice and in the values once: doubled, it gives
# $2^3 = 8$ times as much.

# %%
X = run.resid_pre[1]  # [pos, d_model], what layer 1 reads
recorded = A[1, 0]  # [query, key]


def reads(stream, pattern):
    """Return what head (1, 0) adds [pos, d_model] with this pattern."""
    return pattern @ stream @ W_OV[1, 0]


def scores(stream):
    """Return the masked scores [query, key] of this stream."""
    # [pos, d_head] each
    queries, keys = stream @ model.W_Q[1, 0], stream @ model.W_K[1, 0]
    return np.tril(queries @ keys.T) / np.sqrt(config.d_head)


no_softmax = reads(X, scores(X))  # [pos, d_model]
eightfold = apart(reads(2 * X, scores(2 * X)), 8 * no_softmax)
twofold = apart(reads(2 * X, scores(2 * X)), 2 * no_softmax)
assert eightfold < rounding
assert twofold > 0.1  # without the softmax, not linear all the same
# held, it is
assert apart(reads(2 * X, recorded), 2 * reads(X, recorded)) < rounding

# %% [markdown]
# Without the softmax, $\mathrm{layer}(2 X) = 8\,\mathrm{layer}(X)$ to within {{ rounding }}, and it is off
# by {{ f"{twofold:.0%}" }} from twice $\mathrm{layer}(X)$. With the pattern held, twice the stream gives
# twice as much. And what is held can be expanded at any depth:

# %%
expanded, without_longest = {}, {}
for n_layers in (1, 2, 4, 8):
    this_deep = replace(config, n_layers=n_layers)
    deep = ov.Transformer.random(this_deep, seed=0).run(run.tokens)
    orders = paths.by_order(deep)  # [order, pos, d_vocab]
    expanded[n_layers] = apart(orders.sum(axis=0), deep.logits)
    without_longest[n_layers] = apart(
        orders[:-1].sum(axis=0), deep.logits
    )
assert max(expanded.values()) < rounding
# without the longest paths it fails
assert min(without_longest.values()) > 1e-6

# %% [markdown]
# For 1, 2, 4 and 8 layers the paths sum to the logits to within {{ rounding }}. A network of one layer is
# the easy case only in this: its layer reads $X_0$ alone, so there is nothing to split. Lessons: [layers are
# not linear](lessons/02_layers_are_not_linear.py), [freeze the
# attention](lessons/05_freeze_the_attention.py).
#
# ## Erratum 4: a product, not a label {#erratum-4}
#
# **Where.** The last note, on $W_U W_{OV} W_E$.
#
# **What is right.** {{ says(4) }}
#
# In the article's shapes the product does not exist. In columns it does.

# %%
try:
    product(symbol("W_U"), symbol("W_OV", 1, 0), symbol("W_E"))
    raise AssertionError("it was accepted")
except ShapeError as error:
    print(error)

d = ov.derive("conventions", layers=2)
ov.show(d)

# %%
ov.show(d.lemma("The paper's term, with attention"))

# %%
C = W_E @ W_OV[1, 0] @ W_U  # [d_vocab, d_vocab], in rows
C_col = W_U.T @ W_OV[1, 0].T @ W_E.T  # [d_vocab, d_vocab], in columns
nobody = frozen.run(heads=set()).logits  # [pos, d_vocab]
alone = frozen.run(heads={(1, 0)}).logits - nobody  # [pos, d_vocab]

# all [pos * d_vocab]
with_attention = apart(
    np.kron(A[1, 0], C_col) @ E.ravel(), alone.ravel()
)
not_transposed = apart(np.kron(A[1, 0], C) @ E.ravel(), alone.ravel())
assert np.allclose(C_col, C.T)
assert with_attention < rounding
assert not_transposed > 0.1

# %% [markdown]
# $A \otimes (W_U W_{OV} W_E)$ gives what the head alone adds to the logits, to
# within {{ rounding }}. With the row form in its place it is off by {{ f"{not_transposed:.0%}" }}.
# Lesson: [two conventions, one circuit](lessons/08_two_conventions.py).
#
# ## Erratum 5: the box is a contribution, the circuit is inside it {#erratum-5}
#
# **Where.** *The Circuit*, the box and the sentence after it.
#
# **What is right.** {{ says(5) }}

# %%
d = ov.derive("ov-circuit", layers=2)
ov.show(d.lemma("What is circuit, and what is contribution"))

# %% [markdown]
# The direct path is another one: it goes through no head, and adds $E W_E W_U$. And the contribution depends
# on the input. The circuit does not: it is made of weights.

# %%
other = model.run([0, 2, 6, 2, 3])
other_E = np.eye(config.d_vocab)[other.tokens]  # [pos, d_vocab]
# [pos, d_vocab]
here, there = A[1, 0] @ E @ C, other.pattern[1, 0] @ other_E @ C
other_frozen = other.frozen()
other_nobody = other_frozen.run(heads=set()).logits  # [pos, d_vocab]
# [pos, d_vocab]
other_alone = other_frozen.run(heads={(1, 0)}).logits - other_nobody
assert here.shape == (5, 7)
assert C.shape == (7, 7)
assert apart(here, alone) < rounding
# not the direct path
assert apart(here, paths.contribution(run, ())) > 0.1
# the same circuit serves both inputs
assert apart(there, other_alone) < rounding
changed_by = apart(there, here)
assert changed_by > 0.1  # and the contributions differ

# %% [markdown]
# On another input the contribution differs by {{ f"{changed_by:.0%}" }}, with the same circuit. Lesson:
# [the OV circuit](lessons/07_the_ov_circuit.py).
#
# ## Erratum 6: one path, not all terms {#erratum-6}
#
# **Where.** *The Circuit*, the sentence before $Y'_i$, on isolating the terms with the tokens and one
# layer.
#
# **What is right.** {{ says(6) }}
#
# First the reading that is right. Here is $\Delta_2$ of three layers with one head each, expanded once: one
# term shows $E$, and it becomes the box.

# %%
once = ov.derive("frozen-network", layers=3, layer=2).lemma(
    "What a layer adds"
)
ov.show(once)
shows_tokens = [
    symbol("E") in term.free_symbols for term in terms(once.result.rhs)
]
assert shows_tokens == [True, False, False]

# %% [markdown]
# The other terms hold $\Delta_0$ and $\Delta_1$, which begin with the tokens too. Expanded to the end:

# %%
through = [path for path in every if (1, 0) in path]

# [pos, d_vocab]
of_all_terms = sum(paths.contribution(run, path) for path in through)
one_path = paths.contribution(run, ((1, 0),))  # [pos, d_vocab]
box = A[1, 0] @ E @ W_E @ W_OV[1, 0] @ W_U  # [pos, d_vocab]

as_one_path, as_all_terms = (
    apart(box, one_path),
    apart(box, of_all_terms),
)
assert as_one_path < rounding
assert as_all_terms > 0.1

# %% [markdown]
# In three layers of two heads, all {{ len(every) }} paths begin with the tokens, {{ len(through) }} of them
# pass head $(1, 0)$, and the box holds one. From the sum of the {{ len(through) }} it differs by
# {{ f"{as_all_terms:.0%}" }} of that sum's Frobenius norm.
#
# How much the short paths alone, through at most one head, miss of *all* the logits depends on the scale of
# the weights:


# %%
def missed(scale):
    """Return what paths of at most one head miss, with W_O scaled."""
    scaled = replace(model, W_O=scale * model.W_O)
    # [order, pos, d_vocab]
    orders = paths.by_order(scaled.run(run.tokens))
    return apart(orders[:2].sum(axis=0), orders.sum(axis=0))


misses = {scale: missed(scale) for scale in (0.1, 0.2, 1, 10)}
assert misses[0.1] < 0.02
assert misses[10] > 0.9

# %% [markdown]
# It is {{ ", ".join(f"{miss:.1%} at a scale of {scale:g}" for scale, miss in misses.items()) }} (three
# layers of two heads, seed 0). Lessons: [every path](lessons/06_every_path.py), [the OV
# circuit](lessons/07_the_ov_circuit.py).
#
# ## Erratum 7: the causal mask {#erratum-7}
#
# **Where.** *Motivation*, the formula for $A$. (The illustration of $Q K^\top$ before the next formula points
# at $q_1 k_2^\top$.)
#
# **What is right.** {{ says(7) }}
#
# The article counts positions from 1; its entry is row 0, column 1 in code.


# %%
def softmax(x, axis):
    """Return the softmax of x along an axis."""
    return np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)


seen = np.tri(5, dtype=bool)  # [query, key]
# [layer, head, query, key]
masked = np.where(seen, run.scores, -np.inf)
# [layer, head, query, key], without a mask
as_written = softmax(run.scores, axis=-1)
leaks = apart(as_written, A)
assert apart(softmax(masked, axis=-1), A) < rounding
assert leaks > 0.1
# the entry of the illustration is there
assert np.all(run.scores[..., 0, 1] != 0)
assert np.all(A[..., 0, 1] == 0)  # and the pattern does not use it

# %% [markdown]
# With the mask, the softmax of the scores is the recorded pattern, to within {{ rounding }}. Without it, it
# is off by {{ f"{leaks:.0%}" }}, and the first query gives up to {{ f"{as_written[..., 0, 1].max():.0%}" }}
# of its attention to the second key. Lesson: [one attention head](lessons/03_one_attention_head.py).
#
# ## Erratum 8: pattern and scores {#erratum-8}
#
# **Where.** *Motivation*, where $A$ is introduced, and the list under the box: $A$ is called the attention
# scores.
#
# **What is right.** {{ says(8) }}

# %%
ov.show(
    ov.derive("attention-head", layers=2).lemma("Rows of A sum to 1")
)

# %%
assert np.allclose(A.sum(axis=-1), 1)
assert not np.allclose(run.scores.sum(axis=-1), 1)
assert apart(softmax(masked, axis=-1), A) < rounding
over_columns = apart(softmax(masked, axis=-2), A)
assert over_columns > 0.1

# %% [markdown]
# The scores' rows do not sum to 1, and a softmax over the columns is off by {{ f"{over_columns:.0%}" }}.
# Lesson: [one attention head](lessons/03_one_attention_head.py).
#
# ## Erratum 9: an index, and "in general" {#erratum-9}
#
# **Where.** *Motivation*: `layer` has no index in the first equation, and the inequality is claimed for
# arbitrary vectors.
#
# **What is right.** {{ says(9) }}

# %%
d = ov.derive("nonlinearity", layers=2)
ov.show(d)  # the witness; its lemmas follow

# %%
ov.show(d.lemma("A case of equality"))

# %% [markdown]
# The index matters, since each layer has its own weights:

# %%
# [pos, d_model]
X_A = np.random.default_rng(0).normal(size=run.embedding.shape)
X_B = run.embedding  # [pos, d_model]


def layer(index, stream):
    """Return what a layer adds [pos, d_model] to this stream."""
    rows = np.zeros_like(W_E)  # [d_vocab, d_model]
    rows[: len(stream)] = stream
    names = ("W_Q", "W_K", "W_V", "W_O")
    # [1, head, …]
    weights = {name: getattr(model, name)[[index]] for name in names}
    single = ov.Transformer(
        replace(config, n_layers=1), W_E=rows, W_U=W_U, **weights
    )
    return single.run(np.arange(len(stream))).head_out[0].sum(axis=0)


# this is the layer
assert apart(layer(1, run.resid_pre[1]), Delta[1]) < rounding
of_layers = apart(layer(0, X_A), layer(1, X_A))
assert of_layers > 0.1

not_equal = apart(layer(1, X_A + X_B), layer(1, X_A) + layer(1, X_B))
assert not_equal > 0.1
# X_B = 0
equal = apart(
    layer(1, X_A + 0 * X_B), layer(1, X_A) + layer(1, 0 * X_B)
)
assert equal < rounding

# %% [markdown]
# On one stream, layer 0 and layer 1 differ by {{ f"{of_layers:.0%}" }}; and layer 1 of a sum differs from
# the sum of the layers by {{ f"{not_equal:.0%}" }}. Lesson: [layers are not
# linear](lessons/02_layers_are_not_linear.py).
#
# ## Erratum 10: which linearity is assumed {#erratum-10}
#
# **Where.** *The Circuit*, the second assumption.
#
# **What is right.** {{ says(10) }}

# %%
lookup = W_E[run.tokens]  # [pos, d_model], any table of rows
assert np.array_equal(E @ W_E, lookup)

with_positions = ov.Transformer.random(
    replace(config, positional=True), seed=0
)
begins = with_positions.run(run.tokens).embedding  # [pos, d_model]
positional = apart(E @ with_positions.W_E, begins)
assert positional > 0.1  # with a positional term, E W_E is not X_0


def with_norm(stream):
    """Return logits [pos, d_vocab] with a layer norm before W_U."""
    return normed(frozen.run(resid=stream).resid_final) @ W_U


# [pos, d_model]
part = np.random.default_rng(1).normal(size=run.embedding.shape)
rest = run.embedding - part  # [pos, d_model]
# [pos, d_vocab]
both = frozen.run(resid=part).logits + frozen.run(resid=rest).logits
linear = apart(both, run.logits)
not_linear = apart(
    with_norm(part) + with_norm(rest), with_norm(run.embedding)
)
assert linear < rounding
assert not_linear > 0.1

# %% [markdown]
# The look-up is the product exactly. In a model with a positional term, $E W_E$ misses
# {{ f"{positional:.0%}" }} of $X_0$. With the linear unembedding, the logits of two parts of the stream sum
# to those of the whole, to within {{ rounding }}. With a layer norm before it they are off by
# {{ f"{not_linear:.0%}" }}. Lesson: [freeze the attention](lessons/05_freeze_the_attention.py).
#
# ## Erratum 11: the rank, and the one recorded input {#erratum-11}
#
# **Where.** Both are left unsaid: the first where $W_{OV}$ is introduced, the second where $A$ is fixed. So
# the checks compare with what one might take for granted: a full rank, and a pattern that serves any input.
#
# **What is right.** {{ says(11) }}

# %%
ov.show(
    ov.derive("ov-fold", layers=2).lemma(
        "The rank of W_OV is at most d_head"
    )
)

# %%
# [d_model, d_model]
full = np.random.default_rng(0).normal(size=(8, 8))
assert np.linalg.matrix_rank(W_OV).max() == config.d_head
assert np.linalg.matrix_rank(full) == config.d_model

changed = model.run([3, 1, 4, 1, 0])  # the last token differs
old_patterns = frozen.run(resid=changed.embedding)
# both [pos, d_vocab]
stale = apart(old_patterns.logits, changed.logits)
fresh = apart(changed.frozen().run().logits, changed.logits)
assert fresh < rounding
assert stale > 0.01

# %% [markdown]
# The rank is {{ np.linalg.matrix_rank(W_OV).max() }} in a stream of width {{ config.d_model }}. With one
# token changed, the old patterns give logits that are off by {{ f"{stale:.0%}" }}. Lessons: [values and
# outputs fold](lessons/04_values_and_outputs_fold.py), [freeze the
# attention](lessons/05_freeze_the_attention.py).
#
# ## Slips of the paper {#slips-of-the-paper}
#
# Two of these are slips of notation. The third is one of code. The authors found and corrected it themselves,
# and say in their correction that it affects how they read their two-layer model.
#
# ### The scale of the scores {#slip-scale}
#
# **Where.** *Attention Heads as Information Movement*, and the formulas for $A^h$ after it: the softmax is
# taken of queries times keys, with no $1/\sqrt{d_{head}}$.
#
# **What is right.** The scores are divided by $\sqrt{d_{head}}$, as here:

# %%
ov.show(ov.derive("attention-head", layers=2).lemma("One score"))

# %%
X = run.resid_pre[0]  # [pos, d_model]
QK = X @ model.W_Q[0, 0] @ (X @ model.W_K[0, 0]).T  # [query, key]


def pattern_of(scores):
    """Return the masked softmax of scores [query, key]."""
    return softmax(np.where(seen, scores, -np.inf), axis=-1)


scaled = apart(pattern_of(QK / np.sqrt(config.d_head)), A[0, 0])
unscaled = apart(pattern_of(QK), A[0, 0])
assert scaled < rounding
assert unscaled > 0.01

# %% [markdown]
# Without the factor the pattern is off by {{ f"{unscaled:.0%}" }}: too sharp. One may move the factor into
# $W_Q$. But then $W_{QK}$ is no longer the product of the model's own $W_Q$ and $W_K$.
#
# ### The transposes of $A_q \otimes A_k \otimes W$ {#slip-transposes}
#
# **Where.** *Path Expansion of Attention Scores QK Circuit*: the term is said to map $x$ and $y$ to
# $A_q^\top x W y A_k$.
#
# **What is right.** With a row for each token, $A_q \, x \, W \, y^\top A_k^\top$. The query side moves by
# $A_q$ and the key side by $A_k$, both from the left; a score is then a row of one times a row of the
# other. The expansion of the scores shows where the transposes go. Here it is for layer 1 of a network with
# one head a layer, before the term of the tokens alone is selected:

# %%
qk = ov.derive("qk-circuit", layers=2, layer=1)
ov.show(replace(qk, steps=qk.steps[:-1]))

# %% [markdown]
# In the box, the patterns of layer 0 stand outermost: $A_0$ on the left, $A_0^\top$ on the right.

# %%
A_q, A_k = A[0, 0], A[0, 1]  # [query, key] each
# [pos, d_model] each
x, y = run.embedding @ W_OV[0, 0], run.embedding @ W_OV[0, 1]
W = model.W_Q[1, 0] @ model.W_K[1, 0].T  # [d_model, d_model]

by_loops = np.zeros((5, 5))  # [query, key], position by position
for i in range(5):
    for j in range(5):
        query = sum(A_q[i, m] * x[m] for m in range(5))  # [d_model]
        key = sum(A_k[j, m] * y[m] for m in range(5))  # [d_model]
        by_loops[i, j] = query @ W @ key

# tokens as rows, then tokens as columns
for one, other in ((x, y), (x.T, y.T)):
    try:
        A_q.T @ one @ W @ other @ A_k
        raise AssertionError("the shapes fit")
    except ValueError:
        pass  # in neither do the shapes fit

derived = apart(A_q @ x @ W @ y.T @ A_k.T, by_loops)
# with only y transposed
nearest = apart(A_q.T @ x @ W @ y.T @ A_k, by_loops)
assert derived < rounding
assert nearest > 0.1

# %% [markdown]
# As written, the shapes fit neither for tokens as rows nor for tokens as columns. With only $y$ transposed
# they fit, and the value is off by {{ f"{nearest:.0%}" }}: the transposed patterns move information from
# later positions to earlier ones.
#
# ### The Frobenius norm is not cyclic {#slip-frobenius}
#
# **Where.** The diagram of composition in *Analyzing a Two-Layer Model*. The authors' own correction, in
# the comments of the paper, says what happened. To save time their library turned products round, as is
# allowed inside a trace. It did so inside a Frobenius norm too, where it is not.
#
# **What is right.** $\operatorname{tr}(MN) = \operatorname{tr}(NM)$, and the eigenvalues other than zero
# are the same. The Frobenius norm, and the singular values, are not.

# %%
earlier, later = (0, 0), (1, 0)
written = model.W_V[earlier] @ model.W_O[earlier]  # [d_model, d_model]
read = model.W_K[later]  # [d_model, d_head]
back = model.W_Q[later].T  # [d_head, d_model]

# [d_model, d_model], K-composition in rows
intended = written @ read @ back
# [d_head, d_head], the last factor moved to the front
turned = back @ written @ read

traces = abs(np.trace(turned) / np.trace(intended) - 1)
norms = abs(np.linalg.norm(turned) / np.linalg.norm(intended) - 1)
assert traces < rounding
assert norms > 0.1

# %% [markdown]
# The traces agree to within {{ rounding }}. The norms differ by {{ f"{norms:.0%}" }}.
