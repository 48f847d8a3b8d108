"""The report: what it counts, what it shows, and that it says what was not checked."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from sympy import MatrixSymbol, sqrt

import ovlearn as ov
from ovlearn.checking import ROUTES, FaultRow, Judgement, Report, Row
from ovlearn.checking.judgement import failed, not_applicable, passed
from ovlearn.symbolic import RowSoftmax, add, product, rules, s

from .cases import NET, T, claimed, start

GOOD, BAD = passed(tries=3), failed("the two sides differ", where="seed 1, entry [0, 2]", error=0.5, tries=3)
NEITHER = not_applicable("a mask holds −∞")


def rows(*judgements: Judgement, step: int = 1, part: str = "main") -> tuple[Row, ...]:
    return tuple(
        Row(part, step, "unfold", route, each) for route, each in zip(ROUTES, judgements, strict=True)
    )


def made(*every: Row, faults: tuple[FaultRow, ...] = ()) -> Report:
    return Report("slug", "a title", 3, every, faults)


def test_passed() -> None:
    assert made(*rows(GOOD, GOOD, GOOD)).passed
    assert made(*rows(NEITHER, GOOD, NEITHER)).passed
    assert not made(*rows(GOOD, GOOD, BAD)).passed
    assert not made(*rows(GOOD, GOOD, GOOD), *rows(NEITHER, NEITHER, NEITHER, step=2)).passed
    assert not made(*rows(GOOD, GOOD, GOOD), *rows(NEITHER, NEITHER, NEITHER, part="a lemma")).passed


def test_passed_with_faults() -> None:
    seen, unseen = (
        FaultRow("main", 1, "a dropped term", ("exact",)),
        FaultRow("main", 1, "a transpose", ("rule",), ("exact",)),
    )
    assert made(*rows(GOOD, GOOD, GOOD), faults=(seen,)).passed
    report = made(*rows(GOOD, GOOD, GOOD), faults=(seen, unseen))
    assert not report.passed
    assert report.rejections() == {"shapes": 0, "rule": 1, "algebra": 0, "exact": 1, "numeric": 0}
    assert "faults rejected 1/2" in str(report)
    assert "main, step 1: a transpose was not seen by exact" in str(report)
    blind = made(*rows(GOOD, GOOD, GOOD), faults=(FaultRow("main", 1, "a transpose"),))
    assert not blind.passed
    assert "was not seen by every route" in str(blind)


def test_failures_and_unjudged() -> None:
    report = made(*rows(GOOD, BAD, NEITHER), *rows(NEITHER, NEITHER, NEITHER, step=2))
    assert [(row.step, row.route) for row in report.failures] == [(1, "exact")]
    assert report.unjudged == (("main", 2),)
    assert report.steps == 2
    assert report.count("algebra") == {"passed": 1, "not applicable": 1}
    assert report.count("exact") == {"failed": 1, "not applicable": 1}


def test_worst_and_bound() -> None:
    small, large = passed(error=1e-16, where="seed 4"), passed(error=1e-15, where="seed 2")
    report = made(*rows(GOOD, passed(bound=0.25), small), *rows(GOOD, passed(bound=0.5), large, step=2))
    assert report.worst is not None
    assert (report.worst.step, report.worst.judgement.error) == (2, 1e-15)
    assert report.bound == 0.5
    nothing = made(*rows(NEITHER, NEITHER, NEITHER))
    assert (nothing.worst, nothing.bound) == (None, 0.0)
    assert "error" not in nothing.summary()
    assert "; error below 1e-12" in report.summary()
    assert report.in_words().endswith(" The rounding error is below 1e-12.")
    assert "error" not in nothing.in_words()
    broken = made(*rows(GOOD, GOOD, large), *rows(GOOD, GOOD, failed("far", error=float("inf")), step=2))
    assert broken.worst is not None
    assert broken.worst.step == 2


def test_worst_of_a_verification() -> None:
    report = ov.verify(ov.derive("ov-circuit"), seeds=10)
    assert report.worst is not None
    errors = [row.judgement.error for row in report.rows if row.judgement.error is not None]
    assert report.worst.judgement.error == max(errors) > 0
    assert report.worst.judgement.where.startswith("seed ")
    assert report.worst.route == "numeric"
    assert "; error below 1e-12" in str(report)


def test_as_text() -> None:
    assert (
        str(made(*rows(GOOD, NEITHER, GOOD))) == "slug: passed, 1 steps, algebra 1/1, exact 0/1, numeric 1/1"
    )
    report = made(*rows(GOOD, BAD, GOOD))
    assert str(report).splitlines() == [
        "slug: FAILED, 1 steps, algebra 1/1, exact 0/1, numeric 1/1; error 5.0e-01",
        "  main, step 1 (unfold), exact: the two sides differ (seed 1, entry [0, 2])",
    ]
    assert replace(report, slug="").summary().startswith("a title: FAILED")
    assert replace(report, slug="", title="").summary().startswith("derivation: FAILED")


def test_steps_that_no_route_judged_are_named() -> None:
    report = made(*rows(GOOD, GOOD, GOOD), *rows(NEITHER, NEITHER, NEITHER, part="a lemma", step=4))
    text = str(report)
    assert "FAILED" in text
    assert "a lemma, step 4" in text


def test_a_step_that_no_route_can_judge() -> None:
    """A symbol that nothing records, a function beyond the table, a number without a residue."""
    chain = claimed(product(sqrt(2), RowSoftmax(T)), product(sqrt(2), RowSoftmax(add(T, T))))
    report = ov.verify(chain, seeds=2)
    assert [row.outcome for row in report.rows] == ["not applicable"] * 3
    assert [row.judgement.reason for row in report.rows] == [
        "the forms differ, but they hold functions whose laws they do not know",
        "sqrt(2) is not a fraction at these sizes, so it has no residue",
        "nothing recorded is called T",
    ]
    assert not report.failures
    assert report.unjudged == (("derivation", 1),)
    assert not report.passed


@pytest.mark.parametrize("slug", ["nonlinearity", "ov-circuit", "conventions"])
def test_as_data(slug: str) -> None:
    report = ov.verify(ov.derive(slug, layers=2), seeds=2, faults=True)
    data = json.loads(json.dumps(report.as_data(), allow_nan=False))
    assert (data["slug"], data["passed"], data["seeds"]) == (slug, True, 2)
    assert data["title"] == ov.derivations()[slug]
    assert len(data["rows"]) == len(report.rows)
    for got, row in zip(data["rows"], report.rows, strict=True):
        assert (got["part"], got["step"], got["rule"], got["route"]) == (
            row.part,
            row.step,
            row.rule,
            row.route,
        )
        assert (got["outcome"], got["reason"], got["error"]) == (
            row.outcome,
            row.judgement.reason,
            row.judgement.error,
        )
    assert [fault["rejected"] for fault in data["faults"]] == [True] * len(report.faults)


@pytest.mark.parametrize("error", [float("inf"), float("nan")])
def test_as_data_of_what_is_far_off(error: float) -> None:
    """JSON has neither infinity nor NaN."""
    data = made(*rows(GOOD, GOOD, failed("far", error=error))).as_data()
    assert json.loads(json.dumps(data, allow_nan=False))["passed"] is False


class Cells(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.text.append("")

    def handle_data(self, data: str) -> None:
        self.text[-1] += data


def test_as_html() -> None:
    found = Cells(
        made(*rows(GOOD, BAD, NEITHER), *rows(GOOD, GOOD, passed(error=2e-16), step=2))._repr_html_()
    )
    assert (found.tags.count("tr"), found.tags.count("td"), found.tags.count("th")) == (3, 12, 6)
    cells = [text for tag, text in zip(found.tags, found.text, strict=True) if tag == "td"]
    assert cells[:3] == ["main", "1", "unfold"]
    assert cells[3:6] == ["passed", "failed: the two sides differ", "not applicable: a mask holds −∞"]
    assert cells[11] == "passed, error below 1e-12"
    assert "slug: FAILED" in found.text[found.tags.index("caption")]


def test_html_is_escaped() -> None:
    bad = "<script>alert('&')</script>"
    row = Row(bad, 1, bad, "algebra", failed(bad))
    html = Report("", bad, 1, (row,))._repr_html_()
    assert "<script" not in html
    assert Cells(html).text.count(bad) == 2


def test_a_title_with_markup() -> None:
    chain = start(product(add(NET.stream(0), NET.stream(1)), NET.head("W_V", 1, 0))).apply(rules.distribute)
    assert "<i>" not in ov.verify(replace(chain, title="<i>x"), seeds=1)._repr_html_()


def test_one_row_a_step_and_a_route() -> None:
    derivation = ov.derive("attention-head", layers=2, heads=2)
    report = ov.verify(derivation, seeds=1)
    parts = [("attention-head", derivation), *((lemma.title, lemma) for lemma in derivation.lemmas)]
    expected = [
        (part, number, step.rule.name, route)
        for part, chain in parts
        for number, step in enumerate(chain.steps, start=1)
        for route in ROUTES
    ]
    assert [(row.part, row.step, row.rule, row.route) for row in report.rows] == expected
    assert report.steps == len(expected) / 3
    assert report._repr_html_().count("<tr>") == 1 + report.steps


def test_a_symbol_of_another_shape_is_no_reason_to_fail() -> None:
    assert ov.verify(
        claimed(add(T, MatrixSymbol("U", s, s)), add(MatrixSymbol("U", s, s), T)), seeds=1
    ).passed
