"""`ovlearn read` and `ovlearn zoo fetch`: they print what the package says, and bad input is one line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ovlearn.cli import main
from ovlearn.numeric import GPT, checkpoints, circuits, reading, zoo
from tests.numeric.answers import FIXTURES

Captured = pytest.CaptureFixture[str]
MODEL = "king-james-two-layers"


def run(capsys: Captured, *words: str) -> tuple[int, str, str]:
    code = main(words)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def test_a_row_in_words(capsys: Captured) -> None:
    model = zoo.load(MODEL)
    found = reading.rows(model, 1, 6, model.encode("silver"), k=4)
    code, out, err = run(capsys, "read", MODEL, "--head", "1.6", "--word", "silver", "-k", "4")
    assert (code, err) == (0, "")
    *_, row = out.splitlines()
    looked_at, spread, noise, *words = row.split()
    assert (looked_at, spread, noise) == ("silver", f"{found.spread[0]:.1f}", f"{found.noise[0]:.1f}")
    assert words == [*model.words(found.raised[0]), *model.words(found.lowered[0])]
    assert words[0] == "gold"


def test_the_strongest_rows_where_no_word_is_named(capsys: Captured) -> None:
    model = checkpoints.load(FIXTURES / "llama")
    code, out, _ = run(capsys, "read", str(FIXTURES / "llama"), "--head", "1.2", "-k", "3")
    assert code == 0
    ids = [int(line.split()[0]) for line in out.splitlines()[2:]]
    spread = reading.rows(model, 1, 2, range(17), k=1).spread
    assert ids == sorted(range(17), key=lambda token: -spread[token])[:12]  # without a tokenizer, ids


def test_all_heads_by_what_they_do(capsys: Captured) -> None:
    code, out, _ = run(capsys, "read", "repeats-two-layers")
    assert code == 0
    scores = circuits.copying_score(zoo.load("repeats-two-layers"))
    told = dict(re.findall(r"^(\d\.\d)  ([+-]\d\.\d\d)", out, re.MULTILINE))
    assert told == {f"{layer}.{head}": f"{scores[layer, head]:+.2f}" for layer in (0, 1) for head in range(4)}
    assert "0.0  –" in run(capsys, "read", "two-back")[1]  # 0/0 is no score


def test_an_atlas(capsys: Captured, tmp_path: Path) -> None:
    words = ("read", MODEL, "--out", str(tmp_path / "atlas"), "--text", "silver and")
    first = f"{tmp_path / 'atlas' / 'index.html'}\n"
    assert run(capsys, *words) == (0, first, "")
    page = (tmp_path / "atlas" / "index.html").read_text("utf-8")
    assert f"<h1>16 heads of {MODEL}</h1>" in page
    assert zoo.card(MODEL).provenance.split(",")[0] in page
    assert run(capsys, *words) == (0, first, "")  # again
    assert run(capsys, *words[:4])[0] == 2  # other texts


def test_an_atlas_that_cannot_be_written_is_one_line(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    code, out, err = run(capsys, "read", MODEL, "--out", str(tmp_path / "file" / "atlas"))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("ovlearn: --out: Not a directory")


def test_smollm2_by_its_name(capsys: Captured, smollm2: GPT) -> None:
    code, out, _ = run(capsys, "read", "smollm2", "--head", "27.5", "--word", " she", "-k", "3")
    assert code == 0
    assert out.splitlines()[-1].split()[:6] == ["·she", "43.8", "16.3", "·she", "·her", "·herself"]


BAD: list[tuple[list[str], str]] = [
    (["nowhere"], "WHAT: expected one of copying, "),
    (["smollm2-excerpt"], "WHAT: expected one of copying, "),  # it has few of the heads
    ([str(FIXTURES)], "path: expected a file config.json in the folder, got none"),
    ([MODEL, "--word", "silver"], "--word: expected --head beside it, got none"),
    ([MODEL, "--head", "2.0"], "--head: expected LAYER.HEAD from 0.0 to 1.7, got '2.0'"),
    ([MODEL, "--head", "1"], "--head: expected LAYER.HEAD from 0.0 to 1.7, got '1'"),
    (
        [MODEL, "--head", "1.6", "--word", "zebras"],
        f"text: expected words that are tokens of {MODEL}, got 'zebras'",
    ),
    ([MODEL, "--head", "1.6", "--basis", "after first MLP"], "basis: expected 'embedding' or an array"),
    (
        [MODEL, "--head", "1.6", "--out", "atlas"],
        "--head: expected none beside --out, which writes all heads",
    ),
    ([MODEL, "--text", "silver and"], "--text: expected --out beside it, got none"),
    ([MODEL, "--out", str(FIXTURES)], "--out: expected a new or empty one, got "),
    (
        [MODEL, "--out", "atlas", "--text", "zebras"],
        f"text: expected words that are tokens of {MODEL}, got 'zebras'",
    ),
    (
        [str(FIXTURES / "llama"), "--head", "1.2", "--word", "a"],
        "--word: expected a model with a tokenizer, got one",
    ),
]


@pytest.mark.parametrize(("words", "says"), BAD, ids=[says for _, says in BAD])
def test_bad_input_is_one_line(capsys: Captured, words: list[str], says: str) -> None:
    code, out, err = run(capsys, "read", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"ovlearn: {says}")


def test_a_fetch_that_fails_is_one_line(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def lack(*_: Any) -> Path:
        raise checkpoints.FetchError("no index")

    monkeypatch.setattr(checkpoints, "fetch", lack)
    for words in (["zoo", "fetch", "smollm2"], ["read", "smollm2"]):
        assert run(capsys, *words) == (2, "", "ovlearn: no index\n")


def test_a_fetch_says_where_the_file_is(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(checkpoints, "fetch", lambda name, told: told("fetching") or tmp_path)
    assert run(capsys, "zoo", "fetch", "smollm2") == (0, f"{tmp_path}\n", "fetching\n")
