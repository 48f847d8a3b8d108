"""A picture that a notebook and the site can show."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from html import escape

from ovlearn.plots.svg import SIZE, Attribute, tag

# Enough where the site's stylesheet is not: in a notebook the picture keeps its size and its ink.
_FIGURE = "margin:1em 0;max-width:100%"
_SCROLL = "overflow-x:auto"

COLUMN = 688.0  # the width of the site's text on a desktop
_LEAST, _MOST = 0.7, 1.3  # of its own width: smaller, its text could not be read; larger, it would shout

# Where the site's script writes what the pointer or the arrow keys point at.
READOUT = '<p class="ov-readout" aria-live="polite"></p>'


@dataclass(frozen=True, repr=False)
class Picture:
    """A picture with its words: what `plots.pattern` and its neighbours return.

    `title`: its name, may be empty; `caption`: what to see in it; `body`: the inline SVG, and what belongs
    to it; `alternative`: the same as HTML text, for those who do not see it.

    A notebook shows it as it stands. The site adds hover and arrow keys.

    >>> Picture("Three heads", "What each one writes.", "<svg></svg>", "")
    Picture('Three heads')
    """

    title: str
    caption: str
    body: str
    alternative: str

    def _repr_html_(self) -> str:
        inside = self.body + self._words() + self.alternative
        # the site's search passes over pictures; it forgets that at the first end of any tag of the same name
        return tag("figure", inside, class_="ov-picture", style=_FIGURE, data_search_exclude="")

    def _words(self) -> str:
        """The figcaption, or nothing where there is nothing to say."""
        title = tag("strong", escape(self.title)) if self.title else ""
        between = "<br/>" if title and self.caption else ""
        return tag("figcaption", title + between + escape(self.caption)) if title or self.caption else ""

    def __repr__(self) -> str:
        return f"Picture({self.title!r})"


def drawing(
    width: float,
    height: float,
    content: str,
    *,
    title: str,
    says: str,
    fills: bool = True,
    beside: bool = False,
    **attributes: Attribute,
) -> str:
    """Return an SVG that names and describes itself, in a box that scrolls where it is too wide.

    `fills`: it is as wide as the column, whatever its own units; `beside`: a second one may stand beside it.

    Its ids are hashed from all that it holds: the same picture has the same ids.
    """
    data = "".join(f"{key}={value};" for key, value in attributes.items())
    base = f"ov-{sha256(repr((title, says, content, data)).encode()).hexdigest()[:10]}"
    words = tag("title", escape(title), id=f"{base}-t") + tag("desc", escape(says), id=f"{base}-d")
    svg = tag(
        "svg",
        words + content,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        role="img",
        aria_labelledby=f"{base}-t {base}-d",
        style=_scaled(width, fills=fills),
        fill="currentColor",
        font_size=SIZE,
        font_family="system-ui,sans-serif",
        **attributes,
    )
    return tag("div", svg, class_="ov-wide ov-beside" if beside else "ov-wide", style=_SCROLL)


def _scaled(width: float, *, fills: bool) -> str:
    """How an SVG follows its column: no smaller than can be read, and no larger than it need be."""
    widest = "max-width:100%"
    if fills:
        widest = f"width:100%;max-width:{max(width, min(COLUMN, _MOST * width)):.0f}px"
    return f"{widest};min-width:{_LEAST * width:.0f}px;height:auto;display:block;margin:auto"


def folded(summary: str, head: list[str], rows: list[list[str]], caption: str) -> str:
    """Return a text alternative that opens on demand: a table of plain texts, headings first in each row.

    The site's search passes over it.
    """
    top = "".join(tag("th", escape(cell), scope="col") for cell in head)
    body = "".join(
        tag("tr", tag("th", escape(first), scope="row") + "".join(tag("td", escape(cell)) for cell in rest))
        for first, *rest in rows
    )
    parts = tag("caption", escape(caption)) + tag("thead", tag("tr", top)) + tag("tbody", body)
    table = tag("table", parts, class_="ov-table")
    inside = tag("div", table, class_="ov-scroll", style=_SCROLL, tabindex="0")
    return tag("details", tag("summary", escape(summary)) + inside, data_search_exclude="")
