"""A derivation as a reader meets it: the equations, and beneath them how they were checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ovlearn.checking.binding import Binding
from ovlearn.checking.report import Report
from ovlearn.checking.verification import verify
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.layout import chain_latex


@dataclass(frozen=True, repr=False)
class Shown:
    """A derivation that was checked; a notebook shows its chain and a line about the check.

    `label`: the name by which other equations refer to its result, as in `\\eqref{eq:box}`.
    """

    derivation: Derivation
    report: Report
    label: str = ""

    def _repr_markdown_(self) -> str:
        latex = chain_latex(self.derivation, rules=True)
        if self.label:
            latex = latex.replace(r"\end{align*}", rf"\label{{{self.label}}}" + "\n" + r"\end{align*}")
        return f'$$\n{latex}\n$$\n\n<small class="ov-checked">{self.report.in_words()}</small>'

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        ((kind, data),) = self.derivation._repr_mimebundle_().items()
        chain_alone = {"title": "", "assumptions": [], "label": self.label}
        checked = {"brief": self.report.in_brief(), "checked": self.report.in_words()}
        return {kind: {**data, **chain_alone, **checked}}

    def __repr__(self) -> str:
        return f"{self.derivation.text()}\n{self.report.in_words()}"


def show(
    derivation: Derivation,
    *,
    label: str = "",
    seeds: Iterable[int] | int = 20,
    bindings: Mapping[str, Binding] | None = None,
) -> Shown:
    """Check a derivation's chain and show it, with a line that says how it was checked.

    Its lemmas are derivations of their own: show each where it is wanted.

    `label`: a name for its result, to refer to; `seeds` and `bindings`: as `verify` takes them.

    Raises: ValueError where the check fails, with what failed; TypeError as `verify` does.

    >>> import ovlearn as ov
    >>> lemma = ov.derive("ov-fold").lemma("The rank of W_OV is at most d_head")
    >>> print(ov.show(lemma, seeds=3))  # doctest: +ELLIPSIS
    The rank of W_OV is at most d_head
      given  OV product: W_OV is one name for the product of W_V and W_O
      rank(W_OV_1_0)
        = rank(W_V_1_0 W_O_1_0)    [unfold: OV product]
        ≤ d_h    [inner size]
      result: rank(W_OV_1_0) ≤ d_h
    Checked by algebra in 1, by exact arithmetic in 1 and numerically in 1 of 2 steps, over 3 seeds...
    """
    if not isinstance(derivation, Derivation):
        raise TypeError(f"derivation: expected a Derivation, got {type(derivation).__name__}")
    chain = replace(derivation, lemmas=())
    report = verify(chain, seeds=seeds, bindings=bindings)
    if not report.passed:
        raise ValueError(f"derivation: expected every step to hold, got {report}")
    return Shown(chain, report, label)
