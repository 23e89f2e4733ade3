"""Lists in pages of 20: ``{"count", "next", "previous", "results"}``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Generic, TypedDict, TypeVar

import msgspec
from aiohttp import web

T = TypeVar("T")

PAGE_SIZE: Final = 20
PAGE_SIZE_MAX: Final = 200
PAGE_MAX: Final = 10_000_000


class Listed(TypedDict, Generic[T]):
    """What a list answers."""

    count: int
    next: str | None
    previous: str | None
    results: list[T]


class Page(msgspec.Struct, kw_only=True, frozen=True):
    """Which part of a list: ``page`` counts from 1."""

    page: Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX, description="page, counted from 1")] = 1
    page_size: Annotated[
        int, msgspec.Meta(ge=1, le=PAGE_SIZE_MAX, description="how many on a page")
    ] = PAGE_SIZE

    @property
    def offset(self) -> int:
        """How many entries come before this page."""
        return (self.page - 1) * self.page_size


def paged(request: web.Request, page: Page, count: int, results: Sequence[Any]) -> dict[str, Any]:
    """One page of a list of ``count`` entries; ``next`` and ``previous`` are URLs.

    The page before one that lies beyond the end is the last.
    """
    last = max(1, -(-count // page.page_size))

    def url(number: int) -> str:
        return str(request.url.update_query(page=number))

    return {
        "count": count,
        "next": url(page.page + 1) if page.page < last else None,
        "previous": url(min(page.page - 1, last)) if page.page > 1 else None,
        "results": list(results),
    }


def whole(results: Sequence[Any]) -> dict[str, Any]:
    """The answer with all of a short list."""
    return {"count": len(results), "next": None, "previous": None, "results": list(results)}
