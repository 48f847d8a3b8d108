"""Reading heads in words: rows of their circuits, what they gave to a word, and how far rows tell that.

`rows` reads a head's circuit for some words, `directions` its strongest singular directions; `parts` says
what every part of a network gave to the logits of one token against another; `reach` says how much of what a
head gave came along the boxed path, and how well the circuit's row points where the head wrote. For any
network.
"""

from ovlearn.numeric.reading.attribution import LogitParts, parts
from ovlearn.numeric.reading.circuitrows import Directions, Rows, after_first_mlp, directions, rows, strongest
from ovlearn.numeric.reading.reaching import Reach, reach

__all__ = [
    "Directions",
    "LogitParts",
    "Reach",
    "Rows",
    "after_first_mlp",
    "directions",
    "parts",
    "reach",
    "rows",
    "strongest",
]
