"""The registers of an earlier system, taken over with the command line as an administrator does."""

import csv
import json
import re
import signal
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from examples import programs
from examples.clinic import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

TERMINALS = """\
id,code,name,offline_range_start,offline_range_end,offline_current,is_active,created_at
1,recep-1,Reception Desk 1,730000,739999,730041,t,2024-01-01
2,RECEP-2,Reception Desk 2,740000,749999,0,t,2024-01-01
3,RECEP-3,Overlapping,749999,759999,0,t,2024-01-01
"""
PATIENTS = """\
MR No;Name;DOB;Sex;Mobile;Terminal;offline;created_at
OLD 12/b;محمد علی;01/02/1961;male;03001234567;;f;03/11/2024 14:30
0004711;Zainab Bibi;;F;;;f;
730041;Imran Khan;05/06/1980;M;0300-1234567;RECEP-1;t;03/11/2024
730042;Too High;;;;RECEP-1;t;
710007;Of A Desk;;;;;;
0004711;Another Person;;;;;;
5;Bad Phone;;;ask his brother;;;
6;No Cells
"""
MANY = 8000


class Administrator:
    """Runs ``mrnmesh-coordinator import``."""

    def __init__(self, clinic, folder):
        self._clinic = clinic
        self._folder = folder

    def write(self, name, content):
        path = self._folder / name
        path.write_text(content, encoding="utf-8")
        return path

    async def start(self, table, file, *options):
        hub = self._clinic.coordinator
        where = ("--url", hub.url, "--token", self._clinic.token)
        return await programs.start(
            *("coordinator.cli", "--data", hub.data, "import", table, str(file)),
            *(*where, *options),
            printed=True,
        )

    async def take(self, table, file, *options):
        """Exit status and what was printed."""
        process = await self.start(table, file, *options)
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()


@pytest.fixture
def admin(clinic, tmp_path):
    return Administrator(clinic, tmp_path)


def reported(path):
    """(line, number, code) of each row in a report."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [tuple(row.values())[:3] for row in csv.DictReader(file)]


async def count(clinic, http):
    return (await clinic.coordinator.call(http, "GET", "/api/status/"))["patients"]


async def holder(daemon, http, mrn):
    path = f"/api/patients/mrn/{quote(mrn, safe='')}/"
    async with http.get(daemon.url + path, headers=daemon.headers) as answer:
        return (await answer.json())["results"][0] if answer.status == 200 else None


async def test_terminals_then_patients_and_all_desks_know_them(clinic, desk, admin, http, tmp_path):
    hub = clinic.coordinator
    terminals = admin.write("lab_terminals.csv", TERMINALS)
    status, out, _ = await admin.take("terminals", terminals, "--dry-run")
    assert status == 1
    assert "2 would be taken" in out
    assert "created_at" in out
    assert len((await hub.call(http, "GET", "/api/terminals/"))["results"]) == 1
    report = tmp_path / "lab_terminals.not-taken.csv"
    assert reported(report) == [("4", "RECEP-3", "range_overlap")]
    assert (await admin.take("terminals", terminals))[0] == 1
    known = await hub.call(http, "GET", "/api/terminals/RECEP-1/")
    assert (known["name"], known["offline_range_end"]) == ("Reception Desk 1", 739999)

    patients = admin.write("patients.csv", PATIENTS)
    before = await count(clinic, http)
    order = ("--date-format", "%d/%m/%Y")
    expected = [
        ("5", "730042", "number_ahead"),
        ("6", "710007", "number_ahead"),
        ("7", "0004711", "twice_in_file"),
        ("8", "5", "invalid_patient"),
        ("9", "6", "broken_row"),
    ]
    for dry_run in (True, False):
        more = ("--dry-run",) if dry_run else ()
        status, out, _ = await admin.take("patients", patients, *order, *more)
        assert status == 1
        assert sorted(reported(tmp_path / "patients.not-taken.csv")) == expected
        assert await count(clinic, http) - before == (0 if dry_run else 3)
    again = await admin.take("patients", patients, *order, "--lenient", "--json")
    outcome = json.loads(again[1])
    assert (outcome["taken"], outcome["there"], outcome["taken_without_field"]) == (1, 3, 1)

    async def has_come():
        return await holder(desk, http, "5") is not None

    await until("the desk has everybody", has_come)
    for daemon in (desk, hub):
        old = await holder(daemon, http, "OLD 12/b")
        assert (old["full_name"], old["dob"], old["sex"]) == ("محمد علی", "1961-02-01", "M")
        assert (old["created_at"], old["operator"]) == ("2024-11-03T09:30:00Z", "import")
        imran = await holder(daemon, http, "730041")
        assert imran["origin_terminal_code"] == "RECEP-1"
        assert imran["is_offline_entry"] is True
        assert imran["mrn_status"] == "admitted"
        (found,) = (await daemon.call(http, "GET", "/api/patients/?query=0004711"))["results"]
        assert found["full_name"] == "Zainab Bibi"
    assert await clinic.conflicts("list") == "No conflicts.\n"
    body = {"full_name": "New", "dob": "1990-01-01", "sex": "M", "phone": "03001234567"}
    body |= {"offline": True, "origin_terminal_code": "RECEP-1"}
    async with http.post(f"{hub.url}/api/patients/", json=body, headers=hub.headers) as answer:
        assert (await answer.json())["mrn"] == "730042"


async def test_an_import_is_interrupted_and_run_again(clinic, desk, admin, http, tmp_path):
    names = "\n".join(f"X-{number:06d},Person {number}" for number in range(MANY))
    file = admin.write("many.csv", f"mrn,full_name\n{names}\n")
    before = await count(clinic, http)
    process = await admin.start("patients", file)
    while await count(clinic, http) == before:
        assert process.returncode is None
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    assert process.returncode == 130
    assert "run the same command again to go on" in err.decode()
    taken = await count(clinic, http) - before
    assert 0 < taken < MANY
    status, out, _ = await admin.take("patients", file)
    assert status == 0
    said = re.search(r"; ([0-9,]+) taken, ([0-9,]+) known already, 0 not taken", out)
    fresh, known = (int(one.replace(",", "")) for one in said.groups())
    assert fresh + known == MANY
    assert known >= taken  # what was on its way when the command ended has come too
    assert await count(clinic, http) - before == MANY
    assert not (tmp_path / "many.not-taken.csv").exists()

    async def has_come():
        return await holder(desk, http, f"X-{MANY - 1:06d}") is not None

    await until("the desk has everybody", has_come)


async def test_the_next_online_number_of_today_comes_after_an_imported_one(
    clinic, desk, admin, http
):
    day = f"{datetime.now(ZoneInfo('Asia/Karachi')):%Y%m%d}"
    file = admin.write("today.csv", f"mrn,full_name\nPAT-{day}-470,Person\n")
    assert (await admin.take("patients", file))[0] == 0
    body = {"full_name": "New", "dob": "1990-01-01", "sex": "M", "phone": "03001234567"}
    async with http.post(f"{desk.url}/api/patients/", json=body) as answer:
        assert (await answer.json())["mrn"] == f"PAT-{day}-0471"

    async def has_come():
        return await holder(clinic.coordinator, http, f"PAT-{day}-0471") is not None

    await until("the coordinator has whoever was registered", has_come)


async def test_what_cannot_run_says_why_and_takes_nobody(clinic, admin, http):
    before = await count(clinic, http)
    broken = admin.write("broken.csv", 'mrn,full_name\nB1,Person\nB2,"Person\n')
    status, _, err = await admin.take("patients", broken)
    assert (status, "line 3 is broken" in err) == (2, True)
    good = admin.write("good.csv", "mrn,full_name\nB1,Person\n")
    status, _, err = await admin.take("patients", good, "--report", str(good))
    assert (status, "the report would replace it" in err) == (2, True)
    status, _, err = await admin.take("patients", good.with_name("none.csv"))
    assert (status, "none.csv" in err) == (2, True)
    printed = await clinic.administer("token", "LAB1-PC")
    status, _, err = await admin.take("patients", good, "--token", printed.split()[-1])
    assert (status, "it needs the right to administer, and LAB1-PC has" in err) == (2, True)
    assert await count(clinic, http) == before


async def test_only_the_administrator_imports(clinic, http):
    hub = clinic.coordinator
    printed = await clinic.administer("token", "LAB1-PC")
    token = {"Authorization": f"Bearer {printed.split()[-1]}"}
    for table in ("patients", "terminals"):
        path = f"{hub.url}/api/import/{table}/"
        async with http.post(path, json={"rows": []}, headers=token) as answer:
            assert answer.status == 403
        wrong = {
            "rows": [{}, {"rows": [{"mrn": 7}]}, {"rows": [{}] * 5001}],
            "dry_run": [{"rows": [], "dry_run": "maybe"}],
        }
        for name, bodies in wrong.items():
            for body in bodies:
                async with http.post(path, json=body, headers=hub.headers) as answer:
                    assert answer.status == 400
                    assert name in await answer.json()
