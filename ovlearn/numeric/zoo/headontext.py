"""What one head does on one text, of any model of words in the zoo: the numbers of the home page's head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from ovlearn.arguments import Head, complaint, described
from ovlearn.numeric import reading
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.zoo import saying
from ovlearn.numeric.zoo.excerpt import Excerpt
from ovlearn.numeric.zoo.zoomodel import ZooModel


@dataclass(frozen=True, eq=False)
class HeadOnText:
    """One head at the last position of a text, and the word that the model expects most there.

    words [pos]: the text, the begin token first.  attention [pos]: the last row of the pattern.  gave [pos]:
    what came from each position to the logit of `next_word`, less the mean over the vocabulary.  raised,
    lowered [pos][k]: the words that the circuit's row of each word raises and lowers most; by, down_by
    [pos, k]: by how many logits, if the head looked there alone, the last norm's factor here held.
    """

    model: str
    text: str
    head: Head
    words: tuple[str, ...]
    next_word: str
    probability: float
    attention: Array
    gave: Array
    raised: tuple[tuple[str, ...], ...]
    by: Array
    lowered: tuple[tuple[str, ...], ...]
    down_by: Array


def head_on_text(model: ZooModel | Excerpt, text: str, layer: int, head: int, k: int = 5) -> HeadOnText:
    """Return what a head does at the last position of a text, which the begin token precedes.

    Raises TypeError for what is no model of words; ValueError for a text or a head that it does not know.

    >>> from ovlearn.numeric import zoo
    >>> found = head_on_text(zoo.load("king-james-two-layers"), "silver and", 1, 6)
    >>> found.next_word, found.words[found.gave.argmax()], found.raised[1][0]
    ('gold', 'silver', 'gold')
    """
    if isinstance(model, Excerpt):
        return _of_excerpt(model, text, (layer, head), k)
    if isinstance(model, ZooModel) and model.tokenizer.begin is not None:
        return _of_network(model, text, (layer, head), k)
    raise TypeError(complaint("model", "a model of words", described(model)))


def _of_network(model: ZooModel, text: str, head: Head, k: int) -> HeadOnText:
    run = model.run(model.tokenizer.encode(text, begin=True))
    tokens = cast("Array", run.tokens)  # [pos]
    likeliest = int(run.logits[-1].argmax())
    given = reading.gives(run, *head, np.full(len(tokens), likeliest))
    rows = reading.rows(model, *head, tokens, k)
    word = model.tokens[likeliest]
    return HeadOnText(
        model.name,
        text,
        head,
        tuple(model.words(tokens)),
        word,
        saying.probability(model, text, word),
        given.attention[-1],
        given.gave[-1],
        tuple(tuple(model.words(row)) for row in rows.raised),
        rows.by,
        tuple(tuple(model.words(row)) for row in rows.lowered),
        rows.down_by,
    )


def _of_excerpt(model: Excerpt, text: str, head: Head, k: int) -> HeadOnText:
    run = model.run(text)
    rows = model.rows(*head, run.words, k)
    word = str(run.next_words[-1, 0])
    return HeadOnText(
        model.name,
        text,
        head,
        run.words,
        word,
        float(run.probabilities[-1, 0]),
        run.attention(*head)[-1],
        run.gives(*head)[:, model.id_of(word)],
        tuple(tuple(model.words[each] for each in row) for row in rows.raised),
        rows.by / run.scale[-1],
        tuple(tuple(model.words[each] for each in row) for row in rows.lowered),
        rows.down_by / run.scale[-1],
    )
