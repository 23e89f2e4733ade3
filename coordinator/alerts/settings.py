"""The settings of how alarms reach people: by mail, by a program that is called, how often."""

from __future__ import annotations

import re
import stat
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from coordinator.alerts.posting import fault_of, is_loopback
from sync.daemon.settings import FoundSettings, Setting, SettingKind
from sync.model.alarms import AlarmLevel
from sync.storage import files

NOWHERE: Final = "off"
MINUTES_DEFAULT: Final = "15"
_ADDRESS: Final = re.compile(r"[^@\s<>\"(),:;\[\]]+@[A-Za-z0-9.-]+")
_SECRET_LENGTH_MIN: Final = 16


class MailSecurity(StrEnum):
    """How a message is encrypted on its way to the mail server."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailServer(NamedTuple):
    """Where mail is taken."""

    host: str
    port: int


def _server(text: str) -> MailServer | None:
    if text.strip().lower() in ("", NOWHERE):
        return None
    host, colon, port = text.strip().rpartition(":")
    host = host.strip("[]")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) <= 65535:
        raise ValueError(f"'{text}' is not HOST:PORT, as in mail.clinic.example:587")
    return MailServer(host, int(port))


def _security(text: str) -> MailSecurity:
    if text not in [*MailSecurity]:
        raise ValueError(f"must be one of {', '.join(MailSecurity)}")
    return MailSecurity(text)


def _addresses(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        if not _ADDRESS.fullmatch(text):
            raise ValueError(f"'{text}' is no mail address, as in administrator@clinic.example")
    return tuple(texts)


def _sender(text: str) -> str:
    return _addresses((text,))[0] if text.strip().lower() not in ("", NOWHERE) else ""


def _user(text: str) -> str:
    return "" if text.strip().lower() == NOWHERE else text.strip()


def _url(text: str) -> str | None:
    if text.strip().lower() in ("", NOWHERE):
        return None
    why = fault_of(text)
    if why is not None:
        raise ValueError(why)
    return text


def _minutes(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text):
        raise ValueError("must be a whole number of minutes, as in 15")
    return int(text)


def _level(text: str) -> AlarmLevel:
    if text not in [*AlarmLevel]:
        raise ValueError(f"must be one of {', '.join(AlarmLevel)}")
    return AlarmLevel(text)


def _text(name: str, read: Any, default: str, help_: str) -> Setting[Any]:
    return Setting(name, SettingKind.TEXT, read, default, help_)


MAIL_SERVER: Final[Setting[MailServer | None]] = _text(
    "mail_server", _server, NOWHERE, "HOST:PORT of the server that takes mail; `off` sends none"
)
MAIL_SECURITY: Final[Setting[MailSecurity]] = _text(
    "mail_security",
    _security,
    MailSecurity.STARTTLS,
    "`starttls`, `tls`, or `none` for a server on this computer",
)
MAIL_AUTHORITY: Final[Setting[str]] = _text(
    "mail_authority",
    str,
    NOWHERE,
    "file (PEM) with the authority of the mail server's certificate; `off`: the system's own",
)
MAIL_USER: Final[Setting[str]] = _text(
    "mail_user", _user, NOWHERE, "user name at the mail server; `off` if it wants none"
)
MAIL_PASSWORD_FILE: Final[Setting[str]] = _text(
    "mail_password_file",
    str,
    NOWHERE,
    "file with the password of that user, which only the daemon's user may read",
)
MAIL_FROM: Final[Setting[str]] = _text(
    "mail_from", _sender, NOWHERE, "address from which alarms are mailed"
)
MAIL_TO: Final[Setting[tuple[str, ...]]] = Setting(
    "mail_to", SettingKind.TEXTS, _addresses, (), "addresses to which alarms are mailed"
)
ALERTS_URL: Final[Setting[str | None]] = _text(
    "alerts_url", _url, NOWHERE, "address of a program to which alarms are posted; `off` for none"
)
ALERTS_SECRET_FILE: Final[Setting[str]] = _text(
    "alerts_secret_file",
    str,
    NOWHERE,
    "file with the secret that signs what is posted there, which only the daemon's user may read",
)
ALERTS_LEVEL: Final[Setting[AlarmLevel]] = _text(
    "alerts_level",
    _level,
    AlarmLevel.WARNING,
    "`warning` sends all alarms, `alert` only those that cannot wait",
)
ALERTS_EVERY: Final[Setting[int]] = _text(
    "alerts_every", _minutes, MINUTES_DEFAULT, "at most one message in so many minutes"
)
SETTINGS: Final = (
    *(MAIL_SERVER, MAIL_SECURITY, MAIL_AUTHORITY, MAIL_USER, MAIL_PASSWORD_FILE),
    *(MAIL_FROM, MAIL_TO, ALERTS_URL, ALERTS_SECRET_FILE, ALERTS_LEVEL, ALERTS_EVERY),
)


@dataclass(frozen=True)
class MailSettings:
    """Where mail goes, and as whom; ``authority`` is None where the system knows the server's."""

    server: MailServer
    security: MailSecurity
    authority: Path | None
    user: str
    password_file: Path | None
    sender: str
    receivers: tuple[str, ...]


@dataclass(frozen=True)
class HookSettings:
    """The program to which alarms are posted."""

    url: str
    secret_file: Path


@dataclass(frozen=True)
class AlertSettings:
    """How alarms reach people who look at no page.

    ``every_s`` is the least time between two messages.
    """

    mail: MailSettings | None
    hook: HookSettings | None
    level: AlarmLevel
    every_s: int


def read(found: FoundSettings) -> AlertSettings:
    """What a coordinator makes of these settings.

    Raises:
        BadConfig, BadOption: says which setting is wrong.
    """
    return AlertSettings(_mail(found), _hook(found), found[ALERTS_LEVEL], 60 * found[ALERTS_EVERY])


def _mail(found: FoundSettings) -> MailSettings | None:
    server = found[MAIL_SERVER]
    if server is None:
        return None
    if not found[MAIL_FROM]:
        raise found.wrong(MAIL_FROM, "must name an address, because mail_server names a server")
    if not found[MAIL_TO]:
        raise found.wrong(MAIL_TO, "must name an address, because mail_server names a server")
    if found[MAIL_SECURITY] is MailSecurity.NONE and not is_loopback(server.host):
        raise found.wrong(MAIL_SECURITY, "can be none only for a server on this computer")
    password = _file(found, MAIL_PASSWORD_FILE)
    if bool(found[MAIL_USER]) != (password is not None):
        raise found.wrong(MAIL_USER, "goes together with mail_password_file: name both or none")
    return MailSettings(
        server,
        found[MAIL_SECURITY],
        _file(found, MAIL_AUTHORITY),
        found[MAIL_USER],
        password,
        found[MAIL_FROM],
        found[MAIL_TO],
    )


def _hook(found: FoundSettings) -> HookSettings | None:
    url = found[ALERTS_URL]
    if url is None:
        return None
    secret = _file(found, ALERTS_SECRET_FILE)
    if secret is None:
        raise found.wrong(ALERTS_SECRET_FILE, "must name a file, because alerts_url is named")
    return HookSettings(url, secret)


def _file(found: FoundSettings, setting: Setting[str]) -> Path | None:
    named = found[setting].strip()
    return None if named.lower() in ("", NOWHERE) else found.file(setting)


def secret_in(path: Path, length_min: int = 1) -> str:
    """The secret in a file, without the end of its line.

    Raises:
        ValueError: it cannot be read, others than its owner may read it, or it is too short.
    """
    try:
        if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ValueError(f"{path} can be read by others: `chmod 600 {path}`")
        secret = files.text_of(path).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    if len(secret) < length_min:
        raise ValueError(f"{path} must hold at least {length_min} characters")
    return secret


def hook_secret_in(path: Path) -> str:
    """The secret that signs what is posted; see `secret_in`.

    Raises:
        ValueError: it cannot be used; says why.
    """
    return secret_in(path, _SECRET_LENGTH_MIN)
