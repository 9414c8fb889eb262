"""How a visitor's telephone sees a wall: its place, its light, its sensor and its files."""

from __future__ import annotations

import io
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from iiif_dedup.evaluation.composites.textures import Levels, clouds

Matrix: TypeAlias = NDArray[np.float64]
"""3×3, of homogeneous places (x, y, 1); x right and y down, in pixels from the outer corner."""

_SUPERSAMPLING = 2


def look_at(
    box: NDArray[np.float64],
    *,
    turn: float,
    margins: NDArray[np.float64],
    longest: int,
    rng: np.random.Generator,
) -> tuple[Matrix, tuple[int, int]]:
    """Return the map from wall to photograph, and the photograph's height and width.

    A pinhole camera stands about one and a half lengths away; its photograph is cut to what hangs
    there and a margin.

    Args:
        box: Left, top, right and bottom on the wall of what is photographed, in pixels.
        turn: Degrees between the line of sight and the wall's normal, if seen from the side; from
            above or below it is three fifths of that.
        margins: Of wall to the left, top, right and bottom, as shares of what is photographed;
            negative ones cut it.
        longest: Pixels of the photograph's longer side.
        rng: What chance is drawn from.
    """
    left, top, right, bottom = box
    unit = max(right - left, bottom - top)
    centred = np.array(
        [[1, 0, -(left + right) / 2], [0, 1, -(top + bottom) / 2], [0, 0, unit]], np.float64
    )
    direction = rng.uniform(0, 2 * np.pi)
    # Visitors walk along a wall more than they kneel or climb.
    yaw, pitch = np.radians(turn) * np.array([np.cos(direction), 0.6 * np.sin(direction)])
    turned = _rotation(yaw, pitch, np.radians(rng.normal(0, 0.8 + turn / 25)))
    seen = turned.copy()
    seen[:, 2] = (0, 0, rng.uniform(1.2, 2.2))
    to_view = seen @ centred
    corners = project(to_view, rectangle(left, top, right, bottom))
    low, high = corners.min(axis=0), corners.max(axis=0)
    size = high - low
    low, high = low - margins[:2] * size, high + margins[2:] * size
    scale = longest / (high - low).max()
    width, height = np.maximum(1, np.round((high - low) * scale)).astype(int).tolist()
    placed = np.array([[scale, 0, -low[0] * scale], [0, scale, -low[1] * scale], [0, 0, 1]])
    return placed @ to_view, (height, width)


def rectangle(left: float, top: float, right: float, bottom: float) -> NDArray[np.float64]:
    """Return the corners, 4×2, from the upper left one with the clock."""
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)


def project(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where a map puts places, N×2."""
    ends = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(ends[:, :2] / ends[:, 2:], dtype=np.float64)


def take(scene: Levels, matrix: Matrix, shape: tuple[int, int]) -> Levels:
    """Return the photograph of a flat scene; what lies beyond the scene is its mirror image."""
    fine = np.diag([_SUPERSAMPLING, _SUPERSAMPLING, 1.0]) @ matrix
    # OpenCV counts from the middle of the first pixel, matrices here from its corner.
    middle = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    seen = cv2.warpPerspective(
        scene,
        np.linalg.inv(middle) @ fine @ middle,
        (shape[1] * _SUPERSAMPLING, shape[0] * _SUPERSAMPLING),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    small = cv2.resize(seen, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)


def exposed(levels: Levels, rng: np.random.Generator) -> Levels:
    """Return the photograph as any camera changes it: exposure, balance, lens, a little grain."""
    height, width = levels.shape[:2]
    ys, xs = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    vignette = 1 - rng.uniform(0, 0.12) * (xs**2 + ys**2) / 2
    warmth, green = rng.normal(0, 0.03), rng.normal(0, 0.008)
    gains = rng.uniform(0.85, 1.1) * np.array([1 + warmth, 1 + green, 1 - warmth])
    seen = levels * vignette.astype(np.float32)[..., np.newaxis] * gains.astype(np.float32)
    soft = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.35, 0.8))
    return sensor_noise(np.asarray(soft, dtype=np.float32), rng, rng.uniform(0.8, 2.5))


def sensor_noise(levels: Levels, rng: np.random.Generator, strength: float) -> Levels:
    """Return the photograph with grain: as many levels in the light, and blotches of colour."""
    height, width = levels.shape[:2]
    fine = rng.standard_normal((height, width, 1), dtype=np.float32)
    blotches = np.stack([clouds((height, width), rng, (height // 3, width // 3)) for _ in "RGB"], 2)
    brightness = np.sqrt(levels.mean(axis=2, keepdims=True).clip(20, 255) / 255)
    grain = strength * brightness * (0.8 * fine + 0.9 * blotches)
    return np.asarray(levels + grain, dtype=np.float32)


def impulse_noise(levels: Levels, rng: np.random.Generator, part: float) -> Levels:
    """Return the photograph with that part of all values replaced by 0 or 255."""
    whole = rng.random() < 0.3
    drawn = rng.random((*levels.shape[:2], 1 if whole else 3), dtype=np.float32)
    struck = np.where(drawn < part / 2, 0, np.where(drawn > 1 - part / 2, 255, levels))
    return np.asarray(struck, dtype=np.float32)


def filed(levels: Levels, quality: int) -> NDArray[np.uint8]:
    """Return the photograph as a JPEG file of that quality holds it."""
    file = io.BytesIO()
    Image.fromarray(levels.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=quality)
    with Image.open(file) as image:
        return np.array(image)


def _rotation(yaw: float, pitch: float, roll: float) -> Matrix:
    cy, sy = np.cos(yaw), np.sin(yaw)
    cp, sp = np.cos(pitch), np.sin(pitch)
    cr, sr = np.cos(roll), np.sin(roll)
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_x @ about_y, dtype=np.float64)
