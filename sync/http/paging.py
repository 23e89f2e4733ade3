"""Lists: ``{"count", "next", "previous", "results"}``, whole or in pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypedDict, TypeVar

from aiohttp import web

from sync.model.formats import Uri
from sync.reading.pages import Page

T = TypeVar("T")


class Listed(TypedDict, Generic[T]):
    """A list, or a page of one; ``next`` and ``previous`` lead to the pages beside it."""

    count: int
    next: Uri | None
    previous: Uri | None
    results: list[T]


def paged(request: web.Request, page: Page, count: int, results: Sequence[T]) -> Listed[T]:
    """Return one page of a list of ``count`` entries; ``next`` and ``previous`` are URLs.

    From a page beyond the end ``previous`` leads to the last one.
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


def whole(results: Sequence[T]) -> Listed[T]:
    """Return all of a short list as one page."""
    return {"count": len(results), "next": None, "previous": None, "results": list(results)}
