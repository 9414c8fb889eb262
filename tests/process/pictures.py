"""Pictures whose right decoding is known."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WIDTH, HEIGHT = 60, 40


def scene(width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """Return a smooth picture without any symmetry: red grows right, green down, blue left."""
    x = np.linspace(0, 1, width)[np.newaxis, :]
    y = np.linspace(0, 1, height)[:, np.newaxis]
    channels = (40 + 200 * x + 0 * y, 30 + 200 * y + 0 * x, 220 - 150 * x * y)
    return np.stack(channels, axis=2).round().astype(np.uint8)


def encoded(image: Image.Image | NDArray[Any], format_: str, **options: Any) -> bytes:
    """Return the picture as a file of a format, without loss where it can be."""
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    if format_ == "JPEG":
        options = {"quality": 95, "subsampling": 0} | options
    if format_ == "WEBP":
        options = {"lossless": True} | options
    buffer = io.BytesIO()
    picture.save(buffer, format_, **options)
    return buffer.getvalue()


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return the mean absolute difference in levels of 256; infinite for different shapes."""
    if one.shape != other.shape:
        return float("inf")
    return float(np.abs(one.astype(float) - other.astype(float)).mean())
