"""Values that show themselves in Markdown look as the build makes them, though the page has no Markdown."""

from __future__ import annotations

import pytest

import ovlearn as ov
from ovlearn_live.page import Page
from rendering.equations import Typesetter
from rendering.outputs import written
from tests.live.building import Built, alike
from tests.live.reader import as_it_is

PIECES = {
    "words": "one *two* **three** `four <five>` and six",
    "signs": "a < b & c > d, \"e\" 'f'",
    "entities": "a &lt; b &amp; c",
    "lines": "one\ntwo\n\nthree",
    "list": "- one $x$\n- two\n  goes on\n- **three**",
    "display": "$$\nY = X \\label{eq:y}\n$$",
    "display in one line": "$$Y < X$$",
    "reference": "$$\nY = X \\label{eq:y}\n$$\n\nBy $\\eqref{eq:y}$, so.",
    "small": 'text\n\n<small class="x">in HTML, *marked*</small>',
    "block": "<div>\n<p>as *it* is</p>\n</div>",
    "dollars": "it costs 5 $ or $6",
    "code": "`$x$` is no equation",
    "names": "W_OV and 2 * 3 * 4",
}


def live(markdown: str, labels: dict[str, str]) -> str:
    return written({"text/markdown": markdown}, Page(Typesetter(render=as_it_is), labels))


@pytest.mark.parametrize("name", PIECES)
def test_a_piece_is_as_the_build_makes_it(name: str) -> None:
    built = Built()
    wanted = alike(built.html({"text/markdown": PIECES[name]}))
    assert alike(live(PIECES[name], built.labels)) == wanted


@pytest.mark.parametrize("slug", ov.derivations())
def test_a_derivation_is_as_the_build_makes_it(slug: str) -> None:
    """With its title, its assumptions and its lemmas."""
    text = ov.derive(slug).markdown()
    assert alike(live(text, {})) == alike(Built().html({"text/markdown": text}))


def test_a_heading_is_one_without_an_anchor() -> None:
    assert "<h2>A <em>title</em></h2>\n<p>text</p>" in live("## A *title*\n\ntext", {})


def test_fenced_code_stays_as_it_is() -> None:
    html = live("```python\nx = '$y$' < *z*\n\nw\n```", {})
    assert "<code>x = '$y$' &lt; *z*\n\nw\n</code>" in html
