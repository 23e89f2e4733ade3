"""The dashboard says which desks have to be enrolled again after the signing key was replaced."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from coordinator.cli.enrolment import replacing
from node.enrolment import offline
from sync.cli.client import Client
from tests.browser.board import NAME, PASSWORD
from tests.browser.screen import Screen
from tests.daemons import new_hub
from tests.daemons.commands import Threaded


def test_desks_that_are_left_are_named_until_they_are_enrolled_again(
    chromium: Browser, tmp_path: Path
):
    hub = new_hub(tmp_path)
    coordinator = Threaded(hub)

    def let_in(code: str) -> None:
        request, _ = offline.ask(tmp_path / code, code, tmp_path / f"{code}.witness")
        body = {"request": request.read_text(encoding="utf-8")}
        Client(hub.url, hub.token).call("POST", "/api/enrolments/offline/", body)

    coordinator.start()
    for code in ("LAB1-PC", "WARD-PC"):
        let_in(code)
    coordinator.stop()
    replacing.replace(hub.config, False, "stolen on Monday", None)
    coordinator.start()
    let_in("LAB1-PC")
    user = {"name": NAME, "role": "administrator", "password": PASSWORD}
    Client(hub.url, hub.token).call("POST", "/api/users/", user)
    screen = Screen(chromium, hub.url)
    sent = {"name": NAME, "password": PASSWORD}
    assert screen.context.request.post(f"{hub.url}/api/sign-in/", data=sent).ok
    screen.page.goto(f"{hub.url}/#/terminals")
    screen.says(re.compile("1.? of .?2.? desks have been enrolled again"))
    left = screen.page.locator(".notice a")
    expect(left).to_have_text(["WARD-PC"])
    expect(left).to_have_attribute("href", "#/terminals/WARD-PC")
    let_in("WARD-PC")
    expect(left).to_have_count(0)
    screen.close()
    coordinator.stop()
