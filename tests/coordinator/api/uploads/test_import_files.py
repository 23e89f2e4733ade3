"""Importing a file that a browser hands over."""

import asyncio
import errno
import itertools
import threading
from datetime import timedelta

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request

from coordinator.api.uploads import import_files
from coordinator.api.uploads.import_files import FOLDER, plain_name
from coordinator.importing import source
from coordinator.importing.run import REPORT_COLUMNS
from sync.http.requests import BODY
from tests.daemons import open_hub

PATH = "/api/import/files/"
PEOPLE = (
    "mr_no,patient_name,dob,sex,phone,colour\n"
    "500001,Ayesha Old,1990-01-01,F,03001234567,red\n"
    "500002,Bilal Old,1985-05-05,M,03007654321,blue\n"
    "500003,,1985-05-05,M,03007654322,blue\n"
)


@pytest.fixture
async def hub(tmp_path):
    async with open_hub(tmp_path) as hub:
        yield hub


async def put(hub, text, name="patients.csv", table="patients"):
    """Status and answer of handing over a file, as a browser sends it."""
    headers = {"Authorization": f"Bearer {hub.token}", "Content-Type": "application/octet-stream"}
    async with (
        aiohttp.ClientSession(hub.url) as http,
        http.post(
            PATH, params={"table": table, "name": name}, data=text.encode(), headers=headers
        ) as answer,
    ):
        return answer.status, await answer.json()


async def ended(hub):
    """What became of the run."""
    while True:
        run = (await hub.get(PATH))["run"]
        if not run["running"]:
            return run


async def test_a_file_is_looked_through_tried_and_taken(hub):
    status, shown = await put(hub, PEOPLE)
    assert status == 201
    file = shown["file"]
    assert (file["name"], file["rows"], file["ignored"]) == ("patients.csv", 3, ["colour"])
    assert [one["name"] for one in file["columns"]][:2] == ["mrn", "full_name"]
    assert file["form"] == "CSV in utf-8, columns separated by ','"
    terms = {"encoding": "utf-8", "delimiter": ","}
    assert file["form_said"] == {"code": "csv", "terms": terms}
    (digits,) = file["columns"][0]["said"]
    terms = {"count": 3, "digits": 6, "example": "500001"}
    assert digits == {"code": "digits", "terms": terms}
    assert file["columns"][0]["text"] == "3 of 6 digits (500001)"
    await hub.call("POST", PATH + "run/", {"dry_run": True})
    tried = await ended(hub)
    assert (tried["dry_run"], tried["rows"], tried["taken"], tried["error"]) == (True, 3, 2, None)
    assert sum(one["count"] for one in tried["refused"]) == 1
    assert (await hub.get("/api/patients/"))["count"] == 0
    await hub.call("POST", PATH + "run/", {"dry_run": False})
    assert (await ended(hub))["taken"] == 2
    assert (await hub.get("/api/patients/"))["count"] == 2
    async with hub.http.get(
        PATH + "report.csv", headers={"Authorization": f"Bearer {hub.token}"}
    ) as answer:
        head, refused = (await answer.text()).removeprefix("\ufeff").splitlines()
    assert head.split(",") == [*REPORT_COLUMNS]
    assert refused.startswith("4,500003,")
    await hub.call("POST", PATH + "run/", {"dry_run": False})
    assert ((again := await ended(hub))["taken"], again["there"]) == (0, 2)


async def test_the_file_is_gone_when_somebody_says_so_or_the_daemon_ends(tmp_path):
    async with open_hub(tmp_path) as hub:
        await put(hub, PEOPLE)
        folder = hub.config.folder / FOLDER
        assert [one.name for one in folder.iterdir()] == ["patients.csv"]
        await hub.call("DELETE", PATH)
        assert not folder.exists()
        assert await hub.get(PATH) == {"file": None, "run": None}
        assert await hub.refused("POST", PATH + "run/", {"dry_run": True}) == (404, "not_found")
        await put(hub, PEOPLE)
    assert not folder.exists()


async def test_dates_in_another_form_are_said_and_not_taken_as_what_they_are_not(hub):
    _, shown = await put(hub, "mrn,full_name,dob\n500001,Ayesha Old,31/12/1990\n")
    assert shown["file"]["date_formats"] == ["%d/%m/%Y"]
    assert await hub.refused("POST", PATH + "run/", {"dry_run": True}) == (400, "bad_csv")
    await hub.call("POST", PATH + "run/", {"dry_run": False, "date_format": "%d/%m/%Y"})
    assert (await ended(hub))["taken"] == 1
    (person,) = (await hub.get("/api/patients/"))["results"]
    assert person["dob"] == "1990-12-31"


async def test_a_year_of_two_digits_goes_by_the_believed_time(hub):
    after = hub.replica.today() + timedelta(days=2)
    await put(hub, f"mrn,full_name,dob\n500001,Ayesha Old,{after:%d/%m/%y}\n")
    await hub.call("POST", PATH + "run/", {"dry_run": False, "date_format": "%d/%m/%y"})
    assert (await ended(hub))["taken"] == 1
    (person,) = (await hub.get("/api/patients/"))["results"]
    assert person["dob"] == after.replace(year=after.year - 100).isoformat()


async def test_terminals_are_taken_too(hub):
    text = "code,offline_range_start,offline_range_end\nOLD-PC,500000,500999\n"
    await put(hub, text, "terminals.csv", "terminals")
    await hub.call("POST", PATH + "run/", {"dry_run": False})
    assert (await ended(hub))["taken"] == 1


async def test_what_is_no_table_is_refused_by_its_name_alone(hub):
    status, answer = await put(hub, "%PDF-1.7", "../../etc/list.pdf")
    assert (status, answer["code"]) == (400, "bad_csv")
    assert "list.pdf" in answer["detail"]
    assert str(hub.config.folder) not in answer["detail"]
    assert (await hub.get(PATH))["file"] is None


async def test_one_import_at_a_time(hub):
    await put(hub, PEOPLE)
    go_on = asyncio.Event()
    api = hub.daemon._import_files
    take = api._take

    async def slowly(table, body):
        await go_on.wait()
        return await take(table, body)

    api._take = slowly
    await hub.call("POST", PATH + "run/", {"dry_run": True})
    for method, path, body in (("POST", PATH + "run/", {"dry_run": True}), ("DELETE", PATH, None)):
        assert await hub.refused(method, path, body) == (409, "import_running")
    assert (await put(hub, PEOPLE))[0] == 409
    go_on.set()
    assert (await ended(hub))["taken"] == 2


async def test_nobody_imports_a_file_that_she_has_not_seen(hub):
    _, shown = await put(hub, PEOPLE)
    seen = {"file": shown["file"]["id"], "dry_run": False}
    _, other = await put(hub, PEOPLE.replace("5000", "6000"))
    assert other["file"]["id"] != shown["file"]["id"]
    assert await hub.refused("POST", PATH + "run/", seen) == (409, "another_file")
    assert (await hub.get("/api/patients/"))["count"] == 0
    await put(hub, PEOPLE)
    await hub.call("POST", PATH + "run/", seen)
    assert (await ended(hub))["taken"] == 2


async def test_while_one_file_is_read_nobody_hands_over_another_one(hub, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()
    look = import_files.source.look_through

    def slowly(*arguments):
        begun.set()
        assert go_on.wait(60)
        return look(*arguments)

    monkeypatch.setattr(import_files.source, "look_through", slowly)
    first = asyncio.create_task(put(hub, PEOPLE))
    assert await asyncio.to_thread(begun.wait, 60)
    assert (await put(hub, PEOPLE.replace("5000", "6000")))[0] == 409
    for method, path, body in (("POST", PATH + "run/", {"dry_run": True}), ("DELETE", PATH, None)):
        assert await hub.refused(method, path, body) == (409, "import_running")
    go_on.set()
    assert (await first)[0] == 201
    await hub.call("POST", PATH + "run/", {"dry_run": False})
    assert (await ended(hub))["taken"] == 2
    assert (await hub.get("/api/patients/?mrn=500001"))["count"] == 1


class Gate:
    """A place in another thread that waits there until it is let go on."""

    def __init__(self):
        self._begun, self._go_on = threading.Event(), threading.Event()

    def pass_through(self):
        self._begun.set()
        assert self._go_on.wait(60)

    async def is_reached(self):
        assert await asyncio.to_thread(self._begun.wait, 60)

    def open(self):
        self._go_on.set()


def before_the_file_is_written(gate, monkeypatch):
    write = import_files.files.write_private

    def slowly(path, content):
        gate.pass_through()
        write(path, content)

    monkeypatch.setattr(import_files.files, "write_private", slowly)


def while_it_is_read(gate, monkeypatch):
    look = import_files.source.look_through

    def slowly(path, kind, encoding, going_on):
        asked = itertools.count()

        def ask():
            at = next(asked)
            assert at <= 1, "it is read on after the stop"
            if at == 1:
                gate.pass_through()
            going_on()

        return look(path, kind, encoding, ask)

    monkeypatch.setattr(import_files.source, "look_through", slowly)


@pytest.mark.parametrize("when", [before_the_file_is_written, while_it_is_read])
async def test_a_daemon_that_stops_reads_no_file_on_and_keeps_none(hub, monkeypatch, when):
    gate, folder = Gate(), hub.config.folder / FOLDER
    when(gate, monkeypatch)
    handed_over = asyncio.create_task(put(hub, PEOPLE))
    await gate.is_reached()
    stopping = asyncio.create_task(hub.daemon._import_files.stop())
    await asyncio.sleep(0)  # it has begun
    gate.open()
    await stopping
    assert not folder.exists()
    for status, answer in (await handed_over, await put(hub, PEOPLE)):
        assert (status, answer["code"]) == (503, "import_stopped")
    assert not folder.exists()


@pytest.mark.parametrize("when", [before_the_file_is_written, while_it_is_read])
async def test_a_file_whose_sender_has_gone_is_waited_for_too(hub, monkeypatch, when):
    gate, api = Gate(), hub.daemon._import_files
    when(gate, monkeypatch)
    request = make_mocked_request("POST", f"{PATH}?table=patients&name=patients.csv")
    request[BODY] = PEOPLE.encode()
    given_up = asyncio.create_task(api.put(request))
    await gate.is_reached()
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    assert (await put(hub, PEOPLE))[0] == 409
    stopping = asyncio.create_task(api.stop())
    await asyncio.sleep(0)  # it has begun
    gate.open()
    await stopping
    assert not (hub.config.folder / FOLDER).exists()


async def test_a_daemon_that_stops_ends_a_run_between_two_rows(hub, monkeypatch):
    gate, api = Gate(), hub.daemon._import_files
    await put(hub, PEOPLE)
    lines = source.lines

    def slowly(*arguments):
        gate.pass_through()
        return lines(*arguments)

    monkeypatch.setattr(source, "lines", slowly)
    await hub.call("POST", PATH + "run/", {"dry_run": False})
    await gate.is_reached()
    stopping = asyncio.create_task(api.stop())
    await asyncio.sleep(0)  # it has begun
    gate.open()
    await stopping
    run = (await hub.get(PATH))["run"]
    assert (run["running"], run["rows"], run["taken"]) == (False, 0, 0)
    assert "is being stopped" in run["error"]
    assert not (hub.config.folder / FOLDER).exists()


async def test_what_cannot_be_kept_is_said_so(hub, monkeypatch):
    def full(_path, _content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(import_files.files, "write_private", full)
    status, answer = await put(hub, PEOPLE)
    assert (status, answer["code"]) == (400, "bad_csv")
    assert "cannot be kept on this computer" in answer["detail"]
    assert await hub.get(PATH) == {"file": None, "run": None}


async def test_a_run_that_fails_in_a_way_that_nobody_foresaw_does_not_look_finished(hub):
    await put(hub, PEOPLE)

    async def fails(_table, _body):
        raise RuntimeError

    hub.daemon._import_files._take = fails
    await hub.call("POST", PATH + "run/", {"dry_run": False})
    run = await ended(hub)
    assert (run["rows"], run["taken"]) == (0, 0)
    assert "not foreseen" in run["error"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("patients.csv", "patients.csv"),
        ("../../hub/register.db", "register.db"),
        ("C:\\old\\list of people.xlsx", "list_of_people.xlsx"),
        ("مریض.csv", "مریض.csv"),
        ("...", "file"),
    ],
)
def test_names_of_files_lead_nowhere(given, kept):
    assert plain_name(given) == kept
