"""The OV reader: type a word, and see what some heads of the excerpt say of it, and whether that is noise."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from typing import TypeVar

from ovlearn.arguments import Head, complaint, described, instance_of
from ovlearn.numeric.zoo.excerpt import Excerpt
from ovlearn.plots import inputs
from ovlearn.plots.picture import Picture
from ovlearn.plots.rowsayings import (
    RAISED,
    STANDS_OUT,
    STORY,
    STRONG,
    Saying,
    readable,
    sayings,
    shown,
)
from ovlearn.plots.svg import tag
from ovlearn.plots.wording import name_of

Value = TypeVar("Value")

METER = 4.0  # times the noise: as far as the meter goes
MOST_WORDS = 250

# Of several heads, and of one.
_VERDICTS = {
    "strong": ("Strong", "a strong row"),
    "stands out": ("Quiet, but standing out", "quiet, but it stands out"),
    "noise": ("Noise", "noise"),
}


def reader(
    excerpt: Excerpt,
    heads: Sequence[Head],
    words: Iterable[str] | None = None,
    word: str = " France",
    title: str = "",
    caption: str = "",
) -> Picture:
    """Return rows of some heads' OV circuits to look up: type a word, and see what each head would say.

    `words`: those that can be looked up, as the excerpt writes them; without them, `readable` chooses.
    `word`: the one that is shown first, and alone where there is no script. A row has the five words that it
    raises most and the two that it lowers most, among the excerpt's that suit everybody, and how wide it
    spreads against random heads that are as strong.

    Raises TypeError for what is no excerpt; ValueError for no head, a head or word that the excerpt does not
    have, one named twice, and a first word that cannot be looked up.

    >>> from ovlearn import zoo
    >>> reader(zoo.load("smollm2-excerpt"), [(29, 2), (29, 0)], [" cat", " France"], title="Type a word")
    Picture('Type a word')
    """
    title, caption = inputs.texts(title, caption)
    instance_of("excerpt", excerpt, Excerpt)
    pairs = _pairs(excerpt, heads)
    chosen = _chosen(excerpt, words)
    if len(chosen) > MOST_WORDS:
        raise ValueError(complaint("words", f"at most {MOST_WORDS}", str(len(chosen))))
    if word not in chosen:
        raise ValueError(complaint("word", f"one of the {len(chosen)} words", described(word)))
    rows = sayings(excerpt, pairs, chosen)
    first = rows[chosen.index(word)]
    most = [max(abs(by) for row in rows for by in row[place].by) for place in range(len(pairs))]
    cards = "".join(_card(excerpt, saying, far) for saying, far in zip(first, most, strict=True))
    offered = [each for each in STORY if f" {each}" in chosen]
    says = tag("p", escape(_says(excerpt, word, first)), class_="ov-tells", aria_live="polite")
    body = _form(word, offered) + says + tag("div", cards, class_="ov-cards")
    data = _data(excerpt, chosen, rows, most)
    return Picture(title, caption, tag("div", body, class_="ov-reader", data_reader=data), "")


def _chosen(excerpt: Excerpt, words: Iterable[str] | None) -> list[str]:
    if words is None:
        return readable(excerpt)
    given = inputs.collection("words", "words of the excerpt", words)
    found = [instance_of("words", word, str) for word in given]
    for word in found:
        excerpt.id_of(word)
    return _distinct("words", found)


def _pairs(excerpt: Excerpt, heads: Iterable[Head]) -> list[Head]:
    found = []
    for head in inputs.collection("heads", "pairs (layer, head)", heads):
        if not (isinstance(head, (tuple, list)) and len(head) == 2):
            raise TypeError(complaint("heads", "pairs (layer, head)", described(head)))
        excerpt.place(*head)
        found.append((int(head[0]), int(head[1])))
    return _distinct("heads", found)


def _distinct(name: str, values: Iterable[Value]) -> list[Value]:
    found = list(values)
    if not found or len(set(found)) < len(found):
        raise ValueError(complaint(name, "at least one, and none twice", described(values)))
    return found


def _form(word: str, offered: Sequence[str]) -> str:
    """What is typed into, and words to press; the site's script adds the list of all words."""
    field = tag("input", type="text", name="word", value=word.strip(), autocomplete="off", spellcheck="false")
    buttons = "".join(tag("button", escape(each), type="button", value=each) for each in offered)
    # in a block of its own: Markdown would close a block that follows words too early
    label = tag("div", tag("label", "Type a word " + field))
    inside = label + tag("div", buttons, role="group", aria_label="or press one")
    return tag("form", inside, class_="ov-choices", hidden="")


def _card(excerpt: Excerpt, saying: Saying, most: int) -> str:
    """One head's row as a table, under its name and its verdict."""
    meter = tag("i", class_="ov-meter", style=f"--ov-share:{_short(saying.loud / METER)}", aria_hidden="true")
    says = f"spread {saying.spread:.1f}, noise {saying.noise:.1f}"
    told = (
        tag("b", f"head {name_of(saying.head)}")
        + meter
        + tag("span", _VERDICTS[saying.verdict][1])
        + tag("small", says)
    )
    head = "".join(tag("th", name, scope="col") for name in ("next word", "raised by"))
    rows = "".join(
        tag("tr", _name(shown(excerpt.words[word]), by, most) + tag("td", _signed(by)))
        for word, by in zip(saying.words, saying.by, strict=True)
    )
    inside = tag("caption", told) + tag("thead", tag("tr", head)) + tag("tbody", rows)
    return tag("table", inside, data_verdict=saying.verdict)


def _name(name: str, by: int, most: int) -> str:
    bar = tag("i", style=f"--ov-share:{_short(abs(by) / most)}", aria_hidden="true")
    return tag("th", tag("span", escape(name)) + bar, scope="row")


def _says(excerpt: Excerpt, word: str, row: Sequence[Saying]) -> str:
    """The sentence under the cards; the site's script says the same of other words."""
    told = []
    for verdict, (name, _) in _VERDICTS.items():
        such = [each for each in row if each.verdict == verdict]
        if such:
            heads = [name_of(each.head) if verdict == "noise" else _points(excerpt, each) for each in such]
            told.append(f"{name}: {', '.join(heads)}.")
    return f"Looking at “{word.strip()}”. {' '.join(told)}"


def _points(excerpt: Excerpt, saying: Saying) -> str:
    name = shown(excerpt.words[saying.words[saying.far]])
    return f"{name_of(saying.head)} {'lowers' if saying.far else 'raises'} “{name}”"


def _data(
    excerpt: Excerpt, words: Sequence[str], rows: Sequence[Sequence[Saying]], most: Sequence[int]
) -> str:
    """All rows as JSON, one list a word: for each head the spread in tenths, and seven values.

    Of the values each end's first is told, and of the others how much nearer to 0 they are. `ids`: the words
    that they belong to, two digits each.
    """
    counts = Counter(token for row in rows for each in row for token in each.words)
    used = [token for token, _ in counts.most_common()]
    place = {token: at for at, token in enumerate(used)}
    found = {
        "heads": [name_of(each.head) for each in rows[0]],
        "noise": [each.noise for each in rows[0]],
        "most": most,
        "words": " ".join(word.strip() for word in words),
        "shown": " ".join(shown(excerpt.words[token]) for token in used),
        "rules": [STRONG, STANDS_OUT, METER, RAISED],
        "verdicts": _VERDICTS,
        "ids": ["".join(_digits(place[token]) for each in row for token in each.words) for row in rows],
        "rows": [[number for each in row for number in _packed(each)] for row in rows],
    }
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _packed(saying: Saying) -> list[int]:
    steps = [abs(before) - abs(by) for before, by in pairwise(saying.by)]
    return [round(10 * saying.spread), saying.by[0], *steps[: RAISED - 1], saying.by[RAISED], *steps[RAISED:]]


def _digits(place: int) -> str:
    """A number below 1296, in base 36."""
    signs = "0123456789abcdefghijklmnopqrstuvwxyz"
    return signs[place // 36] + signs[place % 36]


def _short(share: float) -> str:
    return f"{min(1.0, share):.3f}"


def _signed(by: int) -> str:
    return f"+{by}" if by > 0 else str(by).replace("-", "−")
