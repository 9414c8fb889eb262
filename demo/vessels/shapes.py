"""Shapes of Attic vessels: profile strokes, handles and the zone for the main picture.

Lengths are in vessel heights (roughly: the widest shapes are lower than 1). A profile is a
list of strokes from the foot up, each smoothed by itself, so that edges between them stay sharp.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple


class HandlePoint(NamedTuple):
    """A point of a handle's axis: outward, sideways and upward."""

    out: float
    side: float
    up: float


@dataclass(frozen=True, slots=True)
class Handle:
    """A tube along smoothed points.

    Attributes:
        angle: Degrees around the vessel's axis; 0 faces the viewer, 90 is on the right.
        points: Its axis; an end that touches the wall is moved onto it.
        radius: Half its thickness.
        ends_on_wall: Whether the last point touches the wall as the first does.
    """

    angle: float
    points: tuple[HandlePoint, ...]
    radius: float
    ends_on_wall: bool = True


@dataclass(frozen=True, slots=True)
class Shape:
    """A family of vessels.

    Attributes:
        names: English and Greek name by language tag.
        strokes: Profile by part, from the foot up: (radius, height) points.
        frieze: Heights between which the main picture stands.
        handles: All handles.
    """

    names: Mapping[str, str]
    strokes: Mapping[str, tuple[tuple[float, float], ...]]
    frieze: tuple[float, float]
    handles: tuple[Handle, ...]


def _pair(points: tuple[tuple[float, float], ...], radius: float) -> tuple[Handle, ...]:
    """Two vertical handles, left and right."""
    axis = tuple(HandlePoint(out, 0.0, up) for out, up in points)
    return tuple(Handle(angle, axis, radius) for angle in (-90.0, 90.0))


def _loops(out: float, up: float, rise: float, half: float, radius: float) -> tuple[Handle, ...]:
    """Two horizontal loops that start at height `up`, stand out to `out` and rise by `rise`."""
    axis = (
        HandlePoint(0, -half, up),
        HandlePoint(out * 0.93, -half * 0.95, up + rise * 0.5),
        HandlePoint(out, -half * 0.5, up + rise * 0.95),
        HandlePoint(out, half * 0.5, up + rise * 0.95),
        HandlePoint(out * 0.93, half * 0.95, up + rise * 0.5),
        HandlePoint(0, half, up),
    )
    return tuple(Handle(angle, axis, radius) for angle in (-90.0, 90.0))


def _columns() -> tuple[Handle, ...]:
    """The column krater's pairs of columns under plates on the rim."""
    handles = []
    for angle in (-90.0, 90.0):
        for side in (-0.05, 0.05):
            axis = ((0.3, side, 0.9), (0.338, side, 0.82), (0.335, side, 0.72), (0, side, 0.64))
            points = tuple(HandlePoint(*point) for point in axis)
            handles.append(Handle(angle, points, 0.017))
        plate = (HandlePoint(0, 0, 0.905), HandlePoint(0.36, 0, 0.907))
        handles.append(Handle(angle, plate, 0.022, ends_on_wall=False))
    return tuple(handles)


def _volutes() -> tuple[Handle, ...]:
    axis = (
        (0.0, 0.56), (0.315, 0.62), (0.305, 0.75), (0.3, 0.86), (0.298, 0.93), (0.262, 0.955),
        (0.235, 0.925), (0.248, 0.893), (0.275, 0.905),
    )  # fmt: skip
    points = tuple(HandlePoint(out, 0.0, up) for out, up in axis)
    return tuple(Handle(angle, points, 0.018, ends_on_wall=False) for angle in (-90.0, 90.0))


SHAPES: Final[Mapping[str, Shape]] = {
    "neck-amphora": Shape(
        names={"en": "Neck-amphora", "el": "Αμφορέας με λαιμό"},
        strokes={
            "foot": ((0.145, 0), (0.165, 0.012), (0.16, 0.035), (0.1, 0.05)),
            "body": ((0.085, 0.055), (0.16, 0.16), (0.265, 0.38), (0.305, 0.56), (0.27, 0.7),
                     (0.15, 0.775)),
            "neck": ((0.135, 0.78), (0.12, 0.84), (0.13, 0.91)),
            "lip": ((0.15, 0.915), (0.185, 0.945), (0.19, 0.985), (0.178, 1.0)),
        },
        frieze=(0.38, 0.69),
        handles=_pair(((0, 0.9), (0.2, 0.925), (0.24, 0.87), (0.242, 0.79), (0, 0.7)), 0.021),
    ),
    "amphora": Shape(
        names={"en": "Amphora", "el": "Αμφορέας"},
        strokes={
            "foot": ((0.13, 0), (0.16, 0.01), (0.15, 0.045), (0.115, 0.05)),
            "body": ((0.11, 0.05), (0.2, 0.18), (0.29, 0.4), (0.315, 0.56), (0.275, 0.7),
                     (0.185, 0.8), (0.14, 0.86)),
            "neck": ((0.14, 0.86), (0.135, 0.9), (0.145, 0.93)),
            "lip": ((0.16, 0.935), (0.185, 0.965), (0.19, 1.0)),
        },
        frieze=(0.4, 0.74),
        handles=_pair(((0, 0.91), (0.21, 0.945), (0.262, 0.9), (0.272, 0.81), (0, 0.71)), 0.02),
    ),
    "hydria": Shape(
        names={"en": "Hydria", "el": "Υδρία"},
        strokes={
            "foot": ((0.13, 0), (0.15, 0.01), (0.14, 0.04), (0.09, 0.05)),
            "body": ((0.085, 0.055), (0.18, 0.18), (0.28, 0.38), (0.31, 0.52), (0.285, 0.615)),
            "shoulder": ((0.283, 0.618), (0.22, 0.67), (0.12, 0.705)),
            "neck": ((0.105, 0.71), (0.095, 0.8), (0.11, 0.9)),
            "lip": ((0.13, 0.905), (0.172, 0.935), (0.178, 0.96), (0.165, 0.975)),
        },
        frieze=(0.3, 0.6),
        handles=_loops(0.385, 0.47, 0.08, 0.08, 0.018),
    ),
    "pelike": Shape(
        names={"en": "Pelike", "el": "Πελίκη"},
        strokes={
            "foot": ((0.17, 0), (0.19, 0.01), (0.185, 0.035), (0.165, 0.045)),
            "body": ((0.16, 0.05), (0.25, 0.13), (0.31, 0.28), (0.3, 0.42), (0.23, 0.6),
                     (0.16, 0.74), (0.14, 0.82)),
            "neck": ((0.14, 0.82), (0.145, 0.89), (0.16, 0.92)),
            "lip": ((0.175, 0.925), (0.205, 0.95), (0.2, 0.975)),
        },
        frieze=(0.22, 0.63),
        handles=_pair(((0, 0.87), (0.225, 0.895), (0.262, 0.82), (0.275, 0.7), (0, 0.58)), 0.02),
    ),
    "column-krater": Shape(
        names={"en": "Column-krater", "el": "Κιονωτός κρατήρας"},
        strokes={
            "foot": ((0.15, 0), (0.175, 0.015), (0.165, 0.05), (0.12, 0.07)),
            "body": ((0.115, 0.075), (0.22, 0.2), (0.33, 0.4), (0.36, 0.56), (0.31, 0.68),
                     (0.22, 0.745)),
            "neck": ((0.215, 0.75), (0.2, 0.8), (0.205, 0.86)),
            "lip": ((0.25, 0.875), (0.3, 0.89), (0.305, 0.925), (0.29, 0.935)),
        },
        frieze=(0.34, 0.67),
        handles=_columns(),
    ),
    "volute-krater": Shape(
        names={"en": "Volute-krater", "el": "Ελικωτός κρατήρας"},
        strokes={
            "foot": ((0.15, 0), (0.17, 0.015), (0.15, 0.05), (0.09, 0.07)),
            "body": ((0.085, 0.075), (0.16, 0.18), (0.26, 0.36), (0.29, 0.5), (0.25, 0.6),
                     (0.19, 0.64)),
            "neck": ((0.185, 0.645), (0.185, 0.72), (0.2, 0.8)),
            "lip": ((0.225, 0.81), (0.25, 0.85), (0.245, 0.875)),
        },
        frieze=(0.28, 0.58),
        handles=_volutes(),
    ),
    "calyx-krater": Shape(
        names={"en": "Calyx-krater", "el": "Καλυκωτός κρατήρας"},
        strokes={
            "foot": ((0.17, 0), (0.2, 0.015), (0.19, 0.055), (0.11, 0.07)),
            "cul": ((0.1, 0.08), (0.17, 0.12), (0.255, 0.2), (0.272, 0.26)),
            "body": ((0.268, 0.27), (0.285, 0.45), (0.32, 0.66), (0.385, 0.8)),
            "lip": ((0.4, 0.805), (0.425, 0.825), (0.42, 0.85)),
        },
        frieze=(0.31, 0.7),
        handles=_loops(0.38, 0.2, 0.22, 0.09, 0.018),
    ),
    "bell-krater": Shape(
        names={"en": "Bell-krater", "el": "Κωδωνόσχημος κρατήρας"},
        strokes={
            "foot": ((0.15, 0), (0.18, 0.015), (0.17, 0.05), (0.085, 0.065)),
            "stem": ((0.08, 0.07), (0.085, 0.1)),
            "body": ((0.09, 0.105), (0.2, 0.17), (0.27, 0.3), (0.285, 0.48), (0.31, 0.66),
                     (0.36, 0.765)),
            "lip": ((0.38, 0.77), (0.4, 0.79), (0.395, 0.815)),
        },
        frieze=(0.27, 0.64),
        handles=_loops(0.37, 0.5, 0.1, 0.09, 0.018),
    ),
    "stamnos": Shape(
        names={"en": "Stamnos", "el": "Στάμνος"},
        strokes={
            "foot": ((0.13, 0), (0.16, 0.01), (0.15, 0.04), (0.12, 0.05)),
            "body": ((0.115, 0.055), (0.22, 0.22), (0.32, 0.45), (0.335, 0.58), (0.28, 0.7),
                     (0.19, 0.755)),
            "neck": ((0.18, 0.76), (0.17, 0.79), (0.175, 0.82)),
            "lip": ((0.195, 0.825), (0.21, 0.85), (0.2, 0.865)),
        },
        frieze=(0.3, 0.69),
        handles=_loops(0.42, 0.53, 0.08, 0.08, 0.018),
    ),
    "kylix": Shape(
        names={"en": "Kylix", "el": "Κύλικα"},
        strokes={
            "foot": ((0.16, 0), (0.175, 0.008), (0.165, 0.022), (0.05, 0.038)),
            "stem": ((0.036, 0.05), (0.031, 0.09), (0.042, 0.125)),
            "body": ((0.05, 0.13), (0.2, 0.152), (0.33, 0.215), (0.385, 0.3), (0.4, 0.345)),
            "lip": ((0.403, 0.35), (0.41, 0.36)),
        },
        frieze=(0.175, 0.328),
        handles=_loops(0.5, 0.235, 0.09, 0.07, 0.014),
    ),
    "skyphos": Shape(
        names={"en": "Skyphos", "el": "Σκύφος"},
        strokes={
            "foot": ((0.14, 0), (0.15, 0.01), (0.145, 0.03), (0.135, 0.035)),
            "body": ((0.135, 0.04), (0.2, 0.13), (0.245, 0.28), (0.255, 0.42), (0.26, 0.5)),
            "lip": ((0.262, 0.505), (0.262, 0.515)),
        },
        frieze=(0.12, 0.42),
        handles=_loops(0.36, 0.44, 0.03, 0.065, 0.014),
    ),
    "lekythos": Shape(
        names={"en": "Lekythos", "el": "Λήκυθος"},
        strokes={
            "foot": ((0.085, 0), (0.1, 0.01), (0.095, 0.035), (0.05, 0.045)),
            "body": ((0.045, 0.05), (0.09, 0.12), (0.135, 0.3), (0.155, 0.52), (0.16, 0.64)),
            "shoulder": ((0.16, 0.65), (0.13, 0.7), (0.055, 0.735)),
            "neck": ((0.045, 0.74), (0.04, 0.8), (0.045, 0.86)),
            "lip": ((0.06, 0.865), (0.085, 0.92), (0.09, 0.98), (0.075, 1.0)),
        },
        frieze=(0.24, 0.61),
        handles=_pair(((0, 0.84), (0.1, 0.87), (0.145, 0.82), (0.15, 0.76), (0, 0.68)), 0.013)[1:],
    ),
    "oinochoe": Shape(
        names={"en": "Oinochoe", "el": "Οινοχόη"},
        strokes={
            "foot": ((0.13, 0), (0.15, 0.01), (0.145, 0.03), (0.11, 0.04)),
            "body": ((0.11, 0.045), (0.2, 0.15), (0.265, 0.32), (0.26, 0.46), (0.19, 0.6),
                     (0.125, 0.68)),
            "neck": ((0.12, 0.69), (0.11, 0.74), (0.12, 0.79)),
            "lip": ((0.14, 0.8), (0.165, 0.84), (0.16, 0.87)),
        },
        frieze=(0.18, 0.55),
        handles=_pair(
            ((0, 0.82), (0.2, 0.93), (0.275, 0.92), (0.31, 0.77), (0.29, 0.62), (0, 0.5)), 0.017
        )[1:],
    ),
}  # fmt: skip
