"""What runs in the worker of a page: a session in which a reader's cells run and answers are checked.

It needs the standard library, `ovlearn`, and those modules of `rendering` that make HTML of outputs. It knows
nothing of browsers: what it has to tell it hands to a function, and KaTeX is a function that it is given. So
it also runs in any other Python, where its tests are.
"""

from ovlearn_live.session import Session

__all__ = ["Session"]
