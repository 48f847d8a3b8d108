"""The atlas beside the build: begun once, kept, left out where there is no model, and loud where it fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rendering import RenderError, atlas

PACKAGE = Path(atlas.__file__).parents[1] / "ovlearn"


@pytest.fixture
def model_is_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(atlas, "here", lambda name: tmp_path)


def test_without_the_model_there_is_none_and_the_page_says_how_to_make_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(atlas, "here", lambda name: None)
    assert atlas.begun(PACKAGE, tmp_path) is None
    told = atlas.fragments(None)
    assert "ovlearn read smollm2 --out atlas" in told["atlas"]
    assert "<a" not in told["atlas"] + told["atlas_heads"]


@pytest.mark.usefixtures("model_is_here")
def test_one_that_was_made_is_kept_and_those_of_other_code_are_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[list[str]] = []

    def start(command: list[str], folder: Path) -> subprocess.Popen[str]:
        started.append(command)
        return subprocess.Popen([sys.executable, "-c", ""], stdout=-1, stderr=-1, text=True)

    (tmp_path / "atlas-old").mkdir()
    monkeypatch.setattr(atlas, "_start", start)
    made = atlas.begun(PACKAGE, tmp_path)
    assert made is not None
    assert started == [[sys.executable, "-m", "ovlearn", "read", "smollm2", "--out", str(made.folder)]]
    assert not (tmp_path / "atlas-old").exists()
    (made.folder / "heads").mkdir(parents=True)
    for place in ("index.html", "atlas.css", "atlas.js", "heads/0.0.html", "heads/0.0.json"):
        (made.folder / place).write_text(place)
    assert made.files() == {
        f"atlas/smollm2/{place}": place.encode()
        for place in ("index.html", "atlas.css", "atlas.js", "heads/0.0.html")
    }
    again = atlas.begun(PACKAGE, tmp_path)
    assert again == atlas.Atlas(made.folder)
    assert len(started) == 1


def test_one_that_fails_stops_the_build(tmp_path: Path) -> None:
    failing = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.exit('no room')"], stdout=-1, stderr=-1, text=True
    )
    with pytest.raises(RenderError, match="the atlas of smollm2 could not be made: no room"):
        atlas.Atlas(tmp_path, failing).files()
