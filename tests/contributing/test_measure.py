"""A measure and a picture that are added as their page says pass its tests; one that is wrong does not."""

from __future__ import annotations

import re
from pathlib import Path

from tests.contributing.scratch import walked

COPIED = ("ovlearn", "docs", "live", "rendering", "tests", "pyproject.toml", "package.json")
WRONG = {
    "ovlearn/numeric/detect.py": ("pattern[..., 1:, 0]", "pattern[..., 0]"),
    "ovlearn/plots/headmaps.py": ('folded("Show the figures", columns, rows, name)', '""'),
}


def test_a_measure_and_its_picture_are_a_file_and_a_line_each(tmp_path: Path) -> None:
    scratch = walked("measure.md", root=tmp_path, copied=COPIED)
    measure, row, picture, line = scratch.written
    assert (measure, row) == ("ovlearn/numeric/detect.py", "tests/numeric/test_detect.py")
    assert (picture, line) == ("ovlearn/plots/headmaps.py", "ovlearn/plots/__init__.py")
    status, said = scratch.finish()
    assert status == 0, said


def test_a_measure_that_looks_elsewhere_and_a_picture_without_its_table_are_told(tmp_path: Path) -> None:
    scratch = walked("measure.md", root=tmp_path, copied=COPIED)
    for name, (right, wrong) in WRONG.items():
        file = tmp_path / name
        text = file.read_text(encoding="utf-8")
        assert text.count(right) == 1
        file.write_text(text.replace(right, wrong), encoding="utf-8")
    # of the page's tests, those of what it adds: the others pass, as above
    status, said = scratch.finish(f"{scratch.commands[-1]} -k 'first_token or head_map'")
    assert status == 1
    for test in ("mean_written_out[1-first_token]", "table_to_read_instead[head_map, its example]"):
        assert re.search(rf"^FAILED .*{re.escape(test)}", said, re.MULTILINE), said
