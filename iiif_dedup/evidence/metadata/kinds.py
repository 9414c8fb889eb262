"""What two catalogues may agree or disagree about."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """A kind of statement; its value is `MetadataPoint.kind`."""

    INVENTORY_NUMBER = "inventory_number"
    REFERENCE = "reference"
    PUBLICATION = "publication"
    DIMENSIONS = "dimensions"
    ATTRIBUTION = "attribution"
    PLACE = "place"
    DATE = "date"
    SHAPE = "shape"
    TECHNIQUE = "technique"
    MATERIAL = "material"
