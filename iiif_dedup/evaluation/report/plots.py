"""Plots of lines and points as SVG, for reports that need nothing else.

Methods differ by colour (Okabe and Ito's, told apart by everyone), dashes and mark.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 420, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 12, 44
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#b8a000")
DASHES = ("", "7 3", "2 3", "9 3 2 3")
_TICKS = 5
Point = tuple[float, float]


class Axis(NamedTuple):
    """One axis.

    Attributes:
        label: What it says.
        low: Its first value.
        high: Its last value.
        logarithmic: Whether equal ratios take equal room; then low > 0.
        ticks: Values that are written; evenly spread ones when empty.
    """

    label: str
    low: float = 0.0
    high: float = 1.0
    logarithmic: bool = False
    ticks: tuple[float, ...] = ()


class Line(NamedTuple):
    """One method's points.

    Attributes:
        style: Number of its colour and dashes, the same in every plot.
        points: In the order in which they are joined.
        marked: Whether each point has a mark.
        ranges: For each point the ends of its interval; none when empty.
    """

    style: int
    points: Sequence[Point]
    marked: bool = False
    ranges: Sequence[Point] = ()


def plot(
    description: str, x: Axis, y: Axis, lines: Sequence[Line], *, diagonal: bool = False
) -> str:
    """Return an SVG element.

    Args:
        description: Read out to who cannot see it.
        x: From left to right.
        y: From bottom to top.
        lines: Points beyond the axes are drawn at their end.
        diagonal: Whether the line from the first to the last corner is drawn.
    """
    across = _scale(x, _LEFT, WIDTH - _RIGHT)
    up = _scale(y, HEIGHT - _BOTTOM, _TOP)
    parts = [
        f'<svg role="img" viewBox="0 0 {WIDTH} {HEIGHT}" aria-label="{escape(description)}">',
        *(_vertical(across(tick), _written(tick)) for tick in _ticks(x)),
        *(_horizontal(up(tick), _written(tick)) for tick in _ticks(y)),
        f'<text class="axis" x="{(_LEFT + WIDTH - _RIGHT) / 2:.0f}" y="{HEIGHT - 6}" '
        f'text-anchor="middle">{escape(x.label)}</text>',
        f'<text class="axis" transform="translate(13 {(_TOP + HEIGHT - _BOTTOM) / 2:.0f}) '
        f'rotate(-90)" text-anchor="middle">{escape(y.label)}</text>',
    ]
    if diagonal:
        ends = [(x.low, y.low), (x.high, y.high)]
        parts.append(f'<polyline class="even" points="{_joined(ends, across, up)}"/>')
    parts += [_drawn(line, across, up) for line in lines]
    return "".join((*parts, "</svg>"))


def key(style: int) -> str:
    """Return a small SVG element that shows how a method is drawn."""
    return (
        '<svg class="key" viewBox="0 0 34 10" aria-hidden="true">'
        f'<line x1="1" y1="5" x2="33" y2="5" {_stroke(style)}/></svg>'
    )


def _drawn(line: Line, across: Callable[[float], float], up: Callable[[float], float]) -> str:
    colour = COLOURS[line.style % len(COLOURS)]
    parts = [
        f'<polyline fill="none" points="{_joined(line.points, across, up)}" {_stroke(line.style)}/>'
    ]
    for (x, _), (low, high) in zip(line.points, line.ranges, strict=False):
        parts.append(
            f'<line x1="{across(x):.1f}" x2="{across(x):.1f}" y1="{up(low):.1f}" '
            f'y2="{up(high):.1f}" stroke="{colour}" opacity=".5"/>'
        )
    if line.marked:
        parts += [
            f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3" fill="{colour}"/>'
            for x, y in line.points
        ]
    return "".join(parts)


def _stroke(style: int) -> str:
    dashes = DASHES[style % len(DASHES)]
    pattern = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'stroke="{COLOURS[style % len(COLOURS)]}" stroke-width="1.8"{pattern}'


def _joined(
    points: Sequence[Point], across: Callable[[float], float], up: Callable[[float], float]
) -> str:
    return " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in points)


def _scale(axis: Axis, start: int, end: int) -> Callable[[float], float]:
    """Return what turns a value into pixels."""

    def place(value: float) -> float:
        inside = min(max(value, axis.low), axis.high)
        if axis.logarithmic:
            part = math.log(inside / axis.low) / math.log(axis.high / axis.low)
        else:
            part = (inside - axis.low) / (axis.high - axis.low)
        return start + part * (end - start)

    return place


def _ticks(axis: Axis) -> Sequence[float]:
    if axis.ticks:
        return axis.ticks
    step = (axis.high - axis.low) / _TICKS
    return [axis.low + number * step for number in range(_TICKS + 1)]


def _written(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-", "−") if value else "0"


def _vertical(x: float, text: str) -> str:
    bottom = HEIGHT - _BOTTOM
    return (
        f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>'
        f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{text}</text>'
    )


def _horizontal(y: float, text: str) -> str:
    return (
        f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
    )
