"""What a training must reproduce: behaviour within bounds, not the weights themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf

import numpy as np

from ovlearn.numeric import circuits, detect
from ovlearn.numeric.zoo import ZooModel, saying


@dataclass(frozen=True)
class Expected:
    """A figure of a model, and the least and the greatest that it may be."""

    what: str
    measure: Callable[[ZooModel], float]
    least: float
    greatest: float

    def holds(self, value: float) -> bool:
        """Whether a value is within the bounds; NaN is not."""
        return self.least <= value <= self.greatest


def strongest_induction(model: ZooModel) -> float:
    """The strongest induction head's attention, at the period where it is weakest."""
    by_period = [detect.induction(_run(model, period), period) for period in model.periods]
    return float(np.min([scores.max() for scores in by_period]))


def greatest_induction(model: ZooModel) -> float:
    """The strongest induction head's attention, at the period where it is strongest."""
    return float(np.max([detect.induction(_run(model, period), period).max() for period in model.periods]))


def worst_loss(model: ZooModel) -> float:
    """The loss on the second copy, at the period where it is greatest."""
    return max(detect.repeat_loss(_run(model, period), period) for period in model.periods)


def least_loss(model: ZooModel) -> float:
    """The loss on the second copy, at the period where it is least."""
    return min(detect.repeat_loss(_run(model, period), period) for period in model.periods)


def previous_token(model: ZooModel) -> float:
    """The strongest previous-token head of layer 0."""
    period = model.periods[-1]
    return float(detect.previous_token(_run(model, period))[0].max())


def composition_lead(model: ZooModel) -> float:
    """The strongest previous-token head's mean K-composition with layer 1, over the next largest."""
    period = model.periods[-1]
    strongest = int(detect.previous_token(_run(model, period))[0].argmax())
    means = circuits.composition_scores(model, "K")[0, :, 1].mean(axis=1)  # [head of layer 0]
    return float(means[strongest] / np.delete(means, strongest).max())


def after(text: str, word: str, *, probability: float, boxed: float) -> tuple[Expected, Expected]:
    """The least that a word's probability after a text may be, and what the best boxed path adds to it."""
    said = partial(saying.probability, text=text, word=word)
    return (
        Expected(f"{text}: probability of {word}", said, probability, 1),
        Expected("… what the best boxed path adds", partial(best_boxed, text=text, word=word), boxed, inf),
    )


def best_boxed(model: ZooModel, text: str, word: str) -> float:
    """The most that a head's A E W_E W_OV W_U adds to a word's logit after a text."""
    return float(saying.boxed(model, text, word).max())


def share(text: str, heads: int) -> Callable[[ZooModel], float]:
    """The share of the logits after a text that comes through so many heads."""
    return lambda model: float(saying.shares(model, text)[heads])


def key_lead(model: ZooModel) -> float:
    """The mean K-composition of head 0.2 with layer 1, over the next largest."""
    means = circuits.composition_scores(model, "K")[0, :, 1].mean(axis=1)  # [head of layer 0]
    return float(means[2] / np.delete(means, 2).max())


def previous_word(model: ZooModel) -> float:
    """The attention of head 1.1 to the word before, on held-out text."""
    return float(saying.previous_word(model)[1, 1])


def word_induction(model: ZooModel) -> float:
    """The strongest induction head's attention on random words, at the period where it is strongest."""
    return float(max(saying.repeated_words(model, period).max() for period in (6, 12, 24)))


BOUNDS = {
    "repeats-one-layer": (
        Expected("induction of its strongest head, at most", greatest_induction, 0, 0.4),
        Expected("loss on the second copy, at least", least_loss, 1, inf),
    ),
    "repeats-two-layers": (
        Expected("induction of its strongest head, at least", strongest_induction, 0.85, 1),
        Expected("loss on the second copy, at most", worst_loss, 0, 0.1),
        Expected("previous-token attention of its strongest head", previous_token, 0.8, 1),
        Expected("its K-composition, over the next largest", composition_lead, 0.9, inf),
    ),
    "king-james": (Expected("held-out loss, in nats", saying.held_out_loss, 2.5, 3.3),),
    "king-james-two-layers": (
        Expected("held-out loss, in nats", saying.held_out_loss, 2.5, 3.25),
        *after("silver and", "gold", probability=0.5, boxed=2),
        Expected("silver and: share of the direct path", share("silver and", 0), 0.05, 0.3),
        Expected("… of paths through one head", share("silver and", 1), 0.6, 0.9),
        Expected("… of paths through two heads", share("silver and", 2), 0, 0.2),
        *after("the sun and the", "moon", probability=0.5, boxed=2.5),
        *after("in the beginning god created the heaven and the", "earth", probability=0.15, boxed=1.5),
        *after("and moses said unto the lord , and the lord said unto", "moses", probability=0.3, boxed=1.2),
        Expected("attention of head 1.1 to the word before", previous_word, 0.6, 1),
        Expected("K-composition of head 0.2, over the next largest", key_lead, 1.5, inf),
        Expected("induction of its strongest head, at most", word_induction, 0, 0.2),
    ),
}


def _run(model: ZooModel, period: int):  # type: ignore[no-untyped-def]
    return model.run(
        detect.repeated_tokens(model.config, period, batch=64, seed=99 + period), record=["pattern"]
    )
