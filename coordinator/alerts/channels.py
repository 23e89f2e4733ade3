"""The ways by which alarms reach people: a mail server, and a program of the clinic."""

from __future__ import annotations

import asyncio
import contextlib
import json
import smtplib
import socket
import ssl
import threading
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Final, NamedTuple, Protocol

import aiohttp

from coordinator.alerts import posting, settings
from coordinator.alerts.settings import HookSettings, MailSecurity, MailServer, MailSettings
from sync.model import causes
from sync.model.alarms import AlarmLevel
from sync.model.formats import iso_utc_of_ms, time_of_ms
from sync.model.phrases import count
from sync.network.waiting import DaemonThreads
from sync.storage.watching.alerts import KeptAlert

MAIL_S_MAX: Final = 60.0
"""From looking up the name of the mail server to its last answer."""

ANSWER_S_MAX: Final = 30.0
"""How long it may say nothing."""
SHOWN_MAX: Final = 50
"""So many alarms are written out in one message; the others are counted."""


class AlertNews(NamedTuple):
    """What one message says; ``is_trial`` if somebody only wants to see whether it arrives."""

    raised: Sequence[KeptAlert]
    over: Sequence[KeptAlert]
    is_trial: bool = False


class AlertChannel(Protocol):
    """A way by which news of alarms is sent."""

    name: str

    async def send(self, news: AlertNews) -> str | None:
        """Send a message; return what went wrong, None for nothing."""
        ...

    async def close(self) -> None:
        """Give up what is open."""
        ...


class Mail:
    """A mail server, with STARTTLS or TLS."""

    name = "mail"

    def __init__(self, config: MailSettings, facility: str) -> None:
        self._config = config
        self._facility = facility
        self._threads = DaemonThreads("mail", 1)

    async def send(self, news: AlertNews) -> str | None:
        """Send one mail to all receivers; return what went wrong, None for nothing."""
        message = mail_of(news, self._config, self._facility)
        line = _Line()
        try:
            # The library waits for each answer, however long a server makes it.
            async with asyncio.timeout(MAIL_S_MAX):
                await self._threads.run(lambda: self._deliver(message, line))
        except smtplib.SMTPResponseException as error:
            answer = error.smtp_error
            text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
            return f"it answers {error.smtp_code}: {text}"
        except smtplib.SMTPRecipientsRefused as error:
            return f"it takes no mail for {', '.join(sorted(error.recipients))}"
        except smtplib.SMTPException as error:
            return f"the mail server does not work with us: {error}"
        except ssl.SSLCertVerificationError as error:
            return f"its certificate is not trusted ({error.verify_message})"
        except (OSError, ValueError) as error:
            return causes.why(error) if isinstance(error, OSError) else str(error)
        finally:
            line.cut()
        return None

    async def close(self) -> None:
        """Nothing stays open between two mails."""

    def _deliver(self, message: EmailMessage, line: _Line) -> None:
        """Hand a mail to the server.

        Raises:
            OSError, smtplib.SMTPException, ValueError: it did not take it.
        """
        config = self._config
        password = settings.secret_in(config.password_file) if config.password_file else ""
        context = ssl.create_default_context(cafile=config.authority)
        tls = context if config.security is MailSecurity.TLS else None
        with _Conversation(config.server, line, tls) as server:
            if config.security is MailSecurity.STARTTLS:
                server.starttls(context=context)
            if config.user:
                server.login(config.user, password)
            server.send_message(message)


class _Line:
    """The connection of one mail, which another thread can cut whatever it is used for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: socket.socket | None = None
        self._is_cut = False

    def hold(self, opened: socket.socket) -> None:
        """Remember a connection; it is cut at once if nobody waits for it any more."""
        with self._lock:
            # A second handle: TLS and the library replace and close the first one as they like.
            self._held = opened.dup()
        if self._is_cut:
            self.cut()

    def cut(self) -> None:
        """End the connection, if there is one; whoever reads there finds its end."""
        with self._lock:
            self._is_cut = True
            held, self._held = self._held, None
            if held is not None:
                with held, contextlib.suppress(OSError):  # the other side may have ended it
                    held.shutdown(socket.SHUT_RDWR)


class _Conversation(smtplib.SMTP):
    """A conversation with a mail server on a line that can be cut, from its first byte on.

    Args:
        tls: by which it is encrypted from the beginning, None where it is not.
    """

    def __init__(self, server: MailServer, line: _Line, tls: ssl.SSLContext | None) -> None:
        self._line = line
        self._tls = tls
        super().__init__(server.host, server.port, timeout=ANSWER_S_MAX)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Connect; the library's own `smtplib.SMTP_SSL` has its TLS from here too."""
        opened = socket.create_connection((host, port), timeout)
        self._line.hold(opened)
        return opened if self._tls is None else self._tls.wrap_socket(opened, server_hostname=host)


class Hook:
    """A program of the clinic, to which alarms are posted as JSON."""

    name = "webhook"

    def __init__(self, config: HookSettings) -> None:
        self._config = config
        self._client: aiohttp.ClientSession | None = None

    async def send(self, news: AlertNews) -> str | None:
        """Post once; return what went wrong, None for nothing."""
        try:
            secret = await asyncio.to_thread(settings.hook_secret_in, self._config.secret_file)
        except ValueError as error:
            return str(error)
        if self._client is None:
            self._client = posting.new_client()
        return await posting.post(self._client, self._config.url, secret, body_of(news))

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None


def mail_of(news: AlertNews, config: MailSettings, facility: str) -> EmailMessage:
    """The mail that says what is new; nothing in it is about a patient."""
    message = EmailMessage()
    message["From"] = config.sender
    message["To"] = ", ".join(config.receivers)
    message["Subject"] = f"mrnmesh: {_subject(news)}"
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain="mrnmesh.invalid")
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    message.set_content("\n".join(_lines(news, facility)))
    return message


def _subject(news: AlertNews) -> str:
    if news.is_trial:
        return "a trial message"
    alerts = sum(one.level == AlarmLevel.ALERT for one in news.raised)
    warnings = len(news.raised) - alerts
    parts = [
        *([count(alerts, "alert")] if alerts else ()),
        *([count(warnings, "warning")] if warnings else ()),
        *([f"{len(news.over)} over"] if news.over else ()),
    ]
    return ", ".join(parts)


def _lines(news: AlertNews, facility: str) -> list[str]:
    """The text of a mail, line by line."""
    lines = [f"The coordinator {facility} says:", ""]
    if news.is_trial:
        lines.append("This is a trial. Alarms of the coordinator come to this address.")
    for one in news.raised[:SHOWN_MAX]:
        lines += [
            f"{one.level.upper()} {one.code}, since {_when(one.since_ms)}",
            one.text,
            f"What to do: {one.advice}",
            "",
        ]
    for one in news.over[:SHOWN_MAX]:
        lines += [f"OVER {one.code}, since {_when(one.ended_ms or 0)}", one.text, ""]
    left = max(0, len(news.raised) - SHOWN_MAX) + max(0, len(news.over) - SHOWN_MAX)
    if left:
        lines.append(f"And {left} more: `mrnmesh-coordinator alerts list`.")
    return lines


def _when(ms: int) -> str:
    return f"{time_of_ms(ms):%Y-%m-%d %H:%M} UTC"


def body_of(news: AlertNews) -> bytes:
    """The JSON that is posted: ``{"trial", "raised", "over"}``."""

    def shown(one: KeptAlert) -> dict[str, object]:
        return {
            "id": one.id,
            "code": one.code,
            "level": one.level,
            "about": one.about,
            "text": one.text,
            "do": one.advice,
            "since": iso_utc_of_ms(one.since_ms),
            "ended": iso_utc_of_ms(one.ended_ms) if one.ended_ms is not None else None,
        }

    return json.dumps(
        {
            "trial": news.is_trial,
            "raised": [shown(one) for one in news.raised],
            "over": [shown(one) for one in news.over],
        }
    ).encode()
