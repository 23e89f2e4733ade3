"""A day at a clinic in a few minutes: ``python -m examples.demo [--once]``.

It starts a coordinator and three desks as processes, registers the people of ``patients.csv``, and
breaks what breaks in a clinic. At the end it checks that nobody was lost, and that the one number
that was issued twice is reported.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
import itertools
import shlex
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import aiohttp

from examples.clinic import (
    Clinic,
    Daemon,
    Failed,
    copy_state,
    hold_the_same,
    put_back_state,
    until,
)

RANGES: Final = {
    "LAB1-PC": "710000-719999",
    "LAB2-PC": "720000-729999",
    "RECEP-1": "730000-739999",
}
PEOPLE: Final = Path(__file__).with_name("patients.csv")
AT_ONCE: Final = 4
KILLED_AFTER: Final = 12
_BAR: Final = 30

Person = dict[str, Any]


class Demo:
    """Says what it does, does it, and remembers every number that a clerk was shown."""

    def __init__(self, clinic: Clinic, http: aiohttp.ClientSession, people: list[Person]) -> None:
        self.clinic = clinic
        self.http = http
        self.people = people
        self.shown: dict[str, Person] = {}
        self.held = True
        self._keys = itertools.count(1)
        self._taken = 0

    async def run(self) -> None:
        """The whole day."""
        await self.open()
        await self.morning_online()
        await self.server_hangs()
        await self.power_cut()
        await self.two_desks_alone()
        await self.old_disk()
        await self.everything_back()
        await self.check()

    async def open(self) -> None:
        """Start everything."""
        tell("Starting a coordinator and three desks, each a process with its own data folder.")
        await self.clinic.open(RANGES)
        for code, numbers in RANGES.items():
            tell(f"  {code} holds the numbers {numbers} for when it is alone.")
        await until("every desk is connected with the coordinator", self._all_online)

    async def morning_online(self) -> None:
        """Numbers come from the coordinator."""
        people = self._next(len(self.people) // 3)
        tell(f"\nMorning, the network is up: {len(people)} people, numbered by the coordinator.")
        await self._register_round(people, list(self.clinic.desks.values()))
        tell(f"  For example {self._latest()}.")

    async def server_hangs(self) -> None:
        """The coordinator is suspended; the desks go on alone."""
        self.clinic.coordinator.suspend()
        people = self._next(len(self.people) // 4)
        tell(f"\nThe coordinator hangs. {len(people)} people come; each desk uses its own numbers.")
        await self._register_round(people, list(self.clinic.desks.values()))
        tell(f"  For example {self._latest()}.")

    async def power_cut(self) -> None:
        """A desk is killed while it registers."""
        desk = self.clinic.desks["LAB1-PC"]
        people = self._next(40)
        tell(f"\n{desk.name} loses power while {len(people)} people are being registered.")
        posts = [(person, self._key()) for person in people]
        shown: list[Person] = []
        enough = asyncio.Event()

        async def post_until_dark(todo: Iterable[tuple[Person, str]]) -> None:
            with contextlib.suppress(aiohttp.ClientError, Failed):
                for person, key in todo:
                    shown.append(await self._register(desk, person, key))
                    if len(shown) >= KILLED_AFTER:
                        enough.set()

        clerks = [asyncio.create_task(post_until_dark(posts[n::AT_ONCE])) for n in range(AT_ONCE)]
        await enough.wait()
        desk.kill()
        await asyncio.gather(*clerks)
        await desk.gone()
        await desk.start()
        have = await desk.everyone(self.http)
        kept = sum(
            person["record_id"] in have and have[person["record_id"]]["mrn"] == person["mrn"]
            for person in shown
        )
        self.expect(
            kept == len(shown),
            f"{len(shown)} numbers were shown before the cut; after it {kept} of them are there.",
        )
        tell("  The desk's program sends all of them again, with the same keys.")
        with Bar(len(posts)) as bar:
            for person, key in posts:
                await self._register(desk, person, key)
                bar.step()
        have = await desk.everyone(self.http)
        entered = Counter(map(_who, have.values()))
        once = all(entered[_who(person)] == 1 for person in people)
        self.expect(once, "Each of them is there exactly once.")

    async def two_desks_alone(self) -> None:
        """Desks sync without the coordinator."""
        one, other = self.clinic.desks["LAB1-PC"], self.clinic.desks["LAB2-PC"]
        tell(f"\nStill without the coordinator, {one.name} and {other.name} sync with each other.")
        await until("two desks are equal", lambda: self._are_equal([one, other]))
        count = (await one.call(self.http, "GET", "/api/status/"))["patients"]
        self.expect(True, f"Both hold the same {count} people.")

    async def old_disk(self) -> None:
        """A desk is put back to an older copy of its disk, and issues a number again."""
        desk = self.clinic.desks["RECEP-1"]
        others = [other for other in self.clinic.desks.values() if other is not desk]
        tell(f"\n{desk.name} is put back to an older copy of its disk, and nobody notices.")
        await desk.stop()
        copy = self.clinic.folder / "old-disk"
        copy_state(desk, copy)
        await desk.start()
        after_copy = await self._register(desk, self._next(1)[0], self._key())
        await until("a neighbour has it", lambda: self._has(others[0], after_copy))
        await desk.stop()
        for other in others:
            other.suspend()
        put_back_state(desk, copy)
        await desk.start()
        repeated = await self._register(desk, self._next(1)[0], self._key())
        self.duplicate = repeated["mrn"]
        self.expect(
            repeated["mrn"] == after_copy["mrn"],
            f"Alone and set back, it gives {repeated['mrn']} a second time: "
            f"{after_copy['full_name']} has it, and now {repeated['full_name']}.",
        )
        for other in others:
            other.resume()

    async def everything_back(self) -> None:
        """All replicas meet again."""
        tell("\nThe coordinator answers again, and all sync.")
        self.clinic.coordinator.resume()
        await until("all replicas are equal", lambda: self._are_equal(self.clinic.daemons))
        desk = self.clinic.desks["RECEP-1"]
        status = await desk.call(self.http, "GET", "/api/status/")
        closed = status["ranges"][0]["closed"]
        self.expect(
            status["copies_noticed"] > 0 and closed is not None,
            f"{desk.name} noticed that it was set back, and closed its range: {closed}.",
        )
        await until("a fresh range has come", lambda: self._has_numbers(desk))
        tell("  The coordinator grants it a fresh one by itself.")
        await until("every desk is connected", self._all_online)
        rest = self._next(len(self.people))
        tell(f"  {len(rest)} more people come.")
        await self._register_round(rest, list(self.clinic.desks.values()))

    async def check(self) -> None:
        """Compare what clerks were shown with what every replica holds."""
        tell("\nEvening. Is everybody there, everywhere?")
        await until("all replicas are equal", lambda: self._are_equal(self.clinic.daemons))
        for daemon in self.clinic.daemons:
            have = await daemon.everyone(self.http)
            missing = [
                person
                for record, person in self.shown.items()
                if record not in have or have[record]["mrn"] != person["mrn"]
            ]
            self.expect(
                not missing and len(have) == len(self.shown),
                f"{daemon.name}: {len(have)} people, {len(missing)} of the {len(self.shown)} "
                "numbers shown to a clerk are missing.",
            )
        digests = {await self._digest(daemon) for daemon in self.clinic.daemons}
        self.expect(len(digests) == 1, f"All digests are equal: {digests.pop()[:16]}...")
        given = Counter(person["mrn"] for person in self.shown.values())
        twice = [mrn for mrn, count in given.items() if count > 1]
        self.expect(twice == [self.duplicate], f"Numbers given twice: {', '.join(twice)}.")
        tell("\nThe conflict report (mrnmesh-conflicts list, then show):\n")
        listed = await self.clinic.conflicts("list")
        tell(listed)
        tell(await self.clinic.conflicts("show", self.duplicate))
        reported = [line.split()[1] for line in listed.splitlines()[1:]]
        self.expect(reported == [self.duplicate], "It reports that number and no other.")

    def expect(self, holds: bool, sentence: str) -> None:
        """Print what was checked, and remember if it did not hold."""
        self.held = self.held and holds
        tell(f"  {'ok ' if holds else 'NOT OK'} {sentence}")

    # the desks

    async def _register(self, desk: Daemon, person: Person, key: str) -> Person:
        headers = {"Idempotency-Key": key}
        answer: Person = await desk.call(
            self.http, "POST", "/api/patients/", json=person, headers=headers
        )
        self.shown[answer["record_id"]] = answer
        return answer

    async def _register_round(self, people: Sequence[Person], desks: list[Daemon]) -> None:
        """The people queue at the desks, one clerk at each."""
        with Bar(len(people)) as bar:

            async def clerk(desk: Daemon, queue: Sequence[Person]) -> None:
                for person in queue:
                    await self._register(desk, person, self._key())
                    bar.step()

            await asyncio.gather(
                *(clerk(desk, people[n :: len(desks)]) for n, desk in enumerate(desks))
            )

    def _next(self, count: int) -> list[Person]:
        self._taken += count
        return self.people[self._taken - count : self._taken]

    def _key(self) -> str:
        return f"demo-{next(self._keys)}"

    def _latest(self) -> str:
        person = list(self.shown.values())[-1]
        return f"{person['full_name']}: {person['mrn']}"

    async def _all_online(self) -> bool:
        statuses = [
            await desk.call(self.http, "GET", "/api/status/") for desk in self.clinic.desks.values()
        ]
        return all(status["numbers"] == "online" for status in statuses)

    async def _digest(self, daemon: Daemon) -> str:
        status = await daemon.call(self.http, "GET", "/api/status/")
        digest: str = status["digests"]["document"]
        return digest

    async def _are_equal(self, daemons: Iterable[Daemon]) -> bool:
        statuses = [await daemon.call(self.http, "GET", "/api/status/") for daemon in daemons]
        settled = self.clinic.coordinator not in daemons or not any(
            status["pending"] for status in statuses
        )
        return settled and hold_the_same(statuses)

    async def _has_numbers(self, desk: Daemon) -> bool:
        status = await desk.call(self.http, "GET", "/api/status/")
        return any(range_["remaining"] for range_ in status["ranges"])

    async def _has(self, daemon: Daemon, person: Person) -> bool:
        return person["record_id"] in await daemon.everyone(self.http)


def _who(person: Person) -> tuple[str, str, str]:
    return person["full_name"], person["father_name"], person["dob"]


class Bar:
    """A progress bar, drawn in place on a terminal; elsewhere only its end is printed."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def __enter__(self) -> Bar:
        return self

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        if sys.stdout.isatty():
            filled = _BAR * self._done // self._total
            bar = "#" * filled + "." * (_BAR - filled)
            print(f"\r  [{bar}] {self._done} of {self._total}", end="", flush=True)

    def __exit__(self, *_: object) -> None:
        end = "" if sys.stdout.isatty() else f"  {self._done} of {self._total} registered."
        print(end, flush=True)


def tell(sentence: str) -> None:
    """Print a sentence at once."""
    print(sentence, flush=True)


async def show(folder: Path, once: bool) -> bool:
    """Run the demo in ``folder``, and return whether every check held.

    SIGTERM and the end of its terminal end it as Ctrl-C does.

    Args:
        once: end after the checks instead of leaving the clinic running.
    """
    running = asyncio.current_task()
    assert running is not None
    with contextlib.suppress(NotImplementedError):
        for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
            asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    with PEOPLE.open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    clinic = Clinic(folder)
    held = False
    try:
        async with aiohttp.ClientSession() as http:
            demo = Demo(clinic, http, people)
            await demo.run()
            held = demo.held
            tell("\nEvery check held." if held else "\nNOT EVERY CHECK HELD.")
            if not once:
                await stay_up(clinic, demo.duplicate)
    except (Failed, aiohttp.ClientError, TimeoutError) as error:
        tell(f"\nThe demo stopped: {str(error) or type(error).__name__}")
    finally:
        statuses = await clinic.close()
    return held and not any(statuses.values())


def to_try(clinic: Clinic, duplicate: str) -> list[str]:
    """Commands that can be pasted: a desk, the conflict, and what the doctor finds."""
    desk, hub = clinic.desks["RECEP-1"], clinic.coordinator
    programs = Path(sys.executable).parent
    conflicts = f"{shlex.quote(str(programs / 'mrnmesh-conflicts'))}"
    node = f"{shlex.quote(str(programs / 'mrnmesh-node'))}"
    here, there = (shlex.quote(str(one.folder)) for one in (desk, hub))
    return [
        f"{node} --data {here} status",
        f"MRNMESH_TOKEN={clinic.token} {conflicts} --data {there} show {duplicate}",
        f"{node} --data {here} doctor",
    ]


async def stay_up(clinic: Clinic, duplicate: str) -> None:
    """Leave the clinic running until Ctrl-C, or until all daemons have ended."""
    tell("\nThe clinic stays up until Ctrl-C:")
    for daemon in clinic.daemons:
        tell(f"  {daemon.name:<12} {daemon.url}/api/status/   syncs at {daemon.sync_url}")
    tell(f"  The administrator's token: {clinic.token}")
    tell("\nThree commands to try, in another window:")
    for command in to_try(clinic, duplicate):
        tell(f"  {command}")
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*(daemon.ended() for daemon in clinic.daemons))
        tell("\nAll daemons have ended.")


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end by itself after the checks")
    parser.add_argument("--data", type=Path, help="keep all data in this new or empty folder")
    options = parser.parse_args()
    if options.data is not None:
        try:
            options.data.mkdir(parents=True, exist_ok=True)
            used = any(options.data.iterdir())
        except OSError as error:
            parser.error(f"--data {options.data}: {error.strerror}")
        if used:
            parser.error(f"--data {options.data}: the folder is not empty; name a new one")
    if options.data is not None:
        return run(options.data, options.once, f"logs and data are in {options.data}.")
    folder = Path(tempfile.mkdtemp(prefix="mrnmesh-demo-"))
    try:
        return run(folder, options.once, "its data are removed; --data FOLDER keeps them.")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(folder: Path, once: bool, data: str) -> int:
    """Run the demo and return the exit status.

    Args:
        data: what becomes of the data if it did not end well, for a person.
    """
    try:
        held = asyncio.run(show(folder.absolute(), once))
    except (KeyboardInterrupt, asyncio.CancelledError):
        tell(f"\nInterrupted; {data}")
        return 130
    if not held:
        tell(f"It failed; {data}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
