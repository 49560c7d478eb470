"""Line plots over a number of units as one SVG file: small panels side by side, without a library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 250, 190, 46, 34, 34


@dataclass(frozen=True)
class Panel:
    """One series: ``points`` are (x, y), x from 0.

    Attributes:
        grows: whether it is to be held against a straight line.
        most_y: where the y axis ends; None: a little above the points.
    """

    title: str
    x: str
    y: str
    points: Sequence[tuple[float, float]]
    grows: bool = True
    most_y: float | None = None


def svg(panels: Sequence[Panel]) -> str:
    """The panels in a row; a straight line through the last point and 0 shows what linear would be."""
    body = "".join(
        f'<g transform="translate({i * (WIDTH + 20)} 0)">{draw_panel(panel)}</g>' for i, panel in enumerate(panels)
    )
    width = len(panels) * (WIDTH + 20) - 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}" '
        'role="img" font-family="system-ui, sans-serif" font-size="11" fill="#33373d">'
        f"<title>{escape('; '.join(panel.title for panel in panels))}</title>"
        f'<rect width="100%" height="100%" fill="#ffffff"/>{body}</svg>\n'
    )


def draw_panel(panel: Panel) -> str:
    """One panel: title, axes with their ends, the line through 0, the measured points."""
    most_x = max(x for x, _ in panel.points)
    most_y = panel.most_y or max(y for _, y in panel.points) * 1.08
    right, foot = WIDTH - 12, HEIGHT - BOTTOM

    def at(x: float, y: float) -> str:
        return f"{LEFT + (right - LEFT) * x / most_x:.1f},{foot - (foot - TOP) * y / most_y:.1f}"

    line = f"{at(0, 0)} {at(*panel.points[-1])}" if panel.grows else ""
    dots = "".join(
        '<circle cx="{}" cy="{}" r="3" fill="#1a5a9e"/>'.format(*at(*point).split(",")) for point in panel.points
    )
    return (
        f'<text x="{LEFT}" y="16" font-weight="600" font-size="12">{escape(panel.title)}</text>'
        f'<polyline points="{line}" fill="none" stroke="#b9bfc4" stroke-dasharray="3 3"/>'
        f'<path d="M{LEFT} {TOP}V{foot}H{right}" fill="none" stroke="#6b7178"/>'
        f'<polyline points="{" ".join(at(*point) for point in panel.points)}" fill="none" stroke="#1a5a9e" '
        f'stroke-width="1.6"/>{dots}'
        f'<text x="{LEFT - 5}" y="{foot + 4}" text-anchor="end">0</text>'
        f'<text x="{LEFT - 5}" y="{TOP + 10}" text-anchor="end">{most_y:.3g}</text>'
        f'<text x="{LEFT + 4}" y="{TOP + 10}" fill="#6b7178">{escape(panel.y)}</text>'
        f'<text x="{right}" y="{foot + 15}" text-anchor="end">{most_x:g} {escape(panel.x)}</text>'
    )
