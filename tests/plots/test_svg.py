"""SVG and HTML as strings: well-formed, whatever a label holds."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ovlearn.plots import svg


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1b", "\x7f", "\ufffe", "\ud800", "\x0b"])
def test_signs_that_xml_forbids_are_shown_by_others(sign: str) -> None:

    whole = svg.tag("g", svg.written(f"a{sign}b", 1, 2), data_v=f"a{sign}b")
    read = ElementTree.fromstring(whole)
    assert sign not in whole
    assert len(read[0].text or "") == len(read.get("data-v") or "") == 3
    assert svg.tag("text", "a\tb\u2028é𝕏") == "<text>a\tb\u2028é𝕏</text>"
