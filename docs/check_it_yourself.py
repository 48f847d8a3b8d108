# %% [markdown]
# # Check a derivation yourself
#
# The derivations of this course are made by code, and each of their steps is checked; [how it is
# checked](how-it-is-checked.md) says by what. Here you build a small one, check it by hand and by `ov.verify`, and
# see a check fail.

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np
from sympy import MatrixSymbol

import ovlearn as ov
from ovlearn.symbolic import (
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

# %% [markdown]
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
# A rule that keeps the value is one kind of step. Later you meet others: a selection, which keeps its remainder, a bound
# ($\leq$), and an example that shows that two things differ ($\neq$).
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
# different polynomials can agree at a random point by luck, but [rarely](how-it-is-checked.md#how-sure-is-exact).

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
# {{ planted.rejected }} were rejected. {{ planted.rejections()["shapes"] }} do not even have shapes that fit.
# {{ planted.rejections()["rule"] }} would not be made by the rule, so they can never become a step. The routes were asked
# about all whose shapes fit, and the last three numbers say how many each of them rejected.
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
#
# ??? success "Answers"
#
#     1. *distribute* multiplies out what *unfold* gives, and *ungroup* removes the brackets.
#     2. `frozen.run(heads={(0, 0)}).logits - frozen.run(heads=set()).logits` of a network with one head a layer gives
#        $\Delta_0 W_U$; what layer 1 alone wrote is `run.head_out[1].sum(axis=0) @ run.model.W_U`.
#     3. For example $X_1 = X_0$. Only the numeric route runs a network, so only it can say that layer 0 writes
#        something.
