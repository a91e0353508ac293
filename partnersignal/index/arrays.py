"""Array types of this room, and the order of the two sides in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from partnersignal.signals import Side

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# The order of every array of shape (2, ...), and which way each side moves the index.
SIDES: tuple[Side, Side] = ("partner", "vendor")
SIGNS: Floats = np.array([1.0, -1.0])
