# What learners write: `mistake` is wrong and must be named so, `right` is unusual and must pass.
# Each cell is run after the set's first code cell, alone.

# %% exercise="heads_apart" mistake="together"
def heads_apart(Z, W_O, n_heads):
    return Z @ W_O


# %% exercise="heads_apart" mistake="the same for all"
def heads_apart(Z, W_O, n_heads):
    return np.stack([Z @ W_O for _ in range(n_heads)])


# %% exercise="heads_apart" mistake="equal shares"
def heads_apart(Z, W_O, n_heads):
    return np.repeat((Z @ W_O / n_heads)[None], n_heads, axis=0)


# %% exercise="heads_apart" mistake="every n-th"
def heads_apart(Z, W_O, n_heads):
    return np.array([Z[:, h::n_heads] @ W_O[h::n_heads] for h in range(n_heads)])


# %% exercise="heads_apart" mistake="positions cut"
def heads_apart(Z, W_O, n_heads):
    d_head = len(W_O) // n_heads
    return Z.reshape(n_heads, len(Z), d_head) @ W_O.reshape(n_heads, d_head, -1)


# %% exercise="heads_apart" mistake="Z right, W_O every n-th"
def heads_apart(Z, W_O, n_heads):
    z = Z.reshape(len(Z), n_heads, -1)
    return np.einsum("phi,ihd->hpd", z, W_O.reshape(-1, n_heads, W_O.shape[1]))


# %% exercise="heads_apart" mistake="W_O right, Z every n-th"
def heads_apart(Z, W_O, n_heads):
    blocks = np.split(W_O, n_heads)
    return np.array([Z[:, h::n_heads] @ blocks[h] for h in range(n_heads)])


# %% exercise="heads_apart" mistake="one part of W_O"
def heads_apart(Z, W_O, n_heads):
    d_head = Z.shape[1] // n_heads
    return np.array([part @ W_O[:d_head] for part in np.split(Z, n_heads, axis=1)])


# %% exercise="heads_apart" mistake="the others"
def heads_apart(Z, W_O, n_heads):
    d_head = Z.shape[1] // n_heads
    out = []
    for h in range(n_heads):
        silent = Z.copy()
        silent[:, h * d_head : (h + 1) * d_head] = 0
        out.append(silent @ W_O)
    return np.array(out)


# %% exercise="heads_apart" mistake="not written"
def heads_apart(Z, W_O, n_heads):
    return np.array(np.split(Z, n_heads, axis=1))


# %% exercise="heads_apart" mistake="head not first"
def heads_apart(Z, W_O, n_heads):
    z, W = Z.reshape(len(Z), n_heads, -1), W_O.reshape(n_heads, -1, W_O.shape[1])
    return np.einsum("phi,hid->phd", z, W)


# %% exercise="heads_apart" mistake="input changed"
def heads_apart(Z, W_O, n_heads):
    d_head = Z.shape[1] // n_heads
    out = []
    for h in range(n_heads):
        out.append(Z[:, :d_head] @ W_O[h * d_head : (h + 1) * d_head])
        Z[:] = np.roll(Z, -d_head, axis=1) + 0.5
    return np.array(out)


# %% exercise="heads_apart" right="all others set to zero"
def heads_apart(Z, W_O, n_heads):
    of_head = np.repeat(np.arange(n_heads), Z.shape[1] // n_heads)
    return [(Z * (of_head == h)) @ W_O for h in range(n_heads)]


# %% exercise="heads_apart" right="what is lost without a head, in float32"
def heads_apart(Z, W_O, n_heads):
    Z, W_O = Z.astype(np.float32), W_O.astype(np.float32)
    keep = 1 - np.kron(np.eye(n_heads), np.ones(len(W_O) // n_heads)).astype(np.float32)
    return Z @ W_O - np.einsum("pi,hi,id->hpd", Z, keep, W_O)


# %% exercise="heads_apart" right="reshape, then the head to the front"
def heads_apart(Z, W_O, n_heads):
    z = np.moveaxis(Z.reshape(Z.shape[0], n_heads, -1), 1, 0)
    return z @ W_O.reshape(n_heads, z.shape[-1], W_O.shape[-1])


# %% exercise="scores_of_tokens" mistake="queries and keys left"
def scores_of_tokens(start, given, W_Q, W_K):
    return ov.Derivation.start(start, given).apply(rules.unfold, given[0])


# %% exercise="scores_of_tokens" mistake="the stream left"
def scores_of_tokens(start, given, W_Q, W_K):
    d = ov.Derivation.start(start, given).apply(rules.unfold, given[0])
    return d.apply(rules.unfold, given[2]).apply(rules.unfold, given[1])


# %% exercise="scores_of_tokens" mistake="the stream left, folded"
def scores_of_tokens(start, given, W_Q, W_K):
    d = ov.Derivation.start(start, given)
    for assumption in given[:3]:
        d = d.apply(rules.unfold, assumption)
    d = d.apply(rules.transposes).apply(rules.distribute)
    return d.apply(rules.group, W_Q, transpose(W_K)).apply(rules.fold, given[4])


# %% exercise="scores_of_tokens" mistake="keys still one product"
def scores_of_tokens(start, given, W_Q, W_K):
    d = ov.Derivation.start(start, given)
    for assumption in given[:4]:
        d = d.apply(rules.unfold, assumption)
    return d


# %% exercise="scores_of_tokens" mistake="keys still one product, no other bracket"
def scores_of_tokens(start, given, W_Q, W_K):
    d = ov.Derivation.start(start, given)
    for assumption in given[:4]:
        d = d.apply(rules.unfold, assumption)
    return d.apply(rules.ungroup)


# %% exercise="scores_of_tokens" mistake="brackets left"
def scores_of_tokens(start, given, W_Q, W_K):
    d = ov.Derivation.start(start, given)
    for assumption in given[:4]:
        d = d.apply(rules.unfold, assumption)
    return d.apply(rules.transposes)


# %% exercise="scores_of_tokens" mistake="not named"
def scores_of_tokens(start, given, W_Q, W_K):
    d = ov.Derivation.start(start, given)
    for assumption in given[:4]:
        d = d.apply(rules.unfold, assumption)
    return d.apply(rules.transposes).apply(rules.distribute)


# %% exercise="scores_of_tokens" mistake="grouped, not named"
def scores_of_tokens(start, given, W_Q, W_K):
    d = ov.Derivation.start(start, given)
    for assumption in given[:4]:
        d = d.apply(rules.unfold, assumption)
    return d.apply(rules.transposes).apply(rules.ungroup).apply(rules.group, W_Q, transpose(W_K))


# %% exercise="scores_of_tokens" mistake="named, brackets left"
def scores_of_tokens(start, given, W_Q, W_K):
    d = ov.Derivation.start(start, given)
    for assumption in given[:3]:
        d = d.apply(rules.unfold, assumption)
    d = d.apply(rules.transposes).apply(rules.ungroup)
    d = d.apply(rules.group, W_Q, transpose(W_K)).apply(rules.fold, given[4])
    return d.apply(rules.unfold, given[3]).apply(rules.transposes)


# %% exercise="scores_of_tokens" mistake="named, one transpose left"
def scores_of_tokens(start, given, W_Q, W_K):
    d = ov.Derivation.start(start, given)
    for assumption in given[:3]:
        d = d.apply(rules.unfold, assumption)
    d = d.apply(rules.transposes).apply(rules.ungroup)
    d = d.apply(rules.group, W_Q, transpose(W_K)).apply(rules.fold, given[4])
    return d.apply(rules.unfold, given[3])


# %% exercise="scores_of_tokens" mistake="no steps"
def scores_of_tokens(start, given, W_Q, W_K):
    return ov.Derivation.start(start, given)


# %% exercise="scores_of_tokens" mistake="blocked"
def scores_of_tokens(start, given, W_Q, W_K):
    return ov.derive("qk-circuit", layers=1, heads=3)


# %% exercise="scores_of_tokens" right="the lesson's order: folded first, tokens last"
def scores_of_tokens(start, given, W_Q, W_K):
    d = ov.Derivation.start(start, given)
    for assumption in given[:3]:
        d = d.apply(rules.unfold, assumption)
    d = d.apply(rules.transposes).apply(rules.ungroup)
    d = d.apply(rules.group, W_Q, transpose(W_K)).apply(rules.fold, given[4])
    return d.apply(rules.unfold, given[3]).apply(rules.transposes).apply(rules.distribute)


# %% exercise="scores_of_tokens" right="keys first, and a detour"
def scores_of_tokens(start, given, W_Q, W_K):
    scores, queries, keys, embedding, named = given
    d = ov.Derivation.start(start, given).apply(rules.unfold, scores).apply(rules.unfold, keys)
    d = d.apply(rules.unfold, embedding).apply(rules.transposes)
    d = d.apply(rules.unfold, queries).apply(rules.unfold, embedding).apply(rules.distribute)
    d = d.apply(rules.group, W_Q, W_K.T).apply(rules.ungroup).apply(rules.group, W_Q, W_K.T)
    return d.apply(rules.fold, named).apply(rules.unfold, named).apply(rules.fold, named)


# %% exercise="qk_table" mistake="not scaled"
def qk_table(W_E, W_Q, W_K):
    return W_E @ W_Q @ W_K.T @ W_E.T


# %% exercise="qk_table" mistake="divided by d_head"
def qk_table(W_E, W_Q, W_K):
    return W_E @ W_Q @ W_K.T @ W_E.T / W_K.shape[1]


# %% exercise="qk_table" mistake="multiplied by the root"
def qk_table(W_E, W_Q, W_K):
    return np.sqrt(W_K.shape[1]) * (W_E @ W_Q @ W_K.T @ W_E.T)


# %% exercise="qk_table" mistake="root of d_model"
def qk_table(W_E, W_Q, W_K):
    return W_E @ W_Q @ W_K.T @ W_E.T / np.sqrt(len(W_Q))


# %% exercise="qk_table" mistake="root of d_vocab"
def qk_table(W_E, W_Q, W_K):
    return W_E @ W_Q @ W_K.T @ W_E.T / np.sqrt(len(W_E))


# %% exercise="qk_table" mistake="roles exchanged"
def qk_table(W_E, W_Q, W_K):
    return (W_E @ W_K) @ (W_E @ W_Q).T / np.sqrt(W_Q.shape[1])


# %% exercise="qk_table" mistake="roles exchanged, not scaled"
def qk_table(W_E, W_Q, W_K):
    return W_E @ (W_Q @ W_K.T).T @ W_E.T


# %% exercise="qk_table" mistake="asks with its own key"
def qk_table(W_E, W_Q, W_K):
    Q = W_E @ W_Q
    return Q @ Q.T / np.sqrt(Q.shape[1])


# %% exercise="qk_table" mistake="keys on both sides"
def qk_table(W_E, W_Q, W_K):
    K = W_E @ W_K
    return K @ K.T / np.sqrt(K.shape[1])


# %% exercise="qk_table" mistake="no embedding"
def qk_table(W_E, W_Q, W_K):
    return W_Q @ W_K.T / np.sqrt(W_Q.shape[1])


# %% exercise="qk_table" mistake="softmax too"
def qk_table(W_E, W_Q, W_K):
    weights = np.exp(W_E @ W_Q @ W_K.T @ W_E.T / np.sqrt(W_Q.shape[1]))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="qk_table" mistake="masked"
def qk_table(W_E, W_Q, W_K):
    return np.tril(W_E @ W_Q @ W_K.T @ W_E.T) / np.sqrt(W_Q.shape[1])


# %% exercise="qk_table" mistake="blocked"
def qk_table(W_E, W_Q, W_K):
    d_vocab, d_model = W_E.shape
    config = ov.Config(1, 1, d_model, W_Q.shape[1], d_vocab, 1)
    rest = {"W_V": W_Q[None, None], "W_O": W_K.T[None, None], "W_U": W_E.T}
    model = ov.Transformer(config, W_E=W_E, W_Q=W_Q[None, None], W_K=W_K[None, None], **rest)
    return circuits.full_qk(model, 0, 0).AB / np.sqrt(W_Q.shape[1])


# %% exercise="qk_table" right="loops over pairs of tokens"
def qk_table(W_E, W_Q, W_K):
    return [[(b @ W_Q) @ (a @ W_K) / len(W_Q.T) ** 0.5 for a in W_E] for b in W_E]


# %% exercise="qk_table" right="factored, in float32"
def qk_table(W_E, W_Q, W_K):
    W_E, W_Q, W_K = (each.astype(np.float32) for each in (W_E, W_Q, W_K))
    return ov.FactoredMatrix(W_E @ W_Q, (W_E @ W_K).T / np.sqrt(np.float32(W_K.shape[1])))


# %% exercise="qk_table" right="the root shared by both sides"
def qk_table(W_E, W_Q, W_K):
    root = W_Q.shape[1] ** 0.25
    return np.einsum("bi,ih,jh,aj->ba", W_E, W_Q / root, W_K / root, W_E)


# %% exercise="same_pattern" mistake="none"
same_pattern = set()

# %% exercise="same_pattern" mistake="columns"
same_pattern = {"a", "b", "d", "f", "h"}

# %% exercise="same_pattern" mistake="doubled"
same_pattern = {"a", "c", "d", "f", "h"}

# %% exercise="same_pattern" mistake="means of columns"
same_pattern = {"a", "d", "e", "f", "h"}

# %% exercise="same_pattern" mistake="queries moved"
same_pattern = "adfg"

# %% exercise="same_pattern" mistake="rows left out"
same_pattern = ["d", "f", "h"]

# %% exercise="same_pattern" mistake="means of rows left out"
same_pattern = {"a", "f", "h"}

# %% exercise="same_pattern" mistake="M left out"
same_pattern = {"a", "d", "h"}

# %% exercise="same_pattern" mistake="keys left out"
same_pattern = {"a", "d", "f"}

# %% exercise="same_pattern" right="a list in another order"
same_pattern = ["H", "f", "d", "a"]

# %% exercise="same_pattern" right="a text"
same_pattern = "a, d, f and h"

# %% exercise="same_pattern" right="found by trying"
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


# %% exercise="source_table" mistake="transposed"
def source_table(model, head, source):
    S = circuits.full_qk(model, 0, head).AB / np.sqrt(model.config.d_head)
    weight = 1 / (1 + np.exp(np.diag(S) - S[:, source]))
    return circuits.full_ov(model, 0, head).AB[source][:, None] * weight


# %% exercise="source_table" mistake="scores"
def source_table(model, head, source):
    S = circuits.full_qk(model, 0, head).AB / np.sqrt(model.config.d_head)
    return S[:, [source]] @ circuits.full_ov(model, 0, head).AB[[source]]


# %% exercise="source_table" mistake="itself without a score"
def source_table(model, head, source):
    S = circuits.full_qk(model, 0, head).AB / np.sqrt(model.config.d_head)
    weight = np.exp(S[:, source]) / (np.exp(S[:, source]) + 1)
    return np.outer(weight, circuits.full_ov(model, 0, head).AB[source])


# %% exercise="source_table" mistake="exponentials"
def source_table(model, head, source):
    S = circuits.full_qk(model, 0, head).AB / np.sqrt(model.config.d_head)
    return np.exp(S[:, [source]]) @ circuits.full_ov(model, 0, head).AB[[source]]


# %% exercise="source_table" mistake="not scaled"
def source_table(model, head, source):
    S = circuits.full_qk(model, 0, head).AB
    weight = 1 / (1 + np.exp(np.diag(S) - S[:, source]))
    return np.outer(weight, circuits.full_ov(model, 0, head).AB[source])


# %% exercise="source_table" mistake="over all tokens"
def source_table(model, head, source):
    weights = np.exp(circuits.full_qk(model, 0, head).AB / np.sqrt(model.config.d_head))
    weights = weights / weights.sum(axis=1, keepdims=True)
    return np.outer(weights[:, source], circuits.full_ov(model, 0, head).AB[source])


# %% exercise="source_table" mistake="over all destinations"
def source_table(model, head, source):
    weights = np.exp(circuits.full_qk(model, 0, head).AB / np.sqrt(model.config.d_head))
    weights = weights / weights.sum(axis=0)
    return np.outer(weights[:, source], circuits.full_ov(model, 0, head).AB[source])


# %% exercise="source_table" mistake="roles exchanged"
def source_table(model, head, source):
    S = circuits.full_qk(model, 0, head).AB / np.sqrt(model.config.d_head)
    weight = 1 / (1 + np.exp(np.diag(S) - S[source]))
    return np.outer(weight, circuits.full_ov(model, 0, head).AB[source])


# %% exercise="source_table" mistake="attention of the source"
def source_table(model, head, source):
    S = circuits.full_qk(model, 0, head).AB / np.sqrt(model.config.d_head)
    weight = np.exp(S[source]) / (np.exp(S[source]) + np.exp(S[source, source]))
    return np.outer(weight, circuits.full_ov(model, 0, head).AB[source])


# %% exercise="source_table" mistake="all its attention"
def source_table(model, head, source):
    return np.tile(circuits.full_ov(model, 0, head).AB[source], (model.config.d_vocab, 1))


# %% exercise="source_table" mistake="attention on itself"
def source_table(model, head, source):
    S = circuits.full_qk(model, 0, head).AB / np.sqrt(model.config.d_head)
    weight = 1 / (1 + np.exp(S[:, source] - np.diag(S)))
    return np.outer(weight, circuits.full_ov(model, 0, head).AB[source])


# %% exercise="source_table" mistake="both tokens"
def source_table(model, head, source):
    texts = np.array([[source, b] for b in range(model.config.d_vocab)])
    return model.run(texts).head_out[0, :, head, 1] @ model.W_U


# %% exercise="source_table" mistake="the destination's value"
def source_table(model, head, source):
    texts = np.array([[source, b] for b in range(model.config.d_vocab)])
    weight = model.run(texts).pattern[0, :, head, 1, 0]
    return weight[:, None] * circuits.full_ov(model, 0, head).AB


# %% exercise="source_table" mistake="a column of OV"
def source_table(model, head, source):
    texts = np.array([[source, b] for b in range(model.config.d_vocab)])
    weight = model.run(texts).pattern[0, :, head, 1, 0]
    return np.outer(weight, circuits.full_ov(model, 0, head).AB[:, source])


# %% exercise="source_table" mistake="OV transposed"
def source_table(model, head, source):
    texts = np.array([[source, b] for b in range(model.config.d_vocab)])
    weight = model.run(texts).pattern[0, :, head, 1, 0]
    return np.outer(weight, model.W_E[source] @ circuits.ov(model, 0, head).AB.T @ model.W_U)


# %% exercise="source_table" mistake="no unembedding"
def source_table(model, head, source):
    texts = np.array([[source, b] for b in range(model.config.d_vocab)])
    weight = model.run(texts).pattern[0, :, head, 1, 0]
    return np.outer(weight, model.W_E[source] @ circuits.ov(model, 0, head).AB)


# %% exercise="source_table" mistake="with the direct path"
def source_table(model, head, source):
    texts = np.array([[source, b] for b in range(model.config.d_vocab)])
    weight = model.run(texts).pattern[0, :, head, 1, 0]
    return np.outer(weight, circuits.full_ov(model, 0, head).AB[source]) + model.W_E @ model.W_U


# %% exercise="source_table" right="from recorded patterns and values, text by text"
def source_table(model, head, source):
    rows = []
    for b in range(model.config.d_vocab):
        run = model.run([source, b])
        rows.append(run.pattern[0, head, 1, 0] * run.v[0, head, 0] @ model.W_O[0, head] @ model.W_U)
    return rows


# %% exercise="source_table" right="all less the destination's part"
def source_table(model, head, source):
    texts = np.array([[source, b] for b in range(model.config.d_vocab)])
    run = model.run(texts)
    itself = run.pattern[0, :, head, 1, 1:] * (run.v[0, :, head, 1] @ model.W_O[0, head])
    return (run.head_out[0, :, head, 1] - itself) @ model.W_U


# %% exercise="source_table" right="a factored matrix of rank 1"
def source_table(model, head, source):
    Q, K = model.W_E @ model.W_Q[0, head], model.W_E @ model.W_K[0, head]
    further = np.einsum("bh,bh->b", Q, K[source] - K) / model.config.d_head**0.5
    weight = (1 + np.tanh(further / 2)) / 2
    row = model.W_E[source] @ model.W_V[0, head] @ model.W_O[0, head] @ model.W_U
    return ov.FactoredMatrix(weight[:, None], row[None])


# %% exercise="without_the_bug" mistake="the bug"
def without_the_bug(d_vocab, source, destinations, outputs):
    config = ov.Config(1, 1, 2 * d_vocab, 1, d_vocab, n_ctx=8)
    W_E, W_U = np.eye(d_vocab, 2 * d_vocab), np.eye(2 * d_vocab, d_vocab, k=-d_vocab)
    W_Q, W_K, W_V = np.zeros((3, 1, 1, 2 * d_vocab, 1))
    W_O = np.zeros((1, 1, 1, 2 * d_vocab))
    W_Q[0, 0, destinations] = 12
    W_K[0, 0, source] = W_V[0, 0, source] = 1
    W_O[0, 0, 0, d_vocab + np.array(outputs)] = 20
    return ov.Transformer(config, W_E=W_E, W_Q=W_Q, W_K=W_K, W_V=W_V, W_O=W_O, W_U=W_U)


# %% exercise="without_the_bug" mistake="another's output"
def without_the_bug(d_vocab, source, destinations, outputs):
    n = len(outputs)
    config = ov.Config(1, n, 2 * d_vocab, 1, d_vocab, n_ctx=8)
    W_E, W_U = np.eye(d_vocab, 2 * d_vocab), np.eye(2 * d_vocab, d_vocab, k=-d_vocab)
    W_Q, W_K, W_V = np.zeros((3, 1, n, 2 * d_vocab, 1))
    W_O = np.zeros((1, n, 1, 2 * d_vocab))
    for head in range(n):
        W_Q[0, head, destinations[head]] = 12
        W_K[0, head, source] = W_V[0, head, source] = 1
        W_O[0, head, 0, d_vocab + outputs[head - 1]] = 20
    return ov.Transformer(config, W_E=W_E, W_Q=W_Q, W_K=W_K, W_V=W_V, W_O=W_O, W_U=W_U)


# %% exercise="without_the_bug" mistake="without the source"
def without_the_bug(d_vocab, source, destinations, outputs):
    n = len(outputs)
    config = ov.Config(1, n, 2 * d_vocab, 1, d_vocab, n_ctx=8)
    W_E, W_U = np.eye(d_vocab, 2 * d_vocab), np.eye(2 * d_vocab, d_vocab, k=-d_vocab)
    for destination, output in zip(destinations, outputs, strict=True):
        W_E[destination, d_vocab + output] = 20
    nothing = np.zeros((1, n, 2 * d_vocab, 1))
    rest = {"W_Q": nothing, "W_K": nothing, "W_V": nothing, "W_O": nothing.swapaxes(2, 3)}
    return ov.Transformer(config, W_E=W_E, W_U=W_U, **rest)


# %% exercise="without_the_bug" mistake="nobody asks"
def without_the_bug(d_vocab, source, destinations, outputs):
    n = len(outputs)
    config = ov.Config(1, n, 2 * d_vocab, 1, d_vocab, n_ctx=8)
    W_E, W_U = np.eye(d_vocab, 2 * d_vocab), np.eye(2 * d_vocab, d_vocab, k=-d_vocab)
    W_Q, W_K, W_V = np.zeros((3, 1, n, 2 * d_vocab, 1))
    W_O = np.zeros((1, n, 1, 2 * d_vocab))
    for head in range(n):
        W_Q[0, head, source] = 12  # the source asks, and the destination answers
        W_K[0, head, destinations[head]] = W_V[0, head, source] = 1
        W_O[0, head, 0, d_vocab + outputs[head]] = 20
    return ov.Transformer(config, W_E=W_E, W_Q=W_Q, W_K=W_K, W_V=W_V, W_O=W_O, W_U=W_U)


# %% exercise="without_the_bug" mistake="no difference"
def without_the_bug(d_vocab, source, destinations, outputs):
    n = len(outputs)
    config = ov.Config(1, n, 2 * d_vocab, 1, d_vocab, n_ctx=8)
    W_E, W_U = np.eye(d_vocab, 2 * d_vocab), np.eye(2 * d_vocab, d_vocab, k=-d_vocab)
    W_Q, W_K, W_V = np.zeros((3, 1, n, 2 * d_vocab, 1))
    W_O = np.zeros((1, n, 1, 2 * d_vocab))
    for head in range(n):
        W_Q[0, head, destinations[head]] = 12
        W_K[0, head, source] = W_V[0, head, source] = 1
        W_O[0, head, 0, outputs[head]] = 20  # into the half that is not said
    return ov.Transformer(config, W_E=W_E, W_Q=W_Q, W_K=W_K, W_V=W_V, W_O=W_O, W_U=W_U)


# %% exercise="without_the_bug" mistake="lowered"
def without_the_bug(d_vocab, source, destinations, outputs):
    n = len(outputs)
    config = ov.Config(1, n, 2 * d_vocab, 1, d_vocab, n_ctx=8)
    W_E, W_U = np.eye(d_vocab, 2 * d_vocab), np.eye(2 * d_vocab, d_vocab, k=-d_vocab)
    W_Q, W_K, W_V = np.zeros((3, 1, n, 2 * d_vocab, 1))
    W_O = np.zeros((1, n, 1, 2 * d_vocab))
    for head in range(n):
        W_Q[0, head, destinations[head]] = 12
        W_K[0, head, source], W_V[0, head, source] = 1, -1
        W_O[0, head, 0, d_vocab + outputs[head]] = 20
    return ov.Transformer(config, W_E=W_E, W_Q=W_Q, W_K=W_K, W_V=W_V, W_O=W_O, W_U=W_U)


# %% exercise="without_the_bug" mistake="some missing"
def without_the_bug(d_vocab, source, destinations, outputs):
    config = ov.Config(1, 2, 2 * d_vocab, 1, d_vocab, n_ctx=8)
    W_E, W_U = np.eye(d_vocab, 2 * d_vocab), np.eye(2 * d_vocab, d_vocab, k=-d_vocab)
    W_Q, W_K, W_V = np.zeros((3, 1, 2, 2 * d_vocab, 1))
    W_O = np.zeros((1, 2, 1, 2 * d_vocab))
    for head in range(2):
        W_Q[0, head, destinations[head]] = 12
        W_K[0, head, source] = W_V[0, head, source] = 1
        W_O[0, head, 0, d_vocab + outputs[head]] = 20
    return ov.Transformer(config, W_E=W_E, W_Q=W_Q, W_K=W_K, W_V=W_V, W_O=W_O, W_U=W_U)


# %% exercise="without_the_bug" mistake="fades in longer texts"
def without_the_bug(d_vocab, source, destinations, outputs):
    n = len(outputs)
    config = ov.Config(1, n, 2 * d_vocab, 1, d_vocab, n_ctx=8)
    W_E, W_U = np.eye(d_vocab, 2 * d_vocab), np.eye(2 * d_vocab, d_vocab, k=-d_vocab)
    W_Q, W_K, W_V = np.zeros((3, 1, n, 2 * d_vocab, 1))
    W_O = np.zeros((1, n, 1, 2 * d_vocab))
    for head in range(n):
        W_Q[0, head, destinations[head]] = W_K[0, head, source] = W_V[0, head, source] = 1
        W_O[0, head, 0, d_vocab + outputs[head]] = 16
    return ov.Transformer(config, W_E=W_E, W_Q=W_Q, W_K=W_K, W_V=W_V, W_O=W_O, W_U=W_U)


# %% exercise="without_the_bug" mistake="too quiet"
def without_the_bug(d_vocab, source, destinations, outputs):
    n = len(outputs)
    config = ov.Config(1, n, 2 * d_vocab, 1, d_vocab, n_ctx=8)
    W_E, W_U = np.eye(d_vocab, 2 * d_vocab), np.eye(2 * d_vocab, d_vocab, k=-d_vocab)
    W_Q, W_K, W_V = np.zeros((3, 1, n, 2 * d_vocab, 1))
    W_O = np.zeros((1, n, 1, 2 * d_vocab))
    for head in range(n):
        W_Q[0, head, destinations[head]] = 12
        W_K[0, head, source] = W_V[0, head, source] = W_O[0, head, 0, d_vocab + outputs[head]] = 1
    return ov.Transformer(config, W_E=W_E, W_Q=W_Q, W_K=W_K, W_V=W_V, W_O=W_O, W_U=W_U)


# %% exercise="without_the_bug" mistake="texts too long"
def without_the_bug(d_vocab, source, destinations, outputs):
    return ov.Transformer.random(ov.Config(1, 2, 2 * d_vocab, 1, d_vocab, n_ctx=3))


# %% exercise="without_the_bug" mistake="another depth"
def without_the_bug(d_vocab, source, destinations, outputs):
    return ov.Transformer.random(ov.Config(2, 1, 2 * d_vocab, 1, d_vocab, n_ctx=8))


# %% exercise="without_the_bug" mistake="another vocabulary"
def without_the_bug(d_vocab, source, destinations, outputs):
    return ov.Transformer.random(ov.Config(1, 2, 16, 1, 8, n_ctx=8))


# %% exercise="without_the_bug" right="one head, and a direct path that forbids"
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


# %% exercise="without_the_bug" right="one head, which takes back at the destination what is wrong there"
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


# %% exercise="without_the_bug" right="a turned stream, wider heads, positions, float32"
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


# %% exercise="without_the_bug" right="tied, no second half"
def without_the_bug(d_vocab, source, destinations, outputs):
    n = len(outputs)
    config = ov.Config(1, n, d_vocab, d_vocab, d_vocab, n_ctx=8)
    W_QK, W_OV = np.zeros((2, 1, n, d_vocab, d_vocab))
    for head in range(n):
        W_QK[0, head, destinations[head], source] = 40
        W_OV[0, head, source, outputs[head]] = 30
    one = np.tile(np.eye(d_vocab), (1, n, 1, 1))
    return ov.Transformer(config, W_E=one[0, 0], W_Q=W_QK, W_K=one, W_V=W_OV, W_O=one, W_U=one[0, 0])
