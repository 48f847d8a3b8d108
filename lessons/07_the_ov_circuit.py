# %% [markdown]
# # The OV circuit, boxed
#
# What does looking at a token do to the logits? One equation says it, for one head. Here it is derived and
# boxed, checked by silencing heads, and read off in a picture.
#
# ## What you will be able to do
#
# - Say what $A_i$ is, and why it may be held constant.
# - Say what the shape and the rank of $W_{OV}$ tell.
# - Derive the boxed equation, and check it by an intervention.
# - Tell the circuit, which belongs to the weights, from the contribution, which belongs to one input.
# - Say what the box leaves out, and how much that is.
# - Read the circuit of a head in a picture.
#
# ## The question
#
# This lesson rebuilds the boxed equation of the article that the course follows, and corrects what is said
# about it; the [errata](../errata.md) list the corrections.
#
# A head does two things. It chooses where to look. And it writes something into the stream, depending on
# what it saw. This lesson is about the second.
#
# **If a head looks at a token, what does that do to the logits?**
#
# ## The symbols
#
# There are $s$ tokens from a vocabulary of $v$, a stream of width $d$, and heads of width $d_h$. Vectors are
# rows. Each layer has one head at first, so $A_i$ is the pattern of the head of layer $i$, counting from 0.
# With several heads, `A_1_0` is layer 1, head 0.

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np

import ovlearn as ov
from ovlearn import paths, plots
from ovlearn.symbolic import GLOSSARY, to_text


def shape(name):
    """Return the shape of a symbol, as [rows, columns]."""
    return f"[{', '.join(str(size) for size in GLOSSARY[name].shape)}]"


def meaning(name):
    """Return what a symbol means, in the words of the glossary."""
    return GLOSSARY[name].meaning


# %% [markdown]
# | symbol | shape | what it is |
# | --- | --- | --- |
# | $E$ | {{ shape("E") }} | {{ meaning("E") }} |
# | $W_E$ | {{ shape("W_E") }} | {{ meaning("W_E") }} |
# | $X$ | {{ shape("X") }} | {{ meaning("X") }}; $X_0 = E W_E$ |
# | $\Delta$ | {{ shape("Delta") }} | {{ meaning("Delta") }} |
# | $A$ | {{ shape("A") }} | {{ meaning("A") }} |
# | $W_{OV}$ | {{ shape("W_OV") }} | values and output in one matrix, $W_V W_O$ |
# | $W_U$ | {{ shape("W_U") }} | {{ meaning("W_U") }} |
# | $Y$ | {{ shape("Y") }} | {{ meaning("Y") }} |
#
# ## What is $A$, and why may it be held constant?
#
# A head that reads the stream $X$ writes $A X W_{OV}$ into it; [lesson 04](04_values_and_outputs_fold.py)
# derives that. Here $W_{OV} = W_V W_O$: $W_V$ takes what a position offers from its row of the stream, and
# $W_O$ brings it back to the stream's width.
#
# $A$ says where the head looks. Its entry in row $q$, column $k$ is how much position $q$ takes from
# position $k$. The head makes it from the stream: each position sends out a query and a key, and a score is
# the dot product of a query and a key, scaled. Scores of later positions are masked out. Then a softmax turns
# each row of scores into a row of weights that sum to 1. What position $q$ takes is a weighted mean of what
# it and the positions before it offer.
#
# So $A$ is **not** a constant. Another text has another $A$. We hold it constant all the same, for three
# reasons.
#
# 1. **On one input it is exact.** Run the network, record $A$, and put the recorded numbers in its place.
#    The logits are the same. Nothing is approximated.
# 2. **It cuts the head at a joint.** The head's $W_Q$ and $W_K$ occur inside its $A$ and nowhere else. Its
#    $W_V$ and $W_O$ occur outside of its $A$ and nowhere else. "Where does it look?" and "what does looking
#    do?" are two questions, about different weights. Holding $A$ asks the second.
# 3. **What is left is linear**, so it can be multiplied out, at any depth.
#
# The price: the result holds for the recorded input. It does not say where the head would look on another
# text. [Lesson 05](05_freeze_the_attention.py) measures that price.
#
# The first reason can be tested. This network has three layers of two heads.

# %%
config = ov.Config(
    n_layers=3, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5
)
model = ov.Transformer.random(config, seed=0)
# records run.pattern [layer, head, query, key]
run = model.run([3, 1, 4, 1, 5])
frozen = run.frozen()  # the patterns are now constants


def apart(a, b):
    """Return how far a is from b, relative to the size of b (Frobenius norm)."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


# what may differ by rounding alone, relative to the whole
rounding = 1e-12
# both [pos, d_vocab]
freezing_error = apart(frozen.run().logits, run.logits)
assert freezing_error < rounding
# each row of each pattern sums to 1
assert np.allclose(run.pattern.sum(axis=-1), 1)

# %% [markdown]
# On its own input, the frozen network is off by less than {{ rounding }} of the logits' norm.
#
# ## What does the shape of $W_{OV}$ say?
#
# $W_{OV}$ is `[d, d]`: a row of the stream goes in, a row of the stream comes out. It has no axis for
# positions. It does the same to every token, wherever the token stands. The pattern is `[s, s]`: it mixes
# positions, and has no axis for the width of the stream. In $A X W_{OV}$, the left factor says *from where
# to where*, the right factor says *what*.
#
# There is more to its shape. $W_{OV}$ looks like a full `[d, d]` matrix. But everything passes through the
# head's width:

# %%
rank = ov.derive("ov-fold", layers=2).lemma(
    "The rank of W_OV is at most d_head"
)
ov.show(rank)

# %% [markdown]
# So what a head moves comes from at most $d_h$ directions of the stream, and it writes into at most $d_h$
# directions. Through $W_{OV}$ it reads and writes no others. (To choose where it looks, it also reads through
# $W_Q$ and $W_K$.)

# %%
W_OV = model.W_V @ model.W_O  # [layer, head, d_model, d_model]
ranks = np.linalg.matrix_rank(W_OV)  # [layer, head]
assert np.all(ranks <= config.d_head)

# %% [markdown]
# Here $d$ is {{ config.d_model }} and each $W_{OV}$ has rank {{ ranks.max() }}.
#
# ## The equation, as derived
#
# The network has attention only: no MLPs, no layer norm, no biases, no positional term. We start from the
# logits, expand them over all paths as in [lesson 06](06_every_path.py), and keep one
# path: from the tokens, through this head and no other, to the logits. For two layers of one head each, and
# the head of layer 1:

# %%
d = ov.derive("ov-circuit", layers=2, heads=1, layer=1)
ov.show(d, label="eq:ov-circuit")

# %% [markdown]
# Read $\eqref{eq:ov-circuit}$ in the order of what happens. The tokens $E$ are embedded by $W_E$.
# $W_{OV_1}$ turns what each position holds into what the head would write of it. $W_U$ turns that into
# logits. And $A_1$, on the left, brings it from the positions that are looked at to the position that
# looks.
#
# The last step is no equality. It **selects**: it keeps one term and keeps the others as its remainder.

# %%
selection = d.steps[-1]
print("kept:     ", to_text(selection.after))
for left_out in selection.remainder.args:
    print("left out: ", to_text(left_out))

# %% [markdown]
# The chain of checks covers that step too: kept and left out must sum to what was there before, and the
# kept term must be what an intervention finds. And planted faults must be rejected, a wrong path among
# them:

# %%
report = ov.verify(d, seeds=10, faults=True)
assert report.passed
print("planted faults rejected:", report.rejected)

# %% [markdown]
# With more layers and heads the box looks the same. For three layers of two heads, and layer 1, head 0:

# %%
boxed = ov.derive("ov-circuit", layers=3, heads=2, layer=1, head=0)
print(boxed.result)

# %% [markdown]
# ## Circuit and contribution
#
# The whole box and one part of it have different owners.

# %%
parts = d.lemma("What is circuit, and what is contribution")
ov.show(parts, label="eq:circuit-and-contribution")

# %% [markdown]
# - The **circuit** is $C_1 = W_E W_{OV_1} W_U$, `[v, v]`. It belongs to the weights. No input is in it.
# - The **contribution** is $Y'_1 = A_1 E C_1$, `[s, v]`. It belongs to one input, through $A_1$ and $E$.
#
# Row $t$ of the circuit answers our question for token $t$: if the head looks at $t$, with all its
# attention, these are the numbers that it adds to the logits along this path, from the embedding of $t$
# straight through. (In a later layer the head reads more than the embedding; see what the box leaves out.)
# The rank of the circuit is at most $d_h$, as that of $W_{OV}$ is. A row of the contribution is a mean of
# such rows, one for each position looked at, weighted by the pattern.
#
# ## In code, in the equation's own symbols

# %%
E = np.eye(config.d_vocab)[run.tokens]  # [pos, d_vocab]
# [d_vocab, d_model], [d_model, d_vocab]
W_E, W_U = model.W_E, model.W_U
A = run.pattern  # [layer, head, query, key]


def circuit(layer, head):
    """Return the full OV circuit of a head [d_vocab, d_vocab]."""
    return W_E @ W_OV[layer, head] @ W_U


def contribution(layer, head):
    """Return what the box says [pos, d_vocab]."""
    return A[layer, head] @ E @ circuit(layer, head)


position, head = 4, (1, 0)
by_hand = sum(
    # a weight times a row
    A[head][position, other] * circuit(*head)[token]
    for other, token in enumerate(run.tokens)
)  # [d_vocab]
assert np.allclose(contribution(*head)[position], by_hand)

# %% [markdown]
# ## A check that could have failed
#
# The independent route is an **intervention**. In the frozen network, let one head write and silence all
# others. Then silence that one too. The difference is what the head adds, alone, to the logits. The network
# computes it from $V$ and $O$, and has never heard of $W_{OV}$.

# %%
# [pos, d_vocab], as are all below
nobody = frozen.run(heads=set()).logits
heads = [(layer, head) for layer in range(3) for head in range(2)]
alone = {
    head: frozen.run(heads={head}).logits - nobody for head in heads
}

box_errors = [apart(contribution(*head), alone[head]) for head in heads]
assert max(box_errors) < rounding

# %% [markdown]
# For all {{ len(heads) }} heads the box agrees with the intervention, to within
# {{ rounding }}. Now break it on purpose, in three ways.

# %%
# each [pos, d_vocab]
# the pattern the wrong way round
transposed = A[1, 0].T @ E @ circuit(1, 0)
neighbour = A[1, 1] @ E @ circuit(1, 0)  # the pattern of another head
no_pattern = E @ circuit(1, 0)  # each position looks at itself
wrong_ones = (transposed, neighbour, no_pattern)
broken = [apart(wrong, alone[1, 0]) for wrong in wrong_ones]
assert min(broken) > 0.1

# %% [markdown]
# The errors are {{ ", ".join(f"{error:.0%}" for error in broken) }}.
#
# ## A picture: reading a circuit
#
# The circuit of a random model has nothing to say. So let us build a head by hand that does. Its vocabulary
# is three pairs of brackets and a letter. The head reads which opening bracket it sees; that takes
# $d_h = 3$ directions. It raises the matching closing bracket, and lowers the others. Its queries and keys
# are zero: all scores are equal, so it looks at all that it may see with equal weight.

# %%
words = ["(", ")", "[", "]", "{", "}", "x"]
# where these stand in the vocabulary
opening, closing = [0, 2, 4], [1, 3, 5]
v = len(words)

W_V = np.zeros((v, 3))  # [d_model, d_head]
W_V[opening, range(3)] = 1
W_O = np.zeros((3, v))  # [d_head, d_model]
W_O[:, closing] = -0.5
W_O[range(3), closing] = 2

sizes = {
    "n_layers": 1,
    "n_heads": 1,
    "d_model": v,
    "d_head": 3,
    "d_vocab": v,
}
brackets = ov.Transformer(
    ov.Config(**sizes, n_ctx=8),
    # [d_vocab, d_model], each word has a direction of its own
    W_E=np.eye(v),
    W_Q=np.zeros((1, 1, v, 3)),  # [layer, head, d_model, d_head]
    W_K=np.zeros((1, 1, v, 3)),  # [layer, head, d_model, d_head]
    W_V=W_V[None, None],  # [layer, head, d_model, d_head]
    W_O=W_O[None, None],  # [layer, head, d_head, d_model]
    W_U=np.eye(v),  # [d_model, d_vocab]
)
C = brackets.W_E @ W_V @ W_O @ brackets.W_U  # [d_vocab, d_vocab]
plots.matrix(
    C,
    rows=words,
    columns=words,
    title="The OV circuit of a bracket head",
    caption="Read a row: what looking at this token does to each next token.",
    axes=("token looked at", "next token"),
)

# %% [markdown]
# Read a row. The row of `(` has {{ f"{C[0, 1]:+g}" }} in the column of `)`, and
# {{ f"{C[0, 3]:+g}".replace("-", "−") }} in those of `]` and `}`. If the head looks at `(`, then `)`
# becomes more likely as the next token, and the other closing brackets less. The row of `x` is empty:
# looking at `x` does nothing.
#
# Now an input. The picture shows the contribution, one row for each position.

# %%
text = ["x", "(", "x", "["]
bracket_run = brackets.run([words.index(word) for word in text])
one_hot = np.eye(v)[bracket_run.tokens]  # [pos, d_vocab]
contributed = bracket_run.pattern[0, 0] @ one_hot @ C  # [pos, d_vocab]

bracket_frozen = bracket_run.frozen()
silent = bracket_frozen.run(heads=set())
# [pos, d_vocab]
alone_here = bracket_frozen.run(heads={(0, 0)}).logits - silent.logits
assert np.allclose(contributed, alone_here)
plots.matrix(
    contributed,
    rows=text,
    columns=words,
    title="What the bracket head adds to the logits",
    caption="Each position of the text raises some next tokens and lowers others.",
    axes=("position", "next token"),
)

# %% [markdown]
# At the last position the head has seen one `(` and one `[`, each with a quarter of its attention. So it
# raises `)` and `]` alike, by {{ f"{contributed[-1, 1]:g}" }}. To close the *last* bracket first it would
# have to look there. That is a matter of $A$, and the circuit cannot say it.
#
# ## What does the box leave out?
#
# Back to the random network, three layers of two heads. It has {{ paths.count(config) }} paths. The box
# holds one.

# %%
all_paths = list(paths.enumerate(config))
through = [path for path in all_paths if (1, 0) in path]
box_alone = [path for path in all_paths if path == ((1, 0),)]
assert len(boxed.steps[-1].remainder.args) == len(all_paths) - 1

# %% [markdown]
# Left out are:
#
# 1. **The direct path**, through no head at all.
# 2. **The other heads.** The paths that do not pass this one: {{ len(all_paths) - len(through) - 1 }} more.
# 3. **The head's own longer paths.** {{ len(through) }} paths pass it, and the box holds
#    {{ len(box_alone) }} of them. In the others, the head reads what an earlier head wrote, or a later head
#    reads what it wrote, or both.
# 4. **How $A$ came about.** The box takes the pattern as given. What the scores compare is the QK circuit.
#    And if this head did not write, later heads would look elsewhere; a constant $A$ hides that.
# 5. **In a real model, more.** This network has no MLPs, layer norm, biases or positional term. Where a model
#    has them, what they do is left out too.
#
# How much is point 3? Take the head away from the frozen network: then all of its paths are gone, and they
# alone.

# %%
others = set(heads) - {(1, 0)}
# [pos, d_vocab]
whole_effect = run.logits - frozen.run(heads=others).logits
of_its_paths = sum(paths.contribution(run, path) for path in through)
assert apart(of_its_paths, whole_effect) < rounding
longer = apart(alone[1, 0], whole_effect)
assert longer > 0.05

# %% [markdown]
# The box differs from that effect by {{ f"{longer:.0%}" }} (a relative distance, in the Frobenius norm, for
# this random model, seed 0; such percentages do not add up). And point 4? Take the head away from the
# network itself, so that later patterns may change:

# %%
W_O = model.W_O.copy()  # [layer, head, d_head, d_model]
W_O[1, 0] = 0  # the head writes nothing
without = replace(model, W_O=W_O).run(run.tokens)
true_effect = run.logits - without.logits  # [pos, d_vocab]
box_against_truth = apart(alone[1, 0], true_effect)
frozen_against_truth = apart(whole_effect, true_effect)
assert frozen_against_truth > 0.01

# %% [markdown]
# The frozen effect differs from the true one by {{ f"{frozen_against_truth:.0%}" }}, the box by
# {{ f"{box_against_truth:.0%}" }}. So the box is exact about what it speaks of, and it does not speak of
# everything that the head does.


# %% tags=["hide-input"]
def name(path):
    """Return a path in words."""
    return "→".join(f"{layer},{head}" for layer, head in path)


plots.bars(
    [
        float(np.linalg.norm(paths.contribution(run, path)))
        for path in through
    ],
    [name(path) for path in through],
    title="All paths through layer 1, head 0",
    caption="Frobenius norms of what each adds to the logits. The box is the first.",
)

# %% [markdown]
# ## The usual mistakes
#
# **Reading the picture the other way.** Columns are not what is looked at. The transpose of the bracket
# circuit would say that looking at `)` raises `(`. The symptom: the contribution computed with it disagrees
# with the intervention. On our text, which has no closing bracket, it says that the head adds nothing at
# all.

# %%
# [pos, d_vocab]
with_columns = bracket_run.pattern[0, 0] @ one_hot @ C.T
sideways = apart(with_columns, alone_here)
assert sideways > 0.5

# %% [markdown]
# So it misses {{ f"{sideways:.0%}" }} of the contribution.
#
# **Calling the box "the circuit".** Change the input. The contribution changes, the circuit does not;
# `circuit` does not even take an input. That is [erratum 5](../errata.md#erratum-5).

# %%
elsewhere = model.run([0, 2, 6, 2, 3])
its_E = np.eye(config.d_vocab)[elsewhere.tokens]  # [pos, d_vocab]
# [pos, d_vocab]
its_contribution = elsewhere.pattern[1, 0] @ its_E @ circuit(1, 0)
changed_by = apart(its_contribution, contribution(1, 0))
assert changed_by > 0.1

# %% [markdown]
# **Using all that the head writes.** `run.head_out @ W_U` is what the head adds when it reads the whole
# stream, with all that earlier heads wrote. In layer 0 that is the box. Later it is not, and the mistake
# shows only there.

# %%
# all [pos, d_vocab]
in_layer_0 = apart(run.head_out[0, 0] @ W_U, contribution(0, 0))
in_layer_1 = apart(run.head_out[1, 0] @ W_U, contribution(1, 0))
assert in_layer_0 < rounding
assert in_layer_1 > 0.1

# %% [markdown]
# The difference is below {{ rounding }} in layer 0 and {{ f"{in_layer_1:.0%}" }} in layer 1.
#
# **Multiplying in the paper's order.** In columns it is $W_O W_V$. With our row weights that product
# exists, and is another matrix: its shape gives it away.

# %%
wrong_order = model.W_O[1, 0] @ model.W_V[1, 0]
# not [d_model, d_model]
assert wrong_order.shape == (config.d_head, config.d_head)
wrong_order.shape

# %% [markdown]
# ## Where this stands in the article and the paper
#
# In the article: the end of *The Circuit*, its box.
#
# - It calls the whole box the circuit: [erratum 5](../errata.md#erratum-5).
# - It says that the box collects all terms with the tokens and one layer. That is right of $\Delta_i$
#   expanded once, where one term shows $E$. Of the full expansion it holds one path, as seen above:
#   [erratum 6](../errata.md#erratum-6).
# - It calls $A$ the scores; it is the pattern: [erratum 8](../errata.md#erratum-8). The rank is not
#   mentioned: [erratum 11](../errata.md#erratum-11).
# - Its last note, on $W_U W_{OV} W_E$, is [erratum 4](../errata.md#erratum-4) and [lesson
#   08](08_two_conventions.py).
#
# In the paper: *Splitting Attention Head terms into Query-Key and Output-Value Circuits*. There the circuit
# is the `[v, v]` matrix, as here. A head of its models that matches brackets is named in *Other Interesting
# Skip-Trigrams*.
#
# ## Recap: four questions
#
# **What is $A_i$?** The attention pattern of the head of layer $i$, `[s, s]`: how much each position
# takes from each other. Its rows sum to 1.
#
# **Why may it be held constant?** On the recorded input that is exact, and what is left is linear. It
# separates where the head looks, which its $W_Q$ and $W_K$ make of the stream, from what looking does,
# which is up to its $W_V$ and $W_O$. The result then holds for that input.
#
# **What does $W_{OV}$'s shape say?** `[d, d]`: it takes a row of the stream to a row of the stream, the
# same way at every position; it mixes no positions. Its rank is at most $d_h$: what the head moves, it reads
# and writes in few directions.
#
# **What does the box leave out?** The direct path, the other heads, all paths through this head and another
# one, and how the pattern came about. In a real model also what MLPs, layer norm, biases and positions do.
#
# ## What to practise
#
# 1. Give the bracket head one direction fewer, $d_h = 2$. Which circuit can it have at best? Think of the
#    rank.
# 2. Which token does layer 0, head 1 of the random model raise most when it looks at token 2?
#    Read it from the circuit. Then build an input on which you see it in the contribution.
# 3. Set $W_Q$ and $W_K$ of the bracket model so that, once there is a bracket, it looks almost only at
#    brackets. Did the circuit change?
# 4. Sum the boxes of all heads of a network with one layer, and add the direct path. What do you get, and
#    why only for one layer?
#
# Next: [two conventions, one circuit](08_two_conventions.py).
