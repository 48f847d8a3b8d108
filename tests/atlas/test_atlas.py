"""An atlas says what the package says, goes on where it stopped, and writes over nothing of anybody's."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ovlearn import GPT, atlas
from ovlearn.atlas.heads import HeadData
from ovlearn.atlas.patterns import pattern
from ovlearn.numeric import Transformer, checkpoints, circuits, reading, zoo
from tests.numeric.answers import FIXTURES

NAME = "king-james-two-layers"
TEXT = "silver and"


@pytest.fixture(scope="module")
def model() -> Transformer:
    return zoo.load(NAME)


@pytest.fixture(scope="module")
def folder(model: Transformer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("atlas") / "new" / "atlas"
    assert atlas.write(model, made, NAME, [TEXT], about="From a test.") == made / "index.html"
    return made


def head(folder: Path, place: str) -> HeadData:
    found: HeadData = json.loads((folder / "heads" / f"{place}.json").read_text("utf-8"))
    return found


class Links(HTMLParser):
    """What a page asks for, and its ids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.asked += [value for name, value in attrs if name in ("href", "src") and value]


def test_every_page_is_there_and_asks_for_nothing_that_is_not(folder: Path) -> None:
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) == 1 + 2 * 8
    for page in pages:
        for asked in Links(page.read_text("utf-8")).asked:
            assert asked == "data:," or (page.parent / asked).is_file(), (page, asked)
    told = Links((folder / "index.html").read_text("utf-8")).asked
    assert {link for link in told if link.startswith("heads/")} == {
        f"heads/{layer}.{head}.html" for layer in range(2) for head in range(8)
    }


def test_rows_and_measures_are_those_of_the_package(folder: Path, model: Transformer) -> None:
    found = head(folder, "1.6")
    ids = reading.strongest(model, 1, 6, 20)
    rows = reading.rows(model, 1, 6, ids, k=8)
    words: Any = model.tokenizer
    assert [row["word"] for row in found["rows"]] == words.words(ids)
    for at, row in enumerate(found["rows"]):
        assert [word for word, _ in row["raised"]] == words.words(rows.raised[at])
        assert [by for _, by in row["lowered"]] == pytest.approx(rows.down_by[at], rel=1e-3)
        assert (row["spread"], row["noise"]) == pytest.approx((rows.spread[at], rows.noise[at]), rel=1e-3)
    scores = reading.measured(model)
    measures = {name: values[1, 6] for name, values in scores.items()} | {"spread": rows.spread.mean()}
    assert found["measures"] == pytest.approx(measures, abs=1e-3)
    eigenvalues = circuits.eigenvalues(model)[1, 6]
    assert sum(one for one, _ in found["eigenvalues"]) == pytest.approx(eigenvalues.sum().real, rel=1e-2)


def test_texts_are_those_of_the_package(folder: Path, model: Transformer) -> None:
    words: Any = model.tokenizer
    ids = words.encode(TEXT, begin=words.begin is not None)
    run = model.run(ids)
    gold = int(run.logits[-1].argmax())
    direct = np.array([run.head_out[1, 6, at] @ (model.W_U[:, to] - model.W_U.mean(axis=1)) for at, to in
                       enumerate([*ids[1:], gold])])  # fmt: skip
    found = head(folder, "1.6")["texts"][0]
    assert [sum(row) for row in found["gave"]] == pytest.approx(direct, abs=2e-3)
    for query, row in enumerate(found["attention"]):
        assert row == pytest.approx(run.pattern[1, 6, query, : query + 1], abs=1e-3)
    page = (folder / "heads" / "1.6.html").read_text("utf-8")
    assert f"→ <b>{words.words([gold])[0]}</b>" in page


def test_what_was_interrupted_goes_on(model: Transformer, folder: Path, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    done: list[str] = []

    def stop_at_three(place: str) -> None:
        done.append(place)
        if len(done) == 3:
            raise Stop

    with pytest.raises(Stop):
        atlas.write(model, tmp_path, NAME, [TEXT], about="From a test.", done=stop_at_three)
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "heads").iterdir()}
    assert len(before) == 3
    assert not (tmp_path / "index.html").exists()
    again: list[str] = []
    atlas.write(model, tmp_path, NAME, [TEXT], about="From a test.", done=again.append)
    assert len(again) == 16
    assert again[:3] == done
    assert all(file.stat().st_mtime_ns == at for file, at in before.items())
    for file in folder.rglob("*.*"):
        assert (tmp_path / file.relative_to(folder)).read_bytes() == file.read_bytes()


def test_a_folder_that_holds_something_else_is_left_alone(model: Transformer, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(
        atlas.AtlasError, match=r"expected a new or empty one, got .* which holds something else"
    ):
        atlas.write(model, tmp_path, NAME, [TEXT])
    with pytest.raises(atlas.AtlasError, match="which holds something else"):
        atlas.write(model, tmp_path / "notes.txt", NAME, [TEXT])
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("change", ["model", "texts", "name"])
def test_an_atlas_of_something_else_is_not_gone_on_with(
    change: str, model: Transformer, folder: Path
) -> None:
    before = (folder / "atlas.json").read_bytes()
    other = zoo.load("king-james") if change == "model" else model
    texts = ["gold and"] if change == "texts" else [TEXT]
    with pytest.raises(
        atlas.AtlasError, match="an atlas of another model, of other texts, or by another version"
    ):
        atlas.write(other, folder, "another" if change == "name" else NAME, texts)
    assert (folder / "atlas.json").read_bytes() == before


def test_texts_that_cannot_be_read_leave_no_folder(model: Transformer, tmp_path: Path) -> None:
    place = tmp_path / "atlas"
    for texts, message in (
        (["zebras"], "expected words that are tokens"),
        (["and " * 300], r"expected words, at most \d+ tokens, got 30"),
        ([" "], "expected words, at most"),
    ):
        with pytest.raises(ValueError, match=message):
            atlas.write(model, place, NAME, texts)
    with pytest.raises(ValueError, match="none, as this model has no tokenizer"):
        atlas.write(checkpoints.load(FIXTURES / "llama"), place, NAME, [TEXT])
    assert not place.exists()


def test_without_a_tokenizer_there_are_ids(tmp_path: Path) -> None:
    model = checkpoints.load(FIXTURES / "llama")
    atlas.write(model, tmp_path, "llama")
    found = head(tmp_path, "2.1")
    assert [row["word"] for row in found["rows"]] == [str(one) for one in reading.strongest(model, 2, 1, 17)]
    assert len(found["texts"]) == 1  # random tokens, said twice


def test_what_a_word_holds_is_text_and_no_markup(tmp_path: Path) -> None:
    """Markup in a name or in words shows as it stands; a script's text cannot end the script."""
    plain = zoo.load("copying")
    model = replace(plain, tokens=("</script>", "<i>", *plain.tokens[2:]))
    atlas.write(model, tmp_path, "<i>x</i></script>")
    for page in tmp_path.rglob("*.html"):
        text = page.read_text("utf-8")
        assert "<i>" not in text
        assert text.count("</script>") == 1 + text.count('type="application/json"')


def test_a_pattern_shows_each_weight() -> None:
    weights = [[1.0], [0.3, 0.7], [0.01, 0.5, 0.49]]
    svg = pattern(["a", "b", "<c>"], weights)
    drawn = {
        (int(x), int(y)): float(f"0{level}" if level.startswith(".") else level)
        for path, level in re.findall(r'd="([^"]+)" fill-opacity="([^"]+)"', svg)
        for x, y in re.findall(r"M(\d+) (\d+)", path)
    }
    side = max(x for x, _ in drawn) // 2
    assert {(x // side, y // side): level for (x, y), level in drawn.items()} == {
        (0, 0): 1.0, (0, 1): 0.3, (1, 1): 0.7, (1, 2): 0.5, (2, 2): 0.5,
    }  # fmt: skip
    assert "&lt;c&gt;" in svg


def test_smollm2s_stories(smollm2: GPT, tmp_path: Path) -> None:
    """A few of its heads, made by the same function as all."""
    from ovlearn.atlas.heads import eigenvalues_of, head_data
    from ovlearn.atlas.texts import TEXTS, texts_of

    texts = texts_of(smollm2, TEXTS)
    measures, eigenvalues = reading.measured(smollm2), eigenvalues_of(smollm2)
    found = {
        at: head_data(smollm2, at, texts, measures, eigenvalues)
        for at in ((25, 2), (29, 0), (18, 6), (23, 4))
    }
    assert found[29, 0]["measures"]["copying"] == pytest.approx(-1, abs=0.01)
    assert found[18, 6]["measures"]["induction"] > 0.85  # type: ignore[operator]
    pronoun = found[25, 2]["texts"][0]
    assert sum(pronoun["gave"][-1]) == pytest.approx(3.19, abs=0.05)
    assert pronoun["boxed"][-1] == pytest.approx(0.07, abs=0.01)
    place = texts[0].words.index("·they")
    assert pronoun["cosine"][place] == pytest.approx(0.63, abs=0.01)
    paris = found[23, 4]["texts"][2]
    assert sum(paris["gave"][-1]) == pytest.approx(2.88, abs=0.05)
    rows = {row["word"]: row["raised"][0][0] for row in found[25, 2]["rows"]}
    assert rows["·his"] == "·his"
