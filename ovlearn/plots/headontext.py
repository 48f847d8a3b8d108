"""Heads on texts: where each looks, what came from there, and what its circuit says of the word looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ovlearn.numeric.zoo.headontext import HeadOnText
from ovlearn.plots import kit
from ovlearn.plots.kit.parts import Part
from ovlearn.plots.picture import Picture
from ovlearn.plots.switching import Control, State, switches
from ovlearn.plots.wording import figure, label, name_of

_ROW = 74.0  # from the sentence to the bars below it
_BEGIN = ("<bos>", "<|endoftext|>")


def heads_on_texts(
    models: Mapping[str, Mapping[str, Sequence[HeadOnText]]], title: str = "", caption: str = ""
) -> Picture:
    """Return texts to choose from, for each a few heads, and in each a word to touch.

    `models`: by a model's name, as a reader should see it, its texts, and the heads on each. Arcs are as
    thick as what the head gave from there to the next word; the bars are the row of the head's circuit for
    the word that is touched. What can be chosen from one thing only is not asked.

    Raises ValueError for no model, one without a text, or a text without a head.

    >>> from ovlearn import zoo
    >>> from ovlearn.numeric.zoo.headontext import head_on_text
    >>> head = head_on_text(zoo.load("king-james-two-layers"), "silver and", 1, 6)
    >>> heads_on_texts({"King James": {"silver and": [head]}}, "A head that means something")
    Picture('A head that means something')
    """
    controls = [Control("model", "Model", tuple(models))]
    for model, texts in enumerate(models.values()):
        name = f"text{model}"
        controls.append(Control(name, "Text", tuple(texts), when={"model": [model]}))
        controls += [
            Control(
                f"head{model}.{text}",
                "Head",
                tuple(name_of(each.head) for each in heads),
                when={"model": [model], name: [text]},
            )
            for text, heads in enumerate(texts.values())
        ]
    found = [[list(heads) for heads in texts.values()] for texts in models.values()]

    def panel(state: State) -> Picture:
        model = state["model"]
        text = state[f"text{model}"]
        return _drawn(found[model][text][state[f"head{model}.{text}"]])

    return switches(controls, panel, title, caption)


def _drawn(found: HeadOnText) -> Picture:
    """One head on one text: the sentence, its arcs, and a row of bars for each word to touch."""
    first = int(found.gave.argmax())
    sentence = kit.words([_shown(word) for word in found.words], gap=20)
    arcs = _arcs(found, sentence)
    pressed = [
        kit.press(part, "word", place, f"look at {_shown(word)}", on=place == first)
        for place, (part, word) in enumerate(zip(sentence, found.words, strict=True))
    ]
    shares = [
        kit.text(f"{100 * weight:.0f} %", (part.bottom[0], part.bottom[1] + 14), "pattern")
        for part, weight in zip(sentence, found.attention, strict=True)
        if weight >= 0.005
    ]
    begin = sentence[-1].right
    beyond = kit.box(f"{label(found.next_word.strip())} {100 * found.probability:.0f} %", thing="unembedding")
    beyond = beyond.moved(begin[0] + 44 - beyond.left[0], begin[1] - beyond.middle[1])
    onward = kit.arrow(begin, beyond.left, "unembedding")
    rows = [
        kit.only(_row(found, place, sentence), "word", place, _says(found, place), on=place == first)
        for place in range(len(found.words))
    ]
    return kit.draw(
        *arcs,
        *pressed,
        *shares,
        onward,
        beyond,
        *rows,
        title=f"Head {name_of(found.head)} on “{found.text.strip()}”",
        says=_says(found, first),
        caption=_says(found, first),
        numbers=_numbers(found),
    )


def _shown(word: str) -> str:
    return "begin" if word in _BEGIN else word.strip()


def _arcs(found: HeadOnText, sentence: Sequence[Part]) -> list[Part]:
    """From the last word to each that something came from, as thick as what came."""
    most = max(float(np.abs(found.gave).max()), 1e-9)
    return [
        kit.arc(sentence[-1].top, part.top, min(1.0, abs(float(gave)) / most), "pattern")
        for part, gave in zip(sentence, found.gave, strict=True)
        if abs(gave) >= 0.02 * most
    ]


def _row(found: HeadOnText, place: int, sentence: Sequence[Part]) -> list[Part]:
    """What the circuit says of one word: bars, under a heading."""
    down = len([by for by in found.down_by[place][:2] if by < 0])
    values = [*map(float, found.by[place]), *map(float, found.down_by[place][:down])]
    names = [*found.raised[place], *found.lowered[place][:down]]
    top = sentence[0].bottom[1] + _ROW
    middle = (sentence[0].left[0] + sentence[-1].right[0]) / 2
    drawn = kit.bars(values, [name.strip() or name for name in names], (0, 0), "ov", 220, pointed=False)
    drawn = drawn.moved(middle - drawn.middle[0], top - drawn.box[1])
    heading = kit.text(f"looking at “{_shown(found.words[place])}” says", (middle, top - 16), "ov", bold=True)
    return [heading, drawn]


def _numbers(found: HeadOnText) -> list[list[str]]:
    """The same as a table: a row for each word of the text."""
    head = ["word", "attention", f"gives “{found.next_word.strip()}”", "its row raises"]
    rows = [
        [
            _shown(word),
            figure(float(found.attention[place])),
            figure(float(found.gave[place])),
            ", ".join(name.strip() or name for name in found.raised[place]),
        ]
        for place, word in enumerate(found.words)
    ]
    return [head, *rows]


def _says(found: HeadOnText, place: int) -> str:
    word, last = _shown(found.words[place]), _shown(found.words[-1])
    names = ", ".join(f"“{name.strip()}”" for name in found.raised[place][:3])
    share = f"{100 * found.attention[place]:.0f} %"
    return (
        f"From “{last}”, head {name_of(found.head)} gives “{word}” {share} of its "
        f"attention, and adds {figure(float(found.gave[place]))} from there to the score (logit) of "
        f"“{found.next_word.strip()}”. By its weights, looking at “{word}” raises {names}."
    )
