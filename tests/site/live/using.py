"""What a reader does with the cells of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.site.built import ADDRESS
from tests.site.watching import Watched

PATIENCE = 120_000  # ms, on a machine that does other things too

# A press of a button, until its cell says what it should; without polling. In seconds.
_PRESS = r"""({ cell, words, until, patience }) => new Promise((done, fail) => {
  const box = document.querySelector(cell), says = box.querySelector(".ov-says"), end = new RegExp(until);
  const button = [...box.querySelectorAll(".ov-button")].find(each => each.textContent === words);
  const begun = performance.now();
  says.textContent = ""; // of the time before
  new MutationObserver((_, self) => {
    if (!end.test(says.textContent)) return;
    self.disconnect();
    done((performance.now() - begun) / 1000);
  }).observe(says, { childList: true, characterData: true, subtree: true });
  button.click();
  setTimeout(() => fail(new Error(`it says ${says.textContent}`)), patience);
})"""

_AWAY = "after/"  # a page without cells
_FOLLOW = """place => {
  document.querySelector("article").dataset.left = "";
  const link = document.querySelector("main").appendChild(document.createElement("a"));
  link.href = place;
  link.click();
}"""


@contextmanager
def stay(visit: Watched, place: str) -> Iterator[Page]:
    """A stay of a visit at a page of the site: nothing is kept of the one before, and nothing goes wrong.

    Python is not started again for each: as for a reader, it stays from page to page, and names do not.
    """
    visit.wrong.clear()
    arrive(visit.page, place)
    yield visit.page
    assert visit.wrong == []


def arrive(page: Page, place: str) -> None:
    """Come to a page of the site as by a link, with nothing kept."""
    if not page.url.startswith(ADDRESS):
        page.goto(ADDRESS + place)
        return
    for each in (_AWAY, place):
        page.evaluate(_FOLLOW, ADDRESS + each)
        expect(page.locator("article:not([data-left])")).to_be_attached()
        expect(page.locator("article[data-left]")).to_have_count(0)
        page.evaluate("localStorage.clear()")


def cell(page: Page, number: object) -> Locator:
    """A cell of a lesson, by its number."""
    return page.locator(f".ov-cell[data-cell='{number}']")


def exercise(page: Page, name: str) -> Locator:
    """The cell of an exercise."""
    return page.locator(f".ov-cell[data-exercise='{name}']")


def button(where: Locator, words: str) -> Locator:
    """A button of a cell, by its words."""
    return where.locator(".ov-bar .ov-button").filter(has_text=re.compile(f"^{words}$"))


def press(where: Locator, words: str) -> None:
    """Press a button of a cell."""
    button(where, words).click()


def ask(page: Page, words: str) -> None:
    """Press a button of the page's bar for Python."""
    page.locator(".ov-python").get_by_role("button", name=words, exact=True).click()


def says(where: Locator, words: str) -> None:
    """Wait until a cell says something that this pattern finds."""
    expect(where.locator(".ov-says")).to_have_text(re.compile(words), timeout=PATIENCE)


def seconds_until(page: Page, cell: str, words: str, until: str) -> float:
    """Press a button of the cell with this selector; the seconds until the cell says what it should."""
    asked = {"cell": cell, "words": words, "until": until, "patience": PATIENCE}
    return float(page.evaluate(_PRESS, asked))


def write(where: Locator, code: str) -> None:
    """Put code in the place of all that stands in a cell's editor, just as it is."""
    if button(where, "Edit").count():
        press(where, "Edit")
    where.locator(".cm-content").focus()
    where.page.keyboard.press("Control+A")
    where.page.keyboard.insert_text(code)


def downloaded(page: Page, words: str) -> str:
    """What a button of the page gives to take away."""
    with page.expect_download() as download:
        page.get_by_role("button", name=words).click()
    return Path(download.value.path()).read_text(encoding="utf-8")
