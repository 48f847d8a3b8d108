"""Lay a derivation out: an aligned chain in LaTeX, Markdown, or plain text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sympy import latex, together

from ovlearn.symbolic.changes import bare, marked
from ovlearn.symbolic.expressions import terms
from ovlearn.symbolic.latex import LatexPrinter, in_text
from ovlearn.symbolic.pathlabels import path_of
from ovlearn.symbolic.printing import TERM, TextPrinter, joined
from ovlearn.symbolic.statements import Assumption, Relation, unfolded
from ovlearn.symbolic.steps import Counterexample, Selection, Step
from ovlearn.symbolic.witness import exact

if TYPE_CHECKING:
    from ovlearn.symbolic.derivation import Derivation

LATEX_SIGNS = {"=": "=", "≠": r"\neq", "≤": r"\leq"}
_TERMS_A_LINE = 4

Writer = Callable[..., str]


class Style(NamedTuple):
    """How a chain is written: its expressions, its signs, and the example of a counterexample.

    `marked`: whether its writer marks what the steps change.
    """

    write: Writer
    signs: Mapping[str, str]
    witness: Callable[[Counterexample, Writer], list[str]]
    marked: bool = False


class StepLayout(NamedTuple):
    """A step, what stands on its left if anything does, the sign, what follows in lines, and an example."""

    step: Step
    left: str
    sign: str
    lines: list[str]
    witness: list[str]


def chain_latex(derivation: Derivation, *, rules: bool) -> str:
    """The chain as `align*`, one step a line, the result in a box."""
    style, lines = latex_style(derivation), []
    for one in laid(derivation, style):
        label = rf" && \text{{{in_text(label_of(one.step))}}}" if rules else ""
        lines.append(f"{one.left} &{one.sign} {one.lines[0]}{label}")
        lines.extend(rf"&\quad {line}" for line in (*one.lines[1:], *one.witness))
    lines.append(rf"&\boxed{{{relation_latex(derivation.result, style.write)}}}")
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


def laid(derivation: Derivation, style: Style) -> Iterator[StepLayout]:
    """The steps as they are written. On the left stand the beginning, and each newly selected name."""
    steps, write = derivation.steps, style.write
    plain = [derivation.initial, *(step.after for step in steps)]
    initial, *after = marked(derivation.initial, steps) if style.marked else plain
    left = write(initial)
    for step, shown in zip(steps, after, strict=True):
        left = write(step.name) if isinstance(step, Selection) else left
        witness = style.witness(step, write) if isinstance(step, Counterexample) else []
        yield StepLayout(step, left, style.signs[step.sign], _broken(shown, write), witness)
        left = ""


def relation_latex(relation: Relation, write: Writer) -> str:
    """A relation as LaTeX, its right side in aligned lines where it is a long sum."""
    lines = _broken(relation.rhs, write)
    if len(lines) > 1:
        first = f"&{LATEX_SIGNS[relation.sign]} {lines[0]}"
        body = r" \\ ".join([first, *(rf"&\quad {line}" for line in lines[1:])])
        return rf"\begin{{aligned}} {write(relation.lhs)} {body} \end{{aligned}}"
    return f"{write(relation.lhs)} {LATEX_SIGNS[relation.sign]} {lines[0]}"


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
    lines = [derivation.title] if derivation.title else []
    lines.extend(f"  given  {one.name}: {one.says}" for one in derivation.assumptions)
    for one in laid(derivation, text_style()):
        *most, last = [f"    {one.sign} {one.lines[0]}", *(f"      {line}" for line in one.lines[1:])]
        lines.extend([f"  {one.left}"] if one.left else [])
        lines.extend([*most, f"{last}    [{label_of(one.step)}]"])
        lines.extend(f"      {line}" for line in one.witness)
    lines.append(f"  result: {derivation.result}")
    return "\n".join(lines) + "".join(f"\n\n{text(lemma)}" for lemma in derivation.lemmas)


def latex_style(derivation: Derivation, *, tagged: bool = False) -> Style:
    """How a derivation is written in LaTeX; `tagged`: with tags and marks for `tags.read`."""
    printer = LatexPrinter(one_head=has_one_head(derivation), tagged=tagged)
    return Style(printer.write, LATEX_SIGNS, _witness_latex, marked=tagged)


def has_one_head(derivation: Derivation) -> bool:
    """Whether the layers have one head each, so that symbols need not name it."""
    return derivation.network is not None and derivation.network.heads == 1


def text_style(*, one_head: bool = False) -> Style:
    """How a derivation is written as plain text."""
    return Style(TextPrinter(one_head=one_head).write, {sign: sign for sign in LATEX_SIGNS}, _witness_text)


def _broken(expr: Any, write: Writer) -> list[str]:
    """A long sum in lines: a new one with each number of heads passed, and after every few terms."""
    found = terms(expr)
    if len(found) <= _TERMS_A_LINE:
        return [write(expr)]
    lines: list[list[str]] = []
    order = -1
    for term in found:
        passed = len(path_of(bare(term)))
        if passed != order or len(lines[-1]) == _TERMS_A_LINE:
            order = passed
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
        *(rf"\text{{at }} {line}" for line in at),
        rf"\text{{then }} {left} \neq {right}",
    ]


def _witness_text(step: Counterexample, write: Writer) -> list[str]:
    at = [
        f"at {' = '.join(write(symbol) for symbol in symbols)} = {matrix.tolist()}"
        for matrix, symbols in _by_value(step).items()
    ]
    left, right = (value.tolist() for value in _values_at(step))
    return [*at, f"then {left} ≠ {right}"]


def _assumption_markdown(one: Assumption, derivation: Derivation) -> str:
    write = latex_style(derivation).write
    equations = ", ".join(
        f"${write(rel.lhs)} {LATEX_SIGNS[rel.sign]} {write(rel.rhs)}$" for rel in one.equations
    )
    return f"- *{one.name}* ({one.kind}): {one.says}{f': {equations}' if equations else ''}"
