"""What a language model did on one text, as far as an excerpt of it tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ovlearn.arguments import Head, complaint, described, whole_number
from ovlearn.numeric.arrays import Array
from ovlearn.numeric.norms import normed, scale_of
from ovlearn.numeric.reading.reaching import Reach

if TYPE_CHECKING:
    from ovlearn.numeric.zoo.excerpt import Basis, Excerpt

_UNSET = cast("Excerpt", None)  # set by `Excerpt.run`


@dataclass(frozen=True, eq=False, repr=False)
class ExcerptRun:
    """One recorded run; the arrays are read-only.

    words: the text's tokens [pos], the begin token first.  pattern [head, query, key], in the order of
    `heads`.  resid_pre [layer, pos, d_model], of `layers` alone; that of layer 1 is the stream after layer 0.
    scale [pos]: what the last norm divides by.  next_words, probabilities [pos, 5]: the likeliest next tokens
    of the whole vocabulary.  silenced [head]: how probable the likeliest word at the end still is with that
    head writing nothing.

    >>> from ovlearn.numeric import zoo
    >>> run = zoo.load("smollm2-excerpt").run("The capital of France is")
    >>> str(run.next_words[-1, 0]), run.words[-2:]
    (' Paris', (' France', ' is'))
    """

    text: str
    heads: tuple[Head, ...]
    words: tuple[str, ...]
    pattern: Array
    layers: tuple[int, ...]
    resid_pre: Array
    scale: Array
    next_words: Any
    probabilities: Array
    silenced: Array
    eps: float
    excerpt: Excerpt = _UNSET

    def stream(self, layer: int) -> Array:
        """Return resid_pre of a layer, [pos, d_model]. Raises ValueError for one that was not kept."""
        if layer not in self.layers:
            kept = ", ".join(map(str, self.layers))
            raise ValueError(complaint("layer", f"one of {kept}", described(layer)))
        found: Array = self.resid_pre[self.layers.index(layer)]
        return found

    def attention(self, layer: int, head: int) -> Array:
        """Return a head's pattern, [query, key]. Raises ValueError for a head that is not there."""
        found: Array = self.pattern[self.excerpt.place(layer, head)]
        return found

    def without(self, layer: int, head: int) -> float:
        """Return the probability of the likeliest word at the end where this head writes nothing.

        Raises ValueError for a head that is not there.

        >>> from ovlearn.numeric import zoo
        >>> run = zoo.load("smollm2-excerpt").run("The capital of France is")
        >>> bool(run.without(23, 4) < run.probabilities[-1, 0] / 2)
        True

        Source: zero ablation, as in Elhage et al. (2021), 'Term Importance Analysis'.
        """
        return float(self.silenced[self.excerpt.place(layer, head)])

    def gives(self, layer: int, head: int, position: int = -1) -> Array:
        """Return what a head gave at a position from each source to the excerpt's words, [pos, word].

        That is attention × row of the recorded stream, the last norm's factor held, in logits less their mean
        over the whole vocabulary.

        Raises ValueError for a head or a position that is not there.

        >>> from ovlearn.numeric import zoo
        >>> excerpt = zoo.load("smollm2-excerpt")
        >>> gave = excerpt.run("The capital of France is").gives(23, 4)
        >>> round(float(gave.sum(axis=0)[excerpt.id_of(" Paris")]), 1)
        2.9
        """
        at, last = self.excerpt.place(layer, head), self._position(position)
        x = normed(self.stream(layer), "RMSPre", self.eps)  # [pos, d_model]
        return self._given(at, last, x)

    def reach(
        self, layer: int, head: int, toward: str, looked_at: int | None = None, position: int = -1
    ) -> Reach:
        """Return how far the boxed equation reaches for a head here, as `reading.reach` does.

        Raises ValueError for a head, word or position that is not there.

        >>> from ovlearn.numeric import zoo
        >>> run = zoo.load("smollm2-excerpt").run("The capital of France is")
        >>> found = run.reach(23, 4, " Paris")
        >>> run.words[found.looked_at], bool(found.share < 0.05)
        (' France', True)
        """
        at, last = self.excerpt.place(layer, head), self._position(position)
        word = self.excerpt.id_of(toward)
        stream = self.stream(layer)  # [pos, d_model]
        held = self.excerpt.streams(self.words) / scale_of(stream, "RMSPre", self.eps)  # [pos, d_model]
        gave = self.gives(layer, head, last)[:, word]  # [pos]
        boxed = self._given(at, last, held)[:, word]  # [pos]
        where = int(np.abs(gave).argmax()) if looked_at is None else looked_at
        where = whole_number("looked_at", where, below=len(self.words))
        z = {name: x @ self.excerpt.W_V[at] for name, x in self._bases(layer, where).items()}  # [d_head] each
        recorded = z.pop("stream")
        lengths = [self.excerpt.length(at, one) for one in (held[where] @ self.excerpt.W_V[at], recorded)]
        return Reach(
            gave=float(gave.sum()),
            boxed=float(boxed.sum()),
            looked_at=where,
            attention=float(self.pattern[at, last, where]),
            gave_from_there=float(gave[where]),
            cosine={name: self._cosine(at, one, recorded) for name, one in z.items()},
            norm_share=float(lengths[0] / lengths[1]),
        )

    def by_chance(
        self, layer: int, head: int, looked_at: int, basis: Basis = "embedding", quantile: float = 0.95
    ) -> float:
        """Return what a row's cosine must exceed to say something: how far rows of other words get.

        That is the cosine with the row of the stream recorded at a position, below which lie this share of
        the rows of all the excerpt's words.

        Raises ValueError for a head, position or basis that is not there.

        >>> from ovlearn.numeric import zoo
        >>> run = zoo.load("smollm2-excerpt").run("The capital of France is")
        >>> found = run.reach(23, 4, " Paris")
        >>> found.cosine["embedding"] < run.by_chance(23, 4, found.looked_at)  # it does not know
        True
        """
        at = self.excerpt.place(layer, head)
        where = whole_number("looked_at", looked_at, below=len(self.words))
        recorded = normed(self.stream(layer)[where], "RMSPre", self.eps) @ self.excerpt.W_V[at]  # [d_head]
        words = normed(self.excerpt.streams(self.excerpt.words, basis), "RMSPre", self.eps)  # [word, d_model]
        z = words @ self.excerpt.W_V[at]  # [word, d_head]
        lengths = self.excerpt.length(at, z) * self.excerpt.length(at, recorded)  # [word]
        return float(np.quantile(z @ self.excerpt.gram[at] @ recorded / lengths, quantile))

    def _bases(self, layer: int, at: int) -> dict[str, Array]:
        """What the head reads at a position, [d_model], by where that comes from."""
        word = [self.words[at]]
        found = {
            "embedding": self.excerpt.streams(word)[0],
            "after first MLP": self.excerpt.streams(word, "after first MLP")[0],
            "after layer 0": self.stream(1)[at],
            "stream": self.stream(layer)[at],
        }
        return {name: normed(x, "RMSPre", self.eps) for name, x in found.items()}

    def _given(self, at: int, last: int, x: Array) -> Array:
        """What a head that reads x [pos, d_model] gives at a position, [pos, word]."""
        wrote = x @ self.excerpt.W_V[at] @ self.excerpt.W_O[at]  # [pos, d_model]
        given: Array = self.pattern[at, last][:, None] * (wrote @ self.excerpt.W_U) / self.scale[last]
        return given

    def _cosine(self, at: int, one: Array, other: Array) -> float:
        lengths = self.excerpt.length(at, one) * self.excerpt.length(at, other)
        return float(one @ self.excerpt.gram[at] @ other / lengths)

    def _position(self, position: int) -> int:
        length = len(self.words)
        at = position + length if -length <= position < 0 else position
        return whole_number("position", at, below=length)

    def __repr__(self) -> str:
        """Give the text alone."""
        return f"ExcerptRun({self.text!r})"
