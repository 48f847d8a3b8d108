"""One head on one text: its numbers against the run itself, and against the circuit as a dense matrix."""

import numpy as np
import pytest

from ovlearn import zoo
from ovlearn.numeric.zoo.headontext import HeadOnText, head_on_text

TEXT, HEAD = "the sun and the", (1, 6)


@pytest.fixture(scope="module")
def found() -> HeadOnText:
    return head_on_text(zoo.load("king-james-two-layers"), TEXT, *HEAD, k=4)


def test_where_it_looks_and_what_it_gave_are_the_runs(found: HeadOnText) -> None:
    model = zoo.load("king-james-two-layers")
    run = model.run(model.encode(f"<bos> {TEXT}"))
    assert found.words == ("<bos>", "the", "sun", "and", "the")
    np.testing.assert_array_equal(found.attention, run.pattern[HEAD][-1])
    (word,) = model.encode(found.next_word)
    assert word == run.logits[-1].argmax()
    column = model.W_U[:, word] - model.W_U.mean(axis=1)  # [d_model]
    from_each = run.pattern[HEAD][-1] * (run.v[HEAD] @ model.W_O[HEAD] @ column)  # [pos]
    np.testing.assert_allclose(found.gave, from_each, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.gave.sum(), run.head_out[HEAD][-1] @ column, rtol=1e-4)


def test_what_its_rows_say_is_the_circuit(found: HeadOnText) -> None:
    model = zoo.load("king-james-two-layers")
    circuit = model.W_E @ model.W_V[HEAD] @ model.W_O[HEAD] @ model.W_U  # [d_vocab, d_vocab]
    circuit -= circuit.mean(axis=1, keepdims=True)
    for place, word in enumerate(found.words):
        row = circuit[model.encode([word])[0]]  # [d_vocab]
        order = row.argsort()
        assert list(found.raised[place]) == model.words(order[:-5:-1])
        assert list(found.lowered[place]) == model.words(order[:4])
        np.testing.assert_allclose(found.by[place], row[order[:-5:-1]], rtol=1e-4)
        np.testing.assert_allclose(found.down_by[place], row[order[:4]], rtol=1e-4)


def test_an_excerpt_is_read_in_the_same_form() -> None:
    excerpt = zoo.load("smollm2-excerpt")
    found = head_on_text(excerpt, "He wanted to do it by", 25, 2)
    run = excerpt.run("He wanted to do it by")
    assert found.next_word == " himself"
    np.testing.assert_array_equal(found.attention, run.attention(25, 2)[-1])
    assert found.probability == pytest.approx(float(run.probabilities[-1, 0]))
    np.testing.assert_allclose(found.gave, run.gives(25, 2)[:, excerpt.id_of(" himself")], rtol=1e-6)
    rows = excerpt.rows(25, 2, found.words, 5)
    np.testing.assert_allclose(found.by * run.scale[-1], rows.by, rtol=1e-6)
    np.testing.assert_allclose(found.down_by * run.scale[-1], rows.down_by, rtol=1e-6)
    he = found.words.index("He")
    assert found.raised[he] == tuple(excerpt.words[one] for one in excerpt.rows(25, 2, ["He"], 5).raised[0])


@pytest.mark.parametrize(
    ("name", "text", "error", "message"),
    [
        ("king-james-two-layers", "silver computers", ValueError, "text: expected words that are tokens of"),
        ("smollm2-excerpt", "silver and", ValueError, "text: expected one of"),
        ("copying", "a b", TypeError, "model: expected a model of words, got"),
    ],
)
def test_what_cannot_be_read_is_refused(name: str, text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        head_on_text(zoo.load(name), text, 0, 0)
