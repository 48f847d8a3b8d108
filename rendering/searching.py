"""The search's index, made light: every page loads it, so it holds words, not code, outputs or pictures."""

from __future__ import annotations

import json
import re
from pathlib import Path

_CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)
# What one looks up rather than reads: its sections are found by their titles and first paragraphs.
_LOOKED_UP = (
    *("api/", "article-map", "contributing/", "derivations/", "errata", "exercises/", "notation"),
    *("results", "teaching"),
)
_FIRST = re.compile(r"^.*?</p>", re.DOTALL)
_NAME = re.compile(r"[a-z]+\.\w+$")
_MARKS = re.compile(r"</?(?:code|sup)>")  # of words within a line: the search needs the words


def lighten(index: Path) -> None:
    """Take the code out of an index that MkDocs wrote.

    Its sections stay, and the names in their prose; what the API documents has sections of its own, which
    also say their module. Of pages in which one looks things up, a section's first paragraph stays.
    """
    data = json.loads(index.read_text(encoding="utf-8"))
    for section in data["docs"]:
        text = _MARKS.sub("", _CODE.sub("", section["text"]))
        if section["location"].startswith(_LOOKED_UP):
            first = _FIRST.match(text)
            text = first[0] if first else ""
        if section["location"].startswith("api/") and (name := _NAME.search(section["location"])):
            text = f"<p>{name[0]}</p>{text}"  # `circuits.ov`, where the title is `ov(layer, head)`
        section["text"] = text
    index.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
