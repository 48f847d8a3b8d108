# %% [markdown]
# # Exercises: the OV circuit, boxed
#
# They go with [lesson 07](../lessons/07_the_ov_circuit.py). Run a cell with `check("…")` as often as you
# like. It draws new random networks each time, and it tells you what it saw.

# %%
import numpy as np

import ovlearn as ov
from ovlearn import paths
from ovlearn.exercises import check
from ovlearn.symbolic import rules

# %% [markdown] exercise="direct_contribution" points=2
# ## What the box says, in numbers
#
# `run` is a recorded run of a network with several layers and heads. Return the contribution of the head
# `(layer, head)`: what it adds to the logits along the one path that passes it and no other head. The result
# is `[pos, d_vocab]`.
#
# Take it from the weights and the recorded pattern: `run.tokens` `[pos]`, `run.pattern`
# `[layer, head, query, key]`, and of `run.model` the weights `W_E` `[d_vocab, d_model]`, `W_V`
# `[layer, head, d_model, d_head]`, `W_O` `[layer, head, d_head, d_model]` and `W_U` `[d_model, d_vocab]`.
# `paths.contribution` is what you write here.

# %% [markdown] hint="direct_contribution"
# On this path the head reads the embedded tokens, and not what earlier heads wrote. `run.head_out` holds what
# it wrote of the whole stream, so that is too much.

# %% [markdown] hint="direct_contribution"
# Which of the factors mix positions? Those stand to the left of the embedded tokens. Which mix features?
# Those stand to the right, in the order in which a row of the stream meets them.


# %% starter="direct_contribution"
def direct_contribution(run, layer, head):
    model = run.model
    E = np.eye(model.config.d_vocab)[run.tokens]  # [pos, d_vocab]
    return ...


# %% solution="direct_contribution"
def direct_contribution(run, layer, head):
    model = run.model
    E = np.eye(model.config.d_vocab)[run.tokens]  # [pos, d_vocab]
    circuit = model.W_E @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U  # [d_vocab, d_vocab]
    return run.pattern[layer, head] @ E @ circuit


# %% [markdown] exercise="most_raised" points=2
# ## Read a circuit
#
# If the head `(layer, head)` of `model` looks at `token`, with all its attention, which tokens does it raise?
# Read it from the full OV circuit, `[d_vocab, d_vocab]`. Return the `k` tokens whose logits rise most, the
# most raised one first, as a list of `k` whole numbers.
#
# The weights are `model.W_E`, `model.W_V[layer, head]`, `model.W_O[layer, head]` and `model.W_U`.

# %% [markdown] hint="most_raised"
# The circuit has an axis for the token that is looked at and an axis for the token whose logit changes. Which
# is which? Think of a one-hot row in front of it.

# %% [markdown] hint="most_raised"
# `np.argsort` gives places, from the smallest number to the largest. You want the other end, and the other
# direction.


# %% starter="most_raised"
def most_raised(model, layer, head, token, k):
    return ...


# %% solution="most_raised"
def most_raised(model, layer, head, token, k):
    circuit = model.W_E @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U  # [d_vocab, d_vocab]
    return np.argsort(-circuit[token])[:k]


# %% [markdown] exercise="boxed" points=3
# ## Derive the box
#
# Begin with the logits $Y$ of a frozen network of two layers, and apply rules until only the path through one
# head and no other is left. You get
#
# - `start`, the symbol $Y$ `[s, v]`;
# - `given`, what you may use: `given[0]` says what $Y$ is made of, $(E W_E + \Delta_0 + \Delta_1) W_U$, and
#   `given[1]` says what each $\Delta$ is made of;
# - `head`, the pair `(layer, head)`;
# - `name`, a symbol for what you keep.
#
# Return the `Derivation`. It ends with one term, a product without brackets of tokens, weights and one
# pattern. `rules.unfold`, `rules.distribute` and `rules.select_path` are enough; `help(rules.select_path)`
# shows how it is used. The check calls your function for several heads.

# %% [markdown] hint="boxed"
# What you want to keep must be there as a term of its own. So first get down to tokens and weights, then
# multiply out, then select.

# %% [markdown] hint="boxed"
# `rules.unfold` replaces each symbol once. What a later $\Delta$ is made of has an earlier $\Delta$ in it.
# Look at `d.here` after each step. A path is a tuple of pairs, also where it holds only one.


# %% starter="boxed"
def boxed(start, given, head, name):
    d = ov.Derivation.start(start, given)
    # d = d.apply(…)
    return ...


# %% solution="boxed"
def boxed(start, given, head, name):
    d = ov.Derivation.start(start, given)
    d = d.apply(rules.unfold, given[0]).apply(rules.unfold, given[1]).apply(rules.unfold, given[1])
    return d.apply(rules.distribute).apply(rules.select_path, (head,), name)


# %% [markdown] exercise="longer_paths" points=1
# ## What the box leaves out of this head
#
# A network has `n_layers` layers of `n_heads` heads each. The box of a head in layer `layer` (counted from 0)
# holds one path through this head. How many *other* paths pass this head?
#
# Return a whole number.

# %% [markdown] hint="longer_paths"
# In its own layer such a path has no choice. What can it do in each of the other layers?

# %% [markdown] hint="longer_paths"
# The choices before the head and those after it are free of each other, so their numbers multiply. One of the
# combinations is the box itself. Try it with `paths.enumerate` for a small network.


# %% starter="longer_paths"
def longer_paths(n_layers, n_heads, layer):
    return ...


# %% solution="longer_paths"
def longer_paths(n_layers, n_heads, layer):
    return (1 + n_heads) ** (n_layers - 1) - 1
