"""KaTeX in this process: what our LaTeX must satisfy. It must be able to say no."""

from __future__ import annotations

import pytest

from rendering import RenderError
from rendering.assets import NODE_MODULES
from rendering.equations import katex
from rendering.equations.formulas import Formula
from rendering.equations.katex import TexError


def typeset(tex: str, display: bool) -> str:
    return katex.typeset(Formula.typed(tex), display)


def test_good_tex_gives_html_and_mathml() -> None:
    found = typeset(r"W_{OV} = W_V W_O", display=True)
    assert "katex-display" in found
    assert "<math" in found
    assert "W_{OV} = W_V W_O" in found  # the annotation keeps the source
    assert "mtable" in typeset(r"\begin{align*} x &= y \\ &= z \end{align*}", display=True)


def test_inline_is_not_display() -> None:
    assert "katex-display" not in typeset("A_1", display=False)


@pytest.mark.parametrize("symbols", [None, ()])
@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        pytest.param(r"\frac{1}{", "xpected", id="unclosed"),
        pytest.param(r"\nosuchcommand x", "Undefined control sequence", id="unknown command"),
        pytest.param(r"\begin{align} x \end{matrix}", "Mismatch", id="mismatched environment"),
        pytest.param("x^2^3", "Double superscript at position 4", id="place"),
        pytest.param(r"x \\ y", "newLineInDisplayMode", id="only a warning by default: stray line break"),
        pytest.param("é", "unicodeTextInMathMode", id="only a warning by default: text in math"),
        pytest.param(r"\htmlClass{x}{y}", "not allowed: .*htmlClass", id="written in red by default"),
    ],
)
def test_bad_tex_is_named(symbols: tuple[()] | None, source: str, complaint: str) -> None:
    with pytest.raises(TexError, match=complaint) as caught:
        katex.typeset(Formula(source, source, symbols), True)
    assert f"(in {source})" in str(caught.value)


def test_without_katex_it_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    katex._render.cache_clear()
    monkeypatch.setattr(katex, "_SCRIPT", NODE_MODULES / "none" / "katex.min.js")
    with pytest.raises(RenderError, match="make node"):
        typeset("x", display=False)
