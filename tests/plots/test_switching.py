"""Pictures with switches: a state for each setting, the first one shown, and drawings with words to press."""

import re
from itertools import product

import pytest

from ovlearn import plots, zoo
from ovlearn.numeric.zoo.headontext import HeadOnText, head_on_text
from ovlearn.plots import Control, Picture, kit
from ovlearn.plots.switching import condition, settings

from .cases import refusal
from .reading import Element, one, parsed

CONTROLS = [
    Control("kind", "Kind", ("bars", "lines")),
    Control("size", "Size", ("small", "large", "huge"), slider=True, start=1),
    Control("colour", "Colour", ("red", "blue"), when={"kind": [1]}),
]


def drawn(state: object) -> Picture:
    return plots.bars([1.0, 2.0], ["one", "two"], "Two", f"It is {state}.")


def panels(root: Element) -> dict[str, Element]:
    """The states of a picture by their condition, in their order."""
    box = one(root, ".//div[@class='ov-switches']")
    return {part.attrib["data-when"]: part for part in box if "data-when" in part.attrib}


def hidden(element: Element) -> bool:
    return element.attrib.get("style") == "display:none"


def test_each_setting_has_a_state_and_the_first_is_shown() -> None:
    found = panels(parsed(plots.switches(CONTROLS, drawn, "Sizes")))
    assert list(found) == [
        *(f"kind=0 size={size}" for size in range(3)),
        *(f"kind=1 size={size} colour={colour}" for size, colour in product(range(3), range(2))),
    ]
    assert [when for when, panel in found.items() if not hidden(panel)] == ["kind=0 size=1"]
    for when, panel in found.items():
        state = {name: int(place) for name, place in (pair.split("=") for pair in when.split())}
        assert panel.attrib["data-says"] == f"It is {state}."


def test_what_the_first_state_says_stands_below() -> None:
    says = one(parsed(plots.switches(CONTROLS, drawn)), ".//p[@class='ov-tells']")
    assert says.text == "It is {'kind': 0, 'size': 1}."
    assert says.attrib["aria-live"] == "polite"


def test_the_controls_have_names_and_wait_for_the_script() -> None:
    form = one(parsed(plots.switches(CONTROLS, drawn)), ".//form")
    assert "hidden" in form.attrib
    assert [part.attrib["aria-label"] for part in form.iter() if part.attrib.get("role")] == [
        "Kind",
        "Size",
        "Colour",
    ]
    slider = one(form, ".//input[@type='range']")
    assert slider.attrib["data-options"] == "small|large|huge"
    assert (slider.attrib["max"], slider.attrib["value"]) == ("2", "1")
    assert one(form, ".//output").text == "large"
    (only_then,) = [part for part in form.iter("div") if "data-when" in part.attrib]
    assert only_then.attrib["data-when"] == "kind=1"
    assert hidden(only_then)


def test_what_leaves_no_choice_is_not_asked() -> None:
    then = Control("two", "Two", ("a", "b"), when={"one": [0]})
    root = parsed(plots.switches([Control("one", "One", ("it",)), *CONTROLS[:1], then], drawn))
    assert {field.attrib["name"] for field in root.iter("input")} == {"at-kind", "at-two"}
    assert next(iter(panels(root))) == "kind=0 two=0"
    assert not [part for part in one(root, ".//form").iter() if "data-when" in part.attrib]


@pytest.mark.parametrize(
    ("controls", "message"),
    [
        ([], "ValueError: controls: expected controls of different names, with options, got []"),
        (
            [Control("a", "A", ())],
            "ValueError: controls: expected controls of different names, with options, got",
        ),
        ([Control("a", "A", ("x",))] * 2, "ValueError: controls: expected controls of different names"),
        ([Control("a", "A", ("x",) * 65)], "ValueError: controls: expected at most 64 states, got 65"),
    ],
)
def test_bad_controls(controls: list[Control], message: str) -> None:
    assert refusal(plots.switches, controls, drawn).startswith(message)


def test_a_condition_of_several_places() -> None:
    assert condition({"a": [0, 2], "b": 1}) == "a=0,2 b=1"
    assert settings([]) == [{}]


def test_a_part_is_pressed_and_another_is_there_only_then() -> None:
    first, second = kit.words(["silver", "and"])
    root = parsed(
        kit.draw(
            kit.press(first, "word", 0, "look at silver", on=True),
            kit.press(second, "word", 1, "look at and"),
            kit.only([kit.text("gold", (0, 60))], "word", 0, "It says gold.", on=True),
            kit.only([kit.text("nothing", (0, 60))], "word", 1, "It says nothing."),
            title="Press",
            says="Two words.",
        )
    )
    pressed = [part for part in root.iter("g") if "data-press" in part.attrib]
    assert [part.attrib["data-press"] for part in pressed] == ["word=0", "word=1"]
    assert [part.attrib["class"] for part in pressed] == ["ov-press ov-on", "ov-press"]
    assert [part.attrib["data-label"] for part in pressed] == ["look at silver", "look at and"]
    there = [part for part in root.iter("g") if "data-when" in part.attrib]
    assert [(part.attrib["data-when"], hidden(part)) for part in there] == [
        ("word=0", False),
        ("word=1", True),
    ]
    for part in pressed:  # a finger finds it
        room = one(part, ".//rect[@class='ov-hit']")
        assert float(room.attrib["height"]) >= 44


# Heads on texts


@pytest.fixture(scope="module")
def heads() -> list[HeadOnText]:
    model, real = zoo.load("king-james-two-layers"), zoo.load("smollm2-excerpt")
    return [
        head_on_text(model, "silver and", 1, 6),
        head_on_text(model, "silver and", 1, 3),
        head_on_text(real, "The capital of France is", 23, 4),
    ]


def test_each_head_on_each_text_has_a_state_with_its_numbers(heads: list[HeadOnText]) -> None:
    picture = plots.heads_on_texts({"small": {"silver and": heads[:2]}, "real": {"The capital": heads[2:]}})
    found = panels(parsed(picture))
    assert list(found) == [
        "model=0 head0.0=0",
        "model=0 head0.0=1",
        "model=1",
    ]
    for head, panel in zip(heads, found.values(), strict=True):
        words = ["begin" if word in ("<bos>", "<|endoftext|>") else word.strip() for word in head.words]
        assert [
            part.attrib["data-label"].removeprefix("look at ")
            for part in panel.iter("g")
            if "data-press" in part.attrib
        ] == words
        rows = [["".join(cell.itertext()) for cell in row] for row in one(panel, ".//tbody")]
        for place, (word, attention, gave, raises) in enumerate(rows):
            assert word == words[place]
            assert number(attention) == pytest.approx(head.attention[place], rel=0.01, abs=1e-9)
            assert number(gave) == pytest.approx(head.gave[place], rel=0.01, abs=1e-9)
            assert raises.split(", ")[0] == head.raised[place][0].strip()


def test_arcs_are_as_thick_as_what_came_from_there(heads: list[HeadOnText]) -> None:
    """And not as the attention: a head rests it on the begin token, from which next to nothing comes."""
    (head,) = heads[2:]
    panel = next(iter(panels(parsed(plots.heads_on_texts({"": {"": [head]}}))).values()))
    arcs = [path for path in panel.iter("path") if path.attrib.get("stroke-linecap") == "round"]
    most = max(abs(head.gave))
    seen = [abs(gave) / most for gave in head.gave if abs(gave) >= 0.02 * most]
    assert [float(arc.attrib["stroke-width"]) for arc in arcs] == [
        pytest.approx(1 + 11 * share, abs=0.01) for share in seen
    ]


def test_the_word_from_which_most_came_is_pressed() -> None:
    """And not the one that gets most attention: that is the begin token here."""
    found = head_on_text(zoo.load("smollm2-excerpt"), "He wanted to do it by", 26, 2)
    assert found.attention.argmax() != found.gave.argmax()
    root = parsed(plots.heads_on_texts({"": {"": [found]}}))
    (pressed,) = [part for part in root.iter("g") if part.attrib.get("class") == "ov-press ov-on"]
    assert pressed.attrib["data-label"] == f"look at {found.words[found.gave.argmax()].strip()}"


def test_a_row_has_what_it_raises_and_what_it_lowers(heads: list[HeadOnText]) -> None:
    (head,) = heads[:1]
    root = parsed(plots.heads_on_texts({"": {"": [head]}}))
    rows = [part for part in root.iter("g") if part.attrib.get("data-when", "").startswith("word=")]
    for place, row in enumerate(rows):
        written = ["".join(text.itertext()) for text in row.iter("text")]
        assert [name for name in written if name in head.raised[place]] == list(head.raised[place])
        assert [name for name in written if name in head.lowered[place]] == list(head.lowered[place][:2])


def number(text: str) -> float:
    return float(re.sub("−", "-", text))
