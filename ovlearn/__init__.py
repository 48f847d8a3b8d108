"""ovlearn: a course that you can run, on the OV circuit of a transformer's attention heads.

`import ovlearn as ov` loads nothing but this file: each name below loads its floor when it is first used,
so that numbers come without sympy and symbols without numpy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ovlearn import plots
    from ovlearn.checking import Report, show, verify
    from ovlearn.numeric import (
        GPT,
        Config,
        FactoredMatrix,
        Run,
        Transformer,
        checkpoints,
        circuits,
        detect,
        paths,
        reading,
        zoo,
    )
    from ovlearn.symbolic import Assumption, Derivation, Relation, Step, derivations, derive, rules

# Which floor holds each public name.
_FLOORS = {
    "ovlearn.symbolic": ("Assumption", "Derivation", "Relation", "Step", "derivations", "derive", "rules"),
    "ovlearn.numeric": (
        *("Config", "FactoredMatrix", "GPT", "Run", "Transformer"),
        *("checkpoints", "circuits", "detect", "paths", "reading", "zoo"),
    ),
    "ovlearn.checking": ("Report", "show", "verify"),
}
_SUBMODULES = ("plots",)
_HOME = {name: floor for floor, names in _FLOORS.items() for name in names}

__all__ = [
    "GPT",
    "Assumption",
    "Config",
    "Derivation",
    "FactoredMatrix",
    "Relation",
    "Report",
    "Run",
    "Step",
    "Transformer",
    "checkpoints",
    "circuits",
    "derivations",
    "derive",
    "detect",
    "paths",
    "plots",
    "reading",
    "rules",
    "show",
    "verify",
    "zoo",
]


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f"ovlearn.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'ovlearn' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
