"""A session: the names that a page's cells share, and what comes of each message."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ovlearn
from ovlearn_live import errors, verdicts
from ovlearn_live.collecting import Collector, Printed
from ovlearn_live.names import Names
from ovlearn_live.page import Page
from ovlearn_live.reprs import Forms
from ovlearn_live.surroundings import file_name, surroundings
from rendering.equations import Render, Typesetter
from rendering.outputs import PRINTED, written

Message = Mapping[str, Any]

# Where the zoo looks for the files of models; the page sends them, and the worker writes them there.
MODELS = str(Path(ovlearn.__file__).parent / "numeric" / "zoo" / "weights")


class Work:
    """Takes outputs, and writes them as HTML. `tell`: hears what is printed, as it comes."""

    def __init__(self, page: Page, tell: Callable[[str], None]) -> None:
        self._page = page
        self.collector = Collector(tell)
        self.error: errors.Told | None = None
        self._begun = time.perf_counter()

    def display(self, *values: Any, **_: Any) -> None:
        """Show values, each in its richest form; what this is in notebooks."""
        for value in values:
            self.collector.show(written(Forms(value), self._page))

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Let whatever is raised meanwhile be the work's error, and nobody else's."""
        try:
            yield
        except BaseException as error:  # a reader's code may raise anything, SystemExit included
            self.error = self.error or errors.told(error)

    @property
    def told(self) -> dict[str, Any]:
        """What came of it, for the page."""
        return {
            "outputs": [self._html(output) for output in self.collector.outputs],
            "error": self.error and {"says": self.error.says, "html": self.error.html},
            "seconds": round(time.perf_counter() - self._begun, 3),
            "cut": self.collector.cut,
        }

    def _html(self, output: Printed | str) -> str:
        return output if isinstance(output, str) else written({PRINTED: "".join(output.parts)}, self._page)


class Session:
    """One Python for a page. What it hears and sends is told in live/js/frame/worker.js.

    `send`: takes messages to the page; `render`: KaTeX, as `rendering.equations` takes it.

    >>> sent = []
    >>> Session(sent.append).hear({"kind": "run", "id": 1, "cell": "4", "code": "print(6 * 7)"})
    >>> [message["kind"] for message in sent], sent[0]["text"]
    (['printed', 'printed', 'done'], '42')
    """

    def __init__(self, send: Callable[[dict[str, Any]], None], render: Render | None = None) -> None:
        self._send = send
        self._typesetter = Typesetter(render=render)
        self._names = Names(self._display)
        self._work: Work | None = None

    def hear(self, message: Message) -> None:
        """Do what a message asks for, and send what comes of it."""
        answer = {"run": self._run, "check": self._check, "reset": self._reset}[message["kind"]]
        self._send({**answer(message), "id": message["id"]})

    def _run(self, message: Message) -> dict[str, Any]:
        with self._working(message) as work:
            self._cell(message)
        told = work.told
        quiet = not (told["outputs"] or told["error"])
        return {"kind": "done", **told, "did": self._names.done(str(message["cell"])) if quiet else ""}

    def _check(self, message: Message) -> dict[str, Any]:
        exercise, code = message["exercise"], message["code"]
        found: dict[str, Any] = {}
        with self._working(message) as work:
            self._names.forget(str(message["cell"]))
            reasons: dict[str, str] = {}
            try:
                self._cell(message)
            except BaseException as error:  # told beside the verdict, which other cells may still decide
                work.error = errors.told(error)
                reasons = verdicts.reasons_of(code, error)
            found = verdicts.verdict(exercise, self._names.all, reasons, message.get("seed"))
        says = work.error.says if work.error else ""
        verdict = found or verdicts.unjudged(exercise, says)
        return {"kind": "verdict", "exercise": exercise, **verdict, **work.told}

    def _reset(self, message: Message) -> dict[str, Any]:
        self._names = Names(self._display)
        with self._working(message) as work:
            pass
        return {"kind": "done", **work.told}

    def _cell(self, message: Message) -> None:
        """Run a cell's code, and show the value of its last line."""
        cell = str(message["cell"])
        with self._names.noted(cell):
            value = self._names.cells.run(message["code"], file_name(cell))
        if value is not None:
            self._display(value)

    @contextmanager
    def _working(self, message: Message) -> Iterator[Work]:
        number = message["id"]
        page = Page(self._typesetter, message.get("labels") or {})
        self._work = work = Work(
            page, lambda text: self._send({"kind": "printed", "id": number, "text": text})
        )
        with work.catching(), surroundings(self._names.module, work.collector):
            yield work

    def _display(self, *values: Any, **options: Any) -> None:
        assert self._work is not None
        self._work.display(*values, **options)
