"""The `ovlearn` command: what it prints, and its exit codes."""

from __future__ import annotations

import builtins
import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

import ovlearn as ov
from ovlearn.checking import verification
from ovlearn.checking.judgement import failed
from ovlearn.cli import main

Captured = pytest.CaptureFixture[str]


def run(capsys: Captured, *words: str) -> tuple[int, str, str]:
    code = main(words)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_list_shows_every_derivation_in_order(capsys: Captured) -> None:
    code, out, _ = run(capsys, "list")
    lines = [line.split()[0] for line in out.splitlines() if line[0] != " "]
    assert code == 0
    assert lines == list(ov.derivations())


def test_zoo_shows_the_cards_that_are_named(capsys: Captured) -> None:
    code, out, _ = run(capsys, "zoo", "two-back", "copying")
    assert code == 0
    for name in ("two-back", "copying"):
        card = ov.zoo.card(name)
        assert f"{name} (by hand)" in out
        assert card.sizes in out
        assert all(f"{figure.name}  " in out for figure in card.figures)
    assert out.index("two-back") < out.index("copying (by hand)")
    assert run(capsys, "zoo", "copyin") == (
        2,
        "",
        f"ovlearn: name: expected one of {', '.join(ov.zoo.names())}, got 'copyin'\n",
    )


@pytest.mark.parametrize("slug", ov.derivations())
def test_derive_writes_what_the_package_writes(capsys: Captured, slug: str) -> None:
    d = ov.derive(slug, layers=2, heads=2, layer=1, head=1)
    words = ["derive", slug, "--layers", "2", "--heads", "2", "--layer", "1", "--head", "1"]
    for style, expected in (("text", d.text()), ("latex", d.latex()), ("markdown", d.markdown())):
        assert run(capsys, *words, "--format", style) == (0, expected + "\n", "")
    code, out, _ = run(capsys, *words, "--format", "json")
    assert code == 0
    assert json.loads(out) == json.loads(json.dumps(d.as_data()))


def test_derive_defaults_to_text_of_three_layers_and_layer_one(capsys: Captured) -> None:
    assert run(capsys, "derive", "ov-circuit")[1] == ov.derive("ov-circuit", 3, 1, 1, 0).text() + "\n"


def test_derive_on_one_layer_looks_at_it(capsys: Captured) -> None:
    assert "result: H_0_0 = A_0_0 X_0 W_OV_0_0" in run(capsys, "derive", "ov-fold", "--layers", "1")[1]


def test_verify_prints_a_row_a_derivation(capsys: Captured) -> None:
    code, out, _ = run(capsys, "verify", "--seeds", "1")
    assert code == 0
    assert all(f"│ {slug} " in out for slug in ov.derivations())
    assert "1 seed: every step holds" in out
    assert "n/a: counterexample, algebra: a counterexample is not an equality of forms" in out
    assert "faults" not in out


def test_verify_reports_faults_route_by_route(capsys: Captured) -> None:
    code, out, _ = run(capsys, "verify", "virtual-heads", "--seeds", "1", "--faults")
    report = ov.verify(ov.derive("virtual-heads"), seeds=1, faults=True)
    row = next(line for line in out.splitlines() if "virtual-heads" in line and line.count("│") == 10)
    figures = [int(cell) for cell in row.replace("virtual-heads", "").replace("│", " ").split()]
    assert code == 0
    assert report.rejected in out
    assert figures[0] == len(report.faults)
    assert figures[1:6] == list(report.rejections().values())
    assert figures[6:] == [sum(fault.true_by_value for fault in report.faults), 0]
    assert figures[6] > 0


def test_verify_writes_json(capsys: Captured) -> None:
    code, out, _ = run(capsys, "verify", "ov-fold", "virtual-heads", "--seeds", "2", "--json")
    reports = json.loads(out)
    assert code == 0
    assert [report["slug"] for report in reports] == ["ov-fold", "virtual-heads"]
    assert all(report["passed"] and report["seeds"] == 2 for report in reports)
    assert {row["route"] for row in reports[0]["rows"]} == {"algebra", "exact", "numeric"}


def test_verify_takes_a_network(capsys: Captured) -> None:
    words = ["verify", "path-expansion", "--layers", "1", "--heads", "3", "--seeds", "1", "--json"]
    d = ov.derive("path-expansion", layers=1, heads=3)
    assert len(json.loads(run(capsys, *words)[1])[0]["rows"]) == 3 * len(d.steps)


def test_a_failing_check_is_exit_code_one(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        return failed("planted by a test", where="seed 0")

    monkeypatch.setattr(verification.Exact, "judge", broken)
    code, out, _ = run(capsys, "verify", "ov-fold", "--seeds", "1")
    assert code == 1
    assert "not every step holds" in out
    assert "ov-fold, step 1 (unfold), exact: planted by a test (seed 0)" in out
    assert run(capsys, "verify", "ov-fold", "--seeds", "1", "--json")[0] == 1


def test_a_missed_fault_is_exit_code_one(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    real = ov.verify

    def careless(*args: Any, **options: Any) -> ov.Report:
        report = real(*args, **options)
        missed = replace(report.faults[0], rejected_by=(), missed_by=("exact",))
        return replace(report, faults=(missed, *report.faults[1:]))

    monkeypatch.setattr(ov, "verify", careless)
    code, out, _ = run(capsys, "verify", "ov-fold", "--seeds", "1", "--faults")
    assert code == 1
    assert "was not seen by exact" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["derive", "ov-circuit", "--layer", "7"], "layer: expected a whole number from 0 to 2, got 7"),
        (["derive", "ov-circuit", "--layers", "-1"], "layers: expected a whole number of at least 1, got -1"),
        (["derive", "ov-circuit", "--heads", "0"], "heads: expected a whole number of at least 1, got 0"),
        (["derive", "ov-circuit", "--head", "1"], "head: expected"),
        (["derive", "ov-circut"], "did you mean ov-circuit?"),
        (["derive", "ov-circuit", "--layers", "many"], "'many' is not a valid integer"),
        (["derive", "ov-circuit", "--format", "pdf"], "'pdf' is not one of"),
        (["derive"], "Missing argument 'SLUG'"),
        (["verify", "residual"], "did you mean residual-stream?"),
        (["verify", "ov-fold", "--seeds", "0"], "seeds: expected a whole number of at least 1, got 0"),
        (["verify", "ov-fold", "--layer", "9"], "layer: expected a whole number from 0 to 2, got 9"),
        (["prove"], "No such command 'prove'"),
        (["list", "--all"], "No such option"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_two(capsys: Captured, words: list[str], says: str) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith("ovlearn: ")
    assert says in err
    assert err.count("\n") == 1


def test_no_words_show_the_help(capsys: Captured) -> None:
    code, out, _ = run(capsys)
    assert code == 0
    assert {"derive", "list", "verify"} <= set(out.split())


def test_the_version_is_the_packages(capsys: Captured) -> None:
    assert run(capsys, "--version")[:2] == (0, f"ovlearn, version {ov.__version__}\n")


def test_without_the_extra_it_names_the_extra(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def bare(name: str, *rest: Any) -> Any:
        if name in ("click", "rich"):
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", bare)
    code, out, err = run(capsys, "list")
    assert (code, out) == (2, "")
    assert err == "ovlearn: the command needs the course extra: pip install 'ovlearn[course]'\n"


def test_it_runs_as_a_process_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ovlearn.cli", "derive", "ov-circuit", "--layer", "7"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "ovlearn: layer: expected a whole number from 0 to 2, got 7\n"
