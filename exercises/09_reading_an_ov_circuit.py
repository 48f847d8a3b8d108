# %% [markdown]
# # Exercises: reading an OV circuit
#
# They go with [lesson 09](../lessons/09_reading_an_ov_circuit.py). Run a cell with `check("…")` as often as
# you like. It draws new random networks each time, and it tells you what it saw.

# %%
import numpy as np

import ovlearn as ov
from ovlearn.exercises import check

# %% tools=true
from ovlearn import Config, Transformer
from ovlearn.exercises import wrong
from ovlearn.exercises.comparing import as_numbers
from ovlearn.exercises.drawing import cases

ROUNDING = 1e-5  # what float32 leaves, beside the size of the thing


def of_one_head(model):
    return model.W_E, model.W_V[0, 0], model.W_O[0, 0], model.W_U


def score(C):
    """The copying score, from all eigenvalues of the table: the zeros do no harm."""
    values = np.linalg.eigvals(C)  # [d_vocab]
    return values.sum().real / np.abs(values).sum()


# %% [markdown] exercise="small_circuit" points=2
# ## A small matrix for a large one
#
# The full OV circuit of a head is $C = W_E W_V W_O W_U$, `[d_vocab, d_vocab]`. At most `d_head` of its
# eigenvalues differ from 0. Return a matrix of `[d_head, d_head]` that has these eigenvalues, each as often
# as $C$ has it.
#
# You get `W_E` `[d_vocab, d_model]`, `W_V` `[d_model, d_head]`, `W_O` `[d_head, d_model]` and `W_U`
# `[d_model, d_vocab]`. More than one matrix is right. Do not form the large one.

# %% [markdown] hint="small_circuit"
# Cut the circuit where it is narrowest, $C = P Q$. Which shapes have $P$ and $Q$, and which other product can
# you make of the two?

# %% [markdown] hint="small_circuit"
# If $u P Q = \lambda u$, look at the row $u P$. How wide is it, and what does $Q P$ make of it?


# %% starter="small_circuit"
def small_circuit(W_E, W_V, W_O, W_U):
    return ...


# %% solution="small_circuit"
def small_circuit(W_E, W_V, W_O, W_U):
    P = W_E @ W_V  # [d_vocab, d_head]
    Q = W_O @ W_U  # [d_head, d_vocab]
    return Q @ P  # [d_head, d_head]


# %% check="small_circuit" blocked="circuits.copying._of_heads circuits.eigenvalues numeric.FactoredMatrix.eigenvalues"
def inputs(student):
    for case in cases(student, n_layers=1, n_heads=1):
        yield call(*of_one_head(case.model), words=case.words, d_head=case.config.d_head)


def answer(W_E, W_V, W_O, W_U):
    """All eigenvalues of the large table, and no others: its own, less the zeros."""
    values = np.linalg.eigvals(W_E @ W_V @ W_O @ W_U)  # [d_vocab]
    return np.diag(values[np.argsort(-np.abs(values))][: W_V.shape[1]])  # [d_head, d_head]


says = "The shape is right, but its eigenvalues are not those of the circuit."


def read(got, call):
    got = as_numbers(got)
    rows = (("input", call.words), ("your shape", str(list(got.shape))))
    if not np.isfinite(got).all():
        wrong("not finite", "There are entries that are no finite numbers (NaN or infinity).", *rows)
    return got


def alike(got, value, call):
    """Whether two square matrices have the same eigenvalues, to the rounding of the circuit's size.

    They have if the sums of the powers of their eigenvalues agree: these are traces.
    """
    if got.shape != value.shape or got.ndim != 2:
        return got.shape == value.shape and alike(np.diag(got), np.diag(value), call)
    W_E, W_V, W_O, W_U = call.arguments
    size, power, theirs = np.linalg.norm(W_E @ W_V @ W_O @ W_U), got, value
    for exponent in range(1, len(got) + 1):
        if not abs(np.trace(power) - np.trace(theirs)) <= ROUNDING * size**exponent:
            return False
        power, theirs = power @ got, theirs @ value
    return True


def shape(call):
    return (call.fields["d_head"],) * 2


# %% [markdown] mistakes="small_circuit"
# - **a corner**: `return Q @ P` → `return (P @ Q)[: W_V.shape[1], : W_V.shape[1]]`
#   This is a corner of the large table: what the first few tokens do to each other. The eigenvalues belong to
#   the whole table.
# - **without the embeddings**: `return Q @ P` → `return W_O @ W_V`
#   These are the eigenvalues of W_OV alone. The circuit goes from token to token: what stands in front of W_V,
#   and what behind W_O?
# - **embeddings turned round**: `return Q @ P` → `return W_O @ (W_U @ W_E).T @ W_V`
#   W_E and W_U have changed places, and stand transposed so that the shapes fit. Go round the circuit from W_O
#   on: which matrix follows it in the product?
# - **squares of one factor**: `return Q @ P` → `return P.T @ P`
#   This is W_E W_V, multiplied by its own transpose. It knows nothing of what the head writes.
# - **squares of the other factor**: `return Q @ P` → `return Q @ Q.T`
#   This is W_O W_U, multiplied by its own transpose. It knows nothing of what the head reads.
# - **singular values**: `return Q @ P` → `return np.diag(np.linalg.svd(P @ Q)[1][: W_V.shape[1]])`
#   These are the singular values of the circuit. They say how much it stretches, and are never negative.
#   Eigenvalues say what is turned into itself.
# - **squared singular values**: `return Q @ P` → `return Q @ Q.T @ P.T @ P`
#   This has the squares of the singular values. They belong to C Cᵀ. Eigenvalues belong to C.
# - **the whole table**: `return Q @ P` → `return P @ Q`
#   It has the right eigenvalues, and zeros besides, as it is [d_vocab, d_vocab]. Go on round the circuit: where
#   is it narrowest?
# - **the stream's**: `return Q @ P` → `return W_V @ W_O @ W_U @ W_E`
#   It has the right eigenvalues, and zeros besides, as it is [d_model, d_model]. Go on round the circuit: where
#   is it narrowest?
# - **a list of them**: `return Q @ P` → `return np.linalg.eigvals(Q @ P)`
#   These are the eigenvalues, and they are right. Asked is a matrix that has them: you had one in your hand.


# %% right="small_circuit" form="in another basis"
def small_circuit(W_E, W_V, W_O, W_U):
    size = len(W_O)
    basis = np.eye(size) + np.tri(size, k=-1)
    return np.linalg.inv(basis) @ W_O @ W_U @ W_E @ W_V @ basis


# %% right="small_circuit" form="transposed, in float32, as a list"
def small_circuit(W_E, W_V, W_O, W_U):
    W_E, W_V, W_O, W_U = (each.astype(np.float32) for each in (W_E, W_V, W_O, W_U))
    return (W_V.T @ (W_U @ W_E).T @ W_O.T).tolist()


# %% right="small_circuit" form="a diagonal of complex numbers"
def small_circuit(W_E, W_V, W_O, W_U):
    values = np.linalg.eigvals(W_E @ W_V @ W_O @ W_U)
    return np.diag(sorted(values, key=abs)[-len(W_O) :])


# %% right="small_circuit" form="from the polynomial"
def small_circuit(W_E, W_V, W_O, W_U):
    coefficients = np.poly(W_O @ W_U @ W_E @ W_V).real
    companion = np.eye(len(W_O), k=-1)
    companion[0] = -coefficients[1:]
    return companion


# %% [markdown] exercise="copying_score" points=2
# ## The copying score
#
# Return the copying score of a head,
#
# $$
# \frac{\sum_i \lambda_i}{\sum_i |\lambda_i|},
# $$
#
# where the $\lambda_i$ are the eigenvalues of its full OV circuit. It is one number. Where all eigenvalues
# are 0, return NaN: such a head has no score. The matrices are those of the exercise before. Take them as
# they come. (`circuits.copying_score` first centres $W_U$ over the vocabulary.)

# %% [markdown] hint="copying_score"
# Eigenvalues that are 0 add nothing to either sum. So you may take them from the small matrix:
# `np.linalg.eigvals`.

# %% [markdown] hint="copying_score"
# A complex number has a size and a direction, and `np.abs` gives its size. In the sum above the line, what
# becomes of the imaginary parts of a pair?


# %% starter="copying_score"
def copying_score(W_E, W_V, W_O, W_U):
    return ...


# %% solution="copying_score"
def copying_score(W_E, W_V, W_O, W_U):
    eigenvalues = np.linalg.eigvals(W_O @ W_U @ W_E @ W_V)  # [d_head], complex
    sizes = np.abs(eigenvalues).sum()
    return eigenvalues.sum().real / sizes if sizes > 0 else np.nan


# %% check="copying_score" blocked="circuits.copying_score circuits.eigenvalues"
def near(one, other, call):
    return abs(one - other) < 0.02  # scores that lie so near to each other tell no mistake


def inputs(student):
    for rng, negative in zip(student.draws(2), (False, True), strict=True):
        yield lambda: random_head(rng, negative=negative)


def random_head(rng, *, negative):
    """A random head with a score of this sign."""
    sizes = d_model, d_head, d_vocab = (*map(int, rng.integers([7, 3, 10], [9, 6, 14])),)
    weights = of_one_head(Transformer.random(Config(1, 1, *sizes, n_ctx=1), seed=int(rng.integers(2**31))))
    want = answer(*weights)
    if not want * (-1) ** negative > 0.1:
        return None
    same = ("zero where there is none", "one where there is none")
    same += () if negative else ("a size above the line",)  # which is the score itself there
    return call(*weights, words=f"d_model={d_model}, d_head={d_head}, d_vocab={d_vocab}", same=same)


def answer(W_E, W_V, W_O, W_U):
    return np.array(score(W_E @ W_V @ W_O @ W_U))


def read(got, call):
    """A score is real: what rounding leaves of an imaginary part is none of its own."""
    got = as_numbers(got)
    return got.real if got.shape == () and abs(got.imag) <= 1e-4 else got


# %% check="copying_score" part="undefined"
def inputs(student):
    for rng in student.draws(2):
        weights, words = one_way(rng)
        yield call(*weights, words=f"some tokens raise others, and these raise nothing; {words}")


def one_way(rng):
    """A head that maps some tokens to others and these to nothing: its eigenvalues are 0 exactly."""
    d_head, d_vocab = int(rng.integers(2, 4)), int(rng.integers(8, 11))
    looked_at, raised = np.split(rng.permutation(d_vocab)[: 2 * d_head], 2)
    W_E = np.eye(d_vocab, 2 * d_vocab)  # [d_vocab, d_model]   one half of the stream holds the token
    W_U = np.eye(2 * d_vocab, d_vocab, k=-d_vocab)  # [d_model, d_vocab]   the other half is read
    W_V, W_O = np.zeros((2 * d_vocab, d_head)), np.zeros((d_head, 2 * d_vocab))
    W_V[looked_at, np.arange(d_head)] = rng.integers(1, 4, size=d_head)
    W_O[np.arange(d_head), d_vocab + raised] = rng.integers(1, 4, size=d_head)
    return (W_E, W_V, W_O, W_U), f"d_model={2 * d_vocab}, d_head={d_head}, d_vocab={d_vocab}"


def judge(got, call):
    got = as_numbers(got)
    if got.shape != ():
        wrong("shape", "The score is a single number.", ("input", call.words))
    rows = (("input", call.words), ("your score", f"{got:.4g}"))
    if np.isnan(got):
        return
    if got == 0:
        mistake("zero where there is none", *rows)
    if abs(got) == 1:
        mistake("one where there is none", *rows)
    wrong("defined", "Here all eigenvalues are 0: there is no score, and 0/0 is NaN.", *rows)


# %% [markdown] mistakes="copying_score"
# - **a size above the line**: `eigenvalues.sum().real` → `abs(eigenvalues.sum())`
#   The score cannot become negative here: the sum above the line has lost its sign. A head may lower what it
#   looks at.
# - **sizes of real parts**: `np.abs(eigenvalues)` → `np.abs(eigenvalues.real)`
#   Below the line stand the sizes of the real parts. A complex number is larger than its real part: a pair that
#   only turns should count against the score.
# - **not divided**: `eigenvalues.sum().real / sizes` → `eigenvalues.sum().real`
#   This is the sum of the eigenvalues. It grows with the weights. What is it divided by?
# - **the mean over the head**: `eigenvalues.sum().real / sizes` → `eigenvalues.mean().real`
#   This is the mean of the eigenvalues: it grows with the weights. The sum is to be divided by a sum of sizes,
#   not by a count.
# - **the mean over tokens**: `eigenvalues.sum().real / sizes` → `eigenvalues.sum().real / len(W_E)`
#   This is the mean of all eigenvalues of the table, zeros included. The sum is to be divided by a sum of sizes,
#   not by a count.
# - **directions alone**: `eigenvalues.sum().real / sizes` → `np.mean(np.cos(np.angle(eigenvalues)))`
#   Each eigenvalue is divided by its own size, so that all count alike. In the score large ones count more: add
#   first, then divide.
# - **the share of positive ones**: `eigenvalues.sum().real / sizes` → `np.mean(eigenvalues.real > 0)`
#   This is the share of eigenvalues with a positive real part. How large they are has no say in it.
# - **without the embeddings**: `W_O @ W_U @ W_E @ W_V` → `W_O @ W_V`
#   This is the score of W_OV. It is about the directions of the stream. The circuit goes from token to token:
#   what stands around W_OV?
# - **embeddings turned round**: `W_O @ W_U @ W_E @ W_V` → `W_O @ (W_U @ W_E).T @ W_V`
#   W_E and W_U have changed places, and stand transposed so that the shapes fit. Which of them does a token meet
#   first?
# - **the diagonal**: `np.linalg.eigvals(W_O @ W_U @ W_E @ W_V)` → `np.diag(W_E @ W_V @ W_O @ W_U)`
#   Your sums run over the diagonal of the table. Its sum is that of the eigenvalues, but the sum of its sizes is
#   another one.
# - **singular values**: `np.abs(eigenvalues).sum()` → `np.linalg.norm(W_E @ W_V @ W_O @ W_U, "nuc")`
#   Below the line stand the singular values. They say how much the circuit stretches, and are at least as large
#   in sum as the sizes of its eigenvalues.
# - **zero where there is none**: `np.nan` → `0.0`
#   Here all eigenvalues are 0. A score of 0 would say that what raises itself and what lowers itself are in
#   balance. There is nothing to balance: 0/0 is NaN.
# - **one where there is none**: `np.nan` → `1.0`
#   Here all eigenvalues are 0, so no mixture of tokens raises itself. 0/0 is NaN.


# %% right="copying_score" form="from the whole table"
def copying_score(W_E, W_V, W_O, W_U):
    values = np.linalg.eigvals(W_E @ W_V @ W_O @ W_U)
    return values.sum() / np.abs(values).sum()


# %% right="copying_score" form="the trace above, through the stream, in float32"
def copying_score(W_E, W_V, W_O, W_U):
    moved = (W_U @ W_E @ W_V @ W_O).astype(np.float32)
    sizes = np.abs(np.linalg.eigvals(moved)).sum()
    return np.divide(np.trace(moved), sizes)


# %% right="copying_score" form="by hand, number by number"
def copying_score(W_E, W_V, W_O, W_U):
    total, sizes = 0.0, 0.0
    for value in ov.FactoredMatrix(W_E @ W_V, W_O @ W_U).eigenvalues:
        total += value.real
        sizes += (value.real**2 + value.imag**2) ** 0.5
    return float("nan") if sizes == 0 else total / sizes


# %% [markdown] exercise="copied_share" points=2
# ## Do tokens raise themselves?
#
# A circuit comes as its two factors, `A` `[d_vocab, d_head]` and `B` `[d_head, d_vocab]`: $C = A B$. Rows are
# the tokens looked at. Return the share of the tokens that are among the `k` tokens that they raise most, a
# number from 0 to 1. `k` is at least 1, and no two entries of a row are equal.

# %% [markdown] hint="copied_share"
# Take one token. Its row says what each token's logit gains where the head looks at it. Where in that row is
# the token's own gain, and how many others are larger?

# %% [markdown] hint="copied_share"
# `np.diag` takes the own gains of all tokens. With `[:, None]` behind it they become a column, which can be
# compared with every entry of its row.


# %% starter="copied_share"
def copied_share(A, B, k):
    return ...


# %% solution="copied_share"
def copied_share(A, B, k):
    C = A @ B  # [token looked at, token raised]
    own = np.diag(C)[:, None]  # [token looked at, 1]
    return np.mean((own < C).sum(axis=1) < k)


# %% check="copied_share" blocked="circuits.copying_accuracy circuits.top_outputs circuits.raising.largest reading.rows"
says = "That is not the share for {words}."


def inputs(student):
    for rng, k in zip(student.draws(4), (3, 4, 5, 1), strict=True):
        # with k below 3 some mistakes always give the same: such a k comes last
        yield (lambda: random_factors(rng, k)) if k > 2 else random_factors(rng, k)


def random_factors(rng, k):
    """Factors A, B of a head that copies by halves."""
    d_vocab, d_head = int(rng.choice([41, 43, 47])), int(rng.integers(6, 10))
    A = rng.normal(size=(d_vocab, d_head))  # [d_vocab, d_head]
    B = 0.7 * A.T + rng.normal(size=(d_head, d_vocab))  # [d_head, d_vocab]
    if answer(A, B, k) == 0 or own_gap(A @ B) <= 10 * ROUNDING:
        return random_factors(rng, k)
    return call(A, B, k, words=f"d_vocab={d_vocab}, d_head={d_head}, k={k}")


def own_gap(C):
    """How near another gain comes to a token's own one, in any row: float32 must not decide an order."""
    gaps = np.abs(C - np.diag(C)[:, None])  # [token looked at, token raised]
    return gaps[~np.eye(len(C), dtype=bool)].min()


def answer(A, B, k):
    """The share, token by token: each looks for itself among its own k most raised ones."""
    return np.mean([token in np.argsort(-(row @ B))[:k] for token, row in enumerate(A)]).item()


# %% [markdown] mistakes="copied_share"
# - **columns**: `[:, None]` → `[None, :]`, `sum(axis=1)` → `sum(axis=0)`
#   Here each token is compared with the others of its column: with all tokens that raise *it*. Which axis holds
#   what one token raises?
# - **one too many**: `< k` → `<= k`
#   This lets a token through if there are `k` others that it raises more. How many others may there be if it is
#   to be among the `k`?
# - **one too few**: `own < C` → `own <= C`
#   This is the share for one place less: with `k` at 1, no token could ever be counted. How many others may be
#   raised more than the token itself?
# - **k left out**: `< k` → `< 1`
#   This counts the tokens that raise themselves most of all. A token may be raised less than some others and
#   still be among the `k`.
# - **most lowered**: `own < C` → `own > C`
#   This looks for each token among those that it lowers most. From which end does your sorting begin?
# - **by size alone**: `A @ B` → `np.abs(A @ B)`
#   This goes by the size of the change, whatever its sign. Some of these logits fall.
# - **raised at all**: `(own < C).sum(axis=1) < k` → `own > 0`
#   This is the share of tokens whose own logit rises. Others may rise more.
# - **a count**: `np.mean((own < C).sum(axis=1) < k)` → `int(((own < C).sum(axis=1) < k).sum())`
#   This is how many tokens there are. Asked is their share of the vocabulary.
# - **divided by k**: `np.mean((own < C).sum(axis=1) < k)` → `np.mean((own < C).sum(axis=1) < k) / k`
#   The right tokens are counted, but then divided by `k` as well. Each token can be found at most once in its
#   row.


# %% right="copied_share" form="row by row, never the whole table"
def copied_share(A, B, k):
    hits = 0
    for token in range(len(A)):
        row = A[token] @ B
        hits += sum(other > row[token] for other in row) <= k - 1
    return hits / len(A)


# %% right="copied_share" form="partly sorted, in float32"
def copied_share(A, B, k):
    C = np.float32(A) @ np.float32(B)
    bound = np.partition(C, -k, axis=1)[:, -k]
    return np.float32((np.diag(C) >= bound).mean())


# %% right="copied_share" form="by places in the sorted rows"
def copied_share(A, B, k):
    places = (-(A @ B)).argsort(axis=1).argsort(axis=1)
    return sum(places.diagonal() < k) / places.shape[0]


# %% [markdown] exercise="lowers_itself" points=2
# ## A perfect score that does not copy
#
# Make a circuit of two tokens, `[2, 2]`. Its eigenvalues are `first` and `second`, both positive, so that its
# copying score is 1. And yet, where the head looks at token 0, it lowers the logit of token 0, by just
# `amount`, which is positive.
#
# There are many such circuits, and each of them is right. The check calls your function with several numbers.

# %% [markdown] hint="lowers_itself"
# One of the four entries is given. The eigenvalues have a known sum and a known product. What are these two
# in terms of the entries?

# %% [markdown] hint="lowers_itself"
# The sum gives you the other entry of the diagonal. The product then tells what the two remaining entries
# must give when multiplied. One of them is yours to choose.


# %% starter="lowers_itself"
def lowers_itself(first, second, amount):
    # return np.array([[…, …], […, …]])   [token looked at, raised]
    return ...


# %% solution="lowers_itself"
def lowers_itself(first, second, amount):
    other = first + second + amount  # the diagonal sums to first + second
    return np.array([[-amount, 1.0], [-amount * other - first * second, other]])  # [looked at, raised]


# %% check="lowers_itself"
def inputs(student):
    for rng in student.draws(4):
        first, second = (int(one) / 2 for one in rng.choice(np.arange(3, 12), size=2, replace=False))
        yield call(first, second, int(rng.integers(2, 9)) + 0.25)  # no usual entry equals it by chance


def two_by_two(got):
    numbers = as_numbers(got)
    if numbers.shape != (2, 2):
        wrong("shape", f"A table of [2, 2] was expected, and this is {list(numbers.shape)}.")
    if numbers.dtype.kind == "c":
        wrong("complex", "A circuit holds real numbers, and these are complex. Real ones can do it.")
    if not np.isfinite(numbers).all():
        wrong("not finite", "There are entries that are no finite numbers (NaN or infinity).")
    return numbers.astype(float)


def agree(got, want, size):
    return abs(got - want) <= ROUNDING / 10 * size


def judge(got, call):
    """See that the table has these eigenvalues, by their sum and product, and lowers token 0."""
    M, (first, second, amount) = two_by_two(got), call.arguments
    (a, b), (c, d) = M.tolist()  # Python's numbers, which overflow in silence
    sum_right = agree(a + d, first + second, abs(a) + abs(d))
    # not beside the size of b c: large entries would make any product right
    product_right = agree(a * d - b * c, first * second, abs(a * d) + first * second)
    lowered = agree(a, -amount, amount)
    if sum_right and product_right and lowered:
        return
    both = sum_right and product_right
    product_turned = agree(b * c, first * second - a * d, abs(a * d) + first * second)
    found = {
        "the lesson's table": np.array_equal(M, [[-1, 3], [-2, 4]]),
        "the other token": both and agree(d, -amount, amount),
        "raised by the amount": both and agree(a, amount, amount),
        "not lowered": both and a >= 0,
        "another amount": both,
        "eigenvalues on the diagonal": agree(a, first, first) and agree(d, second, second),
        "triangular": lowered and b * c == 0,
        "symmetric": lowered and b == c,
        "both negative": product_right and agree(a + d, -first - second, abs(a) + abs(d)),
        "the product's sign": lowered and sum_right and product_turned,
        "the sum alone": sum_right,
        "the product alone": product_right,
    }
    rows = (
        ("asked for", f"eigenvalues {first:g} and {second:g}; token 0 lowered by {amount:g}"),
        ("your eigenvalues", " and ".join(f"{one:.4g}" for one in np.linalg.eigvals(M))),
        ("token 0 does to itself", f"{a:+.4g}"),
    )
    for name in (name for name, is_so in found.items() if is_so):
        mistake(name, *rows)
    wrong("values", "These are not the eigenvalues asked for.", *rows)


# %% [markdown] mistakes="lowers_itself"
# - **the lesson's table**: `return np.array([[-1.0, 3.0], [-2.0, 4.0]])`
#   This is the lesson's table, whatever was asked for. What makes it work there? Do the same for other numbers.
# - **the other token**: `return np.array([[-amount, 1.0], [-amount * other - first * second, other]])` →
#   `return [[other, 1], [-amount * other - first * second, -amount]]`
#   It is token 1 that lowers itself here. Where does the own entry of token 0 stand?
# - **raised by the amount**: `+ amount` → `- amount`, `[[-amount, 1.0], [-amount *` → `[[amount, 1.0], [amount *`
#   The eigenvalues are right, but token 0 is raised by that amount. What is the sign of an entry that lowers?
# - **not lowered**:
#   ```python
#   basis = np.array([[1.0, 1.0], [1.0, 1.1]])
#   return basis @ np.diag([max(first, second), min(first, second)]) @ np.linalg.inv(basis)
#   ```
#   The eigenvalues are right, but looking at token 0 does not lower it.
# - **another amount**:
#   ```python
#   other = first + second + 1
#   return [[-1, 1], [-other - first * second, other]]
#   ```
#   The eigenvalues are right, and token 0 is lowered, but by another amount.
# - **eigenvalues on the diagonal**: `return np.array([[first, -amount], [-amount, second]])`
#   The eigenvalues stand on the diagonal. There token 0 raises itself. Only the *sum* of the diagonal is that of
#   the eigenvalues.
# - **triangular**: `-amount * other - first * second` → `0`
#   One of the two entries beside the diagonal is 0. Then the eigenvalues are the entries of the diagonal, and one
#   of those is negative.
# - **symmetric**:
#   ```python
#   other = first + second + amount
#   beside = np.sqrt(amount * other + first * second)
#   return np.array([[-amount, beside], [beside, other]])
#   ```
#   Your table is symmetric. Its eigenvectors are at right angles, and then no entry of the diagonal can be below
#   the smallest eigenvalue.
# - **both negative**: `first + second + amount` → `amount - first - second`
#   Both eigenvalues are negative here. Their product alone cannot tell.
# - **the product's sign**: `-amount * other - first * second` → `first * second + amount * other`
#   The sum is right. The product of the eigenvalues is the determinant: check the sign with which the two entries
#   beside the diagonal enter it.
# - **the sum alone**: `1.0` → `3.0`, `-amount * other - first * second` → `-2.0`
#   The eigenvalues have the right sum, but not the right product. Which entries are still free?
# - **the sum alone**: `1.0` → `1e5`, `-amount * other - first * second` → `-1e5`
# - **the product alone**: `first + second + amount` → `4.0`
#   The eigenvalues have the right product, but not the right sum. Which entries does the sum fix?


# %% right="lowers_itself" form="from eigenvectors that nearly coincide"
def lowers_itself(first, second, amount):
    low, high = sorted((first, second))
    t = (high + amount) / (low + amount)  # so that (t·low − high) / (t − 1) is what is wanted
    rows = np.array([[1.0, 1.0], [t, 1.0]])  # an eigenvector in each row
    return np.linalg.inv(rows) @ np.diag([high, low]) @ rows


# %% right="lowers_itself" form="very unequal entries"
def lowers_itself(first, second, amount):
    other = first + second + amount
    return [[-amount, -1e6 * (amount * other + first * second)], [1e-6, other]]


# %% right="lowers_itself" form="in float32"
def lowers_itself(first, second, amount):
    other = np.float32(first + second + amount)
    root = np.sqrt(np.float32(amount) * other + np.float32(first * second))
    return np.array([[-amount, root], [-root, other]], dtype=np.float32)


# %% [markdown] exercise="eigenvalues_decide" points=1
# ## What eigenvalues decide
#
# Two heads have circuits of the same size, `[d_vocab, d_vocab]`, with the same eigenvalues, each as often.
# Nothing else is known of them. What must be the same for both?
#
# - **a**: the copying score
# - **b**: the sum of what all tokens do to themselves, $\sum_a C_{aa}$
# - **c**: the rank of the circuit
# - **d**: the share of tokens that raise themselves most
# - **e**: the singular values of the circuit
# - **f**: the eigenvalues of the circuit as the paper writes it, in columns
# - **g**: how many tokens lower themselves
# - **h**: the copying score once the head's $W_O$ is multiplied by $-1$
#
# Give the set of their letters, as in `{"a", "b"}`.

# %% [markdown] hint="eigenvalues_decide"
# For each case, try to write it as a formula in the eigenvalues alone. Where you find one, it is decided.

# %% [markdown] hint="eigenvalues_decide"
# Where you find none, look for two small circuits that differ. The lesson's table of two tokens has
# eigenvalues 1 and 2, and so has a diagonal one. And how many eigenvalues that are not 0 has
# `[[0, 1], [0, 0]]`?


# %% starter="eigenvalues_decide"
eigenvalues_decide = ...

# %% solution="eigenvalues_decide"
eigenvalues_decide = {"a", "b", "f", "h"}


# %% check="eigenvalues_decide"
letters = "abcdefgh"


def inputs(student):
    yield call(want=decided(*student.draws(1)))


def decided(rng):
    """The letters of what came out alike in many pairs of tables with the same eigenvalues."""
    alike = set("abcdefgh")
    for _ in range(20):
        first, second = (quantities(C) for C in same_eigenvalues(rng))
        alike -= {letter for letter in alike if not np.allclose(first[letter], second[letter], atol=1e-4)}
    return alike


def same_eigenvalues(rng):
    """Two tables [5, 5] with the same eigenvalues: a pair, one more, and 0 twice."""
    angle, size = rng.uniform(0.3, 2.8), rng.uniform(1, 2)
    tables = []
    for step in (0, 1):  # beside the two zeros, 0 or 1: this changes the rank, and no eigenvalue
        D = np.zeros((5, 5))
        D[:2, :2] = size * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        D[2, 2], D[3, 4] = -size * np.cos(angle) / 3 + 1, step
        basis = np.linalg.qr(rng.normal(size=(5, 5))).Q * rng.uniform(0.5, 2, size=5)  # [5, 5]
        tables.append(basis @ D @ np.linalg.inv(basis))
    return tables


def quantities(C):
    own = np.diag(C)  # [token]
    return {
        "a": score(C),
        "b": own.sum(),
        "c": np.linalg.matrix_rank(C, tol=1e-9),
        "d": np.mean(C.argmax(axis=1) == np.arange(len(C))),
        "e": np.linalg.svd(C)[1],
        "f": np.poly(C.T).real,  # the coefficients of det(λ − Cᵀ), which know the eigenvalues and no order
        "g": (own < 0).sum(),
        "h": score(-C),
    }


# %% [markdown] mistakes="eigenvalues_decide"
# - **none**: `set()`
#   Some of these can be computed from the eigenvalues. Begin with the definition of the score.
# - **rank**: `{"a", "b", "c", "f", "h"}`
#   You count the rank among them. The table [[0, 1], [0, 0]] has no eigenvalue but 0. What is its rank?
# - **raising oneself most**: `{"a", "b", "d", "f", "h"}`
#   You count the share of tokens that raise themselves most. The lesson has a head whose score is above 0.9. Look
#   at that share there.
# - **singular values**: `"a, b, e, f, h"`
#   You count the singular values. The lesson's table of two tokens and diag(1, 2) have the same eigenvalues. How
#   large are the entries of the one, and of the other?
# - **lowering oneself**: `{"a", "b", "f", "g", "h"}`
#   You count the tokens that lower themselves. How many are there in the lesson's table of two tokens, and how
#   many in diag(1, 2)?
# - **the score left out**: `{"b", "f", "h"}`
#   Look at the definition of the copying score. What stands in it?
# - **the trace left out**: `{"a", "f", "h"}`
#   Look at the sum over all tokens again. No single term of it is known, but it is a trace.
# - **columns left out**: `{"a", "b", "h"}`
#   Look at the paper's circuit again. It is the transpose of this one. What does det(C − λ) become?
# - **the sign left out**: `["a", "b", "f"]`
#   Look at the head with −W_O again. What happens to each eigenvalue if the whole table changes its sign?


# %% right="eigenvalues_decide" form="a text"
eigenvalues_decide = "a, b, f and h"


# %% right="eigenvalues_decide" form="a list in another order, in capitals"
eigenvalues_decide = ["H", "F", "B", "A"]


# %% [markdown] exercise="copying_head" points=3
# ## Write a head that copies
#
# Now the other way round: you write the weights. Return `W_E` `[d_vocab, d_model]`, `W_V`
# `[d_model, d_head]`, `W_O` `[d_head, d_model]` and `W_U` `[d_model, d_vocab]`, as a tuple in this order,
# such that the head copies: **at whichever token it looks, it raises that token, and more than any other**.
#
# It is $2 < d_h < d_{model} < d_{vocab}$, so the head is too narrow to give each token a dimension of its
# own. The check draws the sizes, puts your weights into a network of one head, and runs it on each token
# alone: there the head can look at nothing else. What it adds to the logits is judged, without the direct
# path. The gain of the right token must be larger than every other by at least a millionth of itself.

# %% [markdown] hint="copying_head"
# The circuit is a product $P Q$ with $P = W_E W_V$ and $Q = W_O W_U$. So every entry is a dot product in
# `d_head` dimensions: row $a$ of $P$ with column $b$ of $Q$. What must hold for each row and all columns?

# %% [markdown] hint="copying_head"
# Think of the tokens as arrows in `d_head` dimensions. There is room for many arrows with different
# directions, even in a plane. A dot product also grows with the lengths of both, so mind the lengths.

# %% [markdown] hint="copying_head"
# Once you have the arrows, the stream must carry them: the embedding writes them into some dimensions of the
# stream, $W_V$ reads just these, and $W_O$ and $W_U$ go the same way back. Print the table of your circuit,
# and look at the diagonal.


# %% starter="copying_head"
def copying_head(d_vocab, d_model, d_head):
    # return W_E, W_V, W_O, W_U
    return ...


# %% solution="copying_head"
def copying_head(d_vocab, d_model, d_head):
    arrows = np.random.default_rng(0).normal(size=(d_vocab, d_head))  # [d_vocab, d_head]
    arrows /= np.linalg.norm(arrows, axis=1, keepdims=True)  # all of one length
    P = np.eye(d_model, d_head)  # [d_model, d_head]   the dimensions of the stream that the head uses
    W_E = arrows @ P.T  # [d_vocab, d_model]
    return W_E, P, P.T, W_E.T


# %% check="copying_head" blocked="numeric.zoo.load"
MARGIN = 1e-6  # of a token's own gain: by so much every other must stay below it


def inputs(student):
    for number, rng in enumerate(student.draws(3)):
        d_head = int(rng.integers(3, 5))
        d_model = d_head + int(rng.integers(2, 5))
        d_vocab = d_model + int(rng.integers(5, 9))
        d_vocab += (d_vocab + number) % 2  # now even, now odd: opposite tokens around a circle may coincide
        yield call(d_vocab, d_model, d_head)


def judge(got, call):
    sizes = dict(zip(("d_vocab", "d_model", "d_head"), call.arguments, strict=True))
    weights = four(got, sizes)
    C = gains(*weights)  # [token looked at, token raised]
    right = own_is_largest(C)  # [token]
    if right.all():
        return
    token = int(np.argmin(right))
    rows = (
        ("sizes", ", ".join(f"{name}={size}" for name, size in sizes.items())),
        ("tokens that raise themselves most", f"{int(right.sum())} of {len(C)}"),
        ("first that does not", f"token {token} gains {C[token, token]:.4g} where it is looked at"),
        ("largest other gain there", f"{np.delete(C[token], token).max():.4g}"),
    )
    silent = np.abs(C).max(axis=1) <= 1e-12 * max(np.abs(C).max(), 1e-300)  # [token]
    if silent.any():
        mistake("silent tokens", *rows, ("tokens without any effect", f"{int(silent.sum())} of {len(C)}"))
    for name, repaired in what_would_repair(C, *weights):
        if repaired:
            mistake(name, *rows)
    wrong("values", "Where the head looks at some tokens, it raises others more.", *rows)


def four(got, sizes):
    """The matrices of an answer: a tuple, a dict of names, or a Transformer of one head. Raises: Wrong."""
    names = ("W_E", "W_V", "W_O", "W_U")
    if isinstance(got, Transformer):
        got = {name: getattr(got, name) for name in names}
    if isinstance(got, dict):
        got = tuple(got[name] for name in names if name in got)
    if not isinstance(got, tuple | list) or len(got) != 4:
        mistake("not four")
    axes = (("d_vocab", "d_model"), ("d_model", "d_head"), ("d_head", "d_model"), ("d_model", "d_vocab"))
    return [
        one_of_four(name, as_numbers(one), axis, tuple(sizes[each] for each in axis))
        for name, one, axis in zip(names, got, axes, strict=True)
    ]


def one_of_four(name, matrix, axes, shape):
    """A matrix of real finite numbers in this shape; axes of one layer and one head may stand before it."""
    if matrix.shape == (1, 1, *shape):
        matrix = matrix[0, 0]
    rows = ((f"your {name}", str(list(matrix.shape))), ("expected", f"[{', '.join(axes)}] = {list(shape)}"))
    if matrix.shape == shape[::-1]:
        mistake(f"{name} transposed", *rows)
    if matrix.shape != shape:
        wrong("shape", f"`{name}` has not the right shape.", *rows)
    if matrix.dtype.kind == "c":
        wrong("complex", f"`{name}` holds complex numbers. Weights are real.", *rows)
    if not np.isfinite(matrix).all():
        wrong("not finite", f"There are entries in `{name}` that are no finite numbers.", *rows)
    return matrix.astype(float)


def gains(W_E, W_V, W_O, W_U):
    """What the head adds to the logits where it looks at each token: from a run on each token alone.

    A positive factor of a matrix changes no comparison, so each is brought to 1 first: nothing overflows.
    """
    W_E, W_V, W_O, W_U = (M / (np.abs(M).max() or 1.0) for M in (W_E, W_V, W_O, W_U))
    config = Config(1, 1, d_model=W_E.shape[1], d_head=len(W_O), d_vocab=len(W_E), n_ctx=1)
    nothing = np.zeros((1, 1, *W_V.shape))  # one token: whatever a head asks for, it looks there
    model = Transformer(
        config, W_E=W_E, W_Q=nothing, W_K=nothing, W_V=W_V[None, None], W_O=W_O[None, None], W_U=W_U
    )
    run = model.run(np.arange(config.d_vocab)[:, None])  # each token as a text of its own
    return run.head_out[0, :, 0, 0] @ W_U  # [token looked at, token raised]


def own_is_largest(C):
    """For each token: whether it is raised, and more than any other, where it is looked at."""
    own = np.diag(C)  # [token]
    others = np.where(np.eye(len(C), dtype=bool), -np.inf, C).max(axis=1)  # [token]
    return (own > 0) & (own - others >= MARGIN * own)


def copies(C):
    return bool(own_is_largest(C).all())


def what_would_repair(C, W_E, W_V, W_O, W_U):
    """Each mistake, and whether it is the one: whether its repair makes a head that copies."""
    own, largest = np.diag(C), C.max(axis=1)  # [token] each
    values = np.linalg.eigvals(C)
    values = values[np.argsort(-np.abs(values))][: len(W_O)]  # [d_head]
    equal = np.abs(values - values[0]).max() <= ROUNDING * np.abs(values[0]) and values[0].real > 0
    yield "lowers", copies(-C)
    yield "another token", sorted(C.argmax(axis=1)) == list(range(len(C)))
    yield "two tokens alike", (own > 0).all() and (largest - own <= MARGIN * own).all()
    yield "lengths", copies_by_direction(W_E, W_V, W_O, W_U)
    yield "mixtures alone", equal
    yield "W_U apart", copies_by_direction(W_E, W_V, W_O, W_E.T)
    yield "W_O apart", copies_by_direction(W_E, W_V, W_V.T, W_U)
    yield "nothing goes back", copies_by_direction(W_E, W_V, W_V.T, W_E.T)


def copies_by_direction(W_E, W_V, W_O, W_U):
    """Whether each token's column has, of all, the direction nearest to its row."""
    writes = W_O @ W_U  # [d_head, d_vocab]
    lengths = np.linalg.norm(writes, axis=0)  # [d_vocab]
    return lengths.all() and copies(gains(W_E, W_V, W_O, W_U / lengths))


# %% [markdown] mistakes="copying_head"
# - **silent tokens**: `arrows @ P.T` → `np.eye(d_vocab, d_model)`
#   For some tokens the head writes nothing at all. It seems that they were given no place in the few dimensions
#   that the head reads. There are more tokens than dimensions: how can they share?
# - **two tokens alike**: `arrows @ P.T` → `np.eye(d_model)[np.arange(d_vocab) % d_head]`
#   Some tokens are raised just as much as the one that is looked at: the head cannot tell them apart. Do their
#   arrows have the same direction?
# - **lengths**: `arrows /= np.linalg.norm(arrows, axis=1, keepdims=True)  # all of one length` → ``
#   The directions are right, the lengths are not: some tokens raise a neighbour more than themselves because its
#   arrow is longer. What counts is the length that is left in the few dimensions of the head.
# - **lowers**: `W_E, P, P.T, W_E.T` → `W_E, P, -P.T, W_E.T`
#   This head does the opposite: each token that it looks at, it lowers more than any other. Which one change
#   turns all signs round?
# - **another token**: `W_E, P, P.T, W_E.T` → `W_E, P, P.T, np.roll(W_E, 1, axis=0).T`
#   Each token raises one token most, and each time another one, but not itself. Compare the order of the rows of
#   W_E with that of the columns of W_U.
# - **mixtures alone**:
#   ```python
#   rng = np.random.default_rng(0)
#   W_E, W_V = rng.normal(size=(d_vocab, d_model)), rng.normal(size=(d_model, d_head))
#   return W_E, W_V, np.linalg.pinv(W_V), np.linalg.pinv(W_E)
#   ```
#   All eigenvalues of your circuit are positive and equal: every mixture of tokens that the head can tell apart
#   raises itself. But the tokens do not. What does the score not see?
# - **W_U apart**: `P.T, W_E.T` → `P.T, np.random.default_rng(1).normal(size=(d_model, d_vocab))`
#   What the head writes for a token is the direction of that token, but W_U does not read it as such. Which
#   column of W_U would answer most to what token 0 has in the stream?
# - **W_O apart**: `P, P.T, W_E.T` → `P, np.random.default_rng(1).normal(size=(d_head, d_model)), W_E.T`
#   W_V takes each token's direction out of the stream, but W_O does not put it back to where W_U reads it. Which
#   way leads back from the head's dimensions to those of the stream?
# - **nothing goes back**:
#   ```python
#   model = ov.Transformer.random(ov.Config(1, 1, d_model, d_head, d_vocab, n_ctx=1))
#   return model.W_E, model.W_V[0, 0], model.W_O[0, 0], model.W_U
#   ```
#   What the head writes has nothing to do with what it read, it seems: neither W_O nor W_U leads back to the
#   directions of W_E and W_V. How is the way out related to the way in?
# - **W_O transposed**: `W_E, P, P.T, W_E.T` → `W_E, P, P, W_E.T`
#   `W_O` is the wrong way round. Rows are what comes in, columns are what goes out.
# - **W_U transposed**: `W_E, P, P.T, W_E.T` → `W_E, P, P.T, W_E`
#   `W_U` is the wrong way round. Rows are what comes in, columns are what goes out.
# - **not four**: `W_E, P, P.T, W_E.T` → `W_E, P @ P.T, W_E.T`
#   Four matrices are asked for: return them as a tuple, `W_E, W_V, W_O, W_U`.


# %% right="copying_head" form="around a circle, as a dict"
def copying_head(d_vocab, d_model, d_head):
    angles = 2 * np.pi * np.arange(d_vocab) / d_vocab
    W_V = np.eye(d_model, d_head, k=d_head - d_model)  # the last dimensions of the stream
    W_E = np.stack([np.cos(angles), np.sin(angles)], axis=1) @ W_V[:, :2].T
    return {"W_U": W_E.T, "W_O": W_V.T, "W_V": W_V, "W_E": W_E}


# %% right="copying_head" form="slanted bases, huge and tiny, float32"
def copying_head(d_vocab, d_model, d_head):
    rng = np.random.default_rng(3)
    arrows = rng.normal(size=(d_vocab, d_head))
    arrows /= np.linalg.norm(arrows, axis=1, keepdims=True)
    there, back = np.eye(d_head) + 0.3 * rng.normal(size=(2, d_head, d_head))
    into, out = rng.normal(size=(2, d_head, d_model))
    W_E, W_U = arrows @ there @ into, np.linalg.pinv(out) @ back @ arrows.T
    W_V, W_O = np.linalg.pinv(into) @ np.linalg.inv(there), np.linalg.inv(back) @ out
    return tuple(np.float32(M * scale) for M, scale in ((W_E, 1e15), (W_V, 1e-9), (W_O, 1e12), (W_U, 1e-20)))


# %% right="copying_head" form="unequal lengths: the nearest number wins"
def copying_head(d_vocab, d_model, d_head):
    a = np.arange(1.0, d_vocab + 1)  # a·(2b) − b² = a² − (a − b)²
    W_E, W_U = np.zeros((d_vocab, d_model)), np.zeros((d_model, d_vocab))
    W_E[:, 0], W_E[:, 1] = a, 1
    W_U[2], W_U[3] = 2 * a, -(a**2)
    W_V, W_O = np.zeros((d_model, d_head)), np.zeros((d_head, d_model))
    W_V[0, 0] = W_V[1, 1] = W_O[0, 2] = W_O[1, 3] = 1
    return W_E, W_V, W_O, W_U


# %% right="copying_head" form="both signs turned, as a network"
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
