"""The OV reader: its numbers are the excerpt's, its data say what its still figure says."""

from __future__ import annotations

import gzip
import json
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ovlearn import plots
from ovlearn.numeric import zoo
from ovlearn.numeric.norms import normed
from ovlearn.plots import rowsayings

from .cases import refusal
from .reading import number, one, parsed, texts

EXCERPT = zoo.load("smollm2-excerpt")
HEADS = [(29, 2), (29, 0), (25, 2), (27, 7), (27, 5)]
PICTURE = plots.reader(EXCERPT, HEADS, title="A reader")
BOX = one(parsed(PICTURE), ".//div[@class='ov-reader']")
DATA = json.loads(BOX.attrib["data-reader"])
WORDS = [f" {word}" for word in DATA["words"].split()]
THEME = Path(__file__).parents[2] / "docs" / "theme"


def unpacked(place: int, head: int) -> tuple[float, list[str], list[int]]:
    """A row as it is stored: its spread, its words by name, their values."""
    spread, *told = DATA["rows"][place][8 * head : 8 * head + 8]
    digits = DATA["ids"][place][14 * head : 14 * head + 14]
    shown = DATA["shown"].split(" ")
    names = [shown[int(digits[at : at + 2], 36)] for at in range(0, 14, 2)]
    raised = list(accumulate(told[:5], lambda by, step: by - step))
    return spread / 10, names, [*raised, told[5], told[5] + told[6]]


@pytest.mark.parametrize("head", range(len(HEADS)))
def test_each_number_is_the_excerpts(head: int) -> None:
    rows = EXCERPT.rows(*HEADS[head], WORDS, 24)
    for place, word in enumerate(WORDS):
        spread, names, values = unpacked(place, head)
        assert spread == pytest.approx(rows.spread[place], abs=0.051)
        assert DATA["noise"][head] == pytest.approx(rows.noise[place], abs=0.051)
        suited = [
            [
                (rowsayings.shown(EXCERPT.words[token]), by)
                for token, by in zip(tokens[place], by_each[place], strict=True)
                if rowsayings.suits(EXCERPT.words[token])
            ][:count]
            for tokens, by_each, count in ((rows.raised, rows.by, 5), (rows.lowered, rows.down_by, 2))
        ]
        wanted = [*suited[0], *suited[1]]
        assert names == [name for name, _ in wanted], word
        assert values == pytest.approx([float(by) for _, by in wanted], abs=0.501), word


def test_no_two_heads_or_words_have_the_same_row() -> None:
    """So a row that is taken for another one cannot pass."""
    rows = [str(unpacked(place, head)) for place in range(len(WORDS)) for head in range(len(HEADS))]
    assert len(set(rows)) == len(rows)


def test_the_still_figure_says_what_the_data_say() -> None:
    tables = BOX.findall(".//table")
    assert len(tables) == len(HEADS)
    for head, table in enumerate(tables):
        spread, names, values = unpacked(WORDS.index(" France"), head)
        assert texts(table, ".//tbody//span") == names
        assert [number(text.replace("+", "")) for text in texts(table, ".//td")] == values
        assert texts(table, ".//caption/small") == [f"spread {spread:.1f}, noise {DATA['noise'][head]:.1f}"]
        assert texts(table, ".//caption/b") == [f"head {DATA['heads'][head]}"]


def test_what_is_seen_is_said() -> None:
    said = texts(BOX, ".//p[@class='ov-tells']")
    assert said == [
        "Looking at “France”. Strong: 29.0 lowers “France”. Quiet, but standing out: 29.2 raises “France”. "
        "Noise: 25.2, 27.7, 27.5."
    ]
    assert one(BOX, ".//p[@class='ov-tells']").attrib["aria-live"] == "polite"


@pytest.mark.parametrize(
    ("word", "verdicts"),
    [
        (" they", "noise noise strong"),
        (" king", "out out out"),
        (" France", "out strong noise"),
    ],
)
def test_verdicts(word: str, verdicts: str) -> None:
    row = rowsayings.sayings(EXCERPT, HEADS[:3], [word])[0]
    assert [each.verdict.split()[-1] for each in row] == verdicts.split()


def test_random_heads_are_seldom_taken_for_speaking() -> None:
    """Between the excerpt's own embeddings, as `Rows.noise` is measured."""
    rng = np.random.default_rng(0)
    x = normed(EXCERPT.W_E, "RMSPre", EXCERPT.eps)  # [word, d_model]
    wide, far = [], []
    for _ in range(10):
        W_V, W_O = rng.normal(size=(576, 64)), rng.normal(size=(64, 576))
        rows = x @ W_V @ W_O @ EXCERPT.W_U  # [word, word]
        spread = rows.std(axis=1)  # [word]
        wide.append(spread)
        far.append(np.abs(rows).max(axis=1) / spread)
    assert np.mean(np.array(far) > rowsayings.STANDS_OUT) < 0.02
    assert np.mean(np.array(wide) > rowsayings.STRONG * np.mean(wide)) < 0.01


def test_words_to_read() -> None:
    assert 150 <= len(WORDS) <= 250
    assert [f" {word}" for word in rowsayings.STORY] == WORDS[: len(rowsayings.STORY)]
    assert rowsayings.readable(EXCERPT) == WORDS
    for word in WORDS[len(rowsayings.STORY) :]:
        assert word[1:].isalpha()
        assert word[1:].islower()
        assert rowsayings.suits(word)


def test_nothing_that_does_not_suit_everybody_is_shown() -> None:
    assert all(rowsayings.suits(word.strip("*")) for word in DATA["shown"].split(" "))
    assert not rowsayings.suits(" weapons")


def test_its_names_have_no_space_in_them() -> None:
    """They are joined by spaces in the data."""
    for word in EXCERPT.words:
        assert " " not in rowsayings.shown(word)
        assert rowsayings.shown(word)


def test_weight() -> None:
    data = BOX.attrib["data-reader"].encode()
    assert len(data) <= 60_000
    assert len(gzip.compress(data, mtime=0)) <= 20_000
    script = (THEME / "reader.js").read_bytes()
    assert len(gzip.compress(script, mtime=0)) <= 10_000


def test_the_script_is_named_after_what_it_is_loaded_for() -> None:
    assert '["switches", "reader"].forEach(load)' in (THEME / "pictures.js").read_text(encoding="utf-8")


def script(call: str) -> Any:
    """What a function of the site's script gives for this figure's data."""
    quickjs = pytest.importorskip("quickjs")
    source = (THEME / "reader.js").read_text(encoding="utf-8")
    begin, end = source.index("  // How many letters"), source.index("  function wire(")
    context = quickjs.Context()
    context.eval(source[begin:end])
    context.eval(f"const data = {json.dumps(DATA)}; data.shown = data.shown.split(' ');")
    return json.loads(context.eval(f"JSON.stringify({call})"))


@pytest.mark.parametrize("head", range(len(HEADS)))
def test_the_script_unpacks_each_row_and_judges_it_as_the_package_does(head: int) -> None:
    all_rows = script(f"data.rows.map((_, at) => unpack(data, at, {head}))")
    judged = script(f"data.rows.map((_, at) => judged(data, {head}, unpack(data, at, {head})))")
    sayings = rowsayings.sayings(EXCERPT, [HEADS[head]], WORDS)
    for place, (row, found) in enumerate(zip(all_rows, judged, strict=True)):
        spread, names, values = unpacked(place, head)
        assert (row["spread"], row["ends"]) == (
            spread,
            [list(pair) for pair in zip(names, values, strict=True)],
        )
        saying = sayings[place][0]
        assert (found["verdict"], found["far"]) == (saying.verdict, saying.far)


@pytest.mark.parametrize(
    ("one_word", "other", "wanted"),
    [("cat", "cats", 1), ("king", "ring", 1), ("a", "", 1), ("dog", "cat", 3)],
)
def test_distance(one_word: str, other: str, wanted: int) -> None:
    assert script(f"distance({one_word!r}, {other!r})") == wanted


@pytest.mark.parametrize(
    ("named", "wanted"),
    [
        ({"excerpt": "smollm2"}, "TypeError: excerpt: expected Excerpt"),
        ({"heads": []}, "ValueError: heads: expected at least one, and none twice"),
        ({"heads": [(29, 2), (29, 2)]}, "ValueError: heads: expected at least one, and none twice"),
        ({"heads": [(0, 0)]}, "ValueError: layer, head: expected one of (18, 6), "),
        ({"heads": None}, "TypeError: heads: expected pairs (layer, head)"),
        ({"heads": [29, 2]}, "TypeError: heads: expected pairs (layer, head), got 29"),
        ({"words": []}, "ValueError: words: expected at least one, and none twice"),
        ({"words": " France"}, "TypeError: words: expected words of the excerpt"),
        ({"words": [3]}, "TypeError: words: expected str, got 3"),
        (
            {"words": [" cat", " cat"], "word": " cat"},
            "ValueError: words: expected at least one, and none twice",
        ),
        (
            {"words": [" France", " Frence"]},
            "ValueError: word: expected a word of smollm2-excerpt, as ' French', ' France'",
        ),
        ({"words": EXCERPT.words}, "ValueError: words: expected at most 250, got 1872"),
        ({"word": " Paris"}, "ValueError: word: expected one of the"),
    ],
)
def test_refusals(named: dict[str, Any], wanted: str) -> None:
    given = {"excerpt": EXCERPT, "heads": HEADS} | named
    assert refusal(plots.reader, **given).startswith(wanted)
