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

# %% tools=true
from ovlearn.exercises import wrong
from ovlearn.exercises.deriving import derived
from ovlearn.exercises.drawing import cases
from ovlearn.exercises.values import Unknown
from ovlearn.numeric import Transformer
from ovlearn.symbolic import Network, symbol, transpose
from ovlearn.symbolic.course import assumptions as course


def shared(scores):
    """Softmax over the last axis."""
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


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


# %% check="heads_apart"
axes = ("head", "pos", "d_model")


def inputs(student):
    for case in (*cases(student), *cases(student, count=1, edge=False, d_head=3)):
        layer = int(case.rng.integers(case.config.n_layers))
        side_by_side = np.concatenate(list(case.run.z[layer]), axis=1)  # [pos, head * d_head]
        tall = np.concatenate(list(case.model.W_O[layer]))  # [head * d_head, d_model]
        want = case.run.head_out[layer]
        yield call(side_by_side, tall, case.config.n_heads, want=want, words=case.words)


# %% [markdown] mistakes="heads_apart"
# - **together**: `return Z @ W_O`
#   This is what all heads write, added up. Asked is what each of them writes, along an axis of its own.
# - **the same for all**: `return np.stack([Z @ W_O for _ in range(n_heads)])`
#   Every head is said to write what all of them write together.
# - **equal shares**: `return np.repeat((Z @ W_O / n_heads)[None], n_heads, axis=0)`
#   The sum over heads is right, but each gets an equal share. Which numbers of a row come from which head?
# - **every n-th**: `return np.array([Z[:, h::n_heads] @ W_O[h::n_heads] for h in range(n_heads)])`
#   The sum over heads is right, but the parts are not: you gave every n-th number to a head. The numbers of
#   one head stand next to each other.
# - **positions cut**: `Z[:, part] @ W_O[part] for part in parts` →
#   `z @ W_O[part] for z, part in zip(Z.reshape(n_heads, len(Z), d_head), parts)`
#   `W_O` is cut in the right places, `Z` is not. To reshape to [head, pos, d_head] at once fills head 0 with
#   numbers of all heads, of the first positions. A row of `Z` is one position: which axis must be cut?
# - **Z right, W_O every n-th**: `Z[:, part] @ W_O[part] for part in parts` →
#   `Z[:, part] @ W_O[h::n_heads] for h, part in enumerate(parts)`
#   `Z` is cut in the right places, `W_O` is not: each head gets every n-th of its rows. Which row of `W_O`
#   meets the first number of head 1?
# - **W_O right, Z every n-th**: `Z[:, part] @ W_O[part] for part in parts` →
#   `Z[:, h::n_heads] @ W_O[part] for h, part in enumerate(parts)`
#   `W_O` is cut in the right places, `Z` is not: each head gets every n-th of its columns. The numbers of one
#   head stand next to each other.
# - **one part of W_O**: `W_O[part]` → `W_O[:d_head]`
#   All heads write through the same part of `W_O`, that of head 0. Each has its own.
# - **the others**: `Z[:, part] @ W_O[part]` → `Z @ W_O - Z[:, part] @ W_O[part]`
#   This is what all the other heads write: everything but the head's own part.
# - **not written**: `return np.array(np.split(Z, n_heads, axis=1))`
#   `Z` is taken apart, and that is right. These are the mixtures, d_head wide. What brings each of them to
#   the stream?
# - **head not first**: `for part in parts])` → `for part in parts]).swapaxes(0, 1)`
#   The numbers are right, but the first axis should be the head, the second the position.
# - **input changed**:
#   ```python
#   d_head = Z.shape[1] // n_heads
#   out = []
#   for h in range(n_heads):
#       out.append(Z[:, :d_head] @ W_O[h * d_head : (h + 1) * d_head])
#       Z[:] = np.roll(Z, -d_head, axis=1) + 0.5
#   return np.array(out)
#   ```


# %% right="heads_apart" form="all others set to zero"
def heads_apart(Z, W_O, n_heads):
    of_head = np.repeat(np.arange(n_heads), Z.shape[1] // n_heads)
    return [(Z * (of_head == h)) @ W_O for h in range(n_heads)]


# %% right="heads_apart" form="what is lost without a head, in float32"
def heads_apart(Z, W_O, n_heads):
    Z, W_O = Z.astype(np.float32), W_O.astype(np.float32)
    keep = 1 - np.kron(np.eye(n_heads), np.ones(len(W_O) // n_heads)).astype(np.float32)
    return Z @ W_O - np.einsum("pi,hi,id->hpd", Z, keep, W_O)


# %% right="heads_apart" form="reshape, then the head to the front"
def heads_apart(Z, W_O, n_heads):
    z = np.moveaxis(Z.reshape(Z.shape[0], n_heads, -1), 1, 0)
    return z @ W_O.reshape(n_heads, z.shape[-1], W_O.shape[-1])


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


# %% check="scores_of_tokens" blocked="derive"
def inputs(student):
    for rng in student.draws(3):
        net, head = Network(layers=2, heads=3), (0, int(rng.integers(3)))
        S, W_Q, W_K = (net.head(base, *head) for base in ("S", "W_Q", "W_K"))
        made = (course.scores, course.queries, course.keys, course.linear_embedding, course.qk_product)
        E, W_E = symbol("E"), symbol("W_E")
        want = course.scaled(E, W_E, net.head("W_QK", *head), transpose(W_E), transpose(E))
        yield call(S, tuple(each(net) for each in made), W_Q, W_K, want=want)


def judge(got, call):
    start, known, *_ = call.arguments
    derived(got, start=start, end=call.want, assumptions=known, suspects=lambda: suspects(call))


# %% [markdown] mistakes="scores_of_tokens"
# - **queries and keys left**: `return ov.Derivation.start(start, given).apply(rules.unfold, given[0])`
#   That is what scores are. And what are queries and keys made of? `given` says it.
# - **the stream left**: `given[:4]` → `given[:3]`, `d.apply(rules.transposes).apply(rules.ungroup)` → `d`,
#   `.apply(rules.group, W_Q, transpose(W_K)).apply(rules.fold, given[4])` → ``
#   Queries and keys are gone, and that is right. There is the stream in it still: what does the first layer
#   read?
# - **the stream left, folded**: `:4]` → `:3]`, `ungroup` → `distribute`
#   Every step is right, and W_QK has its name. But the stream is in it still: what does the first layer read?
# - **keys still one product**: `d.apply(rules.transposes).apply(rules.ungroup)` → `d`,
#   `.apply(rules.group, W_Q, transpose(W_K)).apply(rules.fold, given[4])` → ``
#   Only tokens and weights are left. But the keys are one transposed product: what is the transpose of a
#   product?
# - **keys still one product, no other bracket**: `.apply(rules.transposes)` → ``,
#   `.apply(rules.group, W_Q, transpose(W_K)).apply(rules.fold, given[4])` → ``
#   The keys are still one transposed product, so there is nothing to put beside W_Q. What is the transpose of
#   a product?
# - **brackets left**: `.apply(rules.ungroup)` → ``,
#   `.apply(rules.group, W_Q, transpose(W_K)).apply(rules.fold, given[4])` → ``
#   The transposes are where they should be. Now there are brackets in the way: W_Q and the transpose of W_K
#   stand in different ones.
# - **not named**: `.apply(rules.group, W_Q, transpose(W_K)).apply(rules.fold, given[4])` → ``
#   No bracket is left, and W_Q stands beside the transpose of W_K. Nothing says yet that the two are one
#   matrix.
# - **grouped, not named**: `.apply(rules.fold, given[4])` → ``
#   W_Q and the transpose of W_K stand in brackets of their own. What is missing is their name.
# - **named, brackets left**: `given[:4]` → `given[:3]`,
#   `given[4])` → `given[4]).apply(rules.unfold, given[3]).apply(rules.transposes)`
#   W_QK is there, and every step is right. But there are brackets left round the tokens.
# - **named, one transpose left**: `given[:4]` → `given[:3]`, `given[4])` → `given[4]).apply(rules.unfold, given[3])`
#   W_QK is there, and every step is right. On its right a product is transposed as a whole, and brackets are
#   left.
# - **no steps**: `return ov.Derivation.start(start, given)`
# - **blocked**: `return ov.derive("qk-circuit", layers=1, heads=3)`


# %% right="scores_of_tokens" form="the lesson's order: folded first, tokens last"
def scores_of_tokens(start, given, W_Q, W_K):
    d = ov.Derivation.start(start, given)
    for assumption in given[:3]:
        d = d.apply(rules.unfold, assumption)
    d = d.apply(rules.transposes).apply(rules.ungroup)
    d = d.apply(rules.group, W_Q, transpose(W_K)).apply(rules.fold, given[4])
    return d.apply(rules.unfold, given[3]).apply(rules.transposes).apply(rules.distribute)


# %% right="scores_of_tokens" form="keys first, and a detour"
def scores_of_tokens(start, given, W_Q, W_K):
    scores, queries, keys, embedding, named = given
    d = ov.Derivation.start(start, given).apply(rules.unfold, scores).apply(rules.unfold, keys)
    d = d.apply(rules.unfold, embedding).apply(rules.transposes)
    d = d.apply(rules.unfold, queries).apply(rules.unfold, embedding).apply(rules.distribute)
    d = d.apply(rules.group, W_Q, W_K.T).apply(rules.ungroup).apply(rules.group, W_Q, W_K.T)
    return d.apply(rules.fold, named).apply(rules.unfold, named).apply(rules.fold, named)


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


# %% check="qk_table" blocked="circuits.full_qk"
axes = ("destination", "source")


def inputs(student):
    sizes = {"n_layers": 1, "n_ctx": 14}
    # neither is the root of another size, nor its own root in another case
    for case in (*cases(student, d_head=5, **sizes), *cases(student, count=1, edge=False, d_head=6, **sizes)):
        model, head = case.model, int(case.rng.integers(case.config.n_heads))
        every = model.run(np.arange(case.config.d_vocab))  # a text of all tokens; no mask in its scores
        weights = model.W_E, model.W_Q[0, head], model.W_K[0, head]
        yield call(*weights, want=every.scores[0, head], words=case.words)


# %% [markdown] mistakes="qk_table"
# - **not scaled**: `return W_E @ W_Q @ W_K.T @ W_E.T`
#   This is the QK circuit, and it is right so far. A score, as the softmax gets it, is not yet the product of
#   a query and a key.
# - **divided by d_head**: `return W_E @ W_Q @ W_K.T @ W_E.T / W_K.shape[1]`
#   The products are divided by d_head itself. How does the size of a sum of d_head random terms grow with
#   d_head?
# - **multiplied by the root**: `return np.sqrt(W_K.shape[1]) * (W_E @ W_Q @ W_K.T @ W_E.T)`
#   The products have become larger by the root. It should make up for the length of the sum.
# - **root of d_model**: `return W_E @ W_Q @ W_K.T @ W_E.T / np.sqrt(len(W_Q))`
#   The products are divided by the root of d_model. How many terms has the sum of a query times a key?
# - **root of d_vocab**: `return W_E @ W_Q @ W_K.T @ W_E.T / np.sqrt(len(W_E))`
#   The products are divided by the root of d_vocab. How many terms has the sum of a query times a key?
# - **roles exchanged**: `return (W_E @ W_K) @ (W_E @ W_Q).T / np.sqrt(W_Q.shape[1])`
#   Here the token in a column looks, and the one in a row is looked at. Whose query stands in row b?
# - **roles exchanged, not scaled**: `return W_E @ (W_Q @ W_K.T).T @ W_E.T`
#   Here the token in a column looks, and the one in a row is looked at. And the products are not scaled.
#   Begin with the first: whose query stands in row b?
# - **asks with its own key**: `queries, keys = W_E @ W_Q, W_E @ W_K` → `Q = W_E @ W_Q`, `queries @ keys.T / np.sqrt(W_Q` → `Q @ Q.T / np.sqrt(Q`
#   W_Q stands on both sides: queries meet queries. With what does a source answer?
# - **keys on both sides**: `queries, keys = W_E @ W_Q,` → `K =`, `queries @ keys.T / np.sqrt(W_Q` → `K @ K.T / np.sqrt(K`
#   W_K stands on both sides: keys meet keys. With what does a destination look?
# - **no embedding**: `return W_Q @ W_K.T / np.sqrt(W_Q.shape[1])`
#   This compares directions of the stream, [d_model, d_model]. Asked are tokens: what makes a row of the
#   stream of a token?
# - **softmax too**: `queries, keys = W_E @ W_Q, W_E @ W_K` → `weights = np.exp(W_E @ W_Q @ W_K.T @ W_E.T / np.sqrt(W_Q.shape[1]))`, `queries @ keys.T / np.sqrt(W_Q.shape[1]` → `weights / weights.sum(axis=1, keepdims=True`
#   Your rows sum to 1, so a softmax was taken already. It cannot be taken here: over which tokens depends on
#   the text.
# - **masked**: `return np.tril(W_E @ W_Q @ W_K.T @ W_E.T) / np.sqrt(W_Q.shape[1])`
#   Everything above the diagonal is zero. A mask is for positions, and rows here are tokens: any of them may
#   come after any other.
# - **blocked**:
#   ```python
#   d_vocab, d_model = W_E.shape
#   config = ov.Config(1, 1, d_model, W_Q.shape[1], d_vocab, 1)
#   rest = {"W_V": W_Q[None, None], "W_O": W_K.T[None, None], "W_U": W_E.T}
#   model = ov.Transformer(config, W_E=W_E, W_Q=W_Q[None, None], W_K=W_K[None, None], **rest)
#   return circuits.full_qk(model, 0, 0).AB / np.sqrt(W_Q.shape[1])
#   ```
#   `circuits.full_qk` is the answer itself: here you write it. Everywhere else, use it.


# %% right="qk_table" form="loops over pairs of tokens"
def qk_table(W_E, W_Q, W_K):
    return [[(b @ W_Q) @ (a @ W_K) / len(W_Q.T) ** 0.5 for a in W_E] for b in W_E]


# %% right="qk_table" form="factored, in float32"
def qk_table(W_E, W_Q, W_K):
    W_E, W_Q, W_K = (each.astype(np.float32) for each in (W_E, W_Q, W_K))
    return ov.FactoredMatrix(W_E @ W_Q, (W_E @ W_K).T / np.sqrt(np.float32(W_K.shape[1])))


# %% right="qk_table" form="the root shared by both sides"
def qk_table(W_E, W_Q, W_K):
    root = W_Q.shape[1] ** 0.25
    return np.einsum("bi,ih,jh,aj->ba", W_E, W_Q / root, W_K / root, W_E)


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


# %% check="same_pattern"
letters = "abcdefgh"


def inputs(student):
    apart = gaps(next(cases(student, n_layers=1)))
    yield call(want={letter for letter, gap in apart.items() if gap < 1e-9})


def gaps(case):
    """How far each change moves the pattern of a head."""
    model, rng = case.model, case.rng
    head, d_head = int(rng.integers(case.config.n_heads)), case.config.d_head
    Q, K, S = (each[0, head] for each in (case.run.q, case.run.k, case.run.scores))
    rows, vector = rng.normal(size=len(S)), rng.normal(size=d_head)
    # [d_head, d_head]   far from singular
    M = np.linalg.qr(rng.normal(size=(d_head, d_head))).Q * rng.uniform(0.5, 2, size=d_head)
    W_Q, W_K = model.W_Q[0, head] @ M, model.W_K[0, head] @ np.linalg.inv(M).T
    X = case.run.resid_pre[0]  # [pos, d_model]

    def met(queries, keys):
        return queries @ keys.T / np.sqrt(d_head)  # [query, key]

    changed = {
        "a": S + rows[:, None],
        "b": S + rows,
        "c": 2 * S,
        "d": S - S.mean(axis=1, keepdims=True),
        "e": S - S.mean(axis=0),
        "f": met(X @ W_Q, X @ W_K),
        "g": met(Q + vector, K),
        "h": met(Q, K + vector),
    }
    recorded = case.run.pattern[0, head]  # [query, key]
    return {letter: np.abs(pattern(scores) - recorded).max() for letter, scores in changed.items()}


def pattern(scores):
    return shared(np.where(np.tri(len(scores), dtype=bool), scores, -np.inf))  # [query, key]


# %% [markdown] mistakes="same_pattern"
# - **none**: `{"a", "d", "f", "h"}` → `set()`
#   There are changes that a softmax does not see. What are the weights for the scores 1 and 3, and what for
#   11 and 13?
# - **columns**: `"d` → `"b", "d`
#   One of your cases adds numbers to columns. Then a destination finds one source raised more than another.
#   What do its weights do?
# - **doubled**: `"d` → `"c", "d`
#   One of your cases makes all scores larger by a factor. What becomes of the difference of two scores, and
#   what of the ratio of their weights?
# - **means of columns**: `"f` → `"e", "f`
#   One of your cases takes off means over destinations. Each source has its own. Is what a single destination
#   loses the same for all sources?
# - **queries moved**: `{"a", "d", "f", "h"}` → `"adfg"`
#   One of your cases adds a vector to every query. Write the new score out: one term is new. Is it the same
#   for all sources that a destination may look at?
# - **rows left out**: `{"a", "d", "f", "h"}` → `["d", "f", "h"]`
#   Look at the rows again. All scores of one destination rise by the same number. What becomes of the ratio
#   of two of its weights?
# - **means of rows left out**: `d", "` → ``
#   Look at the means over sources again. A mean is some number: does it matter which, if the whole row loses
#   the same?
# - **M left out**: `f", "` → ``
#   Look at the change of both weights again. What becomes of their product, W_QK?
# - **keys left out**: `, "h"` → ``
#   Look at the vector that is added to every key again. Write the new score out: one term is new. On which of
#   the two tokens does it depend?


# %% right="same_pattern" form="a list in another order"
same_pattern = ["H", "f", "d", "a"]


# %% right="same_pattern" form="a text"
same_pattern = "a, d, f and h"


# %% right="same_pattern" form="found by trying"
rng = np.random.default_rng(5)
Q, K, row, M = (rng.normal(size=size) for size in ((6, 3), (6, 3), 6, (3, 3)))
S = Q @ K.T
tries = {
    **{"a": S + row[:, None], "b": S + row, "c": 2 * S, "d": S - S.mean(1, keepdims=True)},
    **{"e": S - S.mean(0), "f": Q @ M @ (K @ np.linalg.inv(M).T).T, "g": (Q + 1) @ K.T, "h": Q @ (K + 1).T},
}


def soft(table):
    weights = np.tril(np.exp(table))
    return weights / weights.sum(axis=1, keepdims=True)


same_pattern = {letter for letter, table in tries.items() if np.allclose(soft(table), soft(S))}


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


# %% check="source_table"
axes = ("destination", "output")


def inputs(student):
    for case in cases(student, n_layers=1, n_ctx=7):
        head, source = (int(case.rng.integers(size)) for size in (case.config.n_heads, case.config.d_vocab))
        yield call(case.model, head, source, words=f"head {head}, source {source}; {case.words}")


def answer(model, head, source):
    """What a head adds after `source b`, for every b, if b itself holds nothing [destination, output].

    By an intervention: the patterns stay, and only the source's row of the stream is not zero.
    """
    every = np.arange(model.config.d_vocab)
    run = model.run(np.stack([np.full_like(every, source), every], axis=1))  # [text, 2]
    stream = run.embedding.copy()  # [text, 2, d_model]
    stream[:, 1] = 0
    return run.frozen().run(resid=stream, heads={(0, head)}).logits[:, 1]


# %% [markdown] mistakes="source_table"
# - **transposed**: `AB[source])` → `AB[source]).T`
#   This is the table with rows and columns exchanged. A row should belong to a destination.
# - **scores**: `np.outer(weight,` → `np.outer(S[:, source],`
#   The row is multiplied by scores. A head multiplies by attention weights: what makes weights of scores, and
#   which scores go into it?
# - **itself without a score**: `at_source + at_itself` → `at_source + 1`
#   One score has gone into the softmax, and 0 for the other token. The destination looks at itself, too, and
#   has a score for that: where does it stand?
# - **exponentials**: `np.outer(weight,` → `np.outer(at_source,`
#   These are exponentials of scores. Weights of one destination sum to 1: over which tokens, in this text?
# - **not scaled**: ` / np.sqrt(model.config.d_head)` → ``
#   The attention is too sure of itself. The QK circuit went into the softmax as it is; scores are a little
#   less.
# - **over all tokens**: `(at_source + at_itself)` → `np.exp(S).sum(axis=1)`
#   The softmax was taken over all tokens that there are. A destination looks only at those that stand in the
#   text. Which are they?
# - **over all destinations**: `(at_source + at_itself)` → `np.exp(S[:, source]).sum()`
#   The softmax was taken over destinations, so they compete for the source. A destination shares its own
#   attention out: among what?
# - **roles exchanged**: `np.exp(S[:, source])` → `np.exp(S[source])`
#   Here the source looks at the destination. Which axis of the QK circuit is the token that looks?
# - **attention of the source**: `np.exp(S[:, source]), np.exp(np.diag(S))` →
#   `np.exp(S[source]), np.exp(S[source, source])`
#   These are weights with which the source would look at the destination. Which axis of the QK circuit is the
#   token that looks?
# - **all its attention**: `np.outer(weight,` → `np.outer(np.ones(len(S)),`
#   This is added if the head looks at the source with all its attention. From some destinations it looks
#   less: by what weight?
# - **attention on itself**: `at_source / (` → `at_itself / (`
#   This is the weight with which a destination looks at itself. Asked is the other one.
# - **both tokens**: `AB[source])` → `AB[source]) + (1 - weight)[:, None] * circuits.full_ov(model, 0, head).AB`
#   This is all that the head adds there. It looks at the destination, too, and adds something for that. Asked
#   is the part for looking at the source.
# - **the destination's value**: `np.outer(weight, circuits.full_ov(model, 0, head).AB[source])` →
#   `weight[:, None] * circuits.full_ov(model, 0, head).AB`
#   The weight is that of the source. What it multiplies is what the destination would bring. Which row of the
#   OV circuit belongs to the token that is looked at?
# - **a column of OV**: `AB[source]` → `AB[:, source]`
#   The weights are right. But this is a column of the OV circuit: what raises the source. Asked is what the
#   source raises.
# - **OV transposed**: `circuits.full_ov(model, 0, head).AB[source]` →
#   `model.W_E[source] @ circuits.ov(model, 0, head).AB.T @ model.W_U`
#   The weights are right. The OV matrix stands transposed: it reads where the head writes.
# - **no unembedding**: `circuits.full_ov(model, 0, head).AB[source]` → `model.W_E[source] @ circuits.ov(model, 0, head).AB`
#   This is what the head adds to the stream, and it is right so far. The logits are one matrix further on.
# - **with the direct path**: `AB[source])` → `AB[source]) + model.W_E @ model.W_U`
#   The direct path of the destination is in here as well. It passes no head.


# %% right="source_table" form="from recorded patterns and values, text by text"
def source_table(model, head, source):
    rows = []
    for b in range(model.config.d_vocab):
        run = model.run([source, b])
        rows.append(run.pattern[0, head, 1, 0] * run.v[0, head, 0] @ model.W_O[0, head] @ model.W_U)
    return rows


# %% right="source_table" form="all less the destination's part"
def source_table(model, head, source):
    texts = np.array([[source, b] for b in range(model.config.d_vocab)])
    run = model.run(texts)
    itself = run.pattern[0, :, head, 1, 1:] * (run.v[0, :, head, 1] @ model.W_O[0, head])
    return (run.head_out[0, :, head, 1] - itself) @ model.W_U


# %% right="source_table" form="a factored matrix of rank 1"
def source_table(model, head, source):
    Q, K = model.W_E @ model.W_Q[0, head], model.W_E @ model.W_K[0, head]
    further = np.einsum("bh,bh->b", Q, K[source] - K) / model.config.d_head**0.5
    weight = (1 + np.tanh(further / 2)) / 2
    row = model.W_E[source] @ model.W_V[0, head] @ model.W_O[0, head] @ model.W_U
    return ov.FactoredMatrix(weight[:, None], row[None])


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
    sizes = {"d_model": 2 * d_vocab, "d_head": 1, "d_vocab": d_vocab}
    config = ov.Config(n_layers=1, n_heads=1, n_ctx=8, **sizes)
    # The first half of the stream: the token; the second: what is said.
    W_E = np.eye(d_vocab, 2 * d_vocab)  # [d_vocab, d_model]
    W_U = np.eye(2 * d_vocab, d_vocab, k=-d_vocab)  # [d_model, d_vocab]
    shape = (3, 1, config.n_heads, config.d_model, config.d_head)
    W_Q, W_K, W_V = np.zeros(shape)  # [layer, head, …] each
    W_O = np.zeros((1, config.n_heads, config.d_head, config.d_model))
    # … then: ov.Transformer(config, W_E=W_E, W_Q=W_Q, and so on)
    return ...


# %% solution="without_the_bug"
def without_the_bug(d_vocab, source, destinations, outputs):
    config = ov.Config(
        n_layers=1, n_heads=len(outputs), d_model=2 * d_vocab, d_head=1, d_vocab=d_vocab, n_ctx=8
    )
    # The first half of the stream: the token; the second: what is said.
    W_E = np.eye(d_vocab, 2 * d_vocab)  # [d_vocab, d_model]
    W_U = np.eye(2 * d_vocab, d_vocab, k=-d_vocab)  # [d_model, d_vocab]
    shape = (3, 1, config.n_heads, config.d_model, config.d_head)
    W_Q, W_K, W_V = np.zeros(shape)  # [layer, head, …] each
    W_O = np.zeros((1, config.n_heads, config.d_head, config.d_model))
    for head, (destination, output) in enumerate(zip(destinations, outputs, strict=True)):
        W_Q[0, head, destination] = 12  # one token asks: e¹² to 1
        W_K[0, head, source] = W_V[0, head, source] = 1  # one token answers, and is read
        W_O[0, head, 0, d_vocab + output] = 20  # one output is raised
    return ov.Transformer(config, W_E=W_E, W_Q=W_Q, W_K=W_K, W_V=W_V, W_O=W_O, W_U=W_U)


# %% check="without_the_bug"
SURE, UNSURE = 0.9, 0.5  # what the prompt promises: with the source at least, without it at most
LONGEST = 8
RISES = 0.1  # a probability that changes by more than this is said to rise


def inputs(student):
    for number, rng in enumerate(student.draws(3)):
        count, d_vocab = 2 + number % 2, int(rng.integers(10, 14))
        source, *rest = (int(token) for token in rng.permutation(d_vocab))
        case = rng, rest[2 * count :]
        yield call(d_vocab, source, rest[:count], rest[count : 2 * count], case=case)


def judge(got, call):
    (d_vocab, source, destinations, outputs), (rng, others) = call.arguments, call.case
    model = one_layer(got, d_vocab)
    found = [read_out(model, *texts(rng, source, b, others), outputs) for b in destinations]
    trigrams = ", ".join(f"{source} … {b} → {c}" for b, c in zip(destinations, outputs, strict=True))
    see_what_it_says(*map(np.array, zip(*found, strict=True)), (("skip-trigrams", trigrams),))


def one_layer(got, d_vocab):
    """The network, if it is one that can be asked."""
    if not isinstance(got, Transformer):
        what = got.kind if isinstance(got, Unknown) else type(got).__name__
        wrong("type", f"An ov.Transformer was expected, and this is a {what}.")
    config = got.config
    rows = (("your config", str(config)),)
    if config.n_layers != 1:
        wrong("another depth", f"Its n_layers is {config.n_layers}. Asked is a network of one layer.", *rows)
    if config.d_vocab != d_vocab:
        wrong("another vocabulary", f"Its d_vocab is {config.d_vocab}, and {d_vocab} was given.", *rows)
    if config.n_ctx < LONGEST:
        wrong("texts too long", f"It reads {config.n_ctx} tokens at most; texts have up to {LONGEST}.", *rows)
    return got


def texts(rng, source, destination, others):
    """Texts that end with the destination, by size; where the source stands in each; and a token for it."""
    made, places = {}, {}
    for size in range(2, LONGEST + 1):
        places[size] = np.array([0, size - 2, int(rng.integers(size - 1))])  # [text]
        made[size] = rng.choice(others, size=(3, size))  # [text, pos]
        made[size][:, -1] = destination
        made[size][np.arange(3), places[size]] = source
    return made, places, int(rng.choice(others))


def read_out(model, made, places, another, outputs):
    """Probabilities of the outputs after each text [text, output], with the source and without it.

    And how sharply the last position looks at the source [text]: the largest weight of all heads, against
    that of a head that looks everywhere alike. The texts of two tokens come first.
    """
    said, unasked, looks = [], [], []
    for size, those in made.items():
        here = np.arange(len(those)), places[size]
        blank = those.copy()
        blank[here] = another
        with np.errstate(all="ignore"):  # weights may be as large as they like
            run, silent = model.run(those), model.run(blank)
            said.append(shared(run.logits[:, -1])[:, outputs])
            unasked.append(shared(silent.logits[:, -1])[:, outputs])
        looks.append(run.pattern[0][here[0], :, -1, here[1]].max(axis=1) * size)
    return np.concatenate(said), np.concatenate(unasked), np.concatenate(looks)


def see_what_it_says(said, unasked, looks, rows):
    """Judge what a network says: said, unasked [destination, text, output], looks [destination, text]."""
    if not (np.isfinite(said).all() and np.isfinite(unasked).all()):
        wrong("not finite", "Its logits are no finite numbers. Are some weights far too large?", *rows)
    each = np.arange(len(said))
    own, alone = said[each, :, each], unasked[each, :, each]  # [destination, text] each
    other = np.array([np.delete(said[i], i, axis=1).max(axis=1) for i in each])  # [destination, text]
    good = (own >= SURE).all(axis=1)  # [destination]
    if good.all() and (alone <= UNSURE).all():
        return
    rows += tuple(
        (f"outputs[{i}]", f"{own[i].min():.2f} or more with the source, up to {alone[i].max():.2f} without")
        for i in each
    )
    changes = np.abs(said - unasked)  # [destination, text, output]
    alike = (np.abs(own - other) < RISES) & (own > alone + RISES)  # [destination, text]
    idle = (looks < 1.5).all(axis=1)  # [destination]   no head looks from there at the source
    low = (np.maximum(own, other) < UNSURE).all(axis=1)  # [destination]
    signs = {
        "without the source": (alone > UNSURE).any(),
        "no difference": (changes < RISES / 10).all(),
        "lowered": (own < alone / 2).all() and low.all(),
        "nobody asks": idle.all(),
        "some missing": idle.any() or (good.any() and low[~good].all()),
        "another's output": (other > np.maximum(own, UNSURE)).all(axis=1).any(),
        "the bug": alike.all(axis=1).any(),
        "fades in longer texts": (own[:, :3] >= SURE).all(),
        "too quiet": (own > 1.5 * other).all() and (own > alone).all(),
    }
    for name in (name for name, seen in signs.items() if seen):
        mistake(name, *rows)
    wrong("values", "That is not what it should say. Look at the texts of two tokens first.", *rows)


# %% [markdown] mistakes="without_the_bug"
# - **the bug**: `W_Q[0, head, destination] = 12` → `W_Q[0, head, destinations] = 12`
#   That is the bug: after one of the destinations another's output rises as much as its own. A head that
#   looks at the source from both destinations finds the same thing there. How could the work be divided? Or
#   what could take the wrong output back?
# - **another's output**: `d_vocab + output]` → `d_vocab + outputs[head - 1]]`
#   After one of the destinations it says the output of another. Follow one head: from which token does it
#   look, and which output does it raise?
# - **without the source**: `W_O[0, head, 0, d_vocab + output] = 20` → `W_E[destination, d_vocab + output] = 20`
#   It says an output also where the source is not in the text. What leads there without any look back at the
#   source: the direct path, or a head's look at the destination itself?
# - **nobody asks**: `W_Q[0, head, destination]` → `W_Q[0, head, source]`, `W_K[0, head, source] =` → `W_K[0, head, destination] =`
#   At the last position no head looks at the source more than at any other token. Which of the two tokens
#   asks, so that it needs a query, and which answers?
# - **no difference**: `0, d_vocab + output]` → `0, output]`
#   The source makes no difference to what it says. Does a head read something there that it does not find
#   elsewhere, and does what it writes meet W_U?
# - **lowered**: `= 20` → `= -20`
#   The source makes its outputs less probable. Which sign has what a head reads, and which has what it
#   writes?
# - **some missing**: `zip(destinations, outputs, strict=True)` → `zip(destinations[1:], outputs[1:], strict=True)`
#   Work is done for one of the skip-trigrams, and for another it is not. The lists may have two entries or
#   three: which head looks from each destination, and what does it raise?
# - **fades in longer texts**: `= 12` → `= 1`, `= 20` → `= 16`
#   In a text of the source and the destination alone it works. With more tokens it does not. How much
#   attention do the others take, and how large is the score of the source?
# - **too quiet**: `= 20` → `= 1`
#   The right output leads, but its probability is too low. How far must its logit be above the others?
# - **texts too long**: `return ov.Transformer.random(ov.Config(1, 2, 2 * d_vocab, 1, d_vocab, n_ctx=3))`
# - **another depth**: `return ov.Transformer.random(ov.Config(2, 1, 2 * d_vocab, 1, d_vocab, n_ctx=8))`
# - **another vocabulary**: `return ov.Transformer.random(ov.Config(1, 2, 16, 1, 8, n_ctx=8))`


# %% right="without_the_bug" form="one head, and a direct path that forbids"
def without_the_bug(d_vocab, source, destinations, outputs):
    config = ov.Config(1, 1, 2 * d_vocab, 1, d_vocab, n_ctx=8)
    W_E, W_U = np.eye(d_vocab, 2 * d_vocab), np.eye(2 * d_vocab, d_vocab, k=-d_vocab)
    W_Q, W_K, W_V = np.zeros((3, 1, 1, 2 * d_vocab, 1))
    W_O = np.zeros((1, 1, 1, 2 * d_vocab))
    W_Q[0, 0, destinations] = 12
    W_K[0, 0, source] = W_V[0, 0, source] = 1
    W_O[0, 0, 0, d_vocab + np.array(outputs)] = 20
    for i, destination in enumerate(destinations):
        W_U[destination, outputs[:i] + outputs[i + 1 :]] = -20  # what must not come after it
    return ov.Transformer(config, W_E=W_E, W_Q=W_Q, W_K=W_K, W_V=W_V, W_O=W_O, W_U=W_U)


# %% right="without_the_bug" form="one head, which takes back at the destination what is wrong there"
def without_the_bug(d_vocab, source, destinations, outputs):
    n = len(outputs)
    config = ov.Config(1, 1, 2 * d_vocab, n + 1, d_vocab, n_ctx=8)
    W_E, W_U = np.eye(d_vocab, 2 * d_vocab), np.eye(2 * d_vocab, d_vocab, k=-d_vocab)
    W_Q, W_K, W_V = np.zeros((3, 1, 1, 2 * d_vocab, n + 1))
    W_O = np.zeros((1, 1, n + 1, 2 * d_vocab))
    W_Q[0, 0, destinations, n] = 12 * np.sqrt(n + 1)
    W_K[0, 0, [source, *destinations], n] = 1  # half of its attention for the source, half for itself
    W_O[0, 0, np.arange(n), d_vocab + np.array(outputs)] = 40
    W_V[0, 0, source, :n] = 1  # all outputs rise …
    W_V[0, 0, destinations, :n] = np.eye(n) - 1  # … and from each destination the others are lowered
    return ov.Transformer(config, W_E=W_E, W_Q=W_Q, W_K=W_K, W_V=W_V, W_O=W_O, W_U=W_U)


# %% right="without_the_bug" form="a turned stream, wider heads, positions, float32"
def without_the_bug(d_vocab, source, destinations, outputs):
    n, d_model = len(outputs), 2 * d_vocab + 1
    config = ov.Config(1, n + 1, d_model, 3, d_vocab, n_ctx=11, positional=True, dtype=np.float32)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(d_model, d_model))).Q
    W_Q, W_K, W_V = np.zeros((3, 1, n + 1, d_model, 3))
    W_O = np.zeros((1, n + 1, 3, d_model))
    for head, (destination, output) in enumerate(zip(destinations, outputs, strict=True), start=1):
        W_Q[0, head, destination] = 5
        W_K[0, head, source] = 3
        W_V[0, head, source, 2] = -4
        W_O[0, head, 2, d_vocab + output] = -3
    weights = {
        "W_E": np.eye(d_vocab, d_model) @ turn,
        "W_pos": np.outer(np.arange(11), turn[-1]),
        **{"W_Q": turn.T @ W_Q, "W_K": turn.T @ W_K, "W_V": turn.T @ W_V, "W_O": W_O @ turn},
        "W_U": turn.T @ np.eye(d_model, d_vocab, k=-d_vocab),
    }
    return ov.Transformer(config, **{name: each.astype(np.float32) for name, each in weights.items()})


# %% right="without_the_bug" form="tied, no second half"
def without_the_bug(d_vocab, source, destinations, outputs):
    n = len(outputs)
    config = ov.Config(1, n, d_vocab, d_vocab, d_vocab, n_ctx=8)
    W_QK, W_OV = np.zeros((2, 1, n, d_vocab, d_vocab))
    for head in range(n):
        W_QK[0, head, destinations[head], source] = 40
        W_OV[0, head, source, outputs[head]] = 30
    one = np.tile(np.eye(d_vocab), (1, n, 1, 1))
    return ov.Transformer(config, W_E=one[0, 0], W_Q=W_QK, W_K=one, W_V=W_OV, W_O=one, W_U=one[0, 0])
