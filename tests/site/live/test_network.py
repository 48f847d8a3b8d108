"""What a page fetches, and when: nothing before the first click, what is needed, once, and then nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.site.built import ADDRESS
from tests.site.live.using import ask, cell, exercise, press, says, write

LESSON = f"{ADDRESS}lessons/05_freeze_the_attention/"
EXERCISES = f"{ADDRESS}exercises/04_values_and_outputs_fold/"
# the runtime's parts, as live/parts names them
MODEL = "models/king-james-two-layers"
PARTS = ["katex", "numpy", "ovlearn", "pyodide", "pyodide", "pyodide", "stdlib", "sympy"]


@pytest.fixture
def asked(page: Page) -> list[str]:
    """Every file below live/ that was asked for, less its hash."""
    files: list[str] = []

    def note(address: str) -> None:
        if found := re.search(r"/live/((?:models/)?[\w-]+)\.", address):
            files.append(found[1])

    page.on("request", lambda request: note(request.url))
    return files


def parts(asked: list[str]) -> list[str]:
    """Those that are no scripts."""
    return sorted(file for file in asked if file not in ("loader", "page", "frame"))


def test_nothing_is_loaded_before_the_first_click(page: Page, asked: list[str]) -> None:
    page.goto(LESSON)
    page.wait_for_timeout(1000)
    assert asked == ["loader"]
    press(cell(page, 1), "Edit")
    expect(cell(page, 1).locator(".cm-content")).to_be_focused()
    assert asked == ["loader", "page"]  # the editor needs no Python
    press(cell(page, 1), "Run")
    says(cell(page, 1), "^Done in ")
    assert parts(asked) == sorted([*PARTS, MODEL])  # and not the model whose name begins alike


def test_the_next_page_takes_python_from_the_cache(page: Page, asked: list[str]) -> None:
    page.goto(LESSON)
    press(cell(page, 1), "Run")
    says(cell(page, 1), "^Done in ")
    asked.clear()
    page.goto(EXERCISES)
    answer = exercise(page, "ov_matrix")
    press(answer, "Check")
    says(answer, "not attempted")
    assert parts(asked) == []


def test_a_page_fetches_the_models_that_it_uses_and_no_other(page: Page, asked: list[str]) -> None:
    page.goto(f"{ADDRESS}lessons/11_composition_and_induction/")
    first = page.locator(".ov-cell[data-wired]").first
    press(first, "Run")
    says(first, "^Done in ")
    models = [file for file in parts(asked) if file.startswith("models/")]
    assert models == ["models/repeats-one-layer", "models/repeats-two-layers"]
    write(first, 'from ovlearn import zoo\nprint(zoo.load("king-james").config.n_layers)')
    press(first, "Run")
    says(first, "^Done in ")
    expect(first.locator(".ov-out").last).to_have_text("1")
    assert asked.count("models/king-james") == 1  # a reader may ask for another


def test_once_loaded_a_page_needs_no_network(page: Page, asked: list[str]) -> None:
    page.goto(EXERCISES)
    answer = exercise(page, "ov_matrix")
    press(answer, "Check")
    says(answer, "not attempted")
    asked.clear()
    page.context.set_offline(True)
    write(answer, "while True: pass")
    press(answer, "Check")
    says(answer, "^Checking")
    press(answer, "Stop")
    says(answer, "^Stopped")
    write(answer, "def ov_matrix(W_V, W_O):\n    return W_V @ W_O")
    press(answer, "Check")  # Python starts anew
    says(answer, "^✓ ov_matrix")
    ask(page, "Restart")
    press(answer, "Run")
    says(answer, "^Done in ")
    assert asked == []


def test_the_excerpt_of_a_language_model_is_read_in_the_page(page: Page) -> None:
    page.goto(f"{ADDRESS}lessons/03_one_attention_head/")
    where = cell(page, 2)
    write(
        where,
        "from ovlearn import zoo\n"
        'excerpt = zoo.load("smollm2-excerpt")\n'
        'print(excerpt.words[excerpt.rows(25, 2, [" he"], k=1).raised[0, 0]])',
    )
    press(where, "Run")
    says(where, "^Done in ")
    expect(where.locator(".ov-out")).to_have_text("his")
