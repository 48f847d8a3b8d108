# %% [markdown]
# # Exercises: reading an OV circuit
#
# They go with [lesson 09](../lessons/09_reading_an_ov_circuit.py). Run a cell with `check("…")` as often as
# you like. It draws new random networks each time, and it tells you what it saw.

# %%
import numpy as np

import ovlearn as ov
from ovlearn.exercises import check

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
    # return np.array([[…, …], […, …]])   [token looked at, token raised]
    return ...


# %% solution="lowers_itself"
def lowers_itself(first, second, amount):
    other = first + second + amount  # the diagonal sums to first + second
    return np.array([[-amount, 1.0], [-amount * other - first * second, other]])  # [looked at, raised]


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
