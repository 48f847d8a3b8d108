"""Spectra: each eigenvalue where it belongs, on one scale, and how far they are positive in sum."""

import re
from typing import Any

import numpy as np
import pytest

from ovlearn import plots
from ovlearn.numeric import Config, Transformer, circuits
from ovlearn.plots.marks import SHAPES
from ovlearn.plots.svg import SERIES

from .cases import refusal
from .reading import Element, marks, middle, number, one, parsed, svg_of, table, ticks, told

VALUES = np.array([2, 1 + 1j, 1 - 1j, -0.5, 3j])


def two(seed: int = 0, n: int = 6) -> Any:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(2, n)) + 1j * rng.normal(size=(2, n))


def read_off(svg: Element, mark: Element) -> complex:
    """Where a mark stands, by the ticks beside it."""
    x, y = middle(mark)
    across, up = ticks(svg)
    return complex(np.polyval(np.polyfit(*across, 1), x), np.polyval(np.polyfit(*up, 1), y))


def test_marks_stand_at_their_eigenvalues() -> None:
    svg = svg_of(plots.spectrum(VALUES))
    np.testing.assert_allclose([read_off(svg, mark) for mark in marks(svg)], VALUES, atol=0.02)


def test_a_unit_is_as_long_up_as_across() -> None:
    for values in (VALUES, two(), [3, 2, 1, 0.5j], [0.01, 0.02 + 0.01j]):
        (across, places), (up, heights) = ticks(svg_of(plots.spectrum(values)))
        if len(across) > 1 and len(up) > 1:
            right, rise = np.polyfit(places, across, 1)[0], np.polyfit(heights, up, 1)[0]
            assert right == pytest.approx(-rise, rel=0.01)


def test_the_two_halves_are_equally_wide_and_cut_at_zero() -> None:
    for values in ([1, 2, 3], [-5, -1 + 1j], VALUES):
        svg = svg_of(plots.spectrum(values))
        frame = one(svg, "./g/rect")
        left, width = float(frame.attrib["x"]), float(frame.attrib["width"])
        up, across = re.findall(r"M(\S+) (\S+?)[VH]", one(svg, ".//path[@class='ov-zero']").attrib["d"])
        assert float(up[0]) == pytest.approx(left + width / 2, abs=0.02)
        middle = float(frame.attrib["y"]) + float(frame.attrib["height"]) / 2
        assert float(across[1]) == pytest.approx(middle, abs=0.02)


def test_each_series_has_a_colour_of_its_own_and_the_legend_shows_it() -> None:
    svg = svg_of(plots.spectrum(np.arange(-8, 8).reshape(8, 2), labels=list("abcdefgh")))
    fills = [group.attrib["fill"] for group in svg.findall("./g/g") if marks(group)]
    assert fills == [path.attrib["fill"] for path in svg.findall("path")] == list(SERIES)
    assert len(set(SERIES)) == 8


def test_each_series_has_a_shape_of_its_own_and_the_legend_shows_it() -> None:
    values = np.arange(1, 17).reshape(8, 2)
    svg = svg_of(plots.spectrum(values, labels=list("abcdefgh")))
    shapes = [re.sub(r"^M\S+ [\d.]+", "", mark.attrib["d"]) for mark in marks(svg)]
    assert shapes == [shape for shape in SHAPES for _ in range(2)]
    legend = [re.sub(r"^M\S+ [\d.]+", "", path.attrib["d"]) for path in svg.findall("path")]
    assert legend == list(SHAPES)
    assert len(set(SHAPES)) == len(SHAPES) == 8


def test_the_score_is_that_of_the_circuits() -> None:
    model = Transformer.random(Config(n_layers=1, n_heads=3, d_model=8, d_head=4, d_vocab=7, n_ctx=5))
    root = parsed(plots.spectrum(circuits.eigenvalues(model)[0], labels=["a", "b", "c"]))
    last = table(root)[-1]
    assert last[0] == "Σλ/Σ|λ|"
    np.testing.assert_allclose(
        [number(cell) for cell in last[1:]], circuits.copying_score(model)[0], rtol=5e-3
    )
    desc = one(root, ".//desc").text or ""
    drawn = "".join(root.find(".//svg").itertext())  # type: ignore[union-attr]
    for name, cell in zip("abc", last[1:], strict=True):
        assert f"Σλ/Σ|λ| = {cell}" in desc
        assert f"{name}: Σλ/Σ|λ| = {cell}" in drawn


def test_the_description_counts_the_halves() -> None:
    desc = one(svg_of(plots.spectrum(VALUES)), "desc").text
    assert desc == (
        "5 eigenvalues in the complex plane. "
        "3 with a positive real part, 1 with a negative one; Σλ/Σ|λ| = 0.42."
    )
    assert "1 eigenvalue in the complex plane. 1 with" in (
        one(svg_of(plots.spectrum([2])), "desc").text or ""
    )


def test_zeros_have_no_score() -> None:
    root = parsed(plots.spectrum([[0, 0], [0, 1]]))
    desc = one(root, ".//desc").text or ""
    assert "0: 0 with a positive real part, 0 with a negative one; all λ are 0." in desc
    assert table(root)[-1] == ["Σλ/Σ|λ|", "none", "1"]


def test_the_table_holds_all_of_them_the_largest_first() -> None:
    values = two(n=9)
    head, *body, _ = table(parsed(plots.spectrum(values, labels=["a", "b"])))
    assert head == ["by magnitude", "a", "b"]
    assert [row[0] for row in body] == [str(rank) for rank in range(1, 10)]
    for series in range(2):
        found = [complex_of(row[1 + series]) for row in body]
        np.testing.assert_allclose(found, sorted(values[series], key=lambda one: -abs(one)), atol=0.01)


def complex_of(text: str) -> complex:
    plain = text.replace("−", "-").replace(" ", "").replace("i", "j")
    return complex(plain)


def test_each_mark_tells_its_number() -> None:
    svg = svg_of(plots.spectrum(VALUES))
    assert [told(mark) for mark in marks(svg)] == ["2", "1 + 1i", "1 − 1i", "−0.5", "0 + 3i"]
    named = svg_of(plots.spectrum([[1], [-1j]], labels=["<a>", "b"]))
    assert [told(mark) for mark in marks(named)] == ["<a>: 1", "b: 0 − 1i"]


@pytest.mark.parametrize("values", [[5], [0], [1e-12, 1e-12j], [1e9, -1e9], [[1], [2]], [3j, -3j]])
def test_all_marks_lie_within_the_frame(values: Any) -> None:
    svg = svg_of(plots.spectrum(values))
    frame = one(svg, "./g/rect").attrib
    left, top, width, height = (float(frame[name]) for name in ("x", "y", "width", "height"))
    for mark in marks(svg):
        x, y = middle(mark)
        assert left < x < left + width
        assert top < y < top + height


@pytest.mark.parametrize(
    ("message", "values", "labels"),
    [
        (
            "ValueError: eigenvalues: expected finite numbers in float64, got nan at eigenvalues[1]",
            [1, np.nan],
            None,
        ),
        (
            "ValueError: eigenvalues: expected finite numbers in float64, got inf at eigenvalues[0]",
            [complex(0, np.inf)],
            None,
        ),
        ("ValueError: eigenvalues: expected shape [n] or [series, n], not empty, got shape (0,)", [], None),
        (
            "ValueError: eigenvalues: expected shape [n] or [series, n], not empty, got shape (1, 1, 1)",
            [[[1]]],
            None,
        ),
        (
            "ValueError: eigenvalues: expected at most 8 series of 128, got shape (9, 1); show some of them",
            np.ones((9, 1)),
            None,
        ),
        (
            "ValueError: eigenvalues: expected at most 8 series of 128, got shape (129,); show some of them",
            np.ones(129),
            None,
        ),
        ("ValueError: eigenvalues: expected rows of equal length, got a ragged list", [[1], [1, 2]], None),
        ("TypeError: eigenvalues: expected numbers, real or complex, got dtype bool", [True], None),
        ("ValueError: labels: expected 1 label, one a series, got 2", [1, 2], ["a", "b"]),
        ("TypeError: labels: expected 1 label, one a series, got 'a' (str)", [1, 2], "a"),
    ],
)
def test_bad_input(message: str, values: Any, labels: Any) -> None:
    assert refusal(plots.spectrum, values, labels) == message
