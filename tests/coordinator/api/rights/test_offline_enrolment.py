"""A request file is answered over HTTP, and each that cannot be is refused."""

from __future__ import annotations

import msgspec
import pytest

from coordinator.judging import recovery
from node.enrolment import offline
from sync.daemon import enrolment_files
from sync.daemon.enrolment_files import AnswerFile, RequestFile
from sync.trust import certificates
from tests.daemons import open_hub

PATH = "/api/enrolments/offline/"


@pytest.fixture
async def hub(tmp_path):
    async with open_hub(tmp_path) as hub:
        yield hub


@pytest.fixture
def request_of(tmp_path):
    """The request of a new desk."""

    def ask(code, folder="lab"):
        path, _ = offline.ask(tmp_path / folder, code, tmp_path / f"{folder}.witness")
        return path.read_text(encoding="utf-8")

    return ask


async def test_it_lets_the_desk_in_and_answers_again_with_the_same_range(hub, request_of):
    body = {"request": request_of("LAB1-PC"), "name": "Laboratory", "host": "10.0.0.5"}
    for _ in range(2):
        given = await hub.call("POST", PATH, body)
        answer = enrolment_files.parsed(given["answer"], AnswerFile, "")
        assert given["check"] == enrolment_files.check_of(given["answer"])
        assert answer.coordinator == f"wss://10.0.0.5:{hub.config.sync_listen.port}/sync"
        assert answer.coordinator_key == hub.config.signer().public_key
        assert certificates.is_issued_by(answer.certificate, answer.authority)
        assert len(hub.replica.registry.blocks_of("LAB1-PC")) == 1
    assert (await hub.get("/api/terminals/LAB1-PC/"))["name"] == "Laboratory"
    assert (await hub.get("/api/signing-key/"))["enrolled"] == ["LAB1-PC"]


async def test_what_cannot_be_answered_is_refused(hub, request_of):
    request = request_of("LAB1-PC")
    parsed = enrolment_files.parsed(request, RequestFile, "")
    other = enrolment_files.written(msgspec.structs.replace(parsed, terminal="WARD-PC"))
    await hub.call("POST", PATH, {"request": request})
    for content, code in (
        ("{}", "wrong_file"),
        (other, "enrol_proof_wrong"),
        (request_of("LAB1-PC", "another"), "enrol_terminal_taken"),
    ):
        status, answer = await hub.send("POST", PATH, {"request": content})
        assert (answer["code"], status >= 400) == (code, True)
    await hub.call("DELETE", "/api/terminals/LAB1-PC/")
    assert (await hub.send("POST", PATH, {"request": request}))[1]["code"] == "key_withdrawn"


async def test_the_check_that_the_desk_has_shown_tells_its_file_from_others(hub, request_of):
    request, other = request_of("LAB1-PC"), request_of("WARD-PC", "ward")
    for check in ("x", "not one", enrolment_files.check_of(other)):
        status, answer = await hub.send("POST", PATH, {"request": request, "check": check})
        assert (status, answer.get("code")) == (400, "wrong_check"), (check, answer)
    body = {"request": request, "check": enrolment_files.check_of(request).lower()}
    assert (await hub.call("POST", PATH, body))["terminal"] == "LAB1-PC"


async def test_in_recovery_only_desks_are_let_in_that_were_at_work(hub, request_of):
    request = request_of("LAB1-PC")
    await hub.call("POST", PATH, {"request": request})
    await hub.replica.write(lambda tx: recovery.begin_restored(tx.store, "a test"))
    assert (await hub.send("POST", PATH, {"request": request}))[0] == 201
    new = request_of("WARD-PC", "ward")
    assert (await hub.send("POST", PATH, {"request": new}))[1]["code"] == "in_recovery"
