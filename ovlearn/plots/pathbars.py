"""What each path adds to one logit, as bars in groups: through no head, through one, through two."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any, NamedTuple

from ovlearn.arguments import complaint, instance_of, whole_number
from ovlearn.numeric import Run, paths
from ovlearn.plots import inputs, terms
from ovlearn.plots.grids import NEGATIVE, POSITIVE
from ovlearn.plots.inputs import LARGEST
from ovlearn.plots.marks import telling
from ovlearn.plots.picture import READOUT, Picture, drawing, folded, table
from ovlearn.plots.svg import figure, label, number, tag, width_of, written

MOST_PATHS = 4_096  # to compute: beyond that a reader waits too long
_LENGTH = 160.0  # from the least to the greatest bar's end
_PITCH = 20.0  # from one bar to the next
_GAP = 8.0  # before an order's sum
_TOP = 26.0  # for the line that says which logit it is


class Row(NamedTuple):
    """A bar: an order's sum, one path, or (with neither) the rest of an order's paths."""

    name: str
    value: float
    path: paths.Path | None = None
    is_sum: bool = False


def contributions(
    run: Run,
    position: int,
    token: int,
    tokens: Any = None,
    most: int = 16,
    title: str = "",
    caption: str = "",
) -> Picture:
    """Return what each path adds to the logit of a token at a position, as bars in groups by order.

    Each group begins with its sum; then come its paths, the largest magnitude first. The `most` largest of
    all paths have a bar of their own, the others of an order share one. So the bars of the paths and those
    of the others sum to the logit, as the groups' sums do.
    `tokens`: a label for each token of the vocabulary.

    Raises: TypeError for what is no Run, no whole number or no list of labels; ValueError for a run of a
    batch, a run without its patterns, a network with layer norm or MLPs or with more than 4,096 paths, and
    a position, token, `most` (1 to 64) or number of labels out of range.

    >>> from ovlearn.numeric import Config, Transformer
    >>> config = Config(n_layers=2, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5)
    >>> run = Transformer.random(config).run([3, 1, 4])
    >>> contributions(run, position=2, token=5, title="What raises token 5")
    Picture('What raises token 5')
    """
    title, caption = inputs.texts(title, caption)
    _one_text_few_paths(run)
    position = whole_number("position", position, below=run.logits.shape[0])
    token = whole_number("token", token, below=run.logits.shape[1])
    named = inputs.labels("tokens", tokens, run.logits.shape[1], "token of the vocabulary")
    most = whole_number("most", most, minimum=1, below=LARGEST + 1)
    rows = list(_rows(run, position, token, most))
    word = f"token {token}" + (f" “{label(named[token])}”" if named else "")
    what = f"Logit of {word} at position {position}: {figure(run.logits[position, token])}"
    one_head = run.model.config.n_heads == 1
    body = _drawn(rows, what, title or what, _says(rows, what, paths.count(run.model.config)), one_head)
    cells = [[row.name if row.path is None else terms.text(row.path), figure(row.value)] for row in rows]
    return Picture(
        title, caption, body + READOUT, folded("Show the numbers", table(["paths", "adds"], cells, what))
    )


def _one_text_few_paths(run: object) -> None:
    checked = instance_of("run", run, Run)
    if checked.logits.ndim != 2:
        came = f"logits of shape {checked.logits.shape}"
        raise ValueError(complaint("run", "a run of one text, logits [pos, d_vocab]", came))
    count = paths.count(checked.model.config)
    if count > MOST_PATHS:
        raise ValueError(complaint("run", f"a network of at most {MOST_PATHS:,} paths", f"{count:,}"))


def _rows(run: Run, position: int, token: int, most: int) -> Iterator[Row]:
    """Every bar, from the top: each order's sum, its largest paths, its others."""
    sums = paths.by_order(run)[:, position, token]  # [order]
    adds = {
        path: float(paths.contribution(run, path)[position, token])
        for path in paths.enumerate(run.model.config)
    }
    largest = sorted(adds, key=lambda path: -abs(adds[path]))[:most]
    for order, total in enumerate(sums):
        members = [path for path in adds if len(path) == order]
        shown = [path for path in largest if len(path) == order]
        yield Row(_order(order, len(members)), float(total), is_sum=True)
        yield from (Row("", adds[path], path) for path in shown)
        rest = [adds[path] for path in members if path not in shown]
        if rest:
            yield Row(f"{len(rest):,} other{'s' if len(rest) > 1 else ''}", sum(rest))


def _order(order: int, count: int) -> str:
    words = "through no head" if order == 0 else f"through {order} head{'s' if order > 1 else ''}"
    return f"{words}: {count:,} path{'s' if count > 1 else ''}"


def _says(rows: list[Row], what: str, count: int) -> str:
    """What to see: the orders' sums, the largest path, and that it all adds up."""
    single = [row for row in rows if row.path is not None]
    largest = max(single, key=lambda row: abs(row.value))
    sums = "; ".join(f"{row.name}, {figure(row.value)}" for row in rows if row.is_sum)
    others = " and those of the others" if len(single) < count else ""
    return (
        f"{what}. It is the sum of what {count:,} path{'s' if count > 1 else ''} add. {sums}. "
        f"The largest magnitude is {terms.text(largest.path or ())} with {figure(largest.value)}. "
        f"The bars of single paths{others} sum to the logit, as the sums of the orders do."
    )


def _drawn(rows: list[Row], what: str, title: str, says: str, one_head: bool) -> str:
    low, high = min(0.0, *(row.value for row in rows)), max(0.0, *(row.value for row in rows))
    scale = _LENGTH / ((high - low) or 1.0)
    room = max(width_of(figure(row.value)) for row in rows) + 8  # for a value beyond its bar's end
    names_end = max(_name_width(row, one_head) for row in rows) + 8
    zero = names_end + (room if low < 0 else 0) - low * scale
    content, y = "", _TOP - _GAP
    for row in rows:
        y += _GAP if row.is_sum else 0
        content += _name(row, names_end - 8, y + 11, one_head) + _bar(row, zero, scale, y, one_head)
        y += _PITCH
    line = f"M{number(zero)} {number(_TOP - 2)}V{number(y)}"
    axis = tag("path", d=line, stroke="currentColor", stroke_opacity=0.6, fill="none")
    width = max(zero + high * scale + room, width_of(what, 12) + 8)
    return drawing(
        width,
        y + 4,
        written(what, 0, 13, font_size=12) + content + axis,
        title=title,
        says=says,
        tabindex="0",
    )


def _name_width(row: Row, one_head: bool) -> float:
    if row.path is None:
        return width_of(row.name) * (1.06 if row.is_sum else 1)
    return terms.width(row.path, one_head=one_head)


def _name(row: Row, x: float, y: float, one_head: bool) -> str:
    if row.path is not None:
        return tag("text", terms.svg(row.path, one_head=one_head), x=x, y=y, text_anchor="end")
    weight, style = ("600", None) if row.is_sum else (None, "italic")
    return tag("text", escape(row.name), x=x, y=y, text_anchor="end", font_weight=weight, font_style=style)


def _bar(row: Row, zero: float, scale: float, y: float, one_head: bool) -> str:
    """A bar from the zero line, a sum's higher than a path's, and its value beyond the end."""
    end = zero + row.value * scale
    negative = row.value < 0
    tall, down = (14.0, 0.0) if row.is_sum else (8.0, 3.0)
    name = row.name if row.path is None else terms.text(row.path)
    bar = tag(
        "rect",
        telling(f"{name}: {figure(row.value)}"),
        class_="ov-mark",
        x=min(zero, end),
        y=y + down,
        width=abs(row.value) * scale,
        height=tall,
        fill=NEGATIVE if negative else POSITIVE,
        fill_opacity=None if row.is_sum else 0.75,
    )
    anchor = "end" if negative else None
    return bar + written(figure(row.value), end + (-5 if negative else 5), y + 11, text_anchor=anchor)
