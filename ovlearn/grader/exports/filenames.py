"""File names for the formats that want a file a submission."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ovlearn.grader.batch.results import Result

_LONGEST = 180  # bytes, of the 255 that a name may have in most file systems


def named(results: Sequence[Result]) -> Iterator[tuple[str, Result]]:
    """Yield each result with a file name of its own, which holds nothing that a file system could misread.

    >>> [name for name, _ in named([Result("../a b.ipynb", "graded"), Result("../a_b.ipynb", "graded")])]
    ['a_b.ipynb.json', 'a_b.ipynb-2.json']
    """
    taken: set[str] = set()
    for result in results:
        plain = _short(re.sub(r"[^\w.-]+", "_", result.submission).strip("._-")) or "submission"
        name, number = plain, 2
        while name.casefold() in taken:
            name, number = f"{plain}-{number}", number + 1
        taken.add(name.casefold())
        yield f"{name}.json", result


def _short(name: str) -> str:
    """A name cut to what a file system takes, in whole characters."""
    return name.encode("utf-8", "ignore")[:_LONGEST].decode("utf-8", "ignore")
