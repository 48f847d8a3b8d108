"""Small derivations, wrong rules and claims that the tests of the checking floor share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from sympy import MatrixSymbol

import ovlearn as ov
from ovlearn.checking import binding
from ovlearn.checking.claims import Claim, Context
from ovlearn.checking.judgement import Judgement
from ovlearn.symbolic import Network, Rule, Step, rule, s

quick = settings(max_examples=20, derandomize=True, database=None)

NET = Network(layers=3, heads=2)
SLUGS = tuple(ov.derivations())

# Matrices that no model has: only algebra and the exact route can judge what is said of them.
T, P, R = (MatrixSymbol(name, s, s) for name in ("T", "P", "R"))


def saying(after: Any, makes: type[Step] = Step, **carried: Any) -> Rule:
    """A rule that says whatever it is told: it builds, and only verify can tell whether it is true."""

    @rule("says", "anything = anything", makes=makes)
    def says(expr: Any) -> Any:
        return {"after": after, **carried} if carried else after

    return says


def start(before: Any, *assumptions: Any, network: Network | None = NET) -> ov.Derivation:
    return ov.Derivation.start(before, assumptions, network=network)


def claimed(before: Any, after: Any, *assumptions: Any, network: Network | None = NET) -> ov.Derivation:
    """The derivation of one step that says `before` = `after`."""
    return start(before, *assumptions, network=network).apply(saying(after))


def outcomes(report: ov.Report, step: int = 1) -> dict[str, str]:
    """What each route said of a step of the main chain."""
    part = report.rows[0].part
    return {row.route: row.outcome for row in report.rows if (row.part, row.step) == (part, step)}


def verdicts(before: Any, after: Any, *assumptions: Any, seeds: Any = 3, **options: Any) -> dict[str, str]:
    return outcomes(ov.verify(claimed(before, after, *assumptions), seeds=seeds, **options))


def judged(route: type, claim: Claim, *assumptions: Any, seeds: tuple[int, ...] = (0, 1)) -> Judgement:
    """What one route says of a claim, in a context in which only that claim is made."""
    judge = route(Context(start(NET.stream(0), *assumptions), NET))
    return judge.judge(claim) if route.__name__ == "Algebra" else judge.judge(claim, seeds)


def green(derivation: ov.Derivation, seeds: Any = 3, **options: Any) -> bool:
    return ov.verify(derivation, seeds=seeds, **options).passed


@contextmanager
def fresh_models() -> Iterator[None]:
    """Forget the recorded runs, before and after: they are cached, and a test may break what makes them."""
    binding.recorded.cache_clear()
    try:
        yield
    finally:
        binding.recorded.cache_clear()


def assert_close(got: Any, expected: Any) -> None:
    assert np.shape(got) == np.shape(expected)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-11)


def assert_raises(
    kind: type[Exception], message: str, call: Callable[..., Any], *args: Any, **kw: Any
) -> None:
    with pytest.raises(kind) as caught:
        call(*args, **kw)
    assert message in str(caught.value)
