"""Reads a picture back from its HTML: what a browser, or a reader without eyes, would find in it."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from ovlearn.plots import Picture

Element = ElementTree.Element
Points = tuple[list[float], list[float]]


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


def marks(svg: Element) -> list[Element]:
    """What a reader can point at, in the order of the arrow keys."""
    return svg.findall(".//*[@class='ov-mark']")


def middle(mark: Element) -> tuple[float, float]:
    """Where a mark's shape is drawn from."""
    x, y = re.findall(r"-?[\d.]+", mark.attrib["d"])[:2]
    return float(x), float(y)


def told(mark: Element) -> str:
    return one(mark, "title").text or ""


def ticks(svg: Element) -> tuple[Points, Points]:
    """The ticks across and up: where their strokes are, and the numbers that stand beside them."""
    d = one(svg, ".//path[@class='ov-ticks']").attrib["d"]
    strokes = re.findall(r"M(-?[\d.]+) (-?[\d.]+)([vh])", d)
    across = [float(x) for x, _, way in strokes if way == "v"]
    up = [float(y) for _, y, way in strokes if way == "h"]
    found = (svg.findall("./g[@text-anchor='middle']")[0], svg.findall("./g[@text-anchor='end']")[0])
    numbers = [[number(text) for text in texts(group)] for group in found]
    for group, at, key, off in ((found[0], across, "x", 0.0), (found[1], up, "y", 4.5)):
        drawn = [float(text.attrib[key]) - off for text in group.findall("text")]
        assert all(abs(a - b) < 0.02 for a, b in zip(drawn, at, strict=True)), "a number beside another tick"
    return (across, numbers[0]), (up, numbers[1])
