"""Reading heads in words: rows of their circuits, what they gave to a word, and how far rows tell that.

`measured` gives each head a number by each of a few measures, `rows` reads a head's circuit for some words,
`directions` its strongest singular directions. `parts` says what every part of a network gave to the logits
of one token against another, `gives` what one head gave from where in a text; `reach` says how much of that
came along the boxed path, and how well the circuit's row points where the head wrote. For any network.
"""

from ovlearn.numeric.reading.attribution import LogitParts, parts
from ovlearn.numeric.reading.circuitrows import Directions, Rows, after_first_mlp, directions, rows, strongest
from ovlearn.numeric.reading.giving import Given, gives
from ovlearn.numeric.reading.measures import measured, repeated
from ovlearn.numeric.reading.reaching import Reach, reach

__all__ = [
    "Directions",
    "Given",
    "LogitParts",
    "Reach",
    "Rows",
    "after_first_mlp",
    "directions",
    "gives",
    "measured",
    "parts",
    "reach",
    "repeated",
    "rows",
    "strongest",
]
