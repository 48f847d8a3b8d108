"""An atlas of a model's heads: a folder of pages, one a head, that opens from disk.

`write` makes it. The numbers of each head stand in `heads/LAYER.HEAD.json`, made a head at a time: what was
interrupted goes on where it stopped. The pages show them.
"""

from ovlearn.atlas.folder import AtlasError, write
from ovlearn.atlas.texts import TEXTS

__all__ = ["TEXTS", "AtlasError", "write"]
