# What learners write: `mistake` is wrong and must be named so, `right` is unusual and must pass.
# Each cell is run after the set's first code cell, alone.

# %% exercise="layer_adds" mistake="its own output"
def layer_adds(layer, heads):
    stream = symbol("E") * symbol("W_E")
    for before in range(layer + 1):
        stream = stream + symbol("Delta", before)
    return add(*[product(symbol("A", layer, h), stream, symbol("W_OV", layer, h)) for h in range(heads)])


# %% exercise="layer_adds" mistake="the last output left out"
def layer_adds(layer, heads):
    stream = add(symbol("E") * symbol("W_E"), *[symbol("Delta", i) for i in range(layer - 1)])
    return add(*[product(symbol("A", layer, h), stream, symbol("W_OV", layer, h)) for h in range(heads)])


# %% exercise="layer_adds" mistake="only the tokens"
def layer_adds(layer, heads):
    stream = product(symbol("E"), symbol("W_E"))
    return add(*[product(symbol("A", layer, h), stream, symbol("W_OV", layer, h)) for h in range(heads)])


# %% exercise="layer_adds" mistake="only the layer before"
def layer_adds(layer, heads):
    stream = product(symbol("E"), symbol("W_E"))
    if layer:
        stream = add(stream, symbol("Delta", layer - 1))
    return add(*[product(symbol("A", layer, h), stream, symbol("W_OV", layer, h)) for h in range(heads)])


# %% exercise="layer_adds" mistake="without the tokens"
def layer_adds(layer, heads):
    stream = add(*[symbol("Delta", i) for i in range(layer)])
    return add(*[product(symbol("A", layer, h), stream, symbol("W_OV", layer, h)) for h in range(heads)])


# %% exercise="layer_adds" mistake="the stream by name"
def layer_adds(layer, heads):
    X = symbol("X", layer)
    return add(*[symbol("A", layer, h) * X * symbol("W_OV", layer, h) for h in range(heads)])


# %% exercise="layer_adds" mistake="one head"
def layer_adds(layer, heads):
    stream = add(symbol("E") * symbol("W_E"), *[symbol("Delta", i) for i in range(layer)])
    return symbol("A", layer, 0) * stream * symbol("W_OV", layer, 0)


# %% exercise="layer_adds" mistake="one head's weights"
def layer_adds(layer, heads):
    stream = add(symbol("E") * symbol("W_E"), *[symbol("Delta", i) for i in range(layer)])
    return add(*[symbol("A", layer, h) for h in range(heads)]) * stream * symbol("W_OV", layer, 0)


# %% exercise="layer_adds" mistake="not moved"
def layer_adds(layer, heads):
    stream = add(symbol("E") * symbol("W_E"), *[symbol("Delta", i) for i in range(layer)])
    return product(stream, add(*[symbol("W_OV", layer, h) for h in range(heads)]))


# %% exercise="layer_adds" mistake="with the stream"
def layer_adds(layer, heads):
    stream = add(symbol("E") * symbol("W_E"), *[symbol("Delta", i) for i in range(layer)])
    return add(stream, *[symbol("A", layer, h) * stream * symbol("W_OV", layer, h) for h in range(heads)])


# %% exercise="layer_adds" mistake="to the logits"
def layer_adds(layer, heads):
    stream = add(symbol("E") * symbol("W_E"), *[symbol("Delta", i) for i in range(layer)])
    parts = [symbol("A", layer, h) * stream * symbol("W_OV", layer, h) for h in range(heads)]
    return add(*[part * symbol("W_U") for part in parts])


# %% exercise="layer_adds" mistake="shapes do not fit"
def layer_adds(layer, heads):
    stream = add(symbol("E") * symbol("W_E"), *[symbol("Delta", i) for i in range(layer)])
    return add(*[stream * symbol("W_OV", layer, h) * symbol("A", layer, h) for h in range(heads)])


# %% exercise="layer_adds" right="multiplied out, backwards"
def layer_adds(layer, heads):
    terms = []
    for head in reversed(range(heads)):
        A, W_OV = symbol("A", layer, head), symbol("W_OV", layer, head)
        terms += [A * symbol("Delta", i) * W_OV for i in reversed(range(layer))]
        terms.append(product(product(A, symbol("E")), product(symbol("W_E"), W_OV)))
    return add(*terms)


# %% exercise="layer_adds" right="values and outputs unfolded"
def layer_adds(layer, heads):
    stream = add(symbol("E") * symbol("W_E"), *[symbol("Delta", i) for i in range(layer)])
    parts = []
    for head in range(heads):
        V = product(stream, symbol("W_V", layer, head))
        parts.append(product(product(symbol("A", layer, head), V), symbol("W_O", layer, head)))
    return add(*parts)


# %% exercise="frozen_logits" mistake="live patterns"
def frozen_logits(model, pattern, resid):
    n_layers, n_heads = pattern.shape[:2]
    for layer in range(n_layers):
        added = 0
        for head in range(n_heads):
            Q, K = resid @ model.W_Q[layer, head], resid @ model.W_K[layer, head]
            weights = np.tril(np.exp(Q @ K.T / np.sqrt(Q.shape[1])))
            A = weights / weights.sum(axis=1, keepdims=True)
            added = added + A @ resid @ model.W_V[layer, head] @ model.W_O[layer, head]
        resid = resid + added
    return resid @ model.W_U


# %% exercise="frozen_logits" mistake="all layers read the first stream"
def frozen_logits(model, pattern, resid):
    out = pattern @ resid @ model.W_V @ model.W_O
    return (resid + out.sum(axis=(0, 1))) @ model.W_U


# %% exercise="frozen_logits" mistake="heads in a row"
def frozen_logits(model, pattern, resid):
    for layer in range(model.config.n_layers):
        for head in range(model.config.n_heads):
            V = resid @ model.W_V[layer, head]
            resid = resid + pattern[layer, head] @ V @ model.W_O[layer, head]
    return resid @ model.W_U


# %% exercise="frozen_logits" mistake="overwritten"
def frozen_logits(model, pattern, resid):
    for layer in range(model.config.n_layers):
        resid = sum(
            pattern[layer, head] @ resid @ model.W_V[layer, head] @ model.W_O[layer, head]
            for head in range(model.config.n_heads)
        )
    return resid @ model.W_U


# %% exercise="frozen_logits" mistake="pattern transposed"
def frozen_logits(model, pattern, resid):
    for layer in range(model.config.n_layers):
        V = resid @ model.W_V[layer]
        Z = np.einsum("hqk,hqc->hkc", pattern[layer], V)
        resid = resid + (Z @ model.W_O[layer]).sum(axis=0)
    return resid @ model.W_U


# %% exercise="frozen_logits" mistake="summed apart"
def frozen_logits(model, pattern, resid):
    W_OV = (model.W_V @ model.W_O).sum(axis=1)
    A = pattern.sum(axis=1)
    for layer in range(len(A)):
        resid = resid + A[layer] @ resid @ W_OV[layer]
    return resid @ model.W_U


# %% exercise="frozen_logits" mistake="one head"
def frozen_logits(model, pattern, resid):
    for layer in range(model.config.n_layers):
        resid = resid + pattern[layer, 0] @ resid @ model.W_V[layer, 0] @ model.W_O[layer, 0]
    return resid @ model.W_U


# %% exercise="frozen_logits" mistake="last layer left out"
def frozen_logits(model, pattern, resid):
    for layer in range(model.config.n_layers - 1):
        resid = resid + (pattern[layer] @ resid @ model.W_V[layer] @ model.W_O[layer]).sum(axis=0)
    return resid @ model.W_U


# %% exercise="frozen_logits" mistake="no head"
def frozen_logits(model, pattern, resid):
    return resid @ model.W_U


# %% exercise="frozen_logits" mistake="without the direct path"
def frozen_logits(model, pattern, resid):
    added = np.zeros_like(resid)
    for layer in range(model.config.n_layers):
        read = resid + added
        added = added + (pattern[layer] @ read @ model.W_V[layer] @ model.W_O[layer]).sum(axis=0)
    return added @ model.W_U


# %% exercise="frozen_logits" mistake="not unembedded"
def frozen_logits(model, pattern, resid):
    for layer in range(model.config.n_layers):
        resid = resid + (pattern[layer] @ resid @ model.W_V[layer] @ model.W_O[layer]).sum(axis=0)
    return resid


# %% exercise="frozen_logits" mistake="input changed"
def frozen_logits(model, pattern, resid):
    for layer in range(model.config.n_layers):
        resid += (pattern[layer] @ resid @ model.W_V[layer] @ model.W_O[layer]).sum(axis=0)
    return resid @ model.W_U


# %% exercise="frozen_logits" right="loops, with the stream copied"
def frozen_logits(model, pattern, resid):
    stream = resid.copy()
    for layer in range(model.config.n_layers):
        read = stream.copy()
        for head in range(model.config.n_heads):
            V = read @ model.W_V[layer, head]
            for i in range(len(read)):
                mixed = sum(pattern[layer, head, i, j] * V[j] for j in range(len(read)))
                stream[i] += mixed @ model.W_O[layer, head]
    return (stream @ model.W_U).tolist()


# %% exercise="frozen_logits" right="one big matrix a layer"
def frozen_logits(model, pattern, resid):
    flat = resid.ravel()
    for A, W_V, W_O in zip(pattern, model.W_V, model.W_O, strict=True):
        whole = np.eye(flat.size)
        for of_head, read, write in zip(A, W_V, W_O, strict=True):
            whole = whole + np.kron(of_head, (read @ write).T)
        flat = whole @ flat
    return flat.reshape(resid.shape) @ model.W_U


# %% exercise="frozen_logits" right="every path, in float32"
def frozen_logits(model, pattern, resid):
    W_OV = (model.W_V @ model.W_O).astype(np.float32)

    def after(layer, stream):
        if layer == len(pattern):
            return stream @ model.W_U
        total = after(layer + 1, stream)
        for A, W in zip(pattern[layer].astype(np.float32), W_OV[layer], strict=True):
            total = total + after(layer + 1, A @ stream @ W)
        return total

    return after(0, resid.astype(np.float32))


# %% exercise="superposes" mistake="none"
superposes = []

# %% exercise="superposes" mistake="different layers"
superposes = {"a", "b", "c", "d", "f"}

# %% exercise="superposes" mistake="layer norm"
superposes = {"a", "b", "c", "e", "f"}

# %% exercise="superposes" mistake="first order"
superposes = {"a", "b", "c", "f", "g"}

# %% exercise="superposes" mistake="the sum left out"
superposes = {"b", "c", "f"}

# %% exercise="superposes" mistake="the multiple left out"
superposes = {"a", "c", "f"}

# %% exercise="superposes" mistake="one layer left out"
superposes = "abf"

# %% exercise="superposes" mistake="the recorded text left out"
superposes = ("a", "b", "c")

# %% exercise="superposes" right="a list in another order"
superposes = ["F", "c", "b", "a"]

# %% exercise="superposes" right="a text"
superposes = "a, b, c, f"


# %% exercise="freezing_cost" mistake="frozen on the changed text"
def freezing_cost(model, tokens, changed):
    truth = model.run(changed)
    logits = truth.frozen().run().logits
    return np.linalg.norm(logits - truth.logits) / np.linalg.norm(truth.logits)


# %% exercise="freezing_cost" mistake="not relative"
def freezing_cost(model, tokens, changed):
    truth = model.run(changed)
    stale = model.run(tokens).frozen().run(resid=truth.embedding)
    return np.sqrt(((stale.logits - truth.logits) ** 2).sum())


# %% exercise="freezing_cost" mistake="relative to the frozen logits"
def freezing_cost(model, tokens, changed):
    truth = model.run(changed)
    stale = model.run(tokens).frozen().run(resid=model.W_E[changed])
    return np.linalg.norm(truth.logits - stale.logits) / np.linalg.norm(stale.logits)


# %% exercise="freezing_cost" mistake="relative to the old logits"
def freezing_cost(model, tokens, changed):
    run, truth = model.run(tokens), model.run(changed)
    stale = run.frozen().run(resid=truth.embedding)
    return np.linalg.norm(truth.logits - stale.logits) / np.linalg.norm(run.logits)


# %% exercise="freezing_cost" mistake="the old logits"
def freezing_cost(model, tokens, changed):
    truth = model.run(changed)
    stale = model.run(tokens).frozen().run()
    return np.linalg.norm(stale.logits - truth.logits) / np.linalg.norm(truth.logits)


# %% exercise="freezing_cost" mistake="the texts exchanged"
def freezing_cost(model, tokens, changed):
    truth = model.run(tokens)
    stale = model.run(changed).frozen().run(resid=truth.embedding)
    return np.linalg.norm(stale.logits - truth.logits) / np.linalg.norm(truth.logits)


# %% exercise="freezing_cost" mistake="the frozen network on two texts"
def freezing_cost(model, tokens, changed):
    frozen = model.run(tokens).frozen()
    new, old = frozen.run(resid=model.W_E[changed]).logits, frozen.run().logits
    return np.linalg.norm(new - old) / np.linalg.norm(old)


# %% exercise="freezing_cost" mistake="squared"
def freezing_cost(model, tokens, changed):
    truth = model.run(changed).logits
    stale = model.run(tokens).frozen().run(resid=model.W_E[changed]).logits
    return ((stale - truth) ** 2).sum() / (truth**2).sum()


# %% exercise="freezing_cost" mistake="the largest difference"
def freezing_cost(model, tokens, changed):
    truth = model.run(changed)
    stale = model.run(tokens).frozen().run(resid=truth.embedding)
    return abs(stale.logits - truth.logits).max()


# %% exercise="freezing_cost" mistake="mean over positions"
def freezing_cost(model, tokens, changed):
    truth = model.run(changed).logits
    stale = model.run(tokens).frozen().run(resid=model.W_E[changed]).logits
    costs = [np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in zip(stale, truth, strict=True)]
    return sum(costs) / len(costs)


# %% exercise="freezing_cost" mistake="last position"
def freezing_cost(model, tokens, changed):
    truth = model.run(changed).logits[-1]
    stale = model.run(tokens).frozen().run(resid=model.W_E[changed]).logits[-1]
    return np.linalg.norm(stale - truth) / np.linalg.norm(truth)


# %% exercise="freezing_cost" mistake="by entries"
def freezing_cost(model, tokens, changed):
    truth = model.run(changed).logits
    stale = model.run(tokens).frozen().run(resid=model.W_E[changed]).logits
    return np.mean(np.abs((stale - truth) / truth))


# %% exercise="freezing_cost" right="by hand, with the patterns"
def freezing_cost(model, tokens, changed):
    pattern, X = model.run(tokens).pattern, model.W_E[changed]
    for layer in range(len(pattern)):
        X = X + (pattern[layer] @ X @ model.W_V[layer] @ model.W_O[layer]).sum(axis=0)
    truth = model.run(changed).logits
    return float(np.sqrt(((X @ model.W_U - truth) ** 2).sum() / (truth**2).sum()))


# %% exercise="freezing_cost" right="in float32, as an array"
def freezing_cost(model, tokens, changed):
    truth = model.run(changed)
    stale = model.run(tokens).frozen().run(resid=truth.embedding)
    gap, size = (x.astype(np.float32).ravel() for x in (stale.logits - truth.logits, truth.logits))
    return np.sqrt(gap @ gap) / np.sqrt(size @ size)
