"""The generated pages: complete, computed, and not written where something does not hold."""

from __future__ import annotations

import doctest
import json
import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Integer, MatMul

import ovlearn as ov
from ovlearn.checking import ROUTES, at_most
from ovlearn.symbolic import GLOSSARY, rules
from ovlearn.symbolic.article import ARTICLE, Displayed
from ovlearn.symbolic.errata import ERRATA
from rendering import RenderError, filled, pages
from rendering.atlas import fragments as of_the_atlas
from rendering.equations.formulas import Chain, Formula, read
from rendering.generated import MARKER, refuse_typed
from rendering.generated import generated as kept
from rendering.pages import article_map, derivations, evidence, front
from rendering.pages.commands import shell
from rendering.pages.notation import anchor, notation_page
from rendering.pages.opening import still
from rendering.pages.pieces import relation_data, with_symbols
from rendering.pages.reference import section
from rendering.plan import plan
from rendering.store import Store
from tests.plots.cases import DRAWN

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
WRITTEN = sorted(path for path in DOCS.rglob("*.md") if "theme" not in path.parts)
SESSIONS = [DOCS / "prerequisites.md", *sorted((DOCS / "contributing").glob("*.md"))]
ANCHOR = re.compile(r'id="([^"]+)"|\{ #([\w.-]+) \}')
RESTS_ON_CHECKS = [
    front.what_was_checked,
    front.boxed_equation,
    article_map.article_map_page,
    derivations.index_page,
    partial(derivations.derivation_page, "ov-fold"),
]
OF_THE_BUILD = of_the_atlas(None) | {"plan": plan([]), "start": ""}  # where there is no model, and no lesson
LINK = re.compile(r"\]\((?!http)([^)#]*)(?:#([^)]+))?\)")


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, str]]:
    """As the last build kept it, where nothing has changed since."""
    return asdict(kept(ROOT, Store(ROOT / "build" / "cache")))


@pytest.fixture(scope="module")
def generated(made: dict[str, dict[str, str]]) -> dict[str, str]:
    return made["pages"]


@pytest.fixture(scope="module")
def fragments(made: dict[str, dict[str, str]]) -> dict[str, str]:
    return made["fragments"] | OF_THE_BUILD


@pytest.fixture
def fresh() -> Iterator[None]:
    """No report is remembered, before or after."""
    evidence.checked.cache_clear()
    yield
    evidence.checked.cache_clear()


def anchors(markdown: str) -> list[str]:
    return [first or second for first, second in ANCHOR.findall(markdown)]


def equations(markdown: str) -> list[Formula | Chain]:
    found = re.findall(r"^ *\$\$\n(.*?)\n *\$\$$", markdown, re.MULTILINE | re.DOTALL)
    return [read(source) for source in found]


# What the pages hold.


def test_every_symbol_has_its_row_and_its_anchor(generated: dict[str, str]) -> None:
    found = anchors(generated["notation.md"])
    assert {anchor(base) for base in GLOSSARY} <= set(found)
    for entry in GLOSSARY.values():
        assert json.dumps(entry.latex)[1:-1] in generated["notation.md"]
        assert re.search(rf"`{re.escape(entry.base)}(_1)?(_0)?`", generated["notation.md"])


def test_a_new_symbol_needs_no_change_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GLOSSARY, "P", replace(GLOSSARY["E"], base="P", latex="P", meaning="a new one"))
    assert 'id="symbol-P"' in notation_page()
    assert "A new one" in notation_page()


def test_anchors_are_unique(generated: dict[str, str]) -> None:
    for address, markdown in generated.items():
        repeated = [name for name, count in Counter(anchors(markdown)).items() if count > 1]
        assert not repeated, f"{address}: {repeated}"


def test_every_equation_of_the_article_stands_in_the_map(generated: dict[str, str]) -> None:
    page = generated["article-map.md"]
    assert [name for name in anchors(page) if name.startswith("equation-")] == [
        f"equation-{entry.number}" for entry in ARTICLE
    ]
    stated = [relation_data(target.relation)["latex"] for entry in ARTICLE for target in entry.targets]
    assert [each.latex for each in equations(page) if isinstance(each, Formula)] == stated
    examples = [relation for relation in stated if r"\neq" in relation]
    assert len(examples) == 2  # equations 3 and 4: one example each, at which no network ran
    assert page.count("The example was put in, once") == len(examples)
    assert page.count("Checked over") == len(stated) - len(examples)
    assert {int(number) for number in re.findall(r"errata\.md#erratum-(\d+)", page)} == set(ERRATA)


@pytest.mark.parametrize("slug", ov.derivations())
def test_every_derivation_and_lemma_stands_on_its_page(generated: dict[str, str], slug: str) -> None:
    page, lemmas = generated[f"derivations/{slug}.md"], ov.derive(slug).lemmas
    assert (
        f"\n---\n\n# {with_symbols(ov.derivations()[slug])}\n" in page
    )  # below a shorter one for the sidebar
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        f"## Lemma: {with_symbols(lemma.title)} {{ #lemma-{number} }}"
        for number, lemma in enumerate(lemmas, 1)
    ]
    chains = [equation for equation in equations(page) if isinstance(equation, Chain)]
    assert len(chains) == 1 + len(lemmas)
    assert all(reason in page for reason in evidence.checked(slug).not_applicable)


def test_the_table_of_derivations_is_the_reports(generated: dict[str, str]) -> None:
    rows = [row for row in generated["derivations/index.md"].splitlines() if ".md) |" in row]
    for slug, row in zip(ov.derivations(), rows, strict=True):
        report = evidence.checked(slug)
        lesson, title, steps, routes = row.strip("| ").split(" | ")
        assert title == f"[{with_symbols(ov.derivations()[slug])}]({slug}.md)"
        assert evidence.lessons().get(slug, "–") in lesson
        assert steps == str(report.steps)
        counts = [str(report.count(route)["passed"]) for route in ROUTES]
        assert re.findall(r"\d+", routes) == [*counts, *report.rejected.split("/")]


def test_every_command_has_its_help(fragments: dict[str, str]) -> None:
    text = fragments["command_help"]
    for words in ("list", "verify", "start", "check", "watch", "author check", "grade"):
        assert f"## `ovlearn {words}`" in text
        assert f"Usage: ovlearn {words}" in text


def test_every_public_name_rule_picture_and_model_is_listed(fragments: dict[str, str]) -> None:
    assert all(f"`ov.{name}`" in fragments["public_names"] for name in ov.__all__)
    assert all(f"`rules.{name}`" in fragments["rules"] for name in rules.__all__)
    assert fragments["pictures"].split("\n\n") == [f"::: ovlearn.plots.{name}" for name in sorted(DRAWN)]
    assert re.findall(r"^- `(.+?)`", fragments["models"], re.MULTILINE) == list(ov.zoo.names())


def test_where_a_route_does_not_apply_is_told_somewhere() -> None:
    assert any(evidence.checked(slug).not_applicable for slug in ov.derivations())


def test_a_new_derivation_gets_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ov, "derivations", lambda: {"ov-fold": "", "a-new-one": ""})
    assert list(derivations.derivation_pages()) == [
        "derivations/index.md",
        "derivations/ov-fold.md",
        "derivations/a-new-one.md",
    ]


# The numbers are those of the reports.


def test_the_table_on_the_home_page_is_the_reports() -> None:
    rows = [row for row in front.what_was_checked().splitlines() if row.startswith("| [`")]
    for slug, row in zip(ov.derivations(), rows, strict=True):
        report = evidence.checked(slug)
        counts = ", ".join(str(report.count(route)["passed"]) for route in ROUTES)
        assert row.split(" | ")[1:3] == [str(report.steps), counts]
        assert f"{report.rejected} |" in row


def test_a_check_of_some_steps_counts_those_steps() -> None:
    rows = evidence.rows_of("conventions", "conventions", 1, 1)
    assert [(row.step, row.route) for row in rows] == [(1, route) for route in ROUTES]
    vectorised = evidence.rows_of("conventions", "⊗ with columns stacked", 1, 1)
    assert "algebra 0 of 1 (the forms differ" in evidence.in_words(vectorised)


def test_no_error_is_claimed_where_none_was_measured() -> None:
    rows = evidence.rows_of("nonlinearity", "nonlinearity", 1, 1)
    unmeasured = [replace(row, judgement=replace(row.judgement, error=None)) for row in rows]
    assert "error" not in evidence.in_words(unmeasured)


def test_a_counterexample_is_said_to_be_one_example() -> None:
    rows = evidence.rows_of("nonlinearity", "nonlinearity", 1, 1)
    said = evidence.in_words(rows)
    assert said.startswith("The example was put in, once: algebra 0 of 1")
    assert "floating point 1 of 1" in said
    assert "seeds" not in said
    assert "activations" not in said
    both = evidence.in_words([*rows, *evidence.rows_of("ov-fold", "ov-fold", 1, 2)])
    assert "Checked over 20 seeds: algebra 2 of 2" in both


def test_rows_of_another_layer_are_of_that_layer() -> None:
    first, second = (
        evidence.rows_of("frozen-network", "What a layer adds", 1, 9, layer=one) for one in (1, 2)
    )
    assert {row.step for row in first} == {row.step for row in second}
    assert evidence.checked("frozen-network", 2) is not evidence.checked("frozen-network")


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_a_bound_is_rounded_to_the_safe_side(number: float) -> None:
    assert number <= float(at_most(number)) <= 2 * number
    assert len(at_most(number).split("e")[0]) == 1


def test_the_bound_on_the_home_page_is_not_smaller_than_the_reports() -> None:
    (bound,) = re.findall(r"with probability at most (\S+)\. ", front.what_was_checked())
    assert float(bound) >= max(evidence.checked(slug).bound for slug in ov.derivations())
    (error,) = re.findall(r"No rounding error is larger than (\S+)\. ", front.what_was_checked())
    assert float(error) >= max(
        evidence.worst(evidence.checked(slug).rows) or 0.0 for slug in ov.derivations()
    )


# What does not hold is not written.


def test_a_wrong_target_is_not_written() -> None:
    entry: Displayed = ARTICLE[16]
    target = entry.targets[0]
    wrong = replace(target.relation, rhs=MatMul(Integer(2), target.relation.rhs, evaluate=False))
    spoiled = replace(entry, targets=(replace(target, relation=wrong),))
    with pytest.raises(ValueError, match="equation 17: expected the steps to yield"):
        list(article_map.equation(spoiled))


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("write", RESTS_ON_CHECKS)
def test_a_failed_check_is_not_written(monkeypatch: pytest.MonkeyPatch, write: pages.Writer) -> None:
    real = ov.verify(ov.derive("ov-circuit"), seeds=1)
    broken = replace(real.rows[0], judgement=replace(real.rows[0].judgement, outcome="failed"))
    report = replace(real, rows=(broken, *real.rows[1:]))
    monkeypatch.setattr(ov, "verify", lambda *_, **__: report)
    with pytest.raises(ValueError, match="expected every step to hold"):
        write()


def test_a_failed_row_has_no_words() -> None:
    rows = evidence.rows_of("ov-fold", "ov-fold", 1, 1)
    failed = replace(rows[0], judgement=replace(rows[0].judgement, outcome="failed", reason="planted"))
    with pytest.raises(ValueError, match="step 1: planted"):
        evidence.in_words([failed, *rows[1:]])


def test_steps_that_nobody_judged_have_no_rows() -> None:
    with pytest.raises(ValueError, match="got none"):
        evidence.rows_of("ov-fold", "no such lemma", 1, 1)


@pytest.mark.parametrize(
    "place", ["notation.md", "derivations/index.md", "derivations/x.md", "lessons/09_x.md"]
)
def test_a_page_typed_by_hand_stands_in_no_generated_place(place: str) -> None:
    with pytest.raises(RenderError, match=f"^docs/{place}: this page is generated, never typed") as stopped:
        refuse_typed(["index.md", place, "api/index.md"], [*pages.PAGES, "lessons/01_x.md", "errata.md"])
    assert len(str(stopped.value).splitlines()) == 1


def test_written_pages_stand_beside_generated_ones() -> None:
    written = [path.relative_to(DOCS).as_posix() for path in WRITTEN]
    assert written
    refuse_typed(written, [*pages.PAGES, "lessons/01_x.md", "errata.md"])


def test_a_command_that_fails_is_not_shown() -> None:
    with pytest.raises(RuntimeError, match="exit code 0, got 2"):
        shell("derive", "no-such-derivation")


def test_a_section_that_is_gone_is_said() -> None:
    with pytest.raises(ValueError, match=r"README\.md: expected a section 'Nothing'"):
        section("README.md", "Nothing")


# The written pages.


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_every_marker_has_a_fragment(path: Path) -> None:
    names = {name for _, name in MARKER.findall(path.read_text(encoding="utf-8"))}
    assert names <= {*pages.FRAGMENTS, *OF_THE_BUILD}
    if path.parent != DOCS:
        assert names <= {*pages.LINKLESS, "public_names"}


def test_every_fragment_is_used() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in WRITTEN)
    assert {name for _, name in MARKER.findall(text)} == {*pages.FRAGMENTS, *OF_THE_BUILD}


def test_fragments_without_links_have_none(fragments: dict[str, str]) -> None:
    assert not [name for name in pages.LINKLESS if LINK.search(fragments[name])]


def test_an_unknown_marker_is_refused() -> None:
    with pytest.raises(RenderError, match="no fragment is called no_such_thing; there are rules"):
        filled("{{ no_such_thing }}", {"rules": ""})


def test_an_expression_in_a_sentence_is_left_alone() -> None:
    words = "Write `{{ error }}` in a sentence."
    assert filled(words, {}) == words


def headings(markdown: str) -> list[str]:
    """The anchors that headings get by themselves."""
    titles = re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    return [re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles]


def test_links_between_pages_lead_somewhere(generated: dict[str, str], fragments: dict[str, str]) -> None:
    texts = {path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in WRITTEN}
    whole = {address: filled(text, fragments) for address, text in texts.items()} | generated
    for address, markdown in whole.items():
        for target, name in LINK.findall(re.sub(r"`[^`]*`\s*\|", "", markdown)):
            where = (
                posixpath.normpath(posixpath.join(posixpath.dirname(address), target)) if target else address
            )
            if (
                where.startswith("lessons/")
                or (ROOT / "docs" / where).with_suffix(".py").is_file()
                or where.endswith(".ipynb")
            ):
                continue  # the site's strict build knows these
            assert where in whole, f"{address}: {target}"
            known = {*anchors(whole[where]), *headings(whole[where])}
            assert not name or name in known or name.startswith("ovlearn."), f"{address}: {target}#{name}"


def failures(markdown: str) -> int:
    """How many examples of a page's sessions fail; they share their names, as a reader's session would."""
    blocks = re.findall(r"^ *```pycon\n(.*?)```", markdown, re.DOTALL | re.MULTILINE)
    session = doctest.DocTestParser().get_doctest("\n".join(map(dedent, blocks)), {}, "page", "page", 0)
    return doctest.DocTestRunner(verbose=False).run(session).failed


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_sessions_run_as_printed(path: Path) -> None:
    assert failures(path.read_text(encoding="utf-8")) == 0


@pytest.mark.parametrize(
    ("name", "printed", "wrong"),
    [
        ("prerequisites.md", "((8, 8), 3)", "((8, 8), 4)"),
        ("contributing/rule.md", "    False", "    True"),
    ],
)
def test_a_wrong_session_would_be_seen(
    name: str, printed: str, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    spoiled = text.replace(printed.strip(), wrong.strip())
    assert spoiled != text
    assert failures(spoiled) > 0
    assert "Expected:" in capsys.readouterr().out


def test_the_readmes_head_is_the_home_pages() -> None:
    """It is written by `python -c "from rendering.pages.opening import still; print(still(), end='')"`."""
    drawn = re.sub(r"ov-[0-9a-f]{10}", "ov-name", still())
    kept = re.sub(r"ov-[0-9a-f]{10}", "ov-name", (ROOT / "docs/theme/head.svg").read_text(encoding="utf-8"))
    assert kept == drawn
