"""What heads say of words: rows of circuits in whole numbers, with a verdict; and which words are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovlearn.arguments import Head
from ovlearn.numeric.arrays import Array, Tokens
from ovlearn.numeric.zoo.excerpt import Excerpt
from ovlearn.plots.wording import SHOWN

RAISED, LOWERED = 5, 2  # so many words at either end of a row
STRONG = 1.5  # times the noise: hardly a row of a random head spreads so wide
STANDS_OUT = 6.0  # spreads from 0: nor has it a word so far out

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
