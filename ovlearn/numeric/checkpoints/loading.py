"""A model from a path: a Hugging Face folder, or a GGUF file."""

from __future__ import annotations

import os
from pathlib import Path

from ovlearn.arguments import complaint, described
from ovlearn.numeric.checkpoints import gguf_files, huggingface
from ovlearn.numeric.gpt import GPT


def load(path: str | Path) -> GPT:
    """Return the model at a path as it is: unfolded, in float32, with its tokenizer. Nothing is downloaded.

    A folder as Hugging Face's tools write them: config.json, with model.safetensors or its parts and their
    index, in F32, F16, BF16 or F64, of a model_type that `FAMILIES` names; tokenizer.json, if it is there. Or
    a .gguf file of the llama architecture, whole or quantised. "~" is the home folder. Needs the extra
    `weights`: safetensors, gguf, tokenizers. What a GGUF file's numbers are is worked out once and kept (see
    `fetch`).

    A model is loaded rightly or not at all. Raises FileNotFoundError for a path or a file that is missing;
    ImportError without the extra; ValueError for another family, an option that is not known or asks for what
    is not built, a damaged file, and a tensor that is missing, unknown, of another shape, or not finite. Each
    message names the file, what was expected and what came.

    >>> load("nowhere")
    Traceback (most recent call last):
    FileNotFoundError: path: expected a folder with config.json or a .gguf file, got 'nowhere'

    Source: the folder's form is that of transformers, the file's that of llama.cpp.
    """
    if not isinstance(path, str | Path):
        raise TypeError(complaint("path", "the path of a folder or of a .gguf file", described(path)))
    place = Path(os.path.expanduser(path))  # as a Path's own, but for a user that there is not
    if os.path.isdir(place):  # as a Path's own, but for names that are too long
        return huggingface.model_in(place)
    if place.suffix == ".gguf" and os.path.isfile(place):
        return gguf_files.model_in(place)
    raise FileNotFoundError(complaint("path", "a folder with config.json or a .gguf file", repr(str(path))))
