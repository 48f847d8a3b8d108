"""What the pages of an atlas have in common, and its first page: all heads in a grid, by each measure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ovlearn.arguments import Head
from ovlearn.atlas.heads import HeadData
from ovlearn.atlas.texts import TextWords
from ovlearn.plots.svg import tag
from ovlearn.plots.wording import name_of

SAYS = {
    "copying": "Σλ/Σ|λ| over the eigenvalues of W_E W_OV W_U, from −1 to 1. At 1 a head raises what it looks "
    "at, at −1 it lowers it: mixtures of tokens, not each token.",
    "induction": "Attention to what followed the same token before, on random tokens that are said twice.",
    "previous token": "Attention to the token just before, on the same random tokens.",
    "duplicate token": "Attention to the same token before, on the same random tokens.",
    "spread": "How wide the rows of the OV circuit spread, in logits: the mean over the 20 widest rows. "
    "Of a head with wide rows one can say what it would write; narrow ones say little.",
}


def page(title: str, body: str, depth: int = 0) -> str:
    """Return a whole page; `depth`: how many folders below the first page it stands."""
    up = "../" * depth
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,">'
        f'<link rel="stylesheet" href="{up}atlas.css"><script src="{up}atlas.js" defer></script>'
        f"</head><body>{body}</body></html>\n"
    )


LEAD = (
    "Each square is a head. Choose a measure, then a head: its page says which words it would raise, by its "
    "weights, and what it looked at and gave on a few texts."
)


def first_page(name: str, about: str, heads: Sequence[HeadData], texts: Sequence[TextWords]) -> str:
    """Return the page with all heads in a grid, by each measure. about: where the model comes from."""
    measures, title = list(heads[0]["measures"]), f"{len(heads)} heads of {name}"
    body = tag("h1", escape(title)) + tag("p", escape(LEAD))
    body += tag("p", escape(about), class_="lead") if about else ""
    body += _choice(measures)
    body += "".join(_section(measure, heads) for measure in measures)
    body += tag("h2", "Texts") + tag("ul", "".join(tag("li", _said(text)) for text in texts), class_="texts")
    return page(title, tag("main", body))


def probability(value: float) -> str:
    """Return a probability as a page shows it; one that is rounded to 0 is less than .01.

    >>> probability(0.281), probability(0.001)
    ('.28', '<.01')
    """
    return number(value) if value >= 0.005 else "<.01"


def number(value: float | None) -> str:
    """Return a number as a page shows it: two digits after the point, none for a large one, no leading 0.

    >>> number(0.934), number(-0.5), number(43.8), number(None), number(-0.001), number(-0.999)
    ('.93', '−.50', '44', '–', '0', '−1.00')
    """
    if value is None:
        return "–"
    text = f"{value:.2f}" if abs(value) < 9.995 else f"{value:.0f}"
    text = text.replace("-", "−")
    if text.lstrip("−").strip("0.") == "":
        return "0"
    return text.replace("0.", ".", 1) if text.lstrip("−").startswith("0.") else text


def _choice(measures: Sequence[str]) -> str:
    """Buttons that show one grid at a time; the script brings them to life."""
    buttons = "".join(
        tag("button", escape(name), type="button", data_measure=name, aria_pressed="false")
        for name in measures
    )
    return tag("div", buttons, class_="choice", role="group", aria_label="Measure", hidden="")


def _section(measure: str, heads: Sequence[HeadData]) -> str:
    words = tag("h2", escape(measure)) + tag("p", escape(SAYS[measure]))
    return tag("section", words + _grid(measure, heads), data_measure=measure)


def _grid(measure: str, heads: Sequence[HeadData]) -> str:
    """All heads, layers down; the colour is as strong as the number is large beside the largest."""
    by_head = {tuple(one["head"]): one["measures"][measure] for one in heads}
    full = max((abs(value) for value in by_head.values() if value is not None), default=0) or 1.0
    layers, count = (max(head[axis] for head in by_head) + 1 for axis in (0, 1))
    top = tag("tr", tag("td") + "".join(tag("th", str(head), scope="col") for head in range(count)))
    rows = "".join(
        tag(
            "tr",
            tag("th", str(layer), scope="row")
            + "".join(_cell((layer, head), by_head[layer, head], full) for head in range(count)),
        )
        for layer in range(layers)
    )
    caption = tag("caption", "layers down, heads across")
    table = tag("table", caption + tag("thead", top) + tag("tbody", rows), class_="grid")
    return tag("div", table, class_="wide", tabindex="0", role="group", aria_label=f"Heads by {measure}")


def _cell(head: Head, value: float | None, full: float) -> str:
    strength = 0.0 if value is None else value / full
    link = tag(
        "a",
        number(value),
        href=f"heads/{name_of(head)}.html",
        style=f"--v:{abs(strength):.2f}",
        class_="low" if strength < 0 else None,
        aria_label=f"head {name_of(head)}: {number(value)}",
    )
    return tag("td", link)


def _said(text: TextWords) -> str:
    """A text, and what the model would go on with."""
    words = " ".join(text["words"]) if len(text["words"]) <= 60 else text["title"]
    sure = f"{escape(text['next'][-1])} {escape(probability(text['probability'][-1]))}"
    return f"{escape(words)} → {tag('b', sure)}"
