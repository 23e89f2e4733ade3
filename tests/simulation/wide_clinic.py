"""Machines as they are installed: data folder, settings, key and witness file on a watched disk.

The real `Replica` works on an event loop of the clinic; its thread works at once, so that a history
is the same every time. Randomness and each machine's own clock are handed in where the daemons take
the real ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
import sqlite3
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from unittest import mock

from coordinator import backups as coordinator_backups
from coordinator.judging.arbiter import Arbiter, judge_everything
from coordinator.judging.online import ConnectedDesks
from coordinator.judging.recovery import Recovery
from node import backups as node_backups
from sync.daemon import daemons, settings_files
from sync.daemon.data_folder import KEY_FILE
from sync.engine import issuing, keys, replica
from sync.engine.issuing import Draft, Issue, Registered
from sync.engine.replica import DATABASE, Replica
from sync.engine.transaction import Transaction
from sync.engine.writer import Shell
from sync.model.facts import COORDINATOR, Author
from sync.protocol.questions import Commit, Merge, Merged, Query
from sync.reading import readers
from sync.storage.belonging import wal_of
from sync.upkeep import backup, set_back
from sync.upkeep.backup import Source
from sync.upkeep.restore import RestoreOptions, restore
from sync.witness.machine import machine_id
from sync.witness.memory import Witness
from tests import disclosing
from tests.clinic import ZONE, Clinic, Desk, make_database
from tests.faults import Crash
from tests.simulation.disk import Disk
from tests.simulation.layer import layer

T = TypeVar("T")


class NoThread(Executor):
    """In the place of the threads that write and read: a job is done when it is handed over."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def submit(self, job: Callable[..., T], /, *args: Any, **how: Any) -> Future[T]:
        done: Future[T] = Future()
        try:
            done.set_result(job(*args, **how))
        except Exception as error:  # nobody waits for a `Crash`: it comes out
            done.set_exception(error)
        return done


class Turns(asyncio.AbstractEventLoop):
    """An event loop without threads, sockets and clocks, so that a history costs little of it.

    A job for a thread is done before `run_in_executor` returns; who waits for it goes on when all
    turns before it are over. A desk that asks for a number waits while its sessions and the
    coordinator's replica do their part in this same thread, so `wait_for` may be within another.
    """

    def __init__(self) -> None:
        self._turns: deque[asyncio.Handle] = deque()

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine returns; whatever it raises comes out, a `Crash` too."""
        outer = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        try:
            while True:
                future = work.send(None)
                while self._turns:
                    self._turns.popleft()._run()
                assert future is None or future.done(), "nobody ends this wait"
        except StopIteration as end:
            done: T = end.value
            return done
        finally:
            asyncio._set_running_loop(outer)

    def run_in_executor(self, _executor: Any, job: Callable[..., Any], *args: Any) -> Any:
        future = self.create_future()
        try:
            result = job(*args)
        except BaseException as error:
            # asyncio lets nobody wait for a `Crash`, which is no `Exception`
            raised = error if isinstance(error, Exception) else None
            if raised is None:
                raise
            self.call_soon(future.set_exception, raised)
        else:
            self.call_soon(future.set_result, result)
        return future

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._turns.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        raise context["exception"]

    def get_debug(self) -> bool:
        return False


class WideClinic(Clinic):
    """A clinic whose machines have real folders below ``folder``, each on a disk of its own."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._turns = Turns()
        super().__init__(folder, seed)

    def new_desk(self, name: str, author: Author, signer: keys.Signer) -> WideDesk:
        return WideDesk(self, name, author, signer)

    def act(self, act: Callable[[Transaction], T]) -> T:
        desk: Any = self.coordinator
        done: T = desk.write(act)
        return done

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine; whatever it raises comes out, a `Crash` too."""
        return self._turns.wait_for(work)


class Files(NamedTuple):
    """What lies on a machine's disk; None where there is no such file."""

    database: bytes | None
    wal: bytes | None
    witness: bytes | None


class Through:
    """What sessions and tests ask of a replica goes through all of `Replica`."""

    def __init__(self, desk: WideDesk) -> None:
        self._desk = desk

    def answer(self, query: Query) -> object:
        return self._desk.clinic.run(self._desk.replica.answer(query))

    def merge(self, query: Merge, source: object = None) -> Merged:
        return self._desk.clinic.run(self._desk.replica.merge(query, source))


class WideDesk(Desk):
    """A replica in a data folder, opened as the daemons open it."""

    clinic: WideClinic

    def __init__(self, clinic: WideClinic, name: str, author: Author, signer: keys.Signer) -> None:
        self.place(clinic, name, author, signer)
        self.folder.mkdir(parents=True)
        make_database(self.path, author, clinic.random)
        signer.save(self.folder / KEY_FILE)
        self._write_settings()
        Witness.create(self.witness_path, machine_id(), 0)
        self.disk.settle(self.home)
        self.open()

    def place(self, clinic: WideClinic, name: str, author: Author, signer: keys.Signer) -> None:
        """Where it is, without anything being there yet."""
        self.clinic, self.name, self.author, self.signer = clinic, name, author, signer
        self.pinned = clinic.coordinator_key.public_key
        self.skew_ms = 0
        self.home = clinic.folder / name
        self.folder = self.home / "data"
        self.witness_path = self.home / "state" / "witness"
        self.kept: list[Commit] = []
        self.backups_folder = self.home / "backups"
        self.backups_folder.mkdir(parents=True)
        self._folders = itertools.count(2)
        self.disk = Disk(self.home, clinic.random)
        layer().disks.append(self.disk)

    @property
    def path(self) -> Path:  # type: ignore[override]
        return self.folder / DATABASE

    @property
    def is_coordinator(self) -> bool:
        return self.author == COORDINATOR

    def _write_settings(self) -> None:
        settings: dict[str, Any] = {"zone": "Asia/Karachi", "witness": str(self.witness_path)}
        if self.is_coordinator:
            settings_files.write_toml(self.folder / daemons.COORDINATOR.settings_file, settings)
            return
        settings |= {
            "code": self.author,
            "coordinator": "ws://127.0.0.1:8471/sync",
            "coordinator_key": self.clinic.coordinator_key.public_key.hex(),
        }
        settings_files.write_toml(self.folder / daemons.NODE.settings_file, settings)

    # its process

    def open(self, sign: bool = True) -> None:
        clinic = self.clinic
        self.facts_read, self.is_open = None, False
        shell = Shell(
            lambda: clinic.now_ms + self.skew_ms, clinic.random.randbytes, lambda: clinic.now_ms
        )
        self.arbiter = Arbiter(Recovery(clinic.random.randbytes, ZONE))
        witness = self.witness = Witness(self.witness_path, machine_id())
        online = ConnectedDesks(self.arbiter)
        key = clinic.coordinator_key.public_key
        kind: Any = coordinator_backups if self.is_coordinator else node_backups
        signers = set_back.signers_of(self.author, self.signer, key)
        with mock.patch.object(replica, "shell", return_value=shell):
            set_back.settle(self.folder, witness.marks, kind.begin_set_back)
            set_back.require_own(self.folder, self.author, signers)
            self.replica = clinic.run(
                Replica.open(
                    self.folder,
                    self.signer,
                    key,
                    self.arbiter if self.is_coordinator else None,
                    ZONE,
                    granter=online.grant if self.is_coordinator else None,
                    witness=witness,
                )
            )
        self.is_open = True
        witness.hold()
        asked = witness.asked
        how_far_used = self.replica.read(lambda view: issuing.how_far_used(view, asked))
        witness.catch_up(clinic.run(how_far_used))
        if not self.is_coordinator:
            look_back, random = node_backups.look_back, clinic.random.randbytes
            self.write(lambda tx: look_back(tx, witness.seen(), random))
        self.writer = self.replica._writer
        disclosing.watch(self.writer)
        self.exchange: Any = Through(self)
        self.kept.clear()
        self.replica.subscribe(self.kept.append)
        clinic.run(set_back.bring_back(self.replica, self.folder))

    @property
    def commits(self) -> list[Commit]:
        return self.kept

    def write(self, act: Callable[[Transaction], T]) -> T:
        return self.clinic.run(self.replica.write(act))

    def close(self) -> None:
        if self.is_open:  # it may have died while it was opened
            self.is_open = False
            self.clinic.run(self.replica.close())
        with contextlib.suppress(Crash):  # the power is off
            self.witness.release()

    def judge_pending(self) -> int:
        self.clinic.run(judge_everything(self.arbiter, self.replica, in_step=True))
        return 0

    def cut_power(self) -> None:
        """The power goes and comes back; what was not synced may be gone."""
        self.disk.cut(self.close, self.home)

    def kill(self) -> None:
        """The process dies and the computer goes on."""
        self.disk.kill(self.close, self.home)

    def register(self, draft: Draft, issue: Issue) -> Registered:
        self.clinic.now_ms += 1000
        return self.clinic.run(self.replica.register(self.author, draft, issue))

    # backups

    @property
    def source(self) -> Source:
        file = (
            daemons.COORDINATOR.settings_file if self.is_coordinator else daemons.NODE.settings_file
        )
        return Source(self.folder, self.author, (file, KEY_FILE), ZONE)

    def make_backup(self) -> Path:
        """What the program makes every night."""
        return backup.make(self.source, self.backups_folder, self.clinic.now_ms + self.skew_ms).path

    def restore_backup(self, path: Path) -> None:
        """The command `restore`, into a new folder with a new witness; the daemon is stopped."""
        number = next(self._folders)
        folder, witness = self.home / f"data{number}", self.home / "state" / f"witness{number}"
        kind = coordinator_backups.KIND if self.is_coordinator else node_backups.KIND
        restore(path, folder, kind, RestoreOptions(witness=witness))
        self.folder, self.witness_path = folder, witness

    # what people do with files, and wait until all is on disk

    def back_up(self) -> Path:
        target = self.home / "copies" / f"{self.clinic.random.randrange(10**9)}.db"
        target.parent.mkdir(exist_ok=True)
        self.writer.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(self.path, target)
        with contextlib.closing(sqlite3.connect(target)) as copied:
            # as of a stopped daemon, so that nothing shows later that it is an old copy
            copied.execute("DELETE FROM meta WHERE key = 'commits in use'")
            copied.commit()
        self.disk.settle(target.parent)
        return target

    def restore(self, backup: Path) -> None:
        self.close()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        shutil.copy(backup, self.path)
        self.disk.settle(self.home)
        self.open()

    @property
    def _paths(self) -> tuple[Path, Path, Path]:
        return self.path, wal_of(self.path), self.witness_path

    def files(self) -> Files:
        """The files as they are now."""
        return Files(*(path.read_bytes() if path.exists() else None for path in self._paths))

    def lay(self, files: Files) -> None:
        """Put these in the place of its files, while it is stopped."""
        Path(f"{self.path}-shm").unlink(missing_ok=True)
        for path, content in zip(self._paths, files, strict=True):
            path.unlink(missing_ok=True)
            if content is not None:
                path.write_bytes(content)
        self.disk.settle(self.home)

    def put_witness(self, marks: dict[str, int]) -> None:
        self.witness_path.unlink(missing_ok=True)
        if marks:
            Witness(self.witness_path, machine_id()).note_marks(marks)
        self.disk.settle(self.home)

    def clone(self, name: str, same_client: bool = False) -> WideDesk:
        copied = self.back_up()
        copy = WideDesk.__new__(WideDesk)
        copy.place(self.clinic, name, self.author, self.signer)
        copy.folder.mkdir()
        shutil.copy(copied, copy.path)
        shutil.copy(self.folder / KEY_FILE, copy.folder / KEY_FILE)
        copy._write_settings()
        copy.disk.settle(copy.home)
        copy.open(sign=not same_client)
        if same_client:
            copy.writer._documents.drop(self.writer._documents.client)
        return copy


@contextlib.contextmanager
def installed() -> Iterator[None]:
    """Replicas work without threads, and disks are watched.

    Raises:
        Unavailable: see `tests.simulation.layer`.
    """
    watched = layer()
    with (
        mock.patch.object(replica, "ThreadPoolExecutor", NoThread),
        mock.patch.object(readers, "ThreadPoolExecutor", NoThread),
        watched.watching(),
    ):
        try:
            yield
        finally:
            watched.disks.clear()
