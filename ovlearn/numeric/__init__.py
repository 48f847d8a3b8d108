"""The numeric floor: a transformer of attention heads alone, in numpy, with everything it computes.

Row vectors throughout: a stream is [pos, d_model] and weights multiply from the right, x @ W_V @ W_O.
"""

from ovlearn.numeric import checkpoints, circuits, detect, paths, reading, zoo
from ovlearn.numeric.config import Config
from ovlearn.numeric.factored import FactoredMatrix
from ovlearn.numeric.gpt import GPT
from ovlearn.numeric.rotary import Rotary
from ovlearn.numeric.run import FrozenNetwork, Run
from ovlearn.numeric.transformer import Transformer

__all__ = [
    "GPT",
    "Config",
    "FactoredMatrix",
    "FrozenNetwork",
    "Rotary",
    "Run",
    "Transformer",
    "checkpoints",
    "circuits",
    "detect",
    "paths",
    "reading",
    "zoo",
]
