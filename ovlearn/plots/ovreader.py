"""The OV reader: type a word, and see what some heads of the excerpt say of it, and whether that is noise."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TypeVar

from ovlearn.arguments import Head, complaint, described, instance_of
from ovlearn.numeric.arrays import Array, Tokens
from ovlearn.numeric.zoo.excerpt import Excerpt
from ovlearn.plots import inputs
from ovlearn.plots.picture import Picture
from ovlearn.plots.svg import tag
from ovlearn.plots.wording import SHOWN, name_of

Value = TypeVar("Value")

RAISED, LOWERED = 5, 2  # so many words at either end of a row
STRONG = 1.5  # times the noise: hardly a row of a random head spreads so wide
STANDS_OUT = 6.0  # spreads from 0: nor has it a word so far out
METER = 4.0  # times the noise: as far as the meter goes
MOST_WORDS = 250

# What the course speaks of; each has a space before it in the excerpt, which has no silver.
STORY = ("they", "we", "he", "she", "France", "Japan", "dogs", "king", "water", "gold", "cat", "(")
_COMMON, _LOUD = 58, 100  # words that are chosen by how often they occur, and by how wide their rows are
# Beginnings of words that a page for everybody can do without.
_UNSUITED = (
    *("abus", "alcohol", "anxi", "attack", "breast", "cancer", "colon", "crim", "death", "depress", "disab"),
    *("discrim", "diseas", "drug", "fear", "femal", "gender", "infan", "infect", "mortal", "obes", "pandemi"),
    *("pregnan", "prison", "sex", "sin", "slave", "smok", "soldier", "threat", "trauma", "victim", "violen"),
    *("virus", "weapon"),
)
_TRIED = 24  # words of a row that are looked through for enough that suit


@dataclass(frozen=True)
class Saying:
    """One row as it is shown: words by name and whole numbers, the raised first, then the lowered."""

    head: Head
    words: tuple[int, ...]
    by: tuple[int, ...]
    spread: float
    noise: float

    @property
    def loud(self) -> float:
        """The spread in units of the noise."""
        return self.spread / self.noise

    @property
    def far(self) -> int:
        """The place of the word that is farthest from 0."""
        return 0 if self.by[0] >= -self.by[RAISED] else RAISED

    @property
    def verdict(self) -> str:
        """One of "strong", "stands out" and "noise"."""
        if self.loud >= STRONG:
            return "strong"
        return "stands out" if abs(self.by[self.far]) >= STANDS_OUT * self.spread else "noise"


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
    says = tag("p", escape(_says(excerpt, word, first)), class_="ov-says", aria_live="polite")
    body = _form(word, offered) + says + tag("div", cards, class_="ov-cards")
    data = _data(excerpt, chosen, rows, most)
    return Picture(title, caption, tag("div", body, class_="ov-reader", data_reader=data), "")


def readable(excerpt: Excerpt) -> list[str]:
    """Return words that are worth a look: the course's own, common ones, and some whose row of 29.2 is wide.

    Only words of more than three small letters, with a space before them, that suit readers of all kinds.

    >>> from ovlearn import zoo
    >>> found = readable(zoo.load("smollm2-excerpt"))
    >>> found[0], len(found) == len(set(found))
    (' they', True)
    """
    story = [f" {word}" for word in STORY]
    plain = [word for word in excerpt.words if _plain(word)]
    wide = [excerpt.words[each] for each in excerpt.strongest(29, 2, len(excerpt.words))]
    chosen = [*story, *plain[:_COMMON], *[word for word in wide if _plain(word)][:_LOUD]]
    return list(dict.fromkeys(chosen))


def sayings(excerpt: Excerpt, heads: Sequence[Head], words: Sequence[str]) -> list[list[Saying]]:
    """Return what each head says of each word, [word][head]: whole numbers of `excerpt.rows`."""
    found: list[list[Saying]] = [[] for _ in words]
    for head in heads:
        rows = excerpt.rows(*head, words, _TRIED)
        for place, into in enumerate(found):
            raised = _ends(excerpt, rows.raised[place], rows.by[place], RAISED)
            lowered = _ends(excerpt, rows.lowered[place], rows.down_by[place], LOWERED)
            tokens, by = zip(*raised, *lowered, strict=True)
            spread, noise = (round(float(each[place]), 1) for each in (rows.spread, rows.noise))
            into.append(Saying(head, tokens, by, spread, noise))
    return found


def suits(word: str) -> bool:
    """Whether a word may stand on a page for readers of all kinds.

    >>> suits(" cat"), suits(" disease")
    (True, False)
    """
    return not word.strip().lower().startswith(_UNSUITED)


def shown(word: str) -> str:
    """Return a word as it is shown: without its space; one that has none before it gets a star.

    >>> shown(" France"), shown("France"), shown(")"), shown(" )")
    ('France', 'France*', ')', '␣)')
    """
    core = word.strip()
    if word == "<|endoftext|>":
        return "begin"
    if not core.isalpha():
        return "".join(SHOWN.get(sign, sign) for sign in word)
    return core if word[0] == " " else f"{core}*"


def _plain(word: str) -> bool:
    core = word[1:]
    return word[0] == " " and len(core) > 3 and core.isalpha() and core.islower() and suits(word)


def _ends(excerpt: Excerpt, tokens: Tokens, values: Array, count: int) -> list[tuple[int, int]]:
    """The first of a row's words that suit, each with its value."""
    found = zip(map(int, tokens), values, strict=True)
    return [(token, round(float(by))) for token, by in found if suits(excerpt.words[token])][:count]


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
    label = tag("label", "Type a word " + field)
    # no div: Python-Markdown misplaces the end of a block that begins behind a label
    inside = label + tag("span", buttons, role="group", aria_label="or press one")
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
