"""What is found below a path, in which order, and what is said of what cannot be read."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from ovlearn.grading.batch.submissions import submissions
from ovlearn.grading.reading import Unreadable


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
    assert found(tmp_path) == ["s9/a.ipynb", "s9/B.py", "s10/a.ipynb"]
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
    }
    assert sorted(tmp_path.rglob("*")) == before


def test_a_damaged_zip_is_one_row_and_a_bomb_is_cut(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK no zip")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.py", bytes(10**8))
    assert {name: len(text) for name, text in said(tmp_path).items()} == {
        "bad.zip": len("! not a zip file"),
        "bomb.zip/a.py": 20 * 2**20 + 1,
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
