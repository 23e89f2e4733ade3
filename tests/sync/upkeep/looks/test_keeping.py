"""What is kept of who looked at whom, for how long, and what shows that nothing else went."""

from __future__ import annotations

import contextlib

import pytest

from sync.engine import keys
from sync.model.facts import COORDINATOR, RecordId
from sync.rules import chains
from sync.storage.access.looks import Look, packed
from sync.storage.store import Store
from sync.upkeep.looks import keeping
from sync.upkeep.looks.keeping import DAY_MS, LookKeeper, check, note_restore
from tests.stepping import Computer, opened
from tests.sync.upkeep.looks.conftest import SIGNER, say_that_the_clock_is_right

ONE = RecordId(b"1" * 16)


def add(replica, *ages):
    """Entries that were made so many days ago."""

    def act(tx):
        tx.begin()
        tx.store.looks.add(
            *(
                Look(tx.now_ms - int(days * DAY_MS), "opened", people=1, records=packed([ONE]))
                for days in ages
            )
        )

    return replica.write(act)


def checked(replica, own_keys=(SIGNER.public_key,)):
    return check(replica, own_keys)


async def numbers_left(replica):
    def look(snapshot):
        return [entry.number for entry in snapshot.store.looks.from_oldest()]

    return await replica.read(look)


async def acts(entries):
    return [(one.act, one.about) for one in await entries()]


async def test_that_it_is_on_or_off_is_an_entry_when_it_changes(replica, entries):
    for days in (365, 365, None, None, 30, 365):
        await LookKeeper(replica, SIGNER, days).start()
    assert await acts(entries) == [
        ("switched_on", "kept for 365 days"),
        ("switched_off", ""),
        ("switched_on", "kept for 30 days"),
        ("switched_on", "kept for 365 days"),
    ]


async def test_what_is_old_goes_behind_a_signed_checkpoint(replica, entries):
    await add(replica, 40, 35, 31, 29, 1)
    await LookKeeper(replica, SIGNER, 30).remove_old()
    assert await numbers_left(replica) == [4, 5, 6]
    assert (await acts(entries))[-1] == ("removed", "entries up to 3")
    found = await checked(replica)
    assert (found.first, found.checked.head.number, found.checked.wrong) == (4, 6, None)
    assert found.is_signed
    assert found.checkpoint.head.number == 3
    await add(replica, 0)
    assert (await checked(replica)).checked.wrong is None


async def test_an_entry_of_a_wrong_clock_takes_no_younger_one_along(replica, entries):
    """Only the oldest ones that all are old go, whatever the times behind them are."""
    await add(replica, 40, 5, 20_000, 1)
    await LookKeeper(replica, SIGNER, 30).remove_old()
    assert (await checked(replica)).first == 2
    assert len(await entries()) == 4


async def test_an_entry_of_a_clock_that_stood_in_the_future_keeps_no_other(replica):
    await add(replica, -26_000, 400, -26_000, 399, -26_000, 1)
    await LookKeeper(replica, SIGNER, 30).remove_old()
    assert await numbers_left(replica) == [5, 6, 7], "it may be as young as the one behind it"


@pytest.mark.parametrize("wrong_days", [59, 61, -9000])
async def test_alone_no_wrong_clock_takes_an_entry_before_its_time(tmp_path, wrong_days):
    """A clock that is ahead by 59 days is plausible, so it is believed."""
    computer = Computer()
    async with opened(tmp_path, computer) as desk:
        await add(desk, 29, 20, 0)
    computer.wall_ms += wrong_days * DAY_MS
    async with opened(tmp_path, computer) as desk:
        await LookKeeper(desk, SIGNER, 30).remove_old()
        assert await numbers_left(desk) == [1, 2, 3]


async def test_alone_entries_go_later_until_somebody_says_that_the_clock_is_right(tmp_path):
    async with opened(tmp_path, Computer()) as desk:
        await add(desk, 91.5, 89, 29)
        await LookKeeper(desk, SIGNER, 30).remove_old()
        assert await numbers_left(desk) == [2, 3, 4]
        await say_that_the_clock_is_right(desk)
        await LookKeeper(desk, SIGNER, 30).remove_old()
        assert await numbers_left(desk) == [3, 4, 5]


async def by_word(_computer, replica):
    await say_that_the_clock_is_right(replica)


async def by_all_others(computer, replica):
    """Their clocks have jumped like ours."""
    for _ in range(2):  # a time is only sure where it is heard once more
        replica.believed.tell(COORDINATOR, computer.wall_ms)
        await replica.write(lambda tx: tx.begin())


@pytest.mark.parametrize("settled", [by_word, by_all_others])
@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("wrong_days", [20, 59, 61, 1095, 26_000])
async def test_a_wrong_time_that_was_confirmed_takes_no_entry_before_its_time(
    tmp_path, wrong_days, restarts, settled
):
    """The year was mistyped, and everybody says that it is right, until somebody notices it."""
    computer = Computer()
    async with contextlib.AsyncExitStack() as stack:
        desk = await stack.enter_async_context(opened(tmp_path, computer))
        await settled(computer, desk)
        keeper = LookKeeper(desk, SIGNER, 90)
        await add(desk, 85, 50, 0)
        await keeper.remove_old()
        if not restarts:
            computer.wall_ms += wrong_days * DAY_MS
        for _ in range(2):
            await stack.aclose()
            if restarts:
                computer.wall_ms += wrong_days * DAY_MS
            desk = await stack.enter_async_context(opened(tmp_path, computer))
            keeper, restarts = LookKeeper(desk, SIGNER, 90), False
            await settled(computer, desk)
            assert desk.believed.is_sure
            for _ in range(2):
                await keeper.remove_old()
                computer.passes(DAY_MS)
                assert await numbers_left(desk) == [1, 2, 3]
        assert desk.now_ms == computer.wall_ms
        computer.wall_ms -= wrong_days * DAY_MS
        await say_that_the_clock_is_right(desk)
        await keeper.remove_old()
        assert await numbers_left(desk) == [1, 2, 3]
        for _ in range(70):
            computer.passes(DAY_MS)
            await keeper.remove_old()
        assert (await numbers_left(desk))[0] == 3, "in the end all goes when it is old"


async def test_what_nobody_takes_back_counts_in_the_end(tmp_path):
    computer = Computer()
    async with opened(tmp_path, computer) as desk:
        await say_that_the_clock_is_right(desk)
        keeper = LookKeeper(desk, SIGNER, 90)
        await add(desk, 80, 0)
        await keeper.remove_old()
        computer.wall_ms += 1095 * DAY_MS
        await say_that_the_clock_is_right(desk)
        for _ in range(60):
            await keeper.remove_old()
            assert 2 in await numbers_left(desk), "the computer was off for three years"
            computer.passes(DAY_MS)
        await keeper.remove_old()
        assert 2 not in await numbers_left(desk)


async def test_a_clock_that_is_not_believed_takes_no_entry(tmp_path):
    """Its desk takes the coordinator's time, which nobody has confirmed and which may be wrong."""
    computer = Computer()
    async with opened(tmp_path, computer) as desk:
        await add(desk, 1, 0)
        desk.believed.tell(COORDINATOR, computer.wall_ms + 73 * 365 * DAY_MS)
        await LookKeeper(desk, SIGNER, 30).remove_old()
        assert desk.now_ms > computer.wall_ms + 72 * 365 * DAY_MS
        assert await numbers_left(desk) == [1, 2]


async def test_nothing_goes_twice_and_nothing_that_is_young(replica, entries):
    await add(replica, 30.5, 1)
    keeper = LookKeeper(replica, SIGNER, 30)
    await keeper.remove_old()
    assert len(await entries()) == 2, "a day's entries go together"
    await add(replica, 1)
    before = replica.commit_number
    await keeper.remove_old()
    assert replica.commit_number == before


async def test_without_any_entry_there_is_nothing_to_remove(replica, entries):
    await LookKeeper(replica, SIGNER, 30).remove_old()
    assert await entries() == []
    assert (await checked(replica)).first == 1


async def test_where_it_is_off_what_there_is_goes_after_a_year(replica, entries):
    await add(replica, 400, 300)
    await LookKeeper(replica, SIGNER, None).remove_old()
    assert len(await entries()) == 2


async def test_beyond_a_number_of_entries_the_oldest_go(replica, monkeypatch):
    monkeypatch.setattr(keeping, "ENTRIES_MAX", 10)
    monkeypatch.setattr(keeping, "REMOVED_AT_ONCE", 4)
    keeper = LookKeeper(replica, SIGNER, 30)
    await add(replica, *[1] * 10)
    await keeper.remove_old()
    assert (await checked(replica)).first == 1
    await add(replica, *[-1] * 6)
    await keeper.remove_old()
    found = await checked(replica)
    assert (found.first, found.checked.head.number) == (9, 18)
    assert found.checked.wrong is None


async def test_much_that_is_old_goes_in_pieces(replica, monkeypatch):
    monkeypatch.setattr(keeping, "REMOVED_AT_ONCE", 4)
    keeper = LookKeeper(replica, SIGNER, 30)
    await keeper.remove_old()
    await add(replica, *[50] * 10, 1)
    before = replica.commit_number
    await keeper.remove_old()
    assert replica.commit_number == before + 3
    assert (await checked(replica)).first == 11


def forged_signature(tx):
    checkpoint = tx.store.meta.looks_checkpoint
    tx.store.meta.looks_checkpoint = checkpoint._replace(signature=bytes(64))


def forged_head(tx):
    """Remove more than was removed, and let the checkpoint say so."""
    checkpoint = tx.store.meta.looks_checkpoint
    head = tx.store.looks.last_of_oldest(1)
    tx.store.looks.remove(head.number)
    tx.store.meta.looks_checkpoint = checkpoint._replace(head=head)


def forged_key(tx):
    other = keys.Signer.from_seed(b"x" * 32)
    checkpoint = tx.store.meta.looks_checkpoint
    said = keeping.signed_bytes(tx.store.meta.replica, checkpoint.head, checkpoint.at_ms)
    tx.store.meta.looks_checkpoint = checkpoint._replace(
        key=other.public_key, signature=other.sign(said)
    )


@pytest.mark.parametrize("forge", [forged_signature, forged_head, forged_key])
async def test_a_checkpoint_that_this_replica_has_not_signed_is_found(replica, forge):
    await add(replica, 40, 1)
    await LookKeeper(replica, SIGNER, 30).remove_old()

    def act(tx):
        tx.begin()
        forge(tx)

    await replica.write(act)
    assert not (await checked(replica)).is_signed


@pytest.mark.parametrize(
    ("touch", "wrong"),
    [
        ("UPDATE looks SET who = 'Imran' WHERE number = 2", 2),
        ("UPDATE looks SET records = x'' WHERE number = 3", 3),
        ("DELETE FROM looks WHERE number = 1", 1),
        ("DELETE FROM looks WHERE number = 2", 2),
    ],
)
async def test_what_was_changed_or_removed_is_found_where_it_begins(replica, touch, wrong):
    await add(replica, 3, 2, 1)

    def act(tx):
        tx.begin()
        tx.connection.execute(touch)

    await replica.write(act)
    assert (await checked(replica)).checked.wrong == wrong


async def test_a_signature_of_a_former_key_of_this_replica_counts(replica):
    await add(replica, 40, 1)
    await LookKeeper(replica, SIGNER, 30).remove_old()
    assert (await checked(replica, (b"new", SIGNER.public_key))).is_signed
    assert not (await checked(replica, (b"new",))).is_signed


@pytest.mark.parametrize(
    ("known", "lost"),
    [(5, "entries 3 to 5 are lost"), (0, "what was written after entry 2 is lost")],
)
def test_a_restore_is_an_entry_that_names_what_is_lost(tmp_path, known, lost):
    store = Store.create(tmp_path / "register.db")
    store.looks.add(Look(1, "opened"), Look(2, "opened"))
    note_restore(store, "2026-01-05 08:00 UTC", known)
    newest = list(store.looks.from_oldest())[-1].said
    assert newest.act == "restored"
    assert newest.about.startswith(f"backup of 2026-01-05 08:00 UTC: {lost}")
    assert chains.check(store.looks.from_oldest()).wrong is None
    store.close()


async def test_a_long_record_is_checked_in_pieces(replica, monkeypatch):
    monkeypatch.setattr(keeping, "CHECKED_AT_ONCE", 3)
    await add(replica, *[1] * 10)
    reads, read = [], replica.read

    def counted(act):
        reads.append(act)
        return read(act)

    monkeypatch.setattr(replica, "read", counted)
    found = await checked(replica)
    assert (found.checked.head.number, found.checked.wrong) == (10, None)
    assert len(reads) == 1 + 5


async def test_what_is_removed_during_a_check_does_not_look_as_if_it_were_missing(
    replica, monkeypatch
):
    monkeypatch.setattr(keeping, "CHECKED_AT_ONCE", 1)
    await add(replica, 40, 35, 31, 1)
    reads, read = [], replica.read

    async def removing(act):
        reads.append(act)
        if len(reads) == 2:
            await LookKeeper(replica, SIGNER, 30).remove_old()
        return await read(act)

    monkeypatch.setattr(replica, "read", removing)
    found = await checked(replica)
    assert (found.first, found.checked.wrong, found.is_signed) == (4, None, True)
