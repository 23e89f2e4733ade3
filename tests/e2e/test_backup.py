"""Backups, restores, salvage and a lost token, as an administrator does them."""

import json
import stat

import pytest

from examples.clinic import Daemon, Failed, free_ports, until
from sync.engine.keys import Signer
from tests.e2e.test_clinic import JOHN, post, registered_online
from tests.e2e.test_conflicts import in_sync

pytestmark = pytest.mark.asyncio(loop_scope="module")


def administering(clinic):
    return ("--url", clinic.coordinator.url, "--token", clinic.token)


async def own(desk, http, **fields):
    status, answer = await post(desk, http, JOHN | {"offline": True} | fields)
    assert status == 201, answer
    return answer


async def second_desk(clinic, code, numbers):
    """A desk that joins now."""
    port, sync_port = free_ports(2)
    desk = Daemon(code, "node.cli", clinic.folder / code, port, sync_port)
    clinic.desks[code] = desk
    await clinic._add(desk, numbers)
    return desk


async def put_back(daemon, file, *more):
    """Restore into the folder of a stopped daemon, and return the old folder, renamed."""
    old = daemon.folder.with_name(f"{daemon.folder.name}-old")
    daemon.folder.rename(old)
    witness = daemon.witness.with_suffix(".restored")
    said = await daemon.command("restore", str(file), "--witness", str(witness), *more)
    assert "What happens next" in said
    daemon.witness = witness
    return old


async def test_a_restored_coordinator_gets_its_past_back_from_desks_that_know_more(
    clinic, desk, http
):
    hub = clinic.coordinator
    before = await registered_online(desk, http)
    await in_sync(clinic, http)
    count = len(await hub.everyone(http))
    made = json.loads(await hub.command("backup", "--json", *administering(clinic)))
    assert made["patients"] == count
    later = await second_desk(clinic, "LAB2-PC", "720000-729999")
    people = [before]
    for one in (desk, later):
        people += [
            await registered_online(one, http),
            await registered_online(one, http),
            await own(one, http),
        ]

    async def hub_has_all():
        return len(await hub.everyone(http)) >= len(people)

    await until("the coordinator knows everybody", hub_has_all)
    for daemon in (desk, later, hub):
        assert await daemon.stop() == 0
    old = await put_back(hub, clinic.folder / "coordinator-old" / "backups" / name(made))
    await hub.start()
    assert len(await hub.everyone(http)) == count
    recovery = (await hub.call(http, "GET", "/api/status/"))["recovery"]
    assert "restored from a backup" in recovery["why"]
    assert recovery["waiting_for"] == ["LAB1-PC"], "it does not know yet of the other one"
    assert (await post(hub, http, JOHN))[1]["code"] == "in_recovery"

    await desk.start()

    async def waits_for_the_other():
        recovery = (await hub.call(http, "GET", "/api/status/"))["recovery"]
        return recovery is not None and recovery["waiting_for"] == ["LAB2-PC"]

    await until("it learned of the desk that joined after the backup", waits_for_the_other)
    assert (await post(hub, http, JOHN))[1]["code"] == "in_recovery"
    await later.start()

    async def recovered():
        return (await hub.call(http, "GET", "/api/status/"))["recovery"] is None

    await until("recovery is over", recovered)
    people += [await registered_online(one, http) for one in (desk, later)]
    people += [await own(one, http) for one in (desk, later)]
    status, answer = await post(hub, http, JOHN)
    assert status == 201
    people.append(answer)

    async def all_agree():
        found = [await daemon.everyone(http) for daemon in clinic.daemons]
        return all(
            {record: person["mrn"] for record, person in found[0].items()}
            == {record: person["mrn"] for record, person in other.items()}
            for other in found[1:]
        )

    await until("all have the same people", all_agree)
    everyone = await hub.everyone(http)
    assert {one["record_id"]: one["mrn"] for one in people}.items() <= {
        record: person["mrn"] for record, person in everyone.items()
    }.items()
    numbers = [person["mrn"] for person in everyone.values()]
    assert len(set(numbers)) == len(numbers)
    assert await clinic.conflicts("list") == "No conflicts.\n"
    assert old.exists()


def name(made):
    return made["file"].replace("\\", "/").rpartition("/")[2]


async def test_a_restored_desk_issues_nothing_from_before_and_gets_its_people_back(
    clinic, desk, http
):
    await own(desk, http)
    made = json.loads(await desk.command("backup", "--to", str(clinic.folder), "--json"))
    shown = [await own(desk, http) for _ in range(3)]
    hub = clinic.coordinator

    async def arrived():
        return shown[-1]["record_id"] in await hub.everyone(http)

    await until("they are at the coordinator", arrived)
    assert await desk.stop() == 0
    assert "All of it is good" in await desk.command("restore", "--check", made["copy"])
    with pytest.raises(Failed, match="is not empty"):
        await desk.command("restore", made["copy"])
    with pytest.raises(Failed, match=r"of a node \(LAB1-PC\)"):
        await hub.command("restore", made["copy"])
    await put_back(desk, made["copy"])
    assert stat.S_IMODE(desk.folder.stat().st_mode) == 0o700
    await desk.start()

    async def back():
        people = await desk.everyone(http)
        return all(one["record_id"] in people for one in shown)

    await until("people from after the backup are back", back)
    assert (await registered_online(desk, http))["mrn"].startswith("PAT-")

    async def has_range():
        return (await post(desk, http, JOHN | {"offline": True}))[0] == 201

    await until("a new range has come from the pool", has_range)
    assert not 710000 <= int((await own(desk, http))["mrn"]) <= 719999
    old = (await desk.call(http, "GET", "/api/status/"))["ranges"][0]
    assert (old["range"], old["remaining"]) == ("710000-719999", 0)


async def test_what_a_dead_desk_registered_alone_is_salvaged(clinic, desk, http):
    hub, other = clinic.coordinator, clinic.desks["LAB2-PC"]
    await in_sync(clinic, http)
    assert await hub.stop() == 0
    assert await other.stop() == 0
    alone = [await own(desk, http, full_name=f"Alone {number}") for number in range(5)]
    desk.kill()
    await desk.gone()
    await hub.start()
    await clinic.administer("deactivate", "LAB1-PC")
    with pytest.raises(Failed, match="that of LAB1-PC, not of LAB2-PC"):
        await clinic.administer("salvage", "LAB2-PC", str(desk.folder))
    printed = json.loads(await clinic.administer("salvage", "LAB1-PC", str(desk.folder), "--json"))
    assert printed["new_people"] == {"LAB1-PC": 5}
    assert printed["complete"] is True
    people = await hub.everyone(http)
    assert {people[one["record_id"]]["mrn"] for one in alone} == {one["mrn"] for one in alone}
    assert {people[one["record_id"]]["mrn_status"] for one in alone} == {"admitted"}
    again = await clinic.administer("salvage", "LAB1-PC", str(desk.folder))
    assert "People that are new here: 0." in again
    await clinic.administer("activate", "LAB1-PC")
    signer = Signer.new()
    (desk.folder / "signing-key.pem").rename(clinic.folder / "key")
    signer.save(desk.folder / "signing-key.pem")
    with pytest.raises(Failed, match="none that the registry has for terminal LAB1-PC"):
        await clinic.administer("salvage", "LAB1-PC", str(desk.folder))
    (clinic.folder / "key").replace(desk.folder / "signing-key.pem")
    await desk.start()
    await other.start()


async def test_a_backup_is_made_by_itself_and_shown(clinic, desk, http):
    for daemon in (clinic.coordinator, desk):

        async def shown(daemon=daemon):
            status = await daemon.call(http, "GET", "/api/status/")
            return status["backup"]["last_good"] and status["database_check"]

        await until("backup and check are done", shown)
        status = await daemon.call(http, "GET", "/api/status/")
        assert status["database_check"]["ok"] is True
        assert status["backup"]["failed"] is None
    assert "Last backup" in await desk.command("status")


async def test_a_backup_of_a_killed_daemon_is_made_without_it(clinic, desk, http):
    await own(desk, http)
    count = len(await desk.everyone(http))
    desk.kill()
    await desk.gone()
    made = json.loads(await desk.command("backup", "--json"))
    assert made["patients"] == count
    await desk.start()


async def test_a_lost_token_is_replaced_while_the_daemon_works(clinic, http):
    hub = clinic.coordinator
    printed = json.loads(await hub.command("token", "reset", "--json"))
    assert printed["good"] is True
    with pytest.raises(Failed, match="API key administrator was withdrawn"):
        await clinic.administer("list")
    clinic.token = printed["token"]
    hub.headers = {"Authorization": f"Bearer {clinic.token}"}
    assert "LAB1-PC" in await clinic.administer("list")
    assert "token-reset" not in {path.name for path in hub.folder.iterdir()}
