"""HTML in which text is text: whatever is no `Html` is escaped, so that nothing a learner wrote is markup."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path

# A page may show itself and follow links, and nothing else: no script, no picture, no address is fetched.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class Html(str):
    """Text that is markup already: made here, or by the course's authors."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: str) -> Html:
    """Return an element. Children that are no `Html`, and all values of attributes, are escaped.

    >>> element("td", "<b>", element("code", "a & b"), class_="x")
    '<td class="x">&lt;b&gt;<code>a &amp; b</code></td>'
    """
    told = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    return Html(f"<{name}{told}>{join(*children)}</{name}>")


def join(*children: str) -> Html:
    """Return several one after the other, escaped where they are no `Html`.

    >>> join("1 < 2", Html("<hr>"))
    '1 &lt; 2<hr>'
    """
    return Html("".join(child if isinstance(child, Html) else escape(child) for child in children))


def quoted(text: str) -> Html:
    """Return text in which what stands between backticks is code.

    >>> quoted("`<a>` & b")
    '<code>&lt;a&gt;</code> &amp; b'
    """
    return join(*(element("code", part) if place % 2 else part for place, part in enumerate(text.split("`"))))


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], caption: str = "") -> Html:
    """Return a table. The first cell of a row is its heading; `head` may be empty; `caption` stands above."""
    names = element("thead", element("tr", *(element("th", cell, scope="col") for cell in head)))
    top = names if head else Html("")
    body = [
        element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in rest))
        for first, *rest in rows
    ]
    above = element("caption", caption) if caption else Html("")
    # wide ones scroll by themselves, by keyboard too
    whole = element("table", above, top, element("tbody", *body))
    return element(
        "div", whole, class_="wide", tabindex="0", role="group", aria_label=caption or ", ".join(head)
    )


def page(title: str, body: Html) -> str:
    """Return a whole page that stands alone: its style is in it, and it loads nothing."""
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
        f"<title>{escape(title)}</title><style>{_style()}</style>"
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body><main>{body}</main></body></html>\n'


@cache
def _style() -> str:
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")
