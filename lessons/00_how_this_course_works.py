# %% [markdown]
# # How this course works
#
# The derivations of this course are made by code, and each of their steps is checked. Here you read a small
# one, check it, extend it, and see a check fail.
#
# ## What you will be able to do
#
# - read a symbol: its name, its layer and head, its shape;
# - tell a step from a rule, and an assumption from a definition;
# - say what a remainder is, and why nothing is dropped without one;
# - say what each of the three checks can see, and what it cannot;
# - extend a derivation and have your own steps checked.
#
# ## The question
#
# A text about transformers holds many equations. A lost transpose or an index that is off by one looks like
# any other equation. Why should you believe the ones that you meet here?
#
# ## How to read a symbol
#
# A transformer turns a text of several tokens into a matrix with one row for each token. This matrix is the
# residual stream, and each layer adds something to it. The next lesson says more. All that this one needs are
# the names of a few matrices.

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np
from sympy import MatrixSymbol

import ovlearn as ov
from ovlearn.symbolic import (
    GLOSSARY,
    Assumption,
    DerivationError,
    Network,
    NormalForm,
    Relation,
    RuleError,
    ShapeError,
    add,
    product,
    rules,
    subtract,
    symbol,
    to_text,
)

# %%
for name in ("X", "Delta", "W_U", "Y", "A", "W_OV"):
    entry = GLOSSARY[name]
    print(
        f"{name:6} {list(entry.shape)!s:7} {entry.meaning.split(';')[0]}"
    )

# %% [markdown]
# The sizes are letters: $s$ is the number of tokens, $d$ the width of the residual stream, $d_h$ the width
# inside a head, $v$ the size of the vocabulary. The full list is on the page [notation](../notation.md).
#
# - **Indices count from 0.** $X_1$ is the stream before layer 1, which is the second layer. $A_{1,0}$ is the
#   pattern of layer 1, head 0. Code writes `X_1` and `A_1_0`.
# - **One head a layer is written short.** Then the head's index is always 0 and is left out: $A_1$ is
#   $A_{1,0}$, and $W_{OV_1}$ is $W_{OV}^{1,0}$. The article that this course follows has one head a layer, so
#   most lessons use the short form.
# - **Vectors are rows.** A token is a row $x$, and a weight multiplies it from the right: $x W$, in code
#   `x @ W`. So a product reads from left to right in the order in which things happen.
#
# ## An equation, derived
#
# Take a network of two layers. Each layer adds a matrix to the stream: layer $l$ adds $\Delta_l$. Once the
# last layer is done, the unembedding $W_U$ turns the stream $X_2$ into logits: for each position, a number
# for each token of the vocabulary. What does the last layer do to the logits?
#
# We name what we take as given, start from $X_2 W_U$, and apply two rules.

# %%
net = Network(layers=2)
# X_l and Delta_l [s, d]
X_0, X_1, X_2 = (net.stream(layer) for layer in range(3))
Delta_0, Delta_1 = (net.layer("Delta", layer) for layer in range(2))
W_U = symbol("W_U")  # [d, v]

stream = Assumption(
    "residual stream",
    "each layer adds its output to the stream",
    (
        Relation(X_1, add(X_0, Delta_0)),
        Relation(X_2, add(X_1, Delta_1)),
    ),
)
derivation = (
    ov.Derivation.start(
        product(X_2, W_U),
        [stream],
        title="The logits are a sum",
        network=net,
    )
    .apply(rules.unfold, stream)
    .apply(rules.distribute)
)
ov.show(derivation)

# %% [markdown]
# Each line is a **step**. It holds what stood before, what stands after, and the **rule** that leads from one
# to the other. The rule's name stands on the right. The box holds the result.

# %%
for step in derivation.steps:
    print(f"{to_text(step.before)}  →  {to_text(step.after)}")
    print(f"    {step.rule.name}: {step.rule.law}")

# %% [markdown]
# These are the words to know:
#
# | word | what it is | here |
# | --- | --- | --- |
# | rule | a law that a step uses; it refuses what it does not cover | distribute |
# | assumption | a statement about the network, which could be false | the stream is a sum of two parts |
# | definition | a new name for an old thing; it cannot be false | none yet; $W_{OV} = W_V W_O$ will be one |
# | theorem | a result of an earlier derivation, used again | none yet |
# | remainder | what a step leaves out, kept beside what it keeps | below |
#
# A step rewrites by a rule that keeps the value, uses an assumption by name, or selects terms and keeps the
# rest as a remainder. Later you will meet two more kinds: a bound ($\leq$), and an example that shows that
# two things differ ($\neq$). Nothing else moves a derivation on. (An equation outside a derivation is a
# question, an assumption or a definition, or an argument in words, and the text says so.)
#
# ## How a step is checked
#
# There are three routes, and each judges the steps that it can. Here is each one by hand, on the second step:
# $(X_1 + \Delta_1) W_U = X_1 W_U + \Delta_1 W_U$.
#
# **Algebra.** Multiply both sides out, and compare the lists of products. The order of factors counts, since
# matrices do not commute.

# %%
step = derivation.steps[1]
assert NormalForm().of(step.before) == NormalForm().of(step.after)

# %% [markdown]
# **Exact.** Put in random whole numbers, and calculate modulo a large prime. No rounding enters. Two
# different polynomials can agree at a random point by luck, but rarely.

# %%
p = 2**28 - 57  # a prime; sums of a few products still fit into 64 bits
rng = np.random.default_rng(0)
x, delta = rng.integers(p, size=(2, 3, 5))  # [s, d] each
w_u = rng.integers(p, size=(5, 4))  # [d, v]
assert np.array_equal(
    (x + delta) @ w_u % p, (x @ w_u + delta @ w_u) % p
)

# %% [markdown]
# **Numeric.** Run a small random transformer, and put in what it recorded. The forward pass goes head by head
# and knows nothing of our derivation, so it can contradict it.

# %%
config = ov.Config(
    n_layers=2, n_heads=1, d_model=8, d_head=3, d_vocab=7, n_ctx=5
)
model = ov.Transformer.random(config, seed=0)
run = model.run([3, 1, 4, 1])
written = run.head_out[1, 0]  # [pos, d_model]   what layer 1 wrote
# [pos, d_vocab]
ours = run.resid_pre[1] @ model.W_U + written @ model.W_U
gap = np.abs(ours - run.logits).max()
rounding = 1e-12
assert gap < rounding

# %% [markdown]
# The largest difference from the model's own logits is below {{ rounding }}, which is rounding.
#
# `ov.verify` asks all three about every step, many times over.

# %%
report = ov.verify(derivation, seeds=20)
report

# %% [markdown]
# The small line under an equation is this report in short:
#
# > {{ report.in_words() }}
#
# For this derivation, {{ report.bound_in_words() }}. Many tries make the probability far smaller.
#
# Not every route can judge every step. Here is one that algebra cannot:

# %%
ov.verify(
    ov.derive("attention-head").lemma("Rows of A sum to 1"), seeds=20
)

# %% [markdown]
# Algebra knows products and sums. It does not know that the rows of a softmax sum to 1. So it says *not
# applicable*, and that is never counted as passed.
#
# ## A check that could have failed
#
# A check that cannot fail says nothing. So let us be wrong on purpose. Say that a layer *subtracts* its
# output.

# %%
wrong = Assumption(
    "wrong stream",
    "each layer subtracts its output from the stream",
    (Relation(X_2, subtract(X_1, Delta_1)),),
)
mistaken = (
    ov.Derivation.start(
        product(X_2, W_U),
        [wrong],
        title="Mistaken",
        network=net,
    )
    .apply(rules.unfold, wrong)
    .apply(rules.distribute)
)
verdict = ov.verify(mistaken, seeds=20)
assert not verdict.passed
print(verdict)

# %% [markdown]
# Read the verdict with care. Algebra and exact arithmetic passed both steps: *if* the assumption holds, the
# steps follow. Only the numeric route asked the network, and the network said no. This is why there are three
# routes.
#
# The other way round, a slip in a step is seen by all that can see it. `faults=True` plants slips in every
# step: dropped terms, swapped factors, indices off by one, transposes. Each must be rejected.

# %%
planted = ov.verify(derivation, seeds=20, faults=True)
assert planted.passed
print(planted.rejected, planted.rejections())

# %% [markdown]
# {{ planted.rejected }} were rejected. Of these, {{ planted.rejections()["shapes"] }} do not even have shapes
# that fit. The other {{ planted.rejections()["rule"] }} would not be made by the rule, so they can never
# become a step. The three routes were asked about them all the same, and each route rejected every one.
#
# ## Extend it
#
# The result still holds $X_1$. Unfold once more, and multiply out.

# %%
longer = derivation.apply(rules.unfold, stream).apply(rules.distribute)
ov.show(longer, label="eq:logits-are-a-sum")

# %% [markdown]
# The logits are a sum with a term for each writer. Now keep one term and give it a name: $D$, the logits that
# the network would have if no layer wrote anything. This is a **selection**. It is no equality, so the step
# carries its remainder.

# %%
D = MatrixSymbol("D", *product(X_0, W_U).shape)  # [s, v]
direct = longer.apply(rules.select, product(X_0, W_U), D)
selection = direct.steps[-1]
print("kept:     ", to_text(selection.after))
print("remainder:", to_text(selection.remainder))

# %% [markdown]
# Is $D$ the right term? Both sides of *kept + remainder* stay equal whichever term we keep. So we tell the
# check what $D$ should be, by an independent route: run the network with all its heads silent.


# %%
def silent(run):
    """The logits when no head writes [pos, d_vocab]."""
    return run.frozen().run(heads=set()).logits  # [pos, d_vocab]


unbound = ov.verify(direct, seeds=20, faults=True)
bound = ov.verify(direct, seeds=20, faults=True, bindings={"D": silent})
assert bound.passed
assert not unbound.passed
print("not told what D is:", unbound.rejected, "faults rejected")
print("told what D is:    ", bound.rejected, "faults rejected")

# %% [markdown]
# Without that, `verify` could not reject the choice of another term, and it says so: it does not pass.
#
# ## The usual mistakes
#
# **Factors in the wrong order.** In row vectors the stream comes first.

# %%
try:
    product(W_U, X_2)
    raise AssertionError("it was accepted")
except ShapeError as refusal:
    print(refusal)

# %% [markdown]
# **A rule that does not apply.** There is no sum to multiply out in $X_2 W_U$: the stream must be unfolded
# first. A rule never returns its input unchanged.

# %%
try:
    ov.Derivation.start(product(X_2, W_U)).apply(rules.distribute)
    raise AssertionError("it was accepted")
except RuleError as refusal:
    print(refusal)

# %% [markdown]
# **A result that is typed.** Changing what a step ends with is refused, since the rule does not make it.

# %%
try:
    replace(derivation.steps[1], after=product(X_1, W_U))
    raise AssertionError("it was accepted")
except DerivationError as refusal:
    print(refusal)

# %% [markdown]
# **Believing a green line too much.** A passed derivation says that its result follows from its assumptions,
# and that small random networks agree, where a run records what the steps speak of. It does not say that the
# network *you* care about meets the assumptions. One with layer norm does not meet all that this course will
# assume.
#
# ## What runs where
#
# - **This page** is a notebook that was run when the site was built. What stands under a cell is what the
#   cell returned. Numbers in the text come from cells, too.
# - **On your machine**, `pip install 'ovlearn[course]'` gives the package, the notebooks' needs and the
#   command `ovlearn`. Download the lesson's notebook, and run it.
# - **In a terminal**, `ovlearn list` names the derivations, `ovlearn derive ov-circuit` prints one, and
#   `ovlearn verify ov-circuit --faults` checks it.
#
# `import ovlearn as ov` has two halves. The symbolic half makes equations and has no numbers. The numeric
# half is a transformer in numpy and has no symbols. Only the checks see both.
#
# ## Where it stands
#
# The course follows *OV Circuits* (Weinryb, 2024) and the paper behind it, *A Mathematical Framework for
# Transformer Circuits* (Elhage et al., 2021). Their equations were written by hand. The [article
# map](../article-map.md) leads from each equation of the article to its derivation. Where the article or the
# paper need a correction, the [errata](../errata.md) show it with a cell.
#
# ## Recap
#
# - A derivation is a chain of steps. Each step names its rule, and each assumption has a name.
# - Algebra and exact arithmetic judge whether a step follows. The numeric route also compares with the
#   forward pass of a transformer, where a run records what is spoken of. So it can see that an assumption
#   is false.
# - A route that cannot judge says so. A selection keeps its remainder.
# - Each check was seen to fail: on a wrong assumption, and on planted faults.
#
# ## What to practise
#
# 1. Start from `add(X_2, X_2)`, and reach a sum of six terms without brackets. Which rule removes the
#    brackets?
# 2. Keep the term $\Delta_1 W_U$ instead of $X_0 W_U$, under a name of your own. What binding tells the check
#    what it is? Have all faults rejected.
# 3. Write an assumption that is false but that a network with all $W_O = 0$ would meet. Which route rejects
#    it?
#
# Next: [the residual stream is a sum](01_residual_stream.py).
