# What learners write: `mistake` is wrong and must be named so, `right` is unusual and must pass.
# Each cell is run after the set's first code cell, alone.

# %% exercise="split_heads" mistake="another order"
def split_heads(c_attn, n_heads):
    d_model = len(c_attn)
    W_K, W_Q, W_V = c_attn.reshape(d_model, 3, n_heads, -1).transpose(1, 2, 0, 3)
    return W_Q, W_K, W_V


# %% exercise="split_heads" mistake="another order"
def split_heads(c_attn, n_heads):
    d_model = len(c_attn)
    return c_attn.reshape(d_model, 3, n_heads, -1).transpose(1, 2, 0, 3)[::-1]


# %% exercise="split_heads" mistake="head by head"
def split_heads(c_attn, n_heads):
    d_model = len(c_attn)
    heads = c_attn.reshape(d_model, n_heads, 3, d_model // n_heads)
    return tuple(heads[:, :, i].swapaxes(0, 1) for i in range(3))


# %% exercise="split_heads" mistake="heads take turns"
def split_heads(c_attn, n_heads):
    three = np.split(c_attn, 3, axis=1)
    return tuple(np.stack([W[:, head::n_heads] for head in range(n_heads)]) for W in three)


# %% exercise="split_heads" mistake="a reshape for a swap"
def split_heads(c_attn, n_heads):
    d_model = len(c_attn)
    return tuple(W.reshape(n_heads, d_model, -1) for W in np.split(c_attn, 3, axis=1))


# %% exercise="split_heads" mistake="one reshape for all"
def split_heads(c_attn, n_heads):
    d_model = len(c_attn)
    W_Q, W_K, W_V = c_attn.reshape(3, n_heads, d_model, d_model // n_heads)
    return W_Q, W_K, W_V


# %% exercise="split_heads" mistake="rows for outputs"
def split_heads(c_attn, n_heads):
    d_model = len(c_attn)
    three = np.split(c_attn, 3, axis=1)
    return tuple(W.reshape(n_heads, d_model // n_heads, d_model).swapaxes(1, 2) for W in three)


# %% exercise="split_heads" mistake="rows for heads"
def split_heads(c_attn, n_heads):
    d_model = len(c_attn)
    W_Q, W_K, W_V = c_attn[:, :d_model], c_attn[:, d_model : 2 * d_model], c_attn[:, 2 * d_model :]
    return tuple(np.split(W_Q, n_heads)), tuple(np.split(W_K, n_heads)), tuple(np.split(W_V, n_heads))


# %% exercise="split_heads" mistake="transposed"
def split_heads(c_attn, n_heads):
    d_model = len(c_attn)
    return tuple(W.T.reshape(n_heads, -1, d_model) for W in np.split(c_attn, 3, axis=1))


# %% exercise="split_heads" mistake="head axis behind"
def split_heads(c_attn, n_heads):
    d_model = len(c_attn)
    return tuple(W.reshape(d_model, n_heads, -1) for W in np.split(c_attn, 3, axis=1))


# %% exercise="split_heads" mistake="not cut into heads"
def split_heads(c_attn, n_heads):
    return tuple(np.split(c_attn, 3, axis=1))


# %% exercise="split_heads" right="column by column"
def split_heads(c_attn, n_heads):
    d_model = len(c_attn)
    d_head = d_model // n_heads
    found = np.empty((3, n_heads, d_model, d_head))
    for place, column in enumerate(c_attn.T):
        kind, rest = divmod(place, d_model)
        head, entry = divmod(rest, d_head)
        found[kind, head, :, entry] = column
    return found


# %% exercise="split_heads" right="nested splits, in lists"
def split_heads(c_attn, n_heads):
    return [[W.tolist() for W in np.split(three, n_heads, axis=1)] for three in np.split(c_attn, 3, axis=1)]


# %% exercise="split_heads" right="transposed, cut into rows, and back, in float32"
def split_heads(c_attn, n_heads):
    d_model = len(c_attn)
    rows = c_attn.T.astype(np.float32).reshape(3, n_heads, -1, d_model)
    return tuple(np.swapaxes(rows, 2, 3))


# %% exercise="split_heads" right="by what it makes of one-hot rows"
def split_heads(c_attn, n_heads):
    made = np.eye(len(c_attn)) @ c_attn
    return tuple(np.stack(np.hsplit(each, n_heads)) for each in np.hsplit(made, 3))


# %% exercise="value_biases" mistake="old bias lost"
def value_biases(b_V, W_O, b_O):
    return np.einsum("hi,him->m", b_V, W_O)


# %% exercise="value_biases" mistake="taken away"
def value_biases(b_V, W_O, b_O):
    return b_O - b_V.ravel() @ W_O.reshape(-1, len(b_O))


# %% exercise="value_biases" mistake="old bias once a head"
def value_biases(b_V, W_O, b_O):
    return (np.einsum("hi,him->hm", b_V, W_O) + b_O).sum(axis=0)


# %% exercise="value_biases" mistake="mean over heads"
def value_biases(b_V, W_O, b_O):
    return b_O + np.mean([b @ W for b, W in zip(b_V, W_O)], axis=0)


# %% exercise="value_biases" mistake="first head only"
def value_biases(b_V, W_O, b_O):
    return b_O + b_V[0] @ W_O[0]


# %% exercise="value_biases" mistake="last head only"
def value_biases(b_V, W_O, b_O):
    for head in range(len(b_V)):
        out = b_O + b_V[head] @ W_O[head]
    return out


# %% exercise="value_biases" mistake="through every head"
def value_biases(b_V, W_O, b_O):
    return (b_V @ W_O).sum(axis=(0, 1)) + b_O


# %% exercise="value_biases" mistake="all in one batch"
def value_biases(b_V, W_O, b_O):
    return b_V @ W_O + b_O


# %% exercise="value_biases" mistake="all in one batch, summed once"
def value_biases(b_V, W_O, b_O):
    return b_O + (b_V @ W_O).sum(axis=0)


# %% exercise="value_biases" mistake="columns mixed"
def value_biases(b_V, W_O, b_O):
    rows = W_O.transpose(1, 0, 2).reshape(-1, len(b_O))
    return b_V.reshape(-1) @ rows + b_O


# %% exercise="value_biases" mistake="a row a head"
def value_biases(b_V, W_O, b_O):
    return b_O + (b_V[:, None, :] @ W_O)[:, 0]


# %% exercise="value_biases" mistake="a row a head, without the old bias"
def value_biases(b_V, W_O, b_O):
    return np.array([b_V[h] @ W_O[h] for h in range(len(b_V))])


# %% exercise="value_biases" mistake="left as it was"
def value_biases(b_V, W_O, b_O):
    return b_O


# %% exercise="value_biases" mistake="blocked"
def value_biases(b_V, W_O, b_O):
    heads, d_head, d_model = W_O.shape
    config = ov.Config(1, heads, d_model, d_head, d_vocab=2, n_ctx=1)
    read = dict.fromkeys(("W_Q", "W_K", "W_V"), np.zeros((1, heads, d_model, d_head)))
    ends = {"W_E": np.zeros((2, d_model)), "W_U": np.zeros((d_model, 2))}
    model = ov.GPT(config, **read, **ends, W_O=W_O[None], b_V=b_V[None], b_O=b_O[None], normalization=None)
    return model.folded().b_O[0]


# %% exercise="value_biases" mistake="input changed"
def value_biases(b_V, W_O, b_O):
    for b, W in zip(b_V, W_O):
        b_O += b @ W
    return b_O


# %% exercise="value_biases" right="all heads as one wide head"
def value_biases(b_V, W_O, b_O):
    return b_V.ravel() @ W_O.reshape(-1, W_O.shape[-1]) + b_O


# %% exercise="value_biases" right="number by number, in a list"
def value_biases(b_V, W_O, b_O):
    heads, width = b_V.shape
    return [
        float(b_O[j])
        + sum(float(b_V[h, i]) * float(W_O[h, i, j]) for h in range(heads) for i in range(width))
        for j in range(len(b_O))
    ]


# %% exercise="value_biases" right="what a layer writes of nothing, in float32"
def value_biases(b_V, W_O, b_O):
    pattern = np.tri(4, dtype=np.float32)
    pattern /= pattern.sum(axis=1, keepdims=True)
    values = np.repeat(b_V.astype(np.float32)[:, None], 4, axis=1)
    return ((pattern @ values) @ W_O.astype(np.float32)).sum(axis=0)[2] + b_O.astype(np.float32)


# %% exercise="fold_norm" mistake="shift forgotten"
def fold_norm(gain, shift, W, b):
    return np.diag(gain) @ W, b


# %% exercise="fold_norm" mistake="shift through the gain"
def fold_norm(gain, shift, W, b):
    W = gain[:, None] * W
    return W, shift @ W + b


# %% exercise="fold_norm" mistake="gain divided"
def fold_norm(gain, shift, W, b):
    return W / gain[:, None], b + shift @ W


# %% exercise="fold_norm" mistake="gain forgotten"
def fold_norm(gain, shift, W, b):
    return W, b + shift @ W


# %% exercise="fold_norm" mistake="old bias lost"
def fold_norm(gain, shift, W, b):
    return gain[:, None] * W, shift @ W


# %% exercise="fold_norm" mistake="shift taken away"
def fold_norm(gain, shift, W, b):
    return gain[:, None] * W, b - W.T @ shift


# %% exercise="fold_norm" mistake="shift in the weight"
def fold_norm(gain, shift, W, b):
    return gain[:, None] * W + shift[:, None], b


# %% exercise="fold_norm" mistake="left as it was"
def fold_norm(gain, shift, W, b):
    return W, b


# %% exercise="fold_norm" mistake="gain on the columns"
def fold_norm(gain, shift, W, b):
    return W * gain, b + shift @ W


# %% exercise="fold_norm" mistake="gain on the columns, shift too"
def fold_norm(gain, shift, W, b):
    return W @ np.diag(gain), b + shift @ W @ np.diag(gain)


# %% exercise="fold_norm" mistake="gain on the columns, no shift"
def fold_norm(gain, shift, W, b):
    return gain * W, b


# %% exercise="fold_norm" mistake="shift as it is"
def fold_norm(gain, shift, W, b):
    return gain[:, None] * W, b + shift


# %% exercise="fold_norm" mistake="transposed"
def fold_norm(gain, shift, W, b):
    return gain * W.T, b + shift @ W


# %% exercise="fold_norm" mistake="shift from the other side"
def fold_norm(gain, shift, W, b):
    return gain[:, None] * W, b + W @ shift


# %% exercise="fold_norm" mistake="bias first"
def fold_norm(gain, shift, W, b):
    return b + shift @ W, gain[:, None] * W


# %% exercise="fold_norm" mistake="not a pair"
def fold_norm(gain, shift, W, b):
    return gain[:, None] * W + shift @ W + b


# %% exercise="fold_norm" right="what the head makes of one-hot rows and of zero"
def fold_norm(gain, shift, W, b):
    def query(n):
        return (n * gain + shift) @ W + b

    nothing = query(np.zeros(len(gain)))
    return query(np.eye(len(gain))) - nothing, nothing


# %% exercise="fold_norm" right="its means taken away"
def fold_norm(gain, shift, W, b):
    weight = np.diag(gain) @ W
    return weight - weight.mean(axis=0), W.T @ shift + b


# %% exercise="fold_norm" right="row by row, in lists"
def fold_norm(gain, shift, W, b):
    weight = [[g * each for each in row] for g, row in zip(gain.tolist(), W.tolist())]
    bias = [sum(s * each for s, each in zip(shift, column)) + own for column, own in zip(W.T, b)]
    return [weight, bias]


# %% exercise="fold_norm" right="one augmented matrix, in float32"
def fold_norm(gain, shift, W, b):
    norm = np.block([[np.diag(gain), np.zeros((len(gain), 1))], [shift, 1]]).astype(np.float32)
    whole = norm @ np.vstack([W, b]).astype(np.float32)
    return whole[:-1], whole[-1]


# %% exercise="unnoticed" mistake="none"
unnoticed = set()

# %% exercise="unnoticed" mistake="one row for all"
unnoticed = {"a", "b", "d", "f", "g"}

# %% exercise="unnoticed" mistake="one row for all"
unnoticed = "b"

# %% exercise="unnoticed" mistake="doubled embeddings"
unnoticed = {"a", "c", "d", "f", "g"}

# %% exercise="unnoticed" mistake="no query biases"
unnoticed = ["a", "d", "e", "f", "g"]

# %% exercise="unnoticed" mistake="raised row left out"
unnoticed = {"d", "f", "g"}

# %% exercise="unnoticed" mistake="key biases left out"
unnoticed = {"a", "f", "g"}

# %% exercise="unnoticed" mistake="raised logits left out"
unnoticed = "a, d, g"

# %% exercise="unnoticed" mistake="doubled and halved left out"
unnoticed = {"a", "d", "f"}

# %% exercise="unnoticed" right="a list in another order"
unnoticed = ["g", "F", "d", "a"]

# %% exercise="unnoticed" right="a text"
unnoticed = "a, d, f and g"


# %% exercise="held_scale" mistake="own scale"
def held_scale(parts, W_U, eps):
    def normed(x):
        return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + eps)

    return np.array([normed(part) @ W_U for part in parts])


# %% exercise="held_scale" mistake="not centred"
def held_scale(parts, W_U, eps):
    stream = parts.sum(axis=0)
    return parts / np.sqrt(stream.var(axis=-1, keepdims=True) + eps) @ W_U


# %% exercise="held_scale" mistake="own scale, not centred"
def held_scale(parts, W_U, eps):
    return parts / np.sqrt(parts.var(axis=-1, keepdims=True) + eps) @ W_U


# %% exercise="held_scale" mistake="not scaled"
def held_scale(parts, W_U, eps):
    return (parts - parts.mean(axis=-1, keepdims=True)) @ W_U


# %% exercise="held_scale" mistake="no layer norm"
def held_scale(parts, W_U, eps):
    return parts @ W_U


# %% exercise="held_scale" mistake="mean of the stream"
def held_scale(parts, W_U, eps):
    stream = parts.sum(axis=0)
    mean, scale = stream.mean(axis=-1, keepdims=True), np.sqrt(stream.var(axis=-1, keepdims=True) + eps)
    return (parts - mean) / scale @ W_U


# %% exercise="held_scale" mistake="mean over positions"
def held_scale(parts, W_U, eps):
    stream = parts.sum(axis=0)
    scale = np.sqrt(stream.var(axis=-1, keepdims=True) + eps)
    return np.stack([(part - part.mean(axis=0)) / scale @ W_U for part in parts])


# %% exercise="held_scale" mistake="mean over parts"
def held_scale(parts, W_U, eps):
    scale = np.sqrt(parts.sum(axis=0).var(axis=-1, keepdims=True) + eps)
    return (parts - parts.mean(axis=0, keepdims=True)) / scale @ W_U


# %% exercise="held_scale" mistake="root mean square"
def held_scale(parts, W_U, eps):
    stream = parts.sum(axis=0)
    scale = np.sqrt((stream * stream).mean(axis=-1, keepdims=True) + eps)
    return (parts - parts.mean(axis=-1, keepdims=True)) / scale @ W_U


# %% exercise="held_scale" mistake="root mean square, not centred"
def held_scale(parts, W_U, eps):
    stream = parts.sum(axis=0)
    return parts / np.sqrt(np.mean(stream**2, axis=-1, keepdims=True) + eps) @ W_U


# %% exercise="held_scale" mistake="scale not held"
def held_scale(parts, W_U, eps):
    def logits(x):
        return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + eps) @ W_U

    stream = parts.sum(axis=0)
    return [logits(stream) - logits(stream - part) for part in parts]


# %% exercise="held_scale" mistake="variance without its root"
def held_scale(parts, W_U, eps):
    stream = parts.sum(axis=0)
    scale = stream.var(axis=-1, keepdims=True) + eps
    return (parts - parts.mean(axis=-1, keepdims=True)) / scale @ W_U


# %% exercise="held_scale" mistake="one less"
def held_scale(parts, W_U, eps):
    centred = parts - parts.mean(axis=-1, keepdims=True)
    whole = centred.sum(axis=0)
    variance = (whole**2).sum(axis=-1, keepdims=True) / (whole.shape[-1] - 1)
    return centred / np.sqrt(variance + eps) @ W_U


# %% exercise="held_scale" mistake="no epsilon"
def held_scale(parts, W_U, eps):
    stream = parts.sum(axis=0)
    return (parts - parts.mean(axis=-1, keepdims=True)) / stream.std(axis=-1, keepdims=True) @ W_U


# %% exercise="held_scale" mistake="epsilon outside"
def held_scale(parts, W_U, eps):
    stream = parts.sum(axis=0)
    return (parts - parts.mean(axis=-1, keepdims=True)) / (stream.std(axis=-1, keepdims=True) + eps) @ W_U


# %% exercise="held_scale" mistake="one scale for all"
def held_scale(parts, W_U, eps):
    scale = np.sqrt(parts.sum(axis=0).var() + eps)
    return (parts - parts.mean(axis=-1, keepdims=True)) / scale @ W_U


# %% exercise="held_scale" mistake="variances added"
def held_scale(parts, W_U, eps):
    variance = sum(part.var(axis=-1, keepdims=True) for part in parts)
    return (parts - parts.mean(axis=-1, keepdims=True)) / np.sqrt(variance + eps) @ W_U


# %% exercise="held_scale" mistake="summed up"
def held_scale(parts, W_U, eps):
    stream = parts.sum(axis=0)
    centred = stream - stream.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + eps) @ W_U


# %% exercise="held_scale" mistake="no unembedding"
def held_scale(parts, W_U, eps):
    stream = parts.sum(axis=0)
    scale = np.sqrt(stream.var(axis=-1, keepdims=True) + eps)
    return (parts - parts.mean(axis=-1, keepdims=True)) / scale


# %% exercise="held_scale" right="the means taken from the unembedding"
def held_scale(parts, W_U, eps):
    scale = np.sqrt(np.var(parts.sum(axis=0), axis=-1) + eps)
    return np.einsum("apd,dv,p->apv", parts, W_U - W_U.mean(axis=0), 1 / scale)


# %% exercise="held_scale" right="with and without each part"
def held_scale(parts, W_U, eps):
    stream = parts.sum(axis=0)
    scale = np.sqrt(stream.var(axis=1, keepdims=True) + eps)

    def logits(x):
        return (x - x.mean(axis=1, keepdims=True)) / scale @ W_U

    return [logits(stream) - logits(stream - part) for part in parts]


# %% exercise="held_scale" right="position by position, in float32"
def held_scale(parts, W_U, eps):
    n_parts, positions, d_model = parts.shape
    parts, W_U = parts.astype(np.float32), W_U.astype(np.float32)
    off_mean = np.eye(d_model, dtype=np.float32) - np.float32(1 / d_model)
    out = np.empty((n_parts, positions, W_U.shape[1]), dtype=np.float32)
    for place in range(positions):
        rows = parts[:, place] @ off_mean
        length = np.linalg.norm(rows.sum(axis=0))
        out[:, place] = rows @ W_U / np.sqrt(length**2 / d_model + np.float32(eps))
    return out
