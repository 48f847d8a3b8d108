"""What comes from npm."""

from __future__ import annotations

from pathlib import Path

import pytest

from rendering import RenderError, assets
from rendering.assets import COPY_TEX, FONTS_CSS, IFRAME_WORKER, KATEX_CSS, NODE_MODULES, require

FONTS = (Path(__file__).parents[2] / "docs" / "theme" / "fonts.css").read_text(encoding="utf-8")


def test_every_font_that_a_style_sheet_names_is_there() -> None:
    files = assets(FONTS)
    named = {
        f"{place.rpartition('/')[0]}/{part.partition(')')[0]}"
        for place in (KATEX_CSS, FONTS_CSS)
        for part in str(files[place]).split("url(")[1:]
    }
    assert named == {place for place in files if place.endswith(".woff2")}
    assert len(named) > 18


def test_the_copy_for_reading_from_disk_holds_its_fonts() -> None:
    files = assets(FONTS, embed_fonts=True)
    assert set(files) == {KATEX_CSS, FONTS_CSS, COPY_TEX, IFRAME_WORKER}
    assert ".woff2" not in str(files[KATEX_CSS]) + str(files[FONTS_CSS])


def test_a_missing_package_names_the_command_that_installs_it() -> None:
    with pytest.raises(RenderError, match=r"node_modules/none/x.js is missing: `make node` installs it"):
        require(NODE_MODULES / "none" / "x.js")
