"""Steps of the session: that what goes wrong is seen at all, and that nothing gets out of a cell."""

from __future__ import annotations

import json
import time

from tests.site.built import ADDRESS
from tests.site.engines.hand import Hand
from tests.site.engines.running import FIRST
from tests.site.live.test_sandbox import PROBES, SILENT

_STRANGER = "stranger.example"
_WRONG = f"""(
  console.error("a planted error"),
  setTimeout(() => {{ throw Error("a planted exception"); }}),
  Promise.reject(Error("a planted rejection")),
  fetch("/planted"), fetch("http://{_STRANGER}/treasure"),
  fetch("https://{_STRANGER}/").catch(() => {{ window.planted = true; }}), 0
)"""


def watched(hand: Hand) -> None:
    """planted faults are seen"""
    hand.go("")
    hand.evaluate(_WRONG)
    wanted = (
        *("a planted error", "a planted exception", "a planted rejection", "404: /planted"),
        *(f"asked elsewhere: http://{_STRANGER}/treasure", f"asked elsewhere: {_STRANGER}:443"),
    )
    wrong: list[str] = []

    def lacking() -> list[str]:
        wrong.extend(hand.wrong())
        return [each for each in wanted if each not in "\n".join(wrong)]

    hand.until(lacking, lambda each: not each)
    hand.until(lambda: hand.evaluate("!!window.planted"))  # a browser may try more than once
    hand.wrong_to_the_last()


# WebKit gives a store to what has no origin, but not the site's.
_A_STORE_OF_ITS_OWN = {"WebKit": {"cache_storage"}}
# A worker that asks for one by address hangs in Firefox, in one of 15 tries. Stop ends it like any loop.
_HANGING = {"Firefox": "worker_by_address"}
_KEEP = """(
  caches.open("kept")
    .then(store => store.put("/treasure", new Response("treasure")))
    .then(() => caches.match("/treasure"))
    .then(async found => { window.kept = await found.text(); }), 0
)"""
_STORE = f"""async def store_of_the_site():
    return await (await js.caches.match("{ADDRESS}treasure")).text()
"""
_BEFORE, *_PROBES = PROBES.split("@probe\n")


def refused(hand: Hand) -> None:
    """every way out of a cell is refused"""
    hand.evaluate(_KEEP)
    hand.until(lambda: hand.evaluate("window.kept"), lambda kept: kept == "treasure")  # the page has it
    hand.seen.asked.clear()
    hanging = _HANGING.get(hand.engine.name, "nothing")
    probes = [each for each in [*_PROBES, _STORE] if hanging not in each]
    results = _tried(hand, probes)
    assert len(results) == len(probes) > 20
    got = {name: result for name, result in results.items() if not result.startswith("refused: ")}
    assert got.keys() <= SILENT | _A_STORE_OF_ITS_OWN.get(hand.engine.name, set()), got
    assert [each for each in hand.seen.asked if "treasure" in each] == hand.seen.elsewhere == []
    hand.wrong_to_the_last()  # some consoles tell of each refusal


def _tried(hand: Hand, probes: list[str]) -> dict[str, str]:
    """What became of each of these ways out."""
    code = "@probe\n".join([_BEFORE, *probes])
    hand.run(FIRST, code.replace("{site}", ADDRESS.rstrip("/")).replace("{other}", f"http://{_STRANGER}"))
    results: dict[str, str] = {}
    while not results or "not finished" in results.values():
        time.sleep(0.3)
        hand.run(FIRST, "import json\nprint(json.dumps(results))")
        results = json.loads(str(hand.text(f"{FIRST} .ov-out pre")))
    return results
