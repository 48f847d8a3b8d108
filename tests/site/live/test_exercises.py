"""Every answer that the course knows is told in the browser what it is told in a notebook."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from ovlearn.exercises.sets import files
from ovlearn.exercises.sources import source_of
from tests.live.native import answers, natively
from tests.live.reader import words
from tests.site.live.using import exercise, seconds_until, stay, write
from tests.site.watching import Watched

SEED = 5

# One evaluation a set: a message to the browser for each answer would take as long as the checks.
CHECK_ALL = """async ({ setup, answers, seed }) => {
  const asked = message => Promise.race([ask(message), failure(), late()]);
  const verdicts = [];
  for (const [exercise, code] of answers) {
    await asked({ kind: "reset" });
    const ready = await asked({ kind: "run", cell: "setup", code: setup, labels: {} });
    if (ready.error !== null) throw new Error(JSON.stringify(ready));
    verdicts.push(await asked({ kind: "check", exercise, cell: exercise, code, seed }));
  }
  return verdicts;
}"""


@pytest.mark.parametrize("set_name", files())
def test_every_known_answer_is_told_as_natively(running: Page, set_name: str) -> None:
    setup, known = source_of(set_name).setup, answers(set_name)
    verdicts = running.evaluate(CHECK_ALL, {"setup": setup, "answers": known, "seed": SEED})
    assert len(verdicts) == len(known)
    for (name, code), got in zip(known, verdicts, strict=True):
        assert got["error"] is None, (name, code, got)
        wanted = natively(name, setup, code, SEED)
        assert {key: got[key] for key in wanted} == wanted, code


@pytest.mark.parametrize("set_name", files())
def test_a_whole_set_is_done_in_the_page(visit: Watched, set_name: str) -> None:
    """Each exercise as it is found, with a mistake and an unusual right answer if there is one, and solved.

    All other answers are told above as natively: here it is the page that is used.
    """
    with stay(visit, f"exercises/{set_name}/") as page:
        source = source_of(set_name)
        for number, one in enumerate(source.exercises, start=1):
            where, cell = exercise(page, one.name), f".ov-cell[data-exercise='{one.name}']"
            known = {each.kind: each.code for each in source.known if each.exercise == one.name}
            for code in (one.starter, *known.values(), one.solution):
                write(where, code)
                seconds_until(page, cell, "Check", f"^(Not right yet|✓ {one.name} · |.*not attempted)")
                got = where.locator(".ov-verdict").text_content() or ""
                seed = re.search(r"seed=(\d+)", got)  # the page draws one, and says which
                wanted = natively(one.name, source.setup, code, int(seed[1]) if seed else SEED)
                assert got.split() == words(wanted["html"]).split(), code
                assert where.locator(".ov-says").inner_text().startswith("Not right") == (
                    wanted["status"] == "wrong"
                )
            progress = page.locator(".ov-progress .ov-says")
            expect(progress).to_have_text(f"{number} of {len(source.exercises)} passed.")
