"""Weights of real models, from a local folder or a state dict. Nothing is ever downloaded.

`load_gpt2` reads a Hugging Face folder, `from_transformer_lens` takes a TransformerLens state dict: both as
they are, unfolded. `logit_attribution` says how much of a model's logits its heads write, and how much of
that its circuits tell.
"""

from ovlearn.numeric.checkpoints.attribution import LogitAttribution, logit_attribution
from ovlearn.numeric.checkpoints.huggingface import load_gpt2
from ovlearn.numeric.checkpoints.lens import NOT_IN_A_STATE_DICT, from_transformer_lens

__all__ = [
    "NOT_IN_A_STATE_DICT",
    "LogitAttribution",
    "from_transformer_lens",
    "load_gpt2",
    "logit_attribution",
]
