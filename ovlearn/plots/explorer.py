"""The path explorer: small random networks, drawn, with each path's term and what it adds to the logits."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np

from ovlearn.arguments import complaint, whole_number
from ovlearn.numeric import Config, Run, Transformer, paths
from ovlearn.numeric.arrays import Array
from ovlearn.plots import inputs, networks, terms
from ovlearn.plots.picture import READOUT, Picture
from ovlearn.plots.svg import tag
from ovlearn.plots.switching import Control, radios, slider
from ovlearn.plots.wording import figure, through

SCALE = Control("scale", "All W_O times", ("¼", "½", "1", "2", "4"), slider=True, start=2)
MOST_PATHS = 128  # in one explorer: beyond that the page grows too heavy


@dataclass(frozen=True)
class Share:
    """How much of the logits Y comes from a part of them.

    `norm`: the part's Frobenius norm; `share`: ⟨part, Y⟩ / ⟨Y, Y⟩. The shares of all parts sum to 1; one that
    works against the others has a share below 0. `dots`: ⟨part, Y_k⟩ / ⟨Y, Y⟩ for the sum Y_k of all paths
    through k heads: from these follows the share for any other scale of W_O, the patterns held.
    """

    norm: float
    share: float
    dots: tuple[float, ...] = ()


def path_explorer(
    title: str = "", caption: str = "", seed: int = 0, layers: Any = (1, 2, 3), heads: Any = (1, 2)
) -> Picture:
    """Return networks of these sizes to choose from, drawn, each with its (1 + heads)^layers paths.

    A path has its term in the expansion, its contribution's Frobenius norm, and its share of the logits; with
    the site's script one can press heads to lead the path through them. Each network is random, from this
    seed.

    Raises: TypeError or ValueError for a seed, layers or heads that are not whole numbers, for the same one
    twice, and for more than 128 paths in all.

    >>> path_explorer("Every path", layers=[2], heads=[1, 2])
    Picture('Every path')
    """
    title, caption = inputs.texts(title, caption)
    depths, widths = _sizes("layers", layers), _sizes("heads", heads)
    _check_paths(depths, widths)
    seed = whole_number("seed", seed)
    first = depths[len(depths) // 2], widths[-1]
    panels = "".join(_panel((L, H), seed, shown=first == (L, H)) for L in depths for H in widths)
    body = _choices("layers", depths, first[0]) + _choices("heads", widths, first[1]) + slider(SCALE)
    form = tag("form", body, class_="ov-choices", hidden="")
    return Picture(title, caption, tag("div", form + panels, class_="ov-explorer"), "")


def network_run(layers: int, heads: int, seed: int = 0) -> Run:
    """Return the run that an explorer's numbers are about: random weights and tokens from this seed.

    >>> network_run(2, 1).logits.shape
    (8, 12)
    """
    config = Config(layers, heads, d_model=16, d_head=4, d_vocab=12, n_ctx=8)
    tokens = np.random.default_rng(seed).integers(0, config.d_vocab, config.n_ctx)  # [pos]
    return Transformer.random(config, seed).run(tokens)


def measure(part: Array, orders: Array) -> Share:
    """Return the norm of a part of the logits [pos, d_vocab], and its share of the sum of `orders`.

    `orders` [order, pos, d_vocab]: what the paths through so many heads add, as `paths.by_order` has it.

    >>> measure(np.array([[1.0, 0.0]]), np.array([[[1.5, 1.0]], [[0.5, -1.0]]]))
    Share(norm=1.0, share=0.5, dots=(0.375, 0.125))
    """
    whole = orders.sum(axis=0)  # [pos, d_vocab]
    dots = (orders * part).sum(axis=(1, 2)) / (whole * whole).sum()  # [order]
    return Share(float(np.linalg.norm(part)), float(dots.sum()), tuple(map(float, dots)))


def _sizes(name: str, value: object) -> tuple[int, ...]:
    """Different whole numbers of at least 1, sorted."""
    expected = "different whole numbers of at least 1"
    found = sorted(whole_number(name, one, minimum=1) for one in inputs.collection(name, expected, value))
    if not found or len(set(found)) < len(found):
        raise ValueError(complaint(name, expected, str(tuple(found))))
    return tuple(found)


def _check_paths(layers: tuple[int, ...], heads: tuple[int, ...]) -> None:
    """Raise ValueError where the networks of these sizes have too many paths for one page."""
    # Beyond 7 layers even one head has too many; so no power is ever large.
    most = max(layers), max(heads)
    if most[0] > 7 or most[1] > MOST_PATHS or sum((1 + H) ** L for L in layers for H in heads) > MOST_PATHS:
        came = f"{most[0]} layers of {most[1]} heads among them"
        raise ValueError(complaint("layers, heads", f"at most {MOST_PATHS} paths in all networks", came))


def _choices(name: str, values: tuple[int, ...], chosen: int) -> str:
    word = {"layers": "Layers", "heads": "Heads a layer"}[name]
    return radios(name, word, {str(value): str(value) for value in values}, str(chosen))


def _panel(size: tuple[int, int], seed: int, *, shown: bool) -> str:
    """One network: its count of paths, its drawing, a line for the chosen path, its table."""
    layers, heads = size
    run = network_run(layers, heads, seed)
    scroll = tag("div", _table(run, seed), class_="ov-paths", style="overflow-x:auto", tabindex="0")
    return tag(
        "div",
        _count(layers, heads) + networks.draw(layers, heads) + READOUT + scroll,
        data_network=f"{layers}-{heads}",
        hidden=None if shown else "",
    )


def _count(layers: int, heads: int) -> str:
    """(1 + 2)² = 9 paths: 1 + 4 + 4."""
    by_order = [comb(layers, order) * heads**order for order in range(layers + 1)]
    total = f"(1 + {heads})<sup>{layers}</sup> = <b>{sum(by_order)}</b> paths"
    passed = ", ".join(map(str, range(layers + 1)))
    return tag("p", f"{total}: {' + '.join(map(str, by_order))}, through {passed} heads", class_="ov-count")


def _table(run: Run, seed: int) -> str:
    config = run.model.config
    found = list(paths.enumerate(config))
    orders = paths.by_order(run)  # [order, pos, d_vocab]
    bodies = "".join(
        _order(run, order, orders, [path for path in found if len(path) == order])
        for order in range(config.n_layers + 1)
    )
    names = ("term", "norm", "share")
    head = tag("thead", tag("tr", "".join(tag("th", name, scope="col") for name in names)))
    says = (
        f"What each path adds to the logits of a random network: seed {seed}, d_model {config.d_model}, "
        f"d_head {config.d_head}, vocabulary {config.d_vocab}, {config.n_ctx} tokens. "
        "All shares sum to 100 %; one below 0 works against the rest."
    )
    return tag("table", tag("caption", says) + head + bodies, class_="ov-table", data_search_exclude="")


def _order(run: Run, order: int, orders: Array, found: list[paths.Path]) -> str:
    """The paths through this many heads, under their sum."""
    part = measure(orders[order], orders)
    name = tag("th", through(order, len(found)), scope="rowgroup")
    top = tag("tr", name + _cells(part), class_="ov-order", **_data(part))
    return tag("tbody", top + "".join(_row(run, path, orders) for path in found), data_order=str(order))


def _row(run: Run, path: paths.Path, orders: Array) -> str:
    term = tag("th", terms.html(path, one_head=run.model.config.n_heads == 1), scope="row")
    part = measure(paths.contribution(run, path), orders)
    way = "-".join(f"{layer}.{head}" for layer, head in path)
    return tag("tr", term + _cells(part), data_path=way, **_data(part))


def _cells(part: Share) -> str:
    bar = f"--ov-share:{abs(part.share):.3f}"
    kind = "ov-against" if part.share < 0 else None
    return tag("td", figure(part.norm)) + tag("td", _percent(part.share), style=bar, class_=kind)


def _data(part: Share) -> dict[str, str]:
    dots = " ".join(f"{dot:.5g}" for dot in part.dots)
    return {"data_norm": f"{part.norm:.6g}", "data_share": f"{part.share:.6g}", "data_dots": dots}


def _percent(share: float) -> str:
    text = f"{100 * share:.1f} %"
    return "0.0 %" if text == "-0.0 %" else text.replace("-", "−")
