"""Local features of a picture: where something can be recognised again, and what it looks like.

SIFT (Lowe, 2004) compared as RootSIFT (Arandjelović and Zisserman, 2012). The contrast that a
keypoint needs is half of OpenCV's, since paintings in one colour have little.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

VERSION = "rootsift-640-1000-1"
"""Changes whenever the numbers do; features of different versions are never compared."""
LONGEST_SIDE = 640
"""Pixels of the picture that features are looked for in; larger ones are reduced."""
KEYPOINTS = 1000
"""Most features of one picture, the strongest first."""
DIMENSIONS = 128

_CONTRAST = 0.02
_SCALE = 512.0
"""RootSIFT vectors have length 1; times this, each number fits a byte."""


@dataclass(frozen=True, slots=True)
class LocalFeatures:
    """What is known of one picture, N features, the strongest first.

    Attributes:
        width: Of the picture that they were found in, pixels; so for `height`.
        points: float32, N×2; x right and y down in these pixels.
        descriptors: uint8, N×128; RootSIFT vectors times 512.
    """

    width: int
    height: int
    points: NDArray[np.float32]
    descriptors: NDArray[np.uint8]

    def vectors(self, most: int = KEYPOINTS) -> NDArray[np.float32]:
        """Return the descriptors of the strongest features with length about 1, float32 n×128."""
        return self.descriptors[:most].astype(np.float32) / _SCALE

    def to_bytes(self) -> bytes:
        """Return a file of some 140 kB that `from_bytes` reads."""
        body = io.BytesIO()
        np.savez(
            body,
            size=np.array([self.width, self.height], dtype=np.int32),
            points=self.points,
            descriptors=self.descriptors,
        )
        return body.getvalue()

    @classmethod
    def from_bytes(cls, body: bytes) -> LocalFeatures:
        """Return what `to_bytes` wrote.

        Raises:
            ValueError: It is no such file, or broken.
        """
        try:
            with np.load(io.BytesIO(body), allow_pickle=False) as stored:
                width, height = stored["size"].tolist()
                points, descriptors = stored["points"], stored["descriptors"]
        except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(f"Expected a file of local features, got {error}.") from error
        expected = (len(points), 2), (len(points), DIMENSIONS)
        if (points.shape, descriptors.shape) != expected or descriptors.dtype != np.uint8:
            raise ValueError(
                f"Expected N points and N descriptors, got {points.shape} and {descriptors.shape}."
            )
        return cls(width, height, points.astype(np.float32, copy=False), descriptors)


def extract(picture: NDArray[np.uint8]) -> LocalFeatures:
    """Return the local features of a picture; a blank one has none.

    Args:
        picture: RGB, H×W×3.
    """
    grey = cv2.cvtColor(reduced(picture), cv2.COLOR_RGB2GRAY)
    detector = cv2.SIFT.create(nfeatures=KEYPOINTS, contrastThreshold=_CONTRAST)
    keypoints, found = detector.detectAndCompute(grey, None)
    height, width = grey.shape
    if not keypoints:
        return LocalFeatures(
            width, height, np.empty((0, 2), np.float32), np.empty((0, DIMENSIONS), np.uint8)
        )
    # Equally strong ones may come in addition to the number asked for.
    order = np.argsort([-point.response for point in keypoints], kind="stable")[:KEYPOINTS]
    points = np.array([point.pt for point in keypoints], dtype=np.float32)[order]
    gradients = found[order].astype(np.float32)
    sums = np.maximum(gradients.sum(axis=1, keepdims=True), 1e-6)
    roots = np.rint(np.sqrt(gradients / sums) * _SCALE)
    return LocalFeatures(width, height, points, np.clip(roots, 0, 255).astype(np.uint8))


def reduced(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture as features are looked for in it, its longer side 640 pixels at most."""
    height, width = picture.shape[:2]
    share = LONGEST_SIDE / max(height, width)
    if share >= 1:
        return picture
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _mirroring() -> NDArray[np.intp]:
    """Return which of the 128 numbers stand where in the descriptor of the mirror image.

    A descriptor is 4×4 cells of 8 directions, turned to the keypoint's own direction; a mirror
    reverses the order of the rows across it, and the sense of the directions.
    """
    cells = np.arange(DIMENSIONS).reshape(4, 4, 8)
    return cells[::-1][:, :, -np.arange(8) % 8].reshape(-1)


MIRRORED = _mirroring()
"""`descriptors[:, MIRRORED]` are those of the picture's mirror image."""
