"""What the build makes of Markdown, with the extensions that the site has."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import markdown
import yaml

from rendering import outputs
from rendering.equations import Equations, Typesetter
from tests.live.reader import as_it_is

ROOT = Path(__file__).parents[2]
PAGE = "lessons/03_x.md"


class Built:
    """The outputs of a page's cells, by way of Markdown; `labels`: the numbers of its equations so far."""

    def __init__(self) -> None:
        self._equations = Equations(Typesetter(render=as_it_is))

    def html(self, output: Mapping[str, str]) -> str:
        converter = markdown.Markdown(**extensions())
        waiting = self._equations.collect(PAGE, converter.convert(outputs.markdown(output)))
        return self._equations.resolve(PAGE, waiting)

    @property
    def labels(self) -> dict[str, str]:
        return {label: each.number for label, each in self._equations.labels.numbered.items()}


def alike(html: str) -> str:
    """HTML less what says nothing: where its lines break."""
    return re.sub(r"\s*\n\s*", "\n", html).strip()


@cache
def extensions() -> dict[str, Any]:
    """The extensions of Markdown that mkdocs.yml names, as Python-Markdown takes them."""
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nmarkdown_extensions:\n")[2]
    named = yaml.safe_load(text.partition("\n\n")[0])
    options = {name: value for each in named if isinstance(each, dict) for name, value in each.items()}
    names = [name for each in named for name in ([each] if isinstance(each, str) else each)]
    return {"extensions": names, "extension_configs": json.loads(json.dumps(options))}
