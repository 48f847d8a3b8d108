"""Find the hand-ins below the paths that a teacher names: every one has a row, whatever it is.

What lies directly in the path is a hand-in each. A folder in it, or an archive, is a learner's, or again
holds learners': each notebook in it is a hand-in; so is a script that answers something, and a document where
it stands alone or among several. What else lies beside the one notebook of a folder belongs to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from ovlearn.exercises.sets import all_names
from ovlearn.exercises.sheet_cells import Unreadable
from ovlearn.grader.batch.files import File, files
from ovlearn.grader.batch.results import printable

NOTEBOOK, SCRIPT = ".ipynb", ".py"
_SPELT = {NOTEBOOK: (".ipynb", ".ipynb.txt", ".ipynb.json"), SCRIPT: (".py", ".py.txt")}
_UNSPELT = re.compile(r"[^.]+|.*\.(?:txt|json)", re.IGNORECASE)  # names that may hide a notebook
_WANTED = "expected a notebook (.ipynb), a script (.py), or a zip or tar file of them"
_DOCUMENTS = {
    **dict.fromkeys((".pdf",), "a PDF"),
    **dict.fromkeys((".html", ".htm", ".mht", ".mhtml"), "a web page"),
    **dict.fromkeys((".doc", ".docx", ".odt", ".rtf", ".pages"), "a document of a word processor"),
    **dict.fromkeys((".txt", ".md", ".tex", ""), "a text, or a file of an unknown kind"),
    **dict.fromkeys((".rar", ".7z", ".gz", ".bz2", ".xz"), "an archive that is not opened here"),
}
_MOST_SHOWN = 20


@dataclass(frozen=True)
class Submission:
    """One hand-in: its name, and how to read it. `beside`: files that belong to it and are not graded.

    `place`: the folder that was given, and the parts of the name below it.
    """

    name: str
    read: Callable[[], bytes]
    beside: tuple[str, ...] = ()
    place: tuple[str, ...] = ()


def submissions(paths: Sequence[Path]) -> list[Submission]:
    """Return every hand-in, in the natural order of names: 2 before 10.

    Its name is its path below the one given. Of notebooks nothing is read yet.

    Raises: ValueError for a path that is not there.
    """
    found: list[Submission] = []
    for path in paths:
        if not path.exists():
            raise ValueError(f"path: expected a file or a folder, got {printable(str(path))}")
        prefix = f"{path.resolve().name}/" if len(paths) > 1 and path.is_dir() else ""
        root = "" if path.is_dir() else path.name
        given = path.resolve().name if path.is_dir() else path.resolve().parent.name
        for one in _handed_in(files(path), root):
            place = tuple(map(_shown, (given, *one.name.removeprefix(f"{root}/").split("/"))))
            beside = tuple(map(_shown, one.beside))
            found.append(Submission(_shown(prefix + one.name), one.read, beside, place))
    return sorted(found, key=lambda one: natural(one.name))


def natural(name: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts numbers within names by their size.

    >>> sorted(["a10", "a9", "A1"], key=natural)
    ['A1', 'a9', 'a10']
    """
    parts = re.split(r"(\d{1,18})", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts if part] + [
        (2, 0, name)
    ]


def kind_of(file: File) -> str:
    """Return NOTEBOOK or SCRIPT by a file's name, or by what it holds where that does not tell; else ""."""
    name = file.base.lower()
    for kind, endings in _SPELT.items():
        if name.endswith(endings):
            return kind
    if _UNSPELT.fullmatch(name) and not file.trouble:
        try:
            return NOTEBOOK if is_notebook(file.read()) else ""
        except Unreadable:  # whoever reads it again is told why
            return NOTEBOOK
    return ""


def is_notebook(data: bytes) -> bool:
    """Tell whether a file is a notebook, whatever it is called.

    >>> is_notebook(b'{"cells": [], "nbformat": 4}'), is_notebook(b'{"a": 1}')
    (True, False)
    """
    return data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and b'"nbformat"' in data


def _handed_in(found: Sequence[File], root: str) -> Iterator[Submission]:
    kinds = {file.name: kind_of(file) for file in found}
    with_sheets = {file.folder for file in found if kinds[file.name]}
    ordered = sorted(found, key=lambda file: file.folder)
    for folder, group in groupby(ordered, key=lambda file: file.folder):
        here = list(group)
        if folder == root or (root and not folder):  # what lies in the path itself
            yield from (_row(file, kinds) for file in here)
        else:
            yield from _of_folder(folder, here, kinds, with_sheets - {root})


def _of_folder(
    folder: str, here: list[File], kinds: dict[str, str], with_sheets: set[str]
) -> Iterator[Submission]:
    sheets = [file for file in here if kinds[file.name] == NOTEBOOK]
    sheets += [file for file in here if kinds[file.name] == SCRIPT and (not sheets or _answers(file))]
    troubled = [file for file in here if file.trouble and file not in sheets]
    others = [file for file in here if file not in (*sheets, *troubled)]
    documents = [file for file in others if _suffix(file) in _DOCUMENTS]
    yield from (_row(file, kinds) for file in troubled)
    if len(sheets) == 1:
        yield Submission(sheets[0].name, sheets[0].read, tuple(sorted(file.base for file in others)))
        return
    yield from (_row(file, kinds) for file in sheets)
    within = any(folder.startswith(f"{above}/") for above in with_sheets)
    above = any(each.startswith(f"{folder}/") for each in with_sheets)
    if documents and (sheets or not within) and len(documents) <= _MOST_SHOWN:
        yield from (_row(file, kinds) for file in documents)
    elif others and not sheets and not within and (documents or not above):
        names = sorted(file.base for file in others)
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        yield _refusing(folder, f"no answer sheet is in it, but {', '.join(names[:3])}{more}")


def _row(file: File, kinds: dict[str, str]) -> Submission:
    if kinds[file.name] or file.trouble:
        return Submission(file.name, file.read)
    what = _DOCUMENTS.get(_suffix(file), "a file of another kind")
    return _refusing(file.name, f"{what}: {_WANTED}")


def _refusing(name: str, why: str) -> Submission:
    def refuse() -> bytes:
        raise Unreadable(why)

    return Submission(name, refuse)


def _answers(file: File) -> bool:
    """Tell whether a script defines the answer to an exercise; one that cannot be read is not passed over."""
    try:
        text = file.read().decode("utf-8", "replace")
    except Unreadable:
        return True
    return bool(_defining().search(text))


@cache
def _defining() -> re.Pattern[str]:
    names = "|".join(map(re.escape, all_names()))
    return re.compile(rf"^(?:def +(?:{names}) *\(|(?:{names}) *(?::[^=\n]*)?=)", re.MULTILINE)


def _suffix(file: File) -> str:
    return Path(file.base).suffix.lower()


def _shown(name: str) -> str:
    return printable(name).replace("\n", "\\n")
