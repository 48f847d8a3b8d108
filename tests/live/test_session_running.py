"""Cells that run as in a notebook: one namespace, what shows and what does not, in order."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path

import pytest

from ovlearn.numeric.zoo.trained import FOLDER
from ovlearn_live.session import MODELS
from tests.live.reader import Reader, as_it_is, seen


@pytest.fixture
def reader() -> Reader:
    return Reader(as_it_is)


def test_cells_share_names_until_a_reset(reader: Reader) -> None:
    assert reader.run("x = 20\nx + 1", 1)["outputs"] != []
    assert seen(reader.run("x + 22", 2)) == ["42"]
    assert reader.reset()["error"] is None
    assert "NameError: name 'x' is not defined" in reader.run("x", 3)["error"]["says"]
    assert seen(reader.run("print(len)", 4)) == ["<built-in function len>"]


@pytest.mark.parametrize(
    ("code", "outputs"),
    [
        ("1\n2", ["2"]),
        ("None", []),
        ("x = 3", []),
        ("3;", []),
        ("3;  # no more", []),
        ("'a;'", ["'a;'"]),
        ("print('a'); 7", ["a", "7"]),
        ("print('a')\nprint('b')", ["a\nb"]),
        ("print('a')\ndisplay(1, 2)\nprint('b', end='')\n3", ["a", "1", "2", "b", "3"]),
        ("if True:\n    4", []),
        ("", []),
        ("# a word", []),
        ("%matplotlib inline\n!pip install x\n5", ["5"]),
        ("import sys\nprint('no', file=sys.stderr)", ["no"]),
        ("print('\\x1b[31mred\\x1b[0m')", ["red"]),
        ("print('<b>&amp;</b>')", ["<b>&amp;</b>"]),
        ("{'k' * 40: 1, 'l' * 40: 2}", [f"{{'{'k' * 40}': 1,\n '{'l' * 40}': 2}}"]),
    ],
)  # fmt: skip
def test_what_a_cell_shows(reader: Reader, code: str, outputs: list[str]) -> None:
    done = reader.run(code)
    assert done["error"] is None
    assert seen(done) == outputs


def test_the_richest_form_shows_as_the_build_orders_them(reader: Reader) -> None:
    define = """
class Shown:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": "plain", "text/html": "<p>rich</p>", "image/png": "never"}, {}

class Drawn:
    def _repr_svg_(self):
        return '<?xml version="1.0"?><svg><title>A</title></svg>'
    def _repr_html_(self):
        return None
    def _repr_latex_(self):
        raise NotImplementedError

class Quiet:
    def __repr__(self):
        return "Quiet()"
"""
    reader.run(define)
    rich, drawn = reader.run("display(Shown(), Drawn())")["outputs"]
    assert rich == '<div class="ov-out ov-html" data-search-exclude>\n<p>rich</p>\n</div>'
    assert '<figure class="ov-figure"><svg><title>' in drawn
    assert seen(reader.run("Quiet()")) == ["Quiet()"]
    assert seen(reader.run("Shown")) == ["<class '__main__.Shown'>"]


def test_code_belongs_to_a_main_of_its_own(reader: Reader) -> None:
    """As in a notebook: dataclasses, pickle and type hints look into `__main__`."""
    code = """
import pickle, typing
from dataclasses import dataclass

@dataclass
class Point:
    x: "Number"

Number = int
print(pickle.loads(pickle.dumps(Point(3))).x, typing.get_type_hints(Point))
__name__
"""
    before = sys.modules["__main__"]
    assert seen(reader.run(code)) == ["3 {'x': <class 'int'>}", "'__main__'"]
    assert sys.modules["__main__"] is before
    assert not hasattr(builtins, "display")


def test_numbers_of_equations_are_those_of_the_page() -> None:
    reader = Reader(as_it_is)
    code = "import ovlearn as ov\nov.show(ov.derive('ov-fold'), label='eq:fold', seeds=1)"
    for labels in ({"eq:fold": "4.2"}, {"eq:fold": ["(4.2)", "elsewhere"]}):
        (html,) = reader.run(code, labels=labels)["outputs"]
        assert 'id="eq-fold"' in html
        assert '<a class="ov-eqno" href="#eq-fold" title="Link to this equation">(4.2)</a>' in html
    (html,) = reader.run(code)["outputs"]
    assert "ov-eqno" not in html
    assert "label" not in html.replace("aria-label", "")


def test_equations_are_set_by_katex_with_their_symbols_marked() -> None:
    (html,) = Reader().run("import ovlearn as ov\nov.derive('ov-fold').lemmas[0]")["outputs"]
    assert "katex-html" in html
    assert 'data-symbol="W_OV"' in html


def test_wrong_tex_is_shown_as_it_is() -> None:
    class_ = "class A:\n    def _repr_latex_(self):\n        return '$\\\\frac{1}{$'\nA()"
    (html,) = Reader().run(class_)["outputs"]
    assert r"<code>\frac{1}{</code>" in html
    assert "xpected" in html


def test_models_are_looked_for_where_the_page_puts_them() -> None:
    assert Path(MODELS) == FOLDER
