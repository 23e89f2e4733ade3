"""What a doctor makes of what it sees."""

from pathlib import Path

import pytest

from sync.upkeep import doctor, findings
from sync.upkeep.findings import Finding, FindingLevel

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("known", "others", "level", "said"),
    [
        (0, NOW, FindingLevel.OK, "agrees"),
        (0, NOW + 90, FindingLevel.WARNING, "90 seconds behind the coordinator's"),
        (0, NOW - 700, FindingLevel.PROBLEM, "700 seconds ahead of"),
        (0, NOW + 3 * 86400, FindingLevel.PROBLEM, "72 hours behind"),
        (NOW + 700, None, FindingLevel.PROBLEM, "700 seconds behind the last time known"),
        (NOW + 500, None, FindingLevel.OK, "is not before the last time"),
        (0, None, FindingLevel.OK, "does not answer to compare"),
    ],
)
def test_a_clock_is_compared_with_what_is_known(known, others, level, said):
    found = findings.clock(NOW, known, others)
    assert found.level is level
    assert said in found.found
    assert bool(found.do) == (level is not FindingLevel.OK)


@pytest.mark.parametrize(
    ("free", "level"),
    [
        (50_000_000, FindingLevel.PROBLEM),
        (500_000_000, FindingLevel.WARNING),
        (5_000_000_000, FindingLevel.OK),
    ],
)
def test_a_full_disk_is_reported(free, level):
    found = findings.space(free, "folder")
    assert found.level is level
    assert bool(found.do) == (level is not FindingLevel.OK)


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        ("ext4", FindingLevel.OK),
        ("nfs4", FindingLevel.PROBLEM),
        ("network", FindingLevel.PROBLEM),
        ("tmpfs", FindingLevel.WARNING),
        (None, FindingLevel.OK),
    ],
)
def test_a_database_belongs_on_a_local_disk(kind, level):
    assert findings.file_system(kind, "folder").level is level


def test_a_disk_in_clear_is_a_warning_and_an_unknown_one_is_not_mentioned():
    assert findings.encryption(None, "folder") == []
    assert [one.level for one in findings.encryption(True, "folder")] == [FindingLevel.OK]
    assert [one.level for one in findings.encryption(False, "folder")] == [FindingLevel.WARNING]


def versions(python=(3, 11, 7), bits=64, sqlite=(3, 51, 3)):
    found = findings.versions("0.1.0", python, bits, "Windows 10", sqlite)
    return {one.check: one for one in found}


def test_versions_that_are_too_old_are_problems_and_an_old_sqlite_is_a_remark():
    assert {one.level for one in versions().values()} == {FindingLevel.OK}
    assert "before 3.51.3" not in versions()["sqlite"].found
    assert versions(python=(3, 10, 9))["python"].level is FindingLevel.PROBLEM
    assert versions(bits=32)["system"].level is FindingLevel.PROBLEM
    old = versions(sqlite=(3, 45, 1))["sqlite"]
    assert old.level is FindingLevel.OK
    assert "before 3.51.3" in old.found


@pytest.mark.parametrize(
    ("found", "wanted", "level"),
    [
        ("0.14.13", "0.14.13", FindingLevel.OK),
        ("0.14.13", None, FindingLevel.OK),
        ("0.15.0", "0.14.13", FindingLevel.PROBLEM),
        (None, "0.14.13", FindingLevel.PROBLEM),
    ],
)
def test_pycrdt_has_its_one_version(found, wanted, level):
    assert findings.pin(found, wanted).level is level


@pytest.mark.parametrize(
    ("held", "level", "said"),
    [
        ([], FindingLevel.WARNING, "no range was granted"),
        ([("1-9", 9, 0, None)], FindingLevel.PROBLEM, "no number is left (1-9: 0 left)"),
        ([("1-9", 9, 0, "moved")], FindingLevel.PROBLEM, "1-9: closed, moved"),
        ([("1-100", 100, 9, None)], FindingLevel.WARNING, "few numbers are left"),
        ([("1-9", 9, 0, None), ("11-20", 10, 10, None)], FindingLevel.OK, "11-20: 10 left"),
    ],
)
def test_ranges_are_told_before_they_are_used_up(held, level, said):
    (found,) = findings.ranges("LAB1-PC", held)
    assert found.level is level
    assert said in found.found
    assert ("terminals grant LAB1-PC" in found.do) == (level is not FindingLevel.OK)


@pytest.mark.parametrize(
    ("state", "level"),
    [
        ("active", FindingLevel.OK),
        ("unknown", FindingLevel.PROBLEM),
        ("inactive", FindingLevel.PROBLEM),
    ],
)
def test_a_terminal_that_gives_no_numbers_is_a_problem(state, level):
    found = findings.terminal("LAB1-PC", state)
    assert found.level is level
    assert bool(found.do) == (level is not FindingLevel.OK)


def test_the_worst_finding_counts_and_what_to_do_is_shown_below():
    found = [
        Finding("one", FindingLevel.OK, "is well"),
        Finding("two", FindingLevel.PROBLEM, "is broken", "mend it"),
        Finding("three", FindingLevel.WARNING, "is old", "renew it"),
    ]
    assert findings.worst(found) is FindingLevel.PROBLEM
    assert findings.worst([]) is FindingLevel.OK
    assert findings.findings_table(found).splitlines()[1:3] == [
        "problem  two           is broken",
        "                       -> mend it",
    ]
    assert findings.as_json(found)["level"] == "problem"


def test_alarms_of_the_daemon_are_findings():
    alarm = {"code": "range_low", "level": "alert", "text": "Few are left.", "do": "Grant some."}
    found = doctor._alarms({"alarms": [alarm, alarm | {"level": "warning"}]})
    assert [one.level for one in found] == [FindingLevel.PROBLEM, FindingLevel.WARNING]
    assert found[0] == Finding("range_low", FindingLevel.PROBLEM, "Few are left.", "Grant some.")
    assert doctor._alarms(None) == []


@pytest.mark.parametrize("state", ["retired", "replaced", "revoked"])
def test_nobody_is_told_to_grant_a_range_to_a_terminal_whose_work_has_ended(state):
    held = [("1-9", 9, 0, "closed by the coordinator: the terminal was retired")]
    assert findings.ranges("LAB1-PC", held, state) == []
    (found,) = findings.ranges("LAB1-PC", held, "active")
    assert "1-9: closed by the coordinator: the terminal" in found.found


def test_a_long_name_of_a_check_stands_apart_from_what_was_found():
    table = findings.findings_table(
        [Finding("conflicts_open", FindingLevel.WARNING, "Open: 1.", "Decide.")]
    )
    assert table.startswith("warning  conflicts_open Open: 1.\n")


PRIVATE = "(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
KEY = Path("clinic/signing-key.pem")


@pytest.mark.parametrize(
    "rights",
    [
        "D:",
        "D:P" + PRIVATE,
        "D:PAI" + PRIVATE + "(A;OICI;FA;;;S-1-5-21-1-2-3-1001)",
        "D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FA;;;LS)",
        "D:P(A;;0x1f01ff;;;S-1-5-19)",
        "D:P(A;;FA;;;OW)",
        "D:P(A;;FA;;;S-1-5-21-1-2-3-512)",
        "D:P(D;;FA;;;WD)" + PRIVATE,
        "D:P(A;OICIIO;FA;;;BU)" + PRIVATE,
        "D:P(A;;FX;;;BU)" + PRIVATE,
        "D:P(A;;0x100000;;;WD)" + PRIVATE,
        "D:P(A;;RC;;;AU)" + PRIVATE,
        "O:BAG:SYD:P" + PRIVATE,
        "D:P" + PRIVATE + "S:AI(AU;SA;FA;;;WD)",
    ],
)
def test_a_key_that_only_named_users_may_read_is_private(rights):
    assert findings.key_on_windows(rights, KEY).level == FindingLevel.OK


@pytest.mark.parametrize(
    ("rights", "who"),
    [
        ("", "WD"),
        ("O:BAG:SY", "WD"),
        ("D:NO_ACCESS_CONTROL", "WD"),
        ("D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)", "BU"),
        ("D:AI(A;ID;FA;;;SY)(A;ID;0x1301bf;;;AU)", "AU"),
        ("D:P(A;;FR;;;WD)", "WD"),
        ("D:P(A;;FW;;;WD)", "WD"),
        ("D:P(A;;FRFX;;;BU)", "BU"),
        ("D:P(A;;GR;;;BU)", "BU"),
        ("D:P(A;;GA;;;IU)", "IU"),
        ("D:P(A;;GW;;;BG)", "BG"),
        ("D:P(A;;CCSWRC;;;AN)", "AN"),
        ("D:P(A;OICI;FA;;;S-1-1-0)", "S-1-1-0"),
        ("D:P(A;;FA;;;S-1-5-11)", "S-1-5-11"),
        ("D:P(A;;FA;;;S-1-5-32-545)", "S-1-5-32-545"),
        ("D:P(A;;0x80000000;;;S-1-5-7)", "S-1-5-7"),
        ("D:P(A;;0x10000000;;;S-1-5-4)", "S-1-5-4"),
        ("D:P(A;;0x2;;;S-1-5-2)", "S-1-5-2"),
        ("D:P(A;;FA;;;S-1-5-21-1-2-3-513)", "S-1-5-21-1-2-3-513"),
        ("D:P(A;;FA;;;DU)", "DU"),
        ("D:P(A;;FR;;;AC)", "AC"),
        ("D:P(XA;;FR;;;WD;(a))", "WD"),
        ("D:P(A;OICIIO;FA;;;BA)(A;CI;FR;;;WD)", "WD"),
    ],
)
def test_a_key_that_every_user_may_read_or_change_is_a_problem(rights, who):
    found = findings.key_on_windows(rights, KEY)
    assert found.level == FindingLevel.PROBLEM
    assert f"({who})" in found.found
    assert found.do


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o100600, 0o700])
def test_a_key_of_its_owner_alone_is_private(mode):
    assert findings.key_elsewhere(mode, KEY).level == FindingLevel.OK


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o620, 0o602, 0o777, 0o100644])
def test_a_key_that_others_may_read_or_change_is_a_problem(mode):
    assert findings.key_elsewhere(mode, KEY).level == FindingLevel.PROBLEM


def test_another_coordinator_is_no_refusal_of_a_peer():
    found = findings.refused("not_coordinator", "hub has another key")
    assert (found.found, found.level) == ("hub has another key", FindingLevel.PROBLEM)
    assert "enrol this computer" in found.do
    assert "refuses to sync (unknown)" in findings.refused("unknown", "x").found
