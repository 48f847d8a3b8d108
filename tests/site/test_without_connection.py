"""Pages that were opened are read without a connection; the site as it is now comes first, and whole."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect

import rendering.offline
from tests.site.built import ADDRESS, launched
from tests.site.changing import EXERCISES, LESSON, NEXT, Site, changing, cut, kept, seen
from tests.site.doing import equations_are_set, search
from tests.site.test_pages import WCAG, violations
from tests.site.watching import Watched

UNREAD = "lessons/09_reading_an_ov_circuit/"
ABSENT = "This page is not here without a connection"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with changing(tmp_path_factory.mktemp("changing") / "site") as server:
        yield server


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    with launched(site.server_port) as started:
        yield started


@pytest.fixture(autouse=True)
def _fresh(site: Site) -> None:
    site.fresh()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    with Watched(browser, width=1280, scheme="light", kept=True) as watched:
        yield watched


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page


def opened(page: Page, *places: str, instead: str = "") -> str:
    """Open pages, and wait until they are kept; return the name of the cache."""
    name = ""
    for place in places:
        page.goto(ADDRESS + place)
        name = kept(page, f"{place}index.html", instead=instead)
    return name


# Reading


FONTS = """() => performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname.slice(1))
  .filter(name => name.endsWith(".woff2"))"""


def test_pages_that_were_opened_are_read_found_and_swapped(watched: Watched, site: Site) -> None:
    page = watched.page
    opened(page, LESSON)
    page.locator(".md-footer__link--next").click()  # by instant navigation
    expect(page).to_have_url(ADDRESS + NEXT)
    kept(page, f"{NEXT}index.html")
    assert equations_are_set(page)
    for font in page.evaluate(FONTS):  # these come when they are used
        kept(page, font)
    cut(page, site)
    page.reload()
    assert equations_are_set(page)
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('1em Inter Variable'))")
    page.evaluate("window.kept = true")
    page.locator(".md-footer__link--prev").click()
    expect(page.locator("article h1")).to_contain_text("Freeze the attention")
    search(page, "freezing", LESSON)
    assert page.evaluate("window.kept") is True
    assert seen(page) == ["1", "1", "1"]
    assert watched.wrong == []


def test_a_page_that_was_not_opened_says_so_and_names_those_that_were(watched: Watched, site: Site) -> None:
    page = watched.page
    opened(page, LESSON, EXERCISES)
    cut(page, site)
    page.goto(ADDRESS + UNREAD)
    says(page, ABSENT)
    links = page.locator("article li a")
    assert links.evaluate_all("all => all.map(each => each.href)") == [ADDRESS + EXERCISES, ADDRESS + LESSON]
    assert violations(page, WCAG) == []
    links.nth(1).click()
    expect(page).to_have_url(ADDRESS + LESSON)
    page.evaluate("window.kept = true")
    aside = page.locator(f".md-nav--primary a[href*='{UNREAD.split('/')[1]}']").first
    aside.evaluate("link => { link.href += '#somewhere'; link.click(); }")
    says(page, ABSENT)
    assert page.evaluate("window.kept") is True  # swapped, like any other
    assert watched.wrong == []
    cut(page, site, off=False)
    page.goto(ADDRESS + UNREAD)
    expect(page.locator("article h1")).to_contain_text("Reading an OV circuit")


def says(page: Page, words: str) -> None:
    expect(page.locator("article h1")).to_have_text(re.compile(words))


# Changes


def a_changed_site_is_seen_at_once_and_kept_whole(page: Page, site: Site) -> None:
    before = opened(page, EXERCISES, LESSON)
    site.publish(2)
    page.goto(ADDRESS + LESSON)
    assert seen(page) == ["2", "2", "2"]
    kept(page, f"{EXERCISES}index.html", instead=before)  # and nothing of another version
    kept(page, f"{LESSON}index.html", instead=before)
    cut(page, site)
    for place in (EXERCISES, LESSON):
        page.goto(ADDRESS + place)
        assert seen(page) == ["2", "2", "2"]


def an_update_that_fails_leaves_the_old_version_whole(page: Page, site: Site) -> None:
    before = opened(page, EXERCISES, LESSON)
    site.publish(2)
    site.missing = {EXERCISES}
    page.goto(ADDRESS + LESSON)
    assert seen(page) == ["2", "2", "2"]
    page.evaluate(UPDATED)
    cut(page, site)
    for place in (EXERCISES, LESSON):
        page.goto(ADDRESS + place)
        assert seen(page) == ["1", "1", "1"]
    site.missing = set()
    cut(page, site, off=False)
    page.goto(ADDRESS + LESSON)
    assert seen(page) == ["2", "2", "2"]
    kept(page, f"{EXERCISES}index.html", instead=before)


# Once the worker that the site has now is installed, or has failed.
UPDATED = """async () => {
  const registration = await (await navigator.serviceWorker.ready).update();
  const worker = registration.installing;
  const over = () => worker.state === "redundant" || worker.state === "activated";
  const change = () => new Promise(done => worker.addEventListener("statechange", done, { once: true }));
  while (worker && !over()) await change();
}"""


def a_new_page_gets_nothing_old_where_the_network_fails_in_between(page: Page, site: Site) -> None:
    opened(page, LESSON)
    site.publish(2)
    site.missing = {"offline.json"}
    page.goto(ADDRESS + LESSON)
    assert seen(page) == ["2", "2", "2"]
    cut(page, site)
    assert page.evaluate("fetch('../../theme/site.css').catch(() => null)") is None


def an_old_page_gets_nothing_new_where_the_network_is_back(page: Page, site: Site) -> None:
    opened(page, LESSON)
    cut(page, site)
    page.goto(ADDRESS + LESSON)
    site.publish(2)
    site.missing = {"offline.json"}
    cut(page, site, off=False)
    assert "--version: 1" in page.evaluate("fetch('../../theme/site.css').then(answer => answer.text())")
    page.goto(ADDRESS + LESSON)
    assert seen(page) == ["2", "2", "2"]


def a_new_page_is_not_put_among_old_ones(page: Page, site: Site) -> None:
    opened(page, LESSON)
    site.publish(2)
    site.missing = {"offline.json"}
    page.goto(ADDRESS + EXERCISES)
    page.evaluate(UPDATED)
    cut(page, site)
    page.goto(ADDRESS + EXERCISES)
    assert page.locator("article h1").inner_text() == ABSENT
    assert seen(page)[1:] == ["1", "1"]


Story = Callable[[Page, Site], None]
STORIES: tuple[Story, ...] = (
    a_changed_site_is_seen_at_once_and_kept_whole,
    an_update_that_fails_leaves_the_old_version_whole,
    a_new_page_gets_nothing_old_where_the_network_fails_in_between,
    an_old_page_gets_nothing_new_where_the_network_is_back,
    a_new_page_is_not_put_among_old_ones,
)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_nothing_old_stays_and_nothing_is_mixed(page: Page, site: Site, story: Story) -> None:
    story(page, site)


def test_what_a_host_lets_browsers_keep_is_not_mixed_either(page: Page, site: Site) -> None:
    site.caching = "max-age=600"
    before = opened(page, EXERCISES, LESSON)
    site.publish(2)
    page.evaluate(UPDATED)
    kept(page, f"{EXERCISES}index.html", instead=before)
    cut(page, site)
    for place in (EXERCISES, LESSON):
        page.goto(ADDRESS + place)
        assert seen(page) == ["2", "2", "2"]


# What a careless worker would do, and the story that goes wrong then.
FAULTS: dict[str, tuple[str, str, Story]] = {
    "the cache comes first for pages": ("!isPage && (", "(!isPage || ", STORIES[0]),
    "an update forgets what the last one had": ('["503.html", ...wanted]', '["503.html"]', STORIES[0]),
    "the old cache stays": ("caches.delete(name)", "name", STORIES[0]),
    "an update goes on without what fails": (
        "keep(path, { old })))",
        "keep(path, { old }).catch(() => {})))",
        STORIES[1],
    ),
    "a new page gets what is old": ('mark(opened, "other")', "0", STORIES[2]),
    "an old page gets what is new": ('how === "kept"', "false", STORIES[3]),
    "what is kept is not looked at": ("&& hash === (await manifest()).files[path]", "", STORIES[4]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_careless_worker_is_noticed(
    page: Page, site: Site, fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    right, wrong, story = FAULTS[fault]
    source = rendering.offline._SOURCE.read_text(encoding="utf-8")
    assert source.count(right) == 1
    careless = tmp_path / "worker.js"
    careless.write_text(source.replace(right, wrong), encoding="utf-8")
    monkeypatch.setattr(rendering.offline, "_SOURCE", careless)
    monkeypatch.setattr(sys.modules[__name__], "kept", partial(kept, patience=6_000))
    site.fresh()
    with pytest.raises((AssertionError, Error)):
        story(page, site)


# Where it cannot be


@pytest.mark.parametrize("when", ["from the first", "later"])
def test_a_full_storage_is_no_error(watched: Watched, site: Site, when: str) -> None:
    page = watched.page
    quota = {"origin": ADDRESS.rstrip("/"), "quotaSize": 50_000}
    if when == "later":
        opened(page, LESSON)
    watched.context.new_cdp_session(page).send("Storage.overrideQuotaForOrigin", quota)
    page.goto(ADDRESS + NEXT)
    page.wait_for_timeout(1500)
    assert seen(page) == ["1", "1", "1"]
    controlled = page.evaluate("!!navigator.serviceWorker.controller")
    assert controlled is (when == "later")
    assert watched.wrong == []
    if controlled:
        cut(page, site)
        page.goto(ADDRESS + NEXT)
        says(page, ABSENT)
        page.goto(ADDRESS + LESSON)
        assert seen(page) == ["1", "1", "1"]


# A storage that the browser refuses once the worker is there.
FORBIDDEN = """
const open = caches.open.bind(caches);
const refused = () => { throw new DOMException("it is forbidden", "SecurityError"); };
caches.open = async name => self.registration.active ? refused() : open(name);
"""


def test_a_forbidden_storage_is_no_error(watched: Watched, site: Site) -> None:
    page, worker = watched.page, site.folder / "offline-worker.js"
    worker.write_text(FORBIDDEN + worker.read_text(encoding="utf-8"), encoding="utf-8")
    page.goto(ADDRESS + LESSON)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    page.wait_for_timeout(500)
    assert page.evaluate("!!navigator.serviceWorker.controller")
    assert equations_are_set(page)
    assert watched.wrong == []


REFUSE = "throw new DOMException('it is forbidden', 'SecurityError');"
REFUSED = {
    "registering": f"ServiceWorkerContainer.prototype.register = async () => {{ {REFUSE} }}",
    "reading the property": (
        f"Object.defineProperty(Navigator.prototype, 'serviceWorker', {{ get() {{ {REFUSE} }} }})"
    ),
    "no such property": "delete Navigator.prototype.serviceWorker",
    "no secure context": "Object.defineProperty(window, 'isSecureContext', { value: false })",
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_browser_refuses_is_no_error(watched: Watched, site: Site, what: str) -> None:
    page = watched.page
    page.add_init_script(REFUSED[what])
    page.goto(ADDRESS + LESSON)
    assert equations_are_set(page)
    page.wait_for_timeout(1000)
    assert watched.wrong == []
    assert "offline-worker.js" not in site.asked


# Below a path


def test_below_a_path_nothing_outside_is_touched(watched: Watched, site: Site) -> None:
    site.fresh("/ovlearn/")
    page = watched.page
    page.goto(site.address + LESSON)
    kept(page, f"{LESSON}index.html")
    page.reload()
    with page.expect_response(f"{ADDRESS}treasure") as outside:
        page.evaluate("fetch('/treasure')")
    assert not outside.value.from_service_worker
    with page.expect_response("**/theme/site.css") as inside:
        page.evaluate("fetch('../../theme/site.css')")
    assert inside.value.from_service_worker
    names = page.evaluate("caches.keys()")
    assert [re.sub(r" \w+$", "", name) for name in names] == [
        f"ovlearn-offline {site.address}",
        "ovlearn-live",
    ]
    cut(page, site)
    page.reload()
    assert seen(page) == ["1", "1", "1"]
    assert page.evaluate("fetch('/treasure').catch(() => null)") is None
