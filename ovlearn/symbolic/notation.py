"""Every symbol of the course in one place: its name, its shape, what it means, where it is recorded.

Shapes are written in four sizes: s, d, d_h and v.

A symbol's name is its base and its indices: `W_OV_1_0` is W_OV of layer 1, head 0. A name with several
pairs of indices belongs to a path: `Y_0_0_1_0` goes through head (0, 0), then head (1, 0).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from sympy import Integer, MatrixSymbol, Symbol

from ovlearn.arguments import complaint, described, whole_number


def _size(name: str) -> Symbol:
    return Symbol(name, integer=True, positive=True)


s = _size("s")  # positions: the number of tokens
d = _size("d")  # d_model: the width of the residual stream
d_h = _size("d_h")  # d_head: the inner width of a head
v = _size("v")  # d_vocab: the number of token ids

MEANINGS: dict[Symbol, str] = {
    s: "number of tokens (positions)",
    d: "width of the residual stream, d_model",
    d_h: "inner width of a head, d_head",
    v: "size of the vocabulary, d_vocab",
}


@dataclass(frozen=True)
class Entry:
    """One line of the glossary.

    `base`: the name without its indices; `latex`: how it is printed; `shape`: rows and columns in
    s, d, d_h, v; `indices`: what its indices say; `meaning`: in a few words; `recorded`: where a model
    or a run of it holds this matrix, if it does; `free`: whether it stands for any matrix of its shape;
    `diagonal`: whether it is zero off its diagonal, and so its own transpose.
    """

    base: str
    latex: str
    shape: tuple[Any, Any]
    indices: str
    meaning: str
    recorded: str = ""
    free: bool = False
    diagonal: bool = False

    @property
    def thing(self) -> str:
        """Which of the course's six things it is a part of, or none: each has one colour (`plots.kit`)."""
        return next((thing for thing, bases in _THINGS.items() if self.base in bases), "")


_ONE = Integer(1)

GLOSSARY: dict[str, Entry] = {
    entry.base: entry
    for entry in (
        Entry("E", "E", (s, v), "", "the tokens, one one-hot row each", "one-hot rows of run.tokens"),
        Entry("W_E", "W_E", (v, d), "", "the embedding", "model.W_E"),
        Entry("W_U", "W_U", (d, v), "", "the unembedding", "model.W_U"),
        Entry("X", "X", (s, d), "layer", "the residual stream before a layer", "run.resid_pre[layer]"),
        Entry("X_A", "X_A", (s, d), "", "any residual stream, the first of two", free=True),
        Entry("X_B", "X_B", (s, d), "", "any residual stream, the second of two", free=True),
        Entry("X_norm", "N", (s, d), "layer", "what the heads of a layer read behind a norm; at the end, W_U",
              "run.resid_pre[layer] after the norm"),
        Entry("D_norm", "D", (s, s), "layer",
              "the factors of a norm on the diagonal: one over the root mean square of each position's "
              "stream (or, of layer norm, over its standard deviation)",
              "one over what the norm divides run.resid_pre[layer] by", diagonal=True),
        Entry("r_norm", "r", (s, _ONE), "layer", "the factors of a norm in a column, each above 0",
              "one over what the norm divides run.resid_pre[layer] by"),
        Entry("G_norm", "G", (d, d), "layer", "the gains of a norm on the diagonal",
              "model.ln1_w[layer] on the diagonal, at the end model.ln_final_w", diagonal=True),
        Entry("Delta", r"\Delta", (s, d), "layer",
              "what a layer adds to the stream; with a prime and a head, what that head adds of the tokens",
              "run.head_out[layer].sum(axis=0)"),
        Entry("Y", "Y", (s, v), "", "the logits; with a prime and a path, what that path adds to them",
              "run.logits"),
        Entry("W_Q", "W_Q", (d, d_h), "layer, head", "the query projection", "model.W_Q[layer, head]"),
        Entry("W_K", "W_K", (d, d_h), "layer, head", "the key projection", "model.W_K[layer, head]"),
        Entry("W_V", "W_V", (d, d_h), "layer, head", "the value projection", "model.W_V[layer, head]"),
        Entry("W_O", "W_O", (d_h, d), "layer, head", "the output projection", "model.W_O[layer, head]"),
        Entry("Q", "Q", (s, d_h), "layer, head", "the queries, one row a position", "run.q[layer, head]"),
        Entry("K", "K", (s, d_h), "layer, head", "the keys, one row a position", "run.k[layer, head]"),
        Entry("V", "V", (s, d_h), "layer, head", "the values, one row a position", "run.v[layer, head]"),
        Entry("S", "S", (s, s), "layer, head", "the attention scores, before mask and softmax",
              "run.scores[layer, head]"),
        Entry("A", "A", (s, s), "layer, head", "the attention pattern, whose rows sum to 1",
              "run.pattern[layer, head]"),
        Entry("Z", "Z", (s, d_h), "layer, head", "the values mixed by the pattern", "run.z[layer, head]"),
        Entry("H", "H", (s, d), "layer, head", "a head's output, what it adds to the residual stream",
              "run.head_out[layer, head]"),
        Entry("W_OV", "W_{OV}", (d, d), "layer, head", "values and output in one matrix, W_V W_O"),
        Entry("W_QK", "W_{QK}", (d, d), "layer, head", "queries and keys in one matrix, W_Q W_K transposed"),
        Entry("C", "C", (v, v), "layer, head",
              "the full OV circuit, W_E W_OV W_U; where norms stand before W_OV and W_U, with their gains"),
        Entry("S_direct", "S'", (s, s), "layer, head",
              "the part of the scores where both sides read the tokens"),
        Entry("x_i", "x_i", (_ONE, d), "", "row i of the residual stream"),
        Entry("x_j", "x_j", (_ONE, d), "", "row j of the residual stream"),
        Entry("q_i", "q_i", (_ONE, d_h), "", "row i of the queries"),
        Entry("k_j", "k_j", (_ONE, d_h), "", "row j of the keys"),
        Entry("v_j", "v_j", (_ONE, d_h), "", "row j of the values"),
        Entry("a_i", "a_i", (_ONE, s), "", "row i of the pattern"),
        Entry("a_ij", "a_{ij}", (_ONE, _ONE), "", "how much position i attends to position j"),
        Entry("r_i", "r_i", (_ONE, _ONE), "", "the factor of the last norm at position i"),
        Entry("r_j", "r_j", (_ONE, _ONE), "", "the factor at position j of the norm that the head reads"),
        Entry("A_G", "A_G", (s, s), "", "any pattern, given to every head of a group", free=True),
        Entry("M", "M", (v, v), "", "any matrix that acts on the right of E", free=True),
    )
}  # fmt: skip

_THINGS = {
    "pattern": ("A", "A_G", "a_i", "a_ij"),
    "qk": ("W_Q", "W_K", "W_QK", "Q", "K", "q_i", "k_j", "S", "S_direct"),
    "ov": ("W_V", "W_O", "W_OV", "V", "v_j", "Z", "C"),
    "embedding": ("E", "W_E"),
    "unembedding": ("W_U",),
    "stream": ("X", "X_A", "X_B", "X_norm", "x_i", "x_j", "Delta", "H"),
}

NORMS = ("X_norm", "D_norm", "r_norm", "G_norm")  # what a network with norms has, one for each stream
STREAMS = ("X", *NORMS)  # numbered 0 … n: a network has one more of them than layers

PARTS = ("Y", "Delta")  # with a path's indices they are what that path adds, and are printed with a prime

_NAME = re.compile(r"^(.*?)((?:_(?:0|[1-9]\d*))*)$", re.DOTALL)  # 01 is no index: it would read as 1


@lru_cache(maxsize=4096)
def parse(name: str) -> tuple[str, tuple[int, ...]]:
    """A symbol's base and indices.

    >>> parse("W_OV_1_0")
    ('W_OV', (1, 0))
    """
    base, indices = _NAME.match(name).groups()  # type: ignore[union-attr]
    return base, tuple(int(index) for index in indices.split("_")[1:])


@lru_cache(maxsize=4096)
def symbol(base: str, *indices: int) -> Any:
    """The course's symbol of this base, shaped as the glossary says.

    Raises: KeyError for a base that the glossary does not have.

    >>> symbol("A", 1, 0), symbol("A", 1, 0).shape
    (A_1_0, (s, s))
    """
    return MatrixSymbol("_".join([base, *map(str, indices)]), *GLOSSARY[base].shape)


def is_of_the_course(node: Any) -> bool:
    """Whether a symbol is one of the glossary's: of its shape, and with as many indices as it takes.

    >>> is_of_the_course(symbol("A", 1, 0)), is_of_the_course(MatrixSymbol("A_1", s, s))
    (True, False)
    """
    base, indices = parse(node.name)
    if base not in GLOSSARY or node.shape != GLOSSARY[base].shape:
        return False
    return indices_fit(base, len(indices))


def indices_fit(base: str, count: int) -> bool:
    """Whether a base of the glossary takes so many indices: those it names, or a path's pairs."""
    named = GLOSSARY[base].indices
    pairs = count > 0 and count % 2 == 0 and (base in PARTS or "head" in named)
    return pairs or count == len(named.split())


@dataclass(frozen=True)
class Network:
    """The sizes of an attention-only network, what it has beside plain heads, and its symbols.

    `layers`: how many layers, at least 0; `heads`: how many heads a layer has, at least 1; `norm`: what the
    heads and W_U read the stream through, "rms" or "layer" (without shifts), if anything; `rotary`: whether
    queries and keys are turned by their positions; `sharing`: how many neighbouring heads have one W_K and
    one W_V.
    Raises: TypeError or ValueError for anything else.

    >>> Network(layers=3, heads=2).head("W_OV", 1, 0)
    W_OV_1_0
    """

    layers: int = 3
    heads: int = 1
    norm: Literal["", "rms", "layer"] = ""
    rotary: bool = False
    sharing: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", whole_number("layers", self.layers, minimum=0))
        object.__setattr__(self, "heads", whole_number("heads", self.heads, minimum=1))
        object.__setattr__(self, "sharing", whole_number("sharing", self.sharing, minimum=1))
        if self.norm not in ("", "rms", "layer"):
            raise ValueError(complaint("norm", '"rms", "layer" or ""', repr(self.norm)))
        if not isinstance(self.rotary, bool):
            raise TypeError(complaint("rotary", "True or False", described(self.rotary)))

    def layer(self, base: str, layer: int, *, last: int = 0) -> Any:
        """The symbol of a layer: `X` (layers 0 … n, so `last=1`) or `Delta` (layers 0 … n − 1)."""
        return symbol(base, whole_number("layer", layer, below=self.layers + last))

    def of_stream(self, base: str, layer: int) -> Any:
        """The symbol of a stream, numbered 0 … n: `X`, or one of a network with norms, as `D_norm`."""
        return self.layer(base, layer, last=1)

    def stream(self, layer: int) -> Any:
        """X_l, the residual stream before layer l; X_n is what the unembedding reads."""
        return self.of_stream("X", layer)

    def read(self, layer: int) -> Any:
        """What the heads of layer l read, the stream or its norm; with l = n, what the unembedding reads."""
        return self.of_stream("X_norm" if self.norm else "X", layer)

    def head(self, base: str, layer: int, head: int) -> Any:
        """The symbol of one head.

        Raises: ValueError for a layer or head that the network does not have.
        """
        return symbol(
            base,
            whole_number("layer", layer, below=self.layers),
            whole_number("head", head, below=self.heads),
        )

    def may_have(self, name: Any) -> bool:
        """Whether a name of the course is one of this network's; any other name may be."""
        base, indices = parse(name.name) if isinstance(name, MatrixSymbol) else ("", ())
        if base not in GLOSSARY:
            return True
        layers = indices[:1] if len(indices) == 1 else indices[::2]
        there = all(layer < self.layers + (base in STREAMS) for layer in layers)
        return is_of_the_course(name) and there and all(head < self.heads for head in indices[1::2])

    def heads_of(self, layer: int) -> Iterable[tuple[int, int]]:
        """The (layer, head) pairs of one layer."""
        return ((layer, head) for head in range(self.heads))

    def first_of_group(self, head: int) -> int:
        """The first of the heads that share W_K and W_V with this one; itself where none does."""
        return head - head % self.sharing
