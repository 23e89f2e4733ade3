"""Labels: whose they are, what stands on them, and their size."""

import re

import pytest

from node.config import Size
from node.pages.labels import AT_ONCE_MAX, labels_of, size_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOSTILE = """<img src=x onerror="alert(1)">'&{name}"""


async def page(desk, *people):
    query = "&".join(f"person={one}" for one in people)
    status, text = await desk.send("GET", f"/labels/?{query}")
    assert status == 200, text
    return text


async def test_a_label_says_whose_it_is(desk):
    person = await desk.register(full_name="عائشہ خان", father_name="Imran Khan", offline=True)
    text = await page(desk, person["id"])
    for said in ("عائشہ خان", "Imran Khan", "F · 1990-01-01", person["mrn"]):
        assert said in text
    assert text.count("<svg ") == 2


async def test_an_age_that_is_a_guess_is_marked_as_one(desk):
    person = await desk.register(dob=None, age_years=30, offline=True)
    assert f"F · ~{person['dob'][:4]}" in await page(desk, person["id"])


async def test_many_labels_are_one_page_each_in_the_order_that_was_asked_for(desk):
    people = [await desk.register(full_name=f"Person {one}", offline=True) for one in "abc"]
    text = await page(desk, *(person["id"] for person in reversed(people)))
    assert re.findall(r"Person (\w)", text) == ["c", "b", "a"]
    assert text.count("<article") == 3


async def test_what_somebody_typed_never_becomes_markup(desk):
    person = await desk.register(full_name=HOSTILE, father_name=HOSTILE, offline=True)
    text = await page(desk, person["id"])
    assert "<img" not in text
    assert "{name}" in text


@pytest.mark.parametrize("query", ["", "person=", "person=x", "person=-1", f"person={'9' * 16}"])
async def test_a_page_of_labels_needs_people(desk, query):
    assert await desk.refused("GET", f"/labels/?{query}") == (400, "bad_request")
    many = "&".join(["person=1"] * (AT_ONCE_MAX + 1))
    assert await desk.refused("GET", f"/labels/?{many}") == (400, "bad_request")


async def test_nobody_has_no_label(desk):
    assert await desk.refused("GET", "/labels/?person=99999999") == (404, "not_found")


async def test_the_size_is_that_of_the_settings(desk):
    _, css = await desk.send("GET", "/labels/size.css")
    assert css == size_of(Size(58, 40)).content.decode()
    assert "@page { size: 58mm 40mm; margin: 0 }" in css


async def test_a_narrow_label_has_only_the_qr_code_of_an_online_number(desk):
    online = await desk.register()
    offline = await desk.register(offline=True)
    assert (online["mrn"][:3], offline["mrn"][:2]) == ("PAT", "71")
    page = labels_of([online, offline], Size(40, 25)).content.decode()
    first, second = page.split("<article")[1:]
    assert ('class="qr"' in first, 'class="bars"' in first) == (True, False)
    assert ('class="qr"' in second, 'class="bars"' in second) == (True, True)
