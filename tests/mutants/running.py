"""Copies of the tree, and processes that run tests in them."""

import json
import os
import resource
import shutil
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import pytest

NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv*", ".*_cache", ".hypothesis", "build", "node_modules", "__pycache__"
)
MEMORY = 8 * 2**30  # bytes: a broken size must not take the machine with it
QUICK = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile=mutants"]
QUICK += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of plugins that are imported already
TIMEOUT = -1


@dataclass(frozen=True)
class Reach:
    """Which tests reach each line of each file, and how long each test takes."""

    tests: dict[str, dict[str, list[str]]]  # path, line
    seconds: dict[str, float]

    def of(self, path: str, lines: range) -> list[str]:
        """Return the tests that reach these lines, else those that reach the file, fastest first."""
        reached = self.tests.get(path, {})
        found = {test for line in lines for test in reached.get(str(line), ())}
        found = found or {test for tests in reached.values() for test in tests}
        return sorted(found, key=lambda test: (self.seconds[test], test))


class Copy:
    """A copy of the tree in which one file at a time is broken."""

    _stamps = count(1_000_000_000)  # a time of its own for each text, or Python would take old bytecode

    def __init__(self, root: Path, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(root, folder, ignore=NOT_COPIED)
        if (root / "node_modules").exists():
            (folder / "node_modules").symlink_to(root / "node_modules")
        self.root, self.folder = root, folder

    def write(self, path: str, text: str | None) -> None:
        """Put a text in the place of a file; None for the text it has in the tree."""
        target, stamp = self.folder / path, next(self._stamps)
        target.write_text((self.root / path).read_text() if text is None else text)
        os.utime(target, (stamp, stamp))

    def start(
        self, arguments: Sequence[str], plugins: Sequence[Any] = (), seconds: float = 3600
    ) -> "Running":
        """Run pytest here, in a process of its own."""
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            os._exit(_inside(self.folder, arguments, plugins))
        return Running(pid, time.monotonic() + seconds)


@dataclass
class Running:
    """A process that runs tests; its code is pytest's, or TIMEOUT."""

    pid: int
    deadline: float
    code: int | None = field(default=None, init=False)

    def ended(self) -> bool:
        """Look whether it has come to an end, and end it when its time is over."""
        done, status = os.waitpid(self.pid, os.WNOHANG)
        if done:
            self.code = os.waitstatus_to_exitcode(status)
        elif time.monotonic() > self.deadline:
            os.killpg(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.code = TIMEOUT
        return self.code is not None

    def wait(self) -> int:
        """Return its code once it has ended."""
        while not self.ended():
            time.sleep(0.02)
        assert self.code is not None
        return self.code


def trace(copy: Copy, tests: Sequence[str]) -> Reach:
    """Run unbroken tests and see what each one reaches; then, as a control, run them as mutants will be run.

    Raises SystemExit where one of the two fails: what fails by itself would be counted as noticed.
    """
    result = copy.folder / "reach.json"
    _must_pass(copy, tests, [Tracer(copy.folder, result)])
    reach = Reach(**json.loads(result.read_text()))
    _must_pass(copy, list(reach.seconds))
    return reach


def _must_pass(copy: Copy, tests: Sequence[str], plugins: Sequence[Any] = ()) -> None:
    if copy.start([*QUICK, *tests], plugins).wait():
        said = (copy.folder / "output.txt").read_text()[-3000:]
        raise SystemExit(f"the tests fail on unbroken code:\n{said}")


class Tracer:
    """A pytest plugin that notes which lines each test reaches, through its fixtures too."""

    def __init__(self, folder: Path, result: Path) -> None:
        self.folder, self.result = folder, result
        self.seconds: dict[str, float] = {}
        self.users: dict[str, set[str]] = defaultdict(set)  # of a shared fixture: the tests that rely on it
        self.context = ""

    def pytest_sessionstart(self) -> None:
        from coverage import Coverage

        self.coverage = Coverage(data_file=None, source=[str(self.folder / "ovlearn")], config_file=False)
        self.coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        _clear_caches()  # what a test finds in a cache, it does not reach
        self.context = item.nodeid
        for name in getattr(item, "fixturenames", ()):
            self.users[f"fixture {name}"].add(item.nodeid)
        self.coverage.switch_context(self.context)
        start = time.perf_counter()
        result = yield
        self.seconds[item.nodeid] = time.perf_counter() - start
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Any:
        if fixturedef.scope != "function":
            self.coverage.switch_context(f"fixture {fixturedef.argname}")
        result = yield
        self.coverage.switch_context(self.context)
        return result

    def pytest_sessionfinish(self) -> None:
        self.coverage.stop()
        data = self.coverage.get_data()
        reached = {
            str(Path(file).relative_to(self.folder)): {
                line: sorted({test for name in names if name for test in self.users.get(name, {name})})
                for line, names in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }
        self.result.write_text(json.dumps({"tests": reached, "seconds": self.seconds}))


def _clear_caches() -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith(("ovlearn", "tests")):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def _inside(folder: Path, arguments: Sequence[str], plugins: Sequence[Any]) -> int:
    """Run pytest in a copy; everything but ovlearn and its tests is imported already."""
    os.setsid()
    os.chdir(folder)
    with open("output.txt", "w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.path[0] = os.environ["PYTHONPATH"] = str(folder)
    for name in [name for name in sys.modules if name.split(".")[0] in ("tests", "ovlearn")]:
        del sys.modules[name]
    hypothesis.settings.register_profile(
        "mutants",
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],  # a failure need not be made small
        suppress_health_check=list(hypothesis.HealthCheck),
        database=None,
        deadline=None,
        derandomize=True,
    )
    try:
        return int(pytest.main(list(arguments), plugins=list(plugins)))
    finally:
        sys.stdout.flush()
