"""A browser at a desk, as a test uses it: whatever a page may not do makes the test fail."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from functools import cached_property
from typing import Final

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

WAIT_MS_MAX: Final = 90_000
"""Only a page on which something is missing takes that long; a machine may have other work."""
BLANK: Final = "about:blank"
WIDE: Final = (1366, 768)
NARROW: Final = (390, 844)
SWITCHES: Final = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
_WATCH: Final = """
window.addEventListener("securitypolicyviolation", (event) =>
  window.violated(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
_NO_PRINTER: Final = 'window.print = () => window.dispatchEvent(new Event("afterprint"));'
_EXPECTED: Final = re.compile(r"^Failed to load resource")
"""What a browser writes for an answer that is an error, or that does not come."""


expect.set_options(timeout=WAIT_MS_MAX)


def chromium_path() -> str:
    """Where Chromium is. Without it the tests are left out, except where all tests have to run.

    The one without a user interface is preferred: it takes a third of the CPU for each profile,
    because Chromium itself makes a whole window that nobody sees.
    """
    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None and "CI" not in os.environ:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium-headless-shell)")
    assert found is not None, "Chromium is not installed"
    return found


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    path = chromium_path()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield started
        started.close()


class Screen:
    """One browser profile at the page of a desk.

    Args:
        url: of the desk.
        language, size, dark: what its user has chosen.

    Attributes:
        is_marked: what a test did to it stays, so no other test may have it.
    """

    def __init__(
        self,
        chromium: Browser,
        url: str,
        *,
        language: str = "en",
        size: tuple[int, int] = WIDE,
        dark: bool = False,
    ) -> None:
        self.url = url
        self.faults: list[str] = []
        self.keys = 0
        self.is_marked = False
        self.context: BrowserContext = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(WAIT_MS_MAX)
        self.context.expose_function("violated", self._violated)
        self.context.add_init_script(_WATCH + _NO_PRINTER)
        self.context.add_init_script(
            'location.protocol === "http:" && localStorage.getItem("mrnmesh-language") === null && '
            f'localStorage.setItem("mrnmesh-language", "{language}");'
        )
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("dialog", lambda dialog: self.faults.append(dialog.message))

    def add_script(self, script: str) -> None:
        """Let a script run before those of each page; there is no way to take it out again."""
        self.is_marked = True
        self.page.add_init_script(script)

    def _violated(self, what: str) -> None:
        self.faults.append(what)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _EXPECTED.match(message.text):
            self.faults.append(message.text)

    def open(self, view: str = "") -> Page:
        """Open a view, and wait until the desk has told how things stand."""
        self.load(view)
        self.page.wait_for_selector(".standing .line, .state .notice")
        return self.page

    def load(self, view: str) -> None:
        """Load the page anew, not only its view."""
        if self.page.url != BLANK:
            self.page.goto(BLANK)
        self.page.goto(f"{self.url}/#/{view}")

    def go(self, view: str) -> Page:
        """Go on to another view of the page that is loaded, as a link does."""
        self.page.evaluate("(hash) => { location.hash = hash }", f"#/{view}")
        return self.page

    def press(self, *keys: str) -> None:
        """Press keys, and count them."""
        for key in keys:
            self.keys += 1
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type a text, which is not counted."""
        self.page.keyboard.type(text)

    def says(self, text: str | re.Pattern[str]) -> None:
        """Wait until a text can be seen."""
        self.page.get_by_text(text).locator("visible=true").first.wait_for()

    def close(self) -> None:
        """Close it; fails if the page did what it may not do."""
        self.context.close()
        assert not self.faults, self.faults

    def begin(self) -> None:
        """Make it ready for another test after it has forgotten one."""

    def forget(self) -> None:
        """Make it as it was when it was new, for another test; fails as `close` does.

        What is kept is what the browser has loaded of the desk's files, and its process.
        """
        for page in self.context.pages:
            if page != self.page:
                page.close()
        self.page.goto(BLANK)
        self.page.unroute_all()
        self.context.unroute_all()
        stored = {"origin": self.url, "storageTypes": "all"}
        self._storage.send("Storage.clearDataForOrigin", stored)
        assert not self.faults, self.faults
        self.keys = 0

    @cached_property
    def _storage(self) -> CDPSession:
        return self.context.new_cdp_session(self.page)
