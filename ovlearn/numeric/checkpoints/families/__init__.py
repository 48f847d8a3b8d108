"""The families of language models that can be read: one function each, from options and tensors to a GPT's.

Each is handed the options of a config and the tensors of its files, and takes from both what it knows. What
it leaves is refused: `load` sees to that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ovlearn.numeric.checkpoints.families.gpt2 import gpt2
from ovlearn.numeric.checkpoints.families.llama import llama, mistral, qwen2, qwen3
from ovlearn.numeric.checkpoints.families.neo import gpt_neo
from ovlearn.numeric.checkpoints.families.neox import gpt_neox
from ovlearn.numeric.checkpoints.options import Options
from ovlearn.numeric.checkpoints.tensors import Tensors

FAMILIES: dict[str, Callable[[Options, Tensors], dict[str, Any]]] = {
    "gpt2": gpt2,
    "llama": llama,
    "mistral": mistral,
    "qwen2": qwen2,
    "qwen3": qwen3,
    "gpt_neox": gpt_neox,
    "gpt_neo": gpt_neo,
}
