"""Firefox, driven over WebDriver BiDi by puppeteer-core, which runs in node: firefox.mjs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from tests.site.engines.engine import Engine
from tests.site.engines.finding import FIREFOX
from tests.site.engines.paths import BUILD

_MODULES = BUILD / "node_modules"  # `make test` installs them
_DRIVER = Path(__file__).with_suffix(".mjs")


class Firefox:
    name = "Firefox"

    def __init__(self, asked: IO[str], answers: IO[str]) -> None:
        self._asked, self._answers = asked, answers

    def go(self, address: str) -> None:
        self._do("go", address)

    def evaluate(self, expression: str) -> Any:
        return self._do("evaluate", expression)

    def point(self, x: float, y: float) -> None:
        self._do("point", x, y)

    def click(self, x: float, y: float) -> None:
        self._do("click", x, y)

    def press(self, key: str) -> None:
        self._do("press", key)

    def text(self, words: str) -> None:
        self._do("text", words)

    def errors(self) -> list[str]:
        return list(self._do("errors"))

    def _do(self, *what: object) -> Any:
        self._asked.write(json.dumps(what) + "\n")
        self._asked.flush()
        return self.answer()

    def answer(self) -> Any:
        """What the driver said next."""
        line = self._answers.readline()
        if not line:
            raise RuntimeError("the driver of Firefox has ended; what it said stands above")
        said = json.loads(line)
        if "failed" in said:
            raise RuntimeError(f"Firefox: {said['failed']}")
        return said["gave"]


@contextmanager
def firefox(proxy: int) -> Iterator[Engine]:
    """Start it, with all that it asks for going to this port."""
    node = Path(sys.executable).with_name("node")
    command = [node, _DRIVER, _MODULES, FIREFOX.needed(), str(proxy)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as driver:
        try:
            engine = Firefox(cast(IO[str], driver.stdin), cast(IO[str], driver.stdout))
            engine.answer()
            yield engine
        finally:
            cast(IO[str], driver.stdin).close()  # it closes the browser, and ends
            try:
                driver.wait(20)
            except subprocess.TimeoutExpired:
                driver.kill()
