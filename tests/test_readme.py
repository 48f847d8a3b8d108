"""The README's Python blocks run, and print what they say; its shell commands exist."""

import doctest
import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def failures(text: str) -> int:
    """How many examples of a page fail; its blocks share their names, as a reader's session would."""
    page = doctest.DocTestParser().get_doctest(text, {}, "README.md", "README.md", 0)
    return doctest.DocTestRunner(verbose=False).run(page).failed


def test_the_blocks_run_as_printed() -> None:
    assert failures("\n".join(blocks("python"))) == 0


def test_a_wrong_line_would_be_seen(capsys: pytest.CaptureFixture[str]) -> None:
    spoiled = "\n".join(blocks("python")).replace("(True, 27)", "(True, 28)")
    assert failures(spoiled) == 1
    assert "(True, 27)" in capsys.readouterr().out


def test_the_tour_is_short() -> None:
    tour = blocks("python")[0]
    assert len([line for line in tour.splitlines() if line.startswith(">>>")]) <= 20


def test_every_make_target_that_it_names_exists() -> None:
    targets = set(
        re.findall(r"^([a-z-]+):", (Path(__file__).parents[1] / "Makefile").read_text(), re.MULTILINE)
    )
    named = set(re.findall(r"make ([a-z-]+)", "\n".join(blocks("sh")))) | {"help"}
    assert named <= targets
    assert {"course", "test"} <= named
