"""The engines are found where they are, and what is lacking is said in a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.site.engines import finding
from tests.site.engines.finding import FIREFOX, OF_FIREFOX, OF_WEBKIT, Program, lack_of


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any engine on its PATH; the folder that is there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("FIREFOX", raising=False)
    monkeypatch.setattr(finding, "glob", lambda pattern: [])
    return tmp_path


def planted(file: Path) -> str:
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return str(file)


def test_what_is_lacking_is_said_in_a_line(bare: Path) -> None:
    assert lack_of(OF_FIREFOX) == (
        "no Firefox. To get it: install what Debian calls firefox-esr (or name one in FIREFOX)"
    )
    planted(bare / "apt-get")
    assert lack_of(OF_WEBKIT).endswith("To get it: apt-get install webkit2gtk-driver xvfb")
    planted(bare / "Xvfb")
    assert lack_of(OF_WEBKIT).endswith("To get it: apt-get install webkit2gtk-driver")
    with pytest.raises(FileNotFoundError, match="no Firefox"):
        FIREFOX.needed()


def test_one_is_found_by_its_name_and_the_one_that_is_named_comes_first(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert planted(bare / "firefox") == FIREFOX.needed()
    assert planted(bare / "firefox-esr") == FIREFOX.needed()
    assert lack_of(OF_FIREFOX) == ""
    monkeypatch.setenv("FIREFOX", planted(bare / "mine"))
    assert FIREFOX.needed() == str(bare / "mine")
    monkeypatch.setenv("FIREFOX", "/nowhere/firefox")
    assert FIREFOX.found() == ""


def test_one_is_found_by_a_pattern_of_its_place(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    place = planted(tmp_path / "lib" / "MiniBrowser")
    assert Program("it", (f"{tmp_path}/*/MiniBrowser",), "it").needed() == place
