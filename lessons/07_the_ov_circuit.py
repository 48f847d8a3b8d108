# %% [markdown]
# # One head's contribution, boxed
#
# Of all paths through a network, take the one that goes from the words through a single head to the logits. It is the
# equation of this course. Here you derive it, read it, and learn how much of what a head does is in it.

# %% tags=["remove-cell"]
from dataclasses import replace

import numpy as np

import ovlearn as ov
from ovlearn import paths, plots, zoo
from ovlearn.symbolic import to_text

model = zoo.load("king-james-two-layers")

# %% [markdown]
# ## What does this head do with a word?
#
# Head 1.6 of the model that read the King James Bible raises “gold” when it looks at “silver”. Is that all it does?
# Here are more words that it may look at, and more that it may raise. Read a row.

# %% tags=["hide-input"]
looked_at = ["silver", "sun", "flocks", "right", "heaven", "king"]
raised = ["gold", "moon", "herds", "left", "earth", "queen"]
whole = model.W_E @ model.W_V[1, 6] @ model.W_O[1, 6] @ model.W_U
whole -= whole.mean(axis=1, keepdims=True)
table = whole[np.ix_(model.encode(looked_at), model.encode(raised))]
plots.matrix(
    table,
    rows=looked_at,
    columns=raised,
    title="A piece of the OV circuit of head 1.6",
    caption="Looking at the first word of a pair raises the second. Of “king” the head has nothing to say. We chose the words.",
    axes=("word looked at", "next word"),
)

# %% [markdown]
# It completes pairs. The picture comes from the weights alone: no text was run. It is a piece of the whole table,
# which has {{ f"{len(model.tokens):,}" }} rows and as many columns.
#
# ## Three parts in a row
#
# On the path from the words through one head, three things happen, one after the other:
#
# 1. The words $E$ are embedded: $E W_E$.
# 2. The head turns the row of each position into what it would write of it, $W_{OV}$, and brings it from where it
#    looks to where it writes, $A$.
# 3. The unembedding $W_U$ turns that into logits.
#
# ## The box, derived
#
# We assume what [lesson 05](05_freeze_the_attention.py) assumed, with the pattern held at what one run recorded. Start
# from the logits, expand them over all paths, and keep one. For two layers of one head each, and the head of layer
# 1. Step through it with the arrow keys:

# %%
d = ov.derive("ov-circuit", layers=2, heads=1, layer=1)
ov.show(d, label="eq:ov-circuit")

# %% [markdown]
# The last step is no equality. It **selects**: it keeps one term, and holds the others as its remainder.

# %%
selection = d.steps[-1]
print("kept:     ", to_text(selection.after))
for left_out in selection.remainder.args:
    print("left out: ", to_text(left_out))

# %% [markdown]
# With more layers and more heads the box looks the same.
#
# ## Circuit and contribution
#
# One part of the box belongs to the weights, and all of it to one text.

# %%
parts = d.lemma("What is circuit, and what is contribution")
ov.show(parts, label="eq:circuit-and-contribution")

# %% [markdown]
# - The **OV circuit** is $C_1 = W_E W_{OV_1} W_U$, a row for each word looked at, a column for each next word. No text
#   is in it. (Some authors call $W_{OV}$ alone the OV circuit, and this one the *full* OV circuit.)
# - The **contribution** is $Y'_1 = A_1 E C_1$, a row for each position of one text. Each row is a mean of rows of the
#   circuit, weighted by the pattern.
#
# The rank of the circuit is at most $d_h$, as that of $W_{OV}$ is. So its rows are no free choice:
# {{ f"{len(model.tokens):,}" }} of them are made of {{ model.config.d_head }}.
#
# ## In code

# %% try=["the sun: silver and -> the sun and the", "another head: head = 1, 6 -> head = 1, 3"]
tokens = model.encode("<bos> silver and")
head = 1, 6
run = model.run(tokens)
E = np.eye(len(model.tokens))[tokens]  # [pos, d_vocab]


def circuit(head):
    """The OV circuit of a head [d_vocab, d_vocab]."""
    return model.W_E @ model.W_V[head] @ model.W_O[head] @ model.W_U


contribution = run.pattern[head] @ E @ circuit(head)  # [pos, d_vocab]
last = contribution[-1] - contribution[-1].mean()
for token in last.argsort()[:-5:-1]:
    print(f"{model.tokens[token]:8} {last[token]:+.1f}")

# %% [markdown]
# ## A check that could have failed
#
# Run the frozen network twice: with only this head writing, and with none. The difference is what it adds on its own.
# The network computes it from values and outputs, and has never heard of $W_{OV}$.


# %%
def apart(a, b):
    """How far a is from b, relative to the size of b."""
    return np.linalg.norm(a - b) / np.linalg.norm(b)


frozen, words = run.frozen(), model.W_E[tokens]  # [pos, d_model]
nobody = frozen.run(words, heads=set()).logits  # [pos, d_vocab]
alone = frozen.run(words, heads={head}).logits - nobody
assert apart(contribution, alone) < 1e-5

# each [pos, d_vocab]: the pattern the wrong way round, that of
# another head, and none at all
wrong = [
    run.pattern[head].T @ E @ circuit(head),
    run.pattern[1, 5] @ E @ circuit(head),
    E @ circuit(head),
]
errors = [apart(each, alone) for each in wrong]
assert min(errors) > 0.1
print("broken:", ", ".join(f"{error:.0%}" for error in errors))

# %% [markdown]
# ## How much of the head is in the box?
#
# The box is exact about one path. But the head reads the whole stream, with all that earlier layers wrote. So
# compare what it gives “gold” with what of it came along the boxed path.

# %%
(gold,) = model.encode("gold")
toward = model.W_U[:, gold] - model.W_U.mean(axis=1)  # [d_model]
gave = run.head_out[head][-1] @ toward
boxed = last[gold]
print(f"gave {gave:.2f}, of which {boxed:.2f} along the box")

# %% tags=["remove-cell"]
unseen = zoo.text().held_out[: 40 * 63].reshape(40, 63)
texts = np.insert(unseen, 0, 0, axis=1)  # [batch, pos], <bos> first
long = model.run(texts)
centred = model.W_U - model.W_U.mean(axis=1, keepdims=True)
onward = centred.T[
    texts[:, 1:]
]  # [batch, pos, d_model], of the next word
all_given = np.einsum(
    "lbhpd,bpd->lh", long.head_out[..., :-1, :], onward
)
of_words = (
    long.pattern @ model.W_E[texts][:, None]
)  # [layer, batch, head, …]
through = of_words @ model.W_V[:, None] @ model.W_O[:, None]
of_text = (
    np.einsum("lbhpd,bpd->lh", through[..., :-1, :], onward) / all_given
)  # [layer, head]

# %% [markdown]
# Nearly all of it, on this text. Over text that the model never saw, it is {{ f"{of_text[1, 6]:.0%}" }} for this head,
# and between {{ f"{of_text[1].min():.0%}" }} and {{ f"{of_text[1].max():.0%}" }} for the heads of layer 1. The rest is
# positions, and what layer 0 wrote. Now the same question to SmolLM2, a language model with 30 layers, about heads that
# write what their circuits say, and about one that does not:

# %% tags=["hide-input"]
real = zoo.load("smollm2-excerpt")
cases = [
    ("They said they would do it by", (25, 2), " themselves"),
    ("The house (which we bought last year", (27, 7), ")"),
    ("The capital of France is", (23, 4), " Paris"),
]
runs = [real.run(text) for text, _, _ in cases]
reaches = [
    run.reach(*place, word)
    for run, (_, place, word) in zip(runs, cases, strict=True)
]
names = [
    f"{layer}.{place} gives “{word.strip()}”"
    for _, (layer, place), word in cases
]
print(f"{'':27}gave  boxed  row agrees  (chance)  chance of the word")
for name, run_, reach, (_, place, _) in zip(
    names, runs, reaches, cases, strict=True
):
    chance = run_.by_chance(*place, reach.looked_at)
    p, q = run_.probabilities[-1, 0], run_.without(*place)
    print(
        f"{name:26}{reach.gave:+.2f}  {reach.boxed:+.2f}  "
        f"{reach.cosine['embedding']:9.2f}  {chance:8.2f}   "
        f"{p:7.2f}, without {q:.2f}"
    )

# %% tags=["remove-cell"]
themselves, bracket, paris = reaches
assert runs[2].without(23, 4) < 0.6 * runs[2].probabilities[-1, 0]
assert runs[0].without(25, 2) > runs[0].probabilities[-1, 0]
row = real.rows(25, 2, [" they"], k=3)
says = ", ".join(
    f"“{real.words[one].strip()}”" for one in row.raised[0]
)

# %% [markdown]
# Hardly anything flows along the box. Many layers have added to the streams that these heads read, and the embedding
# is a small part of them. And yet the row of “they” in the circuit of 25.2 names {{ says }}. *Row agrees* is the cosine
# of that row with what the head made of the stream at that word; *chance* is what 95 of 100 rows of other words stay
# below. So the row of “they” knows what 25.2 writes, and the row of “France” does not know “Paris”.
#
# The last column silences the head. Without 23.4 “Paris” is half as likely. Without 25.2 “themselves” is no less likely:
# the heads after it make up for what it wrote. What a head gives is not yet what depends on it.
#
# So the box makes two claims, and they are different.
#
# - **The circuit is a map.** It says which way a head turns a word. It may be good even where little flows.
# - **The box is an account of one path.** It is exact, and that path may carry nearly all, as on “silver and”, or
#   {{ f"{themselves.share:.0%}" }}, as there.
#
# [Lesson 12](12_real_networks.py) comes back to this with the whole model.
#
# ## What the box leaves out
#
# 1. **The direct path**, through no head.
# 2. **The other heads.**
# 3. **This head's longer paths**: what it reads of earlier heads, and what later heads read of it. That was the last
#    section.
# 4. **How $A$ came about.** If this head did not write, later heads would look elsewhere.
# 5. **Positions**, which this model has, too; in most models also MLPs and norms.

# %%
passing = [
    path for path in paths.enumerate(model.config) if head in path
]
W_O = model.W_O.copy()  # [layer, head, d_head, d_model]
W_O[head] = 0
without = replace(model, W_O=W_O).run(tokens)
loss = (run.logits - without.logits)[-1]  # [d_vocab]
loss = loss[gold] - loss.mean()
print(f"{len(passing)} paths pass this head; the box is one")
print(f"without it “gold” loses {loss:.2f}; the box says {boxed:.2f}")

# %% [markdown]
# (No head comes after this one, so what is lost had to equal what it gave.)
#
# ## The usual mistakes
#
# **Reading the table the other way.** A column is not what is looked at. The transpose says that looking at “gold”
# raises “silver”, and misses most of what the head adds:

# %%
sideways = run.pattern[head] @ E @ circuit(head).T  # [pos, d_vocab]
assert apart(sideways, alone) > 0.5

# %% [markdown]
# **Calling the box “the circuit”.** Change the text: the contribution changes, the circuit does not. `circuit` does not
# even take a text. ([Erratum 5](../errata.md#erratum-5).)
#
# **Multiplying in the other order.** $W_O W_V$ is the order of papers that write columns. With our row weights it
# exists, and is another matrix: its shape, `[d_head, d_head]`, gives it away.
#
# **Taking the map for the account.** That a row names the right word does not say that the word came from there.
#
# ## Recap
#
# - **What is $A$?** How much each position takes from each other. Its rows sum to 1.
# - **Why may it be held?** On the recorded text nothing changes, and what is left is linear. The result holds for that
#   text.
# - **What does the shape of $W_{OV}$ say?** It takes a row of the stream to a row of the stream, the same way at every
#   position, and of rank at most $d_h$.
# - **What does the box leave out?** The direct path, other heads, longer paths, and how $A$ came about.
#
# ## What to practise
#
# 1. Which word does head 1.3 raise most when it looks at “king”? Read it from its circuit.
# 2. Sum the boxes of all heads of a network with one layer, and add the direct path. What do you get, and why only
#    for one layer?
# 3. A head looks at “silver” with weight 0.5 and at “sun” with weight 0.5. What does the box add?
#
# ??? success "Answers"
#
#     1. “{{ model.tokens[int(circuit((1, 3))[model.encode("king")[0]].argmax())] }}”.
#     2. The logits. With one layer there are no other paths: direct, and one head.
#     3. The mean of the two rows: “gold” by {{ f"{table[:2, 0].mean():.1f}" }} and “moon” by
#        {{ f"{table[:2, 1].mean():.1f}" }}. Each row lowers the other's word.
#
# Next: [two conventions, one circuit](08_two_conventions.py), because papers write this equation the other way round.
