"""What a training must reproduce: behaviour within bounds, not the weights themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ovlearn.numeric import circuits, detect
from ovlearn.numeric.zoo import ZooModel, cards


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


def held_out_loss(model: ZooModel) -> float:
    """The loss on held-out text."""
    named = {
        figure.name: float(figure.values)
        for figure in cards.measured(model).figures
        if not figure.values.ndim
    }
    return next(value for name, value in named.items() if name.startswith("loss on held-out"))


BOUNDS = {
    "repeats-one-layer": (
        Expected("induction of its strongest head, at most", greatest_induction, 0, 0.4),
        Expected("loss on the second copy, at least", least_loss, 1, np.inf),
    ),
    "repeats-two-layers": (
        Expected("induction of its strongest head, at least", strongest_induction, 0.85, 1),
        Expected("loss on the second copy, at most", worst_loss, 0, 0.1),
        Expected("previous-token attention of its strongest head", previous_token, 0.8, 1),
        Expected("its K-composition, over the next largest", composition_lead, 0.9, np.inf),
    ),
    "king-james": (Expected("held-out loss, in nats", held_out_loss, 2.5, 3.3),),
}


def _run(model: ZooModel, period: int):  # type: ignore[no-untyped-def]
    return model.run(
        detect.repeated_tokens(model.config, period, batch=64, seed=99 + period), record=["pattern"]
    )
