"""Python in the worker: it starts from bytes, is ended, and starts again without the network."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page

import ovlearn as ov
from tests.live.reader import Reader, words
from tests.site.built import ROOT
from tests.site.live.asking import ask, messages, run, shown, spawn
from tests.site.live.served import Server, frame

LEMMA = "import ovlearn as ov\nov.show(ov.derive('ov-fold'), label='eq:fold', seeds=2)"


@pytest.fixture
def known(running: Page) -> Page:
    """A page with a worker that other tests had, and whose names are forgotten."""
    assert ask(running, kind="reset")["kind"] == "done"
    return running


@pytest.fixture
def python(loaded: Page) -> Page:
    """A page with a worker of its own."""
    ready = spawn(loaded)
    assert ready["kind"] == "ready", ready
    assert 0 < ready["seconds"] < 60
    return loaded


def test_an_output_is_the_very_html_of_the_build(known: Page) -> None:
    """KaTeX and all: in this process, with the KaTeX of the build, the session makes the same."""
    here = Reader().run(LEMMA, labels={"eq:fold": "4.2"})
    there = ask(known, kind="run", cell=4, code=LEMMA, labels={"eq:fold": "4.2"})
    assert "katex-html" in here["outputs"][0]
    assert there["outputs"] == here["outputs"]


def test_text_comes_while_a_cell_runs(python: Page) -> None:
    python.evaluate(
        "code => { ask({ kind: 'run', cell: 4, code, labels: {} }); }", "print('first')\nwhile True: pass"
    )
    python.wait_for_function("messages.some(each => each.kind === 'printed' && each.text.includes('first'))")
    python.evaluate("kill()")


@pytest.mark.parametrize(
    "code", ["while True: pass", "while True: print('x' * 1000)", "import time\ntime.sleep(1e6)"]
)
def test_stop_ends_whatever_runs_and_python_starts_again_without_the_network(
    python: Page, site: Server, code: str
) -> None:
    shown(python, "kept = 1")
    before = len(messages(python))
    python.evaluate("code => { ask({ kind: 'run', cell: 4, code, labels: {} }); }", code)
    python.wait_for_timeout(500)
    python.evaluate("kill()")
    python.wait_for_timeout(200)
    told = messages(python)[before:]
    assert sum(len(each.get("text", "")) for each in told) < 110_000  # however long it prints
    python.wait_for_timeout(300)
    assert len(messages(python)[before:]) == len(told)  # it has ended

    site.asked.clear()
    assert spawn(python)["kind"] == "ready"
    assert site.asked == []
    assert shown(python, "'kept' in globals()") == "False"


def test_a_second_start_takes_what_the_first_compiled(python: Page) -> None:
    assert python.evaluate("spawn(without('pyodide.asm.wasm'))")["kind"] == "ready"


def test_while_nothing_waits_python_imports_ahead(python: Page) -> None:
    names = "import sys\n'sympy' in sys.modules, 'ovlearn.checking' in sys.modules"
    deadline = time.monotonic() + 20
    while shown(python, names) != "(True, True)":
        assert time.monotonic() < deadline
        python.wait_for_timeout(1000)


def test_an_answer_is_checked(known: Page) -> None:
    verdict = ask(
        known,
        kind="check",
        exercise="ov_matrix",
        cell="ov_matrix",
        seed=3,
        code="def ov_matrix(W_V, W_O):\n    return W_O @ W_V",
    )
    assert verdict["kind"] == "verdict"
    assert (verdict["status"], verdict["mistake"]) == ("wrong", "swapped")


def test_a_model_is_there_once_the_page_has_sent_it(known: Page) -> None:
    load = "from ovlearn import zoo\nzoo.load('repeats-one-layer').config.n_layers"
    assert "The page has not loaded repeats-one-layer." in words(run(known, load)["error"]["html"])
    weights = (ROOT / "ovlearn/numeric/zoo/weights/repeats-one-layer.npz").read_bytes()
    known.evaluate(
        "bytes => tell({ kind: 'files', files: { 'repeats-one-layer': Uint8Array.from(bytes).buffer } })",
        [*weights],
    )
    assert shown(known, load) == str(ov.zoo.load("repeats-one-layer").config.n_layers)


def test_a_reset_forgets_names(known: Page) -> None:
    shown(known, "x = 1")
    assert ask(known, kind="reset")["kind"] == "done"
    assert shown(known, "'x' in globals()") == "False"


NO_ROOM = "The page has not that much memory."
# Code that Python itself survives, and what it says.
SURVIVED = {
    "recursion": ("def f(n):\n    return f(n + 1)\nf(0)", "RecursionError: maximum recursion depth exceeded"),
    "memory": ("import numpy as np\nnp.ones((10**5, 10**5))", NO_ROOM),
    "memory, bit by bit": ("import numpy as np\nxs = []\nwhile True: xs.append(np.empty(10**8))", NO_ROOM),
    "keyboard": ("input('?')", "code in the page has no keyboard"),
    "exit": ("exit()", "In the page this ends the cell, and nothing else."),
    "thread": ("import threading\nthreading.Thread(target=print).start()", "can't start new thread"),
    "a package that Pyodide has": ("import scipy", "Nothing else can be installed."),
    "a part of sympy": ("import sympy.physics.units", "Some parts of sympy are left out of the page"),
}


@pytest.mark.parametrize("name", SURVIVED)
def test_an_accident_ends_the_cell_alone(known: Page, name: str) -> None:
    code, says = SURVIVED[name]
    done = run(known, f"x = 42\n{code}")
    assert done["kind"] == "done"
    text = words(done["error"]["html"])
    assert text.startswith("cell 4, line ")
    assert says in text
    assert "/lib/" not in text
    assert "micropip" not in text
    assert shown(known, "x") == "42"


# Code that ends Python, and what the page is told.
FATAL = {
    "exit": ("import os\nos._exit(3)", "Python has ended: the code ended the whole process."),
    "abort": ("import os\nos.abort()", "Python has ended: the code broke its memory."),
    "memory": (
        "import ctypes\nctypes.memset(0xFFFFFFF0, 1, 100)",
        "Python has ended: the code broke its memory.",
    ),
    "nesting": ("eval('-' * 3000 + '1')", "Python has ended: the code was nested too deeply for it."),
}


@pytest.mark.parametrize("name", FATAL)
def test_python_that_has_ended_says_so_each_time(python: Page, name: str) -> None:
    code, says = FATAL[name]
    for attempt in (code, "1"):
        failed = run(python, attempt)
        assert failed["kind"] == "failed"
        assert failed["says"] == f"{says} What was defined is gone."


GIVEN = {
    "missing": "without(part)",
    "damaged": "({ ...parts, [part]: new Uint8Array(parts[part]).map(byte => byte ^ 85).buffer })",
}


@pytest.mark.parametrize(
    ("part", "how"),
    [
        *((part, "missing") for part in ("pyodide.js", "numpy")),
        *((part, "damaged") for part in ("pyodide.asm.wasm", "stdlib", "ovlearn")),
    ],
)
def test_without_a_part_it_says_that_it_cannot_start(loaded: Page, part: str, how: str) -> None:
    loaded.evaluate("address => openFrame(address)", f"/{frame()}")  # in which nothing is compiled yet
    failed = loaded.evaluate(f"part => Promise.race([spawn({GIVEN[how]}), late()])", part)
    assert failed["kind"] == "failed"
    assert failed["says"].startswith("Python could not start: ")
