"""A class of 300, killed half-way and resumed: every mark, feedback file and count is as known."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from ovlearn.grader.batch.keeping import key_of
from tests.exercises.cases import SET
from tests.grader.classroom.making import (
    EVIL,
    NAMES,
    SOURCE,
    UNGRADED,
    Known,
    a_class,
    hand_in,
    mistakes,
    roster_rows,
    statuses,
)
from tests.grader.classroom.pages import Page

SIZE = 300
PLANTED = "PLANTED IN A ROW THAT HOLDS"
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "section", "article", "div", "p", "span"),
    *("h1", "h2", "h3", "a", "strong", "em", "code", "ul", "ol", "li", "table", "caption", "thead", "tbody"),
    *(
        "tr",
        "th",
        "td",
        "math",
        "mrow",
        "mi",
        "mo",
        "mn",
        "msub",
        "msup",
        "msubsup",
        "msqrt",
        "mfrac",
        "mtext",
    ),
}


@dataclass(frozen=True)
class Class:
    folder: Path
    learners: list[Known]

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def command(self, *more: str) -> list[str]:
        words = ["grade", str(self.folder / "class"), "--set", "04", "-j", "2", "--patience", "2"]
        words += ["--out", str(self.out), "--roster", str(self.folder / "roster.csv"), *more]
        return [sys.executable, "-m", "ovlearn.cli", *words]

    def run(self, *more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*more), capture_output=True, text=True, check=False)

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.out / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def row_of(self, name: str) -> Path:
        """Where the marks of a learner are kept: by what the sheet holds."""
        result = next(one for one in self.results() if one["learner"] == name)
        digests = {path.name[:-5]: path for path in (self.out / "rows").iterdir()}
        data = next(one.data for one in self.learners if one.name == name)
        assert result["marks"]
        return digests[key_of("a.ipynb", data)]

    def results(self) -> list[dict[str, object]]:
        return list(json.loads((self.out / "results.json").read_text())["results"])

    def a(self, kind: str) -> Known:
        return next(one for one in self.learners if one.kind == kind)


def plant(row: Path) -> None:
    data = json.loads(row.read_text())
    data["marks"][0]["says"] = PLANTED
    row.write_text(json.dumps(data))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """The class, graded by a run that was killed half-way and by one that went on from there."""
    folder = tmp_path_factory.mktemp("class")
    learners = a_class(SIZE)
    hand_in(folder / "class", learners)
    (folder / "roster.csv").write_text("\n".join(roster_rows(learners)) + "\n")
    made = Class(folder, learners)
    process = subprocess.Popen(made.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    rows, until = made.out / "rows", time.monotonic() + 120
    while not (rows.is_dir() and len(list(rows.iterdir())) >= SIZE // 2) and time.monotonic() < until:
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert sorted(path.name for path in made.out.iterdir()) == ["plan.json", "rows"]
    planted = [path for path in rows.iterdir() if not path.name.startswith(".")]
    assert SIZE // 2 <= len(planted) < SIZE - 20
    for path in planted:
        plant(path)
    done = made.run()
    assert done.returncode == 1  # a PDF and an empty file cannot be graded
    assert "294 of 298 learners graded" in " ".join(done.stdout.split())
    kept = sum(PLANTED in str(one["marks"]) for one in made.results())
    assert kept >= len(planted)  # nothing that was kept is graded again; copies share what is kept
    return made


def test_every_mark_is_as_known(made: Class) -> None:
    found = {row["learner"]: row for row in made.table("learners.csv")}
    assert found.keys() == {one.name for one in made.learners}
    for one in made.learners:
        row = found[one.name]
        assert (int(row["points"]), row["out_of"]) == (one.points, "7"), one
        assert {name: row[f"{name}: mistake"] for name in NAMES} == one.came, one


def test_statistics_are_as_known(made: Class) -> None:
    table = made.table("statistics.csv")
    counted = {(row["exercise"], row["mistake"]): int(row["learners"]) for row in table if row["mistake"]}
    assert counted == dict(mistakes(made.learners))
    came = {(row["exercise"], row["status"]): int(row["learners"]) for row in table if not row["mistake"]}
    assert {key: count for key, count in came.items() if count} == dict(statuses(made.learners))
    assert {row["set"] for row in table} == {SET}
    page = Page((made.out / "statistics.html").read_text(encoding="utf-8"))
    assert {tag for tag, _ in page.tags} <= ALLOWED
    for (_, mistake), count in mistakes(made.learners).items():
        assert f"{mistake} {count} " in page.text
    assert "300 learners, 298 handed in, 294 graded in full" in page.text


def test_sheets_that_are_alike_are_named(made: Class) -> None:
    same = defaultdict(list)
    for one in made.learners:
        if one.data and one.kind not in ("pdf", "zipped"):
            same[one.data].append(one.name)
    groups = [sorted(names) for names in same.values() if len(names) > 1]
    assert len(groups) >= 2
    text = (made.out / "statistics.html").read_text(encoding="utf-8")
    rows = re.findall(r'<th scope="row">(\d+)</th><td>([^<]*)</td><td>(?:nothing attempted)?</td></tr>', text)
    assert sorted(sorted(names.split(", ")) for _, names in rows) == sorted(groups)
    assert [int(count) for count, _ in rows] == [len(names.split(", ")) for _, names in rows]


def test_what_needs_a_look_is_listed(made: Class) -> None:
    listed = {(row["learner"], row["exercise"], row["retry"]) for row in made.table("needs-a-look.csv")}
    wanted = {(one.name, "", "no") for one in made.learners if one.kind in ("pdf", "empty")}
    assert listed == wanted | {(made.a("asleep").name, "ov_matrix", "yes")}


def feedback(made: Class) -> Iterator[tuple[Known, str, str]]:
    files = {path.name: path for path in (made.out / "feedback").iterdir()}
    for one in made.learners:
        stem = one.name.replace(" ", "_")
        if one.kind != "nothing":
            yield (
                one,
                files.pop(f"{stem}.html").read_text("utf-8"),
                files.pop(f"{stem}.md").read_text("utf-8"),
            )
    assert files == {}


def test_each_learner_has_feedback_with_nothing_in_it_that_is_not_theirs(made: Class) -> None:
    others = re.compile("|".join(rf"{re.escape(one.name)}\b" for one in made.learners))
    solutions = [
        line.partition("#")[0].strip()
        for one in SOURCE.exercises
        for line in one.solution.splitlines()
        if not line.startswith("def ")
    ]
    seed = str(json.loads((made.out / "plan.json").read_text())["seed"])
    for one, html, markdown in feedback(made):
        page = Page(html)
        for text in (page.text, markdown):
            assert set(others.findall(text)) == {one.name}
            assert not [line for line in solutions if len(line) > 8 and line in text]
            assert not re.search(rf"\b{seed}\b|seed", text)
            assert str(made.folder) not in text
        assert {tag for tag, _ in page.tags} <= ALLOWED
        links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
        assert all(link.startswith("https://ovlearn.github.io/ovlearn/") for link in links)
        assert f"https://ovlearn.github.io/ovlearn/lessons/{SET}/" in links
        assert f"{one.points} of 7 points" in page.text
        assert f"{one.points} of 7 points" in markdown


def test_feedback_names_the_mistake_shows_what_the_check_shows_and_gives_a_hint(made: Class) -> None:
    hints = {one.name: len(one.hints) for one in SOURCE.exercises}
    for one, html, markdown in feedback(made):
        page = Page(html)
        assert len(page.articles) == len(NAMES)
        for (kind, *said), (name, came) in zip(page.articles, one.came.items(), strict=True):
            text = " ".join(" ".join(said).split())
            assert f"({name})" in "".join(said)
            if came in ("passed", "not attempted", UNGRADED):
                assert kind == came.replace(" ", "-")
                assert "Hint" not in text
                assert "mistake" not in text
            else:
                assert kind == "wrong"
                assert f"The mistake: {came} " in text
                assert f"Hint 1 of {hints[name]}" in text
                assert f"The mistake: **{came.replace('_', chr(92) + '_')}**" in markdown
    shown = next(html for one, html, _ in feedback(made) if one.came["ov_matrix"] == "swapped")
    assert "your shape" in shown
    assert "n_layers=" in shown


def test_what_a_learner_wrote_is_shown_as_text(made: Class) -> None:
    evil = made.a("evil")
    (html,) = [html for one, html, _ in feedback(made) if one is evil]
    (markdown,) = [text for one, _, text in feedback(made) if one is evil]
    page = Page(html)
    assert EVIL.replace("`", "") in "".join(page.shown).replace("`", "")  # backticks make code of it
    assert "<script" not in html
    shown = Page(MarkdownIt("commonmark", {"html": True}).render(markdown))
    assert {tag for tag, _ in shown.tags} <= ALLOWED | {"blockquote"}
    assert EVIL.replace("`", "") in shown.text.replace("`", "")
    assert "default-src 'none'" in next(a["content"] for tag, a in page.tags if "http-equiv" in a)


def test_canvas_gets_a_column_on_its_scale(made: Class) -> None:
    made.run("--format", "canvas", "--column", "Fold")
    with (made.out / "canvas.csv").open(newline="") as file:
        header, possible, *rows = csv.reader(file)
    assert header == ["Student", "ID", "SIS Login ID", "Section", "Fold (77)"]
    assert possible == ["    Points Possible", "", "", "", "100"]
    graded = {
        one.name: "" if one.kind in ("pdf", "empty", "nothing") else f"{one.points * 100 / 7:.2f}"
        for one in made.learners
    }
    assert {row[0]: row[-1] for row in rows} == graded


def test_only_what_needs_a_look_is_graded_again(made: Class) -> None:
    plain, asleep = next(one for one in made.learners if one.kind == "sheet"), made.a("asleep")
    for one in (plain, asleep):
        plant(made.row_of(one.name))
    assert made.run("--retry").returncode == 1
    marks = {str(one["learner"]): str(one["marks"]) for one in made.results()}
    assert PLANTED in marks[plain.name]
    assert PLANTED not in marks[asleep.name]
    assert "it did not finish within 2 s" in marks[asleep.name]


def test_an_override_survives_regrading_and_is_said(made: Class) -> None:
    wrong = next(one for one in made.learners if one.came["ov_rank"] == "outer size")
    pdf, nothing = made.a("pdf"), made.a("nothing")
    lines = ["learner,exercise,points,comment", f'{wrong.name},ov_rank,1,"Said right, in <b>class</b>"']
    lines += [f"{pdf.name},{name},1,read on paper" for name in NAMES]
    lines += [f"{nothing.name},,,Are you well?", "Nobody Here,ov_rank,1,"]
    (made.out / "overrides.csv").write_text("\n".join(lines))
    before = {path: path.stat().st_mtime_ns for path in (made.out / "rows").iterdir()}
    try:
        done = made.run("--only", "ov_rank")
        assert "line 8 of the overrides: nobody here is called 'Nobody Here'" in done.stderr
        assert "295 of 298 learners graded" in " ".join(done.stdout.split())
        assert (made.out / "overrides.csv").read_text() == "\n".join(lines)
        assert all(path.stat().st_mtime_ns > when for path, when in before.items())  # graded again
        found = {row["learner"]: row for row in made.table("learners.csv")}
        for one in made.learners:
            extra = 1 if one is wrong else len(NAMES) if one is pdf else 0
            assert int(found[one.name]["points"]) == one.points + extra
        assert found[wrong.name]["ov_rank: mistake"] == "outer size"  # what the grader says is still there
        told = (made.out / "feedback" / f"{wrong.name.replace(' ', '_')}.html").read_text()
        assert "Said right, in &lt;b&gt;class&lt;/b&gt;" in told
        assert "points given by your teacher" in told
        assert "Are you well?" in (made.out / "feedback" / f"{nothing.name.replace(' ', '_')}.md").read_text()
        page = Page((made.out / "statistics.html").read_text()).text
        assert "marks changed" in page
        assert f"{wrong.name} ov_rank outer size outer size 0 → 1" in page
    finally:
        os.unlink(made.out / "overrides.csv")
