"""What may pass between an answer and its check: plain data, arrays, expressions, and nothing that acts.

A value is encoded on the side of the answer and decoded on the side of the check, in a notebook too, so
that a check sees the same everywhere: a true array and not a subclass of one, a number and not an object
that says that it equals everything. What has no encoding arrives as `Unknown`, which equals nothing.
"""

from __future__ import annotations

import base64
import importlib
import math
import sys
from array import array
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, partial
from numbers import Rational
from types import ModuleType
from typing import Any

import numpy as np

from ovlearn.exercises.replies import Data

_LONGEST = 1_000_000  # entries of an array, or characters of a text, that an answer may hold
_DEEPEST = 60


@dataclass(frozen=True, eq=False)
class Unknown:
    """A value that no check asks for. `kind`: the name of its type; `why`: what is wrong, if not the type."""

    kind: str
    why: str = ""


def encode(value: object, depth: int = 0) -> Data:
    """Return a value as data for JSON; what has no place in an answer as its type's name alone.

    >>> encode((1, 2.5))
    ['tuple', [1, ['float', '0x1.4000000000000p+1']]]
    >>> encode(print)
    ['unknown', 'builtin_function_or_method', '']
    """
    if depth > _DEEPEST:
        return _unknown(value, "nested too deeply")
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is int and isinstance(value, int):
        return (
            value if abs(value) < 2**53 else ["int", hex(value)] if abs(value) < 2**2000 else _unknown(value)
        )
    if kind in _ENCODERS:
        return _ENCODERS[kind](value, depth + 1)
    if isinstance(value, _NUMPYS):
        return _array(value)
    data = _of_a_floor(value, depth + 1)
    return _plainer(value, depth + 1) if is_unknown(data) else data


def decode(data: Data) -> Any:
    """Return the value of encoded data.

    Raises: ValueError for what no `encode` wrote: a worker may send anything.

    >>> decode(encode({"rank": (3, None)}))
    {'rank': (3, None)}
    >>> decode(["tuple", 7])
    Traceback (most recent call last):
    ValueError: data: expected an encoded value, got ['tuple', 7]
    """
    if data is None or isinstance(data, int):  # or a bool
        return data
    try:
        kind, *parts = data
        return _decoder(kind)(*parts)
    except Exception:  # a hostile answer sheet decides what is raised here: none of it may pass
        raise ValueError(f"data: expected an encoded value, got {str(data)[:80]}") from None


def is_unknown(data: Data) -> bool:
    """Tell whether encoded data stands for a value that has no place in an answer."""
    return isinstance(data, list) and data[:1] == ["unknown"]


def same(first: object, second: object) -> bool:
    """Tell whether two values are the same in every bit, as far as they can be encoded."""
    return bool(encode(first) == encode(second))


def _unknown(value: object, why: str = "") -> Data:
    return ["unknown", type(value).__name__[:80], why]


def _text(value: str, depth: int) -> Data:
    return ["str", value] if len(value) <= _LONGEST else _unknown(value, "too long")


def _items(name: str) -> Callable[[Any, int], Data]:
    def encoded(value: Any, depth: int) -> Data:
        if len(value) > _LONGEST:
            return _unknown(value, "too long")
        return [name, [encode(each, depth) for each in value]]

    return encoded


def _pairs(value: dict[Any, Any], depth: int) -> Data:
    pairs = [[encode(key, depth), encode(each, depth)] for key, each in value.items()]
    return ["dict", pairs]


def _set(value: Any, depth: int) -> Data:
    return ["set", sorted((encode(each, depth) for each in value), key=str)]


_ENCODERS: dict[type, Callable[[Any, int], Data]] = {
    float: lambda value, depth: ["float", value.hex() if math.isfinite(value) else str(value)],
    complex: lambda value, depth: ["complex", encode(value.real), encode(value.imag)],
    str: _text,
    tuple: _items("tuple"),
    list: _items("list"),
    dict: _pairs,
    set: _set,
    frozenset: _set,
    range: _items("list"),
    type(...): lambda value, depth: ["ellipsis"],
}


_NUMPYS = (np.ndarray, np.generic)
_PLAIN: tuple[Any, ...] = (int, float, complex, str, tuple, list, dict, set, frozenset)


def _array(value: Any) -> Data:
    """An array, or a number of numpy's, as its plain numbers. A subclass is left behind."""
    plain = np.array(value, subok=False)
    if plain.dtype.kind == "U" and plain.size <= _LONGEST:
        return encode(plain.tolist())
    if plain.dtype.kind not in "biufc":
        return _unknown(value, f"of dtype {plain.dtype}")
    if plain.size > _LONGEST:
        return _unknown(value, f"with {plain.size:,} entries")
    if plain.dtype.itemsize > np.dtype(complex).itemsize or plain.dtype == np.longdouble:
        plain = plain.astype(complex if plain.dtype.kind == "c" else float)
    written = np.ascontiguousarray(plain, dtype=plain.dtype.newbyteorder("<"))
    text = base64.b64encode(written.tobytes()).decode("ascii")
    return ["array", written.dtype.str, list(plain.shape), text]


def _plainer(value: object, depth: int) -> Data:
    """A value that is as good as a plain one: of a subclass, a fraction, a table, another library's array.

    Its own code says what it is, as it does where it is called. Where that fails, it has no place in an
    answer.
    """
    try:
        plain = _as_plain(value, type(value))
        return _unknown(value) if plain is value else encode(plain, depth)
    except BaseException:  # a hostile answer sheet decides what is raised here: none of it may pass
        return _unknown(value)


def _as_plain(value: Any, kind: type) -> Any:
    """The plain value, or the value itself where there is none. Its type is asked: that cannot lie."""
    for plain in _PLAIN:
        if issubclass(kind, plain):
            return plain(value)
    if issubclass(kind, Mapping):
        return dict(value)
    if issubclass(kind, Rational | Decimal):
        return int(value) if value == int(value) else float(value)
    if hasattr(kind, "__array__") or issubclass(kind, array | memoryview | deque):
        numbers = np.asarray(list(value) if issubclass(kind, deque) else value)
        return value if numbers.dtype == object else numbers
    return value


def _of_a_floor(value: object, depth: int) -> Data:
    """A value of the package's own, or of sympy's, once the floor that it belongs to is loaded."""
    for floor in _floors(symbols="sympy" in sys.modules):
        data = floor.encode(value, lambda part: encode(part, depth))
        if data is not None:
            return data
    return _unknown(value)


def _floors(*, symbols: bool = True) -> Iterator[ModuleType]:
    """The modules that encode values of a floor: symbols are looked at first, where sympy is in use."""
    if symbols:
        yield _floor("of_symbols")
    yield _floor("of_networks")


@cache  # asked for at every part of a value
def _floor(name: str) -> ModuleType:
    return importlib.import_module(f"ovlearn.exercises.values.{name}")


def _decoder(kind: str) -> Callable[..., Any]:
    if kind in _DECODERS:
        return _DECODERS[kind]
    return next(partial(floor.DECODERS[kind], decode) for floor in _floors() if kind in floor.DECODERS)


def _decoded_array(dtype: str, shape: list[int], text: str) -> Any:
    exact = np.dtype(dtype)
    if exact.kind not in "biufc":
        raise ValueError(dtype)
    flat = np.frombuffer(base64.b64decode(text, validate=True), dtype=exact)
    return flat.reshape([int(size) for size in shape]).astype(exact.newbyteorder("="))


_DECODERS: dict[str, Callable[..., Any]] = {
    "int": lambda text: int(text, 16),
    "float": lambda text: float.fromhex(text) if text[:2] in ("0x", "-0") else float(text),
    "complex": lambda real, imag: complex(decode(real), decode(imag)),
    "str": lambda text: str(text),
    "tuple": lambda items: tuple(decode(each) for each in items),
    "list": lambda items: [decode(each) for each in items],
    "dict": lambda pairs: {decode(key): decode(each) for key, each in pairs},
    "set": lambda items: frozenset(decode(each) for each in items),
    "ellipsis": lambda: ...,
    "array": _decoded_array,
    "unknown": lambda kind, why: Unknown(str(kind), str(why)),
}
