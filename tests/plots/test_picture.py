"""What every picture has: a name, a description, words for those who do not see it; the same each time."""

import gzip
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from importlib import import_module
from inspect import isfunction
from pkgutil import iter_modules
from xml.etree import ElementTree

import numpy as np
import pytest

from ovlearn import plots
from ovlearn.plots import Picture
from ovlearn.plots.svg import tag

from .cases import DRAWN, example, make_pattern, make_run, make_scores, pictures
from .reading import ids, parsed, texts

PICTURES = pictures()
every_picture = pytest.mark.parametrize("picture", [pytest.param(p, id=name) for name, p in PICTURES.items()])


def test_every_function_that_draws_is_named() -> None:
    """A file of the floor that returns a Picture from a public function is one that readers can call."""
    for info in iter_modules(plots.__path__):
        file = import_module(f"{plots.__name__}.{info.name}")
        for name, found in vars(file).items():
            drawn = isfunction(found) and found.__module__ == file.__name__ and not name.startswith("_")
            if drawn and found.__annotations__.get("return") == "Picture":
                assert name in DRAWN, f"{info.name}.py draws {name}, which plots/__init__.py does not name"


@every_picture
def test_the_html_is_well_formed_and_on_one_line(picture: Picture) -> None:
    html = picture._repr_html_()
    assert parsed(picture).tag == "figure"
    assert "\n" not in html  # so that Markdown takes it as it is
    assert "<script" not in html  # which instant navigation would run, and notebooks strip
    assert "<style" not in html  # which would leak into the page
    assert "http" not in html  # nothing is loaded


@every_picture
def test_each_svg_is_an_image_with_a_name_and_a_description(picture: Picture) -> None:
    root = parsed(picture)
    for svg in root.iter("svg"):
        assert svg.attrib["role"] == "img"
        named, described = svg.attrib["aria-labelledby"].split()
        title, desc = (next(e for e in svg.iter() if e.attrib.get("id") == i) for i in (named, described))
        assert (title.tag, desc.tag) == ("title", "desc")
        assert (title.text or "").strip()
        assert (desc.text or "").strip().endswith(".")
    assert len(ids(root)) == len(set(ids(root)))


@every_picture
def test_there_is_a_table_to_read_instead(picture: Picture) -> None:
    tables = list(parsed(picture).iter("table"))
    assert tables
    for table in tables:
        assert table.find("caption") is not None
        assert table.findall(".//th[@scope='col']")
        assert table.findall(".//th[@scope='row']")


@every_picture
def test_colours_are_variables_with_a_fallback(picture: Picture) -> None:
    for element in parsed(picture).iter():
        for name in ("fill", "stroke"):
            colour = element.attrib.get(name, "none")
            assert colour in ("none", "currentColor") or re.fullmatch(r"var\(--ov-\w+,#[0-9a-f]{6}\)", colour)


def test_the_same_picture_has_the_same_html() -> None:
    assert {name: p._repr_html_() for name, p in pictures().items()} == {
        name: p._repr_html_() for name, p in PICTURES.items()
    }


def test_other_numbers_or_words_have_other_ids() -> None:
    one_value_off = np.eye(10) + 0.01 * np.eye(10)[::-1]  # by less than a shade
    made = [
        plots.matrix(np.eye(10)),
        plots.matrix(one_value_off),
        plots.pattern(make_pattern(4)),
        plots.pattern(make_pattern(4, seed=1)),
        plots.pattern(make_pattern(4), title="One"),
        plots.pattern(make_pattern(4), tokens=list("abcd")),
        plots.matrix(make_pattern(4)),
        plots.bars([1, 2]),
        plots.bars([1, 2], title="Two"),
        plots.spectrum([1, 2]),
        plots.spectrum([[1], [2]]),
        plots.composition(make_scores(2, 2)),
        plots.composition(make_scores(2, 2), kind="V"),
        plots.heads([[1, 2]], [[3, 4]], "x", "y"),
        plots.heads([[1, 2]], [[3, 4]], "x", "z"),
        plots.contributions(make_run(1, 1), 0, 0),
        plots.contributions(make_run(1, 1), 0, 1),
    ]
    assert len({tuple(ids(parsed(picture))) for picture in made}) == len(made)


def test_the_repr_is_fixed_and_short() -> None:
    assert repr(PICTURES["pattern"]) == "Picture('A pattern')"
    assert repr(PICTURES["large pattern"]) == "Picture('')"


def test_a_picture_is_frozen_and_compares_by_value() -> None:
    with pytest.raises(FrozenInstanceError):
        PICTURES["bars"].title = "other"  # type: ignore[misc]
    assert plots.bars([1, 2]) == plots.bars([1, 2]) != plots.bars([1, 3])


def test_the_caption() -> None:
    words = "<figcaption><strong>A pattern</strong><br/>What it shows.</figcaption>"
    assert words in PICTURES["pattern"]._repr_html_()
    assert "<figcaption>" not in PICTURES["large pattern"]._repr_html_()
    assert (
        plots.bars([1], caption="Only words.")._repr_html_().count("<figcaption>Only words.</figcaption>")
        == 1
    )
    assert "<strong>&lt;i&gt;&amp;</strong>" in PICTURES["nasty pattern"]._repr_html_()


def test_an_attribute_cannot_break_out() -> None:
    value = "a\"b'c<d>&\n"
    made = tag("rect", data_v=value)
    assert ElementTree.fromstring(made).attrib["data-v"] == value
    assert "\n" not in made


@pytest.mark.parametrize(
    ("picture", "most"),
    [
        pytest.param(plots.pattern(make_pattern(12)), 1_820, id="12 × 12"),
        pytest.param(plots.pattern(make_pattern(40)), 4_500, id="40 × 40"),
        pytest.param(plots.pattern(make_pattern(64)), 8_000, id="64 × 64"),
        pytest.param(plots.pattern(make_pattern(40, causal=False)), 6_200, id="40 × 40, no mask"),
        pytest.param(plots.bars(range(12)), 1_200, id="12 bars"),
        pytest.param(PICTURES["explorer"], 5_200, id="explorer"),
        pytest.param(PICTURES["spectra"], 6_500, id="8 × 40 eigenvalues"),
        pytest.param(PICTURES["large composition"], 6_500, id="composition of 12 × 12"),
        pytest.param(PICTURES["large heads"], 6_500, id="12 × 12 heads"),
        pytest.param(PICTURES["contributions"], 1_600, id="contributions"),
    ],
)
def test_weight(picture: Picture, most: int) -> None:
    """In bytes over the wire, table included."""
    assert len(gzip.compress(picture._repr_html_().encode(), mtime=0)) <= most


def test_the_explorer_is_light_unpacked_too() -> None:
    assert len(PICTURES["explorer"]._repr_html_()) <= 44_000


def test_titles_are_shown_once() -> None:
    assert texts(parsed(PICTURES["pattern"]), ".//strong") == ["A pattern"]


@pytest.mark.parametrize("name", DRAWN)
def test_words_must_be_strings(name: str) -> None:
    for words in ("title", "caption"):
        with pytest.raises(TypeError, match=f"^{words}: expected str, got 3 \\(int\\)$"):
            DRAWN[name](**example(name).arguments | {words: 3})


@pytest.mark.parametrize("name", DRAWN)
def test_title_and_caption_are_shown(name: str) -> None:
    made = DRAWN[name](**example(name).arguments | {"title": "One", "caption": "Two."})
    assert (made.title, made.caption) == ("One", "Two.")
    assert "<figcaption><strong>One</strong><br/>Two.</figcaption>" in made._repr_html_()


def test_the_floor_needs_numpy_alone() -> None:
    code = "import sys, ovlearn.plots; print(sorted({'sympy', 'matplotlib', 'IPython'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_public_name_is_a_submodule() -> None:
    modules = {module.name for module in iter_modules(plots.__path__)}
    assert not modules & set(DRAWN)
