"""Round ticks, the range of a scale, and labels that do not cover each other."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovlearn.plots.labelling import Label, Wanted, beside, crosses
from ovlearn.plots.planes import Scale, plane, round_ticks, spread

from .reading import number

quick = settings(max_examples=40, derandomize=True, database=None)
FRAME = (0.0, 0.0, 200.0, 200.0)


@pytest.mark.parametrize(
    ("low", "high", "most", "texts"),
    [
        (0, 1, 5, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (-1.1, 1.1, 5, ["−1", "−0.5", "0", "0.5", "1"]),
        (0.05, 0.72, 2, ["0.5"]),
        (-30, 7, 4, ["−30", "−20", "−10", "0"]),
        (1000.11, 1000.19, 2, ["1000.15"]),
        (2e-7, 5.1e-7, 4, ["2e−07", "3e−07", "4e−07", "5e−07"]),
    ],
)
def test_ticks_are_round(low: float, high: float, most: int, texts: list[str]) -> None:
    assert list(round_ticks(low, high, most).values()) == texts


@quick
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(1, 9))
def test_ticks_lie_within_and_say_where(low: float, width: float, most: int) -> None:
    high = low + width
    found = round_ticks(low, high, most)
    assert len(found) <= most + 1
    assert len(set(found.values())) == len(found)
    for value, text in found.items():
        assert low - 1e-6 * width <= value <= high + 1e-6 * width
        assert number(text) == pytest.approx(value, abs=1e-2 * width)
    steps = np.diff(list(found))
    if len(steps):
        lead = steps[0] / 10 ** math.floor(math.log10(steps[0]) + 1e-6)
        assert min(abs(lead - one) for one in (1, 2, 5)) < 1e-3
        np.testing.assert_allclose(steps, steps[0], rtol=1e-6)


@pytest.mark.parametrize("values", [[0, 0], [5.0], [-3, -3], [1e-12, 3e-12], [1e9, 2e9], [0.1, 0.1 + 1e-17]])
def test_a_range_holds_its_values_with_a_margin(values: Any) -> None:
    low, high = spread(np.array(values, float))
    assert low < min(values) <= max(values) < high
    scale = Scale(low, high, 0, 100)
    assert all(0 < scale.place(value) < 100 for value in values)
    assert scale.ticks(room=20)


def test_up_is_up() -> None:
    on = plane((0, 2), (0, 4), (100, 80), ("a", "b"))
    (x, y), (right, top) = on.place(0, 0), on.place(2, 4)
    assert (right - x, y - top) == pytest.approx((100, 80))
    assert on.place(1, 1) == pytest.approx((x + 50, y - 20))


# Labels


def box(label: Label) -> tuple[float, float, float, float]:
    """An estimate of its own: no narrower than a sans-serif face is, on its base line."""
    return label.x, label.y - 7, label.x + 5.5 * len(label.text), label.y + 2


def apart(one: Any, other: Any) -> bool:
    return bool(one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1])


@quick
@given(st.lists(st.tuples(st.floats(20, 180), st.floats(20, 180)), min_size=1, max_size=25))
def test_labels_cover_neither_marks_nor_each_other(places: list[Any]) -> None:
    found = beside([Wanted(str(i), place) for i, place in enumerate(places)], places, FRAME)
    for index, label in enumerate(found):
        assert all(apart(box(label), (x - 4, y - 4, x + 4, y + 4)) for x, y in places)
        assert all(apart(box(label), box(other)) for other in found[:index])
        assert 0 <= box(label)[0] <= box(label)[2] <= 200
        x, y = places[int(label.text)]
        near = box(label)[0] - 25 < x < box(label)[2] + 25 and abs(label.y - y) < 25
        assert near or label.joined == (x, y), "far from its mark, and no line joins them"
        lines = [other.line for other in found if other.line is not None and other is not label]
        assert not any(crosses(line, label.box) for line in lines), "crossed out"


def test_there_is_room_beside_a_mark_that_stands_alone() -> None:
    for place in [(2, 9), (198, 9), (2, 190), (198, 190), (100, 100)]:
        (label,) = beside([Wanted("0.1", place)], [place], FRAME)
        left, top, right, bottom = box(label)
        assert 0 <= left <= right <= 200
        assert 0 <= top <= bottom <= 200


def test_in_a_crowd_only_a_ringed_mark_has_a_label() -> None:
    crowd = [(float(x), float(y)) for x in range(0, 200, 8) for y in range(0, 200, 8)]
    middle = (96.0, 96.0)
    assert beside([Wanted("0.1", middle)], crowd, FRAME) == []
    (label,) = beside([Wanted("0.1", middle, ringed=True)], crowd, FRAME)
    assert apart(box(label), (88, 88, 104, 104)), "within its ring"


def test_the_first_wanted_comes_first() -> None:
    places = [(100.0, 100.0), (100.0, 100.0)]
    names = [
        one.text for one in beside([Wanted(n, p) for n, p in zip("ab", places, strict=True)], places, FRAME)
    ]
    assert names == ["a", "b"]
