"""All heads by two figures: each mark at its figures, its layer's look, and labels where there is room."""

import re
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from ovlearn import plots
from ovlearn.plots.marks import SHAPES

from .cases import refusal
from .reading import Element, marks, middle, number, one, parsed, places, svg_of, table, texts, ticks, told


def figures(layers: int, heads: int, seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.random((layers, heads)), rng.normal(size=(layers, heads))


def by_head(svg: Element) -> dict[str, Element]:
    found = {told(mark).split(":")[0]: mark for mark in marks(svg)}
    assert len(found) == len(marks(svg))
    return found


def labels(svg: Element) -> list[str]:
    return texts(svg, "./g[@class='ov-names']/text")


@pytest.mark.parametrize(("layers", "heads"), [(2, 4), (1, 3), (12, 12)])
def test_marks_stand_at_their_figures(layers: int, heads: int) -> None:
    x, y = figures(layers, heads)
    svg = svg_of(plots.heads(x, y, "a", "b"))
    found, (across, up) = by_head(svg), ticks(svg)
    assert len(found) == layers * heads
    for (layer, head), value in np.ndenumerate(x):
        at = middle(found[f"{layer}.{head}"])
        assert np.polyval(np.polyfit(*across, 1), at[0]) == pytest.approx(value, abs=5e-3 * np.ptp(x))
        assert np.polyval(np.polyfit(*up, 1), at[1]) == pytest.approx(y[layer, head], abs=5e-3 * np.ptp(y))


def test_each_mark_tells_its_figures() -> None:
    svg = svg_of(plots.heads([[0.5, 1]], [[-1, 2]], "copying", "a < b"))
    assert [told(mark) for mark in marks(svg)] == ["0.0: copying 0.5, a < b −1", "0.1: copying 1, a < b 2"]


def test_the_axes_are_named() -> None:
    svg = svg_of(plots.heads(*figures(2, 2), "previous < token", "induction"))
    assert texts(svg, "./g[@font-style='italic']/text") == ["previous < token", "induction"]
    turned = [text.text for text in svg.iter("text") if "rotate(-90" in text.attrib.get("transform", "")]
    assert turned == ["induction"]


def test_each_layer_has_its_shape_and_shade_and_the_legend_shows_them() -> None:
    svg = svg_of(plots.heads(*figures(6, 2), "a", "b"))
    groups = [group for group in svg.findall("g") if marks(group)]
    looks = []
    for layer, group in enumerate(groups):
        assert [told(mark).split(".")[0] for mark in marks(group)] == [str(layer)] * 2
        shapes = {re.sub(r"^M\S+ [\d.]+", "", mark.attrib["d"]) for mark in marks(group)}
        assert shapes == {SHAPES[layer % 4]}
        looks.append((shapes.pop(), group.attrib["fill-opacity"]))
    assert len(set(looks)) == 6
    assert [float(shade) for _, shade in looks] == sorted({float(shade) for _, shade in looks})
    legend = [path for path in svg.findall("path") if "fill-opacity" in path.attrib]
    shown = [(re.sub(r"^M\S+ [\d.]+", "", path.attrib["d"]), path.attrib["fill-opacity"]) for path in legend]
    assert shown == looks
    for layer, path in enumerate(legend):
        ((x, y),) = places(svg, f"layer {layer}")
        assert middle(path) == pytest.approx((x - 10, y - 4))


def test_up_to_16_heads_all_have_their_labels() -> None:
    x, y = np.meshgrid(np.arange(4.0), np.arange(4.0))
    svg = svg_of(plots.heads(x, y, "a", "b"))
    assert sorted(labels(svg)) == sorted(f"head {head}" for head in by_head(svg))
    for text in labels(svg):
        at, (x_at, y_at) = middle(by_head(svg)[text.removeprefix("head ")]), places(svg, text)[0]
        assert abs(x_at - at[0]) < 70
        assert abs(y_at - at[1]) < 20


def test_heads_that_coincide_have_one_label_with_all_names() -> None:
    """A label is never mistaken for a tick: it says that it is a head's."""
    x, y = np.array([[1.0, 0, 0.2], [1, 1, 1]]), np.array([[1.0, 0, 0.2], [1, 1, 1]])
    picture = plots.heads(x, y, "a", "b")
    assert sorted(labels(svg_of(picture))) == ["head 0.1", "head 0.2", "heads 0.0, 1.0, 1.1, 1.2"]
    assert sum(told(mark).endswith("a 1, b 1") for mark in marks(svg_of(picture))) == 4


@pytest.mark.parametrize("seed", range(5))
def test_in_a_crowd_labels_keep_apart_and_all_are_there(seed: int) -> None:
    """By boxes of its own: no narrower than the face is."""
    rng = np.random.default_rng(seed)
    x, y = 1 + 1e-2 * rng.normal(size=(2, 2, 8))
    x[0, 0] = y[0, 0] = 0  # so that the others stand close together
    svg = svg_of(plots.heads(x, y, "a", "b"))
    group = one(svg, "./g[@class='ov-names']")
    assert len(re.findall(r"\d\.\d", " ".join(texts(group)))) == 16
    for first, second in combinations(group.findall("text"), 2):
        left, right = sorted((first, second), key=lambda text: float(text.attrib["x"]))
        above, below = sorted(float(text.attrib["y"]) for text in (first, second))
        end = float(left.attrib["x"]) + 6.2 * len(left.text or "")
        assert end <= float(right.attrib["x"]) or above + 2 <= below - 9, (first.text, second.text)


def test_a_long_name_of_an_axis_is_whole() -> None:
    name = "share of all words that are among the ten that they raise most themselves"
    svg = svg_of(plots.heads(*figures(2, 2), name, name))
    drawn = [text.text or "" for text in one(svg, "./g[@font-style='italic']").findall("text")]
    assert " ".join(drawn) == f"{name} {name}"
    assert max(6.2 * len(text) for text in drawn) < 560


def test_of_many_heads_the_outermost_have_labels() -> None:
    x, y = 0.01 * figures(12, 12)[0], 0.01 * figures(12, 12, 1)[0]
    far = [(2, 3), (11, 11), (0, 0), (7, 1)]
    for index, head in enumerate(far):
        x[head], y[head] = (index % 2) * 5 - 2, (index // 2) * 5 - 2
    shown = labels(svg_of(plots.heads(x, y, "a", "b")))
    assert {f"head {layer}.{head}" for layer, head in far} <= set(shown)
    assert len(shown) <= 16


def test_ringed_heads_have_a_ring_and_a_label() -> None:
    x, y = figures(12, 12)
    away = np.abs(x - np.median(x)) + np.abs(y - np.median(y))
    inmost = tuple(int(i) for i in np.unravel_index(away.argmin(), away.shape))
    picture = plots.heads(x, y, "a", "b", mark=[inmost, (3, 4)])
    svg = svg_of(picture)
    for layer, head in (inmost, (3, 4)):
        at = middle(by_head(svg)[f"{layer}.{head}"])
        assert at in [(float(ring.attrib["cx"]), float(ring.attrib["cy"])) for ring in svg.iter("circle")]
        assert f"head {layer}.{head}" in labels(svg)
    assert len(list(svg.iter("circle"))) == 2
    first, second = sorted([inmost, (3, 4)])
    assert f"Ringed: {first[0]}.{first[1]}, {second[0]}.{second[1]}." in picture.body
    assert not list(svg_of(plots.heads(x, y, "a", "b")).iter("circle"))


def test_nan_is_left_out_and_said() -> None:
    x, y = figures(2, 3)
    x[0, 1], y[1, 2] = np.nan, np.nan
    picture = plots.heads(x, y, "a", "b", mark=[(0, 1)])
    svg = svg_of(picture)
    assert set(by_head(svg)) == {"0.0", "0.2", "1.0", "1.1"}
    assert "Left out, without a figure: 0.1, 1.2." in (one(svg, "desc").text or "")
    assert not list(svg.iter("circle"))
    rows = {row[0]: row[1:] for row in table(parsed(picture))[1:]}
    assert rows["0.1"][0] == rows["1.2"][1] == "none"


def test_the_words() -> None:
    desc = one(svg_of(plots.heads([[0, 0.5], [1, 0.25]], [[-1, 2], [0, 1]], "copying", "norm")), "desc").text
    assert desc == (
        "4 heads. Across: copying, from 0 to 1; up: norm, from −1 to 2. Farthest right is 1.0, highest 0.1."
    )


def test_the_table_has_every_head() -> None:
    x, y = figures(3, 4)
    head, *body = table(parsed(plots.heads(x, y, "copying", "norm")))
    assert head == ["head", "copying", "norm"]
    assert [row[0] for row in body] == [f"{layer}.{head}" for layer in range(3) for head in range(4)]
    np.testing.assert_allclose([number(row[1]) for row in body], x.ravel(), rtol=5e-3)
    np.testing.assert_allclose([number(row[2]) for row in body], y.ravel(), rtol=5e-3)


@pytest.mark.parametrize(
    ("x", "y"),
    [([[5]], [[0]]), (np.ones((2, 2)), np.zeros((2, 2))), (figures(12, 12)), ([[1e-12, 0]], [[1e9, 1]])],
)
def test_all_lies_within_the_drawing(x: Any, y: Any) -> None:
    svg = svg_of(plots.heads(x, y, "a", "b"))
    _, _, width, height = (float(value) for value in svg.attrib["viewBox"].split())
    frame = one(svg, "./g/rect").attrib
    left, top, wide, high = (float(frame[name]) for name in ("x", "y", "width", "height"))
    for mark in marks(svg):
        at = middle(mark)
        assert left < at[0] < left + wide
        assert top < at[1] < top + high
    for text in svg.iter("text"):
        assert 0 < float(text.attrib["x"]) < width
        assert 0 < float(text.attrib["y"]) < height


def test_a_large_network_is_light() -> None:
    assert len(plots.heads(*figures(12, 12), "previous-token score", "induction score").body) < 30_000


@pytest.mark.parametrize(
    ("message", "x", "y", "named"),
    [
        ("ValueError: x: expected shape [layer, head], not empty, got shape (2,)", [1, 2], [1, 2], {}),
        ("ValueError: y: expected shape [layer, head], not empty, got shape (1, 0)", [[1]], [[]], {}),
        ("ValueError: y: expected the shape of x, (1, 1), got shape (1, 2)", [[1]], [[1, 2]], {}),
        ("ValueError: x: expected at most 64 a side, got shape (1, 65)", np.ones((1, 65)), [[1]], {}),
        (
            "ValueError: y: expected finite numbers in float64, got inf at y[0, 1]",
            [[1, 1]],
            [[np.nan, np.inf]],
            {},
        ),
        (
            "ValueError: x, y: expected at least one head with both figures, got NaN in each",
            [[np.nan]],
            [[1]],
            {},
        ),
        ("TypeError: x: expected real numbers, got dtype complex128", [[1j]], [[1]], {}),
        ("TypeError: x_name: expected str, got 3 (int)", [[1]], [[1]], {"x_name": 3}),
        (
            "ValueError: mark: expected (layer, head) with layer below 1 and head below 1, got (0, 1)",
            [[1]],
            [[1]],
            {"mark": [(0, 1)]},
        ),
        (
            "TypeError: mark: expected (layer, head) with layer below 1 and head below 1, got 0 (int)",
            [[1]],
            [[1]],
            {"mark": (0, 0)},
        ),
        ("TypeError: mark: expected pairs (layer, head), got '0.0' (str)", [[1]], [[1]], {"mark": "0.0"}),
    ],
)
def test_bad_input(message: str, x: Any, y: Any, named: dict[str, Any]) -> None:
    assert refusal(plots.heads, x, y, **{"x_name": "a", "y_name": "b"} | named) == message
