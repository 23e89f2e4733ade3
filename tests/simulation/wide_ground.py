"""The ground of wide histories: installed machines, sessions over bad lines, clients that ask."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any
from unittest import mock

from coordinator.judging.arbiter import judge_everything
from coordinator.judging.recovery import confirm, known_marks
from node.allocator import NodeAllocator
from sync.engine import exchange, issuing
from sync.engine.issuing import Draft, Issued
from sync.engine.transaction import Transaction
from sync.errors import KeyReused, MrnmeshError, NumberError, TerminalError
from sync.model import runs
from sync.model.facts import Author, RecordId
from sync.model.numbers import Mrn
from sync.protocol import limits
from sync.protocol.events import NumberArrived
from sync.protocol.questions import Granted
from sync.witness.memory import SERIAL
from tests.clinic import ZONE, Clinic, Desk
from tests.faults import Crash
from tests.simulation import wide_clinic
from tests.simulation.given_out import GivenOut
from tests.simulation.machines import Machine
from tests.simulation.wide_clinic import Files, WideClinic, WideDesk
from tests.simulation.world import World
from tests.sync.protocol.session_line import Line

DAY_MS = 86_400_000

COPIES_MAX = 6
"""So many copies of a machine's files are kept, in memory."""

FAILS = (Crash, sqlite3.Error, OSError, MrnmeshError)
"""What a machine whose disk fails may raise."""


class WideMachine(Machine):
    """A machine whose witness is a file.

    ``copies`` are its files as they were at some earlier moments.
    """

    desk: Any

    def __init__(self, name: str, desk: Desk, given_out: GivenOut) -> None:
        self.given_out = given_out
        self.packed: list[tuple[Path, frozenset[bytes]]] = []
        self.copies: list[Files] = []
        super().__init__(name, desk)

    @property
    def witness(self) -> Any:  # type: ignore[override]
        return self.desk.witness

    def copy_files(self) -> None:
        """Copy its files while it is in use."""
        self.copies = [*self.copies, self.desk.files()][-COPIES_MAX:]

    def back_up(self) -> None:
        """Also copy its files, as they are in use and as those of a daemon that has stopped."""
        self.copy_files()
        super().back_up()
        stopped = Files(self.backups[-1].path.read_bytes(), None, self.copies[-1].witness)
        self.copies = [*self.copies, stopped][-COPIES_MAX:]

    def begin_witness(self) -> None:
        """That of a new installation, or of one that was renewed."""
        self.desk.witness.begin_anew(self.desk.write(self._number_of_witness))
        self.was_made_to_forget = False
        self.given_out.marks[self.name] = {"begun": 0}

    def put_witness(self, marks: dict[str, int]) -> None:
        self.desk.put_witness(marks)
        self.desk.witness.read()
        self.was_made_to_forget = True
        self.given_out.marks.pop(self.name, None)

    def read_witness(self) -> None:
        """Its daemon has done that at start, unless its witness was put there since."""
        desk = self.desk
        desk.witness.catch_up(desk.clinic.run(desk.replica.read(issuing.how_far_used)))


class OneWayLine(Line):
    """A line on which, from some message on, nothing arrives in one direction."""

    def _moves(self) -> list[Any]:
        return [
            move
            for move in super()._moves()
            if move[0] == "answer" or move[1] is not self.ports[0] or len(move[1].sent) < 6
        ]


class DeskLine:
    """A desk's connection to the coordinator, as its allocator sees it."""

    def __init__(self, world: WideGround, machine: Machine) -> None:
        self._world = world
        self._machine = machine
        self.coordinator_live = True

    async def request_number(
        self, record: RecordId, _terminal: Author, _timeout_s: float
    ) -> Granted | None:
        return self._world.ask_over_session(self._machine, record)

    async def probe(self, _timeout_s: float) -> bool:
        return True


class WideGround(World):
    """A clinic of installed machines."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        log: Callable[[str], None],
        events: Mapping[str, int],
    ) -> None:
        self._stack = contextlib.ExitStack()
        self.given_out = GivenOut()
        self._imported = 0
        self.table = events
        with self._stack:
            self._stack.enter_context(wide_clinic.installed())
            self._stack.enter_context(_small_limits(seed))
            super().__init__(folder, seed, log)
            self._stack = self._stack.pop_all()

    def close(self) -> None:
        with self._stack:
            super().close()

    def _new_clinic(self, folder: Path) -> Clinic:
        return WideClinic(folder, self.seed)

    def _new_machine(self, name: str, desk: Desk) -> Machine:
        return WideMachine(name, desk, self.given_out)

    def _desk(self, machine: Machine) -> WideDesk:
        desk = machine.desk
        assert isinstance(desk, WideDesk)
        return desk

    # the coordinator's daemon

    def _start_coordinator(self) -> None:
        desk = self._desk(self.coordinator)
        witness = desk.witness
        desk.write(lambda tx: desk.arbiter.recovery.look_back(tx, witness))
        if not witness.trusted:
            witness.begin_anew(desk.write(desk.arbiter.recovery.name_witness))
        confirm(witness, desk.write(known_marks))
        desk.clinic.run(judge_everything(desk.arbiter, desk.replica, in_step=False))
        if desk.write(desk.arbiter.recovery.is_on):
            self.log("  the coordinator is in recovery")

    # the network

    def _line(self) -> Line:
        if not self.calm and self.random.randrange(12) == 0:
            self.happened["one_way"] += 1
            return OneWayLine(self.random.randrange(1 << 30))
        return Line(self.random.randrange(1 << 30))

    def ask_over_session(self, machine: Machine, record: RecordId) -> Granted | None:
        """A number over a session whose cable may be pulled; None when no answer comes."""
        line = Line(self.random.randrange(1 << 30))
        self._forget_commits()
        near, far = line.connect(machine.desk, self.coordinator.desk)
        far.granter = self.coordinator.desk.exchange.answer
        line.run()
        if near.closed is not None:
            return None
        ident = near.session.ask_number(record, machine.desk.author)
        near.drain()
        line.run(self.random.choice((1, 3, 5, 8, 12, 50_000, 50_000)))
        for event in near.events_of(NumberArrived):
            if event.id == ident:
                return Granted(event.mrn, event.code)
        self.happened["no answer in time"] += 1
        return None

    # registering

    def _register_at(self, machine: Machine) -> None:
        self._ask(machine, offline=True)

    def _on_register_online(self) -> None:
        self._ask(self.random.choice(self.nodes), offline=False)

    def _ask(self, machine: Machine, offline: bool) -> None:
        """A client asks a desk to register somebody, mostly with an idempotency key."""
        draft = machine.desk.draft()
        if self.random.randrange(4):
            key = blake2b(draft.record, digest_size=16).digest()
            draft = draft._replace(key=key, request=b"request")
        self._send(machine, draft, offline)

    def _send(self, machine: Machine, draft: Draft, offline: bool) -> Mrn | None:
        desk = self._desk(machine)
        allocator = NodeAllocator(desk.author, DeskLine(self, machine), desk.witness)
        seen = machine.claimed()
        self.clinic.now_ms += 1000
        self.happened["asked for a number"] += 1
        try:
            registered = desk.clinic.run(allocator.register(desk.replica, draft, offline))
        except (NumberError, TerminalError) as error:
            self.log(f"  {machine.name} gives no number: {error}")
            return None
        mrn = self._tell(machine, draft, registered, seen)
        issued = registered.issued
        if mrn is not None and issued is not None:
            self.given_out.number(machine.name, draft, mrn, registered.patient)
            if issued.range is not None:
                self.given_out.mark(machine.name, issued.range.text, int(mrn))
            elif issued.range is None:
                self._granted_once(machine, mrn)
        return mrn

    def _granted_once(self, machine: Machine, mrn: Mrn) -> None:
        coordinator = self.coordinator
        true_day = datetime.fromtimestamp(self.clinic.now_ms / 1000, ZONE)
        said = datetime.strptime(mrn[4:12], "%Y%m%d").replace(tzinfo=ZONE)
        if abs(coordinator.desk.skew_ms) < DAY_MS and abs(true_day - said) > timedelta(days=2):
            raise self.violated(12, f"{mrn} has the day of a clock that is right again")
        ((serial,),) = machine.desk.query("SELECT min(serial) FROM grants WHERE mrn = ?", mrn)
        self.given_out.mark(coordinator.name, SERIAL, serial)
        if not self.given_out.first_online(mrn) and not coordinator.was_made_to_forget:
            raise self.violated(10, f"{mrn} was given to two people online, at {machine.name} too")

    def _on_retry(self) -> None:
        """A client that had its answer sends its request again."""
        machine = self.random.choice(self.nodes)
        answered = self.given_out.answers.get(machine.name)
        if not answered:
            return
        key, (draft, mrn, patient) = self.random.choice(sorted(answered.items()))
        registered = self._desk(machine).register(draft, no_number)
        held = machine.desk.query("SELECT claimed FROM patients WHERE id = ?", registered.patient)
        if registered.patient != patient or held != [(mrn,)]:
            raise self.violated(2, f"a retry of {key.hex()} at {machine.name} gives {held}")
        with contextlib.suppress(KeyReused):
            self._desk(machine).register(draft._replace(request=b"another"), no_number)
            raise self.violated(2, f"a key with another request was answered at {machine.name}")


def no_number(_tx: Transaction) -> Issued:
    raise AssertionError("a request that was answered before is given a number again")


@contextlib.contextmanager
def _small_limits(seed: int) -> Iterator[None]:
    """Shards roll over, pushes are held back and merges are cut after a few facts."""
    with (
        mock.patch.object(runs, "RUN_FACTS_MAX", (7, 20, 60, 1000)[seed % 4]),
        mock.patch.object(limits, "PUSHES_MAX", (1, 2, 8)[seed % 3]),
        mock.patch.object(limits, "EARLY_MAX", (1, 20, 256)[seed % 3]),
        mock.patch.object(exchange, "MERGED_FACTS", (1, 20, 250)[seed % 3]),
    ):
        yield
