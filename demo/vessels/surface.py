"""From a wall to what a camera sees of it: a picture of colours, normals and depths.

A ring of the vessel at height z and radius r is seen as an ellipse whose front half lies at

    v(x) = z cos(e) - sqrt(r² - x²) sin(e(z))

above the foot, e being the camera's elevation, larger for lower rings (perspective). In one
column x of the picture, of two rings at the same v the higher is nearer: so a scan down each
column keeps the visible one, without tracing rays.
"""

from __future__ import annotations

import numpy as np

from demo.vessels.buffer import Buffer, Floats, Indices, View
from demo.vessels.pen import GLAZE
from demo.vessels.profile import SAMPLES, Profile
from demo.vessels.shapes import Handle
from demo.vessels.tubes import write_handles
from demo.vessels.wall import COLUMNS, FIRING_STEP, ROWS, Wall


def see(wall: Wall, handles: tuple[Handle, ...], view: View) -> Buffer:
    """Return what a camera sees of a decorated wall and its black handles."""
    profile = wall.profile
    tips = [point for handle in handles for point in handle.points]
    reach = 0.04 + max(float(profile.radius.max()), *(tip.out * profile.width for tip in tips))
    top = 0.12 + max(float(profile.height[-1]), *(tip.up for tip in tips))
    below = 0.12
    shape = (round((top + below) * view.scale), 2 * round(reach * view.scale))
    buffer = Buffer(
        depth=np.full(shape, -np.inf, np.float32),
        right=np.zeros(shape, np.float32),
        toward=np.zeros(shape, np.float32),
        up=np.zeros(shape, np.float32),
        ink=np.zeros(shape, np.uint8),
        firing=np.zeros(shape, np.uint8),
        open_sky=np.zeros(shape, np.float32),
        axis=shape[1] / 2,
        floor=top * view.scale,
    )
    tilt = _tilt(profile, view.elevation)
    _write_body(buffer, wall, _visible(buffer, profile, tilt, view), view)
    _write_mouth(buffer, profile, tilt, view)
    write_handles(buffer, profile, handles, view)
    return buffer


def _tilt(profile: Profile, elevation: float) -> Floats:
    """Return sin(e(z)) of every sample: rings below the eye open more; never negative."""
    middle = profile.height[-1] / 2
    degrees = elevation + (middle - profile.height) * 14.0
    tilt: Floats = np.sin(np.deg2rad(np.maximum(degrees, 0.4))).astype(np.float32)
    return tilt


def _visible(buffer: Buffer, profile: Profile, tilt: Floats, view: View) -> Indices:
    """Return the profile sample that every pixel shows, -1 for none, shape (h, w)."""
    rows, half = buffer.depth.shape[0], buffer.depth.shape[1] // 2
    x = (np.arange(half, dtype=np.float32) + 0.5) / np.float32(view.scale)
    squared = (profile.radius**2)[:, None] - x**2
    there = squared > 0
    level = profile.height * np.float32(np.cos(np.deg2rad(view.elevation)))
    up = level[:, None] - np.sqrt(np.maximum(squared, 0)) * tilt[:, None]
    up = np.where(there, up * np.float32(view.scale), np.float32(np.inf))
    lowest_above = np.minimum.accumulate(up[::-1], axis=0)[::-1]
    shown = np.flatnonzero(there & (up <= lowest_above))
    place = (np.float32(buffer.floor) - up.reshape(-1)[shown]).astype(np.intp)
    # Written from the foot up: of two samples in one pixel the higher, nearer one stays.
    seen = np.full((rows, half), -1, np.intp)
    seen.reshape(-1)[np.clip(place, 0, rows - 1) * half + shown % half] = shown // half
    seen = np.maximum.accumulate(seen[::-1], axis=0)[::-1]
    # A pixel between two samples belongs to the lower one only if the wall goes on there.
    limit = np.where(there, up + 1, np.float32(-np.inf))
    goes_on = there[:-1] & there[1:]
    np.maximum(limit[:-1], lowest_above[1:], out=limit[:-1], where=goes_on)
    pixel_up = np.float32(buffer.floor - 1) - np.arange(rows, dtype=np.float32)[:, None]
    limit_here = limit.reshape(-1)[np.maximum(seen, 0) * half + np.arange(half)]
    seen[pixel_up > limit_here] = -1
    return np.concatenate([seen[:, ::-1], seen], axis=1)


def _write_body(buffer: Buffer, wall: Wall, seen: Indices, view: View) -> None:
    profile = wall.profile
    pixels = np.flatnonzero(seen >= 0)
    sample = seen.reshape(-1)[pixels]
    radius = profile.radius[sample]
    column = (pixels % seen.shape[1]).astype(np.float32)
    x = (column + np.float32(0.5 - buffer.axis)) / np.float32(view.scale)
    sine = np.clip(x / radius, -1, 1)
    cosine = np.sqrt(1 - sine * sine)
    turn = np.arcsin(sine) - np.float32(np.deg2rad(view.rotation) - 4 * np.pi)
    u = (turn * np.float32(COLUMNS / (2 * np.pi))).astype(np.intp) % COLUMNS
    v = np.linspace(ROWS - 1, 0, SAMPLES).astype(np.intp)[sample]
    outward, upward = _normals(profile)
    across = outward[sample]
    step = FIRING_STEP
    buffer.write(
        pixels,
        depth=radius * cosine,
        right=across * sine,
        toward=across * cosine,
        up=upward[sample],
        ink=wall.inks.reshape(-1)[v * COLUMNS + u],
        firing=wall.firing.reshape(-1)[v // step * (COLUMNS // step) + u // step],
        open_sky=_open_sky(profile)[sample],
    )


def _write_mouth(buffer: Buffer, profile: Profile, tilt: Floats, view: View) -> None:
    """The rim's upper side and the dark inside behind it."""
    radius, sine = float(profile.radius[-1]), float(tilt[-1])
    level = float(profile.height[-1]) * np.cos(np.deg2rad(view.elevation))
    centre, reach = buffer.floor - level * view.scale, radius * sine * view.scale
    first, width = int(centre - reach), buffer.depth.shape[1]
    y, x = np.indices((int(2 * reach) + 3, width), dtype=np.float32)
    x = (x + np.float32(0.5 - buffer.axis)) / np.float32(view.scale * radius)
    y = (np.float32(centre - first) - y) / np.float32(view.scale * sine * radius)
    distance = np.hypot(x, y)
    inner = 1 - 0.022 / radius
    rim = np.flatnonzero((distance <= 1) & (distance > inner))
    hollow = np.flatnonzero(distance <= inner)
    x, y = x.reshape(-1), y.reshape(-1)
    buffer.write(np.concatenate([rim, hollow]) + first * width, ink=GLAZE, firing=128)
    buffer.write(
        rim + first * width, depth=-radius * y[rim], right=0.0, toward=0.1, up=0.99, open_sky=1.0
    )
    buffer.write(
        hollow + first * width,
        depth=-radius * y[hollow],
        right=-0.8 * x[hollow],
        toward=0.8 * np.abs(y[hollow]),
        up=0.4,
        open_sky=0.25 + 0.45 * np.clip(y[hollow], 0, 1),
    )


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
    every = np.arange(SAMPLES)
    fine: Floats = np.interp(every, every[::10], coarse).astype(np.float32)
    return fine
