"""What a desk gets that is let in again: the registry, and which of its ends are known."""

from __future__ import annotations

from coordinator.registry import registry_copies
from sync.model.facts import REGISTRY, Link, VouchedEnd
from sync.trust import registry_copy
from sync.trust.registry_copy import ShownEnds
from tests.daemons import open_desk, open_hub


async def test_it_holds_the_whole_registry_and_names_what_is_known(tmp_path, monkeypatch):
    monkeypatch.setattr(registry_copies, "_ASKED", 1)
    async with (
        open_hub(tmp_path) as hub,
        open_desk(tmp_path, hub, "LAB1-PC", "710000-719999") as lab,
    ):
        shown = await lab.replica.read(lambda snapshot: registry_copy.shown_of(snapshot.store))
        forged = VouchedEnd(REGISTRY, 0, 12345, 2, Link(b"f" * 16))
        asked = ShownEnds((*shown.ends, forged))
        copy = await registry_copies.copy_for(hub.replica, asked)
        nobody = await registry_copies.copy_for(hub.replica, ShownEnds())
    assert forged not in copy.known
    assert copy.known == shown.ends
    assert nobody.known == ()
    ends = {(batch.shard, batch.client, batch.length) for batch in copy.batches}
    held = {(end.shard, end.client, end.length) for end in shown.ends if end.author == REGISTRY}
    assert ends == held
    assert all(batch.first == 0 for batch in copy.batches)
