"""The kit for drawings: parts stand where they are put, nothing is cut, things have their colours."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ovlearn.plots import Picture, kit
from ovlearn.plots.kit.lines import apex

from .cases import make_pattern
from .reading import Element, marks, one, parsed, svg_of, table, texts, told

THEME = Path(__file__).parents[2] / "docs" / "theme" / "pictures.css"
SENTENCE = ["they", "shall", "bring", "silver", "and"]


def drawn(*parts: Any, **named: Any) -> Picture:
    return kit.draw(*parts, **{"title": "A drawing", "says": "What it shows."} | named)


def stream() -> Picture:
    return drawn(*kit.stream([["head 0.0", "head 0.1"], ["head 1.0"], ["head 2.0", "head 2.1", "head 2.2"]]))


def sentence() -> Picture:
    words = kit.words(SENTENCE)
    return drawn(*words, *kit.attention(words, [0.1, 0, 0.02, 0.8, 0.08]), kit.Note("here", words[3].top))


def product() -> Picture:
    A, X, W = make_pattern(4), np.eye(4, 6) - 0.5, np.ones((6, 6))
    factors = kit.block("A", A, "pattern", "s", "s"), kit.block("X", X, "stream", "s", "d")
    return drawn(*kit.product(*factors, kit.block("W_OV", W, "ov", "d", "d"), "=", kit.block("H", A @ X @ W)))


def bars() -> Picture:
    return drawn(
        kit.bars([2.1, 1.2, -0.5], ["gold", "brass", "the"]), numbers=[["word", "x"], ["gold", "2.1"]]
    )


DRAWINGS = {made.__name__: made() for made in (stream, sentence, product, bars)}
every_drawing = pytest.mark.parametrize("picture", [pytest.param(p, id=n) for n, p in DRAWINGS.items()])


def texts_at(element: Element, x: float = 0.0, y: float = 0.0) -> list[tuple[str, float, float, float]]:
    """Every text with its two ends and its base line, in the drawing's own coordinates."""
    moved = re.match(r"translate\((\S+) (\S+)\)", element.attrib.get("transform", ""))
    if moved:
        x, y = x + float(moved[1]), y + float(moved[2])
    if element.tag == "text":
        words = "".join(element.itertext())
        size = float(element.attrib.get("font-size", 13))
        at, half = x + float(element.attrib["x"]), 0.24 * size * len(words)
        middle = {"middle": at, "end": at - half}.get(element.attrib.get("text-anchor", ""), at + half)
        return [(words, middle - half, middle + half, y + float(element.attrib["y"]))]
    return [found for child in element for found in texts_at(child, x, y)]


@every_drawing
def test_no_text_is_cut_or_lies_on_another(picture: Picture) -> None:
    svg = svg_of(picture)
    _, _, width, height = (float(value) for value in svg.attrib["viewBox"].split())
    found = texts_at(svg)
    assert found
    for words, left, right, base in found:
        assert 0 <= left < right <= width, words
        assert 8 <= base <= height, words
    for (one_text, left, right, base), (other, begin, end, line) in combinations(found, 2):
        assert right <= begin or end <= left or abs(base - line) >= 11, (one_text, other)


@every_drawing
def test_what_is_a_thing_is_marked_and_in_its_colour(picture: Picture) -> None:
    svg = svg_of(picture)
    things = {element.attrib["data-thing"] for element in svg.iter() if "data-thing" in element.attrib}
    assert things
    assert things <= set(kit.THINGS)
    for element in svg.iter():
        thing = element.attrib.get("data-thing")
        colours = {part.attrib.get(name) for part in element.iter() for name in ("fill", "stroke")}
        coloured = {colour for colour in colours if colour and colour.startswith("var(")}
        assert not thing or coloured == {f"var(--ov-{thing},{kit.THINGS[thing]})"}


@every_drawing
def test_a_drawing_has_a_name_and_a_description(picture: Picture) -> None:
    svg = svg_of(picture)
    assert (one(svg, "title").text, one(svg, "desc").text) == ("A drawing", "What it shows.")
    assert ("tabindex" in svg.attrib) == bool(marks(svg)) == ("ov-readout" in picture.body)
    assert picture == DRAWINGS[next(name for name, p in DRAWINGS.items() if p is picture)]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one_colour: str, other: str) -> float:
    low, high = sorted((luminance(one_colour), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("thing", kit.THINGS)
def test_each_things_colour_can_be_read_in_light_dark_and_a_notebook(thing: str) -> None:
    light, dark = THEME.read_text(encoding="utf-8").split('[data-md-color-scheme="slate"] {')
    for sheet, page in ((light, "#ffffff"), (dark.split("}")[0], "#1e2129")):
        (colour,) = re.findall(rf"--ov-{thing}: (#\w{{6}});", sheet)
        assert contrast(colour, page) >= 4.5
    assert min(contrast(kit.THINGS[thing], page) for page in ("#ffffff", "#000000")) >= 4.5


def test_all_things_differ() -> None:
    assert len(set(kit.THINGS.values())) == len(kit.THINGS) == 6
    with pytest.raises(ValueError, match=r"^thing: expected one of pattern, ov, .*, got 'query' \(str\)$"):
        kit.box("a", thing="query")


# Parts


def test_parts_stand_beside_and_below_each_other() -> None:
    first, second = kit.row([kit.box("a", at=(50, 50)), kit.box("long word", at=(0, 0))], gap=20)
    assert second.left == pytest.approx((first.right[0] + 20, 50))
    above, below = kit.stack([kit.box("a", at=(50, 50)), kit.box("b")], gap=5)
    assert below.top == pytest.approx((50, above.bottom[1] + 5))
    assert kit.row([]) == kit.stack([]) == []


def test_a_symbol_has_its_index_below_the_line_and_a_word_has_none() -> None:
    (symbol,) = parsed(drawn(kit.text("Δ_0 and W_OV"))).iter("text")
    assert "".join(symbol.itertext()) == "Δ0 and WOV"
    downs = [float(piece.attrib.get("dy", 0)) for piece in symbol]
    assert sum(downs) == 0 or downs[-1] > 0
    assert [piece.text for piece in symbol if float(piece.attrib.get("dy", 0)) > 0] == ["0", "OV"]
    assert texts(parsed(drawn(kit.text("snake_case"))), ".//text") == ["snake_case"]
    with pytest.raises(ValueError, match=r"^size: expected a width of"):
        kit.box("a long text", size=(20, 20))


def test_an_arrow_ends_at_its_tip() -> None:
    for turn in ("", "across", "along"):
        part = kit.arrow((0, 0), (40, 80), "ov", turn=turn)
        assert part.box == (0, 0, 40, 80)
        assert not part.solid
        points = re.findall(r'd="M40 80L', part.svg)
        assert len(points) == 1, "the head's tip"
    with pytest.raises(ValueError, match=r"^width: expected more than 0, got 0$"):
        kit.arrow((0, 0), (1, 1), width=0)
    with pytest.raises(ValueError, match=r"^turn: "):
        kit.arrow((0, 0), (1, 1), turn="left")


def test_an_arc_is_as_thick_as_its_weight_and_stays_in_its_box() -> None:
    widths = []
    for weight in (0.0, 0.25, 0.5, 1.0):
        part = kit.arc((0, 0), (100, 0), weight)
        found = re.search(r'd="M0 0C0 (\S+) 100 \S+ 100 0".*stroke-width="(\S+?)"', part.svg)
        assert found is not None
        width = float(found[2])
        assert apex(part)[1] == pytest.approx(0.75 * float(found[1]) - width / 2, abs=0.02)
        widths.append(width)
    assert widths == sorted(set(widths))
    slope, least = np.polyfit([0, 0.25, 0.5, 1.0], widths, 1)
    np.testing.assert_allclose(np.polyval([slope, least], [0, 0.25, 0.5, 1.0]), widths, atol=0.01)
    with pytest.raises(ValueError, match=r"^weight: expected a number from 0 to 1, got 1\.5$"):
        kit.arc((0, 0), (1, 0), 1.5)


def test_attention_has_an_arc_for_each_word_that_is_given_something() -> None:
    svg = svg_of(sentence())
    assert [told(mark) for mark in marks(svg)] == [
        "position 0: 0.1",
        "position 2: 0.02",
        "position 3: 0.8",
        "position 4: 0.08",
    ]
    assert {"10 %", "80 %", "8 %"} <= set(texts(svg))
    assert "2 %" not in texts(svg)
    with pytest.raises(ValueError, match=r"^weights: expected 2, one a word, got shape \(1,\)$"):
        kit.attention(kit.words(["a", "b"]), [1.0])
    with pytest.raises(ValueError, match=r"^weight: expected a number from 0 to 1"):
        kit.attention(kit.words(["a", "b"]), [-0.5, 1.5])


def test_bars_are_as_long_as_their_numbers_and_hollow_below_0() -> None:
    svg = svg_of(bars())
    lengths = [float(bar.attrib["width"]) for bar in marks(svg)]
    np.testing.assert_allclose(np.array(lengths) / lengths[0], [1, 1.2 / 2.1, 0.5 / 2.1], atol=0.01)
    assert [bar.attrib["fill-opacity"] for bar in marks(svg)] == ["1", "1", ".15"]
    assert [told(bar) for bar in marks(svg)] == ["gold: 2.1", "brass: 1.2", "the: −0.5"]
    assert table(parsed(bars())) == [["word", "x"], ["gold", "2.1"]]


def test_a_block_has_a_cell_for_each_number_and_a_stroke_through_those_below_0() -> None:
    svg = svg_of(drawn(kit.block("W_OV", [[4, -2], [0, 1]], "ov")))
    cells = [rect for rect in svg.iter("rect") if rect.attrib["fill"] != "none"]
    assert [cell.attrib["fill-opacity"] for cell in cells] == ["1", ".5", ".25"]
    (strokes,) = [path.attrib["d"] for path in svg.iter("path")]
    assert strokes == "M20 8h8"


def test_a_product_has_a_dot_where_no_sign_stands() -> None:
    assert texts(svg_of(product())) == ["A", "s × s", "·", "X", "s × d", "·", "WOV", "d × d", "=", "H"]
    with pytest.raises(ValueError, match=r"^factors: expected at least one matrix, got none$"):
        kit.product()


def test_the_stream_has_a_box_for_each_writer_and_a_sum_for_each_layer() -> None:
    svg = svg_of(stream())
    names = {"head 0.0", "head 0.1", "head 1.0", "head 2.0", "head 2.1", "head 2.2"}
    assert names | {"X0", "X1", "X2", "X3", "Δ0", "Δ1", "Δ2", "E WE", "WU"} <= set(texts(svg))
    assert len(list(svg.iter("circle"))) == 3
    with pytest.raises(ValueError, match=r"^writers: expected at least one writer in each layer"):
        kit.stream([["a"], []])


# Notes


def test_notes_keep_off_parts_and_each_other() -> None:
    words = kit.words(SENTENCE)
    notes = [kit.Note(f"a note on {word}", part.middle) for word, part in zip(SENTENCE, words, strict=True)]
    svg = svg_of(drawn(*words, *notes))
    group = svg.find("g")
    assert group is not None
    moved = re.match(r"translate\((\S+) (\S+)\)", group.attrib["transform"])
    assert moved is not None
    shift = float(moved[1]), float(moved[2])
    found = {text: (left, right, base) for text, left, right, base in texts_at(svg)}
    for note in notes:
        left, right, base = found[note.text]
        for word in words:
            begin, end = word.box[0] + shift[0], word.box[2] + shift[0]
            top, bottom = word.box[1] + shift[1], word.box[3] + shift[1]
            assert right <= begin or end <= left or base <= top or bottom <= base - 9, note.text


def test_a_note_without_room_is_an_error_and_so_is_a_drawing_without_words() -> None:
    wall = kit.box("wall", size=(1000, 1000))
    with pytest.raises(ValueError, match=r"^parts: expected room for every note, got none for lost$"):
        drawn(wall, kit.Note("lost", (0, 0)))
    with pytest.raises(ValueError, match=r"^parts: expected at least one part, got none$"):
        drawn()
    for name in ("title", "says"):
        with pytest.raises(ValueError, match=f"^{name}: expected words, got ' '$"):
            drawn(wall, **{name: " "})


def test_a_silent_writer_loses_its_arrow_and_its_colour() -> None:
    def of(silent: list[str]) -> tuple[int, int]:
        svg = "".join(part.svg for part in kit.stream([["head 0.0", "head 0.1"]], silent=silent))
        return svg.count('data-thing="ov"'), svg.count("<path")

    (things, paths), (fewer, lines) = of([]), of(["head 0.1"])
    assert (things - fewer, paths - lines) == (2, 2)  # its box and its arrow; the arrow's line and its point


def test_bars_that_are_not_pointed_at_have_no_marks() -> None:
    values, names = [2.0, -1.0], ["gold", "brass"]
    assert kit.bars(values, names).svg.count('class="ov-mark"') == 2
    quiet = kit.bars(values, names, pointed=False)
    assert "ov-mark" not in quiet.svg
    assert quiet.size == kit.bars(values, names).size
