"""How the pages look, in both languages, on a desk's screen and on a telephone, light and dark.

A script measures what an eye would see: nothing hangs out or is cut off, whatever is to be touched
is large enough, and axe-core has no serious finding (contrast included).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib import resources
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.board import Board
from tests.browser.screen import NARROW, WIDE, Screen
from tests.daemons.commands import LiveClinic

pytestmark = pytest.mark.no_cover
"""A browser calls daemons all the time: measured, these tests take half as long again."""

AXE: Final = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
RUN_AXE: Final = """async (rules) => (await axe.run(document, {
  resultTypes: ["violations"],
  preload: false,
  runOnly: rules,
})).violations.map((one) => [one.id, one.impact, one.nodes.map((node) => node.html)])"""
RULES: Final = {
    False: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    True: ["color-contrast"],  # in the dark only the colours are others
}
TOUCH: Final = 44
LONG: Final = "Muhammad Bilal Hussain Shah Bukhari Gilani Naqvi-ul-Husaini Chaudhry"
LONG_URDU: Final = "سید محمد بلال حسین شاہ بخاری گیلانی نقوی الحسینی"

MEASURE: Final = """(touch) => {
  const faults = [];
  const page = document.scrollingElement;
  if (page.scrollWidth > innerWidth) faults.push(`the page is ${page.scrollWidth} wide`);
  const says = (one) => `${one.tagName} .${one.className} "${one.textContent.trim().slice(0, 30)}"`;
  const hidden = (one) => one.closest(".unseen, .skip, .printing, dialog:not([open])") ||
    !one.checkVisibility();
  for (const one of document.body.querySelectorAll("*")) {
    if (hidden(one)) continue;
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    const out = box.left < -1 || box.right > innerWidth + 1;
    if (box.width && out) faults.push(`out: ${says(one)}`);
    const cut = style.overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1 ||
      style.overflowY !== "visible" && one.scrollHeight > one.clientHeight + 1;
    if (cut && !["INPUT", "HTML", "BODY", "DIALOG"].includes(one.tagName)) {
      faults.push(`cut off: ${says(one)}`);
    }
    const target = one.matches("a, button, summary, input, [role=option]") && !one.closest("p > a");
    if (target && (box.height < touch - 0.5 || box.width < touch - 0.5)) {
      faults.push(`too small (${box.width} x ${box.height}): ${says(one)}`);
    }
  }
  return faults;
}"""


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


def nothing(page: Page) -> None:
    page.locator("main h1").wait_for()


Act = Callable[[Page], None]
VIEWS: Final[dict[str, tuple[str, Act]]] = {
    "empty": ("", nothing),
    "finding": ("", finding),
    "clerk": ("", choosing),
    "pin": ("", proving),
    "form": ("new/look-1", filled),
    "mistakes": ("new/look-2", mistaken),
    "registered": ("new/look-{tag}", registered),
    "person": ("person/{person}", nothing),
    "urdu": ("person/{urdu}", nothing),
    "correcting": ("person/{person}", correcting),
    "same": ("person/{person}", same),
    "today": ("today", nothing),
    "labels": ("labels", nothing),
    "sheet": ("sheet", nothing),
    "paper": ("paper/look-{tag}/710900", nothing),
    "nobody": ("person/0", nothing),
}


@pytest.fixture(scope="module")
def places(live: LiveClinic) -> dict[str, str]:
    """What the addresses of views name; names are as long as they come."""
    english = live.register(
        full_name=LONG, father_name=LONG, address=f"House 12, {LONG} Road", cnic="35202-1234567-1"
    )
    path = f"/api/patients/{english['id']}/"
    live.api().call("PATCH", path, {"address": f"House 13, {LONG} Road", "operator": LONG})
    for name in (LONG[:50], "سعدیہ ملک"):
        live.hub_api().call("POST", "/api/clerks/", {"name": name, "pin": "1357"})
    kept = live.desk.folder / "clerk-pins.json"
    live.until(lambda: kept.exists() and kept.read_text().count("scrypt") >= 2)
    urdu = live.register(full_name=LONG_URDU, father_name=LONG_URDU, offline=True)
    return {"person": str(english["id"]), "urdu": str(urdu["id"])}


def show(screen: Screen, view: str, places: dict[str, str], tag: str) -> Page:
    """Bring a view onto the screen."""
    address, act = VIEWS[view]
    page = screen.open(address.format(tag=tag, **places))
    act(page)
    page.evaluate("document.fonts.ready")
    return page


@pytest.mark.parametrize("language", ["en", "ur"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nothing_is_cut_off_and_all_targets_can_be_touched(
    chromium: Browser, places: dict[str, str], live: LiveClinic, language: str, size: Any
):
    screen = Screen(chromium, live.desk.url, language=language, size=size)
    found = {}
    for view in VIEWS:
        page = show(screen, view, places, f"{language}-{size[0]}")
        found[view] = page.evaluate(MEASURE, TOUCH)
    screen.close()
    assert {view: faults for view, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    ("language", "dark"), [("en", False), ("ur", False), ("ur", True)], ids=["en", "ur", "ur-dark"]
)
def test_axe_has_no_serious_finding(
    chromium: Browser, places: dict[str, str], live: LiveClinic, language: str, dark: bool
):
    screen = Screen(chromium, live.desk.url, language=language, dark=dark)
    serious = []
    for view in VIEWS:
        page = show(screen, view, places, f"axe-{language}-{dark}")
        page.evaluate(f"() => {{ {AXE} }}")
        for rule, impact, nodes in page.evaluate(RUN_AXE, RULES[dark]):
            if impact in ("serious", "critical", "moderate"):
                serious.append((view, rule, nodes))
    screen.close()
    assert serious == [], json.dumps(serious, indent=1, ensure_ascii=False)


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
    page.locator("main .card .row .button").first.click()
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
    page.evaluate(f"() => {{ {AXE} }}")
    found: dict[str, list[Any]] = {}
    for view, (address, act) in BOARD_VIEWS.items():
        # A page that is open stays loaded; only its view changes.
        page.evaluate("location.hash = '#/me'")
        page.locator("#present").wait_for()
        page.evaluate("(hash) => { location.hash = hash }", f"#/{address.format(**asked)}")
        page.locator("#present").wait_for(state="detached" if view != "me" else "attached")
        act(page)
        page.evaluate("document.fonts.ready")
        found[view] = page.evaluate(MEASURE, TOUCH)
        for rule, impact, nodes in page.evaluate(RUN_AXE, RULES[dark]):
            if impact in ("serious", "critical", "moderate"):
                found[view].append((rule, nodes))
    board.close()
    faults = {view: faults for view, faults in found.items() if faults}
    assert faults == {}, json.dumps(faults, indent=1, ensure_ascii=False)
