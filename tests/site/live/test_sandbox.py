"""A reader's code reaches neither the network nor the site's storage, nor can it make the page do anything.

Every way out that it refuses is seen to lead out of a worker that nothing binds: so the tests can fail.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Frame, Page

from tests.site.live import served
from tests.site.live.asking import messages, run, shown, spawn
from tests.site.live.served import Server

PROBES = Path(__file__).with_name("probes.py").read_text(encoding="utf-8")
LISTEN = """() => {
  window.broadcasts = [];
  window.channel = new BroadcastChannel("ovlearn");
  channel.onmessage = ({ data }) => broadcasts.push(data);
}"""
# What says nothing of whether it got out: then the servers tell, or the page.
SILENT = {"font", "socket", "package_loader", "broadcast"}


@dataclass(frozen=True)
class Tried:
    """What became of every way out: what code was told, what servers were asked for, what the page heard."""

    results: dict[str, str]
    of_site: list[str]
    of_other: list[str]
    broadcasts: list[str]


def tried(page: Page, site: Server, other: Server) -> Tried:
    page.evaluate(LISTEN)
    page.wait_for_timeout(300)  # a worker that imports ahead has begun
    for server in (site, other):
        server.asked.clear()
    code = PROBES.replace("{site}", site.address).replace("{other}", other.address)
    assert run(page, code)["error"] is None
    results: dict[str, str] = {"": "not finished"}
    for _ in range(40):
        if "not finished" not in results.values():
            break
        page.wait_for_timeout(250)
        results = json.loads(shown(page, "import json\nprint(json.dumps(results))"))
    return Tried(results, [*site.asked], [*other.asked], page.evaluate("broadcasts"))


@pytest.fixture(scope="module")
def bound(loaded: Page, site: Server, other: Server) -> Tried:
    assert spawn(loaded)["kind"] == "ready"
    return tried(loaded, site, other)


@pytest.fixture(scope="module")
def free(loaded: Page, site: Server, other: Server) -> Tried:
    assert loaded.evaluate("spawnFree('/worker.js')")["kind"] == "ready"
    found = tried(loaded, site, other)
    loaded.evaluate("free.terminate()")  # its connections would come again
    return found


def test_every_way_out_leads_out_of_a_worker_that_nothing_binds(free: Tried) -> None:
    loud = {name: result for name, result in free.results.items() if name not in SILENT}
    assert len(loud) >= 18
    assert {name: result for name, result in loud.items() if not result.startswith("got ")} == {}
    assert {"/treasure", "/treasure.js", "/treasure.whl"} <= set(free.of_site)
    assert {"/treasure", "/treasure.js", "/treasure.events", "/treasure.woff2", "/"} <= set(free.of_other)
    assert free.broadcasts == ["treasure"]


def test_every_way_out_of_the_sandbox_is_refused(bound: Tried, free: Tried) -> None:
    assert bound.results.keys() == free.results.keys()
    got = {name: result for name, result in bound.results.items() if not result.startswith("refused: ")}
    assert got.keys() <= SILENT, got
    assert bound.of_site == bound.of_other == []
    assert bound.broadcasts == []


# Each throws, or gives what is never kept.
FRAME = {
    "its storage": "localStorage.length",
    "its cookies": "document.cookie",
    "the page": "parent.document.title",
    "the page's address": "parent.location.href",
    "another address for the page": "top.location = 'about:blank'",
    "a database": "come(indexedDB.open('x'), 'success')",
    "fetch": "fetch('OTHER/treasure')",
    "a picture": "come(Object.assign(new Image(), { src: 'OTHER/treasure' }))",
    "a script": "come(put('script', { src: 'OTHER/treasure.js' }))",
    "a style sheet": "come(put('link', { rel: 'stylesheet', href: 'OTHER/treasure' }))",
    "a frame of its own": "come(put('iframe', { src: 'OTHER/treasure' }), 'never').then(() => 1)",
    "a worker": "new Worker('SITE/worker.js')",
}
HELP = """
const come = (target, good = "load") => new Promise((come, fail) => {
  target.addEventListener(good, come);
  target.addEventListener("error", () => fail(Error("refused")));
  setTimeout(fail, 1000, Error("nothing came"));
});
const put = (name, fields) => document.head.appendChild(Object.assign(document.createElement(name), fields));
"""


@pytest.mark.parametrize("way", FRAME)
def test_the_frame_itself_gets_nowhere(loaded: Page, site: Server, other: Server, way: str) -> None:
    frame = frame_of(loaded)
    assert frame.evaluate("self.origin") == "null"
    for server in (site, other):
        server.asked.clear()
    code = f"() => {{ {HELP} return {FRAME[way]}; }}"
    with pytest.raises(Error):
        frame.evaluate(code.replace("SITE", site.address).replace("OTHER", other.address))
    assert site.asked == other.asked == []
    assert loaded.url == f"{site.address}/"


def frame_of(page: Page) -> Frame:
    (frame,) = (each for each in page.frames if each.url == "about:srcdoc")
    return frame


@pytest.mark.parametrize("leaving", ["navigator.sendBeacon('OTHER/treasure', 'x')", "open('OTHER/treasure')"])
def test_nothing_leaves_the_frame_without_an_answer(loaded: Page, other: Server, leaving: str) -> None:
    """Beacons and windows; from the page itself both arrive."""
    other.asked.clear()
    code = f"() => {{ {leaving.replace('OTHER', other.address)}; }}"
    frame_of(loaded).evaluate(code)
    loaded.wait_for_timeout(500)
    assert other.asked == []
    loaded.evaluate(code)
    loaded.wait_for_timeout(500)
    assert other.asked[:1] == ["/treasure"]


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


# What the frame says to a port that it spawns a worker for: nothing, where it does not listen.
SPAWNED = """target => new Promise(done => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => done(data.kind);
  target().postMessage({ kind: "spawn" }, "*", [port2]);
  port1.postMessage({ kind: "start", parts: {} });
  setTimeout(done, 1500, "silence");
})"""


def test_the_frame_obeys_no_one_where_it_would_have_the_sites_origin(visitor: Page, site: Server) -> None:
    """Opened by a stranger, or shown without the sandbox, it would run their code with the site's storage."""
    frame = f"{site.address}/{served.frame()}"
    visitor.goto(f"{site.address}/")
    for sandbox, says in (
        ("allow-scripts", "failed"),
        (None, "silence"),
        ("allow-scripts allow-same-origin", "silence"),
    ):
        visitor.evaluate("([frame, sandbox]) => openFrame(frame, sandbox)", [frame, sandbox])
        assert visitor.evaluate(f"({SPAWNED})(() => frame.contentWindow)") == says, sandbox
    visitor.evaluate("address => openFrame(address)", frame)
    visitor.evaluate("document.body.append(document.createElement('iframe'))")
    another = visitor.frames[-1]  # of the same page
    assert another.evaluate(f"({SPAWNED})(() => parent.frames[0])") == "silence"
    with visitor.expect_popup() as opened:
        visitor.evaluate("frame => { window.opened = open(frame); }", frame)
    opened.value.wait_for_load_state()
    assert visitor.evaluate(f"({SPAWNED})(() => opened)") == "silence"


FORGE = """
import js
from pyodide.ffi import create_proxy, to_js

def message(**fields):
    return to_js(fields, dict_converter=js.Object.fromEntries)

for forged in (message(kind="spawn"), message(kind="kill"), message(compiled=1)):
    js.postMessage(forged)  # to the frame

original = js.MessagePort.prototype.postMessage
def forging(port, sent, *rest):
    js.MessagePort.prototype.postMessage = original
    port.postMessage(message(kind="verdict", id=999, status="passed", html="<p>passed</p>"))
    port.postMessage(message(kind="nonsense"))
    port.postMessage("nonsense")
    port.postMessage(sent)
js.MessagePort.prototype.postMessage = create_proxy(forging, capture_this=True)
"""


def test_a_forged_message_makes_neither_frame_nor_page_do_anything(loaded: Page) -> None:
    spawn(loaded)
    before = len(messages(loaded))
    assert run(loaded, FORGE)["kind"] == "done"
    said = messages(loaded)[before:]
    assert [each["kind"] if isinstance(each, dict) else each for each in said] == [
        *("verdict", "nonsense", "nonsense", "done")
    ]  # they came by the port, which is where nothing is believed; the window got none
    assert shown(loaded, "forging.__name__") == "'forging'"  # and it is the same worker


HOSTILE = """
class Hostile:
    def _repr_html_(self):
        return '''
<p id="seen" onclick="hacked=1" style="background: url(OTHER/treasure); color: red">text</p>
<script>hacked = 1</script>
<img src=OTHER/treasure onerror="hacked=1">
<iframe srcdoc="<script>parent.hacked = 1</script>"></iframe>
<a id="a" href="javascript:hacked=1">a</a>
<a id="b" href="OTHER/treasure" ping="OTHER/treasure">b</a>
<form action="OTHER/treasure"><button formaction="OTHER/treasure">go</button></form>
<style>p { background: url(OTHER/treasure) }</style>
<svg onload="hacked=1"><image href="OTHER/treasure"/><use href="OTHER/treasure#x"/></svg>
<math><mtext><style><img src=x onerror=hacked=1></style></mtext></math>
<object data="OTHER/treasure"></object><link rel=stylesheet href="OTHER/treasure">
<meta http-equiv=refresh content="0;url=OTHER/treasure"><base href="OTHER/">'''
Hostile()
"""
LEADING_ELSEWHERE = "[id=a][href], [id=b][href], form[action], button[formaction], base"


def test_hostile_html_shows_text_and_does_nothing(loaded: Page, other: Server) -> None:
    spawn(loaded)
    other.asked.clear()
    loaded.add_script_tag(url="/clean.js")
    (html,) = run(loaded, HOSTILE.replace("OTHER", other.address))["outputs"]
    assert "<script>" in html
    loaded.evaluate("html => show(html)", html)
    loaded.wait_for_timeout(500)
    assert loaded.locator("#seen").inner_text() == "text"
    loaded.locator("#seen").click()
    assert loaded.evaluate("typeof hacked") == "undefined"
    assert (
        loaded.evaluate("document.querySelectorAll('[id=a][href], [id=b][href], form[action], base').length")
        == 0
    )
    assert other.asked == []
