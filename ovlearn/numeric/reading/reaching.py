"""How far the box reaches: how much of what a head gave came along the boxed path, and what its row knew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ovlearn.arguments import complaint, head_pair, instance_of, whole_number
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.gpt import GPT
from ovlearn.numeric.reading.circuitrows import after_first_mlp
from ovlearn.numeric.reading.streams import folded, held, raises, read, scale
from ovlearn.numeric.run import Run
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
    head gave most, to that token or against it.

    The network is folded and run again, so the run need not have recorded anything.

    Raises TypeError or ValueError for what is no Run of a single text, and for a head, token or position that
    does not exist.

    >>> from ovlearn.numeric import Config
    >>> model = Transformer.random(Config(n_layers=1, n_heads=2, d_model=8, d_head=3, d_vocab=7, n_ctx=5))
    >>> round(reach(model.run([3, 1, 4]), 0, 1, toward=2).share, 9)  # one layer: there is no other path
    1.0

    Source: the article, 'The Circuit', its boxed equation.
    """
    asked = instance_of("run", run, Run)
    if asked.tokens is None or asked.tokens.ndim != 1:
        raise ValueError(complaint("run", "one of the tokens of a single text", "another"))
    net = folded(asked.model)
    config = net.config
    pair = head_pair("layer, head", (layer, head), config.n_layers, config.n_heads)
    direction = raises(net, whole_number("toward", toward, below=config.d_vocab), None)
    found = net.run(asked.tokens, record=["resid_pre", "pattern", "resid_post"])
    attention = found.pattern[layer, head, -1]  # [pos]
    of_read, of_last = scale(net, found.resid_pre[layer]), scale(net, found.resid_final[-1])
    reads = {"embedding": found.embedding, "stream": found.resid_pre[layer]}
    W_OV = net.W_V[pair] @ net.W_O[pair]  # [d_model, d_model]
    wrote = {name: held(net, x, of_read) @ W_OV for name, x in reads.items()}  # [pos, d_model] each
    gave = {
        name: attention * (held(net, out, of_last) @ direction) for name, out in wrote.items()
    }  # [pos] each
    at = int(np.abs(gave["stream"]).argmax()) if looked_at is None else looked_at
    at = whole_number("looked_at", at, below=len(attention))
    rows = {name: _row(net, out[at]) for name, out in wrote.items()}
    return Reach(
        gave=float(gave["stream"].sum()),
        boxed=float(gave["embedding"].sum()),
        looked_at=at,
        attention=float(attention[at]),
        gave_from_there=float(gave["stream"][at]),
        cosine={
            name: _cosine(_row(net, x), rows["stream"]) for name, x in _bases(net, found, at, W_OV).items()
        },
        norm_share=float(np.linalg.norm(rows["embedding"]) / np.linalg.norm(rows["stream"])),
    )


def _bases(net: Transformer, run: Run, at: int, W_OV: Array) -> dict[str, Array]:
    """What the head would write of what stands at a position, [d_model], by where that comes from."""
    assert run.tokens is not None
    found = {"embedding": run.embedding[at]}
    if isinstance(net, GPT) and net.W_in is not None:
        found["after first MLP"] = after_first_mlp(net, [int(run.tokens[at])])[0]
    found["after layer 0"] = run.resid_post[0, at]
    return {name: read(net, stream) @ W_OV for name, stream in found.items()}


def _row(net: Transformer, written: Array) -> Array:
    """What something written does to the logits, less their mean, [d_vocab]."""
    logits = written @ net.W_U
    row: Array = logits - logits.mean()
    return row


def _cosine(one: Array, other: Array) -> float:
    lengths = np.linalg.norm(one) * np.linalg.norm(other)
    return float(np.clip(one @ other / lengths, -1, 1)) if lengths else float("nan")
