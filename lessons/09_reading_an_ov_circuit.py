# %% [markdown]
# # Reading an OV circuit
#
# The circuit $W_E W_{OV} W_U$ is a table: a row for each token that a head may look at, a column for each
# token that may come next. Here you learn to read such a table, also where it is too large to look at.
#
# ## What you will be able to do
#
# - Read a row of the circuit, and list the tokens that a head raises.
# - Say why the table has few independent rows, and compute with it without forming it.
# - Say what its eigenvalues tell about copying, and what a copying score is.
# - Tell two cases in which a copying score misleads.
#
# ## The question
#
# [Lesson 07](07_the_ov_circuit.py) derived the circuit. There it had seven tokens. A real vocabulary has
# thousands, and the table has millions of entries.
#
# **How do you see what a head does, without looking at all of its table?**
#
# ## The equation
#
# The head's circuit is the last part of the boxed equation:

# %%
import numpy as np

import ovlearn as ov
from ovlearn import circuits, plots, zoo

d = ov.derive("ov-circuit", layers=1, heads=1, layer=0)
ov.show(
    d.lemma("What is circuit, and what is contribution"),
    label="eq:full-circuit",
)

# %% [markdown]
# ## A circuit that one can look at
#
# The course comes with small models to read: `ovlearn zoo` lists them. The first one was written by hand.
# Its only head copies.

# %%
model = zoo.load("copying")
zoo.card("copying")

# %%
# [d_vocab, d_vocab], kept as two factors
table = circuits.full_ov(model, 0, 0)
plots.matrix(
    table,
    rows=model.tokens,
    columns=model.tokens,
    title="The OV circuit of a head that copies",
    caption="Look for the largest entry of each row.",
    axes=("token looked at", "next token"),
)

# %% [markdown]
# The largest entry of each row is on the diagonal: where this head looks at a token, it raises that token
# most. But the rest of the table is not 0. The reason is its rank.
#
# ## Few independent rows
#
# The table is a product through the head's width, so its rank is at most $d_h$
# ([lesson 04](04_values_and_outputs_fold.py)). Ten tokens in five dimensions cannot all be at right angles.
# So to raise one token is to raise its neighbours a little.

# %%
singular = table.svd()[1]  # [d_head], falling
dense = table.AB  # [d_vocab, d_vocab]: small enough here
assert (
    np.linalg.matrix_rank(dense) == len(singular) == model.config.d_head
)
assert (dense.argmax(axis=1) == np.arange(model.config.d_vocab)).all()

# %% [markdown]
# The table of {{ dense.shape[0] }} × {{ dense.shape[1] }} numbers has rank {{ len(singular) }}. So it is
# kept as two thin factors, $W_E W_V$ and $W_O W_U$, and multiplied only where one looks.
# `circuits.full_ov` returns a `FactoredMatrix`, which knows its trace, norm, eigenvalues and singular
# values without the product.
#
# ## Copying, in one number
#
# To see that a head copies we looked at its diagonal. For thousands of tokens a number would be better. The
# paper's is built on eigenvalues. A number that is added to all logits alike changes no probability. So we
# first take from each row of the circuit its mean, which is to centre $W_U$ over the vocabulary. Call the
# result $C$, and let $u C = \lambda u$ for a row vector $u$: a mixture of tokens. Its shares have both signs
# mostly, and attention has not: no head looks at such a mixture by itself. But what a head adds is linear in
# what it looks at. To a part $u$ of that it answers with $\lambda$ times the same mixture in the logits.
#
# - $\lambda > 0$: the mixture raises itself.
# - $\lambda < 0$: it lowers itself.
# - A pair of complex eigenvalues turns one mixture into another.
#
# The **copying score** is $\sum_i \lambda_i \big/ \sum_i |\lambda_i|$. It is 1 where all eigenvalues are
# positive, −1 where all are negative.
#
# $C$ is $v \times v$, but only $d_h$ of its eigenvalues can differ from 0. They are those of a matrix of
# $d_h \times d_h$: if $u P Q = \lambda u$, then $(u P)\, Q P = \lambda\, (u P)$. So $P Q$ and $Q P$ share
# every eigenvalue that is not 0. With $P = W_E W_V$ and $Q = W_O W_U$, with $W_U$ centred, the small one is
# $W_O W_U W_E W_V$.

# %%
# [d_vocab, d_head], [d_head, d_vocab]
P, Q = table.A, table.B - table.B.mean(axis=1, keepdims=True)
small = np.sort(np.linalg.eigvals(Q @ P).real)  # [d_head]
# [d_vocab]
large = np.linalg.eigvals(dense - dense.mean(axis=1, keepdims=True))
kept = np.sort(large[np.abs(large) > 1e-9].real)  # those that are not 0
assert np.allclose(small, kept)
assert (small > 0).all()
assert np.isclose(circuits.copying_score(model)[0, 0], 1)

# %% [markdown]
# All {{ len(small) }} are positive, so the score is {{ f"{circuits.copying_score(model)[0, 0]:.0f}" }}.
#
# Heads with random weights show what is nothing special. Between random embeddings their eigenvalues lie
# around 0 in all directions, and their scores scatter around 0, the less, the larger the head:

# %%
spread = {}
for d_head in (4, 16, 64):
    sizes = ov.Config(
        1,
        32,
        d_model=4 * d_head,
        d_head=d_head,
        d_vocab=8 * d_head,
        n_ctx=2,
    )
    scores = [
        circuits.copying_score(ov.Transformer.random(sizes, seed))
        for seed in range(3)
    ]
    spread[d_head] = float(np.std(scores)), float(np.mean(scores))
assert all(abs(mean) < 0.15 for _, mean in spread.values())
assert all(
    1.2 < deviation * d_head < 2.2
    for d_head, (deviation, _) in spread.items()
)

# %% [markdown]
# | $d_h$ | standard deviation of the score | times $d_h$ |
# | --- | --- | --- |
# {{ "\n".join(f"| {d_head} | {s:.3f} | {s * d_head:.1f} |" for d_head, (s, _) in spread.items()) }}
#
# A score of 0.3 means little for $d_h = 4$. For $d_h = 64$ it is {{ f"{0.3 / spread[64][0]:.0f}" }} standard
# deviations. But trained embeddings share directions, and between them random heads scatter more widely. So
# `circuits.copying_quantiles` puts random $W_V$ and $W_O$ between a model's *own* $W_E$ and $W_U$. That is
# the control for the network that follows.

# %% [markdown]
# ## A head that learned from a text
#
# `king-james` is a network of one layer with eight heads. It was trained to predict the next word of an
# old English text, the King James Bible. It has {{ f"{zoo.load('king-james').config.d_vocab:,}" }} words.

# %%
words = zoo.load("king-james")
zoo.card("king-james")

# %% [markdown]
# A table of 2,000 × 2,000 is not for looking at. So we let the table choose. The rule, fixed before we
# look:
#
# 1. Only words of letters that the text has at least 200 times.
# 2. Of these, the six whose row has the largest entry: there the head has most to say.
# 3. Of each row, the four largest entries.
#
# `circuits.top_outputs` does the last step in blocks. It never holds the whole table.

# %%
# [d_vocab]
counts = np.bincount(zoo.text().train, minlength=words.config.d_vocab)
common = np.array(
    [
        i
        for i, word in enumerate(words.tokens)
        if word.isalpha() and counts[i] >= 200
    ]
)


def says_most(head, rows=6, k=4):
    """Return a Markdown table: the words where a head says most, and what it raises there."""
    # [word]
    largest = circuits.top_outputs(words, 0, head, common, k=1).logits[
        :, 0
    ]
    looked_at = common[np.argsort(-largest, kind="stable")[:rows]]
    # [word, k]
    raised = circuits.top_outputs(words, 0, head, looked_at, k=k).tokens
    lines = [
        f"| {words.tokens[a]} | {', '.join(words.words(row))} |"
        for a, row in zip(looked_at, raised, strict=True)
    ]
    return "\n".join(
        ["| looked at | raised most |", "| --- | --- |", *lines]
    )


score = circuits.copying_score(words)[0]  # [head]
highest, *_, lowest = np.argsort(-score)
# of random heads between its own embeddings
low, high = circuits.copying_quantiles(words, (0.025, 0.975))
assert score[highest] > high
assert score[lowest] < low

# %% [markdown]
# Of random heads between these embeddings, 95 % score from {{ f"{low:.2f}" }} to {{ f"{high:.2f}" }}. The
# head with the highest copying score, {{ f"{score[highest]:.2f}" }}, is head {{ highest }}:
#
# {{ says_most(highest) }}
#
# The head with the lowest score, {{ f"{score[lowest]:.2f}" }}, is head {{ lowest }}:
#
# {{ says_most(lowest) }}
#
# The one answers a word with words of the same matter. The other answers a word with what comes next.
#
# Their eigenvalues, with those of a random head of the same size, each set divided by its largest:

# %%
alike = ov.Config(
    1, 1, words.config.d_model, words.config.d_head, 256, n_ctx=2
)
# [d_head]
random = circuits.eigenvalues(ov.Transformer.random(alike, seed=1))[
    0, 0
]
# [d_head] each
sets = [*circuits.eigenvalues(words)[0, [highest, lowest]], random]
plots.spectrum(
    [np.sort_complex(one / np.abs(one).max()) for one in sets],
    labels=[f"head {highest}", f"head {lowest}", "a random head"],
    title="Eigenvalues of three circuits",
    caption="Right of the middle is what raises itself. One head has all of its eigenvalues there.",
)
right = int((sets[0].real > 0).sum())
turning = int((sets[0].imag != 0).sum())
assert right == len(sets[0])

# %% [markdown]
# ## When the score misleads
#
# **It is about mixtures, not about tokens.** Look at the first of the two tables again. Does that head
# copy? Of its {{ words.config.d_head }} eigenvalues {{ right }} have a positive real part; {{ turning }} are
# complex. But few words raise *themselves* most. Count them:

# %%
# [head]
accuracy = np.array(
    [circuits.copying_accuracy(words, 0, head) for head in range(8)]
)
# [head]
within = np.array(
    [
        circuits.copying_accuracy(words, 0, head, k=10)
        for head in range(8)
    ]
)
assert score[highest] > 0.9
assert accuracy[highest] < 0.1
plots.heads(
    score[None],
    within[None],
    x_name="copying score",
    y_name="share of words among their own 10 largest",
    title="The eight heads of king-james",
    caption="To the right: positive eigenvalues. Up: words raise themselves. To be right is not to be up.",
)

# %% [markdown]
# `circuits.copying_accuracy` is the share of tokens that raise themselves most, or with `k=10`, that are
# among the ten that they raise most. For head {{ highest }} these are {{ f"{accuracy[highest]:.0%}" }} and
# {{ f"{within[highest]:.0%}" }}. It copies the *matter* of a word, and seldom the word. This is not for want
# of room: even in two dimensions, 2,000 arrows of one length all differ in direction, and each is most like
# itself.

# %%
angles = 2 * np.pi * np.arange(2_000) / 2_000
# [d_vocab, 2]
arrows = np.stack([np.cos(angles), np.sin(angles)], axis=1)
# a circuit [d_vocab, d_vocab] of rank 2
narrow = ov.FactoredMatrix(arrows, arrows.T)
assert (narrow.AB.argmax(axis=1) == np.arange(2_000)).all()

# %% [markdown]
# So a circuit of rank {{ narrow.A.shape[1] }} can raise each of {{ f"{len(narrow):,}" }} tokens most where it
# is looked at, if only by a little. This head was not trained to.
#
# **Positive eigenvalues do not even keep a token from lowering itself.** The paper gives a warning of this
# sort. Here is a circuit of two tokens:

# %%
# [token looked at, token raised]
C = np.array([[-1.0, 3.0], [-2.0, 4.0]])
eigenvalues = np.sort(np.linalg.eigvals(C).real)
assert np.allclose(eigenvalues, [1, 2])
assert C[0, 0] < 0
less = C - C.mean(axis=1, keepdims=True)  # centred
assert np.allclose(np.sort(np.linalg.eigvals(less).real), [0, 1])
assert less[0, 0] < 0

# %% [markdown]
# Its eigenvalues are {{ f"{eigenvalues[0]:.0f}" }} and {{ f"{eigenvalues[1]:.0f}" }}: a score of 1. Yet
# looking at the first token lowers it by {{ f"{-C[0, 0]:.0f}" }}. (Centred, the eigenvalues are 0 and 1, the
# score is 1 too, and the first token lowers itself by {{ f"{-less[0, 0]:.0f}" }}.) Eigenvectors need not be
# at right angles, and here they nearly coincide. The trace, which is the sum of the diagonal and of the
# eigenvalues, is all that the two views share.
#
# **It can be undefined.** Where all eigenvalues are 0 the score is 0/0, and `circuits` says NaN. This does
# not say that the head does nothing. The circuit below raises the first token and lowers the second,
# whichever of the two is looked at. No mixture of them raises itself.

# %%
# [token looked at, token raised]
one_way = np.array([[1.0, -1.0], [1.0, -1.0]])
# so every eigenvalue is 0: λ² would be one of this
assert not (one_way @ one_way).any()
# alone, none of its heads leads from W_E to W_U
nobody = circuits.copying_score(zoo.load("two-back"))
assert np.isnan(nobody).all()

# %% [markdown]
# ## A check that could have failed
#
# All of this was read off weights. Does the network do it? Let head {{ highest }} alone write, on a text
# that it never saw, and compare with the rows of its circuit, mixed by its pattern.

# %%
text = zoo.text().held_out[:40]
run = words.run(np.insert(text, 0, 0))  # <bos> first
frozen = run.frozen()
# [pos, d_vocab]
alone = (
    frozen.run(heads={(0, int(highest))}).logits
    - frozen.run(heads=set()).logits
)
stream = run.embedding  # [pos, d_model]: words and positions
moved = (
    run.pattern[0, highest]
    @ stream
    @ words.W_V[0, highest]
    @ words.W_O[0, highest]
    @ words.W_U
)  # [pos, d_vocab]
rows = circuits.full_ov(words, 0, int(highest))
# [pos, d_vocab]
by_words = run.pattern[0, highest] @ (rows.A[run.tokens] @ rows.B)


def share(part, whole):
    """Return ⟨part, whole⟩ / ⟨whole, whole⟩."""
    return float((part * whole).sum() / (whole * whole).sum())


assert np.allclose(alone, moved, atol=1e-4 * np.abs(alone).max())
assert share(by_words, alone) > 0.5

# %% [markdown]
# The whole stream gives the whole effect. The words' part of it, which the circuit describes, is
# {{ f"{share(by_words, alone):.0%}" }}. The rest comes from the positions, which are in the stream as
# well and are not in $W_E$.
#
# ## Common mistakes
#
# - **Reading columns for rows.** In row vectors the token *looked at* is the row. In the paper's columns it
#   is the column.
# - **Forgetting the pattern.** The circuit says what happens *if* the head looks. Whether it does is a
#   question for the next lesson.
# - **Calling a positive score "copies".** It says that mixtures raise themselves. Look at
#   `copying_accuracy` and at the top tokens before you give a head a name.
# - **Comparing sizes between heads by a single row.** A head may say much and be looked at never.
#
# ## What to practise
#
# - Print `says_most` for the other heads. Which one would you name, and how?
# - Take `circuits.full_ov(words, 0, 2).svd()`. Which words are at the two ends of the first singular
#   direction?
# - Multiply `W_O` of the copying model by −1. What becomes of the eigenvalues, the score and the accuracy?
