"""Merging people over HTTP: seen side by side first, refused with the survivor, and taken back."""

from __future__ import annotations

import pytest
import pytest_asyncio

from tests.comparing import compare_all
from tests.daemons.api import AYESHA

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHO = {"who": "Sadia Malik", "why": "one CNIC"}


def path(person: dict, act: str) -> str:
    return f"/api/patients/{person['record_id']}/{act}/"


async def compare(hub, one: dict, other: dict) -> dict:
    return await hub.call("GET", f"/api/patients/{one['record_id']}/compare/{other['record_id']}/")


async def merge(hub, former: dict, survivor: dict, *take: str) -> dict:
    seen = (await compare(hub, former, survivor))["seen"]
    body = WHO | {"into": survivor["record_id"], "take": list(take), "seen": seen}
    return await hub.call("POST", path(former, "merge"), body)


@pytest_asyncio.fixture(loop_scope="module")
async def people(hub) -> list[dict]:
    return [
        await hub.call("POST", "/api/patients/", AYESHA | {"full_name": name, "phone": phone})
        for name, phone in (("Amna", "03001111111"), ("Amina", "03002222222"), ("B", "03003333333"))
    ]


async def test_two_records_are_merged_as_they_were_seen(hub, people):
    first, second, _ = people
    compared = await compare(hub, first, second)
    assert compared["differs"] == ["full_name", "phone"]
    answer = await merge(hub, first, second, "phone")
    assert answer["patient"]["merged_into"] == second["record_id"]
    assert answer["counts"]["id"] == second["id"]
    assert answer["counts"]["phone"] == first["phone"]
    found = await hub.call("GET", f"/api/patients/mrn/{first['mrn']}/")
    assert [one["mrn"] for one in found["results"]] == [second["mrn"], first["mrn"]]
    undone = await hub.call("POST", path(first, "unmerge"), WHO)
    assert undone["patient"]["merged_into"] is None
    assert undone["counts"]["id"] == first["id"]
    shown = await hub.call("GET", f"/api/patients/{second['id']}/")
    assert shown["phone"] == second["phone"]


async def test_a_former_record_is_refused_with_the_one_that_counts(hub, people):
    first, second, third = people
    seen = (await compare(hub, first, third))["seen"]
    await merge(hub, first, second)
    into_third = WHO | {"into": str(third["id"]), "seen": seen}
    for method, where, body in (
        ("PATCH", f"/api/patients/{first['id']}/", {"sex": "O"}),
        ("POST", path(first, "merge"), into_third),
        ("POST", path(third, "merge"), WHO | {"into": str(first["id"]), "seen": seen}),
        ("POST", path(second, "merge"), WHO | {"into": str(first["id"]), "seen": seen}),
        ("POST", path(first, "void"), WHO),
    ):
        status, answer = await hub.send(method, where, body)
        assert (status, answer["code"]) == (409, "merged_into_another")
        assert answer["merged_into"] == second["record_id"]
        assert str(second["mrn"]) in answer["detail"]


async def test_what_was_changed_since_it_was_seen_is_not_merged(hub, people):
    first, second, _ = people
    seen = (await compare(hub, first, second))["seen"]
    await hub.call("PATCH", f"/api/patients/{second['id']}/", {"address": "Lahore"})
    body = WHO | {"into": second["record_id"], "seen": seen}
    assert await hub.refused("POST", path(first, "merge"), body) == (409, "seen_otherwise")
    again = (await compare(hub, second, first))["seen"]
    await hub.call("POST", path(first, "merge"), body | {"seen": again})


async def test_a_mistake_is_void_until_it_is_taken_back(hub, people):
    (first, *_) = people
    void = await hub.call("POST", path(first, "void"), WHO)
    assert (void["patient"]["voided"], void["counts"]) == (True, None)
    assert await hub.refused("POST", path(first, "void"), WHO) == (409, "cannot_merge")
    back = await hub.call("POST", path(first, "unvoid"), WHO)
    assert (back["patient"]["voided"], back["counts"]["id"]) == (False, first["id"])


async def test_the_feed_tells_of_each_decision(hub, people):
    first, second, _ = people
    newest = (await hub.call("GET", "/api/changes/?limit=500"))["cursor"]
    await merge(hub, first, second)
    await hub.call("POST", path(first, "unmerge"), WHO)
    await hub.call("POST", path(first, "void"), WHO)
    await hub.call("POST", path(first, "unvoid"), WHO)
    changes = (await hub.call("GET", f"/api/changes/?after={newest}"))["results"]
    assert [(one["change"], one["mrn"]) for one in changes] == [
        (change, first["mrn"]) for change in ("merged", "unmerged", "voided", "unvoided")
    ]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"why", "into", "seen"}),
        (WHO | {"into": "Amna", "seen": "x"}, {"into"}),
        (WHO | {"into": "1", "seen": "x", "take": ["mrn"]}, {"take"}),
        (WHO | {"into": "1", "seen": "x", "why": " "}, {"why"}),
    ],
)
async def test_a_merge_that_cannot_be_meant(hub, people, body, wrong):
    assert (await hub.faults("POST", path(people[0], "merge"), body)).keys() == wrong


async def test_nobody_is_merged_who_is_not_there(hub, people):
    nobody = "00000000-0000-7000-8000-000000000000"
    body = WHO | {"into": nobody, "seen": "x"}
    assert await hub.refused("POST", path(people[0], "merge"), body) == (404, "not_found")
    assert await hub.refused("POST", f"/api/patients/{nobody}/void/", WHO) == (404, "not_found")


# two people


async def two_people(hub, one: dict, other: dict) -> dict:
    seen = (await compare(hub, one, other))["seen"]
    body = WHO | {"other": other["record_id"], "seen": seen}
    return await hub.call("POST", path(one, "two-people"), body)


async def pairs(hub, state: str, *people: dict) -> list[dict]:
    """The pairs of some people that are in a state."""
    ids = {one["id"] for one in people}
    found = (await hub.get(f"/api/duplicates/?state={state}&page_size=50"))["results"]
    return [
        one for one in found if {one["patient"]["id"], one["others"][0]["patient"]["id"]} <= ids
    ]


async def test_a_suggestion_that_was_dismissed_stays_so_until_a_correction(hub):
    fields = AYESHA | {"full_name": "Zubaida Anwar", "phone": "03457654321", "cnic": None}
    one, other = [await hub.call("POST", "/api/patients/", fields) for _ in range(2)]
    await compare_all(hub.replica)
    assert len(await pairs(hub, "open", one, other)) == 1
    shown = await two_people(hub, one, other)
    assert shown["two_people"]["who"] == "administrator"
    assert shown["two_people"]["why"] == WHO["why"]
    assert await pairs(hub, "open", one, other) == []
    (dismissed,) = await pairs(hub, "dismissed", one, other)
    assert dismissed["decided"] == shown["two_people"]
    where = f"/api/patients/check/?patient={one['record_id']}"
    found = await hub.call("POST", where, fields)
    assert other["id"] not in {match["patient"]["id"] for match in found["results"]}
    live = (await hub.get("/api/duplicates/"))["results"]
    assert other["id"] not in {pair["patient"]["id"] for pair in live}
    body = WHO | {"other": other["record_id"], "seen": shown["seen"]}
    assert await hub.refused("POST", path(one, "two-people"), body) == (409, "cannot_merge")
    into = WHO | {"into": other["record_id"], "seen": shown["seen"]}
    assert await hub.refused("POST", path(one, "merge"), into) == (409, "cannot_merge")
    await hub.call("PATCH", f"/api/patients/{other['id']}/", {"address": "Multan"})
    assert len(await pairs(hub, "open", one, other)) == 1
    assert (await compare(hub, one, other))["two_people"] is None
    stale = await hub.refused("POST", path(one, "two-people"), body)
    assert stale == (409, "seen_otherwise")


async def test_that_two_are_two_people_is_taken_back(hub, people):
    first, second, _ = people
    await two_people(hub, first, second)
    body = WHO | {"other": first["record_id"]}
    shown = await hub.call("POST", path(second, "maybe-one"), body)
    assert shown["two_people"] is None
    assert await hub.refused("POST", path(second, "maybe-one"), body) == (409, "cannot_merge")


async def test_a_pair_that_was_merged_is_listed_with_who_did_it(hub):
    fields = AYESHA | {"full_name": "Rehana Yousaf", "phone": "03338765432", "cnic": None}
    one, other = [await hub.call("POST", "/api/patients/", fields) for _ in range(2)]
    await compare_all(hub.replica)
    await merge(hub, one, other)
    (pair,) = await pairs(hub, "merged", one, other)
    assert (pair["state"], pair["decided"]["who"]) == ("merged", "administrator")
    await hub.call("POST", path(one, "unmerge"), WHO)
    assert len(await pairs(hub, "open", one, other)) == 1


async def test_a_pair_moves_to_the_record_that_counts_and_back(hub):
    fields = AYESHA | {"full_name": "Nusrat Jabeen", "phone": "03119876543", "cnic": None}
    one, other = [await hub.call("POST", "/api/patients/", fields) for _ in range(2)]
    unlike = {"full_name": "Waqas Butt", "father_name": "Ali", "sex": "M", "dob": "1950-01-01"}
    third = await hub.call(
        "POST", "/api/patients/", unlike | {"phone": "03331231231", "address": "Multan"}
    )
    await compare_all(hub.replica)
    assert len(await pairs(hub, "open", one, other)) == 1
    await merge(hub, other, third)
    assert await pairs(hub, "open", one, other) == [], "nobody is asked about a former record"
    for _ in range(2):
        await compare_all(hub.replica)
        assert len(await pairs(hub, "open", one, third)) == 1
        # It is not alike itself, and stays on the list by what the former record says.
        await hub.call("PATCH", f"/api/patients/{third['id']}/", {"address": "Quetta"})
    await hub.call("POST", path(other, "unmerge"), WHO)
    await compare_all(hub.replica)
    assert await pairs(hub, "open", one, third) == []
    assert len(await pairs(hub, "open", one, other)) == 1
