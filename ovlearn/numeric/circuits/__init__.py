"""A model's circuits: what its heads read and write, composed from the weights alone.

Everything is kept in the inner size, d_head, and batched over heads. No [d_vocab, d_vocab] array is formed
unless `.AB` asks for it. Row vectors: W_OV = W_V W_O, W_QK = W_Q W_Kᵀ.

Of a `GPT` these are products of its weights as they stand: they leave out its biases, its MLPs and what layer
norm divides by, and its gains too, unless it was `folded`. `checkpoints.logit_attribution` says how much of
the logits goes through them.
"""

from ovlearn.numeric.circuits.composition import composition_baseline, composition_scores
from ovlearn.numeric.circuits.copying import copying_quantiles, copying_score, eigenvalues
from ovlearn.numeric.circuits.factors import full_ov, full_qk, ov, qk, virtual_head
from ovlearn.numeric.circuits.raising import TopOutputs, copying_accuracy, top_outputs

__all__ = [
    "TopOutputs",
    "composition_baseline",
    "composition_scores",
    "copying_accuracy",
    "copying_quantiles",
    "copying_score",
    "eigenvalues",
    "full_ov",
    "full_qk",
    "ov",
    "qk",
    "top_outputs",
    "virtual_head",
]
