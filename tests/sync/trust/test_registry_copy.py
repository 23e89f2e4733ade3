"""What a desk shows of the facts that it holds under the coordinator's names."""

from __future__ import annotations

import msgspec

from sync.model.facts import COORDINATOR, REGISTRY
from sync.trust import registry_copy
from sync.trust.registry_copy import RegistryCopy, ShownEnds


def test_a_desk_shows_each_run_of_the_coordinator_and_none_of_a_desk(lab, ward):
    store = lab.writer.store
    shown = registry_copy.shown_of(store).ends
    assert {end.author for end in shown} <= {REGISTRY, COORDINATOR}
    ends = [tuple(end[2:]) for end in shown if end.author == REGISTRY]
    assert ends == [tuple(end) for end in store.shards.ends_of(REGISTRY, 0)]


def test_of_very_many_the_registry_is_shown_first(lab, monkeypatch):
    monkeypatch.setattr(registry_copy, "SHOWN_MAX", 1)
    (only,) = registry_copy.shown_of(lab.writer.store).ends
    assert only.author == REGISTRY


def test_both_go_through_json_unchanged(lab):
    shown = registry_copy.shown_of(lab.writer.store)
    assert msgspec.json.decode(msgspec.json.encode(shown), type=ShownEnds) == shown
    shards = lab.writer.store.shards
    (run,) = shards.runs_of(shards.find(REGISTRY, 0).id)
    copy = RegistryCopy((shards.batch(run, 0),), shown.ends)
    assert msgspec.json.decode(msgspec.json.encode(copy), type=RegistryCopy) == copy
