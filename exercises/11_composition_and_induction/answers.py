# What learners write: `mistake` is wrong and must be named so, `right` is unusual and must pass.
# Each cell is run after the set's first code cell, alone.
# Most networks that are written by hand here have d_head = d_model, with keys and values that are the whole
# stream: so W_Q alone says what is compared, and W_O alone what is moved.

# %% exercise="composition" mistake="not normalised"
def composition(model, kind, first, second):
    sides = {"Q": ("W_Q", "W_K"), "K": ("W_K", "W_Q")}
    W_OV = model.W_V[first] @ model.W_O[first]
    if kind == "V":
        return np.linalg.norm(W_OV @ model.W_V[second] @ model.W_O[second])
    reads, other = (getattr(model, name)[second] for name in sides[kind])
    return np.linalg.norm(W_OV @ reads @ other.T)


# %% exercise="composition" mistake="squared"
def composition(model, kind, first, second):
    W_OV = model.W_V[first] @ model.W_O[first]
    W_QK = model.W_Q[second] @ model.W_K[second].T
    M = {"Q": W_QK, "K": W_QK.T, "V": model.W_V[second] @ model.W_O[second]}[kind]
    return np.sum((W_OV @ M) ** 2) / (np.sum(W_OV**2) * np.sum(M**2))


# %% exercise="composition" mistake="spectral norm"
def composition(model, kind, first, second):
    W_OV = model.W_V[first] @ model.W_O[first]
    W_QK = model.W_Q[second] @ model.W_K[second].T
    M = {"Q": W_QK, "K": W_QK.T, "V": model.W_V[second] @ model.W_O[second]}[kind]
    return np.linalg.norm(W_OV @ M, 2) / (np.linalg.norm(W_OV, 2) * np.linalg.norm(M, 2))


# %% exercise="composition" mistake="one norm missing"
def composition(model, kind, first, second):
    W_OV = model.W_V[first] @ model.W_O[first]
    W_QK = model.W_Q[second] @ model.W_K[second].T
    M = {"Q": W_QK, "K": W_QK.T, "V": model.W_V[second] @ model.W_O[second]}[kind]
    return np.linalg.norm(W_OV @ M) / np.linalg.norm(W_OV)


# %% exercise="composition" mistake="other norm missing"
def composition(model, kind, first, second):
    W_OV = model.W_V[first] @ model.W_O[first]
    W_QK = model.W_Q[second] @ model.W_K[second].T
    M = {"Q": W_QK, "K": W_QK.T, "V": model.W_V[second] @ model.W_O[second]}[kind]
    return np.linalg.norm(W_OV @ M) / np.linalg.norm(M)


# %% exercise="composition" mistake="over the baseline"
def composition(model, kind, first, second):
    W_OV = model.W_V[first] @ model.W_O[first]
    W_QK = model.W_Q[second] @ model.W_K[second].T
    M = {"Q": W_QK, "K": W_QK.T, "V": model.W_V[second] @ model.W_O[second]}[kind]
    norm = np.linalg.norm
    return norm(W_OV @ M) / (norm(W_OV) * norm(M)) / ov.circuits.composition_baseline(model.config)


# %% exercise="composition" mistake="one side only"
def composition(model, kind, first, second):
    W_OV = model.W_V[first] @ model.W_O[first]
    M = getattr(model, f"W_{kind}")[second]
    return np.linalg.norm(W_OV @ M) / (np.linalg.norm(W_OV) * np.linalg.norm(M))


# %% exercise="composition" mistake="wrong order"
def composition(model, kind, first, second):
    W_OV = model.W_V[first] @ model.W_O[first]
    W_QK = model.W_Q[second] @ model.W_K[second].T
    M = {"Q": W_QK, "K": W_QK.T, "V": model.W_V[second] @ model.W_O[second]}[kind]
    return np.linalg.norm(M @ W_OV) / (np.linalg.norm(W_OV) * np.linalg.norm(M))


# %% exercise="composition" mistake="first head transposed"
def composition(model, kind, first, second):
    W_OV = model.W_O[first].T @ model.W_V[first].T
    W_QK = model.W_Q[second] @ model.W_K[second].T
    M = {"Q": W_QK, "K": W_QK.T, "V": model.W_V[second] @ model.W_O[second]}[kind]
    return np.linalg.norm(W_OV @ M) / (np.linalg.norm(W_OV) * np.linalg.norm(M))


# %% exercise="composition" mistake="heads exchanged"
def composition(model, kind, first, second):
    W_OV = model.W_V[second] @ model.W_O[second]
    W_QK = model.W_Q[first] @ model.W_K[first].T
    M = {"Q": W_QK, "K": W_QK.T, "V": model.W_V[first] @ model.W_O[first]}[kind]
    return np.linalg.norm(W_OV @ M) / (np.linalg.norm(W_OV) * np.linalg.norm(M))


# %% exercise="composition" mistake="V for all kinds"
def composition(model, kind, first, second):
    one, two = (model.W_V[head] @ model.W_O[head] for head in (first, second))
    return np.linalg.norm(one @ two) / (np.linalg.norm(one) * np.linalg.norm(two))


# %% exercise="composition" mistake="K as Q"
def composition(model, kind, first, second):
    W_OV = model.W_V[first] @ model.W_O[first]
    M = model.W_Q[second] @ model.W_K[second].T
    if kind == "V":
        M = model.W_V[second] @ model.W_O[second]
    return np.linalg.norm(W_OV @ M) / (np.linalg.norm(W_OV) * np.linalg.norm(M))


# %% exercise="composition" mistake="Q and K exchanged"
def composition(model, kind, first, second):
    W_OV = model.W_V[first] @ model.W_O[first]
    W_QK = model.W_Q[second] @ model.W_K[second].T
    M = {"K": W_QK, "Q": W_QK.T, "V": model.W_V[second] @ model.W_O[second]}[kind]
    return np.linalg.norm(W_OV @ M) / (np.linalg.norm(W_OV) * np.linalg.norm(M))


# %% exercise="composition" mistake="W_OV transposed"
def composition(model, kind, first, second):
    W_OV = model.W_V[first] @ model.W_O[first]
    W_QK = model.W_Q[second] @ model.W_K[second].T
    M = {"Q": W_QK, "K": W_QK.T, "V": (model.W_V[second] @ model.W_O[second]).T}[kind]
    return np.linalg.norm(W_OV @ M) / (np.linalg.norm(W_OV) * np.linalg.norm(M))


# %% exercise="composition" right="in columns, as the paper has it"
def composition(model, kind, first, second):
    one = (model.W_V[first] @ model.W_O[first]).T
    W_QK = (model.W_Q[second] @ model.W_K[second].T).T
    two = {"Q": W_QK, "K": W_QK.T, "V": (model.W_V[second] @ model.W_O[second]).T}[kind]
    return np.linalg.norm(two @ one) / (np.linalg.norm(two) * np.linalg.norm(one))


# %% exercise="composition" right="by traces, in the inner size"
def composition(model, kind, first, second):
    def square(*factors):
        # ‖A B C D‖² = tr(AᵀA · B C D · Dᵀ Cᵀ Bᵀ): the outer two only through their Gram matrices
        head, *middle, tail = factors
        inner = np.linalg.multi_dot(middle) if len(middle) > 1 else middle[0]
        return np.trace(head.T @ head @ inner @ (tail @ tail.T) @ inner.T)

    def of_two(A, B):
        return np.trace(A.T @ A @ B @ B.T)

    V, O = model.W_V[first], model.W_O[first]
    A, B = {
        "Q": (model.W_Q[second], model.W_K[second].T),
        "K": (model.W_K[second], model.W_Q[second].T),
        "V": (model.W_V[second], model.W_O[second]),
    }[kind]
    return [[(square(V, O @ A, B) / (of_two(V, O) * of_two(A, B))) ** 0.5]]


# %% exercise="composition" right="factored, in float32"
def composition(model, kind, first, second):
    def factored(A, B):
        return ov.FactoredMatrix(A.astype(np.float32), B.astype(np.float32))

    one = factored(model.W_V[first], model.W_O[first])
    two = factored(model.W_V[second], model.W_O[second])
    if kind != "V":
        two = factored(model.W_Q[second], model.W_K[second].T)
        two = two if kind == "Q" else two.T
    return (one @ two).norm() / (one.norm() * two.norm())


# %% exercise="virtual_head" mistake="heads exchanged"
def virtual_head(run, first, second):
    one, two = (run.model.W_V[head] @ run.model.W_O[head] for head in (first, second))
    return run.pattern[first] @ run.pattern[second], two @ one


# %% exercise="virtual_head" mistake="patterns in the wrong order"
def virtual_head(run, first, second):
    one, two = (run.model.W_V[head] @ run.model.W_O[head] for head in (first, second))
    return run.pattern[first] @ run.pattern[second], one @ two


# %% exercise="virtual_head" mistake="patterns entry by entry"
def virtual_head(run, first, second):
    one, two = (run.model.W_V[head] @ run.model.W_O[head] for head in (first, second))
    return run.pattern[first] * run.pattern[second], one @ two


# %% exercise="virtual_head" mistake="patterns added"
def virtual_head(run, first, second):
    one, two = (run.model.W_V[head] @ run.model.W_O[head] for head in (first, second))
    return run.pattern[first] + run.pattern[second], one + two


# %% exercise="virtual_head" mistake="patterns averaged"
def virtual_head(run, first, second):
    one, two = (run.model.W_V[head] @ run.model.W_O[head] for head in (first, second))
    return np.mean([run.pattern[first], run.pattern[second]], axis=0), one @ two


# %% exercise="virtual_head" mistake="pattern of the second alone"
def virtual_head(run, first, second):
    one, two = (run.model.W_V[head] @ run.model.W_O[head] for head in (first, second))
    return run.pattern[second], one @ two


# %% exercise="virtual_head" mistake="pattern of the first alone"
def virtual_head(run, first, second):
    one, two = (run.model.W_V[head] @ run.model.W_O[head] for head in (first, second))
    return run.pattern[first], one @ two


# %% exercise="virtual_head" mistake="pattern transposed"
def virtual_head(run, first, second):
    one, two = (run.model.W_V[head] @ run.model.W_O[head] for head in (first, second))
    return run.pattern[first].T @ run.pattern[second].T, one @ two


# %% exercise="virtual_head" mistake="OV in the wrong order"
def virtual_head(run, first, second):
    one, two = (run.model.W_V[head] @ run.model.W_O[head] for head in (first, second))
    return run.pattern[second] @ run.pattern[first], two @ one


# %% exercise="virtual_head" mistake="OV added"
def virtual_head(run, first, second):
    one, two = (run.model.W_V[head] @ run.model.W_O[head] for head in (first, second))
    return run.pattern[second] @ run.pattern[first], one + two


# %% exercise="virtual_head" mistake="OV entry by entry"
def virtual_head(run, first, second):
    one, two = (run.model.W_V[head] @ run.model.W_O[head] for head in (first, second))
    return run.pattern[second] @ run.pattern[first], one * two


# %% exercise="virtual_head" mistake="OV of the second alone"
def virtual_head(run, first, second):
    A = run.pattern[second] @ run.pattern[first]
    return A, run.model.W_V[second] @ run.model.W_O[second]


# %% exercise="virtual_head" mistake="OV of the first alone"
def virtual_head(run, first, second):
    A = run.pattern[second] @ run.pattern[first]
    return A, run.model.W_V[first] @ run.model.W_O[first]


# %% exercise="virtual_head" mistake="OV transposed"
def virtual_head(run, first, second):
    one, two = (run.model.W_V[head] @ run.model.W_O[head] for head in (first, second))
    return run.pattern[second] @ run.pattern[first], two.T @ one.T


# %% exercise="virtual_head" mistake="with the ends"
def virtual_head(run, first, second):
    model = run.model
    W_OV = model.W_E @ model.W_V[first] @ model.W_O[first] @ model.W_V[second] @ model.W_O[second] @ model.W_U
    return run.pattern[second] @ run.pattern[first], W_OV


# %% exercise="virtual_head" mistake="pair exchanged"
def virtual_head(run, first, second):
    one, two = (run.model.W_V[head] @ run.model.W_O[head] for head in (first, second))
    return one @ two, run.pattern[second] @ run.pattern[first]


# %% exercise="virtual_head" mistake="scores"
def virtual_head(run, first, second):
    one, two = (run.model.W_V[head] @ run.model.W_O[head] for head in (first, second))
    return run.scores[second] @ run.scores[first], one @ two


# %% exercise="virtual_head" mistake="no pair"
def virtual_head(run, first, second):
    model = run.model
    W_OV = model.W_V[first] @ model.W_O[first] @ model.W_V[second] @ model.W_O[second]
    return run.pattern[second] @ run.pattern[first] @ run.embedding @ W_OV @ model.W_U


# %% exercise="virtual_head" right="sums over the positions between, factored, in a list"
def virtual_head(run, first, second):
    model, between = run.model, range(len(run.tokens))
    one, two = run.pattern[first], run.pattern[second]
    pattern = [[sum(two[q, m] * one[m, k] for m in between) for k in between] for q in between]
    reads = model.W_V[first] @ (model.W_O[first] @ model.W_V[second])
    return [pattern, ov.FactoredMatrix(reads, model.W_O[second])]


# %% exercise="virtual_head" right="in float32, row by row"
def virtual_head(run, first, second):
    weights = [getattr(run.model, name)[head] for head in (first, second) for name in ("W_V", "W_O")]
    rows = np.eye(run.model.config.d_model, dtype=np.float32)
    for weight in weights:
        rows = np.stack([row @ weight.astype(np.float32) for row in rows])
    A = (run.pattern[first].T @ run.pattern[second].T).T
    return A.astype(np.float32), rows


# %% exercise="two_back_weights" mistake="one back only"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[1, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    Q[0, 0, position, position] = 100 * np.eye(n_ctx)
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" mistake="stays"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[:, 0, position, position] = 100 * np.eye(n_ctx)
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" mistake="too far"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[:, 0, position, position] = 100 * np.eye(n_ctx, k=-2)
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" mistake="looks ahead"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[:, 0, position, position] = 100 * np.eye(n_ctx, k=1)
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" mistake="reads the token"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[:, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    O[0, 0, token, note] = O[1, 0, token, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" mistake="too soft"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[:, 0, position, position] = 8 * np.eye(n_ctx, k=-1)
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" mistake="too quiet"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[:, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" mistake="does not copy"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[:, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab, k=1)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" mistake="lowers it"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[:, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": -10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" mistake="not unembedded"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[:, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, note]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" mistake="layer 0 writes nothing"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[:, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    O[0, 0, said, note] = O[1, 0, note, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" mistake="layer 1 writes nothing"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[:, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    O[0, 0, token, note] = O[1, 0, said, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" mistake="looks everywhere"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" mistake="one head alone"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[:, 0, position, position] = 100 * np.eye(n_ctx, k=-2)
    O[0, 0, token, said] = O[1, 0, note, note] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" mistake="no positions"
def two_back_weights(d_vocab, n_ctx):
    config = ov.Config(2, 1, 26, 8, d_vocab, n_ctx)
    return ov.Transformer(config, **blank(config))


# %% exercise="two_back_weights" mistake="other sizes"
def two_back_weights(d_vocab, n_ctx):
    config = ov.Config(2, 1, 26, 8, d_vocab=6, n_ctx=8, positional=True)
    return ov.Transformer(config, **blank(config))


# %% exercise="two_back_weights" mistake="other layers"
def two_back_weights(d_vocab, n_ctx):
    config = ov.Config(3, 1, 26, 8, d_vocab, n_ctx, positional=True)
    return ov.Transformer(config, **blank(config))


# %% exercise="two_back_weights" mistake="more heads"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 2, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 2, *unit.shape)), np.tile(unit, (2, 2, 1, 1))
    Q[:, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" mistake="not causal"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True, causal=False)
    unit = np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[:, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" right="all of the step in layer 1, and layer 0 stays"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, position, position] = 100 * np.eye(n_ctx)
    Q[1, 0, position, position] = 100 * np.eye(n_ctx, k=-2)
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="two_back_weights" right="everything is moved, on top of itself"
def two_back_weights(d_vocab, n_ctx):
    d_model = d_vocab + n_ctx
    config = ov.Config(2, 1, d_model, d_model, d_vocab, n_ctx, positional=True)
    weights = blank(config)
    weights["W_E"][:, :d_vocab], weights["W_pos"][:, d_vocab:] = np.eye(d_vocab), np.eye(n_ctx)
    weights["W_V"][:] = weights["W_O"][:] = np.eye(d_model)
    for layer, sharp in ((0, 300), (1, 3000)):  # in layer 1, the stream holds two positions
        weights["W_Q"][layer, 0, d_vocab:, :n_ctx] = sharp * np.eye(n_ctx, k=-1)
        weights["W_K"][layer, 0, d_vocab:, :n_ctx] = np.eye(n_ctx)
    # the note of layer 0 holds the position before, so a key fits two queries: the later position counts more
    weights["W_K"][1, 0, d_vocab:, :n_ctx] *= 1 + np.arange(n_ctx)
    weights["W_U"][:d_vocab] = 20 * np.eye(d_vocab)
    return ov.Transformer(config, **weights)


# %% exercise="two_back_weights" right="positions on a circle, in float32"
def two_back_weights(d_vocab, n_ctx):
    token, circle, note, said = slots(d_vocab, 2, d_vocab, d_vocab)
    config = ov.Config(2, 1, 3 * d_vocab + 2, d_vocab, d_vocab, n_ctx, positional=True, dtype=np.float32)
    weights = blank(config)
    step = 2 * np.pi / (n_ctx + 1)
    angles = step * np.arange(n_ctx)
    weights["W_E"][:, token] = np.eye(d_vocab)
    weights["W_pos"][:, circle] = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    turn = np.array([[np.cos(step), -np.sin(step)], [np.sin(step), np.cos(step)]])  # rows turn backwards
    for layer, source, target in ((0, token, note), (1, note, said)):
        weights["W_Q"][layer, 0, circle, :2] = 500 * turn
        weights["W_K"][layer, 0, circle, :2] = np.eye(2)
        weights["W_V"][layer, 0, source] = np.eye(d_vocab)
        weights["W_O"][layer, 0, :, target] = np.eye(d_vocab)
    weights["W_U"][said] = 12 * np.eye(d_vocab)
    return ov.Transformer(config, **weights)


# %% exercise="two_back_weights" right="soft heads, loud logits, a turned basis, noise on other paths"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[:, 0, position, position] = 4 * np.sqrt(config.d_head) * np.eye(n_ctx, k=-1)
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    random = np.random.default_rng(0)
    U = 60 * unit[:, said]
    U[token] = random.normal(size=(d_vocab, d_vocab))
    basis = np.linalg.qr(random.normal(size=unit.shape)).Q
    ends = {"W_E": unit[token] @ basis, "W_pos": unit[position] @ basis, "W_U": basis.T @ U}
    reads = {"W_Q": basis.T @ Q, "W_K": basis.T @ whole, "W_V": basis.T @ whole}
    return ov.Transformer(config, **ends, **reads, W_O=O @ basis)


# %% exercise="two_back_weights" mistake="too large"
def two_back_weights(d_vocab, n_ctx):
    config = ov.Config(2, 1, 1200, 600, d_vocab, n_ctx, positional=True)
    return ov.Transformer(config, **blank(config))


# %% exercise="two_back_weights" mistake="overflow"
def two_back_weights(d_vocab, n_ctx):
    config = ov.Config(2, 1, 26, 8, d_vocab, n_ctx, positional=True)
    return ov.Transformer(config, **{name: 1e200 + weight for name, weight in blank(config).items()})


# %% exercise="two_back_weights" mistake="looks by tokens"
def two_back_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[:, 0, token, token] = 100 * np.eye(d_vocab, k=-1)
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_score" mistake="same token"
def induction_score(pattern, period):
    queries = np.arange(period, len(pattern))
    return pattern[queries, queries - period].mean()


# %% exercise="induction_score" mistake="one too far"
def induction_score(pattern, period):
    queries = np.arange(period, len(pattern))
    return pattern[queries, queries - period + 2].mean()


# %% exercise="induction_score" mistake="one too early"
def induction_score(pattern, period):
    queries = np.arange(period, len(pattern))
    return pattern[queries, queries - period - 1].mean()


# %% exercise="induction_score" mistake="previous token"
def induction_score(pattern, period):
    queries = np.arange(period, len(pattern))
    return pattern[queries, queries - 1].mean()


# %% exercise="induction_score" mistake="previous token everywhere"
def induction_score(pattern, period):
    return np.diagonal(pattern, -1).mean()


# %% exercise="induction_score" mistake="first copy too"
def induction_score(pattern, period):
    return np.diagonal(pattern, 1 - period).mean()


# %% exercise="induction_score" mistake="one query short"
def induction_score(pattern, period):
    return np.diagonal(pattern, 1 - period)[2:].mean()


# %% exercise="induction_score" mistake="last query missing"
def induction_score(pattern, period):
    return np.mean([pattern[q, q - period + 1] for q in range(period, len(pattern) - 1)])


# %% exercise="induction_score" mistake="second copy only"
def induction_score(pattern, period):
    return np.mean([pattern[q, q - period + 1] for q in range(period, 2 * period)])


# %% exercise="induction_score" mistake="all copies"
def induction_score(pattern, period):
    total, queries = 0, range(period, len(pattern))
    for q in queries:
        total += sum(pattern[q, k] for k in range(q - period + 1, -1, -period))
    return total / len(queries)


# %% exercise="induction_score" mistake="sum"
def induction_score(pattern, period):
    queries = np.arange(period, len(pattern))
    return pattern[queries, queries - period + 1].sum()


# %% exercise="induction_score" mistake="over all queries"
def induction_score(pattern, period):
    queries = np.arange(period, len(pattern))
    return pattern[queries, queries - period + 1].sum() / len(pattern)


# %% exercise="induction_score" mistake="over all entries"
def induction_score(pattern, period):
    return pattern[period:].mean()


# %% exercise="induction_score" mistake="transposed"
def induction_score(pattern, period):
    queries = np.arange(period, len(pattern))
    return pattern[queries - period + 1, queries].mean()


# %% exercise="induction_score" mistake="the largest"
def induction_score(pattern, period):
    return np.diagonal(pattern, 1 - period)[1:].max()


# %% exercise="induction_score" right="a diagonal"
def induction_score(pattern, period):
    return np.diagonal(pattern, 1 - period)[1:].mean()


# %% exercise="induction_score" right="by a table of places, in float32"
def induction_score(pattern, period):
    places = np.arange(len(pattern))
    here = (places[:, None] - places == period - 1) & (places[:, None] >= period)
    return [(pattern.astype(np.float32) * here).sum() / here.sum()]


# %% exercise="induction_score" right="a trace"
def induction_score(pattern, period):
    later = pattern[period:, 1:]
    return float(np.trace(later) / len(later))


# %% exercise="cut_keys" mistake="nothing cut"
def cut_keys(run, first, second):
    return run.pattern[second]


# %% exercise="cut_keys" mistake="queries too"
def cut_keys(run, first, second):
    stream = run.resid_pre[second[0]] - run.head_out[first]
    Q, K = stream @ run.model.W_Q[second], stream @ run.model.W_K[second]
    S = Q @ K.T / np.sqrt(K.shape[1])
    weights = np.tril(np.exp(S))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="cut_keys" mistake="queries instead"
def cut_keys(run, first, second):
    stream = run.resid_pre[second[0]] - run.head_out[first]
    S = stream @ run.model.W_Q[second] @ run.k[second].T / np.sqrt(run.k.shape[-1])
    weights = np.tril(np.exp(S))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="cut_keys" mistake="silenced everywhere"
def cut_keys(run, first, second):
    from dataclasses import replace

    W_O = run.model.W_O.copy()
    W_O[first] = 0
    return replace(run.model, W_O=W_O).run(run.tokens).pattern[second]


# %% exercise="cut_keys" mistake="heads between too"
def cut_keys(run, first, second):
    layers, heads = run.pattern.shape[:2]
    others = {(layer, head) for layer in range(layers) for head in range(heads)} - {first}
    stream = run.frozen().run(heads=others).resid_pre[second[0]]
    S = run.q[second] @ (stream @ run.model.W_K[second]).T / np.sqrt(run.q.shape[-1])
    weights = np.tril(np.exp(S))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="cut_keys" mistake="only the wire"
def cut_keys(run, first, second):
    K = run.head_out[first] @ run.model.W_K[second]
    S = run.q[second] @ K.T / np.sqrt(K.shape[1])
    weights = np.tril(np.exp(S))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="cut_keys" mistake="all wires"
def cut_keys(run, first, second):
    S = run.q[second] @ (run.embedding @ run.model.W_K[second]).T / np.sqrt(run.q.shape[-1])
    weights = np.tril(np.exp(S))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="cut_keys" mistake="whole layer"
def cut_keys(run, first, second):
    stream = run.resid_pre[second[0]] - sum(run.head_out[first[0]])
    S = run.q[second] @ (stream @ run.model.W_K[second]).T / np.sqrt(run.q.shape[-1])
    weights = np.tril(np.exp(S))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="cut_keys" mistake="not scaled"
def cut_keys(run, first, second):
    stream = run.resid_pre[second[0]] - run.head_out[first]
    K = stream @ run.model.W_K[second]
    S = run.q[second] @ K.T
    weights = np.tril(np.exp(S))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="cut_keys" mistake="no mask"
def cut_keys(run, first, second):
    stream = run.resid_pre[second[0]] - run.head_out[first]
    K = stream @ run.model.W_K[second]
    weights = np.exp(run.q[second] @ K.T / np.sqrt(K.shape[1]))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="cut_keys" mistake="scores"
def cut_keys(run, first, second):
    stream = run.resid_pre[second[0]] - run.head_out[first]
    K = stream @ run.model.W_K[second]
    return run.q[second] @ K.T / np.sqrt(K.shape[1])


# %% exercise="cut_keys" mistake="keys ask"
def cut_keys(run, first, second):
    stream = run.resid_pre[second[0]] - run.head_out[first]
    K = stream @ run.model.W_K[second]
    S = K @ run.q[second].T / np.sqrt(K.shape[1])
    weights = np.tril(np.exp(S))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="cut_keys" mistake="weights of the first"
def cut_keys(run, first, second):
    stream = run.resid_pre[second[0]] - run.head_out[first]
    K = stream @ run.model.W_K[first]
    S = run.q[second] @ K.T / np.sqrt(K.shape[1])
    weights = np.tril(np.exp(S))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="cut_keys" mistake="over queries"
def cut_keys(run, first, second):
    stream = run.resid_pre[second[0]] - run.head_out[first]
    K = stream @ run.model.W_K[second]
    weights = np.tril(np.exp(run.q[second] @ K.T / np.sqrt(K.shape[1])))
    return weights / weights.sum(axis=0)


# %% exercise="cut_keys" right="taken from the scores"
def cut_keys(run, first, second):
    gone = run.q[second] @ (run.head_out[first] @ run.model.W_K[second]).T
    S = run.scores[second] - gone / np.sqrt(run.q.shape[-1])
    weights = np.tril(np.exp(S))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="cut_keys" right="taken from the keys, row by row, in float32"
def cut_keys(run, first, second):
    gone = (run.head_out[first] @ run.model.W_K[second]).astype(np.float32)
    keys, rows = run.k[second].astype(np.float32) - gone, []
    for place, query in enumerate(run.q[second].astype(np.float32)):
        weights = np.exp(keys[: place + 1] @ query / len(query) ** 0.5)
        rows.append([*(weights / weights.sum()), *np.zeros(len(keys) - place - 1)])
    return rows


# %% exercise="cut_keys" right="weights taken from the recorded pattern"
def cut_keys(run, first, second):
    gone = np.einsum("qh,kd,dh->qk", run.q[second], run.head_out[first], run.model.W_K[second])
    weights = run.pattern[second] / np.exp(gone / np.sqrt(run.q.shape[-1]))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="induction_weights" mistake="position 0"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    Q[1, 0, token, note] = 100 * np.eye(d_vocab)
    O[0, 0, token, note] = O[1, 0, token, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" mistake="no composition"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    Q[1, 0, token, token] = 100 * np.eye(d_vocab)
    O[0, 0, token, note] = O[1, 0, token, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" mistake="same token"
def induction_weights(d_vocab, n_ctx):
    token, position, pointer, said = slots(d_vocab, n_ctx, n_ctx, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, token, token], Q[0, 0, position, position] = 100 * np.eye(d_vocab), -200 * np.eye(n_ctx)
    Q[1, 0, pointer, position] = 100 * np.eye(n_ctx)
    O[0, 0, position, pointer], O[1, 0, token, said] = np.eye(n_ctx), np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" mistake="one too far"
def induction_weights(d_vocab, n_ctx):
    token, position, pointer, said = slots(d_vocab, n_ctx, n_ctx, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, token, token], Q[0, 0, position, position] = 100 * np.eye(d_vocab), -200 * np.eye(n_ctx)
    Q[1, 0, pointer, position] = 100 * np.eye(n_ctx, k=2)
    O[0, 0, position, pointer], O[1, 0, token, said] = np.eye(n_ctx), np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" mistake="token before"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    Q[1, 0, note, token] = 100 * np.eye(d_vocab)
    O[0, 0, token, note] = O[1, 0, token, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" mistake="token before"
def induction_weights(d_vocab, n_ctx):
    token, position, pointer, said = slots(d_vocab, n_ctx, n_ctx, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, token, token], Q[0, 0, position, position] = 100 * np.eye(d_vocab), -200 * np.eye(n_ctx)
    Q[1, 0, pointer, position] = 100 * np.eye(n_ctx, k=-1)
    O[0, 0, position, pointer], O[1, 0, token, said] = np.eye(n_ctx), np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" mistake="looks ahead"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, position, position] = 100 * np.eye(n_ctx, k=1)
    Q[1, 0, token, note], Q[1, 0, token, position.start] = 100 * np.eye(d_vocab), -100
    O[0, 0, token, note] = O[1, 0, token, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" mistake="moves the note"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    Q[1, 0, token, note], Q[1, 0, token, position.start] = 100 * np.eye(d_vocab), -100
    O[0, 0, token, note] = O[1, 0, note, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" mistake="says the note"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    Q[1, 0, token, note], Q[1, 0, token, position.start] = 100 * np.eye(d_vocab), -100
    O[0, 0, token, note] = O[1, 0, token, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, note]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" mistake="does not copy"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    Q[1, 0, token, note], Q[1, 0, token, position.start] = 100 * np.eye(d_vocab), -100
    O[0, 0, token, note] = O[1, 0, token, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * np.roll(unit[:, said], 1, axis=1)}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" mistake="lowers it"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    Q[1, 0, token, note], Q[1, 0, token, position.start] = 100 * np.eye(d_vocab), -100
    O[0, 0, token, note] = O[1, 0, token, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": -10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" mistake="drowned"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    Q[1, 0, token, note], Q[1, 0, token, position.start] = 100 * np.eye(d_vocab), -100
    O[0, 0, token, note] = O[1, 0, token, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said] + 15 * unit[:, token]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" mistake="too soft"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, position, position] = 12 * np.eye(n_ctx, k=-1)
    Q[1, 0, token, note], Q[1, 0, token, position.start] = 12 * np.eye(d_vocab), -12
    O[0, 0, token, note] = O[1, 0, token, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" mistake="too quiet"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    Q[1, 0, token, note], Q[1, 0, token, position.start] = 100 * np.eye(d_vocab), -100
    O[0, 0, token, note] = O[1, 0, token, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" mistake="looks everywhere"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    O[0, 0, token, note] = O[1, 0, token, said] = np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" mistake="says nothing"
def induction_weights(d_vocab, n_ctx):
    config = ov.Config(2, 1, d_vocab + n_ctx, 8, d_vocab, n_ctx, positional=True)
    weights = blank(config)
    weights["W_E"], weights["W_pos"] = np.split(np.eye(d_vocab + n_ctx), [d_vocab])
    return ov.Transformer(config, **weights)


# %% exercise="induction_weights" mistake="one period only"
def induction_weights(d_vocab, n_ctx):
    token, position, said = slots(d_vocab, n_ctx, d_vocab)
    config = ov.Config(2, 1, 2 * d_vocab + n_ctx, d_vocab + n_ctx, d_vocab, n_ctx, positional=True)
    weights = blank(config)
    weights["W_E"][:, token], weights["W_pos"][:, position] = np.eye(d_vocab), np.eye(n_ctx)
    period = n_ctx // 3
    weights["W_Q"][1, 0, position, :n_ctx] = 90 * np.eye(n_ctx, k=1 - period)
    weights["W_K"][1, 0, position, :n_ctx] = np.eye(n_ctx)
    weights["W_V"][1, 0, token, :d_vocab] = np.eye(d_vocab)
    weights["W_O"][1, 0, :d_vocab, said] = np.eye(d_vocab)
    weights["W_U"][said] = 10 * np.eye(d_vocab)
    return ov.Transformer(config, **weights)


# %% exercise="induction_weights" mistake="no positions"
def induction_weights(d_vocab, n_ctx):
    token, said = slots(d_vocab, d_vocab)
    config = ov.Config(2, 1, 2 * d_vocab, d_vocab, d_vocab, n_ctx)
    weights = blank(config)
    weights["W_E"][:, token] = np.eye(d_vocab)
    weights["W_Q"][:, 0, token], weights["W_K"][:, 0, token] = 50 * np.eye(d_vocab), np.eye(d_vocab)
    weights["W_V"][:, 0, token], weights["W_O"][:, 0, :, said] = np.eye(d_vocab), np.eye(d_vocab)
    weights["W_U"][said] = 10 * np.eye(d_vocab)
    return ov.Transformer(config, **weights)


# %% exercise="induction_weights" mistake="other layers"
def induction_weights(d_vocab, n_ctx):
    config = ov.Config(4, 1, 26, 8, d_vocab, n_ctx, positional=True)
    return ov.Transformer(config, **blank(config))


# %% exercise="induction_weights" mistake="other sizes"
def induction_weights(d_vocab, n_ctx):
    config = ov.Config(2, 1, 26, 8, d_vocab=10, n_ctx=10, positional=True)
    return ov.Transformer(config, **blank(config))


# %% exercise="induction_weights" mistake="not causal"
def induction_weights(d_vocab, n_ctx):
    config = ov.Config(2, 1, 26, 8, d_vocab, n_ctx, positional=True, causal=False)
    return ov.Transformer(config, **blank(config))


# %% exercise="induction_weights" mistake="too large"
def induction_weights(d_vocab, n_ctx):
    config = ov.Config(2, 1, 1200, 600, d_vocab, n_ctx, positional=True)
    return ov.Transformer(config, **blank(config))


# %% exercise="induction_weights" mistake="overflow"
def induction_weights(d_vocab, n_ctx):
    config = ov.Config(2, 1, 26, 8, d_vocab, n_ctx, positional=True)
    return ov.Transformer(config, **{name: 1e200 + weight for name, weight in blank(config).items()})


# %% exercise="induction_weights" mistake="finds itself"
def induction_weights(d_vocab, n_ctx):
    token, position, pointer, said = slots(d_vocab, n_ctx, n_ctx, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, token, token], Q[0, 0, position, position] = 100 * np.eye(d_vocab), 200 * np.eye(n_ctx)
    Q[1, 0, pointer, position] = 100 * np.eye(n_ctx, k=1)
    O[0, 0, position, pointer], O[1, 0, token, said] = np.eye(n_ctx), np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" right="pointer arithmetic"
def induction_weights(d_vocab, n_ctx):
    token, position, pointer, said = slots(d_vocab, n_ctx, n_ctx, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, token, token], Q[0, 0, position, position] = 100 * np.eye(d_vocab), -200 * np.eye(n_ctx)
    Q[1, 0, pointer, position] = 100 * np.eye(n_ctx, k=1)
    O[0, 0, position, pointer], O[1, 0, token, said] = np.eye(n_ctx), np.eye(d_vocab)
    ends = {"W_E": unit[token], "W_pos": unit[position], "W_U": 10 * unit[:, said]}
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" right="four heads, two of them idle, in a turned basis, float32"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    sizes = {"d_model": 3 * d_vocab + n_ctx, "d_head": max(d_vocab + 1, n_ctx), "d_vocab": d_vocab}
    config = ov.Config(n_layers=2, n_heads=2, n_ctx=n_ctx + 3, positional=True, dtype=np.float32, **sizes)
    weights, sharp = blank(config), 20 * np.sqrt(config.d_head)
    weights["W_E"][:, token], weights["W_pos"][:n_ctx, position] = np.eye(d_vocab), np.eye(n_ctx)
    weights["W_Q"][0, 1, position, :n_ctx], weights["W_K"][0, 1, position, :n_ctx] = (
        sharp * np.eye(n_ctx, k=-1),
        np.eye(n_ctx),
    )
    weights["W_V"][0, 1, token, :d_vocab] = weights["W_O"][0, 1, :d_vocab, note] = np.eye(d_vocab)
    weights["W_Q"][1, 0, token, :d_vocab], weights["W_K"][1, 0, note, :d_vocab] = (
        sharp * np.eye(d_vocab),
        np.eye(d_vocab),
    )
    weights["W_Q"][1, 0, token, d_vocab], weights["W_K"][1, 0, position, d_vocab] = (
        sharp,
        np.arange(n_ctx) > 0,
    )
    weights["W_V"][1, 0, token, :d_vocab] = weights["W_O"][1, 0, :d_vocab, said] = np.eye(d_vocab)
    weights["W_U"][said] = 15 * np.eye(d_vocab)
    basis = np.linalg.qr(np.random.default_rng(1).normal(size=(config.d_model, config.d_model))).Q
    reads = {name: basis.T @ weights[name] for name in ("W_Q", "W_K", "W_V", "W_U")}
    writes = {name: weights[name] @ basis for name in ("W_E", "W_pos", "W_O")}
    return ov.Transformer(config, **reads, **writes)


# %% exercise="induction_weights" right="other things reach the logits, but less loud"
def induction_weights(d_vocab, n_ctx):
    token, position, note, said = slots(d_vocab, n_ctx, d_vocab, d_vocab)
    config, unit = ov.Config(2, 1, said.stop, said.stop, d_vocab, n_ctx, positional=True), np.eye(said.stop)
    (Q, O), whole = np.zeros((2, 2, 1, *unit.shape)), np.tile(unit, (2, 1, 1, 1))
    Q[0, 0, position, position] = 100 * np.eye(n_ctx, k=-1)
    Q[1, 0, token, note], Q[1, 0, token, position.start] = 100 * np.eye(d_vocab), -100
    O[0, 0, token, note] = O[1, 0, token, said] = np.eye(d_vocab)
    ends = {
        "W_E": unit[token],
        "W_pos": unit[position],
        "W_U": 30 * unit[:, said] + 9 * unit[:, token] + 8 * unit[:, note],
    }
    return ov.Transformer(config, W_Q=Q, W_K=whole, W_V=whole, W_O=O, **ends)


# %% exercise="induction_weights" right="directions of tokens overlap, in float32"
def induction_weights(d_vocab, n_ctx):
    width = 64
    tokens = np.random.default_rng(5).normal(0, width**-0.5, size=(d_vocab, width))
    token, position, note, said = slots(width, n_ctx, width, width)
    config = ov.Config(2, 1, 3 * width + n_ctx, width + 1, d_vocab, n_ctx, positional=True, dtype=np.float32)
    weights = blank(config)
    weights["W_E"][:, token], weights["W_pos"][:, position] = tokens, np.eye(n_ctx)
    weights["W_Q"][0, 0, position, :n_ctx] = 200 * np.eye(n_ctx, k=-1)
    weights["W_K"][0, 0, position, :n_ctx] = np.eye(n_ctx)
    weights["W_Q"][1, 0, token, :width], weights["W_Q"][1, 0, position, width] = 400 * np.eye(width), 800
    weights["W_K"][1, 0, note, :width], weights["W_K"][1, 0, position, width][0] = np.eye(width), -1
    for layer, source, target in ((0, token, note), (1, token, said)):
        weights["W_V"][layer, 0, source, :width] = np.eye(width)
        weights["W_O"][layer, 0, :width, target] = np.eye(width)
    weights["W_U"][said] = 40 * tokens.T
    return ov.Transformer(config, **weights)
