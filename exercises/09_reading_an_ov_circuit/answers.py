# What learners write: `mistake` is wrong and must be named so, `right` is unusual and must pass.
# Each cell is run after the set's first code cell, alone.

# %% exercise="small_circuit" mistake="a corner"
def small_circuit(W_E, W_V, W_O, W_U):
    size = W_V.shape[1]
    return (W_E @ W_V @ W_O @ W_U)[:size, :size]


# %% exercise="small_circuit" mistake="without the embeddings"
def small_circuit(W_E, W_V, W_O, W_U):
    return W_O @ W_V


# %% exercise="small_circuit" mistake="embeddings turned round"
def small_circuit(W_E, W_V, W_O, W_U):
    return W_O @ (W_U @ W_E).T @ W_V


# %% exercise="small_circuit" mistake="squares of one factor"
def small_circuit(W_E, W_V, W_O, W_U):
    return W_V.T @ W_E.T @ W_E @ W_V


# %% exercise="small_circuit" mistake="squares of the other factor"
def small_circuit(W_E, W_V, W_O, W_U):
    return W_O @ W_U @ W_U.T @ W_O.T


# %% exercise="small_circuit" mistake="singular values"
def small_circuit(W_E, W_V, W_O, W_U):
    return np.diag(ov.FactoredMatrix(W_E @ W_V, W_O @ W_U).svd()[1])


# %% exercise="small_circuit" mistake="squared singular values"
def small_circuit(W_E, W_V, W_O, W_U):
    P, Q = W_E @ W_V, W_O @ W_U
    return Q @ Q.T @ P.T @ P


# %% exercise="small_circuit" mistake="the whole table"
def small_circuit(W_E, W_V, W_O, W_U):
    return W_E @ W_V @ W_O @ W_U


# %% exercise="small_circuit" mistake="the stream's"
def small_circuit(W_E, W_V, W_O, W_U):
    return W_V @ W_O @ W_U @ W_E


# %% exercise="small_circuit" mistake="a list of them"
def small_circuit(W_E, W_V, W_O, W_U):
    return np.linalg.eigvals(W_O @ W_U @ W_E @ W_V)


# %% exercise="small_circuit" right="in another basis"
def small_circuit(W_E, W_V, W_O, W_U):
    size = len(W_O)
    basis = np.eye(size) + np.tri(size, k=-1)
    return np.linalg.inv(basis) @ W_O @ W_U @ W_E @ W_V @ basis


# %% exercise="small_circuit" right="transposed, in float32, as a list"
def small_circuit(W_E, W_V, W_O, W_U):
    W_E, W_V, W_O, W_U = (each.astype(np.float32) for each in (W_E, W_V, W_O, W_U))
    return (W_V.T @ (W_U @ W_E).T @ W_O.T).tolist()


# %% exercise="small_circuit" right="a diagonal of complex numbers"
def small_circuit(W_E, W_V, W_O, W_U):
    values = np.linalg.eigvals(W_E @ W_V @ W_O @ W_U)
    return np.diag(sorted(values, key=abs)[-len(W_O) :])


# %% exercise="small_circuit" right="from the polynomial"
def small_circuit(W_E, W_V, W_O, W_U):
    coefficients = np.poly(W_O @ W_U @ W_E @ W_V).real
    companion = np.eye(len(W_O), k=-1)
    companion[0] = -coefficients[1:]
    return companion


# %% exercise="copying_score" mistake="a size above the line"
def copying_score(W_E, W_V, W_O, W_U):
    values = np.linalg.eigvals(W_O @ W_U @ W_E @ W_V)
    return abs(values.sum()) / abs(values).sum()


# %% exercise="copying_score" mistake="sizes of real parts"
def copying_score(W_E, W_V, W_O, W_U):
    values = np.linalg.eigvals(W_O @ W_U @ W_E @ W_V).real
    return values.sum() / np.abs(values).sum()


# %% exercise="copying_score" mistake="not divided"
def copying_score(W_E, W_V, W_O, W_U):
    return np.trace(W_O @ W_U @ W_E @ W_V)


# %% exercise="copying_score" mistake="the mean over the head"
def copying_score(W_E, W_V, W_O, W_U):
    return np.linalg.eigvals(W_O @ W_U @ W_E @ W_V).mean().real


# %% exercise="copying_score" mistake="the mean over tokens"
def copying_score(W_E, W_V, W_O, W_U):
    return np.linalg.eigvals(W_E @ W_V @ W_O @ W_U).mean().real


# %% exercise="copying_score" mistake="directions alone"
def copying_score(W_E, W_V, W_O, W_U):
    values = np.linalg.eigvals(W_O @ W_U @ W_E @ W_V)
    return np.mean(np.cos(np.angle(values)))


# %% exercise="copying_score" mistake="the share of positive ones"
def copying_score(W_E, W_V, W_O, W_U):
    values = np.linalg.eigvals(W_O @ W_U @ W_E @ W_V)
    return np.mean(values.real > 0)


# %% exercise="copying_score" mistake="without the embeddings"
def copying_score(W_E, W_V, W_O, W_U):
    values = np.linalg.eigvals(W_O @ W_V)
    return values.sum().real / np.abs(values).sum()


# %% exercise="copying_score" mistake="embeddings turned round"
def copying_score(W_E, W_V, W_O, W_U):
    values = np.linalg.eigvals(W_O @ (W_U @ W_E).T @ W_V)
    return values.sum().real / np.abs(values).sum()


# %% exercise="copying_score" mistake="the diagonal"
def copying_score(W_E, W_V, W_O, W_U):
    own = np.diag(W_E @ W_V @ W_O @ W_U)
    return own.sum() / np.abs(own).sum()


# %% exercise="copying_score" mistake="singular values"
def copying_score(W_E, W_V, W_O, W_U):
    circuit = W_E @ W_V @ W_O @ W_U
    return np.trace(circuit) / np.linalg.norm(circuit, "nuc")


# %% exercise="copying_score" mistake="zero where there is none"
def copying_score(W_E, W_V, W_O, W_U):
    values = np.linalg.eigvals(W_O @ W_U @ W_E @ W_V)
    return values.sum().real / max(np.abs(values).sum(), 1e-12)


# %% exercise="copying_score" mistake="one where there is none"
def copying_score(W_E, W_V, W_O, W_U):
    values = np.linalg.eigvals(W_O @ W_U @ W_E @ W_V)
    sizes = np.abs(values).sum()
    return values.sum().real / sizes if sizes else 1.0


# %% exercise="copying_score" right="from the whole table"
def copying_score(W_E, W_V, W_O, W_U):
    values = np.linalg.eigvals(W_E @ W_V @ W_O @ W_U)
    return values.sum() / np.abs(values).sum()


# %% exercise="copying_score" right="the trace above, through the stream, in float32"
def copying_score(W_E, W_V, W_O, W_U):
    moved = (W_U @ W_E @ W_V @ W_O).astype(np.float32)
    sizes = np.abs(np.linalg.eigvals(moved)).sum()
    return np.divide(np.trace(moved), sizes)


# %% exercise="copying_score" right="by hand, number by number"
def copying_score(W_E, W_V, W_O, W_U):
    total, sizes = 0.0, 0.0
    for value in ov.FactoredMatrix(W_E @ W_V, W_O @ W_U).eigenvalues:
        total += value.real
        sizes += (value.real**2 + value.imag**2) ** 0.5
    return float("nan") if sizes == 0 else total / sizes


# %% exercise="copied_share" mistake="columns"
def copied_share(A, B, k):
    C = A @ B
    return np.mean([token in np.argsort(-C[:, token])[:k] for token in range(len(C))])


# %% exercise="copied_share" mistake="one too many"
def copied_share(A, B, k):
    C = A @ B
    return np.mean((C > np.diag(C)[:, None]).sum(axis=1) <= k)


# %% exercise="copied_share" mistake="one too few"
def copied_share(A, B, k):
    C = A @ B
    return np.mean((C >= np.diag(C)[:, None]).sum(axis=1) < k)


# %% exercise="copied_share" mistake="k left out"
def copied_share(A, B, k):
    return np.mean((A @ B).argmax(axis=1) == np.arange(len(A)))


# %% exercise="copied_share" mistake="most lowered"
def copied_share(A, B, k):
    most = np.argsort(A @ B, axis=1)[:, :k]
    return (most == np.arange(len(A))[:, None]).any(axis=1).mean()


# %% exercise="copied_share" mistake="by size alone"
def copied_share(A, B, k):
    most = np.argsort(-np.abs(A @ B), axis=1)[:, :k]
    return (most == np.arange(len(A))[:, None]).any(axis=1).mean()


# %% exercise="copied_share" mistake="raised at all"
def copied_share(A, B, k):
    return np.mean(np.einsum("ah,ha->a", A, B) > 0)


# %% exercise="copied_share" mistake="a count"
def copied_share(A, B, k):
    C = A @ B
    return int(((C > np.diag(C)[:, None]).sum(axis=1) < k).sum())


# %% exercise="copied_share" mistake="divided by k"
def copied_share(A, B, k):
    most = np.argsort(-(A @ B), axis=1)[:, :k]
    return (most == np.arange(len(A))[:, None]).mean()


# %% exercise="copied_share" right="row by row, never the whole table"
def copied_share(A, B, k):
    hits = 0
    for token in range(len(A)):
        row = A[token] @ B
        hits += sum(other > row[token] for other in row) <= k - 1
    return hits / len(A)


# %% exercise="copied_share" right="partly sorted, in float32"
def copied_share(A, B, k):
    C = np.float32(A) @ np.float32(B)
    bound = np.partition(C, -k, axis=1)[:, -k]
    return np.float32((np.diag(C) >= bound).mean())


# %% exercise="copied_share" right="by places in the sorted rows"
def copied_share(A, B, k):
    places = (-(A @ B)).argsort(axis=1).argsort(axis=1)
    return sum(places.diagonal() < k) / places.shape[0]


# %% exercise="lowers_itself" mistake="the lesson's table"
def lowers_itself(first, second, amount):
    return np.array([[-1.0, 3.0], [-2.0, 4.0]])


# %% exercise="lowers_itself" mistake="the other token"
def lowers_itself(first, second, amount):
    other = first + second + amount
    return [[other, 1], [-amount * other - first * second, -amount]]


# %% exercise="lowers_itself" mistake="raised by the amount"
def lowers_itself(first, second, amount):
    other = first + second - amount
    return [[amount, 1], [amount * other - first * second, other]]


# %% exercise="lowers_itself" mistake="not lowered"
def lowers_itself(first, second, amount):
    basis = np.array([[1.0, 1.0], [1.0, 1.1]])
    return basis @ np.diag([max(first, second), min(first, second)]) @ np.linalg.inv(basis)


# %% exercise="lowers_itself" mistake="another amount"
def lowers_itself(first, second, amount):
    other = first + second + 1
    return [[-1, 1], [-other - first * second, other]]


# %% exercise="lowers_itself" mistake="eigenvalues on the diagonal"
def lowers_itself(first, second, amount):
    return np.array([[first, -amount], [-amount, second]])


# %% exercise="lowers_itself" mistake="triangular"
def lowers_itself(first, second, amount):
    return np.array([[-amount, 1], [0, first + second + amount]])


# %% exercise="lowers_itself" mistake="symmetric"
def lowers_itself(first, second, amount):
    other = first + second + amount
    beside = np.sqrt(amount * other + first * second)
    return np.array([[-amount, beside], [beside, other]])


# %% exercise="lowers_itself" mistake="both negative"
def lowers_itself(first, second, amount):
    other = amount - first - second
    return [[-amount, 1], [-amount * other - first * second, other]]


# %% exercise="lowers_itself" mistake="the product's sign"
def lowers_itself(first, second, amount):
    other = first + second + amount
    return [[-amount, 1], [first * second + amount * other, other]]


# %% exercise="lowers_itself" mistake="the sum alone"
def lowers_itself(first, second, amount):
    return np.array([[-amount, 3], [-2, first + second + amount]])


# %% exercise="lowers_itself" mistake="the sum alone"
def lowers_itself(first, second, amount):
    return np.array([[-amount, 1e5], [-1e5, first + second + amount]])


# %% exercise="lowers_itself" mistake="the product alone"
def lowers_itself(first, second, amount):
    return np.array([[-amount, 1.0], [-first * second - amount * 4, 4.0]])


# %% exercise="lowers_itself" right="from eigenvectors that nearly coincide"
def lowers_itself(first, second, amount):
    low, high = sorted((first, second))
    t = (high + amount) / (low + amount)  # so that (t·low − high) / (t − 1) is what is wanted
    rows = np.array([[1.0, 1.0], [t, 1.0]])  # an eigenvector in each row
    return np.linalg.inv(rows) @ np.diag([high, low]) @ rows


# %% exercise="lowers_itself" right="very unequal entries"
def lowers_itself(first, second, amount):
    other = first + second + amount
    return [[-amount, -1e6 * (amount * other + first * second)], [1e-6, other]]


# %% exercise="lowers_itself" right="in float32"
def lowers_itself(first, second, amount):
    other = np.float32(first + second + amount)
    root = np.sqrt(np.float32(amount) * other + np.float32(first * second))
    return np.array([[-amount, root], [-root, other]], dtype=np.float32)


# %% exercise="eigenvalues_decide" mistake="none"
eigenvalues_decide = set()

# %% exercise="eigenvalues_decide" mistake="rank"
eigenvalues_decide = {"a", "b", "c", "f", "h"}

# %% exercise="eigenvalues_decide" mistake="raising oneself most"
eigenvalues_decide = {"a", "b", "d", "f", "h"}

# %% exercise="eigenvalues_decide" mistake="singular values"
eigenvalues_decide = "a, b, e, f, h"

# %% exercise="eigenvalues_decide" mistake="lowering oneself"
eigenvalues_decide = {"a", "b", "f", "g", "h"}

# %% exercise="eigenvalues_decide" mistake="the score left out"
eigenvalues_decide = {"b", "f", "h"}

# %% exercise="eigenvalues_decide" mistake="the trace left out"
eigenvalues_decide = {"a", "f", "h"}

# %% exercise="eigenvalues_decide" mistake="columns left out"
eigenvalues_decide = {"a", "b", "h"}

# %% exercise="eigenvalues_decide" mistake="the sign left out"
eigenvalues_decide = ["a", "b", "f"]

# %% exercise="eigenvalues_decide" right="a text"
eigenvalues_decide = "a, b, f and h"

# %% exercise="eigenvalues_decide" right="a list in another order, in capitals"
eigenvalues_decide = ["H", "F", "B", "A"]


# %% exercise="copying_head" mistake="silent tokens"
def copying_head(d_vocab, d_model, d_head):
    W_E, W_V = np.eye(d_vocab, d_model), np.eye(d_model, d_head)
    return W_E, W_V, W_V.T, W_E.T


# %% exercise="copying_head" mistake="two tokens alike"
def copying_head(d_vocab, d_model, d_head):
    W_E = np.eye(d_model)[np.arange(d_vocab) % d_head]
    W_V = np.eye(d_model, d_head)
    return W_E, W_V, W_V.T, W_E.T


# %% exercise="copying_head" mistake="lengths"
def copying_head(d_vocab, d_model, d_head):
    rng = np.random.default_rng(0)
    W_E, W_V = rng.normal(size=(d_vocab, d_model)), rng.normal(size=(d_model, d_head))
    return W_E, W_V, W_V.T, W_E.T


# %% exercise="copying_head" mistake="lowers"
def copying_head(d_vocab, d_model, d_head):
    angles = 2 * np.pi * np.arange(d_vocab) / d_vocab
    W_E = np.zeros((d_vocab, d_model))
    W_E[:, 0], W_E[:, 1] = np.cos(angles), np.sin(angles)
    W_V = np.eye(d_model, d_head)
    return W_E, W_V, -W_V.T, W_E.T


# %% exercise="copying_head" mistake="another token"
def copying_head(d_vocab, d_model, d_head):
    angles = 2 * np.pi * np.arange(d_vocab) / d_vocab
    W_E = np.zeros((d_vocab, d_model))
    W_E[:, 0], W_E[:, 1] = np.cos(angles), np.sin(angles)
    W_V = np.eye(d_model, d_head)
    return W_E, W_V, W_V.T, np.roll(W_E, 1, axis=0).T


# %% exercise="copying_head" mistake="mixtures alone"
def copying_head(d_vocab, d_model, d_head):
    rng = np.random.default_rng(0)
    W_E, W_V = rng.normal(size=(d_vocab, d_model)), rng.normal(size=(d_model, d_head))
    return W_E, W_V, np.linalg.pinv(W_V), np.linalg.pinv(W_E)


# %% exercise="copying_head" mistake="W_U apart"
def copying_head(d_vocab, d_model, d_head):
    rng = np.random.default_rng(0)
    W_E = rng.normal(size=(d_vocab, d_model))
    W_V = np.linalg.qr(rng.normal(size=(d_model, d_head))).Q
    return W_E, W_V, W_V.T, rng.normal(size=(d_model, d_vocab))


# %% exercise="copying_head" mistake="W_O apart"
def copying_head(d_vocab, d_model, d_head):
    rng = np.random.default_rng(0)
    W_E = rng.normal(size=(d_vocab, d_model))
    W_E /= np.linalg.norm(W_E, axis=1, keepdims=True)
    return W_E, rng.normal(size=(d_model, d_head)), rng.normal(size=(d_head, d_model)), W_E.T


# %% exercise="copying_head" mistake="nothing goes back"
def copying_head(d_vocab, d_model, d_head):
    model = ov.Transformer.random(ov.Config(1, 1, d_model, d_head, d_vocab, n_ctx=1))
    return model.W_E, model.W_V[0, 0], model.W_O[0, 0], model.W_U


# %% exercise="copying_head" mistake="W_O transposed"
def copying_head(d_vocab, d_model, d_head):
    angles = 2 * np.pi * np.arange(d_vocab) / d_vocab
    W_V = np.eye(d_model, d_head)
    W_E = np.stack([np.cos(angles), np.sin(angles)], axis=1) @ W_V.T[:2]
    return W_E, W_V, W_V, W_E.T


# %% exercise="copying_head" mistake="W_U transposed"
def copying_head(d_vocab, d_model, d_head):
    angles = 2 * np.pi * np.arange(d_vocab) / d_vocab
    W_V = np.eye(d_model, d_head)
    W_E = np.stack([np.cos(angles), np.sin(angles)], axis=1) @ W_V.T[:2]
    return W_E, W_V, W_V.T, W_E


# %% exercise="copying_head" mistake="not four"
def copying_head(d_vocab, d_model, d_head):
    W_E = np.random.default_rng(0).normal(size=(d_vocab, d_model))
    W_V = np.eye(d_model, d_head)
    return W_E, W_V @ W_V.T, W_E.T


# %% exercise="copying_head" right="around a circle, as a dict"
def copying_head(d_vocab, d_model, d_head):
    angles = 2 * np.pi * np.arange(d_vocab) / d_vocab
    W_V = np.eye(d_model, d_head, k=d_head - d_model)  # the last dimensions of the stream
    W_E = np.stack([np.cos(angles), np.sin(angles)], axis=1) @ W_V[:, :2].T
    return {"W_U": W_E.T, "W_O": W_V.T, "W_V": W_V, "W_E": W_E}


# %% exercise="copying_head" right="slanted bases, huge and tiny, float32"
def copying_head(d_vocab, d_model, d_head):
    rng = np.random.default_rng(3)
    arrows = rng.normal(size=(d_vocab, d_head))
    arrows /= np.linalg.norm(arrows, axis=1, keepdims=True)
    there, back = np.eye(d_head) + 0.3 * rng.normal(size=(2, d_head, d_head))
    into, out = rng.normal(size=(2, d_head, d_model))
    W_E, W_U = arrows @ there @ into, np.linalg.pinv(out) @ back @ arrows.T
    W_V, W_O = np.linalg.pinv(into) @ np.linalg.inv(there), np.linalg.inv(back) @ out
    return tuple(np.float32(M * scale) for M, scale in ((W_E, 1e15), (W_V, 1e-9), (W_O, 1e12), (W_U, 1e-20)))


# %% exercise="copying_head" right="unequal lengths: the nearest number wins"
def copying_head(d_vocab, d_model, d_head):
    a = np.arange(1.0, d_vocab + 1)  # a·(2b) − b² = a² − (a − b)²
    W_E, W_U = np.zeros((d_vocab, d_model)), np.zeros((d_model, d_vocab))
    W_E[:, 0], W_E[:, 1] = a, 1
    W_U[2], W_U[3] = 2 * a, -(a**2)
    W_V, W_O = np.zeros((d_model, d_head)), np.zeros((d_head, d_model))
    W_V[0, 0] = W_V[1, 1] = W_O[0, 2] = W_O[1, 3] = 1
    return W_E, W_V, W_O, W_U


# %% exercise="copying_head" right="both signs turned, as a network"
def copying_head(d_vocab, d_model, d_head):
    rng = np.random.default_rng(1)
    W_V = np.linalg.qr(rng.normal(size=(d_model, d_head))).Q
    W_E = rng.normal(size=(d_vocab, d_head)) @ W_V.T
    W_E *= rng.uniform(0.01, 100, size=(d_vocab, 1))  # how loud a token is read matters not
    W_U = -W_E.T / np.linalg.norm(W_E, axis=1)
    looks = np.ones((1, 1, d_model, d_head))
    config = ov.Config(1, 1, d_model, d_head, d_vocab, n_ctx=3)
    return ov.Transformer(
        config, W_E=W_E, W_Q=looks, W_K=looks, W_V=-W_V[None, None], W_O=W_V.T[None, None], W_U=W_U
    )
