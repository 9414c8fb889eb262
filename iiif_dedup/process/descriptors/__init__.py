"""Frozen picture descriptors: a picture becomes a unit vector, near for pictures alike.

To add one, write its class in a module of this folder and its line in `DESCRIPTORS`.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.errors import SettingsError

DESCRIPTORS: Mapping[str, str] = {
    "colour": "iiif_dedup.process.descriptors.colour:Colour",
    "efficientnet_lite0": "iiif_dedup.process.descriptors.efficientnet_lite0:EfficientNetLite0",
    "palette": "iiif_dedup.process.descriptors.palette:Palette",
    "torchvision:": "iiif_dedup.process.descriptors.torchvision_models:TorchvisionModel",
    "transformers:": "iiif_dedup.process.descriptors.transformers_vision:TransformersVision",
}
"""Name to module and class; a module, and torch with it, loads only when it is used.

Behind a name that ends in a colon stands the model, which the class gets as its first argument.
"""


class VectorKind(Protocol):
    """Which vectors they are, for who reads them and makes none."""

    @property
    def name(self) -> str:
        """What `get_descriptor` was asked for."""

    @property
    def version(self) -> str:
        """Name, weights and preparation: vectors can be compared when theirs are equal."""

    @property
    def dimensions(self) -> int:
        """Length D of a vector."""


class Descriptor(VectorKind, Protocol):
    """Turns pictures into vectors; immutable once made."""

    def describe(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return one vector of length 1 for each picture; their product is the similarity.

        Args:
            pictures: RGB, H×W×3, each of its own size, at least 1×1; may be none at all.

        Returns:
            N×D, in the order of the pictures.
        """


def get_descriptor(name: str, *, device: str = "auto") -> Descriptor:
    """Return the descriptor of that name, its weights loaded.

    Args:
        name: A key of `DESCRIPTORS`; behind one that ends in a colon, the model.
        device: See `iiif_dedup.device.resolve_device`.

    Raises:
        SettingsError: There is no such descriptor, model or device.
    """
    kind, colon, model = name.partition(":")
    known = DESCRIPTORS.get(kind + colon)
    if known is None or (colon and not model):
        forms = ", ".join(f"{key}MODEL" if key.endswith(":") else key for key in DESCRIPTORS)
        raise SettingsError(f"Unknown descriptor {name!r}; write one of: {forms}.")
    module, _, class_name = known.partition(":")
    make = getattr(importlib.import_module(module), class_name)
    descriptor: Descriptor = make(model, device=device) if colon else make(device=device)
    return descriptor
