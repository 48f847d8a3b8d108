# What learners write: `mistake` is wrong and must be named so, `right` is unusual and must pass.
# Each cell is run after the set's first code cell, alone.

# %% exercise="order_count" mistake="all paths"
def order_count(n_layers, n_heads, order):
    return (1 + n_heads) ** n_layers


# %% exercise="order_count" mistake="up to this order"
def order_count(n_layers, n_heads, order):
    config = ov.Config(n_layers=n_layers, n_heads=n_heads, d_model=1, d_head=1, d_vocab=1, n_ctx=1)
    return len([path for path in paths.enumerate(config) if len(path) <= order])


# %% exercise="order_count" mistake="any set of heads"
def order_count(n_layers, n_heads, order):
    from itertools import combinations

    heads = [(layer, head) for layer in range(n_layers) for head in range(n_heads)]
    return len(list(combinations(heads, order)))


# %% exercise="order_count" mistake="heads not chosen"
def order_count(n_layers, n_heads, order):
    from itertools import combinations

    return sum(1 for layers in combinations(range(n_layers), order))


# %% exercise="order_count" mistake="layers not chosen"
def order_count(n_layers, n_heads, order):
    return n_heads**order


# %% exercise="order_count" mistake="layers in any order"
def order_count(n_layers, n_heads, order):
    number = 1
    for passed in range(order):
        number *= (n_layers - passed) * n_heads
    return number


# %% exercise="order_count" right="by listing"
def order_count(n_layers, n_heads, order):
    config = ov.Config(n_layers=n_layers, n_heads=n_heads, d_model=1, d_head=1, d_vocab=1, n_ctx=1)
    return sum(len(path) == order for path in paths.enumerate(config))


# %% exercise="order_count" right="layer by layer, in numpy"
def order_count(n_layers, n_heads, order):
    numbers = np.array([1])
    for _ in range(n_layers):
        numbers = np.convolve(numbers, [1, n_heads])
    return numbers[order]


# %% exercise="path_logits" mistake="path backwards"
def path_logits(run, path):
    stream = run.embedding
    for layer, head in reversed(path):
        stream = run.pattern[layer, head] @ (stream @ run.model.W_V[layer, head]) @ run.model.W_O[layer, head]
    return stream @ run.model.W_U


# %% exercise="path_logits" mistake="patterns in the wrong order"
def path_logits(run, path):
    A, W_OV = np.eye(len(run.tokens)), np.eye(run.model.config.d_model)
    for layer, head in path:
        A = A @ run.pattern[layer, head]
        W_OV = W_OV @ run.model.W_V[layer, head] @ run.model.W_O[layer, head]
    return A @ run.embedding @ W_OV @ run.model.W_U


# %% exercise="path_logits" mistake="OV in the wrong order"
def path_logits(run, path):
    A, W_OV = np.eye(len(run.tokens)), np.eye(run.model.config.d_model)
    for layer, head in path:
        A = run.pattern[layer, head] @ A
        W_OV = run.model.W_V[layer, head] @ run.model.W_O[layer, head] @ W_OV
    return A @ run.embedding @ W_OV @ run.model.W_U


# %% exercise="path_logits" mistake="heads side by side"
def path_logits(run, path):
    frozen = run.frozen()
    nobody = frozen.run(heads=set()).logits
    return sum((frozen.run(heads={head}).logits - nobody for head in path), np.zeros_like(nobody))


# %% exercise="path_logits" mistake="only the last head"
def path_logits(run, path):
    stream = run.embedding
    for layer, head in path:
        W_OV = run.model.W_V[layer, head] @ run.model.W_O[layer, head]
        stream = run.pattern[layer, head] @ run.embedding @ W_OV
    return stream @ run.model.W_U


# %% exercise="path_logits" mistake="reads the whole stream"
def path_logits(run, path):
    added = run.embedding
    for layer, head in path:
        added = run.z[layer, head] @ run.model.W_O[layer, head]
    return added @ run.model.W_U


# %% exercise="path_logits" mistake="every open path"
def path_logits(run, path):
    stream = run.embedding.copy()
    for layer, head in path:
        stream += run.pattern[layer, head] @ stream @ run.model.W_V[layer, head] @ run.model.W_O[layer, head]
    return stream @ run.model.W_U


# %% exercise="path_logits" mistake="open paths less the direct"
def path_logits(run, path):
    frozen = run.frozen()
    return frozen.run(heads=set(path)).logits - frozen.run(heads=set()).logits


# %% exercise="path_logits" mistake="with the direct path"
def path_logits(run, path):
    added = run.embedding
    for layer, head in path:
        added = run.pattern[layer, head] @ added @ run.model.W_V[layer, head] @ run.model.W_O[layer, head]
    return (run.embedding + added) @ run.model.W_U


# %% exercise="path_logits" mistake="no unembedding"
def path_logits(run, path):
    stream = run.embedding
    for layer, head in path:
        stream = run.pattern[layer, head] @ stream @ run.model.W_V[layer, head] @ run.model.W_O[layer, head]
    return stream


# %% exercise="path_logits" mistake="empty path"
def path_logits(run, path):
    total = np.zeros_like(run.logits)
    stream = run.embedding
    for layer, head in path:
        stream = run.pattern[layer, head] @ stream @ run.model.W_V[layer, head] @ run.model.W_O[layer, head]
        total = stream @ run.model.W_U
    return total


# %% exercise="path_logits" right="from the logits back"
def path_logits(run, path):
    A, back = np.eye(len(run.tokens)), run.model.W_U
    for layer, head in reversed(path):
        A = A @ run.pattern[layer, head]
        back = run.model.W_V[layer, head] @ (run.model.W_O[layer, head] @ back)
    return A @ (run.embedding @ back)


# %% exercise="path_logits" right="by silencing heads"
def path_logits(run, path):
    frozen, total = run.frozen(), 0
    for number in range(2 ** len(path)):
        heads = [head for place, head in enumerate(path) if number >> place & 1]
        total = total + (-1) ** (len(path) - len(heads)) * frozen.run(heads=heads).logits
    return total


# %% exercise="path_logits" right="einsum in float32"
def path_logits(run, path):
    stream = run.embedding.astype(np.float32)
    for pair in path:
        weights = (run.model.W_V[pair].astype(np.float32), run.model.W_O[pair].astype(np.float32))
        stream = np.einsum("qk,kd,dh,he->qe", run.pattern[pair].astype(np.float32), stream, *weights)
    return stream @ run.model.W_U.astype(np.float32)


# %% exercise="logits_of_order" mistake="this order and below"
def logits_of_order(run, order):
    chosen = [path for path in paths.enumerate(run.model.config) if len(path) <= order]
    return sum(paths.contribution(run, path) for path in chosen)


# %% exercise="logits_of_order" mistake="a head a layer"
def logits_of_order(run, order):
    model = run.model
    n_layers, n_heads = run.pattern.shape[:2]
    orders = np.zeros((n_layers + 1, *run.embedding.shape))
    orders[0] = run.embedding
    for layer in range(n_layers):
        for head in range(n_heads):
            orders[1:] += (
                run.pattern[layer, head] @ orders[:-1] @ model.W_V[layer, head] @ model.W_O[layer, head]
            )
    return orders[order] @ model.W_U


# %% exercise="logits_of_order" mistake="a layer passed twice"
def logits_of_order(run, order):
    model = run.model
    n_layers, n_heads = run.pattern.shape[:2]
    orders = [run.embedding] + [np.zeros_like(run.embedding)] * n_layers
    for layer in range(n_layers):
        for k in range(1, n_layers + 1):
            read = orders[k - 1]
            for head in range(n_heads):
                written = run.pattern[layer, head] @ read @ model.W_V[layer, head] @ model.W_O[layer, head]
                orders[k] = orders[k] + written
    return orders[order] @ model.W_U


# %% exercise="logits_of_order" mistake="layers backwards"
def logits_of_order(run, order):
    total = 0
    for path in paths.enumerate(run.model.config):
        if len(path) == order:
            stream = run.embedding
            for layer, head in path[::-1]:
                W_OV = run.model.W_V[layer, head] @ run.model.W_O[layer, head]
                stream = run.pattern[layer, head] @ stream @ W_OV
            total = total + stream @ run.model.W_U
    return total


# %% exercise="logits_of_order" mistake="one too few"
def logits_of_order(run, order):
    chosen = [path for path in paths.enumerate(run.model.config) if len(path) + 1 == order]
    return sum((paths.contribution(run, path) for path in chosen), np.zeros_like(run.logits))


# %% exercise="logits_of_order" mistake="one too many"
def logits_of_order(run, order):
    model = run.model
    n_layers, n_heads = run.pattern.shape[:2]
    orders = np.zeros((n_layers + 2, *run.embedding.shape))
    orders[0] = run.embedding
    for layer in range(n_layers):
        W_OV = model.W_V[layer] @ model.W_O[layer]  # [head, d_model, d_model]
        orders[1:] += np.einsum("hqk,okd,hde->oqe", run.pattern[layer], orders[:-1], W_OV)
    return orders[order + 1] @ model.W_U


# %% exercise="logits_of_order" mistake="no layer skipped"
def logits_of_order(run, order):
    stream = run.embedding
    for layer in range(order):
        W_OV = run.model.W_V[layer] @ run.model.W_O[layer]  # [head, d_model, d_model]
        stream = (run.pattern[layer] @ stream @ W_OV).sum(axis=0)
    return stream @ run.model.W_U


# %% exercise="logits_of_order" mistake="order is no layer"
def logits_of_order(run, order):
    if order == 0:
        return run.embedding @ run.model.W_U
    return (run.resid_post[order - 1] - run.resid_pre[order - 1]) @ run.model.W_U


# %% exercise="logits_of_order" mistake="all that heads write"
def logits_of_order(run, order):
    direct = run.embedding @ run.model.W_U
    return direct if order == 0 else run.logits - direct


# %% exercise="logits_of_order" right="by listing"
def logits_of_order(run, order):
    chosen = [path for path in paths.enumerate(run.model.config) if len(path) == order]
    return sum(paths.contribution(run, path) for path in chosen)


# %% exercise="logits_of_order" right="one place, from the highest order down"
def logits_of_order(run, order):
    model = run.model
    n_layers = len(run.pattern)
    orders = [run.embedding] + [np.zeros_like(run.embedding)] * n_layers
    for layer in range(n_layers):
        for k in range(n_layers, 0, -1):
            values = orders[k - 1] @ model.W_V[layer]  # [head, pos, d_head]
            orders[k] = orders[k] + (run.pattern[layer] @ values @ model.W_O[layer]).sum(axis=0)
    return (orders[order] @ model.W_U).tolist()


# %% exercise="left_out" mistake="no virtual head"
def left_out(layer, E, W_E, W_U, A, W_OV):
    X = product(E, W_E)
    return product(add(X, product(A[1 - layer], X, W_OV[1 - layer])), W_U)


# %% exercise="left_out" mistake="no direct path"
def left_out(layer, E, W_E, W_U, A, W_OV):
    one = product(A[1 - layer], E, W_E, W_OV[1 - layer], W_U)
    return add(one, product(A[1], A[0], E, W_E, W_OV[0], W_OV[1], W_U))


# %% exercise="left_out" mistake="only longer paths"
def left_out(layer, E, W_E, W_U, A, W_OV):
    return product(A[1], product(A[0], E, W_E, W_OV[0]), W_OV[1], W_U)


# %% exercise="left_out" mistake="nothing taken away"
def left_out(layer, E, W_E, W_U, A, W_OV):
    X_0 = product(E, W_E)
    X_1 = add(X_0, product(A[0], X_0, W_OV[0]))
    X_2 = add(X_1, product(A[1], X_1, W_OV[1]))
    return product(X_2, W_U)


# %% exercise="left_out" mistake="other path kept"
def left_out(layer, E, W_E, W_U, A, W_OV):
    direct = product(E, W_E, W_U)
    through_both = product(A[1], A[0], E, W_E, W_OV[0], W_OV[1], W_U)
    return add(direct, product(A[layer], E, W_E, W_OV[layer], W_U), through_both)


# %% exercise="left_out" mistake="patterns in the wrong order"
def left_out(layer, E, W_E, W_U, A, W_OV):
    one = product(A[1 - layer], E, W_E, W_OV[1 - layer], W_U)
    return add(product(E, W_E, W_U), one, product(A[0], A[1], E, W_E, W_OV[0], W_OV[1], W_U))


# %% exercise="left_out" mistake="OV in the wrong order"
def left_out(layer, E, W_E, W_U, A, W_OV):
    one = product(A[1 - layer], E, W_E, W_OV[1 - layer], W_U)
    return add(product(E, W_E, W_U), one, product(A[1], A[0], E, W_E, W_OV[1], W_OV[0], W_U))


# %% exercise="left_out" mistake="path backwards"
def left_out(layer, E, W_E, W_U, A, W_OV):
    one = product(A[1 - layer], E, W_E, W_OV[1 - layer], W_U)
    return add(product(E, W_E, W_U), one, product(A[0], A[1], E, W_E, W_OV[1], W_OV[0], W_U))


# %% exercise="left_out" right="the whole less what was kept"
def left_out(layer, E, W_E, W_U, A, W_OV):
    X_0 = product(E, W_E)
    X_1 = add(X_0, product(A[0], X_0, W_OV[0]))
    X_2 = add(X_1, product(A[1], X_1, W_OV[1]))
    return subtract(product(X_2, W_U), product(A[layer], X_0, W_OV[layer], W_U))


# %% exercise="left_out" right="with sympy's own signs, in brackets"
def left_out(layer, E, W_E, W_U, A, W_OV):
    one = A[1 - layer] * E * W_E * W_OV[1 - layer]
    return (one + A[1] * (A[0] * E * W_E * W_OV[0]) * W_OV[1] + E * W_E) * W_U
