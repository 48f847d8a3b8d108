"""What a page has of sympy is enough to derive and check everything: what it lacks is never asked for."""

import subprocess
import sys

import ovlearn as ov

# A process in which the modules that a page lacks cannot be found.
RUN = """
import sys
from importlib.abc import MetaPathFinder
from live.parts.contents import _UNUSED

class Lacking(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.startswith("sympy.") and _UNUSED.search(name.replace(".", "/") + "/__init__.py"):
            raise ModuleNotFoundError(f"a page has no {name}", name=name)

sys.meta_path.insert(0, Lacking())
import ovlearn as ov
for slug in sys.argv[1:]:
    assert ov.verify(ov.derive(slug), seeds=1).passed, slug
try:
    import sympy.physics.units
except ModuleNotFoundError as error:
    print(error)
"""


def test_every_derivation_is_checked_without_what_a_page_lacks() -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *ov.derivations()], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "a page has no sympy.physics\n"
