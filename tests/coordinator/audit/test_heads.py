"""Heads of the chain that all desks keep: what they show, and what a restore explains."""

from __future__ import annotations

import pytest

from coordinator.audit import heads, witnessing
from coordinator.audit.heads import HEAD_EVERY, Chain, ChainComparison, compare
from sync.model.facts import AuditHead
from sync.rules.chains import Head
from sync.storage.access.audit import DONE, AuditEvent
from tests.daemons.running import Copy, new_hub

CHECK = "/api/audit/check/"
A, B = b"a" * 32, b"b" * 32


def own(newest, anew=(0, b""), **hashes):
    """A chain of so many entries; those that are not named have the hash A."""
    return Chain(newest, Head(*anew), lambda number: hashes.get(f"at_{number}", A))


def head(number, hash_, since=0, begun=None):
    return AuditHead(number, hash_, since, begun)


@pytest.mark.parametrize(
    ("here", "known", "found"),
    [
        (own(70), [], ChainComparison()),
        (own(70), [head(64, A)], ChainComparison(64)),
        (own(200), [head(64, A), head(128, B)], ChainComparison(64, 128)),
        (own(200), [head(128, B), head(64, B)], ChainComparison(0, 64)),
        (own(70), [head(64, A), head(128, A)], ChainComparison(64, None, 128, True)),
        (own(70, (41, A)), [head(64, B)], ChainComparison(0, None, 64)),
        (own(70, (41, A)), [head(128, B)], ChainComparison(0, None, 128)),
        (own(70, (41, A)), [head(64, B, 41, A)], ChainComparison(0, 64)),
        (own(70, (41, A)), [head(64, B, 41, B)], ChainComparison(0, None, 64)),
        (own(50, (41, A)), [head(64, A, 41, A)], ChainComparison(0, None, 64, True)),
        (own(70, (65, A)), [head(64, B)], ChainComparison(0, 64)),
    ],
)
def test_the_chain_is_compared_with_all_that_was_signed_of_it(here, known, found):
    assert compare(here, known) == found


def add(hub, count):
    def write(tx):
        tx.begin()
        for _ in range(count):
            tx.store.audit.add(AuditEvent(tx.now_ms, "Sadia", "", "keys.add", "", DONE))

    return hub.replica.write(write)


async def look(hub):
    await hub.daemon._heads.look()
    return await hub.get(CHECK)


def signed(hub):
    return [one.number for one in hub.replica.registry.audit_heads]


async def codes(hub):
    return {alarm["code"] for alarm in (await hub.get("/api/status/"))["alarms"]}


async def test_the_newest_of_some_entries_is_signed_once(tmp_path):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        await add(hub, HEAD_EVERY - 1)
        assert (await look(hub))["known_to_desks"] == 0
        await add(hub, 1)
        assert (await look(hub))["known_to_desks"] == HEAD_EVERY
        await add(hub, 2 * HEAD_EVERY)
        await look(hub)
        assert (await look(hub))["known_to_desks"] == 3 * HEAD_EVERY
        assert signed(hub) == [HEAD_EVERY, 3 * HEAD_EVERY]


async def test_a_chain_that_was_made_anew_is_found_by_what_desks_know(tmp_path):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        await add(hub, HEAD_EVERY)
        await look(hub)

        def forge(tx):
            tx.begin()
            entries = [entry.said for entry in tx.store.audit.from_oldest()]
            tx.connection.execute("DELETE FROM audit")
            for said in entries:
                tx.store.audit.add(said._replace(who="Imran"))

        await hub.replica.write(forge)
        found = await look(hub)
        assert (found["is_whole"], found["first_wrong"]) == (False, None)
        assert found["unlike_desks"] == HEAD_EVERY
        assert await codes(hub) >= {"audit_differs"}


async def test_what_desks_know_of_a_lost_past_becomes_an_entry(tmp_path):
    """The witness knows nothing of it here: only the desks do."""
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        await add(hub, 3)
    copy = Copy(hub)
    async with hub.running(jobs=False):
        await add(hub, HEAD_EVERY)
        await look(hub)
        (lost,) = hub.replica.registry.audit_heads
    copy.put_back()
    hub.config.witness.unlink()
    async with hub.running(jobs=False):
        await hub.replica.write(lambda tx: heads.sign(tx, lost))
        for _ in range(2):
            found = await look(hub)
        assert (found["is_whole"], found["lost"]) == (True, HEAD_EVERY)
        newest = (await hub.get("/api/audit/"))["results"]
        assert [one["act"] for one in newest].count(witnessing.SET_BACK) == 1
        assert newest[0]["about"] == f"entries 4 to {HEAD_EVERY} are lost"

        await add(hub, HEAD_EVERY)
        found = await look(hub)
        assert (found["known_to_desks"], found["unlike_desks"]) == (HEAD_EVERY, None)
        assert "audit_forked" not in await codes(hub)


async def test_two_signed_versions_of_one_entry_are_an_alarm_at_every_desk(tmp_path):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        for letter in (A, B):
            await hub.replica.write(lambda tx, said=letter: heads.sign(tx, head(64, said)))
        assert "audit_forked" in await codes(hub)
