"""Pictures for lessons and notebooks: plain SVG that follows light and dark. numpy only.

Each function returns a `Picture`; a notebook shows it, the site adds hover and arrow keys.
"""

from ovlearn.plots.barcharts import bars
from ovlearn.plots.explorer import path_explorer
from ovlearn.plots.heatmaps import matrix, pattern
from ovlearn.plots.picture import Picture

__all__ = ["Picture", "bars", "matrix", "path_explorer", "pattern"]
