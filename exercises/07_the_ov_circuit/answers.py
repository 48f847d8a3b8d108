# What learners write: `mistake` is wrong and must be named so, `right` is unusual and must pass.
# Each cell is run after the set's first code cell, alone.

# %% exercise="direct_contribution" mistake="reads the whole stream"
def direct_contribution(run, layer, head):
    return run.head_out[layer, head] @ run.model.W_U


# %% exercise="direct_contribution" mistake="every path through it"
def direct_contribution(run, layer, head):
    n_layers, n_heads = run.pattern.shape[:2]
    others = {(a, b) for a in range(n_layers) for b in range(n_heads)} - {(layer, head)}
    return run.logits - run.frozen().run(heads=others).logits


# %% exercise="direct_contribution" mistake="pattern transposed"
def direct_contribution(run, layer, head):
    model, A = run.model, run.pattern[layer, head]
    values = model.W_E[run.tokens] @ model.W_V[layer, head]
    return np.einsum("qk,qh->kh", A, values) @ model.W_O[layer, head] @ model.W_U


# %% exercise="direct_contribution" mistake="no pattern"
def direct_contribution(run, layer, head):
    model = run.model
    circuit = model.W_E @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U
    return circuit[run.tokens]


# %% exercise="direct_contribution" mistake="scores"
def direct_contribution(run, layer, head):
    model = run.model
    circuit = model.W_E @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U
    return run.scores[layer, head] @ circuit[run.tokens]


# %% exercise="direct_contribution" mistake="another head's pattern"
def direct_contribution(run, layer, head):
    model = run.model
    circuit = model.W_E @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U
    return run.pattern[layer, head - 1] @ circuit[run.tokens]


# %% exercise="direct_contribution" mistake="OV transposed"
def direct_contribution(run, layer, head):
    model = run.model
    W_OV = (model.W_V[layer, head] @ model.W_O[layer, head]).T
    return run.pattern[layer, head] @ run.embedding @ W_OV @ model.W_U


# %% exercise="direct_contribution" mistake="with the direct path"
def direct_contribution(run, layer, head):
    return run.frozen().run(heads={(layer, head)}).logits


# %% exercise="direct_contribution" mistake="no unembedding"
def direct_contribution(run, layer, head):
    model = run.model
    return run.pattern[layer, head] @ run.embedding @ model.W_V[layer, head] @ model.W_O[layer, head]


# %% exercise="direct_contribution" mistake="the circuit"
def direct_contribution(run, layer, head):
    model = run.model
    return model.W_E @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U


# %% exercise="direct_contribution" right="by an intervention"
def direct_contribution(run, layer, head):
    frozen = run.frozen()
    return frozen.run(heads={(layer, head)}).logits - frozen.run(heads=set()).logits


# %% exercise="direct_contribution" right="a row for each position, in float32"
def direct_contribution(run, layer, head):
    model = run.model
    reads, writes = model.W_V[layer, head].astype(np.float32), model.W_O[layer, head].astype(np.float32)
    rows = []
    for query in range(len(run.tokens)):
        weights = run.pattern[layer, head, query]
        mean = sum(weights[key] * model.W_E[token] for key, token in enumerate(run.tokens))
        rows.append(((mean.astype(np.float32) @ reads) @ writes) @ model.W_U.astype(np.float32))
    return rows


# %% exercise="direct_contribution" right="factored"
def direct_contribution(run, layer, head):
    model = run.model
    circuit = model.W_E @ ov.FactoredMatrix(model.W_V[layer, head], model.W_O[layer, head]) @ model.W_U
    return run.pattern[layer, head] @ np.eye(model.config.d_vocab)[run.tokens] @ circuit


# %% exercise="most_raised" mistake="a column"
def most_raised(model, layer, head, token, k):
    circuit = model.W_E @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U
    return np.argsort(circuit[:, token])[::-1][:k]


# %% exercise="most_raised" mistake="least first"
def most_raised(model, layer, head, token, k):
    circuit = model.W_E @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U
    return np.argsort(circuit[token])[-k:]


# %% exercise="most_raised" mistake="most lowered"
def most_raised(model, layer, head, token, k):
    circuit = model.W_E @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U
    return np.argsort(circuit[token])[:k]


# %% exercise="most_raised" mistake="by size alone"
def most_raised(model, layer, head, token, k):
    circuit = model.W_E @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U
    return list(np.argsort(circuit[token] ** 2))[: -k - 1 : -1]


# %% exercise="most_raised" mistake="numbers, not tokens"
def most_raised(model, layer, head, token, k):
    circuit = model.W_E @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U
    return sorted(circuit[token], reverse=True)[:k]


# %% exercise="most_raised" mistake="without the head"
def most_raised(model, layer, head, token, k):
    direct = model.run([token]).frozen().run(heads=set()).logits[0]
    return np.argsort(-direct)[:k]


# %% exercise="most_raised" mistake="OV transposed"
def most_raised(model, layer, head, token, k):
    circuit = model.W_E @ model.W_O[layer, head].T @ model.W_V[layer, head].T @ model.W_U
    return np.argsort(-circuit[token])[:k]


# %% exercise="most_raised" right="from one row, by a loop"
def most_raised(model, layer, head, token, k):
    row = list(model.W_E[token] @ model.W_V[layer, head] @ model.W_O[layer, head] @ model.W_U)
    best = []
    for _ in range(k):
        place = max(range(len(row)), key=row.__getitem__)
        best.append(place)
        row[place] = -np.inf
    return tuple(best)


# %% exercise="most_raised" right="by an intervention on a text of one token"
def most_raised(model, layer, head, token, k):
    frozen = model.run([token]).frozen()
    added = frozen.run(heads={(layer, head)}).logits - frozen.run(heads=set()).logits
    return np.argsort(added[0])[::-1][:k].astype(np.int32)


# %% exercise="boxed" mistake="no Δ replaced"
def boxed(start, given, head, name):
    return ov.Derivation.start(start, given).apply(rules.unfold, given[0])


# %% exercise="boxed" mistake="a Δ left"
def boxed(start, given, head, name):
    d = ov.Derivation.start(start, given)
    for assumption in given:
        d = d.apply(rules.unfold, assumption)
    return d


# %% exercise="boxed" mistake="a Δ left in a term"
def boxed(start, given, head, name):
    d = ov.Derivation.start(start, given)
    return d.apply(rules.unfold, given[0]).apply(rules.unfold, given[1]).apply(rules.distribute)


# %% exercise="boxed" mistake="a layer left whole"
def boxed(start, given, head, name):
    d = ov.Derivation.start(start, given).apply(rules.unfold, given[0]).apply(rules.distribute)
    return d.apply(rules.select, d.here.args[1 + head[0]], name)


# %% exercise="boxed" mistake="not multiplied out"
def boxed(start, given, head, name):
    d = ov.Derivation.start(start, given)
    return d.apply(rules.unfold, given[0]).apply(rules.unfold, given[1]).apply(rules.unfold, given[1])


# %% exercise="boxed" mistake="nothing selected"
def boxed(start, given, head, name):
    d = ov.Derivation.start(start, given).apply(rules.unfold, given[0])
    d = d.apply(rules.unfold, given[1]).apply(rules.unfold, given[1])
    return d.apply(rules.distribute)


# %% exercise="boxed" mistake="no head"
def boxed(start, given, head, name):
    d = ov.Derivation.start(start, given).apply(rules.unfold, given[0]).apply(rules.distribute)
    return d.apply(rules.select, d.here.args[0], name)


# %% exercise="boxed" mistake="a longer path"
def boxed(start, given, head, name):
    d = ov.Derivation.start(start, given)
    d = d.apply(rules.unfold, given[0]).apply(rules.unfold, given[1]).apply(rules.unfold, given[1])
    through_both = tuple(sorted([head, (1 - head[0], 0)]))
    return d.apply(rules.distribute).apply(rules.select_path, through_both, name)


# %% exercise="boxed" mistake="another head"
def boxed(start, given, head, name):
    d = ov.Derivation.start(start, given)
    d = d.apply(rules.unfold, given[0]).apply(rules.unfold, given[1]).apply(rules.unfold, given[1])
    return d.apply(rules.distribute).apply(rules.select_path, ((1 - head[0], head[1]),), name)


# %% exercise="boxed" mistake="no steps"
def boxed(start, given, head, name):
    return ov.Derivation.start(start, given)


# %% exercise="boxed" right="multiplied out before each unfolding"
def boxed(start, given, head, name):
    d = ov.Derivation.start(start, given).apply(rules.unfold, given[0]).apply(rules.distribute)
    d = d.apply(rules.unfold, given[1]).apply(rules.distribute)
    return d.apply(rules.unfold, given[1]).apply(rules.distribute).apply(rules.select_path, (head,), name)


# %% exercise="boxed" right="the layer first, then the path, brackets there and back"
def boxed(start, given, head, name):
    d = ov.Derivation.start(start, given).apply(rules.unfold, given[0]).apply(rules.distribute)
    d = d.apply(rules.select, d.here.args[1 + head[0]], name)
    for _ in range(1 + head[0]):
        d = d.apply(rules.unfold, given[1]).apply(rules.distribute)
    d = d.apply(rules.select_path, (head,), name) if len(d.paths) > 1 else d
    return d.apply(rules.group, *d.here.args[2:]).apply(rules.ungroup)


# %% exercise="longer_paths" mistake="with the box"
def longer_paths(n_layers, n_heads, layer):
    return (1 + n_heads) ** layer * (1 + n_heads) ** (n_layers - layer - 1)


# %% exercise="longer_paths" mistake="every other path"
def longer_paths(n_layers, n_heads, layer):
    config = ov.Config(n_layers=n_layers, n_heads=n_heads, d_model=1, d_head=1, d_vocab=1, n_ctx=1)
    return paths.count(config) - 1


# %% exercise="longer_paths" mistake="those that miss it"
def longer_paths(n_layers, n_heads, layer):
    return n_heads * (1 + n_heads) ** (n_layers - 1)


# %% exercise="longer_paths" mistake="one more head"
def longer_paths(n_layers, n_heads, layer):
    return sum(n_heads for other in range(n_layers) if other != layer)


# %% exercise="longer_paths" mistake="only before it"
def longer_paths(n_layers, n_heads, layer):
    return (1 + n_heads) ** layer - 1


# %% exercise="longer_paths" mistake="only after it"
def longer_paths(n_layers, n_heads, layer):
    return (1 + n_heads) ** (n_layers - layer - 1) - 1


# %% exercise="longer_paths" mistake="not both sides at once"
def longer_paths(n_layers, n_heads, layer):
    return (1 + n_heads) ** layer + (1 + n_heads) ** (n_layers - layer - 1) - 2


# %% exercise="longer_paths" mistake="no layer skipped"
def longer_paths(n_layers, n_heads, layer):
    return n_heads ** (n_layers - 1)


# %% exercise="longer_paths" right="by listing"
def longer_paths(n_layers, n_heads, layer):
    config = ov.Config(n_layers=n_layers, n_heads=n_heads, d_model=1, d_head=1, d_vocab=1, n_ctx=1)
    return len([path for path in paths.enumerate(config) if (layer, 0) in path and path != ((layer, 0),)])


# %% exercise="longer_paths" right="as a float"
def longer_paths(n_layers, n_heads, layer):
    return float(np.prod([1 + n_heads] * (n_layers - 1)) - 1)
