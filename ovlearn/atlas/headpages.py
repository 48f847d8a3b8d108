"""A page of an atlas: one head, what it would say by its weights, and what it did on texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape

from ovlearn import plots
from ovlearn.arguments import Head
from ovlearn.atlas.heads import HeadData, OnText, Raised
from ovlearn.atlas.pages import SAYS, number, page, probability
from ovlearn.atlas.patterns import pattern
from ovlearn.atlas.texts import TextWords
from ovlearn.plots.svg import tag
from ovlearn.plots.wording import name_of

_SHOWN = 10  # words of a text in its table
_SOURCES = 3  # words that it looked at, in a line of that table


def head_page(
    name: str,
    head: HeadData,
    heads: Sequence[Head],
    ranks: dict[str, int],
    texts: Sequence[TextWords],
) -> str:
    """Return the page of one head. ranks: its place by each measure, from 1, among all `heads`."""
    place = name_of(head["head"])
    body = _ways(head["head"], heads)
    body += tag("h1", f"Head {place}") + tag("p", f"of {escape(name)}", class_="lead")
    body += _measures(head, ranks, len(heads)) + _on_texts(head, texts)
    body += _rows(head) + _directions(head) + _spectrum(head)
    return page(f"Head {place} of {name}", tag("main", body), depth=1)


def _ways(head: Head, heads: Sequence[Head]) -> str:
    """Links to the heads beside it, above and below, and to all."""
    layer, place = head
    beside = {
        "←": ((layer, place - 1), "left"),
        "→": ((layer, place + 1), "right"),
        "↑": ((layer - 1, place), "up"),
        "↓": ((layer + 1, place), "down"),
    }
    links = tag("a", "all heads", href="../index.html")
    for sign, (other, way) in beside.items():
        if other in heads:
            words = f"{sign} {name_of(other)}"
            links += tag("a", words, href=f"{name_of(other)}.html", data_way=way)
    return tag("nav", links, aria_label="Heads")


def _measures(head: HeadData, ranks: dict[str, int], count: int) -> str:
    items = "".join(
        tag(
            "div",
            tag("dt", escape(name), title=SAYS[name])
            + tag("dd", number(value) + tag("small", f" {ranks[name]} of {count}")),
        )
        for name, value in head["measures"].items()
    )
    return tag("dl", items, class_="measures")


def _rows(head: HeadData) -> str:
    lead = (
        "Rows of W_E W_OV W_U: where the head looks at the word on the left, it would raise and lower the "
        "logits of these words most, by its weights alone. A row that spreads no wider than those of random "
        "heads has nothing to say. The cosine above tells how true the map is on a text."
    )
    lines = [
        (
            escape(row["word"]),
            number(row["spread"]),
            number(row["noise"]),
            _raised(row["raised"]),
            _raised(row["lowered"]),
        )
        for row in head["rows"]
    ]
    columns = ("looks at", "spread", "random heads", "raises", "lowers")
    return tag("h2", "What it would say") + tag("p", escape(lead)) + _table(columns, lines)


def _directions(head: HeadData) -> str:
    lead = (
        "The strongest singular directions of W_OV: the words along what it reads, and what it then writes."
    )
    lines = [
        (number(one["size"]), _words(one["looks_at"]), _words(one["raised"]), _words(one["lowered"]))
        for one in head["directions"]
    ]
    return (
        tag("h2", "Directions")
        + tag("p", escape(lead))
        + _table(("size", "looks at", "raises", "lowers"), lines)
    )


def _spectrum(head: HeadData) -> str:
    values = [complex(*pair) for pair in head["eigenvalues"]]
    if len(values) > 128 or not values:
        return ""
    return tag("h2", "Eigenvalues") + plots.spectrum(values)._repr_html_()


def _on_texts(head: HeadData, texts: Sequence[TextWords]) -> str:
    lead = (
        "Touch a word: the words before it are shaded by attention, and under each stands what the head gave "
        "from there to the logit of the word that came next: attention × row. Attention alone misleads: a "
        "first token takes much of it and says little. In the table, the cosine says how well the circuit’s "
        "row of a word agrees with what the head made of the stream there; the last column is what came "
        "along the boxed path, from the embeddings through this head alone."
    )
    body = tag("h2", "What it did") + tag("p", escape(lead))
    most = [max(abs(sum(row)) for row in found["gave"]) for found in head["texts"]]
    told = most.index(max(most))  # the text on which it gave most lies open
    pairs = zip(texts, head["texts"], strict=True)
    return body + "".join(_on_text(text, found, at == told) for at, (text, found) in enumerate(pairs))


def _on_text(text: TextWords, found: OnText, is_open: bool) -> str:
    summary = tag("summary", escape(text["title"]) + f" → {tag('b', escape(text['next'][-1]))}")
    words = "".join(
        tag("button", tag("span", escape(word)) + tag("small"), type="button") for word in text["words"]
    )
    data = json.dumps({**text, **found}, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    script = f'<script type="application/json">{data}</script>'
    line = tag("p", words, class_="words") + tag("p", "", class_="told", aria_live="polite")
    body = summary + line + script + pattern(text["words"], found["attention"]) + _givings(text, found)
    return tag("details", body, class_="text", open="" if is_open else None)


def _givings(text: TextWords, found: OnText) -> str:
    """What the head gave to each next word: of long texts, the words to which it gave most."""
    totals = [sum(row) for row in found["gave"]]
    order = sorted(range(len(totals)), key=lambda at: -abs(totals[at]))[:_SHOWN]
    lines = [
        (
            escape(text["words"][at]),
            escape(text["next"][at]) + tag("small", " " + escape(probability(text["probability"][at]))),
            number(totals[at]),
            _sources(text, found, at),
            number(found["boxed"][at]),
        )
        for at in sorted(order)
    ]
    columns = (
        "at",
        "next word, its probability",
        "gave to its logit",
        "most of it from",
        "along the boxed path",
    )
    few = "" if len(order) == len(totals) else f"The {_SHOWN} words to which it gave most, either way. "
    return tag("p", escape(few), class_="few") * bool(few) + _table(columns, lines)


def _sources(text: TextWords, found: OnText, at: int) -> str:
    gave = found["gave"][at]
    keys = sorted(range(len(gave)), key=lambda key: -abs(gave[key]))[:_SOURCES]
    return ", ".join(
        f"{escape(text['words'][key])} {number(gave[key])}"
        + tag(
            "small",
            f" (attention {number(found['attention'][at][key])}, cosine {number(found['cosine'][key])})",
        )
        for key in keys
        if abs(gave[key]) >= 0.05 * max(map(abs, gave))
    )


def _raised(raised: Raised) -> str:
    return " ".join(tag("span", escape(word), title=number(by), class_="word") for word, by in raised)


def _words(words: Iterable[str]) -> str:
    return " ".join(tag("span", escape(word), class_="word") for word in words)


def _table(columns: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table of markup; the first cell of a line names it."""
    top = tag("tr", "".join(tag("th", escape(name), scope="col") for name in columns))
    rows = "".join(
        tag("tr", tag("th", first, scope="row") + "".join(tag("td", cell) for cell in rest))
        for first, *rest in lines
    )
    return tag("div", tag("table", tag("thead", top) + tag("tbody", rows)), class_="wide", tabindex="0")
