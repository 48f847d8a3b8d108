"""A rule, a derivation that uses it, and a lesson, added as their pages say."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.contributing.scratch import ROOT, Scratch, walked

CHECKED = ("ovlearn", "docs", "live", "rendering", "tests", "pyproject.toml", "package.json")
SHOWN = (
    *("ovlearn", "docs", "exercises", "lessons", "live", "rendering", "mkdocs.yml", "pyproject.toml"),
    *("package.json", "package-lock.json", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff"),
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    root = tmp_path_factory.mktemp("scratch")
    return walked("rule.md", "derivation.md", root=root, copied=CHECKED)


def test_a_file_and_a_line_each(scratch: Scratch) -> None:
    assert scratch.written == (
        *("ovlearn/symbolic/rules/sums.py",) * 3,
        "tests/symbolic/test_rules.py",
        "ovlearn/symbolic/course/logit_parts.py",
        "ovlearn/symbolic/course/__init__.py",
    )


def test_the_rule_passes_its_tests(scratch: Scratch) -> None:
    status, said = scratch.finish(f"{scratch.commands[0]} -k collect -q")
    assert status == 0, said
    assert "10 passed" in said


def test_a_rule_that_loses_a_term_does_not(scratch: Scratch, tmp_path: Path) -> None:
    wrong = walked("rule.md", root=tmp_path, copied=CHECKED)
    file = tmp_path / "ovlearn/symbolic/rules/sums.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("for each in found))", "for each in found[0:2]))"), encoding="utf-8")
    assert wrong.finish(f"{wrong.commands[0]} -k collect -q")[0] == 0  # with two terms none is lost
    file.write_text(text.replace("for each in found))", "for each in found[1:]))"), encoding="utf-8")
    status, said = wrong.finish(f"{wrong.commands[0]} -k collect -q")
    assert (status, "test_it_keeps_the_value[collect-0]" in said) == (1, True)


def test_the_derivation_is_checked_as_the_others(scratch: Scratch) -> None:
    status, said = scratch.finish(scratch.commands[1])
    assert status == 0, said
    faults = said.splitlines()[-2]
    assert re.search(r"logit-parts.* 0 │$", faults), faults
    status, said = scratch.finish(f"{scratch.commands[2]} -k logit-parts -q")
    assert status == 0, said


def test_a_lesson_is_one_file_and_stands_on_the_site(tmp_path: Path) -> None:
    scratch = walked("lesson.md", root=tmp_path, copied=SHOWN)
    assert (scratch.written, scratch.commands) == (
        ("lessons/13_the_parts_of_the_logits.py",),
        ("make course",),
    )
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    for kept in ("cache", "live"):  # what earlier builds made: only what is new is made here
        shutil.copytree(ROOT / "build" / kept, tmp_path / "build" / kept)
    status, said = scratch.finish("mkdocs build --site-dir site")
    assert status == 0, said
    page = (tmp_path / "site/lessons/13_the_parts_of_the_logits/index.html").read_text(encoding="utf-8")
    assert "The 4 parts add up to the logits, to within 1e-12." in page
