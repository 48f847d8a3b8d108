"""Who is in the class: a CSV file of one's own, Moodle's grading worksheet, or Canvas's gradebook."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ovlearn.exercises.decoding import decoded
from ovlearn.grader.batch.results import printable
from ovlearn.grader.learners.whose import Whose, plain

MOODLE = ("Identifier", "Grade", "Last modified (grade)")
CANVAS = ("Student", "ID", "Section")
_NAMES = ("full name", "name", "student", "learner", "student name")
_FIRST = ("first name", "firstname", "given name")
_LAST = ("last name", "lastname", "surname", "family name")
_MARKS_OF_ONE = (
    *("email address", "email", "e-mail", "id", "id number", "username", "user name", "login", "login id"),
    *("sis user id", "sis login id", "student id", "pseudonym"),
)


@dataclass(frozen=True)
class Entry:
    """One learner of a roster: the name to show, the platform's number, and all that they are known by."""

    name: str
    number: str
    known_by: frozenset[str]
    row: int


@dataclass(frozen=True)
class Roster:
    """A class. `kind`: moodle, canvas, or plain; `rows`: as they stand in the file, `header` not included."""

    kind: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    entries: tuple[Entry, ...]

    def find(self, who: Whose) -> Entry | None:
        """Return whose it is: by the platform's number, else by the first part of the place that is a name.

        What two learners are called alike finds neither.
        """
        if who.number and who.platform == self.kind and who.number in self._by_number:
            return self._by_number[who.number]
        return next((found for word in who.words if (found := self.called(word))), None)

    def called(self, word: str) -> Entry | None:
        """Return the learner who alone is known by a word."""
        return self._by_word.get(plain(word))

    @cached_property
    def _by_number(self) -> Mapping[str, Entry]:
        return {one.number: one for one in self.entries if one.number}

    @cached_property
    def _by_word(self) -> Mapping[str, Entry]:
        counts = Counter(word for one in self.entries for word in one.known_by)
        return {word: one for one in self.entries for word in one.known_by if counts[word] == 1}


def roster_of(file: Path) -> Roster:
    """Return the roster in a file.

    Raises: ValueError where it cannot be read, or no column of it holds names.
    """
    try:
        text = decoded(file.read_bytes())
    except OSError as error:
        raise ValueError(f"roster: {printable(str(file))}: {error.strerror}") from None
    table = [tuple(row) for row in csv.reader(io.StringIO(text), delimiter=_delimiter(text)) if any(row)]
    header = tuple(cell.strip() for cell in table[0]) if table else ()
    kind = "moodle" if {*MOODLE} <= {*header} else "canvas" if {*CANVAS} <= {*header} else "plain"
    rows = tuple(row + ("",) * (len(header) - len(row)) for row in table[1:])
    entries = tuple(_entries(kind, header, rows))
    if not entries:
        expected = (
            "a CSV file with a row a learner, and in its first row `name`, `first name`, `email` or `id`"
        )
        raise ValueError(f"roster: expected {expected}, got {printable(', '.join(header)) or 'nothing'}")
    return Roster(kind, header, rows, entries)


def _entries(kind: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Entry]:
    for number, row in enumerate(rows):
        cells = {name.casefold(): cell.strip() for name, cell in zip(header, row, strict=False)}
        if kind == "canvas" and not cells["id"]:  # its rows of points and of what is posted by hand
            continue
        marks = [cells[name] for name in _MARKS_OF_ONE if cells.get(name)]
        name = _name(cells) or next(iter(marks), "")
        if not name:
            continue
        known = {name, _turned(name), *marks, *(mark.partition("@")[0] for mark in marks)}
        known |= {f"{_first(cells, _LAST)}{_first(cells, _FIRST)}"}
        words = frozenset(word for each in known if (word := plain(each)))
        yield Entry(name, _number(kind, cells), words, number)


def _name(cells: Mapping[str, str]) -> str:
    both = f"{_first(cells, _FIRST)} {_first(cells, _LAST)}".strip()
    return both or _first(cells, _NAMES)


def _first(cells: Mapping[str, str], names: Sequence[str]) -> str:
    return next((cells[name] for name in names if cells.get(name)), "")


def _turned(name: str) -> str:
    """`Lovelace, Ada` and `Ada Lovelace`, each as the other."""
    last, comma, first = name.partition(",")
    return f"{first} {last}" if comma else " ".join([*name.split()[-1:], *name.split()[:-1]])


def _number(kind: str, cells: Mapping[str, str]) -> str:
    """The number by which the platform names files: at the end of `Participant 12345`, in any language."""
    if kind == "moodle":
        found = re.search(r"\d+$", cells["identifier"])
        return found[0] if found else ""
    return cells["id"] if kind == "canvas" else ""


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)
