# %% [markdown]
# # Exercises: many heads, and the QK circuit
#
# They go with [lesson 10](../lessons/10_many_heads_and_the_qk_circuit.py). Run a cell with `check("…")` as
# often as you like. It draws new random models each time, and it tells you what it saw.

# %%
import numpy as np

import ovlearn as ov
from ovlearn import circuits
from ovlearn.exercises import check
from ovlearn.symbolic import rules, transpose

# %% [markdown] exercise="heads_apart" points=2
# ## One output matrix, many heads
#
# Many libraries have no $W_O$ for each head. They put the heads' mixtures side by side, and multiply them
# by one tall matrix. It looks as if the heads were mixed there. Take them apart.
#
# - `Z` `[pos, n_heads * d_head]`: in each row first the `d_head` numbers of head 0, then those of head 1,
#   and so on;
# - `W_O` `[n_heads * d_head, d_model]`, the one tall matrix;
# - `n_heads`.
#
# Return what each head writes to the stream, `[head, pos, d_model]`. Summed over heads it must give
# `Z @ W_O`.

# %% [markdown] hint="heads_apart"
# Write a row of `Z` as blocks, $(z^0, z^1, \dots)$. Which rows of `W_O` does the block $z^0$ meet in the
# product? And $z^1$?

# %% [markdown] hint="heads_apart"
# A loop over heads with slices is enough. If you use `reshape`: it takes the numbers in the order in which
# they are stored, so the head must become an axis *next to* that of its own numbers. Which order of axes
# does that give, and how do you bring the head to the front?


# %% starter="heads_apart"
def heads_apart(Z, W_O, n_heads):
    return ...


# %% solution="heads_apart"
def heads_apart(Z, W_O, n_heads):
    d_head = Z.shape[1] // n_heads
    parts = [slice(h * d_head, (h + 1) * d_head) for h in range(n_heads)]
    return np.array([Z[:, part] @ W_O[part] for part in parts])  # [head, pos, d_model]


# %% [markdown] exercise="scores_of_tokens" points=3
# ## Derive the QK circuit
#
# Begin with the scores of a head in the first layer, and apply rules until they are made of tokens and
# weights. You get
#
# - `start`, the symbol $S$ `[s, s]`;
# - `given`, what you may use: what scores are (`given[0]`), queries (`given[1]`), keys (`given[2]`), the
#   stream that the layer reads (`given[3]`), and $W_{QK} = W_Q W_K^\top$ (`given[4]`);
# - `W_Q` and `W_K`, the symbols of this head.
#
# Return the `Derivation`. It ends with one product without brackets, in which $W_{QK}$ stands in place of
# $W_Q$ and $W_K$. Of the rules you need `unfold`, `transposes`, `ungroup` or `distribute`, `group` and
# `fold`; `help(rules.group)` shows how one is used. `transpose(W_K)` is the transposed symbol.

# %% [markdown] hint="scores_of_tokens"
# First get down to the tokens. The given equations say what each symbol stands for. Look at `d.here` after
# each step.

# %% [markdown] hint="scores_of_tokens"
# The keys stand there as one transposed product. Which rule brings the transpose to the single symbols? Do
# $W_Q$ and $W_K^\top$ stand side by side then?

# %% [markdown] hint="scores_of_tokens"
# `fold` finds a product only where it stands in brackets of its own. So all other brackets must go first,
# then one pair comes round the two factors.


# %% starter="scores_of_tokens"
def scores_of_tokens(start, given, W_Q, W_K):
    d = ov.Derivation.start(start, given)
    # d = d.apply(…)
    return ...


# %% solution="scores_of_tokens"
def scores_of_tokens(start, given, W_Q, W_K):
    d = ov.Derivation.start(start, given)
    for assumption in given[:4]:
        d = d.apply(rules.unfold, assumption)
    d = d.apply(rules.transposes).apply(rules.ungroup)
    return d.apply(rules.group, W_Q, transpose(W_K)).apply(rules.fold, given[4])


# %% [markdown] exercise="qk_table" points=1
# ## Every token meets every token
#
# Return the table of scores of one head of the first layer, for every pair of tokens: `[destination,
# source]`, `[d_vocab, d_vocab]`. The entry `[b, a]` is the score with which the token `b` looks at the
# token `a`, as it goes into the softmax.
#
# `W_E` is `[d_vocab, d_model]`, `W_Q` and `W_K` are `[d_model, d_head]`. There are no positions.
# `circuits.full_qk` is most of what you write here.

# %% [markdown] hint="qk_table"
# Take all tokens at once, one in a row: what are their queries, what are their keys?

# %% [markdown] hint="qk_table"
# The circuit itself is a product of weights. A score is not yet that product: what does every score get
# before the softmax? Which of the sizes does it depend on?


# %% starter="qk_table"
def qk_table(W_E, W_Q, W_K):
    return ...


# %% solution="qk_table"
def qk_table(W_E, W_Q, W_K):
    queries, keys = W_E @ W_Q, W_E @ W_K  # [d_vocab, d_head] each
    return queries @ keys.T / np.sqrt(W_Q.shape[1])  # [destination, source]


# %% [markdown] exercise="same_pattern" points=2
# ## What the softmax does not see
#
# Something is changed in a head. Which changes leave its pattern as it is, for every text and whatever the
# weights? Scores are a table `[destination, source]`.
#
# - **a**: each row of the table gets a number of its own added, the same in the whole row
# - **b**: each column of the table gets a number of its own added, the same in the whole column
# - **c**: the whole table is multiplied by 2
# - **d**: from each row its mean, over all sources, is taken off
# - **e**: from each column its mean, over all destinations, is taken off
# - **f**: $W_Q$ becomes $W_Q M$, and $W_K$ becomes $W_K (M^{-1})^\top$, with an invertible $M$ `[d_head,
#   d_head]`
# - **g**: one vector `[d_head]` is added to every query
# - **h**: one vector `[d_head]` is added to every key
#
# Give the set of their letters, as in `{"a", "b"}`.

# %% [markdown] hint="same_pattern"
# The weights of one destination are $e^{s_j} / \sum_k e^{s_k}$, with its scores $s_j$. What may you do to
# all $s_j$ at once, so that no weight changes?

# %% [markdown] hint="same_pattern"
# For a change of weights, queries or keys write the new score out: $q \cdot k$ becomes a sum. Which terms
# are new, and do they depend on the source?

# %% starter="same_pattern"
same_pattern = ...

# %% solution="same_pattern"
same_pattern = {"a", "d", "f", "h"}

# %% [markdown] exercise="source_table" points=3
# ## All skip-trigrams of one source
#
# `model` has one layer and no positions. It reads texts of two tokens: first `source`, then a destination.
# From the destination, the head `head` looks at both. What does it add to the logits there for looking *at
# the source*?
#
# Return this for all tokens as destinations: a table `[destination, output]`, `[d_vocab, d_vocab]`. It is
# $f_1(a, b)\, f_2(a, c)$ of the lesson, for one $a$. `circuits.full_qk(model, 0, head).AB` and
# `circuits.full_ov(model, 0, head).AB` are `[d_vocab, d_vocab]`. You may use them, or the weights.
#
# (When it passes, ask for the rank of your table.)

# %% [markdown] hint="source_table"
# Each row is the same row of a circuit, times a number. Which row, of which circuit? The number is an
# attention weight.

# %% [markdown] hint="source_table"
# A destination $b$ shares its attention between two tokens, the source and itself. So two scores go into
# its softmax. Where do they stand in the table of scores?


# %% starter="source_table"
def source_table(model, head, source):
    return ...


# %% solution="source_table"
def source_table(model, head, source):
    S = circuits.full_qk(model, 0, head).AB / np.sqrt(model.config.d_head)  # [destination, source]
    at_source, at_itself = np.exp(S[:, source]), np.exp(np.diag(S))  # [destination] each
    weight = at_source / (at_source + at_itself)  # [destination]
    return np.outer(weight, circuits.full_ov(model, 0, head).AB[source])  # [destination, output]


# %% [markdown] exercise="without_the_bug" points=3
# ## Write weights without the bug
#
# Write a network of one layer that knows the skip-trigrams *source … destinations[i] → outputs[i]*, for
# every `i`, and not those that would come along. You get `d_vocab`, the token `source`, and two lists of
# tokens, of the same length. All these tokens differ. Return an `ov.Transformer`.
#
# It is judged by what it says, whatever its weights are. In texts of 2 to 8 tokens whose last is
# `destinations[i]`:
#
# - if `source` stands somewhere before, the probability of `outputs[i]` as the next token is at least 0.9;
# - if it does not, that probability is at most 0.5.
#
# The other tokens of these texts are none of those that you are given. The check has two skip-trigrams, or
# three. Sizes and the number of heads are up to you; `n_ctx` must be 8 at least. The starter cuts the
# stream into two halves: in one is the token, what is written to the other is said.

# %% [markdown] hint="without_the_bug"
# What can one head add for looking at the source? Give it the first skip-trigram alone. Then another head may
# get the second. (One head can do it all, with what it adds for looking at the destination. It is harder.)

# %% [markdown] hint="without_the_bug"
# A head has three jobs. From one token it asks; one token answers; and what it finds there raises one
# output. Which weight does which of them? With `d_head=1` each job is one entry.

# %% [markdown] hint="without_the_bug"
# It works with two tokens and not with eight? Then the other tokens take attention away. How large must a
# score be, so that $e^{s}$ outweighs seven tokens with a score of 0?


# %% starter="without_the_bug"
def without_the_bug(d_vocab, source, destinations, outputs):
    config = ov.Config(n_layers=1, n_heads=1, d_model=2 * d_vocab, d_head=1, d_vocab=d_vocab, n_ctx=8)
    W_E = np.eye(d_vocab, 2 * d_vocab)  # [d_vocab, d_model]   the first half of the stream: the token
    W_U = np.eye(2 * d_vocab, d_vocab, k=-d_vocab)  # [d_model, d_vocab]   the second half: what is said
    W_Q, W_K, W_V = np.zeros((3, 1, config.n_heads, config.d_model, config.d_head))  # [layer, head, …] each
    W_O = np.zeros((1, config.n_heads, config.d_head, config.d_model))
    # … then: ov.Transformer(config, W_E=W_E, W_Q=W_Q, W_K=W_K, W_V=W_V, W_O=W_O, W_U=W_U)
    return ...


# %% solution="without_the_bug"
def without_the_bug(d_vocab, source, destinations, outputs):
    config = ov.Config(
        n_layers=1, n_heads=len(outputs), d_model=2 * d_vocab, d_head=1, d_vocab=d_vocab, n_ctx=8
    )
    W_E = np.eye(d_vocab, 2 * d_vocab)  # [d_vocab, d_model]   the first half of the stream: the token
    W_U = np.eye(2 * d_vocab, d_vocab, k=-d_vocab)  # [d_model, d_vocab]   the second half: what is said
    W_Q, W_K, W_V = np.zeros((3, 1, config.n_heads, config.d_model, config.d_head))  # [layer, head, …] each
    W_O = np.zeros((1, config.n_heads, config.d_head, config.d_model))
    for head, (destination, output) in enumerate(zip(destinations, outputs, strict=True)):
        W_Q[0, head, destination] = 12  # one token asks: e¹² to 1
        W_K[0, head, source] = W_V[0, head, source] = 1  # one token answers, and is read
        W_O[0, head, 0, d_vocab + output] = 20  # one output is raised
    return ov.Transformer(config, W_E=W_E, W_Q=W_Q, W_K=W_K, W_V=W_V, W_O=W_O, W_U=W_U)
