"""Who was registered, corrected or merged is compared behind the registrations, a few at a time."""

from __future__ import annotations

import pytest

from sync.engine.records import comparing
from sync.engine.records.comparing import DuplicateList
from tests.sync.http.frontdesk import front_desk

SON = {"full_name": "Bilal Khan", "sex": "M", "dob": "2015-06-30"}


@pytest.fixture
async def desk(tmp_path):
    async with front_desk(tmp_path) as desk:
        yield desk


async def index(desk) -> None:
    while await desk.replica.index_some() is None:
        pass


async def compare(desk, times: int = 1) -> list[tuple[int, int, str]]:
    """Let the list be made, and return it: the later one, the earlier one, the state."""
    await index(desk)
    for _ in range(times):
        await desk.duplicates.compare_some()
    return await listed(desk)


async def listed(desk) -> list[tuple[int, int, str]]:
    return await desk.replica.read(
        lambda snapshot: snapshot.store.connection.execute(
            "SELECT other, one, state FROM suggestions ORDER BY 1, 2"
        ).fetchall()
    )


async def ids(desk, *people: dict) -> list[int]:
    return [(await desk.register(**fields))["id"] for fields in people]


async def test_whoever_was_registered_twice_is_listed(desk):
    first, _, again = await ids(desk, {}, SON, {"full_name": "عائشہ خان"})
    assert await compare(desk) == [(again, first, "open")]
    assert await compare(desk, 3) == [(again, first, "open")], "nobody is compared for ever"


async def test_while_nothing_changes_nothing_is_read(desk, monkeypatch):
    await ids(desk, {}, SON)
    await compare(desk)
    monkeypatch.delattr(desk.replica.__class__, "read")
    await desk.duplicates.compare_some()
    with pytest.raises(AttributeError):
        await desk.replica.read(lambda snapshot: snapshot)


async def test_nobody_is_compared_who_is_not_in_the_index_yet(desk):
    await ids(desk, {}, {})
    await desk.duplicates.compare_some()
    assert await listed(desk) == []
    assert await desk.duplicates.cursor() == 0
    assert len(await compare(desk)) == 1


async def test_some_are_compared_at_a_time_and_fewer_while_there_is_work(desk, monkeypatch):
    monkeypatch.setattr(comparing, "BUSY", 1)
    monkeypatch.setattr(comparing, "QUIET", 2)
    names = ("Nadia Butt", "Rabia Malik", "Sana Gill", "Hira Shah")
    await ids(desk, *({"full_name": one, "phone": f"0321111111{n}"} for n, one in enumerate(names)))
    await index(desk)
    cursors = []
    for _ in range(3):
        await desk.duplicates.compare_some()
        cursors.append(await desk.duplicates.cursor())
    assert cursors == [1, 3, 4]


async def test_a_correction_brings_a_pair_and_takes_it_away(desk):
    one, other = await ids(
        desk, {}, {"full_name": "Ghazala Parveen", "phone": "03219876543", "dob": "1950-05-05"}
    )
    assert await compare(desk) == []
    change = {"full_name": "Ayesha Khan", "phone": "03001234567", "dob": "1990-01-01"}
    await desk.call("PATCH", f"/api/patients/{other}/", json=change)
    assert await compare(desk) == [(other, one, "open")]
    back = {"full_name": "Ghazala Parveen", "phone": "03219876543", "dob": "1950-05-05"}
    await desk.call("PATCH", f"/api/patients/{other}/", json=back)
    assert await compare(desk) == []


async def test_how_far_it_has_come_is_written_with_what_it_finds_or_now_and_then(desk, monkeypatch):
    await ids(desk, {})
    await compare(desk)
    commit = desk.replica.commit_number
    await ids(desk, {"full_name": "Nadia Butt", "phone": "03211111111"})
    await compare(desk)
    assert desk.replica.commit_number == commit + 1, "a registration, and nothing else"
    monkeypatch.setattr(comparing, "UNWRITTEN_MAX", 1)
    await ids(desk, SON)
    await compare(desk)
    written = await desk.replica.read(lambda snapshot: snapshot.store.meta.compared)
    assert written == await desk.duplicates.cursor() == 3
    again = DuplicateList(desk.replica)
    assert await again.cursor() == 3


async def test_a_desk_compares_its_own_people_only(desk):
    await ids(desk, {}, {})
    elsewhere = DuplicateList(desk.replica, "WARD-PC")
    await index(desk)
    await elsewhere.compare_some()
    assert await listed(desk) == []
    own = DuplicateList(desk.replica, "LAB1-PC")
    await own.compare_some()
    assert len(await listed(desk)) == 1
