"""Fragments of the API pages: what is public, and the rules with their laws."""

from __future__ import annotations

from inspect import getdoc
from types import ModuleType
from typing import Any

import ovlearn as ov
from ovlearn.symbolic import rules
from rendering.pages.writing import compact, table

# The page of `docs/api/` for each floor.
_PAGES = {"symbolic": "symbolic", "numeric": "numeric", "plots": "numeric", "checking": "checking"}


def public_names() -> str:
    """What `import ovlearn as ov` offers, with a link to each."""
    return compact(table(("Name", "What it is"), map(_public, ov.__all__)))


def rules_list() -> str:
    """Every rule with its law and what its docstring says, in alphabetical order."""
    return "\n\n".join(_rule(name) for name in rules.__all__)


def _public(name: str) -> tuple[str, str]:
    found = getattr(ov, name)
    place = found.__name__ if isinstance(found, ModuleType) else f"{found.__module__}.{found.__qualname__}"
    return f"[`ov.{name}`]({_page(place)}.md#{place})", _first_line(found)


def _page(place: str) -> str:
    """The page of the floor that an object lives on.

    >>> _page("ovlearn.checking.report.Report")
    'checking'
    """
    floor = place.split(".")[1]
    if floor not in _PAGES:
        raise ValueError(f"{place}: expected an object of a floor that has a page ({', '.join(_PAGES)})")
    return _PAGES[floor]


def _first_line(found: Any) -> str:
    return (getdoc(found) or "").split("\n\n")[0].replace("\n", " ").replace("|", r"\|")


def _rule(name: str) -> str:
    rule = getattr(rules, name)
    said = " ".join((getdoc(rule) or "").split())
    return f"`rules.{name}`\n:   `{rule.law}`<br>\n    {said}"
