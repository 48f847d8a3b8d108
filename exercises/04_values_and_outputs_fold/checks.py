"""Checks for lesson 04. Each runs in a notebook, in the page, under pytest and in a batch."""

import numpy as np

from ovlearn.exercises import compare, equal
from ovlearn.exercises.deriving import derived
from ovlearn.exercises.drawing import cases
from ovlearn.symbolic import Network, definition, product

BLOCKED = {
    "ov_matrix": ("circuits.ov",),
    "head_output": ("numeric.Transformer.run", "numeric.FrozenNetwork.run"),
    "fold": ("derive",),
}


def test_ov_matrix(student):
    for case in cases(student):
        W_V, W_O = case.model.W_V[0, 0], case.model.W_O[0, 0]  # [d_model, d_head], [d_head, d_model]
        compare(
            student.ov_matrix(W_V, W_O),
            W_V @ W_O,
            axes=("row", "column"),
            case=case.words,
            suspects={
                "swapped": (
                    W_O @ W_V,
                    "This is W_O W_V: it maps d_head to d_head, and no stream has that width. A row vector "
                    "meets the matrix on its right first: which of the two must a row of the stream meet "
                    "first?",
                ),
                "transposed": (
                    (W_V @ W_O).T,
                    "This is the transpose of W_OV. That is the paper's matrix, which acts on columns. In "
                    "this course vectors are rows.",
                ),
                "by entries": (
                    W_V * W_O.T,
                    "This multiplies entry by entry. To apply one map after the other, use the matrix "
                    "product, `@`.",
                ),
            },
        )


def test_head_output(student):
    for case in cases(student):
        A, X = case.run.pattern[0, 0], case.run.resid_pre[0]  # [query, key], [pos, d_model]
        W_OV = case.model.W_V[0, 0] @ case.model.W_O[0, 0]  # [d_model, d_model]
        compare(
            student.head_output(A, X, W_OV),
            A @ X @ W_OV,
            axes=("pos", "d_model"),
            case=case.words,
            suspects={
                "pattern transposed": (
                    A.T @ X @ W_OV,
                    "The pattern is the wrong way round: here each key hands out its row to the queries "
                    "that look at it. Row i of A belongs to query i, and says what position i receives.",
                ),
                "no pattern": (
                    X @ W_OV,
                    "Every position gets its own vector back through W_OV. The pattern has not moved "
                    "anything yet.",
                ),
                "W_OV transposed": (
                    A @ X @ W_OV.T,
                    "This reads where W_OV writes and writes where it reads: W_OV stands transposed. For "
                    "row vectors it multiplies from the right as it is.",
                ),
                "with the stream": (
                    X + A @ X @ W_OV,
                    "This is the stream after the head. Asked is what the head adds to it.",
                ),
            },
        )


def test_ov_rank(student):
    rng = next(student.draws(1))
    d_model, d_head = 768, 64
    W_OV = rng.normal(size=(d_model, d_head)) @ rng.normal(size=(d_head, d_model))
    some_columns = W_OV[:, : d_head + 9]  # enough to tell, and much faster than all
    equal(
        student.ov_rank,
        int(np.linalg.matrix_rank(some_columns)),
        says="Multiply two random matrices of these shapes and ask numpy for the rank.",
        suspects={
            "outer size": (
                d_model,
                "That is the size of the matrix. It would be its rank if any vector could get through; but "
                "each has to pass through a narrower place.",
            ),
            "difference": (
                d_model - d_head,
                "That is the dimension of what W_OV maps to zero, its kernel. The rank is what is left.",
            ),
            "both sizes": (
                d_model * d_head,
                "That is the number of entries of W_V. A rank counts independent directions, so it cannot "
                "exceed the size of the matrix.",
            ),
        },
    )


def test_fold(student):
    for rng in student.draws(3):
        net = Network(layers=3, heads=2)
        head = (int(rng.integers(3)), int(rng.integers(2)))
        A, W_V, W_O, W_OV = (net.head(base, *head) for base in ("A", "W_V", "W_O", "W_OV"))
        X = net.stream(head[0])
        start = product(product(A, product(X, W_V)), W_O)
        given = (definition("W_OV", "values and output in one matrix", (W_OV, product(W_V, W_O))),)
        derived(
            student.fold(start, given, W_V, W_O),
            start=start,
            end=product(A, X, W_OV),
            assumptions=given,
            suspects={
                "only ungrouped": (
                    product(A, X, W_V, W_O),
                    "The brackets are gone, and that step is right. Now W_V and W_O stand side by side, but "
                    "nothing says that the two are one matrix.",
                ),
                "not named": (
                    product(A, X, product(W_V, W_O)),
                    "W_V W_O stands in brackets of its own. What is missing is its name: the definition is "
                    "in `given`.",
                ),
                "left bracket": (
                    product(product(A, X), W_OV),
                    "Equal, but a bracket is left round A X. Asked is A X W_OV without brackets.",
                ),
            },
        )
