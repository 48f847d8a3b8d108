"""The notebook that learners get: prompts, starters and a check after each; no solution, no hint."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from ovlearn.exercises.sources import SetSource, source_of

# Where lessons are read. The same address stands in mkdocs.yml; a test holds the two together.
SITE = "https://ovlearn.github.io/ovlearn/"
_STUCK = (
    "Stuck? Put `%run -m ovlearn hint NAME` into a cell, with the name that stands in `check`: "
    "one hint each time."
)
_LESSON = re.compile(r"\]\(\.\./lessons/(\w+)\.py(#[\w:-]+)?\)")


@cache
def starter(set_name: str) -> str:
    """Return the starter notebook of a set as JSON, the same to the last byte each time.

    >>> "return ..." in starter("04_values_and_outputs_fold")
    True
    """
    source = source_of(set_name)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = new_notebook(cells=_cells(source), metadata={"kernelspec": kernel})
    nbformat.validate(notebook)
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def for_notebooks(markdown: str) -> str:
    """Return prose with its links to lessons leading to the site.

    >>> for_notebooks("see [this](../lessons/05_freeze_the_attention.py)")
    'see [this](https://ovlearn.github.io/ovlearn/lessons/05_freeze_the_attention/)'
    """
    return _LESSON.sub(lambda found: f"]({SITE}lessons/{found[1]}/{found[2] or ''})", markdown)


def _cells(source: SetSource) -> list[Any]:
    intro = f"{for_notebooks(source.intro)}\n\n{_STUCK}"
    cells = [_prose(source.name, intro), _code(f"{source.name} setup", source.setup)]
    for one in source.exercises:
        cells += [
            _prose(one.name, for_notebooks(one.prompt)),
            _code(f"{one.name} answer", one.starter),
            _code(f"{one.name} check", f'check("{one.name}")'),
        ]
    return cells


def _prose(place: str, text: str) -> Any:
    return new_markdown_cell(text, id=_id(f"{place} prose"))


def _code(place: str, text: str) -> Any:
    return new_code_cell(text, id=_id(place))


def _id(place: str) -> str:
    """An id that stays the same as long as the exercise has its name."""
    return hashlib.sha256(place.encode()).hexdigest()[:12]
