"""Grids: every cell where it belongs, as dark as its weight, and its number to be read off."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovlearn import plots
from ovlearn.numeric import FactoredMatrix
from ovlearn.plots.grids import LEVELS
from ovlearn.plots.svg import NEGATIVE, POSITIVE

from .cases import NASTY, make_matrix, make_pattern, refusal
from .reading import cells, number, one, parsed, places, svg_of, table, texts, values

quick = settings(max_examples=20, derandomize=True, database=None)
sides = st.integers(1, 20)


# Cells


@quick
@given(sides, st.integers(0, 10**6), st.booleans())
def test_pattern_cells(size: int, seed: int, causal: bool) -> None:
    weights = make_pattern(size, seed, causal=causal)
    drawn = cells(svg_of(plots.pattern(weights)))
    for (query, key), weight in np.ndenumerate(weights):
        colour, opacity = drawn.pop((query, key), (POSITIVE, 0.0))
        assert colour == POSITIVE
        assert abs(opacity - weight) <= 0.5 / LEVELS + 1e-3  # the nearest shade
    assert not drawn


@quick
@given(sides, sides, st.integers(0, 10**6))
def test_matrix_cells(rows: int, columns: int, seed: int) -> None:
    M = make_matrix(rows, columns, seed)
    drawn = cells(svg_of(plots.matrix(M)))
    for place, value in np.ndenumerate(M):
        colour, opacity = drawn.pop(place, (None, 0.0))
        assert abs(opacity - abs(value) / np.abs(M).max()) <= 0.5 / LEVELS + 1e-3
        assert colour in (None, POSITIVE if value > 0 else NEGATIVE)
    assert not drawn


def test_a_greater_weight_is_never_paler() -> None:
    weights = make_pattern(16, causal=False)
    drawn = cells(svg_of(plots.pattern(weights)))
    order = np.argsort(weights, axis=None)
    shades = [drawn.get((int(i) // 16, int(i) % 16), ("", 0.0))[1] for i in order]
    assert shades == sorted(shades)
    assert shades[0] < shades[-1]


def test_full_colour_is_the_largest_magnitude_whatever_the_scale() -> None:
    for scale in (1e-9, 1, 1e9):
        drawn = cells(svg_of(plots.matrix(scale * np.array([[1.0, -2.0], [0.0, 0.5]]))))
        assert drawn == {(0, 0): (POSITIVE, 0.5), (0, 1): (NEGATIVE, 1.0), (1, 1): (POSITIVE, 0.25)}


def test_a_matrix_of_zeros() -> None:
    svg = svg_of(plots.matrix(np.zeros((2, 3))))
    assert cells(svg) == {}
    assert values(svg) == [[0, 0, 0], [0, 0, 0]]


# Numbers


@pytest.mark.parametrize(("size", "error"), [(1, 5e-3), (12, 5e-3), (16, 5e-3), (17, 5e-2), (64, 5e-2)])
def test_values_are_the_input(size: int, error: float) -> None:
    """To three significant digits; to two where the grid is large."""
    for svg, given_ in (
        (svg_of(plots.pattern(make_pattern(size))), make_pattern(size)),
        (svg_of(plots.matrix(make_matrix(size, 3))), make_matrix(size, 3)),
    ):
        np.testing.assert_allclose(values(svg), given_, rtol=error)


def test_small_grids_have_their_numbers_in_the_cells() -> None:
    svg = svg_of(plots.matrix([[0.126, -2.0], [0.0, 1234.0]]))
    assert texts(svg, "./g/g[@text-anchor='middle']/text") == ["0.13", "−2.00", "0", "1234"]
    assert not [text for text in texts(svg_of(plots.pattern(make_pattern(9)))) if "." in text]


def test_the_table_is_the_input() -> None:
    weights, names = make_pattern(5), list("abcde")
    head, *body = table(parsed(plots.pattern(weights, names)))
    assert head == ["query \\ key", *names]
    assert [row[0] for row in body] == names
    np.testing.assert_allclose([[number(cell) for cell in row[1:]] for row in body], weights, atol=5e-4)
    M = make_matrix(3, 4)
    _, *body = table(parsed(plots.matrix(M)))
    np.testing.assert_allclose([[number(cell) for cell in row[1:]] for row in body], M, rtol=5e-3)


def test_a_large_grid_tells_the_largest_of_each_row() -> None:
    M = make_matrix(20, 30)
    _, *body = table(parsed(plots.matrix(M, columns=[f"c{i}" for i in range(30)])))
    for row, (name, column, value) in enumerate(body):
        best = int(np.abs(M[row]).argmax())
        assert (name, column) == (f"row {row}", f"column {best} c{best}")
        assert number(value) == pytest.approx(M[row, best], rel=5e-3)


def test_the_description_names_the_largest() -> None:
    weights = np.array([[1.0, 0, 0], [0.25, 0.75, 0], [0.2, 0.3, 0.5]])
    desc = one(svg_of(plots.pattern(weights, ["a", "b", "c"])), "desc").text or ""
    assert desc.startswith("3 queries down, 3 keys across.")
    assert "The largest weight is 1: query 0 a attends to key 0 a." in desc
    desc = one(svg_of(plots.matrix([[1, -7], [3, 2]])), "desc").text or ""
    assert "from −7 to 3" in desc
    assert "row 0, column 1" in desc


def test_the_legend_says_the_range() -> None:
    assert [mark in texts(svg_of(plots.matrix([[0.5, -7.25]]))) for mark in ("−7.25", "0", "7.25")] == [
        True
    ] * 3
    marks = texts(svg_of(plots.pattern(make_pattern(12), ["x"] * 12)))
    assert marks[-2:] == ["0", "1"]


# Geometry


@pytest.mark.parametrize("size", [3, 12, 16, 24])
def test_labels_stand_beside_their_cells(size: int) -> None:
    names = [f"t{i}" for i in range(size)]
    svg = svg_of(plots.matrix(make_matrix(size, size), rows=[f"r{n}" for n in names], columns=names))
    left, top, side = (float(value) for value in svg.attrib["data-grid"].split())
    for index, name in enumerate(names):
        ((x, y),) = places(svg, f"r{name}")
        assert 0 < x < left
        assert top + index * side < y < top + (index + 1) * side
        for x, y in places(svg, name):  # large grids leave some out
            assert left + index * side < x < left + (index + 1) * side
            assert 0 < y < top


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (2, 5), (40, 3), (64, 64)])
def test_all_cells_lie_within_the_drawing(rows: int, columns: int) -> None:
    svg = svg_of(plots.matrix(make_matrix(rows, columns)))
    _, _, width, height = (float(value) for value in svg.attrib["viewBox"].split())
    left, top, side = (float(value) for value in svg.attrib["data-grid"].split())
    assert left + columns * side <= width
    assert top + rows * side <= height
    assert f"translate({svg.attrib['data-grid'].rsplit(' ', 1)[0]})" in {
        group.attrib.get("transform") for group in svg.iter("g")
    }


def test_columns_are_queries_only_where_they_are() -> None:
    pattern, matrix = svg_of(plots.pattern(make_pattern(3))), svg_of(plots.matrix(make_matrix(3, 3)))
    assert pattern.attrib["data-words"] == "query|key"
    assert matrix.attrib["data-words"] == "row|column"
    assert {"key →", "← query"} <= set(texts(pattern))
    assert {"column →", "← row"} <= set(texts(matrix))


@pytest.mark.parametrize("size", [1, 6, 12])
def test_cells_and_their_text_are_large_enough_to_read(size: int) -> None:
    svg = svg_of(plots.pattern(make_pattern(size)))
    assert svg.attrib["data-grid"].endswith(" 48")
    assert float(svg.attrib["font-size"]) >= 13
    assert not [text for text in svg.iter() if "font-size" in text.attrib and text is not svg]


def test_the_caller_names_what_a_row_and_a_column_stand_for() -> None:
    picture = plots.matrix([[1, 2]], axes=("token looked at", "next token"))
    svg = svg_of(picture)
    assert svg.attrib["data-words"] == "token looked at|next token"
    assert {"next token →", "← token looked at"} <= set(texts(svg))
    assert "The largest magnitude is at token looked at 0, next token 1." in (one(svg, "desc").text or "")
    assert not {"row", "column"} & set(" ".join(texts(svg)).split())


@pytest.mark.parametrize("axes", [("a" * 28, "b" * 28), ("query", "key")])
@pytest.mark.parametrize("shape", [(1, 1), (2, 5), (12, 3)])
def test_names_of_axes_and_numbers_of_the_legend_lie_within_the_drawing(axes: Any, shape: Any) -> None:
    svg = svg_of(plots.matrix(1e5 * make_matrix(*shape), axes=axes))
    _, _, width, height = (float(value) for value in svg.attrib["viewBox"].split())
    for text in svg.iter("text"):
        long, x, y = 6.2 * len(text.text or ""), float(text.attrib["x"]), float(text.attrib["y"])
        if "rotate(-90" in text.attrib.get("transform", ""):
            assert 0 <= y - long / 2 < y + long / 2 <= height
        elif text.text == f"{axes[1]} →":
            assert 0 <= x < x + long <= width
    for text in svg.findall("./g[@text-anchor='middle']")[-1].findall("text"):
        x, half = float(text.attrib["x"]), 3.1 * len(text.text or "")
        assert 0 <= x - half < x + half <= width


def test_numbers_stay_in_their_cells() -> None:
    svg = svg_of(plots.matrix([[1e-7, -123456.0], [-99.994, 12345678901.0]]))
    shown = texts(svg, "./g/g[@text-anchor='middle']/text")
    assert max(map(len, shown)) <= 6
    assert shown == ["0", "−1e5", "−100", "1e10"]


def test_small_grids_say_that_a_second_one_has_room_beside_them() -> None:
    assert "ov-beside" in plots.pattern(make_pattern(6)).body
    assert "ov-beside" not in plots.pattern(make_pattern(12)).body


# Labels


def test_nasty_tokens_come_through() -> None:
    root = parsed(plots.pattern(make_pattern(len(NASTY)), NASTY))
    svg = one(root, ".//svg")
    assert json.loads(svg.attrib["data-rows"]) == json.loads(svg.attrib["data-columns"]) == NASTY
    shown = {"\n": "↵", " the": "␣the"}
    assert [row[0] for row in table(root)[1:]] == [shown.get(name, name) for name in NASTY]


def test_rows_and_columns_keep_their_own_labels() -> None:
    svg = svg_of(plots.matrix([[1, 2]], rows=["r"], columns=["a", "b"]))
    assert json.loads(svg.attrib["data-rows"]) == ["r"]
    assert json.loads(svg.attrib["data-columns"]) == ["a", "b"]


def test_positions_stand_where_there_are_no_tokens() -> None:
    svg = svg_of(plots.pattern(make_pattern(3)))
    assert "data-rows" not in svg.attrib
    assert places(svg, "2")


def test_tokens_may_be_numbers() -> None:
    svg = svg_of(plots.pattern(make_pattern(2), tokens=np.array([30, 31])))
    assert json.loads(svg.attrib["data-rows"]) == ["30", "31"]


def test_a_factored_matrix_is_multiplied_out() -> None:
    A, B = make_matrix(4, 2), make_matrix(2, 4)
    assert plots.matrix(FactoredMatrix(A, B)) == plots.matrix(A @ B)


# Bad input


@pytest.mark.parametrize(
    ("message", "weights"),
    [
        ("ValueError: pattern: expected two axes [query, key], one head's, got shape (3,)", [1, 0, 0]),
        ("ValueError: pattern: expected two axes [query, key], one head's, got shape (1, 1, 1)", [[[1]]]),
        ("ValueError: pattern: expected as many keys as queries, got shape (1, 2)", [[0.5, 0.5]]),
        (
            "ValueError: pattern: expected finite numbers in float64, got nan at pattern[0, 1]",
            [[1, np.nan], [0, 1]],
        ),
        ("ValueError: pattern: expected rows of equal length, got a ragged list", [[1], [0, 1]]),
        ("ValueError: pattern: expected at least one number, got shape (0, 0)", np.zeros((0, 0))),
        ("TypeError: pattern: expected real numbers, got dtype complex128", [[1j]]),
        ("TypeError: pattern: expected real numbers, got dtype bool", [[True]]),
        (
            "ValueError: pattern: expected weights from 0 to 1, got -1; for scores use plots.matrix",
            [[-1, 2], [0, 1]],
        ),
        (
            "ValueError: pattern: expected rows that sum to 1, got 0.5 in row 1; for scores use plots.matrix",
            [[1, 0], [0.25, 0.25]],
        ),
        (
            "ValueError: pattern: expected at most 64 a side, got shape (65, 65); "
            "show a part of it, as pattern[:64, :64]",
            np.eye(65),
        ),
    ],
)
def test_what_is_no_pattern(message: str, weights: Any) -> None:
    assert refusal(plots.pattern, weights) == message


def test_a_part_of_a_large_pattern_is_a_matrix() -> None:
    """Without a mask its rows do not sum to 1."""
    large = make_pattern(65, causal=False)
    with pytest.raises(ValueError, match="at most 64 a side"):
        plots.pattern(large)
    assert plots.matrix(large[:64, :64])


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        ("ValueError: tokens: expected 2 labels, one a position, got 3", ["a", "b", "c"]),
        ("TypeError: tokens: expected 2 labels, one a position, got 'ab' (str)", "ab"),
        ("TypeError: tokens: expected 2 labels, one a position, got 7 (int)", 7),
        ("TypeError: tokens: expected a whole number of at least 0, got 0.5 (float)", ["a", 0.5]),
    ],
)
def test_what_are_no_tokens(message: str, tokens: Any) -> None:
    assert refusal(plots.pattern, np.eye(2), tokens) == message


def test_what_is_no_matrix() -> None:
    with pytest.raises(ValueError, match=r"^M: expected two axes \[rows, columns\], got shape \(2,\)$"):
        plots.matrix([1, 2])
    with pytest.raises(ValueError, match=r"^M: expected finite numbers in float64, got inf at M\[0, 0\]$"):
        plots.matrix([[np.inf]])
    with pytest.raises(ValueError, match=r"^M: expected at most 64 a side, got shape \(2, 65\); show a part"):
        plots.matrix(np.zeros((2, 65)))
    with pytest.raises(ValueError, match=r"^columns: expected 2 labels, one a column, got 1$"):
        plots.matrix([[1, 2]], columns=["a"])
    with pytest.raises(ValueError, match=r"^rows: expected 1 label, one a row, got 0$"):
        plots.matrix([[1, 2]], rows=[])
    expected = 'expected two names, as ("query", "key")'
    assert refusal(plots.matrix, [[1]], axes=("a",)).startswith(f"ValueError: axes: {expected}")
    assert refusal(plots.matrix, [[1]], axes=("a", "b|c")).startswith(f"ValueError: axes: {expected}")
    assert refusal(plots.matrix, [[1]], axes="ab") == f"TypeError: axes: {expected}, got 'ab' (str)"


def test_of_values_that_only_rounding_parts_the_first_is_named() -> None:
    picture = plots.matrix([[1.0, 0.5], [0.5, 1.0 + 2e-16]])
    assert "The largest magnitude is at row 0, column 0." in picture._repr_html_()
