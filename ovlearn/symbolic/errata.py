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
            "Layers 0 … n − 1 add Δ_0 … Δ_{n−1}, and the last stream is X_n: the sums end one term too late. "
            "(Or there are n + 1 layers, and the last stream is X_{n+1}.)",
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
            "Not only a single layer. What stands in the way is that the pattern depends on the stream; with "
            "the patterns frozen, a network of any depth expands exactly.",
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
            "The boxed equation is what the head adds to the logits on the one path through this head alone; "
            "the OV circuit is the W_E W_OV W_U within it.",
            "ov-circuit",
        ),
        Erratum(
            6,
            "In Δ_i, expanded once, one term shows the tokens: there the sentence is right. Expanded to the "
            "end, every term begins with the tokens, and paths through other heads pass this one too. The "
            "box holds the one path through this head alone.",
            "ov-circuit",
        ),
        Erratum(
            7,
            "The formula for A needs the causal mask. The illustration shows Q Kᵀ, which is right with or "
            "without one; its entry, the first query with the second key, is then masked.",
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
            "Looking up rows is linear for any table; what X_0 = E W_E assumes is that no positional term is "
            "added. The linear unembedding is the other assumption.",
            "frozen-network",
        ),
        Erratum(
            11,
            "W_OV has rank at most d_head, and the frozen pattern comes from one recorded input.",
            "ov-fold",
        ),
    )
}
