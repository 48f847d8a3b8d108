"""Fragments that the repository has itself: what is public, the rules with their laws, models, sections."""

from __future__ import annotations

from inspect import getdoc, isfunction
from pathlib import Path
from types import ModuleType
from typing import Any

import ovlearn as ov
from ovlearn.numeric import zoo
from ovlearn.numeric.checkpoints.families import FAMILIES
from ovlearn.numeric.checkpoints.fetching import SHIPPED
from ovlearn.symbolic import rules
from rendering.pages.pieces import compact, table, with_symbols

ROOT = Path(__file__).parents[2]

# The page of `docs/api/` for each floor.
_PAGES = {"symbolic": "symbolic", "numeric": "numeric", "plots": "numeric", "checking": "checking"}


def public_names() -> str:
    """What `import ovlearn as ov` offers, with a link to each."""
    return compact(table(("Name", "What it is"), map(_public, ov.__all__)))


def rules_list() -> str:
    """Every rule with its law and what its docstring says, in alphabetical order."""
    return "\n\n".join(_rule(name) for name in sorted(rules.__all__))


def pictures_list() -> str:
    """Every picture with its docstring, in alphabetical order."""
    drawn = sorted(name for name, found in vars(ov.plots).items() if isfunction(found))
    return "\n\n".join(f"::: ovlearn.plots.{name}" for name in drawn)


def models_list() -> str:
    """Every model of the zoo, how it was made and what it shows, in the zoo's order."""
    models = map(zoo.load, zoo.names())
    return "\n".join(f"- `{model.name}` ({model.made}): {with_symbols(model.shows)}" for model in models)


def shipped_list() -> str:
    """The models that a package ships, what each is, and how large."""
    return "\n".join(f"- `{name}`: {one.says}; {one.size / 1e6:.0f} MB" for name, one in SHIPPED.items())


def families_list() -> str:
    """The types of models whose folders can be read, in a line."""
    *most, last = FAMILIES
    return f"{', '.join(f'`{name}`' for name in most)} and `{last}`."


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


def section(name: str, title: str, root: Path = ROOT) -> str:
    """The body of one section (`## title`) of a file at the root, without its heading; sessions as `pycon`.

    Raises: ValueError where the file has no such section.
    """
    for part in (root / name).read_text(encoding="utf-8").split("\n## ")[1:]:
        heading, _, body = part.partition("\n")
        if heading == title:
            return body.strip().replace("```python\n>>>", "```pycon\n>>>")
    raise ValueError(f"{name}: expected a section {title!r}, got none")
