# %% [markdown]
# # Results, recomputed
#
# The paper and the article make claims about networks. Here are those that small models can show. Each
# has the claim in our words, the definition of what is measured, our figure, and how far it carries.
# Every figure is computed while this page is built, from the seeds that stand in the cells.
#
# The models are those of `ovlearn zoo`. They are much smaller than the paper's, so a figure here can show
# that a thing happens. It cannot show how often it happens in a large model.

# %%
import numpy as np

import ovlearn as ov
from ovlearn import circuits, detect, paths, plots, zoo

one, two, words = (
    zoo.load(name)
    for name in (
        "repeats-one-layer",
        "repeats-two-layers",
        "king-james",
    )
)

# %% [markdown]
# ## Paths {#paths}
#
# **Claim.** With constant patterns, the logits are the sum of $(1+H)^L$ paths (Elhage et al., *The Path
# Expansion Trick*).
#
# **Measured.** Every path's contribution, one by one, summed; the distance to the logits of the forward
# pass relative to their Frobenius norm. Random network, seed 0.

# %%
config = ov.Config(
    n_layers=3, n_heads=2, d_model=16, d_head=5, d_vocab=13, n_ctx=7
)
run = ov.Transformer.random(config, seed=0).run([3, 1, 4, 1, 5, 9])
every = list(paths.enumerate(config))
# [pos, d_vocab]
summed = sum(paths.contribution(run, path) for path in every)
off = np.linalg.norm(summed - run.logits) / np.linalg.norm(run.logits)
assert len(every) == 27
assert off < 1e-13

# %% [markdown]
# **Figure.** 3 layers of 2 heads have {{ len(every) }} paths. They miss the logits by less than
# {{ "1e-13" if off < 1e-13 else "?" }} of their norm.
#
# **How far it carries.** It is exact, for any network of heads alone. It is
# [derived](derivations/path-expansion.md), not observed.
#
# ## What chance gives {#chance}
#
# **Claim.** Random heads compose by $1/\sqrt{d}$, as a root mean square, whatever the size of a head. Their
# copying scores scatter around 0, and less so in larger heads.
#
# **Measured.** The root mean square of all V-composition scores between two layers of random heads, and the
# standard deviation of copying scores of random heads between random embeddings. Gaussian weights, seeds
# 0 to 3. Then copying scores of random heads between the embeddings of a trained network.


# %%
def random_heads(d_head, d_model, seed, n_layers=2):
    """Return a random model with 16 heads a layer."""
    sizes = ov.Config(
        n_layers,
        16,
        d_model=d_model,
        d_head=d_head,
        d_vocab=2 * d_model,
        n_ctx=2,
    )
    return ov.Transformer.random(sizes, seed)


composed = {}
for d_head in (4, 16):
    scores = [
        circuits.composition_scores(
            random_heads(d_head, 64, seed), "V"
        )[0, :, 1]
        for seed in range(4)
    ]
    composed[d_head] = float(np.sqrt(np.mean(np.square(scores))))
scattered = {}
for d_head in (4, 16, 64):
    scores = [
        circuits.copying_score(random_heads(d_head, 4 * d_head, seed))
        for seed in range(4)
    ]
    scattered[d_head] = float(np.std(scores))
assert all(abs(score - 0.125) < 0.005 for score in composed.values())
assert all(
    abs(spread * d_head / 1.7 - 1) < 0.3
    for d_head, spread in scattered.items()
)
alike = ov.Transformer.random(words.config)
(low, high), (lowest, highest) = (
    circuits.copying_quantiles(model, (0.05, 0.95), heads=1_000)
    for model in (words, alike)
)
assert high - low > 1.1 * (highest - lowest)

# %% [markdown]
# **Figure.** Composition of random heads at $d = 64$: {{ f"{composed[4]:.4f}" }} with $d_h = 4$ and
# {{ f"{composed[16]:.4f}" }} with $d_h = 16$; $1/\sqrt{64} = 0.125$. For $d_h = 4, 16, 64$, copying scores
# have a standard deviation of {{ f"{scattered[4]:.2f}" }}, {{ f"{scattered[16]:.2f}" }} and
# {{ f"{scattered[64]:.3f}" }}: about $1.7/d_h$ where $d = 4 d_h$, and a little less in wider networks. Of
# random heads between the embeddings of `king-james`, 90 % score from {{ f"{low:.2f}" }} to
# {{ f"{high:.2f}" }}; between random embeddings of the same sizes, from {{ f"{lowest:.2f}" }} to
# {{ f"{highest:.2f}" }}.
#
# **How far it carries.** The first is [derived](lessons/11_composition_and_induction.py); the second is
# sampled. Trained weights are not Gaussian, so these say what is small, not what is significant.
#
# ## Eigenvalues can mislead {#eigenvalues}
#
# **Claim.** Positive eigenvalues say that a head copies (Elhage et al., *Detecting Copying Behavior*, where
# the paper warns of the exception, too).
#
# **Measured.** The eigenvalues of a circuit of two tokens.

# %%
# [token looked at, token raised]
circuit = np.array([[-1, 3], [-2, 4]])
values = np.sort(np.linalg.eigvals(circuit).real)
assert np.allclose(values, [1, 2])
assert circuit[0, 0] < 0
# as `circuits.copying_score` has it
centred = circuit - circuit.mean(axis=1, keepdims=True)
assert np.allclose(np.sort(np.linalg.eigvals(centred).real), [0, 1])
assert centred[0, 0] < 0

# %% [markdown]
# **Figure.** The eigenvalues are {{ f"{values[0]:.0f}" }} and {{ f"{values[1]:.0f}" }}: a copying score of 1.
# Yet looking at the first token lowers that token, by {{ abs(circuit[0, 0]) }}. Less the mean of each row,
# the eigenvalues are 0 and 1, and the first token still lowers itself.
#
# **How far it carries.** One counterexample is enough. `circuits.copying_accuracy` is the other view.
# [Lesson 09](lessons/09_reading_an_ov_circuit.py) has both.
#
# ## One layer: what the heads add to bigrams {#one-layer}
#
# **Claim.** A one-layer network is a table of bigrams and, for each head, a table of skip-trigrams. Most
# heads copy (Elhage et al., *One-Layer Attention-Only Transformers*).
#
# **Measured.** The loss of `king-james` on text that it never saw: whole, and with its heads silent, which
# leaves the direct path. Beside them, the loss of counted bigrams. Then the copying score of each head.

# %%
train, held_out = zoo.text()
length = words.config.n_ctx - 1
# [batch, pos]
rows = held_out[: len(held_out) // length * length].reshape(-1, length)[
    ::8
]
tokens = np.insert(rows, 0, 0, axis=1)  # [batch, pos], <bos> first
text = words.run(tokens, record=["pattern"])
silent = text.frozen().run(heads=set())


def loss(logits, tokens):
    """Return the mean loss of the next token, in nats."""
    # [batch, pos, d_vocab]
    shifted = logits - logits.max(axis=-1, keepdims=True)
    # [batch, pos]
    log_total = np.log(np.exp(shifted).sum(axis=-1))[:, :-1]
    # [batch, pos]
    chosen = np.take_along_axis(
        shifted[:, :-1], tokens[:, 1:, None], axis=-1
    )[..., 0]
    return float((log_total - chosen).mean())


counts = np.zeros((words.config.d_vocab,) * 2)  # [token, next token]
np.add.at(counts, (train[:-1], train[1:]), 1)
# [d_vocab]
unigram = (
    np.bincount(train, minlength=words.config.d_vocab) + 1
) / len(train)
# [pair] each
before, after = tokens[:, 1:-1].ravel(), tokens[:, 2:].ravel()
seen = counts[before].sum(axis=1)  # [pair]
bigram = -np.log(
    (counts[before, after] + 10 * unigram[after]) / (seen + 10)
).mean()
copying = circuits.copying_score(words)[0]  # [head]
whole, direct = loss(text.logits, tokens), loss(silent.logits, tokens)
# the direct path of the words alone
of_words = loss(words.W_E[tokens] @ words.W_U, tokens)
assert whole < bigram
assert whole < direct - 0.5

# %% [markdown]
# **Figure.** {{ f"{whole:.2f}" }} nats a token for the whole network, {{ f"{direct:.2f}" }} for its
# direct path alone (from words and positions; {{ f"{of_words:.2f}" }} from words alone, $W_E W_U$),
# {{ f"{bigram:.2f}" }} for counted bigrams (smoothed by 10 tokens' worth of single
# frequencies). The copying scores of its {{ len(copying) }} heads, sorted:
# {{ ", ".join(f"{score:.2f}" for score in np.sort(copying)) }}. Above 0.5 are
# {{ int((copying > 0.5).sum()) }}.
#
# **How far it carries.** The sum is exact; what it is called is not a measurement. The direct path was
# trained together with the heads, so alone it is not the best table of bigrams. The paper's model had
# more than four out of five heads that copy. Ours is small, and was trained on one book. [Lesson
# 10](lessons/10_many_heads_and_the_qk_circuit.py) reads its skip-trigrams.
#
# ## Induction in one layer and in two {#induction}
#
# **Claim.** Two layers learn to look for what followed the same token before; one layer does not (Elhage et
# al., *Induction Heads*).
#
# **Measured.** On fresh sequences of two copies of a block: the attention of each head, from the second
# copy, to what followed the same token in the first; and the loss on the second copy. 64 sequences a
# period.

# %%
found = {}
for period in (6, 10, 15, 20, 24):
    tokens = detect.repeated_tokens(
        one.config, period, batch=64, seed=2000 + period
    )
    for name, model in (("one layer", one), ("two layers", two)):
        run = model.run(tokens, record=["pattern"])
        found[name, period] = (
            detect.induction(run, period).max(),
            detect.repeat_loss(run, period),
        )
lines = [
    (
        period,
        *(
            f"{value:.2f}"
            for name in ("one layer", "two layers")
            for value in found[name, period]
        ),
    )
    for period in (6, 10, 15, 20, 24)
]
assert all(
    score <= 0.4
    for (name, _), (score, _) in found.items()
    if name == "one layer"
)
assert all(
    score >= 0.85
    for (name, _), (score, _) in found.items()
    if name == "two layers"
)

# %% [markdown]
# **Figure.** The strongest head's attention, and the loss in nats:
#
# | period | one layer: attention | one layer: loss | two layers: attention | two layers: loss |
# | --- | --- | --- | --- | --- |
# {{ "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) }}
#
# **How far it carries.** Both were trained in the same way on the same kind of sequences, each with a period
# of its own. With one fixed period one layer would learn the distance by position, and look like induction
# until the period changes. This is one training of each. What is known beyond: in one layer a key is made of
# its own token and place, so it cannot say which token stood before; and one layer can do induction only if
# its heads together are about as wide as the sequence is long, where two layers need a few dimensions
# (Sanford, Hsu and Telgarsky, 2024, *One-layer transformers fail to solve the induction heads task*).
#
# ## K-composition {#k-composition}
#
# **Claim.** Induction heads read their keys from a previous-token head in the layer before. Both halves
# match tokens: their circuits have positive eigenvalues (Elhage et al., *Checking the mechanistic theory*).
#
# **Measured.** K-composition of each head of layer 0, in the mean over the induction heads of layer 1;
# the previous-token attention of each at period 24, seed 5. Then the eigenvalues' sum over the sum of
# their sizes, for the OV circuit of each induction head, and for the circuit that matches tokens through
# the previous-token head, $W_E W_Q (W_E W_{OV} W_K)^\top$.

# %%
run = two.run(detect.repeated_tokens(two.config, 24, batch=64, seed=5))
previous = detect.previous_token(run)[0]  # [head of layer 0]
induction = detect.induction(run, 24)[1] > 0.5  # [head of layer 1]
# [head of layer 0]
means = circuits.composition_scores(two, "K")[0, :, 1][
    :, induction
].mean(axis=1)
strongest = int(previous.argmax())
assert means.argmax() == strongest


def matching(head):
    """Return Σλ / Σ|λ| of what matches tokens through a head."""
    # [d_vocab, d_head]
    keys = (
        two.W_E
        @ two.W_V[0, strongest]
        @ two.W_O[0, strongest]
        @ two.W_K[1, head]
    )
    # [d_head]
    values = ov.FactoredMatrix(
        two.W_E @ two.W_Q[1, head], keys.T
    ).eigenvalues
    return float(values.sum().real / np.abs(values).sum())


heads = np.flatnonzero(induction)
matched = [matching(head) for head in heads]
copied = circuits.copying_score(two)[1, heads]  # [head]
assert min(matched) > 0.5

# %%
plots.bars(
    # what the drawing shows, whatever the last digits of float32 are
    means.round(4),
    [
        f"head (0, {head}): {share:.2f}"
        for head, share in enumerate(previous)
    ],
    title="Mean K-composition with the induction heads",
    caption="Beside each head of layer 0: its attention to the "
    "previous token. One head leads in both.",
)

# %% [markdown]
# **Figure.** Head (0, {{ strongest }}) attends to the previous token with
# {{ f"{previous[strongest]:.2f}" }}, and has the largest mean K-composition,
# {{ f"{means[strongest]:.3f}" }}; random heads have, as a root mean square,
# {{ f"{circuits.composition_baseline(two):.3f}" }}. Of the four heads of layer 0,
# {{ int((means > circuits.composition_baseline(two)).sum()) }} are above that. The matching
# circuits of the induction heads score {{ ", ".join(f"{score:.2f}" for score in matched) }}; their OV
# circuits, {{ ", ".join(f"{score:.2f}" for score in copied) }}.
#
# **How far it carries.** A score above the baseline does not say that a head is used: heads beside the
# strongest exceed it too. [Lesson 11](lessons/11_composition_and_induction.py) silences heads to see.
#
# ## Which terms matter {#terms}
#
# **Claim.** In an attention-only network of two layers single heads do most; the virtual heads add little
# (Elhage et al., *Term Importance Analysis*).
#
# **Measured.** The loss on the second copy when the logits hold all paths through at most 0, 1, 2 heads,
# patterns held, for `repeats-two-layers`, period 24, seed 5. `paths.by_passes` is the paper's experiment;
# it equals `paths.by_order`.

# %%
orders = paths.by_order(run)  # [order, batch, pos, d_vocab]
assert np.allclose(
    paths.by_passes(run), orders, atol=1e-3 * np.abs(orders).max()
)
up_to = [
    loss(orders[: k + 1].sum(axis=0)[:, 24:], run.tokens[:, 24:])
    for k in range(3)
]
# every token as likely as any other
guess = float(np.log(two.config.d_vocab))
assert up_to[0] > guess > up_to[1]

# %% [markdown]
# **Figure.** {{ f"{up_to[0]:.2f}" }} nats with the direct path alone, which is worse than to guess
# ({{ f"{guess:.2f}" }}); {{ f"{up_to[1]:.2f}" }} with single heads too, {{ f"{up_to[2]:.2f}" }} with virtual
# heads.
#
# **How far it carries.** The patterns are those of the whole network, so K-composition is in all three:
# what is left out is only what heads *move* through one another.
