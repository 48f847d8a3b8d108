"""The site's scripts look for what the pictures hold. What they then do, a browser tests."""

import re
from pathlib import Path

import pytest

from .cases import pictures

THEME = Path(__file__).parents[2] / "docs" / "theme"
SCRIPT = (THEME / "pictures.js").read_text(encoding="utf-8")
HTML = "".join(picture._repr_html_() for picture in pictures().values())


@pytest.mark.parametrize("name", ["pictures.js", "symbols.js"])
def test_each_script_can_be_read(name: str) -> None:
    import quickjs

    source = (THEME / name).read_text(encoding="utf-8")
    quickjs.Context().eval("(source) => { new Function(source); }")
    quickjs.Context().get("Function")(source)
    with pytest.raises(quickjs.JSException):
        quickjs.Context().get("Function")(source + "}")


def test_each_piece_of_data_that_the_script_reads_is_there() -> None:
    wanted = set(re.findall(r"\.dataset\.(\w+)", SCRIPT))
    assert wanted == {
        *("values", "words", "rows", "columns", "grid"),
        *("network", "path", "way", "norm", "dots", "order", "options"),
    }
    for name in wanted:
        assert f"data-{name}=" in HTML


def test_each_class_that_the_script_looks_for_is_there() -> None:
    """In a picture, or made by the script itself."""
    made = set(re.findall(r'"?class"?[,:] "(ov-\w+)"', SCRIPT))
    assert made == {"ov-cursor", "ov-hit"}
    for name in set(re.findall(r"""["' ]\.(ov-\w+)""", SCRIPT)) - made:
        assert f'class="{name}"' in HTML, name


def test_each_class_of_the_pictures_has_its_style() -> None:
    style = (THEME / "pictures.css").read_text(encoding="utf-8")
    for name in {name for names in re.findall(r'class="([^"]*)"', HTML) for name in names.split()}:
        assert re.search(rf"\.{name}\b", style), name


def test_the_colours_that_pictures_name_are_defined_for_light_and_dark() -> None:
    style = (THEME / "pictures.css").read_text(encoding="utf-8")
    light, dark = style.split('[data-md-color-scheme="slate"] {')
    for name in set(re.findall(r"var\((--ov-\w+),", HTML)):
        assert f"{name}:" in light
        assert f"{name}:" in dark.split("}")[0]


@pytest.mark.parametrize("name", ["pictures.js", "symbols.js", "pictures.css"])
def test_nothing_is_loaded_from_elsewhere(name: str) -> None:
    source = (THEME / name).read_text(encoding="utf-8")
    assert not re.search(r"https?:|//\w+\.|@import|url\(|fetch\(|import\(", source)
