"""The settings of both daemons about HTTPS, for calls of other computers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from sync.daemon import daemon_settings
from sync.daemon.settings import FoundSettings, Setting, SettingKind
from sync.http.address import Address
from sync.https import own_names

NOWHERE: Final = "off"
T = TypeVar("T")


def _or_none(text: str, read: Callable[[str], T]) -> T | None:
    """What a setting says that can be switched off."""
    return None if text.strip().lower() in ("", NOWHERE) else read(text)


HTTPS_LISTEN: Final[Setting[Address | None]] = Setting(
    "https_listen",
    SettingKind.TEXT,
    lambda text: _or_none(text, daemon_settings.as_value(Address.anywhere)),
    NOWHERE,
    "address of the HTTP API over HTTPS, for other computers; `off` for this computer only",
)
HOST_NAMES: Final[Setting[tuple[str, ...]]] = Setting(
    "host_names",
    SettingKind.TEXTS,
    lambda texts: tuple(map(own_names.as_host, texts)),
    (),
    "host names of this computer in certificates; by default what the system calls it",
)
HTTPS_CERTIFICATE: Final[Setting[str | None]] = Setting(
    "https_certificate",
    SettingKind.TEXT,
    lambda text: _or_none(text, str),
    NOWHERE,
    "file (PEM) with a certificate of this computer and those above it; `off` if it has none",
)
HTTPS_KEY: Final[Setting[str | None]] = Setting(
    "https_key",
    SettingKind.TEXT,
    lambda text: _or_none(text, str),
    NOWHERE,
    "file (PEM) with the key of that certificate",
)
SETTINGS: Final = (HTTPS_LISTEN, HOST_NAMES, HTTPS_CERTIFICATE, HTTPS_KEY)


def require_other_ports(
    found: FoundSettings,
    setting: Setting[Any],
    address: Address | None,
    *others: Setting[Address],
) -> None:
    """Raise if a setting has the port of another one; port 0 is any free one.

    Raises:
        BadConfig, BadOption: it has.
    """
    for other in others:
        if address is not None and address.port == found[other].port != 0:
            raise found.wrong(setting, f"{other.name} has the port {address.port} already")


def https_files(found: FoundSettings) -> tuple[Path, Path] | None:
    """The certificate that the settings name and its key, None if they name none.

    Raises:
        BadConfig, BadOption: only one of the two is named.
    """
    certificate, key = found[HTTPS_CERTIFICATE], found[HTTPS_KEY]
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise found.wrong(HTTPS_KEY, "https_certificate and https_key go together: name both")
    return found.file(HTTPS_CERTIFICATE), found.file(HTTPS_KEY)
