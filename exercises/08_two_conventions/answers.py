# What learners write: `mistake` is wrong and must be named so, `right` is unusual and must pass.
# Each cell is run after the set's first code cell, alone.

# %% exercise="logit_changes" mistake="always a row"
def logit_changes(circuit, convention, token):
    return circuit[token]


# %% exercise="logit_changes" mistake="always a column"
def logit_changes(circuit, convention, token):
    return circuit[:, token]


# %% exercise="logit_changes" mistake="the other way round"
def logit_changes(circuit, convention, token):
    return circuit[token] if convention == "columns" else circuit.T[token]


# %% exercise="logit_changes" mistake="one number"
def logit_changes(circuit, convention, token):
    return circuit[token][token] if convention == "rows" else circuit[:, token][token]


# %% exercise="logit_changes" right="with one-hot vectors"
def logit_changes(circuit, convention, token):
    one_hot = np.eye(len(circuit), dtype=np.float32)[token]
    return one_hot @ circuit if convention == "rows" else circuit @ one_hot


# %% exercise="logit_changes" right="a list, the convention turned first"
def logit_changes(circuit, convention, token):
    in_rows = {"rows": circuit, "columns": np.transpose(circuit)}[convention]
    return list(in_rows[token])


# %% exercise="paper_circuit" mistake="in rows"
def paper_circuit(W_E, W_V, W_O, W_U):
    return (W_E @ W_V) @ (W_O @ W_U)


# %% exercise="paper_circuit" mistake="W_OV in rows"
def paper_circuit(W_E, W_V, W_O, W_U):
    W_OV = W_V @ W_O
    return (W_E @ W_OV.T @ W_U).T


# %% exercise="paper_circuit" mistake="nothing transposed"
def paper_circuit(W_E, W_V, W_O, W_U):
    W_OV = W_O @ W_V
    return W_U @ W_OV @ W_E


# %% exercise="paper_circuit" mistake="only the ends exchanged"
def paper_circuit(W_E, W_V, W_O, W_U):
    W_OV = W_V @ W_O
    return W_U @ W_OV @ W_E


# %% exercise="paper_circuit" mistake="order kept"
def paper_circuit(W_E, W_V, W_O, W_U):
    return W_E.T @ W_V.T @ W_O.T @ W_U.T


# %% exercise="paper_circuit" mistake="W_V after W_O"
def paper_circuit(W_E, W_V, W_O, W_U):
    return W_U.T @ (W_O @ W_V).T @ W_E.T


# %% exercise="paper_circuit" right="our circuit, transposed"
def paper_circuit(W_E, W_V, W_O, W_U):
    return ov.FactoredMatrix(W_E @ W_V, W_O @ W_U).T


# %% exercise="paper_circuit" right="einsum in float32"
def paper_circuit(W_E, W_V, W_O, W_U):
    single = [weight.astype(np.float32) for weight in (W_E, W_V, W_O, W_U)]
    return np.einsum("ad,dh,he,eb->ba", *single)


# %% exercise="two_heads_in_columns" mistake="still in rows"
def two_heads_in_columns(A_0, A_1, E, W_E, W_OV_0, W_OV_1, W_U):
    return transpose(product(W_U, W_OV_1, W_OV_0, W_E, E, A_0, A_1))


# %% exercise="two_heads_in_columns" mistake="OV in the row order"
def two_heads_in_columns(A_0, A_1, E, W_E, W_OV_0, W_OV_1, W_U):
    return product(W_U, product(W_OV_0, W_OV_1), W_E, E, product(A_0, A_1))


# %% exercise="two_heads_in_columns" mistake="patterns in the row order"
def two_heads_in_columns(A_0, A_1, E, W_E, W_OV_0, W_OV_1, W_U):
    return W_U * W_OV_1 * W_OV_0 * W_E * E * A_1 * A_0


# %% exercise="two_heads_in_columns" mistake="heads in the row order"
def two_heads_in_columns(A_0, A_1, E, W_E, W_OV_0, W_OV_1, W_U):
    return product(W_U, product(W_OV_0, product(W_OV_1, W_E, E, A_1), A_0))


# %% exercise="two_heads_in_columns" mistake="patterns transposed again"
def two_heads_in_columns(A_0, A_1, E, W_E, W_OV_0, W_OV_1, W_U):
    return product(W_U, W_OV_1, W_OV_0, W_E, E, transpose(product(A_1, A_0)))


# %% exercise="two_heads_in_columns" mistake="shapes do not fit"
def two_heads_in_columns(A_0, A_1, E, W_E, W_OV_0, W_OV_1, W_U):
    return A_1 * A_0 * E * W_E * W_OV_0 * W_OV_1 * W_U


# %% exercise="two_heads_in_columns" right="head by head"
def two_heads_in_columns(A_0, A_1, E, W_E, W_OV_0, W_OV_1, W_U):
    stream = product(W_E, E)
    stream = product(W_OV_0, stream, A_0)
    stream = product(W_OV_1, stream, A_1)
    return product(W_U, stream)


# %% exercise="two_heads_in_columns" right="as a transpose"
def two_heads_in_columns(A_0, A_1, E, W_E, W_OV_0, W_OV_1, W_U):
    rows = [transpose(each) for each in (A_1, A_0, E, W_E, W_OV_0, W_OV_1, W_U)]
    return transpose(product(*rows))


# %% exercise="long_matrix" mistake="the other stacking"
def long_matrix(A, C, stacked):
    return np.kron(C.T, A) if stacked == "rows" else np.kron(A, C.T)


# %% exercise="long_matrix" mistake="circuit in rows"
def long_matrix(A, C, stacked):
    return np.kron(A, C) if stacked == "rows" else np.kron(C, A)


# %% exercise="long_matrix" mistake="pattern transposed"
def long_matrix(A, C, stacked):
    return np.kron(A.T, C.T) if stacked == "rows" else np.kron(C.T, A.T)


# %% exercise="long_matrix" mistake="from the right"
def long_matrix(A, C, stacked):
    order = "C" if stacked == "rows" else "F"
    size = len(A) * len(C)
    return np.array([(A @ unit.reshape(len(A), -1, order=order) @ C).ravel(order) for unit in np.eye(size)])


# %% exercise="long_matrix" mistake="the other stacking, circuit in rows"
def long_matrix(A, C, stacked):
    blocks = [[entry * A for entry in row] for row in C]
    return np.block(blocks) if stacked == "rows" else np.kron(A, C)


# %% exercise="long_matrix" right="block by block"
def long_matrix(A, C, stacked):
    outer, inner = (A, C.T) if stacked == "rows" else (C.T, A)
    return np.block([[entry * inner for entry in row] for row in outer])


# %% exercise="long_matrix" right="einsum over four axes, in float32"
def long_matrix(A, C, stacked):
    letters = "qk,ij->qjki" if stacked == "rows" else "qk,ij->jqik"
    size = len(A) * len(C)
    return np.einsum(letters, A.astype(np.float32), C.astype(np.float32)).reshape(size, size)
