# What learners write: `mistake` is wrong and must be named so, `right` is unusual and must pass.
# Each cell is run after the set's first code cell, alone.

# %% exercise="ov_matrix" mistake="swapped"
def ov_matrix(W_V, W_O):
    return W_O @ W_V


# %% exercise="ov_matrix" mistake="transposed"
def ov_matrix(W_V, W_O):
    return W_O.T @ W_V.T


# %% exercise="ov_matrix" mistake="by entries"
def ov_matrix(W_V, W_O):
    return W_V * W_O.T


# %% exercise="ov_matrix" mistake="input changed"
def ov_matrix(W_V, W_O):
    product = W_V @ W_O
    W_V *= 0
    return product


# %% exercise="ov_matrix" right="loops"
def ov_matrix(W_V, W_O):
    size, inner = W_V.shape
    return [[sum(W_V[i, k] * W_O[k, j] for k in range(inner)) for j in range(size)] for i in range(size)]


# %% exercise="ov_matrix" right="einsum in float32"
def ov_matrix(W_V, W_O):
    return np.einsum("ih,hj->ij", W_V.astype(np.float32), W_O.astype(np.float32))


# %% exercise="ov_matrix" right="a factored matrix"
def ov_matrix(W_V, W_O):
    return ov.FactoredMatrix(W_V, W_O)


# %% exercise="head_output" mistake="pattern transposed"
def head_output(A, X, W_OV):
    return A.T @ X @ W_OV


# %% exercise="head_output" mistake="no pattern"
def head_output(A, X, W_OV):
    return X @ W_OV


# %% exercise="head_output" mistake="W_OV transposed"
def head_output(A, X, W_OV):
    return A @ (W_OV @ X.T).T


# %% exercise="head_output" mistake="with the stream"
def head_output(A, X, W_OV):
    return X + A @ X @ W_OV


# %% exercise="head_output" right="the other association"
def head_output(A, X, W_OV):
    return A @ (X @ W_OV)


# %% exercise="head_output" right="a loop over queries"
def head_output(A, X, W_OV):
    rows = []
    for weights in A:
        rows.append(sum(weight * (x @ W_OV) for weight, x in zip(weights, X)))
    return np.array(rows)


# %% exercise="ov_rank" mistake="outer size"
ov_rank = 768

# %% exercise="ov_rank" mistake="difference"
ov_rank = 768 - 64

# %% exercise="ov_rank" mistake="both sizes"
ov_rank = 768 * 64

# %% exercise="ov_rank" right="computed"
ov_rank = np.linalg.matrix_rank(np.random.default_rng(0).normal(size=(768, 64)))


# %% exercise="fold" mistake="only ungrouped"
def fold(start, given, W_V, W_O):
    return ov.Derivation.start(start, given).apply(rules.ungroup)


# %% exercise="fold" mistake="not named"
def fold(start, given, W_V, W_O):
    return ov.Derivation.start(start, given).apply(rules.ungroup).apply(rules.group, W_V, W_O)


# %% exercise="fold" mistake="no steps"
def fold(start, given, W_V, W_O):
    return ov.Derivation.start(start, given)


# %% exercise="fold" mistake="assumes more"
def fold(start, given, W_V, W_O):
    stronger = ov.Assumption("stronger", "whatever helps")
    return ov.Derivation.start(start, (*given, stronger)).apply(rules.ungroup)


# %% exercise="fold" right="in another order"
def fold(start, given, W_V, W_O):
    d = ov.Derivation.start(start, given).apply(rules.ungroup)
    X = d.here.args[1]
    d = d.apply(rules.group, X, W_V).apply(rules.ungroup)
    return d.apply(rules.group, W_V, W_O).apply(rules.fold, given[0])
