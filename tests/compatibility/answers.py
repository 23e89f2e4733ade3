"""Everything that a daemon answers about its data, so that two versions can be compared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import Any

Get = Callable[[str], Awaitable[Any]]
"""Answers ``GET`` of a path."""

STATUS = {
    "coordinator": ("recovery", "digests", "patients", "pending"),
    "node": (
        "terminal",
        "state",
        "ranges",
        "incarnation",
        "copies_noticed",
        "conflicts",
        "cards_to_reprint",
        "patients",
        "pending",
    ),
}
"""Not the digests of a node: what it wrote alone it signs at its next start, and counts then."""
OF_TODAY = frozenset({"age_years", "age_months", "age_days"})
"""What follows from the day on which it is asked."""
GROWING = frozenset({"registry", "document"})
"""Digests of what gets an entry when a later version starts: of the authority that it makes."""
IN_WORDS = frozenset({"closed"})
"""A sentence for people, or null: that there is one must stay, not how it reads."""


async def everything(get: Get, kind: str) -> dict[str, Any]:
    """All people, conflicts, changes and settings that a daemon tells of; ``kind`` as in STATUS."""
    people = await _pages(get, "/api/patients/")
    found: dict[str, Any] = {
        "patients": people,
        "histories": {
            person["record_id"]: await _pages(get, f"/api/patients/{person['record_id']}/history/")
            for person in people
        },
        "conflicts": await _pages(get, "/api/conflicts/"),
        "changes": (await get("/api/changes/?after=0&limit=500"))["results"],
    }
    status = await get("/api/status/")
    found["status"] = {name: status[name] for name in STATUS[kind]}
    if kind == "coordinator":
        found["terminals"] = await _pages(get, "/api/terminals/")
        found["pool"] = await get("/api/pool/")
        found["webhooks"] = [
            {name: hook[name] for name in ("id", "url", "delivered", "behind")}
            for hook in await _pages(get, "/api/webhooks/")
        ]
    return found


async def _pages(get: Get, path: str) -> list[Any]:
    found: list[Any] = []
    number = 0
    while True:
        number += 1
        page = await get(f"{path}?page_size=100&page={number}")
        found += page["results"]
        if not page["next"]:
            return found


def missing(before: Any, now: Any, at: str = "") -> Iterator[str]:
    """What of an earlier answer is missing or different now.

    Further fields are no difference, and neither is another form of the same time.
    """
    if isinstance(before, dict) and isinstance(now, dict):
        for name, value in before.items():
            if name in OF_TODAY or (name in GROWING and at.endswith("/digests")):
                continue
            if name not in now:
                yield f"{at}/{name}: gone"
            elif name in IN_WORDS and isinstance(value, str) and isinstance(now[name], str):
                continue
            else:
                yield from missing(value, now[name], f"{at}/{name}")
    elif isinstance(before, list) and isinstance(now, list):
        if len(before) != len(now):
            yield f"{at}: {len(before)} before, {len(now)} now"
        for place, (one, other) in enumerate(zip(before, now, strict=False)):
            yield from missing(one, other, f"{at}/{place}")
    elif before != now and not _is_one_time(before, now):
        yield f"{at}: {before!r} before, {now!r} now"


def _is_one_time(before: Any, now: Any) -> bool:
    try:
        return datetime.fromisoformat(before) == datetime.fromisoformat(now)
    except (TypeError, ValueError):
        return False
