"""The article map: each displayed equation of the article, what yields it, and how that was checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from ovlearn.symbolic import Derivation
from ovlearn.symbolic.article import ARTICLE, Displayed, Target
from ovlearn.symbolic.errata import ERRATA
from ovlearn.symbolic.layout import label_of
from rendering.pages.evidence import derivation_link, in_words, lesson_link, rows_of
from rendering.pages.pieces import displayed, page, relation_data, sentence, shape, with_symbols


def article_map_page() -> str:
    """The page `article-map.md`.

    Raises: ValueError where the steps named for an equation do not yield it.
    """
    return page(
        "# The article map",
        "The article *OV Circuits* (Roy Varon Weinryb, 2024) displays "
        f"{len(ARTICLE)} equations. Here is each of them, in its order: as the course states it, the steps "
        "that yield it, how those steps were checked, the lesson that teaches it, and what needs correcting. "
        f"Together they make {sum(len(entry.targets) for entry in ARTICLE)} statements, and all hold.",
        "The equations are stated for three layers with one head each. Layer 1 stands for the article's "
        "layer $i$; layer 2 does where a sum over the layers below would otherwise have a single term. "
        r"The article's $O$ is our $Z$, and its $O_{\text{layer}}$ is our $H$. Each statement is "
        "compared with what the steps yield. Were one of them wrong, this page would not have been built.",
        *(part for entry in ARTICLE for part in equation(entry)),
    )


def equation(entry: Displayed) -> Iterator[str]:
    """The section of one displayed equation."""
    if entry.number == 1 or ARTICLE[entry.number - 2].section != entry.section:
        yield f"## {entry.section}"
    yield f"### {entry.number}. {sentence(with_symbols(entry.says))} {{ #equation-{entry.number} }}"
    for target in entry.targets:
        yield from _stated(entry, target)
    yield _lessons(entry.targets)
    yield _corrections(entry.errata)


def _stated(entry: Displayed, target: Target) -> Iterator[str]:
    if not target.holds():
        raise ValueError(f"equation {entry.number}: expected the steps to yield {target.relation}")
    derivation = target.derivation()
    last = target.first if target.given else target.last or len(derivation.steps)
    rows = rows_of(target.slug, target.lemma or target.slug, target.first, last, layer=target.layer)
    yield displayed(relation_data(target.relation))
    yield f"Shape {shape(target.relation.lhs.shape)}, {_yielded(target, derivation, last)}"
    yield f'<small class="ov-checked">{in_words(rows)}</small>'


def _yielded(target: Target, derivation: Derivation, last: int) -> str:
    """Which steps of which derivation yield it, by their rules."""
    where = derivation_link(target.slug) + (f" for layer {target.layer}" if target.layer != 1 else "")
    where += f", lemma *{target.lemma}*" if target.lemma else ""
    if target.given:
        sources = derivation.steps[target.first - 1].sources
        kind = next(source.kind for source in sources if source.name == target.given)
        return f"the {kind} *{target.given}*, put in by step {target.first} of {where}."
    labels = [label_of(step) for step in derivation.steps[target.first - 1 : last]]
    steps = f"step {last}" if target.first == last else f"steps {target.first} to {last}"
    return f"from {where}, {steps}, by {_counted(labels)}."


def _counted(labels: Iterable[str]) -> str:
    """Labels one after another; what is repeated is said once, with how often.

    >>> _counted(["unfold", "unfold", "flatten"])
    '*unfold* (2 times), *flatten*'
    """
    runs = ((label, len(list(same))) for label, same in groupby(labels))
    return ", ".join(f"*{label}*" if count == 1 else f"*{label}* ({count} times)" for label, count in runs)


def _lessons(targets: Iterable[Target]) -> str:
    links = dict.fromkeys(link for target in targets if (link := lesson_link(target.slug)))
    return f"Taught in {' and '.join(links)}." if links else ""


def _corrections(errata: Iterable[int]) -> str:
    """The errata that an equation needs, a line each."""
    lines = [
        f"- [Erratum {number}](errata.md#erratum-{number}): {with_symbols(ERRATA[number].says)}"
        for number in errata
    ]
    return page("What needs correcting:", "\n".join(lines)).strip() if lines else ""
