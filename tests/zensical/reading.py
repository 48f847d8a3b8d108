"""A page as what is compared: its text, equations, figures, links and the rest, each in the page's order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from lxml import etree, html

Element = html.HtmlElement
Said = dict[str, list[str]]

_FIGURES = ("figure", "svg", "img", "table")
_ADDRESSES = ("href", "src", "data")
_OF_A_THEME = re.compile(r"/assets/(?:stylesheets/|javascripts/|_mkdocstrings)")
_SPACES = re.compile(r"[ \n]+")
_MENUS = {
    "tabs": "//nav[contains(@class, 'md-tabs')]",
    "menu": "//nav[contains(@class, 'md-nav--primary')]",
    "footer": "//nav[contains(@class, 'md-footer__inner')]",
}


def read(page: str, address: str) -> Said:
    """Return what a page says. `page`: its HTML; `address`: from where its links lead."""
    tree = html.document_fromstring(page)
    for skip in tree.xpath("//a[@id='__skip']"):
        skip.drop_tree()
    for element in tree.iter(etree.Element):
        _settle(element, address)
    article = tree.find(".//article")
    assert article is not None, f"{address} has no article"
    said = {
        "equations": [_markup(one) for one in article.find_class("katex")],
        "numbers": [f"{one.get('href')} {_text(one)}" for one in article.find_class("ov-eqno")],
        "figures": list(_figures(article)),
        "links": [f"{one.get('href')} {_text(one)}" for one in article.iter("a") if one.get("href")],
        "anchors": [str(one) for one in article.xpath(".//@id | .//@name[parent::a]")],
        "markup": _tags(article),
        "head": list(_head(tree)),
        "outline": _links(tree.xpath("//nav[contains(@class, 'md-nav--secondary')]")),
    }
    said |= {kind: _links(tree.xpath(path)) for kind, path in _MENUS.items()}
    for equation in article.find_class("katex"):
        equation.drop_tree()
    return said | {"text": _text(article).split()}


def _settle(element: Element, address: str) -> None:
    """Make addresses whole, take away what no reader meets, and let spaces count as in a browser."""
    for name in _ADDRESSES:
        if element.get(name) is not None:
            element.set(name, urljoin(address, element.get(name)))
    element.attrib.pop("data-search-exclude", None)  # the search has read it
    if element.tag not in ("pre", "code", "span"):
        element.text = _spaced(element.text)
    if element.tag not in ("code", "span"):
        element.tail = _spaced(element.tail)


def _spaced(text: str | None) -> str | None:
    """Text with single spaces; none where there is nothing but the space between two lines of a template."""
    spaced = _SPACES.sub(" ", text or "")
    return None if spaced in ("", " ") and "\n" in (text or "\n") else spaced


def _head(tree: Element) -> Iterator[str]:
    """What the head says of the page, and the styles, scripts and data that are the course's."""
    yield _text(tree.find(".//title"))
    told = "//meta[@property or @name='description'] | //link | //script[@src or @id='ov-glossary']"
    written = (_markup(one) for one in tree.xpath(told))
    yield from (one for one in written if not _OF_A_THEME.search(one))


def _links(navs: list[Element]) -> list[str]:
    """Where menus lead, and what they call it."""
    found = [link for nav in navs for link in nav.iter("a") if not _in_outline(link, nav)]
    return [f"{link.get('href')} {_text(link)}" for link in found]


def _in_outline(link: Element, nav: Element) -> bool:
    """Whether a link of the menu is one of the outline, which themes put there for narrow screens."""
    within = [one for one in link.iterancestors("nav") if "md-nav--secondary" in one.get("class", "")]
    return bool(within) and nav not in within


def _figures(element: Element) -> Iterator[str]:
    """Figures, and in them what stands inside of them."""
    for child in element:
        if child.tag in _FIGURES:
            yield _markup(child)
        else:
            yield from _figures(child)


def _tags(article: Element) -> list[str]:
    """Every element with its attributes, and every text, in order."""
    return etree.tostring(article, encoding="unicode").replace("<", "\n<").split("\n")


def _markup(element: Element) -> str:
    return etree.tostring(element, encoding="unicode", with_tail=False)


def _text(element: Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())
