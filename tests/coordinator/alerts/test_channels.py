"""Alarms by mail, against a real mail server with STARTTLS and a password, and by a program."""

from __future__ import annotations

import asyncio
import datetime
import email
import ipaddress
import json
import socket
import ssl
import sys
import threading
from contextlib import asynccontextmanager
from email import policy
from pathlib import Path

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from coordinator.alerts import channels
from coordinator.alerts.channels import SHOWN_MAX, AlertNews, Hook, Mail, body_of, mail_of
from coordinator.alerts.posting import SIGNATURE, signature
from coordinator.alerts.settings import HookSettings, MailSecurity, MailServer, MailSettings
from sync.storage.watching.alerts import KeptAlert

RAISED = KeptAlert(1, "disk_full", "alert", "", "The disk is full.", "Free some space.", 0)
OVER = RAISED._replace(id=2, code="backup_old", ended_ms=60_000)
NEWS = AlertNews([RAISED], [OVER])
PASSWORD = "correct horse"


def certificate(folder: Path) -> ssl.SSLContext:
    """A mail server's own certificate for 127.0.0.1; ``authority.pem`` is what trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.datetime.now(datetime.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "authority.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "authority.pem", folder / "key.pem")
    return context


class Mailbox:
    """What a mail server does with what it gets: it keeps it, or refuses it."""

    def __init__(self) -> None:
        self.got: list[email.message.EmailMessage] = []
        self.encrypted: list[bool] = []
        self.refuse = ""

    async def handle_DATA(self, _server, session, envelope):
        if self.refuse:
            return self.refuse
        self.encrypted.append(session.ssl is not None)
        self.got.append(email.message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
async def server(tmp_path):
    """A mailbox behind a server that takes mail only with STARTTLS and the password."""
    mailbox, context = Mailbox(), certificate(tmp_path)

    def sign_in(_server, _session, _envelope, _kind, data):
        right = data.login == b"clinic" and data.password == PASSWORD.encode()
        return AuthResult(success=right, handled=False)

    def protocol() -> SMTP:
        return SMTP(
            mailbox,
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=sign_in,
        )

    serving = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    yield mailbox, tmp_path, serving.sockets[0].getsockname()[1]
    serving.close()
    await serving.wait_closed()


@pytest.fixture
def mail(server):
    """How to reach the server; the settings are those that work."""
    _, folder, port = server
    password = folder / "password"
    password.write_text(f"{PASSWORD}\n", encoding="utf-8")
    password.chmod(0o600)

    def mail(**other) -> Mail:
        working = {
            "server": MailServer("127.0.0.1", port),
            "security": MailSecurity.STARTTLS,
            "authority": folder / "authority.pem",
            "user": "clinic",
            "password_file": password,
            "sender": "coordinator@clinic.example",
            "receivers": ("admin@clinic.example", "night@clinic.example"),
        }
        return Mail(MailSettings(**working | other), "Clinic Süd")

    return mail


async def test_a_mail_arrives_encrypted_and_says_what_is_and_what_to_do(server, mail):
    mailbox, _, _ = server
    assert await mail().send(NEWS) is None
    (message,) = mailbox.got
    assert mailbox.encrypted == [True]
    assert message["Subject"] == "mrnmesh: 1 alert, 1 over"
    assert message["To"] == "admin@clinic.example, night@clinic.example"
    text = message.get_content()
    for part in ("Clinic Süd", "ALERT disk_full", "Free some space.", "OVER backup_old", "00:01"):
        assert part in text


async def test_a_mail_arrives_where_all_is_encrypted_from_the_beginning(mail, tmp_path):
    mailbox, context = Mailbox(), certificate(tmp_path)
    loop = asyncio.get_running_loop()
    serving = await loop.create_server(lambda: SMTP(mailbox), "127.0.0.1", 0, ssl=context)
    there = {
        "server": MailServer("127.0.0.1", serving.sockets[0].getsockname()[1]),
        "security": MailSecurity.TLS,
        "user": "",
    }
    assert await mail(**there).send(NEWS) is None
    assert "is not trusted" in await mail(**there, authority=None).send(NEWS)
    assert [one["Subject"] for one in mailbox.got] == ["mrnmesh: 1 alert, 1 over"]
    serving.close()
    await serving.wait_closed()


async def test_what_goes_wrong_is_said_in_words(server, mail, tmp_path):
    mailbox, _, _ = server
    assert "it answers 535" in await mail(user="other").send(NEWS)
    assert "is not trusted" in await mail(authority=None).send(NEWS)
    mailbox.refuse = "452 no room"
    assert await mail().send(NEWS) == "it answers 452: no room"
    mailbox.refuse = ""
    assert "cannot be read" in await mail(password_file=tmp_path / "none").send(NEWS)
    assert await mail(server=MailServer("127.0.0.1", 9)).send(NEWS)
    assert "AUTH extension" in await mail(security=MailSecurity.NONE).send(NEWS)
    assert mailbox.got == []


class Dripping:
    """A mail server that answers up to a point, and then sends a little now and then, for ever."""

    def __init__(self, answers: list[bytes], first: bytes, drop: bytes) -> None:
        self._answers = answers
        self._first = first
        self._drop = drop
        self.reached = asyncio.Event()
        self.left = asyncio.Event()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in self._answers:
            writer.write(answer)
            await reader.readline()
        writer.write(self._first)
        dripping = asyncio.create_task(self._drip(writer))
        while await reader.read(1000):
            pass
        dripping.cancel()
        writer.close()
        self.left.set()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(self._drop)
            self.reached.set()
            await asyncio.sleep(0.005)

    @asynccontextmanager
    async def serving(self):
        serving = await asyncio.start_server(self.talk, "127.0.0.1", 0)
        try:
            yield MailServer("127.0.0.1", serving.sockets[0].getsockname()[1])
        finally:
            serving.close()


GREETING, LINE = b"220 here\r\n", b"250-go on\r\n"
RECORD = b"\x16\x03\x03\x40\x00"
"""How a record of TLS with 16,384 bytes begins."""
DRIPPING = {
    "greeting": (MailSecurity.STARTTLS, [], b"", b"220-wait\r\n"),
    "its answer": (MailSecurity.NONE, [GREETING], b"", LINE),
    "the answer to a sender": (MailSecurity.NONE, [GREETING, b"250 here\r\n"], b"", LINE),
    "beginning TLS": (
        MailSecurity.STARTTLS,
        [GREETING, b"250-here\r\n250 STARTTLS\r\n", b"220 go on\r\n"],
        RECORD,
        b"\0",
    ),
    "TLS from the beginning": (MailSecurity.TLS, [], RECORD, b"\0"),
}


@pytest.mark.parametrize("stage", DRIPPING)
async def test_a_server_that_never_comes_to_an_end_has_not_answered(mail, monkeypatch, stage):
    security, *talk = DRIPPING[stage]
    monkeypatch.setattr(channels, "MAIL_S_MAX", 0.05)
    dripping = Dripping(*talk)
    async with dripping.serving() as server, asyncio.timeout(10):
        why = await mail(server=server, security=security, user="").send(NEWS)
        await dripping.left.wait()
    assert why == "no answer came in time"


@pytest.mark.parametrize("stage", DRIPPING)
async def test_who_stops_sending_leaves_neither_a_connection_nor_a_thread_to_wait_for(mail, stage):
    security, *talk = DRIPPING[stage]
    dripping = Dripping(*talk)
    before = set(threading.enumerate())
    async with dripping.serving() as server, asyncio.timeout(10):
        sending = asyncio.create_task(mail(server=server, security=security, user="").send(NEWS))
        await dripping.reached.wait()
        assert all(thread.daemon for thread in set(threading.enumerate()) - before)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await dripping.left.wait()
    assert sending.cancelled()


async def test_a_name_that_nobody_knows_in_time_has_not_answered(mail, monkeypatch):
    asked, known, real = threading.Semaphore(0), threading.Event(), socket.getaddrinfo

    def slow(host, *args, **how):
        if host == "mail.example":
            asked.release()
            known.wait(10)
            return real("127.0.0.1", *args, **how)
        return real(host, *args, **how)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    dripping = Dripping([], b"", b"220-wait\r\n")
    async with dripping.serving() as server, asyncio.timeout(10):
        sender = mail(server=MailServer("mail.example", server.port))
        monkeypatch.setattr(channels, "MAIL_S_MAX", 0.05)
        for _ in range(3):
            assert await sender.send(NEWS) == "no answer came in time"
        assert asked.acquire()
        assert not asked.acquire(blocking=False), "they do not pile up"
        known.set()
        await dripping.left.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="rights of files are others there")
async def test_a_password_that_others_can_read_is_not_used(server, mail):
    mailbox, folder, _ = server
    (folder / "password").chmod(0o644)
    assert "can be read by others" in await mail().send(NEWS)
    assert mailbox.got == []


async def test_a_long_message_is_cut_and_says_so(mail):
    many = AlertNews([RAISED] * (SHOWN_MAX + 3), [])
    text = mail_of(many, mail()._config, "Clinic").get_content()
    assert text.count("ALERT") == SHOWN_MAX
    assert "And 3 more" in text


async def test_a_trial_says_that_it_is_one(mail):
    message = mail_of(AlertNews((), (), is_trial=True), mail()._config, "Clinic")
    assert message["Subject"] == "mrnmesh: a trial message"


async def test_a_program_gets_them_signed(tmp_path):
    got: list[tuple[bytes, str]] = []

    async def receive(request: web.Request) -> web.Response:
        got.append((await request.read(), request.headers[SIGNATURE]))
        return web.Response(status=200 if len(got) == 1 else 500)

    app = web.Application()
    app.add_routes([web.post("/", receive)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    secret = tmp_path / "secret"
    secret.write_text("0123456789abcdef", encoding="utf-8")
    secret.chmod(0o600)
    hook = Hook(HookSettings(f"http://127.0.0.1:{runner.addresses[0][1]}/", secret))
    try:
        assert await hook.send(NEWS) is None
        assert await hook.send(NEWS) == "it answers 500"
        body, signed = got[0]
        assert signed == signature("0123456789abcdef", body)
        posted = json.loads(body)
        assert [one["code"] for one in posted["raised"]] == ["disk_full"]
        assert posted["over"][0]["ended"] == "1970-01-01T00:01:00Z"
        assert body == body_of(NEWS)
        secret.write_text("short", encoding="utf-8")
        assert "at least 16 characters" in await hook.send(NEWS)
    finally:
        await hook.close()
        await runner.cleanup()
