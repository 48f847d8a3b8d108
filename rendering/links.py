"""Links between lessons, which name each other by their sources."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import urljoin

# [text](05_freeze_the_attention.py#anchor), [text](../errata.md)
_LINK = re.compile(r"(?<=\]\()(?!\w+:|/|#)([\w./-]+?)\.(py|md)(#[\w:.-]+)?(?=[\s)])")


def between_pages(text: str) -> str:
    """Return Markdown whose links to lessons' sources lead to their pages.

    >>> between_pages("[frozen](05_freeze_the_attention.py#why), [errata](../errata.md), [web](https://a.org/x.py)")
    '[frozen](05_freeze_the_attention.md#why), [errata](../errata.md), [web](https://a.org/x.py)'
    """
    return _LINK.sub(lambda found: f"{found[1]}.md{found[3] or ''}", text)


def to_site(text: str, page: str, site: str) -> str:
    """Return Markdown whose links, relative to a page of the site, lead there from anywhere.

    >>> to_site("[frozen](05_freeze.py#why), [home](../index.md)", "lessons/01_x.md", "https://a.org/ov/")
    '[frozen](https://a.org/ov/lessons/05_freeze/#why), [home](https://a.org/ov/)'
    """

    def absolute(found: re.Match[str]) -> str:
        there = posixpath.normpath(posixpath.join(posixpath.dirname(page), f"{found[1]}.md"))
        return page_address(there, site) + (found[3] or "")

    return _LINK.sub(absolute, text)


def page_address(page: str, site: str) -> str:
    """Return where the published site shows a page.

    >>> page_address("lessons/01_x.md", "https://a.org/ov/")
    'https://a.org/ov/lessons/01_x/'
    """
    place = re.sub(r"(^|/)index$", r"\1", page.removesuffix(".md"))
    return urljoin(site, f"{place.rstrip('/')}/" if place else "")
