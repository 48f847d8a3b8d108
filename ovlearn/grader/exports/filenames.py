"""File names for the formats that want a file a submission."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ovlearn.grader.batch.results import Result

_LONGEST = 180  # bytes, of the 255 that a name may have in most file systems


def named(results: Sequence[Result]) -> Iterator[tuple[str, Result]]:
    """Yield each result with a file name of its own.

    >>> [name for name, _ in named([Result("../a b.ipynb", "graded"), Result("../a_b.ipynb", "graded")])]
    ['a_b.ipynb.json', 'a_b.ipynb-2.json']
    """
    names = distinct([result.submission for result in results], "submission")
    yield from ((f"{name}.json", result) for name, result in zip(names, results, strict=True))


def distinct(texts: Sequence[str], otherwise: str) -> list[str]:
    """Return a file name for each text, all different, with nothing that a file system could misread.

    `otherwise`: the name for a text of which nothing is left.

    >>> distinct(["../A b", "a_B", "?"], "learner")
    ['A_b', 'a_B-2', 'learner']
    """
    taken: set[str] = set()
    names = []
    for text in texts:
        plain = _short(re.sub(r"[^\w.-]+", "_", text).strip("._-")) or otherwise
        name, number = plain, 2
        while name.casefold() in taken:
            name, number = f"{plain}-{number}", number + 1
        taken.add(name.casefold())
        names.append(name)
    return names


def _short(name: str) -> str:
    """A name cut to what a file system takes, in whole characters."""
    return name.encode("utf-8", "ignore")[:_LONGEST].decode("utf-8", "ignore")
