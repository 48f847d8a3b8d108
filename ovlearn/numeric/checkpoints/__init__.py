"""Weights of real models, from a local folder or a state dict. Nothing is ever downloaded.

`load_gpt2` reads a Hugging Face folder, `from_transformer_lens` takes a TransformerLens state dict: both as
they are, unfolded. `left_out` says in numbers what a model's circuits leave out.
"""

from ovlearn.numeric.checkpoints.huggingface import load_gpt2
from ovlearn.numeric.checkpoints.lens import from_transformer_lens
from ovlearn.numeric.checkpoints.remainder import LeftOut, left_out

__all__ = ["LeftOut", "from_transformer_lens", "left_out", "load_gpt2"]
