"""The numeric floor: a transformer of attention heads alone, in numpy, with everything it computes.

Row vectors throughout: a stream is [pos, d_model] and weights multiply from the right, x @ W_V @ W_O.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ovlearn.numeric import circuits, detect, paths
from ovlearn.numeric.config import Config
from ovlearn.numeric.factored import FactoredMatrix
from ovlearn.numeric.gpt import GPT
from ovlearn.numeric.rotary import Rotary
from ovlearn.numeric.run import FrozenNetwork, Run
from ovlearn.numeric.transformer import Transformer

if TYPE_CHECKING:
    from ovlearn.numeric import checkpoints, reading, zoo

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

_WHEN_USED = ("checkpoints", "reading", "zoo")  # what few programs need, and what takes as long as all else


def __getattr__(name: str) -> Any:
    if name in _WHEN_USED:
        return import_module(f"ovlearn.numeric.{name}")
    raise AttributeError(f"module 'ovlearn.numeric' has no attribute {name!r}")
