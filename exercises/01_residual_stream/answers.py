# What learners write: `mistake` is wrong and must be named so, `right` is unusual and must pass.
# Each cell is run after the set's first code cell, alone.

# %% exercise="count_writers" mistake="no embedding"
def count_writers(n_layers, n_heads):
    return n_layers * n_heads


# %% exercise="count_writers" mistake="layers only"
def count_writers(n_layers, n_heads):
    return len(["X_0", *range(n_layers)])


# %% exercise="count_writers" mistake="one layer too many"
def count_writers(n_layers, n_heads):
    return 1 + sum(n_heads for layer in range(n_layers + 1))


# %% exercise="count_writers" mistake="an embedding a layer"
def count_writers(n_layers, n_heads):
    return sum(1 + n_heads for layer in range(n_layers))


# %% exercise="count_writers" mistake="added"
def count_writers(n_layers, n_heads):
    return n_layers + n_heads + 1


# %% exercise="count_writers" mistake="paths"
def count_writers(n_layers, n_heads):
    return (1 + n_heads) ** n_layers


# %% exercise="count_writers" right="counted one by one, as a float"
def count_writers(n_layers, n_heads):
    count = 1.0
    for _layer in range(n_layers):
        for _head in range(n_heads):
            count += 1
    return count


# %% exercise="count_writers" right="counted in an array"
def count_writers(n_layers, n_heads):
    return np.ones((n_layers, n_heads)).sum() + np.int64(1)


# %% exercise="stream_between" mistake="only the name"
def stream_between(a, b):
    return symbol("X", b)


# %% exercise="stream_between" mistake="one step"
def stream_between(a, b):
    return symbol("X", b - 1) + symbol("Delta", b - 1)


# %% exercise="stream_between" mistake="shifted by one"
def stream_between(a, b):
    total = symbol("X", a)
    while a < b:
        a += 1
        total = total + symbol("Delta", a)
    return total


# %% exercise="stream_between" mistake="one term too many"
def stream_between(a, b):
    return add(symbol("X", a), *[symbol("Delta", i) for i in range(a, b + 1)])


# %% exercise="stream_between" mistake="begins too late"
def stream_between(a, b):
    return add(symbol("X", a), *[symbol("Delta", i) for i in range(a + 1, b)])


# %% exercise="stream_between" mistake="ends too early"
def stream_between(a, b):
    return add(symbol("X", a), *[symbol("Delta", i) for i in range(a, b - 1)])


# %% exercise="stream_between" mistake="no first stream"
def stream_between(a, b):
    return add(*[symbol("Delta", i) for i in range(a, b)])


# %% exercise="stream_between" mistake="down to the embedding"
def stream_between(a, b):
    return add(symbol("X", 0), *[symbol("Delta", i) for i in range(b)])


# %% exercise="stream_between" mistake="all outputs"
def stream_between(a, b):
    return add(symbol("X", a), *[symbol("Delta", i) for i in range(b)])


# %% exercise="stream_between" right="backwards, with plus"
def stream_between(a, b):
    total = symbol("X", a)
    for layer in reversed(range(a, b)):
        total = symbol("Delta", layer) + total
    return total


# %% exercise="stream_between" right="as a recursion, with brackets"
def stream_between(a, b):
    if a == b:
        return symbol("X", a)
    return add(stream_between(a, b - 1), symbol("Delta", b - 1))


# %% exercise="stream_between" right="by rules"
def stream_between(a, b):
    steps = tuple(
        ov.Relation(symbol("X", i + 1), add(symbol("X", i), symbol("Delta", i))) for i in range(a, b)
    )
    given = ov.Assumption("residual stream", "each layer adds its output", steps)
    d = ov.Derivation.start(symbol("X", b), [given])
    for _ in steps:
        d = d.apply(ov.rules.unfold, given)
    return d.result.rhs if steps else symbol("X", a)


# %% exercise="stream_before" mistake="one layer too many"
def stream_before(X_0, head_out, layer):
    return X_0 + head_out[: layer + 1].sum(axis=1).sum(axis=0)


# %% exercise="stream_before" mistake="one layer too few"
def stream_before(X_0, head_out, layer):
    total = X_0.copy()
    for i in range(layer - 1):
        total += head_out[i].sum(axis=0)
    return total


# %% exercise="stream_before" mistake="all layers"
def stream_before(X_0, head_out, layer):
    return X_0 + head_out.sum(axis=(0, 1))


# %% exercise="stream_before" mistake="no embedding"
def stream_before(X_0, head_out, layer):
    return np.einsum("lhpd->pd", head_out[:layer])


# %% exercise="stream_before" mistake="only the layer below"
def stream_before(X_0, head_out, layer):
    return X_0 + sum(head_out[layer - 1])


# %% exercise="stream_before" mistake="one head"
def stream_before(X_0, head_out, layer):
    return X_0 + sum(head_out[i][0] for i in range(layer))


# %% exercise="stream_before" mistake="mean of the heads"
def stream_before(X_0, head_out, layer):
    return X_0 + head_out[:layer].mean(axis=1).sum(axis=0)


# %% exercise="stream_before" mistake="input changed"
def stream_before(X_0, head_out, layer):
    for outputs in head_out[:layer]:
        for output in outputs:
            X_0 += output
    return X_0


# %% exercise="stream_before" right="loops"
def stream_before(X_0, head_out, layer):
    total = X_0
    for i in range(layer):
        for output in head_out[i]:
            total = total + output
    return total.tolist()


# %% exercise="stream_before" right="a running sum in float32"
def stream_before(X_0, head_out, layer):
    streams = [X_0.astype(np.float32)]
    for outputs in head_out.astype(np.float32):
        streams.append(streams[-1] + np.add.reduce(outputs))
    return streams[layer]


# %% exercise="stream_before" right="einsum with a switch a layer"
def stream_before(X_0, head_out, layer):
    is_below = np.arange(len(head_out)) < layer
    return X_0 + np.einsum("l,lhpd->pd", is_below, head_out)


# %% exercise="logit_parts" mistake="no embedding"
def logit_parts(X_0, head_out, W_U, position, token):
    return (head_out @ W_U)[:, :, position, token].ravel()


# %% exercise="logit_parts" mistake="embedding last"
def logit_parts(X_0, head_out, W_U, position, token):
    heads = (head_out @ W_U)[:, :, position, token].ravel()
    return np.append(heads, (X_0 @ W_U)[position, token])


# %% exercise="logit_parts" mistake="heads before layers"
def logit_parts(X_0, head_out, W_U, position, token):
    column = W_U[:, token]
    parts = [X_0[position] @ column]
    for head in range(head_out.shape[1]):
        for layer in range(head_out.shape[0]):
            parts.append(head_out[layer, head, position] @ column)
    return parts


# %% exercise="logit_parts" mistake="one part a layer"
def logit_parts(X_0, head_out, W_U, position, token):
    Delta = head_out.sum(axis=1)
    return [X_0[position] @ W_U[:, token], *(Delta[:, position] @ W_U[:, token])]


# %% exercise="logit_parts" mistake="not split"
def logit_parts(X_0, head_out, W_U, position, token):
    return ((X_0 + head_out.sum(axis=(0, 1))) @ W_U)[position, token]


# %% exercise="logit_parts" mistake="all tokens"
def logit_parts(X_0, head_out, W_U, position, token):
    heads = head_out[:, :, position].reshape(-1, X_0.shape[1])
    return np.vstack([X_0[position], heads]) @ W_U


# %% exercise="logit_parts" mistake="the favourite token"
def logit_parts(X_0, head_out, W_U, position, token):
    rows = np.vstack([X_0[position], *head_out[:, :, position]])
    best = (rows.sum(axis=0) @ W_U).argmax()
    return rows @ W_U[:, best]


# %% exercise="logit_parts" mistake="last position"
def logit_parts(X_0, head_out, W_U, position, token):
    column = W_U[:, token]
    return [X_0[-1] @ column, *(head_out[:, :, -1] @ column).ravel()]


# %% exercise="logit_parts" mistake="all positions"
def logit_parts(X_0, head_out, W_U, position, token):
    column = W_U[:, token]
    return [(X_0 @ column).sum(), *(head_out @ column).sum(axis=-1).ravel()]


# %% exercise="logit_parts" mistake="shares"
def logit_parts(X_0, head_out, W_U, position, token):
    column = W_U[:, token]
    parts = np.array([X_0[position] @ column, *(head_out[:, :, position] @ column).ravel()])
    return parts / parts.sum()


# %% exercise="logit_parts" mistake="sizes"
def logit_parts(X_0, head_out, W_U, position, token):
    column = W_U[:, token]
    return [abs(X_0[position] @ column), *abs(head_out[:, :, position] @ column).ravel()]


# %% exercise="logit_parts" right="single numbers in loops"
def logit_parts(X_0, head_out, W_U, position, token):
    writers = [X_0]
    for outputs in head_out:
        writers.extend(outputs)
    return [sum(w[position][c] * W_U[c, token] for c in range(len(W_U))) for w in writers]


# %% exercise="logit_parts" right="einsum in float32"
def logit_parts(X_0, head_out, W_U, position, token):
    *_, pos, d_model = head_out.shape
    writers = np.concatenate([X_0[None], head_out.reshape(-1, pos, d_model)]).astype(np.float32)
    return np.einsum("wpd,dv->wpv", writers, W_U.astype(np.float32))[:, position, token]
