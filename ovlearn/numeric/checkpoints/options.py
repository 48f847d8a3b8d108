"""The options of a config, each read with what it may be; one that nobody read is an error."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ovlearn.arguments import complaint, described

T = TypeVar("T")

# What says nothing of how a text is read: who made it, how it was trained, how to write with it.
_SILENT = {
    *("_attn_implementation", "_attn_implementation_autoset", "_commit_hash", "_name_or_path"),
    *("architectures", "auto_map", "bos_token_id", "chunk_size_feed_forward", "decoder_start_token_id"),
    *("dtype", "eos_token_id", "finetuning_task", "gradient_checkpointing", "id2label"),
    *("initializer_range", "is_decoder", "is_encoder_decoder", "is_llama_config"),
    *("keys_to_ignore_at_inference",),
    *("label2id", "model_type", "name_or_path", "output_attentions", "output_hidden_states"),
    *("pad_token_id", "problem_type", "return_dict", "sep_token_id", "task_specific_params"),
    *("tokenizer_class", "torch_dtype", "transformers.js_config", "transformers_version"),
    *("unk_token_id", "unsloth_fixed", "unsloth_version", "use_cache", "use_return_dict"),
}  # fmt: skip
_OF_TRAINING = ("dropout", "pdrop", "summary_", "classifier_")
_MISSING = object()


@dataclass
class Options:
    """The options of a file by their names; `where` names it in errors. Each that is read is remembered."""

    where: str
    values: Mapping[str, Any]
    read: set[str] = field(default_factory=set)

    def size(self, name: str, default: int | None = None, minimum: int = 1) -> int:
        """Return a whole number.

        Raises ValueError, as all of these do, where it is missing without a default, or is something else.
        """
        value = self._value(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
            raise self._wrong(name, f"a whole number of at least {minimum}", value)
        return value

    def nullable_size(self, name: str, default: int) -> int | None:
        """Return a whole number, or None where that is what the option says: it has another default."""
        self.read.add(name)
        return None if self.values.get(name, default) is None else self.size(name, default)

    def number(self, name: str, default: float) -> float:
        """Return a finite number above 0."""
        value = self._said(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise self._wrong(name, "a number above 0", value)
        return float(value)

    def flag(self, name: str, default: bool) -> bool:
        """Return true or false."""
        value = self._said(name, default)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false", value)
        return value

    def choice(self, name: str, default: str, known: Mapping[str, T]) -> T:
        """Return what a word stands for."""
        value = self._said(name, default)
        if not isinstance(value, str) or value not in known:
            raise self._wrong(name, " or ".join(map(repr, known)), value)
        return known[value]

    def must_be(self, name: str, *expected: Any) -> None:
        """Refuse an option that asks for what is not built; the first is what it is if it is missing."""
        value = self._value(name, expected[0])
        if not any(value is one or (type(value) is type(one) and value == one) for one in expected):
            raise self._wrong(name, f"{_shown(expected[0])}: no other is built", value)

    def table(self, name: str) -> Options:
        """Return the options within one; none where it is missing."""
        value = self._value(name, None)
        if value is not None and not isinstance(value, Mapping):
            raise self._wrong(name, "an object", value)
        return Options(f"{self.where}, {name}", value or {})

    def any(self, name: str, default: Any = None) -> Any:
        """Return an option as it is."""
        return self._value(name, default)

    def nothing_else(self) -> None:
        """Raise ValueError for an option that was not read, and is not one that says nothing of a text."""
        for name in sorted(set(self.values) - self.read):
            silent = name in _SILENT or any(part in name for part in _OF_TRAINING)
            if not silent and self.values[name] is not None:
                raise self._wrong(name, "no such option, as it is not known here", self.values[name])

    def _said(self, name: str, default: Any) -> Any:
        """What an option says, null too; the default where it is missing."""
        self.read.add(name)
        return self.values.get(name, default)

    def _value(self, name: str, default: Any) -> Any:
        """What an option says; the default where it is missing or null."""
        self.read.add(name)
        value = self.values.get(name)
        return default if value is None else value

    def _wrong(self, name: str, expected: str, value: Any) -> ValueError:
        came = "none" if value is None and name not in self.values else described(value)
        return ValueError(complaint(f"{self.where}, {name}", expected, came))


def _shown(value: Any) -> str:
    """A value as JSON has it."""
    return json.dumps(value) if value is None or isinstance(value, bool) else repr(value)


def first_of(options: Options, names: Iterable[str]) -> str:
    """Return the first of some names that an option has, or the first of them."""
    asked = list(names)
    return next((name for name in asked if options.values.get(name) is not None), asked[0])
