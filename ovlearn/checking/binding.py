"""Bind the course's symbols to a tiny random transformer: its weights, and what a run of it recorded.

Symbols of single paths are bound to interventions: frozen runs in which only some heads write, and in which
the factors of norms are held, where there are norms. No binding goes through a path expansion or a product of
circuits, since those are what is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, reduce
from itertools import pairwise

import numpy as np

from ovlearn.checking.arithmetic import Array, CannotJudge, Sizes, d_h_rank
from ovlearn.checking.equipped import equipped, gains, undivided, with_norms_held
from ovlearn.numeric import GPT, Config, Run
from ovlearn.numeric.run import FrozenNetwork
from ovlearn.symbolic.notation import GLOSSARY, NORMS, STREAMS, Network, d, d_h, parse, s, v

_LARGEST = (12, 8, 16, 22)  # of the sizes drawn, less 2

Head = tuple[int, int]
Binding = Callable[[Run], Array]


@dataclass(frozen=True)
class Recorded:
    """One random transformer, one run of it on random tokens, and the generator that made them."""

    run: Run
    seed: int

    @property
    def sizes(self) -> Sizes:
        """What s, d, d_h and v are in this run."""
        config = self.run.model.config
        return {s: len(self.tokens), d: config.d_model, d_h: config.d_head, v: config.d_vocab}

    @cached_property
    def tokens(self) -> Array:
        """The tokens of the run [pos]."""
        return np.asarray(self.run.tokens)

    @cached_property
    def frozen(self) -> FrozenNetwork:
        """The network with its patterns held, and the factors of its norms, where it has any."""
        return with_norms_held(self.run).frozen()

    @cached_property
    def silent(self) -> Run:
        """The frozen network in which no head writes."""
        return self.frozen.run(heads=set())

    def only(self, head: Head) -> Run:
        """The frozen network in which one head writes: it reads the embedded tokens alone."""
        return self.frozen.run(heads={head})

    def unembedded(self, stream: Array) -> Array:
        """The logits [pos, d_vocab] of a stream [pos, d_model] at the end of the frozen network."""
        model = self.frozen.recorded.model
        return model.parts.unembed(model, stream)

    def scores_of_tokens(self, head: Head) -> Array:
        """A head's scores where no earlier head writes: queries and keys both read the embedded tokens."""
        model = self.frozen.recorded.model
        deaf = replace(model, W_O=np.zeros_like(model.W_O))
        return given(deaf.run(self.tokens).scores)[head]

    def layer(self, stream: Array, layer: int) -> Array:
        """What a layer adds to a stream [pos, d_model]: that stands in the place of the one it reads.

        Raises: CannotJudge for a layer that the network does not have, and for a stream of another width, or
        of more positions than it takes.
        """
        model, config = self.run.model, self.run.model.config
        fits = stream.shape[1] == config.d_model and len(stream) <= config.n_ctx
        if not 0 <= layer < config.n_layers or not fits:
            raise CannotJudge(f"the network has no layer {layer} that reads {list(stream.shape)}")
        tokens = np.zeros(len(stream), int)  # whatever they are, the stream stands in their place
        again = model.run(tokens, record=["head_out"], replace={("resid_pre", layer): stream})
        return np.asarray(again.head_out[layer].sum(axis=0))  # [pos, d_model]

    def random(self, name: str, shape: tuple[int, ...]) -> Array:
        """A matrix that belongs to no network, the same for each name and seed."""
        return np.random.default_rng([self.seed, *name.encode()]).standard_normal(shape)


@lru_cache(maxsize=256)
def recorded(network: Network, seed: int) -> Recorded:
    """A random transformer of these sizes, its other dimensions drawn pairwise different, and a run of it.

    It has beside plain heads what the network has. The order of the sizes, and how far they lie apart, change
    from seed to seed.
    """
    random = np.random.default_rng(seed)
    drawn = sorted(int(size) for size in random.choice(_LARGEST[seed % 4], size=4, replace=False) + 2)
    d_head = drawn.pop(d_h_rank(seed, 3))
    n_ctx, d_model, d_vocab = (int(size) for size in random.permutation(drawn))
    config = Config(
        n_layers=network.layers,
        n_heads=network.heads,
        d_model=d_model,
        d_head=d_head,
        d_vocab=d_vocab,
        n_ctx=n_ctx,
    )
    model = equipped(network, config, seed)
    return Recorded(model.run(random.integers(d_vocab, size=n_ctx)), seed)


def value_of(name: str, at: Recorded, extra: Mapping[str, Binding]) -> Array | None:
    """What a symbol of this name is in a recorded run; None where nothing has that name."""
    if name in extra:
        return np.asarray(extra[name](at.run))
    base, indices = parse(name)
    if base.endswith("_col"):
        row = value_of("_".join([base.removesuffix("_col"), *map(str, indices)]), at, extra)
        return None if row is None else row.T
    bind = _BINDINGS.get((base, len(indices)))
    if bind is None or not _exists(base, indices, at.run.model.config):
        return None
    pairs = tuple(zip(indices[::2], indices[1::2], strict=False))
    return bind(at, indices if len(indices) == 1 else pairs)


def is_bound(name: str) -> bool:
    """Whether the course says what a symbol of this name is."""
    base, indices = parse(name)
    return (base.removesuffix("_col"), len(indices)) in _BINDINGS


def is_taken(name: str) -> bool:
    """Whether a name is the course's for one matrix or row, not for any, as X_A."""
    base = parse(name)[0].removesuffix("_col")
    return base in GLOSSARY and base not in FREE


def _exists(base: str, indices: tuple[int, ...], config: Config) -> bool:
    """Whether the network has these layers and heads; X_n, which W_U reads, comes after the last."""
    layers, way = config.n_layers + (base in STREAMS), indices[::2]
    upwards = all(earlier < later for earlier, later in pairwise(way))
    return (
        upwards
        and all(layer < layers for layer in way)
        and all(head < config.n_heads for head in indices[1::2])
    )


def given(array: Array | None) -> Array:
    """An array that a full run always records."""
    assert array is not None
    return array


def _stream(at: Recorded, indices: tuple[int, ...]) -> Array:
    run, layer = at.run, indices[0]
    return run.resid_final if layer == run.model.config.n_layers else run.resid_pre[layer]  # [pos, d_model]


def _of_norm(base: str) -> Callable[[Recorded, tuple[int, ...]], Array | None]:
    """What a symbol of a norm is in a network that has them; None in another."""

    def bind(at: Recorded, indices: tuple[int, ...]) -> Array | None:
        model, (layer,) = at.run.model, indices
        if not isinstance(model, GPT) or model.normalization is None:
            return None
        stream = _stream(at, indices)  # [pos, d_model]
        if base == "G_norm":
            return np.diag(gains(model, layer))  # [d_model, d_model]
        if base == "X_norm":
            at_end = layer == model.config.n_layers
            name, place = ("ln_final", ...) if at_end else ("ln1", layer)
            return model.normalized(stream, name, place)  # [pos, d_model]
        factors = 1 / model.norm_scale(stream)  # [pos, 1]
        return factors if base == "r_norm" else np.diagflat(factors)  # [pos, 1] or [pos, pos]

    return bind


def _along(at: Recorded, pairs: tuple[Head, ...], written: Array) -> Array:
    """What the last of these heads writes, each alone in a frozen network that reads what the last wrote."""
    for head in pairs:
        written = at.frozen.run(resid=written, heads={head}).head_out[head]  # [pos, d_model]
    return written


def _composed(at: Recorded, pairs: tuple[Head, ...]) -> Array:
    """What the later heads make of what the first one wrote in the whole network."""
    return _along(at, pairs[1:], at.run.head_out[pairs[0]])  # [pos, d_model]


def _of_tokens(at: Recorded, pairs: tuple[Head, ...]) -> Array:
    """What the last head of a path adds of the tokens."""
    return _along(at, pairs, at.silent.resid_final)  # [pos, d_model]


def _patterns(at: Recorded, pairs: tuple[Head, ...]) -> Array:
    return reduce(np.matmul, [given(at.run.pattern)[head] for head in reversed(pairs)])  # [pos, pos]


def _folded(at: Recorded, pairs: tuple[Head, ...]) -> Array:
    model = at.run.model
    return reduce(np.matmul, [model.W_V[head] @ model.W_O[head] for head in pairs])  # [d_model, d_model]


def _circuit(at: Recorded, pairs: tuple[Head, ...]) -> Array:
    """The full OV circuit: every token's embedding through the head and W_U, less what a norm divides by."""
    model = at.run.model
    written = undivided(model, model.W_E, pairs[0][0]) @ _folded(at, pairs)  # [d_vocab, d_model]
    return undivided(model, written, model.config.n_layers) @ model.W_U  # [d_vocab, d_vocab]


def _one_hot(at: Recorded, _: object) -> Array:
    return np.eye(at.run.model.config.d_vocab)[at.tokens]  # [pos, d_vocab]


def _weight(name: str) -> Callable[[Recorded, tuple[Head, ...]], Array]:
    return lambda at, pairs: np.asarray(getattr(at.run.model, name)[pairs[0]])


def _activation(name: str) -> Callable[[Recorded, tuple[Head, ...]], Array]:
    return lambda at, pairs: given(getattr(at.run, name))[pairs[0]]


def _any(base: str) -> Callable[[Recorded, object], Array]:
    shape = GLOSSARY[base].shape
    return lambda at, _: at.random(base, tuple(at.sizes[size] for size in shape))


# Symbols that stand for any matrix, unless an assumption says which.
FREE = tuple(base for base, entry in GLOSSARY.items() if entry.free)

_PATHS = (4, 6, 8)  # how many indices a path of two, three or four heads has

# A symbol's base and how many indices it has → its value; None where the network has no such thing.
_BINDINGS: dict[tuple[str, int], Callable[[Recorded, tuple], Array | None]] = {  # type: ignore[type-arg]
    ("E", 0): _one_hot,
    ("W_E", 0): lambda at, _: at.run.model.W_E,  # [d_vocab, d_model]
    ("W_U", 0): lambda at, _: at.run.model.W_U,  # [d_model, d_vocab]
    ("X", 1): _stream,
    ("Delta", 1): lambda at, layer: at.run.head_out[layer[0]].sum(axis=0),  # [pos, d_model], over heads
    ("Y", 0): lambda at, _: at.run.logits,  # [pos, d_vocab]
    ("Y", 2): lambda at, pairs: at.only(pairs[0]).logits - at.silent.logits,  # [pos, d_vocab]
    ("Delta", 2): lambda at, pairs: at.only(pairs[0]).head_out[pairs[0]],  # [pos, d_model]
    **{("H", count): _composed for count in _PATHS},
    **{("A", count): _patterns for count in _PATHS},
    **{("W_OV", count): _folded for count in (2, *_PATHS)},
    **{("Delta", count): _of_tokens for count in _PATHS},
    **{("Y", count): lambda at, pairs: at.unembedded(_of_tokens(at, pairs)) for count in _PATHS},
    **{(base, 1): _of_norm(base) for base in NORMS},
    ("W_QK", 2): lambda at, pairs: (
        at.run.model.W_Q[pairs[0]] @ at.run.model.W_K[pairs[0]].T
    ),  # [d_model, d_model]
    ("C", 2): _circuit,
    ("S_direct", 2): lambda at, pairs: at.scores_of_tokens(pairs[0]),  # [pos, pos]
    **{(base, 0): _any(base) for base in FREE},
    **{(name, 2): _weight(name) for name in ("W_Q", "W_K", "W_V", "W_O")},
    **{
        (base, 2): _activation(name)
        for base, name in {
            "Q": "q",
            "K": "k",
            "V": "v",
            "S": "scores",
            "A": "pattern",
            "Z": "z",
            "H": "head_out",
        }.items()
    },
}
