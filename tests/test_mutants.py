"""What `make mutants` breaks: the algebra in every place, never a message."""

from pathlib import Path

import pytest

from tests.mutants.breaking import mutants_of
from tests.mutants.running import Reach


def broken(folder: Path, line: str, kind: str = "algebra", sample: int = 100) -> list[str]:
    """Return what stands in the place of the one line of a file."""
    (folder / "ovlearn").mkdir(exist_ok=True)
    (folder / "ovlearn" / "code.py").write_text(line + "\n")
    return [m.text.strip() for m in mutants_of(folder, "ovlearn", sample, seed=0) if m.kind == kind]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("y = a @ b", {"y = a", "y = b", "y = (b @ a)"}),
        ("y = a * b", {"y = a", "y = b"}),
        ("y = product(a, b)", {"y = product(b)", "y = product(a, )", "y = product(b, a)"}),
        ("y = product(*a)", set()),
        ("y = (a + 1) / b", {"y = (a + 1)"}),
        ("y = (a @ b).T", {"y = (a @ b)", "y = (a).T", "y = (b).T", "y = (b @ a).T"}),
        ("y = q.swapaxes(-1, -2)", {"y = q"}),
        ("y = np.swapaxes(q, -1, -2)", {"y = q"}),
        ("y = np.sqrt(d + 1)", {"y = (d + 1)"}),
        ('y = np.einsum("ij,jk->ki", a, b)', {f'y = np.einsum("{s}->ki", a, b)' for s in ("ji,jk", "ij,kj")}),
    ],
)
def test_the_algebra_is_broken_in_every_place(tmp_path: Path, line: str, expected: set[str]) -> None:
    assert set(broken(tmp_path, line)) == expected


@pytest.mark.parametrize(
    "line",
    [
        'raise ValueError("a" * 2)',
        '"W_V"',
        'def f(x: "a" = "b") -> "c": ...',
        "@rule(1)\ndef f(): ...",
        "Array = NDArray[Any]",
        '__all__ = ["a"]',
    ],
)
def test_messages_types_and_decorators_are_left_alone(tmp_path: Path, line: str) -> None:
    assert broken(tmp_path, line) == broken(tmp_path, line, "general") == []


def test_decorated_code_and_code_outside_functions_are_broken_too(tmp_path: Path) -> None:
    assert broken(tmp_path, "class A:\n    @property\n    def x(self): return 1 + 1", "general")
    assert broken(tmp_path, "SIZE = 1 + 1", "general")


def test_the_sample_is_seeded_and_of_the_size_asked_for(tmp_path: Path) -> None:
    line = "def f(x):\n    return [" + ", ".join(f"x + {i}" for i in range(50)) + "]"
    assert broken(tmp_path, line, "general", sample=20) == broken(tmp_path, line, "general", sample=20)
    assert len(set(broken(tmp_path, line, "general", sample=20))) == 20


def test_the_tests_that_reach_a_line_come_first_the_fastest_of_them_first() -> None:
    reach = Reach({"a.py": {"1": ["slow", "fast"], "2": ["other"]}}, {"slow": 2, "fast": 1, "other": 3})
    assert reach.of("a.py", range(1, 2)) == ["fast", "slow"]
    assert reach.of("a.py", range(7, 8)) == ["fast", "slow", "other"]
    assert reach.of("b.py", range(1, 2)) == []
