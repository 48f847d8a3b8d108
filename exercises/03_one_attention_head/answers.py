# What learners write: `mistake` is wrong and must be named so, `right` is unusual and must pass.
# Each cell is run after the set's first code cell, alone.

# %% exercise="scores" mistake="not scaled"
def scores(Q, K):
    return Q @ K.T


# %% exercise="scores" mistake="divided by d_head"
def scores(Q, K):
    return Q @ K.T / Q.shape[-1]


# %% exercise="scores" mistake="multiplied by the root"
def scores(Q, K):
    return np.sqrt(K.shape[1]) * (Q @ K.T)


# %% exercise="scores" mistake="root of the positions"
def scores(Q, K):
    return Q @ K.T / len(Q) ** 0.5


# %% exercise="scores" mistake="keys ask"
def scores(Q, K):
    return K @ Q.T / np.sqrt(Q.shape[1])


# %% exercise="scores" mistake="keys ask, not scaled"
def scores(Q, K):
    return K @ Q.T


# %% exercise="scores" mistake="positions summed away"
def scores(Q, K):
    return np.einsum("pi,pj->ij", Q, K) / np.sqrt(Q.shape[1])


# %% exercise="scores" mistake="softmax too"
def scores(Q, K):
    weights = np.exp(Q @ K.T / np.sqrt(Q.shape[1]))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="scores" mistake="masked with zeros"
def scores(Q, K):
    return np.tri(len(Q)) * (Q @ K.T) / np.sqrt(Q.shape[1])


# %% exercise="scores" mistake="masked already"
def scores(Q, K):
    S = Q @ K.T / np.sqrt(Q.shape[1])
    S[np.triu_indices(len(Q), 1)] = -np.inf
    return S


# %% exercise="scores" right="loops over single numbers"
def scores(Q, K):
    return [[sum(a * b for a, b in zip(q, k, strict=True)) / len(q) ** 0.5 for k in K] for q in Q]


# %% exercise="scores" right="both sides divided, in float32"
def scores(Q, K):
    root = np.float32(Q.shape[1]) ** 0.25
    return np.einsum("qc,kc->qk", Q.astype(np.float32) / root, K.astype(np.float32) / root)


# %% exercise="one_entry" mistake="exchanged"
def one_entry(Q, K, query, key):
    return (K @ Q.T)[query, key]


# %% exercise="one_entry" mistake="scaled"
def one_entry(Q, K, query, key):
    return Q[query] @ K[key] / np.sqrt(Q.shape[1])


# %% exercise="one_entry" mistake="counted from 1"
def one_entry(Q, K, query, key):
    return (Q @ K.T)[query - 1, key - 1]


# %% exercise="one_entry" mistake="two queries"
def one_entry(Q, K, query, key):
    return np.dot(Q[query], Q[key])


# %% exercise="one_entry" mistake="not added up"
def one_entry(Q, K, query, key):
    return Q[query] * K[key]


# %% exercise="one_entry" mistake="the whole row"
def one_entry(Q, K, query, key):
    return K @ Q[query]


# %% exercise="one_entry" mistake="masked"
def one_entry(Q, K, query, key):
    return Q[query] @ K[key] if key <= query else -np.inf


# %% exercise="one_entry" right="one number at a time"
def one_entry(Q, K, query, key):
    total = 0.0
    for a, b in zip(Q[query].tolist(), K[key].tolist(), strict=True):
        total += a * b
    return total


# %% exercise="one_entry" right="rows as matrices of one row"
def one_entry(Q, K, query, key):
    return Q[[query]] @ K[[key]].T


# %% exercise="one_row" mistake="column of the pattern"
def one_row(A, V, position):
    return (A.T @ V)[position]


# %% exercise="one_row" mistake="most looked at"
def one_row(A, V, position):
    return V[A[position].argmax()]


# %% exercise="one_row" mistake="plain average"
def one_row(A, V, position):
    return V[: position + 1].sum(axis=0) / (position + 1)


# %% exercise="one_row" mistake="weights left out"
def one_row(A, V, position):
    return sum(V)


# %% exercise="one_row" mistake="its own value"
def one_row(A, V, position):
    return V[position]


# %% exercise="one_row" mistake="counted from 1"
def one_row(A, V, position):
    return (A @ V)[position - 1]


# %% exercise="one_row" mistake="not added up"
def one_row(A, V, position):
    return A[position].reshape(-1, 1) * V


# %% exercise="one_row" mistake="weights alone"
def one_row(A, V, position):
    return A[position]


# %% exercise="one_row" right="numpy's weighted average"
def one_row(A, V, position):
    return np.average(V, axis=0, weights=A[position])


# %% exercise="one_row" right="only the keys that it may see, feature by feature"
def one_row(A, V, position):
    seen = range(position + 1)
    return [sum(A[position, key] * V[key, feature] for key in seen) for feature in range(V.shape[1])]


# %% exercise="causal_pattern" mistake="no mask"
def causal_pattern(S):
    return np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)


# %% exercise="causal_pattern" mistake="mask after the softmax"
def causal_pattern(S):
    weights = np.exp(S)
    return np.tril(weights / weights.sum(axis=-1, keepdims=True))


# %% exercise="causal_pattern" mistake="zero in place of minus infinity"
def causal_pattern(S):
    weights = np.exp(S * np.tri(len(S)))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="causal_pattern" mistake="mask the wrong way round"
def causal_pattern(S):
    weights = np.triu(np.exp(S))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="causal_pattern" mistake="over queries"
def causal_pattern(S):
    weights = np.tril(np.exp(S))
    return weights / weights.sum(axis=0)


# %% exercise="causal_pattern" mistake="over queries, no mask"
def causal_pattern(S):
    return np.exp(S) / np.exp(S).sum(axis=0)


# %% exercise="causal_pattern" mistake="sums along the wrong axis"
def causal_pattern(S):
    weights = np.tril(np.exp(S))
    return weights / weights.sum(axis=1)


# %% exercise="causal_pattern" mistake="one position too many"
def causal_pattern(S):
    weights = np.tril(np.exp(S), 1)
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="causal_pattern" mistake="own position masked"
def causal_pattern(S):
    weights = np.where(np.arange(len(S)) < np.arange(len(S))[:, None], np.exp(S), 0)
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="causal_pattern" mistake="zero times infinity"
def causal_pattern(S):
    masked = S - (1 - np.tri(len(S))) * np.inf
    weights = np.exp(masked)
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="causal_pattern" mistake="the pattern transposed"
def causal_pattern(S):
    weights = np.exp(np.tril(S)) * np.tri(len(S))
    return (weights / weights.sum(axis=1, keepdims=True)).T


# %% exercise="causal_pattern" mistake="not divided"
def causal_pattern(S):
    return np.tri(len(S)) * np.exp(S)


# %% exercise="causal_pattern" mistake="only masked"
def causal_pattern(S):
    return np.tril(S)


# %% exercise="causal_pattern" mistake="masked scores"
def causal_pattern(S):
    return np.where(np.tri(len(S)), S, -np.inf)


# %% exercise="causal_pattern" mistake="input changed"
def causal_pattern(S):
    S[np.triu_indices(len(S), 1)] = -np.inf
    weights = np.exp(S)
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="causal_pattern" right="row by row, in lists"
def causal_pattern(S):
    rows = []
    for i, row in enumerate(S.tolist()):
        raised = [2.718281828459045**score for score in row[: i + 1]]
        rows.append([each / sum(raised) for each in raised] + [0.0] * (len(row) - i - 1))
    return rows


# %% exercise="causal_pattern" right="a large number for infinity, float32"
def causal_pattern(S):
    masked = S.astype(np.float32) - 1e9 * (1 - np.tri(len(S), dtype=np.float32))
    weights = np.exp(masked - masked.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


# %% exercise="causal_pattern" right="the mask after exp, before the sum"
def causal_pattern(S):
    weights = np.tril(np.exp(S))
    return (weights.T / weights.sum(axis=1)).T


# %% exercise="one_head" mistake="no mask"
def one_head(X, W_Q, W_K, W_V, W_O):
    weights = np.exp((X @ W_Q) @ (X @ W_K).T / np.sqrt(W_Q.shape[1]))
    return weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O


# %% exercise="one_head" mistake="not scaled"
def one_head(X, W_Q, W_K, W_V, W_O):
    weights = np.tril(np.exp(X @ W_Q @ W_K.T @ X.T))
    return weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O


# %% exercise="one_head" mistake="root of d_model"
def one_head(X, W_Q, W_K, W_V, W_O):
    weights = np.tril(np.exp(X @ W_Q @ W_K.T @ X.T / np.sqrt(X.shape[1])))
    return weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O


# %% exercise="one_head" mistake="not scaled, no mask"
def one_head(X, W_Q, W_K, W_V, W_O):
    weights = np.exp(X @ W_Q @ W_K.T @ X.T)
    return weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O


# %% exercise="one_head" mistake="over queries"
def one_head(X, W_Q, W_K, W_V, W_O):
    weights = np.tril(np.exp(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1])))
    return weights / weights.sum(axis=0) @ X @ W_V @ W_O


# %% exercise="one_head" mistake="mask after the softmax"
def one_head(X, W_Q, W_K, W_V, W_O):
    weights = np.exp(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1]))
    A = weights / weights.sum(axis=1, keepdims=True)
    return np.tril(A) @ X @ W_V @ W_O


# %% exercise="one_head" mistake="zero in place of minus infinity"
def one_head(X, W_Q, W_K, W_V, W_O):
    weights = np.exp(np.tril(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1])))
    return weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O


# %% exercise="one_head" mistake="mask the wrong way round"
def one_head(X, W_Q, W_K, W_V, W_O):
    weights = np.triu(np.exp(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1])))
    return weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O


# %% exercise="one_head" mistake="queries and keys exchanged"
def one_head(X, W_Q, W_K, W_V, W_O):
    weights = np.tril(np.exp(X @ W_K @ W_Q.T @ X.T / np.sqrt(W_Q.shape[1])))
    return weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O


# %% exercise="one_head" mistake="pattern transposed"
def one_head(X, W_Q, W_K, W_V, W_O):
    weights = np.tril(np.exp(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1])))
    A = weights / weights.sum(axis=1, keepdims=True)
    return np.einsum("qk,qd->kd", A, X @ W_V @ W_O)


# %% exercise="one_head" mistake="not mixed"
def one_head(X, W_Q, W_K, W_V, W_O):
    return X @ (W_V @ W_O)


# %% exercise="one_head" mistake="not written"
def one_head(X, W_Q, W_K, W_V, W_O):
    weights = np.tril(np.exp(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1])))
    return weights / weights.sum(axis=1, keepdims=True) @ X @ W_V


# %% exercise="one_head" mistake="scores in place of a pattern"
def one_head(X, W_Q, W_K, W_V, W_O):
    return np.tril(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1])) @ X @ W_V @ W_O


# %% exercise="one_head" mistake="with the stream"
def one_head(X, W_Q, W_K, W_V, W_O):
    weights = np.tril(np.exp(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1])))
    return X + weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O


# %% exercise="one_head" mistake="input changed"
def one_head(X, W_Q, W_K, W_V, W_O):
    weights = np.tril(np.exp(X @ W_Q @ W_K.T @ X.T / np.sqrt(W_Q.shape[1])))
    X[:] = weights / weights.sum(axis=1, keepdims=True) @ X @ W_V @ W_O
    return X


# %% exercise="one_head" right="position by position"
def one_head(X, W_Q, W_K, W_V, W_O):
    out = []
    for i, x in enumerate(X):
        seen = X[: i + 1]
        weights = np.exp(seen @ W_K @ W_Q.T @ x / len(W_O) ** 0.5)
        out.append(weights @ seen @ W_V @ W_O / weights.sum())
    return np.array(out)


# %% exercise="one_head" right="folded matrices, in float32"
def one_head(X, W_Q, W_K, W_V, W_O):
    X, W_Q, W_K, W_V, W_O = (each.astype(np.float32) for each in (X, W_Q, W_K, W_V, W_O))
    S = X @ (W_Q @ W_K.T) @ X.T / np.sqrt(np.float32(len(W_O)))
    S = np.where(np.tri(len(X)) == 1, S, np.float32(-1e30))
    weights = np.exp(S - S.max(axis=1, keepdims=True))
    return (weights @ (X @ (W_V @ W_O))) / weights.sum(axis=1, keepdims=True)


# %% exercise="one_head" right="einsum throughout"
def one_head(X, W_Q, W_K, W_V, W_O):
    S = np.einsum("qi,ih,jh,kj->qk", X, W_Q, W_K, X) / np.sqrt(W_O.shape[0])
    weights = np.exp(S) * (np.arange(len(X))[:, None] >= np.arange(len(X)))
    return np.einsum("qk,ki,ih,hj,q->qj", weights, X, W_V, W_O, 1 / weights.sum(axis=1))


# %% exercise="pattern_expression" mistake="no mask"
def pattern_expression(X, W_Q, W_K):
    return RowSoftmax(X * W_Q * (X * W_K).T / sqrt(d_h))


# %% exercise="pattern_expression" mistake="mask outside"
def pattern_expression(X, W_Q, W_K):
    return CausalMask(RowSoftmax(X * W_Q * (X * W_K).T / sqrt(d_h)))


# %% exercise="pattern_expression" mistake="not scaled"
def pattern_expression(X, W_Q, W_K):
    return RowSoftmax(CausalMask(product(X, W_Q, transpose(W_K), transpose(X))))


# %% exercise="pattern_expression" mistake="not scaled, no mask"
def pattern_expression(X, W_Q, W_K):
    return RowSoftmax(product(X, W_Q, transpose(W_K), transpose(X)))


# %% exercise="pattern_expression" mistake="divided by d_h"
def pattern_expression(X, W_Q, W_K):
    return RowSoftmax(CausalMask(X * W_Q * W_K.T * X.T) / d_h)


# %% exercise="pattern_expression" mistake="multiplied by the root"
def pattern_expression(X, W_Q, W_K):
    return RowSoftmax(CausalMask(sqrt(d_h) * X * W_Q * W_K.T * X.T))


# %% exercise="pattern_expression" mistake="divided outside"
def pattern_expression(X, W_Q, W_K):
    return RowSoftmax(CausalMask(X * W_Q * W_K.T * X.T)) / sqrt(d_h)


# %% exercise="pattern_expression" mistake="keys ask"
def pattern_expression(X, W_Q, W_K):
    return RowSoftmax(CausalMask(X * W_K * (X * W_Q).T / sqrt(d_h)))


# %% exercise="pattern_expression" mistake="only masked"
def pattern_expression(X, W_Q, W_K):
    return CausalMask(X * W_Q * (X * W_K).T / sqrt(d_h))


# %% exercise="pattern_expression" mistake="only scores"
def pattern_expression(X, W_Q, W_K):
    return (X * W_Q) * (X * W_K).T / sqrt(d_h)


# %% exercise="pattern_expression" mistake="shapes do not fit"
def pattern_expression(X, W_Q, W_K):
    return RowSoftmax(CausalMask((X * W_Q) * (X * W_K) / sqrt(d_h)))


# %% exercise="pattern_expression" right="the number outside the mask"
def pattern_expression(X, W_Q, W_K):
    return RowSoftmax(CausalMask(X * W_Q * (X * W_K).T) / sqrt(d_h))


# %% exercise="pattern_expression" right="the number at the keys, the transpose taken last"
def pattern_expression(X, W_Q, W_K):
    keys = product(X, W_K, 1 / sqrt(d_h))
    return RowSoftmax(CausalMask(transpose(product(keys, transpose(product(X, W_Q))))))


# %% exercise="pattern_expression" right="unfolded by rules"
def pattern_expression(X, W_Q, W_K):
    from ovlearn.symbolic import definition, symbol

    S, Q, K = symbol("S", 9, 9), symbol("Q", 9, 9), symbol("K", 9, 9)
    made = (
        definition("scores", "queries meet keys", (S, product(1 / sqrt(d_h), Q, transpose(K)))),
        definition("sides", "of the stream", (Q, product(X, W_Q)), (K, product(X, W_K))),
    )
    d = ov.Derivation.start(RowSoftmax(CausalMask(S)), made)
    return d.apply(ov.rules.unfold, made[0]).apply(ov.rules.unfold, made[1]).result.rhs
