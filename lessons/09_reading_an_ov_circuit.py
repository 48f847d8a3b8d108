# %% [markdown]
# # Reading an OV circuit
#
# An OV circuit is a table: a row for each word that a head may look at, a column for each word that may come next.
# Here you read such rows, tell a row that speaks from noise, and learn what one number says of a whole table.

# %% tags=["remove-cell"]
import numpy as np

import ovlearn as ov
from ovlearn import circuits, plots, zoo
from ovlearn.plots import rowsayings

real = zoo.load("smollm2-excerpt")
france = real.rows(29, 2, [" France", " king", " they"], k=1)
assert list(france.raised[:, 0]) == [
    real.id_of(word) for word in (" France", " King", " scale")
]
first = france.by[:, 0] / france.spread  # [word]
assert first[1] > rowsayings.STANDS_OUT > first[2]
assert france.spread[1] < france.noise[1]

# %% [markdown]
# ## How does one read a table of billions of numbers?
#
# SmolLM2 knows {{ f"{real.d_vocab:,}" }} words and pieces of words. The table of one head has
# {{ f"{real.d_vocab**2 / 1e9:.1f}" }} billion entries. So look up rows: “they” first, then “France”.

# %% tags=["hide-input"]
plots.reader(
    real,
    [(29, 2), (29, 0), (25, 2), (27, 7), (27, 5)],
    word=" they",
    title="What five heads of SmolLM2 say",
    caption="29.2 raises what 29.0 lowers. The mark on each meter is the noise. A star marks a word without a space before it.",
)

# %% [markdown]
# Head 29.2 answers “France” with “France”, “French” and “Paris”. Head 29.0, in the same layer, *lowers* “France”.
# At “they” both have nothing to say, and head 25.2 speaks.
#
# ## Is it a row, or noise?
#
# Every row has a largest entry, even where it says nothing. So look at two numbers first:
#
# - **Spread**: the standard deviation of the row, here over the whole vocabulary. **Noise** is the spread that random
#   heads of the same strength give. A row that is much wider is strong.
# - **How far out the top is.** A quiet row can still point at something. Looking at “king”, 29.2 spreads no wider than
#   noise, but the first word, “King”, lies {{ f"{first[1]:.0f}" }} spreads out. At “they” the first is only
#   {{ f"{first[2]:.0f}" }} out.

# %% tags=["remove-cell"]
rng = np.random.default_rng(0)
out = []
for _ in range(3):
    W_random = rng.normal(size=(576, 64)) @ rng.normal(size=(64, 576))
    guess = real.streams(real.words[::8])  # [word, d_model]
    guess = guess / np.sqrt((guess**2).mean(1, keepdims=True))
    by_chance = guess @ W_random @ real.W_U  # [word, word]
    out.append(np.abs(by_chance).max(1) / by_chance.std(1))
rare = float((np.array(out) > rowsayings.STANDS_OUT).mean())
assert rare < 0.02

# %% [markdown]
# Fewer than {{ 2 if rare > 0.01 else 1 }} in 100 rows of random heads reach {{ f"{rowsayings.STANDS_OUT:.0f}" }} spreads
# among the excerpt's words.
# The reader calls a row noise where it is neither {{ rowsayings.STRONG }} times as wide as noise nor that far out. Still,
# quiet is quiet: 27.5 writes pronouns whatever it reads, so at “cat” it points at them too, with little force.
#
# The reader's words are the {{ f"{len(real.words):,}" }} of the course's excerpt, less a few that do not suit
# everybody. Others may be raised more. Its numbers are before the last norm, which shrinks them all alike.
#
# ## The equation
#
# The table is the last part of the boxed equation of [lesson 07](07_the_ov_circuit.py):

# %%
d = ov.derive("ov-circuit", layers=1, heads=1, layer=0)
ov.show(
    d.lemma("What is circuit, and what is contribution"),
    label="eq:full-circuit",
)

# %% [markdown]
# Its rank is at most the head's width $d_h$ ([lesson 04](04_values_and_outputs_fold.py)): here
# {{ real.W_V.shape[2] }}, for {{ f"{real.d_vocab:,}" }} rows: each is a mixture of so many. And what
# raises “cat” mostly raises “cats”, too, since the two words have similar columns in $W_U$. (In SmolLM2 that is $W_E$
# turned: its embeddings are *tied*.)
#
# ## Copying, in one number
#
# Does a head raise what it looks at? The paper looks at the table's **eigenvalues**. (We first take from each row its
# mean, which changes no probability. The paper does not.) Call the result $C$, and let
#
# $$
# u\,C = \lambda\,u
# $$
#
# Here $u$ is a mixture of words, with shares of both signs. No text holds one; but if a head could look at $u$, it would
# add $\lambda u$ to the logits.
#
# - $\lambda > 0$: the mixture raises itself.
# - $\lambda < 0$: it lowers itself.
# - Complex $\lambda$: one mixture turns into another.
#
# The **copying score** is $\sum_i \lambda_i \big/ \sum_i |\lambda_i|$: 1 if all are positive, −1 if all are negative.
#
# At most $d_h$ eigenvalues differ from 0, and they do not need the big table. Write $C = P Q$, with
# $P = W_E W_V$ and $Q = W_O W_U$, with $W_U$ centred. If $u P Q = \lambda u$, then $(u P)\, Q P = \lambda\, (u P)$.
# So the small $Q P$ has the same ones.
#
# ## In code


# %%
def factors(model, W_V, W_O):
    """P and Q, with W_U centred."""
    W_U = model.W_U  # [d_model, d_vocab]
    W_U = W_U - W_U.mean(axis=1, keepdims=True)
    return model.W_E @ W_V, W_O @ W_U


for head in [(29, 2), (29, 0)]:
    at = real.place(*head)
    P, Q = factors(real, real.W_V[at], real.W_O[at])
    eigenvalues = np.linalg.eigvals(Q @ P)  # [d_head]
    score = eigenvalues.sum().real / np.abs(eigenvalues).sum()
    print(head, f"{score:+.2f}")

# %% tags=["remove-cell"]
assert np.isclose(score, real.copying_score(29, 0), atol=1e-4)
sets = {
    "29.2": real.eigenvalues(29, 2),
    "29.0": real.eigenvalues(29, 0),
}
assert (sets["29.2"].real > 0).all()
assert (sets["29.0"].real < 0).all()
W_V, W_O = rng.normal(size=(576, 64)), rng.normal(size=(64, 576))
P, Q = factors(real, W_V, W_O)
sets["a random head"] = np.linalg.eigvals(Q @ P)

# %% tags=["hide-input"]
plots.spectrum(
    [
        np.sort_complex(np.round(each / np.abs(each).max(), 4))
        for each in sets.values()
    ],
    labels=list(sets),
    title="Two heads with opposite signs",
    caption="All eigenvalues of 29.2 lie right of the middle, all of 29.0 left. A random head has them on both sides.",
)

# %% [markdown]
# The scores are almost +1 and −1. (They are of the table cut to the excerpt's words. [The
# atlas](../atlas.md) has those of the whole vocabulary.)
#
# ## What random heads give
#
# Between random embeddings, a random head's score is 0 on average. How far it strays depends on the head's width:

# %% tags=["remove-cell"]
spread = {}
for d_head in (4, 16, 64):
    sizes = ov.Config(
        1, 96 // d_head + 10, 4 * d_head, d_head, 8 * d_head, n_ctx=2
    )
    scores = [
        circuits.copying_score(ov.Transformer.random(sizes, seed))
        for seed in range(3)
    ]
    spread[d_head] = float(np.std(scores))
    assert abs(np.mean(scores)) < 0.15
    assert 1.2 < spread[d_head] * d_head < 2.2
low, high = circuits.copying_quantiles(
    real.network, (0.025, 0.975), heads=30
)
assert -0.2 < low < high < 0.2

# %% [markdown]
# | $d_h$ | standard deviation of the score |
# | --- | --- |
# {{ "\n".join(f"| {d_head} | {s:.2f} |" for d_head, s in spread.items()) }}
#
# Trained embeddings share directions, and between *them* random heads stray further. `circuits.copying_quantiles`
# measures it: 95 % of random heads between SmolLM2's embeddings score within ±{{ f"{max(-low, high):.1f}" }}. Scores of
# ±1 are no accident.
#
# ## When the score misleads
#
# Now the two-layer model that read the King James Bible.

# %%
model = zoo.load("king-james-two-layers")
score = circuits.copying_score(model)  # [layer, head]
heads = [(layer, head) for layer in range(2) for head in range(8)]
own = [
    circuits.copying_accuracy(model, *head, k=10) for head in heads
]  # the share of words among their own ten largest
best, worst = max(heads, key=score.item), min(heads, key=score.item)

# %% tags=["hide-input"]
plots.heads(
    score,
    np.reshape(own, (2, 8)),
    x_name="copying score",
    y_name="words in their own top ten",
    title="The heads of the text model",
    caption="Far to the right is not high up: a head can score nearly 1, and few words raise themselves.",
    mark=[best, worst],
)

# %% tags=["remove-cell"]
own_best = own[heads.index(best)]
assert score[best] > 0.9
assert own_best < 0.2
near, far = circuits.copying_quantiles(
    model, (0.025, 0.975), heads=100
)
assert score[worst] < near
counts = np.bincount(zoo.text().train, minlength=model.config.d_vocab)
common = [
    i
    for i, word in enumerate(model.tokens)
    if word.isalpha() and counts[i] >= 200
]
rows = real.rows(29, 2, real.words, k=10).raised  # [word, k]
own_real = (rows == np.arange(len(rows))[:, None]).any(1).mean()


def says_most(head, n=5, k=4):
    """The common words where a head says most, and what it raises there."""
    top = circuits.top_outputs(model, *head, common, k=k)
    order = np.argsort(-top.logits[:, 0], kind="stable")[:n]
    lines = [
        f"| {model.tokens[common[i]]} | {', '.join(model.words(top.tokens[i]))} |"
        for i in order
    ]
    return "\n".join(
        ["| looked at | raised most |", "| --- | --- |", *lines]
    )


# %% [markdown]
# Head {{ f"{best[0]}.{best[1]}" }} has the highest score, {{ f"{score[best]:.2f}" }}. The frequent words where it says
# most:
#
# {{ says_most(best) }}
#
# It answers with words of the same matter, and seldom with the word: {{ f"{own_best:.0%}" }} of all words are among the
# ten that they raise most. For 29.2, within the excerpt, {{ f"{own_real:.0%}" }} are. Both score nearly 1. **The score is
# about mixtures, not about words.** Head {{ f"{worst[0]}.{worst[1]}" }} has the lowest,
# {{ f"{score[worst]:.2f}".replace("-", "−") }}. It answers with words of another kind, and hardly ever with the word:
#
# {{ says_most(worst) }}
#
# Even with a score of 1, a word can lower itself. Here is a table of two words:

# %%
C = np.array([[-1.0, 3.0], [-2.0, 4.0]])  # [looked at, raised]
print(np.sort(np.linalg.eigvals(C).real).round(6))
centred = C - C.mean(axis=1, keepdims=True)  # [looked at, raised]
print(np.sort(np.linalg.eigvals(centred).real).round(6) + 0.0)

# %% tags=["remove-cell"]
assert np.allclose(np.sort(np.linalg.eigvals(C).real), [1, 2])
assert np.allclose(np.sort(np.linalg.eigvals(centred).real), [0, 1])
assert C[0, 0] < 0
assert centred[0, 0] < 0
one_way = np.array([[1.0, -1.0], [1.0, -1.0]])
assert not (one_way @ one_way).any()
assert np.isnan(circuits.copying_score(zoo.load("two-back"))).all()

# %% [markdown]
# No eigenvalue is negative, so the score is 1, centred or not. Yet the first word lowers itself, by
# {{ f"{-C[0, 0]:.0f}" }}, and centred by {{ f"{-centred[0, 0]:.0f}" }}. The two views share the trace alone: the
# diagonal's sum is that of the eigenvalues.
#
# ## A check that could have failed
#
# Does the network answer $u$ with $\lambda u$? Put $u W_E$ at every position, and let head
# {{ f"{best[0]}.{best[1]}" }} alone write. Each row of the pattern sums to 1, so the text does not matter.

# %%
P, Q = factors(model, model.W_V[best], model.W_O[best])
lam, w = np.linalg.eig((Q @ P).T)  # [d_head], [d_head, d_head]
i = np.where(lam.imag == 0, lam.real, 0).argmax()
u = w[:, i].real @ Q  # [d_vocab]   a mixture that copies itself
frozen = model.run(model.encode("<bos> silver and")).frozen()


def answer(mixture):
    """What the head alone adds where it looks at a mixture."""
    X = np.tile(mixture @ model.W_E, (3, 1))  # [pos, d_model]
    only = frozen.run(X, heads={best}).logits[-1]  # [d_vocab]
    added = only - frozen.run(X, heads=set()).logits[-1]
    return added - added.mean()


def error(mixture):
    wanted = lam[i].real * mixture  # [d_vocab]
    return np.abs(answer(mixture) - wanted).max() / np.abs(wanted).max()


assert error(u) < 1e-3
print(f"another mixture: off by {error(np.roll(u, 1)):.0%}")

# %% tags=["remove-cell"]
assert error(np.roll(u, 1)) > 0.5

# %% [markdown]
# The forward pass never forms $C$. The same shares given to other words fail.
#
# ## The usual mistakes
#
# **Reading the top and not the spread.** Every row has a top.
#
# **Reading columns for rows.** The word looked at is the row. In the paper's convention it is the column.
#
# **Calling a positive score “copies”.** Look at rows and at `copying_accuracy` before you name a head.
#
# **Taking no score for no effect.** Where all eigenvalues are 0 the score is 0/0, and `circuits` says NaN. Such a head
# can still raise other words.
#
# ## Recap
#
# - A row says what a head raises *if* it looks there. First ask whether the row is noise.
# - A small matrix, $d_h \times d_h$, has all eigenvalues that are not 0.
# - Score near 1: mixtures raise themselves. Near −1: they lower themselves. Compare with random heads.
# - The score says little about single words.
#
# ## What to practise
#
# 1. In the reader, at which words are both 25.2 and 27.5 strong?
# 2. What becomes of the score if `W_O` changes its sign?
# 3. A head has score −1. Can there be a word that raises itself?
#
# ??? success "Answers"
#
#     1. At “they”, “we”, “he”, “she” and other pronouns.
#     2. All eigenvalues change their sign, and so does the score.
#     3. Yes. Take the table of two words with all signs changed: the first word raises itself.
#
# Next: [many heads, and the QK circuit](10_many_heads_and_the_qk_circuit.py), which asks whether a head looks at all.
