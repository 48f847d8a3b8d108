"""How long a page takes, and how hard it is: from its words, its cells and the points of its exercises."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

_WORDS_A_MINUTE = 150  # of a text in which one thinks
_MINUTES_A_CELL = 0.75  # to read its code, and to look at what it puts out
_MINUTES_A_POINT = 4
_CODE = re.compile(r"```.*?```|<[^>]*>", re.DOTALL)
_EASY, _MEDIUM = 1.9, 2.3  # points an exercise, on average, of a set that is no harder


def reading(texts: Sequence[str], cells: int) -> int:
    """Return the minutes that a page takes, to the next five.

    >>> reading(["word " * 600], 4)
    10
    """
    words = sum(len(_CODE.sub(" ", text).split()) for text in texts)
    return _fives(words / _WORDS_A_MINUTE + cells * _MINUTES_A_CELL)


def practising(points: Sequence[int]) -> int:
    """Return the minutes that exercises of these points take; one alone is told to the minute.

    >>> practising([1]), practising([1, 2, 3])
    (4, 25)
    """
    minutes = _MINUTES_A_POINT * sum(points)
    return minutes if len(points) == 1 else _fives(minutes)


def difficulty(points: Sequence[int]) -> str:
    """Return how hard exercises of these points are, in a word.

    >>> difficulty([1]), difficulty([2]), difficulty([3])
    ('easy', 'medium', 'hard')
    """
    average = sum(points) / len(points)
    return "easy" if average < _EASY else "medium" if average < _MEDIUM else "hard"


def _fives(minutes: float) -> int:
    return 5 * math.ceil(minutes / 5)
