"""The helper that holds our LaTeX against KaTeX: it must be able to say no."""

import pytest

from tests import katex


def test_good_tex_gives_html_and_mathml() -> None:
    first, second = katex.render([r"W_{OV} = W_V W_O", r"\begin{align*} x &= y \\ &= z \end{align*}"])
    assert "katex-display" in first
    assert "<math" in first
    assert "W_{OV} = W_V W_O" in first  # the annotation keeps the source
    assert "mtable" in second


def test_inline_is_not_display() -> None:
    (inline,) = katex.render([r"A_1"], display=False)
    assert "katex-display" not in inline


def test_order_and_number_are_kept() -> None:
    html = katex.render([f"x_{{{i}}}" for i in range(20)])
    assert [f"x_{{{i}}}" in h for i, h in enumerate(html)] == [True] * 20
    assert katex.render([]) == []


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        pytest.param(r"\frac{1}{", "expected", id="unclosed"),
        pytest.param(r"\nosuchcommand x", "Undefined control sequence", id="unknown command"),
        pytest.param(r"\begin{align} x \end{matrix}", "Mismatch", id="mismatched environment"),
        pytest.param(r"x \\ y", "newLineInDisplayMode", id="only a warning by default: stray line break"),
        pytest.param("é", "unicodeTextInMathMode", id="only a warning by default: text in math"),
    ],
)
def test_bad_tex_is_named(source: str, complaint: str) -> None:
    with pytest.raises(katex.KatexError, match=complaint) as caught:
        katex.render(["x", source, "y"])
    assert caught.value.source == source
    assert source in str(caught.value)


def test_without_katex_it_says_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    katex._attempts.cache_clear()
    monkeypatch.setattr(katex, "_SCRIPT", tmp_path / "katex.min.js")
    with pytest.raises(RuntimeError, match="make node"):
        katex.render(["x"])
