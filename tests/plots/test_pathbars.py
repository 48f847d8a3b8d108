"""Contributions: the bars are the paths' own, and those of single paths and the others sum to the logit."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from ovlearn import plots
from ovlearn.numeric import Config, Run, Transformer, paths
from ovlearn.plots import terms
from ovlearn.plots.svg import NEGATIVE, POSITIVE

from .cases import make_run, refusal
from .reading import Element, marks, one, parsed, places, svg_of, table, texts, told


@dataclass
class Bar:
    name: str
    value: float  # as long as it is drawn, in units of the logit
    high: float


def bars(svg: Element, run: Run, position: int, token: int) -> list[Bar]:
    """Each bar, its length read off by the longest bar's number."""
    found = []
    axis = float(re.findall(r"M(\S+)", svg.findall("path")[-1].attrib["d"])[0])
    for mark in marks(svg):
        x, width, high = (float(mark.attrib[name]) for name in ("x", "width", "height"))
        negative = mark.attrib["fill"] == NEGATIVE
        assert mark.attrib["fill"] in (POSITIVE, NEGATIVE)
        assert (x + width if negative else x) == pytest.approx(axis, abs=0.02)
        found.append(Bar(told(mark).rsplit(": ", 1)[0], -width if negative else width, high))
    sums = [abs(value) for value in paths.by_order(run)[:, position, token]]
    single = [abs(adds(run, path, position, token)) for path in paths.enumerate(run.model.config)]
    unit = max(abs(bar.value) for bar in found) / max(*sums, *single)
    return [Bar(bar.name, bar.value / unit, bar.high) for bar in found]


def adds(run: Run, path: paths.Path, position: int, token: int) -> float:
    """By the formula, one matrix after the other: A_k ⋯ A_1 X_0 W_V W_O ⋯ W_U."""
    stream = run.embedding
    for layer, head in path:
        stream = run.pattern[layer, head] @ stream @ run.model.W_V[layer, head] @ run.model.W_O[layer, head]
    return float((stream @ run.model.W_U)[position, token])


@pytest.mark.parametrize(("layers", "heads"), [(0, 1), (1, 1), (2, 3), (3, 2), (4, 1)])
def test_each_bar_is_as_long_as_what_its_paths_add(layers: int, heads: int) -> None:
    run = make_run(layers, heads)
    picture = plots.contributions(run, 3, 5, most=6)
    found = bars(svg_of(picture), run, 3, 5)
    every = list(paths.enumerate(run.model.config))
    largest = sorted(every, key=lambda path: -abs(adds(run, path, 3, 5)))[:6]
    wanted: list[tuple[str, float]] = []
    for order in range(layers + 1):
        members = [path for path in every if len(path) == order]
        total = sum(adds(run, path, 3, 5) for path in members)
        wanted.append((order_name(order, len(members)), total))
        shown = [path for path in largest if len(path) == order]
        wanted += [(terms.text(path), adds(run, path, 3, 5)) for path in shown]
        rest = [adds(run, path, 3, 5) for path in members if path not in shown]
        if rest:
            wanted.append((f"{len(rest)} other{'s' if len(rest) > 1 else ''}", sum(rest)))
    assert [bar.name for bar in found] == [name for name, _ in wanted]
    lengths = [value for _, value in wanted]
    np.testing.assert_allclose([bar.value for bar in found], lengths, atol=2e-3 * np.abs(lengths).max())


def order_name(order: int, count: int) -> str:
    heads = ["no head", "1 head"][order] if order < 2 else f"{order} heads"
    return f"through {heads}: {count} path{'s' if count > 1 else ''}"


@pytest.mark.parametrize("most", [1, 3, 16, 64])
def test_the_bars_of_paths_and_others_sum_to_the_logit(most: int) -> None:
    run = make_run(3, 2)
    found = bars(svg_of(plots.contributions(run, 2, 1, most=most)), run, 2, 1)
    sums = [bar for bar in found if bar.name.startswith("through")]
    rest = [bar for bar in found if not bar.name.startswith("through")]
    assert len([bar for bar in rest if "other" not in bar.name]) == min(most, 27)
    for part in (sums, rest):
        assert sum(bar.value for bar in part) == pytest.approx(run.logits[2, 1], abs=0.02)
    assert {bar.high for bar in sums} > {bar.high for bar in rest} or min(b.high for b in sums) > rest[0].high


def test_the_words_say_what_it_sums_to() -> None:
    run = make_run(2, 2)
    logit = f"{run.logits[3, 4]:.3g}".replace("-", "−")
    some = one(svg_of(plots.contributions(run, 3, 4, most=2)), "desc").text or ""
    assert some.startswith(f"Logit of token 4 at position 3: {logit}. It is the sum of what 9 paths add.")
    assert some.endswith(
        "The bars of single paths and those of the others sum to the logit, as the sums of the orders do."
    )
    whole = one(svg_of(plots.contributions(run, 3, 4)), "desc").text or ""
    assert "The bars of single paths sum to the logit" in whole


def test_the_words_name_the_largest_magnitude() -> None:
    run = make_run(2, 2)
    signs = set()
    for token in range(run.model.config.d_vocab):
        every = {path: adds(run, path, 3, token) for path in paths.enumerate(run.model.config)}
        largest = max(every, key=lambda path: abs(every[path]))
        signs.add(every[largest] > 0)
        assert (
            f"The largest magnitude is {terms.text(largest)} with" in plots.contributions(run, 3, token).body
        )
    assert signs == {True, False}


def test_the_token_is_named() -> None:
    run = make_run(1, 1)
    tokens = [f" <{index}>" for index in range(run.model.config.d_vocab)]
    svg = svg_of(plots.contributions(run, 0, 2, tokens))
    assert texts(svg)[0].startswith("Logit of token 2 “␣<2>” at position 0: ")
    assert "“" not in texts(svg_of(plots.contributions(run, 0, 2)))[0]


def test_each_bar_has_its_name_and_its_number_in_its_row() -> None:
    run = make_run(2, 2)
    svg = svg_of(plots.contributions(run, 3, 4, most=5))
    for mark in marks(svg):
        top, high = float(mark.attrib["y"]), float(mark.attrib["height"])
        value = told(mark).rsplit(": ", 1)[1]
        assert any(top < y < top + high + 3 for _, y in places(svg, value))
    names = texts(svg)[1::2]
    assert len(names) == len(marks(svg))
    rows = [row[0] for row in table(parsed(plots.contributions(run, 3, 4, most=5)))[1:]]
    for name, row in zip(names, rows, strict=True):
        if row.startswith("A"):
            assert name.replace("\xa0", " ") == re.sub(r"_(\d)_(\d)", r"\1,\2", row).replace("_", "")


def test_the_table_is_what_is_drawn() -> None:
    picture = plots.contributions(make_run(2, 3), 3, 4, most=4)
    head, *body = table(parsed(picture))
    assert head == ["paths", "adds"]
    assert [": ".join(row) for row in body] == [told(mark) for mark in marks(svg_of(picture))]


@pytest.mark.parametrize(("layers", "heads"), [(0, 1), (3, 2), (4, 1), (2, 12)])
def test_all_lies_within_the_drawing(layers: int, heads: int) -> None:
    run = make_run(layers, heads)
    svg = svg_of(plots.contributions(run, 1, 1, most=20))
    _, _, width, height = (float(value) for value in svg.attrib["viewBox"].split())
    for text in svg.iter("text"):
        words = "".join(text.itertext())
        end = text.attrib.get("text-anchor") == "end"
        full = 5 * len(re.sub(r"[\d,\s]|OV", "", words)) if end else 6 * len(words)
        start = float(text.attrib["x"]) - (full if end else 0)
        assert start >= 0
        assert start + full <= width + 1
    for mark in marks(svg):
        assert 0 <= float(mark.attrib["x"]) <= float(mark.attrib["x"]) + float(mark.attrib["width"]) <= width
        assert 0 <= float(mark.attrib["y"]) + float(mark.attrib["height"]) <= height


def test_a_path_that_adds_nothing() -> None:
    model = Transformer.random(Config(1, 1, d_model=4, d_head=2, d_vocab=3, n_ctx=2))
    silent = Transformer(model.config, **weights(model) | {"W_U": np.zeros((4, 3))})
    found = marks(svg_of(plots.contributions(silent.run([1, 2]), 0, 0)))
    assert [float(mark.attrib["width"]) for mark in found] == [0] * 4


def weights(model: Transformer) -> dict[str, Any]:
    return {name: getattr(model, name) for name in ("W_E", "W_Q", "W_K", "W_V", "W_O", "W_U")}


def large_run(layers: int, heads: int) -> Run:
    config = Config(layers, heads, d_model=2, d_head=1, d_vocab=2, n_ctx=1)
    return Transformer.random(config).run([1])


def test_as_many_paths_as_a_reader_will_wait_for() -> None:
    assert "512 paths add" in plots.contributions(large_run(9, 1), 0, 0).body
    with pytest.raises(ValueError, match=r"^run: expected a network of at most 4,096 paths, got 8,192$"):
        plots.contributions(large_run(13, 1), 0, 0)


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("TypeError: run: expected Run, got 3 (int)", {"run": 3}),
        (
            "ValueError: run: expected a run of one text, logits [pos, d_vocab], got logits of "
            "shape (2, 3, 12)",
            {"run": make_run(1, 1).model.run([[1, 2, 3], [4, 5, 6]])},
        ),
        (
            'ValueError: run: expected one that recorded its pattern, got none: add "pattern" to `record`',
            {"run": make_run(1, 1).model.run([1, 2, 3, 4, 5], record=[])},
        ),
        ("ValueError: position: expected a whole number from 0 to 4, got 5", {"position": 5}),
        ("ValueError: position: expected a whole number from 0 to 4, got -1", {"position": -1}),
        ("TypeError: position: expected a whole number from 0 to 4, got 1.0 (float)", {"position": 1.0}),
        ("ValueError: token: expected a whole number from 0 to 11, got 12", {"token": 12}),
        ("TypeError: token: expected a whole number from 0 to 11, got 'the' (str)", {"token": "the"}),
        ("ValueError: most: expected a whole number from 1 to 64, got 0", {"most": 0}),
        ("ValueError: most: expected a whole number from 1 to 64, got 65", {"most": 65}),
        (
            "ValueError: tokens: expected 12 labels, one a token of the vocabulary, got 2",
            {"tokens": ["a", "b"]},
        ),
    ],
)
def test_bad_input(message: str, named: dict[str, Any]) -> None:
    assert (
        refusal(plots.contributions, **{"run": make_run(1, 1), "position": 0, "token": 0} | named) == message
    )
