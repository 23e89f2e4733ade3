"""A desk's page in a browser, for tests: who is registered there by keyboard."""

from __future__ import annotations

import uuid
from typing import Any

from playwright.sync_api import expect

from tests.browser.screen import Screen
from tests.daemons.commands import LiveClinic


def a_name(first: str) -> str:
    """A name that no other test has."""
    letters = "abcdefghij"
    return f"{first} {''.join(letters[int(digit, 16) % 10] for digit in uuid.uuid4().hex[:10])}"


def fill_by_keyboard(screen: Screen, name: str, *, age: str = "34") -> None:
    """From the first field to the registered person, without the mouse."""
    page = screen.page
    page.locator("#find").focus()
    screen.type(name)
    screen.press("Enter")
    page.wait_for_selector("#field-full_name:focus")
    expect(page.locator("#field-full_name")).to_have_value(name)
    screen.press("Tab")
    screen.type("Karim Bakhsh")
    screen.press("Tab", "f", "Tab")
    screen.type(age)
    screen.press("Tab")
    screen.type("03001234567")
    screen.press("Tab", "Tab", "Enter")


def given(screen: Screen) -> str:
    """The number that is shown large."""
    return screen.page.locator(".given").inner_text().strip()


def found(live: LiveClinic, name: str) -> list[dict[str, Any]]:
    """The people at the desk who have a name."""
    page = live.api().call("GET", f"/api/patients/?query={name.replace(' ', '%20')}")
    results: list[dict[str, Any]] = page["results"]
    return results
