"""What is reported when two coordinators went on from one backup."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sync.daemon.registry_alarms import RegistryWatch
from sync.model.alarms import AlarmLevel
from sync.model.facts import AuditHead, State
from sync.rules import registry
from tests.sync.rules.test_registry import WARD, block, ident, terminal


def alarms(*entries: registry.Entry) -> Any:
    replica: Any = SimpleNamespace(registry=registry.fold(entries))
    return RegistryWatch(replica).alarms()


def test_one_coordinator_is_no_alarm():
    assert alarms(terminal(1), terminal(2, (1,)), block(3, "1-9"), block(4, "10-19")) == []


@pytest.mark.parametrize(
    ("entries", "text", "do"),
    [
        (
            [terminal(1), terminal(2, (1,)), terminal(3, (1,), state=State.RETIRED)],
            "Terminal LAB1-PC was changed by two coordinators; it is taken as retired.",
            "Set its state again.",
        ),
        (
            [block(1, "1-9"), block(2, "1-9", (1,)), block(3, "1-9", (1,))],
            "Range 1-9 was changed by two coordinators.",
            "Grant the terminal a new range.",
        ),
        (
            [block(1, "1-9"), block(2, "9-19", terminal=WARD)],
            "Range 1-9 of LAB1-PC overlaps 9-19 of WARD-PC: two coordinators granted them.",
            "Grant both terminals new ranges, and look at the conflicts.",
        ),
    ],
)
def test_each_kind_of_rivals_has_its_sentences(entries, text, do):
    (alarm,) = alarms(*entries)
    assert (alarm.code, alarm.level) == ("two_coordinators", AlarmLevel.ALERT)
    assert alarm.text == text
    assert alarm.do == f"Stop the coordinator that is not yours. {do}"


def test_two_versions_of_one_entry_of_the_record_of_acts():
    said = [
        registry.Entry(ident(number), 0, AuditHead(64, letter * 32, 0, None))
        for number, letter in enumerate((b"a", b"b"))
    ]
    assert alarms(said[0], terminal(5)) == []
    (alarm,) = alarms(*said)
    assert (alarm.code, alarm.level) == ("audit_forked", AlarmLevel.ALERT)
    assert "two versions of entry 64" in alarm.text
