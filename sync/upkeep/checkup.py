"""A look at the whole database once a day: is it still sound?"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, TypedDict

from sync.daemon.jobs import job_failed
from sync.engine.replica import DATABASE, Replica
from sync.engine.transaction import Transaction
from sync.errors import MrnmeshError, StoreDamaged
from sync.model import causes, phrases
from sync.model.alarms import Alarm, AlarmLevel
from sync.model.formats import Time, iso_utc_of_ms
from sync.storage import search
from sync.upkeep import archive, set_back
from sync.upkeep.agreement import Disagreement
from sync.upkeep.archive import Stop
from sync.upkeep.errors import BackupStopped
from sync.upkeep.records import changed
from sync.upkeep.records.changed import ChangedRecord
from sync.upkeep.tables import derived, search_index

CHECK_EVERY_MS: Final = 24 * 3_600_000
DOUBT_S: Final = 3600.0
"""At most so often the database is looked at because something failed, or it is damaged."""

NAME: Final = "check of the database"

log = logging.getLogger("mrnmesh.checkup")


class DatabaseCheck(TypedDict):
    """The last look at the whole database; ``problems`` is empty when it was sound."""

    at: Time
    ok: bool
    problems: str


class Checkup:
    """The daily check of one replica's database; that it was good is remembered in it.

    Args:
        command: that of its daemon, for alarms.
        now_s: seconds of a clock that does not go back.
    """

    def __init__(self, replica: Replica, command: str, now_s: Callable[[], float]) -> None:
        self.at_ms: int | None = None
        self.problems = ""
        self.set_back: str | None = None
        self.changed: list[ChangedRecord] = []
        self._replica = replica
        self._command = command
        self._bring_in = (
            "`mrnmesh-coordinator salvage`"
            if replica.identity.is_coordinator
            else "`mrnmesh-coordinator terminals salvage`"
        )
        self._when_looked_at = (
            "This alarm ends together with the recovery of the coordinator."
            if replica.identity.is_coordinator
            else f"When that is done, stop the daemon and run `{command} renew`, which ends this."
        )
        self._after_change = (
            "Stop this daemon, rename its data folder and keep it, and restore the last good backup"
            " into a new folder; the desks bring back what they have. Then bring in what the old"
            f" folder still has: {self._bring_in}."
            if replica.identity.is_coordinator
            else "Stop this daemon and bring in what is in its data folder at the coordinator"
            f" ({self._bring_in}), which names whom it could not bring in."
            " Keep that folder, and set this desk up again in a new one."
        )
        self._now_s = now_s
        self._look_again_s = 0.0
        self._was_ended = self._has_failed = False
        self._found = Disagreement([], [])
        self._stop = Stop()

    async def check_if_due(self) -> None:
        """Check if the last good check is a day ago, the clock was set back, or there is doubt.

        An error that comes again and again costs one check an hour. So do damage, and a check that
        could not be made to the end, as on a disk without room. One that failed in a way that
        nobody foresaw is an alarm until one has gone well.
        """
        if self.at_ms is None:
            self.at_ms = await self._replica.read(lambda snapshot: snapshot.store.meta.checked_ms)
        self.set_back = await self._replica.read(lambda snapshot: snapshot.store.meta.set_back)
        age_ms = self._replica.now_ms - self.at_ms if self.at_ms is not None else CHECK_EVERY_MS
        may_look = self._now_s() >= self._look_again_s
        in_doubt = self._replica.health.doubted or bool(self.problems)
        if may_look and in_doubt:
            self._look_again_s = self._now_s() + DOUBT_S
        is_due = in_doubt or self._was_ended or not 0 <= age_ms < CHECK_EVERY_MS
        if may_look and is_due:
            try:
                await self.check()
            except Exception as error:
                self._look_again_s = self._now_s() + DOUBT_S
                self._was_ended = True  # what it found may not have been written down
                if isinstance(error, MrnmeshError | OSError):
                    raise
                # Whoever calls this would take the next call, which looks at nothing, for a check
                # that has gone well.
                self._has_failed = True
                log.exception("%s failed", NAME)
                return
            self._was_ended = self._has_failed = False

    async def check(self) -> None:
        """Check now.

        Raises:
            StoreError: the database cannot be looked at now; whether it is sound is not known.
        """
        found, differing = Disagreement([], []), None
        try:
            with self._replica.health.watching(writing=False):
                problems, found = await asyncio.to_thread(self._look)
            if not problems:
                await self._put_right(found.changed)
                await self._mend_search()
                # Where records have changed, the tables are what still knows what was written.
                if not self.changed and not found.lacks:
                    differing = await asyncio.to_thread(self._compare)
        except BackupStopped:
            return
        except StoreDamaged as error:
            problems = str(error.facts["why"])
        self.at_ms, self.problems = self._replica.now_ms, problems
        self._found = found
        if problems:
            log.error("the database is damaged: %s", problems)
            return
        if differing:
            log.error("tables differ from the records: %s", differing)
            self._replica.health.differs(differing)
        else:
            self._replica.health.sound(is_compared=differing is not None)
        if found.lacks:
            await set_back.note(self._replica, found.lacks)
            self.set_back = await self._replica.read(lambda snapshot: snapshot.store.meta.set_back)
        is_well = not (self.changed or found.is_lasting or self._replica.health.differing)
        await self._replica.write(partial(self._remember, self.at_ms if is_well else None))

    def _look(self) -> tuple[str, Disagreement]:
        """What is damaged, and if nothing is, what does not agree."""
        database = self._replica.folder / DATABASE
        problems = archive.problems_of(database, self._stop)
        if problems:
            return problems, Disagreement([], [])
        return problems, archive.disagreements_of(database, self._stop)

    async def _put_right(self, found: Sequence[ChangedRecord]) -> None:
        self.changed = [one for one in found if one.mended is None]
        if found:
            await changed.put_right(self._replica, found)

    async def _mend_search(self) -> None:
        """Make a search index anew that cannot be read: it is made of what is in the tables.

        Only where the rest of the database is sound: what is dropped from a damaged one may be the
        pages of something else.
        """
        database = self._replica.folder / DATABASE
        fault = await asyncio.to_thread(search_index.fault_in, database, self._stop)
        if fault:
            log.error("the search index cannot be read, and is made anew: %s", fault)
            await self._replica.write(_make_search_anew)

    def _compare(self) -> str | None:
        """Which tables do not say what the records say, and in how many rows; empty if all do.

        What keeps it from being known, as a disk without room for it, is no fault of the tables,
        and does not make them good either: then this is None.
        """
        try:
            found = derived.differences(self._replica.folder / DATABASE, self._stop)
        except (sqlite3.Error, OSError) as error:
            said = causes.without_value(error)
            log.warning("the tables could not be compared with the records: %s", said)
            return None
        return ", ".join(f"{table}: {count}" for table, count in found.items())

    def stop(self) -> None:
        """End a check that is going on, soon."""
        self._stop.set()

    def status(self) -> DatabaseCheck | None:
        """The last check for the API; None before the first one."""
        if self.at_ms is None:
            return None
        return {"at": iso_utc_of_ms(self.at_ms), "ok": not self.problems, "problems": self.problems}

    def alarms(self) -> Iterable[Alarm]:
        """That the database is damaged, and what to do."""
        if self._has_failed:
            yield job_failed(NAME)
        if self.set_back is not None:
            yield self._set_back_alarm()
        if self.changed:
            yield self._changed_alarm()
        if mended := self._replica.health.mended:
            yield self._mended_alarm(mended)
        differing = self._replica.health.differing
        # Of records that have changed or are missing only the tables know what was written. What is
        # said about those comes first, and tables are not made again before that.
        if differing is not None and not self.changed and not self._found.lacks:
            why = str(differing.facts["why"])
            yield Alarm(
                "tables_differ",
                AlarmLevel.ALERT,
                f"What the tables in {self._replica.folder} say is not what was recorded: {why}."
                " A name or a number that is shown may be wrong.",
                f"Stop this daemon, run `{self._command} rebuild`, and start it again: that makes"
                " the tables anew from the records, and nothing is lost. Have the disk looked at.",
                "the tables",
                terms={"what": why},
            )
        # Where SQLite finds nothing, reading a record that has changed or is missing is what
        # failed, and what is said about that brings in more than a backup has.
        is_said = self.changed or self._found.is_lasting
        damaged = self._replica.health.damaged if not is_said else None
        problems = self.problems or (str(damaged.facts["why"]) if damaged is not None else "")
        if problems:
            yield Alarm(
                "database_damaged",
                AlarmLevel.ALERT,
                f"The database in {self._replica.folder} is damaged: {problems}.",
                "Stop this daemon, rename its data folder and keep it, and restore the last good"
                " backup into a new folder. Then bring in what the old folder still has at the"
                f" coordinator: {self._bring_in}. Have the disk looked at."
                f" `{self._command} docs backup` tells how.",
                "the database",
                terms={"what": problems},
            )

    def _set_back_alarm(self) -> Alarm:
        """What is missing, and whether it comes back."""
        do = (
            "Let this computer meet the others: what they have comes back by itself. If there is a"
            f" newer copy of the data folder, keep it, and bring in what is on it with"
            f" {self._bring_in}. {self._when_looked_at}"
        )
        if self._found.is_lasting:
            end = "a recovery" if self._replica.identity.is_coordinator else "`renew`"
            do = (
                f"It does not come back into this folder by itself, and {end} does not end this."
                f" {self._after_change} Have the disk looked at."
            )
        return Alarm(
            "set_back",
            AlarmLevel.ALERT,
            f"The database in {self._replica.folder} is not as new as what it has told:"
            f" {self.set_back}",
            f"{do} `{self._command} docs backup` tells more.",
            "set back",
            terms={"what": str(self.set_back)},
        )

    def _changed_alarm(self) -> Alarm:
        """What is not what it was: nothing of it comes back, and what it keeps back is not lost."""
        text = changed.text_of(self.changed)
        return Alarm(
            "records_changed",
            AlarmLevel.ALERT,
            f"A fault of the disk or of the memory of this computer has changed {text}, in"
            f" {self._replica.folder}. What was written together with that is still here, but other"
            " computers cannot take it.",
            f"{self._after_change} Have the disk and the memory looked at."
            f" `{self._command} docs backup` tells more.",
            "changed records",
            terms={"what": text},
        )

    def _mended_alarm(self, mended: int) -> Alarm:
        """How many records were put right."""
        count = phrases.count(mended, "record", "records")
        return Alarm(
            "records_mended",
            AlarmLevel.WARNING,
            f"A fault of the disk or of the memory of this computer had changed {count} in"
            f" {self._replica.folder}; they were put right, and nothing is lost.",
            "Have the disk and the memory looked at, and see that there are backups on another"
            " disk. A restart of this daemon ends this alarm.",
            "mended records",
            terms={"count": mended},
        )

    @staticmethod
    def _remember(at_ms: int | None, tx: Transaction) -> None:
        """Keep when all was well; where it is not, the next start looks again."""
        tx.begin()
        tx.store.meta.checked_ms = at_ms


def _make_search_anew(tx: Transaction) -> None:
    """It is filled after this commit, and meanwhile those who are not in it are found too."""
    tx.begin()
    search.make_anew(tx.store.meta)
