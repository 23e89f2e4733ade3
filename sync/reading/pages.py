"""Which part of a list is asked for."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

PAGE_SIZE: Final = 20
PAGE_SIZE_MAX: Final = 200
PAGE_MAX: Final = 10_000_000


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
