# %% [markdown]
# # Real networks
#
# So far a network was embeddings and heads. A real one also has positions, biases, layer norm and MLPs. Here
# each of them is met once, and asked what it does to the circuits.
#
# ## What you will be able to do
#
# - Say of each part of a real network whether it breaks the path expansion, and how it is handled.
# - Fold layer norm and value biases into the weights, and check that nothing changed.
# - Say in numbers what the circuits of a network leave out.
# - Open a GPT-2 of your own: what to look at first, and against what.
# - Name what no circuit can say.
#
# ## The question
#
# A layer of GPT-2 does this. $P$ picks the row of each position, as $E$ picks that of each token.
# $\mathbf 1$ is a column of ones: it gives every position the same bias.
#
# $$
# \begin{aligned}
# X_0 &= E W_E + P W_{pos} \\
# X' &= X + \textstyle\sum_h A_h \left( N W_V^h + \mathbf 1 b_V^h \right) W_O^h + \mathbf 1 b_O
#     & N &= \operatorname{norm}(X) \\
# X'' &= X' + f\left( N' W_{in} + \mathbf 1 b_{in} \right) W_{out} + \mathbf 1 b_{out}
#     & N' &= \operatorname{norm}(X') \\
# Y &= \operatorname{norm}(X_n)\, W_U + \mathbf 1 b_U
# \end{aligned}
# $$
#
# **Which of these parts can still be read as paths, and which cannot?**
#
# ## Positions: a second beginning
#
# $X_0$ has one term more. Everything after it is as before. So each path exists twice: once it begins at
# the tokens, once at the positions. A frozen network is linear, so the two can be sent through apart.

# %%
from dataclasses import replace

import numpy as np
from sympy import MatrixSymbol, OneMatrix

import ovlearn as ov
from ovlearn import checkpoints, circuits, detect, paths, plots, zoo
from ovlearn.symbolic import (
    Assumption,
    Network,
    Relation,
    add,
    d,
    d_h,
    definition,
    product,
    rules,
    s,
)


def apart(a, b):
    """Return how far a is from b, relative to the size of b (Frobenius norm)."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def share(part, whole):
    """Return ⟨part, whole⟩ / ⟨whole, whole⟩, both less their mean over the vocabulary."""
    part, whole = (
        each - each.mean(axis=-1, keepdims=True)
        for each in (part, whole)
    )
    return float((part * whole).sum() / (whole * whole).sum())


words = zoo.load("king-james")
text = np.insert(zoo.text().held_out[:40], 0, 0)  # [pos], <bos> first
run = words.run(text)
# [pos, d_model] each
streams = words.W_E[text], words.W_pos[: len(text)]
# [pos, d_vocab]
of_words, of_positions = (
    run.frozen().run(resid=stream).logits for stream in streams
)
# its weights are float32
assert apart(of_words + of_positions, run.logits) < 1e-4
assert share(of_positions, run.logits) > 0.05

# %% [markdown]
# In `king-james`, {{ f"{share(of_positions, run.logits):.0%}" }} of the logits begin at positions: that is
# $\langle Y_{pos}, Y\rangle / \langle Y, Y\rangle$, both less their mean over the vocabulary. So **positions
# that are added to the stream break nothing**. But a circuit that begins with $W_E$ holds nothing of that
# part. (Many newer networks have other positions: they turn queries and keys, so that scores depend on the
# distance, and the QK circuit is another one for each distance.)
#
# ## Biases: constants that go through
#
# $b_O$, $b_{out}$ and the last bias $b_U$ are added and do not look at the input. They are further
# beginnings of paths. The value bias stands inside a head. There the rows of a pattern help: they sum to 1,
# which [lesson 03](03_one_attention_head.py) derived.

# %%
net = Network(layers=1)
X, A, W_V, W_O = (
    net.stream(0),
    *(net.head(name, 0, 0) for name in ("A", "W_V", "W_O")),
)
one, b_V = OneMatrix(s, 1), MatrixSymbol("b_V", 1, d_h)
sums = (Relation(product(A, one), one),)
rows = Assumption(
    "rows of A sum to 1",
    "by its softmax",
    sums,
    kind="theorem",
    derived_in="attention-head",
)
with_bias = product(
    product(A, add(product(X, W_V), product(one, b_V))), W_O
)
value_bias = (
    ov.Derivation.start(with_bias, [rows], network=net)
    .apply(rules.distribute)
    .apply(rules.group, A, one)
    .apply(rules.unfold, rows)
)
# [1, d_head]
some_bias = {
    "b_V": lambda run: np.arange(1.0, 1 + run.model.config.d_head)[None]
}
ov.show(value_bias, label="eq:value-bias", bindings=some_bias)

# %% [markdown]
# By $\eqref{eq:value-bias}$ a value bias arrives whole at every position, **whatever the pattern is**. So
# it may leave the head: $b_V W_O$ is added to $b_O$. The other two biases of a head are in the scores.
#
# - **The key bias does nothing**, where positions are added to the stream. It adds $(q_i + b_Q) \cdot b_K$ to
#   every score of row $i$ alike. The softmax takes that away.
# - **The query bias stays.** It adds $b_Q \cdot k_j$: every position likes some keys better. The QK circuit
#   does not hold it.
#
# ## Layer norm: one number is not linear
#
# For each position, layer norm subtracts the mean of the row, divides by its standard deviation, multiplies
# by a gain $g$ and adds a shift $b$. As matrices:
#
# $$
# \operatorname{norm}(X) = D X J G + \mathbf 1 b, \qquad
# J = I - \tfrac1d \mathbf 1 \mathbf 1^\top, \quad G = \operatorname{diag}(g), \quad
# D = \operatorname{diag}(1 / \sigma_i), \quad \sigma_i^2 = \tfrac1d \lVert (X J)_i \rVert^2 + \varepsilon
# $$
#
# $J$, $G$ and $b$ are constants, and they meet $W_V$ next:

# %%
D, J, G = (
    MatrixSymbol("D", s, s),
    MatrixSymbol("J", d, d),
    MatrixSymbol("G", d, d),
)
b, F, c = (
    MatrixSymbol("b", 1, d),
    MatrixSymbol("F", d, d_h),
    MatrixSymbol("c", 1, d_h),
)
says = "F is what reads the stream, c what is added to the value bias"
folding = definition(
    "folded weights",
    says,
    (F, product(J, G, W_V)),
    (c, product(b, W_V)),
)
behind_norm = (
    ov.Derivation.start(
        product(add(product(D, X, J, G), product(one, b)), W_V),
        [folding],
        network=net,
    )
    .apply(rules.distribute)
    .apply(rules.group, J, G, W_V)
    .apply(rules.group, b, W_V)
    .apply(rules.fold, folding)
)
some_norm = {
    # [pos, pos]
    "D": lambda run: np.diag(1 / run.resid_pre[0].std(axis=-1)),
    "J": lambda run: (
        np.eye(run.model.config.d_model) - 1 / run.model.config.d_model
    ),
    # [d_model, d_model]
    "G": lambda run: np.diag(
        np.arange(1.0, 1 + run.model.config.d_model)
    ),
    # [1, d_model]
    "b": lambda run: np.arange(1.0, 1 + run.model.config.d_model)[None],
}
ov.show(behind_norm, label="eq:behind-norm", bindings=some_norm)

# %% [markdown]
# By $\eqref{eq:behind-norm}$, only $D$ is left of layer norm: **one number for each position**. It depends on
# the stream, so it is not linear. But look where it stands. $D$ is on the left of the stream, as $A$ is, and
# what the head adds of the stream is $(A D)\, X\, (F W_O)$. What we did to the pattern we can do to $D$: take
# it from one run, and hold it.
#
# Is the network linear then? We test it on a random GPT without MLPs, folded by `folded()`. (The sections
# below take that apart.)

# %%
config = ov.Config(
    n_layers=3,
    n_heads=2,
    d_model=16,
    d_head=5,
    d_vocab=12,
    n_ctx=8,
    positional=True,
)
tokens = [3, 1, 4, 1, 5, 9]  # [pos]
heads = ov.GPT.random(config, seed=0, d_mlp=0).folded()
run = heads.run(tokens)
W_OV = heads.W_V @ heads.W_O  # [layer, head, d_model, d_model]
streams = (*run.resid_pre, run.resid_final)  # [pos, d_model] each
# [pos, 1] each
D = [1 / heads.norm_scale(stream) for stream in streams]


def through(stream, constants, held=True):
    """Return logits [pos, d_vocab] with the run's patterns, and with its D or one computed anew."""
    for layer in range(config.n_layers):
        A, scale = (
            run.pattern[layer],
            D[layer] if held else 1 / heads.norm_scale(stream),
        )
        written = sum(
            A[head] @ (scale * stream) @ W_OV[layer, head]
            for head in range(config.n_heads)
        )
        stream = stream + written + constants * heads.b_O[layer]
    last = D[-1] if held else 1 / heads.norm_scale(stream)  # [pos, 1]
    return last * stream @ heads.W_U + constants * heads.b_U


beginnings = {  # (stream [pos, d_model], whether the biases are added)
    "tokens": (heads.W_E[tokens], 0),
    "positions": (heads.W_pos[: len(tokens)], 0),
    "biases": (0 * run.embedding, 1),
}
held = apart(
    sum(through(*each) for each in beginnings.values()), run.logits
)
anew = apart(
    sum(through(*each, held=False) for each in beginnings.values()),
    run.logits,
)
assert held < 1e-12
assert anew > 0.1

# %% [markdown]
# With $D$ held, what begins at tokens, at positions and at biases sums to the logits: the error is below
# 10⁻¹². With $D$ computed anew for each part it is {{ f"{anew:.0%}" }}. So **layer norm breaks the expansion
# by its division alone**, and holding that repairs it, for this one run.
#
# ## MLPs: no table of weights
#
# Can one hold an MLP, too? Write $f(x) = x \cdot \gamma(x)$ and hold the gates $\gamma$. On one input this is
# exact. But there is a gate for each neuron *and* each position, and they stand between $W_{in}$ and
# $W_{out}$. A held pattern leaves one matrix $W_{OV}$ for all positions. Held gates leave a matrix
# $W_{in} \operatorname{diag}(\gamma_i) W_{out}$ of its own **for each position**. How far apart are these?

# %%
model = ov.GPT.random(config, seed=0)
# [pos, d_model]: what the first MLP reads, before layer norm
mid = model.run(tokens).resid_mid[0]
# [pos, d_model]
normed = (mid - mid.mean(axis=-1, keepdims=True)) / model.norm_scale(
    mid
)
# [pos, d_mlp]
hidden = (normed * model.ln2_w[0] + model.ln2_b[0]) @ model.W_in[
    0
] + model.b_in[0]
# [pos, d_mlp], GPT-2's
gates = (
    1 + np.tanh(np.sqrt(2 / np.pi) * (hidden + 0.044715 * hidden**3))
) / 2
# [pos, d_model]
held_mlp = (gates * hidden) @ model.W_out[0] + model.b_out[0]
assert apart(held_mlp, model.run(tokens).mlp_out[0]) < 1e-12
# [d_model, d_model] each
of_position = [model.W_in[0] * gate @ model.W_out[0] for gate in gates]
between = min(
    apart(one, other)
    for one in of_position
    for other in of_position
    if one is not other
)
assert between > 0.2

# %% [markdown]
# Between any two of the {{ len(tokens) }} positions they differ by {{ f"{between:.0%}" }} or more. No one
# matrix is left that could be read off the weights. So **MLPs are left out**, and we count what that costs.
#
# | part | breaks the expansion? | how it is handled |
# | --- | --- | --- |
# | positions, $b_O$, $b_{out}$, $b_U$ | no: paths begin there as well | counted apart from the heads |
# | $b_V$ | no | to $b_O$, whole |
# | $b_K$ | no: it does nothing | nothing to do |
# | $b_Q$ | no, once patterns are held | not in the QK circuit |
# | layer norm: mean, gain, shift | no: linear, and a constant | into the weights that read |
# | layer norm: division | yes | held like a pattern, or left out |
# | MLP | yes | left out, and counted |
#
# All of this is about networks built as GPT-2 is. Others have a norm behind a head or an MLP, as Gemma 2: its
# gain goes into what *writes*. Or they have RMS norm, which takes no mean away: then their weights keep it,
# too.
#
# ## Folding, step by step
#
# Each step takes a network to another that says the same: the softmax of its logits is unchanged.


# %%
def gains_in(m):
    """Return the network with gains and shifts in the weights that read through them."""
    # d_model is axis 2, and axis 3
    gain, shift = m.ln1_w[:, None, :, None], m.ln1_b[:, None, None]
    # W_Q, W_K, W_V [layer, head, d_model, d_head]
    changed = {
        f"W_{name}": gain * getattr(m, f"W_{name}") for name in "QKV"
    }
    for name in "QKV":
        # [layer, head, d_head]
        carried = (shift @ getattr(m, f"W_{name}"))[:, :, 0]
        changed[f"b_{name}"] = getattr(m, f"b_{name}") + carried
    # [layer, d_model, d_mlp]
    changed["W_in"] = m.ln2_w[:, :, None] * m.W_in
    # [layer, d_mlp]
    changed["b_in"] = m.b_in + (m.ln2_b[:, None] @ m.W_in)[:, 0]
    changed["W_U"] = m.ln_final_w[:, None] * m.W_U  # [d_model, d_vocab]
    changed["b_U"] = m.b_U + m.ln_final_b @ m.W_U  # [d_vocab]
    gone = dict.fromkeys(
        ["ln1_w", "ln1_b", "ln2_w", "ln2_b", "ln_final_w", "ln_final_b"]
    )
    # it still centres and divides
    return replace(m, **changed, **gone, normalization="LNPre")


def values_out(m):
    """Return the network with b_V W_O, of all heads of a layer, in its b_O."""
    # [layer, d_model]
    carried = (m.b_V[:, :, None] @ m.W_O)[:, :, 0].sum(axis=1)
    return replace(m, b_O=m.b_O + carried, b_V=0 * m.b_V)


def without_mean(m, axis, *names):
    """Return the network with these weights less their mean over one axis."""
    less = {
        name: getattr(m, name)
        - getattr(m, name).mean(axis=axis, keepdims=True)
        for name in names
    }
    return replace(m, **less)


step_1 = gains_in(model)
step_2 = values_out(step_1)
# J, into what reads
step_3 = without_mean(step_2, -2, "W_Q", "W_K", "W_V", "W_in", "W_U")
# no reader sees a mean
step_4 = without_mean(
    step_3, -1, "W_E", "W_pos", "W_O", "b_O", "W_out", "b_out"
)
# over the vocabulary: the softmax takes it away
step_5 = without_mean(step_4, -1, "W_U", "b_U")

# %% [markdown]
# ## A check that could have failed
#
# How much does any probability change, at most? We ask it of each step, and of five networks with a fault
# planted in a step. All of these have shapes that fit. (A gain along $d_h$ does not fit, so it cannot be.)


# %%
def probabilities(m):
    """Return the softmax of the logits [pos, d_vocab]."""
    logits = m.run(tokens).logits
    # [pos, d_vocab]
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def change(m):
    """Return the largest change of a probability against the network as it was."""
    return float(np.abs(probabilities(m) - probabilities(model)).max())


assert (
    max(
        change(m)
        for m in (
            step_1,
            step_2,
            step_3,
            step_4,
            step_5,
            model.folded(),
        )
    )
    < 1e-12
)
names = [
    name
    for name, value in vars(step_5).items()
    if name[:2] in ("W_", "b_") and value is not None
]
assert len(names) == 16
assert all(
    np.allclose(getattr(step_5, name), getattr(model.folded(), name))
    for name in names
)
# [layer, head, d_head, d_model]
wrong_axis = model.ln1_w[:, None, None, :] * model.W_O
# [layer, d_model]
first_head = (step_1.b_V[:, 0, None] @ step_1.W_O[:, 0])[:, 0]
faults = {
    "gain into what $W_O$ writes, not into what $W_V$ reads": replace(
        step_1, W_V=model.W_V, W_O=wrong_axis
    ),
    "shift forgotten in $b_V$": replace(step_1, b_V=model.b_V),
    "value bias of head 0 alone": replace(
        step_2, b_O=step_1.b_O + first_head
    ),
    "$W_E$ centred over the vocabulary, not over $d$": without_mean(
        step_4, 0, "W_E"
    ),
    "shift forgotten in $b_K$": replace(step_1, b_K=model.b_K),
}
changes = {fault: change(m) for fault, m in faults.items()}
*caught, unseen = changes.values()
assert min(caught) > 1e-2
assert unseen < 1e-12
shown = {
    fault: f"{size:.3f}" if size > 1e-12 else "below 10⁻¹²"
    for fault, size in changes.items()
}

# %% [markdown]
# All five steps, and `folded()`, which ends with the same weights: below 10⁻¹². And the faults:
#
# | fault | largest change of a probability |
# | --- | --- |
# {{ "\n".join(f"| {fault} | {largest} |" for fault, largest in shown.items()) }}
#
# The last one cannot be seen. The check is not weak: key biases do nothing, so there is nothing to forget.
#
# ## The same circuits, and how much goes through them
#
# A `GPT` has `W_E`, `W_V` and the rest under the same names, so every function of `circuits` takes it. Fold
# first: unfolded, the product $W_E W_V W_O W_U$ has no gains in it, and is nobody's circuit.

# %%
folded = model.folded()
moved = np.abs(
    circuits.copying_score(folded) - circuits.copying_score(model)
).max()
assert moved > 0.1
before, after = (
    checkpoints.logit_attribution(model),
    checkpoints.logit_attribution(folded),
)
assert after.shares["heads"] != before.shares["heads"]
assert all(
    np.isclose(sum(card.shares.values()), 1) for card in (before, after)
)
after

# %% [markdown]
# Here folding moves a copying score by up to {{ f"{moved:.2f}" }}. The card above is of the folded network:
# the attribution of its logits to its parts. It is $\langle \text{part}, Y \rangle / \langle Y, Y \rangle$
# for each part, both less their mean over the vocabulary, with the last $D$ held. Before and after:
#
# | | {{ " | ".join(after.shares) }} | from $W_E$ through one head |
# | --- | --- | --- | --- | --- | --- |
# | as it was | {{ " | ".join(f"{share:.1%}" for share in (*before.shares.values(), before.circuits)) }} |
# | folded | {{ " | ".join(f"{share:.1%}" for share in (*after.shares.values(), after.circuits)) }} |
#
# What the value biases wrote was counted with the heads. Folded, it is counted with the biases. OV circuits
# tell of the last column alone, which is a part of what the heads write: the rest they read of positions,
# biases, MLPs and each other. The last norm divides by {{ f"{after.scales[0]:.2f}" }} at one position and
# by {{ f"{after.scales[2]:.2f}" }} at another. So equal entries of a circuit are not equal effects.
#
# What rests on linearity is refused, in words:

# %%
for attempt in (
    lambda: model.run(tokens).frozen(),
    lambda: paths.by_order(folded.run(tokens)),
):
    try:
        attempt()
        raise AssertionError("it was accepted")
    except ValueError as refusal:
        print(refusal)

# %% [markdown]
# ## Reading a GPT-2
#
# You need a folder as Hugging Face's tools write it, with `config.json` and `model.safetensors`, and the
# package `safetensors`. Nothing is downloaded. Put the folder's name into the first line. This page was built
# without one: it reads a trained model of the course as a stand-in, from a state dict with TransformerLens's
# names. All other lines are the same, and were run.

# %%
FOLDER = ""  # the name of your own folder

stand_in = zoo.load("repeats-two-layers")
if FOLDER:
    own = checkpoints.load(FOLDER).folded()
else:
    single = {
        "embed.W_E": "W_E",
        "pos_embed.W_pos": "W_pos",
        "unembed.W_U": "W_U",
    }
    state = {
        theirs: getattr(stand_in, ours)
        for theirs, ours in single.items()
    }
    for layer in range(stand_in.config.n_layers):
        for name in ("W_Q", "W_K", "W_V", "W_O"):
            # [head, ...]
            state[f"blocks.{layer}.attn.{name}"] = getattr(
                stand_in, name
            )[layer]
    own = checkpoints.from_transformer_lens(state, normalization=None)

# [batch, pos]
repeated = detect.repeated_tokens(own.config, period=20, batch=8)
# of a large model, keep only what you ask for
patterns = own.run(repeated, record=["pattern"])
# [layer, head] each
previous, induction = (
    detect.previous_token(patterns),
    detect.induction(patterns, 20),
)
copying = circuits.copying_score(own)  # [layer, head]
# [layer, head, layer, head]
keys = circuits.composition_scores(own, "K")
baseline = circuits.composition_baseline(own)
# of random heads between its own W_E and W_U
low, high = circuits.copying_quantiles(own, (0.025, 0.975))
checkpoints.logit_attribution(own, repeated)

# %% [markdown]
# First the card: how much do heads write at all, and how much of that do their OV circuits tell? Then all
# heads at once, by what they say and by where they look.

# %%
plots.heads(
    copying,
    induction,
    x_name="copying score",
    y_name="attention on the induction diagonal",
    title="All heads of the model",
    caption="Right: it copies. Up: it looks at what followed the same token. Induction heads do both.",
)

# %%
# (layer, head)
strongest = np.unravel_index(induction.argmax(), induction.shape)
into = keys[:, :, *strongest]  # [layer, head]: K-composition with it
partner = np.unravel_index(into.argmax(), into.shape)
if not FOLDER:
    assert induction[strongest] > 0.9
    assert previous[partner] > 0.9
    assert into[partner] > 1.5 * baseline
    assert copying.min() > high

# %% [markdown]
# Read each figure against what chance gives.
#
# - Copying scores are {{ f"{np.nanmin(copying):.2f}" }} to {{ f"{np.nanmax(copying):.2f}" }} here. Of random
#   heads between the same embeddings, 95 % have {{ f"{low:.2f}" }} to {{ f"{high:.2f}" }}.
# - The strongest induction head is layer {{ strongest[0] }}, head {{ strongest[1] }}, with
#   {{ f"{induction[strongest]:.2f}" }}. Its keys compose most with layer {{ partner[0] }}, head
#   {{ partner[1] }}: {{ f"{into[partner]:.2f}" }}, where random heads have {{ f"{baseline:.3f}" }} (root mean
#   square). To the previous token that head gives {{ f"{previous[partner]:.2f}" }} of its attention. Where
#   this is nearly all, as in our stand-in, it is the circuit of [lesson 11](11_composition_and_induction.py).
#
# And GPT-2, the small one? Its sizes say what to expect:

# %%
small = ov.Config(
    12,
    12,
    d_model=768,
    d_head=64,
    d_vocab=50257,
    n_ctx=1024,
    positional=True,
)
gpt2_baseline = circuits.composition_baseline(small)
# heads, and an MLP four times as wide
in_layers = small.n_layers * 12 * small.d_model**2
# its few biases not counted
weights = in_layers + (2 * small.d_vocab + small.n_ctx) * small.d_model

# %% [markdown]
# - {{ small.n_layers * small.n_heads }} heads; baseline {{ f"{gpt2_baseline:.4f}" }}, a root mean square
#   (folding takes one of the {{ small.d_model }} directions away, which changes no digit here). It takes all
#   directions for alike. Where all heads share a few large ones, all scores rise: compare pairs with each
#   other, too.
# - {{ f"{weights * 4 / 1e9:.2f}" }} GB of weights in float32, and as much again while they are folded. All
#   of the above takes seconds: scores are computed in the width of a head.
# - One full table would have {{ f"{small.d_vocab**2 * 4 / 1e9:.0f}" }} GB. `circuits.top_outputs` and
#   `circuits.copying_accuracy` go through it in blocks. Do not ask for `.AB` there.
#
# ## What circuits cannot say
#
# **A circuit is about one path.** $W_E W_{QK} W_E^\top$ says where a head looks if it reads tokens alone.
# Take an induction head of the stand-in. First the pattern that its full QK circuit gives, then its own:

# %%
# [pos]
block = detect.repeated_tokens(stand_in.config, period=12, batch=1)[0]
run = stand_in.run(block)
head = int(detect.induction(run, 12)[1].argmax())
scores = circuits.full_qk(stand_in, 1, head).AB[
    np.ix_(block, block)
] / np.sqrt(stand_in.config.d_head)
# [query, key]
allowed = np.tri(len(block)) * np.exp(
    scores - scores.max(axis=-1, keepdims=True)
)
# [query, key]
of_circuit = allowed / allowed.sum(axis=-1, keepdims=True)
plots.pattern(
    of_circuit,
    title="By the full QK circuit alone",
    caption=f"Layer 1, head {head}, if it read tokens only. Look for a line: there is none.",
)

# %%
says = "In the lower half each query looks at what followed its token before."
later = np.arange(12, 24)  # the second copy
on_line = [
    float(each[later, later - 11].mean())
    for each in (of_circuit, run.pattern[1, head])
]
assert on_line[0] < 0.15
assert on_line[1] > 0.9
plots.pattern(
    run.pattern[1, head], title="Its own pattern", caption=says
)

# %% [markdown]
# The mean weight on that line is {{ f"{on_line[0]:.2f}" }} and {{ f"{on_line[1]:.2f}" }}. What this head
# compares is what layer 0 wrote. The same holds for OV circuits: from layer 1 on, a row is one path of many.
#
# **The division couples everything.** Let one head of the last layer write three times as much. The direct
# path has no head in it. Yet what it adds to the logits shrinks, since the last norm divides by more:

# %%
louder = folded.W_O.copy()  # [layer, head, d_head, d_model]
louder[-1, 0] *= 3
scale, larger = (
    m.norm_scale(m.run(tokens).resid_final).mean()
    for m in (folded, replace(folded, W_O=louder))
)
assert larger > 1.1 * scale

# %% [markdown]
# It divides by {{ f"{larger:.2f}" }} in place of {{ f"{scale:.2f}" }}, in the mean.
#
# **MLPs are silent.** They wrote {{ f"{after.shares['MLPs']:.0%}" }} of the logits above. Later heads read
# what they write, too. A head that only moves their output looks idle in a table that begins with $W_E$.
#
# **Tokens share directions.** The {{ f"{words.config.d_vocab:,}" }} words of `king-james` in
# {{ words.config.d_model }} dimensions cannot all be at right angles: an entry may belong to a neighbour. And
# all else that a network knows lies in the same stream, in more directions than it has dimensions:
# *superposition*.
#
# **Any table has a largest entry.** Here is what that is worth in random weights of the same size:

# %%
random = ov.Transformer.random(
    replace(words.config, n_layers=1, n_heads=1), seed=0
)
table = circuits.full_ov(random, 0, 0).AB  # [d_vocab, d_vocab]
outstanding = float((table.max(axis=1) / table.std(axis=1)).mean())
assert outstanding > 3

# %% [markdown]
# In a row of a *random* head the largest entry is {{ f"{outstanding:.1f}" }} standard deviations up. A
# beautiful row proves nothing without such a control.
#
# ## Common mistakes
#
# - **Reading an unfolded network.** There is no error message. The figures are wrong.
# - **Folding a gain into what writes.** Layer norm stands before a head, an MLP and $W_U$. So it is what
#   *reads* that takes the gain, along $d$.
# - **Comparing logits before and after.** They may differ by one number a row. Compare softmaxes.
# - **Naming a head after one figure.** Weights say what it would do, patterns where it looks. Ask both, then
#   an intervention.
#
# ## Where this stands in the article and the paper
#
# The article has no layer norm, MLP, bias or position, and does not say so: [erratum
# 2](../errata.md#erratum-2). Its linear unembedding is the assumption that the last layer norm breaks:
# [erratum 10](../errata.md#erratum-10).
#
# The paper says what it leaves out in *Transformer Overview*: MLPs as the large omission, biases and layer
# norm as small ones, which may be folded up to a variable scale. That scale is our $D$. What its claims give
# on small models is on the page [Results, recomputed](../results.md).
#
# ## Recap
#
# - Positions and biases are further beginnings of paths. A value bias arrives whole.
# - Layer norm folds into the weights, but for a division. Held, that acts like a pattern.
# - MLPs leave no table of weights. They are left out, and `checkpoints.logit_attribution` counts them.
# - Fold first, then read; and read each figure against a control.
#
# ## What to practise
#
# 1. Put $A D$ in the place of the pattern. Do its rows sum to 1? What goes wrong now with a value
#    bias that is still in the head?
# 2. Set all gains of a `GPT` to 1 and all shifts to 0. Which of the faults above are no longer seen?
# 3. Plant a query bias in a `GPT`. Find its effect on a pattern, and show that `full_qk` is unchanged.
# 4. Read your own GPT-2. Which heads are far up in the picture? With which heads do their keys compose?
