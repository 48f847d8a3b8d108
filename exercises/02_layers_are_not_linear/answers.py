# What learners write: `mistake` is wrong and must be named so, `right` is unusual and must pass.
# Each cell is run after the set's first code cell, alone.

# %% exercise="softmax" mistake="over columns"
def softmax(S):
    weights = np.exp(S - S.max())
    return weights / weights.sum(axis=0)


# %% exercise="softmax" mistake="over the whole table"
def softmax(S):
    return np.exp(S) / np.exp(S).sum()


# %% exercise="softmax" mistake="sums along the wrong axis"
def softmax(S):
    weights = np.exp(S)
    return weights / np.sum(weights, axis=-1)


# %% exercise="softmax" mistake="maximum of the column"
def softmax(S):
    weights = np.exp(S - S.max(axis=0))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="softmax" mistake="not divided"
def softmax(S):
    return np.exp(S)


# %% exercise="softmax" mistake="not divided after the maximum"
def softmax(S):
    weights = np.exp(S)
    return weights / weights.max(axis=1, keepdims=True)


# %% exercise="softmax" mistake="no exponential"
def softmax(S):
    return np.array([row / row.sum() for row in S])


# %% exercise="softmax" mistake="overflow"
def softmax(S):
    return np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)


# %% exercise="softmax" mistake="one maximum for all"
def softmax(S):
    weights = np.exp(S - S.max())
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="softmax" mistake="vanished rows"
def softmax(S):
    weights = np.exp(S - np.max(S))
    return np.nan_to_num(weights / weights.sum(axis=-1)[:, None])


# %% exercise="softmax" mistake="input changed"
def softmax(S):
    S -= S.max(axis=1, keepdims=True)
    return np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)


# %% exercise="softmax" right="through logarithms"
def softmax(S):
    largest = S.max(axis=-1, keepdims=True)
    log_total = np.log(np.exp(S - largest).sum(axis=-1, keepdims=True)) + largest
    return np.exp(S - log_total)


# %% exercise="softmax" right="lists in float32"
def softmax(S):
    rows = []
    for row in np.asarray(S, dtype=np.float32):
        weights = np.exp(row - max(row))
        rows.append(list(weights / weights.sum()))
    return rows


# %% exercise="softmax" right="transposed there and back"
def softmax(S):
    T = S.T
    weights = np.exp(T - T.max(axis=0))
    return (weights / weights.sum(axis=0)).T


# %% exercise="softmax" right="one over a sum of differences"
def softmax(S):
    with np.errstate(over="ignore"):
        return 1 / np.exp(S[:, None, :] - S[:, :, None]).sum(axis=2)


# %% exercise="witness" mistake="one position"
def witness(model):
    rng = np.random.default_rng(1)
    return rng.normal(size=(1, model.config.d_model)), rng.normal(size=(1, model.config.d_model))


# %% exercise="witness" mistake="a zero part"
def witness(model):
    X = np.random.default_rng(1).normal(size=(5, model.config.d_model))
    return X, np.zeros_like(X)


# %% exercise="witness" mistake="opposite streams"
def witness(model):
    X = np.random.default_rng(1).normal(size=(5, model.config.d_model))
    return X, -X


# %% exercise="witness" mistake="all positions alike"
def witness(model):
    X = np.ones((2, model.config.d_model))
    return X, 2 * X


# %% exercise="witness" mistake="only the first position"
def witness(model):
    X = np.zeros((3, model.config.d_model))
    X[0] = 1
    return X, X


# %% exercise="witness" mistake="one part too small"
def witness(model):
    X, little = np.random.default_rng(1).normal(size=(2, 5, model.config.d_model))
    return X, 1e-6 * little


# %% exercise="witness" mistake="scores near zero"
def witness(model):
    return tuple(1e-3 * np.random.default_rng(1).normal(size=(2, 5, model.config.d_model)))


# %% exercise="witness" mistake="not a pair"
def witness(model):
    return np.random.default_rng(1).normal(size=(5, model.config.d_model))


# %% exercise="witness" mistake="scores too large"
def witness(model):
    X = 10_000 * np.random.default_rng(0).normal(size=(4, model.config.d_model))
    return X, X


# %% exercise="witness" right="two different streams, as an array"
def witness(model):
    return 3 * np.random.default_rng(5).normal(size=(2, 20, model.config.d_model))


# %% exercise="witness" right="chosen from the model, lists of whole numbers"
def witness(model):
    width = model.config.d_model
    X = [[(i * j + j) % 7 - 3 for j in range(width)] for i in range(9)]
    return [X, X]


# %% exercise="witness" right="a search"
def witness(model):
    W_Q, W_K = model.W_Q[0, 0], model.W_K[0, 0]

    def pattern(X):
        S = X @ W_Q @ (X @ W_K).T / np.sqrt(W_Q.shape[1])
        weights = np.exp(np.where(np.tri(len(X)) > 0, S, -1e9))
        return weights / weights.sum(axis=1, keepdims=True)

    def moved(pair):
        return np.abs(pattern(pair[0] + pair[1]) - pattern(pair[0])).max()

    return max(np.random.default_rng(2).normal(size=(10, 2, 3, model.config.d_model)), key=moved)


# %% exercise="equal_cases" mistake="none"
equal_cases = set()

# %% exercise="equal_cases" mistake="doubled"
equal_cases = {"a", "b", "c", "e", "f", "g"}

# %% exercise="equal_cases" mistake="tiny part"
equal_cases = {"a", "c", "d", "e", "f", "g"}

# %% exercise="equal_cases" mistake="only zero"
equal_cases = {"a"}

# %% exercise="equal_cases" mistake="opposite left out"
equal_cases = ["a", "e", "f", "g"]

# %% exercise="equal_cases" mistake="one token left out"
equal_cases = "a, c, f, g"

# %% exercise="equal_cases" mistake="no queries left out"
equal_cases = {"a", "c", "e", "g"}

# %% exercise="equal_cases" mistake="frozen left out"
equal_cases = {"a", "c", "e", "f"}

# %% exercise="equal_cases" mistake="zero left out"
equal_cases = {"c", "e", "f", "g"}

# %% exercise="equal_cases" right="a list in another order"
equal_cases = ["g", "F", "e", "c", "a"]

# %% exercise="equal_cases" right="a text"
equal_cases = "a, c, e, f, g"


# %% exercise="lost_by_splitting" mistake="right minus left"
def lost_by_splitting(model, layer, parts):
    split = sum(writes(model, layer, part) for part in parts)
    return split - writes(model, layer, sum(parts))


# %% exercise="lost_by_splitting" mistake="left side alone"
def lost_by_splitting(model, layer, parts):
    return writes(model, layer, sum(parts))


# %% exercise="lost_by_splitting" mistake="right side alone"
def lost_by_splitting(model, layer, parts):
    return np.sum([writes(model, layer, part) for part in parts], axis=0)


# %% exercise="lost_by_splitting" mistake="first part alone"
def lost_by_splitting(model, layer, parts):
    return writes(model, layer, sum(parts)) - writes(model, layer, parts[0])


# %% exercise="lost_by_splitting" mistake="without the embedding"
def lost_by_splitting(model, layer, parts):
    return writes(model, layer, sum(parts)) - sum(writes(model, layer, part) for part in parts[1:])


# %% exercise="lost_by_splitting" mistake="each by its own layer"
def lost_by_splitting(model, layer, parts):
    first, *others = parts
    wrote = [writes(model, layer, first), *(writes(model, i, part) for i, part in enumerate(others))]
    return writes(model, layer, parts.sum(axis=0)) - sum(wrote)


# %% exercise="lost_by_splitting" mistake="nothing lost"
def lost_by_splitting(model, layer, parts):
    A = model.run([0] * parts.shape[1]).pattern[layer, 0]  # one pattern for all
    W_OV = model.W_V[layer, 0] @ model.W_O[layer, 0]
    return A @ sum(parts) @ W_OV - sum(A @ part @ W_OV for part in parts)


# %% exercise="lost_by_splitting" right="part by part from the left side, as lists"
def lost_by_splitting(model, layer, parts):
    rest = writes(model, layer, np.add.reduce(parts))
    for part in parts:
        rest = rest - writes(model, layer, part)
    return rest.tolist()


# %% exercise="lost_by_splitting" right="a layer of one's own, all streams at once"
def lost_by_splitting(model, layer, parts):
    W_Q, W_K, W_V, W_O = (getattr(model, name)[layer, 0] for name in ("W_Q", "W_K", "W_V", "W_O"))
    X = np.concatenate([parts.sum(axis=0)[None], -parts])  # [stream, pos, d_model]
    S = X @ W_Q @ W_K.T @ X.swapaxes(-1, -2) / np.sqrt(W_Q.shape[1])
    weights = np.exp(S) * np.tri(X.shape[1])
    return (weights / weights.sum(axis=-1, keepdims=True) @ X @ W_V @ W_O).sum(axis=0)


# %% exercise="cross_terms" mistake="not scaled"
def cross_terms(X_A, X_B, W_Q, W_K):
    return X_A * W_Q * W_K.T * X_B.T + X_B * W_Q * W_K.T * X_A.T


# %% exercise="cross_terms" mistake="scaled twice"
def cross_terms(X_A, X_B, W_Q, W_K):
    return (X_A * W_Q * W_K.T * X_B.T + X_B * W_Q * W_K.T * X_A.T) / d_h


# %% exercise="cross_terms" mistake="one meeting"
def cross_terms(X_A, X_B, W_Q, W_K):
    return product(1 / sqrt(d_h), product(X_A, W_Q), transpose(product(X_B, W_K)))


# %% exercise="cross_terms" mistake="the other meeting"
def cross_terms(X_A, X_B, W_Q, W_K):
    return (X_B * W_Q) * (X_A * W_K).T / sqrt(d_h)


# %% exercise="cross_terms" mistake="one meeting doubled"
def cross_terms(X_A, X_B, W_Q, W_K):
    return 2 * X_A * W_Q * W_K.T * X_B.T / sqrt(d_h)


# %% exercise="cross_terms" mistake="transposed for the other"
def cross_terms(X_A, X_B, W_Q, W_K):
    one = X_A * W_Q * W_K.T * X_B.T / sqrt(d_h)
    return one + one.T


# %% exercise="cross_terms" mistake="own terms"
def cross_terms(X_A, X_B, W_Q, W_K):
    return add(*[product(1 / sqrt(d_h), X, W_Q, transpose(W_K), transpose(X)) for X in (X_A, X_B)])


# %% exercise="cross_terms" mistake="all four"
def cross_terms(X_A, X_B, W_Q, W_K):
    X = add(X_A, X_B)
    return product(1 / sqrt(d_h), X, W_Q, transpose(product(X, W_K)))


# %% exercise="cross_terms" mistake="with a minus"
def cross_terms(X_A, X_B, W_Q, W_K):
    return -(X_A * W_Q * W_K.T * X_B.T + X_B * W_Q * W_K.T * X_A.T) / sqrt(d_h)


# %% exercise="cross_terms" mistake="not multiplied out"
def cross_terms(X_A, X_B, W_Q, W_K):
    def S(X):
        return product(1 / sqrt(d_h), product(X, W_Q), transpose(product(X, W_K)))

    return S(add(X_A, X_B)) - S(X_A) - S(X_B)


# %% exercise="cross_terms" mistake="shapes do not fit"
def cross_terms(X_A, X_B, W_Q, W_K):
    return (X_A * W_Q * X_B * W_K + X_B * W_Q * X_A * W_K) / sqrt(d_h)


# %% exercise="cross_terms" right="with sympy's operators"
def cross_terms(X_A, X_B, W_Q, W_K):
    return (X_B * W_Q * W_K.T * X_A.T + X_A * W_Q * W_K.T * X_B.T) / sqrt(d_h)


# %% exercise="cross_terms" right="the transpose of the transpose"
def cross_terms(X_A, X_B, W_Q, W_K):
    turned = [transpose(product(X, W_K, transpose(product(Y, W_Q)))) for X, Y in ((X_A, X_B), (X_B, X_A))]
    return product(sqrt(d_h), add(*turned), 1 / d_h)


# %% exercise="cross_terms" right="multiplied out by rules"
def cross_terms(X_A, X_B, W_Q, W_K):
    X = add(X_A, X_B)
    d = ov.Derivation.start(product(1 / sqrt(d_h), product(X, W_Q), transpose(product(X, W_K))))
    d = d.apply(ov.rules.transposes).apply(ov.rules.distribute)
    return add(*[term for term in d.here.args if {X_A, X_B} <= term.free_symbols])
