"""Refuse the functions of the package that *are* the answer to an exercise, and what they are made of.

In a notebook they refuse while the answer runs. In a worker they are gone for good before the first cell
runs: then no original is left in the process, whatever name or object one looks for it by.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any, NoReturn


class Blocked(Exception):
    """An answer called the very function of the package that it should have written."""


_refused = False


def has_refused() -> bool:
    """Tell whether anything in this process called what is blocked in it, caught the refusal or not."""
    return _refused


@contextmanager
def blocking(names: Iterable[str]) -> Iterator[None]:
    """Refuse calls of these functions of the package, by whatever name and in whatever thread.

    Each gets another body for the time being, so that nobody who holds the function can reach the first one.
    """
    asked = tuple(names)
    bodies = {function: function.__code__ for function in made_of(asked)}
    try:
        remove(asked)
        yield
    finally:
        for function, body in bodies.items():
            function.__code__ = body


def remove(names: Iterable[str]) -> None:
    """Take the bodies of these functions out of this process for good. What calls them is refused.

    The function itself is changed, not its name in a module, so it is gone for all who hold it already.
    """
    for function, refusal in refusals(tuple(names)).items():
        function.__code__ = refusal


def refuse(name: str) -> NoReturn:
    """Say that a function of the package is the answer itself."""
    global _refused
    _refused = True
    raise Blocked(f"`{name}` is the answer itself: here you write it. Everywhere else, use it.")


@cache
def refusals(names: tuple[str, ...]) -> Mapping[FunctionType, CodeType]:
    """Return the body that each of these functions and of their parts is to get."""
    return {
        function: _refusal(name, len(function.__code__.co_freevars))
        for function, name in made_of(names).items()
    }


@cache
def made_of(names: tuple[str, ...]) -> Mapping[FunctionType, str]:
    """Return these functions of the package and their parts, each with the name that it is blocked by.

    Parts are the private functions that one calls and that nothing else of the package needs, the same method
    of a subclass, and, where one stands for a whole package as `derive` does, the functions of that name in
    its modules.
    """
    asked = [(name, *_function(name)) for name in names]
    found: dict[FunctionType, str] = {}
    waiting = list(asked)
    while waiting:
        name, owner, function = waiting.pop()
        if function not in found:
            found[function] = name
            waiting += [(name, owner, part) for part in _parts(owner, function)]
    return _needed_elsewhere_left_out(found, {function for _, _, function in asked})


@dataclass(frozen=True)
class _User:
    """A function of the package, the class it is in if any, and the private names that it uses."""

    function: FunctionType
    owner: type | None
    names: frozenset[str]

    def uses(self, part: FunctionType) -> bool:
        """Tell whether it uses a private function: as a name of its module, or as a method of its class."""
        name = part.__name__
        if name not in self.names:
            return False
        meant = self.function.__globals__.get(name) or getattr(self.owner, name, None)
        return _bare(meant) is part or (meant is None and self.function.__module__ == part.__module__)


def _needed_elsewhere_left_out(
    found: dict[FunctionType, str], asked: set[FunctionType]
) -> dict[FunctionType, str]:
    while True:
        others = [user for user in users() if user.function not in found]
        shared = {part for part in found if part not in asked and any(user.uses(part) for user in others)}
        if not shared:
            return found
        found = {function: name for function, name in found.items() if function not in shared}


@cache
def users() -> tuple[_User, ...]:
    """Return the functions of the package, as far as it is loaded, that use private ones."""
    made = []
    for module in _below("ovlearn"):
        for value in list(vars(module).values()):
            owner = value if isinstance(value, type) else None
            for one in map(_bare, [value] if owner is None else list(vars(owner).values())):
                if isinstance(one, FunctionType) and one.__module__ == module.__name__:
                    made.append(_User(one, owner, frozenset(_private(one.__code__))))
    return tuple(user for user in made if user.names)


def _parts(owner: Any, function: FunctionType) -> Iterator[FunctionType]:
    candidates: list[Any] = [function.__globals__.get(name) for name in _private(function.__code__)]
    if isinstance(owner, type):
        candidates += [getattr(owner, name, None) for name in _private(function.__code__)]
        candidates += [heir.__dict__.get(function.__name__) for heir in _heirs(owner)]
    for module in _below(function.__module__):
        candidates.append(vars(module).get(function.__name__))
    for part in map(_bare, candidates):
        if isinstance(part, FunctionType) and part.__module__.startswith("ovlearn."):
            yield part


def _heirs(owner: type) -> list[type]:
    heirs: list[type] = type.__subclasses__(owner)
    return heirs


def _private(code: CodeType) -> Iterator[str]:
    """The private names that a function uses, and the functions within it."""
    yield from (name for name in code.co_names if name.startswith("_") and not name.startswith("__"))
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _private(inner)


def _below(package: str) -> list[ModuleType]:
    """The modules of a package that are loaded; none where the name is that of a plain module."""
    return [module for name, module in list(sys.modules.items()) if name.startswith(f"{package}.")]


@cache
def _refusal(name: str, free: int) -> CodeType:
    """A body that takes anything and refuses; it stands alone, whatever module it is put into.

    `free`: how many variables of a function around it the first body has; the interpreter wants as many.
    """
    made: dict[str, Any] = {}
    around = "; ".join(f"x{number} = 0" for number in range(free)) or "pass"
    uses = ", ".join(f"x{number}" for number in range(free)) or "()"
    text = f"""
def around():
    {around}
    def body(*_, **__):
        from ovlearn.exercises.blocking import refuse
        refuse({name!r})
        {uses}
    return body
"""
    exec(text, made)
    code: CodeType = made["around"]().__code__
    return code


def _function(name: str) -> tuple[Any, FunctionType]:
    """A function of the package, "numeric.FactoredMatrix.svd" or "paths.count", with the class it is in."""
    import ovlearn

    owner: Any = None
    found: Any = ovlearn
    for part in name.split("."):
        owner = found
        if isinstance(found, type):
            found = found.__dict__[part]
        else:
            if not hasattr(found, part):
                __import__(f"{found.__name__}.{part}")
            found = getattr(found, part)
    return owner, _bare(found)


def _bare(found: Any) -> Any:
    """The function in a property, a method of a class, or a wrapper that remembers."""
    for inner in ("fget", "func", "__func__", "__wrapped__"):
        found = getattr(found, inner, None) or found
    return found
