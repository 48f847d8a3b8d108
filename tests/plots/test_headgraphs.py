"""Composition: an edge from head to head for each score above the baseline, as wide as it is above."""

import re
from typing import Any

import numpy as np
import pytest

from ovlearn import plots
from ovlearn.numeric import Config, Transformer, circuits

from .cases import make_scores, refusal
from .reading import Element, marks, number, one, parsed, places, svg_of, table, texts, told

LEVEL = 0.3
NOT_EARLIER = "0 where the first head is not in an earlier layer"


def edges(svg: Element) -> dict[str, Element]:
    """Every edge by the heads at whose frames it begins and ends, as drawn: "0.1 → 1.2"."""
    ends = {}
    for mark in marks(svg):
        x, y, *_, to_x, to_y = (float(text) for text in re.findall(r"-?[\d.]+", mark.attrib["d"]))
        name = f"{head_beside(svg, x - 22, y)} → {head_beside(svg, to_x + 22, to_y)}"
        assert name not in ends, "drawn twice"
        ends[name] = mark
    return ends


def head_beside(svg: Element, x: float, y: float) -> str:
    found = [
        "".join(text.itertext())
        for text in svg.iter("text")
        if abs(float(text.attrib["x"]) - x) < 0.1 and abs(float(text.attrib["y"]) - 4.5 - y) < 0.1
    ]
    assert len(found) == 1
    return found[0]


def expected(scores: Any, level: float = 0.0) -> dict[str, float]:
    """Loops of its own: each pair whose first head is earlier, above the level."""
    found = {}
    for place, score in np.ndenumerate(scores):
        first, head, later, reader = place
        if first < later and score > level:
            found[f"{first}.{head} → {later}.{reader}"] = float(score)
    return dict(sorted(found.items(), key=lambda item: -item[1]))


@pytest.mark.parametrize(("layers", "heads"), [(2, 4), (3, 3), (4, 2), (2, 1)])
def test_an_edge_for_each_score_above_the_baseline(layers: int, heads: int) -> None:
    scores = make_scores(layers, heads)
    svg = svg_of(plots.composition(scores, LEVEL))
    found, wanted = edges(svg), expected(scores, LEVEL)
    assert list(found) == list(wanted)  # the strongest first, for the arrow keys
    for name, score in wanted.items():
        assert told(found[name]).startswith(f"{name}: ")
        assert number(told(found[name]).split()[-1]) == pytest.approx(score, rel=5e-3)


def test_widths_and_opacities_grow_with_what_is_above_the_baseline() -> None:
    scores = make_scores(2, 4)
    for level in (0.0, LEVEL):
        found, wanted = edges(svg_of(plots.composition(scores, level))), expected(scores, level)
        for name in ("stroke-width", "stroke-opacity"):
            drawn = [float(found[pair].attrib[name]) for pair in wanted]
            slope, least = np.polyfit([score - level for score in wanted.values()], drawn, 1)
            line = [slope * (score - level) + least for score in wanted.values()]
            np.testing.assert_allclose(drawn, line, atol=0.01)
            assert slope > 0
            assert least == pytest.approx({"stroke-width": 0.75, "stroke-opacity": 0.25}[name], abs=0.01)
            assert drawn[0] == max(drawn) == {"stroke-width": 6, "stroke-opacity": 0.9}[name]


def test_without_a_baseline_every_score_above_0_is_drawn() -> None:
    scores = make_scores(2, 3)
    scores[0, 0, 1, 0] = 0
    picture = plots.composition(scores)
    assert set(edges(svg_of(picture))) == set(expected(scores))
    assert "8 of 9 pairs are drawn. Not drawn: 1 at or below 0." in picture.body


def test_heads_stand_in_a_column_a_layer() -> None:
    svg = svg_of(plots.composition(make_scores(3, 4)))
    columns = [[places(svg, f"{layer}.{head}")[0] for head in range(4)] for layer in range(3)]
    for layer, column in enumerate(columns):
        assert {x for x, _ in column} == {places(svg, f"layer {layer}")[0][0]}
        assert [y for _, y in column] == sorted({y for _, y in column})
    assert columns[0][0][0] < columns[1][0][0] < columns[2][0][0]


def test_the_largest_network_shows_its_strongest_edges_alone() -> None:
    scores = make_scores(12, 12)
    picture = plots.composition(scores, LEVEL, "K")
    svg, wanted = svg_of(picture), expected(scores, LEVEL)
    assert list(edges(svg)) == list(wanted)[:64]
    desc = one(svg, "desc").text or ""
    below = 66 * 144 - len(wanted)
    assert "64 of 9,504 pairs are drawn." in desc
    assert f"Not drawn: {len(wanted) - 64:,} weaker than the 64 strongest; " in desc
    assert f"; {below:,} at or below the baseline, 0.3." in desc
    assert "9,440 not drawn" in texts(svg)
    assert len(picture.body) < 30_000
    assert len(picture._repr_html_()) < 60_000


def test_no_edge_crosses_the_name_of_a_head() -> None:
    svg = svg_of(plots.composition(make_scores(4, 3)))
    clip = one(svg, "clipPath")
    assert one(svg, "g[@clip-path]").attrib["clip-path"] == f"url(#{clip.attrib['id']})"
    assert one(clip, "path").attrib["clip-rule"] == "evenodd"
    _, *boxes = re.findall(r"M(\S+) ([\d.]+)", one(clip, "path").attrib["d"])
    middles = [(float(x) + 22, float(y) + 12) for x, y in boxes]
    names = [f"{layer}.{head}" for layer in range(4) for head in range(3)]
    assert middles == [pytest.approx((x, y - 4.5), abs=0.02) for name in names for x, y in places(svg, name)]


@pytest.mark.parametrize(("layers", "heads"), [(1, 1), (2, 1), (2, 4), (12, 12), (16, 2)])
def test_all_lies_within_the_drawing(layers: int, heads: int) -> None:
    svg = svg_of(plots.composition(make_scores(layers, heads)))
    _, _, width, height = (float(value) for value in svg.attrib["viewBox"].split())
    for text in svg.iter("text"):
        half = 3 * len("".join(text.itertext()))
        assert float(text.attrib["x"]) - (half if "." in (text.text or "") else 0) >= 0
        assert float(text.attrib["x"]) + half <= width + 8
        assert 0 < float(text.attrib["y"]) <= height
    for mark in marks(svg):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", mark.attrib["d"])]
        ys = bezier(*numbers[1::2])
        assert 16 < min(ys) <= max(ys) < height - 16, "across the layers' names, or the legend"


def bezier(a: float, b: float, c: float, d: float) -> Any:
    t = np.linspace(0, 1, 50)
    return (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d


def test_some_heads_alone() -> None:
    scores = make_scores(3, 4)
    chosen = [(2, 3), (0, 1), (0, 2), (2, 0)]
    svg = svg_of(plots.composition(scores, heads=chosen))
    names = {f"{layer}.{head}" for layer, head in chosen}
    assert {text for text in texts(svg) if re.fullmatch(r"\d+\.\d", text) and text in names} == names
    assert "layer 1" not in texts(svg)
    wanted = {pair: score for pair, score in expected(scores).items() if set(pair.split(" → ")) <= names}
    assert list(edges(svg)) == list(wanted)
    assert len(wanted) == 4


def test_nan_has_no_edge_and_is_said() -> None:
    scores = make_scores(2, 2)
    scores[0, 1, 1] = np.nan
    picture = plots.composition(scores, 0)
    assert set(edges(svg_of(picture))) == {"0.0 → 1.0", "0.0 → 1.1"}
    assert "Not drawn: 2 without a score." in picture.body
    assert [row[1:] for row in table(parsed(picture))[-2:]] == [["none", "none"]] * 2
    everything = plots.composition(np.where(scores > 0, np.nan, scores))
    assert edges(svg_of(everything)) == {}
    assert "0 of 4 pairs are drawn. Not drawn: 4 without a score." in everything.body


def test_nothing_above_the_baseline() -> None:
    picture = plots.composition(make_scores(2, 2), 5)
    assert "no pair is above the baseline, 5" in texts(svg_of(picture))
    assert "0 of 4 pairs are drawn. Not drawn: 4 at or below the baseline, 5." in picture.body


def test_one_layer_has_no_edge() -> None:
    for picture in (plots.composition(np.zeros((1, 1, 1, 1))), plots.composition(np.zeros((1, 3, 1, 3)))):
        assert edges(svg_of(picture)) == {}
        assert "No two of them are in different layers, so there is no edge." in picture.body


def test_the_legend_shows_the_strongest_and_the_weakest_edge() -> None:
    scores = make_scores(2, 4)
    svg, wanted = svg_of(plots.composition(scores, LEVEL)), expected(scores, LEVEL)
    samples = [path for path in svg.findall("path") if "stroke-width" in path.attrib]
    found = list(edges(svg).values())
    for sample, edge, score in zip(samples, (found[0], found[-1]), (max, min), strict=True):
        assert sample.attrib["stroke-width"] == edge.attrib["stroke-width"]
        assert sample.attrib["stroke-opacity"] == edge.attrib["stroke-opacity"]
        assert any(text == told(edge).split()[-1] for text in texts(svg)), score(wanted.values())


def test_the_words() -> None:
    model = Transformer.random(Config(n_layers=2, n_heads=2, d_model=16, d_head=3, d_vocab=7, n_ctx=5))
    scores, level = circuits.composition_scores(model, "Q"), circuits.composition_baseline(model.config)
    desc = one(svg_of(plots.composition(scores, level, "Q")), "desc").text or ""
    best, score = next(iter(expected(scores).items()))
    assert desc.startswith(
        "4 heads in 2 columns, one a layer, earlier layers at the left. An edge leads from a head"
    )
    assert "the wider, the further their Q-composition score is above the baseline, 0.25." in desc
    assert f"The largest is {best} with {score:.3g}." in desc
    assert one(svg_of(plots.composition(scores, kind="Q")), "title").text == "Q-composition"


def test_the_table_has_every_pair_the_largest_first() -> None:
    scores = make_scores(3, 2)
    head, *body = table(parsed(plots.composition(scores, LEVEL)))
    wanted = expected(scores, -1)
    assert head == ["from → to", "score", "above the baseline by"]
    assert [row[0] for row in body] == list(wanted)
    np.testing.assert_allclose([number(row[1]) for row in body], list(wanted.values()), rtol=5e-3)
    above = np.array(list(wanted.values())) - LEVEL
    np.testing.assert_allclose([number(row[2]) for row in body], above, rtol=5e-3)
    assert len(table(parsed(plots.composition(scores)))[0]) == 2


def test_a_long_table_says_what_it_leaves_out() -> None:
    root = parsed(plots.composition(make_scores(4, 8)))
    assert len(table(root)) == 257
    assert texts(root, ".//caption") == ["Composition: the largest 256 of 384 pairs"]


def wrong(place: tuple[int, ...], value: float) -> Any:
    scores = make_scores(2, 2)
    scores[place] = value
    return scores


@pytest.mark.parametrize(
    ("message", "scores", "named"),
    [
        (
            "ValueError: scores: expected shape [layer, head, layer, head], both pairs alike, got "
            "shape (2, 2, 2)",
            np.zeros((2, 2, 2)),
            {},
        ),
        (
            "ValueError: scores: expected shape [layer, head, layer, head], both pairs alike, got "
            "shape (2, 3, 3, 2)",
            np.zeros((2, 3, 3, 2)),
            {},
        ),
        (
            f"ValueError: scores: expected {NOT_EARLIER}, got 0.5 at scores[1, 0, 0, 1]",
            wrong((1, 0, 0, 1), 0.5),
            {},
        ),
        (
            f"ValueError: scores: expected {NOT_EARLIER}, got 0.5 at scores[1, 0, 1, 1]",
            wrong((1, 0, 1, 1), 0.5),
            {},
        ),
        (
            "ValueError: scores: expected finite numbers in float64, got inf at scores[0, 0, 1, 1]",
            wrong((0, 0, 1, 1), np.inf),
            {},
        ),
        ("TypeError: scores: expected real numbers, got dtype <U1", "x", {}),
        (
            "ValueError: baseline: expected finite numbers in float64, got nan at baseline[]",
            make_scores(2, 2),
            {"baseline": np.nan},
        ),
        (
            "ValueError: baseline: expected one number, got shape (2,)",
            make_scores(2, 2),
            {"baseline": [1, 2]},
        ),
        (
            """ValueError: kind: expected one of "Q", "K", "V", or "", got 'O' (str)""",
            make_scores(2, 2),
            {"kind": "O"},
        ),
        (
            "ValueError: heads: expected (layer, head) with layer below 2 and head below 2, got (2, 0)",
            make_scores(2, 2),
            {"heads": [(2, 0)]},
        ),
        (
            "ValueError: heads: expected at least one (layer, head), got none",
            make_scores(2, 2),
            {"heads": []},
        ),
        ("TypeError: heads: expected pairs (layer, head), got 3 (int)", make_scores(2, 2), {"heads": 3}),
        (
            "ValueError: heads: expected at most 16 layers of 16 heads, got 17 layers of 1; name "
            "some with heads=",
            np.zeros((17, 1, 17, 1)),
            {},
        ),
        (
            "ValueError: heads: expected at most 16 layers of 16 heads, got 1 layers of 17; name "
            "some with heads=",
            np.zeros((1, 17, 1, 17)),
            {},
        ),
    ],
)
def test_bad_input(message: str, scores: Any, named: dict[str, Any]) -> None:
    assert refusal(plots.composition, scores, **named) == message
