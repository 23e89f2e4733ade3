"""By which names and addresses other computers reach this one."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from typing import Final

from sync.https.issuing import IpAddress, ServerNames
from sync.trust import addresses as trust_addresses

_HOST: Final = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9-]{1,63})*")


def as_host(text: str) -> str:
    """A host name in lower case, without a dot at its end.

    Raises:
        ValueError: it is none.
    """
    host = text.strip().lower().removesuffix(".")
    if not _HOST.fullmatch(host) or host.replace(".", "").isdecimal():
        raise ValueError(f"'{text}' is no host name")
    return host


def hosts(named: Iterable[str]) -> frozenset[str]:
    """The host names of this computer: those that were named, else what the system calls it."""
    found = set(named)
    if not found:
        try:
            own = as_host(socket.gethostname().partition(".")[0])
        except ValueError:  # the system lets it be called anything
            return frozenset({"localhost"})
        found = {own, f"{own}.local"}
    return frozenset(found | {"localhost"})


def addresses() -> frozenset[IpAddress]:
    """The addresses of this computer, as far as the system tells."""
    parsed = map(ipaddress.ip_address, trust_addresses.own())
    return frozenset(one for one in parsed if not one.is_unspecified)


def own(named: Iterable[str]) -> ServerNames:
    """All names of this computer.

    Args:
        named: host names in the settings.
    """
    return ServerNames(hosts(named), addresses())
