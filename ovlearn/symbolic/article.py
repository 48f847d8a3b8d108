"""The article map: every displayed equation of the article, and the derivation step that yields it.

Each entry holds targets typed by hand, for a network of three layers with one head each. The article's layer
i is layer 1 here, and layer 2 where a sum over the layers below it needs more than one term to be seen. A
target is compared, by normal form, with what the named steps yield. The article writes O for Z and O_layer
for H.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import MatAdd, MatMul, MatrixSymbol, Symbol, Transpose, sqrt

from ovlearn.symbolic.course import derive
from ovlearn.symbolic.derivation import Derivation
from ovlearn.symbolic.functions import At, CausalMask, Layer, OneHot, RowSoftmax, SumBelow, TokenSum
from ovlearn.symbolic.normal import NormalForm
from ovlearn.symbolic.notation import d, d_h, s, v
from ovlearn.symbolic.statements import Relation


@dataclass(frozen=True)
class Target:
    """One equation as the article means it, and where the course yields it.

    `relation`: typed by hand; `slug`, `lemma`: the derivation, or the lemma of it by title; `first`, `last`:
    the steps that yield it together; with `given`, the assumption of this name states it, and step `first`
    uses that; `layer`: the article's layer i.
    """

    relation: Relation
    slug: str
    lemma: str = ""
    first: int = 1
    last: int | None = None
    given: str = ""
    layer: int = 1

    def derivation(self) -> Derivation:
        """The derivation, or the lemma, that yields the target."""
        whole = derive(self.slug, layer=self.layer)
        return whole.lemma(self.lemma) if self.lemma else whole

    def yielded(self) -> Iterator[Relation]:
        """What the steps yield: one relation, or each equation of the assumption that a step uses."""
        derivation = self.derivation()
        if not self.given:
            yield derivation.between(self.first, self.last)
            return
        for source in derivation.steps[self.first - 1].sources:
            if source.name == self.given:
                yield from source.equations

    def holds(self) -> bool:
        """Whether the steps yield the target."""
        return any(same(self.relation, relation) for relation in self.yielded())


@dataclass(frozen=True)
class Displayed:
    """One displayed equation of the article: its number in order, its section, its targets, its errata."""

    number: int
    section: str
    says: str
    targets: tuple[Target, ...]
    errata: tuple[int, ...] = ()


def same(left: Relation, right: Relation) -> bool:
    """Whether two relations have the same sign and, side by side, the same normal forms."""
    form = NormalForm()
    return left.sign == right.sign and all(
        form.of(one) == form.of(other) for one, other in ((left.lhs, right.lhs), (left.rhs, right.rhs))
    )


_E, _W_E, _W_U = MatrixSymbol("E", s, v), MatrixSymbol("W_E", v, d), MatrixSymbol("W_U", d, v)
_X_0, _X_1, _X_3 = (MatrixSymbol(f"X_{layer}", s, d) for layer in (0, 1, 3))
_D_0, _D_1, _D_2 = (MatrixSymbol(f"Delta_{layer}", s, d) for layer in range(3))
_X_A, _X_B = MatrixSymbol("X_A", s, d), MatrixSymbol("X_B", s, d)
_W_Q, _W_K, _W_V = (MatrixSymbol(f"W_{name}_1_0", d, d_h) for name in "QKV")
_W_O, _W_OV = MatrixSymbol("W_O_1_0", d_h, d), MatrixSymbol("W_OV_1_0", d, d)
_Q, _K, _V, _Z = (MatrixSymbol(f"{name}_1_0", s, d_h) for name in "QKVZ")
_S, _A = MatrixSymbol("S_1_0", s, s), MatrixSymbol("A_1_0", s, s)
_A_2, _W_OV_2 = MatrixSymbol("A_2_0", s, s), MatrixSymbol("W_OV_2_0", d, d)
_H, _PART = MatrixSymbol("H_1_0", s, d), MatrixSymbol("Delta_1_0", s, d)
_Y, _Y_PART = MatrixSymbol("Y", s, v), MatrixSymbol("Y_1_0", s, v)
_I, _J, _N = Symbol("i", integer=True), Symbol("j", integer=True), Symbol("n", integer=True, nonnegative=True)
_Q_I, _K_J, _V_J = (MatrixSymbol(name, 1, d_h) for name in ("q_i", "k_j", "v_j"))
_A_IJ = MatrixSymbol("a_ij", 1, 1)


def _equal(lhs: object, rhs: object) -> Relation:
    return Relation(lhs, rhs)


def _times(*factors: object) -> MatMul:
    return MatMul(*factors, evaluate=False)


def _plus(*terms: object) -> MatAdd:
    return MatAdd(*terms, evaluate=False)


ARTICLE: tuple[Displayed, ...] = (
    Displayed(
        1,
        "Motivation",
        "each layer adds its output to the stream",
        (
            Target(
                _equal(At("X", _N + 1, s, d), _plus(At("X", _N, s, d), At("Delta", _N, s, d))),
                "residual-stream",
                "From n to n + 1",
                last=1,
            ),
            Target(_equal(Layer(_X_1, 1), _D_1), "attention-head", "The layer as a function of its stream"),
        ),
        (9,),
    ),
    Displayed(
        2,
        "Motivation",
        "the stream is the sum of all that was added",
        (
            Target(_equal(_X_3, _plus(_X_0, _D_0, _D_1, _D_2)), "residual-stream"),
            Target(
                _equal(At("X", _N + 1, s, d), _plus(_X_0, SumBelow("Delta", _N + 1, s, d))),
                "residual-stream",
                "From n to n + 1",
            ),
        ),
    ),
    Displayed(
        3,
        "Motivation",
        "a layer is not linear",
        (
            Target(
                Relation(Layer(_plus(_X_A, _X_B), 1), _plus(Layer(_X_A, 1), Layer(_X_B, 1)), "≠"),
                "nonlinearity",
            ),
        ),
        (9,),
    ),
    Displayed(
        4,
        "Motivation",
        "so its output does not split into the parts of its input",
        (
            Target(
                Relation(Layer(_plus(_X_0, _D_0), 1), _plus(Layer(_X_0, 1), Layer(_D_0, 1)), "≠"),
                "nonlinearity",
                "The article's residual form",
            ),
        ),
        (3, 9),
    ),
    Displayed(
        5,
        "Motivation",
        "queries, keys and values, with their shapes",
        (
            Target(_equal(_Q, _times(_X_1, _W_Q)), "attention-head", first=6, given="queries"),
            Target(_equal(_K, _times(_X_1, _W_K)), "attention-head", first=7, given="keys"),
            Target(_equal(_V, _times(_X_1, _W_V)), "attention-head", first=3, given="values"),
        ),
    ),
    Displayed(
        6,
        "Motivation",
        "the pattern is the softmax of the scores",
        (
            Target(_equal(_A, RowSoftmax(CausalMask(_S))), "attention-head", first=4, given="pattern"),
            Target(
                _equal(_S, _times(1 / sqrt(d_h), _Q, Transpose(_K))),
                "attention-head",
                first=5,
                given="scores",
            ),
        ),
        (7, 8),
    ),
    Displayed(
        7,
        "Motivation",
        "one entry of the scores is a query times a key",
        (
            Target(
                _equal(
                    _times(OneHot(_I, s), _Q, Transpose(_K), Transpose(OneHot(_J, s))),
                    _times(_Q_I, Transpose(_K_J)),
                ),
                "attention-head",
                "One entry of Q Kᵀ",
            ),
        ),
    ),
    Displayed(
        8,
        "Motivation",
        "one row of A V is a weighted sum of the values",
        (
            Target(
                _equal(_times(OneHot(_I, s), _Z), TokenSum(_times(_A_IJ, _V_J), _J)),
                "attention-head",
                "One row of A V",
            ),
        ),
    ),
    Displayed(
        9,
        "Motivation",
        "the output projection gives the head's output",
        (Target(_equal(_H, _times(_Z, _W_O)), "attention-head", last=1),),
    ),
    Displayed(
        10,
        "Motivation",
        "values, attention, output: the three lines",
        (
            Target(_equal(_V, _times(_X_1, _W_V)), "ov-fold", first=3, given="values"),
            Target(_equal(_Z, _times(_A, _V)), "ov-fold", first=2, given="z"),
            Target(_equal(_H, _times(_Z, _W_O)), "ov-fold", first=1, given="head output"),
        ),
    ),
    Displayed(
        11,
        "Motivation",
        "the three lines in one, without brackets",
        (
            Target(_equal(_H, _times(_times(_A, _times(_X_1, _W_V)), _W_O)), "ov-fold", last=3),
            Target(_equal(_H, _times(_A, _X_1, _W_V, _W_O)), "ov-fold", last=4),
        ),
    ),
    Displayed(
        12,
        "Motivation",
        "values and output fold into W_OV",
        (Target(_equal(_times(_A, _X_1, _W_V, _W_O), _times(_A, _X_1, _W_OV)), "ov-fold", first=5, last=6),),
        (11,),
    ),
    Displayed(
        13,
        "The Circuit",
        "embedding and unembedding are linear",
        (
            Target(_equal(_X_0, _times(_E, _W_E)), "frozen-network", first=3, given="token embedding"),
            Target(_equal(_Y, _times(_X_3, _W_U)), "frozen-network", last=1),
        ),
        (10,),
    ),
    Displayed(
        14,
        "The Circuit",
        "the whole network in two equations",
        (
            Target(
                _equal(_Y, _times(_plus(_times(_E, _W_E), _D_0, _D_1, _D_2), _W_U)), "frozen-network", last=3
            ),
            Target(
                _equal(_D_2, _times(_A_2, _plus(_times(_E, _W_E), _D_0, _D_1), _W_OV_2)),
                "frozen-network",
                "What a layer adds",
                last=4,
                layer=2,
            ),
        ),
        (1, 2, 3),
    ),
    Displayed(
        15,
        "The Circuit",
        "the two equations without brackets",
        (
            Target(
                _equal(
                    _Y,
                    _plus(_times(_E, _W_E, _W_U), _times(_D_0, _W_U), _times(_D_1, _W_U), _times(_D_2, _W_U)),
                ),
                "frozen-network",
            ),
            Target(
                _equal(
                    _D_2,
                    _plus(
                        _times(_A_2, _E, _W_E, _W_OV_2),
                        _times(_A_2, _D_0, _W_OV_2),
                        _times(_A_2, _D_1, _W_OV_2),
                    ),
                ),
                "frozen-network",
                "What a layer adds",
                layer=2,
            ),
        ),
        (1,),
    ),
    Displayed(
        16,
        "The Circuit",
        "the terms with the tokens and one layer",
        (
            Target(
                _equal(_Y_PART, _times(_PART, _W_U)), "ov-circuit", "Its contribution to the logits", last=1
            ),
            Target(
                _equal(_PART, _times(_A, _E, _W_E, _W_OV)), "ov-circuit", "What the head adds of the tokens"
            ),
        ),
        (6,),
    ),
    Displayed(
        17,
        "The Circuit",
        "the OV circuit, boxed",
        (Target(_equal(_Y_PART, _times(_A, _E, _W_E, _W_OV, _W_U)), "ov-circuit"),),
        (4, 5, 6),
    ),
)
