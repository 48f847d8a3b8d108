"""Reads a picture back from its HTML: what a browser, or a reader without eyes, would find in it."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from ovlearn.plots import Picture

Element = ElementTree.Element


def parsed(picture: Picture) -> Element:
    """The picture's HTML as a tree; it must be well-formed."""
    return ElementTree.fromstring(picture._repr_html_())


def one(root: Element, path: str) -> Element:
    found = root.findall(path)
    assert len(found) == 1, f"{path}: {len(found)} found"
    return found[0]


def svg_of(picture: Picture) -> Element:
    return one(parsed(picture), ".//svg")


def texts(root: Element, path: str = ".//text") -> list[str]:
    return ["".join(element.itertext()) for element in root.findall(path)]


def cells(svg: Element) -> dict[tuple[int, int], tuple[str, float]]:
    """Every drawn cell, as (row, column): (colour, opacity)."""
    found: dict[tuple[int, int], tuple[str, float]] = {}
    for group in svg.iter("g"):
        for path in group.findall("path[@stroke-opacity]"):
            d, opacity = path.attrib["d"], float(path.attrib["stroke-opacity"])
            pieces = re.findall(r"M(\d+) (\d+)h\.94", d)
            assert "".join(f"M{column} {row}h.94" for column, row in pieces) == d
            for column, row in pieces:
                assert (int(row), int(column)) not in found, "drawn twice"
                found[int(row), int(column)] = (group.attrib["stroke"], opacity)
    return found


def values(svg: Element) -> list[list[float]]:
    return [[float(value) for value in row.split(" ")] for row in svg.attrib["data-values"].split(";")]


def table(root: Element, path: str = ".//table") -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row] for row in one(root, path).iter("tr")]


def places(svg: Element, text: str) -> list[tuple[float, float]]:
    """Where a text stands."""
    return [
        (float(element.attrib["x"]), float(element.attrib["y"]))
        for element in svg.iter("text")
        if "".join(element.itertext()) == text
    ]


def number(text: str) -> float:
    """What a reader reads: a true minus sign, a percent sign."""
    return float(text.replace("−", "-").removesuffix(" %"))


def ids(root: Element) -> list[Any]:
    return [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
