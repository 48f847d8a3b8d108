"""The course's derivations, one file each, in course order."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from importlib import import_module
from types import ModuleType

from ovlearn.symbolic.course.parameters import checked
from ovlearn.symbolic.derivation import Derivation

# The course in order. Each slug is the name of a file here.
_IN_ORDER = (
    "residual-stream",
    "nonlinearity",
    "attention-head",
    "ov-fold",
    "frozen-network",
    "path-expansion",
    "ov-circuit",
    "qk-circuit",
    "virtual-heads",
    "conventions",
    "rms-norm",
    "rotary",
    "shared-keys-and-values",
)
COURSE: dict[str, ModuleType] = {
    slug: import_module(f"{__name__}.{slug.replace('-', '_')}") for slug in _IN_ORDER
}


def derivations() -> dict[str, str]:
    """Every derivation of the course: its slug and its title, in course order.

    >>> import ovlearn as ov
    >>> list(ov.derivations())[:2]
    ['residual-stream', 'nonlinearity']
    """
    return {slug: module.TITLE for slug, module in COURSE.items()}


def derive(slug: str, layers: int = 3, heads: int = 1, layer: int | None = None, head: int = 0) -> Derivation:
    """Derive one of the course's results, from its assumptions, for a network of these sizes.

    `slug`: one of `derivations()`; `layers`, `heads`: the sizes of the network (heads a layer); `layer`,
    `head`: the head to look at (layer 1 unless told, or layer 0 where there is no other).

    Raises: ValueError for an unknown slug (the nearest is named) and for sizes or a head that cannot be;
    TypeError for a parameter that is not a whole number.

    Source: the article; `ovlearn.symbolic.article` says which derivation yields which of its equations.

    >>> import ovlearn as ov
    >>> print(ov.derive("ov-circuit", layers=3, heads=2, layer=1, head=0).result)
    Y_1_0 = A_1_0 E W_E W_OV_1_0 W_U
    """
    if not isinstance(slug, str):
        raise TypeError(f"slug: expected a string, got {type(slug).__name__}")
    if slug not in COURSE:
        near = get_close_matches(slug, COURSE, n=1, cutoff=0)
        raise ValueError(f"slug: expected one of {', '.join(COURSE)}, got {slug!r}; did you mean {near[0]}?")
    module = COURSE[slug]
    arguments = checked(layers, heads, layer, head, least_layers=module.LEAST_LAYERS)
    return replace(module.derive(arguments), slug=slug, title=module.TITLE)
