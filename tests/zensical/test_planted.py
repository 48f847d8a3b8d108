"""A fault in one build alone is found, and nothing that is known explains it away."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.zensical.builds import WITH_MKDOCS, WITH_ZENSICAL, WRITTEN
from tests.zensical.comparing import Difference, between_sites
from tests.zensical.known import KNOWN

PAGE = "lessons/07_the_ov_circuit/index.html"
COPIED = (PAGE, "index.html", "errata/index.html", "sitemap.xml", "lessons/07_the_ov_circuit.ipynb")
SEARCH = "search.json"

# What is broken, where, what it was and becomes there, and what kind of difference that is.
FAULTS = (
    ("a word", PAGE, "Here you derive it", "Here we derive it", "text"),
    ("a sentence", PAGE, r"Of all paths through a network.*?\.", "", "text"),
    ("a word of code", PAGE, r'<span class="n">looked_at</span>', '<span class="n">looked</span>', "text"),
    ("the TeX of an equation", PAGE, r'x-tex">W_\{OV\}</ann', 'x-tex">W_{QK}</ann', "equations"),
    (
        "what an equation shows",
        PAGE,
        r'(katex-base.*?style="margin-right:[^"]*">)E',
        r"\1F",
        "equations",
    ),
    (
        "an equation",
        PAGE,
        r'The words <span class="ov-inline">.*? are embedded',
        "The words are embedded",
        "equations",
    ),
    ("an equation left as TeX", PAGE, r'<span class="ov-inline">', r"\(W_{OV}\)<span>", "text"),
    ("an equation's number", PAGE, r'(class="ov-eqno"[^>]*>)\(7\.1\)', r"\1(7.2)", "numbers"),
    ("a number of a picture", PAGE, r'(<svg viewBox="0 0 )\d+', r"\g<1>999", "figures"),
    ("a picture", PAGE, r"<figure.*?</figure>", "", "figures"),
    ("where a link leads", PAGE, r'exercises/07(\w+/">4 exercises)', r"exercises/08\1", "links"),
    ("a link's anchor", PAGE, r'href="(\.\./[^"#]+)#[^"]+"', r'href="\1"', "links"),
    ("what a link is called", PAGE, r">4 exercises</a>", ">five exercises</a>", "links"),
    ("an anchor", PAGE, 'id="what-does-this-head-do-with-a-word"', 'id="what"', "anchors"),
    ("what marks a cell", PAGE, 'data-cell="1"', 'data-cell="2"', "markup"),
    ("emphasis", PAGE, r"<strong>(OV circuit)</strong>", r"\1", "markup"),
    ("a space between words", PAGE, r" <strong>OV circuit", "<strong>OV circuit", "text"),
    ("the title", PAGE, r"<title>7\. ", "<title>8. ", "head"),
    ("the preview's title", PAGE, r'(og:title" content=")7', r"\g<1>8", "head"),
    ("a style sheet", PAGE, r'<link rel="stylesheet" href="[^"]*theme/pages.css">', "", "head"),
    ("the script of live cells", PAGE, r"<script[^>]*live/loader[^>]*></script>", "", "head"),
    ("the glossary", PAGE, r'"meaning":"the embedding"', '"meaning":"an embedding"', "head"),
    (
        "an entry of the outline",
        PAGE,
        r'(md-nav--secondary.*?class="md-typeset">\s*)What',
        r"\1Who",
        "outline",
    ),
    ("an entry of the menu", PAGE, r"(md-nav__link.*?)6\. Every path", r"\g<1>6. Each path", "menu"),
    ("a tab", "index.html", r'(md-tabs__link">\s*)Exercises', r"\1Drill", "tabs"),
    (
        "the next page",
        PAGE,
        r'(md-footer__link--next.*?ellipsis">\s*)8\. Two',
        r"\g<1>9. Two",
        "footer",
    ),
    ("an address in the list of pages", "sitemap.xml", r"<loc>[^<]*errata/</loc>", "", "file"),
    ("a notebook", "lessons/07_the_ov_circuit.ipynb", "OV circuit", "QK circuit", "file"),
    ("a file", "lessons/07_the_ov_circuit.ipynb", None, None, "file"),
    ("a page", "errata/index.html", None, None, "page"),
    (
        "a section of the search",
        SEARCH,
        r'\{"location":"lessons/07_the_ov_circuit/",.*?"tags":\[\]\},',
        "",
        "search",
    ),
)


@pytest.fixture
def builds(tmp_path: Path) -> tuple[Path, Path]:
    """A part of the site, as built by Zensical, and as built by MkDocs."""
    for name, site in (("one", WITH_MKDOCS), ("other", WITH_ZENSICAL)):
        for place in COPIED:
            (tmp_path / name / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(site / place, tmp_path / name / place)
        shutil.copy(WITH_ZENSICAL / SEARCH, tmp_path / name / SEARCH)
    return tmp_path / "one", tmp_path / "other"


def unexplained(builds: tuple[Path, Path]) -> list[Difference]:
    return [one for one in between_sites(*builds) if not any(known.explains(one) for known in KNOWN)]


def test_without_a_fault_they_are_alike(builds: tuple[Path, Path]) -> None:
    assert unexplained(builds) == []


@pytest.mark.parametrize(
    ("place", "was", "becomes", "kind"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_a_fault_is_found(
    place: str, was: str | None, becomes: str | None, kind: str, builds: tuple[Path, Path]
) -> None:
    file = builds[1] / place
    if was is None or becomes is None:
        file.unlink()
    else:
        before = file.read_text(encoding="utf-8")
        after, planted = re.subn(was, becomes, before, count=1, flags=re.DOTALL)
        assert planted, "the fault was not planted"
        file.write_text(after, encoding="utf-8")
    found = unexplained(builds)
    assert kind in {one.kind for one in found}, [str(one) for one in found]


@pytest.mark.parametrize(
    ("broken", "said"),
    [("[gone](../nowhere.md)", "does not exist"), ("[gone](../errata.md#nowhere)", "nowhere")],
    ids=["a page", "an anchor"],
)
def test_zensical_stops_at_a_dead_link(broken: str, said: str) -> None:
    copy = WRITTEN.with_name("zensical-planted")  # beside it: its paths lead from there
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(WRITTEN, copy, ignore=shutil.ignore_patterns(".cache", "live"))
    page = copy / "docs" / "lessons" / "01_residual_stream.md"
    page.write_text(f"{page.read_text(encoding='utf-8')}\n{broken}\n", encoding="utf-8")
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    shutil.rmtree(copy)
    assert done.returncode != 0
    assert said in re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)
