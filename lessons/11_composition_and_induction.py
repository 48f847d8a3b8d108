# %% [markdown]
# # Composition, virtual heads, and induction
#
# In a network of two layers a head can read what an earlier head wrote. So two heads can do together what
# neither can do alone. Here you find such pairs: first in weights that were written by hand, then in weights
# that were trained.
#
# ## What you will be able to do
#
# - Tell the three ways in which a head reads an earlier one: through its queries, its keys, its values.
# - Compute a composition score, and derive what it is for heads that know nothing of each other.
# - Explain induction, and build it in two different ways.
# - Find the heads that do induction in a trained network, and the heads that they read.
# - Test by silencing whether a head is used. A high score does not say so.
#
# ## The question
#
# A head of the first layer reads tokens and positions, and nothing else. A head of the second layer reads
# the same stream with everything that the first layer added to it.
#
# **Through which of its weights does it read the addition, and what can it do with it?**
#
# ## Three ways to read
#
# A head has three readers of the stream: $W_V$, $W_Q$ and $W_K$. What comes through the values is moved on.
# [Lesson 06](06_every_path.py) derived that: two heads become one virtual head,
# $\eqref{eq:virtual-head}$. Queries and keys decide where a head looks. So we put the stream of the
# second layer into its scores, and leave out the division by $\sqrt{d_h}$.

# %%
from dataclasses import replace

import numpy as np

import ovlearn as ov
from ovlearn import circuits, detect, paths, plots, zoo
from ovlearn.symbolic import (
    Assumption,
    Network,
    Relation,
    add,
    product,
    rules,
    transpose,
)

net = Network(layers=2)
X_0, X_1 = net.stream(0), net.stream(1)  # [s, d] each
A_0, W_OV_0, W_QK_1 = (
    net.head("A", 0, 0),
    net.head("W_OV", 0, 0),
    net.head("W_QK", 1, 0),
)

known = {
    one.name: one
    for one in ov.derive("qk-circuit", layers=2, layer=1).assumptions
}
first_layer = Assumption(
    "first layer",
    "its one head adds A X W_OV to the stream, and nothing else does",
    (Relation(X_1, add(X_0, product(A_0, X_0, W_OV_0))),),
)
given = [known["OV product"], known["QK product"], first_layer]
d = (
    ov.Derivation.start(
        product(X_1, W_QK_1, transpose(X_1)), given, network=net
    )
    .apply(rules.unfold, first_layer)
    .apply(rules.transposes)
    .apply(rules.distribute)
)
ov.show(d, label="eq:scores-of-layer-1")

# %% [markdown]
# On the left of $W_{QK_1}$ stand the queries, on its right the keys. Read the four terms of
# $\eqref{eq:scores-of-layer-1}$ in their order:
#
# 1. Query and key are both read from $X_0$. That is [lesson 10](10_many_heads_and_the_qk_circuit.py).
# 2. The *key* is read from what head 0 wrote.
# 3. The *query* is.
# 4. Both are.
#
# (With more heads in layer 0, each of them has such terms. The fourth kind has one for each *pair* of heads:
# the query from what one of them wrote, the key from what another did.)
#
# | composition | the product | with it, a head … |
# | --- | --- | --- |
# | Q | $W_{OV_0} W_{QK_1}$ | asks for what an earlier head found |
# | K | $W_{OV_0} W_{QK_1}^\top$ | finds positions by what an earlier head noted there |
# | V | $W_{OV_0} W_{OV_1}$ | moves on what an earlier head moved |
#
# (For K the factor $W_{QK_1} W_{OV_0}^\top$ of the second term is transposed, so that all three begin with
# the head that writes.)
#
# A **composition score** says how large such a product is, measured by its factors (Frobenius norms). With
# $W$ for $W_{QK_1}$, $W_{QK_1}^\top$ or $W_{OV_1}$:
#
# $$
# \frac{\lVert W_{OV_0} W \rVert_F}{\lVert W_{OV_0} \rVert_F \, \lVert W \rVert_F}
# $$
#
# It is 0 if the later head reads none of the directions in which the earlier one writes.
#
# ## What chance gives
#
# How large is a score if the two heads know nothing of each other? Let $B$ be any matrix with $d$ columns,
# and $C$ any with $d$ rows. Between them we turn the stream by a random rotation $R$ (reflections
# included). Then $B$ writes in directions that have nothing to do with those that $C$ reads. A squared norm
# is a trace, and in a trace the last factor may be moved to the front:
#
# $$
# \lVert B R C \rVert_F^2 = \operatorname{tr}(C^\top R^\top B^\top B R C)
# = \operatorname{tr}(R^\top B^\top B R \; C C^\top)
# $$
#
# Only $R^\top B^\top B R$ is random. Call its mean $M$. Three small steps say what it is.
#
# 1. For any fixed rotation $P$, $RP$ is as random as $R$. So $P^\top M P = M$: no rotation changes $M$.
# 2. $M$ is symmetric, so it has an eigenvector. Every rotation of it is an eigenvector too, with the same
#    eigenvalue $m$. So $M = m I$.
# 3. A rotation does not change a trace. So $m d = \operatorname{tr}(B^\top B) = \lVert B \rVert_F^2$.
#
# Put in:
#
# $$
# \mathbb{E} \lVert B R C \rVert_F^2 = m \operatorname{tr}(C C^\top)
# = \frac{\lVert B \rVert_F^2 \, \lVert C \rVert_F^2}{d}
# $$
#
# Divide by the norms: **the mean square of the score is $1/d$**, its root $1/\sqrt{d}$. Rank and $d_h$
# never came in. A head's width does not matter, only the stream's.
#
# To check a mean one would sample. But here far fewer rotations give the same $M$: shift the axes round, and
# flip their signs. What no flip changes is 0 off the diagonal; what no shift changes is constant on it; so
# $M = m I$ again. In six dimensions that is a list short enough to go through:

# %%
d_model = 6
shifts = [
    np.roll(np.eye(d_model), shift, axis=1) for shift in range(d_model)
]
# [flip, d_model]
signs = 1 - 2 * np.array(list(np.ndindex(*[2] * d_model)))
# [rotation, d_model, d_model]
R = np.array(
    [flip[:, None] * shift for flip in signs for shift in shifts]
)

rng = np.random.default_rng(0)
B, C = rng.normal(size=(4, d_model)), rng.normal(size=(d_model, 3))
square = (np.linalg.norm(B @ R @ C, axis=(1, 2)) ** 2).mean()
derived = np.linalg.norm(B) ** 2 * np.linalg.norm(C) ** 2 / d_model
baseline_error = abs(square / derived - 1)
assert baseline_error < 1e-12
# one pair alone is not the mean
assert abs(np.linalg.norm(B @ C) ** 2 / derived - 1) > 0.05

# %% [markdown]
# The mean over these {{ len(R) }} is the derived one, to less than
# {{ "1e-12" if baseline_error < 1e-12 else "?" }}.
#
# Heads with Gaussian weights need no extra rotation: there every direction is as likely as any other. Here
# are 16 × 16 pairs of them for each size, all with $d = 64$ and $1/\sqrt{d} = 0.125$:

# %%
chance = {}
for d_head in (2, 16, 48):
    sizes = ov.Config(
        2, 16, d_model=64, d_head=d_head, d_vocab=8, n_ctx=2
    )
    heads = ov.Transformer.random(sizes, seed=0)
    chance[d_head] = np.array(
        [
            circuits.composition_scores(heads, kind)[0, :, 1]
            for kind in "QKV"
        ]
    )
    assert circuits.composition_baseline(sizes) == 0.125
means = {
    d_head: float(np.sqrt((scores**2).mean()))
    for d_head, scores in chance.items()
}
assert all(abs(mean - 0.125) < 0.003 for mean in means.values())
assert np.ptp(chance[48]) < np.ptp(chance[16]) < np.ptp(chance[2])
lines = [
    f"| {n} | {means[n]:.3f} | {chance[n].min():.3f} | {chance[n].max():.3f} |"
    for n in chance
]

# %% [markdown]
# | $d_h$ | root mean square | smallest | largest |
# | --- | --- | --- | --- |
# {{ "\n".join(lines) }}
#
# The root mean square does not depend on $d_h$. The spread does: large heads all score nearly the same. For
# small heads a single score may be far from $1/\sqrt d$.
#
# Above, a factor went from the back of a *trace* to its front. A norm does not allow that. The paper's
# scores were once computed so, and [its authors corrected it](../errata.md#slip-frobenius).

# %%
F, G = np.array([[0, 1], [0, 0]]), np.array([[1, 0], [0, 0]])
traces = np.trace(F @ G), np.trace(G @ F)
norms = np.linalg.norm(F @ G), np.linalg.norm(G @ F)
assert traces[0] == traces[1]
assert norms[0] != norms[1]

# %% [markdown]
# Here both traces are {{ traces[0] }}, and the norms are {{ f"{norms[0]:.0f}" }} and {{ f"{norms[1]:.0f}" }}.
#
# ## By hand: a virtual head
#
# `two-back` has two heads. Each looks one position back. The second reads what the first wrote, through its
# values.

# %%
back = zoo.load("two-back")
run = back.run(back.encode("c a f e b d"))
A_virtual = run.pattern[1, 0] @ run.pattern[0, 0]  # [query, key]
# [d_vocab, d_vocab]
table = (
    back.W_E @ circuits.virtual_head(back, [(0, 0), (1, 0)]) @ back.W_U
)
orders = paths.by_order(run)  # [order, pos, d_vocab]

assert np.allclose(table.AB, 10 * np.eye(6))
assert circuits.full_ov(back).norm().max() == 0
assert abs(orders[:2]).max() == 0
assert (np.diag(A_virtual, k=-2) > 0.99).all()
plots.pattern(
    A_virtual,
    tokens=back.words(run.tokens),
    title="The virtual head of two-back",
    caption="The product of two patterns, each one step back. Look for the step of two.",
)

# %% [markdown]
# Neither head alone says anything: its circuit $W_E W_{OV} W_U$ is 0, and so are all paths of order 1. The
# circuit of both together is {{ f"{table.AB[0, 0]:.0f}" }} times the identity. It copies the token of two
# positions ago.
#
# ## Induction
#
# A text has … *a b* … and now comes *a* again. What is next? A good guess is *b*. To make that guess,
# whatever the tokens are, is **induction**: … *a b* … *a* → *b*. Its pattern is easy to know. The second *a*
# looks at the *b*, the position *after* the earlier *a*, and the head copies what it sees there.
#
# But the position looked at holds *b*. That *a* stood before it is not in its embedding: that row is made of
# the token *b* and of its place, whatever stands before. So in a first layer no key can say it. Somebody must
# bring this there, or else tell the query where the earlier *a* was. The zoo has both.
#
# - `induction-by-keys`. Layer 0 looks one back, and notes at each position which token came before. Layer 1
#   looks for a note that is equal to its own token.
# - `induction-by-pointers`. Layer 0 looks for its own token, and notes *at which position* it was. Layer 1
#   looks for the position one after the noted one.

# %%
text = "c a f h c a f h"
hands = {
    name: zoo.load(name)
    for name in ("induction-by-keys", "induction-by-pointers")
}
by_keys, by_pointers = (
    model.run(model.encode(text)) for model in hands.values()
)
assert detect.induction(by_keys, 4)[1, 0] > 0.99
assert detect.induction(by_pointers, 4)[1, 0] > 0.99
assert (
    np.abs(
        by_keys.pattern[1, 0, 4:] - by_pointers.pattern[1, 0, 4:]
    ).max()
    < 1e-3
)
assert np.array_equal(
    by_keys.logits[4:].argmax(axis=-1),
    by_pointers.logits[4:].argmax(axis=-1),
)
plots.pattern(
    by_keys.pattern[1, 0],
    tokens=text.split(),
    title="Layer 1: induction",
    caption="Look at the lower half: each token looks at what followed it before. Both models have this.",
)

# %% tags=["hide-input"]
plots.pattern(
    by_keys.pattern[0, 0],
    tokens=text.split(),
    title="Layer 0 of induction-by-keys",
    caption="One step back, whatever the tokens.",
)

# %% tags=["hide-input"]
plots.pattern(
    by_pointers.pattern[0, 0],
    tokens=text.split(),
    title="Layer 0 of induction-by-pointers",
    caption="In the lower half each token looks at its own earlier copy.",
)

# %% [markdown]
# In the second copy the two models agree in layer 1 and in what they say next. Their weights tell them apart:

# %%
by_hand = {
    name: [
        float(circuits.composition_scores(model, kind)[0, 0, 1, 0])
        for kind in "QKV"
    ]
    for name, model in ({"two-back": back} | hands).items()
}
for name, kind in (
    ("two-back", 2),
    ("induction-by-keys", 1),
    ("induction-by-pointers", 0),
):
    assert by_hand[name][kind] > 0.2
    assert np.count_nonzero(by_hand[name]) == 1
lines = [
    f"| `{name}` | {' | '.join(f'{score:.2f}' for score in row)} |"
    for name, row in by_hand.items()
]

# %% [markdown]
# | model | Q | K | V |
# | --- | --- | --- | --- |
# {{ "\n".join(lines) }}
#
# One behaviour, two mechanisms. What a network does is not how it does it.
#
# ## Can one layer do it?
#
# Suppose that every block has the same length. Then *what followed a token before* is always at the same
# distance. A head finds it by position alone. Here is one, written for blocks of 5: it looks 4 back.

# %% tags=["hide-input"]
v, n, period = 8, 16, 5
# where the stream holds what
token, position, said = (
    slice(0, v),
    slice(v, v + n),
    slice(v + n, 2 * v + n),
)
weights = {
    name: np.zeros((1, 1, 2 * v + n, n))
    for name in ("W_Q", "W_K", "W_V")
}
# look 4 back
weights["W_Q"][0, 0, position] = 48 * np.eye(n, k=-(period - 1))
weights["W_K"][0, 0, position] = np.eye(n)
weights["W_V"][0, 0, token, :v] = np.eye(v)
W_O = np.zeros((1, 1, n, 2 * v + n))
W_O[0, 0, :v, said] = np.eye(v)
fake = ov.Transformer(
    ov.Config(1, 1, 2 * v + n, n, v, n, positional=True),
    W_E=np.eye(v, 2 * v + n),
    W_pos=np.eye(n, 2 * v + n, k=v),
    W_U=10 * np.eye(2 * v + n, v, k=-(v + n)),
    W_O=W_O,
    **weights,
)


# %%
def attention(model, period, seed=0):
    """Return each head's induction attention [layer, head], and the loss on the second copy."""
    run = model.run(
        detect.repeated_tokens(
            model.config, period, batch=64, seed=seed
        ),
        record=["pattern"],
    )
    return detect.induction(run, period), detect.repeat_loss(
        run, period
    )


faked = {length: attention(fake, length) for length in (4, 5, 6, 7)}
assert faked[5][0][0, 0] > 0.99
assert max(faked[length][0][0, 0] for length in (4, 6, 7)) < 0.1

# %% [markdown]
# | period | {{ " | ".join(map(str, faked)) }} |
# | --- | {{ " | ".join("---" for _ in faked) }} |
# | induction attention | {{ " | ".join(f"{scores[0, 0]:.2f}" for scores, _ in faked.values()) }} |
# | loss, in nats | {{ " | ".join(f"{loss:.2f}" for _, loss in faked.values()) }} |
#
# At its own period it looks like induction. At any other it is useless. So a model that is trained with one
# period can pass with one layer, and a test with one period cannot tell. The two models that follow were
# trained on blocks of 4 to 24 tokens, and the length was drawn anew for each sequence.
#
# ## Trained: one layer and two
#
# They have the same sizes and the same training, and differ in the number of layers alone. We test with
# fresh sequences: 64 a period, exactly two copies each.

# %%
one, two = zoo.load("repeats-one-layer"), zoo.load("repeats-two-layers")
measured = {
    length: [
        attention(model, length, seed=1000 + length)
        for model in (one, two)
    ]
    for length in (5, 8, 12, 18, 24)
}
assert all(
    heads.max() < 0.4 and loss > 1
    for (heads, loss), _ in measured.values()
)
assert all(
    heads[0].max() < 0.2 and heads[1].min() > 0.85
    for _, (heads, _) in measured.values()
)
assert all(loss < 0.005 for _, (_, loss) in measured.values())


def listed(scores):
    """Return the scores of some heads in one cell."""
    return " ".join(f"{score:.2f}" for score in scores)


lines = [
    f"| {length} | {listed(one_layer[0])} | {loss:.2f} | {listed(two_layers[0])} | {listed(two_layers[1])} "
    f"| {two_loss:.2f} |"
    for length, (
        (one_layer, loss),
        (two_layers, two_loss),
    ) in measured.items()
]

# %% [markdown]
# The induction attention of every head, and the loss on the second copy in nats:
#
# | period | one layer | loss | two layers: layer 0 | layer 1 | loss |
# | --- | --- | --- | --- | --- | --- |
# {{ "\n".join(lines) }}
#
# With one layer no head does it. With two, all four heads of layer 1 do, at each period, and the loss is
# gone.
#
# ## Which heads do they read?
#
# The weights answer. These are the pairs with K-composition above chance:

# %%
# [batch, pos]
tokens = detect.repeated_tokens(two.config, 24, batch=64, seed=5)
run = two.run(tokens)
chance_level = circuits.composition_baseline(two)
# [head of 0, head of 1]
scores = {
    kind: circuits.composition_scores(two, kind)[0, :, 1]
    for kind in "QKV"
}
assert (two.config.d_model, two.config.d_head) == (64, 16)
sizes = replace(two.config, n_heads=16)
control = [
    circuits.composition_scores(
        ov.Transformer.random(sizes, seed), "K"
    )[0, :, 1].ravel()
    for seed in range(8)
]
control = np.concatenate(control)  # [pair]
below = float((control < scores["K"].min()).mean())
assert below > 0.99
assert max(scores["Q"].max(), scores["V"].max()) < chance_level
plots.composition(
    circuits.composition_scores(two, "K"),
    chance_level,
    "K",
    title="K-composition of repeats-two-layers",
    caption="Look at the widths. All pairs are above chance, and two heads of layer 0 stand out.",
)

# %% [markdown]
# In Q and V no pair reaches chance: the largest are {{ f"{scores['Q'].max():.2f}" }} and
# {{ f"{scores['V'].max():.2f}" }}, against {{ f"{chance_level:.3f}" }}. In K *every* pair is above it. Even
# the smallest, {{ f"{scores['K'].min():.3f}" }}, is above more than
# {{ "99 %" if below > 0.99 else "?" }} of {{ f"{control.size:,}" }} scores of random heads of these sizes.
#
# By keys, then. That needs heads that look one back. Do the scores point at them?

# %%
previous = detect.previous_token(run)[0]  # [head of layer 0]
mean_K = scores["K"].mean(axis=1)  # [head of layer 0]
lead, runner_up, spare, last = (
    int(head) for head in np.argsort(-mean_K)
)
assert previous.argmax() == lead
assert (np.argsort(-previous) == np.argsort(-mean_K)).all()
assert (
    mean_K[runner_up] - mean_K[spare]
    > 0.02
    > mean_K[lead] - mean_K[runner_up]
)
plots.heads(
    previous[None],
    mean_K[None],
    x_name="attention to the previous token",
    y_name="mean K-composition with layer 1",
    title="The heads of layer 0",
    caption="Right: looks one back. Up: read by the keys of layer 1. The two go together.",
    mark=[(0, lead)],
)

# %%
short = two.run(
    detect.repeated_tokens(two.config, 6, batch=64, seed=5),
    record=["pattern"],
)
# heads of layer 1 with another favourite
reads_other = np.flatnonzero(scores["K"].argmax(axis=0) != lead)
previous_short = detect.previous_token(short)[0]  # [head of layer 0]
assert len(reads_other) == 1
assert scores["K"][:, reads_other[0]].argmax() == runner_up
assert previous_short[[lead, runner_up]].min() > 0.95
assert abs(previous_short[lead] - previous_short[runner_up]) < 0.02

# %% [markdown]
# Head (0, {{ lead }}) leads in both: it looks one back with {{ f"{previous[lead]:.2f}" }}, and has the
# largest mean, {{ f"{mean_K[lead]:.3f}" }}. But head (0, {{ runner_up }}) is close, with
# {{ f"{mean_K[runner_up]:.3f}" }}, and one exception stands beside the mean:
# {{ " and ".join(f"head (1, {head})" for head in reads_other) }} scores highest with head
# (0, {{ runner_up }}). At period 6, where all positions are early, both look back equally well:
# {{ f"{previous_short[lead]:.2f}" }} and {{ f"{previous_short[runner_up]:.2f}" }}.
#
# ## Is a head above chance used?
#
# A score is about weights: the later head *could* read the earlier one. To see whether it does, silence the
# earlier one, so that it writes zeros, and run the network again. A frozen run would not do, since it keeps
# the patterns, and it is the pattern of layer 1 that we expect to change. So we set the head's $W_O$ to 0.


# %%
def silenced(*heads, layer=0):
    """Return the mean induction attention of layer 1, and the loss, with some heads not writing."""
    W_O = two.W_O.copy()  # [layer, head, d_head, d_model]
    W_O[layer, list(heads)] = 0
    run = replace(two, W_O=W_O).run(tokens, record=["pattern"])
    return float(
        detect.induction(run, 24)[1].mean()
    ), detect.repeat_loss(run, 24)


order = (lead, runner_up, spare, last)
whole, none = silenced(), silenced(*order)
without = {head: silenced(head) for head in order}
alone = {
    head: silenced(*(other for other in order if other != head))
    for head in order
}
# [head of layer 0]
written = np.linalg.norm(run.head_out[0], axis=-1).mean(axis=(0, 2))
both, others = silenced(lead, runner_up), silenced(spare, last)
reserve = without[lead][0] - silenced(lead, spare)[0]

assert whole[0] > 0.95 > none[0] + 0.9
assert all(
    without[head][0] > 0.8 and without[head][1] < 0.2 for head in order
)
assert both[0] < 0.25 < 5 < both[1]
assert others[1] < 0.01 < whole[0] - 0.03 < others[0]
assert alone[runner_up][0] > 0.5 > 0.2 > alone[spare][0]
assert alone[last][0] < none[0] + 0.05
assert reserve > 0.1
assert (
    detect.repeat_loss(
        run.frozen().run(heads={(1, head) for head in range(4)}), 24
    )
    < 0.01
)
lines = [
    f"| (0, {head}) | {previous[head]:.2f} | {mean_K[head]:.3f} | {written[head]:.1f} "
    f"| {without[head][0]:.2f} | {without[head][1]:.2f} | {alone[head][0]:.2f} | {alone[head][1]:.2f} |"
    for head in order
]

# %% [markdown]
# With all heads, the mean induction attention is {{ f"{whole[0]:.2f}" }}. With layer 0 silent it is
# {{ f"{none[0]:.2f}" }}, and the loss is {{ f"{none[1]:.1f}" }} nats. In between:
#
# | head | looks back | mean K | norm written | without it: attention | loss | it alone: attention | loss |
# | --- | --- | --- | --- | --- | --- | --- | --- |
# {{ "\n".join(lines) }}
#
# (*It alone*: the other three of layer 0 are silent.)
#
# - **Two heads are used, and each stands in for the other.** Without one of them little is lost. Without
#   both, the attention is {{ f"{both[0]:.2f}" }} and the loss {{ f"{both[1]:.1f}" }}.
# - **Head (0, {{ spare }}) is a reserve.** Silent alone it is not missed. But if head (0, {{ lead }}) is
#   silent too, another {{ f"{reserve:.2f}" }} of the attention is lost.
# - **Head (0, {{ last }}) is above chance, and hardly used.** Alone it gives
#   {{ f"{alone[last][0]:.2f}" }}, where no head at all gives {{ f"{none[0]:.2f}" }}.
#
# The score has a reason to be blind here. It divides by the norms, so it compares directions. How much a
# head writes is not in it, nor where the head looks.
#
# ## A check that could have failed
#
# Silencing a head takes it away from everyone: from queries, keys and values. We said that it is the *keys*
# that read it. So take the two heads out of the keys alone. That must do all of the harm. Out of the
# queries alone, it must do none.

# %%
# [batch, pos, d_model], [batch, head, pos, d_model]
X_1, writes = run.resid_pre[1], run.head_out[0]
# [batch, pos, d_model]
reduced = X_1 - writes[:, [lead, runner_up]].sum(axis=1)
i = np.arange(24, 48)  # the positions of the second copy


def looks(for_queries, for_keys):
    """Return layer 1's mean induction attention, from one stream for its queries and one for its keys."""
    q = for_queries[:, None] @ two.W_Q[1]  # [batch, head, pos, d_head]
    k = for_keys[:, None] @ two.W_K[1]  # [batch, head, pos, d_head]
    # [batch, head, query, key]
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(two.config.d_head)
    scores = np.where(
        np.tri(scores.shape[-1], dtype=bool), scores, -np.inf
    )
    pattern = np.exp(scores - scores.max(axis=-1, keepdims=True))
    pattern /= pattern.sum(axis=-1, keepdims=True)
    return float(pattern[..., i, i - 23].mean())


kept = looks(X_1, X_1)
less_keys, less_queries = looks(X_1, reduced), looks(reduced, X_1)
assert abs(kept - whole[0]) < 1e-3
assert abs(less_keys - both[0]) < 0.05
assert abs(less_queries - whole[0]) < 0.02
found = listed([kept, less_queries, less_keys, both[0]]).replace(
    " ", " | "
)

# %% [markdown]
# | the two heads are taken from … | nothing | queries | keys | all three |
# | --- | --- | --- | --- | --- |
# | induction attention | {{ found }} |
#
# So it is K-composition.
#
# ## And the values?
#
# Virtual heads are the paths of order 2. Their share of the loss is the paper's *term importance*: keep all
# patterns, and let the logits hold the paths up to some order. The paper does it in passes through the
# network, `paths.by_passes`. That gives what `paths.by_order` gives.

# %%
orders = paths.by_order(run)  # [order, batch, pos, d_vocab]
assert (
    np.abs(paths.by_passes(run) - orders).max()
    < 1e-3 * np.abs(orders).max()
)
up_to = [
    detect.repeat_loss(
        replace(run, logits=orders[: k + 1].sum(axis=0)), 24
    )
    for k in range(3)
]
assert up_to[0] > 4 > 0.01 > up_to[1]
sample = two.run(tokens[0])
target = int(tokens[0, 40 - 23])
assert sample.logits[40].argmax() == target
plots.contributions(
    sample,
    position=40,
    token=target,
    tokens=two.tokens,
    most=8,
    title="What raises the right token",
    caption="The last group are the virtual heads. Look at which group makes the logit.",
)

# %% [markdown]
# With the direct path alone the loss is {{ f"{up_to[0]:.2f}" }} nats. With single heads it is less than
# {{ "0.01" if up_to[1] < 0.01 else "?" }}, before any virtual head is added. The
# [results](../results.md#terms) have the figures.
#
# Do not conclude that the layers work apart. Induction *is* two heads in a row. But the first acts on where
# the second looks, and a pattern that is held does not show who made it. Paths see V-composition only.
#
# ## Common mistakes
#
# - **"Above chance" read as "used".** The baseline is for heads whose directions have nothing to do with each
#   other. Trained heads share directions for many reasons. Silence the head.
# - **"Not missed" read as "not used".** Silence in pairs too: a head may have a stand-in.
# - **Silencing in a frozen run.** It keeps the patterns, and with them all Q- and K-composition. Here it says
#   that the whole of layer 0 is not needed: the loss stays below 0.01.
# - **Forgetting the transpose for K.** $W_{OV_0} W_{QK_1}$ is Q-composition. For `induction-by-keys` it is 0.
# - **Testing induction with one period.** A head that counts positions passes.
#
# ## Where this stands in the article and the paper
#
# In the article: the terms $A_i \Delta_j W_{OV_i}$ in *The Circuit*. They are V-composition. Queries and keys
# do not come in, since the patterns are held constant.
#
# In the paper: *Three Kinds of Composition*, *Path Expansion of Attention Scores QK Circuit*, *Analyzing a
# Two-Layer Model*, *Induction Heads*, *Term Importance Analysis* and *Virtual Attention Heads*. There the
# keys of induction heads read *one* previous-token head. That here two stand in for each other is a finding
# about our small model.
#
# ## Recap
#
# - A later head reads an earlier one through queries, keys or values. Q and K change where it looks, V what
#   it moves.
# - Scores compare directions. Random heads have $1/\sqrt{d}$ in the root mean square, whatever $d_h$.
# - Our network of two layers learned induction, that of one layer did not. K-composition with a head that
#   looks one back is one way, pointers are another. One layer is not excluded: but its heads together must
#   then grow as wide as the sequence is long, where two layers need far less (Sanford, Hsu and Telgarsky,
#   2024).
# - A score says what could be read. Silencing says what is missed if a head writes zeros. Another
#   replacement, as what it writes in the mean, can say something else.
#
# ## What to practise
#
# 1. Silence the heads of layer 1, one by one and in pairs, with `silenced(…, layer=1)`. How many of the four
#    are needed? Look at the loss, and say why attention is the wrong figure here.
# 2. Let both hand-written models read `c a f c b h c`, where two tokens have followed *c*. Where do their
#    layers look from the last *c*? What comes out, and why?
# 3. Turn the stream between the layers of `two` by a random rotation: multiply `W_O[0]` by it. What are the
#    K-composition scores now? What is the loss?
# 4. At which positions does head (0, {{ lead }}) stop looking one back? Why does that not hurt at period 24?
#    Think of which notes the second copy needs.
