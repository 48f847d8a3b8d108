"""The floors stay apart: what each may import, seen in a fresh process and read off the source.

Every check here is also run on a copy of the package with a violation planted, to see that it can fail.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ovlearn

PACKAGE = Path(ovlearn.__file__).parent
ALLOWED = {"ovlearn", "numpy", "sympy", "mpmath", "gmpy2", "flint"}  # the last two: sympy's, where installed
# What needs an extra: the command, and what reads and writes notebooks for it.
COMMAND = (
    *("ovlearn.cli", "ovlearn.commands", "ovlearn.__main__"),
    *(f"ovlearn.exercises.{name}" for name in ("sources", "starters", "gate", "folder")),
    "ovlearn.grader",
)

# Which floors each may import: symbolic | numeric → checking → exercises → grader.
MAY_IMPORT = {
    "symbolic": {"symbolic"},
    "numeric": {"numeric"},
    "plots": {"numeric", "plots"},
    "atlas": {"numeric", "plots", "atlas"},
    "checking": {"symbolic", "numeric", "checking"},
    "exercises": {"symbolic", "numeric", "checking", "plots", "exercises"},
    "grader": {"exercises", "grader"},
}


def modules(package: Path) -> list[str]:
    """Every module of the package, by name."""
    names = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        names.append(".".join(part for part in parts if part != "__init__"))
    return names


def loaded(imports: list[str], package: Path = PACKAGE) -> set[str]:
    """The top-level modules that a fresh process has loaded after these imports."""
    code = "import sys, importlib; before = set(sys.modules)\n"
    code += f"for name in {imports!r}: importlib.import_module(name)\n"
    code += "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    environment = os.environ | {"PYTHONPATH": str(package.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=package.parent,
    )
    return set(done.stdout.split())


def strangers(found: set[str]) -> set[str]:
    """What is neither the standard library's nor one of our two dependencies'."""
    return {
        name for name in found if name not in ALLOWED | sys.stdlib_module_names and not name.startswith("_")
    }


def of_floor(floor: str, package: Path = PACKAGE) -> list[str]:
    return [name for name in modules(package) if name.split(".")[1:2] == [floor]]


def check_numeric_alone(package: Path) -> None:
    """No numeric module loads sympy."""
    found = loaded(of_floor("numeric", package), package)
    assert "numpy" in found
    assert "sympy" not in found, "numeric loads sympy"


def check_symbolic_alone(package: Path) -> None:
    """No symbolic module loads numpy."""
    found = loaded(of_floor("symbolic", package), package)
    assert "sympy" in found
    assert "numpy" not in found, "symbolic loads numpy"


def check_nothing_else(package: Path) -> None:
    """Every module but the command's loads the standard library, numpy and sympy alone."""
    every = [name for name in modules(package) if not name.startswith(COMMAND)]
    assert strangers(loaded(every, package)) == set()


def check_lazy(package: Path) -> None:
    """`import ovlearn` loads nothing but itself and the standard library."""
    assert not loaded(["ovlearn"], package) & {"numpy", "sympy", "mpmath"}, "import ovlearn is not lazy"


def imported(path: Path, package: Path) -> Iterator[str]:
    """The modules that a file imports, anywhere in it, by their full names."""
    here = path.relative_to(package.parent).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [*here[: len(here) - node.level]] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)


def check_directions(package: Path) -> None:
    """Each floor imports those below it alone, not even inside a function one above or beside."""
    for floor, allowed in MAY_IMPORT.items():
        for path in sorted((package / floor).rglob("*.py")):
            for name in imported(path, package):
                parts = name.split(".")
                if parts[0] == "ovlearn" and len(parts) > 1 and parts[1] in MAY_IMPORT:
                    assert parts[1] in allowed, f"{floor} imports {name} in {path.name}"
                assert not (floor == "symbolic" and parts[0] == "numpy"), f"{path.name} imports numpy"
                assert not (floor in ("numeric", "plots") and parts[0] == "sympy"), (
                    f"{path.name} imports sympy"
                )
    files = (package / "checking").glob("*.py")
    both = {name.split(".")[1] for path in files for name in imported(path, package) if "ovlearn." in name}
    assert {"symbolic", "numeric"} <= both


CHECKS = (check_numeric_alone, check_symbolic_alone, check_nothing_else, check_lazy, check_directions)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_floors(check: object) -> None:
    check(PACKAGE)  # type: ignore[operator]


def test_every_module_is_found() -> None:
    found = modules(PACKAGE)
    assert {
        "ovlearn",
        "ovlearn.numeric.run",
        "ovlearn.symbolic.rules.sums",
        "ovlearn.checking.faults",
    } <= set(found)
    assert all(of_floor(floor) for floor in ("symbolic", "numeric", "checking"))


VIOLATIONS = [
    (check_numeric_alone, "numeric/config.py", "import sympy", "numeric loads sympy"),
    (check_symbolic_alone, "symbolic/notation.py", "import numpy", "symbolic loads numpy"),
    (
        check_numeric_alone,
        "numeric/arrays.py",
        "from ovlearn.symbolic.notation import d",
        "numeric loads sympy",
    ),
    (check_nothing_else, "numeric/paths.py", "import pytest", "pytest"),
    (check_lazy, "__init__.py", "import ovlearn.numeric", "not lazy"),
    (check_lazy, "__init__.py", "from ovlearn import symbolic", "not lazy"),
    (
        check_directions,
        "numeric/paths.py",
        "def f():\n    import ovlearn.symbolic.notation",
        "numeric imports ovlearn.sym",
    ),
    (
        check_directions,
        "symbolic/printing.py",
        "def f():\n    from ovlearn import numeric",
        "symbolic imports ovlearn.num",
    ),
    (
        check_directions,
        "symbolic/printing.py",
        "from ..checking.claims import Claim",
        "symbolic imports ovlearn.che",
    ),
    (
        check_directions,
        "exercises/judging.py",
        "def f():\n    from ovlearn.grader.worker import remote",
        "exercises imports ovlearn.grader",
    ),
    (check_directions, "atlas/heads.py", "from ovlearn.checking import verify", "atlas imports ovlearn.che"),
    (check_directions, "grader/isolated.py", "import ovlearn.numeric", "grader imports ovlearn.numeric"),
    (check_directions, "numeric/run.py", "from .. import checking", "numeric imports ovlearn.che"),
    (check_directions, "symbolic/steps.py", "def f():\n    import numpy.linalg", "imports numpy"),
    (check_directions, "numeric/run.py", "def f():\n    from sympy import Symbol", "imports sympy"),
]


@pytest.mark.parametrize(
    ("check", "file", "line", "message"), VIOLATIONS, ids=map(str, range(len(VIOLATIONS)))
)
def test_a_planted_violation_is_seen(
    check: object, file: str, line: str, message: str, tmp_path: Path
) -> None:
    package = tmp_path / "ovlearn"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    planted = package / file
    planted.write_text(f"{planted.read_text(encoding='utf-8')}\n\n{line}\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=message):
        check(package)  # type: ignore[operator]
