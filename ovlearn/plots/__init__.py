"""Pictures for lessons and notebooks: plain SVG that follows light and dark. numpy only.

Each function returns a `Picture`; a notebook shows it, the site adds hover and arrow keys. To add one, write
it in a file of its own and name it below: the site's page and the tests read this list.
"""

from ovlearn.plots.barcharts import bars as bars
from ovlearn.plots.explorer import path_explorer as path_explorer
from ovlearn.plots.headgraphs import composition as composition
from ovlearn.plots.headontext import heads_on_texts as heads_on_texts
from ovlearn.plots.headscatter import heads as heads
from ovlearn.plots.heatmaps import matrix as matrix
from ovlearn.plots.heatmaps import pattern as pattern
from ovlearn.plots.ovreader import reader as reader
from ovlearn.plots.pathbars import contributions as contributions
from ovlearn.plots.picture import Picture as Picture
from ovlearn.plots.spectra import spectrum as spectrum
from ovlearn.plots.switching import Control as Control
from ovlearn.plots.switching import switches as switches
