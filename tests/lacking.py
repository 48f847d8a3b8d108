"""What this machine lacks for some of the tests: they are not run, and the run's end counts them.

Whatever else is skipped is counted there too, so that no run looks whole that was not. In CI it has failed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Need:
    """What the tests with this fixture need. `lack`: why it is not here, in a line, or nothing."""

    fixture: str
    lack: Callable[[], str]


class NotRun:
    """A plugin for pytest. `needs`: what may be lacking; `failure`: whether that fails the run."""

    def __init__(self, needs: Iterable[Need], *, failure: bool) -> None:
        self.needs, self.failure = tuple(needs), failure
        self.counts: Counter[str] = Counter()

    # before fixtures are made: one that is not needed then may take long
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        for need in self.needs:
            if need.fixture in getattr(item, "fixturenames", ()) and (lack := need.lack()):
                pytest.skip(lack)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._count(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._count(report)

    def _count(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            _, _, reason = report.longrepr  # where it was skipped, and why
            self.counts[reason.removeprefix("Skipped: ")] += 1

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.failure and self.counts and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for reason, count in sorted(self.counts.items()):
            tests = f"{count} test{'' if count == 1 else 's'} {'was' if count == 1 else 'were'} not run"
            terminalreporter.write_line(f"{tests}{', which in CI is a failure' * self.failure}: {reason}")
