"""The transformer of attention heads alone: its weights. How it runs stands in `model`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ovlearn.arguments import complaint, described, instance_of, whole_number
from ovlearn.numeric.arrays import Array, shaped_array, token_ids
from ovlearn.numeric.config import Config, weight_shapes
from ovlearn.numeric.interventions import Place, Stand, standing_in
from ovlearn.numeric.model import Parts, embed, forward, unchanged
from ovlearn.numeric.run import Run, run_of


@dataclass(frozen=True, eq=False)
class Transformer:
    """A transformer of attention heads alone: no MLP, no layer norm, no biases.

    W_E [d_vocab, d_model]; W_Q, W_K, W_V [layer, head, d_model, d_head];
    W_O [layer, head, d_head, d_model]; W_U [d_model, d_vocab];
    W_pos [n_ctx, d_model] if config.positional, else None.

    Weights are copied to config.dtype and made read-only. Raises TypeError for numbers that are not real,
    ValueError for another shape, for NaN or infinity, and where W_pos and config.positional disagree.

    >>> config = Config(n_layers=1, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5)
    >>> model = Transformer.random(config, seed=0)
    >>> model.W_V.shape
    (1, 2, 8, 3)

    Source: Elhage et al. (2021), 'Transformer Overview'; the names are those of TransformerLens.
    """

    parts: ClassVar[Parts] = Parts()

    config: Config
    _: KW_ONLY
    W_E: Array
    W_Q: Array
    W_K: Array
    W_V: Array
    W_O: Array
    W_U: Array
    W_pos: Array | None = None

    def __post_init__(self) -> None:
        """Check the weights, and keep read-only copies."""
        shapes = weight_shapes(instance_of("config", self.config, Config))
        _check_positions(self.config, self.W_pos)
        for name, shape in shapes.items():
            weight = shaped_array(name, getattr(self, name), shape, self.config.dtype)
            object.__setattr__(self, name, weight)

    @classmethod
    def random(cls, config: Config, seed: int = 0) -> Transformer:
        """Return normally distributed weights, the same ones for the same config and seed.

        Embeddings have variance 1. Other weights have the inverse of the number of terms that they sum, which
        for W_O counts every head that writes to the stream: activations stay of order 1 in networks of any
        size. W_Q and W_K are √2 larger than that, so that patterns are far from uniform (the scores of a
        stream of variance 1 have a standard deviation of 2).

        Raises TypeError or ValueError for a seed that is not a whole number of at least 0.

        >>> config = Config(n_layers=1, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5)
        >>> np.array_equal(Transformer.random(config, seed=1).W_E, Transformer.random(config, seed=1).W_E)
        True
        """
        shapes = weight_shapes(instance_of("config", config, Config))
        rng = np.random.default_rng(whole_number("seed", seed))
        scales = _scales(config)
        return cls(config, **{name: rng.normal(0, scales[name], shape) for name, shape in shapes.items()})

    @property
    def tokenizer(self) -> Any:
        """What makes token ids of a text, and words of ids; None where there is nothing of the kind."""
        return None

    @property
    def attn_scale(self) -> float:
        """What scores are divided by: √d_head."""
        return math.sqrt(self.config.d_head)

    @property
    def heads_alone(self) -> bool:
        """Whether nothing but attention heads writes to the stream, and W_U reads it as it is."""
        return True

    def run(
        self,
        tokens: ArrayLike,
        record: Iterable[str] | None = None,
        *,
        resid: ArrayLike | None = None,
        replace: Mapping[Place, Stand] | None = None,
    ) -> Run:
        """Run the network on token ids [pos] or [batch, pos], and return what it computed.

        record: the names of what to keep beside the logits, as ("pattern", "head_out"); by default all, which
        is much for a large model: head_out alone has n_layers × n_heads × pos × d_model numbers.

        resid: a stream [(batch), pos, d_model] in the place of the embedded tokens. replace: what stands in
        the place of what is computed, by place: ("head_out", layer, head), ("mlp_out", layer) or
        ("resid_pre", layer). "silence" is zeros, "mean" its mean over batch and positions, another Run what
        was recorded there, and an array [(batch), pos, d_model] itself.

        Raises TypeError for ids that are not integers; ValueError for ids out of the vocabulary, no tokens,
        more than n_ctx of them, or another number of axes, for a name or a place that there is not, and for a
        stream or an array of another shape.

        >>> config = Config(n_layers=1, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5)
        >>> model = Transformer.random(config)
        >>> model.run([[0, 1, 2], [3, 4, 5]]).logits.shape
        (2, 3, 7)
        >>> silenced = model.run([0, 1, 2], replace={("head_out", 0, 1): "silence"})
        >>> bool(silenced.head_out[0, 1].any())
        False

        Source: the article, 'Motivation', from Q, K and V to the head's output; scaled and masked.
        """
        ids = token_ids(tokens, self.config)
        stream = embed(self, ids)  # [(batch), pos, d_model]
        if resid is not None:
            stream = shaped_array("resid", resid, stream.shape, self.config.dtype)
        change = unchanged if replace is None else standing_in(self, replace, stream.shape)
        return run_of(self, ids, forward(self, stream, record, change=change))

    def folded(self) -> Transformer:
        """Return the network itself: it has no layer norm and no biases to fold, as a `GPT` has."""
        return self

    def __repr__(self) -> str:
        """Name the sizes, without the weights."""
        return f"{type(self).__name__}({self.config!r})"


def _scales(config: Config) -> dict[str, float]:
    """Return the standard deviation of each random weight."""
    read = 1 / math.sqrt(config.d_model)
    writers = max(config.n_layers, 1) * config.n_heads  # the stream sums what all the heads write
    write = 1 / math.sqrt(config.d_head * writers)
    sharp = math.sqrt(2) * read
    return {"W_E": 1, "W_pos": 1, "W_Q": sharp, "W_K": sharp, "W_V": read, "W_O": write, "W_U": read}


def _check_positions(config: Config, W_pos: object) -> None:
    if config.positional and W_pos is None:
        raise ValueError(complaint("W_pos", "an array, as config.positional is True", "None"))
    if not config.positional and W_pos is not None:
        raise ValueError(complaint("W_pos", "None, as config.positional is False", described(W_pos)))
