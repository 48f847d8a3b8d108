"""The site's generated pages, as Markdown: data of the package in, text out. Knows nothing of MkDocs.

For the hook. Three calls, and nothing else is needed:

- `pages.PAGES`: a page's address in the site ("notation.md") → the function that writes it. Add each as a
  generated file: `File.generated(config, address, content=write())`.
- `pages.filled(markdown)`: a written page of `docs/` with each line `{{ name }}` replaced by the fragment of
  that name (`pages.FRAGMENTS`). Call it in `on_page_markdown` for the pages written in `docs/`, not for
  lessons: theirs are expressions, which the renderer has replaced already. An unknown name raises.
- `pages.generated()`: all of that at once as plain strings, for a cache. It takes about ten seconds, since it
  checks every derivation with planted faults and runs the command. It depends on `ovlearn/`, on
  `rendering/pages/`, on README.md and CONTRIBUTING.md, and on the versions of numpy, sympy, click and rich.

The Markdown is Python-Markdown with tables, attr_list, def_list, md_in_html, admonition and pymdownx.details
and superfences; equations are `$…$` and `$$…$$`. Links are relative to `docs/`, and lead to lessons as
`lessons/NN_slug.md` and to `errata.md#erratum-N`: a line `{{ name }}` may stand only in a page at the top of
`docs/`, unless the fragment has no link (`LINKLESS`); `public_names` stands in `docs/api/`.

Everything is computed, and a check that fails raises: the page is not written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from rendering.pages.article_map import article_map_page
from rendering.pages.commands import command_help, shell
from rendering.pages.derivations import derivations_page
from rendering.pages.front import boxed_equation, what_was_checked
from rendering.pages.notation import notation_page
from rendering.pages.reference import public_names, rules_list
from rendering.pages.sources import section

Writer = Callable[[], str]

PAGES: dict[str, Writer] = {
    "notation.md": notation_page,
    "article-map.md": article_map_page,
    "derivations.md": derivations_page,
}

LINKLESS: dict[str, Writer] = {
    "boxed_equation": boxed_equation,
    "shell_list": partial(shell, "list"),
    "shell_derive": partial(shell, "derive", "ov-fold"),
    "shell_verify": partial(shell, "verify", "ov-fold", "conventions", "--seeds", "20", "--faults"),
    "command_help": command_help,
    "rules": rules_list,
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

_MARKER = re.compile(r"^( *)\{\{ (\w+) \}\}$", re.MULTILINE)


def filled(markdown: str, fragments: Mapping[str, str] | None = None) -> str:
    """A page with every line `{{ name }}` replaced by that fragment, indented as the line was.

    `fragments`: those of `generated`, where they were kept; written anew unless given.
    Raises: KeyError for a name that no fragment has.

    >>> print(filled("Before\\n\\n    {{ greeting }}\\n", {"greeting": "one\\n\\ntwo"}))
    Before
    <BLANKLINE>
        one
    <BLANKLINE>
        two
    <BLANKLINE>
    """

    def put(found: re.Match[str]) -> str:
        indent, name = found.groups()
        return "\n".join(f"{indent}{line}".rstrip() for line in _fragment(name, fragments).splitlines())

    return _MARKER.sub(put, markdown)


def generated() -> dict[str, dict[str, str]]:
    """Every generated page by its address, and every fragment by its name."""
    return {
        "pages": {address: write() for address, write in PAGES.items()},
        "fragments": {name: write() for name, write in FRAGMENTS.items()},
    }


def _fragment(name: str, fragments: Mapping[str, str] | None) -> str:
    if name not in (FRAGMENTS if fragments is None else fragments):
        raise KeyError(f"fragment: expected one of {', '.join(FRAGMENTS)}, got {name!r}")
    return FRAGMENTS[name]() if fragments is None else fragments[name]
