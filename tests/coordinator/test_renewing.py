"""The authority is replaced: desks that connect get new certificates, and then the old one ends."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from coordinator.errors import NextAuthorityThere, NoNextAuthority
from coordinator.registry import authorities
from node.renewing import Renewal
from sync.engine.keys import Signer
from sync.model.facts import COORDINATOR, State
from sync.trust import certificates, codes, tls
from sync.trust.authority import NEXT, NEXT_KEY
from sync.trust.credentials import (
    AUTHORITY,
    CERTIFICATE,
    TLS_KEY,
    read_certificate,
    write_certificate,
    write_key,
)
from tests.daemons import WAIT_S_MAX, enrolled, new_code, new_desk, open_hub

LAB = "LAB1-PC"


@pytest.fixture
async def hub(tmp_path):
    async with open_hub(tmp_path) as hub:
        yield hub


@pytest.fixture
async def desk(hub, tmp_path):
    desk = await enrolled(tmp_path, await new_code(hub, LAB), "lab")
    async with desk.running(jobs=False):
        await desk.in_touch()
        yield desk


def issuer(hub):
    return hub.daemon._renewing.issuer


async def act(hub, what, body=None):
    return await hub.call("POST", f"/api/authority/{what}/", body or {})


async def comes_back(desk):
    peering = desk.daemon._peering
    peering.go_offline()
    await peering.wait_until(lambda: not peering.sessions())
    peering.go_online()
    await asyncio.wait_for(peering.wait_live(COORDINATOR), WAIT_S_MAX)


async def test_a_desk_gets_its_certificate_over_its_connection_and_the_old_authority_ends(
    hub, desk, tmp_path
):
    old = issuer(hub).current
    assert (await hub.get("/api/authority/"))["left"] == []
    assert (await act(hub, "renew"))["left"] == [LAB]
    await desk.daemon._peering.wait_until(lambda: True)
    await heard(desk, 2)
    await desk.daemon._renewal.look()
    new = issuer(hub).next
    own = read_certificate(desk.config.folder / CERTIFICATE)
    assert certificates.is_issued_by(own, new.certificate)
    assert (await hub.get("/api/authority/"))["left"] == []
    await comes_back(desk)
    answer = await act(hub, "finish", {"reason": "once a year"})
    assert (answer["fingerprint"], answer["next"]) == (new.fingerprint.hex(), None)
    await comes_back(desk)
    assert desk.replica.registry.authorities == {new.certificate}
    assert desk.replica.registry.authorities_withdrawn == {old.certificate}
    assert not (hub.config.folder / NEXT).exists()
    assert not (hub.config.folder / NEXT_KEY).exists()


async def test_a_desk_that_was_away_is_named_and_comes_back_by_a_new_code(hub, desk, tmp_path):
    ward = await enrolled(tmp_path, await new_code(hub, "WARD-PC"), "ward")
    await act(hub, "renew")
    await heard(desk, 2)
    await desk.daemon._renewal.look()
    assert (await hub.get("/api/authority/"))["left"] == ["WARD-PC"]
    await act(hub, "finish", {"reason": "it was stolen"})
    async with ward.running(jobs=False):
        peering = ward.daemon._peering
        await asyncio.wait_for(peering.wait_until(lambda: peering.refusal is not None), WAIT_S_MAX)
    assert peering.refusal.reason == "not_coordinator"
    ward = await enrolled(tmp_path, await new_code(hub, "WARD-PC"), "ward")
    async with ward.running(jobs=False):
        await ward.in_touch()
    assert (await hub.get("/api/authority/"))["left"] == []


async def test_while_there_are_two_a_new_desk_is_let_in_and_renews_like_the_others(hub, tmp_path):
    await act(hub, "renew")
    code = await new_code(hub, LAB)
    assert issuer(hub).current.fingerprint.startswith(codes.parse(code).fingerprint)
    desk = await enrolled(tmp_path, code, "lab")
    async with desk.running(jobs=False):
        await desk.in_touch()
        await desk.daemon._renewal.look()
        await comes_back(desk)
    own = read_certificate(desk.config.folder / AUTHORITY)
    assert own == issuer(hub).next.certificate


async def test_a_desk_whose_certificate_is_of_the_newest_authority_asks_for_nothing(hub, desk):
    before = (desk.config.folder / CERTIFICATE).read_bytes()
    await desk.daemon._renewal.look()
    assert (desk.config.folder / CERTIFICATE).read_bytes() == before


async def test_a_desk_that_may_not_sync_gets_no_certificate(hub, desk, caplog):
    await act(hub, "renew")
    await heard(desk, 2)
    body = {"state": State.REVOKED, "reason": "stolen"}
    await hub.call("PATCH", f"/api/terminals/{LAB}/", body)
    before = (desk.config.folder / CERTIFICATE).read_bytes()
    caplog.set_level("INFO")
    await desk.daemon._renewal.look()
    assert (desk.config.folder / CERTIFICATE).read_bytes() == before
    assert "no new certificate yet" in caplog.text


async def test_a_forged_certificate_is_not_renewed(hub, desk, tmp_path):
    """Whoever has stolen the key of the authority can name a desk, but not sign as that desk."""
    await act(hub, "renew")
    thief, tls_key = tmp_path / "thief", certificates.new_key()
    thief.mkdir()
    own = certificates.public_bytes(tls_key)
    forged = issuer(hub).current.issue(LAB, desk.config.signer().public_key, own)
    write_certificate(thief / CERTIFICATE, forged)
    write_key(thief / TLS_KEY, tls_key)
    true = read_certificate(desk.config.folder / AUTHORITY)
    context = tls.client(thief / CERTIFICATE, thief / TLS_KEY, [true])
    said = Signer.new().sign(certificates.renewal_bytes(own))
    theirs = desk.config.signer().sign(certificates.renewal_bytes(b"their own"))
    url = f"https://127.0.0.1:{hub.config.sync_listen.port}/certificate"
    for signature in ("", "x", said.hex(), theirs.hex()):
        async with (
            aiohttp.ClientSession() as http,
            http.post(url, ssl=context, headers={"Signature": signature}) as response,
        ):
            assert response.status == 403
            assert (await response.json())["code"] == "enrol_proof_wrong"


async def test_what_was_interrupted_is_ended_at_the_next_start(hub):
    await act(hub, "renew")
    old, new = issuer(hub).current.certificate, issuer(hub).next.certificate
    await hub.replica.write(lambda tx: authorities.withdraw(tx, old, "power cut after this"))
    await hub.daemon._renewing.start()
    assert issuer(hub).current.certificate == new
    assert issuer(hub).next is None


async def test_there_is_one_next_authority_at_a_time(hub):
    with pytest.raises(NoNextAuthority):
        await hub.daemon._renewing.finish("why")
    await hub.daemon._renewing.begin()
    with pytest.raises(NextAuthorityThere):
        await hub.daemon._renewing.begin()


async def test_desks_that_joined_with_a_file_are_left(hub, tmp_path):
    await new_desk(tmp_path, hub, "OLD-PC", "710000-719999")
    assert (await hub.get("/api/authority/"))["left"] == ["OLD-PC"]


async def heard(desk, many):
    """Wait until the desk knows so many authorities."""
    changed = asyncio.Event()
    end = desk.replica.subscribe(lambda _commit: changed.set())
    while len(desk.replica.registry.authorities) < many:
        await asyncio.wait_for(changed.wait(), WAIT_S_MAX)
        changed.clear()
    end()


def test_the_coordinator_is_asked_where_it_syncs(tmp_path):
    asked = Renewal(None, None, None, lambda: "wss://hub:8471/sync")._url
    assert str(asked) == "https://hub:8471/certificate"
