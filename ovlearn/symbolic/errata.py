"""What the article, and the paper behind it, need corrected. The course teaches these with a check each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Erratum:
    """One correction: its number, what is corrected, and the derivation that shows it (a slug)."""

    number: int
    says: str
    shown_in: str


ERRATA: dict[int, Erratum] = {
    erratum.number: erratum
    for erratum in (
        Erratum(
            1,
            "Layers 0 … n − 1 add Δ_0 … Δ_{n−1}, and the last stream is X_n: the sums end one term too late.",
            "residual-stream",
        ),
        Erratum(
            2,
            "Left unsaid: no MLP, no layer norm, no biases, no positional term, one head a layer. With H "
            "heads a layer adds a sum over its heads, and there are (1 + H)^L paths.",
            "frozen-network",
        ),
        Erratum(
            3,
            "Not only a single layer: with the patterns frozen, a network of any depth expands exactly.",
            "path-expansion",
        ),
        Erratum(
            4,
            "In the paper's column convention W_U W_OV W_E is a product, the transpose of W_E W_OV W_U; with "
            "attention it is the right factor of A ⊗ (W_U W_OV W_E).",
            "conventions",
        ),
        Erratum(
            5,
            "The boxed equation is the head's contribution to the logits on the direct path; the OV circuit "
            "is the W_E W_OV W_U within it.",
            "ov-circuit",
        ),
        Erratum(
            6,
            "The box does not hold all terms with the tokens and the head: every path begins with the "
            "tokens, and paths through other heads pass this one too. It holds the path through it alone.",
            "ov-circuit",
        ),
        Erratum(
            7,
            "The causal mask is left out: in the illustration, the query at the first position does not see "
            "the key at the second.",
            "attention-head",
        ),
        Erratum(
            8,
            "A is the attention pattern, whose rows sum to 1; the scores are what stands before the softmax.",
            "attention-head",
        ),
        Erratum(
            9,
            "`layer` needs an index, and the inequality holds in general, not for any inputs: with X_B = 0 "
            "the two sides are equal.",
            "nonlinearity",
        ),
        Erratum(
            10,
            "Embedding one-hot rows is linear already; what is assumed is that the unembedding is.",
            "frozen-network",
        ),
        Erratum(
            11,
            "W_OV has rank at most d_head, and the frozen pattern comes from one recorded input.",
            "ov-fold",
        ),
    )
}
