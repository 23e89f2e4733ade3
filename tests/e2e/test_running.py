"""Looking after a daemon that runs: doctor, drill, rebuild, stopping."""

import asyncio
import json
import signal
import sys

import pytest

from examples import programs
from examples.clinic import Failed, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

PERSON = {
    "full_name": "آمنہ بی بی",
    "dob": "1990-01-01",
    "sex": "F",
    "phone": "03001234567",
}


async def register(desk, http):
    return await desk.call(http, "POST", "/api/patients/", json=PERSON)


async def begin(desk, *arguments):
    """A drill's command line, on its way."""
    return await programs.start("node.cli", "--data", desk.data, "drill", *arguments, printed=True)


async def begin_as_installed(desk, *arguments):
    """The same in a process that has nothing from this one but what all children have."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "node.cli", "--data", desk.data, "drill", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def drilling(desk, http):
    async def is_on():
        return (await desk.call(http, "GET", "/api/drill/"))["on"]

    await until("the drill is on", is_on)


async def online(desk, http):
    async def is_online():
        return (await desk.call(http, "GET", "/api/status/"))["numbers"] == "online"

    await until("the desk is online", is_online)


async def test_a_drill_holds_the_node_offline_and_reports(desk, http):
    await register(desk, http)
    drill = await begin(desk, "--minutes", "60", "--json")
    await drilling(desk, http)
    with pytest.raises(Failed, match=r"409.*drill_on"):
        await desk.call(http, "POST", "/api/drill/", json={"minutes": 1})
    status = await desk.call(http, "GET", "/api/status/")
    assert status["numbers"] == "offline"
    assert status["drill"]["on"]
    people = [await register(desk, http) for _ in range(3)]
    first, *_, last = (one["mrn"] for one in people)
    assert int(last) == int(first) + 2
    assert "A drill is on" in await desk.command("status")
    await desk.call(http, "DELETE", "/api/drill/")
    out, err = await drill.communicate()
    report = json.loads(out)
    assert (drill.returncode, err) == (0, b"")
    assert (report["people"], report["confirmed"], report["waiting"]) == (3, 3, 0)
    assert report["numbers"] == [f"{first}-{last}"]
    assert report["was_connected"]
    assert report["in_step_after_s"] >= 0
    assert report["wrong"] == []
    await online(desk, http)


async def test_a_drill_ends_by_itself_when_its_command_line_is_gone(desk, http):
    drill = await begin(desk, "--minutes", "0.05")
    assert b"held offline" in await drill.stderr.readline()
    drill.kill()
    await drill.wait()

    async def is_over():
        return (await desk.call(http, "GET", "/api/drill/"))["phase"] == "done"

    await until("the drill is over, and all is in step", is_over)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent there")
async def test_ctrl_c_ends_a_drill_and_still_reports(desk, http):
    drill = await begin_as_installed(desk, "--minutes", "60")
    await drilling(desk, http)
    line = await drill.stderr.readline()
    assert b"held offline for 60 minutes" in line
    drill.send_signal(signal.SIGINT)
    out, err = await drill.communicate()
    assert drill.returncode == 0
    assert b"Ended before its time." in err
    assert "In step with the coordinator again" in out.decode()
    assert "Nobody was registered" in out.decode()
    await online(desk, http)


@pytest.mark.parametrize("minutes", [0, -1, 10**9, "x", None, True])
async def test_a_drill_has_a_length(desk, http, minutes):
    with pytest.raises(Failed, match="400"):
        await desk.call(http, "POST", "/api/drill/", json={"minutes": minutes})


async def test_the_doctor_finds_a_running_desk_well(desk, http):
    await online(desk, http)
    report = json.loads(await desk.command("doctor", "--json"))
    found = {one["check"]: one for one in report["findings"]}
    assert {name for name, one in found.items() if one["level"] == "problem"} == set()
    assert "connected and in step" in found["coordinator"]["found"]
    assert found["daemon"]["level"] == "ok"
    assert "agrees" in found["clock"]["found"]
    assert "left" in found["ranges"]["found"]


async def test_the_doctor_finds_a_running_coordinator_well(clinic):
    report = json.loads(await clinic.coordinator.command("doctor", "--json"))
    assert [one for one in report["findings"] if one["level"] == "problem"] == []
    assert "it runs and answers" in str(report)


async def test_the_doctor_sees_what_a_stopped_desk_lacks(desk, http):
    await desk.stop()
    desk.witness.rename(desk.witness.with_suffix(".away"))
    try:
        with pytest.raises(Failed):
            await desk.command("doctor")
    finally:
        desk.witness.with_suffix(".away").rename(desk.witness)
        await desk.start()
    await online(desk, http)


async def test_a_rebuild_keeps_everybody_and_every_id(clinic, desk, http):
    await register(desk, http)

    async def all_confirmed():
        return (await desk.call(http, "GET", "/api/status/"))["pending"] == 0

    await until("all are confirmed", all_confirmed)
    before = await desk.everyone(http)
    assert before
    with pytest.raises(Failed, match="Another daemon is using"):
        await desk.command("rebuild")
    await desk.stop()
    printed = json.loads(await desk.command("rebuild", "--json"))
    assert printed["people"] == len(before)
    with (desk.folder / "node.toml").open("a", encoding="utf-8") as file:
        file.write('origins = ["https://lims.example"]\nrequired = ["full_name", "sex"]\n')
    await desk.start()
    assert await desk.everyone(http) == before
    for words, count in (("آمنہ", len(before)), ("زینب", 0)):
        query = {"query": words, "page_size": "100"}
        found = await desk.call(http, "GET", "/api/patients/", params=query)
        assert len(found["results"]) == count
    await online(desk, http)


async def test_a_page_of_a_site_in_the_settings_may_call(desk, http):
    for origin, status in (("https://lims.example", 200), ("https://other.example", 403)):
        headers = {"Origin": origin}
        async with http.get(desk.url + "/api/status/", headers=headers) as answer:
            assert answer.status == status


async def test_the_settings_say_which_fields_are_required(desk, http):
    body = {"full_name": "نامعلوم", "sex": "M"}
    assert (await desk.call(http, "POST", "/api/patients/", json=body))["phone"] is None
    with pytest.raises(Failed, match="'sex': \\['this field is required"):
        await desk.call(http, "POST", "/api/patients/", json={"full_name": "نامعلوم"})


async def test_a_coordinator_is_rebuilt_too(clinic, desk, http):
    hub = clinic.coordinator
    await online(desk, http)

    async def has_all():
        return len(await hub.everyone(http)) == len(await desk.everyone(http))

    await until("the coordinator has everybody", has_all)
    before = await hub.everyone(http)
    await hub.stop()
    printed = json.loads(await hub.command("rebuild", "--json"))
    assert printed["people"] == len(before)
    await hub.start()
    assert await hub.everyone(http) == before
    await online(desk, http)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent there")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
async def test_each_signal_stops_a_daemon_cleanly(desk, http, name):
    desk._signal(name)
    assert await desk.gone() == 0
    assert "stopping" in (desk.folder / "logs" / "node.log").read_text(encoding="utf-8")
    await desk.start()
    await online(desk, http)
