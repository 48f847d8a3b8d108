"""Bars: from a common zero, as long as their values, each with label and number."""

from typing import Any

import numpy as np
import pytest

from ovlearn import plots
from ovlearn.plots.svg import NEGATIVE, POSITIVE

from .cases import refusal
from .reading import number, one, parsed, places, svg_of, table, texts

VALUES = [0.5, -0.25, 0.0, 1.0]
NAMES = ["a", "b", "c", "d"]


def test_lengths_are_proportional_and_start_at_zero() -> None:
    svg = svg_of(plots.bars(VALUES, NAMES))
    rects = svg.findall("rect")
    zero = float(one(svg, "path").attrib["d"].split()[0].removeprefix("M"))
    unit = float(rects[3].attrib["width"])
    for rect, value in zip(rects, VALUES, strict=True):
        x, width = float(rect.attrib["x"]), float(rect.attrib["width"])
        assert width == pytest.approx(abs(value) * unit, abs=0.02)
        assert (x + width if value < 0 else x) == pytest.approx(zero, abs=0.02)
        assert rect.attrib["fill"] == (NEGATIVE if value < 0 else POSITIVE)
        assert float(rect.attrib["data-v"]) == value


def test_labels_and_numbers_stand_in_their_rows() -> None:
    svg = svg_of(plots.bars(VALUES, NAMES))
    assert texts(svg) == ["a", "0.5", "b", "−0.25", "c", "0", "d", "1"]
    for rect, name in zip(svg.findall("rect"), NAMES, strict=True):
        ((x, y),) = places(svg, name)
        top = float(rect.attrib["y"])
        assert top < y < top + float(rect.attrib["height"])
        assert x < float(rect.attrib["x"])


@pytest.mark.parametrize("values", [[1.0], [-1.0], [0.0, 0.0], [1e-12, 2e-12], [-3, -2], range(64)])
def test_all_bars_lie_within_the_drawing(values: Any) -> None:
    svg = svg_of(plots.bars(values))
    _, _, width, height = (float(value) for value in svg.attrib["viewBox"].split())
    for rect in svg.findall("rect"):
        x, y, w, h = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height


def test_the_table_is_the_input() -> None:
    head, *body = table(parsed(plots.bars(VALUES, NAMES)))
    assert head == ["label", "value"]
    assert [row[0] for row in body] == NAMES
    assert [number(row[1]) for row in body] == VALUES


def test_the_description_names_the_extremes() -> None:
    desc = one(svg_of(plots.bars(VALUES, NAMES)), "desc").text
    assert desc == "4 bars. The greatest is d with 1, the least b with −0.25."


def test_without_labels_they_are_counted() -> None:
    assert texts(svg_of(plots.bars([5, 6]))) == ["0", "5", "1", "6"]


@pytest.mark.parametrize(
    ("message", "values", "labels"),
    [
        ("ValueError: values: expected one axis, got shape (1, 1)", [[1]], ["a"]),
        ("ValueError: values: expected at least one number, got shape (0,)", [], []),
        ("ValueError: values: expected finite numbers in float64, got nan at values[0]", [np.nan], ["a"]),
        (
            "ValueError: values: expected at most 64 a side, got shape (65,); show the largest",
            range(65),
            None,
        ),
        ("ValueError: labels: expected 1 label, one a value, got 2", [1], ["a", "b"]),
        ("TypeError: values: expected real numbers, got dtype <U1", ["a"], ["a"]),
    ],
)
def test_bad_input(message: str, values: Any, labels: Any) -> None:
    assert refusal(plots.bars, values, labels) == message


def test_of_bars_that_only_rounding_parts_the_first_is_named() -> None:
    picture = plots.bars([0.5, 1.0, 1.0 + 4e-16, 0.5 - 2e-16], ["a", "b", "c", "d"])
    assert "The greatest is b with 1, the least a with 0.5." in picture._repr_html_()
