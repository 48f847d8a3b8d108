"""How far the box reaches: how much of what a head gave came along the boxed path, and what its row knew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ovlearn.arguments import whole_number
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.gpt import GPT
from ovlearn.numeric.reading.circuitrows import after_first_mlp
from ovlearn.numeric.reading.giving import Given, gives, of_one_text
from ovlearn.numeric.reading.streams import folded, read, unembedding
from ovlearn.numeric.run import Run, recorded
from ovlearn.numeric.transformer import Transformer


@dataclass(frozen=True)
class Reach:
    """What a head gave to the logit of a token at the last position, and what of it the box tells.

    gave: all that it gave, less the mean over the vocabulary. boxed: what came of it along the boxed path,
    from the embeddings through this head alone, the norms' factors held; share is boxed / gave. looked_at: a
    position, with its attention and what the head gave from there. cosine: between the circuit's row of what
    is at that position and the row of the recorded stream, the row being of the embedding, of the embedding
    after the first MLP, and of the stream after layer 0. norm_share: the length of the embedding's row over
    that of the recorded stream's, with the norm's factor held.

    The circuit is a map of directions, and the cosine says how good a map it is. The box is an account of one
    path, and the share says how much flowed there. They are two claims.
    """

    gave: float
    boxed: float
    looked_at: int
    attention: float
    gave_from_there: float
    cosine: dict[str, float]
    norm_share: float

    @property
    def share(self) -> float:
        """The part of what the head gave that came along the boxed path; NaN where it gave nothing."""
        return self.boxed / self.gave if self.gave else float("nan")


def reach(run: Run, layer: int, head: int, toward: int, looked_at: int | None = None) -> Reach:
    """Return how far the boxed equation reaches for one head, in a run of one text, at its last position.

    toward: the token whose logit is asked about. looked_at: a position, by default the one from which the
    head gave most, to that token or against it. The run has to have recorded its resid_pre and resid_post.

    Raises TypeError or ValueError for what is no Run of a single text, for a head, token or position that
    does not exist, and where something was not recorded.

    >>> from ovlearn.numeric import Config
    >>> model = Transformer.random(Config(n_layers=1, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> round(reach(model.run([3, 1, 4]), 0, 1, toward=2).share, 9)  # one layer: there is no other path
    1.0

    Source: the article, 'The Circuit', its boxed equation.
    """
    asked = of_one_text(run)
    token = whole_number("toward", toward, below=asked.model.config.d_vocab)
    found = gives(asked, layer, head, np.full(len(asked.resid_final), token))
    gave = found.gave[-1]  # [key]
    at = int(np.abs(gave).argmax()) if looked_at is None else looked_at
    at = whole_number("looked_at", at, below=len(gave))
    return Reach(
        gave=float(gave.sum()),
        boxed=float(found.boxed[-1].sum()),
        looked_at=at,
        attention=float(found.attention[-1, at]),
        gave_from_there=float(gave[at]),
        cosine=_cosines(asked, found, at),
        norm_share=float(found.norm_share[at]),
    )


def _cosines(run: Run, found: Given, at: int) -> dict[str, float]:
    """How well rows of what stands at a position agree with the recorded stream's, by what they are of."""
    net = folded(run.model)
    OV = net.W_V[found.head] @ (net.W_O[found.head] @ unembedding(net))  # [d_model, d_vocab]
    true = read(net, recorded(run, "resid_pre")[found.head[0], at]) @ OV  # [d_vocab]
    others = {name: read(net, stream) @ OV for name, stream in _later_bases(net, run, at).items()}
    return {"embedding": float(found.cosine[at])} | {name: _cosine(row, true) for name, row in others.items()}


def _later_bases(net: Transformer, run: Run, at: int) -> dict[str, Array]:
    """Streams at a position, [d_model], from which a head could be read beside the embedding."""
    assert run.tokens is not None
    found = {}
    if isinstance(net, GPT) and net.W_in is not None:
        found["after first MLP"] = after_first_mlp(net, [int(run.tokens[at])])[0]
    return found | {"after layer 0": recorded(run, "resid_post")[0, at]}


def _cosine(one: Array, other: Array) -> float:
    lengths = np.linalg.norm(one) * np.linalg.norm(other)
    return float(np.clip(one @ other / lengths, -1, 1)) if lengths else float("nan")
