"""The part of Markdown in which values show themselves, as HTML: the very HTML that the build makes of it.

Equations, paragraphs, lists, headings, code, emphasis, and HTML as it is. There is no library for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape

Equation = Callable[[str, bool], str]  # TeX, and whether it is a display → HTML

_BLOCKS = re.compile(
    r"^(?P<fence>`{3,})[^\n]*\n(?P<code>.*?)^(?P=fence)[ ]*$"
    r"|(?P<other>(?:^[^\n]*\S[^\n]*(?:\n|$))+)",
    re.MULTILINE | re.DOTALL,
)
_DISPLAY = re.compile(r"\s*\$\$(.+)\$\$\s*", re.DOTALL)
_HEADING = re.compile(r"(#{1,6}) +(.*)")
_ITEM = re.compile(r"^[-*] +", re.MULTILINE)
_HTML_BLOCK = re.compile(r"<(?:div|table|figure|svg|details|ul|ol|dl|p|pre|h[1-6]|hr|blockquote)\b")
_INLINE = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|\$(?P<tex>[^\s$](?:[^$]*[^\s$])?)\$"
    r"|\*\*(?P<strong>\S(?:.*?\S)?)\*\*"
    r"|\*(?P<em>[^\s*](?:[^*]*[^\s*])?)\*"
    r"|(?P<tag></?[a-zA-Z][^<>]*>|&#?\w+;)",
    re.DOTALL,
)


def html_of(markdown: str, equation: Equation) -> str:
    """Return Markdown as HTML; `equation` makes HTML of TeX.

    >>> html_of("**A** is\\n\\n- $x$", lambda tex, display: f"<i>{tex}</i>")
    '<p><strong>A</strong> is</p>\\n<ul>\\n<li><i>x</i></li>\\n</ul>'
    """
    return "\n".join(_blocks(markdown, equation))


def _blocks(markdown: str, equation: Equation) -> Iterator[str]:
    for found in _BLOCKS.finditer(markdown):
        if found["fence"]:
            code = escape(found["code"], quote=False)
            yield f'<div class="highlight"><pre><span></span><code>{code}</code></pre></div>'
        else:
            yield _block(found["other"].strip("\n"), equation)


def _block(text: str, equation: Equation) -> str:
    if display := _DISPLAY.fullmatch(text):
        return equation(display[1].strip(), True)
    if heading := _HEADING.fullmatch(text):
        level = len(heading[1])
        return f"<h{level}>{_inline(heading[2], equation)}</h{level}>"
    if _ITEM.match(text):
        items = "".join(f"<li>{_inline(item.rstrip(), equation)}</li>\n" for item in _ITEM.split(text)[1:])
        return f"<ul>\n{items}</ul>"
    return text if _HTML_BLOCK.match(text) else f"<p>{_inline(text, equation)}</p>"


def _inline(text: str, equation: Equation) -> str:
    written, at = [], 0
    for found in _INLINE.finditer(text):
        written += [escape(text[at : found.start()], quote=False), _marked(found, equation)]
        at = found.end()
    return "".join([*written, escape(text[at:], quote=False)])


def _marked(found: re.Match[str], equation: Equation) -> str:
    if found["code"]:
        return f"<code>{escape(found['code'], quote=False)}</code>"
    if found["tex"]:
        return equation(found["tex"], False)
    for name in ("strong", "em"):
        if found[name]:
            return f"<{name}>{_inline(found[name], equation)}</{name}>"
    return found["tag"]
