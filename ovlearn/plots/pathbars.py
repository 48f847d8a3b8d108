"""What each path adds to one logit, as bars in groups: through no head, through one, through two."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any, NamedTuple

from ovlearn.arguments import complaint, instance_of, whole_number
from ovlearn.numeric import Run, paths
from ovlearn.plots import inputs, terms
from ovlearn.plots.barcharts import BarScale, bar_scale
from ovlearn.plots.inputs import LARGEST
from ovlearn.plots.marks import telling
from ovlearn.plots.picture import READOUT, Picture, drawing, folded
from ovlearn.plots.svg import tag, width_of, written
from ovlearn.plots.wording import figure, label, plural, through

MOST_PATHS = 4_096  # to compute: beyond that a reader waits too long
_LENGTH = 260.0  # from the least to the greatest bar's end
_PITCH = 24.0  # from one bar to the next
_GAP = 8.0  # before an order's sum
_TOP = 30.0  # for the line that says which logit it is


class Bar(NamedTuple):
    """An order's sum, one path, or (with neither) the rest of an order's paths."""

    name: str
    value: float
    path: paths.Path | None = None
    is_sum: bool = False

    @property
    def words(self) -> str:
        """What it stands for, in plain text."""
        return self.name if self.path is None else terms.text(self.path)


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
    bars = list(_bars(run, position, token, most))
    word = f"token {token}" + (f" “{label(named[token])}”" if named else "")
    what = f"Logit of {word} at position {position}: {figure(run.logits[position, token])}"
    one_head = run.model.config.n_heads == 1
    body = _drawn(bars, what, title or what, _says(bars, what, paths.count(run.model.config)), one_head)
    rows = [[bar.words, figure(bar.value)] for bar in bars]
    alternative = folded("Show the numbers", ["paths", "adds"], rows, what)
    return Picture(title, caption, body + READOUT, alternative)


def _one_text_few_paths(run: object) -> None:
    checked = instance_of("run", run, Run)
    if checked.logits.ndim != 2:
        came = f"logits of shape {checked.logits.shape}"
        raise ValueError(complaint("run", "a run of one text, logits [pos, d_vocab]", came))
    count = paths.count(checked.model.config)
    if count > MOST_PATHS:
        raise ValueError(complaint("run", f"a network of at most {MOST_PATHS:,} paths", f"{count:,}"))


def _bars(run: Run, position: int, token: int, most: int) -> Iterator[Bar]:
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
        yield Bar(through(order, len(members)), float(total), is_sum=True)
        yield from (Bar("", adds[path], path) for path in shown)
        rest = [adds[path] for path in members if path not in shown]
        if rest:
            yield Bar(f"{len(rest):,} {plural('other', len(rest))}", sum(rest))


def _says(bars: list[Bar], what: str, count: int) -> str:
    """What to see: the orders' sums, the largest path, and that it all adds up."""
    single = [bar for bar in bars if bar.path is not None]
    largest = max(single, key=lambda bar: abs(bar.value))
    sums = "; ".join(f"{bar.name}, {figure(bar.value)}" for bar in bars if bar.is_sum)
    others = " and those of the others" if len(single) < count else ""
    return (
        f"{what}. It is the sum of what {count:,} {plural('path', count)} add. {sums}. "
        f"The largest magnitude is {terms.text(largest.path or ())} with {figure(largest.value)}. "
        f"The bars of single paths{others} sum to the logit, as the sums of the orders do."
    )


def _drawn(bars: list[Bar], what: str, title: str, says: str, one_head: bool) -> str:
    on = bar_scale((bar.value for bar in bars), (_name_width(bar, one_head) for bar in bars), _LENGTH)
    content, y = "", _TOP - _GAP
    for bar in bars:
        y += _GAP if bar.is_sum else 0
        content += _name(bar, on.names_end, y + 11, one_head) + _mark(bar, on, y)
        content += on.reading(bar.value, y + 11)
        y += _PITCH
    whole = written(what, 0, 14, font_weight="600") + content + on.axis(_TOP - 2, y)
    width = max(on.end, 1.06 * width_of(what) + 8)
    return drawing(width, y + 4, whole, title=title, says=says, tabindex="0")


def _name_width(bar: Bar, one_head: bool) -> float:
    if bar.path is None:
        return width_of(bar.name) * (1.06 if bar.is_sum else 1)
    return terms.width(bar.path, one_head=one_head)


def _name(bar: Bar, x: float, y: float, one_head: bool) -> str:
    if bar.path is not None:
        return tag("text", terms.svg(bar.path, one_head=one_head), x=x, y=y, text_anchor="end")
    weight, style = ("600", None) if bar.is_sum else (None, "italic")
    return tag("text", escape(bar.name), x=x, y=y, text_anchor="end", font_weight=weight, font_style=style)


def _mark(bar: Bar, on: BarScale, y: float) -> str:
    """A bar that tells what it is, a sum's higher than a path's."""
    box = on.box(bar.value, y, 14) if bar.is_sum else on.box(bar.value, y + 3, 8)
    opacity = None if bar.is_sum else 0.75
    words = telling(f"{bar.words}: {figure(bar.value)}")
    return tag("rect", words, class_="ov-mark", **box, fill_opacity=opacity)
