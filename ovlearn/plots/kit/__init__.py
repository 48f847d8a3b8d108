"""A kit for drawings: parts that are put together in a few lines, and come out as one `Picture`.

Every function returns a part, or a list of parts, at a place of its own; a part knows its box, and so the
next one can be put beside it. `draw` takes them all. What is one of the course's six things
(`things.THINGS`) has that thing's colour, on the site and in notebooks, and is marked with `data-thing`.

>>> from ovlearn.plots import kit
>>> silver, and_ = kit.words(["silver", "and"])
>>> arcs = kit.attention([silver, and_], [0.9, 0.1])
>>> kit.draw(silver, and_, *arcs, title="A head looks back", says="From “and” it looks at “silver”.")
Picture('A head looks back')
"""

from ovlearn.plots.kit.canvas import draw as draw
from ovlearn.plots.kit.lines import arc as arc
from ovlearn.plots.kit.lines import arrow as arrow
from ovlearn.plots.kit.matrices import block as block
from ovlearn.plots.kit.matrices import product as product
from ovlearn.plots.kit.parts import Note as Note
from ovlearn.plots.kit.parts import Part as Part
from ovlearn.plots.kit.parts import row as row
from ovlearn.plots.kit.parts import stack as stack
from ovlearn.plots.kit.pressing import only as only
from ovlearn.plots.kit.pressing import press as press
from ovlearn.plots.kit.sentences import attention as attention
from ovlearn.plots.kit.sentences import words as words
from ovlearn.plots.kit.shapes import box as box
from ovlearn.plots.kit.shapes import text as text
from ovlearn.plots.kit.things import THINGS as THINGS
from ovlearn.plots.kit.wordbars import bars as bars
from ovlearn.plots.kit.writers import stream as stream
