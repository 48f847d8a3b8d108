"""The search's index, made light: every page loads it, so it holds words, not code, outputs or pictures."""

from __future__ import annotations

import json
import re
from html import escape, unescape
from pathlib import Path

from rendering.equations.formulas import read

_CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)
# What one looks up rather than reads: its sections are found by their titles and first paragraphs.
_LOOKED_UP = (
    *("api/", "article-map", "contributing/", "derivations/", "errata", "exercises/", "notation"),
    *("results", "teaching"),
)
_FIRST = re.compile(r"^.*?</p>", re.DOTALL)
_NAME = re.compile(r"[a-z]+\.\w+$")
_EQUATION = re.compile(r"\\\((.*?)\\\)|\\\[(.*?)\\\]", re.DOTALL)
_MARKS = re.compile(r"</?(?:code|sup)>")  # of words within a line: the search needs the words


def lighten(index: Path, sections: str = "docs") -> None:
    """Take the code out of an index, and say in words what equations are left in it.

    Its sections stay, and the names in their prose; what the API documents has sections of its own, which
    also say their module. Of pages in which one looks things up, a section's first paragraph stays.

    `sections`: what they are called in the index.
    """
    data = json.loads(index.read_text(encoding="utf-8"))
    for section in data[sections]:
        section["title"] = in_words(section["title"])
        text = _MARKS.sub("", in_words(_CODE.sub("", section["text"])))
        if section["location"].startswith(_LOOKED_UP):
            first = _FIRST.match(text)
            text = first[0] if first else ""
        if section["location"].startswith("api/") and (name := _NAME.search(section["location"])):
            text = f"<p>{name[0]}</p>{text}"  # `circuits.ov`, where the title is `ov(layer, head)`
        section["text"] = text
    index.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def in_words(text: str) -> str:
    r"""Return HTML with plain words in the place of each equation.

    >>> in_words(r"<p>The rank of \(W_{OV}\) is at most \(d_h\).</p>")
    '<p>The rank of W_OV is at most d_h.</p>'
    """
    return _EQUATION.sub(_words, text)


def _words(found: re.Match[str]) -> str:
    tex = unescape(found[1] or found[2])
    return escape(read(tex.strip()).text, quote=False)
