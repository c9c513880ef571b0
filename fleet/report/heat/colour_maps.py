"""Colours of pictures that show quantities: readable for colour-blind people, and in print without colours."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap

# Perceptually uniform, from pale (little) to dark (much), see Smith and van der Walt, "A better default colormap for
# matplotlib" (2015). Its darkest end is left to the racks.
HEAT: Final = ListedColormap(colormaps["magma"](np.linspace(0.93, 0.2, 180)), name="heat")
# Purple is less, orange is more, the darker the larger the change; colour-blind people tell the two apart, see Brewer,
# "Color use guidelines for mapping and visualization" (1994), scheme PuOr. Print without colours only shows the size.
CHANGE: Final = ListedColormap(colormaps["PuOr_r"](np.linspace(0.04, 0.96, 257)), name="change")
