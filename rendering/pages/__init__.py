"""The site's generated pages, as Markdown: data of the package in, text out. Knows nothing of MkDocs.

- `pages.PAGES`: a page's address in the site ("notation.md") → the function that writes it.
- `pages.FRAGMENTS`: the name of a fragment → the function that writes it. `rendering.filled` puts it into the
  written pages of `docs/`, where a line is `{{ name }}`. In lessons, `{{ … }}` is an expression instead.
- `pages.generated()`: all of that at once as plain strings, for a cache. It takes about ten seconds, since it
  checks every derivation with planted faults and runs the command. It depends on `ovlearn/`, on
  `rendering/pages/`, on README.md and CONTRIBUTING.md, and on the versions of numpy, sympy, click and rich.

The Markdown is Python-Markdown with tables, attr_list, def_list, md_in_html, admonition and pymdownx.details
and superfences; equations are `$…$` and `$$…$$`. A page's links are relative to itself, and lead to lessons
as `lessons/NN_slug.md` and to `errata.md#erratum-N`. A fragment does not know where it is put: its links are
relative to `docs/`. So `{{ name }}` may stand only in a page at the top of `docs/`, unless the fragment has
no link (`LINKLESS`); `public_names`, whose links are relative to `docs/api/`, stands there.

Everything is computed, and a check that fails raises: the page is not written.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ovlearn.exercises.sets import files
from ovlearn.exercises.starters import starter
from rendering.pages.article_map import article_map_page
from rendering.pages.commands import command_help, shell
from rendering.pages.derivations import derivation_pages
from rendering.pages.drawings import drawing_example, kit_list, looking_back, multiplied
from rendering.pages.exercises import exercise_pages
from rendering.pages.front import boxed_equation, what_was_checked
from rendering.pages.notation import notation_page
from rendering.pages.opening import hero
from rendering.pages.reference import (
    families_list,
    models_list,
    pictures_list,
    public_names,
    rules_list,
    section,
    shipped_list,
)
from rendering.runnable import of_exercises

Writer = Callable[[], str]

PAGES: dict[str, Writer] = {
    "notation.md": notation_page,
    "article-map.md": article_map_page,
    **derivation_pages(),
    **exercise_pages(),
}

LINKLESS: dict[str, Writer] = {
    "boxed_equation": boxed_equation,
    "hero": hero,
    "shell_list": partial(shell, "list"),
    "shell_derive": partial(shell, "derive", "ov-fold"),
    "shell_verify": partial(shell, "verify", "ov-fold", "conventions", "--seeds", "20", "--faults"),
    "command_help": command_help,
    "rules": rules_list,
    "models": models_list,
    "shipped": shipped_list,
    "families": families_list,
    "pictures": pictures_list,
    "kit": kit_list,
    "drawing_of_words": partial(drawing_example, looking_back),
    "drawing_of_matrices": partial(drawing_example, multiplied),
    "own_network": partial(section, "README.md", "Derive your own network"),
    "routes": partial(section, "README.md", "How a step is checked"),
    "laws": partial(section, "CONTRIBUTING.md", "The laws"),
    "floors": partial(section, "CONTRIBUTING.md", "The floors"),
    "writing_tests": partial(section, "CONTRIBUTING.md", "Writing tests"),
    "style": partial(section, "CONTRIBUTING.md", "Style"),
}

FRAGMENTS: dict[str, Writer] = {
    "what_was_checked": what_was_checked,
    "public_names": public_names,
    **LINKLESS,
}


def generated() -> dict[str, dict[str, str]]:
    """Pages by address, fragments by name; by set, the notebook of its exercises, and their cells as data."""
    return {
        "pages": {address: write() for address, write in PAGES.items()},
        "fragments": {name: write() for name, write in FRAGMENTS.items()},
        "notebooks": {name: starter(name) for name in files()},
        "cells": {name: of_exercises(name) for name in files()},
    }
