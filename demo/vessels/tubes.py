"""Handles: tubes drawn into the buffer as rows of balls."""

from __future__ import annotations

import numpy as np

from demo.vessels.buffer import Buffer, Floats, View
from demo.vessels.pen import GLAZE
from demo.vessels.profile import Profile, smooth
from demo.vessels.shapes import Handle


def write_handles(
    buffer: Buffer, profile: Profile, handles: tuple[Handle, ...], view: View
) -> None:
    """Draw all handles; nearer ones hide farther ones, and the body what is behind."""
    balls = np.concatenate([_balls(buffer, profile, handle, view) for handle in handles])
    reach = int(balls[:, 3].max()) + 1
    offsets = np.arange(-reach, reach + 1)
    dy, dx = (part.reshape(-1) for part in np.meshgrid(offsets, offsets, indexing="ij"))
    column = balls[:, :1].astype(np.int32) + dx.astype(np.int32)
    row = balls[:, 1:2].astype(np.int32) + dy.astype(np.int32)
    radius = balls[:, 3:]
    right = (column - (balls[:, :1] - np.float32(0.5))).astype(np.float32) / radius
    up = (balls[:, 1:2] - np.float32(0.5) - row).astype(np.float32) / radius
    bulge = 1 - right**2 - up**2
    height, width = buffer.depth.shape
    inside = (bulge > 0) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
    toward = np.sqrt(np.maximum(bulge, 0))
    depth = (balls[:, 2:3] + toward * radius / view.scale)[inside]
    pixels = (row * width + column)[inside]
    near = np.flatnonzero(depth > buffer.depth.reshape(-1)[pixels])
    # Sixteen bits of depth are plenty here, and sort by radix, several times as fast.
    steps = ((depth[near] + 2) * np.float32(16000)).astype(np.uint16)
    order = near[np.argsort(steps, kind="stable")]
    buffer.write(
        pixels[order],
        depth=depth[order],
        right=right[inside][order],
        toward=toward[inside][order],
        up=up[inside][order],
        ink=GLAZE,
        firing=128,
        open_sky=1.0,
    )


def _balls(buffer: Buffer, profile: Profile, handle: Handle, view: View) -> Floats:
    """Return column, row, depth and radius in pixels of the balls of one tube, shape (n, 4)."""
    points = np.array(handle.points, dtype=np.float64)
    points[:, 0] *= profile.width
    for end in (0, -1) if handle.ends_on_wall else (0,):
        wall = profile.radius_at(points[end, 2])
        points[end, 0] = np.sqrt(max(wall**2 - points[end, 1] ** 2, 0)) - handle.radius * 0.6
    length = float(np.sqrt((np.diff(points, axis=0) ** 2).sum(axis=1)).sum())
    axis = smooth(points, max(24, round(length / handle.radius * 6)))
    angle, elevation = np.deg2rad(handle.angle + view.rotation), np.deg2rad(view.elevation)
    right = axis[:, 0] * np.sin(angle) + axis[:, 1] * np.cos(angle)
    toward = axis[:, 0] * np.cos(angle) - axis[:, 1] * np.sin(angle)
    up = axis[:, 2] * np.cos(elevation) - toward * np.sin(elevation)
    balls = np.stack(
        [
            buffer.axis + right * view.scale,
            buffer.floor - up * view.scale,
            toward,
            np.full_like(right, handle.radius * view.scale),
        ],
        axis=1,
    )
    return balls.astype(np.float32)
