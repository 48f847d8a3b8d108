"""What a learner is told: a line, or a small table of what to look at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape

from ovlearn.exercises.outcomes import Outcome, Row, in_total


@dataclass(frozen=True)
class Verdict:
    """What came of checking one exercise; it shows itself in a notebook, and as text elsewhere.

    >>> print(Verdict("ov_rank", (Outcome("ov_rank", "ov_rank", "passed"),)))
    ✓ ov_rank
    """

    exercise: str
    outcomes: tuple[Outcome, ...]
    seed: int = 0

    @property
    def total(self) -> Outcome:
        """The outcome that speaks for all checks."""
        return in_total(self.outcomes)

    @property
    def passed(self) -> bool:
        """Whether every check was passed."""
        return all(one.passed for one in self.outcomes)

    def remarked(self, remark: str) -> Verdict:
        """Return the verdict with a remark added to what is said of each check that is not passed."""
        if not remark:
            return self
        added = (
            one if one.passed else replace(one, says=f"{one.says} {remark}".strip()) for one in self.outcomes
        )
        return replace(self, outcomes=tuple(added))

    @property
    def headline(self) -> str:
        """One line."""
        if self.passed:
            return f"✓ {self.exercise}"
        if self.total.status == "not attempted":
            return f"○ {self.exercise}: not attempted yet"
        return f"✗ {self.exercise}: {self.total.says}"

    @property
    def rows(self) -> tuple[Row, ...]:
        """What to look at, and how to get the same numbers again."""
        if self.total.status != "wrong":
            return ()
        return (*self.total.evidence, ("the same again", f'check("{self.exercise}", seed={self.seed})'))

    def __str__(self) -> str:
        width = max((len(name) for name, _ in self.rows), default=0)
        return "\n".join([self.headline, *(f"    {name:<{width}}  {value}" for name, value in self.rows)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        said = escape(self.headline)
        said = "".join(
            f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(said.split("`"))
        )
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th>"
            f"<td style='text-align:left'><code>{escape(value)}</code></td></tr>"
            for name, value in self.rows
        )
        table = f"<table class='ov-evidence'>{rows}</table>" if rows else ""
        return f"<div class='ov-verdict ov-{self.total.status.replace(' ', '-')}'><p>{said}</p>{table}</div>"
