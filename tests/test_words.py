"""What people read has no private words, wherever it comes from: all of it is really produced."""

from __future__ import annotations

import argparse
import asyncio
import re
import shlex
import urllib.request
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from coordinator import quota_watch, repeat_watch, webhooks
from coordinator.alerts import courier
from coordinator.audit import heads
from coordinator.cli import conflicts as conflicts_cli
from coordinator.cli import main as coordinator_cli
from coordinator.enrolling import enrol_again, no_enrolment
from coordinator.guesses import WRONG_MAX, Guesses
from coordinator.knocking import KnockWatch
from coordinator.registry.pool import KeptOut
from node import number_alarms
from node.cli import main as node_cli
from sync.cli.client import Client
from sync.daemon import peer_alarms, witness_alarms
from sync.daemon.clock_alarms import ClockWatch
from sync.daemon.daemons import NODE
from sync.daemon.jobs import Jobs
from sync.daemon.peer_alarms import PeerWatch
from sync.daemon.registry_alarms import RegistryWatch
from sync.daemon.serving import silent
from sync.engine import issuing, keys, replica
from sync.engine.replica import Replica
from sync.errors import CannotListen, InvalidFields, MrnmeshError
from sync.https.certificates import names_left_out, not_renewed
from sync.model.alarms import Alarm
from sync.model.believed import UNKNOWN_MS
from sync.model.facts import COORDINATOR, Allocator, AuditHead, Author, State
from sync.model.numbers import NumberRange
from sync.rules import registry
from sync.rules.registry import Entry
from sync.storage.numbers import Stray
from sync.upkeep import database_alarms, findings
from sync.upkeep.backup import Source
from sync.upkeep.checkup import Checkup
from sync.upkeep.findings import Finding
from sync.upkeep.looks import watching
from sync.upkeep.nightly import OLD_MS, WAITED_S, BackupSettings, NightlyBackups
from sync.upkeep.records.changed import ChangedRecord
from tests.clinic import PERSON, START_MS, ZONE, Clinic
from tests.daemons.commands import LiveClinic, live
from tests.stepping import DAY_MS, Computer, opened
from tests.sync.rules.test_registry import block, ident, terminal
from tests.sync.test_errors import EXCEPTIONS, placeholders
from tests.test_docs import ALARMS, leaves
from tests.words import private_words

__all__ = ["live"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Two verdicts about one fact.", ["verdicts", "fact"]),
        ("It met its own past.", ["own past"]),
        ("3 confirmed, 1 waiting, of 5 in 1 factory.", []),
        ("Write `facts` and `GET /api/facts/`.", []),
        ("held_batches and double_verdict are codes.", []),
        ("for 1 minutes", ["1 minutes"]),
        ("1 people, 11 people, 710001 numbers, 0.1 minutes", ["1 people"]),
        ("schema 1 is older, and so is 1 minute", []),
    ],
)
def test_private_words_are_found(text, found):
    assert private_words(text) == found


@pytest.mark.parametrize("error", EXCEPTIONS, ids=lambda error: error.__name__)
def test_errors(error: type[MrnmeshError]):
    if issubclass(error, InvalidFields):
        raised: MrnmeshError = error({"dob": "lies in the future"})
    else:
        raised = error(**dict.fromkeys(placeholders(error), "<>"))
    assert private_words(str(raised)) == []


def helps() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for module in (node_cli, coordinator_cli, conflicts_cli):
        parser = module.parser()
        yield parser.prog, parser
        for words, leaf in leaves(parser):
            yield f"{parser.prog} {' '.join(words)}", leaf


@pytest.mark.parametrize("parser", [parser for _, parser in helps()], ids=[n for n, _ in helps()])
def test_helps(parser: argparse.ArgumentParser):
    # Names of options and their choices are for programs too.
    text = re.sub(r"\{[\w,]+\}|--[a-z-]+", "", parser.format_help())
    assert private_words(text) == []


class Day:
    """A day of a clinic on which much goes wrong: what its commands said, and its alarms."""

    def __init__(self, clinic: LiveClinic) -> None:
        self.clinic = clinic
        self.said: list[tuple[str, str]] = []
        self.alarms: set[str] = set()

    def run(self, *commands: str) -> None:
        """Run commands of the three programs; `node`, `hub` or `conflicts` stands in front."""
        for line in commands:
            program, *words = shlex.split(line)
            done = getattr(self.clinic, program)(*words)
            self.said.append((line, done.out + done.err))
            assert "Traceback" not in done.err

    def look(self, *codes: str) -> None:
        """Wait for alarms, and look at them the way that people do."""

        def found() -> bool:
            statuses = [api.call("GET", "/api/status/") for api in self.apis()]
            now = {alarm["code"] for status in statuses for alarm in status["alarms"]}
            self.alarms |= now
            return now >= set(codes)

        self.clinic.until(found)
        self.run("node status", "node doctor", "hub status", "hub doctor")

    def apis(self) -> list[Client]:
        both = (
            (self.clinic.desk, self.clinic.api()),
            (self.clinic.coordinator, self.clinic.hub_api()),
        )
        return [api for daemon, api in both if daemon.is_running]


@pytest.fixture(scope="module")
def day(live: LiveClinic) -> Day:
    day = Day(live)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(webhooks, "FAILING_S", 0.0)
        administer(day)
        decide(day)
        move(day)
        recover(day)
    return day


def administer(day: Day) -> None:
    """What an administrator does, right and wrong."""
    folder = day.clinic.folder
    people = folder / "people.csv"
    people.write_text("mrn,full_name,dob\n77,Old Person,1990-01-01\n78,Other,0000\n", "utf-8")
    day.run(
        "hub terminals list",
        "hub terminals show LAB1-PC",
        "hub terminals show NOWHERE",
        "hub terminals add FRONT --name 'Front desk' --range 500-509",
        "hub terminals add FRONT",
        "hub terminals rename FRONT 'Reception'",
        "hub terminals grant FRONT 505-600",
        "hub terminals deactivate FRONT --reason holidays",
        "hub terminals activate FRONT",
        "hub terminals token FRONT",
        "hub terminals usage",
        "hub pool show",
        "hub pool set 5-9",
        "hub pool off",
        "hub webhooks add http://127.0.0.1:1/changes --after 0",
        "hub webhooks list",
        f"hub import patients {people} --dry-run",
        f"hub import patients {people}",
        f"hub import terminals {people}",
        "hub end-recovery --yes",
        "hub config",
        "node config",
        "hub rebuild",
        "node rebuild",
        "node renew",
        "node reprinted 5",
        "node drill --minutes 0.01",
        "node drill --minutes 0",
        "node backup",
        f"hub backup --to {folder}",
        "hub backup --to /nowhere",
        "conflicts list",
        "conflicts show 99",
    )
    for _ in range(9):
        body = PERSON | {"origin_terminal_code": "FRONT", "offline": True}
        day.clinic.hub_api().call("POST", "/api/patients/", body)
    day.clinic.register()
    day.look("numbers_low", "no_block", "webhook_failing")
    day.run("hub terminals usage", "hub webhooks list", "hub webhooks remove 1", "hub pool on")


def decide(day: Day) -> None:
    """Two people have one number, and somebody decides about it."""
    number = day.clinic.give_a_number_twice("Amna", "Bina")
    day.look("conflicts_open", "conflicts_here")
    who = "--why 'saw both cards' --yes"
    day.run(
        "conflicts list",
        f"conflicts show {number}",
        f"conflicts --node {day.clinic.desk.folder} list",
        f"conflicts resolve {number} merge {who} --into 00",
        f"conflicts resolve {number} assign --why x",
        f"conflicts resolve {number} assign {who}",
    )
    day.look("cards_to_reprint")
    day.run(
        f"node reprinted {number}",
        f"conflicts resolve {number} reopen {who}",
        f"conflicts resolve {number} award {who}",
        f"conflicts resolve {number} void {who}",
        f"conflicts show {number}",
        "hub terminals show LAB1-PC",
        "hub clock show",
        "hub clock right",
        "hub clock wrong",
        f"hub clock disbelieve LAB1-PC 2099-01-01T00:00Z 2099-01-02T00:00Z {who}",
        "hub clock wrong",
        "node clock show",
        "node clock right",
    )
    day.clinic.in_step()
    day.run("node status")


def move(day: Day) -> None:
    """The desk's data goes to another folder, and its disk is brought in."""
    clinic = day.clinic
    day.run(f"hub terminals salvage LAB1-PC {clinic.desk.folder}")
    clinic.desk.stop()
    (backup,) = sorted((clinic.desk.folder / "backups").iterdir())[-1:]
    day.run(
        f"hub terminals salvage LAB1-PC {clinic.desk.folder}",
        f"hub terminals salvage FRONT {clinic.desk.folder}",
        f"node restore --check {backup}",
        f"node restore {backup}",
        "node status",
        "node doctor",
        "node rebuild",
        "node backup",
        "node renew",
        "node doctor",
    )
    clinic.run(node_cli.main, "--data", str(clinic.folder / "new"), "restore", str(backup))


def recover(day: Day) -> None:
    """The coordinator goes on without its witness, and then after a restore."""
    clinic = day.clinic
    clinic.coordinator.stop()
    day.run("hub status", "hub doctor", "hub rebuild", "hub backup", "conflicts list")
    (clinic.folder / "hub.witness").unlink()
    clinic.coordinator.start()
    day.look("in_recovery")
    day.run("hub terminals grant LAB1-PC", "hub token reset")
    clinic.token = day.said[-1][1].split()[-1]
    day.run("hub end-recovery --yes", "hub status", "hub pool show", "hub terminals grant LAB1-PC")
    clinic.desk.start()
    clinic.in_step()
    day.run("hub status", "node status")


def test_commands(day: Day):
    assert len(day.said) > 70
    assert [(line, found) for line, text in day.said if (found := private_words(text))] == []


def test_logs(day: Day):
    assert day.clinic.log
    assert [line for line in day.clinic.log if private_words(line)] == []


def knocking_alarms() -> Iterator[Alarm]:
    """Of a desk that nobody has added, and of one that was set up anew."""
    watch = KnockWatch(lambda: 0.0)
    watch.turned_away(Author("LAB1-PC"), "unknown")
    watch.turned_away(Author("LAB2-PC"), "key")
    return watch.alarms()


async def test_alarms(day: Day, tmp_path):
    """Those that the day above had stand in what its commands said; the others are made here."""
    made = [*desk_alarms(tmp_path), *rival_alarms(), *await backup_alarms(tmp_path)]
    made += await clock_alarms(tmp_path / "clocks")
    made += [*database_alarms.REFUSALS, witness_alarms.UNWRITABLE, witness_alarms.SHARED]
    made += [*await job_alarms(), *quota_alarms(), repeat_watch.alarm_of(1)]
    made += [repeat_watch.alarm_of(2), repeat_watch.waiting_alarm(25), silent("127.0.0.1:8480")]
    made += [*enrolment_alarms(), not_renewed("its time is over"), names_left_out({"hub"})]
    made += [heads.alarm_of(64), courier.unsent("mail", "it answers 550: no")]
    made += [*knocking_alarms(), *number_alarms.no_range("LAB1-PC", [])]
    made += [watching.changed(NODE, 64)]
    codes = {alarm.code for alarm in made} | day.alarms
    assert codes == {code for _, code, _ in ALARMS}, "every alarm is looked at"
    assert [alarm for alarm in made if private_words(f"{alarm.text} {alarm.do}")] == []


def enrolment_alarms() -> Iterator[Alarm]:
    guesses = Guesses(lambda: 0.0)
    for _ in range(WRONG_MAX):
        guesses.note_wrong("10.0.0.7")
    guesses.note_second_key("LAB1-PC")
    yield from guesses.alarms()
    yield enrol_again([Author("LAB1-PC")])
    yield no_enrolment(CannotListen(address="0.0.0.0:8472", why="it is in use"))


async def job_alarms() -> list[Alarm]:
    """What a daemon says of a part of it that failed."""
    failed = asyncio.Event()

    async def fails() -> None:
        raise KeyError("x")

    async def pause(_seconds: float) -> None:
        failed.set()
        await asyncio.Event().wait()

    jobs = Jobs(pause)
    jobs.every(1.0, "counting conflicts", fails)
    await failed.wait()
    found = jobs.alarms()
    await jobs.stop()
    return found


def desk_alarms(tmp_path) -> list[Alarm]:
    """What a desk says of its numbers, and of a copy of itself."""
    watch = PeerWatch(lambda: 0.0)
    watch.live_copies(Author("LAB1-PC"))
    for code in sorted({*peer_alarms.WHAT, "protocol"}):
        for _ in range(3):
            watch.fault("LAB1-PC", code)
    for _ in range(30):
        watch.cut_off("10.0.0.9")
    found = watch.alarms()
    assert len(found) == 3
    clinic = Clinic(tmp_path, durable=False)
    desk = clinic.desk("LAB1-PC", "100-109")
    for count in (9, 1):
        for _ in range(count):
            desk.register_offline()
        found += number_alarms.alarms_of(
            desk.author,
            desk.writer.write(lambda tx: issuing.prospects(tx, desk.author, Allocator.NODE, None)),
        )
    clinic.close()
    return found


async def clock_alarms(folder) -> list[Alarm]:
    """What a desk and the coordinator say of clocks that are wrong."""
    found = []
    enrolled = registry.fold([terminal(1, keys=(b"k" * 32,))])
    for author in (Author("LAB1-PC"), COORDINATOR):
        for step in (0, -DAY_MS, DAY_MS):
            computer = Computer()
            path = folder / f"{author}{step}"
            async with opened(path, computer, author) as replica:
                replica._writer.registry = enrolled
                watch = ClockWatch(replica, "mrnmesh-node", lambda: None)
                watch._written = [(Author("LAB1-PC"), 10**17)]
                found += watch.alarms()
                computer.wall_ms += step
                await watch.look()
                found += watch.alarms()
                replica.believed.tell(COORDINATOR, START_MS)
                replica.believed.tell(Author("LAB1-PC"), START_MS)
                await watch.look()
                found += watch.alarms()
                replica.believed.tell(Author("LAB1-PC"), UNKNOWN_MS)
                found += watch.alarms()
                for late in (1000 * DAY_MS, -1000 * DAY_MS):
                    replica.believed.tell(COORDINATOR, START_MS + late)
                    replica.believed.tell(Author("LAB1-PC"), START_MS + late)
                    await watch.look()
                    found += watch.alarms()
    return found


def quota_alarms() -> list[Alarm]:
    """What both say of a desk that takes more than an honest one."""
    greedy = Author("LAB2-PC")
    stray = Stray(NumberRange(100, 199), Author("LAB1-PC"), greedy, 21)
    outside = [KeptOut(greedy, 21, []), KeptOut(greedy, 2, [NumberRange(100, 109)])]
    seen = quota_watch.TakenByDesks([stray], [(greedy, 21)], [greedy], [greedy], outside)
    return [*quota_watch.alarms_of(seen, [greedy]), number_alarms.stray_alarm(stray)]


def rival_alarms() -> list[Alarm]:
    """What two coordinators from one backup leave behind."""
    entries = [
        terminal(1),
        terminal(2, (1,), state=State.INACTIVE),
        terminal(3, (1,), state=State.RETIRED),
        block(4, "100-199"),
        block(5, "100-199", (4,), mark=110),
        block(6, "100-199", (4,), mark=120),
        block(7, "150-250"),
        *(Entry(ident(8), 0, AuditHead(64, letter * 32, 0, None)) for letter in (b"a", b"b")),
    ]
    now = SimpleNamespace(registry=registry.fold(entries))
    found = RegistryWatch(now).alarms()
    assert len(found) == 4
    return found


async def backup_alarms(tmp_path) -> list[Alarm]:
    """What a desk says whose database is damaged, and whose backups fail or are old."""
    replica.init(tmp_path / "desk", Author("LAB1-PC"))
    signer = keys.Signer.new()
    opened = await Replica.open(tmp_path / "desk", signer, signer.public_key)
    checkup = Checkup(opened, "mrnmesh-node", opened.steady_s)
    checkup.problems = "row 3 missing from index patients_mrn"
    checkup.set_back = "register.db is older than register.db-wal."
    opened.health.mended = 2
    opened.health.differs("patients: 1")
    found = list(checkup.alarms())
    checkup._found = checkup._found._replace(is_lasting=True)
    checkup.changed = [ChangedRecord(Author("LAB1-PC"), 0, 1, 2, None)]  # `tables_differ` waits
    source = Source(tmp_path / "desk", "LAB1-PC", (), ZONE)
    late_ms = [0]
    backups, missing = (
        NightlyBackups(
            source,
            BackupSettings(tmp_path / folder, ours, True),
            lambda: START_MS + late_ms[0],
            lambda: 0.0,
        )
        for folder, ours in (("backups", True), ("usb", False))
    )
    await backups.make_if_due()
    await missing.make_if_due()
    late_ms[0] = OLD_MS + 1
    backups.waited_before(WAITED_S)
    found += [*checkup.alarms(), *backups.alarms(), *missing.alarms()]
    await opened.close()
    return found


@pytest.mark.parametrize(
    "found",
    [
        *(
            findings.clock(0, known, others)
            for known, others in ((0, 0), (0, 90), (0, 7200), (700, None))
        ),
        *(findings.space(free, "D:") for free in (1, 10**9)),
        *(findings.file_system(kind, "D:") for kind in (None, "nfs", "tmpfs", "ext4")),
        *(one for known in (True, False) for one in findings.encryption(known, "D:")),
        *findings.versions("0.1.0", (3, 10), 32, "Linux", (3, 40, 1)),
        *(findings.pin(version, "0.14.13") for version in (None, "0.14.13")),
        *(findings.terminal("LAB1-PC", state) for state in ("active", "unknown", "retired")),
        *findings.ranges("LAB1-PC", []),
        *findings.ranges("LAB1-PC", [("1-9", 9, 1, None)]),
        *findings.ranges("LAB1-PC", [("1-9", 9, 0, "closed by the coordinator")]),
        findings.refused("revoked", "the registry says that this terminal is revoked"),
    ],
)
def test_findings(found: Finding):
    """Those of `doctor` on a good and on a bad day stand in what the commands said."""
    assert private_words(f"{found.check} {found.found} {found.do}") == []


def test_pages(live: LiveClinic):
    """What `/openapi.json` and the page that shows it say to people, of both daemons."""
    for url in (live.desk.url, live.coordinator.url):
        document = Client(url).call("GET", "/openapi.json")
        with urllib.request.urlopen(f"{url}/api/docs/") as answer:
            page = re.sub(
                r"<(script|style).*?</\1>|<[^>]*>", " ", answer.read().decode(), flags=re.S
            )
        said = [page, *descriptions(document)]
        assert len(said) > 50
        assert [(text, found) for text in said if (found := private_words(text))] == []


def descriptions(value: Any) -> Iterator[str]:
    """The sentences in an OpenAPI document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("summary", "description", "title") and isinstance(inner, str):
                yield inner
            else:
                yield from descriptions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from descriptions(inner)
