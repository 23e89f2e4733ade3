"""A desk is enrolled with a code: over real TLS sockets, with each refusal and its next step."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import select
import shutil
import socket
import ssl
import threading
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from coordinator import guesses
from node.config import load
from node.enrolment import doors, enrolling, taking
from node.enrolment.taking import Options
from node.errors import (
    CoordinatorNotFound,
    EnrolmentRefused,
    EnrolmentUnreachable,
    OtherCoordinator,
    WrongAuthority,
)
from sync.errors import BadConfig, BadEnrolCode, StoreLocked
from sync.storage.lock import FolderLock
from sync.trust import authority, certificates, codes, credentials, tls
from tests.daemons import (
    OFFLINE,
    WAIT_S_MAX,
    Desk,
    enrolled,
    new_code,
    new_desk,
    new_hub,
    open_hub,
)
from tests.daemons.running import addresses
from tests.node.enrolment.computers import Computer, can_give_one_number_twice, moments, put_back

LAB = "LAB1-PC"


@pytest.fixture
async def hub(tmp_path):
    async with open_hub(tmp_path) as hub:
        yield hub


@pytest.fixture(autouse=True)
def cheap_codes(monkeypatch):
    """Short codes cost a moment each; `tests.e2e.test_network` pays for a real one."""
    real = codes.scrypt
    monkeypatch.setattr(codes, "scrypt", lambda code, **how: real(code, **how | {"n": 1 << 8}))


@pytest.fixture(autouse=True)
def announced(monkeypatch):
    """Where somebody announces on the network that he lets desks in."""
    found: list[tuple[str, int]] = []
    monkeypatch.setattr(doors, "places", lambda _fingerprint: iter(found))
    return found


async def refusal(folder, code, name="lab"):
    with pytest.raises(EnrolmentRefused) as raised:
        await enrolled(folder, code, name)
    return str(raised.value)


async def test_a_bare_computer_becomes_a_desk_with_numbers_and_syncs(hub, tmp_path):
    desk = await enrolled(tmp_path, await new_code(hub, LAB), "lab")
    assert desk.config.code == LAB
    assert desk.config.coordinator.startswith("wss://127.0.0.1:")
    async with desk.running(jobs=False):
        await desk.in_touch()
        person = await desk.register(**OFFLINE)
        path = f"/api/patients/{person['record_id']}/"
        await desk.until(path, lambda one: one["mrn_status"] == "admitted")
        assert desk.replica.registry.authorities == hub.replica.registry.authorities
        assert len(hub.replica.registry.blocks_of(LAB)) == 1
        assert await new_code(hub, LAB), "a new code for a desk that is there"


async def test_a_desk_that_had_joined_with_a_file_keeps_identity_ranges_and_people(hub, tmp_path):
    desk = await new_desk(tmp_path, hub, LAB, "710000-719999")
    async with desk.running(jobs=False):
        await desk.in_touch()
        first = await desk.register(**OFFLINE)
    before = desk.config
    incarnation, ranges = desk.replica.identity.incarnation, hub.replica.registry.blocks_of(LAB)
    desk = await enrolled(tmp_path, await new_code(hub, LAB), LAB)
    assert desk.config.signer().public_key == before.signer().public_key
    assert (desk.config.witness, desk.config.listen) == (before.witness, before.listen)
    assert (before.coordinator[:3], desk.config.coordinator[:4]) == ("ws:", "wss:")
    async with desk.running(jobs=False):
        await desk.in_touch()
        assert desk.replica.identity.incarnation == incarnation
        second = await desk.register(**OFFLINE)
    assert hub.replica.registry.blocks_of(LAB) == ranges
    assert (first["mrn"], second["mrn"]) == ("710000", "710001")


async def test_a_copy_of_the_folder_of_any_moment_is_another_incarnation_or_has_the_same_witness(
    hub, tmp_path, monkeypatch
):
    """Both are enrolled, one after the other; the copy perhaps on another computer."""
    here = Computer(tmp_path / "here", "here", monkeypatch)
    there = Computer(tmp_path / "there", "there", monkeypatch)
    witness = here.place / "lab.witness"

    async def take(computer, name):
        computer.use()
        code = await new_code(hub, LAB)
        wanted = addresses()
        options = Options(wanted["listen"], wanted["sync_listen"], witness)
        folder = computer.place / name
        settings = await asyncio.to_thread(enrolling.enrol, folder, code, None, options)
        return computer.made(settings)

    with moments(here, tmp_path / "kept", monkeypatch) as taken:
        await take(here, "lab")
    with_desk = [one for one in taken if (one / "lab" / "node.toml").exists()]
    assert len(with_desk) > 2
    for number, moment in enumerate(with_desk):
        for computer in (here, there):
            put_back(here, moment)
            shutil.copytree(here.place / "lab", computer.place / f"copy-{number}")
            lab = await take(here, "lab")
            copy = await take(computer, f"copy-{number}")
            assert not can_give_one_number_twice(lab, copy)
            assert (lab.incarnation == copy.incarnation) is (computer is here)


async def test_a_lost_answer_is_asked_for_again_with_the_same_key(hub, tmp_path):
    code = await new_code(hub, LAB)
    desk = await enrolled(tmp_path, code, "lab")
    certificate = (desk.config.folder / credentials.CERTIFICATE).read_bytes()
    (desk.config.folder / credentials.CERTIFICATE).unlink()
    with pytest.raises(BadConfig, match="no certificate"):
        load(desk.config.folder)
    again = await enrolled(tmp_path, code, "lab")
    assert (again.config.folder / credentials.CERTIFICATE).read_bytes() == certificate
    assert len(hub.replica.registry.blocks_of(LAB)) == 1


async def test_a_second_key_is_refused_and_raises_an_alarm(hub, tmp_path):
    code = await new_code(hub, LAB)
    await enrolled(tmp_path, code, "lab")
    said = await refusal(tmp_path, code, "other")
    assert "Another computer has used this code for LAB1-PC" in said
    assert "Ask the administrator for a new code" in said
    alarms = (await hub.get("/api/status/"))["alarms"]
    assert any(alarm["code"] == "code_used_twice" and LAB in alarm["text"] for alarm in alarms)
    assert len(hub.replica.registry.terminals[LAB].live_keys) == 1
    await hub.daemon._recorder.written()
    found = (await hub.get("/api/audit/?act=enrolment"))["results"]
    said = [(one["who"], one["act"], one["outcome"]) for one in found if one["who"]]
    assert said[:2] == [
        (LAB, "enrolment.let_in", "enrol_code_used"),
        (LAB, "enrolment.let_in", "done"),
    ]


async def test_a_code_whose_time_is_over_is_refused(hub, tmp_path, monkeypatch):
    code = await new_code(hub, LAB, valid_s=60)
    later = hub.replica.now_ms + 61_000
    monkeypatch.setattr(type(hub.replica), "now_ms", property(lambda _: later))
    assert "The time of this code for LAB1-PC is over" in await refusal(tmp_path, code)
    assert not (tmp_path / "lab").exists()


async def test_a_newer_code_takes_the_place_of_one_that_nobody_has_used(hub, tmp_path):
    first = await new_code(hub, LAB)
    second = await new_code(hub, LAB)
    assert "does not know this code" in await refusal(tmp_path, first)
    assert (await enrolled(tmp_path, second, "lab")).config.code == LAB


async def test_a_mistyped_code_is_noticed_before_anything_is_sent(hub, tmp_path):
    code = await new_code(hub, LAB)
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    with pytest.raises(BadEnrolCode, match="Nothing was sent"):
        await enrolled(tmp_path, wrong, "lab")
    assert not (tmp_path / "lab").exists()


async def test_a_code_for_another_terminal_is_refused_and_the_desk_stays_as_it_is(hub, tmp_path):
    desk = await enrolled(tmp_path, await new_code(hub, LAB), "lab")
    said = await refusal(tmp_path, await new_code(hub, "WARD-PC"))
    assert "This computer is LAB1-PC, and the code is for WARD-PC" in said
    assert load(desk.config.folder) == desk.config


async def test_a_second_computer_for_a_terminal_that_has_one_is_told_to_be_replaced(hub, tmp_path):
    await enrolled(tmp_path, await new_code(hub, LAB), "lab")
    said = await refusal(tmp_path, await new_code(hub, LAB), "other")
    assert "terminals replace" in said
    await hub.call("PATCH", f"/api/terminals/{LAB}/", {"state": "replaced", "reason": "it died"})
    desk = await enrolled(tmp_path, await new_code(hub, LAB), "third")
    async with desk.running(jobs=False):
        await desk.in_touch()
    blocks = hub.replica.registry.blocks_of(LAB)
    assert [block.closed for block in blocks] == [True, False]


async def test_guessing_holds_up_the_guesser_and_never_the_owner(hub, tmp_path):
    code = await new_code(hub, LAB)
    right = codes.parse(code)
    for _ in range(guesses.WRONG_MAX):
        wrong = codes.fresh(right.host, right.port, right.fingerprint)
        assert "does not know this code" in await refusal(tmp_path, wrong.text)
    assert "Too many wrong codes" in await refusal(tmp_path, wrong.text)
    guessed = right._replace(secret=bytes(16))
    assert "Too many wrong codes" in await refusal(tmp_path, guessed.text)
    found = [alarm["code"] for alarm in (await hub.get("/api/status/"))["alarms"]]
    assert "code_guessed" in found
    assert (await enrolled(tmp_path, code, "lab")).config.code == LAB


async def test_a_false_coordinator_gets_nothing_of_the_code(hub, tmp_path):
    code = codes.parse(await new_code(hub, LAB))
    false = tmp_path / "false"
    false.mkdir()
    authority.make(false, bytes(32))
    async with Imposter(false) as imposter:
        aimed = code._replace(host="127.0.0.1", port=imposter.port)
        with pytest.raises(WrongAuthority, match="Nothing of the code was sent"):
            await enrolled(tmp_path, aimed.text, "lab")
    assert imposter.heard
    assert all(one.startswith(b"GET /authority ") for one in imposter.heard)
    assert not any(code.secret.hex().encode() in one for one in imposter.heard)


async def test_somebody_who_shows_the_true_authority_without_its_key_gets_nothing(hub, tmp_path):
    """The certificate of the authority is no secret, so anybody can hand it out."""
    code = codes.parse(await new_code(hub, LAB))
    false = tmp_path / "false"
    false.mkdir()
    authority.make(false, bytes(32))
    true = credentials.read_certificate(hub.config.folder / credentials.AUTHORITY)
    async with Imposter(false, true) as imposter:
        aimed = code._replace(host="127.0.0.1", port=imposter.port)
        with pytest.raises(WrongAuthority):
            await enrolled(tmp_path, aimed.text, "lab")
    assert not any(code.secret.hex().encode() in one for one in imposter.heard)


async def test_another_certificate_around_the_authoritys_key_is_not_kept(hub, tmp_path):
    """The code names the key alone, and no registry would ever withdraw such a certificate."""
    code = codes.parse(await new_code(hub, LAB))
    true = credentials.read_certificate(hub.config.folder / credentials.AUTHORITY)
    dressed = rewrapped(true)
    assert certificates.fingerprint(dressed) == certificates.fingerprint(true)
    false = tmp_path / "false"
    false.mkdir()
    authority.make(false, bytes(32))
    async with Imposter(false, dressed, then_to=hub.config.enrol_listen.port) as imposter:
        aimed = code._replace(host="127.0.0.1", port=imposter.port)
        desk = await enrolled(tmp_path, aimed.text, "lab")
    assert [one.partition(b" HTTP")[0] for one in imposter.heard] == [b"GET /authority"]
    assert credentials.read_certificate(desk.config.folder / credentials.AUTHORITY) == true


def rewrapped(authority_: bytes) -> bytes:
    """A certificate of the same key and name that nobody of that name has signed."""
    read = x509.load_der_x509_certificate(authority_)
    made = (
        x509.CertificateBuilder()
        .subject_name(read.subject)
        .issuer_name(read.issuer)
        .public_key(read.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(certificates.FIRST)
        .not_valid_after(certificates.LAST)
    )
    for extension in read.extensions:
        made = made.add_extension(extension.value, extension.critical)
    signed = made.sign(certificates.new_key(), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize("state", ["revoked", "retired"])
@pytest.mark.parametrize("used", [False, True])
async def test_a_code_that_was_given_before_the_terminal_ended_lets_nobody_in(
    hub, tmp_path, state, used
):
    code = await new_code(hub, LAB)
    if used:
        await enrolled(tmp_path, code, "lab")
    await hub.call("PATCH", f"/api/terminals/{LAB}/", {"state": state, "reason": "stolen"})
    assert "does not know this code" in await refusal(tmp_path, code)
    assert not hub.replica.registry.terminals[LAB].live_keys
    assert (await enrolled(tmp_path, await new_code(hub, LAB), "new")).config.code == LAB


async def test_a_code_that_was_given_before_the_terminal_was_deleted_lets_nobody_in(hub, tmp_path):
    code = await new_code(hub, LAB)
    await hub.call("DELETE", f"/api/terminals/{LAB}/")
    assert "does not know this code" in await refusal(tmp_path, code)


async def test_a_desk_that_plays_coordinator_gets_nothing(hub, tmp_path):
    """Its certificate is of the right authority, but names a desk."""
    desk = await enrolled(tmp_path, await new_code(hub, LAB), "lab")
    code = codes.parse(await new_code(hub, "WARD-PC"))
    true = credentials.read_certificate(hub.config.folder / credentials.AUTHORITY)
    async with Imposter(desk.config.folder, true) as imposter:
        aimed = code._replace(host="127.0.0.1", port=imposter.port)
        with pytest.raises(WrongAuthority):
            await enrolled(tmp_path, aimed.text, "ward")
    assert not any(code.secret.hex().encode() in one for one in imposter.heard)


async def test_a_short_code_needs_the_address_and_nothing_else(hub, tmp_path):
    code = await new_code(hub, LAB, short=True)
    assert len(code) < 25
    with pytest.raises(CoordinatorNotFound):
        await enrolled(tmp_path, code, "lab")
    desk = await enrolled(tmp_path, code, "lab", at(hub))
    assert desk.config.code == LAB
    before = (desk.config.folder / credentials.CERTIFICATE).read_bytes()
    desk = await enrolled(tmp_path, code, "lab", at(hub))
    assert (desk.config.folder / credentials.CERTIFICATE).read_bytes() == before
    with pytest.raises(EnrolmentRefused, match="Another computer has used this code"):
        await enrolled(tmp_path, code, "other", at(hub))
    async with desk.running(jobs=False):
        await desk.in_touch()


async def test_with_a_short_code_the_right_one_is_found_among_those_that_announce_themselves(
    hub, tmp_path, announced
):
    """Everybody can announce anything: nothing of the code is sent to the others."""
    code = codes.parse(await new_code(hub, LAB, short=True))
    false = tmp_path / "false"
    false.mkdir()
    authority.make(false, bytes(32))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = taken.getsockname()[1]
    async with Imposter(false) as imposter:
        ports = (nobody, imposter.port, hub.config.enrol_listen.port)
        announced += [("127.0.0.1", port) for port in ports]
        assert (await enrolled(tmp_path, code.text, "lab")).config.code == LAB
    for secret in (code.digits.encode(), *(key.hex().encode() for key in code.stretched())):
        assert not any(secret in one for one in imposter.heard)


async def test_with_a_long_code_a_coordinator_that_has_moved_is_found(hub, tmp_path, announced):
    code = codes.parse(await new_code(hub, LAB))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        gone = code._replace(host="127.0.0.1", port=taken.getsockname()[1])
    with pytest.raises(EnrolmentUnreachable, match=f"127.0.0.1:{gone.port}"):
        await enrolled(tmp_path, gone.text, "lab")
    announced.append(("127.0.0.1", hub.config.enrol_listen.port))
    with pytest.raises(EnrolmentUnreachable):  # whoever names an address means that one
        await enrolled(tmp_path, gone.text, "lab", f"127.0.0.1:{gone.port}")
    assert (await enrolled(tmp_path, gone.text, "lab")).config.code == LAB


async def test_a_coordinator_that_does_not_know_a_short_code_gets_nothing_of_it(hub, tmp_path):
    """It can answer as it likes, but cannot prove what it does not know."""
    code = codes.parse(await new_code(hub, LAB, short=True))
    false = tmp_path / "false"
    false.mkdir()
    authority.make(false, bytes(32))
    async with Imposter(false) as imposter:
        with pytest.raises(WrongAuthority):
            await enrolled(tmp_path, code.text, "lab", f"127.0.0.1:{imposter.port}")
    assert all(one.startswith(b"POST /prove ") for one in imposter.heard)
    keys = [key.hex().encode() for key in code.stretched()]
    for secret in (code.digits.encode(), *keys):
        assert not any(secret in one for one in imposter.heard)


async def test_what_a_stranger_says_moves_no_cursor(hub, tmp_path):
    """It is shown before anything is known of who says it."""
    code = codes.parse(await new_code(hub, LAB))
    false = tmp_path / "false"
    false.mkdir()
    authority.make(false, bytes(32))
    said = "\x1b[2J\r\nPassword:\u202e" + "x" * 5000
    async with Imposter(false, refuses=said) as imposter:
        aimed = code._replace(host="127.0.0.1", port=imposter.port)
        shown = await refusal(tmp_path, aimed.text)
    assert shown.isprintable()
    assert "[2J" in shown
    assert len(shown) < 600


async def test_a_proof_that_somebody_in_between_passes_on_is_no_proof(hub, tmp_path):
    """He has a TLS key of his own, and asks the true coordinator for the proof."""
    code = await new_code(hub, LAB, short=True)
    false = tmp_path / "false"
    false.mkdir()
    authority.make(false, bytes(32))
    async with Imposter(false, passes_on_to=hub.config.enrol_listen.port) as imposter:
        with pytest.raises(WrongAuthority):
            await enrolled(tmp_path, code, "lab", f"127.0.0.1:{imposter.port}")
    assert len(imposter.heard) == 1, "nothing came after the false proof"
    assert imposter.answered


async def test_a_short_code_that_nobody_has_given_is_refused_and_counted(hub, tmp_path):
    await new_code(hub, LAB, short=True)
    for _ in range(guesses.WRONG_MAX):
        with pytest.raises(EnrolmentRefused, match="does not know this code"):
            await enrolled(tmp_path, codes.fresh_short().text, "lab", at(hub))
    with pytest.raises(EnrolmentRefused, match="Too many wrong codes"):
        await enrolled(tmp_path, codes.fresh_short().text, "lab", at(hub))


async def test_a_wrong_short_code_with_a_right_name_is_noticed_by_the_desk(hub, tmp_path):
    code = codes.parse(await new_code(hub, LAB, short=True))
    wrong = code._replace(digits=codes.fresh_short().digits)
    with pytest.raises(WrongAuthority):
        await enrolled(tmp_path, wrong.text, "lab", at(hub))


def at(hub):
    return f"127.0.0.1:{hub.config.enrol_listen.port}"


@pytest.mark.parametrize(
    ("given", "host", "port"),
    [
        ("hub", "hub", 8472),
        ("hub:9000", "hub", 9000),
        ("10.0.0.5:9000", "10.0.0.5", 9000),
        ("fd00::1", "fd00::1", 8472),
        ("[fd00::1]:9000", "fd00::1", 9000),
        ("[fd00::1]", "fd00::1", 8472),
        ("[fd00:1:2::1]:9000", "fd00:1:2::1", 9000),
        ("1::2:9000", "1::2:9000", 8472),
        ("::1", "::1", 8472),
        ("fe80::1%eth0", "fe80::1%eth0", 8472),
        ("[fe80::1%25eth0]:9000", "fe80::1%eth0", 9000),
    ],
)
def test_where_an_option_says_to_look(given, host, port):
    found = enrolling.place_of(codes.fresh_short(), given)
    assert (found.host, found.port) == (host, port)


async def test_a_desk_of_another_coordinator_is_told_so(hub, tmp_path):
    desk = await enrolled(tmp_path, await new_code(hub, LAB), "lab")
    other = tmp_path / "other"
    other.mkdir()
    async with new_hub(other).running(jobs=False) as another:
        code = await new_code(another, LAB)
        with pytest.raises(OtherCoordinator, match="LAB1-PC belongs to another coordinator"):
            await enrolled(tmp_path, code, "lab")
    assert load(desk.config.folder) == desk.config


async def test_a_coordinator_that_does_not_answer_is_named(hub, tmp_path):
    code = codes.parse(await new_code(hub, LAB))
    with pytest.raises(EnrolmentUnreachable, match=r"127\.0\.0\.1:1: "):
        await enrolled(tmp_path, code._replace(port=1).text, "lab")
    plain = code._replace(port=hub.config.listen.port)
    with pytest.raises(EnrolmentUnreachable, match="does not speak TLS"):
        await enrolled(tmp_path, plain.text, "lab")
    assert not (tmp_path / "lab").exists()


async def test_the_coordinator_is_looked_for_where_the_option_says(hub, tmp_path):
    code = codes.parse(await new_code(hub, LAB, host="hub.clinic.example"))
    assert code.host == "hub.clinic.example"
    wanted = addresses()
    options = taking.Options(wanted["listen"], wanted["sync_listen"], tmp_path / "w")
    settings = await asyncio.to_thread(
        enrolling.enrol, tmp_path / "lab", code.text, "127.0.0.1", options
    )
    assert settings.coordinator == f"wss://127.0.0.1:{hub.config.sync_listen.port}/sync"


async def test_a_desk_that_runs_is_not_changed(hub, tmp_path):
    desk = await enrolled(tmp_path, await new_code(hub, LAB), "lab")
    lock = FolderLock(desk.config.folder)
    with pytest.raises(StoreLocked):
        await enrolled(tmp_path, await new_code(hub, LAB), "lab")
    lock.release()


async def test_a_folder_that_was_moved_here_goes_on_under_a_new_incarnation(hub, tmp_path):
    desk = await enrolled(tmp_path, await new_code(hub, LAB), "lab")
    async with desk.running(jobs=False):
        await desk.in_touch()
        before = desk.replica.identity.incarnation
    desk.config.witness.unlink()  # it stayed on the other computer
    moved = await enrolled(tmp_path, await new_code(hub, LAB), "lab")
    assert hub.replica.registry.terminals[LAB].incarnation != before
    async with moved.running(jobs=False):
        await moved.in_touch()
        person = await moved.register(**OFFLINE)
    assert person["mrn"] == "1010000", "a fresh block"


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        ("hub", 1, "wss://hub:1/sync"),
        ("fd00::1", 2, "wss://[fd00::1]:2/sync"),
    ],
)
def test_where_the_coordinator_syncs(host, port, address):
    assert enrolling._url(host, port) == address


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("127.0.0.1:8481", "0.0.0.0:8481"),
        ("localhost:9000", "0.0.0.0:9000"),
        ("192.168.1.5:8481", "192.168.1.5:8481"),
        ("", "0.0.0.0:8481"),
    ],
)
def test_an_enrolled_desk_listens_on_all_addresses_unless_somebody_chose_one(before, after):
    assert taking.everywhere(before) == after


def _request(line) -> bytes:
    """A whole request or answer: its head, and as much as that says.

    Raises:
        ConnectionError: the line ended before.
    """
    found = b""
    while b"\r\n\r\n" not in found:
        found += _more(line)
    head, _, body = found.partition(b"\r\n\r\n")
    wanted = [one for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:")]
    length = int(wanted[0].partition(b":")[2]) if wanted else 0
    while len(body) < length:
        body += _more(line)
    return head + b"\r\n\r\n" + body


def _more(line) -> bytes:
    found: bytes = line.recv(65536)
    if not found:
        raise ConnectionError("the line has ended")
    return found


def _pass_bytes(accepted, port) -> None:
    """Pass on what two sides say, without a look at it, until one of them hangs up."""
    with accepted, socket.create_connection(("127.0.0.1", port), 60) as onward:
        sides = {accepted: onward, onward: accepted}
        while True:
            for side in select.select(list(sides), [], [], 10)[0]:
                said = side.recv(65536)
                if not said:
                    return
                sides[side].sendall(said)


class Imposter:
    """Answers as the coordinator would, with the files of a folder, and keeps what it hears."""

    def __init__(self, folder, shows=None, passes_on_to=None, then_to=None, refuses="") -> None:
        self.heard: list[bytes] = []
        self.answered: list[bytes] = []
        self._passes_on_to = passes_on_to
        self._then_to = then_to
        self._refuses = refuses
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(
            folder / credentials.CERTIFICATE, folder / credentials.TLS_KEY
        )
        self._shows = shows or credentials.read_certificate(folder / credentials.AUTHORITY)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    async def __aenter__(self):
        self._thread.start()
        return self

    async def __aexit__(self, *_):
        # Closing alone wakes a thread that accepts only on Windows, which refuses the shutdown.
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        # A client of this event loop hangs up in one of its next turns.
        await asyncio.to_thread(self._thread.join, 60)

    def _passed_on(self) -> bytes:
        """What the true coordinator answers to what was heard last."""
        if self._passes_on_to is None:
            return b""
        plain = socket.create_connection(("127.0.0.1", self._passes_on_to), 60)
        with tls.unverified().wrap_socket(plain) as line:
            line.sendall(self.heard[-1])
            self.answered.append(_request(line))
        return self.answered[-1]

    def _serve(self) -> None:
        shown = {"authority": base64.b64encode(self._shows).decode(), "detail": self._refuses}
        answer, status = json.dumps(shown).encode(), "403 No" if self._refuses else "200 OK"
        while True:
            try:
                accepted, _ = self._listening.accept()
            except OSError:
                return
            if self._then_to is not None and self.heard:
                _pass_bytes(accepted, self._then_to)
                continue
            try:
                with self._context.wrap_socket(accepted, server_side=True) as line:
                    line.settimeout(60)
                    self.heard.append(_request(line))
                    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(answer)}\r\n\r\n"
                    line.sendall(self._passed_on() or head.encode() + answer)
            except OSError:
                accepted.close()


async def test_a_desk_whose_coordinator_was_set_up_anew_is_told_so(hub, tmp_path, caplog):
    """At its address is now another coordinator, with another authority and another key."""
    desk = await enrolled(tmp_path, await new_code(hub, LAB), "lab")
    other = tmp_path / "other"
    other.mkdir()
    async with new_hub(other).running(jobs=False) as another:
        url = f"wss://127.0.0.1:{another.config.sync_listen.port}/sync"
        moved = Desk(replace(desk.config, coordinator=url))
        async with moved.running(jobs=False):
            peering = moved.daemon._peering
            await asyncio.wait_for(
                peering.wait_until(lambda: peering.refusal is not None), WAIT_S_MAX
            )
            status = await moved.get("/api/status/")
    assert status["refused"]["reason"] == "not_coordinator"
    assert "has a key that this desk does not trust" in status["refused"]["why"]
    assert "has a key that this desk does not trust" in caplog.text
