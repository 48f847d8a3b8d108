"""Pictures for lessons and notebooks: plain SVG that follows light and dark. numpy only.

Each function returns a `Picture`; a notebook shows it, the site adds hover and arrow keys.
"""

from ovlearn.plots.barcharts import bars
from ovlearn.plots.explorer import path_explorer
from ovlearn.plots.headgraphs import composition
from ovlearn.plots.headscatter import heads
from ovlearn.plots.heatmaps import matrix, pattern
from ovlearn.plots.pathbars import contributions
from ovlearn.plots.picture import Picture
from ovlearn.plots.spectra import spectrum

__all__ = [
    "Picture",
    "bars",
    "composition",
    "contributions",
    "heads",
    "matrix",
    "path_explorer",
    "pattern",
    "spectrum",
]
