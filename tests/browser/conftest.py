"""One clinic and one browser for all tests of a file; each test has a profile of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.board import Board, Boards
from tests.browser.screen import Screen, browser
from tests.daemons.commands import LiveClinic, live

__all__ = ["live"]

Open = Callable[..., Screen]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """It ends with the file, because its event loop would be in the way of asynchronous tests."""
    with browser() as started:
        yield started


@pytest.fixture
def screens(chromium: Browser, live: LiveClinic) -> Iterator[Open]:
    """Makes profiles at the desk; all of them are checked at the end."""
    made: list[Screen] = []

    def make(**how: Any) -> Screen:
        made.append(Screen(chromium, live.desk.url, **how))
        return made[-1]

    yield make
    for screen in made:
        screen.close()


@pytest.fixture
def screen(screens: Open) -> Screen:
    """A profile in English on a wide screen."""
    return screens()


@pytest.fixture
def boards(chromium: Browser, live: LiveClinic) -> Iterator[Boards]:
    """Makes profiles at the dashboard; all of them are checked at the end."""
    made: list[Board] = []

    def make(**how: Any) -> Board:
        made.append(Board(chromium, live, **how))
        return made[-1]

    yield make
    for board in made:
        board.close()
