"""One session of a reader with the site, the same in every engine: its steps, in their order."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tests.site.engines import practising, refusing, running, touching
from tests.site.engines.hand import Hand

Step = Callable[[Hand], None]

STEPS: Sequence[Step] = (
    refusing.watched,
    touching.home_words,
    touching.home_head,
    touching.stepper,
    touching.explorer,
    touching.reader,
    running.top_to_bottom,
    running.edited,
    running.failed,
    refusing.refused,
    running.stopped,
    running.restored,
    practising.wrongly,
    practising.hinted,
    practising.rightly,
    practising.closed,
    practising.kept,
)


def run(hand: Hand, steps: Sequence[Step] = STEPS) -> dict[str, float]:
    """Take the steps; the seconds of each by what it is. A step that fails is named."""
    seconds = {}
    for step in steps:
        begun = time.monotonic()
        name = str(step.__doc__)
        try:
            step(hand)
        except Exception as error:
            error.add_note(f"in {hand.engine.name}, at the step: {name}")
            raise
        seconds[name] = time.monotonic() - begun
        wrong = hand.wrong_to_the_last() if step is steps[-1] else hand.wrong()
        assert wrong == [], f"in {hand.engine.name}, at the step: {name}"
    return seconds
