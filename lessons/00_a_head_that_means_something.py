# %% [markdown]
# # A head that means something
#
# A language model reads some words and says how likely each word is to come next. Inside it are small parts
# called attention heads. Here you meet one, and see what it adds to that guess.

# %% tags=["remove-cell"]
import numpy as np

from ovlearn import plots, zoo
from ovlearn.numeric.zoo import saying
from ovlearn.numeric.zoo.headontext import head_on_text

model = zoo.load("king-james-two-layers")
n_heads = model.config.n_layers * model.config.n_heads
chance = saying.probability(model, "silver and", "gold")
real = zoo.load("smollm2-excerpt")

# %% [markdown]
# ## Why “gold”?
#
# A small model has read the King James Bible. Give it “silver and”, and it goes on with “gold”, with a
# probability of {{ f"{100 * chance:.0f} %" }}. It has {{ n_heads }} heads. What did any one of them have to do with
# it?

# %% tags=["hide-input"]
shown = {
    "silver and": [(1, 6), (1, 3), (0, 3)],
    "the sun and the": [(1, 6), (1, 3), (1, 0)],
    "milk and": [(1, 1), (1, 3)],
}


def at_work(name, network, shown):
    """The numbers of some heads on some texts of a model."""
    return {
        name: {
            f"{text} …": [
                head_on_text(network, text, *head) for head in heads
            ]
            for text, heads in shown.items()
        }
    }


plots.heads_on_texts(
    at_work("King James", model, shown),
    title="One head at work",
    caption="Choose a text and a head, and touch a word: where the head looks, and what looking there says.",
)

# %% [markdown]
# Two things happen in this picture.
#
# - **The head looks.** From the last word it looks back, and divides its attention among the words there
#   are. Head 1.6 (layer 1, head 6; both count from 0) gives “silver” nearly all of it. The arc shows how much
#   came from each word.
# - **The head writes.** It raises some next words and lowers others. The bars say which, for the word that
#   you touch. Here is the surprise: *the bars come from the weights alone*. No text was read for them, so the
#   bars of “silver” are the same in every text.
#
# Where a head looks, and what looking there says: these are two questions, and they have two answers. This
# course is about the second one, the head's **OV circuit**.
#
# ## From words to numbers, and back
#
# The model knows {{ f"{len(model.tokens):,}" }} words, its **vocabulary**. A word is a number from 0 on, its
# token. As a row of numbers, a token is all zeros with a single 1 in its place. A text is a matrix $E$ of such
# rows, one for each **position**. The **embedding** $W_E$ holds a row of {{ model.config.d_model }} numbers for
# each word, and $E W_E$ looks them up.
#
# At the end, the **unembedding** $W_U$ gives every word of the vocabulary a number $y$, its **logit**. The
# softmax makes probabilities of them:
#
# $$
# p_t = \frac{e^{y_t}}{\sum_u e^{y_u}}
# $$
#
# Only differences of logits count. Add 5 to all of them, and each probability stays what it was. So we may
# take the mean off, and say what a head gives one word *more than the average word*. If one logit rises by 1 and all
# others stay, that word's odds are multiplied by $e \approx 2.7$.

# %%
tokens = model.encode("<bos> silver and")  # <bos> begins each text
run = model.run(tokens)
logits = run.logits[-1]  # [d_vocab]   at the last position
p = np.exp(logits - logits.max())  # [d_vocab]
p /= p.sum()
for token in p.argsort()[:-4:-1]:
    print(f"{model.tokens[token]:8} {p[token]:.2f}")

# %% [markdown]
# ## One line for what a head says
#
# The course derives this line from nothing, and checks every step on the way:
#
# $$
# \boxed{Y'_1 = A_1 \, E \, W_E W_{OV_1} W_U}
# $$
#
# | in the line | in the picture | what it is |
# | --- | --- | --- |
# | $A_1$ | the numbers below the words | the **pattern**: how much each position looks at each other |
# | $E$ | the words | the tokens of this text |
# | $W_E W_{OV_1} W_U$ | the bars | the **circuit**: a row for each word that the head may look at, a column for each next word |
# | $Y'_1$ | (not drawn) | what the head adds to the logits, straight from the words |
#
# You need not follow it yet. But it is five matrices, and numpy can multiply them:

# %%
layer, head = 1, 6
A = run.pattern[layer, head]  # [query, key]
E = np.eye(len(model.tokens))[tokens]  # [pos, d_vocab]
W_OV = model.W_V[layer, head] @ model.W_O[layer, head]
circuit = model.W_E @ W_OV @ model.W_U  # [d_vocab, d_vocab]

added = (A @ E @ circuit)[-1]  # [d_vocab]   at the last position
added -= added.mean()
(gold,) = model.encode("gold")
print(f"to the logit of gold: {added[gold]:+.1f}")

# %% tags=["remove-cell"]
less = logits - added  # [d_vocab]   what the other paths give
q = np.exp(less - less.max())  # [d_vocab]
q /= q.sum()
odds = float(p[gold] / (1 - p[gold]) / (q[gold] / (1 - q[gold])))

# %% [markdown]
# Against the average word that makes “gold” {{ round(float(np.exp(added[gold]))) }} times as likely. The head raises
# “weight” and “shekel”, too. All in all the odds of “gold” grow {{ round(odds) }}-fold.
#
# ## A check that could have failed
#
# An equation about a head should survive an experiment on that head. So run the model twice on these words, with
# its patterns held as they were: once with no head writing, and once with this head alone. The difference is
# what it adds. (In code, `frozen` keeps the patterns, and `heads` names the heads that may write.) The model computes
# that in its own way, and never uses $W_{OV}$.

# %%
frozen, words = run.frozen(), model.W_E[tokens]  # [pos, d_model]
nobody = frozen.run(words, heads=set()).logits[-1]  # [d_vocab]
only = frozen.run(words, heads={(layer, head)}).logits[-1]
alone = only - nobody - (only - nobody).mean()  # [d_vocab]
difference = np.abs(alone - added).max()
rounding = 1e-4  # the model's numbers have seven digits
assert difference < rounding

# %% [markdown]
# The two agree for every word of the vocabulary. What if the line were slightly wrong? Swap who looks and who is
# looked at:

# %%
wrong = (A.T @ E @ circuit)[-1]  # [d_vocab]
wrong -= wrong.mean()
assert np.abs(alone - wrong).max() > 1
print(f"to the logit of gold: {wrong[gold]:+.1f}")

# %% [markdown]
# The check sees it at once.
#
# ## The same in a real language model
#
# SmolLM2-135M-Instruct is a language model of 135 million numbers, with {{ 30 * 9 }} heads. (We read it from a file
# that keeps about four bits of each.) Here are a few of its heads, each on a text of its own. Touch “they”. The bars
# choose among the {{ f"{len(real.words):,}" }} words that we took along.

# %% tags=["hide-input"]
theirs = {
    "They said they would do it by": [(25, 2), (26, 2)],
    "The house (which we bought last year": [(27, 7), (26, 6)],
    "The capital of France is": [(23, 4)],
}
plots.heads_on_texts(
    at_work("SmolLM2", real, theirs),
    title="Heads of SmolLM2",
    caption="For 25.2, looking at “they” says where the text goes. For 23.4 the bars do not know “Paris”, and yet the head gives it.",
)

# %% tags=["remove-cell"]
by_head = saying.boxed(model, "silver and", "gold")  # [layer, head]
honey = saying.boxed(model, "milk and", "honey")[1, 1]
reach = real.run("They said they would do it by").reach(
    25, 2, " themselves"
)
assert reach.share < 0.05
they = real.run("They said they would do it by")
assert they.without(25, 2) > they.probabilities[-1, 0]

# %% [markdown]
# The rows of the circuit name what head 25.2 writes: “their”, “themselves”. But the line above is exact about
# one path, from the words through one head to the logits, and in a deep network little flows on that path.
# {{ f"{reach.share:.0%}" }} of what 25.2 gives “themselves” came along it. So the circuit is a good *map*, and
# the boxed line a small *account*. Head 23.4 does its work with a map that does not show it. And what a head writes is
# not yet what the model needs of it: without 25.2 it says “themselves” no less, as later heads make up for it. Lessons
# [07](07_the_ov_circuit.py) and [12](12_real_networks.py) say more.

# %% [markdown]
# ## The usual mistakes
#
# **Taking attention for effect.** A head must put its attention somewhere. Often it rests on the first
# position, “begin”, and what comes from there is next to nothing. What counts is attention *times* what the head
# makes of the word there. That is how thick the arcs are.
#
# **Reading the circuit the other way.** A row is what looking at a word says. A column is what raises a word.
# Head 1.6 raises “gold” when it looks at “silver”. What it says when it looks at “gold” is in another row.
#
# ## How to use these pages
#
# Every grey box is a cell that was run when this page was made. You can change it and run it
# [here in the page](../how-to-use.md#run-it-in-the-page). A few cells that only set things up are not shown; the
# notebook at the top of each page has them. The course follows [an article and a paper](../article-map.md); a link to
# an *erratum* says where we differ. Vectors are rows throughout, so a product reads from
# left to right in the order in which things happen: `x @ W`. Layers, heads and positions count from 0.
#
# ## Recap
#
# - A model gives each word a logit; the softmax makes probabilities of their differences.
# - A head looks at some words. The row of its OV circuit for a word is what looking there says.
# - $A_1 E W_E W_{OV_1} W_U$ is what the head adds straight from the words. An experiment agrees with it.
# - In a real network the circuit can still be a good map, and that path is a small part of what flows.
#
# ## What to practise
#
# 1. In the first picture, which other head raises “gold” when it looks at “silver”?
# 2. Run the first cells with “milk and” and head 1.1. By how much does it raise “honey”?
# 3. Head 1.6 adds about the same number to the logits of two words. Can you say which of them becomes more
#    likely?
#
# ??? success "Answers"
#
#     1. 1.3, by {{ f"{by_head[1, 3]:.1f}" }}, and 0.3, by {{ f"{by_head[0, 3]:.1f}" }}. A model rarely leaves a job to one head.
#     2. Change the text, `head = 1` and `gold` to the token of “honey”. It is {{ f"{honey:+.1f}" }}.
#     3. Not from that alone. Both logits move alike, so the odds between the two stay as they were. Both gain on
#        every word to which the head adds less.
#
# Next: [the residual stream](01_residual_stream.py), where everything that a head reads and writes is kept.
