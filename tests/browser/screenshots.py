"""Make the pictures of the documentation again.

    python -m tests.browser.screenshots

A clinic of made-up people is started, shown in Chromium, and thrown away.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from tests.browser.board import Board
from tests.browser.screen import NARROW, Screen, browser
from tests.daemons.commands import LiveClinic

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "assets"
SIZE: Final = (1180, 720)
PEOPLE: Final = [
    ("Ayesha Khan", "Imran Khan", "F", "1990-01-01"),
    ("عائشہ خان", "عمران خان", "F", "1990-01-01"),
    ("Muhammad Bilal Shah", "Ghulam Hussain Shah", "M", "1979-08-14"),
    ("Fatima Khan", "Noor Ahmad Khan", "F", "2019-03-23"),
    ("زینب بی بی", "کریم بخش", "F", "1958-11-09"),
]
TERMINALS: Final = [
    ("WARD-3", "Ward 3, first floor", "720000-720999", "720847"),
    ("PHARMACY", "Pharmacy", "730000-734999", "731220"),
    ("EMERGENCY", "Emergency", "740000-740499", "740468"),
]


def fill(clinic: LiveClinic) -> None:
    """Register some people, so that the pages show a day's work."""
    for number, (name, father, sex, dob) in enumerate(PEOPLE):
        clinic.register(
            full_name=name,
            father_name=father,
            sex=sex,
            dob=dob,
            phone=f"0300 123456{number}",
            operator="Sadia Malik",
        )
    clinic.in_step()


def picture(screen: Screen, name: str) -> None:
    """Keep what is on the screen."""
    screen.page.evaluate("document.fonts.ready")
    screen.page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")


def find(chromium: Browser, clinic: LiveClinic) -> None:
    screen = Screen(chromium, clinic.desk.url, size=SIZE)
    screen.open().locator("#find").fill("khan")
    screen.page.locator("#found [role=option]").nth(2).wait_for()
    picture(screen, "desk-find")
    screen.close()


def form(chromium: Browser, clinic: LiveClinic) -> None:
    screen = Screen(chromium, clinic.desk.url, size=SIZE)
    page = screen.open("new/picture")
    page.locator("#field-full_name").fill("Aisha Khan")
    page.locator("#field-father_name").fill("Imran Khan")
    page.locator(".choice label").first.click()
    page.locator("#field-born").fill("36")
    page.locator("#field-phone").fill("0300 1234560")
    page.locator("#field-cnic").focus()
    page.locator(".alike").nth(1).wait_for()
    picture(screen, "desk-form")
    page.locator(".button.plain", has_text="Back").click()
    screen.close()


def registered(chromium: Browser, clinic: LiveClinic) -> None:
    """In Urdu, and without the coordinator."""
    screen = Screen(chromium, clinic.desk.url, size=SIZE, language="ur")
    page = screen.open("new/picture-2")
    clinic.coordinator.stop()
    page.locator(".dot.offline").wait_for()
    page.locator("#field-full_name").fill("محمد عثمان")
    page.locator("#field-father_name").fill("عبدالرحمٰن")
    page.locator(".choice label").nth(1).click()
    page.locator("#field-born").fill("12")
    page.locator("#field-phone").fill("0321 7654321")
    page.locator("main button[type=submit]").click()
    page.locator(".given").wait_for()
    page.locator(".lately .person").first.wait_for()
    picture(screen, "desk-urdu")
    screen.close()
    clinic.coordinator.start()


def dark(chromium: Browser, clinic: LiveClinic) -> None:
    screen = Screen(chromium, clinic.desk.url, size=NARROW, dark=True)
    page = screen.open("person/2")
    page.locator(".history li").nth(1).wait_for()
    picture(screen, "desk-dark")
    screen.close()


def terminals(chromium: Browser, clinic: LiveClinic) -> None:
    """The dashboard, with terminals that have used their numbers to different degrees."""
    clinic.hub_api().call("PATCH", "/api/settings/", {"facility": "Rehman Clinic"})
    clinic.hub("pool", "off")
    for code, name, range_, used in TERMINALS:
        clinic.hub("terminals", "add", code, "--name", name, "--range", range_, "--current", used)
    screen = Board(chromium, clinic, size=SIZE)
    page = screen.open("terminals")
    page.locator(".dot.live").wait_for()
    picture(screen, "dashboard-terminals")
    screen.close()


def main() -> None:
    """Make all pictures."""
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        clinic = LiveClinic(Path(folder))
        fill(clinic)
        for draw in (find, form, dark, registered, terminals):
            draw(chromium, clinic)
        clinic.close()


if __name__ == "__main__":
    main()
