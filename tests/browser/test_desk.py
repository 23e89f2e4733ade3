"""A clerk at work: everything by keyboard, whatever the network does."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.desk import a_name, fill_by_keyboard, found, given
from tests.browser.screen import Screen
from tests.daemons.commands import LiveClinic

OFFLINE_NUMBER = re.compile(r"^\d{6,}$")  # of the first range, or of one that came later
ONLINE_NUMBER = re.compile(r"^PAT-\d{8}-\d{4,}$")


def test_a_day_with_the_coordinator_away_in_the_middle(screen: Screen, live: LiveClinic):
    screen.open()
    screen.says("Online")
    fill_by_keyboard(screen, a_name("Amna"))
    assert ONLINE_NUMBER.match(given(screen))

    with live.coordinator.away():
        screen.says(re.compile(r"Offline since \u2068?\d\d:\d\d"))
        screen.says(re.compile(r"numbers left"))
        fill_by_keyboard(screen, a_name("Bina"))
        number = given(screen)
        assert OFFLINE_NUMBER.match(number)
        expect(screen.page.get_by_role("status").first).to_contain_text(" ".join(number))
        screen.says(re.compile("waits? for confirmation"))
        screen.page.get_by_role("link", name="Open the record").click()
        expect(screen.page.locator(".sheet .chip")).to_have_text("Waiting for confirmation")

    expect(screen.page.locator(".sheet .chip")).to_have_text("Confirmed")  # it arrives live
    screen.says("Online")
    expect(screen.page.get_by_text(re.compile("waits? for confirmation"))).to_have_count(0)
    expect(screen.page.locator(".sheet .mrn")).to_have_text(number)


def test_keys_are_few(screen: Screen, live: LiveClinic):
    """What a clerk presses beyond the text of the fields; to find somebody the text counts too."""
    person = live.register(full_name=a_name("Kiran"), offline=True)
    page = screen.open()
    screen.press(*person["mrn"], "Enter")
    expect(page.locator("h1")).to_have_text(person["full_name"])
    assert screen.keys <= 8

    screen.open()
    screen.keys = 0
    fill_by_keyboard(screen, a_name("Laiba"))
    given(screen)
    assert screen.keys <= 45

    screen.open()
    screen.keys = 0
    screen.press("Enter")
    page.wait_for_selector("#field-full_name:focus")
    screen.press("F4", "Tab", "Tab", "Tab", "Tab", "m", "Enter")
    expect(page.locator(".registered .whose")).to_have_text("Newborn")
    assert screen.keys <= 12


def test_a_scanner_types_faster_than_anybody_answers(screen: Screen, live: LiveClinic):
    person = live.register(full_name=a_name("Mehwish"))
    page = screen.open()
    screen.type(person["mrn"] + "\n")
    expect(page.locator("h1")).to_have_text(person["full_name"])

    screen.open()
    screen.type("3520299999991\n")
    expect(page.locator("#field-cnic")).to_have_value("35202-9999999-1")
    expect(page.locator("#field-full_name")).to_have_value("")


def test_news_that_come_while_a_scanner_waits_for_its_answer_lose_no_key(
    screen: Screen, live: LiveClinic
):
    """The page asks again when somebody was registered, but gives no open question up for it."""
    person = live.register(full_name=a_name("Nasreen"))
    page = screen.open()
    asked: list[Route] = []

    def hold_the_first(route: Route) -> None:
        asked.append(route)
        if len(asked) > 1:
            route.continue_()

    screen.context.route(f"**/api/patients/?*query={person['mrn']}", hold_the_first)
    screen.type(person["mrn"] + "\n")
    page.evaluate(COUNT_NEWS)
    for many in (1, 2):
        live.register(full_name=a_name("Nosheen"))
        page.wait_for_function("(many) => news.size >= many", arg=many)
    assert len(asked) == 1
    asked[0].continue_()
    expect(page.locator("h1")).to_have_text(person["full_name"])


COUNT_NEWS = """() => {
  window.news = new Set();
  new BroadcastChannel("mrnmesh /live/").onmessage = ({ data }) => news.add(data.now.cursor);
}"""
"""Counts how often a page was told of changes of the register."""


TURNS = """async () => {
  const { inTurn } = await import("/static/shared/calls.js");
  const tick = () => new Promise((done) => setTimeout(done));
  const [look, begun, ends] = [inTurn(), [], []];
  const ask = (name) => look(() => {
    begun.push(name);
    return new Promise((done, fail) => ends.push({ done, fail }));
  });
  const first = ask("first").catch((error) => error);
  await tick();
  const later = [ask("second"), ask("third")];
  await tick();
  const meanwhile = [...begun];
  ends[0].fail("lost");
  await tick();
  ends[1].done("answered");
  return [meanwhile, begun, await first, await Promise.all(later)];
}"""
"""Asks for three things in turn, of which the first is not answered until the others wait."""


def test_questions_that_are_asked_in_turn_do_not_overtake_each_other(screen: Screen):
    asked = screen.open().evaluate(TURNS)
    assert asked == [["first"], ["first", "third"], "lost", ["answered", "answered"]]


HOLD_FIRST = """(path) => {
  const send = window.fetch;
  const released = new Promise((done) => { window.release = done; });
  window.answered = 0;
  window.fetch = async (where, how) => {
    const answer = await send(where, how);
    if (where === path && ++answered === 1) await released;
    return answer;
  };
}"""
"""Lets the page have the next answer for a path only once it is released."""


def test_a_record_is_shown_as_it_is_and_not_as_an_answer_that_was_late_had_it(
    screen: Screen, live: LiveClinic
):
    person = live.register(full_name=a_name("Zeenat"))
    path = f"/api/patients/{person['id']}/"
    page = screen.open(f"person/{person['id']}")
    expect(page.locator("h1")).to_have_text(person["full_name"])
    page.evaluate(HOLD_FIRST, path)
    live.api().call("PATCH", path, {"phone": "03211111111"})
    page.wait_for_function("() => answered === 1")
    page.evaluate(COUNT_NEWS)
    live.api().call("PATCH", path, {"phone": "03212222222"})
    page.wait_for_function("() => news.size >= 1")
    assert page.evaluate("answered") == 1, "it is asked for again when the first answer is there"
    page.evaluate("release()")
    expect(page.locator(".facts")).to_contain_text("0321 2222222")


WATCH_FOCUS = """
window.begun = {};
new MutationObserver(() => {
  for (const id of ["find", "field-full_name"])
    if (document.getElementById(id) && !(id in begun)) begun[id] = document.activeElement.id;
}).observe(document, { childList: true, subtree: true });
"""
"""Notes which field has the focus when one first stands in the page, before it is drawn."""


def test_a_field_takes_letters_as_soon_as_it_is_there(screen: Screen, live: LiveClinic):
    live.register(full_name=a_name("Mehwish"))
    screen.add_script(WATCH_FOCUS)
    page = screen.open()
    screen.press("F", "Enter")
    expect(page.locator("#field-full_name")).to_be_focused()
    assert page.evaluate("begun") == {"find": "find", "field-full_name": "field-full_name"}


def test_somebody_who_comes_from_elsewhere_appears_by_itself(screen: Screen, live: LiveClinic):
    name = a_name("Nida")
    page = screen.open()
    screen.type(name)
    expect(page.locator("#found .fresh")).to_be_visible()
    expect(page.locator("#found [role=option]")).to_have_count(1)
    live.register(full_name=name)
    expect(page.locator("#found [role=option]")).to_have_count(2)


def test_the_one_that_is_marked_is_opened(screen: Screen, live: LiveClinic):
    name = a_name("Rida")
    for _ in range(2):
        live.register(full_name=name)
    older = found(live, name)[1]
    page = screen.open()
    screen.type(name)
    expect(page.locator("#found [role=option]")).to_have_count(3)
    screen.press("ArrowDown", "Enter")
    expect(page.locator(".sheet .mrn")).to_have_text(older["mrn"])
    screen.open()
    screen.type(name)
    expect(page.locator("#found [role=option]")).to_have_count(3)
    screen.press("ArrowUp", "Enter")
    expect(page.locator("#field-full_name")).to_have_value(name)


def test_a_mistake_is_marked_wherever_it_is_found_and_gets_no_label(
    screen: Screen, live: LiveClinic
):
    name = a_name("Mistaken")
    record = live.register(full_name=name)["record_id"]
    live.in_step()
    live.hub_api().call("POST", f"/api/patients/{record}/void/", {"why": "a test"})
    here = f"/api/patients/{record}/"
    live.until(lambda: live.api().call("GET", here)["voided"])
    page = screen.open()
    page.locator("#find").fill(name)
    expect(page.locator("#found .person:not(.fresh)", has_text=name)).to_contain_text("mistake")
    screen.go("today")
    expect(page.locator(".found .person", has_text=name)).to_contain_text("mistake")
    screen.go(f"person/{record}")
    screen.says("This record was set aside by the administrator")
    expect(page.get_by_role("button", name="Print label")).to_be_disabled()


def test_a_mistyped_number_is_told_and_shows_nobody(screen: Screen, live: LiveClinic):
    name = a_name("Sana")
    live.register(full_name=name)
    mistyped = {"detail": "This number was mistyped.", "code": "mistyped_number"}
    screen.context.route(
        "**/api/patients/?*C-7*", lambda route: route.fulfill(status=400, json=mistyped)
    )
    page = screen.open()
    screen.type(name)
    expect(page.locator("#found [role=option]")).to_have_count(2)
    page.locator("#find").fill("C-7")
    screen.says("This number was mistyped")
    expect(page.locator("#found")).to_be_hidden()
    screen.press("Enter")
    expect(page.locator("#field-full_name")).to_have_count(0)
    page.locator("#find").fill(name)
    expect(page.locator("#found [role=option]")).to_have_count(2)
    expect(page.get_by_role("alert")).to_have_count(0)


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "\"><script>alert('a')</script>",
    "{{constructor.constructor('alert(1)')()}} ${alert(1)}",
    "Robert'); DROP TABLE patients;-- &amp;",
    "<svg onload=alert(1)> \u202eevil\u202c javascript:alert(1)",
]


def test_what_somebody_typed_never_becomes_markup(screen: Screen, live: LiveClinic):
    page = screen.open()
    people = []
    for name in HOSTILE:
        person = live.register(full_name=name, father_name=name, address=name, operator=name[:100])
        people.append(person)
        screen.go(f"person/{person['id']}")
        expect(page.locator("h1")).to_have_text(person["full_name"])
        page.get_by_role("button", name="Correct").click()
        expect(page.locator("#field-full_name")).to_have_value(person["full_name"])
    for view, what in (
        ("", "#find"),
        ("today", ".tally"),
        ("labels", 'a[href="#/labels"][aria-current]'),
    ):
        screen.go(view)
        expect(page.locator(what)).to_be_visible()
        expect(page.locator(".found .person").first).to_be_visible()
        for selector in ("img:not(.brand img)", "main svg", "main script", "[onerror]", "[onload]"):
            assert page.locator(selector).count() == 0
    for person in people:
        page.goto(f"{screen.url}/labels/?person={person['id']}")
        expect(page.locator(".name")).to_have_text(person["full_name"])
    # All kinds of faults are collected while the pages are open, and looked at when they close.


def test_two_clerks_correct_one_person(screens, live: LiveClinic):
    person = live.register(full_name=a_name("Zara"), phone="03001234567", address="Old Road")
    first, second = screens(), screens()
    for one in (first, second):
        one.open(f"person/{person['id']}")
        one.page.get_by_role("button", name="Correct").click()
        one.page.wait_for_selector("#field-full_name:focus")
    first.page.locator("#field-phone").fill("0321 7654321")
    first.page.keyboard.press("Enter")
    first.says("Saved")

    second.page.locator("#field-address").fill("New Road")
    second.page.keyboard.press("Enter")
    second.says("Somebody else has corrected this person meanwhile")
    expect(second.page.locator("form .notice")).to_contain_text("0321 7654321")
    expect(second.page.locator("#field-address")).to_have_value("New Road")
    second.page.keyboard.press("Enter")
    second.says("Saved")
    now = live.api().call("GET", f"/api/patients/{person['id']}/")
    assert (now["phone"], now["address"]) == ("0321 7654321", "New Road")
    expect(first.page.locator(".facts")).to_contain_text("New Road")
    expect(second.page.locator(".history li")).to_have_count(4)


STANDING: dict[str, Any] = {
    **{"terminal": "LAB1-PC", "today": "2026-01-05", "zone": "Asia/Karachi", "required": []},
    **{"state": "active", "left": 9412, "waiting": 3, "cards": 0, "clerks": []},
    "typing": True,
    **{"numbers": "offline", "since": "2026-01-05T05:42:00Z", "desks": ["LAB2-PC"], "alarms": []},
    **{"cursor": 1, "asked": 0},
}


STREAM = """
window.EventSource = class extends EventTarget {
  constructor() {
    super();
    window.tell = (now) => this.onmessage({ data: JSON.stringify(now) });
    queueMicrotask(() => tell(%s));
  }
  close() {}
};
"""
"""A stream that tells something at once, and then what it is told to tell."""


def status_says(screen: Screen, **now: Any) -> None:
    """Let the desk tell that things stand otherwise than they do."""
    screen.add_script(STREAM % json.dumps(STANDING | now))


@pytest.fixture(scope="module")
def loaded(chromium: Browser, live: LiveClinic) -> Iterator[Screen]:
    """A page that is loaded once for those tests that only tell it how things stand."""
    screen = Screen(chromium, live.desk.url)
    status_says(screen)
    screen.open()
    yield screen
    screen.close()


@pytest.fixture
def standing(loaded: Screen) -> Screen:
    """A page that knows what `STANDING` says."""
    tell(loaded)
    expect(loaded.page.locator(".standing .line")).to_be_visible()
    expect(loaded.page.locator(".notes")).to_have_count(0)
    return loaded


def tell(screen: Screen, **now: Any) -> Page:
    """Let the page hear how things stand."""
    screen.page.evaluate("(now) => tell(now)", STANDING | now)
    return screen.page


def an_alarm(code: str, level: str = "warning") -> dict[str, str]:
    return {"code": code, "level": level, "text": f"text of {code}.", "do": "Do it."}


def test_one_quiet_line_says_how_things_stand(standing: Screen):
    page = standing.page
    line = re.sub("[\u2066-\u2069]", "", page.locator(".line").inner_text())
    assert re.findall("[^·\n ][^·\n]*[^·\n ]", line) == [
        "Offline since 10:42",
        "9,412 numbers left",
        "3 people wait for confirmation",
        "in reach: LAB2-PC",
    ]
    assert page.locator(".notice, .fault, [role=alert]").count() == 0, "it looks like no error"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"alarms": [an_alarm("numbers_low")]}, "Few numbers are left"),
        ({"alarms": [an_alarm("clock_behind")]}, "The clock of this computer is behind"),
        ({"alarms": [an_alarm("two_computers", "alert")]}, "A second computer says"),
        (
            {"alarms": [an_alarm("of_a_later_version", "alert")]},
            "text of of_a_later_version. Do it.",
        ),
        ({"state": "inactive"}, "switched off by the administrator"),
        ({"state": "unknown"}, "not known to the coordinator yet"),
    ],
)
def test_what_a_clerk_must_know_is_a_plain_sentence(standing: Screen, now: Any, said: str):
    page = tell(standing, **now)
    if "alarms" in now:
        notes = page.locator(".notes summary")
        expect(notes).to_have_text(re.compile("1.? thing to know"))
        notes.click()
    standing.says(said)


def test_what_concerns_only_the_administrator_disturbs_no_clerk(standing: Screen):
    page = tell(standing, alarms=[an_alarm("backup_failed")], left=17)
    expect(page.locator(".line")).to_contain_text("17")
    assert page.locator(".notes").count() == 0


def test_a_clerk_chooses_from_the_list_of_the_administrator(screen: Screen):
    names = [{"name": name, "pin": "none"} for name in ("Sadia Malik", "بلال احمد")]
    status_says(screen, clerks=names, typing=False)
    page = screen.open()
    page.get_by_role("button", name="Choose your name").click()
    page.get_by_role("button", name="بلال احمد").wait_for()
    assert page.locator("#clerk-name").count() == 0, "no other name can be typed"
    page.get_by_role("button", name="بلال احمد").click()
    expect(page.locator(".bar")).to_contain_text("بلال احمد")


def add_clerk(live: LiveClinic, name: str) -> None:
    """Put a clerk with a PIN on the list, and wait until the desk can check it."""
    live.hub_api().call("POST", "/api/clerks/", {"name": name, "pin": "1357"})
    clerks = live.desk.daemon.daemon._workplace.clerks
    live.until(lambda: {"name": name, "pin": "ready"} in clerks.choices())


def test_a_clerk_proves_by_keyboard_who_she_is(screen: Screen, live: LiveClinic):
    add_clerk(live, "Nadia Noor")
    page = screen.open()
    page.get_by_role("button", name="Choose your name").focus()
    page.keyboard.press("Enter")
    name_of_it = page.locator("dialog button", has_text="Nadia Noor")
    for _ in range(9):  # until she is reached, whoever else is on the list
        if name_of_it.evaluate("it => it === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#clerk-pin")).to_be_focused()
    screen.type("7531")
    page.keyboard.press("Enter")
    screen.says("That is not the PIN")
    expect(page.locator("#clerk-pin")).to_be_focused()
    screen.type("۱۳۵۷")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_be_hidden()
    expect(page.locator(".who")).to_contain_text("with PIN")
    name = a_name("Rukhsana")
    fill_by_keyboard(screen, name)
    given(screen)
    found = live.api().call("GET", f"/api/patients/?query={name.replace(' ', '%20')}")
    (person,) = found["results"]
    assert (person["operator"], person["operator_known"]) == ("Nadia Noor", "pin")
    screen.go(f"person/{person['id']}")
    expect(page.locator(".history .known")).to_have_text("how this name is known: with PIN")
    page.context.clear_cookies()
    page = screen.open("today")
    expect(page.locator(".who")).to_contain_text("type your PIN")
    expect(page.locator(".tally")).to_contain_text("with PIN")


def test_a_clerk_changes_her_own_pin(screen: Screen, live: LiveClinic):
    add_clerk(live, "Komal Raza")
    page = screen.open()
    page.get_by_role("button", name="Choose your name").click()
    page.locator("dialog button", has_text="Komal Raza").click()
    page.get_by_role("button", name="Change my PIN").click()
    expect(page.locator("#own-pin")).to_be_focused()

    def change(pin: str, new: str, again: str) -> None:
        for field, digits in (("own-pin", pin), ("own-pin-new", new), ("own-pin-again", again)):
            page.locator(f"#{field}").fill(digits)
        page.keyboard.press("Enter")

    change("1357", "2468", "2469")
    screen.says("This is not the same as above")
    expect(page.locator("#own-pin-again")).to_be_focused()
    change("7531", "2468", "2468")
    screen.says("That is not the PIN")
    expect(page.locator("#own-pin")).to_be_focused()
    change("1357", "1234", "1234")
    screen.says("This cannot be your new PIN")
    change("1357", "۲۴۶۸", "۲۴۶۸")
    screen.says("Your new PIN counts from now on")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_be_hidden()
    expect(page.locator(".who")).to_contain_text("with PIN")


def test_offline_the_page_says_when_a_pin_can_be_changed(screen: Screen):
    name = "Komal Raza"
    status_says(screen, clerks=[{"name": name, "pin": "ready"}], numbers="offline")
    page = screen.open()
    page.get_by_role("button", name="Choose your name").click()
    page.locator("dialog button", has_text=name).click()
    page.get_by_role("button", name="Change my PIN").click()
    screen.says("can be changed once this desk is in touch")


def test_who_works_here_stands_with_what_she_registers(screen: Screen, live: LiveClinic):
    page = screen.open()
    page.get_by_role("button", name="Choose your name").click()
    page.locator("#clerk-name").fill("Sadia Malik")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_be_hidden()
    name = a_name("Bisma")
    fill_by_keyboard(screen, name)
    given(screen)
    (person,) = live.api().call("GET", f"/api/patients/?query={name.replace(' ', '%20')}")[
        "results"
    ]
    assert person["operator"] == "Sadia Malik"
    screen.go("today")
    expect(page).to_have_title(re.compile("Today.* · .*LAB1-PC"))
    expect(page.locator(".tally")).to_contain_text("Sadia Malik")
    page.reload()
    expect(page.locator(".bar")).to_contain_text("Sadia Malik")


def test_urdu_is_read_from_right_to_left_and_remembered(screen: Screen, live: LiveClinic):
    person = live.register(full_name="عائشہ خان", father_name="عمران خان")
    page = screen.open()
    page.get_by_role("button", name="اردو").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "ur")
    expect(page.locator("h1")).to_have_text("تلاش یا اندراج")
    brand, who = page.locator(".brand").bounding_box(), page.locator(".who").bounding_box()
    assert brand["x"] > who["x"], "the bar begins on the right"
    screen.go(f"person/{person['id']}")
    expect(page.locator(".history .ltr").first).to_be_visible()
    for number in page.locator(".mrn, .history .ltr, .facts .ltr").all():
        assert number.evaluate("one => getComputedStyle(one).direction") == "ltr"
        assert re.fullmatch(r"[\x20-\x7e]+", number.inner_text()), "Latin digits and signs only"
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("dir", "ltr")


def test_a_refused_number_comes_up_by_itself_with_its_new_label(screen: Screen, live: LiveClinic):
    number = live.give_a_number_twice(a_name("Amna"), a_name("Bina"))
    page = screen.open()
    page.locator(".notes summary").click()
    screen.says(re.compile("Do not hand out that card"))
    live.conflicts("resolve", number, "assign", "--why", "saw both", "--yes")
    count = page.get_by_role("link", name="Labels").locator(".count")
    expect(count).to_have_text("1")
    page.get_by_role("link", name="Labels").click()
    expect(page.locator(".notice")).to_contain_text(re.compile(f"old number: .?{number}"))
    assert page.locator(".notice .name").inner_text() not in page.locator("ul.found").inner_text()
    page.get_by_role("button", name="Print the new label").click()
    page.get_by_role("button", name="Yes, it is here").click()
    expect(count).to_have_count(0)
    assert live.api().call("GET", "/api/status/")["cards_to_reprint"]["count"] == 0


def test_a_label_is_printed_and_a_record_left_by_keyboard(screen: Screen, live: LiveClinic):
    page = screen.open()
    name = a_name("Ghazala")
    fill_by_keyboard(screen, name)
    given(screen)
    (person,) = found(live, name)

    def is_printed() -> bool:
        return name not in [one["full_name"] for one in work()["unprinted"]]

    def work() -> dict[str, Any]:
        return dict(live.api().call("GET", "/api/day/"))

    assert not is_printed()
    screen.press("Control+p")
    live.until(is_printed)
    screen.go(f"person/{person['id']}")
    expect(page.locator("h1")).to_have_text(name)
    screen.press("Escape")
    expect(page.locator("#find")).to_be_focused()


def test_labels_that_are_not_printed_wait_in_a_list(screen: Screen, live: LiveClinic):
    name = a_name("Komal")
    person = live.register(full_name=name)
    page = screen.open()
    page.evaluate("localStorage.setItem('mrnmesh-clerk', 'Nasreen Begum')")
    page = screen.open("labels")
    expect(page.locator(".found")).to_contain_text(name)
    page.get_by_role("button", name=re.compile("Print .*label")).click()
    screen.says("All labels are printed.")
    live.desk.write_looks()
    record = ("--person", person["record_id"], "--act", "printed")
    (look,) = json.loads(live.node("looked", *record, "--json").out)
    assert [look[one] for one in ("who", "known", "way")] == ["Nasreen Begum", "typed", "page"]


def test_a_page_that_is_open_all_day_does_not_grow(screen: Screen, live: LiveClinic):
    page = screen.open("today")
    session = screen.context.new_cdp_session(page)

    def size() -> dict[str, int]:
        session.send("HeapProfiler.collectGarbage")
        metrics = session.send("Performance.getMetrics")["metrics"]
        wanted = ("Nodes", "JSEventListeners")
        return {one["name"]: one["value"] for one in metrics if one["name"] in wanted}

    session.send("Performance.enable")
    screen.open()

    def events(many: int) -> None:
        for _ in range(many):
            name = a_name("Visitor")
            live.register(full_name=name)
        expect(page.locator(".lately .person").first).to_contain_text(name)

    def has_not_grown() -> bool:
        after = size()
        # The last five people are shown however many came; a few nodes are the browser's own.
        return (
            after["Nodes"] <= before["Nodes"] + 40
            and after["JSEventListeners"] <= before["JSEventListeners"] + 2
        )

    events(6)
    before = size()
    events(40)
    live.until(has_not_grown)  # an answer that is still on its way keeps what it is for


def test_the_desk_says_when_its_own_program_has_gone(screen: Screen, live: LiveClinic):
    page = screen.open(f"new/{uuid.uuid4()}")
    page.locator("#field-full_name").fill("Typed before")
    with live.desk.away():
        screen.says("The program of this desk does not answer")
        expect(page.locator("#field-full_name")).to_have_value("Typed before")
    screen.says("Online")
    expect(page.locator("#field-full_name")).to_have_value("Typed before")
    page.get_by_role("button", name="Back").click()


def test_the_description_of_the_api_keeps_its_policy_too(screen: Screen):
    page = screen.page
    answer = page.goto(f"{screen.url}/api/docs/")
    assert answer is not None
    assert "unsafe" not in answer.headers["content-security-policy"]
    page.get_by_text("/api/patients/check/").first.wait_for()
    font = page.locator("body").evaluate("one => getComputedStyle(one).fontFamily")
    assert "sans-serif" in font, "its style sheet works"


def test_a_clerk_asks_whether_two_records_are_one_person_and_hears_what_became_of_it(
    screen: Screen, live: LiveClinic
):
    one, other = (live.register(full_name=a_name("Parveen")) for _ in range(2))
    live.in_step()
    page = screen.open(f"person/{other['id']}")
    page.get_by_role("button", name="Same person as").click()
    expect(page.locator("#same-find")).to_be_focused()
    screen.type(one["mrn"])
    page.locator(".same").get_by_role("button", name=one["full_name"]).click()
    expect(page.locator(".pair .differs")).to_have_count(1)
    expect(page.get_by_role("radio", name=one["mrn"])).to_be_checked()
    page.get_by_role("radio", name=other["full_name"]).check(force=True)
    page.locator("#same-reason").focus()
    screen.press("Enter")
    expect(page.locator("#about-same-reason")).to_be_visible()
    screen.type("one CNIC")
    screen.press("Enter")
    expect(page.locator(".requests .chip")).to_have_text("waits")
    live.until(lambda: "one CNIC" in live.hub("people", "requests").out)
    (asked,) = live.api().call("GET", f"/api/requests/?patient={one['id']}")["results"]
    assert "full_name" in asked["take"]
    refused = live.hub("people", "refuse", asked["id"], "--why", "two sisters", "--yes")
    assert refused.status == 0, refused.err
    expect(page.locator(".requests .chip")).to_have_text("refused")
    expect(page.locator(".requests")).to_contain_text("two sisters")


def test_a_screen_reader_is_told_what_there_is(screen: Screen, live: LiveClinic):
    name = a_name("Quratulain")
    person = live.register(full_name=name)
    page = screen.open()
    tree = page.locator("body").aria_snapshot()
    for said in ('navigation "Pages"', 'link "Find"', "main", 'combobox "Name, number, telephone'):
        assert said in tree, tree
    screen.type(name)
    expect(page.locator("#found [role=option]")).to_have_count(2)
    assert page.locator("#find").get_attribute("aria-activedescendant") == "found-0"
    tree = page.locator("main").aria_snapshot()
    assert re.search(
        rf'listbox "People who fit":\s+- option "{name}.*{person["mrn"]}.*\[selected\]', tree
    ), tree
    screen.press("ArrowDown", "Enter")
    page.wait_for_selector("#field-full_name:focus")
    tree = page.locator("main form").aria_snapshot()
    for said in (
        'textbox "Name"',
        "textbox \"Father's name",
        'group "Sex"',
        'radio "Female"',
        'textbox "Age or date of birth"',
        'button "Register"',
    ):
        assert said in tree, tree
    page.get_by_role("button", name="Back").click()
