"""What a route says of a claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["passed", "failed", "not applicable"]


@dataclass(frozen=True)
class Judgement:
    """What one route says of one claim.

    `error`: the worst relative difference met (of the numeric route); `where`: the seed and entry of it;
    `bound`: the probability that one try of the exact route overlooks a difference; `reason`: why it
    failed, or why the route does not apply; `stand_in`: whether the bound takes it that the exact route's
    stand-in for a softmax behaves like a random function; `compared`: whether a side was compared with what
    a run of the network recorded; `witness`: whether it was evaluated at a witness, not over seeds.
    """

    outcome: Outcome
    reason: str = ""
    error: float | None = None
    where: str = ""
    bound: float | None = None
    tries: int = 0
    stand_in: bool = False
    compared: bool = False
    witness: bool = False


def passed(**fields: Any) -> Judgement:
    """The claim holds by this route."""
    return Judgement("passed", **fields)


def failed(reason: str, **fields: Any) -> Judgement:
    """The claim does not hold, and why."""
    return Judgement("failed", reason, **fields)


def not_applicable(reason: str) -> Judgement:
    """The route cannot judge the claim, and why."""
    return Judgement("not applicable", reason)
