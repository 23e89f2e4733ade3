"""A number as Code 128 and as QR code, drawn as SVG without a style attribute.

The libraries `python-barcode` and `segno` encode; what is drawn here is their modules, as one path.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import segno
from barcode.codex import Code128

QUIET_BARS: Final = 10
"""Empty modules on both sides of a Code 128, as its standard (ISO/IEC 15417) asks for."""
QUIET_SQUARES: Final = 4
"""Empty modules around a QR code (ISO/IEC 18004)."""


def code128(text: str) -> str:
    """Return the bars of a text; the drawing takes any width and height, and lies in both."""
    (modules,) = Code128(text).build()
    width = len(modules) + 2 * QUIET_BARS
    return _svg("bars", width, 1, _runs([modules], QUIET_BARS, 0), 'preserveAspectRatio="none"')


def qr(text: str) -> str:
    """Return the QR code of a text, a square."""
    matrix = segno.make(text, error="m", micro=False).matrix
    size = len(matrix) + 2 * QUIET_SQUARES
    rows = ["".join("1" if module else "0" for module in row) for row in matrix]
    return _svg("qr", size, size, _runs(rows, QUIET_SQUARES, QUIET_SQUARES), "")


def _runs(rows: Sequence[str], left: int, top: int) -> Iterable[str]:
    """The path of all dark modules, those side by side as one rectangle."""
    for y, row in enumerate(rows, top):
        x = 0
        while (x := row.find("1", x)) >= 0:
            end = row.find("0", x)
            end = len(row) if end < 0 else end
            yield f"M{x + left} {y}h{end - x}v1h-{end - x}z"
            x = end


def _svg(kind: str, width: int, height: int, path: Iterable[str], how: str) -> str:
    return (
        f'<svg class="{kind}" viewBox="0 0 {width} {height}" {how} shape-rendering="crispEdges"'
        f' aria-hidden="true"><path d="{"".join(path)}"/></svg>'
    )
