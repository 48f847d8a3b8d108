"""What was made before: it saves runs, and whatever happens to it costs time and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

import rendering.execution
from rendering import RenderError, Source
from rendering.execution import ExecutedCell, execute, kernel
from rendering.store import Store
from tests.rendering.lessons import cell, write

Ran = list[str]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    """The names of the lessons that were run, by a kernel that is none; each reads all that there is."""
    names: Ran = []

    async def run(source: Source, package: Path) -> tuple[list[ExecutedCell], list[str]]:
        names.append(source.name)
        if "1 / 0" in source.path.read_text():
            raise RenderError(source.name)
        return [ExecutedCell(1, "code", source.path.read_text(), ("tag",), ({"text/plain": "é"},))], ["*"]

    monkeypatch.setattr(kernel, "run", run)
    return names


@pytest.fixture
def sources(tmp_path: Path) -> list[Source]:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "module.py").write_text("x = 1")
    return [write(tmp_path, name, cell("1")) for name in ("01_x", "02_x")]


def build(sources: list[Source]) -> list[list[ExecutedCell]]:
    folder = sources[0].path.parent
    return execute(sources, package=folder / "package", store=Store(folder / "kept"))


def test_a_second_build_runs_nothing_and_says_the_same(ran: Ran, sources: list[Source]) -> None:
    assert build(sources) == build(sources)
    assert ran == ["01_x", "02_x"]


def test_a_changed_lesson_runs_alone(ran: Ran, sources: list[Source]) -> None:
    build(sources)
    write(sources[1].path.parent, "02_x", cell("2"))
    assert "2" in build(sources)[1][0].source
    assert ran == ["01_x", "02_x", "02_x"]


@pytest.mark.parametrize("change", ["edited", "added", "renamed", "version"])
def test_a_package_of_which_all_is_read_runs_all_when_it_changes(
    ran: Ran, sources: list[Source], change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(sources)
    module = sources[0].path.parent / "package" / "module.py"
    match change:
        case "edited":
            module.write_text("x = 2")
        case "added":
            module.with_name("data.npz").write_bytes(b"\0")
        case "renamed":
            module.rename(module.with_name("other.py"))
        case "version":
            monkeypatch.setattr(rendering.execution, "of_versions", lambda *names: "numpy 9")
    build(sources)
    assert ran == ["01_x", "02_x"] * 2


def test_what_python_leaves_in_a_package_is_no_change(ran: Ran, sources: list[Source]) -> None:
    build(sources)
    left = sources[0].path.parent / "package" / "__pycache__"
    left.mkdir()
    (left / "module.pyc").write_bytes(b"\0")
    build(sources)
    assert len(ran) == 2


@pytest.mark.parametrize("damage", ["cut", "edited", "empty", "binary", "swapped", "folder", "gone"])
def test_damage_costs_a_run(ran: Ran, sources: list[Source], damage: str) -> None:
    first = build(sources)
    kept = sources[0].path.parent / "kept" / "01_x.kept"
    whole = kept.read_bytes()
    kept.unlink()
    match damage:
        case "cut":
            kept.write_bytes(whole[:-5])
        case "edited":
            kept.write_bytes(whole.replace("é".encode(), b"e"))
        case "empty":
            kept.write_bytes(b"")
        case "binary":
            kept.write_bytes(b"\xff\xfe\0")
        case "swapped":
            kept.write_bytes(kept.with_name("02_x.kept").read_bytes())
        case "folder":
            kept.mkdir()
            with pytest.raises(OSError, match="01_x"):
                build(sources)
            kept.rmdir()
    ran.clear()
    assert build(sources) == first
    assert ran == ["01_x"]


def test_a_failure_keeps_what_others_yielded_and_nothing_of_its_own(ran: Ran, sources: list[Source]) -> None:
    write(sources[0].path.parent, "01_x", cell("1 / 0"))
    for _ in range(2):
        with pytest.raises(RenderError, match="01_x"):
            build(sources)
    assert ran == ["01_x", "02_x", "01_x"]


def test_an_interrupted_write_leaves_the_old_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    store.save("x", "key", [1])
    with monkeypatch.context() as patched:
        patched.setattr("os.replace", lambda *paths: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            store.save("x", "key", [2])
    assert store.load("x", "key") == [1]
    assert [file.name for file in tmp_path.iterdir()] == ["x.kept"]


class Maker:
    """Makes something, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> bytes:
        self.count += 1
        return b"made\n" + str(self.count).encode()


def test_what_was_made_is_kept_under_its_key(tmp_path: Path) -> None:
    store, make = Store(tmp_path / "new"), Maker()
    assert store.kept("x", "key", make) == store.kept("x", "key", make) == b"made\n1"
    assert store.kept("x", "other key", make) == b"made\n2"
    assert store.kept("y", "other key", make) == b"made\n3"
    assert sorted(file.name for file in store.folder.iterdir()) == ["x.kept", "y.kept"]


def test_what_could_not_be_made_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        Store(tmp_path).kept("x", "key", lambda: bytes(1 // 0))
    assert list(tmp_path.iterdir()) == []
