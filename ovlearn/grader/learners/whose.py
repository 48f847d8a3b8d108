"""Whose a hand-in is, as far as its place tells: by the names of folders and files, or a platform's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from ovlearn.exercises.sets import files

# "Ada Lovelace_12345_assignsubmission_file_fold.ipynb", or a folder called so: `assign` in Moodle's source.
_MOODLE = re.compile(r"([^_]*)_(\d+)_(assignsubmission_[a-z]+)(?:_|$)")
# "lovelaceada_LATE_12345_67890_fold.ipynb": user and attachment, by Canvas's `ContentZipper`.
_CANVAS = re.compile(r"([^\W_]+)_(?:LATE_)?(\d+)_(\d+)_.+", re.DOTALL)
_CANVAS_UNNAMED = re.compile(r"(?:LATE_)?(anon_[^\W_]+)_(\d+)_.+", re.DOTALL)
_ENDINGS = re.compile(
    r"(?:\.(?:ipynb|py|zip|tar|tgz|gz|bz2|xz|txt|json|pdf|html?|docx?|md))+$", re.IGNORECASE
)


@dataclass(frozen=True)
class Whose:
    """What a place tells of a learner.

    `name`: as it is written there; `number`: the platform's for that learner; `words`: every part that may
    be a name; `answer_to`: what a file must be called so that the platform gives it back to that learner.
    """

    name: str
    number: str = ""
    words: tuple[str, ...] = ()
    platform: str = ""
    answer_to: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What is the same for two hand-ins of one learner."""
        return plain(self.name) or self.name, self.number


def whose(place: Sequence[str]) -> Whose:
    """Return whose a hand-in is. `place`: the folder that a teacher named, and the parts below it.

    A platform's own form counts wherever it stands. Else it is the first part below the teacher's folder that
    is not called as a set of exercises is; where all are, the teacher's folder is the learner's.

    >>> whose(["class", "ada", "homework", "04.ipynb"]).name
    'ada'
    >>> whose(["class", "Ada Lovelace_1815_assignsubmission_file", "a.ipynb"]).number
    '1815'
    >>> whose(["class", "lovelaceada_LATE_1815_99_fold.ipynb"]).name
    'lovelaceada'
    >>> whose(["ada", "04_values_and_outputs_fold.ipynb"]).name
    'ada'
    """
    given, *below = place
    words = tuple(_stem(part) for part in below)
    for part in below:
        if found := _by_platform(part, words):
            return found
    names = [word for word in words if word not in files()]
    return Whose(names[0] if names else given, words=(*words, given))


def plain(text: str) -> str:
    """Return the letters and digits of a name, in one form: `Lovelace, Ada` and `LOVELACEADA` are alike.

    >>> plain("Lovelace, Ada") == plain("LOVELACEADA")
    True
    """
    return "".join(one for one in unicodedata.normalize("NFKC", text).casefold() if one.isalnum())


def _by_platform(part: str, words: tuple[str, ...]) -> Whose | None:
    if found := _MOODLE.match(part):
        name, number, plugin = found.groups()
        return Whose(name, number, (name, *words), "moodle", f"{name}_{number}_{plugin}/feedback.html")
    if found := _CANVAS.fullmatch(part):
        name, number, attachment = found.groups()
        return Whose(name, number, (name, *words), "canvas", f"{name}_{number}_{attachment}_feedback.html")
    if found := _CANVAS_UNNAMED.fullmatch(part):
        return Whose(found[1], words=words, platform="canvas")
    return None


def _stem(part: str) -> str:
    return _ENDINGS.sub("", part) or part
