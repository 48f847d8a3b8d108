"""Every page with cells, run from its first to its last in the page, shows what the build put there."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.site.built import SITE
from tests.site.live.using import press, says, stay
from tests.site.watching import Watched

# What is shown: words, numbers and TeX to the last digit; of pictures every shape, where a reader
# sees it. (Weights of seven digits, multiplied by another build of numpy, differ in the last.)
SHOWN = r"""() => {
  const plain = box => {
    const copy = box.cloneNode(true);
    copy.querySelectorAll(".ov-cursor, .ov-readout").forEach(each => each.remove()); // the pointer's
    const pictures = [...copy.querySelectorAll("svg")].map(svg => svg.outerHTML);
    copy.querySelectorAll(".md-clipboard, .md-code__nav").forEach(each => each.remove()); // Material's
    const walk = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT), words = [];
    while (walk.nextNode()) words.push(...walk.currentNode.data.split(/\s+/).filter(Boolean));
    return { text: words.join(" "), pictures };
  };
  const cells = [...document.querySelectorAll(".ov-cell[data-wired]")];
  return cells.map(cell => [...cell.querySelectorAll(".ov-out")].map(plain));
}"""
HASHED = re.compile(r"\bov-[0-9a-f]{10}\b")
NUMBER = re.compile(r"(?<![\w.#-])-?\d*\.?\d+(?:e-?\d+)?(?![\w])")
UNFOLD = "each => { while ((each = each.parentElement)) if (each.open === false) each.open = true; }"
MARK = "document.querySelectorAll('.ov-out').forEach(each => each.dataset.built = '')"


def with_cells() -> list[str]:
    """The pages whose cells run one after the other."""
    files = sorted(SITE.glob("**/*.cells.json"))
    lessons = [file for file in files if json.loads(file.read_text(encoding="utf-8"))["kind"] == "lesson"]
    return [file.relative_to(SITE).as_posix().removesuffix(".cells.json") for file in lessons]


def shown(page: Page) -> list[Any]:
    return list(page.evaluate(SHOWN))


@pytest.mark.parametrize("path", with_cells() or ["lessons/03_one_attention_head"])
def test_a_page_run_top_to_bottom_shows_what_the_build_showed(visit: Watched, path: str) -> None:
    with stay(visit, f"{path}/") as page:
        wanted = shown(page)
        assert sum(map(len, wanted)) > 0
        page.evaluate(MARK)
        last = page.locator(".ov-cell[data-wired]").last
        last.evaluate(UNFOLD)
        press(last, "Run")
        says(last, r"^Done in ")
        assert page.locator(".ov-out[data-built]").count() == 0  # each was made anew
        for there, here in zip(wanted, shown(page), strict=True):
            assert len(here) == len(there)
            for ours, theirs in zip(here, there, strict=True):
                assert ours["text"] == theirs["text"] or (
                    ours["pictures"] and alike(ours["text"], theirs["text"])
                )
                assert len(ours["pictures"]) == len(theirs["pictures"])
                assert all(map(alike, ours["pictures"], theirs["pictures"]))


def alike(one: str, other: str) -> bool:
    """Whether two pictures are the same but for a hundredth, a tenth of a pixel, and hashed names."""
    one, other = (HASHED.sub("ov-name", each) for each in (one, other))
    numbers = [np.array([float(n) for n in NUMBER.findall(each)]) for each in (one, other)]
    same = NUMBER.sub("#", one) == NUMBER.sub("#", other)
    return same and bool(np.allclose(*numbers, rtol=0.01, atol=0.1))


def test_a_picture_that_differs_is_seen() -> None:
    picture = '<rect x="12.51" width="3"/><text>0.333</text>'
    assert alike(picture, picture.replace("12.51", "12.52"))
    assert not alike(picture, picture.replace("12.51", "13.51"))
    assert not alike(picture, picture.replace("rect", "path"))
