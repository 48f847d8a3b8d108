"""The six colours can be read on the page, in the light and in the dark, and no two are alike."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Browser

from ovlearn.plots.kit import THINGS
from tests.site.built import ADDRESS
from tests.site.watching import Watched

ENOUGH = 4.5
# What a canvas makes of a colour, whatever its notation: red, green and blue, from 0 to 255.
READ = """names => {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const style = getComputedStyle(document.body);
  const seen = colour => {
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const named = name => style.getPropertyValue(`--ov-${name}`).trim();
  return names.map(name => seen(name ? named(name) : style.backgroundColor));
}"""


def luminance(colour: list[int]) -> float:
    """How bright a colour is, as WCAG 2 has it: from 0 to 1."""
    parts = [value / 255 for value in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[int], other: list[int]) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_as_defined() -> None:
    assert contrast([0, 0, 0], [255, 255, 255]) == pytest.approx(21)
    assert contrast([119, 119, 119], [255, 255, 255]) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_thing_can_be_read_on_the_page(browser: Browser, scheme: Literal["light", "dark"]) -> None:
    with Watched(browser, width=1280, scheme=scheme) as watched:
        watched.page.goto(f"{ADDRESS}notation/")
        paper, *colours = watched.page.evaluate(READ, ["", *THINGS])
    assert (luminance(paper) > 0.5) == (scheme == "light")
    assert len({tuple(colour) for colour in colours}) == len(THINGS)
    for thing, colour in zip(THINGS, colours, strict=True):
        assert contrast(colour, paper) >= ENOUGH, thing
