"""The form at a desk: nothing that a clerk typed is lost, and nobody is registered twice."""

from __future__ import annotations

import functools
import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Request, Response, Route, expect

from sync.model.person.more import Label, labelled, read_extra, read_identifier
from tests.browser.desk import a_name, fill_by_keyboard, found, given
from tests.browser.screen import Screen
from tests.daemons.commands import LiveClinic


def kept_with(text: str) -> Callable[[Response], bool]:
    """True for the answer to a form that is kept with a text in it."""
    return lambda answer: (
        answer.url.endswith("/api/drafts/") and text in (answer.request.post_data or "")
    )


def test_a_newborn_and_somebody_unconscious_get_a_number_and_are_confirmed(
    screen: Screen, live: LiveClinic
):
    name = a_name("Rukhsana")
    mother = live.register(full_name=name, offline=True, sex="F")
    page = screen.open()
    screen.press("Enter")
    page.wait_for_selector("#field-full_name:focus")
    screen.press("F4")
    page.wait_for_selector("#field-mother:focus")
    screen.type(mother["mrn"])
    expect(page.locator("#about-mother")).to_have_text(name)
    screen.press("Tab", "1", "Enter")
    expect(page.locator(".registered .whose")).to_have_text(f"Baby 1 of {name}")
    page.get_by_role("button", name="Next newborn of this mother").click()
    page.wait_for_selector("#about-mother >> text=Rukhsana")
    page.locator("#field-birth_order").press("2")
    screen.press("Enter")
    expect(page.locator(".registered .whose")).to_have_text(f"Baby 2 of {name}")
    screen.open(f"person/{mother['id']}")
    expect(page.locator(".sheet li .mrn")).to_have_count(2)

    screen.open()
    screen.press("Enter")
    page.wait_for_selector("#field-full_name:focus")
    screen.press("F2")
    page.wait_for_selector("#field-sex input:focus")
    screen.press("m", "Enter")
    expect(page.locator(".registered .whose")).to_have_text("Unknown man")
    number = given(screen)
    page.get_by_role("link", name="Identity").click()
    page.locator(".person", has_text=number).click()
    page.get_by_role("button", name="Say who this is").click()
    screen.press("Enter")
    expect(page.locator("#about-full_name")).to_have_text("Write who this is.")
    screen.type("Gul Hassan")
    screen.press("Enter")
    expect(page.locator("h1")).to_have_text("Gul Hassan")
    expect(page.get_by_text("Identity unconfirmed")).to_have_count(0)
    page.get_by_role("link", name="Identity").click()
    expect(page.locator(".person", has_text=f"Baby 2 of {name}")).to_be_visible()
    expect(page.locator(".person", has_text=number)).to_have_count(0)


def test_a_clerk_who_presses_twice_registers_once(screen: Screen, live: LiveClinic):
    name = a_name("Saba")
    page = screen.open()
    screen.type(name)
    screen.press("Enter")
    page.locator("#field-born").fill("40")
    page.locator("#field-phone").fill("0300 1234567")
    page.get_by_text("Female").click()
    page.get_by_role("button", name="Register").dblclick()
    given(screen)
    assert len(found(live, name)) == 1


@pytest.mark.parametrize("reload", [False, True])
def test_a_lost_answer_registers_nobody_twice(screen: Screen, live: LiveClinic, reload: bool):
    """The desk has registered, and the browser never hears of it."""
    name = a_name("Tahira")
    lost = []

    def lose(route):
        if route.request.method == "POST" and (reload or not lost):
            route.fetch()
            lost.append(1)
            route.abort()
        else:
            route.continue_()

    screen.context.route("**/api/patients/", lose)
    page = screen.open()
    fill_by_keyboard(screen, name)
    if reload:
        page.get_by_text("No answer came").wait_for()
        screen.context.unroute("**/api/patients/")
        page.reload()
        screen.says("This form was registered already")
    assert given(screen)
    assert lost
    assert len(found(live, name)) == 1
    assert page.evaluate("Object.keys(localStorage)") == ["mrnmesh-language"]
    assert page.evaluate("Object.keys(sessionStorage)") == []


def test_a_form_survives_a_reload_and_a_closed_browser(screens, live: LiveClinic):
    name = a_name("Uzma")
    screen = screens()
    page = screen.open()
    screen.type(name)
    screen.press("Enter")
    page.wait_for_selector("#field-full_name:focus")
    # The name alone may be kept before.
    with page.expect_response(kept_with("Canal")):
        page.locator("#field-address").fill("12 Canal Road")
    page.reload()
    expect(page.locator("#field-address")).to_have_value("12 Canal Road")
    expect(page.locator("#field-full_name")).to_have_value(name)

    page.goto("about:blank")
    other = screens()
    other.open()
    kept = other.page.locator(".drafts li", has_text=name)
    kept.get_by_role("link", name="Go on").click()
    expect(other.page.locator("#field-address")).to_have_value("12 Canal Road")
    other.page.get_by_role("button", name="Back").click()
    other.page.locator("#find").wait_for()
    expect(other.page.get_by_text(name)).to_have_count(0)
    live.until(lambda: name not in str(live.api().call("GET", "/api/drafts/")))


def test_a_form_that_is_given_up_does_not_come_back(screen: Screen, live: LiveClinic):
    """What was typed last is kept only after that, as on a busy computer."""
    name = a_name("Zubaida")
    page = screen.open()
    held: list[Route] = []
    done: list[str] = []

    def hold_the_first(route: Route) -> None:
        held.append(route)
        if len(held) > 1:
            route.continue_()

    def note(request: Request) -> None:
        if "/api/drafts/" in request.url:
            done.append(request.method)

    screen.context.route("**/api/drafts/", hold_the_first)
    page.on("requestfinished", note)
    screen.type(name)
    screen.press("Enter")
    page.locator("#field-address").fill("12 Canal Road")
    live.until(lambda: page.wait_for_timeout(1) or bool(held))
    page.get_by_role("button", name="Back").click()
    expect(page.locator("#find")).to_be_focused()
    held[0].continue_()
    live.until(lambda: page.wait_for_timeout(1) or {"POST", "DELETE"} <= {*done})
    assert name not in str(live.api().call("GET", "/api/drafts/"))


REFUSALS = [
    (400, "range_exhausted", "This desk has no numbers left"),
    (422, "key_reused", "This form was registered already"),
    (429, "busy", "Much is going on at once"),
    (418, "of_a_later_version", "It did not work: .?Why not"),
    (503, "disk_full", "cannot write now"),  # from then on the form waits for an answer
]


def test_a_refusal_is_a_plain_sentence_and_the_form_stays(screen: Screen):
    page = screen.open()
    for status, code, said in REFUSALS:
        answer = {"status": status, "json": {"detail": "Why not.", "code": code}}
        screen.context.route("**/api/patients/", functools.partial(Route.fulfill, **answer))
        if page.url.endswith("#/"):
            fill_by_keyboard(screen, "Refused Person")
        else:
            page.get_by_role("button", name="Register").click()
        screen.says(re.compile(said))
        expect(page.locator("#field-full_name")).to_have_value("Refused Person")
    page.get_by_role("button", name="Back").click()


def test_mistakes_are_said_at_their_fields_and_nothing_is_lost(screen: Screen):
    page = screen.open()
    screen.press("Enter")
    page.wait_for_selector("#field-full_name:focus")
    screen.press("Enter")
    for field in ("full_name", "sex", "born", "phone"):
        expect(page.locator(f"#about-{field}")).to_have_text("Please fill this in.")
    expect(page.locator("#field-full_name")).to_be_focused()
    screen.type("Wajiha")
    page.get_by_text("Female").click()
    page.locator("#field-born").fill("31/2/1990")
    page.locator("#field-phone").fill("0300")
    page.locator("#field-cnic").fill("35202-1")
    screen.press("Enter")
    expect(page.locator("#about-born")).to_have_text("There is no such day in the calendar.")
    expect(page.locator("#about-phone")).to_contain_text("7 to 15 digits")
    expect(page.locator("#about-cnic")).to_contain_text("13 digits")
    expect(page.locator("#field-born")).to_be_focused()
    expect(page.locator("#field-full_name")).to_have_value("Wajiha")
    page.get_by_role("button", name="Back").click()


def test_numbers_get_their_form_while_they_are_typed_in_any_digits(screen: Screen):
    page = screen.open("new/form-1")
    for field, typed, shown in [
        ("cnic", "۳۵۲۰۲۱۲۳۴۵۶۷۱", "35202-1234567-1"),
        ("phone", "٠٣٠٠١٢٣٤٥٦٧", "0300 1234567"),
        ("phone", "+923001234567", "+92 300 1234567"),
        ("born", "۳۴", "34"),
    ]:
        page.locator(f"#field-{field}").fill("")
        page.locator(f"#field-{field}").press_sequentially(typed)
        expect(page.locator(f"#field-{field}")).to_have_value(shown)
    # A digit that is put into the middle stays where it was put.
    page.locator("#field-cnic").fill("35202-123456-1")
    page.locator("#field-cnic").evaluate("one => one.setSelectionRange(3, 3)")
    screen.type("9")
    expect(page.locator("#field-cnic")).to_have_value("35290-2123456-1")
    assert page.locator("#field-cnic").evaluate("one => one.selectionStart") == 4
    for typed, said in [
        ("6 m", "6 months"),
        ("10 d", "10 days"),
        ("1990", "Born about 1990"),
        ("1/2/1990", "Born 1 Feb 1990"),
    ]:
        page.locator("#field-born").fill(typed)
        expect(page.locator("#about-born")).to_contain_text(re.compile(_isolated(said)))
    page.get_by_role("button", name="Back").click()


def _isolated(text: str) -> str:
    """A pattern for a text in which what was filled in stands between marks for its direction."""
    return r"[\u2066-\u2069]?\s[\u2066-\u2069]?".join(map(re.escape, text.split()))


def test_people_who_look_alike_stand_beside_the_form(screen: Screen, live: LiveClinic):
    name = a_name("Yasmin")
    person = live.register(full_name=name, father_name="Akbar")
    page = screen.open(f"new/{uuid.uuid4()}")
    page.locator("#field-full_name").fill(name)
    beside = page.locator(".alike")
    expect(beside).to_contain_text(person["mrn"])
    expect(beside).to_contain_text("LAB1-PC")
    beside.get_by_role("button", name="Somebody else").click()
    expect(beside).to_have_count(0)
    page.locator("#field-born").fill("1/1/1990")
    page.locator("#field-phone").fill("0300 9999999")
    page.get_by_text("Female").click()
    page.keyboard.press("Enter")
    assert given(screen) != person["mrn"]
    (other, _) = found(live, name)
    assert page.locator(".registered .notice").count() == 0, "she has answered that already"
    assert other["mrn"] == given(screen)


def test_who_was_written_on_a_sheet_is_typed_in_with_the_time_on_the_paper(
    screen: Screen, live: LiveClinic
):
    page = screen.open("today")
    page.get_by_role("link", name="Sheet for paper").click()
    # The second is there instead of the first after a test that printed a sheet and left it unused.
    first = page.get_by_role("button", name="Print the next 50 numbers")
    first.or_(page.get_by_role("button", name="Take 50 more")).click()
    frame = page.frame_locator("iframe.printing")
    expect(frame.locator(".line")).to_have_count(50)
    number = page.locator(".sheet-of-numbers .person .mrn").first.inner_text()
    expect(frame.locator(".number").first).to_have_text(number)
    expect(page.get_by_role("button", name="Print again", exact=True)).to_be_enabled()

    name = a_name("Farida")
    page.get_by_role("link", name=number).click()
    page.locator("#field-full_name").fill(name)
    page.get_by_text("Female").click()
    page.locator("#field-born").fill("34")
    page.locator("#field-phone").fill("03001234567")
    page.keyboard.press("Enter")
    expect(page.locator("#about-written")).to_be_visible()
    page.locator("#field-written").fill("2026-01-05T10:42")
    page.get_by_role("button", name="Register").click()
    expect(page.locator(".sheet-of-numbers .person").first).to_contain_text(name)
    (person,) = found(live, name)
    assert (person["mrn"], person["created_at"]) == (number, "2026-01-05T05:42:00Z")


def test_the_clinics_own_fields_stand_on_the_form_and_in_the_record(
    screen: Screen, live: LiveClinic
):
    passport = read_identifier("passport unique [A-Z]{2}[0-9]{7}")
    labels = {"blood": Label("Blood group", "خون کا گروپ")}
    known = labelled((passport, read_extra("blood choice A+|O+")), labels)
    with live.desk.with_settings(fields=known):
        page = screen.open()
        name = a_name("Parveen")
        fill_by_keyboard(screen, name)
        given(screen)
        page.get_by_role("link", name="Open the record").click()
        page.get_by_role("button", name="Correct").click()
        page.get_by_label("Passport").fill("12")
        page.get_by_label("Blood group").select_option("O+")
        page.get_by_role("button", name="Save").click()
        screen.says("This number does not have the right form.")
        expect(page.get_by_label("Passport")).to_be_focused()
        page.get_by_label("Passport").fill("ab1234567")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".facts").first).to_contain_text("AB1234567")
        expect(page.locator(".history")).to_contain_text("Blood group: O+")
        page.get_by_role("button", name="اردو").click()
        expect(page.locator(".facts").first).to_contain_text("خون کا گروپ")
    assert found(live, "AB1234567")[0]["extra"] == {"blood": "O+"}, "whatever the settings are now"
