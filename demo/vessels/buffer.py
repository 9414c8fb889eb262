"""What a camera sees before there is light: colours, normals and depths, pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]


@dataclass(slots=True)
class Buffer:
    """What the camera sees, pixel by pixel; all planes have the same shape (h, w).

    Row 0 is the top, and the vessel stands near the bottom.

    Attributes:
        depth: Distance toward the viewer in vessel heights, -inf where nothing is.
        right: Part of the surface's unit normal to the right; so `toward` the viewer and `up`.
        ink: Palette entries.
        firing: Brightness of the wall, 128 is even.
        open_sky: How much of the light arrives, 0-1.
        axis: Column of the vessel's axis.
        floor: Row of the foot's underside at the axis.
    """

    depth: Floats
    right: Floats
    toward: Floats
    up: Floats
    ink: NDArray[np.uint8]
    firing: NDArray[np.uint8]
    open_sky: Floats
    axis: float
    floor: float

    def write(self, pixels: Indices, **planes: NDArray[Any] | float) -> None:
        """Set the named planes at flat pixel indices; of repeated indices the last counts."""
        for name, values in planes.items():
            getattr(self, name).reshape(-1)[pixels] = values


@dataclass(frozen=True, slots=True)
class View:
    """How the camera looks at the vessel.

    Attributes:
        rotation: Turn of the vessel about its axis in degrees.
        elevation: Degrees by which the camera looks down on the vessel's middle, about 2-25.
        scale: Pixels per vessel height.
    """

    rotation: float
    elevation: float
    scale: float
