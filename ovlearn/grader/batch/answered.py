"""Which sets a sheet answers, told by the sheet: its name, what it checks, and what it defines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from ovlearn.exercises.sets import files, names_in, set_of

_CHECKED = re.compile(r"""\bcheck\(\s*(?:exercise\s*=\s*)?["'](\w+)["']""")


def answered(cells: Sequence[str], name: str = "") -> set[str]:
    """Return the names of the sets that a sheet answers; none where no exercise is in it.

    A file that is called as a set is, and one that checks an exercise, says so itself. Else a set counts
    where at least half of its exercises, and two, are defined; and where none is, that of which most is. So a
    helper that happens to be called as an exercise of another set makes no sheet of that set.

    >>> sorted(answered(["def fold(): ...", 'check("scores_of_tokens")']))
    ['10_many_heads_and_the_qk_circuit']
    """
    text = "\n".join(cells)
    words = set(_words().findall(text))
    told = {each for each in files() if each in name}
    told |= {set_of(each) for each in _CHECKED.findall(text) if each in words}
    defined = {each: _defined(each, text) for each in files()}
    told |= {each for each, count in defined.items() if count >= 2 and 2 * count >= len(names_in(each))}
    if told:
        return told
    return _best(defined) or _best({each: len(words & set(names_in(each))) for each in files()})


def _best(counts: dict[str, int]) -> set[str]:
    most = max(counts.values(), default=0)
    return {each for each, count in counts.items() if most and count == most}


def _defined(set_name: str, text: str) -> int:
    """How many of a set's exercises are defined."""
    return sum(defines(each, text) for each in names_in(set_name))


def defines(exercise: str, text: str) -> bool:
    """Tell whether a sheet gives the name of an exercise a value, at the beginning of a line.

    >>> defines("ov_rank", "ov_rank = 64"), defines("ov_rank", "print(ov_rank)")
    (True, False)
    """
    return bool(_definition(exercise).search(text))


@cache
def _definition(exercise: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*(?:def +{exercise} *\(|{exercise}\b[^=\n(]*=(?!=))", re.MULTILINE)


@cache
def _words() -> re.Pattern[str]:
    names = "|".join(re.escape(each) for set_name in files() for each in names_in(set_name))
    return re.compile(rf"\b(?:{names})\b")
