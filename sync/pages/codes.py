"""A number as Code 128 and as QR code, drawn as SVG without a style attribute.

The libraries `python-barcode` and `segno` encode; what is drawn here is their modules, as one path.
A module is a whole number of dots wide, because a printer rounds each edge to a dot, and bars of
different widths are what a scanner reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import segno
from barcode.codex import Code128

DOT_MM: Final = 0.125
"""Of the common thermal printers, with 203 dots an inch."""
BAR_DOTS_MIN: Final = 2
"""A bar of one dot is not read for sure."""
QUIET_BARS: Final = 10
"""Empty modules on both sides of a Code 128, as its standard (ISO/IEC 15417) asks for."""
QUIET_SQUARES: Final = 4
"""Empty modules around a QR code (ISO/IEC 18004)."""


def code128(text: str, width_mm: float, height_mm: float) -> str | None:
    """Return the bars of a text, as wide as they can be; None if they would be too narrow to read.

    Args:
        width_mm: at most so wide, with the empty modules on both sides.
    """
    (modules,) = Code128(text).build()
    width = len(modules) + 2 * QUIET_BARS
    dots = int(width_mm / DOT_MM) // width
    if dots < BAR_DOTS_MIN:
        return None
    size = (width * dots * DOT_MM, height_mm)
    return _svg("bars", (width, 1), size, _runs([modules], QUIET_BARS, 0))


def qr(text: str, side_mm: float) -> str:
    """Return the QR code of a text, a square with sides of at most ``side_mm``."""
    width, path = qr_squares(text)
    side = width * max(1, int(side_mm / DOT_MM) // width) * DOT_MM
    return _svg("qr", (width, width), (side, side), path)


def qr_squares(text: str) -> tuple[int, str]:
    """Return the squares of a side of the QR code of a text, and the path of the dark ones."""
    matrix = segno.make(text, error="m", micro=False).matrix
    rows = ["".join("1" if module else "0" for module in row) for row in matrix]
    path = "".join(_runs(rows, QUIET_SQUARES, QUIET_SQUARES))
    return len(matrix) + 2 * QUIET_SQUARES, path


def _runs(rows: Sequence[str], left: int, top: int) -> Iterable[str]:
    """The path of all dark modules, those side by side as one rectangle."""
    for y, row in enumerate(rows, top):
        x = 0
        while (x := row.find("1", x)) >= 0:
            end = row.find("0", x)
            end = len(row) if end < 0 else end
            yield f"M{x + left} {y}h{end - x}v1h-{end - x}z"
            x = end


def _svg(
    kind: str, modules: tuple[int, int], size: tuple[float, float], path: Iterable[str]
) -> str:
    return (
        f'<svg class="{kind}" viewBox="0 0 {modules[0]} {modules[1]}" width="{size[0]:g}mm"'
        f' height="{size[1]:g}mm" preserveAspectRatio="none" shape-rendering="crispEdges"'
        f' aria-hidden="true"><path d="{"".join(path)}"/></svg>'
    )
