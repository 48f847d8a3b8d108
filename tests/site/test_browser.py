"""The browser is found where there is one, installed where there is none, and whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.browser import __main__, finding, installing, wanting
from tests.site.browser.finding import NotThere, found, installed
from tests.site.browser.installing import NotToBeHad, install

RUNS = 'echo "Chromium 153.0.8010.0"'


def planted(file: Path, does: str = RUNS) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{does}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine without a browser; the folder on its PATH."""
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setattr(finding, "PLACES", (str(tmp_path / "places"),))
    monkeypatch.setattr(finding, "APPLICATIONS", (str(tmp_path / "applications" / "Chromium"),))
    monkeypatch.setattr(finding, "ROOT", tmp_path)
    found.cache_clear()
    yield path
    found.cache_clear()


def test_a_bare_machine_has_none(bare: Path) -> None:
    assert found() is None
    assert wanting.lack().startswith(
        "no browser. To get one: install Chromium or Chrome (or name one in CHROMIUM)"
    )
    with pytest.raises(NotThere, match=r"^no browser"):
        wanting.needed()


@pytest.mark.parametrize(
    "place", ["bin/chromium", "bin/google-chrome-stable", "places/chrome", "applications/Chromium"]
)
def test_one_is_found_by_its_name_and_in_the_usual_places(bare: Path, tmp_path: Path, place: str) -> None:
    planted(tmp_path / place)
    assert wanting.needed().path == str(tmp_path / place)
    assert wanting.lack() == ""


@pytest.mark.parametrize(
    "does",
    [
        'echo "Chromium 153.0.8010.0"; exit 1',
        'echo "Command requires the chromium snap to be installed."',
        'echo "error while loading shared libraries: libnss3.so" >&2; exit 127',
    ],
)
def test_one_that_does_not_run_is_passed_over(bare: Path, tmp_path: Path, does: str) -> None:
    planted(bare / "chromium", does)
    assert found() is None
    found.cache_clear()
    planted(bare / "google-chrome")
    assert wanting.needed().path == str(bare / "google-chrome")


def test_the_one_that_is_named_comes_first(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(bare / "chromium")
    monkeypatch.setenv("CHROMIUM", str(planted(tmp_path / "mine")))
    assert wanting.needed().path == str(tmp_path / "mine")


def test_a_name_of_nothing_is_an_error_whatever_else_is_there(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    planted(bare / "chromium")
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(
        NotThere, match="CHROMIUM names /nowhere/chromium, which is no browser that runs here"
    ):
        found()
    assert __main__.main() == 1
    assert capsys.readouterr().err.startswith("CHROMIUM names /nowhere/chromium")


@pytest.mark.parametrize(
    ("tool", "command"), [("apt-get", "apt-get install chromium"), ("apk", "apk add chromium")]
)
def test_the_advice_is_a_command_of_this_machine(bare: Path, tool: str, command: str) -> None:
    planted(bare / tool)
    assert command in wanting.lack()


def needs_its_libraries(folder: Path) -> str:
    """A way to one that runs with the libraries that came with it, and not without."""
    planted(folder / "chromium", f'case "$LD_LIBRARY_PATH" in *browser*/lib*) {RUNS};; *) exit 127;; esac')
    return "chromium"


def does_not_run(folder: Path) -> str:
    planted(folder / "chromium", "exit 127")
    return "chromium"


def is_cut_short(folder: Path) -> str:
    (folder / "chromium").write_text("half of one")
    raise NotToBeHad("the download ended early")


def test_what_is_installed_is_found_with_what_it_needs(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "has_fonts", lambda: False)
    install(finding.folder(), [needs_its_libraries])
    browser = wanting.needed()
    assert browser.path == str(finding.folder() / "chromium")
    assert browser.variables == {
        "FONTCONFIG_FILE": str(finding.folder() / "fonts.conf"),
        "LD_LIBRARY_PATH": str(finding.folder() / "lib"),
    }
    assert browser.environment["PATH"] == str(bare)


def test_one_of_the_machine_comes_before_one_that_was_installed(bare: Path) -> None:
    install(finding.folder(), [needs_its_libraries])
    planted(bare / "chromium")
    assert wanting.needed().path == str(bare / "chromium")


def test_the_next_way_is_tried_and_nothing_is_left_of_the_others(bare: Path) -> None:
    install(finding.folder(), [is_cut_short, does_not_run, needs_its_libraries])
    assert [file.name for file in finding.folder().parent.iterdir()] == [finding.folder().name]
    assert found()


def test_where_no_way_leads_nothing_is_found(bare: Path) -> None:
    with pytest.raises(
        NotToBeHad, match=r"^the download ended early; chromium was installed and does not run here$"
    ):
        install(finding.folder(), [is_cut_short, does_not_run])
    assert list(installed(finding.folder())) == []
    assert list(finding.folder().parent.iterdir()) == []


def test_another_pin_is_installed_anew(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(finding.folder(), [needs_its_libraries])
    pins = tmp_path / "package-lock.json"
    pins.write_text("{}")
    monkeypatch.setattr(finding, "PINS", pins)
    assert found() is None


def test_the_command_installs_only_where_there_is_none(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(installing, "ways_here", lambda: [needs_its_libraries])
    assert __main__.main() == 0
    assert capsys.readouterr().out.splitlines() == [
        "there is no Chromium or Chrome here: installing one below build/",
        f"the site is tested in Chromium 153.0.8010.0, {finding.folder() / 'chromium'}",
    ]
    assert __main__.main() == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("false", 0), ("true", 1), ("1", 1)])
def test_where_none_can_be_had_the_command_says_so_in_a_line(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, status: int
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(installing, "ways_here", lambda: [is_cut_short])
    planted(bare / "apt-get")
    assert __main__.main() == status
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("no browser: the download ended early. To get one: apt-get install chromium")


def test_a_registry_that_does_not_answer_is_a_reason(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "ROOT", Path(__file__).parents[2])
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "empty"))
    with pytest.raises(NotToBeHad, match=r"^@sparticuz/chromium could not be downloaded$"):
        install(finding.folder(), [installing.from_npm])


def test_no_file_names_a_registry() -> None:
    assert "resolved" not in finding.PINS.read_text(encoding="utf-8")


def test_the_command_runs_by_itself() -> None:
    command = [sys.executable, "-m", "tests.site.browser"]
    environment = {**os.environ, "CHROMIUM": "/nowhere/chromium"}
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
