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

# %% tools=true
from ovlearn import Config, paths
from ovlearn.exercises.deriving import derived
from ovlearn.exercises.drawing import cases
from ovlearn.symbolic import Network, add, definition, product, symbol
from ovlearn.symbolic.course import theorems


def alone(run, head):
    """What a head adds to the logits [pos, d_vocab] if no other writes, less what is there without it."""
    frozen = run.frozen()
    return frozen.run(heads={head}).logits - frozen.run(heads=set()).logits


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


# %% check="direct_contribution" blocked="paths.contribution"
axes = ("pos", "d_vocab")


def inputs(student):
    for case in cases(student, n_layers=3, n_heads=2):
        for layer in (1, 2, 0):
            head = (layer, int(case.rng.integers(2)))
            words = f"layer {head[0]}, head {head[1]}; {case.words}"
            yield call(case.run, *head, want=alone(case.run, head), words=words)


# %% [markdown] mistakes="direct_contribution"
# - **reads the whole stream**: `return run.head_out[layer, head] @ run.model.W_U`
#   This is all that the head writes. In the first layer that is the box; later the head also reads what
#   earlier heads wrote. What does it read on the path asked for?
# - **every path through it**:
#   ```python
#   n_layers, n_heads = run.pattern.shape[:2]
#   others = {(a, b) for a in range(n_layers) for b in range(n_heads)} - {(layer, head)}
#   return run.logits - run.frozen().run(heads=others).logits
#   ```
#   This is all that the head is worth to the frozen logits: every path that passes it, also those that pass
#   another head as well. The box holds one of them.
# - **pattern transposed**:
#   ```python
#   model, A = run.model, run.pattern[layer, head]
#   values = model.W_E[run.tokens] @ model.W_V[layer, head]
#   return np.einsum("qk,qh->kh", A, values) @ model.W_O[layer, head] @ model.W_U
#   ```
#   The pattern is the wrong way round. Row i of it belongs to position i, and says from where position i
#   takes something.
# - **no pattern**:
#   ```python
#   model = run.model
#   circuit = model.W_E @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U
#   return circuit[run.tokens]
#   ```
#   Every position gets its own token back through the circuit. Where has the head looked?
# - **scores**:
#   ```python
#   model = run.model
#   circuit = model.W_E @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U
#   return run.scores[layer, head] @ circuit[run.tokens]
#   ```
#   Here the scores mix the positions. What comes of them after the mask and the softmax?
# - **another head's pattern**:
#   ```python
#   model = run.model
#   circuit = model.W_E @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U
#   return run.pattern[layer, head - 1] @ circuit[run.tokens]
#   ```
#   The pattern is that of the other head of this layer, the weights are those of this one. A head looks with
#   its own pattern.
# - **OV transposed**:
#   ```python
#   model = run.model
#   W_OV = (model.W_V[layer, head] @ model.W_O[layer, head]).T
#   return run.pattern[layer, head] @ run.embedding @ W_OV @ model.W_U
#   ```
#   The OV matrix stands transposed: it reads where the head writes, and writes where it reads.
# - **with the direct path**: `return run.frozen().run(heads={(layer, head)}).logits`
#   The direct path is in here as well. It passes no head, so it is no contribution of this one.
# - **no unembedding**:
#   ```python
#   model = run.model
#   return run.pattern[layer, head] @ run.embedding @ model.W_V[layer, head] @ model.W_O[layer, head]
#   ```
#   This is what the head adds to the stream on that path, and it is right so far. The logits are one matrix
#   further on.
# - **the circuit**:
#   ```python
#   model = run.model
#   return model.W_E @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U
#   ```
#   This is the circuit. It belongs to the weights, and it answers for any token. Which tokens are there in
#   this input, and where does the head look?


# %% right="direct_contribution" form="by an intervention"
def direct_contribution(run, layer, head):
    frozen = run.frozen()
    return frozen.run(heads={(layer, head)}).logits - frozen.run(heads=set()).logits


# %% right="direct_contribution" form="a row for each position, in float32"
def direct_contribution(run, layer, head):
    model = run.model
    reads, writes = model.W_V[layer, head].astype(np.float32), model.W_O[layer, head].astype(np.float32)
    rows = []
    for query in range(len(run.tokens)):
        weights = run.pattern[layer, head, query]
        mean = sum(weights[key] * model.W_E[token] for key, token in enumerate(run.tokens))
        rows.append(((mean.astype(np.float32) @ reads) @ writes) @ model.W_U.astype(np.float32))
    return rows


# %% right="direct_contribution" form="factored"
def direct_contribution(run, layer, head):
    model = run.model
    circuit = model.W_E @ ov.FactoredMatrix(model.W_V[layer, head], model.W_O[layer, head]) @ model.W_U
    return run.pattern[layer, head] @ np.eye(model.config.d_vocab)[run.tokens] @ circuit


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


# %% check="most_raised" blocked="circuits.top_outputs circuits.raising.largest reading.rows"
says = "These are not the {count} tokens that are raised most, the most raised one first."


def inputs(student):
    for case in cases(student):
        layer = int(case.rng.integers(case.config.n_layers))
        head = (layer, int(case.rng.integers(case.config.n_heads)))
        count = min(3, case.config.d_vocab - 2)
        for token in case.rng.permutation(case.config.d_vocab)[:4]:
            # a text of this token alone: there the head looks at it with all its attention
            added = alone(case.model.run([token]), head)[0]  # [d_vocab]
            want = tuple(sorted(range(len(added)), key=lambda place: -added[place])[:count])
            yield call(case.model, *head, int(token), count, want=want, count=count)


# %% [markdown] mistakes="most_raised"
# - **a column**: `-circuit[token])` → `circuit[:, token])[::-1]`
#   This is read from a column of the circuit. A column says which tokens raise this one. Where does the token
#   that is looked at stand?
# - **least first**: `-circuit[token])[:k` → `circuit[token])[-k:`
#   The tokens are right, their order is not: the most raised one should come first. From which end does your
#   sorting begin?
# - **most lowered**: `(-circuit` → `(circuit`
#   These are the tokens that this head lowers most. From which end does your sorting begin?
# - **by size alone**: `np.argsort(-circuit[token])[:k` → `list(np.argsort(circuit[token] ** 2))[: -k - 1 : -1`
#   These are the largest changes, whatever their sign. Some of these logits fall.
# - **numbers, not tokens**: `np.argsort(-circuit[token]` → `sorted(circuit[token], reverse=True`
#   These are the changes of the logits. Asked is to which tokens they belong.
# - **without the head**: `circuit = model.W_E @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U` → `direct = model.run([token]).frozen().run(heads=set()).logits[0]`, `circuit[token]` → `direct`
#   This is what the direct path raises, from the embedding straight to the unembedding. The head is not in
#   it.
# - **OV transposed**: `W_V[layer, head] @ model.W_O[layer, head]` → `W_O[layer, head].T @ model.W_V[layer, head].T`
#   The OV matrix stands transposed: it reads where the head writes, and writes where it reads.


# %% right="most_raised" form="from one row, by a loop"
def most_raised(model, layer, head, token, k):
    row = list(model.W_E[token] @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U)
    best = []
    for _ in range(k):
        place = max(range(len(row)), key=row.__getitem__)
        best.append(place)
        row[place] = -np.inf
    return tuple(best)


# %% right="most_raised" form="by an intervention on a text of one token"
def most_raised(model, layer, head, token, k):
    frozen = model.run([token]).frozen()
    added = frozen.run(heads={(layer, head)}).logits - frozen.run(heads=set()).logits
    return np.argsort(added[0])[::-1][:k].astype(np.int32)


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


# %% check="boxed" blocked="derive"
def inputs(student):
    for (layer, heads), rng in zip(((1, 1), (1, 2), (0, 2)), student.draws(3), strict=True):
        net, head = Network(layers=2, heads=heads), (layer, int(rng.integers(heads)))
        E, W_E, W_U, Y = (symbol(base) for base in ("E", "W_E", "W_U", "Y"))
        last = add(product(E, W_E), net.layer("Delta", 0), net.layer("Delta", 1))
        logits = definition("logits", "the unembedding of the last stream", (Y, product(last, W_U)))
        want = product(net.head("A", *head), E, W_E, net.head("W_OV", *head), W_U)
        yield call(Y, (logits, theorems.frozen_layers(net)), head, symbol("Y", *head), want=want)


def judge(got, call):
    start, known, _, name = call.arguments
    derived(got, start=start, end=call.want, assumptions=known, name=name, suspects=lambda: suspects(call))


# %% [markdown] mistakes="boxed"
# - **no Δ replaced**: `return ov.Derivation.start(start, given).apply(rules.unfold, given[0])`
#   That is what Y is made of, and it is right. But each Δ is itself made of tokens and weights, as `given[1]`
#   says.
# - **a Δ left**:
#   ```python
#   d = ov.Derivation.start(start, given)
#   for assumption in given:
#       d = d.apply(rules.unfold, assumption)
#   return d
#   ```
#   There is a Δ in it still: what the later layer adds is made of what the earlier one added. What can be
#   done with that Δ?
# - **a Δ left in a term**:
#   ```python
#   d = ov.Derivation.start(start, given)
#   return d.apply(rules.unfold, given[0]).apply(rules.unfold, given[1]).apply(rules.distribute)
#   ```
#   It is multiplied out, but one of the terms has a Δ in it still. So the paths are not all there yet.
# - **a layer left whole**:
#   ```python
#   d = ov.Derivation.start(start, given).apply(rules.unfold, given[0]).apply(rules.distribute)
#   return d.apply(rules.select, d.here.args[1 + head[0]], name)
#   ```
#   What is kept is all that a layer adds. In that may be more paths than the one asked for. What must happen
#   before a path can be selected?
# - **not multiplied out**:
#   ```python
#   d = ov.Derivation.start(start, given)
#   return d.apply(rules.unfold, given[0]).apply(rules.unfold, given[1]).apply(rules.unfold, given[1])
#   ```
#   Only tokens, patterns and weights are left, and that is right. But the paths are not terms of their own
#   yet: they stand inside brackets.
# - **nothing selected**:
#   ```python
#   d = ov.Derivation.start(start, given).apply(rules.unfold, given[0])
#   d = d.apply(rules.unfold, given[1]).apply(rules.unfold, given[1])
#   return d.apply(rules.distribute)
#   ```
#   This is the sum of all paths, and every step is right. One of them passes this head and no other: which?
# - **no head**:
#   ```python
#   d = ov.Derivation.start(start, given).apply(rules.unfold, given[0]).apply(rules.distribute)
#   return d.apply(rules.select, d.here.args[0], name)
#   ```
#   The direct path has been kept. It passes no head at all.
# - **a longer path**:
#   ```python
#   d = ov.Derivation.start(start, given)
#   d = d.apply(rules.unfold, given[0]).apply(rules.unfold, given[1]).apply(rules.unfold, given[1])
#   through_both = tuple(sorted([head, (1 - head[0], 0)]))
#   return d.apply(rules.distribute).apply(rules.select_path, through_both, name)
#   ```
#   A path through this head has been kept, but it passes another head, too.
# - **another head**: `(head,` → `((1 - head[0], head[1]),`
#   The path through another head has been kept. Whose pattern must stand in it?
# - **no steps**: `return ov.Derivation.start(start, given)`
#   The derivation has no step yet. Apply a first rule: `d = d.apply(…)`.


# %% right="boxed" form="multiplied out before each unfolding"
def boxed(start, given, head, name):
    d = ov.Derivation.start(start, given).apply(rules.unfold, given[0]).apply(rules.distribute)
    d = d.apply(rules.unfold, given[1]).apply(rules.distribute)
    return d.apply(rules.unfold, given[1]).apply(rules.distribute).apply(rules.select_path, (head,), name)


# %% right="boxed" form="the layer first, then the path, brackets there and back"
def boxed(start, given, head, name):
    d = ov.Derivation.start(start, given).apply(rules.unfold, given[0]).apply(rules.distribute)
    d = d.apply(rules.select, d.here.args[1 + head[0]], name)
    for _ in range(1 + head[0]):
        d = d.apply(rules.unfold, given[1]).apply(rules.distribute)
    d = d.apply(rules.select_path, (head,), name) if len(d.paths) > 1 else d
    return d.apply(rules.group, *d.here.args[2:]).apply(rules.ungroup)


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


# %% check="longer_paths"
says = "That is not the number for {words}."


def inputs(student):
    sizes = [(6, 2, 2), (4, 3, 1), (3, 2, 2), (2, 4, 0), (1, 3, 0)]
    sizes += [(5, int(rng.integers(2, 4)), int(rng.integers(5))) for rng in student.draws(2)]
    for n_layers, n_heads, layer in sizes:
        yield call(
            n_layers, n_heads, layer, words=f"{n_layers} layers of {n_heads} heads, a head in layer {layer}"
        )


def answer(n_layers, n_heads, layer):
    """By listing: all paths that pass the head, but one."""
    config = Config(n_layers, n_heads, d_model=1, d_head=1, d_vocab=1, n_ctx=1)
    return sum((layer, n_heads - 1) in path for path in paths.enumerate(config)) - 1


# %% [markdown] mistakes="longer_paths"
# - **with the box**: `(n_layers - 1) - 1` → `layer * (1 + n_heads) ** (n_layers - layer - 1)`
#   For {words} this is the number of all paths that pass the head. One of them is in the box.
# - **every other path**:
#   ```python
#   config = ov.Config(n_layers=n_layers, n_heads=n_heads, d_model=1, d_head=1, d_vocab=1, n_ctx=1)
#   return paths.count(config) - 1
#   ```
#   For {words} this counts all paths but the one in the box. Most of them do not pass this head.
# - **those that miss it**: `(1 + n_heads) ** (n_layers - 1) - 1` → `n_heads * (1 + n_heads) ** (n_layers - 1)`
#   For {words} these are the paths that do not pass this head.
# - **one more head**: `return sum(n_heads for other in range(n_layers) if other != layer)`
#   For {words} this counts the paths through the head and one other. A path may pass more than two.
# - **only before it**: `(n_layers - 1)` → `layer`
#   For {words} this counts what earlier heads may have written for it to read. Later heads may read what it
#   writes, too.
# - **only after it**: `- 1)` → `- layer - 1)`
#   For {words} this counts the later heads that may read what it writes. The head itself may read what
#   earlier ones wrote, too.
# - **not both sides at once**: `(n_layers - 1) - 1` → `layer + (1 + n_heads) ** (n_layers - layer - 1) - 2`
#   For {words} this adds the paths with heads before this one and those with heads after it. Some paths have
#   both.
# - **no layer skipped**: `(1 + n_heads) ** (n_layers - 1) - 1` → `n_heads ** (n_layers - 1)`
#   For {words} this lets a path pass a head in every layer. In each other layer there is one more way to go.


# %% right="longer_paths" form="by listing"
def longer_paths(n_layers, n_heads, layer):
    config = ov.Config(n_layers=n_layers, n_heads=n_heads, d_model=1, d_head=1, d_vocab=1, n_ctx=1)
    return len([path for path in paths.enumerate(config) if (layer, 0) in path and path != ((layer, 0),)])


# %% right="longer_paths" form="as a float"
def longer_paths(n_layers, n_heads, layer):
    return float(np.prod([1 + n_heads] * (n_layers - 1)) - 1)
