"""A derivation's data as Markdown: what a page shows where a cell puts out a derivation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rendering.equations.formulas import carried

_SHOWN = ("steps", "result", "label")


def derivation_markdown(data: Mapping[str, Any]) -> str:
    """Return a derivation with its title, its assumptions and its lemmas, each where it has some.

    `data`: as `Derivation.as_data` gives it; `label` names its result, `checked` says how it was checked.
    """
    return "\n\n".join(_parts(data))


def chain(data: Mapping[str, Any]) -> str:
    """Return the steps and the result as an equation of a page."""
    return f"$$\n{carried({name: data[name] for name in _SHOWN if name in data})}\n$$"


def _parts(data: Mapping[str, Any]) -> Iterator[str]:
    if data["title"]:
        yield f"**{data['title']}**"
    if data["assumptions"]:
        yield "\n".join(map(_assumption, data["assumptions"]))
    yield chain(data)
    if "checked" in data:
        yield f'<small class="ov-checked">{data["checked"]}</small>'
    for lemma in data["lemmas"]:
        yield from _parts(lemma)


def _assumption(one: Mapping[str, Any]) -> str:
    equations = ", ".join(f"${carried(equation)}$" for equation in one["equations"])
    return f"- *{one['name']}* ({one['kind']}): {one['says']}{f': {equations}' if equations else ''}"
