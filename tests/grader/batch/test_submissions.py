"""What is found below a path, in which order, and what is said of what cannot be read."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ovlearn.exercises.sheet_cells import LARGEST, Unreadable
from ovlearn.grader.batch import files
from ovlearn.grader.batch.submissions import submissions

WANTED = "expected a notebook (.ipynb), a script (.py), or a zip or tar file of them"


def found(*paths: Path) -> list[str]:
    return [one.name for one in submissions(paths)]


def said(path: Path) -> dict[str, str]:
    """What is read of each submission, or why it is not."""
    told = {}
    for one in submissions([path]):
        try:
            told[one.name] = one.read().decode()
        except Unreadable as error:
            told[one.name] = f"! {error}"
    return told


def test_a_folder_is_walked_in_the_natural_order(tmp_path: Path) -> None:
    for name in (
        "s10/a.ipynb",
        "s9/a.ipynb",
        "s9/B.py",
        "notes.txt",
        ".hidden.py",
        "s9/.ipynb_checkpoints/a.ipynb",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "s9" / "B.py").write_text("ov_rank = 64")
    assert found(tmp_path) == ["notes.txt", "s9/a.ipynb", "s9/B.py", "s10/a.ipynb"]
    assert found(tmp_path / "s9", tmp_path / "s10") == ["s9/a.ipynb", "s9/B.py", "s10/a.ipynb"]
    assert found(tmp_path / "notes.txt") == ["notes.txt"]


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^path: expected a file or a folder, got .*gone$"):
        submissions([tmp_path / "gone"])


def test_links_that_lead_outside_are_said_and_not_read(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "a.py").write_text("secret")
    (inside / "b.py").write_text("mine")
    (inside / "file.py").symlink_to(outside / "a.py")
    (inside / "folder").symlink_to(outside)
    (inside / "again.py").symlink_to(inside / "b.py")
    (inside / "gone.py").symlink_to(inside / "nowhere")
    (inside / "round").symlink_to(inside)
    assert said(inside) == {
        "again.py": "mine",
        "b.py": "mine",
        "file.py": "! a link that leads outside",
        "folder": "! a link that leads outside",
        "gone.py": "! it cannot be read: No such file or directory",
    }


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    assert said(tmp_path) == {"pipe.py": "! not a file"}


def test_names_are_made_safe_to_show(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31m\nb.py").write_text("x")
    (tmp_path / os.fsdecode(b"\xff.py")).write_text("x")
    assert found(tmp_path) == ["\\udcff.py", "a\\x1b[31m\\nb.py"]


def test_a_zip_is_read_in_memory(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in (
            "s2/a.ipynb",
            "s10/a.py",
            "../up.py",
            "/root.py",
            "C:/x.py",
            "..\\w.py",
            "__MACOSX/a.py",
            "b.txt",
        ):
            archive.writestr(name, name)
        link = zipfile.ZipInfo("link.py")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    before = sorted(tmp_path.rglob("*"))
    outside = "! a zip path that leads outside"
    assert said(tmp_path) == {
        "all.zip/../up.py": outside,
        "all.zip/..\\w.py": outside,
        "all.zip//root.py": outside,
        "all.zip/C:/x.py": outside,
        "all.zip/link.py": "! a link in a zip file",
        "all.zip/s2/a.ipynb": "s2/a.ipynb",
        "all.zip/s10/a.py": "s10/a.py",
        "all.zip/b.txt": f"! a text, or a file of an unknown kind: {WANTED}",
    }
    assert sorted(tmp_path.rglob("*")) == before


def test_a_damaged_zip_is_one_row_and_a_bomb_is_cut(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK no zip")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.py", bytes(LARGEST + 10**6))
    assert {name: len(text) for name, text in said(tmp_path).items()} == {
        "bad.zip": len("! not a zip file, or a damaged one"),
        "bomb.zip/a.py": LARGEST + 1,
    }


def test_a_member_that_is_damaged_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.py", "first")
        archive.writestr("b.py", "second")
    path.write_bytes(path.read_bytes().replace(b"first", b"Xirst", 1))
    assert said(path) == {
        "a.zip/a.py": "! it cannot be unpacked: damaged, or with a password",
        "a.zip/b.py": "second",
    }


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return made.getvalue()


def test_every_hand_in_of_a_platform_s_folder_has_a_row(tmp_path: Path) -> None:
    sheet = b'{"nbformat": 4, "cells": []}'
    files = {
        "one.ipynb": sheet,
        "two.ipynb.txt": sheet,
        "three.html": b"<html>",
        "four.pdf": b"%PDF",
        "five.zip": zipped({"report.pdf": b"%PDF"}),
        "six.zip": zipped({}),
        "seven.tar.gz": tarred({"04.ipynb": sheet, "../up.py": b""}),
        "eight": sheet,
        "nine.rar": b"Rar!",
        "platform.zip": zipped({"a_1_file/04.zip": zipped({"04.ipynb": sheet}), "b_2_file/04.ipynb": sheet}),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "ten").mkdir()
    (tmp_path / "eleven").mkdir()
    for name in ("plot.png", "data.csv"):
        (tmp_path / "eleven" / name).write_bytes(b"x")
    assert said(tmp_path) == {
        "one.ipynb": sheet.decode(),
        "two.ipynb.txt": sheet.decode(),
        "three.html": f"! a web page: {WANTED}",
        "four.pdf": f"! a PDF: {WANTED}",
        "five.zip/report.pdf": f"! a PDF: {WANTED}",
        "six.zip": "! an empty archive",
        "seven.tar.gz/04.ipynb": sheet.decode(),
        "seven.tar.gz/../up.py": "! a tar path that leads outside",
        "eight": sheet.decode(),
        "nine.rar": f"! an archive that is not opened here: {WANTED}",
        "ten": "! an empty folder",
        "eleven": "! no answer sheet is in it, but data.csv, plot.png",
        "platform.zip/a_1_file/04.zip/04.ipynb": sheet.decode(),
        "platform.zip/b_2_file/04.ipynb": sheet.decode(),
    }


def test_what_lies_beside_a_notebook_belongs_to_it(tmp_path: Path) -> None:
    learner = tmp_path / "learner"
    (learner / "pictures").mkdir(parents=True)
    (learner / "04.ipynb").write_text("{}")
    (learner / "helper.py").write_text("def times(a, b):\n    return a @ b\n")
    (learner / "report.pdf").write_text("x")
    (learner / "pictures" / "a.png").write_text("x")
    (one,) = submissions([tmp_path])
    assert (one.name, one.beside) == ("learner/04.ipynb", ("helper.py", "report.pdf"))
    (learner / "more.py").write_text("ov_rank = 64\n")
    assert found(tmp_path) == ["learner/04.ipynb", "learner/more.py", "learner/report.pdf"]


def test_nobody_is_lost_in_a_class_s_folder_below(tmp_path: Path) -> None:
    for name in (
        "monday/ada.ipynb",
        "monday/bob.pdf",
        "monday/eve.ipynb",
        "friday/x.pdf",
        "friday/y/z.ipynb",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert found(tmp_path) == [
        *("friday/x.pdf", "friday/y/z.ipynb", "monday/ada.ipynb", "monday/bob.pdf", "monday/eve.ipynb")
    ]


def test_a_link_to_itself_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "a.py").write_text("x = 1")
    told = said(tmp_path)
    assert told.pop("a.py") == "x = 1"
    assert set(told) == {"loop.py", "loop"}
    assert all("symbolic links" in each or "link" in each for each in told.values())


def test_a_folder_that_cannot_be_listed_has_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shut").mkdir()
    (tmp_path / "a.py").write_text("x")
    listed = os.scandir

    def scandir(path: Any = ".") -> Any:
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert said(tmp_path) == {"a.py": "x", "shut": "! it cannot be read: Permission denied"}


def test_an_archive_of_thousands_is_one_row_among_hand_ins(tmp_path: Path) -> None:
    (tmp_path / "many.zip").write_bytes(zipped({f"{number}.py": b"x" for number in range(501)}))
    (name,) = found(tmp_path)
    assert name == "many.zip"
    assert len(found(tmp_path / "many.zip")) == 501


def test_archives_in_an_archive_are_opened_only_so_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = zipped({f"{number}.py": b"x" for number in range(200)})
    (tmp_path / "all.zip").write_bytes(zipped({f"{name}/x.zip": inner for name in "abcd"}))
    assert len(found(tmp_path)) == 200 + 200 + 2  # of the others the archives alone
    monkeypatch.setattr(files, "_UNPACKED", 2 * len(inner))
    monkeypatch.setattr(files._Budget.__init__, "__defaults__", (2 * len(inner),))
    told = said(tmp_path)
    assert told["all.zip/c/x.zip"] == told["all.zip/d/x.zip"] == "! archives in it of more than 0 MB"
    deep = zipped({"a.py": b"x"})
    for _ in range(4):
        deep = zipped({"x.zip": deep})
    (tmp_path / "all.zip").write_bytes(deep)
    assert said(tmp_path) == {"all.zip/x.zip/x.zip": "! no answer sheet is in it, but x.zip"}


def test_results_are_no_hand_ins(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "plan.json").write_text('{"ovlearn": "grade"}')
    (tmp_path / "out" / "results.csv").write_text("x")
    (tmp_path / "a.py").write_text("x")
    assert found(tmp_path) == ["a.py"]


def test_a_large_notebook_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(b'{"nbformat": 4, "x": "' + b"x" * 24 * 10**6 + b'"}')
    (one,) = submissions([tmp_path])
    assert 24 * 10**6 < len(one.read()) < LARGEST
