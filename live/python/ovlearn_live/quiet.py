"""What a cell did that shows nothing: the checks that held, and how well; the arrays and numbers it made."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

HELD = "__held__"  # the name by which a cell's code reaches it
_CLOSE = {"allclose", "isclose", "array_equal", "assert_allclose"}
_MOST_ERROR = 1e-3  # what is compared with a larger bound is no rounding error
_MOST_NAMES = 6


@dataclass
class Held:
    """The asserts that held while a cell ran, and the errors that they compared with a small bound."""

    count: int = 0
    errors: list[float] = field(default_factory=list)

    def __call__(self, value: Any) -> Any:
        """Note an assert's condition, and hand it on."""
        self.count += bool(value)
        return value

    def below(self, value: Any, bound: Any) -> Any:
        """Whether a value is below its bound: an error, where the bound is small."""
        if _is_number(value) and _is_number(bound) and 0 < bound <= _MOST_ERROR:
            self.errors.append(abs(float(value)))
        return value < bound

    def close(self, close: Callable[..., Any], *values: Any, **options: Any) -> Any:
        """What numpy says of two arrays, whose largest difference is an error."""
        result = close(*values, **options)
        if len(values) > 1 and np.all(result):
            self.errors.append(_gap(*values[:2]))
        return result

    def words(self) -> str:
        """How many checks hold, and how well; nothing where there were none.

        >>> Held(2, [3e-16, 1e-17]).words()
        '2 checks hold: largest error 3e-16.'
        """
        if not self.count:
            return ""
        said = f"{self.count} check{'s hold' if self.count > 1 else ' holds'}"
        errors = [error for error in self.errors if np.isfinite(error)]
        if not errors:
            return f"{said}."
        return f"{said}: largest error {max(errors):.0e}." if max(errors) else f"{said}, exactly."


class _Watching(ast.NodeTransformer):
    """Lets every assert go through `HELD`."""

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        """Note its condition, and what that compares."""
        node.test = _call(ast.Name(HELD, ast.Load()), _compared(node.test))
        return node


def watched(statement: ast.stmt) -> ast.stmt:
    """Return a statement whose asserts are noted.

    >>> ast.unparse(watched(ast.parse("assert error < 1e-12").body[0]))
    'assert __held__(__held__.below(error, 1e-12))'
    """
    changed: ast.stmt = _Watching().visit(statement)
    return ast.fix_missing_locations(changed)


def _compared(test: ast.expr) -> ast.expr:
    match test:
        case ast.Compare(left, [ast.Lt()], [bound]):
            return ast.copy_location(_call(_method("below"), left, bound), test)
        case ast.Call(ast.Attribute(attr=name), values, options) if name in _CLOSE:
            call = ast.Call(_method("close"), [test.func, *values], options)
            return ast.copy_location(call, test)
    return test


def _method(name: str) -> ast.expr:
    return ast.Attribute(ast.Name(HELD, ast.Load()), name, ast.Load())


def _call(function: ast.expr, *values: ast.expr) -> ast.Call:
    return ast.copy_location(ast.Call(function, [*values], []), values[0])


def made(names: Mapping[str, Any]) -> str:
    """Return the arrays and the numbers among new names, in words.

    >>> made({"Q": np.zeros((6, 4)), "error": 3.1e-16, "model": object()})
    'Q [6, 4], error 3.1e-16'
    """
    said = [*_said(names)]
    more = f" and {len(said) - _MOST_NAMES} more" if len(said) > _MOST_NAMES else ""
    return ", ".join(said[:_MOST_NAMES]) + more


def _said(names: Mapping[str, Any]) -> Iterator[str]:
    for name, value in names.items():
        if isinstance(value, np.ndarray) and value.ndim:
            yield f"{name} [{', '.join(map(str, value.shape))}]"
        elif _is_number(value):
            yield f"{name} {value:.3g}" if isinstance(value, (float, np.floating)) else f"{name} {value}"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.complexfloating))


def _gap(one: Any, other: Any) -> float:
    try:
        return float(np.max(np.abs(np.asarray(one) - np.asarray(other)), initial=0.0))
    except (TypeError, ValueError):
        return float("nan")  # words, say
