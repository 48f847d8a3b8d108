"""The path explorer: its numbers are the package's, its drawing has every way, its table every path."""

import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from ovlearn import plots
from ovlearn.arguments import Head
from ovlearn.numeric import Run, Transformer, paths
from ovlearn.plots import networks, terms
from ovlearn.plots.explorer import measure, network_run

from .cases import refusal
from .reading import Element, number, one, parsed

SIZES = [(layers, heads) for layers in (1, 2, 3) for heads in (1, 2)]
EXPLORER = parsed(plots.path_explorer(seed=3))


def panel(size: tuple[int, int], root: Element = EXPLORER) -> Element:
    return one(root, f".//div[@data-network='{size[0]}-{size[1]}']")


def path_in(row: Element) -> Any:
    heads = [head.split(".") for head in row.attrib["data-path"].split("-") if head]
    return tuple((int(layer), int(head)) for layer, head in heads)


def numbers(row: Element) -> tuple[float, float]:
    return float(row.attrib["data-norm"]), float(row.attrib["data-share"])


def alone(run: Run, heads: set[Head]) -> Any:
    """What all paths through some of these heads and no others add, by intervention."""
    return run.frozen().run(heads=heads).logits


# Numbers


@pytest.mark.parametrize("size", SIZES)
def test_each_path_has_the_packages_numbers(size: tuple[int, int]) -> None:
    run = network_run(*size, seed=3)
    Y = run.logits
    rows = panel(size).findall(".//tr[@data-path]")
    assert [path_in(row) for row in rows] == list(paths.enumerate(run.model.config))
    for row in rows:
        added = paths.contribution(run, path_in(row))
        norm, share = numbers(row)
        assert norm == pytest.approx(np.sqrt((added**2).sum()), rel=1e-5)
        assert share == pytest.approx(np.vdot(added, Y) / np.vdot(Y, Y), rel=1e-5, abs=1e-9)


def test_a_path_through_one_head_agrees_with_an_intervention() -> None:
    run = network_run(3, 2, seed=3)
    for row in panel((3, 2)).findall(".//tr[@data-path]"):
        if len(path_in(row)) == 1:
            added = alone(run, set(path_in(row))) - alone(run, set())
            assert numbers(row)[0] == pytest.approx(np.linalg.norm(added), rel=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_each_order_has_its_total_and_its_count(size: tuple[int, int]) -> None:
    run = network_run(*size, seed=3)
    Y = run.logits
    for order, body in enumerate(panel(size).findall(".//tbody")):
        head, *rows = body.findall("tr")
        total = paths.by_order(run)[order]
        norm, share = numbers(head)
        assert norm == pytest.approx(np.linalg.norm(total), rel=1e-5)
        assert share == pytest.approx(np.vdot(total, Y) / np.vdot(Y, Y), rel=1e-5, abs=1e-9)
        assert share == pytest.approx(sum(numbers(row)[1] for row in rows), abs=1e-5)
        assert {len(path_in(row)) for row in rows} == {order}
        name = "".join(head[0].itertext())
        assert re.search(rf": {len(rows)} paths?$", name)
        assert name.startswith(["through no head", "through 1 head", f"through {order} heads"][min(order, 2)])


@pytest.mark.parametrize("size", SIZES)
def test_the_shares_of_all_paths_sum_to_one(size: tuple[int, int]) -> None:
    shares = [numbers(row)[1] for row in panel(size).findall(".//tr[@data-path]")]
    assert sum(shares) == pytest.approx(1, abs=1e-4)


def test_what_is_shown_is_what_was_computed() -> None:
    rows = [row for row in EXPLORER.iter("tr") if "data-norm" in row.attrib]
    assert len(rows) == 53 + 2 * (2 + 3 + 4)
    for row in rows:
        norm, share = numbers(row)
        shown = ["".join(cell.itertext()) for cell in row.findall("td")]
        assert number(shown[0]) == pytest.approx(norm, rel=5e-3)
        assert number(shown[1]) == pytest.approx(100 * share, abs=0.0501)
        bar = row.findall("td")[1]
        assert float(bar.attrib["style"].removeprefix("--ov-share:")) == pytest.approx(abs(share), abs=6e-4)
        assert (bar.attrib.get("class") == "ov-against") == (share < 0)


def test_the_counts() -> None:
    shown = ["".join(p.itertext()) for p in EXPLORER.findall(".//p[@class='ov-count']")]
    assert shown == [
        "(1 + 1)1 = 2 paths: 1 + 1, through 0, 1 heads",
        "(1 + 2)1 = 3 paths: 1 + 2, through 0, 1 heads",
        "(1 + 1)2 = 4 paths: 1 + 2 + 1, through 0, 1, 2 heads",
        "(1 + 2)2 = 9 paths: 1 + 4 + 4, through 0, 1, 2 heads",
        "(1 + 1)3 = 8 paths: 1 + 3 + 3 + 1, through 0, 1, 2, 3 heads",
        "(1 + 2)3 = 27 paths: 1 + 6 + 12 + 8, through 0, 1, 2, 3 heads",
    ]


def test_the_terms() -> None:
    html = plots.path_explorer(seed=3)._repr_html_()
    for layers, heads in SIZES:
        for path in paths.enumerate(network_run(layers, heads).model.config):
            way = "-".join(f"{layer}.{head}" for layer, head in path)
            term = terms.html(path, one_head=heads == 1)
            assert f'<tr data-path="{way}"' in html
            assert f'<th scope="row">{term}</th>' in html


def test_the_seed_is_stated_and_matters() -> None:
    made = {seed: plots.path_explorer(seed=seed)._repr_html_() for seed in (0, 1)}
    assert "seed 0, d_model 16, d_head 4, vocabulary 12, 8 tokens" in made[0]
    assert made[0] != made[1]
    assert made[0] == plots.path_explorer()._repr_html_()


def test_weights_and_tokens_come_from_the_seed() -> None:
    first, second = network_run(2, 1, seed=3), network_run(2, 1, seed=4)
    assert first.tokens is not None
    assert not np.array_equal(first.model.W_E, second.model.W_E)
    assert not np.array_equal(first.tokens, second.tokens)
    again = Transformer.random(first.model.config, seed=3).run(first.tokens)
    np.testing.assert_array_equal(again.logits, first.logits)


def test_measure() -> None:
    part = measure(np.array([[3.0, 0], [0, -4]]), np.array([[[1.0, 1], [0, 2]], [[0.0, 0], [1, -1]]]))
    assert part.norm == 5
    assert part.share == -0.25
    assert part.dots == (-1.25, 1.0)


# Without JavaScript


def test_one_network_is_shown_and_the_choices_are_hidden() -> None:
    shown = [
        div for div in EXPLORER.iter("div") if "data-network" in div.attrib and "hidden" not in div.attrib
    ]
    assert [div.attrib["data-network"] for div in shown] == ["2-2"]
    form = one(EXPLORER, ".//form")
    assert "hidden" in form.attrib
    assert [field.attrib["value"] for field in form.iter("input")] == ["1", "2", "3", "1", "2", "2"]
    assert [field.attrib["value"] for field in form.iter("input") if "checked" in field.attrib] == ["2", "2"]


def test_a_single_network_has_its_slider_alone_to_move() -> None:
    root = parsed(plots.path_explorer(layers=[3], heads=[2]))
    assert [field.attrib["type"] for field in one(root, ".//form").iter("input")] == ["range"]
    assert "hidden" not in panel((3, 2), root).attrib


# The drawing


@pytest.mark.parametrize("size", [*SIZES, (4, 3)])
def test_every_way_is_drawn_once(size: tuple[int, int]) -> None:
    layers, heads = size
    svg = one(parsed_drawing(*size), ".//svg")
    ways = [group.attrib["data-way"] for group in svg.iter("g") if "data-way" in group.attrib]
    expected = ["", *(str(layer) for layer in range(layers))]
    expected += [f"{layer}.{head}" for layer in range(layers) for head in range(heads)]
    assert sorted(ways) == sorted(expected)
    for group in svg.iter("g"):
        if "." in group.attrib.get("data-way", ""):
            layer, head = group.attrib["data-way"].split(".")
            index = layer if heads == 1 else f"{layer},{head}"
            assert "".join(one(group, "text").itertext()) == f"A{index}"


@pytest.mark.parametrize("size", [*SIZES, (4, 3)])
def test_the_ways_of_a_path_join(size: tuple[int, int]) -> None:
    """Each way of a layer begins where the layer before it ended, and all of one layer end in one place."""
    layers, heads = size
    svg = one(parsed_drawing(*size), ".//svg")
    here = ends(way(svg, ""))[0][1]
    for layer in range(layers):
        past = ends(way(svg, str(layer)))
        through = [ends(way(svg, f"{layer}.{head}")) for head in range(heads)]
        assert [past[0][0]] + [each[0][0] for each in through] == [here] * (heads + 1)
        for up, down in through:  # both meet the frame of the head
            assert up[1][1] == down[0][1]
            assert down[0][0] > up[1][0]
        after = {past[0][1], *(each[1][1] for each in through)}
        assert len(after) == 1
        (here,) = after
    assert ends(way(svg, ""))[1][0] == here


def parsed_drawing(layers: int, heads: int) -> Element:
    return ElementTree.fromstring(f"<div>{networks.draw(layers, heads)}</div>")


def way(svg: Element, name: str) -> str:
    return one(svg, f".//g[@data-way='{name}']/path").attrib["d"]


def ends(d: str) -> list[tuple[Any, Any]]:
    """Where each stroke of a path begins and ends; the arrow's tip is left out."""
    strokes: list[tuple[Any, Any]] = []
    x = y = 0.0
    for command, rest in re.findall(r"([MmHhcCl])([^MmHhcCl]*)", d):
        values = [float(value) for value in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", rest)]
        if command in "Mm":
            x, y = (values[0], values[1]) if command == "M" else (x + values[0], y + values[1])
            strokes.append(((x, y), (x, y)))
            continue
        if command == "H":
            x = values[0]
        elif command == "h":
            x += values[0]
        elif command == "c":
            x, y = x + values[4], y + values[5]
        strokes[-1] = (strokes[-1][0], (round(x, 2), round(y, 2)))
    return strokes


# Bad input


def test_as_many_paths_as_a_page_can_hold() -> None:
    assert plots.path_explorer(layers=[7], heads=[1])  # 128
    assert plots.path_explorer(layers=range(1, 7), heads=[1])  # 126
    with pytest.raises(ValueError, match="at most 128 paths"):
        plots.path_explorer(layers=range(1, 8), heads=[1])


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("TypeError: seed: expected a whole number of at least 0, got 0.5 (float)", {"seed": 0.5}),
        ("ValueError: seed: expected a whole number of at least 0, got -1", {"seed": -1}),
        ("TypeError: layers: expected different whole numbers of at least 1, got 3 (int)", {"layers": 3}),
        ("ValueError: layers: expected different whole numbers of at least 1, got ()", {"layers": ()}),
        ("ValueError: heads: expected different whole numbers of at least 1, got (2, 2)", {"heads": (2, 2)}),
        ("ValueError: heads: expected a whole number of at least 1, got 0", {"heads": (0,)}),
        (
            "TypeError: layers: expected different whole numbers of at least 1, got '12' (str)",
            {"layers": "12"},
        ),
        (
            "ValueError: layers, heads: expected at most 128 paths in all networks, got 5 layers "
            "of 2 heads among them",
            {"layers": (5,), "heads": (2,)},
        ),
        (
            "ValueError: layers, heads: expected at most 128 paths in all networks, got 9 layers "
            "of 99 heads among them",
            {"layers": (9,), "heads": (99,)},
        ),
    ],
)
def test_bad_input(message: str, named: dict[str, Any]) -> None:
    assert refusal(plots.path_explorer, **named) == message
