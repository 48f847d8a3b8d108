"""A run says at its end how many tests were not run, and why; in CI it has failed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin"}  # others start slowly
SUITE = {
    "conftest.py": """
        import os
        import pytest
        from tests.lacking import Need, NotRun

        def lack():
            return os.environ["LACK"]

        def pytest_configure(config):
            config.pluginmanager.register(NotRun([Need("browser", lack)], failure=bool(os.environ["FAILS"])))

        @pytest.fixture(scope="module")
        def browser():
            assert not os.environ["LACK"], "a fixture was made for tests that are not run"

        @pytest.fixture
        def page(browser):
            pass
    """,
    "test_pages.py": """
        import pytest

        @pytest.mark.parametrize("name", ["home", "course", "api"])
        def test_a_page(page, name): pass

        @pytest.mark.usefixtures("browser")
        class TestOther:
            def test_one(self): pass

        def test_links(): pass

        @pytest.mark.xfail
        def test_known(): assert False
    """,
}


def run(
    folder: Path, *options: str, lack: str = "no browser. To get one: dig", fails: str = "", **more: str
) -> tuple[int, list[str]]:
    """The exit status and the lines of a run of the suite."""
    for name, text in (SUITE | {f"{name}.py": text for name, text in more.items()}).items():
        lines = text.splitlines()
        (folder / name).write_text("\n".join(line.removeprefix("        ") for line in lines))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
        "--rootdir",
        folder,
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LACK": lack, "FAILS": fails, **_ALONE}
    done = subprocess.run(
        [*command, *options, folder], env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize("options", [(), ("-n", "2"), ("-q",)])
def test_what_needs_what_is_lacking_is_counted_and_the_rest_is_run(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    status, lines = run(tmp_path, *options)
    assert status == 0
    assert lines[-2] == "4 tests were not run: no browser. To get one: dig"
    assert "1 passed, 4 skipped, 1 xfailed" in lines[-1]


def test_where_nothing_is_lacking_nothing_is_said(tmp_path: Path) -> None:
    status, lines = run(tmp_path, lack="", fails="yes")
    assert status == 0
    assert "5 passed, 1 xfailed" in lines[-1]
    assert not any("not run" in line for line in lines)


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_in_ci_the_run_has_failed(tmp_path: Path, options: tuple[str, ...]) -> None:
    status, lines = run(tmp_path, *options, fails="yes")
    assert status == 1
    assert lines[-2] == "4 tests were not run, which in CI is a failure: no browser. To get one: dig"


def test_any_other_skip_is_counted_by_its_reason(tmp_path: Path) -> None:
    test_other = """
        import pytest
        def test_here(): pytest.skip("not today")
        @pytest.mark.skip(reason="not today")
        def test_there(): pass
    """
    status, lines = run(tmp_path, test_other=test_other)
    assert status == 0
    assert lines[-3:-1] == [
        "4 tests were not run: no browser. To get one: dig",
        "2 tests were not run: not today",
    ]


def test_a_file_that_is_skipped_as_a_whole_is_not_hidden(tmp_path: Path) -> None:
    test_other = """
        import pytest
        pytest.skip("no such library", allow_module_level=True)
    """
    status, lines = run(tmp_path, lack="", fails="yes", test_other=test_other)
    assert status == 1
    assert lines[-2] == "1 test was not run, which in CI is a failure: no such library"


def test_a_run_that_fails_by_itself_still_fails_so(tmp_path: Path) -> None:
    status, lines = run(tmp_path, test_other="def test_wrong(): assert False")
    assert status == 1
    assert "4 tests were not run: no browser. To get one: dig" in lines
