"""Pictures that the service keeps, read as far as evidence needs them."""

from __future__ import annotations

import io
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from iiif_dedup.evidence.features import VERSION, LocalFeatures, extract
from iiif_dedup.settings import Settings
from iiif_dedup.store.content_files import ContentFiles
from iiif_dedup.store.derivatives import Derivatives


class KeptPictures:
    """The derivatives of a data folder, and the local features made of them and kept beside."""

    def __init__(self, settings: Settings) -> None:
        """Name the folders, without touching them."""
        self.derivatives = Derivatives(settings.derivatives_folder)
        self.features = ContentFiles(settings.local_features_folder / VERSION, ".npz")

    def picture(self, sha256: str) -> KeptPicture:
        """Return the picture that was made of some bytes, whether it is kept or not.

        Args:
            sha256: Of the partner's bytes, as 64 hexadecimal digits.
        """
        return KeptPicture(self, sha256)


class KeptPicture:
    """See `iiif_dedup.evidence.verification.Picture`."""

    def __init__(self, kept: KeptPictures, sha256: str) -> None:
        """Name the picture, without reading it."""
        self._kept = kept
        self._sha256 = sha256

    def features(self) -> LocalFeatures | None:
        """Return its local features, made when they are first asked for; None without a picture."""
        return self._features

    def pixels(self) -> NDArray[np.uint8] | None:
        """Return the derivative as RGB, H×W×3; None where there is none, or it is broken."""
        return self._pixels

    # An anchor is compared with many candidates, and read once for all of them.
    @cached_property
    def _features(self) -> LocalFeatures | None:
        stored = self._kept.features.read(self._sha256)
        if stored is not None:
            try:
                return LocalFeatures.from_bytes(stored)
            except ValueError:
                # A file that was cut short; it is written anew.
                pass
        pixels = self.pixels()
        if pixels is None:
            return None
        found = extract(pixels)
        self._kept.features.write(self._sha256, found.to_bytes())
        return found

    @cached_property
    def _pixels(self) -> NDArray[np.uint8] | None:
        jpeg = self._kept.derivatives.read(self._sha256)
        if jpeg is None:
            return None
        try:
            with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
                return np.asarray(image.convert("RGB"))
        except (OSError, UnidentifiedImageError):
            return None
