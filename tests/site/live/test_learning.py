"""A learner's hints, progress and work: kept in the browser, and carried to and from the command."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from ovlearn.exercises.progress import FILE, Record, load
from tests.site.live.using import downloaded, exercise, press, says, stay, write
from tests.site.test_pages import PHONE, SIDEWAYS, WCAG, violations
from tests.site.watching import Watched

SET = "04_values_and_outputs_fold"
WRONG = "def ov_matrix(W_V, W_O):\n    return W_O @ W_V"
RIGHT = WRONG.replace("W_O @ W_V", "W_V @ W_O")


@pytest.fixture(scope="module")
def visit(browser: Browser) -> Iterator[Watched]:
    with Watched(browser, width=PHONE, scheme="dark") as watched:
        yield watched


@pytest.fixture
def page(visit: Watched) -> Iterator[Page]:
    with stay(visit, f"exercises/{SET}/") as page:
        yield page


def hints(page: Page, of: str) -> Locator:
    """The hints of an exercise that one sees, folded or not."""
    return page.locator(f".ov-cell[data-exercise='{of}'] ~ details.question:visible").filter(
        has=page.locator(
            "xpath=self::*[preceding::*[contains(@class, 'ov-cell')][1]"
            f"[@data-exercise='{of}' or ancestor::*[@data-exercise='{of}']]]"
        )
    )


def ovlearn(folder: Path, *words: str) -> str:
    """What the command says in a learner's folder."""
    program = Path(sys.executable).with_name("ovlearn")
    done = subprocess.run([program, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def test_hints_come_in_stages_and_stay_opened(page: Page) -> None:
    seen = hints(page, "ov_matrix")
    expect(seen).to_have_count(1)
    seen.first.locator("summary").click()
    expect(seen).to_have_count(2)
    page.reload()
    expect(hints(page, "ov_matrix")).to_have_count(2)
    expect(hints(page, "head_output")).to_have_count(1)
    known = json.loads(downloaded(page, "Export progress"))["exercises"]
    assert known == {"ov_matrix": {"passed": False, "attempts": 0, "hints": 1, "asked": 0}}


def test_progress_goes_to_the_command_and_comes_back(page: Page, tmp_path: Path) -> None:
    answer = exercise(page, "ov_matrix")
    for code, words in ((WRONG, "^Not right yet"), (RIGHT, "^✓ ov_matrix")):
        write(answer, code)
        press(answer, "Check")
        says(answer, words)
    expect(page.locator(".ov-progress .ov-says")).to_have_text("1 of 4 passed.")
    assert page.evaluate(SIDEWAYS) == []
    assert violations(page, WCAG) == []

    folder = tmp_path / "mine"
    ovlearn(tmp_path, "start", str(folder))
    (folder / FILE).write_text(downloaded(page, "Export progress"), encoding="utf-8")
    assert load(folder).of("ov_matrix") == Record(passed=True, attempts=2)
    assert "ov_matrix" in ovlearn(folder, "progress")

    (folder / f"{SET}.ipynb").write_text(downloaded(page, "Download your work"), encoding="utf-8")
    nbformat.validate(nbformat.read(folder / f"{SET}.ipynb", as_version=4))
    assert "✓ ov_matrix" in ovlearn(folder, "check", f"{SET}.ipynb")
    ovlearn(folder, "hint", "head_output")

    page.evaluate("localStorage.clear()")
    page.reload()
    expect(page.locator(".ov-progress .ov-says")).to_have_text("0 of 4 passed.")
    page.locator(".ov-progress input").set_input_files(folder / FILE)
    expect(page.locator(".ov-progress .ov-says")).to_contain_text("brought in. 1 of 4 passed.")
    back = json.loads(downloaded(page, "Export progress"))["exercises"]
    assert back["ov_matrix"]["passed"] is True
    assert back["head_output"]["hints"] == 1
    page.reload()
    expect(answer.locator(".ov-says")).to_have_text("✓ passed")
    expect(hints(page, "head_output")).to_have_count(2)


def test_an_import_loses_nothing_that_is_here(page: Page, tmp_path: Path) -> None:
    answer = exercise(page, "ov_matrix")
    write(answer, RIGHT)
    press(answer, "Check")
    says(answer, "^✓ ov_matrix")
    hints(page, "ov_matrix").first.locator("summary").click()
    less = {"passed": False, "attempts": 7, "hints": 0, "asked": 1}
    more = {"passed": True, "attempts": 1, "hints": 2, "asked": 0}
    file = tmp_path / FILE
    file.write_text(json.dumps({"exercises": {"ov_matrix": less, "head_output": more}}))
    page.locator(".ov-progress input").set_input_files(file)
    expect(page.locator(".ov-progress .ov-says")).to_have_text("2 exercises brought in. 2 of 4 passed.")
    known = json.loads(downloaded(page, "Export progress"))["exercises"]
    assert known["ov_matrix"] == {"passed": True, "attempts": 7, "hints": 1, "asked": 1}
    assert known["head_output"] == more


@pytest.mark.parametrize("content", ["no JSON", "[]", '{"exercises": [1]}', "null"])
def test_what_is_no_progress_file_is_refused_and_nothing_is_lost(
    page: Page, tmp_path: Path, content: str
) -> None:
    hints(page, "ov_matrix").first.locator("summary").click()
    file = tmp_path / "wrong.json"
    file.write_text(content)
    page.locator(".ov-progress input").set_input_files(file)
    expect(page.locator(".ov-progress .ov-says")).to_contain_text(
        "This is no progress file: expected one that"
    )
    assert json.loads(downloaded(page, "Export progress"))["exercises"]["ov_matrix"]["hints"] == 1


def test_other_exercises_are_not_run_with_one(page: Page) -> None:
    broken, answer = exercise(page, "head_output"), exercise(page, "ov_matrix")
    write(broken, "1 / 0")
    write(answer, RIGHT)
    press(answer, "Check")
    says(answer, "^✓ ov_matrix")
    press(broken, "Check")
    says(broken, "^Not right yet")
    expect(broken.locator(".ov-error")).to_contain_text("ZeroDivisionError")
    expect(broken.locator(".ov-verdict")).to_contain_text("There is no head_output here.")


def test_what_was_passed_stays_passed_and_the_next_one_is_named(page: Page) -> None:
    answer = exercise(page, "ov_matrix")
    write(answer, RIGHT)
    press(answer, "Check")
    says(answer, r"^✓ ov_matrix · 1 of \d+ passed\. Next: \w+\.$")
    write(answer, WRONG)
    press(answer, "Check")
    says(answer, "^Not right yet")
    expect(page.locator(".ov-progress .ov-says")).to_have_text(re.compile(r"^1 of \d+ passed"))
    page.reload()
    expect(answer.locator(".ov-says")).to_have_text(re.compile("passed|kept"))
    assert page.evaluate("JSON.parse(localStorage['ovlearn:progress']).exercises.ov_matrix.passed") is True
