"""The copy for reading from disk: opened without a server, it does what the site does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.built import ROOT
from tests.site.doing import chosen, equations_are_set, search
from tests.site.live.using import cell, press, says
from tests.site.watching import Watched


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The copy as `make site-offline` builds it."""
    folder = tmp_path_factory.mktemp("offline")
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(folder)]
    environment = {
        **os.environ,
        "OVLEARN_OFFLINE": "true",
        "OVLEARN_SITE_URL": "",
        "NO_MKDOCS_2_WARNING": "1",
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


@pytest.fixture
def page(browser: Browser, copy: Path) -> Iterator[Page]:
    """The copy's home page, which may ask for nothing but files of the copy."""
    with Watched(browser, width=1280, scheme="light", base=copy.as_uri()) as watched:
        watched.page.goto((copy / "index.html").as_uri())
        yield watched.page
    assert watched.wrong == []


def test_home_is_a_page_in_the_fonts_of_the_course(page: Page) -> None:
    expect(page.locator("article h1")).to_be_visible()
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('1em Inter Variable'))")
    assert page.locator("article .katex-html").count() > 0


def test_a_link_leads_to_a_lesson_with_its_equations(page: Page) -> None:
    page.locator(".md-tabs__link", has_text="Course").click()
    page.locator(".md-nav--primary .md-nav__link:visible", has_text="6. ").click()
    expect(page).to_have_url(re.compile(r"^file:.*/lessons/06_every_path\.html$"))
    assert equations_are_set(page)


def test_search_finds_a_word_and_follows_it(page: Page) -> None:
    search(page, "freezing", "lessons/05_freeze_the_attention.html")
    expect(page).to_have_url(re.compile(r"^file:.*/lessons/05_freeze_the_attention\.html"))


def test_the_path_explorer_works(page: Page, copy: Path) -> None:
    page.goto((copy / "lessons" / "06_every_path.html").as_uri())
    row = chosen(page, (2, 2)).locator("tr[data-path='0.1-1.0']")
    row.hover()
    row.hover(position={"x": 9, "y": 9})  # a list that scrolls under a mouse at rest does not count
    expect(row).to_have_class(re.compile("ov-on"))
    expect(page.locator(".ov-explorer [data-network]:visible .ov-readout b").first).to_have_text(
        re.compile(r"\d")
    )


@pytest.mark.usefixtures("python_in_page")
def test_a_cell_says_why_it_does_not_run_here(page: Page, copy: Path) -> None:
    page.goto((copy / "lessons" / "03_one_attention_head.html").as_uri())
    press(cell(page, 5), "Run")
    says(
        cell(page, 5),
        "^A page opened from disk may not load Python. Read it on the site, or run `make course`.",
    )
    page.goto((copy / "exercises" / "04_values_and_outputs_fold.html").as_uri())
    hints = page.locator("#ov_matrix ~ details.question:visible")
    before = hints.count()
    hints.first.locator("summary").click()  # hints come in stages here too
    expect(hints).to_have_count(before + 1)
