"""Lay a derivation out: an aligned chain in LaTeX, Markdown, plain text, or plain data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sympy import latex, together

from ovlearn.symbolic.expressions import terms
from ovlearn.symbolic.latex import LatexPrinter, in_text
from ovlearn.symbolic.pathlabels import path_of
from ovlearn.symbolic.printing import TERM, joined
from ovlearn.symbolic.statements import Assumption, unfolded
from ovlearn.symbolic.steps import Counterexample, Selection, Step
from ovlearn.symbolic.text import TextPrinter
from ovlearn.symbolic.witness import exact

if TYPE_CHECKING:
    from ovlearn.symbolic.derivation import Derivation

_SIGNS = {"=": "=", "≠": r"\neq", "≤": r"\leq"}
_TERMS_A_LINE = 4

Writer = Callable[..., str]


def chain_latex(derivation: Derivation, *, rules: bool) -> str:
    """The chain as `align*`, one step a line, the result in a box."""
    write = _latex_writer(derivation)
    chain = _Chain(derivation.initial)
    lines = []
    for step in derivation.steps:
        head, selected = chain.advance(step)
        label = rf" && \text{{{in_text(label_of(step))}}}" if rules else ""
        first, *more = _broken(step.after, write)
        sign = "=" if selected else _SIGNS[step.sign]
        lines.append(f"{write(head) if head is not None else ''} &{sign} {first}{label}")
        lines.extend(rf"&\quad {line}" for line in more)
        if isinstance(step, Counterexample):
            lines.extend(_witness_latex(step, write))
    lines.append(rf"&\boxed{{{relation_latex(derivation)}}}")
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


class _Chain:
    """Says which left side a line shows: the first line's, and each newly selected name."""

    def __init__(self, initial: Any) -> None:
        self.pending: Any = initial

    def advance(self, step: Step) -> tuple[Any, bool]:
        if isinstance(step, Selection):
            self.pending = None
            return step.name, True
        head, self.pending = self.pending, None
        return head, False


def relation_latex(derivation: Derivation) -> str:
    """The result as LaTeX on one line, without a box."""
    write, result = _latex_writer(derivation), derivation.result
    lines = _broken(result.rhs, write)
    if len(lines) > 1:
        first = f"&{_SIGNS[result.sign]} {lines[0]}"
        body = r" \\ ".join([first, *(rf"&\quad {line}" for line in lines[1:])])
        return rf"\begin{{aligned}} {write(result.lhs)} {body} \end{{aligned}}"
    return f"{write(result.lhs)} {_SIGNS[result.sign]} {lines[0]}"


def label_of(step: Step) -> str:
    """What stands beside a step: its rule, the assumption that it used, and how much it left out."""
    label = step.rule.name
    if step.sources:
        label += f": {', '.join(source.name for source in step.sources)}"
    if isinstance(step, Selection):
        count = len(terms(step.remainder))
        label += f" (leaves out {count} {'term' if count == 1 else 'terms'})"
    return label


def markdown(derivation: Derivation) -> str:
    """Title, assumptions, chain and lemmas as Markdown."""
    parts = [f"**{derivation.title}**"] if derivation.title else []
    if derivation.assumptions:
        parts.append("\n".join(_assumption_markdown(one, derivation) for one in derivation.assumptions))
    parts.append(f"$$\n{derivation.latex()}\n$$")
    parts.extend(markdown(lemma) for lemma in derivation.lemmas)
    return "\n\n".join(parts)


def text(derivation: Derivation) -> str:
    """Title, assumptions, chain and lemmas as plain text."""
    write = TextPrinter().write
    lines = [derivation.title] if derivation.title else []
    lines.extend(f"  given  {one.name}: {one.says}" for one in derivation.assumptions)
    chain = _Chain(derivation.initial)
    for step in derivation.steps:
        head, _ = chain.advance(step)
        first, *more = _broken(step.after, write)
        if head is not None:
            lines.append(f"  {write(head)}")
        lines.append(f"    {step.sign} {first}{'' if more else f'    [{label_of(step)}]'}")
        lines.extend(f"      {line}" for line in more[:-1])
        lines.extend(f"      {line}    [{label_of(step)}]" for line in more[-1:])
        if isinstance(step, Counterexample):
            lines.extend(_witness_text(step, write))
    lines.append(f"  result: {derivation.result}")
    return "\n".join(lines) + "".join(f"\n\n{text(lemma)}" for lemma in derivation.lemmas)


def as_data(derivation: Derivation) -> dict[str, Any]:
    """Everything as plain data: expressions as text and as LaTeX."""
    return {
        "slug": derivation.slug,
        "title": derivation.title,
        "network": _network_data(derivation),
        "assumptions": [_assumption_data(one, derivation) for one in derivation.assumptions],
        "initial": _expression_data(derivation.initial, derivation),
        "steps": [_step_data(step, derivation) for step in derivation.steps],
        "result": {
            "lhs": _expression_data(derivation.result.lhs, derivation),
            "sign": derivation.result.sign,
            "rhs": _expression_data(derivation.result.rhs, derivation),
        },
        "paths": [list(map(list, path_of(term))) for term in terms(derivation.here)],
        "latex": derivation.latex(),
        "lemmas": [as_data(lemma) for lemma in derivation.lemmas],
    }


def _latex_writer(derivation: Derivation) -> Writer:
    network = derivation.network
    return LatexPrinter(one_head=network is not None and network.heads == 1).write


def _broken(expr: Any, write: Writer) -> list[str]:
    """A long sum in lines: a new one with each number of heads passed, and after every few terms."""
    found = terms(expr)
    if len(found) <= _TERMS_A_LINE:
        return [write(expr)]
    lines: list[list[str]] = []
    order = -1
    for term in found:
        if len(path_of(term)) != order or len(lines[-1]) == _TERMS_A_LINE:
            order = len(path_of(term))
            lines.append([])
        lines[-1].append(write(term, TERM))
    first, *rest = [joined(line) for line in lines]
    return [first, *(f"- {line[1:].lstrip()}" if line.startswith("-") else f"+ {line}" for line in rest)]


def _by_value(step: Counterexample) -> dict[Any, list[Any]]:
    """The witness's matrices, with the symbols that take each."""
    grouped: dict[Any, list[Any]] = {}
    for symbol, matrix in step.witness:
        grouped.setdefault(matrix, []).append(symbol)
    return grouped


def _values_at(step: Counterexample) -> tuple[Any, Any]:
    """What the two sides are at the witness, exactly."""
    before, after = (unfolded(side, step.sources) for side in (step.before, step.after))
    values = dict(step.witness)
    return tuple(exact(side, values).applyfunc(together) for side in (before, after))


def _witness_latex(step: Counterexample, write: Writer) -> list[str]:
    at = [
        f"{' = '.join(write(symbol) for symbol in symbols)} = {latex(matrix, mat_delim='(')}"
        for matrix, symbols in _by_value(step).items()
    ]
    left, right = (latex(value, mat_delim="(") for value in _values_at(step))
    return [
        *(rf"&\quad \text{{at }} {line}" for line in at),
        rf"&\quad \text{{then }} {left} \neq {right}",
    ]


def _witness_text(step: Counterexample, write: Writer) -> list[str]:
    at = [
        f"      at {' = '.join(write(symbol) for symbol in symbols)} = {matrix.tolist()}"
        for matrix, symbols in _by_value(step).items()
    ]
    left, right = (value.tolist() for value in _values_at(step))
    return [*at, f"      then {left} ≠ {right}"]


def _assumption_markdown(one: Assumption, derivation: Derivation) -> str:
    write = _latex_writer(derivation)
    equations = ", ".join(f"${write(rel.lhs)} {_SIGNS[rel.sign]} {write(rel.rhs)}$" for rel in one.equations)
    return f"- *{one.name}* ({one.kind}): {one.says}{f': {equations}' if equations else ''}"


def _assumption_data(one: Assumption, derivation: Derivation) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "says": one.says,
        "derived_in": one.derived_in,
        "equations": [
            {"lhs": _expression_data(rel.lhs, derivation), "rhs": _expression_data(rel.rhs, derivation)}
            for rel in one.equations
        ],
    }


def _step_data(step: Step, derivation: Derivation) -> dict[str, Any]:
    data = {
        "rule": step.rule.name,
        "law": step.rule.law,
        "why": step.why,
        "uses": [source.name for source in step.sources],
        "sign": step.sign,
        "before": _expression_data(step.before, derivation),
        "after": _expression_data(step.after, derivation),
    }
    if isinstance(step, Selection):
        data["name"] = _expression_data(step.name, derivation)
        data["remainder"] = _expression_data(step.remainder, derivation)
    if isinstance(step, Counterexample):
        data["witness"] = {str(symbol): str(matrix.tolist()) for symbol, matrix in step.witness}
    return data


def _expression_data(expr: Any, derivation: Derivation) -> dict[str, str]:
    return {"text": TextPrinter().write(expr), "latex": _latex_writer(derivation)(expr)}


def _network_data(derivation: Derivation) -> dict[str, int] | None:
    network = derivation.network
    return None if network is None else {"layers": network.layers, "heads": network.heads}
