# %% [markdown]
# # Induction, and composition
#
# Two heads in a row can do what no head does alone. The best known pair continues a text by what it has seen in
# that same text.

# %% tags=["remove-cell"]
from dataclasses import replace

import numpy as np

import ovlearn as ov
from ovlearn import circuits, detect, paths, plots, zoo
from ovlearn.plots import kit
from ovlearn.symbolic import (
    Assumption,
    Network,
    Relation,
    add,
    product,
    rules,
    transpose,
)

vocabulary = (
    "then",
    "Anna",
    "Quill",
    "sang",
    "and",
    "left",
    "we",
    "you",
)
by_keys, by_pointers = (
    replace(zoo.load(name), tokens=vocabulary)
    for name in ("induction-by-keys", "induction-by-pointers")
)
text = "then Anna Quill sang and Anna"

# %% [markdown]
# ## What comes next?
#
# A text has … *a b* …, and now comes *a* again: what next? A good guess is *b*, whatever the two words are.
# After “{{ text }}” you expect “Quill”, and you have never met her. To guess like this is **induction**.
#
# The second “Anna” must look at the word that came *after* the first one. In the first layer no head can find
# it. There each position holds its own word, as a row $e$ of $W_E$, and its own place, as a row $p$ of
# $W_{\text{pos}}$. So the score of position $i$ looking at $j$ depends on token and position of both ends, and on
# nothing else:
#
# $$
# (e_i + p_i) \, W_{QK} \, (e_j + p_j)^\top / \sqrt{d_h}
# $$
#
# What stood *before* “Quill” is not in it. Let the text begin “Anna then Quill”, and that score stays the same.
#
# **A head of the first layer cannot know. How do two layers?**


# %% tags=["hide-input"]
steps = (
    "1 the text",
    "2 the notes",
    "3 the question",
    "4 the match",
    "5 the look",
    "6 the copy",
)
heads = ("none", "previous-token head", "induction head")


def with_silent(head):
    """A run of the hand-written model in which a head writes nothing."""
    W_O = by_keys.W_O.copy()  # [layer, head, d_head, d_model]
    if head:
        W_O[head - 1] = 0
    return replace(by_keys, W_O=W_O).run(by_keys.encode(text))


runs = [with_silent(head) for head in range(len(heads))]


def next_words(run):
    """The probability of each next word [d_vocab]."""
    p = np.exp(run.logits[-1] - run.logits[-1].max())  # [d_vocab]
    return p / p.sum()


def percent(share):
    """A share, in words."""
    return f"{100 * share:.0f} %"


def told(step, silent):
    """What happens in one step."""
    run, p = runs[silent], next_words(runs[silent])
    look, score = run.pattern[1, 0, -1], run.scores[1, 0, -1]  # [key]
    noted = silent != 1
    return (
        "“Anna” comes for the second time. What next?",
        "Layer 0: from each word a head looks one back, and leaves a note: which word came before."
        if noted
        else "The previous-token head is silent: it looks one back, and leaves no note.",
        "Layer 1: the last word asks its question of all notes: where was “Anna” the word before?",
        f"The note under “Quill” is the answer: its score is {score[2]:.0f}. “then” has no note, and is ruled out."
        if noted
        else "There is no note to match: all scores but the first are 0.",
        f"The softmax turns scores into attention: “Quill” gets {percent(look[2])}."
        if noted
        else f"Equal scores, equal attention: {percent(look[2])} for each word but the first.",
        (
            f"The head copies what it looks at: “Quill” is next, with {percent(p[2])}.",
            f"It copies a bit of everything. “Anna”, there twice, gets {percent(p[1])}; “Quill” {percent(p[2])}.",
            f"It looks at “Quill”, but writes nothing: all {len(p)} words are equally likely, {100 * p[2]:.1f} % each.",
        )[silent],
    )[step]


def beside_row(words, y):
    """What a row of the drawing holds, at its left."""
    return kit.text(words, (-66, y))


def film(state):
    """One step of the induction circuit."""
    step, silent = state["step"], state["silent"]
    run, p = runs[silent], next_words(runs[silent])
    look, score = run.pattern[1, 0, -1], run.scores[1, 0, -1]  # [key]
    names = text.split()
    sentence = kit.row(
        [kit.box(word, size=(50, 34)) for word in names], 6
    )
    parts = [
        kit.Part("", (-104, -92, 422, 168), solid=False),
        beside_row("the text", 0),
        *sentence,
    ]
    last = sentence[-1]
    if step >= 1:
        parts.append(beside_row("word before", 76))
    if step >= 1 and silent == 1:
        parts.append(kit.text("no notes", (168, 76)))
    if step >= 1 and silent != 1:
        notes = [
            kit.box(
                word,
                (here.middle[0], 76),
                "qk" if step >= 3 and place == 2 else "stream",
                (50, 30),
            )
            for place, (word, here) in enumerate(
                zip(names[:-1], sentence[1:], strict=True), 1
            )
        ]
        parts += notes
        if step == 1:
            parts += [
                kit.arrow(
                    (before.middle[0], 17), (note.box[0] + 8, 61), "ov"
                )
                for before, note in zip(
                    sentence[:-1], notes, strict=True
                )
            ]
    if step >= 2:
        asks = kit.box("Anna?", (last.middle[0], 146), "qk", (56, 34))
        parts += [asks, beside_row("asks for", 146)]
    if step == 3 and silent != 1:
        parts.append(
            kit.arrow(
                asks.left,
                (sentence[2].middle[0], 91),
                "qk",
                turn="across",
            )
        )
    if step == 3:
        parts.append(beside_row("score", 110))
        parts += [
            kit.text(
                f"{value:.0f}".replace("-", "−"),
                (here.middle[0] + 18 * (place == 2), 110),
                "qk",
            )
            for place, (value, here) in enumerate(
                zip(score, sentence, strict=True)
            )
        ]
    if step >= 4:
        parts.append(beside_row("attention", 110))
        parts += [
            kit.text(percent(share), (here.middle[0], 110), "pattern")
            for share, here in zip(look, sentence, strict=True)
        ]
        parts += [
            kit.arc(last.top, here.top, float(share), "pattern")
            for share, here in zip(look, sentence, strict=True)
            if share > 0.01
        ]
    ends = "?"
    if step == 5 and silent != 2:
        best = int(p.argmax())
        ends = f"{vocabulary[best]} {percent(p[best])}"
        if silent == 0:
            parts.append(
                kit.arc(sentence[2].top, (370, -17), 0.2, "ov")
            )
    following = kit.box(ends, (376, 0), "unembedding", (88, 34))
    parts += [following, kit.arrow(last.right, following.left)]
    return kit.draw(
        *parts,
        title=f"{steps[step]}; silenced: {heads[silent]}",
        says=told(step, silent),
        caption=told(step, silent),
    )


plots.switches(
    [
        plots.Control("step", "Step", steps, slider=True, start=5),
        plots.Control("silent", "A head is silenced", heads),
    ],
    film,
    "Induction, with two heads",
    "Pull the slider to its start and watch the film. Then silence a head. The numbers are those of a run.",
)

# %% tags=["remove-cell"]
net = Network(layers=2)
X_0, X_1 = net.stream(0), net.stream(1)  # [s, d] each
A_0, W_OV_0 = net.head("A", 0, 0), net.head("W_OV", 0, 0)
W_QK_1 = net.head("W_QK", 1, 0)
known = {
    each.name: each
    for each in ov.derive("qk-circuit", layers=2, layer=1).assumptions
}
first_layer = Assumption(
    "first layer",
    "its one head adds A X W_OV to the stream, and nothing else does",
    (Relation(X_1, add(X_0, product(A_0, X_0, W_OV_0))),),
)
given = [known["OV product"], known["QK product"], first_layer]

# %% [markdown]
# ## Two heads and a note
#
# 1. In layer 0 a **previous-token head** looks one back. It writes into each position which word came before.
# 2. In layer 1 the **induction head** asks for a note that is equal to its own word. It finds it one place
#    *after* the earlier copy, looks there, and copies the word that it sees.
#
# The first changes where the second looks. This is **composition**: a head reads what an earlier head wrote.
#
# ## Who reads what, in a score
#
# A layer-1 score compares two rows of $X_1$, and $X_1$ is $X_0$ plus what head 0 wrote. Multiply it out, without the
# $\sqrt{d_h}$:

# %% tags=["hide-input"]
scores_of_layer_1 = (
    ov.Derivation.start(
        product(X_1, W_QK_1, transpose(X_1)), given, network=net
    )
    .apply(rules.unfold, first_layer)
    .apply(rules.transposes)
    .apply(rules.distribute)
)
ov.show(scores_of_layer_1, label="eq:scores-of-layer-1")

# %% [markdown]
# Left of $W_{QK_1}$ is the side that asks, the query; right of it is the key. In the first term of
# $\eqref{eq:scores-of-layer-1}$ both are read from $X_0$, as in [lesson 10](10_many_heads_and_the_qk_circuit.py). In
# the second, the *key* is read from what head 0 wrote: the film. In the third, the *query* is. In the fourth, both.
# And a head reads a third time, through its values:
#
# | composition | product | with it, a later head … |
# | --- | --- | --- |
# | K, by keys | $W_{OV_0} W_{QK_1}^\top$ | finds positions by the notes left there |
# | Q, by queries | $W_{OV_0} W_{QK_1}$ | asks for what an earlier head found |
# | V, by values | $W_{OV_0} W_{OV_1}$ | moves on what an earlier head moved: a virtual head, $\eqref{eq:virtual-head}$ |
#
# (K is transposed, so that the head that writes comes first.)
#
# ## One layer and two, in code
#
# Two networks were trained alike, on blocks of 4 to 24 letters that come twice. Does the second *a*'s score for *b*
# change, if *x* was before *b* instead?


# %%
one = zoo.load("repeats-one-layer")
two = zoo.load("repeats-two-layers")


def score(model, text, layer):
    """From position 5 to position 2, for each head [head]."""
    return model.run(model.encode(text)).scores[layer, :, 5, 2]


texts = "x a b y z a", "a x b y z a"
for model in (one, two):
    last = model.config.n_layers - 1
    before, after = (score(model, text, last) for text in texts)
    print(model.name, "differs:", np.abs(before - after).max() > 1e-4)

# %% tags=["remove-cell"]
for model, moved in ((one, False), (two, True)):
    last = model.config.n_layers - 1
    before, after = (score(model, each, last) for each in texts)
    assert (np.abs(before - after).min() > 1) == moved
    assert (np.abs(before - after).max() < 1e-4) != moved

# %% [markdown]
# ## One behaviour, two mechanisms
#
# Let a block of $n$ different words come twice; $n$ is the **period**. The word at $i$ in the second copy was at
# $i - n$ before, and what followed it there is at $i - n + 1$. A head's **induction attention** (also called its prefix-matching score) is its mean attention
# to that place:
#
# $$
# \frac{1}{n} \sum_{i=n}^{2n-1} A_{i,\, i-n+1}
# $$
#
# The film's model is `induction-by-keys`, written by hand. In `induction-by-pointers`, layer 0 looks for its word's
# earlier copy, and notes *at which position* it was. Layer 1 adds one to that, and looks there.

# %%
twice = by_keys.encode("then Anna Quill sang " * 2)
keys, pointers = by_keys.run(twice), by_pointers.run(twice)
for run in (keys, pointers):
    said = run.logits[4:].argmax(axis=-1)  # [pos of second copy]
    print(by_keys.words(said), detect.induction(run, 4)[1].round(2))

# %% tags=["remove-cell"]
assert (
    keys.logits[4:].argmax(-1) == pointers.logits[4:].argmax(-1)
).all()
assert (
    np.abs(keys.pattern[1, 0, 4:] - pointers.pattern[1, 0, 4:]).max()
    < 1e-3
)


def by_hand(model):
    """The scores of its two heads as cells of a table, in Q, K, V."""
    found = [
        circuits.composition_scores(model, kind)[0, 0, 1, 0]
        for kind in "KQV"
    ]
    assert np.count_nonzero(found) == 1
    return " | ".join(f"{value:.2f}" for value in found)


looks_back = [
    detect.previous_token(run)[0, 0] for run in (keys, pointers)
]
looks_same = [
    detect.duplicate_token(run, 4)[0, 0] for run in (keys, pointers)
]

# %% [markdown]
# They look and speak alike. But in the one, layer 0 gives {{ f"{looks_back[0]:.2f}" }} of its attention to the previous
# token; in the other, {{ f"{looks_same[1]:.2f}" }} to the earlier copy. What a network does is not how it does it.
#
# ## A network that learned it
#
# Now the two trained networks, on fresh blocks. The **loss** is the mean of $-\ln$ of the probability of the letter
# that does come next, in units called nats: 0 is certain and right, and a blind guess among {{ two.config.d_vocab }}
# letters costs {{ f"{np.log(two.config.d_vocab):.1f}" }}.


# %%
def measured(model, period, seed):
    """Induction attention [layer, head], and the loss."""
    tokens = detect.repeated_tokens(
        model.config, period, batch=64, seed=seed
    )
    run = model.run(tokens, record=["pattern"])
    return detect.induction(run, period), detect.repeat_loss(
        run, period
    )


periods = (5, 8, 12, 18, 24)
results = {
    p: [measured(model, p, seed=1000 + p) for model in (one, two)]
    for p in periods
}

# %% tags=["remove-cell"]
for (single, its_loss), (double, loss) in results.values():
    assert single.max() < 0.4
    assert its_loss > 1
    assert double[0].max() < 0.2
    assert double[1].min() > 0.85
    assert loss < 0.005
by_period = [
    f"| {p} | {single.max():.2f} | {its_loss:.1f} | {double[0].max():.2f} | {double[1].min():.2f} | {loss:.1f} |"
    for p, ((single, its_loss), (double, loss)) in results.items()
]

# %% [markdown]
# | period | one layer: best head | loss | two layers: best head of layer 0 | *worst* of layer 1 | loss |
# | --- | --- | --- | --- | --- | --- |
# {{ "\n".join(by_period) }}
#
# With two layers, all four heads of layer 1 do induction. Which heads of layer 0 leave the notes? **Silence** some,
# so that they write zeros, and run again. (The field says *zero ablation*.)

# %%
period = 24
tokens = detect.repeated_tokens(two.config, period, batch=64, seed=5)
run = two.run(tokens)


def silenced(*heads, layer=0):
    """Mean induction attention of layer 1, and the loss."""
    W_O = two.W_O.copy()  # [layer, head, d_head, d_model]
    W_O[layer, list(heads)] = 0
    quiet = replace(two, W_O=W_O).run(tokens, record=["pattern"])
    attention = detect.induction(quiet, period)[1].mean()
    return attention, detect.repeat_loss(quiet, period)


# %% tags=["remove-cell"]
previous = detect.previous_token(run)[0]  # [head of layer 0]
groups = [
    (),
    (0,),
    (1,),
    (2,),
    (3,),
    (1, 2),
    (0, 2),
    (0, 3),
    (0, 1, 2, 3),
]
found = {each: silenced(*each) for each in groups}
lost = {each: found[()][0] - found[each][0] for each in groups}
assert (
    max(lost[1,], lost[2,], lost[1, 2])
    < 0.05
    < 0.1
    < min(lost[0,], lost[3,])
)
assert max(lost[0,], lost[3,]) < 0.25
assert lost[0, 3] > 0.75
assert found[0, 3][1] > 5 > 0.2 > max(found[0,][1], found[3,][1])
reserve = lost[0, 2] - lost[0,]
assert reserve > 0.1


def called(group):
    """The names of some heads of layer 0."""
    return " and ".join(f"0.{head}" for head in group)


named = {(): "nothing", (0, 1, 2, 3): "all of layer 0"}
by_silence = [
    f"| {named.get(each, called(each))} | {attention:.2f} | {loss:.1f} |"
    for each, (attention, loss) in found.items()
]

# %% [markdown]
# | silent | induction attention of layer 1 | loss |
# | --- | --- | --- |
# {{ "\n".join(by_silence) }}
#
# - **0.0 and 0.3 leave the notes, and one of them is enough.** Without either little is lost; without both, nearly all.
# - **0.2 is redundant while 0.0 writes.** If 0.0 is silent too, another {{ f"{reserve:.2f}" }} is lost.
# - **0.1 is not needed** for this.
#
# ## Composition scores: who could read whom
#
# Weights give a hint without any run: how large is a product, measured by its factors?
#
# $$
# \frac{\lVert W_{OV_0} W \rVert_F}{\lVert W_{OV_0} \rVert_F \, \lVert W \rVert_F},
# \qquad W = W_{QK_1}^\top,\ W_{QK_1} \text{ or } W_{OV_1}
# $$
#
# ($\lVert \cdot \rVert_F$ is the root of the sum of all squared entries.) It is 0 if the later head reads nothing of
# what the earlier one writes. Models written by hand show one kind each:
#
# | model | K | Q | V |
# | --- | --- | --- | --- |
# | `induction-by-keys` | {{ by_hand(by_keys) }} |
# | `induction-by-pointers` | {{ by_hand(by_pointers) }} |
# | `two-back`, a virtual head | {{ by_hand(zoo.load("two-back")) }} |

# %% tags=["remove-cell"]
sizes = replace(two.config, n_heads=16)
control = np.concatenate(
    [
        circuits.composition_scores(
            ov.Transformer.random(sizes, seed), "K"
        )[0, :, 1].ravel()
        for seed in range(8)
    ]
)  # [pair]
by_chance = float(np.sqrt((control**2).mean()))
assert abs(by_chance - 0.125) < 0.003

# %% [markdown]
# !!! note "What chance gives"
#
#     Two heads that know nothing of each other do not score 0. A random direction in the stream of $d$ dimensions has,
#     along any fixed one, a square of $1/d$ in the mean: there are $d$ of them, and the squares add up to 1. So the
#     squared score is $1/d$ in the mean, and its root is $1/\sqrt{d}$, whatever $d_h$ is. Here that is
#     {{ f"{circuits.composition_baseline(two):.3f}" }}. {{ f"{control.size:,}" }} pairs of random heads give {{ f"{by_chance:.3f}" }}.

# %%
pairs = {
    kind: circuits.composition_scores(two, kind)[0, :, 1]
    for kind in "QKV"
}  # each [head of layer 0, head of layer 1]
W_OV = two.W_V[0, 0] @ two.W_O[0, 0]  # [d_model, d_model]
W_QK = two.W_Q[1, 0] @ two.W_K[1, 0].T  # [d_model, d_model]
norm = np.linalg.norm
by_hand_K = norm(W_OV @ W_QK.T) / (norm(W_OV) * norm(W_QK))
assert abs(by_hand_K - pairs["K"][0, 0]) < 1e-5

# %% tags=["hide-input"]
chance = circuits.composition_baseline(two)
mean_K = pairs["K"].mean(axis=1)  # [head of layer 0]
assert (control < pairs["K"].min()).mean() > 0.99
assert max(pairs["Q"].max(), pairs["V"].max()) < chance
assert (np.argsort(mean_K) == np.argsort(previous)).all()
writers = [
    kit.box(
        f"0.{head}: looks one back {percent(previous[head])}",
        (0, 58 * place),
        "ov",
        (210, 34),
    )
    for place, head in enumerate(np.argsort(-mean_K))
]
readers = [
    kit.box(
        name, (370, 87 * place), "qk" if place < 2 else "ov", (90, 34)
    )
    for place, name in enumerate(("queries", "keys", "values"))
]
edges = [
    kit.arrow(
        box.right,
        (325, readers[1].middle[1] + 8 * place - 12),
        "qk",
        width=float(1 + 90 * (mean_K[head] - chance)),
    )
    for place, (box, head) in enumerate(
        zip(writers, np.argsort(-mean_K), strict=True)
    )
]
amounts = [
    kit.text(
        f"{mean_K[head]:.2f}",
        (132, 58 * place + (15 if place == 3 else -13)),
        "qk",
    )
    for place, head in enumerate(np.argsort(-mean_K))
]
kit.draw(
    *edges,
    *writers,
    *readers,
    *amounts,
    kit.text("layer 0", (0, -38)),
    kit.text("layer 1, all four", (360, -38)),
    title="Who could read whom",
    says="From each of the four heads of layer 0 an arrow leads to the keys of layer 1, and none to its queries or values.",
    caption="Mean scores, where above chance. All arrows go to the keys, and heads that look one back more are read more.",
    numbers=[
        ["head", "K", "Q", "V"],
        *(
            [
                f"0.{head}",
                *(f"{pairs[kind][head].mean():.2f}" for kind in "KQV"),
            ]
            for head in range(4)
        ),
    ],
)

# %% [markdown]
# The scores rank the heads as their looking back does. Those of queries and values lie below chance: they avoid what
# layer 0 writes. But 0.1 is above chance too, and was not missed. A score says
# what a head *could* read. How much a head writes, and where it looks, are not in it.
#
# ## A check that could have failed
#
# Silencing takes a head from all readers, and we claim that the *keys* matter. So take heads 0.0 and 0.3 out of the
# keys alone. That must do all of the harm; out of the queries alone, none.


# %%
X_1 = run.resid_pre[1]  # [batch, pos, d_model]
writes = run.head_out[0]  # [batch, head, pos, d_model]
less = X_1 - writes[:, [0, 3]].sum(axis=1)  # [batch, pos, d_model]


def looks(for_queries, for_keys):
    """Induction attention, if queries and keys read these."""
    q = for_queries[:, None] @ two.W_Q[1]  # [batch, head, pos, d_head]
    k = for_keys[:, None] @ two.W_K[1]  # [batch, head, pos, d_head]
    s = q @ k.swapaxes(-1, -2) / two.config.d_head**0.5
    s[..., ~np.tri(s.shape[-1], dtype=bool)] = -np.inf
    A = np.exp(s - s.max(-1, keepdims=True))  # [..., query, key]
    A /= A.sum(axis=-1, keepdims=True)
    i = np.arange(period, 2 * period)  # the second copy
    return A[..., i, i - period + 1].mean()


whole, both = silenced()[0], silenced(0, 3)[0]
assert abs(looks(X_1, X_1) - whole) < 1e-3
assert abs(looks(X_1, less) - both) < 0.05  # from the keys
assert abs(looks(less, X_1) - whole) < 0.02  # from the queries
wrong = X_1 - writes[:, [1, 2]].sum(axis=1)  # the other two
assert abs(looks(X_1, wrong) - both) > 0.5

# %% tags=["remove-cell"]
cases = [
    looks(X_1, X_1),
    looks(less, X_1),
    looks(X_1, less),
    both,
    looks(X_1, wrong),
]
held = detect.repeat_loss(
    run.frozen().run(heads={(1, head) for head in range(4)}), period
)
little = 0.01
assert held < little
orders = paths.by_order(run)[:2].sum(axis=0)  # [batch, pos, d_vocab]
assert detect.repeat_loss(replace(run, logits=orders), period) < 0.01
of_layer_1 = [silenced(head, layer=1)[1] for head in range(4)]
three_gone = [
    silenced(*(other for other in range(4) if other != head), layer=1)[
        1
    ]
    for head in range(4)
]
twice_followed = by_keys.encode("Anna Quill and Anna left and Anna")
shared = [model.run(twice_followed) for model in (by_keys, by_pointers)]
turn = np.linalg.qr(np.random.default_rng(0).normal(size=(64, 64)))[0]
W_O = two.W_O.copy()
W_O[0] = W_O[0] @ turn
turned = replace(two, W_O=W_O)
turned_K = circuits.composition_scores(turned, "K")[0, :, 1]
turned_loss = detect.repeat_loss(turned.run(tokens), period)
assert max(of_layer_1) < 0.001
shares = np.array([next_words(each)[[2, 5]] for each in shared])
assert np.ptp(shares) < 0.02
assert all(
    abs(each.pattern[1, 0, -1, [1, 4]] - 0.5).max() < 0.01
    for each in shared
)
assert abs(turned_K.mean() - 0.125) < 0.02
assert turned_loss > 10 > found[0, 1, 2, 3][1]


# %% [markdown]
# | 0.0 and 0.3 taken from … | nothing | queries | keys | all readers | *0.1 and 0.2 from keys* |
# | --- | --- | --- | --- | --- | --- |
# | induction attention | {{ " | ".join(f"{case:.2f}" for case in cases) }} |
#
# It is the keys. The wrong pair does hardly any harm, so the check can tell.
#
# ## The usual mistakes
#
# **“Above chance” read as “used”.** Trained heads share directions for many reasons. Silence the head.
#
# **“Not missed” read as “not used”.** A head may have a stand-in. Silence in pairs.
#
# **Silencing in a frozen run.** It keeps the patterns, and with them all that queries and keys read. Here it says that
# the whole of layer 0 is not needed: the loss stays below {{ little }}.
#
# **Testing with one period.** A head that looks back a fixed number of places passes, and fails at any other.
#
# **Swapping factors inside a norm.** A trace allows it, [a norm does not](../errata.md#slip-frobenius).
#
# ## Recap
#
# - Induction: … *a b* … *a* → *b*. In the first layer no score can find *b*. (Many heads together can, but must
#   [grow with the text](../results.md#induction).)
# - One head notes at each position what came before; a later one finds the note through its keys, and copies.
# - A later head reads an earlier one by queries, keys or values. Q and K change where it looks, V what it moves.
# - A composition score says what could be read, and chance gives $1/\sqrt{d}$. Silencing says what is missed.
#
# ## What to practise
#
# 1. Silence heads of layer 1 with `silenced(…, layer=1)`. How many of the four are needed? Why look at the loss only?
# 2. Let both hand-written models read “Anna Quill and Anna left and Anna”. Where do they look, and what comes next?
# 3. Multiply `W_O[0]` of the trained model by a random rotation. What becomes of the K-scores, and of the loss?
#
# ??? success "Answers"
#
#     1. None is missed when it alone is silent. One by itself leaves a loss of {{ f"{min(three_gone):.1f}" }} to
#        {{ f"{max(three_gone):.1f}" }}. Where layer 1 looks cannot change: it looks before it writes.
#     2. Half at “Quill”, half at “left”, as both followed “Anna”. Each gets {{ percent(shares.mean()) }}.
#     3. The mean K-score falls to {{ f"{turned_K.mean():.2f}" }}, to chance. The loss rises to
#        {{ f"{turned_loss:.0f}" }}: notes that cannot be read are worse than none.
#
# Next: [a real language model](12_real_networks.py), where norms, MLPs and many layers are added.
