"""By which names and addresses other computers reach this one."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
from collections.abc import Iterable
from typing import Final

from coordinator.https.issuing import IpAddress, ServerNames

_TOWARDS: Final = ("10.255.255.255", "172.31.255.255", "192.168.255.255", "192.0.2.1")
"""No packet is sent there: asked for the way to them, the system names its own address."""
_TOWARDS_6: Final = ("2001:db8::1", "fd00::1")
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
    """The addresses of this computer, as far as the system tells without being its owner."""
    found: set[str] = {"127.0.0.1", "::1"}
    for family, targets in ((socket.AF_INET, _TOWARDS), (socket.AF_INET6, _TOWARDS_6)):
        for target in targets:
            try:
                with socket.socket(family, socket.SOCK_DGRAM) as asking:
                    asking.connect((target, 9))
                    found.add(asking.getsockname()[0])
            except OSError:  # there is no way there, or no such family
                continue
    with contextlib.suppress(OSError, UnicodeError):  # perhaps nobody knows its name
        found |= {str(one[4][0]) for one in socket.getaddrinfo(socket.gethostname(), None)}
    parsed = (ipaddress.ip_address(text.partition("%")[0]) for text in found)
    return frozenset(one for one in parsed if not one.is_unspecified)


def own(named: Iterable[str]) -> ServerNames:
    """All names of this computer.

    Args:
        named: host names in the settings.
    """
    return ServerNames(hosts(named), addresses())
