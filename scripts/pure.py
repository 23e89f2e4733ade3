"""The pure modules of sync: no asyncio, aiohttp, sqlite, os, time or random, only values.

`tests/test_layers.py` checks what they import, `scripts/pure_coverage.py` that they are tested.
"""

from __future__ import annotations

from typing import Final

PURE: Final = frozenset(
    {
        "admission",
        "alarms",
        "bodies",
        "clock",
        "document",
        "errors",
        "events",
        "facts",
        "feed",
        "fields",
        "frames",
        "gate",
        "greeting",
        "history",
        "host",
        "machine",
        "matching",
        "messages",
        "numbering",
        "numbers",
        "patient",
        "projection",
        "pull",
        "pushing",
        "queries",
        "registry",
        "rounds",
        "runs",
        "serving",
        "session",
        "shapes",
        "stage",
    }
)
