"""A browser at the administrator's dashboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from playwright.sync_api import Browser, Page

from tests.browser.screen import Screen
from tests.daemons.commands import LiveClinic

NAME: Final = "Sadia Malik"
PASSWORD: Final = "a good password"


def add_user(clinic: LiveClinic, name: str = NAME, role: str = "administrator") -> None:
    """Let somebody sign in; it may be that they can already."""
    api = clinic.hub_api()
    if name not in {user["name"] for user in api.all("/api/users/")}:
        body = {"name": name, "role": role, "password": PASSWORD}
        api.call("POST", "/api/users/", body)


class Board(Screen):
    """A browser profile at the dashboard, of somebody who is signed in.

    Args:
        name: of whoever is signed in; None for nobody.
    """

    def __init__(
        self, chromium: Browser, clinic: LiveClinic, name: str | None = NAME, **how: Any
    ) -> None:
        super().__init__(chromium, clinic.coordinator.url, **how)
        self._name = name
        self._clinic = clinic
        self.begin()

    def begin(self) -> None:
        """Sign in."""
        if self._name is None:
            return
        add_user(self._clinic, self._name)
        sent = {"name": self._name, "password": PASSWORD}
        answer = self.context.request.post(f"{self.url}/api/sign-in/", data=sent)
        assert answer.ok, answer.text()

    def open(self, view: str = "") -> Page:
        """Open a view, and wait until it is there."""
        self.load(view)
        self.page.wait_for_selector("main h1, main .notice")
        return self.page


Boards = Callable[..., Board]
"""Makes profiles at the dashboard."""
