"""Bad light: from one side, reflected by glass, of a wrong colour, too dark or too bright."""

from __future__ import annotations

import colorsys

import cv2
import numpy as np

from iiif_dedup.evaluation.composites.textures import Levels


def badly_lit(levels: Levels, rng: np.random.Generator) -> Levels:
    """Return the photograph with two to four of the faults of light below, in their order."""
    faults = (from_one_side, reflecting, lamp_in_glass, miscoloured, misexposed)
    chosen = np.sort(rng.permutation(len(faults))[: rng.integers(2, 5)])
    for number in chosen:
        levels = faults[number](levels.clip(0, 255), rng)
    return levels


def from_one_side(levels: Levels, rng: np.random.Generator) -> Levels:
    """Return the photograph with light that falls off from one side to the other."""
    height, width = levels.shape[:2]
    ys, xs = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 0.55)
    across = (xs * np.cos(angle) + ys * np.sin(angle)) / np.sqrt(2)
    return np.asarray(levels * (1 + strength * across)[..., np.newaxis], dtype=np.float32)


def reflecting(levels: Levels, rng: np.random.Generator) -> Levels:
    """Return the photograph with a bright window mirrored by the glass."""
    height, width = levels.shape[:2]
    centre = rng.uniform(0.2, 0.8, 2) * (width, height)
    half = rng.uniform(0.08, 0.28, 2) * (width, height)
    corners = centre + half * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    corners += rng.normal(0, 0.15, (4, 2)) * half
    window = np.zeros((height, width), dtype=np.float32)
    cv2.fillConvexPoly(window, np.round(cv2.convexHull(corners.astype(np.float32))).astype(int), 1)
    soft = cv2.GaussianBlur(window, (0, 0), max(height, width) * rng.uniform(0.004, 0.03))
    sky = np.array([225, 235, 245], dtype=np.float32)
    opacity = rng.uniform(0.15, 0.5) * np.asarray(soft, dtype=np.float32)[..., np.newaxis]
    return levels + opacity * (sky - levels)


def lamp_in_glass(levels: Levels, rng: np.random.Generator) -> Levels:
    """Return the photograph with the glare of one to three lamps."""
    height, width = levels.shape[:2]
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    for _ in range(rng.integers(1, 4)):
        x, y = rng.uniform(0.1, 0.9, 2) * (width, height)
        reach = max(height, width) * rng.uniform(0.02, 0.09)
        far = np.hypot(xs - x, (ys - y) * rng.uniform(0.7, 1.4)) / reach
        lamp = 240 * np.exp(-(far**2)) + 40 * np.exp(-far / 2)
        levels = levels + lamp[..., np.newaxis] * np.array([1.0, 0.97, 0.9], dtype=np.float32)
    return levels


def miscoloured(levels: Levels, rng: np.random.Generator) -> Levels:
    """Return the photograph with lamplight taken for daylight, or the other way, or any tint."""
    warmth = rng.uniform(-0.25, 0.3)
    gains = np.array([1 + warmth, 1 + rng.uniform(-0.08, 0.08), 1 - warmth])
    if rng.random() < 0.25:
        gains = 0.6 + 0.5 * np.array(colorsys.hsv_to_rgb(rng.random(), 0.6, 1.0))
    return np.asarray(levels * gains, dtype=np.float32)


def misexposed(levels: Levels, rng: np.random.Generator) -> Levels:
    """Return the photograph too dark or too bright, γ from 0.45 to 2.2."""
    power = 2 ** (rng.uniform(0.4, 1.14) * rng.choice([-1, 1]))
    return np.asarray(255 * (levels.clip(0, 255) / 255) ** power, dtype=np.float32)
