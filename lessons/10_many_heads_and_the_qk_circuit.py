# %% [markdown]
# # Many heads, and the QK circuit
#
# The OV circuit says what a head writes when it looks at a word. The QK circuit says where it looks. Together they
# read as three words.

# %% tags=["remove-cell"]
import numpy as np

import ovlearn as ov
from ovlearn import circuits, plots, zoo
from ovlearn.numeric.zoo import saying
from ovlearn.numeric.zoo.headontext import head_on_text
from ovlearn.plots import kit

model = zoo.load("king-james")
text = "right hand and on the"
chance = saying.probability(model, text, "left")

# %% [markdown]
# ## Why does it look at “right”?
#
# A model of one layer read the same text as the one with two. After “right hand and on the” it says “left”, with
# a probability of {{ f"{100 * chance:.0f} %" }}. One of its heads looks from “the” back to
# “right”. Why there, and not at “and”?

# %% tags=["hide-input"]
examples = {
    "right hand and on the": 3,
    "silver and": 4,
    "milk and": 4,
    "the sun and the": 3,
}


def panel(state):
    """Return a head on a text: where it looks, why there, and what looking there says."""
    said, head = list(examples.items())[state["text"]]
    found = head_on_text(model, said, 0, head)
    names = ["begin", *found.words[1:]]
    ids = model.encode("<bos> " + said)
    root = np.sqrt(model.config.d_head)
    qk = model.W_E[ids[-1]] @ circuits.qk(model, 0, head).AB / root
    scores = model.W_E @ qk  # [d_vocab]
    scores = scores[ids] - scores.mean()  # [pos]
    first = int(found.attention.argmax())
    sentence = kit.words(names, gap=18)
    onward = kit.box(
        f"{found.next_word} {100 * found.probability:.0f} %",
        thing="unembedding",
    )
    right = sentence[-1].right
    onward = onward.moved(
        right[0] + 40 - onward.left[0], right[1] - onward.middle[1]
    )
    asks = kit.bars(scores, names, (0, 100), "qk", 100, pointed=False)
    says = kit.bars(
        found.by[first],
        found.raised[first],
        (asks.box[2] + 24, 100),
        "ov",
        100,
        pointed=False,
    )
    least, most = sentence[0].left[0], onward.right[0]
    shift = (least + most - says.box[2]) / 2
    heads = [
        kit.text(words, (part.middle[0] + shift, 80), thing, bold=True)
        for words, part, thing in (
            (f"“{names[-1]}” looks for", asks, "qk"),
            (f"looking at “{names[first]}” says", says, "ov"),
        )
    ]
    tells = (
        f"Head 0.{head}. Of these words, “{names[-1]}” looks most for “{names[first]}”: it gets "
        f"{100 * found.attention[first]:.0f} % of the attention. Looking there says “{found.raised[first][0]}”."
    )
    return kit.draw(
        *sentence,
        *kit.attention(sentence, found.attention),
        kit.arrow(right, onward.left, "unembedding"),
        onward,
        asks.moved(shift, 0),
        says.moved(shift, 0),
        *heads,
        title=f"Head 0.{head} on “{said}”",
        says=tells,
        caption=tells,
    )


plots.switches(
    [
        plots.Control(
            "text", "Text", tuple(f"{each} …" for each in examples)
        )
    ],
    panel,
    title="Where a head looks, why, and what it says",
    caption="Arcs: the attention. Left: the QK circuit, how much the last word looks for each word, "
    "compared with the average word. Right: the OV circuit.",
)

# %% [markdown]
# ## A source, a destination, an output
#
# The word that is looked at is the **source**, “right”. The word that looks is the **destination**, “the”. What is
# raised is the **output**, “left”. The paper calls the three a **skip-trigram**, *right … the → left*.
#
# The QK circuit has a number for each destination and source, the OV circuit one for each source and output. And
# however many heads a layer has, we can read them one by one: none sees what the others do, and what they write
# is added up.
#
# ## What a score compares
#
# A score is a query times a key. So $W_Q$ and $W_K$ act only together, and we name their product:
# $W_{QK} = W_Q W_K^\top$ has the stream of who looks on its left, the stream of who is looked at on its right,
# and gives the score. In the first layer these are embeddings:

# %%
d = ov.derive("qk-circuit", layers=1, heads=2, layer=0, head=0)
ov.show(d, label="eq:qk-circuit")

# %% [markdown]
# $W_E W_{QK} W_E^\top$ is the **QK circuit**, `[v, v]`: a row for each destination, a column for each source. It
# belongs to the weights, and its rank is $d_h$ at most. A softmax follows, so only differences within a row count.
#
# $\eqref{eq:qk-circuit}$ has words alone. Our model adds $W_{pos}$: each stream is a word plus a place, and a score
# has four parts: word with word, word with place, place with word,
# place with place. The first is the QK circuit. **We use the one-layer model since these four are all.** In the
# two-layer model, the head of layer 1 that says “gold” also reads what layer 0 wrote.
#
# ## In code: the four parts of a score

# %%
model = zoo.load("king-james")
head, text = 3, "right hand and on the"
tokens = model.encode(f"<bos> {text}")
words = model.W_E[tokens]  # [pos, d_model]
places = model.W_pos[: len(tokens)]  # [pos, d_model]
W_Q, W_K = model.W_Q[0, head], model.W_K[0, head]
W_QK = W_Q @ W_K.T  # [d_model, d_model]


def parts(W):
    """The four parts of all scores, [4, query, key]."""
    W = W / np.sqrt(model.config.d_head)  # [d_model, d_model]
    streams = words, places
    return np.array([x @ W @ y.T for x in streams for y in streams])


of_the = parts(W_QK)[:, -1]  # [4, key]   where “the” looks
for place, word in enumerate(model.words(tokens)):
    print(f"{word:6}", *(f"{x:+5.1f}" for x in of_the[:, place]))

# %% [markdown]
# A line is a word that “the” may look at. The first column decides, words with words. Do the four add up to the
# scores that the model computed? And with destination and source exchanged?

# %%
scores = model.run(tokens).scores[0, head]  # [query, key]
seen = np.tril(np.ones_like(scores))  # [query, key]


def error(W):
    return np.abs((parts(W).sum(axis=0) - scores) * seen).max()


rounding = 1e-4  # the model's numbers have seven digits
assert error(W_QK) < rounding
assert error(W_QK.T) > 1

# %% [markdown]
# ## The bug of a skip-trigram
#
# This is the paper's example. A head written by hand, without places, should know *keep … in mind* and *keep … at bay*. So “in” and “at” look
# for “keep”, and “keep” raises “mind” and “bay”:

# %%
toy = zoo.load("skip-trigrams")
outputs = toy.encode("mind bay")
found = np.array(
    [
        toy.run(toy.encode(f"keep the {word}")).logits[-1, outputs]
        for word in ("in", "at")
    ]
)  # [destination, output]
wanted = np.diag([5.0, 5.0])  # [destination, output]
assert np.linalg.matrix_rank(found, tol=0.01) == 1
assert np.linalg.matrix_rank(wanted) == 2
print(found.round(1))

# %% tags=["hide-input"]
who = np.array([[1.0], [1.0]])  # [destination, 1]
what = np.array([[5.0, 5.0]])  # [1, output]


def table(name, values, thing, rows, columns):
    """Return a small table with words at its rows and columns."""
    drawn = kit.block(name, values, thing, cell=28)
    named = [
        kit.text(word, (-16, 14 + 28 * at))
        for at, word in enumerate(rows)
    ]
    named += [
        kit.text(word, (12 + 33 * at, 28 * len(values) + 14))
        for at, word in enumerate(columns)
    ]
    shown = [drawn, *named]
    boxes = np.array([part.box for part in shown])
    box = (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))
    return kit.Part("".join(part.svg for part in shown), box)


def outer(who, what, sign):
    """Return a column of destinations, a row of outputs."""
    return (
        table("looks", who, "qk", ("in", "at"), ()),
        table("says", what, "ov", (), ("mind", "bay")),
        sign,
    )


both = ("in", "at"), ("mind", "bay")
one_head = kit.product(
    *outer(who, what, "="), table("adds", who @ what, "", *both), gap=7
)
first, second = np.eye(2)[:, :1], np.eye(2)[:, 1:]
two_heads = kit.product(
    *outer(first, 5 * first.T, "+"),
    *outer(second, 5 * second.T, "="),
    table("add", wanted, "", *both),
    at=(0, 150),
    gap=7,
)
kit.draw(
    kit.text("one head", (20, -68), bold=True),
    *one_head,
    kit.text("two heads", (20, 82), bold=True),
    *two_heads,
    title="One head, two heads",
    says="Above: a column that says that “in” and “at” both look, times a row that says “mind” and “bay”, is a "
    "table full in all four places. Below: a head for “in” and “mind” plus a head for “at” and “bay” is full in "
    "the two places that were wanted.",
    caption="A column times a row fills all four places. Two heads fill the two that were wanted.",
)

# %% tags=["remove-cell"]
from dataclasses import replace

names = ("W_Q", "W_K", "W_V", "W_O")
mind, bay = toy.config.d_vocab + outputs  # where the stream holds them
keep, inside, at = toy.encode("keep in at")
split = {
    name: np.repeat(getattr(toy, name), 2, axis=1) for name in names
}
split["W_Q"][0, 0, at] = split["W_Q"][0, 1, inside] = 0
split["W_O"][0, 0, 1, bay] = split["W_O"][0, 1, 1, mind] = 0
two = ov.Transformer(
    replace(toy.config, n_heads=2), W_E=toy.W_E, W_U=toy.W_U, **split
)
own = {name: getattr(toy, name).copy() for name in names}
own["W_K"][0, 0, [inside, at]] = toy.W_K[0, 0, keep]
own["W_V"][0, 0, [keep, inside, at]] = [[1, 1], [0, -1], [-1, 0]]
own["W_O"][0, 0] = 0
own["W_O"][0, 0, [0, 1], [mind, bay]] = 10
single = replace(toy, **own)


def said_by(network):
    """Return the logits of mind and bay after in and at [destination, output]."""
    return np.array(
        [
            network.run(toy.encode(f"keep the {word}")).logits[
                -1, outputs
            ]
            for word in ("in", "at")
        ]
    )


divided, alone = said_by(two), said_by(single)
assert (divided.argmax(axis=1) == [0, 1]).all()
assert np.linalg.matrix_rank(divided, tol=0.01) == 2
assert abs(alone - wanted).max() < 0.01

# %% [markdown]
# *Keep in bay* and *keep at mind* came along. They had to. What a head adds from a source $a$ is a weight, for $a$
# and the destination $b$, times an entry, for $a$ and the output $c$:
#
# $$
# f_1(a, b)\, f_2(a, c)
# $$
#
# For a given source this is a column times a row: a table of rank 1. The table that was wanted has rank 2. So one
# head's look at “keep” can never give it. Two heads can, a rank each. (So can one head that also looks at “in” and
# “at” themselves, and takes the wrong word back there.)

# %% [markdown]
# ## Skip-trigrams of a text
#
# What did the trained model learn? Among 2,000³ candidates a head, one finds what one likes. So here is a rule:
#
# 1. Words that the text has at least 200 times. What they share is taken off: means over sources and outputs.
# 2. **Sources**: for each head the three words $a$ with the largest QK entry times the largest OV entry.
# 3. **Destinations**: the four words $b$ with the largest $\sqrt{p(b)}\, e^{QK[b, a]}$, with $p$ a word's share of
#    the text.
# 4. **Outputs**: the four words $c$ with the largest OV entry in row $a$.
#
# We did not find it blind: we tried three weightings of destinations, looked at what they chose, and then fixed the
# root. A row is **supported** if one of its 4 × 4 trigrams is in the text at least 3 times, with the source at most
# 63 words back, and the output more than twice as often as usual after that destination:

# %% tags=["hide-input"]
from functools import cache

train = zoo.text().train
counts = np.bincount(train, minlength=model.config.d_vocab)  # [d_vocab]
common = np.array(
    [
        token
        for token, word in enumerate(model.tokens)
        if word.isalpha() and counts[token] >= 200
    ]
)
p = counts[common] / counts[common].sum()  # [word]
here = np.ix_(common, common)


def rows_of(head, power, sources=3, k=4):
    """Return (head, source, destinations, outputs), by the rule; destinations weighed by p ** power."""
    qk = circuits.full_qk(model, 0, head).AB[here]
    qk = qk / np.sqrt(model.config.d_head)  # [destination, source]
    ov = circuits.full_ov(model, 0, head).AB[here]  # [source, output]
    qk, ov = qk - (qk @ p)[:, None], ov - (ov @ p)[:, None]
    ov = ov - p @ ov
    strength = qk.max(axis=0) * ov.max(axis=1)  # [source]
    chosen = np.argsort(-strength, kind="stable")[:sources]
    looks = p[:, None] ** power * np.exp(qk)  # [destination, source]
    return [
        (
            head,
            common[a],
            common[np.argsort(-looks[:, a], kind="stable")[:k]],
            common[np.argsort(-ov[a], kind="stable")[:k]],
        )
        for a in chosen
    ]


@cache
def places_of(token):
    """Return where a token is in the text, its last place left out."""
    return np.flatnonzero(train[:-1] == token)  # [occurrence]


@cache
def near(a, b, window=63):
    """Return for each place of b whether a comes before it, and near."""
    at, sources = places_of(b), places_of(a)  # [occurrence]
    before = np.searchsorted(sources, at)  # [occurrence of b]
    nearest = np.where(before > 0, sources[before - 1], -len(train))
    return at - nearest <= window


@cache
def in_text(a, b, c):
    """Return how often c follows b with a before, and how much more often than without asking for a."""
    follows = train[places_of(b) + 1] == c  # [occurrence of b]
    together, usual = (near(a, b) & follows).sum(), follows.mean()
    share = together / max(near(a, b).sum(), 1)
    return int(together), float(share / usual) if usual else 0.0


def supported(a, destinations, outputs):
    """Return the trigrams (destination, output, count) that the text has, most frequent first."""
    cells = [
        (int(b), int(c), *in_text(int(a), int(b), int(c)))
        for b in destinations
        for c in outputs
    ]
    kept = [(b, c, n) for b, c, n, lift in cells if n >= 3 and lift > 2]
    return sorted(kept, key=lambda cell: -cell[2])


def share_dealt(rows, rng):
    """Return the share of rows supported when each has the outputs of another."""
    circle = rng.permutation(len(rows))
    return np.mean(
        [
            bool(supported(*rows[row][1:3], rows[other][3]))
            for row, other in zip(
                circle, np.roll(circle, 1), strict=True
            )
        ]
    )


def weighed(power):
    """Return the rows by a weighting, what the text has of each, and the share supported when dealt."""
    heads = range(model.config.n_heads)
    rows = [row for head in heads for row in rows_of(head, power)]
    rng = np.random.default_rng(0)
    dealt = [share_dealt(rows, rng) for _ in range(5)]
    return rows, [supported(*row[1:]) for row in rows], dealt


tried = {power: weighed(power) for power in (0, 0.5, 1)}
rows, borne_out, dealt = tried[0.5]
good = sum(map(bool, borne_out))


def typical(power):
    """Return how often the median destination of a weighting occurs."""
    destinations = np.concatenate([b for _, _, b, _ in tried[power][0]])
    return int(np.median(counts[destinations]))


def verdict(power):
    """Return a row of the table of weightings."""
    _, cells, by_chance = tried[power]
    name = {0: "nothing", 0.5: "$\\sqrt{p}$", 1: "$p$"}[power]
    return (
        f"| {name} | {typical(power):,} times | {sum(map(bool, cells))} of {len(cells)} "
        f"| {np.mean(by_chance) * len(cells):.0f} |"
    )


def line(row, cells):
    """Return a row of the table of all rows."""
    head, a, b, c = row
    words = model.tokens
    best = "none"
    if cells:
        best = f"{words[cells[0][0]]} {words[cells[0][1]]}, {cells[0][2]} times"
    return f"| 0.{head} | {words[a]} | {', '.join(model.words(b))} | {', '.join(model.words(c))} | {best} |"


weightings = "\n".join(map(verdict, tried))
every_row = "\n    ".join(map(line, rows, borne_out))
by_source = {model.tokens[row[1]]: row for row in rows}
for source, said in (("right", "left"), ("meat", "drink")):
    assert said in model.words(by_source[source][3])

# %% [markdown]
# | destinations weighed by | the median one occurs | rows supported | with dealt outputs |
# | --- | --- | --- | --- |
# {{ weightings }}
#
# Among the rows are *right … the → left*, *meat … their → drink*, *heard … the → voice*.
#
# ??? note "All {{ len(rows) }} rows, in the rule's order"
#
#     | head | source … | … destination | → output | most frequent in the text |
#     | --- | --- | --- | --- | --- |
#     {{ every_row }}
#
# ## A check that could have failed
#
# Is {{ good }} of {{ len(rows) }} much? Common words follow each other anyhow. So we deal the outputs anew: each row
# gets the outputs of another.

# %%
own = good / len(rows)  # the share of rows that the text supports
assert max(dealt) < own - 0.25  # however we dealt
print(f"own outputs {own:.0%}, dealt outputs {np.mean(dealt):.0%}")

# %% tags=["hide-input"]
pairs = set(zip(train[:-1].tolist(), train[1:].tolist(), strict=True))


def with_and_without(head, a, b, c):
    """Return the probability of c after a b, with the head and with it silent."""
    run = model.run([0, int(a), int(b)])  # <bos> first
    rest = {(0, each) for each in range(model.config.n_heads)} - {
        (0, head)
    }
    chances = []
    for logits in (
        run.logits[-1],
        run.frozen().run(heads=rest).logits[-1],
    ):
        weights = np.exp(logits - logits.max())  # [d_vocab]
        chances.append(float(weights[c] / weights.sum()))
    return chances


forced = {}
for (head, a, _, _), cells in zip(rows, borne_out, strict=True):
    for b1, c1, _ in cells:
        for b2, c2, _ in cells:
            if b1 != b2 and c1 != c2 and (b1, c2) not in pairs:
                now, silent = with_and_without(head, a, b1, c2)
                case = now / silent, a, b1, c1, b2, c2
                forced[head, a] = max(forced.get((head, a), case), case)
harmed = [case for case in forced.values() if case[0] > 1]
factor = {model.tokens[case[1]]: case for case in harmed}["under"]
_, *case = factor
under, his, feet, the, heaven = (model.tokens[token] for token in case)
assert (his, feet, the, heaven) == ("his", "feet", "the", "heaven")

# %% [markdown]
# The rows are hints, no more: of a row's 16 trigrams the text supports
# {{ f"{np.mean([len(cells) for cells in borne_out]):.0f}" }}, in the mean.
#
# The bug is there, too. One head learned *under … {{ his }} → {{ feet }}* and *under … {{ the }} → {{ heaven }}*. So it
# also says *{{ his }} {{ heaven }}*, which the text never has, and makes it
# {{ f"{factor[0]:.0f}" }} times as likely, though still rare. {{ len(harmed) }} of the {{ len(rows) }} rows do such harm.
#
# ## The usual mistakes
#
# **Reading a QK entry as attention.** It is a score: divide by $\sqrt{d_h}$, add the places, and let the softmax
# compare the row.
#
# **Choosing rows by hand.** Any network has beautiful ones. State a rule and how you found it, show all that it
# chose, and compare with chance.
#
# ## Recap
#
# - $W_E W_{QK} W_E^\top$ says who looks for whom, $W_E W_{OV} W_U$ what that says.
# - Together they read as source … destination → output.
# - For one source, what a head adds has rank 1: two skip-trigrams bring two more.
#
# ## What to practise
#
# 1. Add 3 to a whole row of a QK circuit. What changes in the pattern? And to a whole column?
# 2. The two heads above should also know *keep … off the*. Which can take it without a new bug?
#
# ??? success "Answers"
#
#     1. A row: nothing, the softmax sees differences alone. A column: every destination looks more at that source.
#     2. Neither, by their looks at “keep” alone. Three destinations with an output each make a table of rank 3, and two
#        heads have two.
#
# Next: [induction](11_composition_and_induction.py), where a head reads what an earlier one wrote.
