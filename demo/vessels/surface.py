"""From a wall to what a camera sees of it: a picture of colours, normals and depths.

A ring of the vessel at height z and radius r is seen as an ellipse whose front half lies at

    v(x) = z cos(e) - sqrt(r² - x²) sin(e(z))

above the foot, e being the camera's elevation, larger for lower rings (perspective). In one
column x of the picture, of two rings at the same v the higher is nearer: so a scan down each
column keeps the visible one, without tracing rays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.vessels.pen import GLAZE
from demo.vessels.shapes import SAMPLES, Handle, Profile, smooth
from demo.vessels.wall import COLUMNS, ROWS, Wall

Floats = NDArray[np.float32]


@dataclass(slots=True)
class Buffer:
    """What the camera sees, pixel by pixel; row 0 is the top, the foot stands near the bottom.

    Attributes:
        depth: Distance toward the viewer in vessel heights, -inf where nothing is.
        normal: Unit normals (right, toward the viewer, up), shape (3, h, w).
        ink: Palette entries.
        firing: Brightness of the wall, 128 is even.
        open_sky: How much of the light arrives, 0-1.
        axis: Column of the vessel's axis.
        floor: Row of the foot's underside at the axis.
    """

    depth: Floats
    normal: Floats
    ink: NDArray[np.uint8]
    firing: NDArray[np.uint8]
    open_sky: Floats
    axis: float
    floor: float


def see(
    wall: Wall, handles: tuple[Handle, ...], rotation: float, elevation: float, scale: float
) -> Buffer:
    """Return what a camera sees.

    Args:
        wall: The decorated wall.
        handles: The vessel's handles, black.
        rotation: Turn of the vessel about its axis in degrees.
        elevation: Degrees by which the camera looks down on the vessel's middle, about 2-25.
        scale: Pixels per vessel height.
    """
    profile = wall.profile
    reach = 0.04 + max(
        float(profile.radius.max()),
        *(point.out * profile.width for handle in handles for point in handle.points),
    )
    top = 0.12 + max(
        float(profile.height[-1]), *(point.up for handle in handles for point in handle.points)
    )
    below = 0.12
    width, height = 2 * round(reach * scale), round((top + below) * scale)
    buffer = Buffer(
        depth=np.full((height, width), -np.inf, np.float32),
        normal=np.zeros((3, height, width), np.float32),
        ink=np.full((height, width), GLAZE, np.uint8),
        firing=np.full((height, width), 128, np.uint8),
        open_sky=np.ones((height, width), np.float32),
        axis=width / 2,
        floor=top * scale,
    )
    tilt = _tilt(profile, elevation)
    _body(buffer, wall, rotation, elevation, tilt, scale)
    _mouth(buffer, profile, elevation, tilt, scale)
    for handle in handles:
        _handle(buffer, profile, handle, rotation, elevation, scale)
    return buffer


def _tilt(profile: Profile, elevation: float) -> Floats:
    """Return sin(e(z)) of every sample: rings below the eye open more; never negative."""
    middle = profile.height[-1] / 2
    degrees = elevation + (middle - profile.height) * 14.0
    return np.sin(np.deg2rad(np.maximum(degrees, 0.4))).astype(np.float32)


def _body(
    buffer: Buffer, wall: Wall, rotation: float, elevation: float, tilt: Floats, scale: float
) -> None:
    profile = wall.profile
    half = buffer.depth.shape[1] // 2
    rows = buffer.depth.shape[0]
    x = (np.arange(half, dtype=np.float32) + 0.5) / scale
    squared = profile.radius[:, None] ** 2 - x**2
    there = squared > 0
    front = np.sqrt(np.maximum(squared, 0))
    level = profile.height[:, None] * np.float32(np.cos(np.deg2rad(elevation)))
    up = np.where(there, (level - front * tilt[:, None]) * scale, np.inf)
    lowest_above = np.minimum.accumulate(up[::-1], axis=0)[::-1]
    sample, column = np.nonzero(there & (up <= lowest_above + 1e-3))
    place = (buffer.floor - up[sample, column]).astype(np.int64)
    seen = np.full((rows, half), -1, np.int64)
    inside = (place >= 0) & (place < rows)
    seen[place[inside], column[inside]] = sample[inside]
    seen = np.maximum.accumulate(seen[::-1], axis=0)[::-1]
    # A pixel between two samples belongs to the lower one only if the wall goes on there.
    limit = np.where(there, up + 1.0, -np.inf)
    joined = there[:-1] & there[1:]
    limit[:-1] = np.where(joined, np.maximum(limit[:-1], lowest_above[1:]), limit[:-1])
    pixel_up = buffer.floor - np.arange(rows, dtype=np.float32)[:, None] - 1.0
    known = np.maximum(seen, 0)
    columns = np.arange(half)
    seen[(pixel_up > limit[known, columns]) | (seen < 0)] = -1
    _write_body(buffer, wall, np.concatenate([seen[:, ::-1], seen], axis=1), rotation, scale)


def _write_body(
    buffer: Buffer, wall: Wall, seen: NDArray[np.int64], rotation: float, scale: float
) -> None:
    """Fill the buffer where the body is seen; `seen` holds samples, -1 for nothing."""
    profile = wall.profile
    row, column = np.nonzero(seen >= 0)
    sample = seen[row, column]
    radius = profile.radius[sample]
    x = (column.astype(np.float32) + 0.5 - buffer.axis) / np.float32(scale)
    sine = np.clip(x / radius, -1, 1)
    cosine = np.sqrt(1 - sine**2)
    turn = (np.arcsin(sine) - np.float32(np.deg2rad(rotation))) / np.float32(2 * np.pi)
    u = ((turn % 1.0) * COLUMNS).astype(np.int64) % COLUMNS
    v = ((1 - sample / (SAMPLES - 1)) * (ROWS - 1)).astype(np.int64)
    outward, upward = _normals(profile)
    buffer.depth[row, column] = radius * cosine
    buffer.normal[0, row, column] = outward[sample] * sine
    buffer.normal[1, row, column] = outward[sample] * cosine
    buffer.normal[2, row, column] = upward[sample]
    buffer.ink[row, column] = wall.inks[v, u]
    buffer.firing[row, column] = wall.firing[v, u]
    buffer.open_sky[row, column] = _open_sky(profile)[sample]


def _mouth(buffer: Buffer, profile: Profile, elevation: float, tilt: Floats, scale: float) -> None:
    """The rim's upper side and the dark inside behind it."""
    radius, sine = float(profile.radius[-1]), float(tilt[-1])
    level = float(profile.height[-1]) * np.cos(np.deg2rad(elevation))
    y, x = np.indices(buffer.depth.shape, dtype=np.float32)
    x = (x + 0.5 - buffer.axis) / scale
    y = ((buffer.floor - y) / scale - level) / sine
    distance = np.hypot(x, y)
    inner = radius - 0.022
    opening = (distance <= radius) & ~(
        (y < 0) & (buffer.depth > -np.inf) & (distance > radius - 1e-3)
    )
    rim = opening & (distance > inner)
    hollow = opening & (distance <= inner)
    buffer.depth[opening] = -y[opening]
    buffer.normal[:, rim] = np.array([[0], [0.1], [1]], np.float32)
    buffer.ink[rim] = GLAZE
    angle_x, angle_y = x[hollow] / inner, y[hollow] / inner
    buffer.normal[:, hollow] = np.stack([-angle_x, np.abs(angle_y), 0.5 + 0 * angle_x]) * 0.8
    buffer.ink[hollow] = GLAZE
    buffer.open_sky[hollow] = 0.25 + 0.45 * np.clip(angle_y, 0, 1)


def _handle(
    buffer: Buffer,
    profile: Profile,
    handle: Handle,
    rotation: float,
    elevation: float,
    scale: float,
) -> None:
    """Draw a tube as a row of balls; nearer ones hide farther ones."""
    points = np.array(handle.points, dtype=np.float64)
    points[:, 0] *= profile.width
    for end in (0, -1) if handle.ends_on_wall else (0,):
        wall = profile.radius_at(points[end, 2])
        points[end, 0] = np.sqrt(max(wall**2 - points[end, 1] ** 2, 0)) - handle.radius * 0.6
    length = float(np.hypot(*np.diff(points[:, [0, 2]], axis=0).T).sum())
    axis = smooth(points, max(24, round(length * scale / 2.5)))
    angle = np.deg2rad(handle.angle + rotation)
    right = axis[:, 0] * np.sin(angle) + axis[:, 1] * np.cos(angle)
    toward = axis[:, 0] * np.cos(angle) - axis[:, 1] * np.sin(angle)
    sine, cosine = np.sin(np.deg2rad(elevation)), np.cos(np.deg2rad(elevation))
    column = buffer.axis + right * scale
    row = buffer.floor - (axis[:, 2] * cosine - toward * sine) * scale
    for x, y, depth in zip(column, row, toward, strict=True):
        _ball(buffer, x, y, depth, handle.radius * scale, scale)


def _ball(buffer: Buffer, x: float, y: float, depth: float, radius: float, scale: float) -> None:
    height, width = buffer.depth.shape
    top, bottom = max(0, int(y - radius)), min(height, int(y + radius) + 2)
    left, right = max(0, int(x - radius)), min(width, int(x + radius) + 2)
    if top >= bottom or left >= right:
        return
    dx = ((np.arange(left, right) + 0.5 - x) / radius).astype(np.float32)
    dy = ((y - np.arange(top, bottom) - 0.5) / radius).astype(np.float32)
    bulge = 1 - dx[None, :] ** 2 - dy[:, None] ** 2
    height_toward = np.sqrt(np.maximum(bulge, 0))
    window = (slice(top, bottom), slice(left, right))
    near = (bulge > 0) & (depth + height_toward * radius / scale > buffer.depth[window])
    buffer.depth[window][near] = (depth + height_toward * radius / scale)[near]
    buffer.normal[0][window][near] = np.broadcast_to(dx[None, :], near.shape)[near]
    buffer.normal[1][window][near] = height_toward[near]
    buffer.normal[2][window][near] = np.broadcast_to(dy[:, None], near.shape)[near]
    buffer.ink[window][near] = GLAZE
    buffer.firing[window][near] = 128
    buffer.open_sky[window][near] = 1.0


def _normals(profile: Profile) -> tuple[Floats, Floats]:
    """Return the outward and upward part of every sample's unit normal."""
    outward, upward = np.gradient(profile.height), -np.gradient(profile.radius)
    length = np.maximum(np.hypot(outward, upward), 1e-9)
    return (outward / length).astype(np.float32), (upward / length).astype(np.float32)


def _open_sky(profile: Profile) -> Floats:
    """Return how much sky every sample sees past wider parts above it, 0.35-1."""
    radius, height = profile.radius[::10], profile.height[::10]
    rise = height[None, :] - height[:, None]
    jut = radius[None, :] - radius[:, None]
    blocked = np.where((rise > 1e-3) & (rise < 0.35), np.arctan2(jut, rise), -1.0).max(axis=1)
    coarse = 1 - 0.65 * np.clip(blocked, 0, np.pi / 2) / (np.pi / 2)
    return np.interp(np.arange(SAMPLES), np.arange(0, SAMPLES, 10), coarse).astype(np.float32)
