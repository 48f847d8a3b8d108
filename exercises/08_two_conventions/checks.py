"""Checks for lesson 08. Each runs in a notebook, in the page, under pytest and in a batch."""

import numpy as np

from ovlearn.exercises import compare
from ovlearn.exercises.comparing import as_numbers, close
from ovlearn.exercises.deriving import equate
from ovlearn.exercises.drawing import cases
from ovlearn.symbolic import Network, product, symbol, to_columns, transpose
from ovlearn.symbolic.translation import column_symbol

BLOCKED = {
    "two_heads_in_columns": ("symbolic.to_columns",),
}


def test_logit_changes(student):
    for case in cases(student):
        head = _some_head(case)
        token = int(case.rng.integers(case.config.d_vocab))
        C = _circuit(case.model, head)
        want = _looked_at(case.model, head)[token]  # [d_vocab]
        of_rows, of_columns = (
            student.logit_changes(circuit, convention, token)
            for circuit, convention in ((C, "rows"), (C.T, "columns"))
        )
        # what an answer does with the other convention tells two mistakes apart
        exchanged = close(as_numbers(of_rows), C[:, token])
        compare(
            of_columns,
            want,
            axes=("d_vocab",),
            case=f"a circuit in columns, token {token}; {case.words}",
            suspects={
                "the other way round": (
                    C.T[token] if exchanged else want,
                    "The two conventions have changed places: a row is read in columns, and a column in "
                    "rows. On which side of the circuit does the one-hot vector stand?",
                ),
                "always a row": (
                    C.T[token],
                    "This is a row of a circuit in columns. It belongs to one token whose logit changes, "
                    "for all tokens that may be looked at. In the paper's convention, on which side is the "
                    "token looked at?",
                ),
                "one number": (
                    C[token, token],
                    "This is one number: what looking at the token does to its own logit. Asked are the "
                    "changes of all logits.",
                ),
            },
        )
        compare(
            of_rows,
            want,
            axes=("d_vocab",),
            case=f"a circuit in rows, token {token}; {case.words}",
            suspects={
                "always a column": (
                    C[:, token],
                    "This is a column of a circuit in rows. It belongs to one token whose logit changes, "
                    "for all tokens that may be looked at. In this course, on which side is the token "
                    "looked at?",
                ),
            },
        )


def _some_head(case):
    return int(case.rng.integers(case.config.n_layers)), int(case.rng.integers(case.config.n_heads))


def _circuit(model, head):
    """The full OV circuit in rows [d_vocab, d_vocab]."""
    return model.W_E @ model.W_V[head] @ model.W_O[head] @ model.W_U


def _looked_at(model, head):
    """What a head adds to the logits, by the token that it looks at [d_vocab, d_vocab]: by an intervention.

    On a text of one token it can look only at that.
    """
    frozen = model.run(np.arange(model.config.d_vocab)[:, None]).frozen()
    added = frozen.run(heads={head}).logits - frozen.run(heads=set()).logits  # [text, 1, d_vocab]
    return added[:, 0]


def test_paper_circuit(student):
    square = cases(student, count=1, edge=False, d_model=6, d_head=6, d_vocab=6, n_ctx=6)
    for case in (*square, *cases(student)):
        head = _some_head(case)
        W_E, W_V, W_O, W_U = case.model.W_E, case.model.W_V[head], case.model.W_O[head], case.model.W_U
        compare(
            student.paper_circuit(W_E, W_V, W_O, W_U),
            _looked_at(case.model, head).T,
            axes=("token raised", "token looked at"),
            case=case.words,
            suspects={
                "in rows": (
                    W_E @ W_V @ W_O @ W_U,
                    "This is the circuit in rows: the token looked at is a row. In the paper it is a column.",
                ),
                "W_OV in rows": (
                    W_U.T @ W_V @ W_O @ W_E.T,
                    "The outer two weights act on columns, the inner two still on rows. What is W_OV in the "
                    "paper's convention?",
                ),
                **(_if_square(W_E, W_V, W_O, W_U) if len({*W_E.shape, *W_V.shape}) == 1 else {}),
            },
        )


def _if_square(W_E, W_V, W_O, W_U):
    """What exists only where all sizes are equal."""
    return {
        "nothing transposed": (
            W_U @ W_O @ W_V @ W_E,
            "This is the paper's formula with our weights. Here all are square, so numpy does not complain; "
            "with other sizes they would not fit. What does the paper's W_E have as its columns?",
        ),
        "only the ends exchanged": (
            W_U @ W_V @ W_O @ W_E,
            "This is our W_OV with the ends exchanged. Here all are square, so numpy does not complain; "
            "with other sizes they would not fit. It takes more than another order to act on columns.",
        ),
        "order kept": (
            W_E.T @ W_V.T @ W_O.T @ W_U.T,
            "Each weight is transposed, and that is right. But a transpose turns a product round, too. "
            "Which matrix does a one-hot column meet first?",
        ),
        "W_V after W_O": (
            W_U.T @ W_V.T @ W_O.T @ W_E.T,
            "Each weight is transposed, and the outer two are in place. A column comes from the right: "
            "which of W_V and W_O must it meet first?",
        ),
    }


def test_two_heads_in_columns(student):
    net = Network(layers=3, heads=2)
    for rng in student.draws(3):
        layers = sorted(int(layer) for layer in rng.permutation(3)[:2])
        first, second = ((layer, int(rng.integers(2))) for layer in layers)
        rows = [net.head("A", *second), net.head("A", *first), symbol("E"), symbol("W_E")]
        rows += [net.head("W_OV", *first), net.head("W_OV", *second), symbol("W_U")]
        A_1, A_0, E, W_E, W_OV_0, W_OV_1, W_U = (column_symbol(each) for each in rows)
        want = to_columns(product(*rows)).result.rhs
        equate(
            student.two_heads_in_columns(A_0, A_1, E, W_E, W_OV_0, W_OV_1, W_U),
            want,
            suspects={
                "still in rows": (
                    transpose(want),
                    "This is the row form, written with transposes: its shape is [s, v]. In columns, a "
                    "position is a column of the result.",
                ),
                "OV in the row order": (
                    product(W_U, W_OV_0, W_OV_1, W_E, E, A_0, A_1),
                    "The two OV matrices stand in the order of the row form. A column comes from the right: "
                    "which head's matrix must it meet first?",
                ),
                "patterns in the row order": (
                    product(W_U, W_OV_1, W_OV_0, W_E, E, A_1, A_0),
                    "The two patterns stand in the order of the row form. Which head looks at the tokens "
                    "themselves? Its pattern must stand next to them.",
                ),
                "heads in the row order": (
                    product(W_U, W_OV_0, W_OV_1, W_E, E, A_1, A_0),
                    "The heads have changed places, on both sides of the tokens: here the later one comes "
                    "first. Which of the two stands nearer to the tokens in the row form?",
                ),
                "patterns transposed again": (
                    product(W_U, W_OV_1, W_OV_0, W_E, E, transpose(A_0), transpose(A_1)),
                    "The order is right. But the symbols that you get are transposed already, the patterns "
                    "as well: a second transpose undoes it.",
                ),
            },
        )


def test_long_matrix(student):
    for case in cases(student):
        head = _some_head(case)
        A, C = case.run.pattern[head], _circuit(case.model, head)
        for stacked in ("rows", "columns"):
            compare(
                student.long_matrix(A, C, stacked),
                _by_units(A, C, "C" if stacked == "rows" else "F"),
                axes=("of A E C", "of E"),
                case=f"{stacked} stacked; {case.words}",
                suspects=_other_matrices(A, C, stacked),
            )


def _by_units(A, C, order):
    """The matrix of E → A E C, column by column: what becomes of an E with a single 1."""
    columns = []
    for flat in np.eye(len(A) * len(C)):
        E = flat.reshape(len(A), len(C), order=order)
        columns.append((A @ E @ C).ravel(order))
    return np.array(columns).T


def _other_matrices(A, C, stacked):
    def of(pattern, circuit, with_rows=stacked == "rows"):
        return np.kron(pattern, circuit) if with_rows else np.kron(circuit, pattern)

    other = stacked != "rows"
    return {
        "the other stacking": (
            of(A, C.T, other),
            f"This is the matrix for the other way of stacking. With {stacked} stacked, what is one block "
            "of the long vector, and which of the two matrices mixes blocks?",
        ),
        "circuit in rows": (
            of(A, C),
            "The circuit stands as it is in rows. The long matrix acts from the left, on a column: which "
            "form of the circuit does that?",
        ),
        "pattern transposed": (
            of(A.T, C.T),
            "The pattern is the wrong way round: here the position that is looked at gets something from "
            "the one that looks. On which side of E does A stand?",
        ),
        "from the right": (
            of(A.T, C),
            "This does the right thing to a long row, from the right. Asked is a matrix that acts on a long "
            "column, from the left.",
        ),
        "the other stacking, circuit in rows": (
            of(A, C, other),
            "Two things are amiss. The blocks are those of the other way of stacking, and the circuit is in "
            "rows, though the long matrix acts on a column. Begin with the blocks.",
        ),
    }
