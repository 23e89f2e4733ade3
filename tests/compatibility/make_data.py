"""How `data/` was made: ``python -m tests.compatibility.make_data FOLDER``.

The daemons of version 0.1.0 ran a small made-up clinic in FOLDER, and what they kept was packed: a
coordinator and the desk LAB1-PC, each with its data folder, its witness, a backup, and what it
answered about all that (``answers.json``). The ``later-`` witnesses are those after one more
number, so that the folder beside them looks like one that was put back to an older copy.
``clinic.json`` has the tokens, the webhook and the idempotency keys. The data are made once for
each version and never again, because the point of them is that they are old.

The day, as `Day` makes it happen:

* Terminals and people of an earlier system are imported; the coordinator issues for OLD-PC.
* WARD-PC has no daemon, and its own program supplies the numbers.
* LAB1-PC registers with numbers of the coordinator, of its range, and with supplied ones.
* LAB1-PC is put back to an older copy of its disk and issues three numbers again: three conflicts.
  It closes its range and gets the block 1000000-1000009 from the pool.
* Two of the three get a fresh number; one of these cards is printed again, one is not yet.
* A webhook has been delivered to for a while, then its receiver is gone.
* At last LAB1-PC is alone: it registers, corrects, and loses power before it has told anybody.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import zipfile
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from examples.clinic import Clinic, Daemon, copy_state, hold_the_same, put_back_state, until
from tests.compatibility import earlier
from tests.compatibility.answers import everything

MACHINE = "computer-of-the-test-data"
ORIGIN = "https://lims.example"
OLD_TERMINALS = """\
code,name,offline_range_start,offline_range_end,offline_current,is_active
OLD-PC,Dressing room,500000,500999,500120,true
"""
OLD_PEOPLE = """\
mrn,full_name,father_name,dob,sex,phone,origin_terminal_code,is_offline_entry,created_at
0004711,Zainab Bibi,Karim Bakhsh,1961-05-02,F,03001112223,,false,2024-11-03 14:30:00
500007,Yusuf Ali,Ali Akbar,1999-12-31,M,0301-2223334,OLD-PC,true,2024-12-01 09:00:00
500120,Xenia D'Souza,Peter D'Souza,2010-07-15,F,03022223334,OLD-PC,true,2025-01-02 10:00:00
"""
NAMES = iter(
    [
        ("Ayesha Khan", "Imran Khan", "F"),
        ("Bilal Ahmed", "Ahmed Raza", "M"),
        ("چاند بی بی", "محمد بخش", "F"),
        ("Danish Ali", "Ali Haider", "M"),
        ("Erum Shah", "Shah Nawaz", "F"),
        ("Farid Gul", "Gul Khan", "M"),
        ("Ghazala Noor", "Noor Din", "F"),
        ("Hamid Mir", "Mir Hassan", "M"),
        ("Iqra Aziz", "Aziz Ullah", "F"),
        ("Junaid Jan", "Jan Alam", "M"),
        ("Kiran Fatima", "Fateh Khan", "F"),
        ("Luqman Haq", "Abdul Haq", "M"),
        ("Maryam Saeed", "Saeed Anwar", "F"),
        ("Nasir Abbas", "Abbas Ali", "M"),
        ("Omar Sharif", "Sharif Din", "M"),
        ("Parveen Akhtar", "Akhtar Ali", "F"),
        ("Qasim Raza", "Raza Shah", "M"),
        ("Rabia Basri", "Basri Khan", "F"),
        ("Saima Gul", "Gul Zaman", "F"),
        ("Tariq Jamil", "Jamil Ahmed", "M"),
        ("Uzma Bano", "Bano Khan", "F"),
        ("Waqar Younis", "Younis Khan", "M"),
    ]
)


def person(**more: Any) -> dict[str, Any]:
    """Somebody made up who was not registered yet."""
    name, father, sex = next(NAMES)
    body = {"full_name": name, "father_name": father, "sex": sex, "dob": "1990-01-01"}
    return body | {"phone": "03001234567", "address": "12 Canal Road"} | more


class Day:
    """The clinic and its day."""

    def __init__(self, clinic: Clinic, http: aiohttp.ClientSession) -> None:
        self.clinic = clinic
        self.http = http
        self.keep: dict[str, Any] = {"made_by": earlier.VERSION, "computer": MACHINE}
        self.answers: dict[str, Any] = {}
        self.backups: dict[str, Path] = {}

    @property
    def hub(self) -> Daemon:
        return self.clinic.coordinator

    @property
    def desk(self) -> Daemon:
        return self.clinic.desks["LAB1-PC"]

    async def begin(self) -> None:
        """The coordinator with the registers of an earlier system, the desk, a receiver."""
        await self.clinic.open({})
        self.keep["token"] = self.clinic.token
        await self.clinic.pool("set", "1000000-1000999", "--block", "10")
        for table, text in (("terminals", OLD_TERMINALS), ("patients", OLD_PEOPLE)):
            path = self.clinic.folder / f"{table}.csv"
            path.write_text(text, encoding="utf-8")
            await self.hub.command("import", table, str(path), *self._as_administrator())
        await self.clinic.administer("add", "WARD-PC", "--range", "600000-600099")
        made = await self._post("/api/terminals/WARD-PC/token/", {})
        self.keep["ward_token"] = made["token"]
        await self.clinic.add_desk("LAB1-PC", "710000-710019")
        await until("the desk is online", self._online)
        settings = f'origins = ["{ORIGIN}"]\nrequired = ["full_name", "sex"]\n'
        for daemon, name in ((self.hub, "coordinator.toml"), (self.desk, "node.toml")):
            with (daemon.folder / name).open("a", encoding="utf-8") as file:
                file.write(settings)

    async def register(self) -> None:
        """Numbers from everywhere, while a receiver takes what is delivered to it."""
        receiver = web.AppRunner(_receiver(), access_log=None)
        await receiver.setup()
        site = web.TCPSite(receiver, "127.0.0.1", 0)
        await site.start()
        url = f"{site.name}/changes"
        hook = await self._post("/api/webhooks/", {"url": url, "after": 0})
        self.keep["webhook"] = hook
        await self._keyed("form-1", person())
        first = await self._register(self.desk, person())
        await self._register(self.desk, person(offline=True))
        await self._register(self.desk, person(offline=True, age_years=40, dob=None))
        await self._register(self.desk, person(offline=True, mrn="710010"))
        await self._register(self.desk, person(offline=True, mrn="710005"))
        ward = {"Authorization": f"Bearer {self.keep['ward_token']}"}
        await self._register(self.hub, person(offline=True, mrn="600042"), headers=ward)
        old = {"offline": True, "origin_terminal_code": "OLD-PC"}
        await self._register(self.hub, person(**old))
        await self._register(self.hub, person())
        path = f"/api/patients/{first['record_id']}/"
        change = {"full_name": "Bilal Ahmed Raza", "address": None, "operator": "sadia"}
        await self.desk.call(self.http, "PATCH", path, json=change)
        await until("all is equal", self._equal)

        async def delivered() -> bool:
            (state,) = (await self._get(self.hub, "/api/webhooks/"))["results"]
            return state["behind"] == 0

        await until("the receiver has heard of it", delivered)
        await receiver.cleanup()

    async def issue_again(self) -> None:
        """The desk is put back to an older copy of its disk, witness and all."""
        await self.desk.stop()
        copy = self.clinic.folder / "older"
        copy_state(self.desk, copy)
        await self.desk.start()
        shown = [await self._register(self.desk, person(offline=True)) for _ in range(3)]
        await until("the coordinator has them", self._equal)
        await self.desk.stop()
        await self.hub.stop()
        put_back_state(self.desk, copy)
        await self.desk.start()
        again = [await self._register(self.desk, person(offline=True)) for _ in range(3)]
        assert [one["mrn"] for one in shown] == [one["mrn"] for one in again]
        await self.hub.start()

        async def has_block() -> bool:
            status = await self._get(self.desk, "/api/status/")
            return any(one["remaining"] == 10 for one in status["ranges"])

        await until("the desk has a block of the pool", has_block)
        await until("all is equal", self._equal)
        for mrn in ("710011", "710012"):
            decision = ("--who", "Sadia Malik", "--why", "her card was printed last", "--yes")
            await self.clinic.conflicts("resolve", mrn, "assign", *decision)
        await until("the desk has heard of it", self._equal)
        cards = (await self._get(self.desk, "/api/status/"))["cards_to_reprint"]["results"]
        path = f"/api/patients/{cards[0]['id']}/reprinted/"
        await self.desk.call(self.http, "POST", path, json={})

    async def part(self) -> None:
        """Record and back up the coordinator; then the desk goes on alone until power fails."""
        await self._register(self.desk, person(offline=True))
        await self._register(self.desk, person(offline=True, mrn="1000003"))
        await until("all is equal", self._equal)
        self.answers["coordinator"] = await everything(self._getter(self.hub), "coordinator")
        self.backups["coordinator"] = await self._backup(self.hub, *self._as_administrator())
        await self.hub.stop()
        await self.desk.stop()
        await self.desk.start()
        alone = await self._keyed("form-2", person(offline=True))
        path = f"/api/patients/{alone['record_id']}/"
        await self.desk.call(self.http, "PATCH", path, json={"phone": "0321-7654321"})
        self.answers["node"] = await everything(self._getter(self.desk), "node")
        self.backups["node"] = await self._backup(self.desk)
        self.desk.kill()
        await self.desk.gone()

    async def end(self, data: Path) -> None:
        """Keep a copy of everything, and of the witness after one number more; pack it."""
        at_old_pc = person(offline=True, origin_terminal_code="OLD-PC")
        await self._pack("coordinator", self.hub, data, {"online": person(), "own": at_old_pc})
        own, supplied = person(offline=True), person(offline=True, mrn="1000002")
        await self._pack("node", self.desk, data, {"own": own, "supplied": supplied})
        text = json.dumps(self.keep, ensure_ascii=False, indent=2)
        (data / "clinic.json").write_text(text + "\n", encoding="utf-8")

    async def _pack(
        self, name: str, daemon: Daemon, data: Path, later: dict[str, dict[str, Any]]
    ) -> None:
        """Pack what a stopped daemon keeps; ``later`` maps a kind of number to who gets one."""
        kept = self.clinic.folder / f"packed-{name}"
        copy_state(daemon, kept)
        with zipfile.ZipFile(data / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as file:
            for path in sorted(kept.iterdir()):
                # SQLite makes its shared memory again; logs and backups are folders.
                if path.is_file() and path.suffix != ".db-shm":
                    file.write(path, f"{earlier.FOLDER}/{path.name}")
            file.write(daemon.witness, earlier.WITNESS)
            file.write(self.backups[name], earlier.BACKUP)
            file.writestr(earlier.ANSWERS, json.dumps(self.answers[name], ensure_ascii=False))
            for kind, body in later.items():
                put_back_state(daemon, kept)
                await daemon.start()
                await self._register(daemon, body)
                await daemon.stop()
                file.write(daemon.witness, earlier.later_witness(kind))

    # the desks

    def _as_administrator(self) -> tuple[str, ...]:
        return ("--url", self.hub.url, "--token", self.clinic.token)

    async def _register(self, daemon: Daemon, body: dict[str, Any], **how: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await daemon.call(
            self.http, "POST", "/api/patients/", json=body, **how
        )
        return answer

    async def _keyed(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._register(self.desk, body, headers={"Idempotency-Key": key})
        self.keep.setdefault("keys", {})[key] = {"body": body, "record_id": answer["record_id"]}
        return answer

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        return await self.hub.call(self.http, "POST", path, json=body)

    async def _get(self, daemon: Daemon, path: str) -> Any:
        return await daemon.call(self.http, "GET", path)

    def _getter(self, daemon: Daemon) -> Any:
        return lambda path: self._get(daemon, path)

    async def _backup(self, daemon: Daemon, *options: str) -> Path:
        return Path(json.loads(await daemon.command("backup", "--json", *options))["file"])

    async def _online(self) -> bool:
        return bool((await self._get(self.desk, "/api/status/"))["numbers"] == "online")

    async def _equal(self) -> bool:
        here, there = [await self._get(one, "/api/status/") for one in self.clinic.daemons]
        return hold_the_same((here, there)) and not here["pending"]


def _receiver() -> web.Application:
    async def take(_request: web.Request) -> web.Response:
        return web.Response(status=204)

    app = web.Application()
    app.add_routes([web.post("/changes", take)])
    return app


def name_the_computer(source: Path) -> None:
    """Give the computer a made-up name, so that a test on another one can take its place."""
    path = source / "sync" / "witness.py"
    text = path.read_text(encoding="utf-8")
    named = '("/etc/machine-id", "/var/lib/dbus/machine-id")'
    assert named in text
    file = source / "machine-id"
    file.write_text(MACHINE, encoding="ascii")
    path.write_text(text.replace(named, f'("{file.as_posix()}",)'), encoding="utf-8")


async def make(folder: Path, data: Path) -> None:
    """Let the day happen in ``folder``, and pack it into ``data``."""
    source = earlier.unpack_code(folder / "code")
    name_the_computer(source)
    clinic = Clinic(folder, {"coordinator": source, "LAB1-PC": source})
    try:
        async with aiohttp.ClientSession() as http:
            day = Day(clinic, http)
            await day.begin()
            await day.register()
            await day.issue_again()
            await day.part()
            await day.end(data)
    finally:
        await clinic.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("folder", type=Path, help="a new folder, which stays")
    options = parser.parse_args()
    options.folder.mkdir(parents=True)
    earlier.DATA.mkdir(parents=True)
    asyncio.run(make(options.folder.absolute(), earlier.DATA))
