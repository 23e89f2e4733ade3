"""How the pages look, in both languages, on a desk's screen and on a telephone, light and dark."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser import looks
from tests.browser.board import Board
from tests.browser.looks import LONG, LONG_URDU
from tests.browser.screen import NARROW, WIDE, Screen
from tests.daemons.commands import LiveClinic


def finding(page: Page) -> None:
    page.locator("#find").fill("Muhammad")
    expect(page.locator("#found .fresh")).to_be_visible()
    expect(page.locator("#found [role=option]").nth(1)).to_be_visible()


def mistaken(page: Page) -> None:
    page.locator("#field-full_name").fill(LONG)
    expect(page.locator(".alike").first).to_be_visible()
    page.locator("main button[type=submit]").click()
    expect(page.locator("#about-phone")).to_be_visible()


def filled(page: Page) -> None:
    page.locator("#field-full_name").fill(LONG_URDU)
    page.locator("#field-father_name").fill("عمران خان")
    page.locator("#field-born").fill("34")
    page.locator("#field-phone").fill("0300 1234567")
    page.locator(".choice label").first.click()


def registered(page: Page) -> None:
    filled(page)
    page.locator("main button[type=submit]").click()
    page.locator(".given").wait_for()


def correcting(page: Page) -> None:
    page.locator(".sheet .row .button").nth(1).click()
    page.locator("#field-full_name").wait_for()


def same(page: Page) -> None:
    page.locator(".sheet .row .button.plain").first.click()
    page.locator("#same-find").fill("Muhammad")
    page.locator(".same .person").first.click()
    page.locator(".pair").wait_for()


def choosing(page: Page) -> None:
    page.locator(".who .button").first.click()
    page.locator("dialog[open]").wait_for()


def proving(page: Page) -> None:
    choosing(page)
    page.locator("dialog .names button").first.click()
    page.locator("#clerk-pin").wait_for()
    page.locator("#clerk-pin").fill("7531")
    page.keyboard.press("Enter")
    page.locator("#about-pin").wait_for()


def changing_pin(page: Page) -> None:
    choosing(page)
    page.locator("dialog .names button").first.click()
    page.locator("#clerk-pin").wait_for()
    page.locator("dialog .row .button.plain").nth(1).click()
    page.locator("#own-pin").fill("1357")
    page.locator("#own-pin-new").fill("2468")
    page.locator("#own-pin-again").fill("2469")
    page.keyboard.press("Enter")
    page.locator("#own-pin-again-fault").wait_for()


def counted(page: Page) -> None:
    page.locator(".tally .chip", has_text=UNBROKEN).wait_for()


def nothing(page: Page) -> None:
    page.locator("main h1").wait_for()


Act = Callable[[Page], None]
VIEWS: Final[dict[str, tuple[str, Act]]] = {
    "empty": ("", nothing),
    "finding": ("", finding),
    "clerk": ("", choosing),
    "pin": ("", proving),
    "own-pin": ("", changing_pin),
    "form": ("new/look-1", filled),
    "mistakes": ("new/look-2", mistaken),
    "registered": ("new/look-{tag}", registered),
    "person": ("person/{person}", nothing),
    "urdu": ("person/{urdu}", nothing),
    "correcting": ("person/{person}", correcting),
    "same": ("person/{person}", same),
    "today": ("today", counted),
    "labels": ("labels", nothing),
    "sheet": ("sheet", nothing),
    "paper": ("paper/look-{tag}/710900", nothing),
    "nobody": ("person/0", nothing),
}


UNBROKEN: Final = "Abdurrahmanibnmuhammadalqurashialmakkialmadani" * 2
"""A name of a clerk without a place at which a line may end."""

UNCONFIRMED: Final = ("unconfirmed", '[href="#/unconfirmed"][aria-current]')


@pytest.fixture(scope="module")
def places(live: LiveClinic) -> dict[str, str]:
    """What the addresses of views name; names are as long as they come."""
    english = live.register(
        full_name=LONG, father_name=LONG, address=f"House 12, {LONG} Road", cnic="35202-1234567-1"
    )
    path = f"/api/patients/{english['id']}/"
    live.api().call("PATCH", path, {"address": f"House 13, {LONG} Road", "operator": UNBROKEN})
    for name in (LONG[:50], "سعدیہ ملک"):
        live.hub_api().call("POST", "/api/clerks/", {"name": name, "pin": "1357"})
    kept = live.desk.folder / "clerk-pins.json"
    live.until(lambda: kept.exists() and kept.read_text().count("scrypt") >= 2)
    live.register(full_name=LONG, operator=UNBROKEN)
    urdu = live.register(full_name=LONG_URDU, father_name=LONG_URDU, offline=True)
    return {"person": str(english["id"]), "urdu": str(urdu["id"])}


@pytest.mark.parametrize(
    ("language", "size", "dark", "with_axe", "colours"),
    [
        ("en", WIDE, False, True, True),
        ("ur", WIDE, False, True, False),  # they are the same in all languages
        # It finds nothing there that it does not find on a wide one.
        ("en", NARROW, False, False, False),
        ("ur", NARROW, True, True, True),
    ],
    ids=["en-wide", "ur-wide", "en-narrow", "ur-narrow-dark"],
)
def test_the_pages_of_a_desk_look_as_they_should(
    chromium: Browser,
    places: dict[str, str],
    live: LiveClinic,
    language: str,
    size: Any,
    dark: bool,
    with_axe: bool,
    colours: bool,
):
    screen = Screen(chromium, live.desk.url, language=language, size=size, dark=dark)
    found: dict[str, list[Any]] = {}
    page = screen.open()
    for view, (address, act) in VIEWS.items():
        tag = f"{language}-{size[0]}"
        looks.show(page, address.format(tag=tag, **places), UNCONFIRMED)
        act(page)
        faults = looks.faults(page)
        if with_axe:
            faults += looks.findings(page, dark, colours=colours)
        found[view] = faults
        page.keyboard.press("Escape")  # the dialog about the clerk belongs to no view
    screen.close()
    none_in(found)


def none_in(found: dict[str, list[Any]]) -> None:
    faults = {view: faults for view, faults in found.items() if faults}
    assert faults == {}, json.dumps(faults, indent=1, ensure_ascii=False)


def acting(name: str) -> Act:
    """Open the dialog of an act of a terminal."""

    def act(page: Page) -> None:
        page.locator("main .button", has_text=ACTS[name]).click()
        page.locator("dialog[open]").wait_for()

    return act


ACTS: Final = {"revoke": re.compile("Revoke|منسوخ کریں")}


def adding(page: Page) -> None:
    page.locator("main header .button.first").click()
    page.locator("dialog[open]").wait_for()


def placing(page: Page) -> None:
    adding(page)
    page.locator("#clerk-where").select_option("some")
    page.locator("[aria-pressed]").first.click()


def coded(page: Page) -> None:
    """A code is made, and shown with its picture."""
    adding(page)
    page.locator("#enrol-code").fill("LOOK-PC")
    page.keyboard.press("Enter")
    page.locator("dialog .qr").wait_for()


def listed(page: Page) -> None:
    page.locator(".entry").first.wait_for()


def adding_without(page: Page) -> None:
    page.locator("main header .button").nth(0).click()
    page.locator("#without-code").wait_for()


def naming(page: Page) -> None:
    page.locator("main section header .button").click()
    page.locator("#times-first").wait_for()


def looking(page: Page) -> None:
    page.locator(".entry .button").first.click()
    page.locator(".compared .differs").first.wait_for()


def searching(page: Page) -> None:
    page.locator("#find").fill("Muhammad")
    page.locator(".found .person").first.wait_for()


def opened(page: Page) -> None:
    page.locator(".history li").first.wait_for()


def setting_aside(page: Page) -> None:
    opened(page)
    page.locator("article .row .button").last.click()
    page.locator("dialog[open]").wait_for()


def introducing(page: Page) -> None:
    # Either of the two cards may come first.
    page.locator("[aria-labelledby=of-desks] .row .button").first.click()
    page.locator("dialog[open]").wait_for()


def importing(page: Page) -> None:
    """A file with names as long as they come is read and tried."""
    rows = f"800001,{LONG},31/12/1990,{LONG}\n800002,{LONG_URDU},31/12/1991,x\n800003,,,\n"
    text = f"MR No,Patient Name,DOB,{LONG}\n{rows}"
    table: FilePayload = {
        "name": f"{LONG}.csv",
        "mimeType": "text/csv",
        "buffer": text.encode(),
    }
    page.locator("#import-file, main .button.plain.start").first.wait_for()
    if page.locator("#import-file").count() == 0:  # another look has left its file there
        page.locator("main .button.plain.start").click()
    page.locator("#import-file").set_input_files(table)
    page.locator("main form button[type=submit]").click()
    page.locator("#import-dates").wait_for()
    page.locator("main .row .button.first").click()
    page.locator(".plan li").first.wait_for()


def granting(page: Page) -> None:
    page.locator("header .button", has_text=re.compile("Grant numbers|نمبر دیں")).click()
    page.locator("dialog summary").click()
    page.locator("#never-granted").wait_for()


def forming(page: Page) -> None:
    page.locator("main .card .row.apart .button").first.click()
    page.locator("#form-on").select_option("yes")
    page.locator("#form-check").wait_for()


BOARD_VIEWS: Final[dict[str, tuple[str, Act]]] = {
    "overview": ("overview", nothing),
    "terminals": ("terminals", nothing),
    "code": ("terminals", coded),
    "terminal": ("terminals/LAB1-PC", nothing),
    "revoking": ("terminals/LAB1-PC", acting("revoke")),
    "no terminal": ("terminals/NOBODY", nothing),
    "granting": ("terminals/LAB1-PC", granting),
    "pool": ("pool", lambda page: page.locator("#pool-range").wait_for()),
    "clerks": ("clerks", listed),
    "new clerk": ("clerks", placing),
    "users": ("users", listed),
    "new user": ("users", adding),
    "keys": ("keys", listed),
    "new key": ("keys", adding),
    "backups": ("backups", lambda page: page.locator("#backup-folder").wait_for()),
    "webhooks": ("webhooks", nothing),
    "settings": ("settings", nothing),
    "guide": ("guide", nothing),
    "first desk": ("guide/desk", nothing),
    "import": ("guide/import", nothing),
    "audit": ("audit", listed),
    "importing": ("import", importing),
    "looked": ("looked", listed),
    "certificates": ("certificates", lambda page: page.locator(".facts dd").first.wait_for()),
    "withdrawing": ("certificates", introducing),
    "clocks": ("clocks", lambda page: page.locator("#now").wait_for()),
    "wrong clock": ("clocks", naming),
    "requests": ("requests", listed),
    "request": ("requests", looking),
    "people": ("people", searching),
    "record": ("people/{one}", opened),
    "mistake": ("people/{one}", setting_aside),
    "pair": ("people/{other}-{one}", lambda page: page.locator(".result").wait_for()),
    "number form": ("pool", forming),
    "sheets": ("sheets/LAB1-PC", lambda page: page.locator(".numbers a").first.wait_for()),
    "paper": ("paper/LAB1-PC:{paper}", lambda page: page.locator("#field-full_name").wait_for()),
    "no computer": ("terminals", adding_without),
    "me": ("me", nothing),
}


@pytest.fixture(scope="module")
def asked(live: LiveClinic, places: dict[str, str]) -> dict[str, str]:
    """What a desk has asked for and printed, for the views that show it."""
    desk = live.api()
    path = f"/api/patients/{places['urdu']}/"
    seen = desk.call("GET", f"{path}compare/{places['person']}/")["seen"]
    body = {"into": places["person"], "seen": seen, "why": LONG, "operator": LONG_URDU}
    desk.call("POST", f"{path}merge/", body)
    sheet = desk.call("POST", "/api/sheets/", {"operator": LONG, "another": True})
    live.in_step()
    hub = live.hub_api()
    ids = {}
    for name, at_desk in (("one", places["person"]), ("other", places["urdu"])):
        mrn = desk.call("GET", f"/api/patients/{at_desk}/")["mrn"]
        ids[name] = str(hub.call("GET", f"/api/patients/mrn/{mrn}/")["results"][0]["id"])
    return {"paper": sheet["numbers"][0]["mrn"], **ids}


@pytest.mark.parametrize(
    ("language", "size", "dark"),
    [("en", WIDE, False), ("ur", NARROW, True)],
    ids=["en-wide", "ur-narrow-dark"],
)
def test_the_dashboard_looks_as_it_should(
    chromium: Browser,
    live: LiveClinic,
    asked: dict[str, str],
    language: str,
    size: Any,
    dark: bool,
):
    board = Board(chromium, live, language=language, size=size, dark=dark)
    page = board.open()
    found: dict[str, list[Any]] = {}
    for view, (address, act) in BOARD_VIEWS.items():
        looks.show(page, address.format(**asked), looks.ME)
        act(page)
        found[view] = looks.faults(page) + looks.findings(page, dark)
    board.close()
    none_in(found)
