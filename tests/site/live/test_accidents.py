"""What goes wrong is said beside the cell, and nothing that the reader typed is lost."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, expect

from tests.site.built import ADDRESS
from tests.site.live import served
from tests.site.live.using import arrive, button, cell, press, says, write
from tests.site.test_pages import PHONE, SIDEWAYS
from tests.site.watching import Watched

SEEN = (".highlight code", ".ov-says")
LESSON = "lessons/05_freeze_the_attention/"


@pytest.fixture(scope="module")
def visit(browser: Browser) -> Iterator[Watched]:
    with Watched(browser, width=PHONE, scheme="light") as watched:
        yield watched


@pytest.fixture
def page(visit: Watched) -> Page:
    visit.wrong.clear()
    arrive(visit.page, LESSON)
    return visit.page


@pytest.fixture
def fresh(browser: Browser) -> Iterator[Page]:
    """The page of a first visit: nothing has been fetched."""
    with Watched(browser, width=PHONE, scheme="light") as watched:
        watched.page.goto(ADDRESS + LESSON)
        yield watched.page


def typed(where: Locator) -> str:
    """What stands in a cell's editor; it shows the lines in sight alone."""
    return "\n".join(where.locator(".cm-line").all_inner_texts())


def still_there_after_leaving(page: Page, code: str) -> None:
    page.reload()
    expect(cell(page, 1).locator(".highlight code").first).to_have_text(code)


ENDS = {
    "syntax": ('print("a"', "cell 1, line 1", "SyntaxError: '(' was never closed"),
    "indentation": ("if True:\nprint(1)", "cell 1, line 2", "IndentationError: expected an indented block"),
    "a name": ("x = 1\nprint(y)", "cell 1, line 2", "NameError: name 'y' is not defined"),
    "a huge array": (
        "import numpy as np\nnp.ones((10**5, 10**5))",
        "cell 1, line 2",
        "The page has not that much memory.",
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_an_error_ends_at_the_readers_line(page: Page, visit: Watched, name: str) -> None:
    code, place, message = ENDS[name]
    first = cell(page, 1)
    write(first, code)
    press(first, "Run")
    says(first, "^It failed")
    expect(first.locator(".ov-error .ov-error-place").last).to_contain_text(place)
    expect(first.locator(".ov-error")).to_contain_text(message)
    assert page.evaluate(SIDEWAYS) == []
    write(first, "print('and on')")
    press(first, "Run")
    says(first, "^Done in ")
    expect(first.locator(".ov-out")).to_have_text("and on")
    assert visit.wrong == []


def test_output_without_end_is_cut_and_can_be_stopped(page: Page, visit: Watched) -> None:
    first = cell(page, 1)
    code = "while True: print('a line without end')"
    write(first, code)
    press(first, "Run")
    expect(first.locator(".ov-out")).to_contain_text(
        "cut here: a cell shows 100,000 characters", timeout=60_000
    )
    press(first, "Stop")
    says(first, "^Stopped")
    assert typed(first) == code
    still_there_after_leaving(page, code)
    assert visit.wrong == []


def test_an_output_too_large_for_a_page_is_left_out(page: Page) -> None:
    first = cell(page, 1)
    write(
        first,
        "class Huge:\n    def _repr_html_(self): return 'x' * 3_000_000\ndisplay(Huge())\nprint('and on')",
    )
    press(first, "Run")
    says(first, "^Done in ")
    expect(first.locator(".ov-out").first).to_contain_text("outputs would be too large for the page")
    expect(first.locator(".ov-out").last).to_contain_text("and on")


def starts_again(first: Locator) -> None:
    """Run other code, with a new Python."""
    write(first, "print('and on')")
    press(first, "Run")
    says(first, "^Done in ")


@pytest.mark.parametrize(
    "code", ["import os\nos._exit(3)", "eval('-' * 3000 + '1')", "import js\njs.close()"]
)
def test_python_that_ends_is_said_and_starts_again(page: Page, code: str) -> None:
    first = cell(page, 1)
    write(first, code)
    press(first, "Run")
    says(first, "^Python has ended: .* What was defined is gone")
    assert typed(first) == code
    starts_again(first)
    still_there_after_leaving(page, "print('and on')")


def test_a_frame_that_the_browser_closed_is_said_and_python_starts_again(page: Page) -> None:
    first = cell(page, 1)
    write(first, "while True: pass")
    press(first, "Run")
    says(first, "^Running")
    page.locator("iframe").evaluate("frame => frame.remove()")
    says(first, "^The browser closed Python: it may have had no memory left")
    starts_again(first)


def test_a_page_that_the_browser_closed_says_so_once_when_it_is_back(fresh: Page) -> None:
    """Its process is killed; Playwright will have no more to do with such a fresh, but the browser has."""
    first = cell(fresh, 1)
    write(first, "kept = 1")
    press(first, "Run")
    says(first, "^Done in ")
    browser = fresh.context.new_cdp_session(fresh)

    def said() -> str:
        where = "document.querySelector('.ov-cell[data-cell=\"1\"] {}')?.textContent"
        found = (browser.send("Runtime.evaluate", {"expression": where.format(each)}) for each in SEEN)
        return " | ".join(str(each["result"].get("value")) for each in found)

    with fresh.expect_event("crash"), pytest.raises(Error, match="ERR_ABORTED"):
        fresh.goto("chrome://crash")
    for words in ("The browser closed this page while Python was in it: .* kept.", "Your edit, kept"):
        browser.send("Page.reload")
        deadline = time.monotonic() + 20
        while not re.match(f"kept = 1 \\| {words}", now := said()):
            assert time.monotonic() < deadline, now
            time.sleep(0.2)


def test_a_page_that_one_left_says_nothing_of_it(page: Page) -> None:
    first = cell(page, 1)
    press(first, "Run")
    says(first, "^Done in ")
    page.reload()
    expect(button(first, "Run")).to_be_visible()
    expect(first.locator(".ov-says")).to_have_text("")


def test_a_damaged_part_is_refused(fresh: Page) -> None:
    fresh.route("**/live/numpy.*.bin", lambda route: route.fulfill(body=b"damaged"))
    first = cell(fresh, 1)
    write(first, "print('kept')")
    press(first, "Run")
    says(first, r"^numpy\.\w+\.bin is not what the site's lock says")
    fresh.unroute("**/live/numpy.*.bin")
    press(first, "Run")
    says(first, "^Done in ")
    expect(first.locator(".ov-out")).to_have_text("kept")


@pytest.mark.parametrize(
    ("what", "status", "words"),
    [
        (
            "sympy.*.bin",
            None,
            r"^The connection failed at sympy\.\w+\.bin \(0\.0 of \d\.\d MB\)\. Try again\.$",
        ),
        ("stdlib.*.bin", 503, r"^stdlib\.\w+\.bin could not be had: the server said 503\. Try again\.$"),
        (
            "*.cells.json",
            None,
            r"^The cells of this page could not be loaded\. Is there a connection\? Try again\.$",
        ),
        ("page.*.js", None, r"^The editor could not be loaded \(.*\)\. Is there a connection\? Try again\.$"),
    ],
)
def test_what_cannot_be_fetched_is_said_and_fetched_the_next_time(
    fresh: Page, what: str, status: int | None, words: str
) -> None:
    pattern = f"**/{what}"
    fresh.route(
        pattern, lambda route: route.fulfill(status=status) if status else route.abort("connectionreset")
    )
    first = cell(fresh, 1)
    press(first, "Run")
    says(first, words)
    fresh.unroute(pattern)
    press(first, "Run")
    says(first, "^Done in ")


def test_a_network_that_fails_half_way_is_said_and_what_came_is_kept(fresh: Page) -> None:
    (sympy,) = (data for name, data in served.runtime().items() if name.startswith("live/sympy."))
    with served.running({"/sympy": ("application/octet-stream", sympy)}) as server:
        server.halved.add("/sympy")
        fresh.route("**/live/sympy.*.bin", lambda route: route.continue_(url=f"{server.address}/sympy"))
        first = cell(fresh, 1)
        write(first, "print('kept')")
        press(first, "Run")
        says(first, r"^The connection failed at sympy\.\w+\.bin \(\d\.\d of \d\.\d MB\)\. Try again\.")
        assert typed(first) == "print('kept')"
        fresh.wait_for_timeout(1000)  # the other parts have come
        fresh.unroute("**/live/sympy.*.bin")
        asked: list[str] = []
        fresh.on("request", lambda request: asked.append(request.url))
        press(first, "Run")
        says(first, "^Done in ")
    expect(first.locator(".ov-out")).to_have_text("kept")
    assert [re.sub(r"\..*", "", each.rpartition("/")[2]) for each in asked if ".bin" in each] == [
        "sympy",
        "king-james-two-layers",
    ]


def test_a_frame_that_cannot_be_loaded_is_said(fresh: Page) -> None:
    fresh.route("**/live/frame.*.html", lambda route: route.abort("internetdisconnected"))
    first = cell(fresh, 1)
    press(first, "Run")
    says(first, "^The frame for Python could not be loaded")
    fresh.unroute("**/live/frame.*.html")
    press(first, "Run")
    says(first, "^Done in ")


FILLED = """() => {
  const most = 5 * 1024 * 1024;
  for (let size = most; size >= 1; size = Math.floor(size / 2)) {
    try { localStorage.setItem(`filled ${size}`, "x".repeat(size)); } catch { /* too much */ }
  }
}"""
FORBIDDEN = """
if (origin !== "null") { // the frame has neither
const refuse = () => { throw new DOMException("it is forbidden", "SecurityError"); };
Object.defineProperty(window, "localStorage", { get: refuse });
caches.open = async () => refuse();
}
"""


def test_a_full_storage_is_said_and_the_cell_runs_all_the_same(page: Page, visit: Watched) -> None:
    page.evaluate(FILLED)
    first = cell(page, 1)
    write(first, "print('typed ' * 50)")
    says(first, "^This browser's storage is full: what you type stays here until you leave the page")
    press(first, "Run")
    says(first, "^Done in ")
    assert typed(first) == "print('typed ' * 50)"
    assert visit.wrong == []


def test_a_forbidden_storage_is_said_and_the_cell_runs_all_the_same(browser: Browser) -> None:
    with Watched(browser, width=PHONE, scheme="light") as watched:
        page = watched.page
        page.add_init_script(FORBIDDEN)
        page.goto(ADDRESS + LESSON)
        first = cell(page, 1)
        write(first, "print('typed')")
        says(first, "^This browser forbids storage: what you type stays here until you leave the page")
        press(first, "Run")
        says(first, "^Done in ")
        expect(first.locator(".ov-out")).to_have_text("typed")
        assert [each for each in watched.wrong if not re.search("forbidden", each)] == []


def test_an_edit_of_a_cell_that_the_course_has_changed_is_kept(page: Page) -> None:
    arrive(page, "lessons/03_one_attention_head/")
    where = "/lessons/03_one_attention_head"
    kept = "{'3': {code: 'print(1)', original: 'what once stood here'}}"
    page.evaluate(f"localStorage.setItem('ovlearn:edits:{where}', JSON.stringify({kept}))")
    page.reload()
    first = cell(page, 3)
    press(first, "Edit")
    says(first, "^The course has changed this cell since you edited it. What you wrote is kept")
    assert typed(first) == "print(1)"
    press(first, "Restore the original")
    expect(first.locator(".cm-content")).to_contain_text("tokens = model.encode")
