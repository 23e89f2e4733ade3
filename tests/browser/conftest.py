"""One clinic and one browser for the tests of this folder.

Each test has its own profile, or one that has forgotten what another test did with it: a new one
loads and compiles all files of a page again.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser

from tests.browser.board import Board, Boards
from tests.browser.screen import Screen, browser
from tests.daemons.commands import LiveClinic, live

__all__ = ["live"]

Open = Callable[..., Screen]


Kept = dict[Any, list[Screen]]
"""The profiles that no test has, by what they are."""
Profile = TypeVar("Profile", bound=Screen)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """It ends with the folder, because its event loop would be in the way of asynchronous tests."""
    with browser() as started:
        yield started


@pytest.fixture(scope="package")
def kept(chromium: Browser) -> Kept:
    """Profiles that may be used again; they end with the browser."""
    return defaultdict(list)


@contextlib.contextmanager
def lent(kept: Kept, make: Callable[..., Profile]) -> Iterator[Callable[..., Profile]]:
    """What makes profiles for one test; all of them are checked at its end."""
    taken: list[tuple[list[Any], Profile]] = []

    def take(**how: Any) -> Profile:
        free: list[Any] = kept[make.__name__, *sorted(how.items())]
        if free:
            profile = free.pop()
            profile.begin()
        else:
            profile = make(**how)
        taken.append((free, profile))
        return profile

    yield take
    for free, profile in taken:
        if profile.is_marked:
            profile.close()
        else:
            profile.forget()
            free.append(profile)


@pytest.fixture
def screens(chromium: Browser, live: LiveClinic, kept: Kept) -> Iterator[Open]:
    """Makes profiles at the desk."""

    def at_desk(**how: Any) -> Screen:
        return Screen(chromium, live.desk.url, **how)

    with lent(kept, at_desk) as take:
        yield take


@pytest.fixture
def screen(screens: Open) -> Screen:
    """A profile in English on a wide screen."""
    return screens()


@pytest.fixture
def boards(chromium: Browser, live: LiveClinic, kept: Kept) -> Iterator[Boards]:
    """Makes profiles at the dashboard."""

    def at_dashboard(**how: Any) -> Board:
        return Board(chromium, live, **how)

    with lent(kept, at_dashboard) as take:
        yield take
